"""The recursions of systemic risk as compiled code: firms tell their partners what they lost, until there is no news.

Needs numba, and is imported only where that is installed. `loss_rounds` does the same with NumPy: the reference to
which tests hold this one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled

WIDTH = 8
"""Closures whose lost orders are worked out side by side: what a processor multiplies at once."""
STEADY = 0.02
"""Losses are extrapolated when their pace changes by less than this part of its distance from 1."""


@compiled
def certain(closed: int, pointer: Any, slot: Any, owner: Any, full: Any, sure: Any, firms: Any) -> int:
    """Mark those who lose as much as the closed firm whatever the shares, (N,); list them in `firms`; return how many.

    They are the largest set in which each firm has a full slot with all its partners in the set, over which the loss
    comes to it. See `creditregime.laboratory.loss_rounds.certain`.
    """
    outside = np.zeros(len(owner), np.int64)
    sure[:] = True
    before = len(sure)
    while True:
        taken = np.zeros(len(sure), np.bool_)
        taken[closed] = True
        firms[0] = closed
        count, at = 1, 0
        while at < count:
            firm = firms[at]
            at += 1
            for link in range(pointer[firm], pointer[firm + 1]):
                hit = owner[slot[link]]
                if full[slot[link]] and outside[slot[link]] == 0 and not taken[hit]:
                    taken[hit] = True
                    firms[count] = hit
                    count += 1
        if count == before:
            return count
        before = count
        for firm in range(len(sure)):
            if sure[firm] and not taken[firm]:
                sure[firm] = False
                for link in range(pointer[firm], pointer[firm + 1]):
                    outside[slot[link]] += 1


@compiled
def short_supply(sales: Any, market: Any, loss: Any, supply: Any) -> None:
    """Write what each market's firms can still deliver."""
    supply[:] = 0.0
    for firm in range(len(sales)):
        supply[market[firm]] += sales[firm] * (1.0 - loss[firm])


@compiled
def passed(lost: float, sold: float, supply: float) -> float:
    """Return what buyers miss of a supplier's loss: others of its sector replace the rest."""
    return lost * sold / supply if sold < supply else lost


@compiled
def spread(
    closed: int,
    shock: float,
    replaceable: bool,
    tolerance: float,
    limit: int,
    columns: Any,
    owner: Any,
    full: Any,
    sales: Any,
    market: Any,
    markets: int,
    loss: Any,
) -> bool:
    """Write what each firm loses when one is closed, (N,); tell whether it settled within a number of rounds.

    A firm tells the owners of the slots that it is a partner in (`columns`: pointer, slot, share of a side's matrix)
    once what they miss of it has grown by more than `tolerance` since it last did.
    """
    pointer, slot, share = columns
    missing, told, supply = np.zeros(len(owner)), np.zeros(len(loss)), np.zeros(markets)
    reached, sure = np.empty(len(loss), np.int64), np.empty(len(loss), np.bool_)
    loss[:] = 0.0
    known = certain(closed, pointer, slot, owner, full, sure, reached)
    for at in range(known):
        loss[reached[at]] = shock
    if known == len(loss):
        return True
    for _ in range(limit):
        if replaceable:
            short_supply(sales, market, loss, supply)
        quiet = True
        for at in range(known):  # firms that are reached on the way have their turn in the next round
            firm = reached[at]
            lost = passed(loss[firm], sales[firm], supply[market[firm]]) if replaceable else loss[firm]
            news = lost - told[firm]
            if news <= tolerance:
                continue
            quiet = False
            told[firm] = lost
            for link in range(pointer[firm], pointer[firm + 1]):
                missing[slot[link]] += share[link] * news
                hit = owner[slot[link]]
                if missing[slot[link]] > loss[hit]:
                    if loss[hit] == 0.0:
                        reached[known] = hit
                        known += 1
                    loss[hit] = min(missing[slot[link]], shock)
        if quiet:
            return True
    return False


