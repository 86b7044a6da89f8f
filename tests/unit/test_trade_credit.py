"""Trade credit: who lets whom owe how much, what that does to loans, and who bears a failure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.errors import ScenarioError
from creditregime.market.accounts import Accounts
from creditregime.world import World
from tests.helpers import assets, links, prepared, run, small


def owing(**changes: Any) -> tuple[World, Accounts]:
    """Return a world of four grades in which suppliers lend two months of purchases, and its finance."""
    spec = small("joint_2016", **{"finance.trade_credit": 2.0, "finance.grade_worth": 12.0} | changes)
    finance = spec.finance
    assert isinstance(finance, Accounts)
    return prepared(spec), finance


def test_the_grade_stands_in_for_trade_that_there_has_not_been() -> None:
    world, finance = owing(**{"finance.trade_before": 24.0})
    network = world.network
    world.month = 36
    network.since[:] = np.resize([-1, 0, 24, 36], len(network.since))
    buyer = network.buyers_of(np.arange(len(network.since)))
    world.firms.grade[0] = np.arange(60) % 4
    months = np.select([network.since == -1, network.since == 0, network.since == 24], [60, 36, 12], 0)
    expected = (12 * (buyer % 4) / 3 + months) / (12 + months)
    np.testing.assert_allclose(finance.trust(world), expected, rtol=1e-5)


@pytest.mark.parametrize(("regime", "changes"), [("joint_2016", {"rating.opt_out": 1.0}), ("fines_only", {})])
def test_who_has_no_grade_is_a_stranger(regime: str, changes: dict[str, Any]) -> None:
    spec = small(regime, **{"finance.trade_credit": 1.0, "finance.stranger": 0.3} | changes)
    assert isinstance(spec.finance, Accounts)
    np.testing.assert_allclose(spec.finance.standing(prepared(spec)), 0.3)


def test_who_has_neither_grade_nor_history_is_a_stranger() -> None:
    world, finance = owing(**{"finance.grade_worth": 0.0, "finance.trade_before": 0.0, "finance.stranger": 0.4})
    np.testing.assert_allclose(finance.trust(world), 0.4)
    world.month = 1
    np.testing.assert_allclose(finance.trust(world), 1)


def test_what_some_owe_others_are_owed_and_banks_lend_as_much_less() -> None:
    world, finance = owing()
    world.firms.output[:] = 1
    balance = finance.balance(world)
    assert balance.sum() == pytest.approx(0, abs=1e-3)
    assert world.tally["trade_credit"][0] == pytest.approx(finance.owed(world).sum(), rel=1e-5)
    without = finance.model_copy(update={"trade_credit": 0.0}).loan_target(world)
    np.testing.assert_allclose(finance.loan_target(world), np.maximum(without - balance, 0), rtol=1e-4, atol=1e-5)


def test_suppliers_and_banks_lose_the_same_share_of_what_a_broke_buyer_owes() -> None:
    economy = links(3, (0, 2), (1, 2))
    spec = small("fines_only", **{"finance.trade_credit": 1.0})
    world = CreditRegime(spec, economy=economy).world
    firms, finance = world.firms, spec.finance
    assert isinstance(finance, Accounts)
    world.open_month()
    owed = finance.owed(world)
    firms.debt[2] = owed.sum()
    firms.equity[2] = -owed.sum()  # half of all claims cannot be paid
    before, held = firms.equity[:2].copy(), assets(world)
    finance.share_losses(world, np.array([2]))
    np.testing.assert_allclose(before - firms.equity[:2], owed / 2, rtol=1e-5)
    assert firms.equity[2] == pytest.approx(-owed.sum() / 2, rel=1e-5)
    np.testing.assert_allclose(assets(world), held, rtol=1e-5)
    assert world.tally["trade_credit_lost"][0] == pytest.approx(owed.sum() / 2, rel=1e-5)


def test_a_solvent_firm_that_leaves_costs_its_suppliers_nothing() -> None:
    world, finance = owing()
    before = world.firms.equity.copy()
    finance.share_losses(world, np.arange(10))
    np.testing.assert_array_equal(world.firms.equity, before)


def test_money_is_conserved_while_buyers_fail() -> None:
    spec = small(**{"finance.trade_credit": 3.0, "finance.shock": 0.3, "months": 36})
    model = CreditRegime(spec)
    for _ in range(spec.months):
        before = assets(model.world)
        model.step()
        net = model.world.ledger.net()
        np.testing.assert_allclose(net.sum(axis=1), 0, atol=1e-5)
        np.testing.assert_allclose(assets(model.world) - before, net[:, 0], rtol=1e-3, atol=1e-3)
    assert model.series.monthly().trade_credit_lost.sum() > 0


def test_without_trade_credit_nothing_of_it_acts() -> None:
    plain, set_up = (run(small(**changes)) for changes in ({}, {"finance.grade_worth": 99.0, "finance.stranger": 0.0}))
    np.testing.assert_array_equal(plain.world.firms.equity, set_up.world.firms.equity)
    assert not plain.series.monthly().trade_credit.any()


def test_a_better_grade_is_worth_the_interest_that_it_saves() -> None:
    world, _ = owing()
    plain = prepared(small())
    saved = plain.law.grade_cost - world.law.grade_cost
    bought = float((plain.firms.domestic_inputs * plain.firms.size).sum() / plain.firms.size.sum())
    expected = 2.0 * bought * 12 / (12 + 36) * 0.05 / 12 * np.array([0, 1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(saved[0, 0], expected, atol=1e-6)


def test_trade_credit_without_trade_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"finance\.trade_credit: trade credit needs partners who trade"):
        small("fines_only", **{"finance.trade_credit": 1.0, "trade": {"kind": "none"}})
