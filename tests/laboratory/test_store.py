from __future__ import annotations

import errno
import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
import pytest

from creditregime.composition import load
from creditregime.errors import StoreError
from creditregime.laboratory import store
from creditregime.laboratory.archive import read, read_comparison, read_run, rerun
from creditregime.laboratory.compare import Comparison, compare
from creditregime.laboratory.run import TABLES, RunResult, run
from creditregime.laboratory.store import check_folder, default_folder, open_folder, save_tables, write_tables
from creditregime.paths import config_root


def contents(folder: Path) -> dict[str, bytes]:
    """Every file by relative path, but for provenance, which tells when and how long."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "provenance.json")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_run_folder_runs_again_byte_for_byte(small_run: RunResult, tmp_path: Path) -> None:
    first = save_tables(small_run, tmp_path / "first")
    moved = shutil.move(first, tmp_path / "moved")
    second = save_tables(rerun(moved), tmp_path / "second")
    assert contents(second) == contents(Path(moved))
    assert set(contents(second)) == {"scenario.yaml", *(f"{name}.parquet" for name in TABLES)}


def test_a_comparison_folder_runs_again_byte_for_byte(small_comparison: Comparison, tmp_path: Path) -> None:
    first = save_tables(small_comparison, tmp_path / "first")
    second = save_tables(rerun(first, workers=1), tmp_path / "second")
    assert contents(second) == contents(first)
    names = {"scenario.yaml", "against.yaml", "indicators.parquet", "effects.csv", "effects.parquet", "twins.parquet"}
    assert names <= set(contents(first))
    example = save_tables(rerun(first / "example" / "against"), tmp_path / "third")
    assert contents(example) == contents(first / "example" / "against")


@pytest.mark.parametrize("source", ["memory", "graph", "table"])
def test_a_folder_carries_the_firms_that_its_scenario_does_not_make(tmp_path: Path, source: str) -> None:
    away = tmp_path / "away"
    away.mkdir()
    changes: dict[str, Any] = {"months": 3}
    if source == "memory":
        changes["economy"] = load("population.firms=30").population.build(99)
    elif source == "graph":
        nx.write_graphml(nx.gnp_random_graph(12, 0.2, seed=1, directed=True), away / "net.graphml")
        changes["population"] = {"kind": "graph", "path": str(away / "net.graphml"), "final_demand_share": 0.5}
    else:
        shutil.copy(config_root() / "input_output" / "china_2011.yaml", away / "mine.yaml")
        changes |= {"population.input_output": str(away / "mine.yaml"), "population.firms": 30}
    result, pairs = run(**changes), compare(**changes, seeds=2, workers=1)
    first, both = save_tables(result, tmp_path / "run"), save_tables(pairs, tmp_path / "compare")
    shutil.rmtree(away)
    assert contents(save_tables(rerun(first), tmp_path / "run2")) == contents(first)
    assert contents(save_tables(rerun(both, workers=1), tmp_path / "compare2")) == contents(both)
    assert contents(save_tables(read(both), tmp_path / "compare3")) == contents(both)
    assert str(away) not in (first / "scenario.yaml").read_text(encoding="utf-8")


def test_what_is_read_is_what_was_written(small_run: RunResult, small_comparison: Comparison, tmp_path: Path) -> None:
    one = read_run(save_tables(small_run, tmp_path / "run"))
    assert one.scenario == small_run.scenario
    assert one.provenance == small_run.provenance
    for name in TABLES:
        assert getattr(one, name).astype(object).equals(getattr(small_run, name).astype(object))
    both = read_comparison(save_tables(small_comparison, tmp_path / "compare"))
    assert (both.seeds, both.labels) == (small_comparison.seeds, small_comparison.labels)
    pd.testing.assert_frame_equal(both.effects(), small_comparison.effects())
    assert both.twins().astype(object).equals(small_comparison.twins().astype(object))
    assert contents(save_tables(both, tmp_path / "again")) == contents(tmp_path / "compare")


def test_a_used_folder_is_refused_and_kept(small_run: RunResult, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(StoreError, match="is in use"):
        save_tables(small_run, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_taken(small_run: RunResult, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    save_tables(small_run, folder)
    assert (folder / "firms.parquet").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_file_cannot_be_a_folder_nor_hold_one(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(StoreError, match="is a file"):
        check_folder(file)
    with pytest.raises(StoreError, match="cannot be written"):
        check_folder(file / "inside" / "it")


def test_a_folder_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **more: Any) -> str:  # root may write everywhere, so permissions must be played
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(store.tempfile, "mkdtemp", refuse)
    with pytest.raises(StoreError, match="cannot be written: Permission denied"):
        check_folder(tmp_path / "new")


def test_to_check_leaves_nothing_behind(tmp_path: Path) -> None:
    check_folder(tmp_path / "a" / "b" / "c")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_gives_one_line_and_nothing_half_written(small_run: RunResult, tmp_path: Path) -> None:
    def write() -> None:
        with open_folder(tmp_path / "new" / "result") as folder:
            (folder / "links.parquet").symlink_to("/dev/full")
            write_tables(small_run, folder)

    with pytest.raises(StoreError, match="No space left on device") as caught:
        write()
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def test_whatever_the_disk_says_nothing_stays_behind(tmp_path: Path, code: int) -> None:
    def write() -> None:
        with open_folder(tmp_path / "result") as folder:
            (folder / "half").write_text("written", encoding="utf-8")
            raise OSError(code, os.strerror(code))

    with pytest.raises(StoreError, match=os.strerror(code)):
        write()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupted_write_leaves_nothing_behind(tmp_path: Path, error: type[BaseException]) -> None:
    def write() -> None:
        with open_folder(tmp_path / "made" / "too" / "result") as folder:
            (folder / "half").write_text("written", encoding="utf-8")
            raise error

    with pytest.raises(error):
        write()
    assert not list(tmp_path.iterdir())


def test_the_name_appears_only_when_all_is_written(tmp_path: Path) -> None:
    with open_folder(tmp_path / "result") as folder:
        assert folder.parent == tmp_path
        assert folder.name.startswith(".")
        (folder / "part").touch()
        assert not (tmp_path / "result").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["result"]


def test_a_folder_that_somebody_else_filled_meanwhile_is_kept(tmp_path: Path) -> None:
    def write() -> None:
        with open_folder(tmp_path / "result") as folder:
            (folder / "mine").touch()
            (tmp_path / "result").mkdir()
            (tmp_path / "result" / "theirs").touch()

    with pytest.raises(StoreError, match="cannot be written"):
        write()
    assert [path.name for path in tmp_path.rglob("*")] == ["result", "theirs"]


def test_a_published_folder_is_as_readable_as_any_other(tmp_path: Path) -> None:
    with open_folder(tmp_path / "result"):
        pass
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "result").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_default_folders_never_collide(tmp_path: Path) -> None:
    at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    first = default_folder("run", "Joint punishment, 2016–2019!", tmp_path, at)
    assert first == tmp_path / "run-joint-punishment-2016-2019-20260304T050607Z"
    first.mkdir()
    assert default_folder("run", "Joint punishment, 2016–2019!", tmp_path, at).name == f"{first.name}-2"
    assert default_folder("run", "", tmp_path, at).name == "run-20260304T050607Z"
    assert len(default_folder("run", "long " * 100, tmp_path, at).name) < 100


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "scenario.yaml").unlink(), "no scenario.yaml"),
        (lambda folder: (folder / "provenance.json").unlink(), "provenance.json cannot be read"),
        (lambda folder: (folder / "provenance.json").write_text("[]"), "must be a mapping"),
        (lambda folder: (folder / "provenance.json").write_text("{}"), "whether it is a run, compare or attribute"),
        (lambda folder: (folder / "firms.parquet").write_bytes(b"PAR1"), "firms.parquet cannot be read"),
        (lambda folder: (folder / "exits.parquet").unlink(), "exits.parquet cannot be read"),
    ],
)
def test_a_damaged_folder_is_named_in_one_line(small_run: RunResult, tmp_path: Path, damage: Any, message: str) -> None:
    folder = save_tables(small_run, tmp_path / "result")
    damage(folder)
    with pytest.raises(StoreError, match=message) as caught:
        read(folder)
    assert "\n" not in str(caught.value)


def test_provenance_is_plain_json(small_comparison: Comparison, tmp_path: Path) -> None:
    folder = save_tables(small_comparison, tmp_path / "result")
    facts = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert (facts["kind"], facts["seeds"], facts["seed"]) == ("compare", 3, 3)
