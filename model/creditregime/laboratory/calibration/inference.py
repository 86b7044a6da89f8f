"""From evaluations to a posterior: adaptive importance sampling of parameters, weighted by how well targets are met.

The posterior is that of the model *published = expected value of the measure + error*, with the error that each target
states (Wilkinson 2013, Stat. Appl. Genet. Mol. Biol. 12:129: an acceptance kernel is a statement about error) and that
of a finite number of seeds. Points are drawn from the prior first, then from mixtures that follow the points that
fitted best so far; all points count, each with its weight against all mixtures together (Cornuet, Marin, Mira, Robert
2012, Scand. J. Stat. 39:798).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp, ndtri
from scipy.stats import gaussian_kde, multivariate_t, norm, qmc

from creditregime.errors import CreditRegimeError
from creditregime.laboratory.calibration.spec import Budget, Target

Reals = NDArray[np.float64]

PRIOR, KERNELS, BULK = 0.1, 0.2, 0.7
"""Shares of a round's mixture: the prior, so that no part of it is forgotten; kernels around the points that fitted,
which follow curved ridges; and one broad t distribution over all of them."""
FREEDOM = 5
"""Degrees of freedom of the t distribution."""
EFFECTIVE = 5
"""Effective points per parameter on which a round builds: where the weights leave fewer, they are flattened."""


class Measured(NamedTuple):
    """What a batch of points gave.

    Attributes
    ----------
    mean, error : (n, T)
        Mean of each measure over seeds, and the standard error of it; NaN where a run failed.
    """

    mean: Reals
    error: Reals


Evaluate = Callable[[str, Reals], Measured]
"""From the name of a batch and its points in standard normal coordinates, (n, D), to what they gave."""


class Sample(NamedTuple):
    """Weighted points of the posterior.

    Attributes
    ----------
    z : (n, D)
        Points in standard normal coordinates.
    mean, error : (n, T)
        As in `Measured`.
    fit : (n,)
        Log-likelihood of the published figures.
    weight : (n,)
        Weights that add up to 1.
    batch : (n,)
        Number of the batch: 0 is the filter.
    """

    z: Reals
    mean: Reals
    error: Reals
    fit: Reals
    weight: Reals
    batch: NDArray[np.int64]

    @property
    def effective(self) -> float:
        """Effective number of points: 1 / sum of squared weights."""
        return float(1 / np.sum(self.weight**2))


def log_likelihood(targets: Sequence[Target], measured: Measured) -> Reals:
    """Return how likely the published figures are at each point, (n,); minus infinity where a measure is missing."""
    total = np.zeros(len(measured.mean))
    for target, mean, error in zip(targets, measured.mean.T, measured.error.T, strict=True):
        spread = np.sqrt(target.tolerance**2 + np.nan_to_num(error) ** 2)
        if target.low == target.high:
            total += norm.logpdf(target.low, mean, spread)
        else:
            low, high = (target.low - mean) / spread, (target.high - mean) / spread
            total += _log_between(low, high) - np.log(target.high - target.low)
    return np.where(np.isnan(total), -np.inf, total)


def _log_between(low: Reals, high: Reals) -> Reals:
    """Return the logarithm of the standard normal probability between two bounds, exact in both tails."""
    flip = low > 0
    a, b = np.where(flip, -high, low), np.where(flip, -low, high)
    first, second = log_ndtr(b), log_ndtr(a)
    return first + np.log1p(-np.exp(np.minimum(second - first, -1e-300)))


def infer(evaluate: Evaluate, dimensions: int, targets: Sequence[Target], budget: Budget, seed: int) -> Sample:
    """Return weighted points of the posterior.

    Parameters
    ----------
    evaluate
        Simulates a batch. It is called once for the filter and once a round, always with the same points for the same
        answers: the method's randomness comes from `seed` alone.
    dimensions
        Number of parameters D.
    targets
        What the measures are compared with, in the order of their columns.
    budget
        Numbers of points and rounds.
    seed
        Of the method.

    Raises
    ------
    CreditRegimeError
        If no point of the filter gave all measures.
    """
    draws = np.random.Generator(np.random.PCG64(seed))
    sobol = qmc.Sobol(dimensions, rng=np.random.Generator(np.random.PCG64([seed, 1])))
    z = ndtri(np.clip(sobol.random_base2((budget.filter - 1).bit_length())[: budget.filter], 1e-9, 1 - 1e-9))
    found = evaluate("filter", z)
    mixtures = [_Mixture(len(z))]
    fit = log_likelihood(targets, found)
    if not np.isfinite(fit).any():
        raise CreditRegimeError("calibration: no point of the prior gives every target a value; see its batches")
    for number in range(budget.rounds):
        mixture = _Mixture(budget.points, z, _flattened(_balance(z, mixtures), fit, EFFECTIVE * dimensions))
        more = mixture.draw(draws)
        gave = evaluate(f"round-{number + 1:02d}", more)
        mixtures.append(mixture)
        z = np.concatenate([z, more])
        found = Measured(*(np.concatenate(pair) for pair in zip(found, gave, strict=True)))
        fit = np.concatenate([fit, log_likelihood(targets, gave)])
    batch = np.repeat(np.arange(len(mixtures)), [mixture.count for mixture in mixtures])
    return Sample(z, *found, fit, _normal(_balance(z, mixtures) + fit), batch)


class _Mixture:
    """What the points of one batch were drawn from: the prior, or a mixture that follows earlier points."""

    def __init__(self, count: int, z: Reals | None = None, weight: Reals | None = None) -> None:
        self.count = count
        self._kernels: gaussian_kde | None = None
        if z is not None and weight is not None:
            some = weight > 0
            self._kernels = gaussian_kde(z[some].T, bw_method="silverman", weights=weight[some])
            mean = weight @ z
            spread = np.atleast_2d(np.cov(z.T, aweights=weight))
            self._bulk = multivariate_t(mean, spread, df=FREEDOM, allow_singular=True)

    def log_density(self, z: Reals) -> Reals:
        """Return the log-density at points, (n,)."""
        prior = _log_prior(z)
        if self._kernels is None:
            return prior
        parts = [np.log(PRIOR) + prior, np.log(KERNELS) + self._kernels.logpdf(z.T)]
        return logsumexp([*parts, np.log(BULK) + np.atleast_1d(self._bulk.logpdf(z))], axis=0)

    def draw(self, draws: np.random.Generator) -> Reals:
        """Return the batch's points."""
        assert self._kernels is not None
        size = self._kernels.d
        which = draws.choice(3, self.count, p=(PRIOR, KERNELS, BULK))
        plain = draws.standard_normal((self.count, size))
        near = self._kernels.resample(self.count, seed=draws).T
        broad = self._bulk.rvs(self.count, random_state=draws).reshape(self.count, size)
        return np.choose(which[:, None], [plain, near, broad])


