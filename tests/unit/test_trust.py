"""Trust: households buy more where less harm is done."""

from __future__ import annotations

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.market import trust
from tests.helpers import bare, small

OPEN = {"trade": {"kind": "none", "trust_elasticity": 0.5}, "finance": {"kind": "accounts", "shock": 0.0}}


def test_trust_is_one_at_the_start_and_follows_harm() -> None:
    model = CreditRegime(small("none", **{"trade.trust_elasticity": 0.5}))
    world, firms = model.world, model.world.firms
    expected = (world.law.harm[:, None] * firms.hazard * (1 - firms.intrinsic)).sum() / world.rows
    assert world.harm_at_start[0] == pytest.approx(expected, rel=1e-5)
    assert trust.index(world)[0] == 1
    firms.violation[:] = 0
    trust.update(world)
    assert trust.index(world)[0] == pytest.approx(1 + 1 / 12)
    firms.violation[0] = 3
    harm = world.law.harm[0] / world.harm_at_start[0]
    before = world.trust[0]
    trust.update(world)
    assert world.trust[0] == pytest.approx(before + (2 - harm - before) / 12)
    for _ in range(200):
        trust.update(world)
    assert trust.index(world)[0] == max(0, world.trust[0])


@pytest.mark.parametrize("kind", ["none", "generalised_leontief"])
def test_household_demand_responds_with_a_lag_and_by_the_elasticity(kind: str) -> None:
    """Nobody violates, so trust after one month is 1 + 1/12."""
    rising = {
        "trade": {"kind": kind, "trust_elasticity": 0.6},
        "finance": OPEN["finance"],
        "violations": {"kind": "none"},
    }
    model = CreditRegime(bare(1, **rising))
    plain = CreditRegime(bare(1, **rising | {"trade": {"kind": kind}}))
    demand = [m.spec.trade.final_demand(m.world) for m in (model, plain)]
    for one, other in zip(*demand, strict=True):
        np.testing.assert_array_equal(one, other)
    (consumers, public, abroad), before = model.spec.trade.final_demand(model.world), demand[1]
    np.testing.assert_allclose(consumers, before[0] * (1 + 0.6 / 12), rtol=1e-5)
    np.testing.assert_array_equal(public, before[1])
    np.testing.assert_array_equal(abroad, before[2])


@pytest.mark.parametrize(("share", "sign"), [(0.0, 1), (1.0, -1)])
def test_harm_turns_households_away_and_good_conduct_brings_them(share: float, sign: int) -> None:
    sales = []
    for elasticity in (0.0, 0.5):
        spec = small("none", **{"trade.trust_elasticity": elasticity, "exit": {"kind": "none"}, "finance.shock": 0.0})
        model = CreditRegime(spec)
        model.world.firms.effort[:] = 1 - share
        model.world.firms.intrinsic[:] = 1 - share
        model.run_model()
        sales.append(model.series.monthly().household_demand.iloc[-1])
    assert sign * (sales[1] - sales[0]) > 0


def test_without_elasticity_trust_is_not_followed() -> None:
    model = CreditRegime(small("none", months=6)).run_model()
    assert (model.series.monthly().trust == 1).all()
