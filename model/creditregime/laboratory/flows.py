"""How firms move between grades, lists, entry and exit from one month to another: exact counts from the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.errors import CreditRegimeError
from creditregime.laboratory.history import History

ENTRY, EXIT = "entry", "exit"


class Flow(NamedTuple):
    """One row of the table: firms that went from one state to another between two months.

    Attributes
    ----------
    start, end
        The months; 0 is the start of the run.
    source, target
        Grades; ``entry`` of firms that were not there at `start`, ``exit`` of those that left before `end`.
    source_listed, target_listed
        Whether they were on a blacklist.
    firms
        How many.
    """

    start: int
    end: int
    source: str
    source_listed: bool
    target: str
    target_listed: bool
    firms: int


def grade_flows(states: History, months: Sequence[int]) -> pd.DataFrame:
    """Return the flows of firms between neighbouring months, one row a kind of flow (see `Flow`).

    A firm that came and left between two of the months is in neither of them, and counts in no flow.

    Raises
    ------
    CreditRegimeError
        If there are fewer than two months, or they do not rise from 0 to the length of the run at most.
    """
    chosen = [*months]
    if len(chosen) < 2 or chosen != sorted(set(chosen)) or chosen[0] < 0 or chosen[-1] > states.months:
        raise CreditRegimeError(f"months: {chosen} is not allowed: at least two, rising, from 0 to {states.months}")
    found: list[Flow] = []
    for start, end in pairwise(chosen):
        found += _between(states, start, end)
    return pd.DataFrame(found, columns=Flow._fields)


def in_between(states: History, months: Sequence[int]) -> int:
    """Return how many firms came and left between neighbouring months, so that no flow shows them."""
    count = 0
    for start, end in pairwise(months):
        came = states.entered[start + 1 : end + 1].sum(axis=0) + states.active[start]
        count += int(np.maximum(came - _left_first(states, start, end) - states.active[end], 0).sum())
    return count


def _left_first(states: History, start: int, end: int) -> NDArray[np.int64]:
    """Return 1 where the firm of the start left before the end, (N,)."""
    left = states.active[start] & states.exited[start + 1 : end + 1].any(axis=0)
    return left.astype(np.int64)


def _between(states: History, start: int, end: int) -> list[Flow]:
    left = _left_first(states, start, end) > 0
    stayed = states.active[start] & ~left
    came = states.active[end] & ~stayed
    source, target = _labels(states, start), _labels(states, end)
    counts = Counter(zip(source[0][stayed], source[1][stayed], target[0][stayed], target[1][stayed], strict=True))
    counts += Counter((*of, EXIT, False) for of in zip(source[0][left], source[1][left], strict=True))
    counts += Counter((ENTRY, False, *of) for of in zip(target[0][came], target[1][came], strict=True))
    rows = sorted(counts.items(), key=lambda item: tuple(map(str, item[0])))
    return [Flow(start, end, str(a), bool(b), str(c), bool(d), firms) for (a, b, c, d), firms in rows]


def _labels(states: History, month: int) -> tuple[NDArray[np.str_], NDArray[np.bool_]]:
    """Return each place's grade by name, and whether it is listed."""
    scale = np.array([*states.era(month).scale])
    return scale[states.grade[month]], states.listed[month] > 0
