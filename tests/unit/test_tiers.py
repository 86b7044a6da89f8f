"""A rating by movement between tiers, against its Markov chain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.errors import ScenarioError
from tests.helpers import bare, prepared

NAMES = ["a", "b", "c", "d"]  # best first
TIERS: dict[str, Any] = {
    "registry": {"kind": "database", "sharing": "central"},
    "rating": {"kind": "tiers", "tiers": NAMES, "promotion": 1.0},
}


def moved(spec: Any, tier: list[int], found: list[int], inspected: list[int]) -> list[int]:
    """Return the tiers after one rating of the first firms."""
    world = prepared(spec)
    rows = np.arange(len(tier))
    world.firms.own_grade[0, rows] = tier
    world.firms.inspected[0, rows] = inspected
    world.firms.found[0, rows] = found
    firm = np.flatnonzero(found)
    world.entered = (np.zeros(len(firm), np.uint8), firm.astype(np.int32))
    spec.rating.rate(world)
    np.testing.assert_array_equal(world.firms.grade, world.firms.own_grade)
    np.testing.assert_array_equal(world.firms.score, world.firms.grade)
    return [int(value) for value in world.firms.grade[0, rows]]


def test_a_record_moves_down_a_clean_inspection_up_and_nothing_else_moves() -> None:
    spec = bare(1, **TIERS)
    tier, found, inspected = [3, 3, 2, 0, 0, 2, 3], [0, 1, 1, 1, 0, 0, 0], [0, 1, 0, 1, 1, 0, 1]
    assert moved(spec, tier, found, inspected) == [3, 2, 1, 0, 1, 2, 3]
    lowest = spec.changed({"rating.fall": "lowest"})
    assert moved(lowest, tier, found, inspected) == [3, 0, 0, 0, 1, 2, 3]
    never = spec.changed({"rating.promotion": 0.0})
    assert moved(never, tier, found, inspected) == [3, 2, 1, 0, 0, 2, 3]


def test_in_a_shared_file_one_clean_inspection_does_not_outweigh_a_record() -> None:
    world = prepared(bare(2, **TIERS))
    world.firms.own_grade[0, :3] = 2
    world.firms.inspected[0, :2] = True
    world.firms.found[1, 1] = 1
    world.entered = (np.array([1], np.uint8), np.array([1], np.int32))
    bare(2, **TIERS).rating.rate(world)
    assert world.firms.grade[0, :3].tolist() == [3, 1, 2]


def test_a_record_that_enters_late_moves_down_whatever_is_inspected_and_a_finding_without_record_keeps() -> None:
    spec = bare(1, **TIERS)
    world = prepared(spec)
    world.firms.own_grade[0, :2] = 1
    world.firms.inspected[0, :2] = True
    world.firms.found[0, 1] = 1
    world.entered = (np.array([0], np.uint8), np.array([0], np.int32))
    spec.rating.rate(world)
    assert world.firms.grade[0, :2].tolist() == [0, 1]


def test_siloed_files_move_apart() -> None:
    spec = bare(2, **TIERS).changed({"registry.sharing": "siloed"})
    world = prepared(spec)
    world.firms.own_grade[:, 0] = 1
    world.firms.inspected[1, 0] = True
    world.entered = (np.array([0], np.uint8), np.array([0], np.int32))
    spec.rating.rate(world)
    assert world.firms.grade[:, 0].tolist() == [0, 2]


def test_new_firms_begin_where_the_rule_says() -> None:
    spec = bare(1, **TIERS, **{"exit": {"kind": "standard", "background": 0.5, "insolvency": False}, "months": 1})
    spec = spec.changed({"entry": {"kind": "replacement", "rate": 1.0}, "rating.start": "c"})
    world = CreditRegime(spec).world
    assert (world.firms.grade == 1).all()
    spec.rating.register(world, np.array([3]))
    world.firms.grade[0, 3] = 0
    spec.rating.register(world, np.array([3]))
    assert world.firms.grade[0, 3] == 1
    assert (CreditRegime(bare(1, **TIERS)).world.firms.grade == 3).all()


def test_records_of_several_topics_move_one_tier_a_month() -> None:
    found = {"sensitivity": 1.0, "false_positive": 0.0}
    spec = bare(
        3,
        **TIERS,
        topics={name: {"hazard": 1.0} for name in "xyz"},
        behaviour={"kind": "types", "types": {"all": {"effort": 0.0}}},
        violations={"kind": "hazard", "complaints": 0, "log": False},
        inspection={"kind": "uniform", "per": "month", "rate": 1.0} | found,
    )
    model = CreditRegime(spec)
    for grade in (2, 1, 0, 0):
        model.step()
        assert (model.world.firms.found > 0).all()
        assert (model.world.firms.grade == grade).all()


@pytest.mark.parametrize(
    ("rating", "said"),
    [
        ({"tiers": ["a", "a"]}, "a name stands twice"),
        ({"tiers": ["a"]}, "rating.tiers"),
        ({"start": "z"}, "'z' is not a tier; allowed: trusted, watched"),
    ],
)
def test_wrong_tiers_are_refused(rating: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        bare(1, registry={"kind": "database"}, rating={"kind": "tiers"} | rating)
