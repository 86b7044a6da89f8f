"""What travels along the links: orders up, goods and news down.

The links lie by buyer, so that what goes down is gathered and what goes up is scattered; sums are taken in the order of
the links, as SciPy's products do. The monthly walks run along all links, or all groups, and see by a mark on each where
the next one begins: a buyer has few groups and a group mostly one link, and loops over them would cost a wrong guess of
the processor each. Gathering and reckoning are loops of their own, block by block of buyers: only then does the
processor wait for many links at a time, and reckon many groups at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled
from creditregime.population.economy import ESSENTIAL, NON_ESSENTIAL

BUYERS = 512
"""Buyers of a block: their groups stay in cache between gathering and reckoning."""
ZERO, ONE = np.float32(0), np.float32(1)
FIRST = np.uint64(0)
"""What begins to count without a sign: an index need not be asked whether it counts from the end."""


@compiled
def pull(begin: int, end: int, pointer: Any, supplier: Any, weight: Any, values: Any, total: Any) -> None:
    """Write for some buyers the sum over their links of weight times the supplier's value."""
    for buyer in range(begin, end):
        added = ZERO
        for link in range(pointer[buyer], pointer[buyer + 1]):
            added += weight[link] * values[supplier[link]]
        total[buyer] = added


@compiled
def pull_marked(begin: int, end: int, pointer: Any, supplier: Any, weight: Any, marks: Any, total: Any) -> None:
    """Write for some buyers the sum of the weights of their links to marked suppliers: marks, (N,), stay in cache."""
    for buyer in range(begin, end):
        added = ZERO
        for link in range(pointer[buyer], pointer[buyer + 1]):
            added += weight[link] * np.float32(marks[supplier[link]])
        total[buyer] = added


@compiled
def order(plan: Any, scale: Any, pace: Any, stock: Any, links: Any, walk: Any, total: Any) -> None:
    """Add for each supplier what its buyers order, (N,) money.

    A buyer orders at the level of its plan less a part, `pace`, of the stock of the input. `links` and `walk` are
    tuples, see `creditregime.market.leontief`.
    """
    supplier, weight = links
    last, buyers = walk
    group = FIRST
    for link in range(len(weight)):
        buyer = buyers[group]
        total[supplier[link]] += weight[link] * (max(plan[buyer] - stock[group] * pace, ZERO) * scale[buyer])
        group += np.uint64(last[link])


@compiled
def receive(
    begin: int, end: int, through: Any, unmissed: Any, terms: Any, firms: Any, links: Any, groups: Any, idle: Any
) -> None:
    """Let goods arrive with some buyers: write stocks, what they pay, and the output that their inputs allow.

    `through` is the part of each supplier's deliveries that arrives, `unmissed` what others replace of those who left;
    the other arguments are tuples, see `creditregime.market.leontief`.
    """
    plan, size, active, output, domestic, paid, inputs = firms
    pointer, last, supplier, weight = links
    firm_groups, buyers, required, stock, kinds = groups
    space = np.empty((6, 0), np.float32)
    for first in range(begin, end, BUYERS):
        few = slice(first, min(first + BUYERS, end))
        some = slice(np.int64(firm_groups[few.start]), np.int64(firm_groups[few.stop]))
        if some.stop - some.start > space.shape[1]:
            space = np.empty((6, 2 * (some.stop - some.start)), np.float32)
        arriving, planned, made = space[0], space[1], space[2]  # unpacked, they might have gaps for all that is known
        cost, missing, bound = space[3], space[4], space[5]
        these = slice(np.int64(pointer[some.start]), np.int64(pointer[some.stop]))
        gather(last[these], supplier[these], weight[these], through, arriving)
        replace(these, some.start, idle, supplier, unmissed, arriving)
        spread(buyers[some], plan, output, planned, made)
        stock_up(planned, made, required[some], stock[some], kinds[some], terms, arriving, cost, missing, bound)
        lack = np.empty(few.stop - few.start, np.float32)
        bounds = firm_groups[few.start : few.stop + 1]
        add_up(bounds, cost, missing, bound, terms[3], paid[few], lack, inputs[few])
        close(size[few], active[few], domestic[few], lack, terms[3], paid[few], inputs[few])


@compiled
def gather(last: Any, supplier: Any, weight: Any, through: Any, arriving: Any) -> None:
    """Write the input value that arrives in some groups from their own suppliers, at one unit of output."""
    group, added = FIRST, ZERO
    for link in range(len(weight)):
        added += weight[link] * through[supplier[link]]
        arriving[group] = added  # that of its last link stays
        group += np.uint64(last[link])
        added = ZERO if last[link] else added


