"""How much of what an outcome shows over a design is the luck of the seeds."""

from __future__ import annotations

import math
from typing import NamedTuple

import pandas as pd


class Noise(NamedTuple):
    """The part of the seeds in the variance of an outcome; NaN where it cannot be told (one seed).

    Attributes
    ----------
    of_run
        Share of the variance of single runs over the design that lies between runs of the same point.
    of_mean
        Share of the variance of the points' means that would be other with other seeds. An effect that all points
        share with a seed cancels, since they have the same seeds.
    """

    of_run: float
    of_mean: float


def noise_of(runs: pd.DataFrame) -> Noise:
    """Tell variance between points from variance between seeds, by analysis of variance.

    Parameters
    ----------
    runs
        An outcome, one row a point, one column a seed; NaN where there is no value.

    Notes
    -----
    Where every point has every seed, the two-way layout without repetition: what a seed adds to all points alike is
    taken out, and the interaction of points and seeds is the noise of a mean. Elsewhere points do not share all their
    seeds, and all variance within points counts.
    """
    whole = runs.dropna(how="all")
    counts = whole.notna().sum(axis=1)
    if len(whole) < 2 or counts.max() < 2:
        return Noise(math.nan, math.nan)
    within = float(whole.var(axis=1, ddof=1).mean())
    if whole.notna().all(axis=None):
        error = _interaction(whole) / whole.shape[1]
    else:
        error = within * float((1 / counts).mean())
    between = float(whole.mean(axis=1).var(ddof=1))
    total = within + max(between - error, 0.0)
    of_run = within / total if total > 0 else math.nan
    return Noise(of_run, min(error / between, 1.0) if between > 0 else math.nan)


def _interaction(whole: pd.DataFrame) -> float:
    """Return the mean square of the interaction of rows and columns."""
    values = whole.to_numpy(float)
    rest = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()
    rows, columns = values.shape
    return float((rest**2).sum() / ((rows - 1) * (columns - 1)))
