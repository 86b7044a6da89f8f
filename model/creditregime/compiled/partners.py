"""Buyers who look at their suppliers, and search for new ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled
from creditregime.compiled.philox import single


@compiled
def links_between(buyers: Any, suppliers: Any, pointer: Any, supplier: Any) -> Any:
    """Return the links of marked buyers to marked suppliers, in their order; marks are (N,)."""
    most = 0
    for buyer in range(len(buyers)):
        most += buyers[buyer] * (pointer[buyer + 1] - pointer[buyer])
    found = np.empty(most + 1, np.int64)
    count = 0
    for buyer in range(len(buyers)):
        if buyers[buyer]:
            for link in range(pointer[buyer], pointer[buyer + 1]):
                found[count] = link
                count += suppliers[supplier[link]]
    return found[:count].copy()


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
    found = np.empty(len(links), np.int64)
    count, number = 0, 0
    for at in range(len(links)):
        link, buyer = links[at], buyers[at]
        number = number + 1 if at and buyers[at - 1] == buyer else 0
        if not active[buyer] or number >= attempts:
            continue
        place = np.searchsorted(starts, buyer, side="right") - 1
        draw = single(buyer - starts[place], np.uint64(number), month, seeds[place], purpose)
        if not draw < success:
            continue
        market = place * sectors + sector[supplier[link]]
        firm = order[drawn(sums, bounds[market], bounds[market + 1], draw / success)]
        spare = (headroom - demand[firm]) * size[firm]
        fits = active[firm] and firm != buyer and spare >= carried[at] * size[buyer]
        if fits and not avoided[firm]:
            position[count], numbers[count], found[count] = at, number, firm
            count += 1
    return position[:count], numbers[:count], found[:count]


@compiled
def drawn(sums: Any, first: int, last: int, uniform: Any) -> int:
    """Return the entry between two bounds that a uniform meets, with probability proportional to its size."""
    target = sums[first] + np.float64(uniform) * (sums[last] - sums[first])
    low, high = first, last - 1
    while low < high:  # the last entry whose sum of those before it is not above the target
        middle = (low + high + 1) // 2
        if sums[middle] <= target:
            low = middle
        else:
            high = middle - 1
    return low
