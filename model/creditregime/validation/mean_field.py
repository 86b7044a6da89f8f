"""Cascades on large random networks: the expected listed share, month by month, on one layer or two.

Large random graphs of given degrees look like trees from any node, so the neighbours of a firm that is not listed are
listed independently of each other. With p_k the share of firms with k neighbours, F(m, k) the probability that such a
firm is listed when m of them are, and q_t the probability that the neighbour of a firm not listed is listed,

    ρ_{t+1} = ρ_0 + (1 − ρ_0) Σ_k p_k Σ_m B(m; k, q_t) F(m, k),
    q_{t+1} = ρ_0 + (1 − ρ_0) Σ_k (k p_k / z) Σ_m B(m; k − 1, q_t) F(m, k)

(Gleeson, Cahalane 2007, Phys. Rev. E 75:056103, for synchronous months). With F = 1 − (1 − T)^m this is bond
percolation from the listed firms (Newman 2002). On two independent layers there is a q for each (Brummitt, Lee, Goh
2012; Lee, Brummitt, Goh 2014; Yagan, Gligor 2012).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binom, poisson

Reals = NDArray[np.float64]
Rounds = Iterator[float]

_ROUNDING = 1e-9


def poisson_degrees(mean: float) -> Reals:
    """Return the shares p_k of a Poisson graph, (K,), as far as they matter."""
    return np.asarray(poisson.pmf(np.arange(int(poisson.isf(1e-12, mean)) + 2), mean), np.float64)


def given_degrees(*degrees: int) -> Reals:
    """Return the shares p_k where the degrees come in turn, (K,)."""
    return np.bincount(degrees) / len(degrees)


def threshold(degrees: Reals, limit: float) -> Reals:
    """Return F(m, k), (K, K) by k and m: listed where m of k neighbours are at least the limit, and some are."""
    number = np.arange(len(degrees), dtype=np.float64)
    return ((number >= limit * number[:, None] - _ROUNDING) & (number > 0)).astype(np.float64)


def open_ties(degrees: Reals, chance: float) -> Reals:
    """Return F(m, k), (K, K): listed where one of the ties to the m is open."""
    return np.broadcast_to(1 - (1 - chance) ** np.arange(len(degrees)), (len(degrees),) * 2)


def shares(degrees: Reals, response: Reals, seeds: float) -> Rounds:
    """Yield the listed share at the start and at the end of each month."""
    share = neighbour = seeds
    while True:
        yield share
        share, neighbour = (
            seeds + (1 - seeds) * float((_listed(degrees, neighbour, side) * response).sum()) for side in (False, True)
        )


def shares_of_two(one: Reals, two: Reals, response: Reals, seeds: float) -> Rounds:
    """Yield the same on two layers; `response` is F by (k, m) on the first and (k, m) on the second, (K, K, L, L)."""
    share = first = second = seeds
    while True:
        yield share
        whole = (_listed(one, first, False), _listed(two, second, False))
        along = (_listed(one, first, True), _listed(two, second, True))
        sums = [
            float(np.einsum("ab,abcd,cd", left, response, right))
            for left, right in (whole, (along[0], whole[1]), (whole[0], along[1]))
        ]
        share, first, second = (seeds + (1 - seeds) * total for total in sums)


def on_two(
    one: Reals, two: Reals, limit: float, layers: Literal["any", "all", "sum"], votes: tuple[float, float] = (1, 1)
) -> Reals:
    """Return F on two layers: over the threshold on any, on all, or over all neighbours with their votes."""
    if layers != "sum":
        left, right = (threshold(degrees, limit)[:, :, None, None] for degrees in (one, two))
        right = np.moveaxis(right, (0, 1), (2, 3))
        return left * right if layers == "all" else 1 - (1 - left) * (1 - right)
    number = [weight * np.arange(len(degrees)) for weight, degrees in zip(votes, (one, two), strict=True)]
    listed = number[0][None, :, None, None] + number[1][None, None, None, :]
    there = number[0][:, None, None, None] + number[1][None, None, :, None]
    return ((listed >= limit * there - _ROUNDING) & (listed > 0)).astype(np.float64)


def _listed(degrees: Reals, neighbour: float, along: bool) -> Reals:
    """Return the probability of k neighbours, m of them listed, (K, K); of a firm found along a link if `along`.

    The neighbour from whom one comes is not listed.
    """
    k = np.arange(len(degrees))
    share: Reals = np.asarray(degrees * k / (degrees @ k)) if along and degrees @ k else degrees
    spread = np.asarray(binom.pmf(k, np.maximum(k - along, 0)[:, None], neighbour), np.float64)
    return share[:, None] * spread


def settled(path: Rounds) -> float:
    """Return where the listed share ends."""
    before = next(path)
    for share in path:
        if abs(share - before) < 1e-12:
            return share
        before = share
    raise AssertionError("an endless path has no end")


def growth(degrees: Reals, limit: float) -> float:
    """Return how many listings follow on one, Σ k (k − 1) ρ_k p_k / z, ρ_k the share whom one neighbour suffices."""
    k = np.arange(len(degrees))
    return float((k * (k - 1) * threshold(degrees, limit)[:, 1] * degrees).sum() / (degrees @ k))


def window(limit: float) -> tuple[float, float] | None:
    """Return between which mean degrees of a Poisson graph cascades start, None if nowhere.

    There the growth, which is z P(X ≤ ⌊1/τ⌋ − 2) for X Poisson with mean z, is above 1.
    """
    most = int(1 / limit + _ROUNDING)

    def excess(mean: float) -> float:
        return float(mean * poisson.cdf(most - 2, mean)) - 1

    means = np.linspace(0.5, most + 5, 4000)
    top = float(means[np.argmax([excess(mean) for mean in means])])
    if excess(top) <= 0:
        return None
    return float(brentq(excess, 1e-6, top)), float(brentq(excess, top, 10 * most))


def giant(degrees: Reals, chance: float) -> float:
    """Return the share S in the giant part of bond percolation, by generating functions (Newman 2002).

    S = 1 − G₀(1 − T + T u), u = G₁(1 − T + T u); on a Poisson graph S = 1 − exp(−T z S).
    """
    k = np.arange(len(degrees))
    along = degrees * k / (degrees @ k)
    closed = 0.0
    for _ in range(200_000):
        before, closed = closed, float(along[1:] @ (1 - chance + chance * closed) ** k[:-1])
        if abs(closed - before) < 1e-14:
            break
    return 1 - float(degrees @ (1 - chance + chance * closed) ** k)


def outbreak(degrees: Reals) -> float:
    """Return the outbreak threshold T = z / Σ k (k − 1) p_k, 1/z on a Poisson graph."""
    k = np.arange(len(degrees))
    return float((degrees @ k) / (degrees @ (k * (k - 1))))
