"""Distributions: of terms on a list, who stands on it by renewal theory, and how a sample compares with one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from creditregime.validation.findings import Finding, within

Reals = NDArray[np.float64]
TAIL = 6.3e-5
"""Probability beyond four standard errors, for what is compared by χ²."""
LEAST = 5
"""Draws that a cell must be expected to hold, for χ² to be distributed as such."""


def fixed_terms(term: int) -> Reals:
    """Return the probabilities of each length of a listing, from 0 months on, if it always lasts for the term."""
    return (np.arange(term + 1) == term).astype(np.float64)


def repaired_terms(chance: float, term: int) -> Reals:
    """Return the same where each month after the first ends it with a probability."""
    months = np.arange(term + 1)
    chances: Reals = np.where(months, chance * (1 - chance) ** (months - 1.0), 0)
    chances[term] = (1 - chance) ** (term - 1)
    return chances


def share_listed(hazard: float, chances: Reals) -> float:
    """Return the share of time listed: the mean term over the mean time from entry to entry."""
    term = float(np.arange(len(chances)) @ chances)
    return term / (term + 1 / hazard)


def listed_by_month(hazard: float, chances: Reals, months: int) -> Reals:
    """Return the share listed in each month, by the renewal equation, if nobody is at first."""
    entries, free = np.zeros(months), 1.0
    listed = np.empty(months)
    for month in range(months):
        entries[month] = hazard * free
        back = min(len(chances), month + 1)
        free += float(entries[month - np.arange(back)] @ chances[:back]) - entries[month]
        listed[month] = 1 - free
    return listed


def fits(where: str, chances: ArrayLike, counts: ArrayLike) -> Finding:
    """Compare how often each value 0, 1, ... was drawn with its probability, by χ², rare values put together."""
    expected, found = np.asarray(chances, float), np.asarray(counts, float)
    if found.size > expected.size:
        return Finding(f"{where}: χ²", f"{expected.size} cells", f"{found.size} cells", "exact", "not met")
    found, draws = np.append(found, np.zeros(expected.size - found.size)), int(found.sum())
    order = np.argsort(-expected)
    wanted, obtained = expected[order] * draws, found[order]
    rest = wanted[::-1].cumsum()[::-1] - wanted
    alone = np.count_nonzero((wanted >= LEAST) & (rest >= LEAST))
    wanted, obtained = (np.append(cells[:alone], cells[alone:].sum()) for cells in (wanted, obtained))
    statistic = math.inf if found[expected == 0].any() else float(((obtained - wanted) ** 2 / wanted).sum())
    limit = float(chi2.ppf(1 - TAIL, max(int(alone), 1)))
    return within(f"{where}: χ² of {alone + 1} cells, {draws:,} draws", 0, limit, statistic)
