"""Laboratory: calibration recovers the parameters of synthetic data, and its intervals mean what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from creditregime.composition import load
from creditregime.laboratory.calibration.inference import (
    Evaluate,
    Measured,
    Sample,
    infer,
    log_likelihood,
)
from creditregime.laboratory.calibration.priors import LogUniformPrior, Space, UniformPrior
from creditregime.laboratory.calibration.spec import Budget, Target
from creditregime.laboratory.measures import GradeShare, OfIndicator
from creditregime.laboratory.sweeps.tables import Kept
from creditregime.laboratory.sweeps.units import simulated
from creditregime.scenario import Scenario
from creditregime.validation.findings import Finding, sampled, share, within
from creditregime.validation.oracles import Size, oracle

Reals = NDArray[np.float64]
LEVEL, LOW, HIGH = 0.9, 0.85, 0.95
"""Level of the intervals, and the range in which their coverage must lie."""
TERM = 12
"""Months for which a record takes points."""
GENERAL = 3
"""Points of a general record; a minor one takes 1."""
POOR = 4
"""Points from which a firm is poor."""
BIAS = 0.02
"""What is allowed to the spread of a posterior besides chance: weights of some 200 effective points understate it."""


class Recovered(NamedTuple):
    """What came of one synthetic truth.

    Attributes
    ----------
    rank : (D,)
        Posterior probability below the true value of each parameter: uniform, if the posterior is right.
    sample
        The posterior.
    targets
        The synthetic data.
    """

    rank: Reals
    sample: Sample
    targets: list[Target]

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Whether the central 90% interval of each parameter has the true value, (D,)."""
        return np.abs(self.rank - 0.5) <= LEVEL / 2


@oracle(
    "laboratory",
    source="simulation-based calibration: Cook, Gelman, Rubin 2006, J. Comput. Graph. Stat. 15:675",
    reductions=("expiring_points",),
)
def parameter_recovery(size: Size) -> Iterator[Finding]:
    """Calibration recovers the parameters of synthetic data: 90% intervals cover the truth in 85% to 95% of cases.

    *Gaussian*: of y = Aθ + ε with normal θ and ε, the posterior has mean and covariance in closed form. *Points that
    expire, by algebra*: shares of firms without points and with four or more, where months without a violation, with a
    minor and with a general one are multinomial. *Points that expire, simulated*: the same shares measured in the
    model, the data being one other world of 500 firms, with its sampling error. Weights of some 200 effective points
    understate a standard deviation by about 1%; 2% are allowed. At small size there are too few truths for the range,
    and coverage must lie within four standard errors of 90%.
    """
    yield from _gaussian(size)
    found = recoveries_by_algebra(size.of(400, 30))
    yield from _coverage("points that expire, by algebra", found, NAMES, size)
    yield from _against_quadrature(found[: size.of(20, 3)])
    yield from _coverage("points that expire, simulated", recoveries(size), NAMES, size)


NAMES = ("hazard", "share general")
SPACE = Space(
    {"hazard": LogUniformPrior(), "general": UniformPrior()}, {"hazard": (0.02, 0.25), "general": (0.05, 0.6)}
)
MEASURES = {
    "good": GradeShare(topic="offence", grades=("good",), months=1),
    "poor": GradeShare(topic="offence", grades=("D",), months=1),
}


def expected_shares(values: Reals) -> Reals:
    """Return the shares of firms without points and with many, (n, 2), by algebra, from hazard and share general."""
    found = np.empty((len(values), 2))
    for row, (hazard, general) in enumerate(values):
        month = np.zeros(GENERAL + 1)
        month[[0, 1, GENERAL]] = 1 - hazard, hazard * (1 - general), hazard * general
        points = np.ones(1)
        for _ in range(TERM):
            points = np.convolve(points, month)
        found[row] = points[0], points[POOR:].sum()
    return found


