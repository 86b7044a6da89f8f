"""Blacklists and redlists: who enters by what, for how long, and when they leave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.errors import ScenarioError
from tests.helpers import bare

ALWAYS = {  # every firm violates every month and is seen
    "violations": {"kind": "hazard", "complaints": 0},
    "behaviour": {"kind": "none", "intrinsic": 0, "intrinsic_spread": 0},
    "monitoring": {"kind": "coverage", "share": 1},
    "registry": {"kind": "database", "sharing": "central", "minor_term": 12, "general_term": 12, "serious_term": 12},
}


def listings(rule: dict[str, Any], topic: dict[str, Any], months: int, **changes: Any) -> list[int]:
    """Return whether firm 0 is on the list at the end of each month."""
    spec = bare(2, **ALWAYS | changes, lists={"l": rule}).changed({"topics.a": topic, "topics.b": {"hazard": 0.0}})
    model = CreditRegime(spec)
    held = []
    for _ in range(months):
        model.step()
        held.append(int(model.world.firms.listing[0, 0]))
    return held


MINOR = {"hazard": 1.0, "general": 0.0, "serious": 0.0}
GENERAL = {"hazard": 1.0, "general": 1.0, "serious": 0.0}
SERIOUS = {"hazard": 1.0, "general": 0.0, "serious": 1.0}


def test_entry_by_serious_records() -> None:
    assert listings({"topic": "a", "serious": 1}, SERIOUS, 2) == [1, 1]
    assert listings({"topic": "a", "serious": 3}, SERIOUS, 4) == [0, 0, 1, 1]
    assert not any(listings({"topic": "a", "serious": 1}, GENERAL, 6))
    assert not any(listings({"topic": "b", "serious": 1}, SERIOUS, 6))


def test_entry_by_number_of_records() -> None:
    assert listings({"topic": "a", "serious": 0, "records": 3}, MINOR, 4) == [0, 0, 1, 1]
    assert listings({"topic": "general", "serious": 0, "records": 2}, GENERAL, 3) == [0, 1, 1]
    short = {"registry.minor_term": 2}
    spec = bare(2, **ALWAYS, lists={"l": {"topic": "a", "serious": 0, "records": 3}})
    model = CreditRegime(spec.changed({"topics.a": MINOR} | short)).run_model()
    assert not model.world.firms.listing.any()  # two live records at most


def test_entry_by_grade() -> None:
    rating = {"rating": {"kind": "points", "minor": 10}}
    by_grade = {"topic": "a", "serious": 0, "grade": "C"}
    assert listings(by_grade, MINOR, 5, **rating) == [0, 0, 0, 1, 1]  # 60 points, below 70
    assert listings(by_grade | {"grade": "D"}, MINOR, 8, **rating) == [0, 0, 0, 0, 0, 0, 1, 1]


def test_a_record_counts_when_it_is_entered() -> None:
    late = {"registry": ALWAYS["registry"] | {"delay": 3}}
    assert listings({"topic": "a", "serious": 1}, SERIOUS, 5, **late) == [0, 0, 0, 1, 1]


def one_record(rule: dict[str, Any], months: int, **changes: Any) -> CreditRegime:
    """Return the model after all firms got one serious record in the first month and none later."""
    spec = bare(1, **ALWAYS | {"months": months} | changes, lists={"l": {"topic": "a"} | rule}, topics={"a": SERIOUS})
    model = CreditRegime(spec)
    model.step()
    model.world.firms.effort[:] = 1
    return model


def test_longest_term_ends_the_listing() -> None:
    model = one_record({"min_months": 2, "max_months": 5}, 8)
    held = [1]
    for _ in range(7):
        model.step()
        held.append(int(model.world.firms.listing[0].any()))
    assert held == [1, 1, 1, 1, 1, 0, 0, 0]
    series = model.series.monthly()
    assert series.months_on_list.max() == 5
    assert series.delistings.sum() == 1
    assert series.repairs.sum() == 0


def test_a_new_record_lists_anew_after_the_month_in_which_the_term_ended() -> None:
    held = listings({"topic": "a", "min_months": 0, "max_months": 3}, SERIOUS, 8)
    assert held == [1, 1, 1, 0, 1, 1, 1, 0]


def test_redlist_holds_the_clean_as_long_as_they_are() -> None:
    red = {"colour": "red", "topic": "a", "clean_months": 2}
    model = CreditRegime(bare(1, **ALWAYS, lists={"r": red}, topics={"a": MINOR}))
    model.world.firms.effort[:, 1:] = 1
    model.world.firms.born[2] = 0
    held = []
    for month in range(8):
        if month == 3:
            model.world.firms.effort[:] = 1
        model.step()
        held.append(model.world.firms.listing[0, :4].tolist())
    assert held[:3] == [[0, 0, 0, 0], [0, 1, 0, 1], [0, 1, 1, 1]]  # all count as clean from the start of the run
    assert held[3] == [0, 1, 1, 1]  # the last record came in month 2
    assert held[4] == [1, 1, 1, 1]


def test_redlist_needs_the_grade() -> None:
    red = {"colour": "red", "topic": "general", "clean_months": 0, "grade": "B"}
    spec = bare(1, **ALWAYS, lists={"r": red}, topics={"a": MINOR}, rating={"kind": "points", "minor": 20})
    model = CreditRegime(spec)
    model.world.firms.effort[:, 1:] = 1
    held = []
    for _ in range(3):
        model.step()
        held.append(model.world.firms.listing[0, :2].tolist())
    assert held == [[1, 1], [0, 1], [0, 1]]


def test_lists_log_who_came_and_went() -> None:
    model = one_record({"min_months": 0, "max_months": 3}, 5).run_model()
    assert model.series.latest["listed"] == 0
    months = model.world.events["month"]
    assert (months[model.world.events["kind"] == 1] == 0).sum() == 60
    assert (months[model.world.events["kind"] == 2] == 3).sum() == 60


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"min_months": 9, "max_months": 3}, "min_months (9) must not exceed max_months (3)"),
        ({"serious": 0}, "a blacklist needs a way in"),
        ({"topic": "c"}, "unknown name 'c'"),
        ({"colour": "green"}, "lists.l.colour: 'green' is not allowed"),
        ({"grade": "A"}, "lists.l.grade: grade 'A' needs a rating"),
    ],
)
def test_impossible_lists_are_refused(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        listings(rule, MINOR, 1)
    assert said in str(caught.value)


def test_general_list_needs_shared_records() -> None:
    with pytest.raises(ScenarioError, match=r"lists\.l\.topic: a general list needs registry\.sharing=central"):
        listings({"topic": "general"}, MINOR, 1, **{"registry": {"kind": "database", "sharing": "siloed"}})
    assert np.any(listings({"topic": "a"}, SERIOUS, 1, **{"registry": {"kind": "database", "sharing": "siloed"}}))
