"""A sweep on a real Dask scheduler on loopback: the same bytes as local, also when a worker is killed in the middle."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from creditregime.cli import main
from creditregime.errors import ScenarioError
from creditregime.laboratory.sweeps import Study, sweep
from creditregime.laboratory.sweeps.engine import dask
from tests.laboratory.test_sweeps import assert_same_results, study

pytestmark = pytest.mark.filterwarnings("default")  # Dask's own


@pytest.fixture(scope="module")
def long() -> Study:
    """Return a study long enough to be interrupted."""
    design = {"kind": "grid", "factors": {"joint_punishment.strength": [0, 0.25, 0.5, 1], "months": [40, 60]}}
    return study(design=design, replicates={"kind": "fixed", "seeds": 2})


@pytest.fixture
def cluster() -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """Yield the address of a scheduler and its two workers."""
    scheduler = _start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    assert scheduler.stderr is not None
    address = next(found[0] for line in scheduler.stderr if (found := re.search(r"tcp://127\.0\.0\.1:\d+", line)))
    threading.Thread(target=scheduler.stderr.read, daemon=True).start()
    workers = [
        _start("distributed.cli.dask_worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard", quiet=True)
        for _ in range(2)
    ]
    yield address, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()
    if scheduler.stderr:
        scheduler.stderr.close()


def _start(module: str, *arguments: str, quiet: bool = False) -> subprocess.Popen[str]:
    output = subprocess.DEVNULL if quiet else subprocess.PIPE
    return subprocess.Popen([sys.executable, "-m", module, *arguments], stderr=output, text=True)


def test_a_killed_worker_changes_no_byte(
    cluster: tuple[str, list[subprocess.Popen[str]]], long: Study, tmp_path: Path
) -> None:
    address, workers = cluster
    _wait_for_workers(address, 2)

    def kill() -> None:
        until = time.monotonic() + 60
        while not [*(tmp_path / "there").glob("unfinished/*.failures.parquet")] and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(workers[0].pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    result = sweep(long, tmp_path / "there", engine=dask(address))
    killer.join()
    assert workers[0].wait() == -signal.SIGKILL
    assert len(result.failures) == 0
    sweep(long, tmp_path / "here", workers=1)
    assert_same_results(tmp_path / "here", tmp_path / "there")


def test_no_scheduler_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ScenarioError, match="no Dask scheduler answers"):
        dask("tcp://127.0.0.1:9", timeout=1)
    (tmp_path / "study.yaml").write_text(study().to_yaml())
    assert main(["sweep", str(tmp_path / "study.yaml"), "--out", str(tmp_path / "s"), "--engine", "dask"]) == 2
    assert "needs --address" in capsys.readouterr().err
    assert main(["sweep", str(tmp_path / "study.yaml"), "--out", str(tmp_path / "s"), "--address", "x"]) == 2
    assert not (tmp_path / "s").exists()


def _wait_for_workers(address: str, number: int) -> None:
    from distributed import Client

    with Client(address, timeout="30s", set_as_default=False) as client:
        client.wait_for_workers(number, timeout=60)
