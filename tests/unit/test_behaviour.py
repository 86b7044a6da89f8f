"""How firms choose effort, what it costs them, and what they think is at stake."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.errors import ScenarioError
from creditregime.firms.strategies import strategy
from tests.helpers import bare, run

FINED = {
    "topics": {"a": {"hazard": 0.5, "general": 1.0, "serious": 0.0, "fine": 1.0, "cost": 0.6}},
    "fines": {"kind": "statutory"},
    "learning": {"kind": "none", "initial": 0.5},
    "months": 1,
}
SAME = {"intrinsic": 0.0, "intrinsic_spread": 0.0, "cost_distribution": "same", "cost_size_elasticity": 1.0}


def effort(behaviour: dict[str, Any], **changes: Any) -> np.ndarray[Any, Any]:
    return run(bare(1, **FINED | changes, behaviour=SAME | behaviour)).world.firms.effort[0]


def test_gradual_moves_its_share_of_the_way() -> None:
    best = 0.5 * 0.5 * 1.0 / 0.6
    for adjustment in (0.25, 1.0):
        for months in (1, 3):
            expected = best * (1 - (1 - adjustment) ** months)
            found = effort({"kind": "gradual", "adjustment": adjustment}, months=months)
            np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_gradual_adds_to_the_private_optimum_and_stays_in_bounds() -> None:
    found = effort({"kind": "gradual", "adjustment": 1.0, "intrinsic": 0.3})
    np.testing.assert_allclose(found, 0.3 + 0.5 * 0.5 / 0.6, rtol=1e-5)
    assert (effort({"kind": "gradual", "adjustment": 1.0, "intrinsic": 0.9}) == 1).all()


@pytest.mark.parametrize(("fine", "complies"), [(2.3, 0), (2.5, 1)])
def test_threshold_complies_where_the_expected_fine_reaches_the_cost(fine: float, complies: int) -> None:
    topics = {"a": FINED["topics"]["a"] | {"fine": fine}}  # type: ignore[index]
    assert (effort({"kind": "threshold"}, topics=topics) == complies).all()


def test_no_regime_leaves_firms_at_their_private_optimum() -> None:
    for kind in ("none", "gradual"):
        model = CreditRegime(bare(3, behaviour={"kind": kind}, violations={"kind": "hazard"}, months=6)).run_model()
        np.testing.assert_array_equal(model.world.firms.effort, np.tile(model.world.firms.intrinsic, (3, 1)))
        assert not model.spec.behaviour.spending(model.world).any()


def test_spending_is_half_cost_times_squared_extra_effort() -> None:
    spec = bare(
        2, behaviour=SAME | {"kind": "gradual", "intrinsic": 0.2}, topics={"a": {"cost": 0.6}, "b": {"cost": 0.2}}
    )
    world = CreditRegime(spec).world
    world.firms.effort[0], world.firms.effort[1] = 0.7, 0.1
    np.testing.assert_allclose(spec.behaviour.spending(world), 0.3 * 0.25 * world.firms.size, rtol=1e-5)
    spec = bare(
        2, behaviour=SAME | {"kind": "threshold", "intrinsic": 0.2}, topics={"a": {"cost": 0.6}, "b": {"cost": 0.2}}
    )
    world = CreditRegime(spec).world
    world.firms.effort[0], world.firms.effort[1] = 1, 0
    np.testing.assert_allclose(spec.behaviour.spending(world), 0.6 * 0.8 * world.firms.size, rtol=1e-5)


@pytest.mark.parametrize("kind", ["same", "uniform", "lognormal"])
def test_costs_differ_as_the_distribution_says(kind: str) -> None:
    spec = bare(
        1,
        behaviour={"kind": "none", "cost_distribution": kind, "cost_size_elasticity": 1.0, "cost_spread": 0.5},
        **{"population.firms": 4000, "population.mean_suppliers": 1, "population.essential": "none"},
    )
    factor = CreditRegime(spec).world.firms.cost_factor.astype(float)
    deviation = {"same": 0.0, "uniform": 2 / np.sqrt(12), "lognormal": np.sqrt(np.exp(0.25) - 1)}[kind]
    assert factor.mean() == pytest.approx(1, abs=max(4 * deviation / np.sqrt(4000), 1e-6))
    assert factor.std() == pytest.approx(deviation, rel=0.15, abs=1e-6)


def test_small_firms_bear_more_for_their_size() -> None:
    world = CreditRegime(bare(1, behaviour=SAME | {"kind": "none", "cost_size_elasticity": 0.5})).world
    np.testing.assert_allclose(world.firms.cost_factor, world.firms.size**-0.5, rtol=1e-5)


def test_a_declared_strategy_is_asked_for_every_firm() -> None:
    @strategy("by_row")
    def by_row(firm: Any) -> dict[str, float]:
        return {"a": 0.25, "b": 0.75}

    model = run(bare(3, behaviour={"kind": "per_firm", "strategy": "by_row", "intrinsic_spread": 0.0}, months=2))
    assert (model.world.firms.effort[0] == 0.25).all()
    assert (model.world.firms.effort[1] == 0.75).all()
    np.testing.assert_array_equal(model.world.firms.effort[2], model.world.firms.intrinsic)
    for name, expected in (("always_comply", 1), ("never_comply", 0)):
        assert (
            run(bare(2, behaviour={"kind": "per_firm", "strategy": name}, months=1)).world.firms.effort == expected
        ).all()


@pytest.mark.parametrize("answer", [1.5, -0.1, "yes", float("nan"), None, {"c": 0.5}, {"a": "x"}])
def test_answers_that_are_no_effort_are_refused(answer: Any) -> None:
    strategy("wrong")(lambda firm: answer)
    with pytest.raises(ScenarioError, match=r"strategy 'wrong', firm 0: .* a number in .* is needed"):
        run(bare(2, behaviour={"kind": "per_firm", "strategy": "wrong"}, months=1))


def test_unknown_strategies_are_refused_with_the_nearest() -> None:
    with pytest.raises(ScenarioError, match=r"unknown strategy 'always_complied'; did you mean 'always_comply'\?"):
        run(bare(1, behaviour={"kind": "per_firm", "strategy": "always_complied"}, months=1))
