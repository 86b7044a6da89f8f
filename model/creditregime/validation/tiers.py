"""Tiers of inspection: who complies in which, and how many are where in the long run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from creditregime.model import CreditRegime
from creditregime.scenario import Scenario
from creditregime.validation.enforcement import effort, turning_point
from creditregime.validation.findings import FIXED_POINT, Finding, close, holds, sampled
from creditregime.validation.oracles import Size, oracle, reduction

Reals = NDArray[np.float64]
HARRINGTON = "Harrington 1988, J. Public Econ. 37:29"


class Scheme(NamedTuple):
    """Two tiers: chances of an inspection, chance to return after a clean one, fines, what next month is worth."""

    p1: float
    p2: float
    u: float
    f1: float
    f2: float
    beta: float

    @property
    def limit(self) -> float:
        """The highest cost c* at which firms comply in the second tier."""
        gap = self.p2 * self.f2 - self.p1 * self.f1
        return self.p2 * self.f2 + self.beta * self.p2 * self.u * gap / (1 - self.beta * (1 - self.p1))

    @property
    def watched(self) -> float:
        """Share of time in the second tier of firms that comply there alone."""
        return self.p1 / (self.p1 + self.p2 * self.u)

    @property
    def inspections(self) -> float:
        """Inspections of such a firm in a month."""
        return self.p1 * self.p2 * (1 + self.u) / (self.p1 + self.p2 * self.u)

    @property
    def text(self) -> str:
        """The scheme in a line."""
        fines = f"F = {self.f1:.3g}, {self.f2:.3g}"
        return f"p = {self.p1:.3g}, {self.p2:.3g}, u = {self.u:.3g}, {fines}, β = {self.beta:.3g}"

    def scenario(self, cost: float, **changes: Any) -> Scenario:
        """Return the reduction with this scheme, at a cost of compliance."""
        return reduction(
            "harrington",
            topics__offence__fine=self.f2,
            topics__offence__cost=cost,
            behaviour__patience=self.beta,
            inspection__rates={"trusted": self.p1, "watched": self.p2},
            fines__by_grade={"trusted": self.f1 / self.f2, "watched": 1.0},
            rating__promotion=self.u,
            **changes,
        )

    def complies(self, cost: float, tier: str) -> bool:
        """Tell whether firms that start in a tier comply there at a cost."""
        return effort(self.scenario(cost, months=1, population__firms=2, rating__start=tier)) == 1


PRINTED = Scheme(0.1, 0.4, 0.5, 0.0, 2.0, 0.95)


def _schemes(cases: int) -> Iterator[Scheme]:
    """Yield the printed scheme and drawn ones, in all of which the second tier is the harsher one."""
    yield PRINTED
    yield PRINTED._replace(beta=0.0, f1=0.5)
    draws = np.random.Generator(np.random.PCG64(3))
    for _ in range(cases):
        p1, p2 = sorted(draws.uniform(0.02, 1, 2))
        first, second = sorted(draws.uniform(0.05, 3, 2))
        yield Scheme(p1, p2, float(draws.uniform(0.02, 1)), first, second, float(draws.uniform(0, 0.995)))


@oracle("enforcement", source=HARRINGTON, reductions=("harrington",))
def harrington_limits(size: Size) -> Iterator[Finding]:
    """Firms that look ahead comply in no tier, only in the second, or in both, as their cost compares with two limits.

    In no tier if c > c* = p₂F₂ + β p₂ u (p₂F₂ − p₁F₁) / (1 − β (1 − p₁)), only in the second if p₁F₁ < c ≤ c*, in both
    if c ≤ p₁F₁. A static audit with as many inspections and the second tier's fine deters only
    c ≤ F₂ p₁p₂(1 + u) / (p₁ + p₂u).
    """
    for scheme in _schemes(size.of(30, 8)):
        low, limit = scheme.p1 * scheme.f1, scheme.limit
        found = turning_point(lambda cost: scheme.complies(cost, "watched"), limit / 2, 2 * limit)  # noqa: B023
        yield close(f"c*: {scheme.text}", limit, found, relative=FIXED_POINT)
        if low:
            found = turning_point(lambda cost: scheme.complies(cost, "trusted"), low / 2, 2 * low)  # noqa: B023
            yield close(f"p₁F₁: {scheme.text}", low, found, relative=FIXED_POINT)
        yield _decisions(scheme)
        deterred = scheme.inspections * scheme.f2
        alike = scheme._replace(p1=scheme.inspections, p2=scheme.inspections, f1=scheme.f2)
        found = turning_point(lambda cost: alike.complies(cost, "trusted"), deterred / 2, 2 * deterred)  # noqa: B023
        yield close(f"static audit: {scheme.text}", deterred, found, relative=FIXED_POINT)


def _decisions(scheme: Scheme) -> Finding:
    """Compare where firms comply, from far below to far above both limits."""
    low, limit = scheme.p1 * scheme.f1, scheme.limit
    costs = [limit * factor for factor in (0.9999, 1.0001, 3)] + [(low + limit) / 2]
    costs += [low * factor for factor in (0.1, 0.9999, 1.0001)] if low else []
    wrong = [
        cost
        for cost in costs
        if (scheme.complies(cost, "trusted"), scheme.complies(cost, "watched")) != (cost <= low, cost <= limit)
    ]
    told = ", ".join(f"{cost:.6g}" for cost in wrong)
    return holds(f"tiers in which firms comply, at {len(costs)} costs: {scheme.text}", "as stated", not wrong, told)


@oracle("enforcement", source=HARRINGTON, reductions=("harrington",))
def harrington_shares(size: Size) -> Iterator[Finding]:
    """Two tiers keep firms compliant for more of the time than their inspections alone would.

    Where p₁F₁ < c ≤ c*, firms comply a share p₁ / (p₁ + p₂u) of the time, under p₁p₂(1 + u) / (p₁ + p₂u) inspections a
    firm and period.
    """
    firms, months = size.of(10_000, 1_500), size.of(400, 120)
    for scheme in _schemes(size.of(6, 2)):
        cost = (scheme.p1 * scheme.f1 + scheme.limit) / 2
        settling = _settling(1 - scheme.p1 - scheme.p2 * scheme.u)
        spec = scheme.scenario(cost, population__firms=firms, months=settling + months)
        model, complying, inspected = CreditRegime(spec), np.zeros(firms), np.zeros(firms)
        for month in range(spec.months):
            model.step()
            if month >= settling:
                complying += model.world.firms.effort[0]
                inspected += model.world.firms.inspected[0]
        yield _mean(f"share of time compliant: {scheme.text}", scheme.watched, complying / months, months)
        yield _mean(f"inspections: {scheme.text}", scheme.inspections, inspected / months, months)


def _mean(where: str, expected: float, by_firm: Reals, months: int) -> Finding:
    """Compare the mean over firms; firms are independent, the months of a firm are not."""
    error = float(by_firm.std(ddof=1)) / math.sqrt(len(by_firm))
    return sampled(where, expected, float(by_firm.mean()), error, len(by_firm) * months)


def _settling(eigenvalue: float) -> int:
    """Return the months after which a chain has forgotten its start, but for a part in 100,000."""
    size = abs(eigenvalue)
    return math.ceil(math.log(1e-5) / math.log(size)) if size > 1e-5 else 1


class Ladder(NamedTuple):
    """K tiers, best first: chances of an inspection and of a violation, and to rise after a clean inspection."""

    p: tuple[float, ...]
    v: tuple[float, ...]
    u: float

    @property
    def down(self) -> Reals:
        """Chance to be found in violation, by tier."""
        return np.multiply(self.p, self.v)

    @property
    def up(self) -> Reals:
        """Chance to rise, by tier."""
        return np.multiply(self.p, np.subtract(1, self.v)) * self.u

    @property
    def shares(self) -> Reals:
        """Long-run shares of the tiers: π_{k+1} / π_k = down_k / up_{k+1}."""
        shares = np.cumprod([1, *(self.down[:-1] / self.up[1:])])
        return np.asarray(shares / shares.sum())

    @property
    def settling(self) -> int:
        """Months until the start is forgotten."""
        step = np.diag(self.down[:-1], 1) + np.diag(self.up[1:], -1)
        step += np.diag(1 - step.sum(axis=1))
        return _settling(float(np.sort(np.abs(np.linalg.eigvals(step)))[-2]))

    @property
    def names(self) -> list[str]:
        """Names of the tiers."""
        return [f"tier_{number}" for number in range(1, len(self.p) + 1)]

    @property
    def text(self) -> str:
        """The ladder in a line."""
        p, v = (", ".join(f"{value:.3g}" for value in values) for values in (self.p, self.v))
        return f"p = {p}; v = {v}; u = {self.u:.3g}"

    def scenario(self, firms: int, months: int) -> Scenario:
        """Return the reduction with these tiers."""
        efforts = {name: 1 - chance for name, chance in zip(self.names, self.v, strict=True)}
        return reduction("tiers").changed(
            {
                "population.firms": firms,
                "months": months,
                "behaviour.types": {"all": {"by_grade": efforts}},
                "inspection.rates": dict(zip(self.names, self.p, strict=True)),
                "rating.tiers": self.names,
                "rating.promotion": self.u,
            }
        )


def _ladders(most: int) -> Iterator[Ladder]:
    """Yield the printed ladder, and drawn ones of 2 tiers to `most`, that forget their start within 1,000 months."""
    yield Ladder((0.02, 0.05, 0.15, 0.40), (0.10, 0.15, 0.20, 0.30), 0.5)
    draws = np.random.Generator(np.random.PCG64(2))
    for tiers in range(2, most + 1):
        while True:
            p, v = draws.uniform(0.02, 0.9, tiers), draws.uniform(0.05, 0.9, tiers)
            ladder = Ladder(tuple(p.tolist()), tuple(v.tolist()), float(draws.uniform(0.1, 1)))
            if ladder.settling <= 1000:
                yield ladder
                break


@oracle(
    "enforcement",
    source="stationary law of a birth-death chain, Feller 1968, An Introduction to Probability Theory, ch. XV",
    reductions=("tiers",),
)
def tiers(size: Size) -> Iterator[Finding]:
    """Tiers are a birth-death chain: π_{k+1} / π_k = down_k / up_{k+1}, down_k = p_k v_k and up_k = p_k (1 − v_k) u.

    Firms in tier k are inspected with chance p_k and violate with chance v_k; who is found falls one tier, who is found
    clean rises one with chance u, and nobody moves further in a month.
    """
    firms, months = size.of(10_000, 1_500), size.of(500, 120)
    for ladder in _ladders(size.of(6, 4)):
        spec = ladder.scenario(firms, ladder.settling + months)
        held, furthest = _occupied(spec, ladder.settling)
        for tier, (expected, shares) in enumerate(zip(ladder.shares, held, strict=True), 1):
            yield _mean(f"tier {tier} of {len(held)}: {ladder.text}", float(expected), shares, months)
        yield holds(f"at most one tier a month: {ladder.text}", "so", furthest <= 1)


def _occupied(spec: Scenario, settling: int) -> tuple[Reals, int]:
    """Return the share of time that each firm spends in each tier, best first, (K, N), and the longest move."""
    model = CreditRegime(spec)
    grade = model.world.firms.grade[0]
    tiers = len(model.world.law.grades)
    held, furthest = np.zeros((tiers, len(grade))), 0
    for month in range(spec.months):
        before = model.world.firms.grade[0].astype(int)
        model.step()
        after = model.world.firms.grade[0].astype(int)
        furthest = max(furthest, int(np.abs(after - before).max()))
        if month >= settling:
            held[tiers - 1 - after, np.arange(len(after))] += 1
    return held / (spec.months - settling), furthest