@compiled
def replace(these: Any, start: int, idle: Any, supplier: Any, unmissed: Any, arriving: Any) -> None:
    """Add what others deliver in place of the suppliers of idle links; `start`: the first group that is arriving."""
    links, carried, groups = idle
    for number in range(np.searchsorted(links, these.start), np.searchsorted(links, these.stop)):
        arriving[groups[number] - start] += carried[number] * unmissed[supplier[links[number]]]


@compiled
def spread(buyers: Any, plan: Any, output: Any, planned: Any, made: Any) -> None:
    """Write the plan and the output of each group's buyer."""
    for group in range(len(buyers)):
        planned[group] = plan[buyers[group]]
        made[group] = output[buyers[group]]


@compiled
def stock_up(
    planned: Any,
    made: Any,
    required: Any,
    stock: Any,
    kinds: Any,
    terms: Any,
    arriving: Any,
    cost: Any,
    missing: Any,
    bound: Any,
) -> None:
    """Use stocks, fill them with what arrives or is bought abroad; write its cost, and how it limits each buyer."""
    pace, imported, premium, most = terms
    for group in range(len(stock)):
        level = max(planned[group] - stock[group] * pace, ZERO)
        came = arriving[group]
        abroad = (required[group] - came) * imported
        came += abroad
        cost[group] = (abroad * premium + came) * level
        held = max(stock[group] - made[group], ZERO) + came * level / required[group]
        stock[group] = held
        lack = required[group] * max(most - held, ZERO)
        missing[group] = lack if kinds[group] == NON_ESSENTIAL else ZERO
        bound[group] = held if kinds[group] == ESSENTIAL else most


@compiled
def add_up(bounds: Any, cost: Any, missing: Any, bound: Any, most: Any, paid: Any, lack: Any, inputs: Any) -> None:
    """Write for some buyers what their groups cost and miss, and the least bound of their output.

    `bounds` is where the groups of each begin and end. The few groups of a buyer are added in a loop of their own: sums
    that wait for the one before in memory would take longer than the wrong guess at its end.
    """
    start = bounds[0]
    for buyer in range(len(paid)):
        spent, lacking, least = ZERO, ZERO, most
        for group in range(bounds[buyer] - start, bounds[buyer + 1] - start):
            spent += cost[group]
            lacking += missing[group]
            least = min(least, bound[group])
        paid[buyer], lack[buyer], inputs[buyer] = spent, lacking, least


@compiled
def close(size: Any, active: Any, domestic: Any, lack: Any, most: Any, paid: Any, inputs: Any) -> None:
    """Turn costs into money, and what is missing into a bound of output."""
    for buyer in range(len(paid)):
        paid[buyer] = paid[buyer] * size[buyer] * np.float32(active[buyer])
        linear = most - lack[buyer] / max(domestic[buyer], np.float32(1e-30))
        inputs[buyer] = max(min(inputs[buyer], linear), ZERO)


@compiled
def add_weights(begin: int, end: int, pointer: Any, weight: Any, total: Any) -> None:
    """Write for some buyers the sum of the weights of their links."""
    for buyer in range(begin, end):
        added = ZERO
        for link in range(pointer[buyer], pointer[buyer + 1]):
            added += weight[link]
        total[buyer] = added


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
    """Return to which row of a pointer each link belongs."""
    owner, row = np.empty(len(links), np.int64), 0
    for number in range(len(links)):
        row = owner_from(row, pointer, links[number])
        owner[number] = row
    return owner


@compiled
def owner_from(row: int, pointer: Any, link: int) -> int:
    """Return to which row of a pointer a link belongs, given that of the link before.

    The search begins there, with strides of twice the length each: rising links are found nearby.
    """
    last, stride = len(pointer) - 1, 1
    if link < pointer[row]:
        row = 0
    while row + stride < last and pointer[row + stride] <= link:
        row += stride
        stride *= 2
    stop = min(row + stride, last)
    while stop - row > 1:
        middle = (row + stop) // 2
        if pointer[middle] <= link:
            row = middle
        else:
            stop = middle
    return row


@compiled
def links_to(marked: Any, supplier: Any) -> Any:
    """Return the links to marked suppliers, in their order; `marked` is (N,)."""
    found, count = np.empty(len(supplier), np.int64), 0  # what is not written to takes no memory
    for link in range(len(supplier)):
        if marked[supplier[link]]:
            found[count] = link
            count += 1
    return found[:count].copy()
