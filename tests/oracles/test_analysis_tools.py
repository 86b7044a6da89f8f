"""Tools of analysis on functions: against estimators of their own, against SALib, and on bad input."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, ks_2samp, qmc

from creditregime.errors import CreditRegimeError
from creditregime.laboratory.sensitivity import morris, pawn, sobol
from creditregime.laboratory.sensitivity.elementary_effects import elementary_effects
from creditregime.laboratory.sensitivity.pawn_index import pawn_index
from creditregime.laboratory.sensitivity.resampling import Bootstrap
from creditregime.laboratory.sensitivity.sobol_indices import sobol_indices

salib = pytest.importorskip("SALib")
UNIT = {"a": (0.0, 1.0), "b": (-1.0, 2.0), "c": (3.0, 4.0)}
QUICK = Bootstrap(resamples=100)


def strange(x: Any) -> float:
    """Mix interaction, curvature and a factor that matters only together with another."""
    return float(np.exp(x[0]) * (1 + x[1] ** 2) + x[0] * x[2] * x[1])


def by_pick_and_freeze(samples: int = 400_000) -> tuple[list[float], list[float]]:
    """Return first and total indices by plain Monte Carlo (Jansen 1999), without a designed sequence."""
    draws = np.random.Generator(np.random.PCG64(7))
    low, high = np.array([*UNIT.values()]).T
    one, two = (low + (high - low) * draws.random((samples, 3)) for _ in range(2))

    def all_of(x: Any) -> Any:
        return np.exp(x[:, 0]) * (1 + x[:, 1] ** 2) + x[:, 0] * x[:, 2] * x[:, 1]

    whole = np.concatenate([all_of(one), all_of(two)]).var()
    first, total = [], []
    for number in range(3):
        mixed = one.copy()
        mixed[:, number] = two[:, number]
        first.append(float(1 - ((all_of(two) - all_of(mixed)) ** 2).mean() / (2 * whole)))
        total.append(float(((all_of(one) - all_of(mixed)) ** 2).mean() / (2 * whole)))
    return first, total


# Sobol'


def test_indices_agree_with_pick_and_freeze() -> None:
    found = sobol(strange, UNIT, samples=4096, resamples=200)
    first, total = by_pick_and_freeze()
    np.testing.assert_allclose(found["S1"], first, atol=0.02)
    np.testing.assert_allclose(found["ST"], total, atol=0.02)
    assert ((found["S1_low"] < first) & (first < found["S1_high"])).all()
    assert ((found["ST_low"] < total) & (total < found["ST_high"])).all()
    assert found.attrs["calls"] == 4096 * 5


def test_the_same_seed_gives_the_same_table_and_another_one_another() -> None:
    np.random.seed(1)  # noqa: NPY002 - the tool must not look at the global state
    one, screened, moved = sobol(strange, UNIT, 64), morris(strange, UNIT, 5), pawn(strange, UNIT, 64, resamples=20)
    np.random.seed(2)  # noqa: NPY002
    assert one.equals(sobol(strange, UNIT, 64))
    assert not one.equals(sobol(strange, UNIT, 64, seed=0))
    assert screened.equals(morris(strange, UNIT, 5))
    assert moved.equals(pawn(strange, UNIT, 64, resamples=20))


def test_the_bootstrap_in_parts_has_the_width_of_the_bootstrap_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.Generator(np.random.PCG64(1)).normal(size=64 * 4)
    once = sobol_indices(values, 2, Bootstrap(resamples=2000)).factors
    monkeypatch.setattr("creditregime.laboratory.sensitivity.sobol_indices.AT_ONCE", 10_000)
    parts = sobol_indices(values, 2, Bootstrap(resamples=2000)).factors
    assert once["ST"].equals(parts["ST"])
    np.testing.assert_allclose(once["ST_high"] - once["ST"], parts["ST_high"] - parts["ST"], rtol=0.1)


@pytest.mark.parametrize("tool", [sobol, morris, pawn])
def test_what_does_not_vary_has_no_measures(tool: Any) -> None:
    found = tool(lambda x: 3.0, UNIT, 16)
    measures = found.drop(columns="factor")
    assert (measures == 0).all(axis=None) if tool is morris else measures.isna().all(axis=None)


def test_a_variance_of_nothing_is_not_divided_by() -> None:
    """The first and last points of the blocks agree, those between them do not."""
    values = np.array([1.0, 5.0, 2.0, 1.0] * 4)
    assert sobol_indices(values, 2, QUICK).factors.isna().all(axis=None)


# Morris


def test_measures_are_those_of_salib() -> None:
    from SALib.analyze import morris as analysis
    from SALib.sample import morris as sample

    problem = {"num_vars": 3, "names": [*UNIT], "bounds": [[*pair] for pair in UNIT.values()]}
    design = sample.sample(problem, 30, num_levels=6, seed=3)
    values = np.array([strange(row) for row in design])
    theirs = analysis.analyze(problem, design, values, num_levels=6, num_resamples=4000, seed=1)
    ours = morris(strange, UNIT, 30, seed=3, levels=6, resamples=4000)
    for name in ("mu", "mu_star", "sigma"):
        np.testing.assert_allclose(ours[name], np.asarray(theirs[name], float), rtol=1e-12)
    margins = np.asarray(theirs["mu_star_conf"], float)
    np.testing.assert_allclose(ours["mu_star_high"] - ours["mu_star"], margins, rtol=0.1)


def test_intervals_of_mu_and_sigma_cover_the_truth_about_as_often_as_they_say() -> None:
    """Effects of x₁ in x₁ (x₂ - ½): mean 0, standard deviation that of x₂ on its grid, √(5/36)."""
    inside = np.zeros(2)
    for seed in range(200):
        row = morris(lambda x: float(x[0] * (x[1] - 0.5)), {"a": (0, 1), "b": (0, 1)}, 40, seed, resamples=200).iloc[0]
        inside += [row["mu_low"] <= 0 <= row["mu_high"], row["sigma_low"] <= np.sqrt(5 / 36) <= row["sigma_high"]]
    assert (inside > 200 * 0.88).all()


def test_points_that_are_no_trajectories_are_refused() -> None:
    with pytest.raises(CreditRegimeError, match="no trajectories"):
        elementary_effects(np.random.Generator(np.random.PCG64(1)).random((6, 2)), np.arange(6.0))


# PAWN


def test_the_index_is_that_of_salib_but_for_the_largest_value() -> None:
    from SALib.analyze import pawn as analysis

    design = qmc.scale(qmc.Sobol(3, rng=1).random(1024), *np.array([*UNIT.values()]).T)
    values = np.array([strange(row) for row in design])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of p-values, which nobody asks for
        theirs = analysis.analyze({"num_vars": 3, "names": [*UNIT], "bounds": [*UNIT.values()]}, design, values)
    found = pawn(strange, UNIT, 1024, resamples=100)
    np.testing.assert_allclose(found["pawn"], theirs["median"], atol=0.005)
    assert (found["pawn"] > found["threshold"]).tolist() == [True, True, False]  # c alone moves next to nothing


def test_distances_are_those_of_kolmogorov_and_smirnov_with_equal_values() -> None:
    draws = np.random.Generator(np.random.PCG64(4))
    whole, values = draws.integers(0, 4, 200).astype(float), draws.integers(0, 6, 200).astype(float)
    values[whole == 3] += 3  # the largest value of the factor, which SALib leaves out, is the one that matters
    rare = np.where(np.arange(200) < 5, 9.0, 1.0)  # no slice of a tenth would hold it by itself
    found = pawn_index(np.column_stack([whole, rare]), values, QUICK)
    for column, known in ((whole, range(4)), (rare, (1, 9))):
        by_value = [ks_2samp(values[column == value], values, method="asymp").statistic for value in known]
        assert found["pawn"][int(column is rare)] == pytest.approx(np.median(by_value), abs=1e-12)


def test_where_the_output_is_skewed_the_variance_does_not_tell_the_factors_apart() -> None:
    """x₁ / x₂ of two χ² (Pianosi, Wagener 2015, Environ. Model. Softw. 67:1): equal ST, but x₁ matters more."""

    def ratio(u: Any) -> float:
        return float(chi2.ppf(u[0], 10) / chi2.ppf(u[1], 13.978))

    unit = {"x1": (0.0, 1.0), "x2": (0.0, 1.0)}
    variance = sobol(ratio, unit, 1024, resamples=200).set_index("factor")
    distance = pawn(ratio, unit, 2048, resamples=200).set_index("factor")
    assert variance.loc["x1", "ST"] == pytest.approx(variance.loc["x2", "ST"], abs=0.05)
    assert variance.loc["x1", "ST_low"] < variance.loc["x2", "ST"] < variance.loc["x1", "ST_high"]
    assert distance.loc["x1", "pawn_low"] > distance.loc["x2", "pawn_high"]
    assert (distance["pawn_low"] > distance["threshold"]).all()


def test_a_factor_that_does_nothing_passes_the_threshold_as_often_as_it_may() -> None:
    draws = np.random.Generator(np.random.PCG64(2))
    passed = 0
    for seed in range(120):
        points, values = draws.random((100, 1)), draws.exponential(size=100)
        row = pawn_index(points, values, Bootstrap(resamples=100, seed=seed)).iloc[0]
        passed += bool(row["pawn"] > row["threshold"])
    assert 1 <= passed <= 15  # 6 expected; a binomial number lies outside in 1 of 300 cases


def test_points_that_were_drawn_together_stay_together() -> None:
    """In Saltelli's blocks an idle factor and the outcome repeat together, which looks like an effect by points."""
    from SALib.sample import sobol as sample

    problem = {"num_vars": 5, "names": [*"abcde"], "bounds": [[0, 1]] * 5}
    passed = {7: 0, 1: 0}
    for seed in range(40):
        design = sample.sample(problem, 32, calc_second_order=False, seed=seed)
        for block in passed:
            found = pawn_index(design, design[:, 0], Bootstrap(resamples=60, seed=seed), block=block, slices=5)
            passed[block] += int((found["pawn"] > found["threshold"])[1:].sum())
    assert passed[7] <= 0.12 * 160
    assert passed[1] > 2 * passed[7]


