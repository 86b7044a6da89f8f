"""What one more record would cost a firm: much near cut-offs, nothing far from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime, Scenario, load
from creditregime.firms.stakes import stakes
from creditregime.units import present_months
from tests.helpers import bare

GRADED: dict[str, Any] = {
    "topics": {"a": {"general": 0.0, "serious": 0.0}},
    "registry": {"kind": "database", "minor_term": 10, "general_term": 20, "serious_term": 30},
    "rating": {"kind": "points", "minor": 5, "general": 10, "serious": 20, "bands": {"A": 90, "B": 70}},
    "measures": {"m": {"agency": "a", "lever": "management", "size": 0.02, "grade": "B"}},
    "behaviour": {"kind": "none", "discount": 0.0},
}


def at_stake(spec: Scenario, **columns: Any) -> np.ndarray[Any, Any]:
    world = CreditRegime(spec).world
    for name, values in columns.items():
        getattr(world.firms, name)[..., : len(values)] = values
    world.firms.grade[0] = spec.rating.grade_of(world.firms.score[0]) if spec.rating.rates else 0
    world.firms.own_grade[:] = world.firms.grade
    found: np.ndarray[Any, Any] = stakes(world, spec.rating, spec.lists, spec.behaviour.discount)
    return found


def test_stakes_appear_only_near_cut_offs() -> None:
    scores = np.array([100, 96, 94.5, 92, 90, 89, 76, 72, 70, 60], np.float32)
    found = at_stake(bare(1, **GRADED), score=scores)[0, :10]
    near = (scores >= 90) & (scores - 5 < 90)
    np.testing.assert_allclose(found, np.where(near, 0.02 * 10, 0), rtol=1e-5)


def test_stakes_weigh_severities_terms_and_discount() -> None:
    topics = {"a": {"general": 0.3, "serious": 0.2}}
    spec = bare(1, **GRADED | {"topics": topics})
    found = at_stake(spec, score=np.array([98, 108, 120], np.float32))[0, :3]
    np.testing.assert_allclose(found, [0.02 * (0.3 * 20 + 0.2 * 30), 0.02 * 0.2 * 30, 0], rtol=1e-5)
    found = at_stake(spec.changed({"behaviour.discount": 0.5}), score=np.array([108], np.float32))[0, 0]
    assert found == pytest.approx(0.02 * 0.2 * present_months(30, 0.5), rel=1e-5)
    assert present_months(30, 0.5) < 30


def test_direct_grades_are_at_stake_at_any_score() -> None:
    topics = {"a": {"general": 0.0, "serious": 1.0}}
    spec = bare(1, **GRADED | {"topics": topics})
    assert at_stake(spec, score=np.array([500], np.float32))[0, 0] == 0
    direct = spec.changed({"rating.direct": True})
    assert at_stake(direct, score=np.array([500], np.float32))[0, 0] == pytest.approx(0.02 * 30)


def test_rewards_are_at_stake_too() -> None:
    rewards = {"r": {"agency": "a", "lever": "subsidy", "size": 0.03, "grade": "A"}}
    spec = bare(1, **GRADED | {"measures": {}}, rewards=rewards)
    found = at_stake(spec, score=np.array([100, 92, 80], np.float32))[0, :3]
    np.testing.assert_allclose(found, [0, 0.3, 0], rtol=1e-5)


LISTED: dict[str, Any] = {
    "topics": {"a": {"general": 0.0, "serious": 0.25}, "b": {}},
    "registry": {"kind": "database", "sharing": "central"},
    "behaviour": {"kind": "none", "discount": 0.0},
    "lists": {"l": {"topic": "a", "serious": 1, "min_months": 1, "max_months": 24}},
    "measures": {"m": {"agency": "a", "lever": "management", "size": 0.02, "lists": ["l"]}},
}


def test_a_list_is_at_stake_by_the_chance_to_enter_it() -> None:
    found = at_stake(bare(2, **LISTED))
    np.testing.assert_allclose(found[0], 0.25 * 0.02 * 24, rtol=1e-5)
    assert not found[1].any()


def test_those_on_the_list_have_nothing_to_lose_there() -> None:
    found = at_stake(bare(2, **LISTED), listing=np.array([1, 0, 2]))
    np.testing.assert_allclose(found[0, :3], [0, 0.12, 0], rtol=1e-5)


def test_counts_of_records_put_the_list_at_stake_when_near() -> None:
    spec = bare(2, **LISTED).changed({"lists.l.serious": 0, "lists.l.records": 3})
    world = CreditRegime(spec).world
    world.firms.live[0, 0, :5] = [0, 1, 2, 3, 9]
    found = stakes(world, spec.rating, spec.lists, 0.0)[0, :5]
    np.testing.assert_allclose(found, [0, 0, 0.48, 0.48, 0.48], rtol=1e-5)


def test_joint_punishment_raises_what_is_at_stake() -> None:
    measures = LISTED["measures"] | {"n": {"agency": "b", "lever": "management", "size": 0.1, "lists": ["lb"]}}
    lists = LISTED["lists"] | {"lb": {"topic": "b"}}
    spec = bare(2, **LISTED | {"measures": measures, "lists": lists})
    joint = spec.changed({"joint_punishment": {"kind": "memorandum", "strength": 0.5}})
    assert at_stake(joint)[0, 0] == pytest.approx(at_stake(spec)[0, 0] + 0.25 * 0.5 * 0.1 * 24, rel=1e-5)


def test_the_unaware_see_no_stakes() -> None:
    aware = np.array([0, 0.5, 1], np.float32)
    found = at_stake(bare(2, **LISTED), aware=aware)[0, :3]
    np.testing.assert_allclose(found, 0.12 * aware, rtol=1e-5)


def test_bunching_emerges_above_the_cut_off() -> None:
    """Firms just above a cut-off work harder than firms far above or below it."""
    spec = bare(1, **GRADED | {"learning": {"kind": "none", "initial": 0.5}}).changed(
        {"behaviour": {"kind": "gradual"}}
    )
    model = CreditRegime(spec)
    model.world.firms.live[0, 0, :30] = np.repeat([0, 2, 4], 10)  # scores 100, 90, 80
    model.world.firms.intrinsic[:] = 0
    spec.rating.rate(model.world)
    spec.behaviour.choose(model.world, model.prospects())
    effort = model.world.firms.effort[0, :30].reshape(3, 10)
    base = CreditRegime(spec).world.firms.effort[0, :30].reshape(3, 10)
    moved = effort - base * (1 - spec.behaviour.adjustment)
    assert (moved[1] > 0.01).all()
    assert np.allclose(moved[[0, 2]], 0, atol=1e-6)


@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_buyers_that_would_leave_are_at_stake_where_firms_foresee_it(spread: float) -> None:
    scenario: dict[str, Any] = {
        "topics": {"a": {"general": 0.2, "serious": 0.3}},
        "registry": {"kind": "database"},
        "lists": {"black": {"topic": "a", "serious": 1, "max_months": 30}},
        "finance": {"kind": "accounts"},
        "partners": {"kind": "search", "review": 0.1},
    }
    rule = {"kind": "none", "discount": 0.2, "traits": {"discount_spread": spread}}
    model = CreditRegime(bare(1, **scenario, behaviour=rule | {"foresees_partners": True}))
    firms, margin = model.world.firms, model.world.law.margins.contribution[0]
    factor = (1 + firms.discount.astype(float)) ** (-1 / 12)
    lost = sum(factor**t * (1 - 0.9**t) for t in range(30))
    expected = 0.3 * margin * np.maximum(1 - firms.final_demand / firms.size, 0) * lost
    assert expected.max() > 0.1
    np.testing.assert_allclose(model.prospects().stakes()[0], expected, rtol=1e-4, atol=1e-6)
    late = CreditRegime(model.spec.changed({"registry.delay": 4})).prospects().stakes()[0]
    np.testing.assert_allclose(late, expected * factor**4, rtol=1e-4, atol=1e-6)
    for change in ({"behaviour.foresees_partners": False}, {"partners.review": 0.0}, {"lists.black.published": False}):
        assert not CreditRegime(model.spec.changed(change)).prospects().stakes().any()


@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_what_follows_the_entry_of_a_record_is_discounted_by_its_delay(spread: float) -> None:
    graded = GRADED | {"lists": LISTED["lists"] | {"l": {"topic": "a", "serious": 0, "records": 1}}}
    graded["measures"] = GRADED["measures"] | LISTED["measures"]
    rule = {"kind": "none", "discount": 0.5, "traits": {"discount_spread": spread}}
    spec = bare(1, **graded | {"behaviour": rule})
    model = CreditRegime(spec)
    at_once = model.prospects().stakes()
    factor = (1 + model.world.firms.discount.astype(float)) ** (-1 / 12)
    assert at_once.min() > 0.1
    late = CreditRegime(spec.changed({"registry.delay": 3})).prospects().stakes()
    np.testing.assert_allclose(late[0], at_once[0] * factor**3, rtol=1e-5)


def test_the_rewards_of_a_redlist_are_lost_with_the_finding() -> None:
    red = {"red": {"colour": "red", "at_stake": True, "clean_months": 5}}
    reward = {"agency": "a", "lever": "subsidy", "size": 0.02, "lists": ["red"]}
    base = LISTED | {"lists": red, "measures": {}, "rewards": {"r": reward}}
    base |= {"behaviour": {"kind": "none", "discount": 0.5}}
    for delay in (0, 3):
        spec = bare(2, **base).changed({"registry.delay": delay})
        assert at_stake(spec, listing=np.array([1]))[1, 0] == pytest.approx(0.02 * present_months(5, 0.5), rel=1e-5)


def test_patience_by_the_month_stands_for_the_discount_by_the_year() -> None:
    rule = {"kind": "none", "patience": 0.9}
    found = CreditRegime(bare(2, **LISTED | {"behaviour": rule})).prospects().stakes()[0]
    np.testing.assert_allclose(found, 0.25 * 0.02 * (1 - 0.9**24) / 0.1, rtol=1e-5)
    myopic = CreditRegime(bare(2, **LISTED | {"behaviour": rule | {"patience": 0.0}})).prospects().stakes()[0]
    np.testing.assert_allclose(myopic, 0.25 * 0.02, rtol=1e-5)


def test_other_lists_asked_about_in_between_are_told_apart() -> None:
    model = CreditRegime(load("regime=joint_2016", **{"population.firms": 100}))
    prospects = model.prospects()
    held = prospects.list_stakes()
    few = prospects._replace(lists=dict(list(prospects.lists.items())[:1])).list_stakes()
    assert held.any()
    assert (few <= held).all()
    assert (few < held).any()
    np.testing.assert_array_equal(prospects.list_stakes(), held)
