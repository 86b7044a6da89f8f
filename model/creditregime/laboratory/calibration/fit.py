"""What a calibration says: how the targets are met, and what was learned about each parameter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.laboratory.calibration.inference import Sample, quantiles
from creditregime.laboratory.calibration.spec import Target

Reals = NDArray[np.float64]


def verdict(low: float, high: float, middle: float, least: float, most: float) -> str:
    """Return ``within`` where the middle of an interval lies in the published range, ``covered`` where the interval
    reaches it, and ``off`` where it does not.
    """  # noqa: D205  (one sentence)
    if low <= middle <= high:
        return "within"
    return "covered" if least <= high and low <= most else "off"


def fit_table(targets: dict[str, Target], sample: Sample, best: Sequence[float], confidence: float) -> pd.DataFrame:
    """Return one row a target.

    Returns
    -------
    published_low, published_high, tolerance, tag, source
        As stated.
    obtained, low, high
        Median and interval of the expected measure over the posterior.
    error
        Mean standard error of it at a point, for want of more seeds.
    prior_low, prior_high
        The same interval over the prior.
    best
        The expected measure at the best point.
    verdict
        See `verdict`; of the posterior median and interval, a single figure taken plus and minus its tolerance.
    """
    tail = (1 - confidence) / 2
    shares = (0.5, tail, 1 - tail)
    prior = sample.batch == 0
    rows = []
    for number, (name, target) in enumerate(targets.items()):
        mean, error = sample.mean[:, number], sample.error[:, number]
        middle, low, high = quantiles(mean, sample.weight, shares)
        before = quantiles(mean[prior], np.full(prior.sum(), 1 / prior.sum()), shares[1:])
        rows.append(
            {
                "target": name,
                "published_low": target.low,
                "published_high": target.high,
                "tolerance": target.tolerance,
                "obtained": middle,
                "low": low,
                "high": high,
                "error": float(np.nansum(error * sample.weight)),
                "prior_low": before[0],
                "prior_high": before[1],
                "best": best[number],
                "verdict": verdict(*target.range, middle, low, high),
                "tag": target.tag,
                "source": target.source,
            }
        )
    return pd.DataFrame(rows)


def parameter_table(
    names: Sequence[str], values: Reals, sample: Sample, best: Sequence[float], confidence: float
) -> pd.DataFrame:
    """Return one row a parameter: prior and posterior intervals, the best value, and how much was learned.

    `learned` is 1 - posterior variance / prior variance of the parameter's prior quantile: 0 where the targets say
    nothing about it, near 1 where they fix it.
    """
    tail = (1 - confidence) / 2
    prior = sample.batch == 0
    rows = []
    for number, name in enumerate(names):
        column, rank = values[:, number], _ranks(values[prior, number], values[:, number])
        middle, low, high = quantiles(column, sample.weight, (0.5, tail, 1 - tail))
        before = quantiles(column[prior], np.full(prior.sum(), 1 / prior.sum()), (tail, 1 - tail))
        mean = sample.weight @ rank
        rows.append(
            {
                "parameter": name,
                "prior_low": before[0],
                "prior_high": before[1],
                "median": middle,
                "low": low,
                "high": high,
                "best": best[number],
                "learned": 1 - float(sample.weight @ (rank - mean) ** 2) / float(rank[prior].var()),
            }
        )
    return pd.DataFrame(rows)


def _ranks(prior: Reals, values: Reals) -> Reals:
    """Return which share of the prior's sample lies below each value."""
    return np.searchsorted(np.sort(prior), values, side="right") / len(prior)
