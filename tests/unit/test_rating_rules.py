"""What bends a grade on its way from a raw score: conditions, persistence, limits, coverage, bias, noise, waiting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.errors import ScenarioError
from creditregime.firms.stakes import stakes
from tests.helpers import assert_same, bare, columns_of, differences, prepared, run, set_records, small

RATED: dict[str, Any] = {
    "registry": {"kind": "database", "sharing": "central"},
    "behaviour": {"kind": "none", "traits": {"connected": {"state": 0.5, "private": 0.1, "foreign": 0.05}}},
}


def rated(rating: dict[str, Any], count: int = 2, **changes: Any) -> tuple[Any, Any]:
    spec = bare(count, **RATED | {"rating": {"kind": "points"} | rating} | changes)
    return prepared(spec), spec.rating


def years(rating: dict[str, Any], live: dict[int, tuple[str, int]], length: int) -> list[str]:
    """Return the grade of firm 0 after each yearly evaluation, given its live records in some years."""
    world, rule = rated({"calendar": 12, "minor": 3, "serious": 30} | rating)
    grades = []
    for year in range(length):
        severity, count = live.get(year, ("minor", 0))
        world.firms.live[:] = 0
        world.month = 12 * year + 11
        set_records(world, rule, **{severity: {(0, "a"): count}})
        grades.append(rule.grades()[world.firms.grade[0, 0]])
    return grades


# Conditions


def test_a_condition_caps_or_lowers_the_grade_of_those_that_meet_it() -> None:
    conditions = {
        "not_top": {"grade": "B", "topic": "a", "severity": "general"},
        "ordinary": {"down": 1, "topic": "b", "records": 2},
    }
    world, rule = rated({"minor": 0, "general": 1, "serious": 1, "conditions": conditions})
    set_records(
        world,
        rule,
        minor={(0, "a"): 3, (2, "b"): 1, (3, "b"): 2},
        general={(1, "a"): 1, (4, "b"): 1, (5, "b"): 1, (5, "a"): 1, (6, "b"): 2, (6, "a"): 1},
        serious={(4, "b"): 1},
    )
    assert [rule.grades()[g] for g in world.firms.grade[0, :8]] == ["A", "B", "A", "B", "B", "B", "C", "A"]


def test_a_young_firm_cannot_be_top() -> None:
    world, rule = rated({"conditions": {"young": {"grade": "B", "younger_than": 36, "records": 0}}})
    world.month = 40
    world.firms.born[:3] = (40, 5, 4)
    rule.rate(world)
    assert world.firms.grade[0, :4].tolist() == [2, 2, 3, 3]
    rule.register(world, np.array([7]))
    assert world.firms.grade[0, 7] == 2


def test_a_siloed_rater_looks_at_conditions_of_its_own_topic() -> None:
    condition = {"grade": "C", "topic": "b"}
    world, rule = rated({"conditions": {"c": condition}}, registry={"kind": "database", "sharing": "siloed"})
    set_records(world, rule, minor={(0, "a"): 1, (1, "b"): 1})
    assert world.firms.grade[:, :2].T.tolist() == [[3, 3], [3, 1]]


def test_firms_foresee_conditions() -> None:
    conditions = {"two": {"down": 2, "records": 2, "severity": "general", "topic": "a"}}
    world, rule = rated({"minor": 0, "general": 0, "serious": 0, "conditions": conditions})
    set_records(world, rule, general={(1, "a"): 1, (2, "a"): 2})
    assert rule.deduction(world, 0, 0) is None
    assert rule.deduction(world, 1, 1) is None
    foreseen = rule.grade_if(world, 0, rule.deduction(world, 0, 1))
    assert foreseen[:3].tolist() == [3, 1, 1]


# Persistence


@pytest.mark.parametrize(
    ("rating", "live", "expected"),
    [
        ({"direct": True}, {1: ("serious", 1)}, "ADAAA"),
        ({"direct": True, "direct_months": 24}, {1: ("serious", 1)}, "ADDAA"),
        ({"direct": True, "direct_months": 24, "barred_months": 12}, {1: ("serious", 1)}, "ADDBA"),
        ({"direct": True, "direct_months": 24, "barred_months": 12}, {1: ("serious", 1), 2: ("serious", 1)}, "ADDDBA"),
        ({"direct": True, "direct_months": 24}, {1: ("minor", 25)}, "ADAAA"),
        ({"after_lowest": 11}, {1: ("minor", 25)}, "ADBAA"),
        ({"after_lowest": 11}, {1: ("minor", 15), 3: ("minor", 25), 4: ("minor", 17)}, "ACADDBA"),
        ({"direct": True, "direct_months": 12, "after_lowest": 11}, {1: ("serious", 1)}, "ADAAA"),
        ({"score_months": 24, "barred_months": 12}, {1: ("minor", 25)}, "ADDBA"),
        ({"score_months": 24, "after_lowest": 70}, {1: ("minor", 25)}, "ADDAA"),
    ],
)
def test_the_lowest_grade_persists(rating: dict[str, Any], live: dict[int, tuple[str, int]], expected: str) -> None:
    assert "".join(years(rating, live, len(expected))) == expected


def test_after_association_the_top_grade_is_barred() -> None:
    for barred, expected in ((0, "A"), (12, "B")):
        world, rule = rated({"calendar": 12, "barred_months": barred, "direct_months": 1})
        world.firms.associated_until[0] = 20
        world.month = 23
        rule.rate(world)
        assert rule.grades()[world.firms.grade[0, 0]] == expected


def test_a_new_firm_does_not_inherit_what_its_predecessor_was_held_to() -> None:
    world, rule = rated({"direct": True, "direct_months": 24, "barred_months": 12})
    set_records(world, rule, serious={(0, "a"): 1})
    world.firms.live[:] = 0
    rule.register(world, np.array([0]))
    rule.rate(world)
    assert world.firms.grade[0, 0] == 3


def test_a_held_grade_is_at_stake_for_as_long_as_it_is_held() -> None:
    world, rule = rated({"direct": True, "direct_months": 60})
    assert rule.months(world).tolist() == [12, 24, 60]
    world, rule = rated({"direct_months": 60})
    assert rule.months(world).tolist() == [12, 24, 36]


# Limits on change


def test_a_firm_rises_by_so_many_grades_at_an_evaluation() -> None:
    assert years({}, {0: ("serious", 3)}, 3) == ["D", "A", "A"]
    assert years({"most_up": 1}, {0: ("serious", 3)}, 5) == ["D", "C", "B", "A", "A"]
    assert years({"most_up": 2}, {0: ("serious", 3)}, 3) == ["D", "B", "A"]
    assert years({"most_up": 1}, {2: ("serious", 3)}, 3) == ["A", "A", "D"], "down it goes at once"


def test_a_score_changes_neither_by_less_nor_by_more_than_the_limits() -> None:
    world, rule = rated({"minor": 1, "least_change": 4, "most_change": 50})
    shown = []
    for month, count in enumerate((3, 4, 6, 200, 200, 0, 0, 0, 0)):
        world.month = month
        world.firms.live[0, 0, 0] = count
        rule.rate(world)
        shown.append(float(world.firms.score[0, 0]))
    assert shown == [100, 96, 96, 46, -4, 46, 96, 100, 100]


def test_firms_foresee_no_more_than_a_score_may_change() -> None:
    world, rule = rated({"serious": 80, "most_change": 25, "floor": 72})
    rule.rate(world)
    assert rule.grade_if(world, 0, rule.deduction(world, 0, 2))[0] == 2
    world, rule = rated({"serious": 80, "floor": 72})
    rule.rate(world)
    assert rule.grade_if(world, 0, rule.deduction(world, 0, 2))[0] == 2, "the floor keeps it from D"
    world, rule = rated({"serious": 80})
    assert rule.grade_if(world, 0, rule.deduction(world, 0, 2))[0] == 0


# Clean years by file


def test_clean_years_of_a_siloed_file_end_with_its_own_records() -> None:
    registry = {"kind": "database", "sharing": "siloed"}
    world, rule = rated({"clean_bonus": 5, "clean_bonus_cap": 5}, registry=registry)
    world.month = 20
    world.firms.last_record[0] = 20
    world.entered = (np.array([1], np.uint8), np.array([0], np.int32))
    rule.rate(world)
    assert world.firms.score[:, 0].tolist() == [105, 100]
    world.entered = (np.empty(0, np.uint8), np.empty(0, np.int32))
    world.month = 32
    rule.rate(world)
    assert world.firms.score[:, 0].tolist() == [105, 105]


# Coverage and opting out


def test_coverage_rates_a_share_of_each_ownership() -> None:
    firms = prepared(bare(1, **RATED, rating={"kind": "points", "coverage": {"foreign": 0, "private": 0.5}})).firms
    assert firms.rated[firms.ownership == 0].all()
    assert not firms.rated[firms.ownership == 2].any()
    assert 0 < firms.rated[firms.ownership == 1].mean() < 1


def test_opting_out_is_nested_in_its_share() -> None:
    few, many = (rated({"opt_out": share})[0].firms.rated for share in (0.2, 0.6))
    assert (few | ~many).all()
    assert few.sum() > many.sum() > 0
    assert rated({"opt_out": 1.0})[0].firms.rated.sum() == 0


MEASURES = {
    "m": {"agency": "a", "lever": "management", "size": 0.1, "grade": "D"},
    "r": {"agency": "a", "lever": "subsidy", "size": 0.1, "grade": "A"},
}


def test_unrated_firms_have_no_consequences_of_grades() -> None:
    lists = {"black": {"topic": "a", "serious": 0, "grade": "A"}, "red": {"topic": "a", "colour": "red", "grade": "A"}}
    inspection = {"kind": "grade", "rate": 0.3, "rates": {"A": 0.0, "D": 1.0}}
    spec = bare(1, **RATED, rating={"kind": "points", "opt_out": 0.5}, measures={"m": MEASURES["m"]}).changed(
        {"rewards": {"r": MEASURES["r"]}, "lists": lists, "inspection": inspection}
    )
    model = CreditRegime(spec)
    world, firms = model.world, model.world.firms
    out = ~firms.rated
    firms.live[2, 0, :30] = 10
    world.month = 30
    spec.rating.rate(world)
    for number, rule in enumerate(spec.lists.values()):
        rule.update(world, number)
    model.catalogue.act(world, spec.lists)
    assert firms.score[0, out].tolist() == [100] * out.sum(), "nothing is on their file"
    assert not firms.levers[:, out].any()
    assert not firms.listing[:, out].any()
    held = firms.rated & (firms.live[2, 0] > 0)
    assert (firms.levers[9, held] > 0).all()
    assert (firms.listing[0, held] == 1).all()
    world.memo = {}
    chance = np.broadcast_to(spec.inspection.chance(world, 0), world.rows)
    np.testing.assert_allclose(chance[out], 1 - 0.7 ** (1 / 12), rtol=1e-6)
    assert set(np.unique(chance[firms.rated]).tolist()) == {0, 1}


def test_grade_shares_are_those_of_rated_firms() -> None:
    series = run(bare(1, **RATED, rating={"kind": "points", "opt_out": 0.5})).series
    monthly = series.monthly()
    assert (monthly["grade_A"] == 1).all()
    assert 0.2 < monthly["rated"].iloc[-1] < 0.8
    groups = series.by_group()
    assert (groups.loc[groups["rated"] > 0, "grade"] == 3).all()


def test_unrated_firms_are_not_graded_by_association() -> None:
    world, rule = rated({"opt_out": 0.5}, spillover={"partner": {"kind": "linear", "strength": 0.9}})
    set_records(world, rule, serious={(row, "a"): 3 for row in range(0, 60, 2)})
    spec = bare(2, spillover={"partner": {"kind": "linear", "strength": 0.9}}, **RATED, rating=rule)
    spec.spillover.associate(world, rule, {}, np.zeros(world.rows, np.bool_))
    assert (world.firms.score[0, ~world.firms.rated] == 100).all()
    assert (world.firms.score[0, world.firms.rated] < world.firms.own_score[0, world.firms.rated]).any()


# Bias and noise


def test_raters_add_points_for_connected_firms() -> None:
    world, rule = rated({"rater_bias": 6, "minor": 2, "cap": 104})
    firms = world.firms
    assert 0 < firms.connected.sum() < world.rows
    set_records(world, rule, minor={(row, "a"): 3 for row in range(world.rows)})
    np.testing.assert_array_equal(firms.score[0], np.where(firms.connected, 100, 94))
    firms.live[:] = 0
    rule.rate(world)
    np.testing.assert_array_equal(firms.score[0], np.where(firms.connected, 104, 100))


def test_bias_grows_with_size() -> None:
    world, _ = rated({"rater_bias": 6, "bias_size_elasticity": 0.5})
    expected = 100 + 6 * np.sqrt(world.firms.size) * world.firms.connected
    np.testing.assert_allclose(world.firms.score[0], expected, rtol=1e-5)


def test_connections_are_drawn_by_ownership() -> None:
    spec = bare(1, **RATED, rating={"kind": "points", "rater_bias": 1}).changed({"population.firms": 4000})
    firms = prepared(spec).firms
    for code, share in ((0, 0.5), (1, 0.1)):
        inside = firms.connected[firms.ownership == code]
        assert abs(inside.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(inside))


def test_the_gap_between_connected_firms_and_others_is_measured() -> None:
    spec = bare(1, **RATED, rating={"kind": "points", "rater_bias": 6})
    np.testing.assert_allclose(run(spec).series.monthly()["connection_gap"], 6, rtol=1e-6)
    assert (run(bare(1, **RATED, rating={"kind": "points"})).series.monthly()["connection_gap"] == 0).all()


def test_noise_has_its_standard_deviation_and_is_new_at_each_evaluation() -> None:
    spec = bare(1, **RATED, rating={"kind": "points", "noise": 4, "calendar": 2}).changed({"population.firms": 4000})
    world, rule = prepared(spec), spec.rating
    shown = []
    for month in range(4):
        world.month = month
        rule.rate(world)
        shown.append(world.firms.score[0] - 100)
    np.testing.assert_array_equal(shown[1], shown[2])
    assert abs(np.corrcoef(shown[1], shown[3])[0, 1]) < 0.07
    assert abs(shown[3].std() - 4) < 4 * 4 / np.sqrt(2 * 4000)
    assert abs(shown[3].mean()) < 4 * 4 / np.sqrt(4000)


# Waiting, and what costs nothing when off


@pytest.mark.parametrize(("calendar", "delay", "expected"), [(1, 0, 0), (1, 2, 2), (4, 0, 1.5), (4, 3, 4.5)])
def test_records_wait_for_the_next_evaluation(calendar: int, delay: int, expected: float) -> None:
    always = {"a": {"hazard": 1.0}}
    changes = {"topics": always, "violations": {"kind": "hazard"}, "monitoring": {"kind": "coverage", "share": 1}}
    changes |= {"behaviour": {"kind": "none", "intrinsic": 0, "intrinsic_spread": 0}, "months": 24}
    spec = bare(
        1, **changes, rating={"kind": "points", "calendar": calendar}, registry={"kind": "database", "delay": delay}
    )
    assert run(spec).series.monthly()["months_to_grade"].iloc[-1] == expected


def test_ratings_without_these_rules_keep_no_state_for_them() -> None:
    firms = prepared(small()).firms
    assert [len(columns_of(firms)[name]) for name in ("memory", "newest_record", "held_until")] == [0, 0, 0]
    assert firms.rated.all()
    assert not firms.connected.any()


@pytest.mark.parametrize(
    "rating",
    [
        {"noise": 5},
        {"coverage": {"private": 0.5}, "opt_out": 0.3},
        {"kind": "percentile"},
        {"kind": "decay"},
        {"direct": True, "direct_months": 60, "after_lowest": 11},
    ],
    ids=str,
)
def test_nobody_elses_draws_are_shifted(rating: dict[str, Any]) -> None:
    """Where grades have no consequences, two worlds that differ in the rating are the same but for the ratings."""
    plain = small("fines_only", registry={"kind": "database"}, rating={"kind": "points"})
    plain = plain.changed({"exit.background": 0.3, "monitoring.share": 0.5})
    changed = plain.changed({"rating": {"kind": "points"} | rating})
    columns = ("score", "own_score", "grade", "own_grade", "rated", "connected", "memory", "held_until")
    one, other = run(plain), run(changed)
    assert_same(one, other, without=[*(f"firms.{name}" for name in columns), "records.points"])
    ratings = [
        {name: getattr(m.world.firms, name).copy() for name in ("score", "grade", "rated")} for m in (one, other)
    ]
    assert differences(*ratings), "the rule did something"


@pytest.mark.parametrize(
    ("rating", "said"),
    [
        ({"coverage": {"martian": 0.5}}, "rating.coverage.martian: unknown name"),
        ({"coverage": {"state": 1.5}}, "rating.coverage.state: 1.5 is not allowed"),
        ({"opt_out": 2}, "rating.opt_out: 2"),
        ({"noise": -1}, "rating.noise: -1"),
        ({"floor": 5, "cap": 4}, r"floor \(5\) must not exceed cap \(4\)"),
        ({"conditions": {"c": {"grade": "Z"}}}, "conditions.c.grade: 'Z' is not a grade"),
        ({"conditions": {"c": {"topic": "a"}}}, "a condition needs a consequence"),
        ({"conditions": {"c": {"down": 1, "records": 0}}}, "a condition needs a ground"),
        ({"conditions": {"c": {"down": 1, "topic": "q"}}}, "rating.conditions.c.topic: unknown name 'q'"),
    ],
)
def test_impossible_rules_are_refused(rating: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        rated(rating)


def test_stakes_weigh_nothing_for_unrated_firms() -> None:
    spec = bare(1, **RATED, rating={"kind": "points", "opt_out": 0.5, "direct": True}, measures={"m": MEASURES["m"]})
    world = prepared(spec)
    value = stakes(world, spec.rating, spec.lists, 0.1)[0]
    np.testing.assert_array_equal(value > 0, world.firms.rated & (world.firms.aware > 0))


def test_a_fading_score_is_at_stake_for_the_mean_life_of_a_point() -> None:
    def at_stake(persistence: float) -> float:
        rule = {"kind": "decay", "persistence": persistence, "recovery": 100 * (1 - persistence), "record": 90}
        spec = bare(1, **RATED, rating=rule, measures={"m": MEASURES["m"]})
        return float(stakes(prepared(spec), spec.rating, spec.lists, 0.0).max())

    assert at_stake(0.95) / at_stake(0.9) == pytest.approx(2, rel=1e-4)


def test_unrated_firms_weigh_one_in_a_quota_by_grade() -> None:
    inspection = {"kind": "quota", "number": 5, "weights": {"A": 0.0}}
    spec = bare(1, **RATED, rating={"kind": "points", "opt_out": 0.5}, inspection=inspection)
    model = CreditRegime(spec)
    model.step()
    inspected = model.world.firms.inspected[0]
    assert inspected.sum() == 5
    assert not inspected[model.world.firms.rated].any()
