"""Calibrating: batches of points as sweeps in a folder, and what follows from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.composition import load
from creditregime.errors import ScenarioError, StoreError
from creditregime.laboratory.calibration.fit import fit_table, parameter_table
from creditregime.laboratory.calibration.inference import Measured, Sample, infer, log_likelihood, resampled
from creditregime.laboratory.calibration.priors import Space
from creditregime.laboratory.calibration.search import require, search
from creditregime.laboratory.calibration.spec import CalibrationStudy
from creditregime.laboratory.measures import check
from creditregime.laboratory.provenance import now, provenance
from creditregime.laboratory.sweeps import sweep
from creditregime.laboratory.sweeps.bounds import Bounds
from creditregime.laboratory.sweeps.draws import DRAW
from creditregime.laboratory.sweeps.engine import Engine
from creditregime.laboratory.sweeps.parquet import read, write
from creditregime.scenario import Scenario

Reals = NDArray[np.float64]
Given = CalibrationStudy | Mapping[str, Any] | str | Path
TABLES = ("posterior", "evaluations", "fit", "parameters")


class Calibration:
    """What a calibration gave, read when asked for.

    Attributes
    ----------
    folder
        Where it is.
    study
        What was asked.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.facts: dict[str, Any] = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise StoreError(f"{folder}: is not the folder of a finished calibration") from None
        self.study = CalibrationStudy.read(folder / "calibration.yaml")

    def __repr__(self) -> str:
        """Say what was calibrated, and what to ask for."""
        title = self.study.title or "a model"
        number = f"{len(self.study.parameters)} parameters, {len(self.study.targets)} targets"
        return f"<Calibration of '{title}', {number}: posterior, best, fit, parameters, evaluations>"

    @cached_property
    def posterior(self) -> pd.DataFrame:
        """One row a draw, all equally likely: its number, and the parameters by dotted path."""
        return read(self.folder / "posterior.parquet")

    @cached_property
    def evaluations(self) -> pd.DataFrame:
        """One row a point: batch, parameters, mean and standard error of each measure, log-likelihood, weight.

        The weight is 0 for points of the search, which are not drawn from a known distribution.
        """
        return read(self.folder / "evaluations.parquet")

    @cached_property
    def fit(self) -> pd.DataFrame:
        """One row a target: published and obtained, see `laboratory.calibration.fit.fit_table`."""
        return read(self.folder / "fit.parquet")

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """One row a parameter: prior, posterior, best, see `laboratory.calibration.fit.parameter_table`."""
        return read(self.folder / "parameters.parquet")

    @property
    def best(self) -> dict[str, float | int]:
        """The point that fits best, by dotted path."""
        return dict(self.facts["best"])

    @property
    def effective(self) -> float:
        """Effective number of points behind the posterior; below a hundred or so its intervals are rough."""
        return float(self.facts["effective"])

    def scenario(self) -> Scenario:
        """Return the base scenario with the best parameters."""
        return _base(self.study).changed(self.best)


def calibrate(
    study: Given,
    folder: str | Path,
    *,
    workers: int | None = None,
    engine: Engine | None = None,
    progress: bool = False,
) -> Calibration:
    """Find the parameters under which a scenario gives published figures, and how uncertain they are.

    Every batch of points is a sweep in ``batches/``, durable run by run: after a stop or a crash the same call goes on,
    and the results are the same bytes for any number of workers. A finished calibration goes on, too, if its budget is
    given more rounds, another search or other numbers of draws.

    Parameters
    ----------
    study
        A `CalibrationStudy`, the mapping that describes one, or the path of a YAML file.
    folder
        A new or empty folder, or one in which this calibration was begun.
    workers
        Number of processes; by default one a processor.
    engine
        Where points are simulated; by default local processes (see `laboratory.sweeps.engine`).
    progress
        Whether to show a progress bar a batch on the standard error stream.

    Raises
    ------
    CreditRegimeError
        One line that says what is wrong with the calibration or the folder; nothing is overwritten.
    """
    chosen = _study(study)
    if chosen.budget.search:
        require()
    space = _space(chosen)
    place = _begun(chosen, Path(folder).absolute())
    started = now()
    batches = Batches(chosen, space, place, {"workers": workers, "engine": engine, "progress": progress})
    targets = [*chosen.targets.values()]
    sample = infer(batches.measured, len(space.names), targets, chosen.budget, chosen.seed)
    if chosen.budget.search:
        stem = f"search-{chosen.budget.rounds:02d}"  # it knows the rounds: after more of them it is another one
        search(batches.fit, (sample.z, sample.fit), chosen.budget.search, chosen.seed, stem)
    _write(place, batches, sample)
    facts = _facts(batches, sample) | provenance("calibration", chosen.first_seed, started)
    (place / "calibration.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8", newline="\n")
    return Calibration(place)


def open_calibration(folder: str | Path) -> Calibration:
    """Return the finished calibration in a folder."""
    return Calibration(Path(folder).absolute())


