"""PAWN: how far an outcome's distribution moves when a factor is known; where a variance says little of an outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd

from creditregime.laboratory.sensitivity.resampling import Bootstrap, Reals, Whole, is_constant, table


def pawn_index(points: Reals, values: Reals, bootstrap: Bootstrap, *, slices: int = 10, block: int = 1) -> pd.DataFrame:
    """Estimate the PAWN index of each factor from any sample that spreads points evenly over the ranges.

    Parameters
    ----------
    points : (n, D)
        Values of the factors.
    values : (n,)
        The function there.
    bootstrap
        Resamples blocks, and draws dummies.
    slices
        Number of slices of a factor with about as many points each; a factor with no more values than that has a slice
        for each value.
    block
        Points that were drawn together (D + 2 in Saltelli's design): they stay together in the bootstrap.

    Returns
    -------
    One row a factor: pawn (with _low, _high), the median over slices of the Kolmogorov-Smirnov distance between the
    values in the slice and all values; and threshold, the quantile (at the level of the intervals) of the index of
    dummies: the same slices, given to other blocks at random. An index above it would be a rare accident if the factor
    did nothing. NaN where the function is constant.

    Notes
    -----
    Pianosi, Wagener 2018, Environ. Model. Softw. 108:197, as in SALib, but the largest value of a factor counts and
    whole numbers stay together. Of a finite sample the index is too large, which the threshold shows: Khorashadi Zadeh
    et al. 2017, Environ. Model. Softw. 91:210. It depends on the number of slices: Puy, Lo Piano, Saltelli 2020,
    Environ. Model. Softw. 127:104679.
    """
    number = points.shape[1]
    if is_constant(values):
        nothing = np.full(number, np.nan)
        return table({"pawn": (nothing, nothing)}).assign(threshold=nothing)
    place = np.unique(values, return_inverse=True)[1]
    draws = bootstrap.draws()
    blocks = len(values) // block
    estimate, margin, threshold = np.empty((3, number))
    for k, column in enumerate(points.T):
        within = _slices(column, slices)
        estimate[k] = _median_distance(within, place, np.ones(len(values)))
        again = [draws.multinomial(blocks, np.full(blocks, 1 / blocks)) for _ in range(bootstrap.resamples)]
        spread = [_median_distance(within, place, np.repeat(times, block).astype(float)) for times in again]
        margin[k] = bootstrap.quantile * np.std(spread, ddof=1)
        threshold[k] = _threshold(within.reshape(blocks, block), place, bootstrap, draws)
    return table({"pawn": (estimate, margin)}).assign(threshold=threshold)


def _slices(column: Reals, number: int) -> Whole:
    """Return the slice that each point lies in, counted from 0; equal values share one."""
    distinct, which = np.unique(column, return_inverse=True)
    if len(distinct) <= number:
        return which.astype(np.int64)
    inner = np.quantile(column, np.linspace(0, 1, number + 1)[1:-1])
    return np.searchsorted(inner, column, side="right").astype(np.int64)


def _median_distance(within: Whole, place: Whole, weight: Reals) -> float:
    """Return the median Kolmogorov-Smirnov distance over the slices that have points.

    Parameters
    ----------
    within, place, weight : (n,)
        Slice and rank of value of each point (equal values share a rank), and how often the point counts.
    """
    shape = (int(within.max()) + 1, int(place.max()) + 1)
    counts = np.bincount(within * shape[1] + place, weights=weight, minlength=shape[0] * shape[1]).reshape(shape)
    inside = counts.sum(axis=1)
    counts, inside = counts[inside > 0], inside[inside > 0]
    everywhere = counts.sum(axis=0).cumsum() / inside.sum()
    distance = np.abs(counts.cumsum(axis=1) / inside[:, None] - everywhere).max(axis=1)
    return float(np.median(distance))


def _threshold(within: Whole, place: Whole, bootstrap: Bootstrap, draws: np.random.Generator) -> float:
    """Return the quantile of the index of dummies: slices by block, (blocks, block), handed to blocks at random."""
    even = np.ones(len(place))
    dummies = [
        _median_distance(within[draws.permutation(len(within))].ravel(), place, even)
        for _ in range(bootstrap.resamples)
    ]
    return float(np.quantile(dummies, bootstrap.confidence))
