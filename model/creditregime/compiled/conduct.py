"""What firms do in a month, row by row: learn, choose, violate, spend.

Each kernel does what the method of the same name does with NumPy, in the same order of operations. Loops run over whole
slices of one topic and jurisdiction, from 0 on: only then does the compiler work on many rows at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled
from creditregime.compiled.philox import BLOCK, draw, scratch, stop_of, uniform

ZERO, ONE = np.float32(0), np.float32(1)


@compiled
def violate(
    begin: int,
    end: int,
    effort: Any,
    hazard: Any,
    active: Any,
    thinning: Any,
    starts: Any,
    seeds: Any,
    month: Any,
    purpose: Any,
    out: Any,
) -> None:
    """Write the severity of violations, (K, N), of some rows; `thinning`: shares of those that are graver."""
    held = scratch()
    for k in range(len(effort)):
        for place in range(len(starts)):
            start, stop = max(begin, starts[place]), min(end, stop_of(place, starts, effort.shape[1]))
            for first in range(start, stop, BLOCK):
                some = slice(first, min(first + BLOCK, stop))
                number = some.stop - first
                drawn = draw(held, first - starts[place], number, np.uint64(k), month, seeds[place], purpose)
                thin(drawn, effort[k, some], hazard[k, some], active[some], thinning[k], out[k, some])


@compiled
def thin(drawn: Any, effort: Any, hazard: Any, active: Any, thinning: Any, severity: Any) -> None:
    """Write severities, thinned from one draw a row."""
    general, serious = thinning[0], thinning[1]
    for row in range(len(effort)):
        draw = uniform(drawn[row])
        chance = (ONE - effort[row]) * hazard[row] * np.float32(active[row])
        found = np.uint8(draw < chance)
        chance = chance * general
        found += np.uint8(draw < chance)
        severity[row] = found + np.uint8(draw < chance * serious)


@compiled
def learn(
    begin: int,
    end: int,
    belief: Any,
    violation: Any,
    found: Any,
    alarm: Any,
    published: Any,
    starts: Any,
    own: Any,
    pull: Any,
) -> None:
    """Move beliefs, (K, N), of some rows by own experience, suppliers' findings, (N,), and published rates, (J, K)."""
    for k in range(len(belief)):
        for place in range(len(starts)):
            start, stop = max(begin, starts[place]), min(end, stop_of(place, starts, belief.shape[1]))
            some = slice(start, max(start, stop))
            experience(belief[k, some], violation[k, some], found[k, some], own)
            follow(belief[k, some], alarm[some], published[place, k], pull)


@compiled
def experience(belief: Any, violation: Any, found: Any, own: Any) -> None:
    """Move the beliefs of those who violated."""
    for row in range(len(belief)):
        if violation[row] != 0:
            caught = ONE if found[row] > 0 else ZERO
            belief[row] = belief[row] + own * (caught - belief[row])


@compiled
def follow(belief: Any, alarm: Any, rate: Any, pull: Any) -> None:
    """Move beliefs by suppliers' findings and the published rate."""
    for row in range(len(belief)):
        value = belief[row]
        value = value + alarm[row] * (ONE - value)
        belief[row] = value + pull * (rate - value)


@compiled
def weigh(begin: int, end: int, worth: Any, which: Any, weight: Any, values: Any) -> None:
    """Add for some rows what grades put at stake by topic, (K, N).

    `worth`, (outcomes, N), is what outcomes cost, `which`, (K, 3), the outcome of a record by severity, with a weight.
    """
    if not len(worth):
        return
    for first in range(begin, end, BLOCK):
        some = slice(first, min(first + BLOCK, end))
        for k in range(len(values)):
            one, two, three = which[k]
            add_three(worth[one, some], worth[two, some], worth[three, some], weight[k], values[k, some])


@compiled
def add_three(one: Any, two: Any, three: Any, weight: Any, value: Any) -> None:
    """Add the weighted worth of the outcomes of three severities."""
    of_one, of_two, of_three = weight
    for row in range(len(value)):
        value[row] = value[row] + one[row] * of_one + two[row] * of_two + three[row] * of_three


@compiled
def threaten(
    begin: int,
    end: int,
    live: Any,
    listing: Any,
    lists: Any,
    limits: Any,
    pointer: Any,
    topics: Any,
    worth: Any,
    shares: Any,
    values: Any,
) -> None:
    """Add for some rows what lists put at stake by topic, (K, N): the worth of each times the chance of entry.

    Parameters
    ----------
    live, listing
        Live records, (3, K, N), and standing by list.
    lists, limits, pointer, topics
        Numbers of the lists, (L,); the serious, and all, live records that lead to each, (L, 2), 0 for never; where the
        topics of each begin, (L + 1,); and the topics whose records count.
    worth
        What each list takes, (L, 1) or (L, N).
    shares
        Shares of the topics' violations by severity, (K, 3).
    """
    serious, records = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
    for first in range(begin, end, BLOCK):
        some = slice(first, min(first + BLOCK, end))
        for place in range(len(lists)):
            counted = topics[pointer[place] : pointer[place + 1]]
            serious[:], records[:] = 0, 0
            for k in counted:
                count(live[0, k, some], live[1, k, some], live[2, k, some], serious, records)
            price = worth[place] if worth.shape[1] == 1 else worth[place, some]
            for k in counted:
                entry = (limits[place, 0], limits[place, 1], shares[k, 2])
                add_chance(serious, records, listing[lists[place], some], entry, price, values[k, some])


