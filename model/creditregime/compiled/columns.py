"""Work on single columns, jurisdiction by jurisdiction."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import literal_unroll

from creditregime.compiled.jit import compiled
from creditregime.compiled.philox import stop_of

BYTE = 224
"""Rows whose number fits into a byte: counted in bytes, as many are counted at a time as the processor has room for."""


@compiled
def look_up(table: Any, starts: Any, codes: Any) -> Any:
    """Return for every row the entry of its jurisdiction's table, (J, codes), at its code, (N,)."""
    found = np.empty(len(codes), table.dtype)
    for place in range(len(starts)):
        some = slice(starts[place], stop_of(place, starts, len(codes)))
        look_up_one(table[place], codes[some], found[some])
    return found


@compiled
def look_up_one(table: Any, codes: Any, found: Any) -> None:
    """Write the entry of each code."""
    for row in range(len(codes)):
        found[row] = table[codes[row]]


@compiled
def count_conduct(violation: Any, found: Any, inspected: Any, starts: Any) -> Any:
    """Return by topic and jurisdiction how many violated, were caught at it, and were inspected, (3, K, J) float64."""
    topics, rows = violation.shape
    counts = np.empty((3, topics, len(starts)), np.float64)
    for k in range(topics):
        for place in range(len(starts)):
            some = slice(starts[place], stop_of(place, starts, rows))
            counts[:, k, place] = count_one(violation[k, some], found[k, some], inspected[k, some])
    return counts


@compiled
def count_one(violation: Any, found: Any, inspected: Any) -> Any:
    """Return the counts of one topic in one jurisdiction."""
    committed, caught, visited = 0, 0, 0
    for first in range(0, len(violation), BYTE):
        some = slice(first, min(first + BYTE, len(violation)))
        committed += count_marks(violation[some])
        caught += count_both(violation[some], found[some])
        visited += count_marks(inspected[some])
    return committed, caught, visited


@compiled
def count_marks(marks: Any) -> Any:
    """Return how many of a few entries are not zero."""
    count = np.uint8(0)
    for row in range(len(marks)):
        count = np.uint8(count + np.uint8(marks[row] > 0))
    return count


@compiled
def count_both(marks: Any, others: Any) -> Any:
    """Return in how many of a few rows neither of two entries is zero."""
    count = np.uint8(0)
    for row in range(len(marks)):
        count = np.uint8(count + np.uint8((marks[row] > 0) & (others[row] > 0)))
    return count


@compiled
def clear(tables: Any, rows: Any) -> None:
    """Set to 0 what several tables, (K, N) each, say of some firms."""
    for table in literal_unroll(tables):
        for k in range(len(table)):
            for row in rows:
                table[k, row] = 0
