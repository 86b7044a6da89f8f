"""Related matters, the law's cap, loan volume, demand that rewards move, and redlists at stake."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime, Scenario
from creditregime.codes import Lever, Standing
from creditregime.errors import ScenarioError
from creditregime.firms.stakes import stakes
from creditregime.regime.levers import PRIVATE_PREMIUM
from creditregime.units import present_months
from tests.helpers import assert_same, assert_sound, bare, differences, levers, prepared, run, small, state
from tests.unit.test_measures import LISTED, acted, ban, management, under


def memorandum(**changes: Any) -> dict[str, Any]:
    return {"kind": "memorandum", "strength": 1.0} | changes


MEASURES = {"ma": ban("a"), "mb": ban("b", size=0.01), "mc": ban("c", size=1.0)}


def related(table: dict[str, Any], **changes: Any) -> Scenario:
    joint = memorandum(scope="related", related=table)
    return bare(3, **LISTED | changes, measures=MEASURES, joint_punishment=joint)


def test_only_related_agencies_act_on_anothers_list() -> None:
    alone = acted(related({}), la=[0], lb=[1], lc=[2])
    np.testing.assert_allclose(management(alone)[:3], [0.1, 0.01, 1.0])
    assert alone.tally["joint_sanctions"].sum() == 0
    helped = acted(related({"a": ["b"]}), la=[0, 3], lb=[1, 3], lc=[2])
    np.testing.assert_allclose(management(helped)[:4], [0.11, 0.01, 1.0, 0.11], rtol=1e-6)
    everybody = {name: [*"abc"] for name in "abc"}
    unlimited = bare(3, **LISTED, measures=MEASURES, joint_punishment=memorandum())
    for spec in (related(everybody), unlimited):
        np.testing.assert_allclose(management(acted(spec, la=[0], lb=[1]))[:2], [1.11, 1.11], rtol=1e-6)


def test_a_general_list_is_related_to_all() -> None:
    spec = related({}, lists=LISTED["lists"] | {"all": {"topic": "general"}})
    np.testing.assert_allclose(management(acted(spec, all=[0], la=[1]))[:2], [1.11, 0.1], rtol=1e-6)


def test_an_agencys_own_field_is_related_to_itself() -> None:
    spec = related({}, lists=LISTED["lists"] | {"second": {"topic": "a"}})
    np.testing.assert_allclose(management(acted(spec, second=[0]))[:2], [0.1, 0])


def test_firms_price_only_related_measures() -> None:
    few, more = (CreditRegime(related(table)).world.law.list_cost[0] for table in ({}, {"a": ["c"]}))
    np.testing.assert_allclose(few[:3], [0.1, 0.01, 1.0])
    np.testing.assert_allclose(more[:3], [1.1, 0.01, 1.0])


def test_what_is_added_jointly_stays_within_the_law() -> None:
    measures = {"a1": ban("a", size=0.3), "b1": ban("b", size=0.5), "c1": ban("c", size=0.4), "c2": ban("c", size=0.1)}
    for within, expected in ((False, [1.3, 1.3, 1.3]), (True, [0.5, 0.5, 0.5])):
        spec = bare(3, **LISTED, measures=measures, joint_punishment=memorandum(within_law=within))
        world = acted(spec, la=[0], lb=[1], lc=[2])
        np.testing.assert_allclose(management(world)[:3], expected, rtol=1e-6)
        np.testing.assert_allclose(world.firms.sanction_cost[:3], expected, rtol=1e-6)


def test_what_an_agency_does_alone_is_not_cut() -> None:
    measures = {"a1": ban("a", size=0.3), "a2": ban("a", size=0.4), "b1": ban("b", size=0.2)}
    spec = bare(3, **LISTED, measures=measures, joint_punishment=memorandum(within_law=True))
    world = acted(spec, la=[0], lb=[1])
    np.testing.assert_allclose(management(world)[:2], [0.7, 0.4], rtol=1e-6)
    assert world.tally["joint_sanctions"].sum() == 1  # a1 in part; nothing was left for a2 and for b1


def test_withheld_loans_are_repaid_and_replaced_at_a_higher_price() -> None:
    free, hit = under("credit_volume", 0.4)
    firms = hit.world.firms
    np.testing.assert_allclose(firms.debt, 0.6 * firms.size * firms.output * hit.spec.finance.debt, rtol=1e-5)
    assert (firms.profit < free.world.firms.profit).all()
    world = prepared(hit.spec)
    levers(world, credit_volume=0.4)
    paid = hit.spec.finance.private_interest(world)  # type: ignore[attr-defined]
    wanted = world.firms.size * world.firms.output * hit.spec.finance.debt  # type: ignore[attr-defined]
    np.testing.assert_allclose(paid, 0.4 * wanted * (0.05 + PRIVATE_PREMIUM) / 12, rtol=1e-5)


def test_rewards_move_demand_and_make_none() -> None:
    world = prepared(small("none"))
    before = [values.copy() for values in small("none").trade.final_demand(world)]
    levers(world, publication=0.0, procurement=0.0)
    world.firms.levers[[Lever.PUBLICATION, Lever.PROCUREMENT], :30] = -0.5
    after = small("none").trade.final_demand(world)
    for one, other in zip(before[:2], after[:2], strict=True):
        np.testing.assert_allclose(world.by_market(one), world.by_market(other), rtol=1e-5)
        mixed = np.flatnonzero(one > 0)
        assert (other[mixed[mixed >= 30]] <= one[mixed[mixed >= 30]] + 1e-6).all()
        assert (other[mixed[mixed < 30]] >= one[mixed[mixed < 30]] - 1e-6).all()
        assert not np.allclose(one, other)
    np.testing.assert_array_equal(before[2], after[2])


@pytest.mark.parametrize("at_stake", [False, True])
def test_a_place_on_the_redlist_may_be_at_stake(at_stake: bool) -> None:
    rewards = {"r": {"agency": "a", "lever": "subsidy", "size": 0.02, "lists": ["red"]}}
    red = {"topic": "a", "colour": "red", "clean_months": 24, "at_stake": at_stake}
    spec = bare(2, registry={"kind": "database"}, lists={"red": red}, rewards=rewards, **{"learning.kind": "none"})
    world = CreditRegime(spec).world
    world.firms.listing[0, :20] = Standing.OWN
    values = stakes(world, spec.rating, spec.lists, 0.1)
    expected = 0.02 * present_months(24, 0.1) if at_stake else 0.0
    np.testing.assert_allclose(values[:, :20], expected, rtol=1e-5)
    assert not values[:, 20:].any()


def test_every_catalogued_measure_names_its_basis_and_standing() -> None:
    spec = small("documented_lists")
    for rule in (*spec.measures.values(), *spec.rewards.values()):
        assert rule.basis
        assert rule.standing in ("real", "partly")
    unverified = {rule.standing for name, rule in small("sustainability").measures.items() if "sustain" in rule.agency}
    assert unverified == {"unverified"}


@pytest.mark.parametrize("regime", ["documented_lists", "sustainability"])
def test_new_presets_are_sound(regime: str) -> None:
    changes = {"inspection.rate": 0.6, "population.firms": 200, "months": 30}
    assert_sound(run(small(regime, **changes)))


def test_unknown_topics_of_the_table_are_refused() -> None:
    with pytest.raises(ScenarioError, match=r"joint_punishment\.related\.a: unknown name 'x'"):
        related({"a": ["x"]})


@pytest.mark.parametrize("regime", ["joint_2016", "pilots_2014", "documented_lists"])
def test_the_scale_is_the_size_of_every_measure_and_reward(regime: str) -> None:
    spec = small(regime)
    factors = {"measures": 2.0, "rewards": 0.5}
    byhand = {
        f"{key}.{name}.size": rule.size * factor
        for key, factor in factors.items()
        for name, rule in getattr(spec, key).items()
    }
    for name, pilot in spec.pilots.items():
        for key, factor in factors.items():
            byhand |= {f"pilots.{name}.{key}.{n}.size": r["size"] * factor for n, r in getattr(pilot, key).items()}
    scaled, sized = (run(spec.changed(changes)) for changes in ({"scale": factors}, byhand))
    assert_same(scaled, sized)
    assert differences(state(scaled), state(run(spec)))


def test_the_scale_can_change_with_a_phase() -> None:
    phase = [{"month": 12, "changes": {"scale.measures": 3.0}}]
    early, late = (run(small("joint_2016", phases=phase, months=months)) for months in (12, 24))
    assert_same(early, run(small("joint_2016", months=12)))
    assert differences(state(late), state(run(small("joint_2016"))))
    assert late.catalogue.items[0][0].size == 3 * late.spec.measures["tax_checks"].size
