"""Inspections by predicted risk: the forecast by hand, the budget kept, the classes by rank."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.errors import ScenarioError
from creditregime.units import monthly
from creditregime.world import World
from tests.helpers import bare, prepared, run, small
from tests.unit.test_violations import MANY

RISK: dict[str, Any] = {"kind": "risk", "memory": 0.5, "caution": 4.0}


def world_of(sharing: str = "central", **inspection: Any) -> tuple[World, Any]:
    spec = bare(2, **MANY, registry={"kind": "database", "sharing": sharing}, inspection=RISK | inspection)
    return prepared(spec), spec.inspection


def test_the_history_of_a_firm_fades() -> None:
    world, rule = world_of()
    for month, topics in enumerate(([], [0, 1], [], [1])):
        world.month = month
        world.entered = (np.array(topics, np.uint8), np.full(len(topics), 9, np.int32))
        rule.inspect(world)
    assert world.firms.history[:, 9].tolist() == [2 * 0.25 + 1]
    siloed, rule = world_of("siloed")
    siloed.month, siloed.entered = 1, (np.array([0, 1, 1], np.uint8), np.array([9, 9, 8], np.int32))
    rule.inspect(siloed)
    assert siloed.firms.history[:, 8:10].tolist() == [[0, 1], [1, 1]]


def test_the_forecast_weighs_own_history_against_the_sectors() -> None:
    world, rule = world_of()
    firms = world.firms
    world.month = 3
    months = (1 - 0.5**3) / 0.5
    firms.history[0] = np.where(np.arange(3000) % 7 == 0, 1.5, 0)
    for sector in np.unique(firms.sector):
        rows = firms.sector == sector
        mean = firms.history[0, rows].sum() / (rows.sum() * months)
        expected = (firms.history[0, rows] + 4 * mean) / (months + 4)
        np.testing.assert_allclose(rule.forecast(world, 0)[rows], expected, rtol=1e-5)


def test_larger_firms_can_be_predicted_to_be_riskier() -> None:
    world, rule = world_of(size_elasticity=1.0)
    world.month = 3
    world.firms.history[0] = 1
    risk = rule.forecast(world, 0)
    months = (1 - 0.5**3) / 0.5
    expected = (1 + 4 / months * world.firms.size / world.firms.size.mean()) / (months + 4)
    np.testing.assert_allclose(risk, expected, rtol=1e-4)


def test_classes_have_their_shares_and_the_budget_is_kept() -> None:
    world, rule = world_of(rate=0.3)
    world.month = 3
    world.firms.active[:100] = False
    world.firms.history[0] = np.random.Generator(np.random.PCG64(1)).random(3000)
    chance = rule.chance(world, 0)[100:]
    values, counts = np.unique(chance, return_counts=True)
    np.testing.assert_allclose(counts / 2900, [0.5, 0.3, 0.15, 0.05], atol=2 / 2900)
    np.testing.assert_allclose(values / values[1], [0.2, 1, 2, 8], rtol=1e-5)
    assert chance.mean() == pytest.approx(monthly(0.3), rel=1e-5)
    risk = rule.forecast(world, 0)[100:]
    assert risk[chance == values[3]].min() >= risk[chance < values[3]].max()


def test_without_differences_everybody_is_inspected_alike() -> None:
    world, rule = world_of(rate=0.3)
    np.testing.assert_allclose(rule.chance(world, 0), monthly(0.3), rtol=1e-5)


def test_a_new_firm_starts_without_history() -> None:
    changes = {"exit.background": 0.5, "entry.rate": 1.0, "monitoring.share": 0.5, "months": 20}
    model = CreditRegime(small(**changes, inspection={"kind": "risk"}))
    met = 0
    for _ in range(20):
        model.step()
        new = model.world.firms.born == model.world.month
        assert not model.world.firms.history[:, new].any()
        left = np.isin(np.flatnonzero(new), model.world.entered[1])
        met += int(left.sum())
        model.spec.inspection.inspect(model.world)  # the place's last records are not the new firm's
        assert not model.world.firms.history[:, new].any()
    assert met


def test_predicted_risk_hits_more_often_for_the_same_inspections() -> None:
    """Half of the firms never violate: what is on record tells who the others are."""
    common = MANY | {"violations": {"kind": "hazard", "complaints": 0}, "registry": {"kind": "database"}, "months": 60}
    rates = {}
    for kind in ("uniform", "risk"):
        spec = bare(1, **common, topics={"a": {"hazard": 0.5}}, inspection={"kind": kind, "rate": 0.7})
        model = CreditRegime(spec)
        model.world.firms.effort[:] = np.arange(3000) % 2
        frame = model.run_model().series.monthly().iloc[24:]
        rates[kind] = frame.hit_rate.mean()
        assert frame.inspections.mean() == pytest.approx(monthly(0.7), rel=0.05)
    assert rates["uniform"] == pytest.approx(0.8 * 0.25, rel=0.08)
    assert rates["risk"] > 1.5 * rates["uniform"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"factors": {"A": 1.0}}, "factors: must name the classes A, B, C, D"),
        ({"classes": {"A": 0.5, "B": 0.4}, "factors": {"A": 1, "B": 2}}, "classes: shares must be at least 0 and add"),
        ({"classes": {"A": 1.0}, "factors": {"A": 0.0}}, "factors: must be at least 0, and above 0"),
    ],
)
def test_classes_must_fit(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        bare(1, registry={"kind": "database"}, inspection={"kind": "risk"} | change)
    assert said in str(caught.value)


def test_a_run_by_risk_is_sound_in_every_way_of_sharing() -> None:
    for sharing in ("siloed", "regional", "central"):
        frame = run(small("siloed_topics", inspection={"kind": "risk"}, **{"registry.sharing": sharing}))
        assert frame.world.firms.history.shape[0] == (8 if sharing == "siloed" else 1)
