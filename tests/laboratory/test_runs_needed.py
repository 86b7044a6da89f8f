"""Number of runs: against the formula by search, and that as many give intervals as narrow as asked for."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from creditregime import Sweep, runs_needed
from creditregime.errors import ScenarioError
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.runs_needed import enough


class Kept(Sweep):
    """A sweep whose runs are given."""

    def __init__(self, values: Any) -> None:
        self.study = SimpleNamespace(outcomes=["compliance", "exits"])  # type: ignore[assignment]
        points, seeds = values.shape
        self.__dict__["points"] = pd.DataFrame({"point": range(points), "fines.scale": range(points)})
        rows = [(p, s, values[p, s], 10 * values[p, s]) for p in range(points) for s in range(seeds)]
        self.__dict__["runs"] = pd.DataFrame(rows, columns=["point", "seed", "compliance", "exits"])


def by_search(spread: float, width: float, pilot: int, confidence: float) -> int:
    number = pilot
    while t.ppf((1 + confidence) / 2, number - 1) * spread / np.sqrt(number) > width:
        number += 1
    return number


@pytest.mark.parametrize("seed", range(20))
def test_the_number_is_the_smallest_that_does(seed: int) -> None:
    draws = np.random.Generator(np.random.PCG64(seed))
    spread, width = draws.uniform(0, 5), draws.uniform(0.3, 3)
    pilot, confidence = int(draws.integers(2, 20)), draws.uniform(0.5, 0.99)
    assert enough(spread, width, pilot, confidence) == by_search(spread, width, pilot, confidence)


def test_it_is_near_the_normal_formula_for_many_and_never_ends_for_too_many() -> None:
    assert enough(10, 0.1, 10) == pytest.approx((1.959964 * 10 / 0.1) ** 2, rel=1e-4)
    assert enough(10, 1e-9, 10) is None
    assert enough(10, 0, 10) is None
    assert enough(0, 0, 7) == 7


def test_means_are_told_point_by_point() -> None:
    draws = np.random.Generator(np.random.PCG64(1))
    values = 50 + np.array([[2.0], [5.0]]) * draws.normal(size=(2, 12))
    found = runs_needed(Kept(values), {"compliance": 1.0}, relative={"exits": 0.02}).set_index(["outcome", "point"])
    for point in (0, 1):
        row, spread = found.loc[("compliance", point)], values[point].std(ddof=1)
        assert row["needed"] == by_search(spread, 1.0, 12, 0.95)
        assert row["half_width"] == pytest.approx(t.ppf(0.975, 11) * spread / np.sqrt(12))
        assert row["of"] == "mean"
        mean = 10 * values[point].mean()
        assert found.loc[("exits", point), "wanted"] == pytest.approx(0.02 / 1.02 * mean)
        assert found.loc[("exits", point), "needed"] == by_search(10 * spread, 0.02 / 1.02 * mean, 12, 0.95)
    assert found.loc[("compliance", 0), "enough"] == (found.loc[("compliance", 0), "needed"] == 12)


def test_pairing_takes_fewer_runs() -> None:
    draws = np.random.Generator(np.random.PCG64(2))
    luck = 5 * draws.normal(size=10)
    values = np.array([50 + luck, 52 + luck + 0.5 * draws.normal(size=10), 49 + luck + draws.normal(size=10)])
    alone = runs_needed(Kept(values), {"compliance": 0.5})
    paired = runs_needed(Kept(values), {"compliance": 0.5}, against=0).set_index("point")
    assert alone["needed"].min() > 150
    assert paired.loc[1, "needed"] == by_search((values[1] - values[0]).std(ddof=1), 0.5, 10, 0.95)
    assert paired.loc[1, "estimate"] == pytest.approx((values[1] - values[0]).mean())
    assert paired.index.tolist() == [1, 2]
    named = runs_needed(Kept(values), {"compliance": 0.5}, against={"fines.scale": 0}).set_index("point")
    assert named.equals(paired)
    assert (paired["needed"] < 30).all()


def test_a_comparison_is_a_pilot_of_its_effects() -> None:
    draws = np.random.Generator(np.random.PCG64(3))
    one, other = draws.normal(size=(2, 8))
    rows = {"variant": ["scenario"] * 8 + ["against"] * 8, "seed": [*range(8)] * 2, "exits": [*one, *other]}
    nothing: dict[str, Any] = dict.fromkeys(field.name for field in fields(Comparison))
    whole = Comparison(**nothing | {"outcomes": pd.DataFrame(rows)})
    found = runs_needed(whole, {"exits": 0.4}).iloc[0]
    assert found["needed"] == by_search((one - other).std(ddof=1), 0.4, 8, 0.95)
    assert found["estimate"] == pytest.approx((one - other).mean())
    assert found["of"] == "effect"
    with pytest.raises(ScenarioError, match="against: is a point of a sweep"):
        runs_needed(whole, {"exits": 0.4}, against=0)


def test_so_many_runs_give_intervals_as_narrow_as_asked_for_about_half_the_time() -> None:
    """A pilot's spread is as often too small as too large: the formula promises no more."""
    draws = np.random.Generator(np.random.PCG64(4))
    narrow = []
    for _ in range(300):
        pilot = draws.normal(size=(1, 30))
        number = int(runs_needed(Kept(pilot), {"compliance": 0.2})["needed"].iloc[0])
        runs = draws.normal(size=number)
        narrow.append(t.ppf(0.975, number - 1) * runs.std(ddof=1) / np.sqrt(number) <= 0.2)
    assert 0.35 < np.mean(narrow) < 0.65


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "name an outcome and how narrow"),
        ({"half_width": {"exist": 1}}, "unknown outcome 'exist'; did you mean 'exits'"),
        ({"half_width": {"exits": 0}}, r"half_width\.exits: 0 is not allowed: must be above 0"),
        ({"relative": {"exits": -0.1}}, r"half_width\.exits: -0\.1"),
        ({"half_width": {"exits": 1}, "relative": {"exits": 0.1}}, "asked for twice"),
        ({"half_width": {"exits": 1}, "against": 9}, "against: 9 is not allowed"),
        ({"half_width": {"exits": 1}, "confidence": 1}, "confidence: 1 is not allowed"),
    ],
)
def test_what_cannot_be_told_is_refused_in_one_line(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        runs_needed(Kept(np.arange(6.0).reshape(2, 3)), **asked)
    with pytest.raises(ScenarioError, match="a pilot of 1 runs of point 0 has no spread"):
        runs_needed(Kept(np.ones((2, 1))), {"exits": 1})
    with pytest.raises(ScenarioError, match="leaves no other point"):
        runs_needed(Kept(np.ones((1, 3))), {"exits": 1}, against=0)
