"""What the event log has not told yet of grades."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled

BLOCK = 64
"""Rows looked at together: in most blocks nothing changed."""


@compiled
def changes(grade: Any, own: Any, active: Any, told: Any, below: Any) -> Any:
    """Return the active firms with another grade than told, and those that came below their own or back to it.

    All columns are those of one file, (N,); `told` and `below` are brought up to date.
    """
    changed, moved = np.empty(len(grade), np.int64), np.empty(len(grade), np.int64)
    changes, moves = 0, 0
    for first in range(0, len(grade), BLOCK):
        some = slice(first, min(first + BLOCK, len(grade)))
        if differ(grade[some], own[some], active[some], told[some], below[some]):
            for row in range(first, some.stop):
                if grade[row] != told[row] and active[row]:
                    changed[changes] = row
                    changes += 1
                lower = active[row] and grade[row] < own[row]
                if lower != below[row] and active[row]:
                    moved[moves] = row
                    moves += 1
                told[row], below[row] = grade[row], lower
    return changed[:changes].copy(), moved[:moves].copy()


@compiled
def differ(grade: Any, own: Any, active: Any, told: Any, below: Any) -> Any:
    """Tell whether anything changed in a few rows."""
    found = False
    for row in range(len(grade)):
        found |= (grade[row] != told[row]) | (((grade[row] < own[row]) & active[row]) != below[row])
    return found