@compiled
def count(minor: Any, general: Any, grave: Any, serious: Any, records: Any) -> None:
    """Add the live records of one topic."""
    for row in range(len(grave)):
        serious[row] += grave[row]
        records[row] += np.int32(minor[row]) + np.int32(general[row]) + np.int32(grave[row])


@compiled
def add_chance(serious: Any, records: Any, listing: Any, entry: Any, price: Any, value: Any) -> None:
    """Add the worth of a list, one for all or one a firm, times the chance of entry; 0 for those on it."""
    least_serious, least, share = entry
    by_serious = share if least_serious else ZERO
    most_serious, most = np.int32(least_serious - 1), np.int32(least - 1 if least else 1 << 30)
    for row in range(len(value)):
        chance = by_serious if serious[row] >= most_serious else ZERO
        chance = ONE if records[row] >= most else chance
        value[row] += price[row if len(price) > 1 else 0] * (np.float32(listing[row] == 0) * chance)


@compiled
def best_response(
    begin: int,
    end: int,
    stake: Any,
    fine: Any,
    caution: Any,
    belief: Any,
    hazard: Any,
    factor: Any,
    cost: Any,
    intrinsic: Any,
) -> None:
    """Turn what is at stake for some rows by topic, (K, N), into the best effort.

    `fine` is (K, 1) or (K, N), `caution` (1,) or (N,), the topics' cost (K,); the others are one a firm.
    """
    for first in range(begin, end, BLOCK):
        some = slice(first, min(first + BLOCK, end))
        for k in range(len(stake)):
            add_each(stake[k, some], fine[k] if fine.shape[1] == 1 else fine[k, some])
            if len(caution) > 1:
                multiply(stake[k, some], caution[some])
            rows = (belief[k, some], hazard[k, some], factor[some], intrinsic[some])
            answer(stake[k, some], *rows, cost[k])


@compiled
def add_each(stake: Any, fine: Any) -> None:
    """Add the fine, one for all or one a firm."""
    if len(fine) == 1:
        for row in range(len(stake)):
            stake[row] += fine[0]
    else:
        for row in range(len(stake)):
            stake[row] += fine[row]


@compiled
def multiply(values: Any, factor: Any) -> None:
    """Multiply values by a factor each."""
    for row in range(len(values)):
        values[row] *= factor[row]


@compiled
def answer(stake: Any, belief: Any, hazard: Any, factor: Any, intrinsic: Any, cost: Any) -> None:
    """Turn the loss, if caught, into clip(gain / cost + private optimum, 0, 1)."""
    for row in range(len(stake)):
        gain = stake[row] * belief[row] * hazard[row]
        stake[row] = min(max(gain / (factor[row] * cost) + intrinsic[row], ZERO), ONE)


@compiled
def approach(begin: int, end: int, effort: Any, aim: Any, pace: Any) -> None:
    """Move the efforts of some rows, (K, N), a share of the way to their aims."""
    for k in range(len(effort)):
        approach_one(effort[k, begin:end], aim[k, begin:end], pace)


@compiled
def approach_one(effort: Any, aim: Any, pace: Any) -> None:
    """Move the efforts of one topic."""
    for row in range(len(effort)):
        effort[row] += (aim[row] - effort[row]) * pace


@compiled
def quadratic_cost(
    begin: int, end: int, effort: Any, intrinsic: Any, half: Any, factor: Any, size: Any, total: Any
) -> None:
    """Write what effort beyond the private optimum costs some firms, (N,) money; `half`: half the cost of a topic."""
    for first in range(begin, end, BLOCK):
        some = slice(first, min(first + BLOCK, end))
        for k in range(len(effort)):
            add_square(effort[k, some], intrinsic[some], half[k], total[some])
        scale(total[some], factor[some], size[some])


@compiled
def add_square(effort: Any, intrinsic: Any, half: Any, total: Any) -> None:
    """Add half a topic's cost times the square of effort beyond the private optimum."""
    for row in range(len(total)):
        beyond = max(effort[row] - intrinsic[row], ZERO)
        total[row] += beyond * beyond * half


@compiled
def scale(total: Any, factor: Any, size: Any) -> None:
    """Multiply by each firm's cost factor and size."""
    for row in range(len(total)):
        total[row] = total[row] * factor[row] * size[row]
