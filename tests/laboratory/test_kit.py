"""What workers need travels with the work: rules of one's own, wherever they were declared."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from creditregime import plugins
from creditregime.errors import ScenarioError
from creditregime.laboratory.sweeps import sweep
from tests.laboratory.test_sweeps import BASE, assert_same_results, study

RULES = """
from creditregime.firms.strategies import strategy


@strategy("kit_{name}")
def steady(firm):
    return {effort}
"""


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    plugins._LOADED.clear()


def own(name: str) -> list[str]:
    return [*BASE, "behaviour.kind=per_firm", f"behaviour.strategy=kit_{name}"]


def test_rules_of_an_imported_module_reach_local_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kit_module.py").write_text(RULES.format(name="imported", effort=0.5), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    __import__("kit_module")
    several = sweep(study(base=own("imported")), tmp_path / "several", workers=2)
    assert len(several.failures) == 0
    sweep(study(base=own("imported")), tmp_path / "one", workers=1)
    assert_same_results(tmp_path / "one", tmp_path / "several")


def test_rules_of_a_script_work_in_one_process_and_are_refused_in_several(tmp_path: Path) -> None:
    script = f"""
import sys
import creditregime
{RULES.format(name="script", effort=0.5)}
study = {study(base=own("script")).model_dump(mode="json")!r}
result = creditregime.sweep(study, sys.argv[1], workers=int(sys.argv[1]))
assert len(result.runs) == 8 and len(result.failures) == 0
"""
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    for workers, text in (("1", ""), ("2", "unknown strategy 'kit_script'")):
        command = [sys.executable, "script.py", workers]
        done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
        assert (done.returncode == 0) == (not text), done.stderr
        assert text in done.stderr
    assert "else use one worker" in done.stderr
    assert [*(tmp_path / "2" / "runs").iterdir()] == []


def test_a_study_that_is_taken_up_without_its_rules_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "kit_rules.py"
    file.write_text(RULES.format(name="file", effort=0.5), encoding="utf-8")
    (tmp_path / "study.yaml").write_text(study(base=own("file")).to_yaml(), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "creditregime.cli",
        "sweep",
        "study.yaml",
        "--out",
        "s",
        "--workers",
        "2",
        "--quiet",
    ]
    begun = subprocess.run([*command, "--rules", "kit_rules.py"], cwd=tmp_path, check=False, capture_output=True)
    assert begun.returncode == 0, begun.stderr
    for path in (tmp_path / "s" / "runs").iterdir():
        path.unlink()
    again = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert again.returncode == 2
    assert "unknown strategy 'kit_file'" in again.stderr
    assert "--rules" in again.stderr
    assert len(again.stderr.splitlines()) == 1


def test_rules_arrive_without_their_file_and_only_in_one_version(tmp_path: Path) -> None:
    first = RULES.format(name="travelling", effort=0.5).encode()
    elsewhere = str(tmp_path / "not" / "here" / "travelling.py")
    plugins.receive(plugins.Rules(elsewhere, "/", first))
    plugins.receive(plugins.Rules(elsewhere, "/", first))
    plugins.receive(plugins.Rules(str(tmp_path / "copy" / "travelling.py"), "/", first))  # the same file elsewhere
    assert sys.modules["creditregime_rules_travelling"].steady(None) == 0.5
    second = RULES.format(name="travelling", effort=0.75).encode()
    for path in (elsewhere, str(tmp_path / "third" / "travelling.py")):
        with pytest.raises(ScenarioError, match="another version was imported before"):
            plugins.receive(plugins.Rules(path, "/", second))
    with pytest.raises(ScenarioError, match=r"^rules no_such_module_of_rules: cannot be imported"):
        plugins.receive(plugins.Rules("no_such_module_of_rules", "", b""))