def _log_prior(z: Reals) -> Reals:
    return norm.logpdf(z).sum(axis=1)


def _balance(z: Reals, mixtures: Sequence[_Mixture]) -> Reals:
    """Return the log-ratio of the prior to all mixtures together, (n,)."""
    total = sum(mixture.count for mixture in mixtures)
    parts = [np.log(mixture.count / total) + mixture.log_density(z) for mixture in mixtures]
    return _log_prior(z) - logsumexp(parts, axis=0)


def _flattened(balance: Reals, fit: Reals, wanted: float) -> Reals:
    """Return weights with the largest power of the likelihood that leaves `wanted` effective points."""
    finite = np.where(np.isfinite(fit), fit, np.nan)
    low, high = 0.0, 1.0
    if _effective(balance + finite) < wanted:
        for _ in range(40):
            middle = (low + high) / 2
            enough = _effective(balance + middle * finite) >= wanted
            low, high = (middle, high) if enough else (low, middle)
        high = low
    return _normal(balance + high * finite)


def _effective(log_weight: Reals) -> float:
    return float(1 / np.sum(_normal(log_weight) ** 2))


def _normal(log_weight: Reals) -> Reals:
    """Return weights that add up to 1; NaN and minus infinity are 0."""
    known = np.where(np.isnan(log_weight), -np.inf, log_weight)
    weight: Reals = np.exp(known - logsumexp(known))
    return weight / weight.sum()


def resampled(weight: Reals, count: int, seed: int) -> NDArray[np.int64]:
    """Return the rows of `count` draws: systematic resampling, in shuffled order."""
    draws = np.random.Generator(np.random.PCG64([seed, 2]))
    rows = np.searchsorted(np.cumsum(weight), (draws.random() + np.arange(count)) / count)
    return draws.permutation(np.minimum(rows, len(weight) - 1))


def quantiles(values: Reals, weight: Reals, shares: Sequence[float]) -> Reals:
    """Return weighted quantiles, (len(shares),), interpolated between the middles of the weights; NaN is left out."""
    known = ~np.isnan(values) & (weight > 0)
    order = np.argsort(values[known], kind="stable")
    sorted_values, sorted_weight = values[known][order], weight[known][order]
    middles = (np.cumsum(sorted_weight) - sorted_weight / 2) / sorted_weight.sum()
    return np.interp(shares, middles, sorted_values)
