"""Conversions done in one place: years to months, and parameters that differ by topic."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from creditregime.component import PerTopic

MONTHS = 12
DAYS = 30
"""Days of a month, where a rule that counts in days meets the monthly step."""
TIE = 3e-7
"""Relative difference below which two amounts in single precision count as equal: who is indifferent complies."""


def monthly(probability_a_year: float) -> float:
    """Return the probability a month that gives a probability a year."""
    return float(1 - (1 - probability_a_year) ** (1 / MONTHS))


def by_topic(value: PerTopic, topics: Sequence[str]) -> NDArray[np.float32]:
    """Return one number a topic, (K,): the same for all, or the mapping's entry, or its ``default`` (else 0).

    Not to be written to: what is the same for all is kept.
    """
    if isinstance(value, dict):
        return np.array([value.get(topic, value.get("default", 0.0)) for topic in topics], np.float32)
    return _alike(float(value), len(topics))


@lru_cache(maxsize=256)
def _alike(value: float, topics: int) -> NDArray[np.float32]:
    alike = np.full(topics, value, np.float32)
    alike.flags.writeable = False
    return alike


@overload
def present_months(months: float, discount_a_year: float) -> float: ...
@overload
def present_months(months: float, discount_a_year: NDArray[Any]) -> NDArray[np.float64]: ...
def present_months(months: float, discount_a_year: float | NDArray[Any]) -> float | NDArray[np.float64]:
    """Return what one unit a month for `months` months is worth today, for one discount rate or one a firm."""
    if isinstance(discount_a_year, np.ndarray):
        short = np.maximum(1 - monthly_factor(discount_a_year.astype(np.float64)), 1e-12)
        worth: NDArray[np.float64] = -np.expm1(months * np.log1p(-short)) / short
        return worth
    if not discount_a_year:
        return float(months)
    factor = float(monthly_factor(discount_a_year))
    return float((1 - factor**months) / (1 - factor))


def monthly_factor(discount_a_year: Any) -> Any:
    """Return what one unit a month later is worth today, for one discount rate or many."""
    return (1 + discount_a_year) ** (-1 / MONTHS)
