"""What firms report: its cost, what they say themselves, what they hide, and what inquiries find."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.codes import Origin
from creditregime.errors import ScenarioError
from creditregime.units import monthly
from creditregime.world import World
from tests.helpers import bare, prepared, run, small
from tests.unit.test_lists import ALWAYS, GENERAL, MINOR, SERIOUS
from tests.unit.test_violations import LAZY, MANY, share

# Burden


def burden(world: World, **duty: Any) -> Any:
    rule = bare(2, reporting={"kind": "duty", "fixed": 0.1, "proportional": 0.2} | duty).reporting
    rule.enact(world)
    return rule.burden(world)


def test_the_burden_is_fixed_proportional_by_rules_and_by_ownership() -> None:
    world = prepared(bare(2, topics={"a": {"rules": 3}, "b": {"rules": 4}}, **{"population.foreign_share": 0.3}))
    size, foreign = world.firms.size, world.firms.ownership == 2
    np.testing.assert_allclose(burden(world), 0.1 + 0.2 * size, rtol=1e-6)
    np.testing.assert_allclose(burden(world, per_rule=0.05), 0.1 + 0.2 * size + 7 * 0.05, rtol=1e-6)
    factor = np.where(foreign, 1.5, 1)
    np.testing.assert_allclose(burden(world, by_ownership={"foreign": 1.5}), (0.1 + 0.2 * size) * factor, rtol=1e-6)
    world.firms.active[3] = False
    assert burden(world)[3] == 0


def test_setting_up_is_paid_once_when_the_duty_begins_and_by_new_firms() -> None:
    world = prepared(bare(2))
    rule = bare(2, reporting={"kind": "duty", "fixed": 0, "proportional": 0, "setup": 2.0}).reporting
    world.month = 5  # the duty begins late
    rule.enact(world)
    assert (rule.burden(world) == 2).all()
    world.month = 6
    world.firms.born[7] = 6
    rule.enact(world)  # the law is written again, but the duty goes on
    assert np.flatnonzero(rule.burden(world)).tolist() == [7]
    world.month = 7
    assert not rule.burden(world).any()


def test_reporting_for_more_rules_costs_more_in_the_accounts() -> None:
    off = run(small(months=3, **{"reporting.per_rule": 0.0})).series.monthly()
    on = run(small(months=3, **{"reporting.per_rule": 0.0001, "reporting.setup": 0.01})).series.monthly()
    extra = (on.data_cost - off.data_cost) * 60
    np.testing.assert_allclose(extra[1:], 0.03 * on.firms[1:] / 1, rtol=0.2)
    assert extra[0] == pytest.approx(60 * 0.04, rel=0.05)


# Self-reports

SEEN: dict[str, Any] = {"violations": {"kind": "hazard", "complaints": 0}, "registry": {"kind": "database"}}


@pytest.mark.parametrize(("topic", "severity"), [(MINOR, 1), (GENERAL, 1), (SERIOUS, 2)])
def test_what_a_firm_reports_itself_is_recorded_and_fined_more_lightly(topic: Any, severity: int) -> None:
    duty = {"kind": "duty", "self_report": 0.4, "self_report_fine": 0.25}
    fines = {"fines": {"kind": "statutory"}, "topics": {"a": topic | {"fine": 1.0}}}
    world = run(bare(1, **MANY | LAZY | SEEN | fines, reporting=duty, months=1)).world
    own = world.records["firm"]
    assert share(np.isin(np.arange(3000), own), 0.4, 3000)
    assert set(world.records["origin"]) == {Origin.SELF_REPORT}
    assert set(world.records["severity"]) == {severity}
    assert world.records["true"].all()
    expected = 0.25 * world.law.fine[0, severity - 1] * world.firms.size[own]
    np.testing.assert_allclose(world.firms.fines[own], expected, rtol=1e-5)


def test_monitoring_adds_nothing_to_a_self_report() -> None:
    duty = {"kind": "duty", "self_report": 0.4}
    changes = MANY | LAZY | SEEN | {"monitoring": {"kind": "coverage", "share": 1.0}, "months": 1}
    found = run(bare(1, **changes, reporting=duty, topics={"a": SERIOUS})).world.firms.found[0]
    assert set(found) == {Origin.SELF_REPORT, Origin.MONITORING}
    assert share(found == Origin.SELF_REPORT, 0.4, 3000)


# False reports

HIDE: dict[str, Any] = {"kind": "duty", "misreport": 1.0, "misreport_cover": 0.75}


def lying(months: int = 1, **changes: Any) -> CreditRegime:
    """Return a run in which every firm violates every month, and hides it where it pays."""
    base = MANY | LAZY | SEEN | {"fines": {"kind": "statutory"}, "reporting": HIDE, "topics": {"a": GENERAL}}
    return run(bare(1, **base | {"months": months} | changes))


def test_what_is_hidden_escapes_monitoring_and_in_part_inspection() -> None:
    monitored = lying(monitoring={"kind": "coverage", "share": 1.0}).world
    assert (monitored.firms.misreported == 0).all()
    assert not monitored.firms.found.any()
    inspection = {"kind": "uniform", "rate": 1.0, "sensitivity": 0.8}
    inspected = lying(inspection=inspection).world
    assert share(inspected.firms.found > 0, 0.8 * 0.25, 3000)
    half = lying(reporting=HIDE | {"misreport": 0.5}, monitoring={"kind": "coverage", "share": 1.0})
    assert share(half.world.firms.found == 0, 0.5, 3000)
    row = half.series.monthly().iloc[0]
    assert row.misreports == pytest.approx((half.world.firms.misreported == 0).mean())
    assert row.reported_violations == pytest.approx(row.violations - row.misreports)
    assert row.hidden_share == pytest.approx(row.misreports / row.violations)


def test_firms_hide_only_where_it_pays() -> None:
    """Belief b, cover .75, fine 1 against discovery q and a penalty of m times the fine of 4: hide if .75 b > 4 q m."""
    topic = {"a": GENERAL | {"fine": 1.0}}
    once = monthly(0.1) * 0.8
    discovery = 1 - (1 - once) ** 24
    inquiry = {"kind": "random", "rate": 0.1}
    limit = 4 * discovery * 0.2 / 0.75
    assert 0.1 < limit < 0.9
    for belief, hides in ((limit * 0.98, False), (limit * 1.02, True)):
        learning = {"kind": "none", "initial": belief}
        reporting = HIDE | {"misreport_penalty": 0.2, "misjudgement": 0.0}
        firms = lying(topics=topic, learning=learning, inquiry=inquiry, reporting=reporting).world.firms
        assert (firms.misreported[0] == 0).any() == hides
    assert not (lying(learning={"kind": "none", "initial": 0.0}).world.firms.misreported == 0).any()


def test_firms_that_take_inquiries_too_lightly_hide_more() -> None:
    """At half the belief that would pay for the average firm, those hide whose factor, 1 ± .8, is below a half."""
    inquiry = {"kind": "random", "rate": 0.1}
    limit = 4 * (1 - (1 - monthly(0.1) * 0.8) ** 24) * 0.2 / 0.75
    reporting = HIDE | {"misreport_penalty": 0.2, "misjudgement": 0.8}
    learning = {"kind": "none", "initial": limit / 2}
    model = lying(topics={"a": GENERAL | {"fine": 1.0}}, learning=learning, inquiry=inquiry, reporting=reporting)
    assert share(model.world.firms.misreported[0] == 0, (0.5 - 0.2) / 1.6, 2500)


def test_an_inquiry_finds_false_reports_and_punishes_them_as_serious() -> None:
    inquiry = {"kind": "random", "rate": 1.0, "sensitivity": 0.6, "traceable": 1}
    learning = {"kind": "none", "initial": 1.0}
    model = lying(inquiry=inquiry, learning=learning, reporting=HIDE | {"misreport_penalty": 0.1})
    world, log = model.world, model.world.records
    assert share(np.isin(np.arange(3000), log["firm"]), 0.6, 3000)
    assert set(log["origin"]) == {Origin.INQUIRY}
    assert set(log["severity"]) == {3}
    assert log["true"].all()
    fined = world.firms.fines[log["firm"]] / world.firms.size[log["firm"]]
    np.testing.assert_allclose(fined, 0.1 * world.law.fine[0, 2], rtol=1e-5)
    assert (world.firms.misreported[0, log["firm"]] < 0).all()
    row = model.series.monthly().iloc[0]
    assert row.inquiries == 1
    assert row.misreports_found == row.found_by_inquiry == pytest.approx(len(log) / 3000)
    assert row.false_findings == 0
    assert model.series.by_topic().detections[0] == len(log)


@pytest.mark.parametrize(("traceable", "found"), [(3, False), (4, True)])
def test_an_old_report_can_be_traced_for_its_time(traceable: int, found: bool) -> None:
    spec = bare(1, reporting=HIDE, inquiry={"kind": "random", "rate": 1.0, "sensitivity": 1.0, "traceable": traceable})
    world = prepared(spec)
    world.month, world.firms.misreported[0, :5] = 6, 3
    spec.inquiry.inquire(world)
    assert (world.firms.found[0, :5] == Origin.INQUIRY).all() == found
    assert not world.firms.found[0, 5:].any()


def test_cross_checks_flag_false_reports_more_often() -> None:
    rule = {"kind": "discrepancy", "flagged": 0.4, "false_flags": 0.05, "sensitivity": 0.5}
    spec = bare(1, **MANY, reporting=HIDE, inquiry=rule)
    world = prepared(spec)
    world.firms.misreported[0, :1500] = 0
    spec.inquiry.inquire(world)
    found = world.firms.found[0] == Origin.INQUIRY
    assert share(found[:1500], 0.4 * 0.5, 1500)
    assert not found[1500:].any()
    visits = float(world.tally["inquiries"][0])
    assert abs(visits - 1500 * 0.45) < 4 * np.sqrt(1500 * (0.24 + 0.0475))
    np.testing.assert_allclose(world.law.discovery, 1 - (1 - 0.2) ** 24, rtol=1e-6)


def test_a_new_firm_has_reported_nothing() -> None:
    changes = {"exit": {"kind": "standard", "background": 0.9, "insolvency": False}, "entry": {"kind": "replacement"}}
    world = lying(6, **changes).world
    new = (world.firms.born == 6) & world.firms.active
    assert new.sum() > 20
    assert (world.firms.misreported[0, new] < 0).all()
    assert (world.firms.misreported[0] == 5).any()


def test_without_the_propensity_nothing_is_remembered() -> None:
    world = lying(reporting={"kind": "duty"}, inquiry={"kind": "random"}).world
    assert world.firms.misreported.size == 0
    assert world.tally["inquiries"] > 0


def test_the_story_tells_of_reports() -> None:
    inquiry = {"kind": "random", "rate": 1.0, "sensitivity": 1.0, "traceable": 1}
    reporting = HIDE | {"misreport_penalty": 0.0, "self_report": 0.5}
    model = lying(2, inquiry=inquiry, learning={"kind": "none", "initial": 1.0}, reporting=reporting)
    stories = " ".join(model.firm(row).story() for row in range(10))
    assert "an inquiry into its reports found a serious violation of a rules" in stories
    assert "it reported a minor violation of a rules" in stories


# Monitoring and complaints


def test_false_alarms_are_findings_of_what_is_not_there() -> None:
    rule = {"kind": "coverage", "share": 0.0, "false_alarms": 0.1}
    topics = {"a": {"hazard": 0.3}}
    world = run(bare(1, **MANY | LAZY | SEEN, monitoring=rule, topics=topics, months=1)).world
    clean = world.firms.violation[0] == 0
    assert share(world.firms.found[0, clean] > 0, 0.1, int(clean.sum()))
    assert not world.firms.found[0, ~clean].any()
    assert not world.records["true"].any()
    assert set(world.records["origin"]) == {Origin.MONITORING}


def test_sensors_cost_every_firm_the_same_by_what_they_see() -> None:
    rule = {"kind": "coverage", "share": {"a": 0.5, "b": 0.25}, "cost": {"a": 0.1, "b": 0.2}}
    spec = bare(2, monitoring=rule)
    world = prepared(spec)
    world.firms.active[4] = False
    cost = spec.monitoring.burden(world)
    np.testing.assert_allclose(np.delete(cost, 4), 0.1, rtol=1e-6)
    assert cost[4] == 0
    both = run(small(months=2, **{"monitoring.cost": 0.01})).series.monthly()
    one = run(small(months=2)).series.monthly()
    np.testing.assert_allclose(both.data_cost - one.data_cost, 8 * 0.02 * 0.01 * one.firms / 60, rtol=1e-3)


def test_false_complaints_bring_inspections_to_firms_that_did_nothing() -> None:
    rules = {"violations": {"kind": "hazard", "complaints": 0, "false_complaints": 0.1}}
    inspection = {"kind": "uniform", "rate": 0.0, "false_positive": 0.5}
    changes = MANY | LAZY | SEEN | rules | {"topics": {"a": {"hazard": 0.3}}, "months": 1}
    model = run(bare(1, **changes, inspection=inspection))
    firms = model.world.firms
    clean = firms.violation[0] == 0
    assert share(firms.inspected[0, clean], 0.1, int(clean.sum()))
    assert not firms.inspected[0, ~clean].any()
    assert share(firms.found[0, firms.inspected[0]] == Origin.COMPLAINT, 0.5, int(firms.inspected.sum()))
    row = model.series.monthly().iloc[0]
    assert row.false_complaints == pytest.approx(firms.complaint.mean())
    assert row.hit_rate == 0


def test_complaints_are_more_frequent_in_sectors_that_sell_on_platforms() -> None:
    rules = {"kind": "hazard", "complaints": 0.1, "complaints_by_sector": {"retail": 4.0}}
    base = MANY | LAZY | {"topics": {"a": GENERAL}, "months": 1}
    sectors = CreditRegime(bare(1, **base)).world.economy.sectors
    rules["complaints_by_sector"] = {sectors[0]: 4.0}
    firms = run(bare(1, **base, violations=rules)).world.firms
    platform = firms.sector == 0
    assert share(firms.complaint[0, platform], 0.4, int(platform.sum()))
    assert share(firms.complaint[0, ~platform], 0.1, int((~platform).sum()))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reporting": {"kind": "duty", "by_ownership": {"alien": 2}}}, "reporting.by_ownership.alien: unknown name"),
        ({"reporting": {"kind": "duty", "by_ownership": {"state": -1}}}, "reporting.by_ownership.state: -1"),
        ({"reporting": {"kind": "duty", "misreport": 1.5}}, "reporting.misreport: 1.5 is not allowed"),
        ({"inquiry": {"kind": "discrepancy", "flagged": {"x": 0.1}}}, "inquiry.flagged.x: unknown name 'x'"),
        ({"inspection": {"kind": "risk"}}, "inspection.kind: 'risk' needs records to predict from"),
        ({"violations": {"kind": "hazard", "complaints_by_sector": {"retail": -1}}}, "violations.complaints_by_sector"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        bare(1, **changes)
    assert str(caught.value).startswith(said)


def test_unknown_sectors_of_complaints_are_named() -> None:
    spec = bare(1, violations={"kind": "hazard", "complaints_by_sector": {"platforms": 2.0}})
    with pytest.raises(ScenarioError, match=r"violations\.complaints_by_sector: unknown sector 'platforms'"):
        CreditRegime(spec)


# What happens at the default is what happened before


def test_inclinations_to_hide_act_through_nothing_but_false_reports() -> None:
    base = small(months=24, **{"monitoring.share": 0.3})
    honest = run(base.changed({"inquiry": {"kind": "random", "rate": 0.5}}))
    plain = run(base)
    frame, other = honest.series.monthly(), plain.series.monthly()
    assert frame.inquiries.sum() > 0
    same = [name for name in other.columns if name not in ("inquiries", "welfare")]
    assert frame[same].equals(other[same])
    assert ALWAYS["monitoring"]["kind"] == "coverage"
