"""python -m creditregime.run: Hydra's launchers write what the creditregime command writes; errors are one line."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import creditregime
from creditregime import plugins
from creditregime.cli import main
from creditregime.laboratory.run import run
from creditregime.laboratory.store import save_tables
from tests.laboratory.conftest import contents

TINY = ["population.firms=40", "months=4"]
# A key that no preset states, and a rule that takes another's place: what Hydra's own composition gets wrong.
CHANGES = ["spillover.partner.kind=none", "rating.calendar=2"]
RULES = """
from creditregime import strategy
from creditregime.errors import PopulationError


@strategy("fails_with_seed_1")
def fails(firm):
    if firm.model.spec.seed == 1:
        raise PopulationError("seed 1 cannot be")
    return 0.5
"""
# Several command lines in one process, as starting Python anew for each would take most of the time.
DRIVER = """
import contextlib, io, json, sys
from creditregime.run import main
found = []
for words in json.loads(sys.argv[1]):
    with contextlib.redirect_stderr(io.StringIO()) as errors, contextlib.redirect_stdout(io.StringIO()) as shown:
        code = main(words)
    found.append((code, errors.getvalue(), shown.getvalue()))
print(json.dumps(found))
"""


def start(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "creditregime.run", *words]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def answers(folder: Path, *lines: list[str]) -> list[tuple[int, str, str]]:
    """Return exit code, errors and output of several command lines."""
    command = [sys.executable, "-c", DRIVER, json.dumps(lines)]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [(code, errors, shown) for code, errors, shown in json.loads(done.stdout)]


def test_both_launchers_write_what_the_command_writes(tmp_path: Path) -> None:
    sweep = ["--multirun", *TINY, *CHANGES, "regime=joint_2016,joint_2020", "seed=range(2)"]
    for launcher in ("basic", "joblib"):
        more = [f"hydra/launcher={launcher}", f"hydra.sweep.dir={launcher}"]
        done = start(tmp_path, *sweep, *more, *(["hydra.launcher.n_jobs=2"] if launcher == "joblib" else []))
        assert (done.returncode, done.stderr) == (0, "")
    jobs = [("joint_2016", 0), ("joint_2016", 1), ("joint_2020", 0), ("joint_2020", 1)]
    for number, (regime, seed) in enumerate(jobs):
        words = [*TINY, *CHANGES, f"regime={regime}", f"seed={seed}"]
        expected = contents(save_tables(run(*words), tmp_path / f"own-{number}"))
        assert len(expected) == 9
        assert contents(tmp_path / "basic" / str(number) / "result") == expected
        assert contents(tmp_path / "joblib" / str(number) / "result") == expected
        overrides = (tmp_path / "joblib" / str(number) / ".hydra" / "overrides.yaml").read_text()
        assert {f"regime={regime}", f"seed={seed}"} <= {*yaml.safe_load(overrides)}


def test_one_job_is_the_command_of_the_same_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [*TINY, *CHANGES, "regime=tax_2014"]
    done = start(tmp_path, *words, "hydra.run.dir=there", "hydra.job.chdir=true")
    assert (done.returncode, done.stderr) == (0, "")
    monkeypatch.setattr("creditregime.cli.common.saver", lambda: save_tables)
    assert main(["run", *words, "--out", str(tmp_path / "here"), "--quiet"]) == 0
    assert contents(tmp_path / "there" / "result") == contents(tmp_path / "here")
    told = yaml.safe_load((tmp_path / "there" / ".hydra" / "config.yaml").read_text())
    assert told == creditregime.load(*words).model_dump(mode="json")
    again = start(tmp_path, *TINY, "hydra.run.dir=there")
    assert again.returncode == 2
    assert "there/result: is in use" in again.stderr.splitlines()[-1]


WRONG = {
    "spillover.partner.strenght=1": "spillover.partner.strenght: unknown key; did you mean 'strength'?",
    "joint_punishment.strength=3": "joint_punishment.strength: 3 is not allowed",
    "regime=fins_only": "did you mean 'fines_only'?",
    "seed=1,2": "To sweep over it, add --multirun",
    "~seed": "~seed: not an override of one value",
    "months=${seed}": "interpolations are not allowed",
    "behaviour.kind=per_firm behaviour.strategy=nobodys": "unknown strategy 'nobodys'",
    "rules=nowhere.py": "nowhere.py: no such file",
    "months": "missing EQUAL",
    "--wrong": "unrecognized arguments: --wrong",
    "--run --multirun": "only one of --run, --multirun",
    "--config-name=config": "such a file is for Hydra's own settings",
    "hydra/launcher=jobless": "Could not find 'hydra/launcher/jobless'",
    "--multirun seed=1,2 months=3,0": "months: 0 is not allowed",
    "--multirun seed=1,2 regime=none,nothing": "regime: unknown preset 'nothing'",
}


def test_what_is_wrong_is_one_line_before_anything_is_run(tmp_path: Path) -> None:
    found = answers(tmp_path, *([*TINY, *words.split()] for words in WRONG))
    for (words, text), (code, errors, _) in zip(WRONG.items(), found, strict=True):
        assert code == 2, words
        assert len(errors.splitlines()) == 1, errors
        assert errors.startswith("creditregime: error: ")
        assert text in errors
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} <= {"multirun.yaml"}  # Hydra notes a sweep


def test_a_job_that_fails_leaves_no_result_and_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RULES, encoding="utf-8")
    words = ["rules=mine.py", "behaviour.kind=per_firm", "behaviour.strategy=fails_with_seed_1"]
    done = start(tmp_path, *TINY, *words, "--multirun", "seed=range(3)", "hydra.sweep.dir=s", "hydra/launcher=joblib")
    assert done.returncode == 2
    told = "strategy 'fails_with_seed_1', firm 0: PopulationError: seed 1 cannot be"
    assert done.stderr.splitlines()[-1] == f"creditregime: error: {told}"
    assert [*(tmp_path / "s").glob("*/result/indicators.parquet")]
    assert sorted(path.parts[-2] for path in (tmp_path / "s").glob("*/result")) == ["0", "2"]
    assert "seed 1 cannot be" in (tmp_path / "s" / "1" / "run.log").read_text()
    plugins.load_rules(str(tmp_path / "mine.py"))
    try:
        expected = contents(save_tables(run(*TINY, *words[1:], seed=2), tmp_path / "own"))
    finally:
        plugins._LOADED.clear()
    assert contents(tmp_path / "s" / "2" / "result") == expected


def test_help_and_configuration_tell_what_will_be_run(tmp_path: Path) -> None:
    words = [*TINY, *CHANGES, "+measures={}"]
    [(_, _, shown)] = answers(tmp_path, ["--cfg", "job", *words])
    assert yaml.safe_load(shown) == creditregime.load(*TINY, *CHANGES, "measures={}").model_dump(mode="json")
    done = start(tmp_path, "--help")
    assert done.returncode == 0
    for part in ("joint_2016", "rules=FILE.py", "hydra/launcher=joblib", "--hydra-help"):
        assert part in done.stdout
    assert [*tmp_path.iterdir()] == []


def test_joblib_that_is_not_installed_is_named(tmp_path: Path) -> None:
    script = "import sys; sys.modules['hydra_plugins'] = None; from creditregime.run import main; sys.exit(main())"
    command = [sys.executable, "-c", script, "-m", "seed=1", "hydra/launcher=joblib"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "install creditregime[hydra]" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# One name for a function and a module


def test_the_function_keeps_its_name_whoever_imports_the_module() -> None:
    module = importlib.import_module("creditregime.run")
    assert module.main.__module__ == "creditregime.cli.hydra_application"
    assert creditregime.run is run
    script = """
