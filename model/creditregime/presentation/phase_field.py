"""What a phase diagram shows of each cell: a mean, a paired difference, or how often a difference is above zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from creditregime.laboratory.effects import mean_interval
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.presentation import style, wording
from creditregime.presentation.sweep_words import outcome_unit

Reals = NDArray[np.float64]

EVEN = 0.5
"""Share of seeds above zero where nothing speaks for either sign."""


@dataclass(frozen=True, eq=False)
class Field:
    """What is drawn: a value a cell with its interval and number of seeds, (y levels, x levels) each.

    Attributes
    ----------
    middle
        What the interval is compared with, in the middle of the colours; None where there is no such value.
    label
        Of the colour bar.
    """

    value: Reals
    low: Reals
    high: Reals
    seeds: NDArray[np.int64]
    middle: float | None
    label: str

    @property
    def unclear(self) -> NDArray[np.bool_]:
        """Cells whose interval includes the middle, (y levels, x levels)."""
        if self.middle is None:
            return np.zeros(self.value.shape, np.bool_)
        unknown = ~np.isfinite(self.low) & (self.seeds > 0)
        return unknown | ((self.low <= self.middle) & (self.middle <= self.high))

    def in_words(self, row: int, column: int) -> list[str]:
        """Return a cell's value, and its interval if it has one, with the digits that the interval supports."""
        value, low, high = self.value[row, column], self.low[row, column], self.high[row, column]
        if self.middle == EVEN:
            return [f"{value:.0%}", *([f"[{low:.0%}, {high:.0%}]"] if np.isfinite(low) else [])]
        places = max(wording.decimals(value, (high - low) / 2) - 1, 0) if value else 0
        interval = [wording.interval(low, high, places)] if np.isfinite(low) else []
        return [wording.number(value, places, signed=self.middle == 0), *interval]

    @property
    def middle_in_words(self) -> str:
        """The middle as text."""
        return style.percent(EVEN) if self.middle == EVEN else "0"


def means(values: Reals, outcome: str, difference: bool) -> Field:
    """Return the mean over seeds of each cell; `values` are (y levels, x levels, seeds), NaN where there is no run."""
    found = np.array([[mean_interval(cell[np.isfinite(cell)]) for cell in row] for row in values])
    mean, low, high = np.moveaxis(found, -1, 0)
    label = f"{BY_NAME[outcome].label} ({outcome_unit(outcome, difference=difference)})"
    middle = 0.0 if difference else None
    text = f"Difference in {label[:1].lower()}{label[1:]}" if difference else label
    return Field(mean, low, high, np.isfinite(values).sum(axis=-1), middle, text)


def probability(values: Reals) -> Field:
    """Return the share of seeds above zero, ties halved, with Wilson's interval."""
    known = np.isfinite(values)
    seeds = known.sum(axis=-1)
    above = (values > 0).sum(axis=-1) + 0.5 * (values == 0).sum(axis=-1)
    share = np.divide(above, seeds, out=np.full(seeds.shape, np.nan), where=seeds > 0)
    low, high = np.full(seeds.shape, np.nan), np.full(seeds.shape, np.nan)
    for cell in np.argwhere(seeds > 1):
        place = tuple(cell)
        low[place], high[place] = _wilson(float(above[place]), int(seeds[place]))
    return Field(share, low, high, seeds, EVEN, "Share of paired seeds with a difference above zero")


def _wilson(above: float, seeds: int) -> tuple[float, float]:
    """Return Wilson's 95% interval; of a half count the outer bounds of its two neighbours."""
    bounds = [
        binomtest(int(count), seeds, 0.5).proportion_ci(0.95, "wilson") for count in {np.floor(above), np.ceil(above)}
    ]
    return min(float(item.low) for item in bounds), max(float(item.high) for item in bounds)
