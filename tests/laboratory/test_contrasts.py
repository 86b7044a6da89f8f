"""Contrasts of a sweep: recounted by hand from its runs, reference by reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from creditregime import contrasts
from creditregime.errors import ScenarioError
from creditregime.laboratory.sweeps import Sweep, sweep
from creditregime.laboratory.sweeps.cells import cells
from creditregime.laboratory.sweeps.contrasts import group_contrasts
from tests.laboratory.test_sweeps import study

STRENGTH = "spillover.partner.strength"
FACTORS = {"regime": ["joint_2016", "joint_2020"], STRENGTH: [0, 0.2, 0.4]}


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    base = ["population.firms=40", "months=12"]
    asked = study(base=base, design={"kind": "grid", "factors": FACTORS}, keep=["compliance", "exits"])
    return sweep(asked, tmp_path_factory.mktemp("grid") / "s", workers=1)


def with_runs(result: Sweep, runs: pd.DataFrame) -> Sweep:
    """Return the sweep with other runs."""
    other = Sweep(result._dataset)
    other.__dict__["runs"] = runs
    return other


@pytest.fixture
def noisy(grid: Sweep) -> Sweep:
    """The sweep with outcomes of known structure: levels by point, a share of noise that pairs have in common."""
    draws = np.random.Generator(np.random.PCG64(5))
    runs = grid.runs.copy()
    common = dict(zip(sorted(set(runs["seed"])), draws.normal(size=4), strict=True))
    runs["exits"] = runs["point"] + 10 * runs["seed"].map(common) + draws.normal(size=len(runs))
    return with_runs(grid, runs)


def test_effects_are_paired_seed_by_seed(noisy: Sweep) -> None:
    found = contrasts(noisy, {"regime": "joint_2016"}, "exits").set_index("point")
    assert found.index.tolist() == [3, 4, 5]
    assert found["reference"].tolist() == [0, 1, 2], "the reference has the same values of the other factors"
    by_seed = noisy.runs.pivot(index="seed", columns="point", values="exits")
    for point, reference in ((3, 0), (4, 1), (5, 2)):
        difference = by_seed[point] - by_seed[reference]
        low, high = stats.t.interval(0.95, 3, difference.mean(), difference.std() / 2)
        row = found.loc[point]
        assert row["effect"] == pytest.approx(difference.mean())
        assert (row["low"], row["high"]) == pytest.approx((low, high))
        assert row["scenario"] - row["against"] == pytest.approx(row["effect"])
        assert row["variance_ratio"] == pytest.approx(
            difference.var() / (by_seed[point].var() + by_seed[reference].var())
        )
        assert row["seeds"] == 4
    assert (found["variance_ratio"] < 0.2).all(), "the seeds share most of their noise"


def test_a_reference_is_a_point_or_values_of_factors(noisy: Sweep) -> None:
    one = contrasts(noisy, 4, "exits")
    assert one["point"].tolist() == [0, 1, 2, 3, 5]
    assert set(one["reference"]) == {4}
    same = contrasts(noisy, {"regime": "joint_2020", STRENGTH: 0.2}, ["exits"])
    pd.testing.assert_frame_equal(one, same)
    matched = contrasts(noisy, {STRENGTH: 0}, "exits")
    assert matched[["point", "reference"]].to_numpy().tolist() == [[1, 0], [2, 0], [4, 3], [5, 3]]
    assert matched[STRENGTH].tolist() == [0.2, 0.4, 0.2, 0.4]


def test_every_outcome_kept_is_told_unless_some_are_named(grid: Sweep) -> None:
    assert contrasts(grid, 0)["outcome"].tolist() == ["compliance", "exits"] * 5
    columns = contrasts(grid, 0).columns.tolist()
    assert columns[:4] == ["point", "reference", "regime", STRENGTH]
    assert contrasts(grid, 0, "exits").columns.tolist() == columns


def test_only_seeds_that_both_have_count(noisy: Sweep) -> None:
    runs = noisy.runs
    missing = with_runs(noisy, runs[~((runs["point"] == 1) & (runs["seed"] == 2))])
    found = contrasts(missing, 0, "exits").set_index("point")
    assert found["seeds"].tolist() == [3, 4, 4, 4, 4]
    kept = runs[runs["seed"] != 2].pivot(index="seed", columns="point", values="exits")
    assert found.loc[1, "effect"] == pytest.approx((kept[1] - kept[0]).mean())
    none = contrasts(with_runs(noisy, runs[runs["point"] != 1]), 0, "exits").set_index("point")
    assert none.loc[1, "seeds"] == 0
    assert np.isnan(none.loc[1, "effect"])
    alone = contrasts(with_runs(noisy, runs[runs["seed"] == 1]), 0, "exits")
    assert alone["effect"].notna().all()
    assert alone[["low", "high", "variance_ratio"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("against", "text"),
    [
        (6, "must be a point from 0 to 5"),
        (-1, "must be a point from 0 to 5"),
        ({"regimes": "joint_2016"}, "did you mean 'regime'"),
        ({"regime": "none"}, "against.regime: 'none' is not among the values; allowed: joint_2016, joint_2020"),
        ({STRENGTH: 0.3}, "allowed: 0.0, 0.2, 0.4"),
        ({STRENGTH: "0"}, "is not among the values"),
    ],
)
def test_a_wrong_reference_is_one_line(grid: Sweep, against: Any, text: str) -> None:
    with pytest.raises(ScenarioError, match=text):
        contrasts(grid, against)


def test_an_outcome_that_was_not_kept_is_refused(grid: Sweep) -> None:
    with pytest.raises(ScenarioError, match="unknown outcome 'exit'; did you mean 'exits'"):
        contrasts(grid, 0, "exit")


def test_listed_points_need_a_reference_each(tmp_path: Path) -> None:
    points = [{"fines.scale": scale, "months": months} for scale, months in ((1, 6), (2, 6), (3, 8))]
    result = sweep(study(design={"kind": "list", "points": points}), tmp_path / "s", workers=1)
    assert contrasts(result, {"months": 8})["reference"].tolist() == [2, 2], "there is only one such point"
    with pytest.raises(ScenarioError, match="nothing to compare point 2 with"):
        contrasts(result, {"months": 6})


def test_cells_average_the_same_points_for_every_seed(noisy: Sweep) -> None:
    found = cells(noisy, [STRENGTH], ["exits"])
    assert found.levels == ([0.0, 0.2, 0.4],)
    assert found.averaged == ("regime",)
    by_seed = noisy.runs.pivot(index="seed", columns="point", values="exits").to_numpy()
    np.testing.assert_allclose(found.values[1, :, 0], (by_seed[:, 1] + by_seed[:, 4]) / 2)
    short = cells(with_runs(noisy, noisy.runs.iloc[1:]), [STRENGTH], ["exits"])
    assert np.isnan(short.values[..., 0]).sum() == 1, "a seed without one of the points has no mean"
    fixed = cells(noisy, [STRENGTH, "regime"], ["exits"], at={"regime": "joint_2020"})
    assert fixed.values.shape == (3, 1, 4, 1)
    assert fixed.averaged == ()
    change = cells(noisy, ["regime"], ["exits"], against={"regime": "joint_2016"}, at={STRENGTH: 0.4})
    np.testing.assert_allclose(change.values[1, :, 0], by_seed[:, 5] - by_seed[:, 2])
    assert not change.values[0].any()
    with pytest.raises(ScenarioError, match="is averaged over"):
        cells(noisy, [STRENGTH], ["exits"], against={"regime": "joint_2016"})


# By group


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    design = {"kind": "grid", "factors": {"regime": ["fines_only", "joint_2016"]}}
    asked = study(base=["population.firms=60", "months=14"], design=design, groups=["compliance", "exits"])
    return sweep(asked, tmp_path_factory.mktemp("groups") / "s", workers=1)


def test_groups_are_paired_seed_by_seed(grouped: Sweep) -> None:
    found = group_contrasts(grouped, {"regime": "joint_2016"}, {"regime": "fines_only"}, "compliance")
    found = found.set_index(["dimension", "group"])
    rows = grouped.groups[(grouped.groups["dimension"] == "size") & (grouped.groups["group"] == "large")]
    by_seed = rows.pivot(index="seed", columns="point", values="compliance")
    effect = (by_seed[1] - by_seed[0]).mean()
    assert found.loc[("size", "large"), "effect"] == pytest.approx(effect)
    assert found.loc[("size", "large"), "seeds"] == 4
    assert found.loc[("size", "large"), "firms"] == 15
    pd.testing.assert_frame_equal(group_contrasts(grouped, 1, 0), group_contrasts(grouped, 1, {"regime": "fines_only"}))


def test_groups_that_were_not_kept_are_one_line(grouped: Sweep, grid: Sweep) -> None:
    with pytest.raises(ScenarioError, match="keeps no outcomes by group"):
        group_contrasts(grid, 1, 0)
    with pytest.raises(ScenarioError, match="unknown outcome by group 'listed'"):
        group_contrasts(grouped, 1, 0, "listed")
    with pytest.raises(ScenarioError, match="at: 2 points have"):
        group_contrasts(grouped, {}, 0)