def recoveries_by_algebra(truths: int, firms: int = 500) -> list[Recovered]:
    """Return what is recovered of the shares of `firms` firms that algebra draws."""

    def evaluate(name: str, z: Reals) -> Measured:
        mean = expected_shares(SPACE.values(z))
        return Measured(mean, np.zeros_like(mean))

    def data(z: Reals, seed: int) -> Reals:
        chances = expected_shares(SPACE.values(z[None]))[0]
        draws = np.random.Generator(np.random.PCG64([3, seed]))
        counts = draws.multinomial(firms, [*chances, 1 - chances.sum()])
        return counts[:2] / firms

    seeds = range(truths)  # errors of the method, too, are independent from truth to truth
    return _recovered(evaluate, data, seeds, firms, Budget(filter=256, rounds=3, points=96))


def recoveries(size: Size, firms: int = 500, seeds: int = 4) -> list[Recovered]:
    """Return what is recovered of worlds that the model simulates; all truths share the points of the filter."""
    budget = Budget(filter=size.of(512, 96), rounds=1, points=size.of(48, 24))
    base = load(validation="expiring_points").changed(
        {
            "population.firms": firms,
            "months": TERM + 2,
            "registry.general_term": TERM,
            "rating.general": GENERAL,
            "rating.bands": {"good": -0.5, "fair": 0.5 - POOR},
        }
    )
    kept: dict[str, Measured] = {}

    def evaluate(name: str, z: Reals) -> Measured:
        if name != "filter":
            return _simulated(base, z, range(1, seeds + 1))
        if name not in kept:
            kept[name] = _simulated(base, z, range(1, seeds + 1))
        return kept[name]

    def data(z: Reals, seed: int) -> Reals:
        return _simulated(base, z[None], [1000 + seed]).mean[0]

    return _recovered(evaluate, data, [1] * size.of(150, 4), firms, budget)


def _simulated(base: Scenario, z: Reals, seeds: Sequence[int]) -> Measured:
    """Return what the model gives at each point."""
    kept = Kept((), measures=MEASURES)
    mean, error = np.empty((2, len(z), len(MEASURES)))
    for row, (hazard, general) in enumerate(SPACE.values(z).tolist()):
        spec = base.changed({"topics.offence.hazard": hazard, "topics.offence.general": general})
        runs = simulated(kept, row, spec.model_dump_json(), list(seeds))["runs"][[*MEASURES]].to_numpy(float)
        mean[row] = runs.mean(axis=0)
        error[row] = runs.std(axis=0, ddof=1) / np.sqrt(len(runs)) if len(runs) > 1 else 0
    return Measured(mean, error)


def _recovered(
    evaluate: Evaluate, data: Callable[[Reals, int], Reals], seeds: Sequence[int], firms: int, budget: Budget
) -> list[Recovered]:
    """Draw truths from the prior and data from each; return what each calibration gives, with its own seed."""
    draws = np.random.Generator(np.random.PCG64(2))
    found = []
    truths = draws.standard_normal((len(seeds), len(SPACE.names)))
    for number, (truth, seed) in enumerate(zip(truths, seeds, strict=True)):
        observed = data(truth, number)
        # One observation more on either side, so that a share of nobody has an error too.
        chance = (observed * firms + 1) / (firms + 2)
        targets = [_target(y, np.sqrt(p * (1 - p) / firms)) for y, p in zip(observed, chance, strict=True)]
        sample = infer(evaluate, len(truth), targets, budget, seed)
        found.append(Recovered(_rank(sample, truth), sample, targets))
    return found


def _target(value: float, tolerance: float) -> Target:
    measure = OfIndicator(name="compliance")  # of synthetic data only the figure and its error matter
    return Target(
        measure=measure, published=float(value), tolerance=float(tolerance), tag="synthetic", source="a known truth"
    )


def _rank(sample: Sample, truth: Reals) -> Reals:
    """Return the posterior probability below the truth, of each parameter."""
    below = (sample.z < truth) + (sample.z == truth) / 2
    return sample.weight @ below


