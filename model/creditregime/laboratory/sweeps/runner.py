"""Running a study, and reading its results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from tqdm import tqdm

from creditregime.errors import ScenarioError, StoreError
from creditregime.laboratory import measures
from creditregime.laboratory.sweeps.arrays import arrays
from creditregime.laboratory.sweeps.dataset import Dataset
from creditregime.laboratory.sweeps.engine import Engine, local
from creditregime.laboratory.sweeps.plan import Layout, Plan, firms_of, layout_of
from creditregime.laboratory.sweeps.session import Session
from creditregime.laboratory.sweeps.study import Fixed, Study
from creditregime.laboratory.sweeps.tables import known_indicators, refuse_unknown_indicators
from creditregime.scenario import Scenario

if TYPE_CHECKING:
    import xarray


class Sweep:
    """The results of a study, read when asked for.

    Attributes
    ----------
    folder
        Where they are.
    study
        What was asked.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self.folder, self.study = dataset.folder, dataset.study

    def __repr__(self) -> str:
        """Say what was run, and what to ask for."""
        title = self.study.title or "a study"
        return f"<Sweep of '{title}', {len(self.points)} points, {len(self.runs)} runs: points, runs, months, failures>"

    @cached_property
    def points(self) -> pd.DataFrame:
        """One row a point: its number and factors."""
        return self._dataset.factors()

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a run: point, seed, outcomes, factors."""
        return self._dataset.table("runs")

    @cached_property
    def months(self) -> pd.DataFrame:
        """One row a run and month, where the study keeps indicators."""
        return self._dataset.table("months")

    @cached_property
    def groups(self) -> pd.DataFrame:
        """One row a run, dimension and group of firms, where the study keeps outcomes by group."""
        return self._dataset.table("groups")

    @cached_property
    def exits(self) -> pd.DataFrame:
        """One row an exit, where the study keeps them: firm, month, cause, attribution, and what firm it was."""
        return self._dataset.table("exits")

    @cached_property
    def failures(self) -> pd.DataFrame:
        """One row a run that failed: error, traceback and scenario."""
        return self._dataset.table("failures")

    @property
    def provenance(self) -> dict[str, Any]:
        """Version, commit, code, packages, machine and start."""
        return {**self._dataset.facts}

    @property
    def finished(self) -> bool:
        """Whether every run that the study asks for was made, those that failed included."""
        rule, made = self.study.replicates, len(self.runs) + len(self.failures)
        if isinstance(rule, Fixed):
            return made == len(self.points) * rule.seeds
        return not self._dataset.under_way and {*self.runs["point"], *self.failures["point"]} == {*self.points["point"]}

    def to_xarray(self, table: str = "runs", by: str | None = None) -> xarray.Dataset:
        """Return a table as arrays with named dimensions; units and meanings are attributes.

        The first dimensions are the factors where the design has every combination (grid, factorial), else the points,
        with their factors as coordinates; then seed, and for ``months`` month. What was not run, or failed, is missing.

        Parameters
        ----------
        table
            ``runs``, ``months`` or ``groups``.
        by
            For ``groups``: ownership, size, sector or region.
        """
        return arrays(self, table, by)

    def scenario(self, point: int, seed: int | None = None) -> Scenario:
        """Return a point's resolved scenario, with a seed of the study."""
        if point not in range(self._dataset.layout.points):
            raise ScenarioError(f"point: {point} is not allowed: must be from 0 to {self._dataset.layout.points - 1}")
        data = json.loads(self._dataset.scenario_texts([point])[point])
        return Scenario.parse(data | {"seed": self.study.first_seed if seed is None else seed})


def sweep(
    study: Study | Mapping[str, Any] | str | Path,
    folder: str | Path,
    *,
    workers: int | None = None,
    engine: Engine | None = None,
    progress: bool = False,
) -> Sweep:
    """Run a study into a folder, or what is left of it.

    Every finished unit (one point, some seeds) is durable at once. If the process is stopped or killed, the same call
    goes on; the results are the same bytes for any number of workers, in any order, and however often it was stopped.

    Parameters
    ----------
    study
        A `Study`, the mapping that describes one, or the path of a YAML file.
    folder
        A new or empty folder, or one in which this study was begun.
    workers
        Number of processes; by default one a processor.
    engine
        Where units are simulated; by default local processes (see `laboratory.sweeps.engine`).
    progress
        Whether to show a progress bar on the standard error stream.

    Raises
    ------
    CreditRegimeError
        One line that says what is wrong with the study or the folder; nothing is overwritten.
    """
    dataset = _begun(_study(study), Path(folder).absolute())
    with dataset.open(), _bar(dataset, progress) as bar:
        Session(dataset, engine or local(workers), bar.update).run()
    return Sweep(dataset)


def open_sweep(folder: str | Path) -> Sweep:
    """Return the results in a folder, as far as they are there."""
    return Sweep(Dataset(Path(folder).absolute()))


def _study(given: Study | Mapping[str, Any] | str | Path) -> Study:
    if isinstance(given, Study):
        return given
    return Study.parse(given) if isinstance(given, Mapping) else Study.read(given)


def _begun(study: Study, folder: Path) -> Dataset:
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / "sweep.json").exists():
            raise StoreError(f"{folder}: is in use, and not by a sweep; choose a new or an empty folder")
        dataset = Dataset(folder)
        dataset.refuse_other(study)
        return dataset
    plan = Plan(study)
    if study.months:
        refuse_unknown_indicators(study.months, known_indicators(next(plan.scenarios())))
    return Dataset.create(folder, plan, _layout(plan))


def _layout(plan: Plan) -> Layout:
    """Return how runs are put together, by the largest economy among the points, each looked at once."""
    sizes: dict[str, int] = {}
    for number, scenario in enumerate(plan.scenarios()):
        try:
            measures.check(plan.study.measures, scenario)
        except ScenarioError as error:
            raise ScenarioError(f"measures.{error} (point {number})") from None
        who = repr(scenario.population)
        if who not in sizes:
            sizes[who] = firms_of(scenario)
    return layout_of(plan.study, max(sizes.values()), len(plan.points))


def _bar(dataset: Dataset, progress: bool) -> Any:
    rule = dataset.study.replicates
    total = dataset.layout.points * rule.seeds if isinstance(rule, Fixed) else None
    return tqdm(total=total, desc="runs", unit="run", disable=not progress, leave=False, smoothing=0.05)
