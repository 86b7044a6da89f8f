"""What records take from scores, and what is carried over between partners."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled

BLOCK = 1024
"""Rows whose scores stay in the nearest cache while topic after topic is deducted."""
SLOTS, SCATTER, SHIFT = 1024, np.uint64(2654435761), np.uint64(22)
"""A hash table of values, and how their bits are spread over it."""
ZERO, ONE, LEAST = np.float32(0), np.float32(1), np.float32(1e-30)


@compiled
def deduct(begin: int, end: int, live: Any, points: Any, topics: Any, score: Any) -> None:
    """Deduct from some rows' scores, (N,), the points of live records, (3, K, N), of some topics."""
    for first in range(begin, end, BLOCK):
        some = slice(first, min(first + BLOCK, end))
        for k in topics:
            for s in range(3):
                if points[k, s] != ZERO:
                    subtract(live[s, k, some], points[k, s], score[some])


@compiled
def subtract(live: Any, points: Any, score: Any) -> None:
    """Deduct the points of the live records of one topic and severity."""
    for row in range(len(score)):
        score[row] -= np.float32(live[row]) * points


@compiled
def band(begin: int, end: int, score: Any, bounds: Any, grade: Any) -> None:
    """Write how many bounds some rows' scores reach, (N,)."""
    for first in range(begin, end, BLOCK):
        some = slice(first, min(first + BLOCK, end))
        grade[some] = 0
        for bound in bounds:
            reach(score[some], bound, grade[some])


@compiled
def reach(score: Any, bound: Any, grade: Any) -> None:
    """Raise the grades of scores that reach a bound."""
    for row in range(len(score)):
        grade[row] += np.uint8(score[row] >= bound)


@compiled
def fall_short(begin: int, end: int, clean: Any, score: Any, rated: Any, short: Any) -> None:
    """Write by how much some rows' scores are below a clean one, 0 for who is not rated; all are (N,)."""
    lack(clean, score[begin:end], rated[begin:end], short[begin:end])


@compiled
def lack(clean: Any, score: Any, rated: Any, short: Any) -> None:
    """Write the shortfall of rated firms."""
    for row in range(len(score)):
        short[row] = max(clean - score[row], ZERO) * np.float32(rated[row])


@compiled
def supplier_mean(begin: int, end: int, pointer: Any, supplier: Any, weight: Any, values: Any, mean: Any) -> None:
    """Write for some buyers the mean over their links of the supplier's value, by weight; 0 without any weight."""
    for buyer in range(begin, end):
        added, total = ZERO, ZERO
        for link in range(pointer[buyer], pointer[buyer + 1]):
            added += weight[link] * values[supplier[link]]
            total += weight[link]
        mean[buyer] = ZERO + added * (ONE / max(total, LEAST) if total > ZERO else ZERO)


@compiled
def encode(bits: Any, codes: Any, kinds: Any) -> int:
    """Give the different values of a column, given as their bits, numbers; return how many, 0 if they are too many.

    Written are each row's number, (N,) uint8, and the bits that each number stands for, (256,). A firm's partners lie
    all over the column: the numbers are a quarter of it, and more of what is looked up next is still in cache.
    """
    slots = np.zeros(SLOTS, np.int16)
    kinds[0], count = 0, 1
    for row in range(len(bits)):
        if bits[row] == 0:
            codes[row] = 0
            continue
        slot = (bits[row] * SCATTER >> SHIFT) & (SLOTS - 1)
        while slots[slot] and kinds[slots[slot]] != bits[row]:
            slot = (slot + 1) & (SLOTS - 1)
        if not slots[slot]:
            if count == len(kinds):
                return 0
            slots[slot] = count
            kinds[count] = bits[row]
            count += 1
        codes[row] = slots[slot]
    return count


@compiled
def coded_supplier_mean(
    begin: int, end: int, pointer: Any, supplier: Any, weight: Any, codes: Any, values: Any, mean: Any
) -> None:
    """Do what `supplier_mean` does, given the number of each row's value and what numbers stand for."""
    for buyer in range(begin, end):
        added, total = ZERO, ZERO
        for link in range(pointer[buyer], pointer[buyer + 1]):
            added += weight[link] * values[codes[supplier[link]]]
            total += weight[link]
        mean[buyer] = ZERO + added * (ONE / max(total, LEAST) if total > ZERO else ZERO)
