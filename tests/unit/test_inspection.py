"""Whom regulators inspect, and what they find: frequencies within four standard errors, quotas exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.codes import Origin
from creditregime.errors import ScenarioError
from creditregime.regime.inspection import Uniform
from creditregime.units import monthly
from creditregime.world import World
from tests.helpers import bare, levers

FIRMS, MONTHS = 400, 25


def world_of(inspection: dict[str, Any], **changes: Any) -> tuple[World, Any]:
    spec = bare(2, **{"population.firms": FIRMS, "population.essential": "none"} | changes, inspection=inspection)
    return CreditRegime(spec).world, spec.inspection


def frequency(world: World, rule: Any, what: str = "inspected") -> np.ndarray[Any, Any]:
    """Return how often each firm was inspected (or found) in many months, for each topic, (K, N)."""
    count = np.zeros((2, FIRMS))
    for month in range(MONTHS):
        world.open_month()
        world.firms.found[:] = 0
        world.month = month
        rule.inspect(world)
        count += getattr(world.firms, what) > 0
    return count / MONTHS


def assert_near(share: float, chance: float, draws: int) -> None:
    assert abs(share - chance) <= 4 * np.sqrt(chance * (1 - chance) / draws) + 1e-12, (share, chance)


def test_uniform_rate_by_topic() -> None:
    seen = frequency(*world_of({"kind": "uniform", "rate": {"a": 0.3, "default": 0.9}}))
    for topic, rate in enumerate((0.3, 0.9)):
        assert_near(float(seen[topic].mean()), monthly(rate), FIRMS * MONTHS)


def test_rate_one_inspects_everybody_and_rate_zero_nobody() -> None:
    seen = frequency(*world_of({"kind": "uniform", "rate": {"a": 1.0, "b": 0.0}}))
    assert (seen[0] == 1).all()
    assert not seen[1].any()


class OneTopic(Uniform):
    """Inspects everybody on topic b alone, by its chances."""

    def chance(self, world: World, k: int) -> np.float32:
        return np.float32(k == 1)


class OneRow(Uniform):
    """Inspects row k on topic k, by its selection."""

    def select(self, world: World, k: int, called: Any) -> Any:
        return np.arange(world.rows) == k


def test_a_derived_rule_may_tell_topics_apart() -> None:
    world, _ = world_of({"kind": "uniform"})
    assert frequency(world, OneTopic(rate=0.5)).sum(axis=1).tolist() == [0, FIRMS]
    assert np.argwhere(frequency(world, OneRow(rate=0.5))).tolist() == [[0, 0], [1, 1]]


GRADED = {"registry": {"kind": "database", "sharing": "siloed"}, "rating": {"kind": "points"}}


def test_probability_follows_the_grade_in_the_regulators_file() -> None:
    rates = {"A": 0.02, "B": 0.3, "D": 0.98}
    world, rule = world_of({"kind": "grade", "rate": 0.6, "rates": rates}, **GRADED)
    world.firms.grade[0] = np.arange(FIRMS) % 4
    seen = frequency(world, rule)
    for grade, rate in enumerate((0.98, 0.6, 0.3, 0.02)):  # C is not named: the common rate
        assert_near(float(seen[0, grade::4].mean()), monthly(rate), FIRMS // 4 * MONTHS)
    assert_near(float(seen[1].mean()), monthly(0.02), FIRMS * MONTHS)  # all A in the other file


def test_grades_count_for_the_named_topics_only() -> None:
    world, rule = world_of({"kind": "grade", "rate": 0.5, "rates": {"A": 0.0}, "topics": ["b"]}, **GRADED)
    seen = frequency(world, rule)
    assert_near(float(seen[0].mean()), monthly(0.5), FIRMS * MONTHS)
    assert not seen[1].any()


def test_listed_firms_are_inspected_by_the_factor() -> None:
    lists = {"la": {"topic": "a"}}
    inspection = {"kind": "grade", "rate": 0.3, "rates": {"A": 0.3}, "listed_factor": 4.0}
    world, rule = world_of(inspection, **GRADED, lists=lists)
    world.firms.listing[0, ::2] = 1
    seen = frequency(world, rule)
    assert_near(float(seen[0, ::2].mean()), 4 * monthly(0.3), FIRMS // 2 * MONTHS)
    assert_near(float(seen[0, 1::2].mean()), monthly(0.3), FIRMS // 2 * MONTHS)
    assert_near(float(seen[1].mean()), monthly(0.3), FIRMS * MONTHS)


def test_the_lever_multiplies_the_probability() -> None:
    world, rule = world_of({"kind": "uniform", "rate": 0.3})
    levers(world, inspection=2.0)
    assert_near(float(frequency(world, rule).mean()), 3 * monthly(0.3), 2 * FIRMS * MONTHS)
    levers(world, inspection=-1.5)
    assert not frequency(world, rule).any()


@pytest.mark.parametrize("number", [0, 1, 37, 400])
def test_quota_is_exact_and_fair(number: int) -> None:
    world, rule = world_of({"kind": "quota", "number": {"a": number, "b": 3}})
    for month in range(12):
        world.open_month()
        world.month = month
        rule.inspect(world)
        assert world.firms.inspected.sum(axis=1).tolist() == [number, 3]
    assert_near(float(frequency(world, rule)[0, :200].mean()), number / FIRMS, 200 * MONTHS)


def test_quota_weights_follow_the_grade() -> None:
    world, rule = world_of({"kind": "quota", "number": 40, "weights": {"A": 1.0, "D": 9.0}}, **GRADED)
    world.firms.grade[0, :200], world.firms.grade[0, 200:] = 0, 3
    seen = frequency(world, rule)[0]
    ratio = seen[:200].mean() / seen[200:].mean()
    assert 7 < ratio < 10.5  # a little below 9: without replacement
    assert world.firms.inspected[0].sum() == 40


def test_quota_serves_complaints_first_and_at_random_among_them() -> None:
    world, rule = world_of({"kind": "quota", "number": 20})
    count = np.zeros(FIRMS)
    for month in range(60):
        world.open_month()
        world.month = month
        world.firms.complaint[0, :40], world.firms.complaint[1, :5] = True, True
        rule.inspect(world)
        assert world.firms.inspected[0, :40].sum() == 20
        assert world.firms.inspected[1, :5].all()
        assert world.firms.inspected[1].sum() == 20
        count += world.firms.inspected[0]
    assert not count[40:].any()
    assert abs(count[:20].mean() - 30) < 4 * np.sqrt(60 * 0.25 / 20)


def test_regional_quota_is_each_regions_own() -> None:
    world, rule = world_of({"kind": "quota", "number": 6, "level": "regional"})
    world.open_month()
    rule.inspect(world)
    counts = np.bincount(world.firms.region[world.firms.inspected[0]], minlength=4)
    assert counts.tolist() == [6, 6, 6, 6]
    assert world.regulators.inspections.tolist() == [6] * 8
    assert world.regulators.region.tolist() == [0, 1, 2, 3] * 2


@pytest.mark.parametrize(
    ("number", "said"), [(401, "401 inspections a month exceed the 400 firms"), (-1, "-1.0 is not allowed")]
)
def test_impossible_quotas_are_refused(number: int, said: str) -> None:
    with pytest.raises(ScenarioError, match=rf"inspection\.number: {said}"):
        world_of({"kind": "quota", "number": number})


def test_sensitivity_and_false_positives() -> None:
    world, rule = world_of(
        {"kind": "uniform", "rate": 1, "sensitivity": {"a": 0.7, "b": 1}, "false_positive": {"a": 0.2}}
    )
    world.firms.violation[:, ::2] = 2
    seen = frequency(world, rule, "found")
    assert_near(float(seen[0, ::2].mean()), 0.7, FIRMS // 2 * MONTHS)
    assert_near(float(seen[0, 1::2].mean()), 0.2, FIRMS // 2 * MONTHS)
    assert (seen[1, ::2] == 1).all()
    assert not seen[1, 1::2].any()
    assert world.regulators.inspections.tolist() == [FIRMS * MONTHS] * 2
    assert world.regulators.detections[1] == FIRMS // 2 * MONTHS


def test_complaints_bring_inspections_with_the_probability_of_response() -> None:
    for response in (0.0, 0.4, 1.0):
        world, rule = world_of({"kind": "uniform", "rate": 0.0, "sensitivity": 1.0, "complaint_response": response})
        count = 0
        for month in range(MONTHS):
            world.open_month()
            world.month = month
            world.firms.violation[0, :100] = 1
            world.firms.complaint[0, :100] = True
            world.firms.found[:] = 0
            rule.inspect(world)
            count += int(world.firms.inspected[0].sum())
            assert not world.firms.inspected[:, 100:].any()
            assert set(world.firms.found[0, world.firms.inspected[0]]) <= {Origin.COMPLAINT}
        assert_near(count / 100 / MONTHS, response, 100 * MONTHS)


def test_firms_that_left_are_not_inspected() -> None:
    world, rule = world_of({"kind": "uniform", "rate": 1.0})
    world.firms.active[:50] = False
    seen = frequency(world, rule)
    assert not seen[:, :50].any()
    assert (seen[:, 50:] == 1).all()


def test_inspection_finds_nothing_that_monitoring_has_seen() -> None:
    world, rule = world_of({"kind": "uniform", "rate": 1.0, "sensitivity": 1.0})
    world.open_month()
    world.firms.violation[0], world.firms.found[0] = 1, Origin.MONITORING
    rule.inspect(world)
    assert (world.firms.found[0] == Origin.MONITORING).all()
    assert not world.regulators.detections.any()


@pytest.mark.parametrize(
    "rule",
    [{"kind": "uniform"}, {"kind": "grade", "rates": {"watched": 0.9}}, {"kind": "risk"}],
    ids=lambda r: r["kind"],
)
def test_chances_of_an_inspection_are_stated_a_year_or_a_month(rule: dict[str, Any]) -> None:
    alike = {"factors": dict.fromkeys("ABCD", 1.0)} if rule["kind"] == "risk" else {}
    tiers = {"registry": {"kind": "database"}, "rating": {"kind": "tiers"}}
    for per, chance in (("year", monthly(0.9)), ("month", 0.9)):
        world, inspection = world_of({"rate": 0.9, "per": per} | rule | alike, **tiers)
        often = frequency(world, inspection)
        assert abs(often.mean() - chance) <= 4 * np.sqrt(chance * (1 - chance) / (often.size * MONTHS))
