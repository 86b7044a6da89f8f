"""Exit: causes, their probabilities, and what they are attributed to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.codes import OWNERSHIPS, Attribution, Event, ExitCause, Lever
from creditregime.errors import ScenarioError
from creditregime.state import NEVER
from creditregime.units import monthly
from creditregime.world import World
from tests.helpers import bare

QUIET = {"kind": "standard", "background": 0.0, "voluntary": 0.0, "insolvency": False, "revocation": False}
MANY = {"population.firms": 2000, "population.essential": "none", "population.mean_suppliers": 2}


def world_of(exit_rule: dict[str, Any], **changes: Any) -> tuple[World, CreditRegime]:
    model = CreditRegime(bare(1, **{"exit": QUIET | exit_rule} | changes))
    model.world.open_month()
    return model.world, model


def leave(model: CreditRegime) -> dict[int, tuple[int, int]]:
    """Let firms leave; return cause and attribution by row."""
    model.spec.exit.leave(model.world, model.spec.finance)
    events = model.world.events
    gone = events["kind"] == Event.EXITED
    return {
        int(row): (int(cause), int(why))
        for row, cause, why in zip(events["firm"][gone], events["detail"][gone], events["other"][gone], strict=True)
    }


@pytest.mark.parametrize("rate", [0.1, 0.6])
def test_background_exit_is_a_probability_a_year(rate: float) -> None:
    world, model = world_of({"background": rate, "size_elasticity": 0.0}, **MANY)
    out = leave(model)
    chance = monthly(rate)
    assert abs(len(out) / 2000 - chance) <= 4 * np.sqrt(chance * (1 - chance) / 2000)
    assert set(out.values()) == {(ExitCause.BACKGROUND, Attribution.BACKGROUND)}
    assert not world.firms.active[list(out)].any()


def test_small_firms_leave_more_often() -> None:
    world, model = world_of({"background": 0.5, "size_elasticity": -1.0}, **MANY)
    out = np.isin(np.arange(2000), list(leave(model)))
    median = np.median(world.firms.size)
    assert out[world.firms.size < median].mean() > out[world.firms.size >= median].mean()


def test_firms_without_equity_are_insolvent() -> None:
    for insolvency in (False, True):
        world, model = world_of({"insolvency": insolvency}, finance={"kind": "accounts"})
        world.firms.equity[:3] = [-0.001, 0, 0.001]
        assert set(leave(model)) == ({0} if insolvency else set())


def test_foreign_firms_leave_for_better_options_only() -> None:
    world, model = world_of({"voluntary": 0.9, "outside_option": 0.02}, **MANY)
    world.firms.ownership[:] = np.arange(2000) % 3
    world.firms.profit_trend[:] = np.where(np.arange(2000) < 1000, 0.01, 0.03)
    out = leave(model)
    foreign = OWNERSHIPS.index("foreign")
    assert all(row < 1000 and world.firms.ownership[row] == foreign for row in out)
    chance, draws = monthly(0.9), 333
    assert abs(len(out) / draws - chance) <= 4 * np.sqrt(chance * (1 - chance) / draws)
    assert {cause for cause, _ in out.values()} == {ExitCause.VOLUNTARY}


def test_revocation_is_attributed_to_whose_act_it_was() -> None:
    world, model = world_of({"revocation": True})
    world.firms.levers[Lever.REVOCATION] = 12
    world.firms.sanction_cost[:], world.firms.associated_cost[:] = 0.2, 0.1
    world.firms.associated_cost[:5] = 0.5
    out = leave(model)
    assert {cause for cause, _ in out.values()} <= {ExitCause.REVOKED}
    for row, (_, why) in out.items():
        assert why == (Attribution.ASSOCIATED_SANCTIONS if row < 5 else Attribution.OWN_SANCTIONS)
    assert out


LOSSES = {
    "loss_own": Attribution.OWN_SANCTIONS,
    "loss_associated": Attribution.ASSOCIATED_SANCTIONS,
    "loss_suppliers": Attribution.LOST_SUPPLIERS,
    "loss_buyers": Attribution.LOST_BUYERS,
    "loss_finance": Attribution.FINANCE,
}


@pytest.mark.parametrize("largest", LOSSES)
def test_insolvency_is_attributed_to_the_largest_loss(largest: str) -> None:
    world, model = world_of({"insolvency": True}, finance={"kind": "accounts"})
    for name in LOSSES:
        getattr(world.firms, name)[:2] = 0.05
    getattr(world.firms, largest)[:2] = 0.2
    world.firms.equity[:3] = -1
    out = leave(model)
    assert out[0] == out[1] == (ExitCause.INSOLVENCY, LOSSES[largest])
    assert out[2] == (ExitCause.INSOLVENCY, Attribution.BACKGROUND)


def test_losses_are_remembered_for_about_a_year() -> None:
    world, model = world_of({}, finance={"kind": "accounts"})
    world.firms.sanction_cost[0], world.firms.fines[1] = 0.12, 0.12 * world.firms.size[1]
    world.firms.demand[3] = 0.5
    leave(model)
    np.testing.assert_allclose(world.firms.loss_own[:3], [0.01, 0.01, 0], rtol=1e-5)
    assert world.firms.loss_buyers[3] > 0
    assert world.firms.loss_buyers[4] == 0


def test_a_firm_that_leaves_takes_nothing_with_it() -> None:
    world, model = world_of(
        {"insolvency": True}, finance={"kind": "accounts"}, lists={"l": {"topic": "a"}}, registry={"kind": "database"}
    )
    network = world.network
    row = int(np.bincount(network.supplier).argmax())
    world.firms.equity[row], world.firms.listing[0, row], world.firms.live[2, 0, row] = -1, 1, 2
    assert len(network.buyers(row)) > 0
    leave(model)
    assert not len(network.buyers(row))
    assert not len(network.suppliers(row))
    for name in ("equity", "debt", "output", "demand", "costs"):
        assert getattr(world.firms, name)[row] == 0
    assert not world.firms.live[:, :, row].any()
    assert not world.firms.listing[:, row].any()
    assert world.firms.listed_since[0, row] == NEVER


def test_nobody_leaves_without_an_exit_rule() -> None:
    model = CreditRegime(bare(1, finance={"kind": "accounts", "shock": 2.0})).run_model()
    assert model.world.firms.active.all()
    assert (model.world.firms.equity < 0).any()


def test_insolvency_needs_balance_sheets() -> None:
    with pytest.raises(
        ScenarioError, match=r"exit\.insolvency: insolvency needs balance sheets; finance\.kind is none"
    ):
        bare(1, exit={"kind": "standard"})


def test_named_firms_close_in_their_month_and_nobody_else() -> None:
    closure = {"kind": "closure", "firms": [3, 7, 3], "month": 2}
    model = CreditRegime(bare(1, exit=closure, trade={"kind": "generalised_leontief"}))
    for month in range(5):
        model.step()
        assert np.flatnonzero(~model.world.firms.active).tolist() == ([3, 7] if month >= 2 else [])
    events = model.world.events
    gone = events["kind"] == Event.EXITED
    assert sorted(events["firm"][gone].tolist()) == [3, 7]
    assert set(events["detail"][gone].tolist()) == {ExitCause.BACKGROUND}
    assert set(events["month"][gone].tolist()) == {2}


def test_a_firm_that_does_not_exist_cannot_close() -> None:
    for changes in (
        {"exit": {"kind": "closure", "firms": [60]}},
        {"exit": "closure", "phases": [{"month": 2, "changes": {"exit.firms": [60]}}]},
    ):
        with pytest.raises(ScenarioError, match=r"exit\.firms: unknown firm 60; firms are 0\.\.59"):
            CreditRegime(bare(1, **changes))
    with pytest.raises(ScenarioError, match=r"exit\.firms\.0: -1 is not allowed"):
        bare(1, exit={"kind": "closure", "firms": [-1]})
    with pytest.raises(ScenarioError, match=r"relocation\.abroad: .* exit\.kind is closure"):
        bare(1, exit={"kind": "closure"}, relocation={"kind": "comparing", "abroad": 0.1})
