"""Changes of the regime by date: what changes, what stays, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime, Scenario, load
from creditregime.errors import ScenarioError
from creditregime.laboratory.frames import event_table
from tests.helpers import bare, run, small, state


def test_a_phase_that_changes_nothing_changes_no_bit() -> None:
    spec = small(months=18)
    same = spec.changed(
        {"phases": [{"month": 9, "changes": {"joint_punishment.strength": spec.joint_punishment.chance()}}]}
    )
    one, other = state(run(spec)), state(run(same))
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_worlds_are_identical_until_the_phase_and_differ_after_it() -> None:
    spec = small(months=30)
    changed = spec.changed({"phases": [{"month": 12, "changes": {"inspection": {"kind": "uniform", "rate": 0.9}}}]})
    one, other = run(spec).series.monthly(), run(changed).series.monthly()
    assert one.iloc[:12].equals(other.iloc[:12])
    assert other["inspections"].iloc[13:].mean() > 3 * one["inspections"].iloc[13:].mean()


def test_a_run_in_phases_ends_as_the_second_regime_alone_would_inspect() -> None:
    spec = small("none", months=24, phases=[{"month": 6, "changes": {"inspection": {"kind": "uniform", "rate": 1.0}}}])
    inspections = run(spec).series.monthly()["inspections"]
    assert (inspections.iloc[:6] == 0).all()
    assert np.allclose(inspections.iloc[6:], 8, atol=1e-9)  # every firm by each of the eight topics' regulators


def test_a_preset_can_be_a_phase_and_the_resolved_scenario_reruns(tmp_path: Path) -> None:
    spec = load("regime=none", "population.firms=80", months=16, phases=[{"month": 8, "regime": "joint_2016"}])
    model = run(spec)
    monthly = model.series.monthly()
    assert (monthly["listed"].iloc[:8] == 0).all()
    assert monthly["detections"].iloc[8:].sum() > 0
    assert model.world.law.grades == ("poor", "medium", "good", "excellent")
    assert monthly["grade_unrated"].iloc[:8].eq(1).all()
    assert monthly["grade_unrated"].iloc[8:].isna().all()
    file = tmp_path / "phases.yaml"
    file.write_text(spec.to_yaml(), encoding="utf-8")
    again = run(Scenario.read(file))
    assert again.series.monthly().equals(monthly)


def test_files_split_and_join_and_lists_keep_their_members() -> None:
    lists = {"bad": {"records": 1, "serious": 0, "topic": "a", "min_months": 0, "max_months": 60}}
    certain: dict[str, Any] = {
        "violations": {"kind": "hazard"},
        "topics": {name: {"hazard": 1.0} for name in "ab"},
        "behaviour": {"kind": "none", "intrinsic": 0.0, "intrinsic_spread": 0.0},
        "inspection": {"kind": "uniform", "rate": 1.0, "sensitivity": 1.0},
        "registry": {"kind": "database", "sharing": "siloed"},
        "rating": {"kind": "points"},
        "lists": lists,
    }
    more = {"new": lists["bad"] | {"topic": "general", "records": 2}, **lists}
    phases = [{"month": 4, "changes": {"registry.sharing": "central", "lists": more}}]
    model = CreditRegime(bare(2, **certain, phases=phases, months=8))
    while model.world.month < 4:
        model.step()
    assert model.world.firms.score.shape[0] == 2
    assert model.world.firms.listing.all()
    since = model.world.firms.listed_since[0].copy()
    model.step()
    assert model.world.firms.score.shape[0] == 1
    assert model.world.law.lists == ("new", "bad")
    assert np.array_equal(model.world.firms.listed_since[1], since)
    events = event_table(model.run_model().world)
    assert set(events.loc[events["kind"] == "listed", "detail"]) == {"bad", "new"}
    assert "bad" in model.firm(0).story()


def test_records_keep_the_terms_and_delays_under_which_they_were_made() -> None:
    certain: dict[str, Any] = {
        "violations": {"kind": "hazard"},
        "topics": {"a": {"hazard": 1.0, "general": 0.0, "serious": 0.0}},
        "behaviour": {"kind": "none", "intrinsic": 0.0, "intrinsic_spread": 0.0},
        "inspection": {"kind": "uniform", "rate": 1.0, "sensitivity": 1.0},
        "registry": {"kind": "database", "minor_term": 6, "delay": 2},
    }
    phases = [{"month": 5, "changes": {"registry.minor_term": 2, "registry.delay": 0, "topics.a.hazard": 0.0}}]
    model = CreditRegime(bare(1, **certain, phases=phases, months=20))
    live = []
    for _ in range(16):
        model.step()
        live.append(int(model.world.firms.live[0, 0, 0]))
    # One record a month is found in months 0 to 4, enters two months later, and counts for six months.
    expected = [sum(found + 2 <= month < found + 8 for found in range(5)) for month in range(16)]
    assert live == expected


def test_what_goes_on_is_neither_drawn_nor_told_again() -> None:
    spec = small(months=20, **{"monitoring.share": 0.3, "learning.unprepared": {}})
    spec = spec.changed({"spillover.staff": {"kind": "linear"}, "behaviour": {"kind": "none", "intrinsic": 0.2}})
    less = [{"month": 10, "changes": {"rewards": {}, "lists.redlist": {"topic": "general", "colour": "red"}}}]
    plain, changed = run(spec), run(spec.changed({"phases": less}))
    same = ("firms.workforce", "firms.listing", "firms.violation")
    one, other = state(plain), state(changed)
    assert all(np.array_equal(one[name], other[name]) for name in same)
    told = [event_table(model.world).query("kind == 'sanctioned' and month == 11") for model in (plain, changed)]
    assert len(told[0]) == len(told[1]) < 60


def test_switching_to_central_is_a_phase_of_its_own() -> None:
    base = {"rating": {"kind": "points"}, "registry": {"kind": "database"}, "months": 6}
    switched = bare(3, **base).changed({"registry.switch_to_central": 3})
    by_hand = bare(3, **base).changed({"phases": [{"month": 3, "changes": {"registry.sharing": "central"}}]})
    one, other = CreditRegime(switched), CreditRegime(by_hand)
    for month in range(6):
        one.step()
        other.step()
        assert len(one.world.firms.grade) == len(other.world.firms.grade) == (3 if month < 3 else 1)


def test_a_closed_registry_forgets() -> None:
    spec = small(
        months=24,
        phases=[
            {
                "month": 12,
                "changes": {
                    k: None
                    for k in (
                        "registry",
                        "rating",
                        "lists",
                        "repair",
                        "measures",
                        "rewards",
                        "joint_punishment",
                        "spillover",
                        "inspection",
                    )
                },
            }
        ],
    )
    model = run(spec)
    assert not model.world.firms.live.any()
    assert model.series.monthly()["listed"].iloc[12:].eq(0).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"phases": [{"month": 3, "changes": {"seed": 4}}]}, "phases.0.changes.seed: unknown name 'seed'"),
        ({"phases": [{"changes": {"rating": None}}]}, "phases.0: a phase needs either a month or a date"),
        ({"phases": [{"month": 3, "changes": {}}]}, "phases.0.changes"),
        ({"phases": [{"date": "2016-07", "changes": {"rating": None}}]}, "phases.0.date: a date needs"),
        ({"start": "2016", "phases": []}, "start: '2016' is not allowed"),
        (
            {"start": "2016-08", "phases": [{"date": "2016-07", "changes": {"fines": None}}]},
            "not after the first month",
        ),
        ({"phases": [{"month": 3, "changes": {"rating.bass": 3}}]}, "phases.0.changes.rating.bass: unknown key"),
        ({"phases": [{"month": 3, "changes": {"trade": {"kind": "none"}}}]}, "trade.kind must stay"),
        ({"phases": [{"month": 3, "changes": {"topics": {"x": {}}}}]}, "phases.0"),
        ({"phases": [{"month": 3, "changes": {"behaviour.intrinsic": 0.9}}]}, "behaviour.intrinsic is drawn once"),
        ({"phases": [{"month": 3, "changes": {"learning.unprepared": {}}}]}, "learning.unprepared is drawn once"),
        ({"phases": [{"month": 3, "changes": {"lists.tax.initial": 0.5}}]}, "lists.tax.initial is drawn once"),
        (
            {
                "behaviour.traits": {"discount_spread": 0.5},
                "phases": [{"month": 3, "changes": {"behaviour.discount": 0.5}}],
            },
            "behaviour.discount, where firms differ in it, is drawn once",
        ),
        (
            {"phases": [{"month": 3, "regime": "joint_2061"}]},
            "phases.0.regime: unknown preset 'joint_2061'; did you mean",
        ),
        ({"phases": [{"month": 3, "changes": {"fines": None}}] * 2}, "two phases begin in month 3"),
        ({"registry.switch_to_central": 3}, "registry.switch_to_central: records are shared from the start"),
    ],
)
def test_wrong_phases_get_one_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        small(**changes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
