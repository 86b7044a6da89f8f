"""Shapley values: the axioms, the sum over all orders by brute force, and a real factorial sweep."""

from __future__ import annotations

from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from creditregime.errors import ScenarioError
from creditregime.laboratory.shapley import shapley, shapley_values
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
