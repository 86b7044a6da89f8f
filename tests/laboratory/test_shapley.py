"""Shapley values: the axioms, the sum over all orders by brute force, and a real factorial sweep."""

from __future__ import annotations

from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from creditregime.errors import ScenarioError
from creditregime.laboratory.shapley import interaction_values, interactions, shapley, shapley_values, shares
from creditregime.laboratory.sweeps import sweep
from tests.laboratory.test_sweeps import study

Array = Any


def by_orders(worth: Array, number: int) -> list[float]:
    """Return the mean contribution over all orders, by brute force."""
    place = {levels: worth[position] for position, levels in enumerate(product((0, 1), repeat=number))}
    total = np.zeros(number)
    orders = [*permutations(range(number))]
    for order in orders:
        levels = [0] * number
        for toggle in order:
            before = place[tuple(levels)]
            levels[toggle] = 1
            total[toggle] += place[tuple(levels)] - before
    return [float(value) for value in total / len(orders)]


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_values_are_the_mean_over_all_orders(number: int) -> None:
    worth = np.random.Generator(np.random.PCG64(number)).normal(size=2**number)
    np.testing.assert_allclose(shapley_values(worth), by_orders(worth, number), rtol=1e-12)


def test_values_add_up_symmetric_toggles_share_and_a_dummy_gets_nothing() -> None:
    worth = np.array([float(first and second) for first, second, _ in product((0, 1), repeat=3)])
    np.testing.assert_allclose(shapley_values(worth), [0.5, 0.5, 0], atol=1e-15)
    many = np.random.Generator(np.random.PCG64(7)).normal(size=(8, 5))
    np.testing.assert_allclose(shapley_values(many).sum(axis=0), many[-1] - many[0], rtol=1e-12)


def test_a_factorial_sweep_is_attributed_seed_by_seed(tmp_path: Path) -> None:
    toggles = {
        "joint": {"off": {"joint_punishment.kind": "none"}},
        "penalties": {"off": {"fines.kind": "none"}},
        "nothing": {"on": {"title": "the same"}},
    }
    base = ["regime=joint_2016", "population.firms=60", "months=30"]
    result = sweep(
        study(
            base=base,
            design={"kind": "factorial", "toggles": toggles},
            keep=["compliance", "fines"],
            replicates={"kind": "fixed", "seeds": 12},
        ),
        tmp_path / "s",
        workers=1,
    )
    found = shapley(result).set_index(["outcome", "toggle"])
    assert found.loc[("fines", "nothing"), "effect"] == 0
    assert found.loc[("fines", "penalties"), "low"] > 0
    assert found.loc[("fines", "penalties"), "share"] == pytest.approx(1, abs=0.2)
    parts = found.loc["compliance"].drop("total")["effect"].sum()
    assert parts == pytest.approx(found.loc[("compliance", "total"), "effect"], abs=1e-9)
    runs = result.runs.pivot(index="point", columns="seed", values="compliance")
    alone = (runs.loc[4] - runs.loc[0]).mean()
    assert found.loc[("compliance", "joint"), "alone"] == pytest.approx(alone)


def test_other_designs_attribute_nothing(tmp_path: Path) -> None:
    result = sweep(study(), tmp_path / "s", workers=1)
    with pytest.raises(ScenarioError, match="'factorial' is needed"):
        shapley(result)


@pytest.mark.parametrize("number", [2, 3, 4])
def test_an_interaction_is_a_toggles_value_with_the_other_on_less_that_with_it_off(number: int) -> None:
    """The recursive axiom of Grabisch and Roubens."""
    worth = np.random.Generator(np.random.PCG64(number)).normal(size=(2**number, 3))
    levels = np.array([*product((0, 1), repeat=number)])
    for (one, other), value in interaction_values(worth).items():
        on, off = (shapley_values(worth[levels[:, other] == level]) for level in (1, 0))
        position = one - (one > other)
        np.testing.assert_allclose(value, on[position] - off[position], rtol=1e-9)
    assert len(interaction_values(worth)) == number * (number - 1) // 2


def table_of(worth: Array, outcome: str = "compliance") -> pd.DataFrame:
    """Return runs of every combination (rows) and seed (columns)."""
    points, seeds = np.indices(worth.shape)
    return pd.DataFrame({"point": points.ravel(), "seed": seeds.ravel(), outcome: worth.ravel()})


def test_shares_have_fiellers_interval() -> None:
    """The bounds are the ratios r at which values less r times the whole are just not told from zero."""
    worth = np.random.Generator(np.random.PCG64(3)).normal(size=(4, 10)) + np.array([[0], [2], [5], [6]])
    found = shares(table_of(worth), ["a", "b"], ["compliance"]).set_index("toggle")
    values, total = shapley_values(worth), worth[-1] - worth[0]
    critical = stats.t.ppf(0.975, 9)
    for position, toggle in enumerate(("a", "b")):
        assert found.loc[toggle, "share"] == pytest.approx(values[position].mean() / total.mean())
        low, high = found.loc[toggle, ["share_low", "share_high"]]
        assert low < found.loc[toggle, "share"] < high
        for bound in (low, high):
            assert abs(stats.ttest_1samp(values[position] - bound * total, 0).statistic) == pytest.approx(critical)
        known = stats.ttest_1samp(worth[2 - position] - worth[0], 0).confidence_interval(0.95)
        assert found.loc[toggle, ["alone_low", "alone_high"]].tolist() == pytest.approx([known.low, known.high])
    assert found.loc["total", ["share", "share_low", "share_high"]].tolist() == pytest.approx([1, 1, 1])


def test_nothing_has_no_shares() -> None:
    worth = np.random.Generator(np.random.PCG64(4)).normal(size=(4, 6))
    found = shares(table_of(worth), ["a", "b"], ["compliance"])
    assert found[["share", "share_low", "share_high"]].isna().all(axis=None)
    assert interactions(table_of(worth[:2]), ["a"], ["compliance"]).empty
