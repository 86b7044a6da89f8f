"""The result folder of an attribution: scenarios, toggles and tables, read by anybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from creditregime.errors import BAD_YAML, StoreError
from creditregime.laboratory.attribution.explain import explained
from creditregime.laboratory.attribution.result import Attribution
from creditregime.laboratory.attribution.toggles import REST, toggles_between
from creditregime.laboratory.reading import read_facts, read_scenario, read_table, seeds_of
from creditregime.laboratory.run import settled
from creditregime.laboratory.store import write_json, write_parquet, write_scenario
from creditregime.population.economy import Economy

KEPT = {"runs": "runs", "groups": "groups", "twins": "firms", "stories": "stories"}
"""Files that hold the result, and what it calls them; all others follow from them."""


def tables_of(result: Attribution) -> dict[str, pd.DataFrame]:
    """Return what follows from the runs, by the names of the files."""
    tables = {
        "shares": result.shares(),
        "interactions": result.interactions(),
        "effects": result.effects(),
        "effects_by_group": result.by_group(),
        "shares_by_group": result.shares_by_group(),
    }
    if result.paired_firms:
        tables |= {"channels": result.channels(), "losses": result.losses()}
        tables |= {"attributions": result.attributions(), "examples": result.examples()}
    return tables


def write_attribution(result: Attribution, folder: Path) -> None:
    """Write everything but figures and report into an existing folder: the same runs, the same bytes."""
    economies: dict[str, Economy] = {}
    for scenario, name in ((result.scenario, "scenario"), (result.against, "against")):
        file = "economy.npz" if scenario.population == result.scenario.population else "against_economy.npz"
        economy = economies.get(file) or settled(scenario)
        if economy is not None:
            economies[file] = economy
        write_scenario(folder, f"{name}.yaml", scenario, economy, file)
    for file, economy in economies.items():
        economy.save(folder / file)
    write_json(folder / "provenance.json", result.provenance)
    text = yaml.safe_dump({name: [*paths] for name, paths in result.toggles.items()}, sort_keys=False)
    (folder / "toggles.yaml").write_text(text, encoding="utf-8", newline="\n")
    for file, name in KEPT.items():
        write_parquet(getattr(result, name), folder / f"{file}.parquet")
    result.firms.to_csv(folder / "twins.csv", index=False, lineterminator="\n")
    for file, table in tables_of(result).items():
        write_parquet(table, folder / f"{file}.parquet")
        table.to_csv(folder / f"{file}.csv", index=False, lineterminator="\n")


def open_attribution(folder: str | Path) -> Attribution:
    """Return the attribution that a result folder holds.

    Raises
    ------
    StoreError
        One line: it is no such folder, or a file of it cannot be read.
    """
    folder = Path(folder)
    scenario, facts = read_scenario(folder), read_facts(folder)
    if facts.get("kind") != "attribute":
        raise StoreError(f"{folder}: holds no attribution, but what '{facts.get('kind')}' writes")
    tables: dict[str, Any] = {name: read_table(folder, file) for file, name in KEPT.items()}
    return Attribution(
        scenario=scenario,
        against=read_scenario(folder, "against.yaml"),
        seeds=seeds_of(folder, scenario, facts),
        toggles=_toggles(folder),
        provenance=facts,
        **tables,
    )


def explained_again(folder: str | Path, *, workers: int | None = None, progress: bool = False) -> Attribution:
    """Run a result folder's attribution again: the tables will be the same, byte for byte."""
    folder = Path(folder)
    one, other = read_scenario(folder), read_scenario(folder, "against.yaml")
    named = {name: paths for name, paths in _toggles(folder).items() if name != REST}
    number = len(seeds_of(folder, one, read_facts(folder)))
    return explained(one, other, toggles_between(one, other, named), number, workers, progress=progress)


def _toggles(folder: Path) -> dict[str, tuple[str, ...]]:
    try:
        data = yaml.safe_load((folder / "toggles.yaml").read_text(encoding="utf-8"))
        return {str(name): tuple(paths) for name, paths in data.items()}
    except (OSError, TypeError, AttributeError, *BAD_YAML) as error:
        raise StoreError(f"{folder}: toggles.yaml cannot be read: {' '.join(str(error).split())}") from None
