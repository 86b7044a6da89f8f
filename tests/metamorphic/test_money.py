"""Money: every payment has a payer and a payee, and what firms own changes by what they were paid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime, Scenario
from creditregime.codes import Payer
from creditregime.population.economy import combine
from tests.helpers import REGIMES, anywhere, assets, ring, small

VARIANTS: dict[str, dict[str, Any]] = {
    "turnover": {"exit.background": 0.3, "entry.rate": 0.3},
    "immediate entry": {"exit.background": 0.3, "entry.rate": 1.0},
    "no entry": {"exit.background": 0.3, "entry": {"kind": "none"}},
    "no search": {"exit.background": 0.3, "partners": {"kind": "none"}},
    "dear search": {"exit.background": 0.3, "partners.switching_cost": 20.0, "partners.success": 1.0},
    "no replacement": {"exit.background": 0.3, "trade.replaceability": "none"},
    "initial": {"exit.background": 0.3, "trade.rationing": "initial"},
    "initial, no replacement": {"exit.background": 0.3, "trade.rationing": "initial", "trade.replaceability": "none"},
    "no substitution": {"exit.background": 0.3, "trade.substitution": 0.0, "trade.headroom": 1.0},
    "no network": {"exit.background": 0.3, "trade": {"kind": "none"}},
    "insolvencies": {"finance.shock": 0.8, "finance.equity": 0.5},
    "dear repair": {"repair": {"kind": "application", "applications": 1.0, "cost": 5.0}, "lists": "short"},
    "bans": {"monitoring.share": 1.0},
    "threshold": {"behaviour": {"kind": "threshold"}},
    "all of credit": {
        "finance.file": "merged",
        "finance.working_capital": 2.0,
        "finance.rationed": {"private": 0.4, "foreign": 0.1},
        "finance.social_loans": {"excellent": 7.0, "good": 4.0},
        "finance.monitor_risk": 0.7,
        "finance.missed_interest": True,
        "finance.liquidation_cost": 0.3,
        "finance.shock": 0.4,
        "trade.trust_elasticity": 0.8,
        "exit.background": 0.3,
        "population.overseas": 0.3,
        "overseas": {"kind": "extraterritorial", "coverage": 0.7, "detection": 3.0, "trade_credit": 0.3},
    },
    "no spread": {"finance.shock": 0.0, "finance.payout": 1.0, "finance.debt": 0.0, "finance.tax_rate": 1.0},
}


def assert_conserved(model: CreditRegime, months: int) -> None:
    """Step, and compare the ledger with the balance sheets each month."""
    world, before = model.world, assets(model.world)
    for _ in range(months):
        model.step()
        net, after = world.ledger.net(), assets(world)
        scale = float(np.abs(world.ledger.flows).sum())
        np.testing.assert_allclose(net.sum(axis=1), 0, atol=1e-9 * scale)
        np.testing.assert_allclose(after - before, net[:, Payer.FIRMS], rtol=0, atol=2e-7 * scale + 1e-6)
        before = after


@pytest.mark.parametrize("regime", REGIMES)
def test_every_preset_conserves_money(regime: str) -> None:
    assert_conserved(CreditRegime(small(regime, **{"exit.background": 0.1})), 20)


@pytest.mark.parametrize("name", VARIANTS)
def test_variants_conserve_money(name: str) -> None:
    changes = dict(VARIANTS[name])
    if changes.get("lists") == "short":
        spec: Any = small("joint_2020", **{key: value for key, value in changes.items() if key != "lists"})
        changes = {f"lists.{topic}.min_months": 1 for topic in spec.lists if topic != "redlist"}
        spec = spec.changed(changes | {"monitoring.share": 0.5})
    else:
        spec = small(**changes)
    assert_conserved(CreditRegime(spec), 24)


def test_jurisdictions_conserve_money_each() -> None:
    spec = anywhere(small("fines_only", **{"exit.background": 0.2}))
    assert_conserved(CreditRegime(spec, economy=combine([ring(8), ring(5), ring(11)]), seeds=[3, 1, 2]), 24)


def test_ledger_names_payer_and_payee_of_every_flow() -> None:
    model = CreditRegime(small(**{"exit.background": 0.2, "monitoring.share": 0.5}))
    total = np.zeros((len(Payer), len(Payer)))
    for _ in range(24):
        model.step()
        total += model.world.ledger.flows[0]
    for payer, payee in (
        (Payer.HOUSEHOLDS, Payer.FIRMS),
        (Payer.FIRMS, Payer.HOUSEHOLDS),
        (Payer.STATE, Payer.FIRMS),
        (Payer.FIRMS, Payer.STATE),
        (Payer.WORLD, Payer.FIRMS),
        (Payer.FIRMS, Payer.WORLD),
        (Payer.FIRMS, Payer.BANKS),
        (Payer.FIRMS, Payer.FIRMS),
    ):
        assert total[payer, payee] > 0, (payer, payee)
    others = np.delete(np.delete(total, Payer.FIRMS, 0), Payer.FIRMS, 1)
    assert not others.any()


def test_fines_and_taxes_reach_the_state() -> None:
    quiet = {"finance.subsidy": 0.0, "finance.tax_rate": 0.0, "population.procurement": {"default": 0.0}}
    still = {"exit": {"kind": "none"}, "monitoring.share": 1.0}
    model = CreditRegime(small("fines_only", **quiet, **still))
    for _ in range(6):
        model.step()
        paid = float(model.world.firms.fines.sum(dtype=float))
        assert paid > 0
        assert model.world.ledger.net()[0, Payer.STATE] == pytest.approx(paid, rel=1e-5)


def test_losses_of_the_insolvent_fall_on_banks() -> None:
    spec = small("none", **{"finance.shock": 1.5, "finance.equity": 0.3, "exit.background": 0.0, "exit.voluntary": 0.0})
    model = CreditRegime(spec).run_model()
    series = model.series.monthly()
    assert series.exits_insolvency.sum() > 0
    assert series.bank_losses.sum() > 0
    assert series.bank_losses[series.exits_insolvency == 0].sum() == 0


def test_default_scenario_has_finance() -> None:
    assert Scenario().finance.kind == "accounts"
