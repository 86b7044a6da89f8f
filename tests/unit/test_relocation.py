"""Relocation: who moves, what it costs, what stays behind, and who leaves the country."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.codes import OWNERSHIPS, Event, ExitCause
from creditregime.errors import ScenarioError
from creditregime.market.relocation import Comparing, mean_costs
from creditregime.units import monthly, present_months
from creditregime.world import World
from tests.helpers import assert_sound, bare, prepared, run, small

HARSH = {"there": {"regions": ["region_1"], "fines": {"scale": 12}}}
SURE = 1 - 1e-12  # a year: everybody considers it every month


def costly(cost: list[float], **changes: Any) -> World:
    """Return a world in which the firms of each region bear the given regulatory cost."""
    world = prepared(bare(1, **{"population.firms": 400} | changes))
    world.firms.regulatory_cost[:] = np.array(cost, np.float32)[world.firms.region]
    return world


def relocate(world: World, **settings: Any) -> Comparing:
    rule = Comparing(**{"moves": 0.99} | settings)
    cost = world.firms.regulatory_cost * world.firms.size  # so that the smoothed cost stays as it is
    rule.relocate(world, cost, None)
    return rule


def test_nobody_moves_where_regions_are_equal() -> None:
    world = costly([0.1, 0.1, 0.1, 0.1])
    relocate(world, moving_cost=0.0)
    assert "relocations" not in world.tally


def test_firms_move_where_the_saving_exceeds_the_cost_of_moving() -> None:
    cost = [0.02, 0.02, 0.02, 0.01]
    world = costly(cost)
    before = world.firms.region.copy()
    saving = 0.01 * present_months(60, 0.10)
    relocate(world, moving_cost=saving * 1.001)
    assert (world.firms.region == before).all()
    relocate(world, moving_cost=saving * 0.999)
    moved = np.flatnonzero(world.firms.region != before)
    assert len(moved)
    assert (world.firms.region[moved] == 3).all()
    assert (before[moved] < 3).all()
    assert world.tally["relocations"].tolist() == [len(moved)]
    log = world.events
    assert log["firm"][log["kind"] == Event.MOVED].tolist() == moved.tolist()
    assert log["detail"][log["kind"] == Event.MOVED].tolist() == before[moved].tolist()
    paid = np.zeros(400, np.float32)
    paid[moved] = np.float32(saving * 0.999) * world.firms.size[moved]
    np.testing.assert_allclose(world.firms.costs, paid, rtol=1e-6)


def test_the_chance_and_the_target_are_drawn_evenly() -> None:
    world = costly([1.0, 0.0, 0.0, 0.0], **{"population.firms": 20_000})
    before = world.firms.region.copy()
    world.firms.regulatory_cost[:] = np.float32(1) * (before == 0)
    relocate(world, moves=0.9, moving_cost=0.0)
    there = world.firms.region[before == 0]
    assert (world.firms.region[before > 0] == before[before > 0]).all()
    share = np.bincount(there, minlength=4) / len(there)
    assert share[0] == pytest.approx(1 - monthly(0.9), abs=0.02)
    np.testing.assert_allclose(share[1:], monthly(0.9) / 3, atol=0.015)


def test_a_firm_expects_to_cost_there_what_it_costs_here_relative_to_the_mean() -> None:
    world = costly([0.03, 0.03, 0.03, 0.03])
    firms = world.firms
    firms.regulatory_cost[:] *= np.float32(0.5) + world.draws.uniform("test", 0)
    means = mean_costs(world)[0]
    for region in range(4):
        assert means[region] == pytest.approx(firms.regulatory_cost[firms.region == region].mean(), rel=1e-5)
    before, own = firms.region.copy(), firms.regulatory_cost.copy()
    relocate(world, moving_cost=0.01)
    moved = np.flatnonzero(firms.region != before)
    gain = own[moved] * (1 - means[firms.region[moved]] / means[before[moved]]) * present_months(60, 0.10)
    assert len(moved)
    assert (gain > 0.01 * 0.999).all()


def test_the_cost_of_regulation_is_smoothed_over_a_year() -> None:
    world = prepared(bare(1))
    firms = world.firms
    firms.fines[:], firms.sanction_cost[:], firms.associated_cost[:] = 2 * firms.size, 0.5, 0.25
    Comparing(moves=0.0).relocate(world, 3 * firms.size, 4 * firms.size)
    np.testing.assert_allclose(firms.regulatory_cost, (2 + 0.5 + 0.25 + 3 + 4) / 12, rtol=1e-5)


def test_money_is_conserved_and_firms_leave_the_harsh_region() -> None:
    spec = small(**{"population.firms": 200, "months": 30, "relocation": {"kind": "comparing", "moves": 0.6}})
    model = CreditRegime(spec.changed({"pilots": HARSH}))
    start = np.bincount(model.world.firms.region, minlength=4)
    for _ in range(30):
        model.step()
        assert_sound(model)
    frame = model.series.monthly()
    assert frame.relocations.sum() > 0
    assert np.bincount(model.world.firms.region, minlength=4)[0] < start[0]
    log = model.world.events
    moved = log["firm"][log["kind"] == Event.MOVED]
    assert len(moved) == frame.relocations.sum()
    story = model.firm(int(moved[-1])).story()
    assert "it moved from" in story
    assert model.firm(int(moved[-1])).region == model.world.economy.regions[model.world.firms.region[moved[-1]]]


def test_a_firm_that_moves_is_under_the_regulator_and_rules_there() -> None:
    spec = bare(1, **{"inspection": {"kind": "quota", "number": 400, "level": "regional"}, "population.firms": 400})
    spec = spec.changed({"pilots": {"there": {"regions": ["region_1"], "inspection": {"number": 0}}}})
    model = CreditRegime(spec)
    model.step()
    before = model.world.firms.inspected[0].copy()
    assert before.tolist() == (model.world.firms.region > 0).tolist()
    model.world.firms.region[:] = (model.world.firms.region + 1) % 4
    model.step()
    assert model.world.firms.inspected[0].tolist() == (model.world.firms.region > 0).tolist()
    counts = np.bincount(model.world.firms.region, minlength=4)
    first = np.roll(counts, -1)
    assert model.world.regulators.inspections.tolist() == [0, *(counts + first)[1:].tolist()]


def test_records_stay_behind_where_registries_are_regional() -> None:
    def rated(follow: bool) -> World:
        world = (
            CreditRegime(small(**{"population.firms": 200, "months": 24, "monitoring.share": 0.8})).run_model().world
        )
        world.open_month()
        firms = world.firms
        firms.regulatory_cost[:] = np.array([1, 0, 0, 0], np.float32)[firms.region]
        world.law.regional = not follow
        world.month -= 1  # moves are made before the month ends
        rule = Comparing(moves=0.99, moving_cost=0.0)
        rule.relocate(world, firms.regulatory_cost * firms.size, None)
        return world

    stay, follow = rated(False), rated(True)
    log = stay.events
    moved = log["firm"][log["kind"] == Event.MOVED]
    assert follow.firms.live[:, :, moved].any()
    assert not stay.firms.live[:, :, moved].any()
    others = np.setdiff1d(np.arange(200), moved)
    np.testing.assert_array_equal(stay.firms.live[..., others], follow.firms.live[..., others])
    kept = np.isin(stay.records["firm"], moved) & (stay.records["expiry"] > stay.month)
    kept &= stay.records["month"] >= stay.firms.born[stay.records["firm"]]
    assert (stay.records["withdrawn"][kept] >= 0).all()


def test_foreign_and_large_private_firms_leave_the_country() -> None:
    world = costly([0.05] * 4, **{"population.foreign_share": 0.3, "population.state_share": 0.3})
    firms = world.firms
    gain = 0.04 * present_months(60, 0.10)
    settings = {"moves": 0.0, "abroad": 0.9999999999, "abroad_burden": 0.01}
    relocate(world, **settings, abroad_cost=gain * 1.001)
    assert not len(world.emigrants)
    relocate(world, **settings, abroad_cost=gain * 0.999, mobile_size=1.0)
    foreign = firms.ownership == OWNERSHIPS.index("foreign")
    large = (firms.ownership == OWNERSHIPS.index("private")) & (firms.size >= 1)
    allowed = foreign | large
    assert allowed[world.emigrants].all()
    assert foreign[world.emigrants].any()
    assert large[world.emigrants].any()
    assert len(world.emigrants) == pytest.approx(allowed.sum() * monthly(0.9999999999), rel=0.1)


def test_leaving_the_country_is_a_cause_of_exit() -> None:
    rule = {"kind": "comparing", "moves": 0, "abroad": 0.9, "abroad_burden": 0, "abroad_cost": 0.01}
    spec = small(**{"population.foreign_share": 0.4, "population.firms": 200, "relocation": rule})
    model = run(spec)
    frame = model.series.monthly()
    assert frame.exits_relocated.sum() > 0
    causes = [name for name in frame if name in {f"exits_{cause.name.lower()}" for cause in ExitCause if cause}]
    assert frame[causes].sum(axis=1).tolist() == frame.exits.tolist()
    log = model.world.events
    left = log["firm"][(log["kind"] == Event.EXITED) & (log["detail"] == ExitCause.RELOCATED)]
    assert (model.world.firms.ownership[left] == OWNERSHIPS.index("foreign")).all()
    assert "moved abroad" in model.firm(int(left[0])).story()
    assert_sound(model)


def test_leaving_needs_an_exit_rule() -> None:
    with pytest.raises(ScenarioError, match=r"relocation\.abroad: .*exit\.kind is none"):
        bare(1, relocation={"kind": "comparing", "abroad": 0.1})
