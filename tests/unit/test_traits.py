"""How firms differ: patience, caution, connection; drawn at the start and anew for entrants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime, Scenario
from creditregime.codes import OWNERSHIPS
from creditregime.errors import ScenarioError
from creditregime.firms.stakes import stakes
from creditregime.population import Generated
from creditregime.population.economy import combine
from creditregime.units import present_months
from tests.helpers import assert_same, bare, run, small

SPREAD: dict[str, Any] = {
    "behaviour.traits.discount_spread": 0.8,
    "behaviour.traits.caution": 1.5,
    "behaviour.traits.caution_spread": 0.5,
    "behaviour.traits.connected": {"state": 0.9, "private": 0.2},
}
MANY = {"population.firms": 4000, "population.mean_suppliers": 1, "population.essential": "none"}


def test_by_default_all_are_alike() -> None:
    firms = CreditRegime(small()).world.firms
    assert (firms.discount == np.float32(0.10)).all()
    assert (firms.caution == 1).all()
    assert not firms.connected.any()


def test_means_and_spreads_are_as_told() -> None:
    firms = CreditRegime(bare(1, **MANY).changed(SPREAD)).world.firms
    for column, mean, spread in ((firms.discount, 0.10, 0.8), (firms.caution, 1.5, 0.5)):
        logs = np.log(column.astype(float))
        assert logs.std() == pytest.approx(spread, rel=0.05)
        assert logs.mean() == pytest.approx(np.log(mean) - spread**2 / 2, abs=4 * spread / np.sqrt(4000))
    for code, share in enumerate((0.9, 0.2, 0.0)):
        of = firms.connected[firms.ownership == code]
        assert abs(of.mean() - share) <= 4 * np.sqrt(share * (1 - share) / len(of)) + 1e-9, OWNERSHIPS[code]
    assert abs(np.corrcoef(firms.discount, firms.caution)[0, 1]) < 0.07  # drawn apart


def test_connection_by_itself_changes_nothing() -> None:
    one, other = run(small()), run(small(**{"behaviour.traits.connected": dict.fromkeys(OWNERSHIPS, 0.5)}))
    assert other.world.firms.connected.any()
    assert_same(one, other, without=["firms.connected"])


def test_entrants_draw_anew_and_the_others_keep_theirs() -> None:
    model = CreditRegime(small(**SPREAD | {"exit.background": 0.6, "months": 12}))
    names = ("discount", "caution", "connected")
    before = {name: getattr(model.world.firms, name).copy() for name in names}
    model.run_model()
    firms = model.world.firms
    new = firms.born > 0
    new &= firms.active
    assert new.sum() > 5
    for name in names:
        now = getattr(firms, name)
        np.testing.assert_array_equal(now[firms.born < 0], before[name][firms.born < 0])
        if name != "connected":
            assert (now[new] != before[name][new]).all()
    again = CreditRegime(model.spec).run_model()
    assert_same(model, again)


FINED: dict[str, Any] = {
    "topics": {"a": {"hazard": 0.5, "general": 1.0, "serious": 0.0, "fine": 1.0, "cost": 0.6}},
    "fines": {"kind": "statutory"},
    "learning": {"kind": "none", "initial": 0.5},
    "months": 1,
}
PLAIN = {"kind": "gradual", "adjustment": 1.0, "intrinsic": 0.0, "intrinsic_spread": 0.0}


def test_caution_scales_the_expected_penalty() -> None:
    rule = PLAIN | {"cost_distribution": "same", "cost_size_elasticity": 1.0, "traits": {"caution_spread": 0.4}}
    firms = run(bare(1, **FINED, behaviour=rule)).world.firms
    np.testing.assert_allclose(firms.effort[0], np.minimum(0.25 * firms.caution / 0.6, 1), rtol=1e-5)
    assert firms.effort.std() > 0.05
    bold = run(bare(1, **FINED, behaviour=rule | {"traits": {"caution": 0.0}})).world.firms
    assert (bold.effort == 0).all()


GRADED = {
    "topics": {"a": {"general": 0.0, "serious": 0.0}},
    "registry": {"kind": "database", "minor_term": 10},
    "rating": {"kind": "points", "minor": 30},
    "lists": {"black": {"topic": "a", "records": 1, "max_months": 20}},
    "measures": {
        "m": {"agency": "a", "lever": "management", "size": 0.02, "grade": "B"},
        "n": {"agency": "a", "lever": "management", "size": 0.03, "lists": ["black"]},
    },
}


def at_stake(spec: Scenario) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    world = CreditRegime(spec).world
    found = stakes(world, spec.rating, spec.lists, spec.behaviour.discounting(world))
    return found[0], world.firms.discount


def test_each_firm_discounts_what_it_may_lose_at_its_own_rate() -> None:
    spec = bare(1, **GRADED, behaviour={"kind": "none", "traits": {"discount_spread": 0.5}})
    found, discount = at_stake(spec)
    expected = [0.02 * present_months(10, float(rate)) + 0.03 * present_months(20, float(rate)) for rate in discount]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    narrow, _ = at_stake(spec.changed({"behaviour.traits.discount_spread": 1e-6}))
    same, _ = at_stake(spec.changed({"behaviour.traits.discount_spread": 0.0}))
    np.testing.assert_allclose(narrow, same, rtol=1e-5)


@pytest.mark.parametrize("rate", [0.0, 1e-9, 0.1, 5.0])
def test_present_months_of_many_are_those_of_each(rate: float) -> None:
    many = present_months(24, np.array([rate, rate], np.float32))
    np.testing.assert_allclose(many, present_months(24, float(np.float32(rate))), rtol=1e-6)


@pytest.mark.parametrize(
    ("traits", "said"),
    [
        ({"connected": {"stat": 0.5}}, r"behaviour\.traits\.connected\.stat: unknown name .* did you mean 'state'"),
        ({"connected": {"state": 1.5}}, r"behaviour\.traits\.connected\.state: 1\.5 is not allowed"),
        ({"caution": -1}, r"behaviour\.traits\.caution: -1 is not allowed"),
    ],
)
def test_wrong_traits_are_refused(traits: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        bare(1, behaviour={"kind": "none", "traits": traits})


EVERYTHING = {
    "traits": {"discount_spread": 0.5, "caution_spread": 0.5, "connected": {"state": 0.5}},
    "foresees_partners": True,
}


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "imitate", "whom": "better_earning"},
        {"kind": "forward_looking"},
        {"kind": "forward_looking", "effort": "all_or_nothing", "detection": "announced"},
    ],
)
def test_jurisdictions_side_by_side_are_those_run_alone(rule: dict[str, Any]) -> None:
    one = Generated(firms=60).build(3)
    for inspection in ({"kind": "grade", "rates": {"poor": 0.9}}, {"kind": "quota", "number": 2}):
        spec = small(behaviour=rule | EVERYTHING, inspection=inspection, **{"months": 14, "exit.background": 0.2})
        together = run(spec, combine([one, one]), [4, 5])
        for place, seed in enumerate((4, 5)):
            alone, rows = run(spec, one, [seed]), slice(60 * place, 60 * place + 60)
            for name in ("effort", "discount", "caution", "connected", "grade", "equity"):
                both = getattr(together.world.firms, name)[..., rows]
                np.testing.assert_array_equal(getattr(alone.world.firms, name), both, err_msg=name)
