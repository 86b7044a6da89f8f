"""Common random numbers: a toggle changes nothing before it first acts, and draws belong to rows."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest

from creditregime import CreditRegime, Scenario
from creditregime.codes import Event, Origin
from creditregime.population.economy import combine
from creditregime.scenario import eight_topics
from creditregime.state import NEVER
from tests.helpers import REGIMES, anywhere, assert_same, bare, differences, random_graph, ring, run, small, state

Acted = Callable[[CreditRegime], bool]
FIXED = {"behaviour": {"kind": "none"}}  # firms foresee consequences: with fixed effort only what happens counts
LOSSES = tuple(f"firms.loss_{name}" for name in ("own", "associated", "suppliers", "buyers"))


def tallied(name: str) -> Acted:
    return lambda model: bool(np.sum(model.world.tally.get(name, 0)) > 0)


def found_by(origin: str) -> Acted:
    return lambda model: bool(np.sum(model.series.latest[f"found_by_{origin}"]) > 0)


def scored_lower(model: CreditRegime) -> bool:
    return bool((model.world.firms.score != model.world.firms.own_score).any())


def listed(model: CreditRegime) -> bool:
    return bool((model.world.firms.listing[:-1] > 0).any())  # the last list of joint_2016 is its redlist


def serious(model: CreditRegime) -> bool:
    return bool((model.world.findings.severity == 3).any())


class Toggle(NamedTuple):
    """Two values of a parameter, and how to see that the second one acts."""

    change: dict[str, Any]
    acted: Acted
    base: Mapping[str, Any] = MappingProxyType({})
    regime: str = "joint_2016"
    own: tuple[str, ...] = ()  # what the toggled rule alone writes and reads from the first month on


TOGGLES: dict[str, Toggle] = {
    "joint punishment": Toggle(
        {"joint_punishment": {"kind": "none"}}, tallied("joint_sanctions"), FIXED, own=("regulators.member",)
    ),
    "strength of joint punishment": Toggle({"joint_punishment.strength": 0.0}, tallied("joint_sanctions"), FIXED),
    "proportionality": Toggle(
        {"joint_punishment.proportionality": "proportional"},
        tallied("joint_sanctions"),
        FIXED | {"lists.labour.records": 1, "lists.tax.records": 1, "monitoring.share": 0.01},
    ),
    "partner spillover": Toggle({"spillover.partner": {"kind": "none"}}, scored_lower, {"monitoring.share": 0.01}),
    "group spillover": Toggle(
        {"spillover.group": {"kind": "none"}},
        scored_lower,
        {
            "spillover.partner": {"kind": "none"},
            "spillover.group": {"kind": "linear", "direction": "both"},
            "population.branch_share": 0.2,
        },
    ),
    "spillover by lists": Toggle(
        {"spillover.partner": {"kind": "none"}},
        lambda model: bool((model.world.firms.listing == 2).any()),
        {"spillover.partner": {"kind": "linear", "mode": "list", "threshold": 0.05}, "lists.labour.records": 1},
    ),
    "spillover by grades": Toggle(
        {"spillover.partner": {"kind": "none"}},
        lambda model: bool((model.world.firms.grade < model.world.firms.own_grade).any()),
        {
            "spillover.partner": {"kind": "linear", "mode": "grade", "strength": 1.0, "gap": 0, "share": 0.0},
            "spillover.person": {"kind": "none"},
            "monitoring.share": 0.01,
        },
    ),
    "spillover of measures": Toggle(
        {"spillover.partner": {"kind": "none"}},
        lambda model: bool(model.world.firms.associated_cost.any()),
        {
            "spillover.partner": {"kind": "linear", "mode": "lever"},
            "spillover.person": {"kind": "none"},
            "monitoring.share": 0.01,
        },
    ),
    "contractors' records": Toggle(
        {"spillover.contractor": {"kind": "none"}},
        lambda model: (
            bool(np.sum(model.series.latest["points_by_contractor"]) > 0)
            or bool((model.world.firms.listing == 2).any())
        ),
        {
            "spillover.partner": {"kind": "none"},
            "spillover.contractor": {"kind": "linear"},
            "population.contract_share": 0.3,
            "monitoring.share": 0.01,
        },
    ),
    "list of a person's firms": Toggle(
        {"spillover.person": {"kind": "none"}},
        lambda model: bool((model.world.firms.listing == 2).any()),
        {
            "spillover.partner": {"kind": "none"},
            "spillover.person": {"kind": "linear", "mode": "list"},
            "population.shared_person_share": 0.5,
            "lists.labour.records": 1,
        },
    ),
    "person": Toggle(
        {"spillover.person": {"kind": "none"}},
        tallied("associated_entries"),
        {"exit.background": 0.3, "entry.rate": 0.5, "entry.same_person": 1.0},
    ),
    "repair": Toggle(
        {"repair": {"kind": "none"}},
        tallied("repaired"),
        {"repair": {"kind": "application", "applications": 1.0, "clean_months": 1}, "lists.labour.min_months": 2},
    ),
    "size of a measure": Toggle(
        {"measures.ban.size": 0.1},
        tallied("sanctions"),
        FIXED | {"measures": {"ban": {"agency": "tax", "lever": "management", "size": 0.01, "lists": ["tax"]}}},
    ),
    "rewards": Toggle(
        {"rewards.best.size": 0.05},
        lambda model: model.world.month == 12,  # the bonus for the first clean year
        FIXED
        | {
            "measures": {},
            "rating": {"kind": "points", "bands": {"A": 101, "B": 70}, "clean_bonus": 1, "clean_bonus_cap": 1},
            "rewards": {"best": {"agency": "tax", "lever": "subsidy", "size": 0.01, "grade": "A"}},
            "inspection": {"kind": "uniform"},
        },
    ),
    "redlist": Toggle(
        {"rewards.loans.size": 0.05},
        lambda model: model.world.month == 12,
        FIXED
        | {
            "measures": {},
            "rewards": {"loans": {"agency": "tax", "lever": "credit_spread", "size": 0.01, "lists": ["redlist"]}},
            "rating": {"kind": "points", "bands": {"A": 101, "B": 70}, "clean_bonus": 1, "clean_bonus_cap": 1},
            "inspection": {"kind": "uniform"},
            "lists.redlist": {"colour": "red", "grade": "A", "clean_months": 0},
        },
    ),
    "entry": Toggle({"entry": {"kind": "none"}}, tallied("entries"), {"exit.background": 0.1, "entry.rate": 0.1}),
    "exit": Toggle({"exit": {"kind": "none"}}, lambda m: bool(m.series.latest["exits"].sum() > 0), own=LOSSES),
    "insolvency": Toggle(
        {"exit.insolvency": False}, tallied("exits_insolvency"), {"finance.shock": 0.25, "finance.equity": 2.0}
    ),
    "revocation": Toggle(
        {"exit.revocation": False},
        tallied("exits_revoked"),
        {"measures.licence_revocation.size": 1.0, "lists.quality.records": 1, "monitoring.share": 0.1},
    ),
    "search for partners": Toggle({"partners": {"kind": "none"}}, tallied("links_found")),
    "review of partners": Toggle({"partners.review": 0.0}, listed, {"partners.review": 1.0}),
    "publication": Toggle(
        {f"lists.{name}.published": False for name in eight_topics()},
        listed,
        {"partners.review": 1.0},
    ),
    "monitoring": Toggle({"monitoring": {"kind": "none"}}, found_by("monitoring"), {"monitoring.share": 0.01}),
    "inspections": Toggle(
        {"inspection": {"kind": "none"}},
        found_by("inspection"),
        FIXED | {"measures": {}, "rewards": {}, "monitoring": {"kind": "none"}, "violations.complaints": 0.0},
        own=("regulators.inspections", "firms.inspected"),
    ),
    "complaints": Toggle(
        {"inspection.complaint_response": 0.0},
        found_by("complaint"),
        {"inspection.sensitivity": 1.0},
        own=("regulators.inspections", "firms.inspected"),
    ),
    "false findings": Toggle(
        {"inspection.false_positive": 0.0},
        lambda model: bool((~model.world.findings.true).any()),
        {"inspection.false_positive": 0.5},
    ),
    "fines": Toggle(
        {"fines": {"kind": "none"}},
        lambda model: bool(len(model.world.findings.firm)),
        FIXED | {"measures": {}, "monitoring": {"kind": "none"}, "inspection.rate": 0.01, "violations.complaints": 0.0},
    ),
    "direct grade": Toggle({"rating.direct": True}, serious, FIXED),
    "calendar": Toggle(
        {"rating.calendar": 6},
        lambda model: bool((model.world.firms.own_score < 100).any()),
        FIXED | {"monitoring": {"kind": "none"}},
    ),
    "expiry": Toggle(
        {"registry.minor_term": 20},
        lambda model: bool((model.world.records["expiry"] < model.world.month).any()),
        FIXED | {"registry.minor_term": 3},
        own=("records.expiry",),
    ),
    "entry to a list": Toggle(
        {"lists.labour.records": 1},
        lambda model: bool((model.world.findings.topic == 3).any()),
        FIXED | {"monitoring": {"kind": "none"}},
    ),
    "terms of a list": Toggle(
        {"lists.labour.max_months": 9},
        lambda model: model.world.month > 5 and bool(np.sum(model.world.tally.get("delisted", 0)) > 0),
        FIXED | {"lists.labour.max_months": 5, "lists.labour.min_months": 2, "lists.labour.records": 1},
    ),
    "cost of repair": Toggle(
        {"repair.cost": 3.0},
        tallied("repaired"),
        {"repair": {"kind": "application", "applications": 1.0}, "lists.labour.min_months": 2},
    ),
    "regional records": Toggle({"registry.sharing": "regional"}, scored_lower, FIXED | {"monitoring.share": 0.01}),
    "withheld records": Toggle(
        {"registry.withheld": ["tax"]},
        lambda model: bool(model.world.firms.live[:, 0].any()),
        FIXED | {"monitoring": {"kind": "none"}},
    ),
    "wrong entries": Toggle(
        {"registry.entry_error": 0.0},
        lambda model: bool((~model.world.records["true"]).any()),
        FIXED
        | {"registry.entry_error": 0.3, "registry.misdirected": 1.0, "inspection.false_positive": 0.0}
        | {"monitoring": {"kind": "none"}},
    ),
    "objections": Toggle(
        {"objections": {"kind": "none"}},
        tallied("objections"),
        {"objections": {"kind": "review", "contest": 0.5, "groundless": 0.2, "wrongly_upheld": 0.9}},
        own=("regulators.struck_off",),
    ),
    "leaks": Toggle(
        {"protection": {"kind": "none"}}, tallied("leaks"), {"protection": {"kind": "levels", "leak_rate": 0.001}}
    ),
    "own reports": Toggle({"reporting.self_report": 0.0}, found_by("self_report"), {"reporting.self_report": 0.02}),
    "false reports": Toggle(
        {"reporting.misreport": 0.0},
        tallied("misreports"),
        FIXED | {"reporting.misreport": 0.03, "monitoring.share": 0.7},
        own=("firms.misreported",),
    ),
    "inquiries": Toggle(
        {"inquiry": {"kind": "none"}},
        tallied("misreports_found"),
        FIXED
        | {"measures": {}, "rewards": {}, "reporting.misreport": 0.5, "reporting.misreport_penalty": 0.0}
        | {"inquiry": {"kind": "random", "rate": 0.1}},
    ),
    "false complaints": Toggle(
        {"violations.false_complaints": 0.0}, tallied("false_complaints"), {"violations.false_complaints": 0.0005}
    ),
    "false alarms": Toggle(
        {"monitoring.false_alarms": 0.0},
        lambda model: bool((~model.world.findings.true).any()),
        {"monitoring.false_alarms": 0.0001, "inspection.false_positive": 0.0},
    ),
    "predicted risk": Toggle(
        {"inspection": {"kind": "uniform", "rate": 0.5}},
        lambda model: bool(len(model.world.records)),
        {"inspection": {"kind": "risk", "rate": 0.5}, "monitoring": {"kind": "none"}, "violations.complaints": 0.0},
        own=("firms.history",),
    ),
    "repair of records": Toggle(
        {"repair": {"kind": "none"}},
        tallied("records_repaired"),
        {"repair": {"kind": "graded", "applications": 1.0, "minor_min": 2, "clean_months": 1}},
    ),
    "points back": Toggle(
        {"repair": {"kind": "none"}},
        lambda model: bool(len(model.world.records)),
        {"repair": {"kind": "graded", "applications": 0.0, "points_back": True}, "monitoring.share": 0.01},
    ),
    "accountability": Toggle(
        {"accountability": {"kind": "none"}},
        tallied("records_overturned"),
        {"accountability": {"kind": "rated_agencies"}, "inspection.false_positive": 0.5},
        own=("regulators.audited", "regulators.overturned"),
    ),
    "annual reports": Toggle(
        {"lists.late": {"topic": "tax", "serious": 99}},
        lambda model: model.world.month == 6,
        FIXED | {"lists.late": {"topic": "tax", "serious": 99, "unfiled": 0.5}},
    ),
    "refusal to pay": Toggle(
        {"lists.jud": {"topic": "tax", "serious": 99}},
        lambda model: bool((model.world.findings.topic == 0).any()),
        FIXED | {"lists.jud": {"topic": "tax", "serious": 99, "refusal": 0.9}, "monitoring": {"kind": "none"}},
    ),
    "related matters": Toggle({"joint_punishment.scope": "related"}, tallied("joint_sanctions"), FIXED),
    "switching cost": Toggle({"partners.switching_cost": 5.0}, tallied("links_found")),
    "missed interest": Toggle(
        {"finance.missed_interest": True}, tallied("defaults"), {"finance.shock": 0.12, "finance.equity": 2.5}
    ),
    "monitored risk": Toggle(
        {"finance.monitor_risk": 0.5}, lambda model: bool(model.world.firms.distress.any()), {"finance.equity": 2.0}
    ),
    "reach overseas": Toggle(
        {"overseas.kind": "extraterritorial"},
        lambda model: bool((model.world.findings.origin == Origin.ABROAD).any()),
        {"population.overseas": 0.3, "spillover.partner": {"kind": "none"}},
    ),
    "foreign exits": Toggle(
        {"exit.voluntary": 0.0},
        tallied("exits_voluntary"),
        {"population.foreign_share": 0.1, "exit.voluntary": 0.4, "exit.outside_option": 0.2},
    ),
}


@pytest.mark.parametrize("name", TOGGLES)
def test_paths_are_identical_until_the_toggle_first_acts(name: str) -> None:
    toggle = TOGGLES[name]
    base = {"months": 40, "monitoring.share": 0.05, **toggle.base}
    spec = small(toggle.regime, **base)
    one, other = CreditRegime(spec), CreditRegime(spec.changed(toggle.change))
    compared = 0
    for _ in range(spec.months):
        one.step()
        other.step()
        if toggle.acted(one) or toggle.acted(other):
            break
        assert differences(_comparable(one, toggle), _comparable(other, toggle)) == [], f"month {one.world.month}"
        compared += 1
    else:
        pytest.fail("the toggle never acted")
    assert compared, "the toggle acted in the first month: nothing was compared"
    while not differences(_comparable(one, toggle), _comparable(other, toggle)):  # it may show months later
        assert one.world.month < spec.months, "the toggle changed nothing"
        one.step()
        other.step()


def _comparable(model: CreditRegime, toggle: Toggle) -> dict[str, Any]:
    return state(model, without=toggle.own)


def test_a_firm_more_shifts_nobodys_draws() -> None:
    spec = bare(2, violations={"kind": "hazard"}, months=6, inspection={"kind": "uniform", "rate": 0.5})
    without, with_more = CreditRegime(spec, economy=ring(8)), CreditRegime(spec, economy=ring(9))
    for _ in range(6):
        without.step()
        with_more.step()
        for name in ("violation", "complaint", "inspected", "found", "effort", "equity"):
            one, other = getattr(without.world.firms, name), getattr(with_more.world.firms, name)
            np.testing.assert_array_equal(one, other[..., :8])


def test_order_of_jurisdictions_does_not_matter() -> None:
    spec = anywhere(small("siloed_topics", **{"exit.background": 0.2}))
    economies = [random_graph(12, 0.2, 1), random_graph(9, 0.3, 2)]
    forth = run(spec, combine(economies), [5, 6])
    back = run(spec, combine(economies[::-1]), [6, 5])
    for name in ("effort", "grade", "score", "equity", "active", "listing", "output", "live"):
        one, other = getattr(forth.world.firms, name), getattr(back.world.firms, name)
        np.testing.assert_array_equal(one[..., :12], other[..., 9:], err_msg=name)
        np.testing.assert_array_equal(one[..., 12:], other[..., :9], err_msg=name)


def test_nothing_uses_global_random_state() -> None:
    before = np.random.get_state()[1].copy(), random.getstate()  # type: ignore[union-attr]  # noqa: NPY002
    first = run(small())
    after = np.random.get_state()[1], random.getstate()  # noqa: NPY002
    np.testing.assert_array_equal(before[0], after[0])
    assert before[1] == after[1]
    np.random.seed(99)  # noqa: NPY002
    random.seed(99)
    assert_same(first, run(small()))


PROGRAM = """
import hashlib, sys
from tests.helpers import run, small, state
digest = hashlib.sha256()
model = run(small(sys.argv[1], **{"exit.background": 0.2}))
for name, column in sorted(state(model).items()):
    digest.update(name.encode() + column.tobytes())
