"""Buyers who look at their suppliers, and search for new ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled
from creditregime.compiled.philox import single


@compiled
def links_between(buyers: Any, suppliers: Any, pointer: Any, supplier: Any) -> Any:
    """Return the links of marked buyers to marked suppliers, in their order; marks are (N,)."""
    most = np.int64(0)
    for buyer in range(len(buyers)):
        most += np.int64(buyers[buyer]) * np.int64(pointer[buyer + 1] - pointer[buyer])
    found = np.empty(most, np.int64)
    count = 0
    for buyer in range(len(buyers)):
        if buyers[buyer]:
            for link in range(pointer[buyer], pointer[buyer + 1]):
                found[count] = link
                count += 1
    kept = 0
    for at in range(count):  # a loop of its own: many suppliers are waited for at a time
        link = found[at]
        found[kept] = link
        kept += suppliers[supplier[link]]
    return found[:kept].copy()


@compiled
def search(links: Any, buyers: Any, network: Any, firms: Any, pool: Any, rule: Any, stream: Any) -> Any:
    """Let buyers, rising, search for suppliers for their idle links; return positions, attempts and firms found.

    Arguments but the first two are tuples, see `creditregime.market.partners`.
    """
    supplier, carried = network
    active, sector, size, demand, avoided = firms
    order, sums, bounds, sectors = pool
    attempts, success, headroom = rule
    starts, seeds, month, purpose = stream
    position = np.empty(len(links), np.int64)
    numbers = np.empty(len(links), np.int64)
    draws = np.empty(len(links), np.float32)
    count, number = 0, 0
    for at in range(len(links)):
        number = number + 1 if at and buyers[at - 1] == buyers[at] else 0
        if active[buyers[at]] and number < attempts:
            place = np.searchsorted(starts, buyers[at], side="right") - 1
            draw = single(buyers[at] - starts[place], np.uint64(number), month, seeds[place], purpose)
            position[count], numbers[count], draws[count] = at, number, draw
            count += draw < success
    # Loops of their own, without branches: many firms are waited for at a time.
    found = np.empty(count, np.int64)
    for some in range(count):
        at = position[some]
        place = np.searchsorted(starts, buyers[at], side="right") - 1
        market = place * sectors + sector[supplier[links[at]]]
        found[some] = order[drawn(sums, bounds[market], bounds[market + 1], draws[some] / success)]
    kept = 0
    for some in range(count):
        at, firm = position[some], found[some]
        spare = (headroom - demand[firm]) * size[firm]
        fits = active[firm] & (firm != buyers[at]) & (spare >= carried[at] * size[buyers[at]])
        position[kept], numbers[kept], found[kept] = at, numbers[some], firm
        kept += fits & (not avoided[firm])
    return position[:kept], numbers[:kept], found[:kept]


@compiled
def drawn(sums: Any, first: int, last: int, uniform: Any) -> int:
    """Return the entry between two bounds that a uniform meets, with probability proportional to its size."""
    target = sums[first] + np.float64(uniform) * (sums[last] - sums[first])
    length = last - first
    while length > 1:  # the last entry whose sum of those before it is not above the target
        half = length // 2
        first = first + half if sums[first + half] <= target else first
        length -= half
    return first
