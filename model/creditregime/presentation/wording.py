"""Numbers as people read them: no more digits than the interval supports, true minus signs, words for what is not."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

NO_INTERVAL = "no interval"


def rows(table: pd.DataFrame) -> list[Any]:
    """Return the rows of a table, each with its columns as attributes (untyped, as what a column holds is)."""
    return list(table.itertuples())


def excludes_zero(row: Any) -> bool:
    """Tell whether a row's interval exists and excludes zero."""
    return math.isfinite(row.low) and math.isfinite(row.high) and not row.low <= 0 <= row.high


def decimals(*values: float) -> int:
    """Return how many decimals show the largest of the values with three digits (at most five decimals)."""
    finite = [abs(value) for value in values if math.isfinite(value)]
    largest = max(finite, default=0.0)
    if largest < 1e-9:
        return 0
    return min(max(2 - math.floor(math.log10(largest)), 0), 5)


def number(value: float, places: int | None = None, *, signed: bool = False) -> str:
    """Return a number with a given number of decimals; a dash for one that does not exist."""
    if not math.isfinite(value):
        return "–"
    places = decimals(value) if places is None else places
    text = f"{value:{'+' if signed else ''},.{places}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("+-")
    return text.replace("-", "−")


def interval(low: float, high: float, places: int | None = None, *, signed: bool = True) -> str:
    """Return an interval in brackets, or why there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return NO_INTERVAL
    places = decimals(low, high) if places is None else places
    return f"[{number(low, places, signed=signed)}, {number(high, places, signed=signed)}]"


def verdict(row: Any) -> str:
    """Return in a word what an effect says: more, less, no change, unclear, or one seed (too few).

    Which of them is desirable is for the reader to say.

    Parameters
    ----------
    row
        Has ``effect``, ``low`` and ``high``.
    """
    if not (math.isfinite(row.low) and math.isfinite(row.high)):
        return "one seed"
    if row.low == row.high == 0:
        return "no change"
    if row.low <= 0 <= row.high:
        return "unclear"
    return "more" if row.effect > 0 else "less"


def effect(row: Any) -> str:
    """Return an effect with its interval, with the digits that the interval supports.

    Parameters
    ----------
    row
        Has ``effect``, ``low``, ``high`` and the number of ``seeds``.
    """
    if not row.seeds:
        return "no finished pair"
    finite = math.isfinite(row.low)
    places = decimals(row.effect, (row.high - row.low) / 2) if finite else decimals(row.effect)
    places = max(places - 1, 0) if places > 1 else places
    return f"{number(row.effect, places, signed=True)} {interval(row.low, row.high, places)}"
