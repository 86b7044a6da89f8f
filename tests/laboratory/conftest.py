from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from creditregime import plugins
from creditregime.laboratory.attribution import Attribution, attribute
from creditregime.laboratory.compare import Comparison, compare
from creditregime.laboratory.run import RunResult, run

SMALL = ("population.firms=80", "months=30", "seed=3")


@pytest.fixture(scope="session")
def small_run() -> RunResult:
    return run(*SMALL)


@pytest.fixture(scope="session")
def small_comparison() -> Comparison:
    return compare(*SMALL, seeds=3, workers=1)


@pytest.fixture
def failing_strategies() -> Iterator[None]:
    """Declare strategies that fail with seed 3, here and in worker processes."""
    plugins.load_rules(str(Path(__file__).with_name("sweep_rules.py")))
    yield
    plugins._LOADED.clear()


def contents(folder: Path, *, without: tuple[str, ...] = ("provenance.json",)) -> dict[str, bytes]:
    """Every file of a folder, by relative path; provenance tells when and how long, which must differ."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in without)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


RISKY = (
    "population.firms=60",
    "months=18",
    "finance.shock=0.2",
    "finance.equity=1",
    "monitoring.share=0.3",
    "seed=5",
)
"""Many firms fail, so that some do in one world only, through several channels."""


@pytest.fixture(scope="session")
def attribution_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attribution") / "a"


@pytest.fixture(scope="session")
def small_attribution(attribution_folder: Path) -> Attribution:
    return attribute(*RISKY, seeds=3, workers=1, folder=attribution_folder)