digest.update(model.series.monthly().to_csv().encode() + model.series.by_group().to_csv().encode())
print(digest.hexdigest())
"""


def test_results_do_not_depend_on_the_hash_seed() -> None:
    command = [sys.executable, "-c", PROGRAM, "joint_2020"]
    running = [
        subprocess.Popen(
            command,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    (one, complaint), (other, _) = (process.communicate() for process in running)
    assert [process.returncode for process in running] == [0, 0], complaint
    assert len(one.strip()) == 64
    assert one == other


@pytest.mark.parametrize("regime", REGIMES)
def test_same_seed_same_run_other_seed_another(regime: str) -> None:
    spec = small(regime, months=10)
    assert_same(run(spec), run(spec))
    assert differences(state(run(spec), ()), state(run(spec), ())) == []
    other = run(spec, CreditRegime(spec).world.economy, [99])
    assert not np.array_equal(run(spec).world.firms.equity, other.world.firms.equity)


def test_story_log_changes_no_result() -> None:
    assert_same(run(small()), run(small(**{"violations.log": False})))


def test_measuring_more_often_changes_no_result() -> None:
    often = {"indicators.network_every": 1, "indicators.groups_every": 1}
    assert_same(run(small()), run(small(**often)))


def test_a_world_begins_without_history() -> None:
    world = CreditRegime(Scenario(population={"kind": "generated", "firms": 40})).world
    assert world.month == 0
    assert len(world.records) == 0
    assert len(world.events) == 0
    assert (world.firms.last_record == NEVER).all()
    assert Event.ENTERED not in world.events["kind"]
