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
    """Turn what is at stake for some rows into the best effort, all (N,) but the topic's cost."""
    answer(
        stake[begin:end],
        fine[begin:end],
        caution[begin:end],
        belief[begin:end],
        hazard[begin:end],
        factor[begin:end],
        cost,
        intrinsic[begin:end],
    )


@compiled
def answer(
    stake: Any, fine: Any, caution: Any, belief: Any, hazard: Any, factor: Any, cost: Any, intrinsic: Any
) -> None:
    """Turn what is at stake into clip(gain / cost + private optimum, 0, 1)."""
    for row in range(len(stake)):
        gain = (stake[row] + fine[row]) * caution[row] * belief[row] * hazard[row]
        stake[row] = min(max(gain / (factor[row] * cost) + intrinsic[row], ZERO), ONE)


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
