"""Where a result comes from: version, commit, packages, machine, time."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from creditregime import __version__
from creditregime.plugins import loaded
from creditregime.population.columns import Columns
from creditregime.population.economy import Economy

PACKAGES = ("mesa", "numpy", "scipy", "pandas", "pyarrow", "pydantic", "hydra-core", "omegaconf", "networkx")


def provenance(kind: str, seed: int, started: datetime, economy: Economy | None = None, **more: Any) -> dict[str, Any]:
    """Return what one must know to get the same result again, as plain data.

    Parameters
    ----------
    kind
        ``run`` or ``compare``.
    seed
        The (first) seed.
    started
        When it began; the duration is counted from here to now.
    economy
        Given where the population did not come from the scenario alone.
    **more
        Further entries.
    """
    facts: dict[str, Any] = {
        "kind": kind,
        "creditregime": __version__,
        "commit": commit(),
        "python": platform.python_version(),
        "packages": versions(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "rules": {name: _digest_of_file(name) for name, _ in loaded()},
        "seed": seed,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round((now() - started).total_seconds(), 3),
    }
    if economy is not None:
        facts["economy_sha256"] = economy_digest(economy)
        if economy.notes:
            facts["population"] = list(economy.notes)
    return facts | more


def now() -> datetime:
    """Return the present time, UTC."""
    return datetime.now(UTC)


@cache
def commit() -> str | None:
    """Return the commit of the checkout that the package runs from (``+`` if it was changed), or None."""
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return None
    try:
        head = _git(root, "rev-parse", "HEAD")
        changed = bool(_git(root, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{head}+" if changed else head


def economy_digest(economy: Economy) -> str:
    """Return the SHA-256 of everything in an economy."""
    digest = hashlib.sha256()
    for field in fields(Columns):
        value = np.asarray(getattr(economy, field.name))
        digest.update(f"{field.name}:{value.dtype}:{value.shape};".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=10).stdout.strip()


def versions() -> dict[str, str]:
    """Return the versions of the packages that numbers depend on."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = str(getattr(sys.modules.get(name.replace("-core", "")), "__version__", "unknown"))
    return found


def _digest_of_file(name: str) -> str | None:
    file = Path(name)
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None
