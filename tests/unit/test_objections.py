"""Wrong entries, objections and appeals: frequencies by arithmetic, and what follows when a record is struck off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.codes import Event, Standing
from creditregime.errors import ScenarioError
from creditregime.world import World
from tests.helpers import bare, recount, run, small
from tests.unit.test_lists import ALWAYS, GENERAL, MINOR, SERIOUS
from tests.unit.test_violations import MANY, share


def entered(topic: dict[str, float], months: int = 1, **registry: Any) -> World:
    settings = MANY | ALWAYS | {"months": months, "topics": {"a": topic | {"hazard": 0.3}}}
    rules = ALWAYS["registry"] | registry
    return CreditRegime(bare(1, **settings | {"registry": rules})).run_model().world


def test_without_errors_what_is_found_is_entered() -> None:
    world = entered(GENERAL)
    np.testing.assert_array_equal(world.records["firm"], np.flatnonzero(world.firms.found[0]))
    assert world.records["true"].all()


def test_an_error_names_a_firm_of_the_same_sector_about_which_nothing_was_found() -> None:
    world = entered(GENERAL, entry_error=0.4, misdirected=1.0)
    firm, false = world.records["firm"], ~world.records["true"]
    found = np.flatnonzero(world.firms.found[0])
    assert len(firm) == len(found)
    assert share(false, 0.4 * (1 - len(found) / 3000), len(firm))  # if something was found there too, no error is made
    assert (world.firms.found[0, firm[false]] == 0).all()
    np.testing.assert_array_equal(world.firms.sector[firm], world.firms.sector[found])
    assert (world.records["severity"] == 2).all()
    np.testing.assert_array_equal(world.firms.live, recount(world, 0))
    assert set(firm[~false]) < set(found)  # some offenders got away


@pytest.mark.parametrize(
    ("topic", "entries", "false"), [(MINOR, {1, 2}, {2}), (GENERAL, {1, 2, 3}, {3}), (SERIOUS, {2, 3}, set())]
)
def test_the_other_errors_are_one_step_of_severity(topic: dict[str, float], entries: set[int], false: set[int]) -> None:
    world = entered(topic, entry_error=0.5, misdirected=0.0)
    severity, true = world.records["severity"], world.records["true"]
    right = {1: MINOR, 2: GENERAL, 3: SERIOUS}
    was = next(number for number, item in right.items() if item is topic)
    assert share(severity != was, 0.5, len(severity))
    assert set(severity) == entries
    assert set(severity[~true]) == false  # what is too light is held against nobody wrongly


def test_the_offender_is_fined_whoever_is_recorded() -> None:
    base = {"fines": {"kind": "statutory"}, "topics": {"a": GENERAL | {"hazard": 0.3}}, "months": 1}
    wrong = ALWAYS | base | {"registry": ALWAYS["registry"] | {"entry_error": 1.0, "misdirected": 1.0}}
    right, other = run(bare(1, **ALWAYS | base)), run(bare(1, **wrong))
    np.testing.assert_array_equal(right.world.firms.fines, other.world.firms.fines)
    assert set(right.world.records["firm"]) != set(other.world.records["firm"])


# Objections

FALSE: dict[str, Any] = {  # half of what is entered is false, and nothing expires
    "registry": ALWAYS["registry"] | {"entry_error": 0.5, "misdirected": 1.0},
    "topics": {"a": SERIOUS | {"hazard": 0.3}},
}
SURE = {"kind": "review", "contest": 1, "groundless": 0, "upheld": 1, "wrongly_upheld": 0, "appeal": 0}


def contested(run_for: int = 1, changes: dict[str, Any] | None = None, /, **review: Any) -> CreditRegime:
    """Return a run whose violations end after the first month."""
    rules = {"kind": "review"} | review
    model = CreditRegime(bare(1, **MANY | ALWAYS | FALSE | {"objections": rules, "months": run_for} | (changes or {})))
    for _ in range(run_for):
        model.step()
        model.world.firms.effort[:] = 1
    return model


@pytest.mark.parametrize("months", [1, 3])
def test_every_false_record_is_struck_off_after_the_processing_time(months: int) -> None:
    for passed, gone in ((months, False), (months + 1, True)):
        world = contested(passed, **SURE | {"months": months}).world
        false = ~world.records["true"]
        assert false.sum() > 100
        assert (world.records["withdrawn"] == np.where(false & gone, months, -1)).all()
        np.testing.assert_array_equal(world.firms.live, recount(world, passed - 1))
    assert world.regulators.struck_off.tolist() == [false.sum()]
    assert (world.events["kind"] == Event.STRUCK_OFF).sum() == false.sum()
    clean = np.setdiff1d(world.records["firm"][false], world.records["firm"][~false])
    assert (world.firms.last_record[clean] < 0).all()
    assert (world.firms.last_record[world.records["firm"][~false]] == 0).all()


def test_chances_of_objection_and_appeal() -> None:
    """False: .6 contested, .5 upheld, .8 of the refused appeal, .3 upheld; true: .2, .25, .8, .1."""
    chances = {"contest": 0.6, "upheld": 0.5, "appeal": 0.8, "appeal_upheld": 0.3, "groundless": 0.2}
    model = contested(6, **chances, wrongly_upheld=0.25, appeal_wrongly_upheld=0.1)
    log, frame = model.world.records, model.series.monthly()
    false = ~log["true"]
    for which, filed, won, later in ((false, 0.6, 0.5, 0.3), (~false, 0.2, 0.25, 0.1)):
        gone, number = log["withdrawn"][which], int(which.sum())
        assert share(gone == 1, filed * won, number)
        assert share(gone == 3, filed * (1 - won) * 0.8 * later, number)
        assert set(gone) == {-1, 1, 3}
    expected = 0.6 * false.sum() + 0.2 * (~false).sum()
    assert (frame.objections * frame.firms)[0] == pytest.approx(expected, rel=0.1)
    assert not frame.objections[1:].any()
    assert (frame.appeals * frame.firms)[1] == pytest.approx(
        0.8 * (0.3 * false.sum() + 0.15 * (~false).sum()), rel=0.15
    )
    struck = (frame.struck_off * frame.firms).sum()
    assert struck == pytest.approx((log["withdrawn"] >= 0).sum())
    assert (frame.struck_off_true * frame.firms).sum() == pytest.approx((log["withdrawn"][~false] >= 0).sum())


def test_delay_moves_the_remedy_with_the_entry() -> None:
    late = {"registry": FALSE["registry"] | {"delay": 2}}
    world = contested(4, late, **SURE).world
    assert set(world.records["withdrawn"][~world.records["true"]]) == {3}
    np.testing.assert_array_equal(world.firms.live, recount(world, 3))


def test_objecting_costs_the_firm() -> None:
    world = contested(1, **SURE | {"cost": 0.25}, appeal_cost=9).world  # without a finance rule costs are reset
    spec = bare(1, **MANY | ALWAYS | FALSE, objections=SURE | {"cost": 0.25})
    again = CreditRegime(spec).world
    again.month, again.records = 0, world.records
    again.records.month_ends.clear()
    again.firms.costs[:] = 0
    spec.objections.hear(again)
    expected = np.zeros(again.rows)
    np.add.at(expected, world.records["firm"][~world.records["true"]], 0.25)
    np.testing.assert_allclose(again.firms.costs, expected * again.firms.size, rtol=1e-5)


@pytest.mark.parametrize("reverses", [True, False])
def test_a_listing_that_followed_ends_with_the_record(reverses: bool) -> None:
    lists = {"lists": {"l": {"topic": "a", "max_months": 60}}}
    model = contested(2, lists, **SURE | {"reverses_listing": reverses})
    log, listed = model.world.records, model.world.firms.listing[0] > 0
    guilty = np.unique(log["firm"][log["true"]])
    innocent = np.setdiff1d(log["firm"][~log["true"]], guilty)
    assert len(innocent) > 50
    assert listed[guilty].all()
    assert (listed[innocent] == (not reverses)).all()


@pytest.mark.parametrize(("calendar", "free"), [(1, True), (2, False)])
def test_a_list_by_grade_is_left_only_when_the_grade_allows(calendar: int, free: bool) -> None:
    """Struck off in the third month; evaluated every second month, the grade stays, and with it the listing."""
    rule = {"l": {"topic": "a", "serious": 0, "grade": "C", "max_months": 60}}
    rating = {"kind": "points", "serious": 50, "bands": {"A": 90, "B": 70, "C": 40}, "calendar": calendar}
    model = contested(3, {"lists": rule, "rating": rating}, **SURE | {"months": 2})
    log = model.world.records
    innocent = np.setdiff1d(log["firm"][~log["true"]], log["firm"][log["true"]])
    assert (log["withdrawn"][~log["true"]] == 2).all()
    assert (model.world.firms.listing[0, innocent] == (Standing.UNLISTED if free else Standing.OWN)).all()


def test_remedies_shift_nobody_elses_draws_and_keep_counts_sound() -> None:
    changes = {"registry.entry_error": 0.3, "monitoring.share": 0.3, "exit.background": 0.2, "months": 30}
    model = CreditRegime(small("joint_2020", **changes, objections={"kind": "review", "contest": 1}))
    for month in range(30):
        model.step()
        np.testing.assert_array_equal(model.world.firms.live, recount(model.world, month))
    frame = model.series.monthly()
    assert frame.struck_off.sum() > 0
    log = model.world.records
    assert not ((log["withdrawn"] >= 0) & (log["repaired"] >= 0)).any()


def test_the_share_of_false_records_is_what_counts_now() -> None:
    model = contested(1, kind="none")
    frame, log = model.series.monthly(), model.world.records
    assert frame.false_records[0] == pytest.approx((~log["true"]).mean())
    assert frame.live_records[0] * 3000 == pytest.approx(len(log))


def test_the_story_tells_of_a_record_struck_off() -> None:
    model = contested(2, **SURE)
    firm = int(model.world.records["firm"][~model.world.records["true"]][0])
    assert "on its objection a a record was struck off" in model.firm(firm).story()


def test_remedies_need_records() -> None:
    with pytest.raises(ScenarioError, match=r"objections\.kind: 'review' needs records; registry\.kind is none"):
        bare(1, objections={"kind": "review"})


def test_a_listing_stays_where_another_record_is_a_reason() -> None:
    rules = MANY | ALWAYS | FALSE | {"lists": {"l": {"topic": "a", "max_months": 60}}, "months": 3}
    world = run(bare(1, **rules, objections=SURE | {"months": 2})).world
    log = world.records
    struck = log["firm"][(log["month"] == 0) & ~log["true"]]
    counts = world.firms.live[2, 0, struck] > 0
    assert (log["withdrawn"][log["month"] == 0] == np.where(log["true"][log["month"] == 0], -1, 2)).all()
    assert counts.sum() > 50
    assert (~counts).sum() > 50
    np.testing.assert_array_equal(world.firms.listing[0, struck] == Standing.OWN, counts)
