"""Harrington (1988) with more tiers and less than perfect inspections: firms against every policy there is."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime, Scenario
from creditregime.validation.oracles import reduction
from tests.helpers import run

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Ladder:
    """Tiers, worst first, one topic, and all that can happen in a month."""

    inspection: tuple[float, ...]
    fine: tuple[float, ...]
    promotion: float
    beta: float
    cost: float
    hazard: float = 1.0
    sensitivity: float = 1.0
    false_positive: float = 0.0
    seen: float = 0.0
    alarms: float = 0.0
    light: float = 0.1
    fall: str = "one"

    def month(self, tier: int, violated: float) -> tuple[float, Array]:
        """Return the expected fine of a month, and where it leads, by all that can happen in it."""
        fine, to = 0.0, np.zeros(len(self.inspection))
        for guilty, watched, inspected, hit, promoted in itertools.product((True, False), repeat=5):
            chance = violated if guilty else 1 - violated
            seen = self.seen if guilty else self.alarms
            found = self.sensitivity if guilty else self.false_positive
            for happens, probability in (
                (watched, seen),
                (inspected, self.inspection[tier]),
                (hit, found),
                (promoted, self.promotion),
            ):
                chance *= probability if happens else 1 - probability
            recorded = watched or (inspected and hit)
            if recorded:
                fine += chance * self.fine[tier] * (1 if guilty else self.light)
                to[0 if self.fall == "lowest" else max(tier - 1, 0)] += chance
            else:
                to[min(tier + (inspected and promoted), len(to) - 1)] += chance
        return fine, to

    def value(self, policy: tuple[float, ...]) -> Array:
        """Return the value of an all-or-nothing policy from each tier on."""
        months = [self.month(tier, self.hazard * (1 - effort)) for tier, effort in enumerate(policy)]
        reward = [-self.cost * effort - fine for effort, (fine, _) in zip(policy, months, strict=True)]
        steps = np.array([to for _, to in months])
        value: Array = np.linalg.solve(np.eye(len(policy)) - self.beta * steps, np.array(reward))
        return value

    def best(self) -> tuple[tuple[float, ...], float]:
        """Return the best of all stationary policies, and by how much it leads the next one (summed over tiers)."""
        every = {policy: self.value(policy) for policy in itertools.product((0.0, 1.0), repeat=len(self.inspection))}
        order = sorted(every, key=lambda policy: -every[policy].sum())
        for policy in order:
            assert (every[order[0]] >= every[policy] - 1e-9).all()
        return order[0], float((every[order[0]] - every[order[1]]).sum())

    @property
    def names(self) -> list[str]:
        return [f"t{number}" for number in range(len(self.inspection))]

    def scenario(self, **changes: Any) -> Scenario:
        top = max(self.fine)
        return reduction("harrington").changed(
            {
                "months": 1,
                "population.firms": 3,
                "topics.offence": {"hazard": self.hazard, "general": 1.0, "serious": 0.0, "fine": top},
                "topics.offence.cost": self.cost,
                "behaviour.patience": self.beta,
                "inspection.rates": dict(zip(self.names, self.inspection, strict=True)),
                "inspection.sensitivity": self.sensitivity,
                "inspection.false_positive": self.false_positive,
                "monitoring": {"kind": "coverage", "share": self.seen, "false_alarms": self.alarms},
                "fines.minor": self.light,
                "fines.by_grade": {name: fine / top for name, fine in zip(self.names, self.fine, strict=True)},
                "rating.tiers": self.names[::-1],
                "rating.promotion": self.promotion,
                "rating.fall": self.fall,
            }
            | changes
        )

    def chosen(self, **changes: Any) -> tuple[float, ...]:
        """Return the efforts that firms of the model choose in each tier."""
        efforts = [run(self.scenario(**{"rating.start": name} | changes)).world.firms.effort for name in self.names]
        assert all(np.ptp(effort) == 0 for effort in efforts)
        return tuple(float(effort[0, 0]) for effort in efforts)


def drawn(seed: int, tiers: int, exact: bool) -> Ladder:
    """Return a ladder that is neither so cheap nor so dear to comply with that nothing depends on the tier."""
    draws = np.random.Generator(np.random.PCG64(seed))
    inspection, fine = draws.uniform(0.05, 1, tiers), draws.uniform(0, 2, tiers)
    ladder = Ladder(
        tuple(inspection),
        tuple(fine),
        float(draws.uniform(0.1, 1)),
        float(draws.uniform(0, 0.98)),
        float(draws.uniform(0.1, 1)),
    )
    if not exact:
        ladder = replace(
            ladder,
            hazard=float(draws.uniform(0.2, 1)),
            sensitivity=float(draws.uniform(0.3, 1)),
            false_positive=float(draws.uniform(0, 0.2)),
            seen=float(draws.uniform(0, 0.3)),
            alarms=float(draws.uniform(0, 0.1)),
            light=float(draws.uniform(0, 1)),
            fall=str(draws.choice(["one", "lowest"])),
        )
    gain = np.median(np.multiply(ladder.inspection, ladder.fine)) * ladder.hazard * ladder.sensitivity
    return replace(ladder, cost=float(draws.uniform(0.5, 2) * gain + 0.01))


@pytest.mark.parametrize("tiers", [2, 3, 4, 5])
@pytest.mark.parametrize("exact", [True, False], ids=["exact inspections", "with errors"])
def test_firms_choose_the_best_of_all_policies(tiers: int, exact: bool) -> None:
    tried, kinds = 0, set()
    for seed in range(100 * tiers, 100 * tiers + 25):
        ladder = drawn(seed, tiers, exact)
        best, lead = ladder.best()
        if lead > 1e-5:
            assert ladder.chosen() == best, ladder
            tried, kinds = tried + 1, kinds | {best}
    assert tried > 20
    assert len(kinds) > 2


def test_errors_of_inspections_deter_from_compliance() -> None:
    """Who is punished for nothing gains less by compliance: the limit falls with false findings."""
    ladder = Ladder((0.4, 0.1), (2.0, 0.0), 0.5, 0.95, 1.8)
    assert ladder.chosen() == ladder.best()[0] == (1.0, 0.0)
    wrong = replace(ladder, false_positive=0.2, light=1.0)
    assert wrong.chosen() == wrong.best()[0] == (0.0, 0.0)
    believing = {"learning.initial": 0.4, "behaviour.detection": "believed", "rating.start": "t0"}
    effort = run(wrong.scenario(**believing)).world.firms.effort
    assert (effort == 1).all(), "who follows its own belief does not think of errors"


def test_gradual_efforts_are_those_of_value_iteration() -> None:
    for seed in range(4):
        ladder = drawn(seed, 3, exact=False)
        ladder = replace(ladder, beta=min(ladder.beta, 0.9), cost=3 * ladder.cost)
        levels, value = np.linspace(0, 1, 1001), np.zeros(3)
        months = [[ladder.month(tier, ladder.hazard * (1 - e)) for e in (0.0, 1.0)] for tier in range(3)]
        fine = np.array([[f0 + levels * (f1 - f0)] for (f0, _), (f1, _) in months])[:, 0]
        to = np.array([np.outer(1 - levels, t0) + np.outer(levels, t1) for (_, t0), (_, t1) in months])
        for _ in range(400):
            worth = -ladder.cost / 2 * levels**2 - fine + ladder.beta * to @ value
            value = worth.max(axis=1)
        rule = {"behaviour.effort": "gradual", "behaviour.adjustment": 1.0}
        np.testing.assert_allclose(ladder.chosen(**rule), levels[worth.argmax(axis=1)], atol=1.01e-3)


def test_siloed_topics_are_planned_each_by_itself() -> None:
    one, other = drawn(402, 3, exact=True), drawn(402, 3, exact=True)
    other = replace(other, cost=one.cost * 0.3)
    assert one.best()[0] != other.best()[0]
    topic = one.scenario().topics["offence"].model_dump()
    topics = {"offence": topic, "second": topic | {"cost": other.cost}}
    for number, name in enumerate(one.names):
        effort = run(one.scenario(**{"topics": topics, "rating.start": name})).world.firms.effort[:, 0]
        assert effort.tolist() == [one.best()[0][number], other.best()[0][number]]


def test_firms_of_different_costs_choose_side_by_side() -> None:
    spec = reduction("harrington", months=1, population__firms=3000, behaviour__cost_distribution="uniform")
    for start, limit in (("watched", 1.8482758), ("trusted", 0.0)):
        model = CreditRegime(spec.changed({"rating.start": start}))
        cost = 1.8 * model.world.firms.cost_factor.astype(float)
        model.step()
        clear = np.abs(cost - limit) > 1e-5
        np.testing.assert_array_equal(model.world.firms.effort[0][clear], (cost < limit)[clear])
