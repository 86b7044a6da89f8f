"""Sweeps: designs, results that do not depend on who works or how often it was stopped, failures, bad input."""

from __future__ import annotations

import errno
import filecmp
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from creditregime import load
from creditregime.cli import main
from creditregime.errors import CreditRegimeError, ScenarioError, StoreError
from creditregime.laboratory.outcomes import summarise, summarise_groups
from creditregime.laboratory.run import run
from creditregime.laboratory.sweeps import Study, Sweep, dataset, open_sweep, sweep
from creditregime.laboratory.sweeps.bounds import Bounds
from creditregime.laboratory.sweeps.plan import Layout, layout_of
from creditregime.laboratory.sweeps.tables import Kept
from creditregime.laboratory.sweeps.units import simulated

BASE = ["regime=joint_2016", "population.firms=50", "months=14"]
STRENGTHS = {"kind": "grid", "factors": {"spillover.partner.strength": [0, 0.3]}}


def study(**changes: Any) -> Study:
    """Return a small study: two points, four seeds."""
    whole = {"base": BASE, "design": STRENGTHS, "replicates": {"kind": "fixed", "seeds": 4}, "keep": ["compliance"]}
    return Study.parse(whole | changes)


def laid_out(design: dict[str, Any], *base: str) -> pd.DataFrame:
    """Return the factors of a design's points."""
    bounds = Bounds(load(*(base or BASE)))
    points = study(design=design).design.lay_out(bounds)
    return pd.DataFrame([point.factors for point in points])


def assert_same_results(one: Path, other: Path) -> None:
    """Compare two folders file by file; when and how long they took is their own."""
    names = [{p.relative_to(f).as_posix() for p in f.rglob("*") if p.is_file()} for f in (one, other)]
    assert names[0] == names[1]
    files = sorted(names[0] - {"sweep.json"})
    assert filecmp.cmpfiles(one, other, files, shallow=False)[1:] == ([], [])


# Designs


def test_a_grid_is_every_combination_and_the_last_factor_varies_fastest() -> None:
    found = laid_out({"kind": "grid", "factors": {"a": [1, 2], "b": ["x", "y", "z"]}})
    assert found.to_numpy().tolist() == [[1, "x"], [1, "y"], [1, "z"], [2, "x"], [2, "y"], [2, "z"]]


def test_a_factor_may_have_named_levels_that_change_several_things() -> None:
    levels = {"as it is": {}, "alone": {"joint_punishment.kind": "none", "spillover.partner.kind": "none"}}
    design = study(design={"kind": "grid", "factors": {"regime": ["joint_2016"], "agencies": levels}}).design
    points = design.lay_out(Bounds(load(*BASE)))
    assert [point.factors["agencies"] for point in points] == ["as it is", "alone"]
    assert [point.changes for point in points] == [{"regime": "joint_2016"}, {"regime": "joint_2016"} | levels["alone"]]


def test_a_study_says_how_it_is_run_at_small_size() -> None:
    design = {"kind": "latin_hypercube", "samples": 100, "factors": {"joint_punishment.strength": {}}}
    small = {"base": ["months=3"], "seeds": 1, "design": {"samples": 5}}
    whole = study(design=design, small=small)
    reduced = Study.parse(whole.model_dump(mode="json")).reduced()
    assert (reduced.base[-1], reduced.replicates.seeds, reduced.design.samples) == ("months=3", 1, 5)
    assert reduced.small is None
    with pytest.raises(ScenarioError, match="small: the study does not say"):
        study().reduced()
    with pytest.raises(ScenarioError, match="unknown key"):
        study(design=design, small=small | {"design": {"sample": 5}}).reduced()


def test_the_command_runs_a_study_at_small_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "study.yaml"
    file.write_text(study(small={"base": ["months=2"], "seeds": 1}).to_yaml(), encoding="utf-8")
    assert main(["sweep", str(file), "--small", "--quiet", "--workers", "1"]) == 0
    found = open_sweep(capsys.readouterr().out.strip())
    assert found.folder.name == f"sweep-{tmp_path.name}-study-small"
    assert (len(found.runs), found.scenario(0).months) == (2, 2)


