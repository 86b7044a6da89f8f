"""The attributes of generated firms: sector, size, degrees, region, ownership, group, responsible person.

Every draw belongs to a purpose and is taken densely over rows, and what a row becomes depends on earlier rows only (or
on ranks among all), so a firm more shifts nobody's draws.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from creditregime.randomness import generator

Reals = NDArray[np.float64]
Rows = NDArray[np.int32]
Labels = NDArray[np.uint8]

_PLASTIC = 1.32471795724474602596  # the real root of x^3 = x + 1: its powers give the best-spread lattice in the square
MOST_SUPPLIERS = 65_536
"""Cap on the suppliers a firm looks for; it does not depend on the number of firms, so that draws stay aligned."""


def spread(firms: int, seed: int) -> tuple[Reals, Reals]:
    """Return two uniforms a row that cover the unit square evenly for any number of rows (the R2 sequence).

    Used for sector and in-degree, where chance alone would leave small sectors empty and heavy tails uneven.
    """
    offset = generator(seed, "population.spread").random(2)
    steps = np.arange(firms, dtype=np.float64)[:, None] * [1 / _PLASTIC, 1 / _PLASTIC**2]
    first, second = ((offset + steps) % 1.0).T
    return first, second


def normal_score(uniform: Any) -> Any:
    """Return the standard normal quantiles of `uniform`, kept finite."""
    return ndtri(np.clip(uniform, 2.0**-25, 1 - 2.0**-25))


def coupled(score: Reals, correlation: float, seed: int, purpose: str) -> Reals:
    """Return a standard normal a row that correlates with `score`: a Gaussian copula."""
    own: Reals = normal_score(generator(seed, purpose).random(len(score)))
    own *= np.sqrt(1 - correlation**2)
    own += correlation * score
    return own


def pick(shares: Reals, uniform: Any) -> Labels:
    """Return, for each uniform, the position of the share it falls in; positions of zero share are never picked."""
    last = int(np.flatnonzero(shares)[-1])
    found: Any = np.searchsorted(np.cumsum(shares / shares.sum()), uniform, side="right")
    return np.minimum(found, last).astype(np.uint8)  # type: ignore[no-any-return]


def pareto_by_rank(score: Reals, sector: Labels, exponent: float) -> Reals:
    """Return Pareto quantiles (minimum 1) by the rank of `score` within each sector.

    Ranks instead of draws: the tail is that of the exponent in every economy, and nobody dominates by chance.
    """
    order = score.argsort(kind="stable")
    order = order[sector[order].argsort(kind="stable")]  # by sector, then by score
    counts = np.bincount(sector)
    rank = np.empty(len(score))
    rank[order] = np.arange(len(score)) - np.repeat(np.cumsum(counts) - counts, counts)
    return ((counts[sector] - rank - 0.5) / counts[sector]) ** (-1 / exponent)


def wanted_suppliers(uniform: Reals, mean: float, exponent: float) -> Rows:
    """Return how many suppliers each row looks for: Pareto of the given mean and CCDF exponent, rounded."""
    smallest = mean * (exponent - 1) / exponent
    wanted = smallest * (1 - uniform) ** (-1 / exponent)
    return np.minimum(wanted + 0.5, MOST_SUPPLIERS).astype(np.int32)


def attached(firms: int, share: float, seed: int, purpose: str) -> Rows:
    """Return for each row an earlier, unattached row with probability `share`, else the row itself.

    Serves branches (attached to a parent) and firms that share the responsible person of another.
    """
    lone = generator(seed, purpose, 0).random(firms) >= share
    lone[0] = True
    heads = np.flatnonzero(lone)
    earlier = np.cumsum(lone, dtype=np.int64) - lone  # unattached rows before this one
    choice = (generator(seed, purpose, 1).random(firms) * earlier).astype(np.int64)
    return np.where(lone, np.arange(firms), heads[choice]).astype(np.int32)
