from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from creditregime import run
from creditregime.errors import CreditRegimeError
from creditregime.laboratory import interruption
from creditregime.laboratory.workers import each


def test_results_come_in_the_order_of_the_tasks() -> None:
    finished: list[int] = []
    found = each(pow, (2,), [5, 3, 1, 4], workers=2, done=lambda: finished.append(1))
    assert found == [32, 8, 2, 16]
    assert len(finished) == 4


def test_errors_of_a_task_arrive_as_themselves() -> None:
    with pytest.raises(ZeroDivisionError):
        each(divmod, (1,), [1, 0, 2], workers=2)


def test_a_worker_that_dies_is_named_in_one_line() -> None:
    with pytest.raises(CreditRegimeError, match="a worker process died"):
        each(os._exit, (), [3, 3], workers=2)


def test_what_workers_cannot_import_runs_here() -> None:
    here = each(os.getpid.__class__.__call__, (os.getpid,), [], workers=2)
    assert here == []
    pids = each(_pid, (), [1, 2], workers=2, modules=["no_such_module_anywhere"])
    assert set(pids) == {os.getpid()}


def _pid(task: int) -> int:
    return os.getpid()


PROGRAM = """
import sys
import creditregime.cli as cli
from creditregime.cli import common
from creditregime.laboratory.store import save_tables
common.saver = lambda: save_tables
sys.exit(cli.main(sys.argv[1:]))
"""


def children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("command", ["run", "compare"])
def test_an_interrupted_command_stops_at_once_and_writes_nothing(
    tmp_path: Path, how: signal.Signals, code: int, command: str
) -> None:
    many = ["--seeds", "500", "--workers", "2"] if command == "compare" else []
    words = [command, "population.firms=200", "months=12000" if command == "run" else "months=24", *many]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words, "--out", str(tmp_path / "made" / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=False,
        start_new_session=True,
    )
    assert process.stderr is not None
    seen = b""
    while b"1/" not in seen.replace(b"\r", b"\n"):  # wait until something has been simulated
        piece = os.read(process.stderr.fileno(), 4096)
        assert piece, seen.decode()
        seen += piece
    workers = children(process.pid)
    os.killpg(process.pid, how)  # as a terminal does: everybody in the group hears it
    begun = time.monotonic()
    _, rest = process.communicate(timeout=60)
    assert time.monotonic() - begun < 15
    assert process.returncode == code
    errors = [line for line in (seen + rest).decode().replace("\r", "\n").split("\n") if "%|" not in line]
    assert [line for line in errors if line.strip()] == [
        f"creditregime: error: {'interrupted' if how == signal.SIGINT else 'terminated'}; nothing was written"
    ]
    assert not list(tmp_path.iterdir())
    assert (len(workers) >= 2) == (command == "compare")
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_a_request_to_stop_is_not_lost_with_its_exception() -> None:
    class Lost(KeyboardInterrupt):
        pass

    interruption.request(Lost())  # as if a finalizer had swallowed what the signal handler raised
    try:
        with pytest.raises(Lost):
            run("regime=none", "population.firms=20", "months=3")
    finally:
        interruption.forget()
    assert len(run("regime=none", "population.firms=20", "months=3").indicators) == 3
