"""What docs/cluster.md tells people to type is typed here, SLURM included, at a smaller size."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from creditregime.laboratory.sweeps import open_sweep, sweep
from tests.docs.test_readme import blocks, execute, smaller
from tests.laboratory.conftest import contents
from tests.laboratory.test_sweeps import assert_same_results
from tests.slurm import MISSING, ask, slurm

PAGE = "docs/cluster.md"
FEWER = {  # the numbers of the page, and those for two nodes with two processors each
    "--ntasks=65": "--ntasks=3",
    "minimum_jobs=4, maximum_jobs=64": "minimum_jobs=2, maximum_jobs=2",
    "population.firms=500, months=84": "population.firms=60, months=48",
    "seeds: 10": "seeds: 4",
}


def named(page: str, language: str) -> dict[str, str]:
    """Return the files that a page shows, by the name in their first comment."""
    found = {}
    for text in blocks(page, language):
        if name := re.match(r"(?:#!.*\n)?# (\S+\.\w+)\n", text):
            found[name[1]] = text
    return found


def written(folder: Path, page: str, language: str, name: str) -> Path:
    """Write a file of a page, at a smaller size; every number that is changed must be there."""
    text = named(page, language)[name]
    for large, small in FEWER.items():
        text = text.replace(large, small)
    assert text != named(page, language)[name]
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def typed(name: str) -> list[str]:
    """Return the command of the page that uses a file."""
    lines = [line for text in blocks(PAGE, "console") for line in text.splitlines() if line.split()[-1] == name]
    assert len(lines) == 1
    return shlex.split(lines[0])


@pytest.mark.skipif(bool(MISSING), reason=f"SLURM is not installed ({', '.join(MISSING)}): see .ci/run")
def test_slurm_gives_the_bytes_of_a_local_sweep_also_when_a_worker_is_cancelled(tmp_path: Path) -> None:
    study = written(tmp_path, "docs/guide-author.md", "yaml", "study.yaml")
    written(tmp_path, PAGE, "bash", "sweep.sbatch")
    written(tmp_path, PAGE, "python", "slurm_sweep.py")
    with slurm() as commands:
        settings = {"INTERFACE": "lo", "DASK_JOBQUEUE__SLURM__INTERFACE": "lo"}
        environment = commands | settings | {"PATH": f"{Path(sys.executable).parent}:{commands['PATH']}"}

        subprocess.run(typed("sweep.sbatch"), cwd=tmp_path, env=environment, check=True, capture_output=True)
        until = time.monotonic() + 300
        while ask(environment, "squeue", "-h") and time.monotonic() < until:
            time.sleep(0.2)
        told = "".join(path.read_text() for path in tmp_path.glob("slurm-*.out"))

        script = subprocess.Popen(
            typed("slurm_sweep.py"), cwd=tmp_path, env=environment, stdout=-1, stderr=subprocess.STDOUT, text=True
        )
        try:
            cancelled = _cancel_a_worker(environment, tmp_path / "results" / "adaptive", script)
            shown, _ = script.communicate(timeout=300)
        finally:
            script.kill()
    here = sweep(study, tmp_path / "here", workers=1)
    for folder, output in (("strength", told), ("adaptive", shown)):
        assert (tmp_path / "results" / folder).exists(), output
        assert len(open_sweep(tmp_path / "results" / folder).runs) == len(here.runs), output
        assert_same_results(tmp_path / "here", tmp_path / "results" / folder)
    assert cancelled
    assert script.returncode == 0, shown
    assert not [*tmp_path.glob("scheduler-*.json")]


def _cancel_a_worker(environment: dict[str, str], folder: Path, script: subprocess.Popen[str]) -> bool:
    """Cancel the job of a worker as soon as there are results, and others to come."""
    until = time.monotonic() + 300
    while time.monotonic() < until and script.poll() is None:
        if [*folder.glob("unfinished/*.unit")]:
            jobs = ask(environment, "squeue", "-h", "-t", "RUNNING", "-o", "%i").split()
            subprocess.run(["scancel", jobs[0]], env=environment, check=True)
            return True
        time.sleep(0.02)
    return False


def test_python(tmp_path: Path) -> None:
    scripts = [text for text in blocks(PAGE, "python") if not text.startswith("# ")]
    assert len(scripts) == 1
    (tmp_path / "engine.py").write_text(smaller(scripts[0]), encoding="utf-8")
    assert "compliance" in execute(["engine.py"], tmp_path)
    there = open_sweep(tmp_path / "results" / "threads")
    sweep(there.study, tmp_path / "here", workers=1)
    assert_same_results(tmp_path / "here", there.folder)


def test_files_that_need_more_than_this_machine_are_at_least_python() -> None:
    for name, text in named(PAGE, "python").items():
        compile(text, name, "exec")


def test_hydra_commands(tmp_path: Path) -> None:
    lines = [line for text in blocks(PAGE, "console") for line in text.splitlines() if "creditregime.run" in line]
    assert len(lines) == 3
    text = "\n".join(lines).replace("range(30)", "range(1)").replace("0,0.2,0.4", "0.2").replace("n_jobs=4", "n_jobs=1")
    for number, line in enumerate(text.splitlines()):
        more = ["population.firms=40", "months=4", f"hydra.sweep.dir={number}", "hydra.run.dir=one"]
        execute([*shlex.split(line)[1:], *more], tmp_path)
    results = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("result"))
    assert results == ["1/0/result", "2/0/result", "2/1/result", "one/result"]
    execute(["-m", "creditregime.cli", "rerun", "one/result", "--out", "again", "--quiet"], tmp_path)
    assert (tmp_path / "again" / "report.html").exists()
    tables = contents(tmp_path / "one" / "result")
    again = contents(tmp_path / "again")
    assert {name: again[name] for name in tables} == tables
