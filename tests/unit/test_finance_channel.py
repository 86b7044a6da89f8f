"""Finance as what brings an exit about: dear credit, output without funds, claims on buyers that failed."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime import CreditRegime
from creditregime.codes import Attribution, Event, Lever
from creditregime.market.exit import LOSSES
from creditregime.world import World
from tests.helpers import bare, prepared, run, small
from tests.unit.test_trade_credit import owing

Array = Any


def interest(world: World, **finance: Any) -> Array:
    """Let firms pay interest once; return what it cost beyond the base rate for the file, (N,)."""
    spec = small(**{f"finance.{key}": value for key, value in finance.items()})
    spec.finance.interest(world, np.zeros(world.rows, np.float32))  # type: ignore[attr-defined]
    return world.firms.finance_cost.copy()


def test_a_bad_file_costs_its_spread_and_a_measure_costs_nothing_here() -> None:
    world = prepared(small())
    world.firms.distress[::2] = 0.5
    found = interest(world)
    np.testing.assert_allclose(found[::2], 0.03 * 0.5 * 2 / 12, rtol=1e-5)
    assert not found[1::2].any()
    world.firms.levers[Lever.CREDIT_SPREAD, :] = 0.05
    np.testing.assert_array_equal(interest(world), found)


def test_a_low_grade_costs_what_the_merged_file_asks_for_it() -> None:
    world = prepared(small())
    world.firms.grade[0] = world.law.best
    world.firms.grade[0, :30] = 0
    found = interest(world, file="merged")
    np.testing.assert_allclose(found[:30], 0.03 * 2 / 12, rtol=1e-5)
    assert not found[30:].any()


def test_interest_that_is_not_paid_costs_nothing() -> None:
    world = prepared(small())
    world.firms.distress[:], world.firms.equity[:] = 0.5, 0
    assert not interest(world, missed_interest=True).any()
    world.firms.distress[:], world.firms.levers[Lever.CREDIT_SPREAD] = 0.5, -0.06  # a reward that leaves 0.005
    np.testing.assert_allclose(interest(world), 0.005 * 2 / 12, rtol=1e-4)


FLAT = {"finance": {"kind": "accounts", "shock": 0.0}, "trade": {"kind": "generalised_leontief"}}


def funded(**finance: Any) -> CreditRegime:
    """Return a model in which funds bind and nothing else does."""
    return CreditRegime(bare(1, **FLAT | {"finance": FLAT["finance"] | {"file_spread": 0.0} | finance}, months=60))


def test_output_without_funds_is_lost_to_finance() -> None:
    model = funded(working_capital=4.0, own_funds=0.0, rationed={"private": 0.75, "state": 0.75, "foreign": 0.75})
    world, firms = model.world, model.world.firms
    world.network.stock[:] = 100.0
    for _ in range(3):
        model.step()
    wanted = np.minimum(np.minimum(firms.demand, firms.inputs), 1)
    margin = float(world.law.margins.contribution[0])
    np.testing.assert_allclose(firms.finance_cost, margin * np.maximum(wanted - firms.funded[0], 0), rtol=1e-4)
    assert (firms.finance_cost > 0.02).mean() > 0.5
    assert not funded().world.firms.finance_cost.any()


def test_output_that_nobody_orders_is_not_lost_to_finance() -> None:
    model = funded(working_capital=4.0, own_funds=0.0)
    firms = model.world.firms
    firms.demand[:], firms.inputs[:] = 0.4, 1.0
    firms.funded[0] = 0.5
    assert not model.spec.finance.unfunded(model.world).any()  # type: ignore[attr-defined]
    firms.demand[:10] = 0.7
    np.testing.assert_allclose(model.spec.finance.unfunded(model.world)[:10], 0.2, rtol=1e-5)  # type: ignore[attr-defined]


def test_claims_on_a_buyer_that_failed_are_remembered_as_one_months_cost() -> None:
    world, finance = owing()
    firms = world.firms
    owed = finance.owed(world)
    claims = float(firms.debt[2]) + float(owed[world.network.links_of(np.array([2]))].sum())
    firms.equity[2] = -claims
    before = firms.equity.copy()
    finance.share_losses(world, np.array([2]))
    others = np.arange(world.rows) != 2
    lost = (before - firms.equity)[others] / firms.size[others]
    assert (lost > 0).any()
    np.testing.assert_allclose(firms.loss_finance[others], lost / 12, rtol=1e-4, atol=1e-9)


def test_dear_files_bring_exits_about_and_the_default_one_does_not() -> None:
    """The spread of the worst file is 0.5% of revenue by default, below the floor of attribution."""
    default = run(small(**{"finance.shock": 0.3, "months": 48}))
    dear = run(small(**{"finance.shock": 0.3, "finance.file_spread": 0.6, "months": 48}))
    exits = [model.world.events["other"][model.world.events["kind"] == Event.EXITED] for model in (default, dear)]
    assert not (exits[0] == Attribution.FINANCE).any()
    assert (exits[1] == Attribution.FINANCE).sum() > 2
    assert dear.series.monthly().exits_by_finance.sum() == (exits[1] == Attribution.FINANCE).sum()
    row = int(dear.world.events["firm"][dear.world.events["kind"] == Event.EXITED][exits[1] == Attribution.FINANCE][0])
    assert "put down to dear or missing credit" in dear.firm(row).story()


def test_the_channel_changes_nothing_but_the_attribution() -> None:
    """What is remembered of finance acts on nobody."""
    spec = small(**{"finance.trade_credit": 2.0, "finance.shock": 0.2, "finance.file_spread": 0.3, "months": 36})
    one, other = CreditRegime(spec), CreditRegime(spec)
    for _ in range(36):
        one.step()
        other.world.firms.loss_finance[:] = 0
        other.step()
    for name in ("equity", "debt", "output", "active", "effort", *LOSSES[:-1]):
        np.testing.assert_array_equal(getattr(one.world.firms, name), getattr(other.world.firms, name), err_msg=name)
    assert one.world.firms.loss_finance.max() > other.world.firms.loss_finance.max()