def test_a_factorial_switches_toggles_off_and_on() -> None:
    toggles = {"joint": {"off": {"joint_punishment.kind": "none"}}, "partner": {"off": {"spillover.partner": "none"}}}
    design = study(design={"kind": "factorial", "toggles": toggles}).design
    points = design.lay_out(Bounds(load(*BASE)))
    assert [tuple(point.factors.values()) for point in points] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert [len(point.changes) for point in points] == [2, 1, 1, 0]


def test_toggles_are_read_from_a_file_as_they_are_written(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text("design: {kind: factorial, toggles: {joint: {off: {joint_punishment.kind: none}, on: {}}}}")
    points = Study.read(file).design.lay_out(Bounds(load(*BASE)))
    assert [point.changes for point in points] == [{"joint_punishment.kind": "none"}, {}]


def test_a_latin_hypercube_has_every_stratum_once() -> None:
    factors = {"spillover.partner.strength": {"high": 1}, "joint_punishment.strength": {}}
    found = laid_out({"kind": "latin_hypercube", "factors": factors, "samples": 20})
    for column in found:
        assert sorted(np.floor(found[column] * 20).astype(int)) == [*range(20)]


@pytest.mark.parametrize(
    ("design", "points"),
    [
        ({"kind": "saltelli", "power": 3}, 8 * 4),
        ({"kind": "morris", "trajectories": 5}, 15),
        ({"kind": "sobol", "power": 4}, 16),
    ],
)
def test_designs_of_sensitivity_analysis_have_their_sizes_and_stay_within_bounds(
    design: dict[str, Any], points: int
) -> None:
    factors = {"joint_punishment.strength": {}, "population.firms": {"low": 40, "high": 80}}
    found = laid_out(design | {"factors": factors})
    assert len(found) == points
    assert found["joint_punishment.strength"].between(0, 1).all()
    assert found["population.firms"].between(40, 80).all()
    assert found["population.firms"].map(type).eq(int).all()
    assert found.equals(laid_out(design | {"factors": factors}))
    assert not found.equals(laid_out(design | {"factors": factors, "seed": 2}))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"design": {"kind": "grid", "factors": {}}}, "design.factors"),
        ({"design": {"kind": "grid", "factors": {"months": []}}}, "has no values"),
        ({"design": {"kind": "grid", "factors": {"months": [3, 3]}}}, "twice"),
        ({"design": {"kind": "gird"}}, "did you mean 'grid'"),
        ({"design": {"kind": "grid", "factors": {"sharing": {}}}}, "has no values"),
        ({"design": {"kind": "grid", "factors": {"sharing": {"a": {}, "b": {}}}}}, "twice"),
        ({"design": {"kind": "list", "points": []}}, "design.points"),
        ({"design": {"kind": "factorial", "toggles": {"fines": {"off": {"fines": "none"}}}}}, "choose another name"),
        ({"keep": ["complience"]}, "did you mean 'compliance'"),
        ({"month": ["compliance"]}, "did you mean 'months'"),
        ({"groups": ["segregation"]}, "unknown outcome 'segregation'"),
        ({"replicates": {"kind": "precise", "half_width": {"complianc": 1}}}, "unknown outcome"),
        ({"replicates": {"kind": "fixed", "seeds": 0}}, "replicates.seeds"),
    ],
)
def test_a_wrong_study_is_one_line_that_names_the_key(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ScenarioError, match=text) as caught:
        study(**changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("design", "text"),
    [
        ({"kind": "grid", "factors": {"spillover.partner.strenght": [0, 1]}}, "point 0 .*strenght"),
        ({"kind": "grid", "factors": {"joint_punishment.strength": [0, 1.5]}}, "point 1 .*1.5"),
        ({"kind": "grid", "factors": {"seed": [1, 2]}}, "is no factor"),
        (
            {"kind": "sobol", "power": 2, "factors": {"joint_punishment.strength": {"high": 2}}},
            "not allowed: must be at least 0 and at most 1",
        ),
        ({"kind": "sobol", "power": 2, "factors": {"joint_punishment.strengt": {}}}, "unknown key"),
        ({"kind": "sobol", "power": 2, "factors": {"registry.sharing": {}}}, "not a number"),
        ({"kind": "sobol", "power": 2, "factors": {"topics.tax.fine": {"low": 0}}}, "high: is needed"),
    ],
)
def test_a_wrong_design_leaves_no_folder(design: dict[str, Any], text: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=text):
        sweep(study(design=design), tmp_path / "s", workers=1)
    assert not (tmp_path / "s").exists()


