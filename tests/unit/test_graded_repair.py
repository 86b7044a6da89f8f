"""Repair by severity, points back for quick corrections, and whether firms reckon with repair."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import yaml

from creditregime import CreditRegime, load
from creditregime.errors import ScenarioError
from creditregime.firms.stakes import stakes
from creditregime.paths import config_root
from creditregime.units import monthly, present_months
from tests.helpers import bare, recount, small
from tests.unit.test_lists import ALWAYS

ALL_AT_ONCE = {"kind": "graded", "applications": 1.0, "clean_months": 0, "delay": 0}
KINDS = {"minor": (0.0, 0.0), "general": (1.0, 0.0), "serious": (0.0, 1.0)}


def months_counted(severity: str, months: int = 50, **repair: Any) -> list[int]:
    """Return for how many months the one record of each of 60 firms counted."""
    general, serious = KINDS[severity]
    terms = {"minor_term": 48, "general_term": 48, "serious_term": 48, "delay": repair.pop("entry", 0)}
    spec = bare(
        1,
        **ALWAYS | {"registry": {"kind": "database"} | terms, "months": months},
        repair=ALL_AT_ONCE | repair,
        topics={"a": {"hazard": 1.0, "general": general, "serious": serious}},
    )
    model = CreditRegime(spec)
    model.step()
    held = model.world.firms.live.sum(axis=(0, 1)).astype(int)
    model.world.firms.effort[:] = 1
    while model.world.month < months:
        model.step()
        held += model.world.firms.live.sum(axis=(0, 1)).astype(int)
        np.testing.assert_array_equal(model.world.firms.live, recount(model.world, model.world.month - 1))
    assert (model.world.records["repaired"] >= 0).all()
    return held.tolist()


@pytest.mark.parametrize(("severity", "first", "last"), [("minor", 0, 3), ("general", 3, 12), ("serious", 12, 36)])
@pytest.mark.parametrize("entry", [0, 2])
def test_terms_of_2026_by_severity(severity: str, first: int, last: int, entry: int) -> None:
    assert set(months_counted(severity, entry=entry)) == {first}
    assert set(months_counted(severity, entry=entry, applications=0.0)) == {last}
    assert set(months_counted(severity, entry=entry, delay=2)) == {min(first + 2, last)}


def test_whoever_is_not_clean_waits() -> None:
    assert set(months_counted("minor", clean_months=2)) == {2}
    assert set(months_counted("minor", clean_months=20)) == {3}


def test_applications_come_at_a_constant_hazard() -> None:
    held = np.array(months_counted("general", applications=0.9, general_max=40))
    chance = monthly(0.9)
    assert abs(held.mean() - 3 - (1 - chance) / chance) < 4 * np.sqrt((1 - chance) / chance**2 / 60)


def test_a_firm_applies_and_pays_once_for_all_its_records() -> None:
    topics = {name: {"hazard": 1.0, "general": 1.0, "serious": 0.0} for name in "ab"}
    spec = bare(2, **ALWAYS, topics=topics, repair=ALL_AT_ONCE | {"general_min": 1, "cost": 0.5})
    model = CreditRegime(spec)
    model.step()
    world = model.world
    world.open_month()
    spec.repair.repair(world, spec.lists)
    np.testing.assert_allclose(world.firms.costs, 0.5 * world.firms.size, rtol=1e-6)
    assert world.tally["records_repaired"] == 120
    assert not world.firms.live.any()


@pytest.mark.parametrize("year", [2021, 2023, 2026])
def test_the_parts_hold_the_documented_terms(year: int) -> None:
    text = (config_root() / "parts" / f"repair_{year}.yaml").read_text(encoding="utf-8")
    rule = small("joint_2020", repair=yaml.safe_load(text)["repair"]).repair
    terms = {2021: [(6, 36), (6, 36), (12, 36)], 2023: [(3, 36), (3, 36), (12, 36)], 2026: [(0, 3), (3, 12), (12, 36)]}
    assert [*rule._terms()] == terms[year]  # type: ignore[attr-defined]


def points_back(**repair: Any) -> CreditRegime:
    """Return a model in which everybody got one record of 20 points in month 0, at its end."""
    spec = bare(
        1,
        **ALWAYS | {"population.firms": 4000, "months": 12},
        rating={"kind": "points", "base": 100, "minor": 20},
        repair={"kind": "graded", "applications": 0.0, "minor_max": 99, "points_back": True} | repair,
        topics={"a": {"hazard": 1.0, "general": 0.0, "serious": 0.0}},
    )
    model = CreditRegime(spec)
    model.step()
    model.world.firms.effort[:] = 1
    return model


def test_points_come_back_by_the_speed_of_correction() -> None:
    model = points_back(correction_days=45.0)
    scores = [model.world.firms.own_score[0].copy()]
    while model.world.month < 11:
        model.step()
        scores.append(model.world.firms.own_score[0].copy())
    days = model.world.records["corrected"].astype(int)
    share = np.select([days <= 3, days <= 30, days <= 90], [1.0, 0.8, 0.6], 0.4)
    wait = np.where(days <= 3, 0, -(-days // 30))
    for month, score in enumerate(scores):
        np.testing.assert_allclose(score, 80 + 20 * share * (wait <= month), rtol=1e-6)
    expected = 1 - np.exp(-np.array([3, 30, 90]) / 45)
    reached = np.array([(days <= bound).mean() for bound in (3, 30, 90)])
    np.testing.assert_allclose(reached, expected, atol=4 * np.sqrt(0.25 / 4000))


def test_points_back_end_with_the_record() -> None:
    model = points_back(correction_days=0.5, minor_max=4)
    assert (model.world.firms.own_score == 100).mean() > 0.95  # within three days, nearly all: the record costs nothing
    while model.world.month < 6:
        model.step()
    np.testing.assert_array_equal(model.world.firms.own_score, 100)  # and never more than it cost


@pytest.mark.parametrize(
    ("repair", "expected"),
    [
        ({"kind": "none"}, 36.0),
        ({"kind": "timed"}, 12.0),
        ({"kind": "application", "applications": 1.0, "delay": 2}, 14.0),
        ({"kind": "application", "applications": 0.0}, 36.0),
    ],
)
def test_firms_may_reckon_with_repair(repair: dict[str, Any], expected: float) -> None:
    rule = {"topic": "a", "min_months": 12, "max_months": 36}
    measures = {"m": {"agency": "a", "lever": "management", "size": 0.1, "lists": ["l"]}}
    spec = bare(1, registry={"kind": "database"}, lists={"l": rule}, measures=measures, repair=repair)
    for anticipated in (False, True):
        chosen = spec.changed({"repair.anticipated": anticipated, "learning.kind": "none"})
        world = CreditRegime(chosen).world
        months = expected if anticipated else 36.0
        assert world.law.listed_months[0] == pytest.approx(months)
        value = stakes(world, chosen.rating, chosen.lists, 0.1)
        assert value[0, 0] == pytest.approx(0.1 * 0.1 * present_months(months, 0.1), rel=1e-4)


def test_the_mean_wait_is_that_of_the_simulated_applicants() -> None:
    rule = {"kind": "graded", "applications": 0.8, "clean_months": 0, "delay": 0, "anticipated": True}
    held = np.array(months_counted("general", applications=0.8, general_max=20))
    terms = {"minor_term": 48, "general_term": 48, "serious_term": 48}
    spec = bare(1, registry={"kind": "database"} | terms, repair=rule | {"general_max": 20})
    expected = CreditRegime(spec).world.law.counted_months[1]
    assert abs(held.mean() - expected) < 4 * held.std() / np.sqrt(60)


@pytest.mark.parametrize(
    ("repair", "said"),
    [
        ({"minor_min": 5}, r"minor_min \(5\) must not exceed minor_max \(3\)"),
        ({"back_days": [3, 9]}, r"back_shares: 3 shares are needed"),
        ({"back_days": [9, 3, 90]}, r"back_days must be rising days"),
        ({"back_shares": [1, 2, 0, 0]}, r"back_shares must lie between 0 and 1"),
    ],
)
def test_impossible_terms_are_refused(repair: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        bare(1, registry={"kind": "database"}, repair={"kind": "graded"} | repair)


def test_graded_repair_needs_no_lists() -> None:
    assert bare(1, registry={"kind": "database"}, repair={"kind": "graded"}).repair.kind == "graded"
    assert load(regime="documented_lists").repair.kind == "graded"