@compiled
def sweep(rows: Any, owner: Any, floor: Any, loss: Any, change: Any, most: Any, size: Any) -> None:
    """Let every firm lose what its buyers lost, in place and in turn.

    Writes by how much that changed losses, (N, WIDTH), and the largest and the sum of these changes, (WIDTH,).
    """
    pointer, partner, share = rows
    most[:], size[:] = 0.0, 0.0
    for slot in range(len(owner)):
        firm = np.uint64(owner[slot])
        for column in range(WIDTH):
            change[firm, column] = 0.0
        for link in range(pointer[slot], pointer[slot + 1]):
            part, buyer = share[link], np.uint64(partner[link])
            for column in range(WIDTH):
                change[firm, column] += part * loss[buyer, column]
        for column in range(WIDTH):
            after = max(change[firm, column], floor[firm, column])
            change[firm, column] = after - loss[firm, column]
            loss[firm, column] = after
            moved = abs(change[firm, column])
            most[column] = max(most[column], moved)
            size[column] += moved


@compiled
def extrapolate(loss: Any, change: Any, pace: Any, before: Any, floor: Any, shock: float) -> None:
    """Add what is still to come where losses change at a steady pace, which is that of the slowest mode left."""
    ahead = np.zeros(WIDTH)
    for column in range(WIDTH):
        rate = pace[column]
        steady = rate < 1.0 and abs(rate - before[column]) < STEADY * (1.0 - rate)
        ahead[column] = rate / (1.0 - rate) if steady else 0.0
        before[column] = np.nan if steady else rate  # after a jump, until the pace of what is left can be seen
    if ahead.any():
        for firm in range(len(loss)):
            for column in range(WIDTH):
                moved = loss[firm, column] + ahead[column] * change[firm, column]
                loss[firm, column] = min(max(moved, floor[firm, column]), shock)


@compiled
def lost_orders(
    closed: Any, shock: float, tolerance: float, limit: int, rows: Any, columns: Any, owner: Any, full: Any, loss: Any
) -> Any:
    """Write what firms lose for want of orders for `WIDTH` closures, (N, WIDTH); return which of them settled.

    These losses are the chance that a random walk along buyers meets the closed firm: the one solution of a linear
    system on the firms that do not walk for ever. So steps of any size and sign may lead to it.
    """
    floor, change = np.zeros_like(loss), np.zeros_like(loss)
    sure, queue = np.empty(len(loss), np.bool_), np.empty(len(loss), np.int64)
    for column in range(WIDTH):
        for at in range(certain(closed[column], columns[0], columns[1], owner, full, sure, queue)):
            floor[queue[at], column] = shock
    loss[:] = floor
    most, size, pace = np.zeros(WIDTH), np.zeros(WIDTH), np.ones(WIDTH)
    before, settled = np.full(WIDTH, np.nan), np.zeros(WIDTH, np.bool_)
    for _ in range(limit):
        last = size.copy()
        sweep(rows, owner, floor, loss, change, most, size)
        for column in range(WIDTH):
            pace[column] = size[column] / last[column] if last[column] > 0.0 else 1.0 * (size[column] > 0.0)
            settled[column] = most[column] <= tolerance * max(1.0 - pace[column], 0.0)
        if settled.all():
            break
        extrapolate(loss, change, pace, before, floor, shock)
    return settled


@compiled
def indices(
    closed: Any,
    shock: float,
    replaceable: bool,
    tolerance: float,
    limits: Any,
    down: Any,
    up: Any,
    sales: Any,
    market: Any,
    weight: Any,
    found: Any,
) -> None:
    """Write the index and its two parts of `WIDTH` closed firms, (WIDTH, 3); NaN where it took too many rounds.

    `limits` are the most rounds of lost inputs and of lost orders. `down` is a side's matrix by columns, its owners and
    full slots; `up` is the same after the matrix by rows.
    """
    inputs, orders = np.empty(len(sales)), np.empty((len(sales), WIDTH))
    markets = market.max() + 1
    settled = lost_orders(closed, shock, tolerance, limits[1], *up, orders)
    for at in range(WIDTH):
        done = spread(closed[at], shock, replaceable, tolerance, limits[0], *down, sales, market, markets, inputs)
        found[at, :] = 0.0 if done and settled[at] else np.nan
        for firm in range(len(sales)):
            found[at, 0] += weight[firm] * max(inputs[firm], orders[firm, at])
            found[at, 1] += weight[firm] * inputs[firm]
            found[at, 2] += weight[firm] * orders[firm, at]