def test_an_unknown_indicator_is_refused_before_anything_is_run(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="did you mean 'compliance'"):
        sweep(study(months=["complianc"]), tmp_path / "s", workers=1)
    assert not (tmp_path / "s").exists()


# Results


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return sweep(study(months=["listed"]), tmp_path_factory.mktemp("finished") / "s", workers=1)


def test_a_run_of_a_sweep_is_the_run_of_its_scenario(finished: Sweep) -> None:
    row = finished.runs.query("point == 1 and seed == 3").iloc[0]
    alone = run(finished.scenario(1, seed=3))
    assert row["compliance"] == summarise(alone.indicators)["compliance"]
    months = finished.months.query("point == 1 and seed == 3")
    np.testing.assert_array_equal(months["listed"], alone.indicators["listed"])
    assert row["spillover.partner.strength"] == 0.3


def test_groups_and_exits_of_a_sweep_are_those_of_its_runs(tmp_path: Path) -> None:
    result = sweep(study(groups=["compliance", "exits"], exits=True), tmp_path / "s", workers=1)
    alone = run(result.scenario(1, seed=3))
    groups = result.groups.query("point == 1 and seed == 3").drop(columns=["point", "seed"]).reset_index(drop=True)
    expected = summarise_groups(alone.groups, alone.firms, alone.exits)[[*groups]]
    pd.testing.assert_frame_equal(groups, expected, check_dtype=False, check_exact=True)
    exits = result.exits.query("point == 1 and seed == 3").drop(columns=["point", "seed"]).reset_index(drop=True)
    assert len(exits)
    expected = alone.exits[[*exits]].astype(dict.fromkeys(["cause", "attribution"], object))
    pd.testing.assert_frame_equal(exits, expected.astype(exits.dtypes), check_exact=True)
    assert list(result.runs) == ["point", "seed", "compliance", "spillover.partner.strength"]


def test_what_a_study_does_not_keep_leaves_no_folder(finished: Sweep) -> None:
    assert {path.name for path in finished.folder.iterdir() if path.is_dir()} == {"runs", "months", "failures"}
    assert len(finished.exits) == len(finished.groups) == 0


@pytest.mark.parametrize("regime", ["joint_2016", "history", "pilots_2014", "customs_282", "unified_2026"])
def test_side_by_side_gives_the_same_as_one_by_one(regime: str) -> None:
    text = load(f"regime={regime}", "population.firms=40", "months=18").model_dump_json()
    kept = Kept(["compliance", "exits", "profit"], ["violations"], ["output", "exits"], exits=True)
    together = simulated(kept, 0, text, [1, 2, 3])
    alone = [simulated(kept, 0, text, [seed]) for seed in (1, 2, 3)]
    assert [*together] == ["runs", "months", "groups", "exits", "failures"]
    for name, table in together.items():
        whole = pd.concat([one[name] for one in alone], ignore_index=True)
        pd.testing.assert_frame_equal(table, whole, check_exact=True)


def test_the_dataset_is_read_as_it_is_and_small_in_number_of_files(tmp_path: Path) -> None:
    points = [{"spillover.partner.strength": number / 400} for number in range(400)]
    layout = Layout(points=400, block=4, group=50, span=4)
    parts = [*layout.parts(study(design={"kind": "list", "points": points}))]
    assert len(parts) == 8
    assert sorted(point for part in parts for point in part.points) == [*range(400)]
    result = sweep(study(), tmp_path / "s", workers=1)
    assert pd.read_parquet(tmp_path / "s" / "runs").shape == result.runs.shape
    assert not (tmp_path / "s" / "unfinished").exists()