# Bad input

BAD: list[tuple[dict[str, Any], str]] = [
    ({"ranges": {}}, "ranges: no parameters"),
    ({"ranges": {"a": (1.0, 1.0)}}, r"a: range \(1\.0, 1\.0\) is not allowed"),
    ({"ranges": {"a": (0.0, float("inf"))}}, "a: range"),
    ({"samples": 100}, "samples: 100 is not allowed: a power of 2 is needed"),
    ({"samples": 0}, "samples: 0 is not allowed"),
    ({"seed": -1}, "seed: -1 is not allowed"),
    ({"confidence": 1.0}, "confidence: 1.0 is not allowed"),
    ({"resamples": 1}, "resamples: 1 is not allowed"),
    ({"function": lambda x: float("nan")}, "the function is nan at a point of the design"),
]


@pytest.mark.parametrize(("changes", "said"), BAD)
@pytest.mark.parametrize("tool", [sobol, pawn])
def test_bad_designs_are_refused_in_one_line(tool: Any, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(CreditRegimeError, match=said):
        tool(**({"function": strange, "ranges": UNIT, "samples": 16} | changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"trajectories": 1}, "trajectories: 1"), ({"levels": 3}, "levels: 3 is not allowed: an even")],
)
def test_bad_screenings_are_refused_in_one_line(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(CreditRegimeError, match=said):
        morris(strange, UNIT, **changes)


def test_without_salib_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("SALib")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "SALib", None)
    for call in (sobol, morris):
        with pytest.raises(
            CreditRegimeError, match=r"SALib is not installed; .*pip install 'creditregime\[sensitivity\]'"
        ):
            call(strange, UNIT, 16)  # type: ignore[operator]
    assert isinstance(pawn(strange, UNIT, 16, resamples=10), pd.DataFrame)  # needs none
