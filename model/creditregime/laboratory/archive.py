"""Reading result folders, and running them again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from creditregime import plugins
from creditregime.errors import StoreError
from creditregime.laboratory.attribution import Attribution
from creditregime.laboratory.attribution.folder import explained_again, open_attribution
from creditregime.laboratory.compare import Comparison, paired_runs
from creditregime.laboratory.reading import read_facts, read_scenario, read_table, result_folder, seeds_of
from creditregime.laboratory.run import TABLES, RunResult, check_strategy, simulate
from creditregime.laboratory.store import EXAMPLES
from creditregime.laboratory.sweeps import Sweep, open_sweep
from creditregime.population.economy import Economy
from creditregime.scenario import Scenario

Result = RunResult | Comparison | Attribution
COMPARISON_TABLES = ("indicators", "outcomes", "group_outcomes", "fates", "exits")


def read(folder: str | Path) -> Result | Sweep:
    """Return the result that a folder holds."""
    if (Path(folder) / "sweep.json").is_file():
        return open_sweep(folder)
    readers: dict[str, Callable[[str | Path], Result]]
    readers = {"run": read_run, "compare": read_comparison, "attribute": open_attribution}
    return readers[_kind(folder)](folder)


def read_run(folder: str | Path) -> RunResult:
    """Return the run that a folder holds."""
    folder = result_folder(folder)
    facts = read_facts(folder)
    scenario = read_scenario(folder)
    tables: dict[str, Any] = {name: read_table(folder, name) for name in TABLES}
    return RunResult(
        scenario=scenario, seed=scenario.seed, provenance=facts, economy=_economy(folder, scenario), **tables
    )


def read_comparison(folder: str | Path) -> Comparison:
    """Return the comparison that a folder holds."""
    folder = result_folder(folder)
    facts = read_facts(folder)
    scenario, against = read_scenario(folder), read_scenario(folder, "against.yaml")
    one, other = (read_run(folder / name) for name in EXAMPLES)
    tables = {name: read_table(folder, name) for name in COMPARISON_TABLES}
    seeds = seeds_of(folder, scenario, facts)
    return Comparison(scenario=scenario, against=against, seeds=seeds, example=(one, other), provenance=facts, **tables)


def rerun(folder: str | Path, *, workers: int | None = None, progress: bool = False) -> Result:
    """Run a result folder's scenario (or two) again: the tables will be the same, byte for byte.

    Rules and strategies that are not part of the package must be imported first.
    """
    kind, folder = _kind(folder), result_folder(folder)
    plugins.discover()
    if kind == "attribute":
        return explained_again(folder, workers=workers, progress=progress)
    one = read_scenario(folder)
    if kind == "run":
        check_strategy(one)
        return simulate(one, _economy(folder, one), progress=progress)
    other = read_scenario(folder, "against.yaml")
    here = _economy(folder, one)
    there = here if one.population == other.population else _economy(folder, other)
    return paired_runs(one, other, len(seeds_of(folder, one, read_facts(folder))), (here, there), workers, progress)


def _economy(folder: Path, scenario: Scenario) -> Economy | None:
    path = getattr(scenario.population, "path", None)
    return None if path is None else Economy.load(folder / path)


def _kind(folder: str | Path) -> str:
    kind = read_facts(result_folder(folder)).get("kind")
    if kind not in ("run", "compare", "attribute"):
        raise StoreError(
            f"{folder}: not a result folder: provenance.json must say whether it is a run, compare or attribute"
        )
    return str(kind)
