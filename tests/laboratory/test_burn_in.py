"""Burn-in by MSER-5: against its definition, on series with a known transient, and of every kind of result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter

from creditregime import burn_in, compare, run, sweep
from creditregime.errors import ScenarioError
from creditregime.laboratory.burn_in import mser, series, welch


def by_definition(values: Any) -> int | None:
    """Return what White, Cobb and Spratt's rule says, step by step."""
    batches = [sum(values[5 * k : 5 * k + 5]) / 5 for k in range(len(values) // 5)]
    best, smallest = 0, float("inf")
    for first in range(len(batches) - 5):
        rest = batches[first:]
        mean = sum(rest) / len(rest)
        error = sum((value - mean) ** 2 for value in rest) / len(rest) ** 2
        if error < smallest:
            best, smallest = first, error
    return 5 * best if 2 * best <= len(batches) else None


def autoregressive(transient: float, decay: float, months: int, seeds: int, phi: float = 0.5) -> Any:
    """Return the mean over seeds of an AR(1) process with a start that decays by a factor a month."""
    draws = np.random.Generator(np.random.PCG64(3))
    noise = lfilter([1], [1, -phi], draws.normal(size=(seeds, months)))
    return noise.mean(axis=0) + transient * decay ** np.arange(months)


@pytest.mark.parametrize("seed", range(20))
def test_the_rule_is_its_definition(seed: int) -> None:
    draws = np.random.Generator(np.random.PCG64(seed))
    number = int(draws.integers(50, 200))
    values = draws.normal(size=number) + draws.uniform(0, 20) * np.exp(-np.arange(number) / draws.uniform(1, 40))
    assert mser(values) == by_definition(values)


def test_a_step_is_cut_off_where_it_ends_and_a_transient_where_noise_hides_it() -> None:
    assert mser(np.array([9.0] * 10 + [1.0, 2.0] * 50)) == 10
    found = mser(autoregressive(10, 0.9, 240, 20))
    left = 10 * 0.9 ** np.array([found])
    assert found is not None
    assert 15 <= found <= 60
    assert left < 3 * 2 / np.sqrt(20)  # what remains is within the noise of a month: sd 2/√20 at φ = .5
    longer = mser(autoregressive(10, 0.95, 240, 20))
    assert longer is not None
    assert longer > found
    assert mser(autoregressive(10, 0.98, 240, 20)) is None  # 0.9 of 10 is still there half-way


def test_without_a_transient_little_is_left_out_on_average() -> None:
    draws = np.random.Generator(np.random.PCG64(8))
    found = [mser(draws.normal(size=200)) for _ in range(50)]
    assert np.median([100 if value is None else value for value in found]) <= 20


def test_what_never_changes_has_none_and_what_drifts_has_no_end() -> None:
    assert mser(np.full(100, 0.1)) == 0
    assert mser(np.concatenate([np.full(20, 0.3), np.full(80, 0.1)])) == 20  # equal but for rounding: the first
    assert mser(np.arange(120.0)) is None
    assert mser(np.zeros(49)) is None  # too short


def test_welch_averages_over_fewer_months_at_the_start() -> None:
    values = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    np.testing.assert_allclose(welch(values, 2), [1, 7 / 3, 31 / 5, 62 / 5])
    np.testing.assert_allclose(welch(values, 0), values)


def table(months: int = 120, seeds: int = 3) -> pd.DataFrame:
    rows = [(seed, month, 5.0 * (month <= 10) + seed, month) for seed in range(seeds) for month in range(1, months + 1)]
    return pd.DataFrame(rows, columns=["seed", "month", "output", "listed"])


def test_a_table_is_averaged_over_seeds_and_told_by_indicator() -> None:
    found = burn_in(table()).set_index("indicator")
    assert found.loc["output", ["months", "seeds", "burn_in", "reason", "late_from"]].tolist() == [120, 3, 10, "", 61]
    assert found.loc["output", "late_is_clean"]
    assert np.isnan(found.loc["listed", "burn_in"])
    assert found.loc["listed", "reason"] == "not settled in the first half"
    assert not found.loc["listed", "late_is_clean"]
    short = burn_in(table(60)).set_index("indicator")
    assert (short.loc["output", "late_from"], short.loc["output", "late_is_clean"]) == (1, False)  # all months count
    item = next(iter(series(table())))
    np.testing.assert_allclose(item.margin, 4.302653 / np.sqrt(3), rtol=1e-6)  # Student, 2 degrees, spread 1


def test_what_cannot_be_told_has_a_reason() -> None:
    holes = table()
    holes.loc[holes["month"] == 4, "output"] = np.nan
    assert burn_in(holes)["reason"].tolist()[0] == "no value in 1 months"
    assert burn_in(table(30))["reason"].unique().tolist() == ["too short: 30 months, at least 50 are needed"]


def test_every_kind_of_result_is_taken(tmp_path: Path) -> None:
    small = {"population.firms": 40, "months": 6}
    one = run("regime=fines_only", **small)
    assert "compliance" in set(burn_in(one)["indicator"])
    both = compare("regime=joint_2016", seeds=2, workers=1, **small)
    found = burn_in(both, ["compliance"])
    assert found["variant"].tolist() == ["scenario", "against"]
    assert found["seeds"].tolist() == [2, 2]
    study = {
        "base": ["regime=fines_only", "population.firms=40", "months=6"],
        "design": {"kind": "grid", "factors": {"fines.scale": [0, 2]}},
        "replicates": {"kind": "fixed", "seeds": 2},
        "keep": ["compliance"],
        "months": ["compliance", "listed"],
    }
    swept = burn_in(sweep(study, tmp_path / "s", workers=1))
    assert swept[["point", "indicator"]].to_numpy().tolist() == [
        [0, "compliance"],
        [0, "listed"],
        [1, "compliance"],
        [1, "listed"],
    ]
    kept_none = sweep(study | {"months": []}, tmp_path / "none", workers=1)
    with pytest.raises(ScenarioError, match="keeps no indicators"):
        burn_in(kept_none)
    with pytest.raises(ScenarioError, match=r"'complaince' is not there; did you mean 'compliance'"):
        burn_in(one, ["complaince"])
    with pytest.raises(ScenarioError, match="a table with months is needed"):
        burn_in(pd.DataFrame({"output": [1.0]}))
