"""Credit: what stands in the file, what banks lend by it, and what they lose."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.codes import OWNERSHIPS, Event, Payer
from creditregime.errors import ScenarioError
from creditregime.market.credit_file import social_shortfall
from creditregime.world import World
from tests.helpers import bare, prepared, small

FLAT = {"finance": {"kind": "accounts", "shock": 0.0}, "trade": {"kind": "generalised_leontief"}}


def calm(**finance: Any) -> CreditRegime:
    """Return a model in which nothing happens but what the finance parameters do."""
    return CreditRegime(bare(1, **FLAT | {"finance": FLAT["finance"] | finance}, months=60))


def rated(**finance: Any) -> World:
    """Return a world with four grades in one file, half of the firms at each end."""
    spec = small("joint_2016", **{f"finance.{key}": value for key, value in finance.items()})
    world = prepared(spec)
    world.firms.grade[0, :30], world.firms.grade[0, 30:] = 0, 3
    return world


# The merged file


def test_merged_file_raises_the_spread_of_exactly_the_low_grades() -> None:
    world = rated(file="merged", social_weight=0.5)
    world.firms.distress[::2] = 0.4
    separate, merged = (
        small(**{"finance.file": file, "finance.social_weight": 0.5}) for file in ("separate", "merged")
    )
    none = np.zeros(world.rows, np.float32)
    paid = [spec.finance.interest(world, none) for spec in (separate, merged)]  # type: ignore[attr-defined]
    np.testing.assert_array_equal(paid[1][30:], paid[0][30:])
    expected = 0.03 * 0.5 * (1 - world.firms.distress[:30]) * world.firms.debt[:30] / 12
    np.testing.assert_allclose((paid[1] - paid[0])[:30], expected, rtol=1e-4)


def test_merged_file_prices_grades_for_firms() -> None:
    one, other = (rated(file=file).law for file in ("separate", "merged"))
    extra = (other.grade_cost - one.grade_cost)[0, 0]
    np.testing.assert_allclose(extra, 0.03 * 2 / 12 * np.array([1, 2 / 3, 1 / 3, 0]), atol=1e-7)


def test_mean_spread_is_reported() -> None:
    model = calm(file_spread=0.04)
    model.world.firms.distress[:] = 0.5
    model.step()
    assert model.series.monthly().spread[0] == pytest.approx(0.02, rel=1e-5)


# Loans


def test_loans_by_grade_fill_what_is_rationed_as_far_as_taxes_reach() -> None:
    loans = {"rationed": {"private": 0.5}, "social_loans": {"excellent": 4.0}, "working_capital": 2.0}
    world = rated(**loans)
    firms = world.firms
    firms.ownership[:] = np.arange(60) % 3
    firms.taxes[1:] = np.array([0.3, 0.1])[:, None] * firms.size  # 0.2 a year
    firms.taxes[1:, 40:] *= 10
    target = small(**{f"finance.{k}": v for k, v in loans.items()}).finance.loan_target(world)  # type: ignore[attr-defined]
    private = firms.ownership == OWNERSHIPS.index("private")
    expected = np.full(60, 2.0)
    expected[private] = 1.0
    expected[30:40][private[30:40]] = 1.8  # 4 × 0.2 beyond 1
    expected[40:][private[40:]] = 2.0  # what is missing, however much tax was paid
    np.testing.assert_allclose(target / firms.size, expected, rtol=1e-5)


def test_who_is_not_rated_has_no_grade_to_show() -> None:
    loans = {"rationed": {"private": 0.5}, "social_loans": {"excellent": 4.0}, "working_capital": 2.0}
    spec = small(**{f"finance.{key}": value for key, value in loans.items()}, **{"rating.opt_out": 0.5})
    firms = (world := prepared(spec)).firms
    firms.ownership[:], firms.taxes[:], firms.grade[:] = OWNERSHIPS.index("private"), firms.size, 3
    lent = spec.finance.loan_target(world) / firms.size  # type: ignore[attr-defined]
    np.testing.assert_allclose(lent, np.where(firms.rated, 2.0, 1.0), rtol=1e-5)
    firms.grade[:] = 0
    merged = spec.changed({"finance.file": "merged"}).finance.blemish(world)  # type: ignore[attr-defined]
    np.testing.assert_allclose(merged, firms.rated * 1.0, atol=1e-6)


def test_the_best_grade_of_a_pilot_is_no_blemish() -> None:
    pilots = {"p": {"regions": ["region_1"], "rating": {"kind": "points"}}}
    spec = small("fines_only", registry={"kind": "database", "sharing": "central"}, pilots=pilots)
    spec = spec.changed({"finance": {"kind": "accounts"}})
    model = CreditRegime(spec)
    assert model.world.law.grades[-1] == "unrated"
    assert model.world.law.best == 3
    assert not social_shortfall(model.world).any()
    model.world.firms.grade[:] = 0
    assert (social_shortfall(model.world) == 1).all()


def test_loans_by_grade_are_worth_the_output_that_they_allow() -> None:
    loans = {"rationed": {"private": 0.5, "state": 0.5, "foreign": 0.5}, "working_capital": 2.0}
    one, other = rated(**loans).law, rated(**loans, social_loans={"excellent": 4.0}).law
    worth = one.grade_cost - other.grade_cost
    volume = min(4 * 12 * 0.25 * 0.06, 1.0)
    assert not worth[0, 0, :3].any()
    assert worth[0, 0, 3] == pytest.approx(one.margins.contribution[0] * volume / 2, rel=1e-4)


def test_taxes_of_the_last_two_years_are_kept() -> None:
    spec = small("fines_only", **{"finance.social_loans": {}, "months": 36, "exit": {"kind": "none"}})
    model = CreditRegime(spec.changed({"population.procurement": {"default": 0.0}, "finance.subsidy": 0.0}))
    model.world.firms.taxes = np.zeros((3, 60), np.float32)
    years: list[float] = []
    for month in range(36):
        model.step()
        flows = model.world.ledger.flows[0]
        paid = flows[Payer.FIRMS, Payer.STATE] - model.world.firms.fines.sum(dtype=float)
        years.extend([0.0] * (month % 12 == 0))
        years[-1] += paid
    assert min(years) > 0
    np.testing.assert_allclose(model.world.firms.taxes.sum(axis=1), [0, years[2], years[1]], rtol=1e-3)


def test_new_firms_have_paid_no_tax() -> None:
    model = CreditRegime(
        small(
            "joint_2016",
            **{
                "finance.rationed": {"private": 0.3},
                "finance.social_loans": {"good": 4.0},
                "finance.working_capital": 2,
            },
            **{"exit.background": 0.5, "entry.rate": 1.0},
        )
    )
    for _ in range(6):
        model.step()
    firms = model.world.firms
    new = firms.born == model.world.month
    assert new.any()
    assert not firms.taxes[:, new].any()
    np.testing.assert_allclose(firms.funded[0, new], 2.5 / 2, rtol=1e-5)


def test_without_funds_there_is_no_output() -> None:
    model = calm(working_capital=4.0, own_funds=0.0, rationed={"private": 0.75, "state": 0.75, "foreign": 0.75})
    model.world.network.stock[:] = 100.0
    for _ in range(3):
        model.step()
    firms = model.world.firms
    np.testing.assert_allclose(firms.funded[0], firms.debt / (4 * firms.size), rtol=1e-5)
    assert (firms.output <= firms.funded[0].max() + 1e-6).all()
    assert firms.output.mean() < 0.3
    assert calm().world.firms.funded.size == 0


def test_own_funds_stand_in_for_loans() -> None:
    poor, rich = calm(working_capital=2.0, debt=0.0), calm(working_capital=2.0, debt=0.0)
    rich.world.firms.equity[:] = 100 * rich.world.firms.size
    rich.spec.finance.fund(rich.world)  # type: ignore[attr-defined]
    for model in (poor, rich):
        model.step()
        model.step()
    assert poor.world.firms.output.mean() < 0.5
    assert rich.world.firms.output.mean() > 0.9


def test_loans_follow_what_firms_could_make_not_what_they_made() -> None:
    """Else output that lacks funds would take the loan away that it lacks, until nothing is made."""
    model = calm(working_capital=2.5, own_funds=0.0, rationed={"private": 0.1}).run_model()
    assert model.world.firms.output.mean() > 0.5


# Defaults and risk


def test_missed_interest_is_lost_by_banks_and_stands_in_the_file() -> None:
    model = calm(missed_interest=True, file_spread=0.0)
    world, firms = model.world, model.world.firms
    firms.equity[:10] = 0
    firms.costs[:10] = firms.size[:10]  # a month's revenue: nothing is left for interest
    due = 0.05 / 12 * firms.debt.copy()
    model.step()
    row = model.series.monthly().iloc[0]
    assert row.defaults == 10
    assert row.bank_losses == pytest.approx(due[:10].sum(), rel=1e-5)
    assert world.ledger.flows[0, Payer.FIRMS, Payer.BANKS] == pytest.approx(due[10:].sum(), rel=1e-4)
    assert (firms.distress[:10] > 0.9).all()
    assert not firms.distress[10:].any()
    events = world.events.columns()
    assert sorted(events["firm"][events["kind"] == Event.DEFAULTED]) == list(range(10))


def test_liquidation_costs_fall_on_banks() -> None:
    model = calm(liquidation_cost=0.25)
    world, firms = model.world, model.world.firms
    rows = np.array([3, 5])
    firms.equity[rows], firms.debt[rows] = (-0.5, 4.0), (2.5, 2.0)
    model.spec.finance.wind_up(world, rows)
    assert world.tally["bank_losses"][0] == pytest.approx(0.5 + 0.25 * 2.0)
    assert world.tally["defaults"][0] == 1
    flows = world.ledger.flows[0]
    assert flows[Payer.FIRMS, Payer.BANKS] == pytest.approx(1.5 + 2.0)
    assert flows[Payer.FIRMS, Payer.HOUSEHOLDS] == pytest.approx(0.5 + 4.0)


def test_banks_that_monitor_withhold_loans_from_the_distressed() -> None:
    model = calm(monitor_risk=0.5)
    firms = model.world.firms
    firms.distress[:20] = 0.8
    target = model.spec.finance.loan_target(model.world)  # type: ignore[attr-defined]
    np.testing.assert_allclose(target[:20] / firms.size[:20], 2 * (1 - 0.5 * 0.8), rtol=1e-5)
    np.testing.assert_allclose(target[20:] / firms.size[20:], 2.0, rtol=1e-5)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"finance.social_loans": {"AAA": 4}}, "finance.social_loans.AAA: unknown name 'AAA'"),
        ({"finance.social_loans": {"good": 4}}, "finance.rationed names none"),
        ({"finance.rationed": {"privat": 0.4}}, "finance.rationed.privat: unknown name 'privat'; did you mean"),
        ({"finance.rationed": {"private": 1.4}}, "finance.rationed.private: 1.4 is not allowed"),
        ({"finance.file": "merge"}, "finance.file"),
        ({"trade.trust_elasticity": 2.0}, "trade.trust_elasticity"),
    ],
)
def test_wrong_values_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        small("joint_2016", **changes)
    assert said in str(caught.value)
    with pytest.raises(ScenarioError, match="needs a rating"):
        small("none", **{"finance.file": "merged"})