import pkgutil, sys
import creditregime.run
import creditregime.run as named
from creditregime.run import main
from creditregime import run
assert run is named is creditregime.run is creditregime.laboratory.run.run
assert sys.modules["creditregime.run"].main is main
names = {module.name for module in pkgutil.walk_packages(creditregime.__path__, "creditregime.")}
assert "creditregime.run" in names
assert creditregime.run is run and callable(creditregime.run)
import importlib, pickle
importlib.reload(sys.modules["creditregime.run"])
assert creditregime.run is run and pickle.loads(pickle.dumps(run)) is run
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_hydra_application_that_asks_for_a_scenario_stays_as_it_is(tmp_path: Path) -> None:
    script = """
import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobRuntime
from hydra.version import getbase

@hydra.main(version_base="1.2", config_path=None)
def application(config):
    import creditregime
    before = GlobalHydra.instance().hydra, JobRuntime.instance().get("name"), str(getbase()), HydraConfig.get().job.name
    assert creditregime.load(regime="none", months=config.months).months == 5
    after = GlobalHydra.instance().hydra, JobRuntime.instance().get("name"), str(getbase()), HydraConfig.get().job.name
    assert after == before and before[0] is not None and before[2] == "1.2", (before, after)

application()
"""
    (tmp_path / "theirs.py").write_text(script, encoding="utf-8")
    command = [sys.executable, "theirs.py", "+months=5"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
