"""What travels along the links: orders up, goods and news down.

The links lie by buyer, so that what goes down is gathered and what goes up is scattered; sums are taken in the order of
the links, as SciPy's products do. Gathering and reckoning are loops of their own, block by block of buyers: only then
does the processor wait for many links at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled
from creditregime.population.economy import ESSENTIAL, NON_ESSENTIAL

BUYERS = 512
"""Buyers of a block: their groups stay in cache between gathering and reckoning."""
ZERO, ONE = np.float32(0), np.float32(1)


@compiled
def pull(begin: int, end: int, pointer: Any, supplier: Any, weight: Any, values: Any, total: Any) -> None:
    """Write for some buyers the sum over their links of weight times the supplier's value."""
    for buyer in range(begin, end):
        added = ZERO
        for link in range(pointer[buyer], pointer[buyer + 1]):
            added += weight[link] * values[supplier[link]]
        total[buyer] = added


@compiled
def order(
    plan: Any, scale: Any, pace: Any, stock: Any, firm_groups: Any, pointer: Any, supplier: Any, weight: Any, total: Any
) -> None:
    """Add for each supplier what its buyers order, (N,) money.

    A buyer orders at the level of its plan less a part, `pace`, of the stock of the input.
    """
    for buyer in range(len(plan)):
        for group in range(firm_groups[buyer], firm_groups[buyer + 1]):
            amount = max(plan[buyer] - stock[group] * pace, ZERO) * scale[buyer]
            for link in range(pointer[group], pointer[group + 1]):
                total[supplier[link]] += weight[link] * amount


@compiled
def receive(begin: int, end: int, through: Any, unmissed: Any, terms: Any, firms: Any, links: Any, groups: Any) -> None:
    """Let goods arrive with some buyers: write stocks, what they pay, and the output that their inputs allow.

    `through` is the part of each supplier's deliveries that arrives, `unmissed` what others replace of those who left;
    the other arguments are tuples, see `creditregime.market.leontief`.
    """
    pace, imported, premium, most = terms
    plan, size, active, output, domestic, paid, inputs = firms
    pointer, supplier, weight, coefficient = links
    firm_groups, required, stock, kinds = groups
    arriving = np.empty(0, np.float32)
    for first in range(begin, end, BUYERS):
        last = min(first + BUYERS, end)
        start, stop = firm_groups[first], firm_groups[last]
        if stop - start > len(arriving):
            arriving = np.empty(2 * (stop - start), np.float32)
        gather(start, stop, pointer, supplier, weight, coefficient, through, unmissed, arriving)
        for buyer in range(first, last):
            cost, missing, bound = ZERO, ZERO, most
            for group in range(firm_groups[buyer], firm_groups[buyer + 1]):
                level = max(plan[buyer] - stock[group] * pace, ZERO)
                came = arriving[group - start]
                abroad = (required[group] - came) * imported
                came += abroad
                cost += (abroad * premium + came) * level
                held = max(stock[group] - output[buyer], ZERO) + came * level / required[group]
                stock[group] = held
                if kinds[group] == ESSENTIAL:
                    bound = min(bound, held)
                elif kinds[group] == NON_ESSENTIAL:
                    missing += required[group] * max(most - held, ZERO)
            paid[buyer] = cost * size[buyer] * np.float32(active[buyer])
            inputs[buyer] = max(min(bound, most - missing / max(domestic[buyer], np.float32(1e-30))), ZERO)


@compiled
def gather(
    start: int,
    stop: int,
    pointer: Any,
    supplier: Any,
    weight: Any,
    coefficient: Any,
    through: Any,
    unmissed: Any,
    arriving: Any,
) -> None:
    """Write the input value that arrives in some groups at one unit of output, from own suppliers or from others."""
    for group in range(start, stop):
        came, idle = ZERO, False
        for link in range(pointer[group], pointer[group + 1]):
            came += weight[link] * through[supplier[link]]
            idle |= weight[link] == ZERO
        if idle:
            for link in range(pointer[group], pointer[group + 1]):
                if weight[link] == ZERO:
                    came += coefficient[link] * unmissed[supplier[link]]
        arriving[group - start] = came


@compiled
def add_weights(begin: int, end: int, pointer: Any, weight: Any, total: Any) -> None:
    """Write for some buyers the sum of the weights of their links."""
    for buyer in range(begin, end):
        added = ZERO
        for link in range(pointer[buyer], pointer[buyer + 1]):
            added += weight[link]
        total[buyer] = added


@compiled
def idle(weight: Any) -> Any:
    """Return the links without weight, in their order."""
    count = 0
    for link in range(len(weight)):
        count += weight[link] == ZERO
    found = np.empty(count, np.int64)
    count = 0
    for link in range(len(weight)):
        if weight[link] == ZERO:
            found[count] = link
            count += 1
    return found


@compiled
def entries(pointer: Any, rows: Any) -> Any:
    """Return the positions of the entries of some rows, row after row."""
    count = 0
    for row in rows:
        count += pointer[row + 1] - pointer[row]
    found = np.empty(count, np.int64)
    count = 0
    for row in rows:
        for entry in range(pointer[row], pointer[row + 1]):
            found[count] = entry
            count += 1
    return found


@compiled
def owners(pointer: Any, links: Any) -> Any:
    """Return to which row of a pointer each of many links belongs, rising links first: one walk along the pointer."""
    owner = np.empty(len(links), np.int64)
    row = 0
    for number in range(len(links)):
        if links[number] < pointer[row]:
            row = np.searchsorted(pointer, links[number], side="right") - 1
        while pointer[row + 1] <= links[number]:
            row += 1
        owner[number] = row
    return owner


@compiled
def links_to(marked: Any, supplier: Any) -> Any:
    """Return the links to marked suppliers, in their order; `marked` is (N,)."""
    found, count = np.empty(len(supplier), np.int64), 0  # what is not written to takes no memory
    for link in range(len(supplier)):
        if marked[supplier[link]]:
            found[count] = link
            count += 1
    return found[:count].copy()
