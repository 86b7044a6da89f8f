"""The Philox stream as compiled code: the bits of `numpy.random.Philox`, dense or of chosen rows.

The constants and the order of the rounds are those of `creditregime.philox`, which is the reference.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from creditregime.compiled.jit import compiled, inlined
from creditregime.philox import MULTIPLIERS, ROUNDS, WEYL

ONE, THREE = (np.uint64(multiplier) for multiplier in MULTIPLIERS)
STEP_ONE, STEP_TWO = (np.uint64(step) for step in WEYL)
LOW, HALF, SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(8)
UNIT = np.float32(2.0**-24)
BLOCK = 1024
"""Rows drawn together where they are used at once: they stay in the nearest cache. A multiple of eight."""


PAIR: Any = types.UniTuple(types.uint64, 2)  # type: ignore[no-untyped-call]


def _product(_: Any, first: Any, second: Any) -> Any:
    """Return the high and the low word of the product of two words: one instruction, for which Python has no name."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word, wide = ir.IntType(64), ir.IntType(128)
        one, other = (builder.zext(argument, wide) for argument in arguments)
        whole = builder.mul(one, other)
        high = builder.trunc(builder.lshr(whole, ir.Constant(wide, 64)), word)
        return context.make_tuple(builder, signature.return_type, (high, builder.trunc(whole, word)))

    return PAIR(types.uint64, types.uint64), code


product: Any = intrinsic(_product)


@inlined
def words(block: Any, lane: Any, month: Any, seed: Any, purpose: Any) -> Any:
    """Return the four words of a block of the stream."""
    one, two, three, four = np.uint64(block), np.uint64(lane), np.uint64(month), np.uint64(0)
    for _ in range(ROUNDS):
        high_one, low_one = product(one, ONE)
        high_three, low_three = product(three, THREE)
        one, two, three, four = high_three ^ two ^ seed, low_three, high_one ^ four ^ purpose, low_one
        seed += STEP_ONE
        purpose += STEP_TWO
    return one, two, three, four


@inlined
def uniform(word: Any) -> Any:
    """Return the float32 uniform of the upper 24 of 32 bits."""
    return np.float32(np.int32(word >> SHIFT)) * UNIT


@compiled
def scratch() -> Any:
    """Return room for the words of as many rows as are drawn together."""
    return np.empty((BLOCK // 8 + 1, 4), np.uint64)


@compiled
def draw(held: Any, first: int, rows: int, lane: Any, month: Any, seed: Any, purpose: Any) -> Any:
    """Return the 32-bit words, in `held`, of at most BLOCK consecutive rows of a stream: a `uniform` each.

    Words are written as they come, and made numbers where they are used: only so are both loops as fast as they can be.
    """
    begin = first // 8
    for block in range((first + rows + 7) // 8 - begin):
        one, two, three, four = words(begin + block + 1, lane, month, seed, purpose)
        held[block, 0], held[block, 1], held[block, 2], held[block, 3] = one, two, three, four
    return held.reshape(-1).view(np.uint32)[first % 8 : first % 8 + rows]


@compiled
def convert(drawn: Any, draws: Any) -> None:
    """Write the uniforms of words."""
    for row in range(len(draws)):
        draws[row] = uniform(drawn[row])


@compiled
def single(row: int, lane: Any, month: Any, seed: Any, purpose: Any) -> Any:
    """Return the uniform of one row."""
    one, two, three, four = words(row // 8 + 1, lane, month, seed, purpose)
    place = row % 8
    word = one if place < 2 else two if place < 4 else three if place < 6 else four
    return uniform(word >> HALF if place % 2 else word & LOW)


@compiled
def stop_of(place: int, starts: Any, rows: int) -> Any:
    """Return the row after the last of a jurisdiction."""
    return starts[place + 1] if place + 1 < len(starts) else rows


@compiled
def fill_all(begin: int, end: int, draws: Any, starts: Any, seeds: Any, lane: Any, month: Any, purpose: Any) -> None:
    """Write the uniforms of some rows of (N,) float32; each jurisdiction, from its start on, has a seed of its own."""
    held = scratch()
    for place in range(len(starts)):
        start, stop = max(begin, starts[place]), min(end, stop_of(place, starts, len(draws)))
        for first in range(start, stop, BLOCK):
            some = slice(first, min(first + BLOCK, stop))
            number = some.stop - first
            drawn = draw(held, first - starts[place], number, lane, month, seeds[place], purpose)
            convert(drawn, draws[some])


@compiled
def at(rows: Any, starts: Any, seeds: Any, lane: Any, month: Any, purpose: Any) -> Any:
    """Return the uniforms of some rows, (n,) float32."""
    return at_lanes(rows, np.full(len(rows), lane), starts, seeds, month, purpose)


@compiled
def at_lanes(rows: Any, lanes: Any, starts: Any, seeds: Any, month: Any, purpose: Any) -> Any:
    """Return the uniforms of some rows, each in its own lane, (n,) float32."""
    drawn, held, place = np.empty(len(rows), np.float32), scratch(), 0
    numbers = held.view(np.uint32)
    for first in range(0, len(rows), len(held)):
        for some in range(min(len(held), len(rows) - first)):
            row = rows[first + some]
            if not starts[place] <= row < stop_of(place, starts, row + 1):
                place = np.searchsorted(starts, row, side="right") - 1
            row -= starts[place]
            one, two, three, four = words((row >> 3) + 1, lanes[first + some], month, seeds[place], purpose)
            held[some, 0], held[some, 1], held[some, 2], held[some, 3] = one, two, three, four
            drawn[first + some] = uniform(numbers[some, row & 7])
    return drawn


@compiled
def below(
    begin: int, end: int, chance: Any, starts: Any, seeds: Any, lane: Any, month: Any, purpose: Any, found: Any
) -> None:
    """Write for some rows whose uniform is below its chance, (N,), in the lanes from one on: `found` is (lanes, N)."""
    held = scratch()
    for number in range(len(found)):
        for place in range(len(starts)):
            start, stop = max(begin, starts[place]), min(end, stop_of(place, starts, len(chance)))
            for first in range(start, stop, BLOCK):
                some = slice(first, min(first + BLOCK, stop))
                rows, row, seed = some.stop - first, first - starts[place], seeds[place]
                drawn = draw(held, row, rows, lane + np.uint64(number), month, seed, purpose)
                compare(drawn, chance[some], found[number, some])


@compiled
def compare(drawn: Any, chance: Any, found: Any) -> None:
    """Write which draws are below their chances."""
    for row in range(len(chance)):
        found[row] = uniform(drawn[row]) < chance[row]
