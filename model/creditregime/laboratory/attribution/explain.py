"""Explaining an effect: a factorial sweep of the toggles, and both worlds of every seed firm by firm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd
from tqdm import tqdm

from creditregime.errors import CreditRegimeError, StoreError
from creditregime.laboratory import workers as pool
from creditregime.laboratory.attribution.pairs import keep_pair, kept, read_pair, typed
from creditregime.laboratory.attribution.result import Attribution
from creditregime.laboratory.attribution.toggles import Toggles, Wanted, off, toggles_between
from creditregime.laboratory.compare import foreign_modules
from creditregime.laboratory.contrast import two_worlds
from creditregime.laboratory.outcomes import GROUP_OUTCOMES
from creditregime.laboratory.provenance import now, provenance
from creditregime.laboratory.run import Given, check_strategy
from creditregime.laboratory.sweeps import Study, Sweep, sweep
from creditregime.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

SWEEP, PAIRS = "sweep", "pairs"
"""Folders of the factorial sweep, and of the tables of each seed."""
_COLUMN = "toggle."
"""Before the names of toggles in the sweep's tables: a place such as ``fines`` is the name of an outcome, too."""


def attribute(
    scenario: Given = None,
    *overrides: str,
    against: Scenario | Mapping[str, Any] | None = None,
    toggles: Wanted = None,
    seeds: int = 30,
    workers: int | None = None,
    folder: str | Path | None = None,
    progress: bool = False,
    **changes: Any,
) -> Attribution:
    """Explain the effect of a scenario against another: which rule, which firms, who bears it.

    Every combination of toggles is run with every seed; that with all on is the scenario, that with all off the other
    one. With all seeds both worlds are then followed firm by firm.

    Parameters
    ----------
    scenario, *overrides, **changes, against
        The two scenarios, as `compare` takes them.
    toggles
        What is switched: keys in which the scenarios differ (``+`` between those to switch together), a mapping from
        names to keys, or a YAML file with either. What they leave over is one more toggle, ``rest``. By default every
        rule that differs; at most 8.
    seeds
        Number of paired seeds.
    workers
        Number of processes; by default one a processor. The results do not depend on it.
    folder
        Where finished runs are kept: the same call goes on where it was stopped. By default they are not kept.
    progress
        Whether to show progress bars on the standard error stream.

    Raises
    ------
    CreditRegimeError
        One line that says what is wrong with the scenarios, the toggles or the folder, or which run failed.

    Examples
    --------
    >>> found = attribute("population.firms=40", months=6, seeds=2, workers=1)
    >>> found.shares(["compliance"])["toggle"].tolist()
    ['joint_punishment', 'spillover.partner', 'total']
    """
    one, other = two_worlds(scenario, overrides, against, changes, seeds=seeds, workers=workers)
    return explained(one, other, toggles_between(one, other, toggles), seeds, workers, folder, progress)


def explained(
    one: Scenario,
    other: Scenario,
    toggles: Toggles,
    seeds: int,
    workers: int | None = None,
    folder: str | Path | None = None,
    progress: bool = False,
) -> Attribution:
    """Explain the effect of a resolved scenario against another."""
    started = now()
    for scenario in (one, other):
        check_strategy(scenario)
    with _workshop(folder) as place:
        numbers = tuple(one.seed + step for step in range(seeds))
        processes, modules = _processes(one, other, workers)
        result = sweep(study_of(one, other, toggles, seeds), place / SWEEP, workers=processes, progress=progress)
        _refuse_failures(result)
        _follow(place / PAIRS, one, other, numbers, processes, modules, progress)
        names = {name: tuple(item.path for item in members) for name, members in toggles.items()}
        facts = provenance("attribute", one.seed, started, seeds=seeds, toggles=len(names))
        kept_in = None if folder is None else place
        return _assembled(one, other, numbers, names, result, place / PAIRS, facts, kept_in)


def study_of(one: Scenario, other: Scenario, toggles: Toggles, seeds: int) -> Study:
    """Return the factorial study of the toggles."""
    design = {"kind": "factorial", "toggles": {_COLUMN + name: {"off": off(item)} for name, item in toggles.items()}}
    described = {"title": one.title, "question": f"Shares of the effect against: {other.title}"}
    return Study.parse(
        described
        | {
            "scenario": one.model_dump(mode="json"),
            "design": design,
            "replicates": {"kind": "fixed", "seeds": seeds},
            "first_seed": one.seed,
            "groups": [outcome.name for outcome in GROUP_OUTCOMES],
        }
    )


@contextmanager
def _workshop(folder: str | Path | None) -> Iterator[Path]:
    """Yield the folder to work in: the one that is given, or one that vanishes."""
    if folder is None:
        with TemporaryDirectory(prefix="creditregime-") as name:
            yield Path(name)
        return
    place = Path(folder).absolute()
    check_workshop(place)
    yield place


def check_workshop(folder: Path) -> None:
    """Refuse a folder that holds anything but an attribution, begun or finished."""
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{folder}: is a file; choose a new or an empty folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / SWEEP / "sweep.json").exists():
        raise StoreError(f"{folder}: is in use, and not by an attribution; choose a new or an empty folder")


def _processes(one: Scenario, other: Scenario, workers: int | None) -> tuple[int, list[str]]:
    """Return how many processes can do the work, and the modules that they need; one, if they could not import them."""
    modules = sorted(foreign_modules(one) | foreign_modules(other))
    return (workers or pool.available()) if pool.reachable(modules) else 1, modules


def _refuse_failures(result: Sweep) -> None:
    failures = result.failures
    if len(failures):
        point, seed, error = failures[["point", "seed", "error"]].iloc[0]
        raise CreditRegimeError(f"{len(failures)} runs failed, the first at point {point} with seed {seed}: {error}")


def _follow(
    folder: Path,
    one: Scenario,
    other: Scenario,
    seeds: Sequence[int],
    workers: int,
    modules: Sequence[str],
    progress: bool,
) -> None:
    """Follow every firm through both worlds of the seeds that are left."""
    folder.mkdir(exist_ok=True)
    left = [seed for seed in seeds if not kept(folder, seed)]
    common = (folder, one.model_dump(mode="json"), other.model_dump(mode="json"))
    with tqdm(
        total=len(seeds), initial=len(seeds) - len(left), desc="firm by firm", disable=not progress, leave=False
    ) as bar:
        pool.each(keep_pair, common, left, workers=workers, modules=modules, done=bar.update)


def _assembled(
    one: Scenario,
    other: Scenario,
    seeds: tuple[int, ...],
    toggles: dict[str, tuple[str, ...]],
    result: Sweep,
    pairs: Path,
    facts: dict[str, Any],
    folder: Path | None,
) -> Attribution:
    firms, stories = zip(*(read_pair(pairs, seed) for seed in seeds), strict=True)
    return Attribution(
        scenario=one,
        against=other,
        seeds=seeds,
        toggles=toggles,
        runs=result.runs,
        groups=result.groups,
        firms=typed(_stacked(firms)),
        stories=_stacked(stories),
        provenance=facts,
        folder=folder,
    )


def _stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return tables as one; those without rows do not decide on the types of its columns."""
    filled = [table for table in tables if len(table)]
    return pd.concat(filled or tables[:1], ignore_index=True)
