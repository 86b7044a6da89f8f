from __future__ import annotations

from pathlib import Path

import pytest

from creditregime.laboratory.compare import Comparison, compare
from creditregime.laboratory.run import RunResult, run

SMALL = ("population.firms=80", "months=30", "seed=3")


@pytest.fixture(scope="session")
def small_run() -> RunResult:
    return run(*SMALL)


@pytest.fixture(scope="session")
def small_comparison() -> Comparison:
    return compare(*SMALL, seeds=3, workers=1)


def contents(folder: Path, *, without: tuple[str, ...] = ("provenance.json",)) -> dict[str, bytes]:
    """Every file of a folder, by relative path; provenance tells when and how long, which must differ."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in without)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
