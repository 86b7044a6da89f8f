"""Points, bands, direct grades, new firms, the calendar and clean years."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.errors import ScenarioError
from creditregime.regime.rating import Points
from tests.helpers import bare, prepared, set_records

RATED = {"registry": {"kind": "database", "sharing": "central"}}


def rated(rating: dict[str, Any], count: int = 2, **changes: Any) -> tuple[Any, Any]:
    spec = bare(count, **RATED, rating={"kind": "points"} | rating, **changes)
    return prepared(spec), spec.rating


def test_score_is_base_less_points_of_live_records() -> None:
    world, rating = rated({"minor": 2, "general": {"a": 5, "default": 7}, "serious": 11})
    set_records(world, rating, minor={(0, "a"): 3}, general={(1, "a"): 1, (2, "b"): 1}, serious={(3, "b"): 2})
    assert world.firms.own_score[0, :5].tolist() == [94, 95, 93, 78, 100]
    np.testing.assert_array_equal(world.firms.score, world.firms.own_score)


def test_bands_are_lowest_scores_of_grades() -> None:
    rule = Points(bands={"A": 90, "B": 70, "C": 40}, lowest="D")
    assert rule.grades() == ("D", "C", "B", "A")
    scores = np.array([90, 89.99, 70, 69.99, 40, 39.99, -5, 200], np.float32)
    assert rule.grade_of(scores).tolist() == [3, 2, 2, 1, 1, 0, 0, 3]


def test_direct_grade_is_the_lowest_whatever_the_score() -> None:
    for direct in (False, True):
        world, rating = rated({"serious": 1, "direct": direct})
        set_records(world, rating, serious={(4, "a"): 1}, general={(5, "a"): 1})
        assert world.firms.own_score[0, 4] == 99
        assert world.firms.grade[0, 4] == (0 if direct else 3)
        assert world.firms.grade[0, 5] == 2


def test_floor_and_cap_bound_the_score() -> None:
    world, rating = rated({"serious": 80, "floor": 30, "cap": 95})
    set_records(world, rating, serious={(0, "a"): 1})
    assert world.firms.score[0, :2].tolist() == [30, 95]


def test_clean_years_add_up_to_the_cap() -> None:
    world, rating = rated({"clean_bonus": 3, "clean_bonus_cap": 7})
    expected = {0: 0, 10: 0, 11: 3, 22: 3, 23: 6, 35: 7, 119: 7}
    for month, bonus in expected.items():
        world.month = month
        rating.rate(world)
        assert world.firms.score[0, 0] == 100 + bonus, month
    world.firms.last_record[1] = 119
    world.firms.born[2] = 112
    rating.rate(world)
    assert world.firms.score[0, :3].tolist() == [107, 100, 100]


def test_new_firms_hold_at_best_the_grade_of_new_firms() -> None:
    world, rating = rated({"new_firm_grade": "B", "new_firm_months": 6})
    world.month = 20
    world.firms.born[:3] = (20, 15, 14)
    set_records(world, rating, serious={(0, "a"): 3})
    assert world.firms.own_grade[0, :4].tolist() == [0, 3, 3, 3]
    assert world.firms.grade[0, :4].tolist() == [0, 2, 3, 3]


def test_calendar_keeps_the_grade_between_evaluations() -> None:
    world, rating = rated({"calendar": 6})
    for month in range(12):
        world.month = month
        if month == 2:
            set_records(world, rating, serious={(0, "a"): 1})
        if month == 8:
            world.firms.live[:] = 0
        rating.rate(world)
        assert world.firms.score[0, 0] == (70 if 5 <= month < 11 else 100), month


def test_siloed_files_see_their_own_topic_only() -> None:
    spec = bare(3, registry={"kind": "database", "sharing": "siloed"}, rating={"kind": "points"})
    world = prepared(spec)
    set_records(world, spec.rating, serious={(0, "b"): 1})
    assert world.firms.score[:, 0].tolist() == [100, 70, 100]


@pytest.mark.parametrize("sharing", ["siloed", "central"])
def test_topic_tiers_never_add_up(sharing: str) -> None:
    spec = bare(3, registry={"kind": "database", "sharing": sharing}, rating={"kind": "topic_tiers"})
    world = prepared(spec)
    set_records(world, spec.rating, serious={(0, "a"): 1, (0, "c"): 2})
    assert world.firms.score[:, 0].tolist() == [70, 100, 40]
    assert world.firms.grade[:, 0].tolist() == [2, 3, 1]


@pytest.mark.parametrize(
    ("rating", "said"),
    [
        ({"bands": {"A": 50, "B": 70}}, "best grade first"),
        ({"bands": {"A": 90}, "lowest": "A"}, "the grade 'A' has a band already"),
        ({"new_firm_grade": "M"}, "'M' is not a grade"),
        ({"bands": {}}, "rating.bands"),
        ({"calendar": 0}, "rating.calendar: 0 is not allowed"),
    ],
)
def test_impossible_ratings_are_refused(rating: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        rated(rating)


def test_no_rating_rates_nobody() -> None:
    model = CreditRegime(bare(2, **RATED, violations={"kind": "hazard"}, monitoring={"kind": "coverage", "share": 1}))
    model.run_model()
    assert len(model.world.records) > 0
    assert not model.world.firms.grade.any()
    assert model.world.law.grades == ("unrated",)