def test_many_seeds_of_one_point_share_files_and_are_simulated_in_blocks() -> None:
    many = study(replicates={"kind": "fixed", "seeds": 450})
    layout = layout_of(many, firms=500, points=1)
    parts = [*layout.parts(many)]
    assert [(part.first, part.last) for part in parts] == [(0, 200), (200, 400), (400, 450)]
    assert parts[1].units(layout.block) == [(0, first, first + 50) for first in (200, 250, 300, 350)]
    assert layout_of(study(replicates={"kind": "fixed", "seeds": 60}), firms=500, points=1).block == 30
    assert layout_of(many, firms=50_000, points=1).block == 1


def test_the_block_of_seeds_changes_nothing(finished: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditregime.laboratory.sweeps.plan.MOST_AT_ONCE", 1)
    alone = sweep(finished.study, tmp_path / "s", workers=1)
    for name in ("runs", "months"):
        pd.testing.assert_frame_equal(getattr(alone, name), getattr(finished, name), check_exact=True)


def test_two_workers_give_the_same_bytes_as_one(finished: Sweep, tmp_path: Path) -> None:
    sweep(finished.study, tmp_path / "s", workers=2)
    assert_same_results(finished.folder, tmp_path / "s")


def test_a_finished_sweep_is_not_run_again(finished: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object) -> None:
        raise AssertionError("was run again")

    monkeypatch.setattr("creditregime.laboratory.sweeps.session.worked", never)
    assert sweep(finished.study, finished.folder, workers=1).runs.equals(finished.runs)


def test_seeds_are_added_until_the_intervals_are_narrow(tmp_path: Path) -> None:
    rule = {"kind": "precise", "half_width": {"compliance": 2.5}, "at_least": 4, "at_most": 30}
    result = sweep(study(replicates=rule, keep=["exits"]), tmp_path / "s", workers=1)
    runs = result.runs
    for _, rows in runs.groupby("point"):
        number, spread = len(rows), rows["compliance"].std()
        assert 4 <= number <= 30
        width = {4: 3.182, 30: 2.045}.get(number, 2.2) * spread / np.sqrt(number)
        assert width < 2.8 or number == 30
    assert result.finished
    (tmp_path / "s" / "unfinished").mkdir()  # as while somebody works on it: more seeds may come
    assert not open_sweep(tmp_path / "s").finished
    again = sweep(study(replicates=rule, keep=["exits"]), tmp_path / "s", workers=1)
    assert again.runs.equals(runs)


# Being stopped


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a study file, and the folder of its results when nothing stops it."""
    folder = tmp_path_factory.mktemp("larger")
    whole = study(
        design={"kind": "grid", "factors": {"joint_punishment.strength": [0, 1], "months": [30, 40]}},
        replicates={"kind": "fixed", "seeds": 3},
    )
    (folder / "study.yaml").write_text(whole.to_yaml(), encoding="utf-8")
    sweep(folder / "study.yaml", folder / "whole", workers=1)
    return folder / "study.yaml", folder / "whole"


@pytest.mark.parametrize("number", [1])
def test_a_sweep_that_is_killed_again_and_again_ends_with_the_same_bytes(
    larger: tuple[Path, Path], number: int, tmp_path: Path
) -> None:
    file, whole = larger
    draws, kills = random.Random(number), 0
    for _ in range(40):
        process = _start(file, tmp_path / "s")
        try:
            process.wait(timeout=draws.uniform(2, 7) if kills < 3 else 120)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
            continue
        assert process.returncode == 0
        break
    assert kills
    assert_same_results(whole, tmp_path / "s")


def test_ctrl_c_keeps_what_is_finished_and_says_so(larger: tuple[Path, Path], tmp_path: Path) -> None:
    file, whole = larger
    process = _start(file, tmp_path / "s", stderr=subprocess.PIPE)
    until = time.monotonic() + 60
    while not [*(tmp_path / "s").glob("unfinished/part-*.unit")] and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "finished runs are kept" in told.splitlines()[-1]
    sweep(file, tmp_path / "s", workers=1)
    assert_same_results(whole, tmp_path / "s")


def _start(file: Path, folder: Path, **more: Any) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "creditregime.cli",
        "sweep",
        str(file),
        "--out",
        str(folder),
        "--workers",
        "2",
        "--quiet",
    ]
    return subprocess.Popen(command, start_new_session=True, text=True, stdout=subprocess.DEVNULL, **more)


def test_a_full_disk_loses_nothing(larger: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, whole = larger
    left = [10]  # enough for the plan and some units

    def full(number: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("creditregime.laboratory.sweeps.parquet.os.fsync", full)
        with pytest.raises(StoreError, match="No space left on device; finished runs are kept"):
            sweep(file, tmp_path / "s", workers=1)
    sweep(file, tmp_path / "s", workers=1)
    assert_same_results(whole, tmp_path / "s")


# Failing


@pytest.mark.parametrize(
    ("name", "workers"), [("raises_with_seed_3", 1), ("raises_with_seed_3", 2), ("kills_with_seed_3", 2)]
)
@pytest.mark.usefixtures("failing_strategies")
def test_a_run_that_fails_is_told_and_the_others_are_not_stopped(name: str, workers: int, tmp_path: Path) -> None:
    base = [*BASE, "behaviour.kind=per_firm", f"behaviour.strategy={name}"]
    result = sweep(study(base=base), tmp_path / "s", workers=workers)
    assert result.runs[["point", "seed"]].to_numpy().tolist() == [[p, s] for p in (0, 1) for s in (1, 2, 4)]
    assert result.failures[["point", "seed"]].to_numpy().tolist() == [[0, 3], [1, 3]]
    told = result.failures.iloc[1]
    assert ("seed 3 cannot be" in told["traceback"]) if "raises" in name else ("died" in told["error"])
    assert json.loads(told["scenario"])["spillover"]["partner"]["strength"] == 0.3


# Folders


def test_another_study_or_version_or_folder_is_refused(
    finished: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreError, match="another study"):
        sweep(study(), finished.folder, workers=1)
    with monkeypatch.context() as patch:
        patch.setattr(dataset, "__version__", "9.9")
        with pytest.raises(StoreError, match="another version"):
            sweep(finished.study, finished.folder, workers=1)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StoreError, match="not by a sweep"):
        sweep(study(), tmp_path, workers=1)
    with pytest.raises(CreditRegimeError, match=r"study\.yaml"):
        open_sweep(tmp_path)
    assert [*tmp_path.iterdir()] == [tmp_path / "mine.txt"]


def test_two_processes_do_not_work_on_one_folder(finished: Sweep) -> None:
    with open_sweep(finished.folder)._dataset.open(), pytest.raises(StoreError, match="another process"):
        sweep(finished.study, finished.folder, workers=1)


@pytest.mark.parametrize("harm", ["cut", "flip"])
def test_a_damaged_part_is_named_and_can_be_run_again(harm: str, tmp_path: Path) -> None:
    whole = sweep(study(), tmp_path / "s", workers=1).runs
    [path] = (tmp_path / "s" / "runs").iterdir()
    data = bytearray(path.read_bytes())
    if harm == "cut":
        path.write_bytes(data[:-20])
    else:
        data[60] ^= 0xFF
        path.write_bytes(data)
    with pytest.raises(StoreError, match="is damaged"):
        _ = sweep(study(), tmp_path / "s", workers=1).runs
    path.unlink()
    assert sweep(study(), tmp_path / "s", workers=1).runs.equals(whole)


def test_a_scenario_can_stand_in_the_study(tmp_path: Path) -> None:
    whole = load(*BASE).model_dump(mode="json")
    one = sweep(study(), tmp_path / "one", workers=1)
    other = sweep(study(base=[], scenario=whole), tmp_path / "other", workers=1)
    pd.testing.assert_frame_equal(one.runs, other.runs)
    assert other.scenario(1) == one.scenario(1)
    shutil.move(tmp_path / "other", tmp_path / "moved")
    assert sweep(study(base=[], scenario=whole), tmp_path / "moved", workers=1).runs.equals(one.runs)
    with pytest.raises(ScenarioError, match="presets cannot be combined"):
        sweep(study(scenario=whole), tmp_path / "third", workers=1)
    with pytest.raises(ScenarioError, match=r"mont: unknown key"):
        sweep(study(base=[], scenario={"mont": 3}), tmp_path / "third", workers=1)
