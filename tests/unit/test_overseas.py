"""Firms overseas: out of reach unless a rule reaches them, and then at the border only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.codes import OWNERSHIPS, Lever, Origin, Payer
from creditregime.errors import PopulationError, ScenarioError
from creditregime.population.economy import Economy
from creditregime.population.generated import Generated
from creditregime.world import Abroad, World
from tests.helpers import assert_sound, run, small

FIRMS = {"population.firms": 200, "population.overseas": 0.3}
HARSH = FIRMS | {"monitoring.share": 0.5, "inspection.false_positive": 0.2, "violations.complaints": 0.5}
REACH = {"overseas.kind": "extraterritorial", "overseas.coverage": 0.6, "overseas.detection": 3.0}


def _abroad(world: World) -> Abroad:
    assert world.abroad is not None
    return world.abroad


def _about(world: World) -> Any:
    """Return the rows that records are about."""
    return world.records.columns()["firm"]


# Who they are


def test_a_share_of_firms_is_overseas_and_affiliates_exist_both_ways() -> None:
    here, there = Generated(firms=2000).build(1), Generated(firms=2000, overseas=0.2).build(1)
    assert not here.overseas.any()
    assert abs(there.overseas.mean() - 0.2) < 4 * np.sqrt(0.2 * 0.8 / 2000)
    for name in ("sector", "size", "group", "person", "region", "supplier", "coefficient"):
        np.testing.assert_array_equal(getattr(here, name), getattr(there, name))
    parent, away = there.overseas[there.group], there.overseas
    foreign = there.ownership == OWNERSHIPS.index("foreign")
    assert foreign[parent].all()
    out = away & ~parent
    inward = ~away & parent
    assert out.any()
    assert inward.any()
    np.testing.assert_array_equal(there.ownership[out], there.ownership[there.group[out]])
    np.testing.assert_array_equal(there.ownership[~away & ~parent], here.ownership[~away & ~parent])


def test_graphs_and_files_keep_who_is_overseas(tmp_path: Path) -> None:
    economy = Generated(firms=80, overseas=0.3).build(3)
    np.testing.assert_array_equal(Economy.from_networkx(economy.to_networkx()).overseas, economy.overseas)
    path = economy.save(tmp_path / "economy.npz")
    np.testing.assert_array_equal(Economy.load(path).overseas, economy.overseas)
    with np.load(path) as stored:
        older = {name: stored[name] for name in stored.files if name != "overseas"}
    np.savez(tmp_path / "older.npz", **older)
    assert not Economy.load(tmp_path / "older.npz").overseas.any()
    graph = nx.path_graph(3, create_using=nx.DiGraph)
    graph.nodes[1]["overseas"] = "far"
    with pytest.raises(PopulationError, match="graph node 1: overseas is 'far'; must be true or false"):
        Economy.from_networkx(graph)


# Out of reach


@pytest.mark.parametrize("inspection", [{}, {"inspection": {"kind": "quota", "number": 20.0, "false_positive": 0.5}}])
def test_nobody_sees_or_punishes_them_without_a_rule(inspection: dict[str, Any]) -> None:
    changes = HARSH if not inspection else FIRMS | inspection
    model = CreditRegime(small("joint_2016", **changes, **{"reporting.fixed": 0.1, "lists.redlist.clean_months": 6}))
    world, firms = model.world, model.world.firms
    away = firms.overseas
    for _ in range(24):
        model.step()
        assert not firms.violation[:, away].any()
        assert not firms.inspected[:, away].any()
        assert not firms.levers[:, away].any()
        assert not firms.listing[:, away].any()
        assert not firms.fines[away].any()
        assert (firms.grade[:, away] == len(world.law.grades) - 1).all()
        assert not (model.spec.reporting.burden(world) * away).any()  # type: ignore[operator]
    assert len(_about(world))
    assert not away[_about(world)].any()
    assert_sound(model)
    row = model.series.monthly().iloc[-1]
    assert row.overseas_rated == row.overseas_listed == row.overseas_links_dropped == 0


def test_no_later_rule_reaches_them_either() -> None:
    """Whatever looks at firms one by one stops at the border: complaints, alarms, wrong entries, duties, risk."""
    late = {"topic": "tax", "serious": 0, "unfiled": 1.0, "refusal": 1.0}
    changes = HARSH | {
        "violations.false_complaints": 0.2,
        "monitoring.false_alarms": 0.05,
        "monitoring.cost": 0.001,
        "registry.entry_error": 0.9,
        "registry.misdirected": 1.0,
        "lists.late": late,
        "inspection": {"kind": "risk", "rate": 0.9},
        "inquiry": {"kind": "random", "rate": 0.9},
        "relocation": {"kind": "comparing", "moves": 0.9, "moving_cost": 0.0},
        "spillover.partner": {"kind": "linear", "mode": "lever", "strength": 0.5, "direction": "both"},
    }
    model = CreditRegime(small("joint_2016", **changes))
    world, firms = model.world, model.world.firms
    away, region = firms.overseas, firms.region.copy()
    for _ in range(14):
        model.step()
        assert not firms.complaint[:, away].any()
        assert not firms.found[:, away].any()
        assert not firms.inspected[:, away].any()
        assert not firms.listing[:, away].any()
        assert not firms.levers[:, away].any()
        assert not (model.spec.monitoring.burden(world) * away).any()  # type: ignore[operator]
    assert not away[_about(world)].any()
    assert (firms.region[away] == region[away]).all()
    assert firms.listing[:, ~away].any()
    row = model.series.monthly().iloc[-1]
    graded = row[[f"grade_{name}" for name in world.law.grades]]
    home = firms.active & ~away
    expected = [(firms.grade[0, home] == code).mean() for code in range(len(graded))]
    np.testing.assert_allclose(graded.astype(float), expected, atol=0.1)  # firms left and entered since


def test_a_quota_is_spent_at_home() -> None:
    spec = small("joint_2016", **FIRMS, inspection={"kind": "quota", "number": 20.0})
    model = CreditRegime(spec)
    model.step()
    assert (model.world.regulators.inspections == 20).all()


def test_conduct_is_a_share_of_domestic_firms() -> None:
    model = CreditRegime(small("joint_2016", **HARSH, **{"exit": {"kind": "none"}}))
    model.step()
    firms = model.world.firms
    home = ~firms.overseas
    row = model.series.monthly().iloc[0]
    assert row.violations == pytest.approx((firms.violation > 0).sum() / home.sum())
    assert row.compliance == pytest.approx(firms.effort[:, home].mean(), rel=1e-5)
    assert sum(row[f"grade_{name}"] for name in model.world.law.grades) == pytest.approx(1)


def test_they_trade_and_their_taxes_go_abroad() -> None:
    spec = small("none", **FIRMS, **{"finance.subsidy": 0.0, "population.procurement": {"default": 0.0}})
    model = CreditRegime(spec.changed({"exit": {"kind": "none"}}))
    model.step()
    firms, flows = model.world.firms, model.world.ledger.flows[0]
    assert (firms.output[firms.overseas] > 0.5).all()
    tax = np.maximum(firms.profit, 0) / 3  # 0.25 of profit before tax
    assert flows[Payer.FIRMS, Payer.STATE] == pytest.approx(tax[~firms.overseas].sum(), rel=1e-4)


def test_foreign_owners_do_not_leave_for_where_they_are() -> None:
    always = {"exit.background": 0.0, "exit.outside_option": 1.0, "exit.voluntary": 0.99, "entry": {"kind": "none"}}
    world = run(small("none", **FIRMS, **always, **{"finance.shock": 0.0})).world
    foreign = world.economy.ownership == OWNERSHIPS.index("foreign")
    assert not world.firms.active[foreign & ~world.firms.overseas].any()
    assert world.firms.active[foreign & world.firms.overseas].all()


# Within reach


def test_covered_firms_are_recorded_as_often_as_they_are_seen() -> None:
    quiet = {"exit": {"kind": "none"}, "behaviour": {"kind": "none"}, "monitoring.share": 1.0, "months": 60}
    model = run(small("joint_2016", **FIRMS, **REACH, **quiet))
    world, abroad = model.world, _abroad(model.world)
    records = world.records.columns()
    away = world.firms.overseas[records["firm"]]
    covered = np.zeros(world.rows, np.bool_)
    covered[abroad.rows[abroad.covered]] = True
    assert covered[records["firm"][away]].all()
    np.testing.assert_array_equal(records["origin"] == Origin.ABROAD, away)
    assert records["true"][away].all()
    hazard = abroad.hazard * (1 - world.firms.effort[:, abroad.rows])
    expected = 59 * hazard[:, abroad.covered].sum()  # what is published in the first month is seen from the second
    assert abs(away.sum() - expected) < 4 * np.sqrt(expected)
    assert_sound(model)


def test_only_what_acts_at_the_border_reaches_them() -> None:
    model = CreditRegime(small("joint_2016", **HARSH, **REACH))
    firms, abroad = model.world.firms, _abroad(model.world)
    reached = np.zeros(len(Lever))
    for _ in range(24):
        model.step()
        reached += (firms.levers[:, abroad.rows] != 0).sum(axis=1)
        assert not firms.fines[abroad.rows].any()
        assert not firms.inspected[:, abroad.rows].any()
        assert not firms.levers[:, abroad.rows[~abroad.covered]].any()
    assert reached[Lever.PUBLICATION] > 0
    assert reached[Lever.CUSTOMS_DELAY] > 0
    assert not np.delete(reached, [Lever.PUBLICATION, Lever.CUSTOMS_DELAY]).any()
    without = CreditRegime(small("joint_2016", **HARSH, **REACH, **{"overseas.consequences": ["links"]})).run_model()
    assert not without.world.firms.levers[:, _abroad(without.world).rows].any()


def test_customs_delay_holds_up_all_that_they_deliver() -> None:
    model = CreditRegime(small("joint_2016", **FIRMS, **REACH))
    firms = model.world.firms
    firms.levers[Lever.CUSTOMS_DELAY] = 0.2
    capacity = model.spec.trade.capacity(model.world)
    np.testing.assert_allclose(capacity[firms.overseas], 1.3 * 0.8, rtol=1e-5)
    assert (capacity[~firms.overseas] > 1.3 * 0.8).any()


@pytest.mark.parametrize("links", [True, False])
def test_buyers_drop_the_listed_where_links_are_a_consequence(links: bool) -> None:
    consequences = ["publication", "links"] if links else ["publication"]
    changes = HARSH | REACH | {"overseas.consequences": consequences, "partners.review": 1.0, "months": 36}
    model = CreditRegime(small("joint_2016", **changes)).run_model()
    series = model.series.monthly()
    assert series.overseas_listed.max() > 0
    assert (series.overseas_links_dropped.sum() > 0) == links


def test_conduct_abroad_reaches_affiliates_at_home_through_the_group() -> None:
    group = {
        "spillover.group": {"kind": "linear", "strength": 1.0, "direction": "both"},
        "population.branch_share": 0.5,
    }
    still = {"exit": {"kind": "none"}, "spillover.partner": {"kind": "none"}, "spillover.person": {"kind": "none"}}
    model = CreditRegime(small("joint_2016", **FIRMS, **REACH, **group, **still))
    world, firms = model.world, model.world.firms
    world.open_month()
    abroad = _abroad(world)
    branch = abroad.covered & (firms.group[abroad.rows] != abroad.rows) & ~firms.overseas[firms.group[abroad.rows]]
    dark = ~abroad.covered & (firms.group[abroad.rows] != abroad.rows) & ~firms.overseas[firms.group[abroad.rows]]
    hit = abroad.rows[branch | dark]
    firms.live[2, 0, hit] = 3
    model.spec.rating.rate(world)
    model.spec.spillover.associate(world, model.spec.rating, model.spec.lists, np.zeros(world.rows, np.bool_))
    lower = firms.score[0] < firms.own_score[0]
    parents = np.unique(firms.group[abroad.rows[branch]])
    assert lower[parents].all()
    unaffected = np.setdiff1d(firms.group[abroad.rows[dark]], parents)
    assert len(unaffected)
    assert not lower[unaffected].any()


# Foreign-trade credit


def _trade_credit(**changes: Any) -> CreditRegime:
    reach = REACH | {"overseas.coverage": 1.0, "overseas.trade_credit": 0.4}
    return CreditRegime(small("joint_2016", **FIRMS, **reach, **changes))


def test_standing_of_partners_delays_or_speeds_up_trade() -> None:
    delays = []
    for grade in (0, 3):
        model = _trade_credit()
        world, firms, spec = model.world, model.world.firms, model.spec
        firms.grade[:, firms.overseas] = grade
        firms.levers[:] = 0
        spec.overseas.clear_customs(world)
        delays.append(firms.levers[Lever.CUSTOMS_DELAY].copy())
    home = ~firms.overseas
    ones = np.ones(world.rows, np.float32)
    bought = world.network.from_suppliers(firms.overseas.astype(np.float32)) / world.network.from_suppliers(ones)
    orders = firms.size * firms.overseas
    sold = world.network.from_buyers(orders) / np.maximum(world.network.from_buyers(firms.size), 1e-30)
    share = np.nan_to_num(bought) / 2 + sold / 2
    np.testing.assert_allclose(delays[0][home], 0.4 * share[home], atol=1e-5)
    np.testing.assert_allclose(delays[1], -delays[0], atol=1e-6)
    assert not delays[0][firms.overseas].any()
    assert delays[0].max() > 0.01


def test_buyers_drop_the_worst_trade_credit() -> None:
    model = _trade_credit()
    world, firms = model.world, model.world.firms
    rows = np.flatnonzero(firms.overseas)
    firms.grade[:, rows[:3]] = 0
    shunned = model.spec.overseas.shunned(world, np.zeros(world.rows, np.bool_))
    np.testing.assert_array_equal(np.flatnonzero(shunned), rows[:3])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (REACH, "overseas.kind: 'extraterritorial' needs firms overseas; population.overseas is 0"),
        (FIRMS | REACH | {"overseas.trade_credit": 0.1, "overseas.trade_agency": "custom"}, "did you mean 'customs'?"),
        ({"overseas": {"kind": "all"}}, "overseas: unknown kind 'all'; allowed: extraterritorial, none"),
    ],
)
def test_wrong_values_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        small("joint_2016", **changes)
    assert said in str(caught.value)


def test_a_rule_needs_records_a_rating_and_firms() -> None:
    with pytest.raises(ScenarioError, match="needs records"):
        small("none", **FIRMS, **REACH)
    spec = small("joint_2016", **FIRMS, **REACH)
    with pytest.raises(ScenarioError, match="the population has none"):
        CreditRegime(spec, economy=Generated(firms=60).build(1))


def test_reach_can_be_enacted_again() -> None:
    model = CreditRegime(small("joint_2016", **FIRMS, **REACH))
    world, abroad = model.world, _abroad(model.world)
    hazard, covered = abroad.hazard.copy(), abroad.covered.copy()
    assert hazard.all()
    assert covered.any()
    small("joint_2016", **FIRMS).overseas.enact(world)
    assert not abroad.covered.any()
    model.spec.overseas.enact(world)
    np.testing.assert_array_equal(abroad.covered, covered)
    np.testing.assert_array_equal(abroad.hazard, hazard)
    assert not world.firms.hazard[:, abroad.rows].any()
