"""What records take from scores, and what is carried over between partners."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled

BLOCK = 1024
"""Rows whose scores stay in the nearest cache while topic after topic is deducted."""
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
