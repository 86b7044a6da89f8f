"""Survival: the estimate by its formula, firms of the start alone, shares recounted from the exits of every seed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from creditregime import run
from creditregime.errors import CreditRegimeError
from creditregime.laboratory.archive import read
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.store import save_tables
from creditregime.laboratory.survival import at_points, in_worlds, kaplan_meier, lifetimes, surviving
from creditregime.laboratory.sweeps import sweep
from tests.laboratory.test_sweeps import study

# Freireich et al. 1963, Blood 21:699: weeks of remission under 6-mercaptopurine; 1 relapse, 0 censored.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_the_estimate_is_that_of_a_published_example() -> None:
    found = kaplan_meier(WEEKS, map(bool, RELAPSED)).set_index("month")
    expected = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    for week, survival in expected.items():
        assert found.loc[week, "survival"] == pytest.approx(survival, abs=5e-5)
    assert found.loc[[0, 6, 7, 10, 23], "at_risk"].tolist() == [21, 21, 17, 15, 6]


def test_intervals_are_greenwoods_on_the_log_log_scale() -> None:
    found = kaplan_meier(WEEKS, map(bool, RELAPSED), confidence=0.9).set_index("month")
    survival, total = 1.0, 0.0
    for week in sorted({week for week, gone in zip(WEEKS, RELAPSED, strict=True) if gone}):
        risk, gone = sum(w >= week for w in WEEKS), sum(g for w, g in zip(WEEKS, RELAPSED, strict=True) if w == week)
        survival *= 1 - gone / risk
        total += gone / (risk * (risk - gone))
        half = norm.ppf(0.95) * math.sqrt(total) / math.log(survival)
        bounds = survival ** math.exp(-half), survival ** math.exp(half)
        assert found.loc[week, ["low", "high"]].tolist() == pytest.approx(sorted(bounds))


def test_without_exits_there_is_no_interval_and_nobody_is_lost() -> None:
    found = kaplan_meier([30] * 5, [False] * 5)
    assert found["survival"].tolist() == [1, 1]
    assert found[["low", "high"]].isna().all(axis=None)
    with pytest.raises(CreditRegimeError, match="no firms to follow"):
        kaplan_meier([], [])


def test_lifetimes_follow_the_firms_of_the_start_alone() -> None:
    result = run(
        "regime=joint_2016", "population.firms=60", "months=36", "exit.background=0.4", "entry.rate=0.9", seed=1
    )
    table = lifetimes(result).set_index("firm")
    assert len(table) == 60
    again = result.exits[result.exits.duplicated("firm")]
    assert len(again) > 3, "successors left, too"
    first = result.exits.groupby("firm")["month"].min()
    for firm, row in table.iterrows():
        assert row["left"] == (firm in first.index)
        assert row["months"] == first.get(firm, 36)
    net = lifetimes(result, ["background"])
    kept = result.exits.drop_duplicates("firm")
    assert net["left"].sum() == (kept["cause"] != "background").sum()
    assert net["months"].tolist() == table["months"].tolist(), "censored when they left"


def test_a_run_without_censoring_survives_as_its_first_firms_do(small_run: RunResult) -> None:
    table = lifetimes(small_run)
    found = kaplan_meier(table["months"], table["left"])
    gone = small_run.exits.drop_duplicates("firm")["month"]
    assert found["survival"].iloc[-1] == pytest.approx(1 - len(gone) / 80)
    shares = surviving(small_run.exits.assign(seed=3), [3], np.array([80.0]), 30)[0]
    for month in range(31):
        assert shares[month] == pytest.approx(1 - (gone <= month).sum() / 80)


def test_both_worlds_survive_as_all_their_seeds_say(small_comparison: Comparison, tmp_path: Path) -> None:
    one, other = in_worlds(small_comparison)
    assert one.shape == (3, 31)
    for shares, example in zip((one, other), small_comparison.example, strict=True):
        first = example.exits.drop_duplicates("firm")
        assert shares[0, -1] == pytest.approx(1 - len(first) / 80)
    table = small_comparison.exits
    assert {*table["variant"].unique()} == {"scenario", "against"}
    last = table[(table["variant"] == "against") & (table["seed"] == small_comparison.seeds[2])]
    assert other[2, -1] == pytest.approx(1 - last["firm"].nunique() / 80)
    small = in_worlds(small_comparison, ("size", "small"))[0]
    few = table[(table["variant"] == "scenario") & (table["seed"] == small_comparison.seeds[1])]
    few = few[few["size_class"] == "small"]
    assert small[1, -1] == pytest.approx(1 - few["firm"].nunique() / 20)
    stored = read(save_tables(small_comparison, tmp_path / "c"))
    assert isinstance(stored, Comparison)
    for here, there in zip(in_worlds(stored), (one, other), strict=True):
        np.testing.assert_array_equal(here, there)


def test_points_of_a_sweep_survive_as_their_exits_say(tmp_path: Path) -> None:
    base = ["regime=joint_2016", "population.firms=40", "months=14", "exit.background=0.3", "entry.rate=0.9"]
    result = sweep(study(base=base, exits=True), tmp_path / "s", workers=1)
    found = at_points(result, [1])[1]
    assert found.index.tolist() == [1, 2, 3, 4]
    alone = run(*base, seed=3, **{"spillover.partner.strength": 0.3})
    first = alone.exits.drop_duplicates("firm")["month"]
    assert len(first) < len(alone.exits), "successors left, too"
    expected = [1 - (first <= month).sum() / 40 for month in range(15)]
    np.testing.assert_allclose(found.loc[3], expected)
    without = sweep(study(), tmp_path / "t", workers=1)
    with pytest.raises(CreditRegimeError, match="exits: true"):
        at_points(without, [0])


def test_a_run_without_any_exit_counts_in_the_mean() -> None:
    exits = pd.DataFrame({"seed": [1, 1], "firm": [4, 4], "month": [2, 3]})
    shares = surviving(exits, [1, 2], np.array([10.0, 10.0]), 3)
    assert shares.tolist() == [[1, 1, 0.9, 0.9], [1, 1, 1, 1]]
