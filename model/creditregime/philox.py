"""Numbers of chosen rows from a Philox stream, without drawing the rows between them.

NumPy draws a stream densely. Where few rows need a number (what an inspection finds), computing those few is quicker.
The generator is counter-based, so row r of a stream is a function of the stream and r: Philox4x64-10 of Salmon, Moraes,
Dror, Shaw 2011 (SC '11), as in `numpy.random.Philox`; a test holds the two to the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
ROUNDS = 10
_WORD = 2**64 - 1
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def uniforms_at(
    rows: NDArray[np.integer[Any]], key: tuple[int, int], lane: int | NDArray[np.int64], month: int
) -> NDArray[np.float32]:
    """Return the float32 uniforms that a dense draw of the stream would give these rows (one lane, or one each)."""
    row = rows.astype(np.uint64)
    block = (row >> np.uint64(3)) + np.uint64(1)  # eight numbers a block; the counter is raised before the first
    words = _block((block, np.full_like(block, lane), np.full_like(block, month), np.zeros_like(block)), key)
    word = np.choose(((row >> np.uint64(1)) & np.uint64(3)).astype(np.intp), words)
    half = np.where(row & np.uint64(1), word >> _HALF, word & _LOW)
    uniforms: NDArray[np.float32] = (half >> np.uint64(8)).astype(np.float32) * np.float32(2**-24)
    return uniforms


def _block(counter: tuple[Words, Words, Words, Words], key: tuple[int, int]) -> tuple[Words, Words, Words, Words]:
    one, two, three, four = counter
    for number in range(ROUNDS):
        keys = (np.uint64((part + number * weyl) & _WORD) for part, weyl in zip(key, WEYL, strict=True))
        first, second = keys
        high_one, low_one = _product(one, MULTIPLIERS[0])
        high_three, low_three = _product(three, MULTIPLIERS[1])
        one, two, three, four = high_three ^ two ^ first, low_three, high_one ^ four ^ second, low_one
    return one, two, three, four


def _product(words: Words, multiplier: int) -> tuple[Words, Words]:
    """Return the high and low words of 128-bit products, by the school method on halves."""
    low, high = np.uint64(multiplier & 0xFFFFFFFF), np.uint64(multiplier >> 32)
    word_low, word_high = words & _LOW, words >> _HALF
    carry = word_high * low + ((word_low * low) >> _HALF)
    middle = word_low * high + (carry & _LOW)
    return word_high * high + (carry >> _HALF) + (middle >> _HALF), words * np.uint64(multiplier)
