"""A SLURM of one's own on loopback, for as long as a test takes: munged, slurmctld and two slurmd in a folder."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
MISSING = [name for name in (*DAEMONS, "sbatch", "srun", "squeue", "scancel") if not shutil.which(name, path=SEARCHED)]

CONFIGURATION = """
ClusterName=loopback
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
ProctrackType=proctrack/linuxproc
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0
MailProg=/bin/true
ReturnToService=2
KillWait=1
NodeName=node1 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2 RealMemory=8000
NodeName=node2 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[2]} CPUs=2 RealMemory=8000
PartitionName=all Nodes=node[1-2] Default=YES MaxTime=INFINITE State=UP
"""


@contextmanager
def slurm() -> Iterator[dict[str, str]]:
    """Yield the environment in which SLURM's commands work; its daemons and all jobs end with the block."""
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))  # a short path: that of a socket may have 107 bytes
    environment = os.environ | {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": SEARCHED}
    try:
        _configure(folder)
        with ExitStack() as stack:
            for words in _daemons(folder):
                stack.enter_context(_running(words, folder, environment))
            _wait_until(lambda: ask(environment, "sinfo", "-h", "-o", "%T") == "idle", folder, 30)
            try:
                yield environment
            finally:
                ask(environment, "scancel", "--state=RUNNING")
                ask(environment, "scancel", "--state=PENDING")
                _wait_until(lambda: ask(environment, "squeue", "-h") == "", folder, 60)
    finally:
        shutil.rmtree(folder)


def ask(environment: dict[str, str], *words: str) -> str:
    """Return what a command answers; nothing where it fails."""
    done = subprocess.run(words, env=environment, check=False, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def _configure(folder: Path) -> None:
    (folder / "state").mkdir()
    for node in ("node1", "node2"):
        (folder / node).mkdir()
    (folder / "munge.key").write_bytes(os.urandom(1024))
    (folder / "munge.key").chmod(0o600)
    user = ask(dict(os.environ), "id", "-un")
    text = CONFIGURATION.format(folder=folder, user=user, ports=_free_ports(3))
    (folder / "slurm.conf").write_text(text, encoding="utf-8")
    version = re.search(r"(\d+)\.(\d+)", ask({"PATH": SEARCHED}, "slurmd", "-V"))
    known = version is not None and (int(version[1]), int(version[2])) >= (23, 11)  # has it; earlier ones refuse it
    plugin = "disabled" if known else "autodetect"
    (folder / "cgroup.conf").write_text(f"CgroupPlugin={plugin}\nIgnoreSystemd=yes\n", encoding="utf-8")


def _daemons(folder: Path) -> Iterator[list[str]]:
    files = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "munge.pid", "seed-file": "munge.seed"}
    yield ["munged", "--foreground", "--force", *(f"--{name}={folder / file}" for name, file in files.items())]
    yield ["slurmctld", "-D"]
    yield ["slurmd", "-D", "-N", "node1"]
    yield ["slurmd", "-D", "-N", "node2"]


@contextmanager
def _running(words: list[str], folder: Path, environment: dict[str, str]) -> Iterator[None]:
    name = "-".join((words[0], *words[3:4])) if words[0] == "slurmd" else words[0]
    program = shutil.which(words[0], path=SEARCHED)
    assert program
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen([program, *words[1:]], env=environment, stdout=log, stderr=log)
        if words[0] == "munged":
            _wait_until((folder / "munge.socket").exists, folder, 10)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until(true: object, folder: Path, seconds: float) -> None:
    assert callable(true)
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            logs = "\n".join(f"{path.name}:\n{path.read_text()[-2000:]}" for path in folder.glob("*.log"))
            raise TimeoutError(f"SLURM does not answer as it should:\n{logs}")
        time.sleep(0.1)


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