def _coverage(where: str, found: Sequence[Recovered], names: Sequence[str], size: Size) -> Iterator[Finding]:
    for number, name in enumerate(names):
        covered = float(np.mean([item.covered[number] for item in found]))
        case = f"{where}: coverage of {name}, {len(found)} truths"
        yield within(case, LOW, HIGH, covered) if size.full else share(case, LEVEL, covered, len(found))
        mean = float(np.mean([item.rank[number] for item in found]))
        rank = f"{where}: mean rank of {name}"
        yield sampled(rank, 0.5, mean, np.sqrt(1 / 12 / len(found)), len(found))


def _against_quadrature(found: Sequence[Recovered]) -> Iterator[Finding]:
    """Compare posterior means and standard deviations with integrals over a grid."""
    grid = ndtri((np.arange(80) + 0.5) / 80)
    points = np.array([[x, y] for x in grid for y in grid])
    mean = expected_shares(SPACE.values(points))
    for number, name in enumerate(NAMES):
        errors, ratios = [], []
        for item in found:
            fit = log_likelihood(item.targets, Measured(mean, np.zeros_like(mean)))
            exact = _moments(ndtr(points[:, number]), np.exp(fit - fit.max()))
            obtained = _moments(ndtr(item.sample.z[:, number]), item.sample.weight)
            errors.append((obtained[0] - exact[0]) / exact[1])
            ratios.append(obtained[1] / exact[1])
        effective = float(np.mean([item.sample.effective for item in found]))
        error = 1 / np.sqrt(effective * len(found))
        draws = round(effective * len(found))
        yield sampled(f"{name}: posterior mean, in standard deviations", 0, float(np.mean(errors)), error, draws)
        yield _spread(f"{name}: posterior standard deviation over exact", ratios, draws)


def _spread(where: str, ratios: Sequence[float], draws: int) -> Finding:
    """Compare posterior standard deviations with the exact ones; the error of one is that of a mean over √2."""
    return sampled(where, 1, float(np.mean(ratios)), 1 / np.sqrt(2 * draws), draws, floor=BIAS)


def _moments(values: Reals, weight: Reals) -> tuple[float, float]:
    weight = weight / weight.sum()
    mean = float(weight @ values)
    return mean, float(np.sqrt(weight @ (values - mean) ** 2))


def _gaussian(size: Size) -> Iterator[Finding]:
    """Compare with the closed form: precision I + AᵀA/s², mean its inverse times Aᵀy/s²."""
    slopes = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.5], [0.3, 0.0, 1.0], [0.5, 0.5, 0.5]])
    spread, truths = 0.3, size.of(400, 30)
    covariance = np.linalg.inv(np.eye(3) + slopes.T @ slopes / spread**2)
    draws = np.random.Generator(np.random.PCG64(1))
    ranks, off, wide, effective = [], [], [], []
    for number in range(truths):
        truth = draws.standard_normal(3)
        observed = slopes @ truth + spread * draws.standard_normal(4)
        targets = [_target(y, spread) for y in observed]
        budget = Budget(filter=256, rounds=3, points=96)
        sample = infer(lambda _, z: Measured(z @ slopes.T, np.zeros((len(z), 4))), 3, targets, budget, number)
        mean = sample.weight @ sample.z
        ranks.append(np.abs(_rank(sample, truth) - 0.5) <= LEVEL / 2)
        off.append((mean - covariance @ slopes.T @ observed / spread**2) / np.sqrt(np.diag(covariance)))
        wide.append(np.sqrt(sample.weight @ (sample.z - mean) ** 2 / np.diag(covariance)))
        effective.append(sample.effective)
    count = truths * float(np.mean(effective))
    for number, name in enumerate(("θ₁", "θ₂", "θ₃")):
        covered = float(np.mean([row[number] for row in ranks]))
        case = f"Gaussian: coverage of {name}, {truths} truths"
        yield within(case, LOW, HIGH, covered) if size.full else share(case, LEVEL, covered, truths)
        error, obtained = 1 / np.sqrt(count), float(np.mean(off, axis=0)[number])
        yield sampled(f"Gaussian: posterior mean of {name}, in s.d.", 0, obtained, error, round(count))
        yield _spread(f"Gaussian: posterior s.d. of {name} over exact", [row[number] for row in wide], round(count))
