"""Firms that look at their partners: fixed points on small graphs, whom they look at, and nothing without a weight."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.errors import ScenarioError
from creditregime.firms.imitation import Observed
from creditregime.population.economy import Economy
from tests.helpers import assert_same, bare, links, random_graph, run, small

LOOKING = {"kind": "imitate", "adjustment": 1.0, "intrinsic": 0.5, "intrinsic_spread": 0.3}


@pytest.mark.parametrize("regime", ["joint_2016", "tax_2014"])
def test_without_weight_it_is_gradual_bit_by_bit(regime: str) -> None:
    gradual = run(small(regime, behaviour={"kind": "gradual"}))
    for whom in ("all", "better_earning"):
        imitating = run(small(regime, behaviour={"kind": "imitate", "weight": 0, "whom": whom}))
        assert_same(gradual, imitating)
    assert not np.array_equal(
        gradual.world.firms.effort, run(small(regime, behaviour={"kind": "imitate"})).world.firms.effort
    )


def dense(economy: Economy, direction: str, weighting: str) -> np.ndarray[Any, Any]:
    """Return the matrix of the mean over partners: of the two sides' means, or of the only side that there is."""
    bought = np.zeros((economy.firms, economy.firms))
    bought[economy.buyer, economy.supplier] = economy.coefficient * economy.size[economy.buyer]
    if weighting == "equal":
        bought = (bought > 0).astype(float)
    sides = [bought] * (direction != "buyers") + [bought.T] * (direction != "suppliers")
    means = [side / np.maximum(side.sum(axis=1, keepdims=True), 1e-300) for side in sides]
    present = np.sum([side.sum(axis=1) > 0 for side in sides], axis=0)
    return np.sum(means, axis=0) / np.maximum(present, 1)[:, None]


@pytest.mark.parametrize("direction", ["suppliers", "buyers", "both"])
@pytest.mark.parametrize("weighting", ["value", "equal"])
def test_efforts_settle_at_the_fixed_point(direction: str, weighting: str) -> None:
    economy = random_graph(30, 0.03, 4)
    rule = LOOKING | {"weight": 0.6, "direction": direction, "weighting": weighting}
    world = run(bare(2, behaviour=rule, months=60), economy).world
    matrix = dense(economy, direction, weighting)
    alone = matrix.sum(axis=1) == 0
    assert 0 < alone.sum() < 30
    weight = np.where(alone, 0, 0.6)[:, None]
    own = world.firms.intrinsic.astype(float)
    expected = np.linalg.solve(np.eye(30) - weight * matrix, (1 - weight[:, 0]) * own)
    np.testing.assert_allclose(world.firms.effort, np.tile(expected, (2, 1)), atol=2e-6)
    np.testing.assert_array_equal(world.firms.effort[:, alone], np.tile(world.firms.intrinsic[alone], (2, 1)))


def test_topics_are_imitated_apart_and_from_last_month() -> None:
    model = CreditRegime(bare(2, behaviour=LOOKING | {"weight": 1.0}), economy=links(3, (0, 1), (1, 2)))
    model.world.firms.effort[:] = [[0.1, 0.2, 0.4], [0.9, 0.6, 0.3]]
    model.step()
    expected = [[0.2, (0.1 + 0.4) / 2, 0.2], [0.6, (0.9 + 0.3) / 2, 0.6]]
    np.testing.assert_allclose(model.world.firms.effort, expected, rtol=1e-6)


def test_better_earning_partners_are_those_with_more_profit() -> None:
    world = CreditRegime(bare(1), economy=links(4, (0, 1), (2, 1), (1, 3))).world
    world.firms.profit_trend[:] = [0.3, 0.2, 0.1, 0.2]
    effort = np.array([0.8, 0.5, 0.1, 0.7], np.float32)
    observed = Observed(world, "both", "equal", better=True)
    np.testing.assert_array_equal(observed.any, [False, True, True, False])  # equal profit is not more
    np.testing.assert_allclose(observed.mean(effort), [0, 0.8, 0.5, 0], rtol=1e-6)


def test_partners_that_left_are_not_looked_at() -> None:
    world = CreditRegime(bare(1), economy=links(3, (0, 1), (2, 1))).world
    world.network.disconnect(np.flatnonzero(world.network.supplier == 0))
    observed = Observed(world, "both", "equal", better=False)
    np.testing.assert_array_equal(observed.any, [False, True, True])
    np.testing.assert_allclose(observed.mean(np.array([1, 0.5, 0.25], np.float32)), [0, 0.25, 0.5])


def test_better_earning_needs_profits() -> None:
    rule = {"kind": "imitate", "whom": "better_earning"}
    with pytest.raises(ScenarioError, match=r"behaviour\.whom: 'better_earning' needs profits; finance\.kind is none"):
        bare(1, behaviour=rule)
