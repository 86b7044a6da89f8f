"""Worst topic, weighted mean, checklist, relative standing and a score that fades."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.errors import ScenarioError
from creditregime.firms.stakes import stakes
from creditregime.population.economy import combine
from tests.helpers import bare, prepared, ring, run, set_records

RATED: dict[str, Any] = {"registry": {"kind": "database", "sharing": "central"}}


def rated(rating: dict[str, Any], count: int = 3, **changes: Any) -> tuple[Any, Any]:
    spec = bare(count, **RATED | {"rating": rating} | changes)
    return prepared(spec), spec.rating


RECORDS: dict[str, dict[tuple[int, str], int]] = {
    "minor": {(0, "a"): 1, (1, "a"): 2, (1, "b"): 2},
    "general": {(2, "c"): 3},
    "serious": {(3, "a"): 4},
}
"""Points with 3, 11 and 30 a record: firm 0 3 in a; 1 6 in a and in b; 2 33 in c; 3 120 in a."""


def test_worst_topic_grades_by_the_lowest_topic_score() -> None:
    world, rule = rated({"kind": "worst_topic"})
    set_records(world, rule, **RECORDS)
    assert world.firms.own_score[0, :5].tolist() == [97, 94, 67, -20, 100]
    assert world.firms.grade[0, :5].tolist() == [3, 3, 1, 0, 3]
    added, points = rated({"kind": "points"})
    set_records(added, points, **RECORDS)
    assert added.firms.grade[0, 1] == 2, "adding up is stricter with firm 1, whose 12 points lie in two topics"


def test_worst_topic_is_the_worst_of_the_tiers() -> None:
    one, rule = rated({"kind": "worst_topic", "minor": 7, "general": 21, "clean_bonus": 2, "clean_bonus_cap": 4})
    many, tiers = rated({"kind": "topic_tiers", "minor": 7, "general": 21, "clean_bonus": 2, "clean_bonus_cap": 4})
    for world, what in ((one, rule), (many, tiers)):
        set_records(world, what, **RECORDS)
    np.testing.assert_array_equal(one.firms.grade[0], many.firms.grade.min(axis=0))


def test_weighted_is_the_weighted_mean_of_topic_scores() -> None:
    world, rule = rated({"kind": "weighted", "weights": {"a": 2, "b": 1, "c": 1}})
    set_records(world, rule, **RECORDS)
    expected = [100 - 3 / 2, 100 - 6 / 2 - 6 / 4, 100 - 33 / 4, 100 - 120 / 2, 100]
    np.testing.assert_allclose(world.firms.own_score[0, :5], expected)


def test_the_floor_of_a_weighted_rating_bounds_each_topic() -> None:
    world, rule = rated({"kind": "weighted", "weights": {"a": 2, "b": 1, "c": 1}, "floor": 0})
    set_records(world, rule, **RECORDS)
    assert world.firms.own_score[0, 3] == 50, "a topic of half the weight can take half of the points"


def test_a_topic_without_weight_does_not_count() -> None:
    world, rule = rated({"kind": "weighted", "weights": {"b": 1}})
    set_records(world, rule, **RECORDS)
    np.testing.assert_allclose(world.firms.own_score[0, :4], [100, 94, 100, 100])


def test_checklist_is_the_share_of_rules_met() -> None:
    rules = {"a": {"rules": 3}, "b": {"rules": 7}, "c": {"rules": 10}}
    world, rule = rated({"kind": "checklist", "bands": {"A": 95, "B": 85}}, topics=rules)
    set_records(world, rule, **RECORDS)
    np.testing.assert_allclose(
        world.firms.own_score[0, :5], [95, 80, 85, 85, 100]
    )  # four records break at most 3 rules
    assert world.firms.grade[0, :5].tolist() == [2, 0, 1, 1, 2]


def test_siloed_raters_check_their_own_rules() -> None:
    rules = {"a": {"rules": 2}, "b": {"rules": 10}}
    registry = {"kind": "database", "sharing": "siloed"}
    world, rule = rated({"kind": "checklist"}, topics=rules, registry=registry)
    set_records(world, rule, minor={(0, "a"): 1, (0, "b"): 1})
    np.testing.assert_allclose(world.firms.own_score[:, 0], [50, 90])


@pytest.mark.parametrize("firms", [60, 97])
def test_percentile_gives_the_shares_exactly(firms: int) -> None:
    shares = {"A": 0.1, "B": 0.6, "C": 0.2}
    world, rule = rated({"kind": "percentile", "shares": shares}, **{"population.firms": firms})
    expected = np.diff([0, *(math.floor(firms * up + 0.5) for up in (0.1, 0.7, 0.9)), firms])[::-1]
    assert np.bincount(world.firms.grade[0]).tolist() == expected.tolist(), "all are clean: the lottery decides"
    draws = np.random.Generator(np.random.PCG64(5))
    world.firms.live[0, 0] = draws.integers(0, 40, firms)
    rule.rate(world)
    assert np.bincount(world.firms.grade[0]).tolist() == expected.tolist()
    score, grade = world.firms.score[0], world.firms.grade[0]
    for better in (1, 2, 3):
        assert score[grade >= better].min() >= score[grade < better].max(), "nobody with more points holds less"


def test_percentile_ranks_firms_in_business_within_their_jurisdiction() -> None:
    spec = bare(1, **RATED, rating={"kind": "percentile", "shares": {"A": 0.5}})
    economy = spec.population.build(3)
    alone = CreditRegime(spec, economy=economy, seeds=[3]).world
    alone.firms.active[:20] = False
    alone.firms.live[0, 0, :20] = 100
    spec.rating.rate(alone)
    assert (alone.firms.grade[0, 20:] == 1).sum() == 20
    assert (alone.firms.grade[0, :20] == 0).all()


def test_percentile_shares_hold_in_each_jurisdiction() -> None:
    spec = bare(1, **RATED, rating={"kind": "percentile", "shares": {"A": 0.25}})
    economy = combine([ring(60), ring(40)])
    both = CreditRegime(spec, economy=economy, seeds=[1, 2])
    both.world.firms.live[0, 0, :60] = 5
    spec.rating.rate(both.world)
    assert [int((both.world.firms.grade[0, a:b] == 1).sum()) for a, b in both.world.spans] == [15, 10]


def test_an_equal_score_of_a_new_firm_meets_the_same_cut_off() -> None:
    world, rule = rated({"kind": "percentile", "shares": {"A": 0.5}})
    before = world.firms.grade.copy()
    rule.register(world, np.arange(world.rows))
    np.testing.assert_array_equal(world.firms.grade, before)


class TestDecay:
    RULE: dict[str, Any] = {"kind": "decay", "persistence": 0.9, "recovery": 10, "record": 20}  # noqa: RUF012

    def test_by_hand(self) -> None:
        world, rule = rated(self.RULE)
        assert rule.clean_score == pytest.approx(100)
        np.testing.assert_allclose(world.firms.own_score, 100, rtol=1e-6)
        world.entered = (np.array([0, 2, 1], np.uint8), np.array([0, 0, 1], np.int32))
        rule.rate(world)
        np.testing.assert_allclose(world.firms.own_score[0, :3], [60, 80, 100], rtol=1e-6)
        world.entered = (np.empty(0, np.uint8), np.empty(0, np.int32))
        rule.rate(world)
        np.testing.assert_allclose(world.firms.own_score[0, :3], [64, 82, 100], rtol=1e-6)
        assert world.firms.grade[0, :3].tolist() == [1, 2, 3]

    def test_mean_and_variance_are_the_analytic_ones(self) -> None:
        """Mean (r − Dq)/(1 − ρ), variance D²q(1 − q)/(1 − ρ²), with records independent over months and firms."""
        chance, firms, months = 0.1, 2000, 90
        spec = bare(
            1,
            **RATED,
            rating=self.RULE,
            topics={"a": {"hazard": chance}},
            violations={"kind": "hazard"},
            behaviour={"kind": "none", "intrinsic": 0.0, "intrinsic_spread": 0.0},
            monitoring={"kind": "coverage", "share": 1.0},
            months=months,
        ).changed({"population.firms": firms, "population.mean_suppliers": 1, "population.essential": "none"})
        score = run(spec).world.firms.own_score[0].astype(float)
        mean, variance = (10 - 20 * chance) / 0.1, 20**2 * chance * (1 - chance) / (1 - 0.9**2)
        assert abs(score.mean() - mean) < 4 * math.sqrt(variance / firms)
        spread = math.sqrt((np.mean((score - score.mean()) ** 4) - variance**2) / firms)
        assert abs(score.var() - variance) < 4 * spread

    def test_the_score_fades_every_month_and_is_published_on_the_calendar(self) -> None:
        world, rule = rated(self.RULE | {"calendar": 3})
        shown = []
        for month in range(6):
            world.month = month
            once = int(month == 0)
            world.entered = (np.zeros(once, np.uint8), np.zeros(once, np.int32))
            rule.rate(world)
            shown.append(float(world.firms.score[0, 0]))
        np.testing.assert_allclose(shown, [100, 100, *[100 - 20 * 0.9**2] * 3, 100 - 20 * 0.9**5], rtol=1e-6)

    def test_siloed_files_fade_apart(self) -> None:
        world, rule = rated(self.RULE, registry={"kind": "database", "sharing": "siloed"})
        world.entered = (np.array([1], np.uint8), np.array([4], np.int32))
        rule.rate(world)
        np.testing.assert_allclose(world.firms.score[:, 4], [100, 80, 100], rtol=1e-6)


MEASURE = {"m": {"agency": "a", "lever": "management", "size": 0.02, "grade": "B"}}
KINDS: dict[str, dict[str, Any]] = {
    "points": {},
    "topic_tiers": {},
    "worst_topic": {},
    "weighted": {"weights": {"a": 1, "b": 3}, "floor": 0},
    "checklist": {"bands": {"A": 97, "B": 92, "C": 80}},
    "percentile": {"shares": {"A": 0.3, "B": 0.4, "C": 0.2}, "minor": 6},
    "decay": {"recovery": 5, "persistence": 0.95, "record": 12},
}


@pytest.mark.parametrize("bonus", [0, 8])
@pytest.mark.parametrize("kind", KINDS)
def test_foreseen_grades_are_those_that_one_more_record_brings(kind: str, bonus: int) -> None:
    """`grade_if` agrees with the rating after the record, for every kind, topic and severity."""
    rating = {"kind": kind} | KINDS[kind]
    if kind not in ("checklist", "decay"):
        rating |= {"clean_bonus": bonus, "clean_bonus_cap": bonus}
    world, rule = rated(rating, 2, topics={"a": {"rules": 2}, "b": {"rules": 12}})
    world.month = 30
    draws = np.random.Generator(np.random.PCG64(1))
    world.firms.live[:] = draws.integers(0, 2, world.firms.live.shape)
    world.firms.last_record[:30] = 29
    world.firms.newest_record[:, :30] = 29
    if kind == "decay":
        world.firms.memory[:] = draws.uniform(40, 100, world.firms.memory.shape)
    rule.rate(world)
    start = {
        name: getattr(world.firms, name).copy() for name in ("live", "grade", "own_grade", "last_record", "memory")
    }
    newest = world.firms.newest_record.copy()
    cutoffs = world.cutoffs.copy()
    for k in range(2):
        for s in range(3):
            what, file = rule.deduction(world, k, s), rule.file_of(world, k)
            assert what is not None
            world.memo.pop(("topic scores", file), None)
            foreseen = rule.grade_if(world, file, what)
            if kind == "decay":
                after = rule.grade_in(world, file, world.firms.score[file] - np.float32(12))
            else:
                world.firms.live[s, k] += 1
                world.firms.last_record[:] = 30
                world.firms.newest_record[:] = 30
                score = np.empty(world.rows, np.float32)
                rule.raw(world, file, score)
                after = rule.grade_in(world, file, score)
            np.testing.assert_array_equal(foreseen, np.minimum(after, start["grade"][file]), err_msg=f"{k} {s}")
            for name, column in start.items():
                getattr(world.firms, name)[:] = column
            world.firms.newest_record[:] = newest
            np.testing.assert_array_equal(world.cutoffs, cutoffs)


@pytest.mark.parametrize("kind", KINDS)
def test_something_is_at_stake_in_every_kind(kind: str) -> None:
    finance = {"behaviour": {"kind": "gradual"}, "measures": MEASURE}
    world, rule = rated({"kind": kind} | KINDS[kind] | {"direct": True}, 2, **finance)
    spec = bare(2, **RATED, rating=rule, **finance)
    assert stakes(world, spec.rating, spec.lists, 0.1).max() > 0


@pytest.mark.parametrize(
    ("rating", "said"),
    [
        ({"kind": "weighted", "weights": 0.0}, "weights: at least one must be above 0"),
        ({"kind": "weighted", "weights": {"a": 0, "b": 0, "c": 0, "default": 1}}, "scenario's topics must weigh more"),
        ({"kind": "weighted", "weights": {"z": 1}}, "unknown name 'z'"),
        ({"kind": "percentile", "shares": {"A": 0.7, "B": 0.5}}, "together at most 1"),
        ({"kind": "percentile", "shares": {"D": 0.7}}, "the grade 'D' has a share already"),
        ({"kind": "decay", "persistence": 1.0}, "rating.persistence: 1.0 is not allowed"),
        ({"kind": "points", "topics": ["q"]}, "rating.topics: unknown name 'q'"),
        ({"kind": "topic_tiers", "topics": ["a"]}, "topic tiers grade every topic"),
        ({"kind": "worst_topics"}, "did you mean 'worst_topic'"),
    ],
)
def test_impossible_ratings_are_refused(rating: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        rated(rating)


@pytest.mark.parametrize("sharing", ["siloed", "central"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "topic_tiers"])
def test_a_sector_rating_sees_its_topics_only(kind: str, sharing: str) -> None:
    rating = {"kind": kind} | KINDS[kind] | {"topics": ["b"], "direct": True, "persistence": 0.9}
    if kind != "decay":
        del rating["persistence"]
        rating |= {"clean_bonus": 1, "clean_bonus_cap": 1} if kind != "checklist" else {}
    world, rule = rated(rating, 2, registry={"kind": "database", "sharing": sharing})
    assert world.firms.score.shape == (1, world.rows)
    world.month = 40
    world.entered = (np.array([0, 1], np.uint8), np.array([0, 1], np.int32))
    world.firms.live[2, 0, 0] = world.firms.live[2, 1, 1] = 1
    rule.rate(world)
    assert world.firms.own_score[0, 0] == world.firms.own_score[0, 2] > world.firms.own_score[0, 1]
    assert world.firms.grade[0, 1] == 0
    assert rule.deduction(world, 0, 2) is None
    assert rule.deduction(world, 1, 2)[1]
    assert not world.law.points[0].any()
