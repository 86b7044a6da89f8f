"""Arrays with named dimensions hold what the tables hold, with units, and say what is wrong in one line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.dimensional import of_table
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.sweeps import Sweep, sweep

xarray = pytest.importorskip("xarray")

BASE = ["regime=joint_2016", "population.firms=40", "months=12"]
KEPT = {"keep": ["compliance", "exits"], "months": ["output", "listed"], "groups": ["exits", "profit"]}
FACTORS = {"spillover.partner.strength": [0.3, 0.0], "regime": ["joint_2020", "joint_2016"]}


def swept(folder: Path, design: dict[str, Any], **changes: Any) -> Sweep:
    study = {"base": BASE, "design": design, "replicates": {"kind": "fixed", "seeds": 2}, **KEPT}
    return sweep(study | changes, folder / "s", workers=1)


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return swept(tmp_path_factory.mktemp("grid"), {"kind": "grid", "factors": FACTORS})


def assert_same_values(arrays: Any, table: pd.DataFrame, keys: list[str]) -> None:
    """Turn arrays into a table again, and compare it with one row a combination of keys."""
    back = arrays.to_dataframe().reset_index()[[*table.columns]]
    back = back.dropna(subset=[name for name in table if name not in keys], how="all")  # no such firms with this seed
    back = back.sort_values(keys, ignore_index=True)
    expected = table.astype({key: back[key].dtype for key in keys}).sort_values(keys, ignore_index=True)
    for name in table:
        assert back[name].tolist() == expected[name].tolist(), name


def test_a_run_by_month_topic_and_group(small_run: RunResult) -> None:
    months = small_run.to_xarray()
    assert dict(months.sizes) == {"month": 30}
    assert_same_values(months, small_run.indicators, ["month"])
    assert_same_values(small_run.to_xarray("topics"), small_run.topics, ["month", "topic"])
    groups = small_run.groups[small_run.groups["dimension"] == "ownership"].drop(columns="dimension")
    named = groups.rename(columns={"group": "ownership"})
    assert_same_values(small_run.to_xarray("groups", by="ownership"), named, ["month", "ownership"])


def test_units_and_meanings_are_attributes(small_run: RunResult, grid: Sweep) -> None:
    assert small_run.to_xarray()["detections"].attrs["units"] == "per firm"
    assert small_run.to_xarray("topics")["detections"].attrs["units"] == "findings"
    assert small_run.to_xarray("groups", "region")["output"].attrs["units"] == "money"
    assert "counted from 1" in small_run.to_xarray()["month"].attrs["long_name"]
    runs = grid.to_xarray()
    assert runs["compliance"].attrs["units"] == "%"
    assert runs["exits"].attrs == {
        "long_name": "Exits",
        "units": "per 1,000 firms",
        "aggregation": "total over the run",
    }
    assert runs["spillover.partner.strength"].attrs["units"] == "share"
    assert grid.to_xarray("months")["listed"].attrs["units"] == "share"


def test_a_comparison_by_variant_and_seed(small_comparison: Comparison) -> None:
    outcomes = small_comparison.to_xarray()
    assert outcomes["exits"].dims == ("variant", "seed")
    assert_same_values(outcomes, small_comparison.outcomes, ["variant", "seed"])
    effect = outcomes.sel(variant="scenario") - outcomes.sel(variant="against")
    table = small_comparison.effects().set_index("outcome")["effect"]
    np.testing.assert_allclose(float(effect["exits"].mean()), table["exits"])
    assert_same_values(
        small_comparison.to_xarray("indicators"), small_comparison.indicators, ["variant", "seed", "month"]
    )
    sizes = small_comparison.group_outcomes
    sizes = sizes[sizes["dimension"] == "size"].drop(columns="dimension").rename(columns={"group": "size"})
    assert_same_values(small_comparison.to_xarray("group_outcomes", "size"), sizes, ["variant", "seed", "size"])


def test_factors_of_a_full_design_are_dimensions_in_their_order(grid: Sweep) -> None:
    runs = grid.to_xarray()
    assert runs["compliance"].dims == (*FACTORS, "seed")
    assert runs["regime"].values.tolist() == FACTORS["regime"]
    assert runs["spillover.partner.strength"].values.tolist() == [0.3, 0.0]
    assert_same_values(runs, grid.runs, ["point", "seed"])
    months = grid.to_xarray("months")
    assert months["output"].dims == (*FACTORS, "seed", "month")
    assert_same_values(months, grid.months, ["point", "seed", "month"])
    groups = grid.groups[grid.groups["dimension"] == "sector"].drop(columns="dimension")
    named = groups.rename(columns={"group": "sector"})
    assert_same_values(grid.to_xarray("groups", by="sector"), named, ["point", "seed", "sector"])


def test_points_of_other_designs_have_their_factors_as_coordinates(tmp_path: Path) -> None:
    factors = {"fines.scale": {"low": 0.5, "high": 2}, "joint_punishment.strength": {}}
    spread = swept(tmp_path, {"kind": "latin_hypercube", "factors": factors, "samples": 3})
    runs = spread.to_xarray()
    assert runs["exits"].dims == ("point", "seed")
    assert runs["fines.scale"].values.tolist() == spread.points["fines.scale"].tolist()
    assert runs["fines.scale"].attrs["long_name"]
    assert_same_values(runs, spread.runs, ["point", "seed"])


def test_toggles_and_levels_are_dimensions(tmp_path: Path) -> None:
    toggles = {"partners": {"off": {"spillover.partner.kind": "none"}}, "joint": {"off": {"joint_punishment": "none"}}}
    runs = swept(tmp_path, {"kind": "factorial", "toggles": toggles}).to_xarray()
    assert runs["compliance"].dims == ("partners", "joint", "seed")
    assert runs["point"].values.tolist() == [[0, 1], [2, 3]]


@pytest.mark.usefixtures("failing_strategies")
def test_what_failed_is_missing(tmp_path: Path) -> None:
    base = [*BASE, "months=2", "behaviour.kind=per_firm", "behaviour.strategy=raises_with_seed_3"]
    result = swept(tmp_path, {"kind": "grid", "factors": {"fines.scale": [1, 2]}}, base=base, first_seed=2, months=[])
    runs = result.to_xarray()
    assert runs["seed"].values.tolist() == [2]
    second = pd.concat([result.runs, result.runs.iloc[:1].assign(seed=9)])
    arrays = of_table(second[["fines.scale", "seed", "exits"]], ("fines.scale", "seed"))
    assert np.isnan(arrays["exits"].sel({"fines.scale": 2, "seed": 9}))


def test_they_can_be_written_and_read(grid: Sweep, tmp_path: Path) -> None:
    months = grid.to_xarray("months")
    months.to_netcdf(tmp_path / "months.nc")
    back = xarray.load_dataset(tmp_path / "months.nc")
    assert back["output"].attrs == months["output"].attrs
    xarray.testing.assert_allclose(back["output"].drop_vars("regime"), months["output"].drop_vars("regime"))


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (("firms",), "table: 'firms' is not allowed: must be one of indicators, topics, groups"),
        (("groups",), "by: None is not allowed: must be one of ownership, size, sector, region"),
        (("groups", "colour"), "by: 'colour' is not allowed: must be one of ownership"),
        (("indicators", "size"), "by: 'size' is not allowed: only tables by group have it"),
    ],
)
def test_wrong_tables_are_one_line(asked: tuple[str, ...], text: str, small_run: RunResult) -> None:
    with pytest.raises(ScenarioError, match=text):
        small_run.to_xarray(*asked)


def test_a_table_that_was_not_kept_is_refused(tmp_path: Path, small_comparison: Comparison) -> None:
    bare = swept(tmp_path, {"kind": "grid", "factors": {"months": [2, 3]}}, months=[], groups=[])
    with pytest.raises(ScenarioError, match="table: 'months' is not allowed: must be one that the study keeps: runs"):
        bare.to_xarray("months")
    with pytest.raises(ScenarioError, match="must be outcomes, group_outcomes or indicators"):
        small_comparison.to_xarray("runs")


def test_two_things_of_one_name_are_refused(tmp_path: Path) -> None:
    levels = {"few": {"fines.scale": 1}, "many": {"fines.scale": 2}}
    named = swept(tmp_path, {"kind": "grid", "factors": {"sector": levels}}, months=[])
    with pytest.raises(ScenarioError, match="to_xarray: 'sector' would be two things"):
        named.to_xarray("groups", by="sector")


def test_without_xarray_the_error_names_the_extra(small_run: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(CreditRegimeError, match=r"pip install 'creditregime\[xarray\]'"):
        small_run.to_xarray()
