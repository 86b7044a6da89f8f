"""A sweep on a real Dask scheduler on loopback: the same bytes as local, also when a worker is killed in the middle."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from creditregime import plugins, strategy
from creditregime.cli import main
from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.firms import strategies
from creditregime.laboratory.sweeps import Study, sweep
from creditregime.laboratory.sweeps.engine import dask
from tests.laboratory.test_sweeps import BASE, assert_same_results, study

pytestmark = pytest.mark.filterwarnings("default")  # Dask's own

SCHEDULER = "from distributed.cli.dask_scheduler import main; main()"
WORKER = "from distributed.cli.dask_worker import main; main()"

RULES = """
from creditregime.firms.strategies import strategy
from creditregime.regime.monitoring import Monitoring


class DaskCameras(Monitoring, kind="dask_cameras"):
    '''Sees every violation.'''

    def watch(self, world):
        world.firms.found[world.firms.violation > 0] = 1


@strategy("dask_steady")
def steady(firm):
    return 0.25
"""
OWN = ["monitoring.kind=dask_cameras", "behaviour.kind=per_firm", "behaviour.strategy=dask_steady"]


@pytest.fixture(scope="module")
def long() -> Study:
    """Return a study long enough to be interrupted."""
    design = {"kind": "grid", "factors": {"joint_punishment.strength": [0, 0.25, 0.5, 1], "months": [40, 60]}}
    return study(design=design, replicates={"kind": "fixed", "seeds": 2})


@pytest.fixture(scope="module")
def living() -> Iterator[str]:
    """Yield the address of a scheduler with one worker, which no test harms."""
    with _cluster(1) as (address, _):
        yield address


@contextmanager
def _cluster(number: int, worker: str = WORKER) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """Yield the address of a scheduler, and the processes: itself and its workers."""
    scheduler = _start(SCHEDULER, "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    workers: list[subprocess.Popen[str]] = []
    try:
        assert scheduler.stderr is not None
        address = next(found[0] for line in scheduler.stderr if (found := re.search(r"tcp://127\.0\.0\.1:\d+", line)))
        threading.Thread(target=scheduler.stderr.read, daemon=True).start()
        for _ in range(number):
            workers.append(_start(worker, address, "--no-nanny", "--nthreads", "1", "--no-dashboard", quiet=True))
        _wait_for_workers(address, number)
        yield address, [scheduler, *workers]
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()
        if scheduler.stderr:
            scheduler.stderr.close()


def _start(script: str, *arguments: str, quiet: bool = False) -> subprocess.Popen[str]:
    output = subprocess.DEVNULL if quiet else subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", script, *arguments], stderr=output, text=True)


def test_a_killed_worker_changes_no_byte(long: Study, tmp_path: Path) -> None:
    with _cluster(2) as (address, (_, worker, _)):
        with _killing(worker, tmp_path / "there"):
            result = sweep(long, tmp_path / "there", engine=dask(address))
        assert worker.wait() == -signal.SIGKILL
        assert len(result.failures) == 0
    sweep(long, tmp_path / "here", workers=1)
    assert_same_results(tmp_path / "here", tmp_path / "there")


@contextmanager
def _killing(process: subprocess.Popen[str], folder: Path) -> Iterator[None]:
    """Kill a process as soon as there are results in a folder, and others to come."""
    seen: list[Path] = []

    def kill() -> None:
        until = time.monotonic() + 120
        while not seen and time.monotonic() < until:
            seen.extend(folder.glob("unfinished/*.unit"))
            time.sleep(0.01)
        process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        killer.join()
    assert seen, "nothing was under way when it was killed"


def test_no_scheduler_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ScenarioError, match="no Dask scheduler answers"):
        dask("tcp://127.0.0.1:9", timeout=1)
    (tmp_path / "study.yaml").write_text(study().to_yaml())
    assert main(["sweep", str(tmp_path / "study.yaml"), "--out", str(tmp_path / "s"), "--engine", "dask"]) == 2
    assert "needs --address" in capsys.readouterr().err
    assert main(["sweep", str(tmp_path / "study.yaml"), "--out", str(tmp_path / "s"), "--address", "x"]) == 2
    assert not (tmp_path / "s").exists()


# What workers need


@pytest.fixture
def rules(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "rules_for_dask.py"
    file.write_text(RULES, encoding="utf-8")
    yield file
    plugins._LOADED.clear()


def test_rules_of_ones_own_travel_to_workers_and_a_changed_file_is_refused(
    living: str, rules: Path, tmp_path: Path
) -> None:
    plugins.load_rules(str(rules))
    rules.unlink()  # as on machines that do not share a disk
    own = study(base=[*BASE, *OWN], months=["compliance", "found_by_monitoring"])
    there = sweep(own, tmp_path / "there", engine=dask(living))
    sweep(own, tmp_path / "here", workers=1)
    assert len(there.failures) == 0
    assert (there.months["found_by_monitoring"] > 0).any()
    assert_same_results(tmp_path / "here", tmp_path / "there")

    rules.write_text(RULES.replace("0.25", "0.75"), encoding="utf-8")
    plugins._LOADED.clear()  # as a new process would begin
    plugins.load_rules(str(rules))
    with pytest.raises(ScenarioError, match=r"rules_for_dask\.py: another version was imported before"):
        sweep(own, tmp_path / "changed", engine=dask(living))
    assert [*(tmp_path / "changed" / "runs").iterdir()] == []


def test_rules_that_cannot_travel_are_told_at_once(living: str, tmp_path: Path) -> None:
    @strategy("of_a_script")
    def of_a_script(firm: object) -> float:
        return 0.5

    of_a_script.__module__ = "__main__"
    own = study(base=[*BASE, "behaviour.kind=per_firm", "behaviour.strategy=of_a_script"])
    try:
        with pytest.raises(ScenarioError, match=r"unknown strategy 'of_a_script'.*--rules") as caught:
            sweep(own, tmp_path / "s", engine=dask(living))
    finally:
        del strategies._STRATEGIES["of_a_script"]
    assert "\n" not in str(caught.value)
    assert not [*(tmp_path / "s").glob("unfinished/*")]


def test_a_worker_with_other_code_or_none_is_refused(
    living: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("creditregime.laboratory.sweeps.kit._versions", lambda: (("the code of creditregime", "123"),))
        with pytest.raises(ScenarioError, match=r"it has the code of creditregime .*, and 123 is needed"):
            sweep(study(), tmp_path / "other", engine=dask(living))
    without = f"import sys; sys.modules['creditregime'] = None; {WORKER}"
    with _cluster(1, without) as (address, _), pytest.raises(ScenarioError, match="install creditregime there"):
        sweep(study(), tmp_path / "none", engine=dask(address))


def test_the_address_may_be_the_schedulers_file(living: str, tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    writer = threading.Timer(1, lambda: file.write_text(json.dumps({"address": living}), encoding="utf-8"))
    writer.start()
    (tmp_path / "study.yaml").write_text(study().to_yaml(), encoding="utf-8")
    words = ["sweep", str(tmp_path / "study.yaml"), "--out", str(tmp_path / "there"), "--quiet", "--engine", "dask"]
    assert main([*words, "--address", str(file)]) == 0
    writer.join()
    sweep(study(), tmp_path / "here", workers=1)
    assert_same_results(tmp_path / "here", tmp_path / "there")
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"scheduler\.json is not the file of a Dask scheduler"):
        dask(str(file), timeout=0.1)


def test_a_lost_scheduler_is_one_line_and_keeps_what_is_finished(long: Study, tmp_path: Path) -> None:
    with (
        _cluster(1) as (address, (scheduler, _)),
        _killing(scheduler, tmp_path / "s"),
        pytest.raises(CreditRegimeError, match="finished runs are kept"),
    ):
        sweep(long, tmp_path / "s", engine=dask(address))
    assert [*(tmp_path / "s").glob("unfinished/*.unit")]


def _wait_for_workers(address: str, number: int) -> None:
    from distributed import Client

    with Client(address, timeout="30s", set_as_default=False) as client:
        client.wait_for_workers(number, timeout=60)
