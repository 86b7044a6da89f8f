"""Reading result folders, and running them again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from creditregime import plugins
from creditregime.errors import StoreError
from creditregime.laboratory.compare import Comparison, paired_runs
from creditregime.laboratory.run import TABLES, RunResult, check_strategy, simulate
from creditregime.laboratory.store import EXAMPLES
from creditregime.laboratory.sweeps import Sweep, open_sweep
from creditregime.population.economy import Economy
from creditregime.scenario import Scenario

COMPARISON_TABLES = ("indicators", "outcomes", "group_outcomes", "fates", "exits")


def read(folder: str | Path) -> RunResult | Comparison | Sweep:
    """Return the result that a folder holds."""
    if (Path(folder) / "sweep.json").is_file():
        return open_sweep(folder)
    return read_run(folder) if _kind(folder) == "run" else read_comparison(folder)


def read_run(folder: str | Path) -> RunResult:
    """Return the run that a folder holds."""
    folder = _folder(folder)
    facts = _facts(folder)
    scenario = read_scenario(folder)
    tables: dict[str, Any] = {name: _table(folder, name) for name in TABLES}
    return RunResult(
        scenario=scenario, seed=scenario.seed, provenance=facts, economy=_economy(folder, scenario), **tables
    )


def read_comparison(folder: str | Path) -> Comparison:
    """Return the comparison that a folder holds."""
    folder = _folder(folder)
    facts = _facts(folder)
    scenario, against = read_scenario(folder), read_scenario(folder, "against.yaml")
    one, other = (read_run(folder / name) for name in EXAMPLES)
    tables = {name: _table(folder, name) for name in COMPARISON_TABLES}
    seeds = _seeds(folder, scenario, facts)
    return Comparison(scenario=scenario, against=against, seeds=seeds, example=(one, other), provenance=facts, **tables)


def rerun(folder: str | Path, *, workers: int | None = None, progress: bool = False) -> RunResult | Comparison:
    """Run a result folder's scenario (or two) again: the tables will be the same, byte for byte.

    Rules and strategies that are not part of the package must be imported first.
    """
    kind, folder = _kind(folder), _folder(folder)
    plugins.discover()
    one = read_scenario(folder)
    if kind == "run":
        check_strategy(one)
        return simulate(one, _economy(folder, one), progress=progress)
    other = read_scenario(folder, "against.yaml")
    here = _economy(folder, one)
    there = here if one.population == other.population else _economy(folder, other)
    return paired_runs(one, other, len(_seeds(folder, one, _facts(folder))), (here, there), workers, progress)


def read_scenario(folder: Path, name: str = "scenario.yaml") -> Scenario:
    """Return a scenario of a result folder; the files that it names are found beside it."""
    return Scenario.read(_folder(folder) / name)


def _economy(folder: Path, scenario: Scenario) -> Economy | None:
    path = getattr(scenario.population, "path", None)
    return None if path is None else Economy.load(folder / path)


def _kind(folder: str | Path) -> str:
    kind = _facts(_folder(folder)).get("kind")
    if kind not in ("run", "compare"):
        raise StoreError(f"{folder}: not a result folder: provenance.json must say whether it is a run or compare")
    return str(kind)


def _folder(path: str | Path) -> Path:
    folder = Path(path)
    if not (folder / "scenario.yaml").is_file():
        raise StoreError(f"{folder}: not a result folder: it has no scenario.yaml")
    return folder


def _facts(folder: Path) -> dict[str, Any]:
    try:
        facts = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{folder}: provenance.json cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(facts, dict):
        raise StoreError(f"{folder}: provenance.json must be a mapping")
    return facts


def _seeds(folder: Path, scenario: Scenario, facts: dict[str, Any]) -> tuple[int, ...]:
    number = facts.get("seeds")
    if not isinstance(number, int) or number < 1:
        raise StoreError(f"{folder}: provenance.json: seeds: {number!r} is not allowed: at least 1 is needed")
    return tuple(scenario.seed + step for step in range(number))


def _table(folder: Path, name: str) -> pd.DataFrame:
    try:
        return pd.read_parquet(folder / f"{name}.parquet")
    except Exception as error:  # pyarrow has many ways to say that a file is damaged
        raise StoreError(f"{folder}: {name}.parquet cannot be read: {' '.join(str(error).split())}") from None
