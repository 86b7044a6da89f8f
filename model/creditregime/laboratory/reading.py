"""What result folders have in common: scenarios, provenance, seeds, tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from creditregime.errors import StoreError
from creditregime.scenario import Scenario


def result_folder(path: str | Path) -> Path:
    """Return the path of a folder that looks like one of results, or raise a `StoreError`."""
    folder = Path(path)
    if not (folder / "scenario.yaml").is_file():
        raise StoreError(f"{folder}: not a result folder: it has no scenario.yaml")
    return folder


def read_scenario(folder: Path, name: str = "scenario.yaml") -> Scenario:
    """Return a scenario of a result folder; the files that it names are found beside it."""
    return Scenario.read(result_folder(folder) / name)


def read_facts(folder: Path) -> dict[str, Any]:
    """Return the provenance of a result folder."""
    try:
        facts = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{folder}: provenance.json cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(facts, dict):
        raise StoreError(f"{folder}: provenance.json must be a mapping")
    return facts


def seeds_of(folder: Path, scenario: Scenario, facts: dict[str, Any]) -> tuple[int, ...]:
    """Return the seeds of a result folder of paired runs."""
    number = facts.get("seeds")
    if not isinstance(number, int) or number < 1:
        raise StoreError(f"{folder}: provenance.json: seeds: {number!r} is not allowed: at least 1 is needed")
    return tuple(scenario.seed + step for step in range(number))


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Return a table of a result folder."""
    try:
        return pd.read_parquet(folder / f"{name}.parquet")
    except Exception as error:  # pyarrow has many ways to say that a file is damaged
        raise StoreError(f"{folder}: {name}.parquet cannot be read: {' '.join(str(error).split())}") from None
