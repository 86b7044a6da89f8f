"""Folders of attributions: the same bytes however often they were stopped, read again, run again."""

from __future__ import annotations

import filecmp
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditregime import cli, open_attribution, open_sweep, save
from creditregime.errors import StoreError
from creditregime.laboratory.archive import read, rerun
from creditregime.laboratory.attribution import Attribution, attribute, explain
from creditregime.laboratory.attribution.folder import write_attribution
from creditregime.laboratory.run import run
from creditregime.laboratory.store import save_tables
from tests.laboratory.conftest import RISKY, contents

TINY = ("population.firms=30", "months=3")
TIMED = ("provenance.json", "sweep.json", "report.html")
"""Files that say when, and how long."""


def same_files(one: Path, other: Path) -> None:
    names = [sorted(str(p.relative_to(f)) for p in f.rglob("*") if p.is_file()) for f in (one, other)]
    assert names[0] == names[1]
    kept = [name for name in names[0] if Path(name).name not in TIMED]
    assert filecmp.cmpfiles(one, other, kept, shallow=False)[1:] == ([], [])


def test_it_goes_on_where_it_was_stopped_and_gives_the_same_bytes(
    small_attribution: Attribution, attribution_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, done = explain.keep_pair, []

    def stopped(*arguments: Any) -> None:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(keep(*arguments))

    monkeypatch.setattr(explain, "keep_pair", stopped)
    with pytest.raises(KeyboardInterrupt):
        attribute(*RISKY, seeds=3, workers=1, folder=tmp_path / "a")
    monkeypatch.setattr(explain, "keep_pair", keep)
    assert len([*(tmp_path / "a" / "pairs").glob("*.twins.parquet")]) == 2
    part = next((tmp_path / "a" / "sweep" / "runs").glob("*.parquet"))
    part.unlink()
    again = attribute(*RISKY, seeds=3, workers=2, folder=tmp_path / "a")
    same_files(tmp_path / "a" / "pairs", attribution_folder / "pairs")
    same_files(tmp_path / "a" / "sweep", attribution_folder / "sweep")
    for name, found in (("one", small_attribution), ("two", again)):
        (tmp_path / name).mkdir()
        write_attribution(found, tmp_path / name)
    same_files(tmp_path / "one", tmp_path / "two")
    with pytest.raises(StoreError, match="another study"):
        attribute(*RISKY, seeds=4, workers=1, folder=tmp_path / "a")
    assert len(open_sweep(tmp_path / "a" / "sweep").runs) == 4 * 3


def test_a_folder_is_read_and_run_again(small_attribution: Attribution, tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    write_attribution(small_attribution, first)
    found = open_attribution(first)
    assert isinstance(read(first), Attribution)
    assert (found.seeds, found.toggles, found.labels) == (
        small_attribution.seeds, small_attribution.toggles, small_attribution.labels,
    )  # fmt: skip
    for name, result in (("second", found), ("third", rerun(first, workers=1))):
        assert isinstance(result, Attribution)
        (tmp_path / name).mkdir()
        write_attribution(result, tmp_path / name)
        assert contents(tmp_path / name) == contents(first)
    pd.testing.assert_frame_equal(found.shares(), small_attribution.shares())
    (first / "toggles.yaml").write_text("[", encoding="utf-8")
    with pytest.raises(StoreError, match=r"toggles\.yaml cannot be read"):
        open_attribution(first)


def test_a_folder_of_something_else_is_no_attribution(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not a result folder"):
        open_attribution(tmp_path)
    with pytest.raises(StoreError, match="holds no attribution"):
        open_attribution(save_tables(run("population=classroom", "months=2"), tmp_path / "run"))
    (tmp_path / "mine.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(StoreError, match="is in use, and not by an attribution"):
        attribute(*TINY, seeds=1, workers=1, folder=tmp_path)


def test_the_command_line_writes_the_folder_and_goes_on_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["attribute", *TINY, "regime=joint_2020", "--against", "regime=joint_2016"]
    words += ["--seeds", "2", "--workers", "1"]
    assert cli.main([*words, "--toggles", "spillover.partner+joint_punishment", "--out", "why"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 100
    assert "spillover.partner+joint_punishment" in shown
    assert "Report:  " in shown
    folder = tmp_path / "why"
    first = contents(folder, without=TIMED)
    names = {"shares.csv", "shares.parquet", "shares.tex", "twins.csv", "stories.parquet", "toggles.yaml"}
    names |= {"channels.csv", "effects_by_group.csv", "figures/shares.svg", "scenario.yaml"}
    assert names <= set(first)
    assert (folder / "report.html").stat().st_size > 100_000
    found = open_attribution(folder)
    assert [*found.toggles] == ["spillover.partner+joint_punishment", "rest"]
    assert cli.main([*words, "--toggles", "spillover.partner+joint_punishment", "--out", "why", "--quiet"]) == 0
    assert capsys.readouterr().out.strip() == str(folder)
    assert contents(folder, without=TIMED) == first
    assert not [*folder.glob(".*")]
    assert cli.main(["burn-in", "why"]) == 2
    assert "why: is an attribution; the sweep that it was made of is in its sweep/" in capsys.readouterr().err
    assert cli.main([*words, "--toggles", "repair", "registry", "--out", "other"]) == 2
    error = capsys.readouterr().err.splitlines()
    assert len(error) == 1
    assert "toggles: 'registry' does not differ" in error[0]
    assert not (tmp_path / "other").exists()


def test_results_are_added_to_the_folder_of_the_runs_or_written_to_a_new_one(
    small_attribution: Attribution, attribution_folder: Path, tmp_path: Path
) -> None:
    one = save(small_attribution, tmp_path / "one")
    kept = tmp_path / "kept"
    shutil.copytree(attribution_folder, kept)
    resumed = attribute(*RISKY, seeds=3, workers=1, folder=kept)
    two = save(resumed, kept)
    assert (two / "sweep" / "sweep.json").exists()
    written = contents(two, without=TIMED)
    inside = {name: data for name, data in written.items() if not name.startswith(("sweep/", "pairs/"))}
    assert inside == contents(one, without=TIMED)


SCRIPT = """
from creditregime import attribute, strategy

@strategy("mine")
def mine(firm):
    return 0.5

chosen = ("behaviour.kind=per_firm", "behaviour.strategy=mine", "months=2", "population.firms=20")
found = attribute(*chosen, against={"fines.scale": 3}, seeds=1, workers=2)
print(found.shares(["fines"])["toggle"].tolist())
"""


def test_a_script_with_its_own_strategy_needs_no_main_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[0] == "['fines', 'total']"