class Batches:
    """The batches of a calibration: each simulated as a sweep in a folder of its own, or read from it.

    Attributes
    ----------
    names, z, values, mean, error
        Name of each point's batch, its coordinates, parameters and measures, one row a point, in the order of calls.
    """

    def __init__(self, study: CalibrationStudy, space: Space, folder: Path, how: Mapping[str, Any]) -> None:
        self.study, self.space, self.folder, self.how = study, space, folder, how
        self.names: list[str] = []
        self.z, self.values = np.empty((2, 0, len(space.names)))
        self.mean, self.error = np.empty((2, 0, len(study.targets)))

    def measured(self, name: str, z: Reals) -> Measured:
        """Return what the points of a batch gave."""
        values = self.space.values(z)
        title = f"{self.study.title or 'calibration'}: {name}"
        plan = self.study.sweep_of(self.space.columns(values), title)
        runs = sweep(plan, self.folder / "batches" / name, **self.how).runs
        found = _summed_up(runs, len(z), [*self.study.targets], self.study.seeds)
        self.names += [name] * len(z)
        self.z, self.values = np.concatenate([self.z, z]), np.concatenate([self.values, values])
        self.mean, self.error = np.concatenate([self.mean, found.mean]), np.concatenate([self.error, found.error])
        return found

    def fit(self, name: str, z: Reals) -> Reals:
        """Return the log-likelihood of the points of a batch, (n,)."""
        return log_likelihood([*self.study.targets.values()], self.measured(name, z))

    @property
    def all_fits(self) -> Reals:
        """Log-likelihood of every point."""
        return log_likelihood([*self.study.targets.values()], Measured(self.mean, self.error))


def _summed_up(runs: pd.DataFrame, points: int, names: list[str], seeds: int) -> Measured:
    """Return mean and standard error over seeds; NaN for points of which a run failed."""
    whole = runs.groupby("point")["seed"].count().reindex(range(points), fill_value=0).to_numpy() == seeds
    groups = runs.groupby("point")[names]
    mean = groups.mean().reindex(range(points)).to_numpy(np.float64)
    error = groups.sem(ddof=1).reindex(range(points)).to_numpy(np.float64)
    return Measured(np.where(whole[:, None], mean, np.nan), np.where(whole[:, None], error, np.nan))


def _study(given: Given) -> CalibrationStudy:
    if isinstance(given, CalibrationStudy):
        return given
    return CalibrationStudy.parse(given) if isinstance(given, Mapping) else CalibrationStudy.read(given)


def _space(study: CalibrationStudy) -> Space:
    """Return the space of the parameters, and refuse what the base scenario does not have."""
    base = _base(study)
    try:
        check({name: target.measure for name, target in study.targets.items()}, base)
    except ScenarioError as error:
        raise ScenarioError(f"targets.{error}") from None
    return Space.of(study.parameters, Bounds(base))


def _base(study: CalibrationStudy) -> Scenario:
    return load(*study.base, scenario=study.scenario)


def _begun(study: CalibrationStudy, folder: Path) -> Path:
    """Return the folder, with the calibration that it is of."""
    file = folder / "calibration.yaml"
    if folder.is_dir() and any(folder.iterdir()):
        if not file.exists():
            raise StoreError(f"{folder}: is in use, and not by a calibration; choose a new or an empty folder")
        if CalibrationStudy.read(file).question() != study.question():
            raise StoreError(f"{folder}: holds the results of another calibration; choose a new folder")
    try:
        (folder / "batches").mkdir(parents=True, exist_ok=True)
        file.write_text(study.to_yaml(), encoding="utf-8", newline="\n")
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written: {error.strerror or error}") from None
    return folder


def _write(folder: Path, batches: Batches, sample: Sample) -> None:
    """Write the tables and the scenario of the best point."""
    study, names = batches.study, batches.space.names
    best = int(np.argmax(batches.all_fits))
    values = batches.values[: len(sample.z)]
    drawn = values[resampled(sample.weight, study.budget.draws, study.seed)]
    posterior = pd.DataFrame({DRAW: np.arange(len(drawn))} | batches.space.columns(drawn))
    tables = {
        "posterior": posterior,
        "evaluations": _evaluations(batches, sample),
        "fit": fit_table(study.targets, sample, batches.mean[best].tolist(), study.confidence),
        "parameters": parameter_table(names, values, sample, batches.values[best].tolist(), study.confidence),
    }
    for name in TABLES:
        write(tables[name], folder / f"{name}.parquet")
    scenario = _base(study).changed(batches.space.changes(batches.values[best]))
    (folder / "best.yaml").write_text(scenario.to_yaml(), encoding="utf-8", newline="\n")


def _evaluations(batches: Batches, sample: Sample) -> pd.DataFrame:
    """Return one row a point."""
    table = pd.DataFrame(batches.values, columns=[*batches.space.names])
    table.insert(0, "batch", batches.names)
    for number, name in enumerate(batches.study.targets):
        table[name], table[f"{name}: error"] = batches.mean[:, number], batches.error[:, number]
    table["log_likelihood"] = batches.all_fits
    table["weight"] = np.concatenate([sample.weight, np.zeros(len(table) - len(sample.weight))])
    return table


def _facts(batches: Batches, sample: Sample) -> dict[str, Any]:
    """Return the numbers that sum the calibration up."""
    fits = batches.all_fits
    failed = int(np.isnan(batches.mean).any(axis=1).sum())
    return {
        "best": batches.space.changes(batches.values[int(np.argmax(fits))]),
        "log_likelihood": float(fits.max()),
        "effective": sample.effective,
        "points": len(fits),
        "points_without_a_value": failed,
    }
