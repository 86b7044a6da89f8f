"""Settlement: what moves equity, debt and the credit file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.codes import Payer
from tests.helpers import bare, small

CALM = {"finance": {"kind": "accounts", "shock": 0.0}, "trade": {"kind": "generalised_leontief"}}


def month(**finance: Any) -> CreditRegime:
    model = CreditRegime(bare(1, **CALM | {"finance": CALM["finance"] | finance}))
    model.step()
    return model


def _margin(model: CreditRegime) -> Any:
    """Return the margin of 0.1, or what inputs leave of revenue where that is less."""
    firms = model.world.firms
    return np.minimum(0.1, 1 - firms.domestic_inputs - firms.imports)


def test_profit_before_tax_is_the_margin_at_the_start() -> None:
    model = month(margin=0.1, subsidy=0.0, debt=0.0, tax_rate=0.0, payout=0.0)
    np.testing.assert_allclose(model.world.firms.profit, _margin(model) * model.world.firms.size, rtol=2e-3, atol=1e-5)


@pytest.mark.parametrize("rate", [0.0, 0.25, 1.0])
def test_tax_takes_its_share_of_profit(rate: float) -> None:
    model = month(margin=0.1, subsidy=0.0, debt=0.0, tax_rate=rate)
    expected = (1 - rate) * _margin(model) * model.world.firms.size
    np.testing.assert_allclose(model.world.firms.profit, expected, rtol=2e-3, atol=1e-5)


def test_subsidy_and_interest_move_profit() -> None:
    base = month(tax_rate=0.0, subsidy=0.0, debt=0.0).world.firms
    more = month(tax_rate=0.0, subsidy=0.02, debt=0.0).world.firms
    np.testing.assert_allclose(more.profit - base.profit, 0.02 * base.size, rtol=1e-3, atol=1e-6)
    owing = month(tax_rate=0.0, subsidy=0.0, debt=2.0, base_rate=0.06).world.firms
    np.testing.assert_allclose(base.profit - owing.profit, 0.01 * base.size, rtol=1e-3, atol=1e-6)


def test_dividends_pay_out_what_exceeds_the_mean_capital() -> None:
    finance = CALM["finance"] | {"equity": 3.0, "payout": 0.2, "margin": 0.0, "subsidy": 0.0, "debt": 0.0}
    model = CreditRegime(bare(1, **CALM | {"finance": finance}))
    world = model.world
    before = world.firms.equity.copy()
    model.step()
    target = 3.0 * world.firms.size
    expected = before + world.firms.profit - 0.2 * np.maximum(before + world.firms.profit - target, 0)
    np.testing.assert_allclose(world.firms.equity, expected, rtol=1e-5, atol=1e-6)
    assert (before > target).any()
    assert (before < target).any()


def test_debt_follows_sales() -> None:
    model = month(debt=2.0)
    np.testing.assert_allclose(model.world.firms.debt, 2 * model.world.firms.size * model.world.firms.output, rtol=1e-5)


def test_distress_enters_the_financial_file_and_costs_a_spread() -> None:
    model = CreditRegime(bare(1, **CALM))
    world = model.world
    world.firms.equity[:30] = 0.1 * world.firms.size[:30]
    world.firms.equity[30:] = 2 * world.firms.size[30:]
    paid = []
    for _ in range(2):
        model.step()
        paid.append(world.ledger.flows[0, Payer.FIRMS, Payer.BANKS])
    assert (world.firms.distress[:30] > 0).all()
    assert not world.firms.distress[30:].any()
    assert paid[1] > paid[0]


def test_fixed_wages_burden_firms_that_sell_less() -> None:
    losses = []
    for fixed in (0.0, 1.0):
        spec = bare(1, **CALM | {"finance": CALM["finance"] | {"fixed_wages": fixed}}, months=4)
        model = CreditRegime(spec)
        model.world.firms.active[::2] = False
        model.run_model()
        losses.append(float(model.world.firms.profit[1::2].sum()))
    assert losses[1] < losses[0]


def test_shocks_are_drawn_from_the_normal_distribution() -> None:
    calm, rough = month(tax_rate=0.0), month(tax_rate=0.0, shock=0.2)
    shocks = (calm.world.firms.profit - rough.world.firms.profit) / calm.world.firms.size
    assert abs(shocks.mean()) < 4 * 0.2 / np.sqrt(60)
    assert 0.13 < shocks.std() < 0.27


def test_without_finance_money_is_not_followed() -> None:
    model = CreditRegime(bare(1, trade={"kind": "generalised_leontief"})).run_model()
    assert not model.world.firms.equity.any()
    assert not model.world.ledger.flows.any()


def test_switching_costs_are_paid() -> None:
    quiet = {"exit.insolvency": False, "exit.voluntary": 0.0, "entry": {"kind": "none"}, "months": 30}
    spec = small("none", **quiet, **{"partners.success": 1.0, "exit.background": 0.3, "finance.payout": 0.0})
    free, dear = (CreditRegime(spec.changed({"partners.switching_cost": cost})).run_model() for cost in (0.0, 3.0))
    assert free.series.monthly().links_found.sum() > 0
    assert dear.world.firms.equity.sum() < free.world.firms.equity.sum()
    assert (dear.world.firms.equity <= free.world.firms.equity + 1e-6).all()
