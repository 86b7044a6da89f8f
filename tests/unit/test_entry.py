"""Entry: who takes free places, and with what."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime import CreditRegime
from creditregime.market.exit import LOSSES
from creditregime.state import NEVER
from tests.helpers import bare, small

MANY = {"population.firms": 2000, "population.essential": "none", "population.mean_suppliers": 2}


def entered(entry: dict[str, Any], free: int = 1000, **changes: Any) -> tuple[CreditRegime, np.ndarray[Any, Any]]:
    spec = bare(1, **MANY | changes, entry={"kind": "replacement"} | entry)
    model = CreditRegime(spec)
    model.world.open_month()
    model.world.firms.active[:free] = False
    rows = spec.entry.enter(model.world)
    spec.finance.found(model.world, rows)
    return model, rows


def test_free_places_are_taken_with_the_monthly_probability() -> None:
    for rate in (0.0, 0.3, 1.0):
        model, rows = entered({"rate": rate})
        assert abs(len(rows) / 1000 - rate) <= 4 * np.sqrt(rate * (1 - rate) / 1000)
        assert (rows < 1000).all()
        assert model.world.firms.active[rows].all()
        assert (model.world.firms.born[rows] == 1).all()


def test_the_same_person_starts_again_with_its_probability() -> None:
    for share in (0.0, 0.4, 1.0):
        model, rows = entered({"rate": 1.0, "same_person": share})
        world = model.world
        same = world.firms.person[rows] == world.economy.person[rows]
        assert abs(same.mean() - share) <= 4 * np.sqrt(share * (1 - share) / 1000)
        new = world.firms.person[rows[~same]]
        assert len(np.unique(new)) == len(new)
        assert not np.isin(new, world.economy.person).any()
        assert world.persons > world.firms.person.max()


def test_founders_put_in_the_mean_capital() -> None:
    model, rows = entered({"rate": 1.0}, finance={"kind": "accounts", "equity": 2.5})
    world = model.world
    np.testing.assert_allclose(world.firms.equity[rows], 2.5 * world.firms.size[rows], rtol=1e-6)
    assert world.ledger.flows[0].sum() == world.ledger.flows[0, 1, 0]
    np.testing.assert_allclose(world.ledger.flows[0, 1, 0], 2.5 * world.firms.size[rows].sum(dtype=float), rtol=1e-5)


def test_nobody_enters_without_an_entry_rule() -> None:
    model = CreditRegime(small("none", entry={"kind": "none"}, **{"exit.background": 0.5})).run_model()
    assert model.series.monthly().entries.sum() == 0
    assert not model.world.firms.active.all()


def test_entrants_begin_clean() -> None:
    spec = small("joint_2016", **{"exit.background": 0.5, "entry.rate": 0.5, "monitoring.share": 0.5, "months": 30})
    model = CreditRegime(spec)
    seen = 0
    for _ in range(30):
        model.step()
        world = model.world
        new = np.flatnonzero(world.firms.active & (world.firms.born == world.month))
        seen += len(new)
        assert not world.firms.live[:, :, new].any()
        assert not world.firms.listing[:, new].any()
        assert (world.firms.last_record[new] == NEVER).all()
        for name in (
            "fines",
            "costs",
            "distress",
            "finance_cost",
            "debt",
            *LOSSES,
        ):
            assert not getattr(world.firms, name)[new].any(), name
        np.testing.assert_array_equal(world.firms.effort[:, new], np.tile(world.firms.intrinsic[new], (8, 1)))
        assert all(np.isin(world.network.buyers(int(row)), new).all() for row in new)
    assert seen > 20


def test_entrants_do_not_inherit_the_grade_between_evaluations() -> None:
    spec = small("tax_2014", **{"exit.background": 0.5, "entry.rate": 1.0, "monitoring.share": 0.5, "months": 40})
    spec = spec.changed({"spillover.person": {"kind": "none"}, "exit.insolvency": False, "topics.tax.serious": 0.3})
    model = CreditRegime(spec)
    lows = 0
    for month in range(40):
        low = (model.world.firms.own_grade == 0).any(axis=0)
        model.step()
        firms = model.world.firms
        new = firms.active & (firms.born == month + 1)
        lows += int((low & new).sum())
        assert (firms.own_grade[:, new] > 0).all(), f"month {month}"
        assert (firms.grade[:, new] > 0).all(), f"month {month}"
    assert lows > 0
