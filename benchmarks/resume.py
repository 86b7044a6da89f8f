"""How long a sweep takes to see what of it is left."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.run import Row, say
from benchmarks.timing import WORKERS, Size, measured
from creditregime import Study, sweep
from creditregime.laboratory.sweeps.dataset import Dataset
from creditregime.laboratory.sweeps.engine import Engine
from creditregime.laboratory.sweeps.plan import Plan, layout_of
from creditregime.laboratory.sweeps.tables import columns
from creditregime.laboratory.sweeps.units import simulated


class StopError(Exception):
    """The first unit was handed over."""


class Stopping(Executor):
    """Ends the sweep at the first unit."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Say that a unit is asked for."""
        raise StopError


def finished(study: Study, folder: Path) -> Dataset:
    """Write the folder of a study as if all of it had been run: random numbers, in files as a sweep makes them."""
    work = Plan(study)
    dataset = Dataset.create(folder, work, layout_of(study, 500, len(work.points)))
    draws = np.random.default_rng(1)
    names = [*columns(study.kept, "runs")][2:]
    for part in dataset.layout.parts(study):
        seeds = np.arange(part.first, part.last) + study.first_seed
        keys = {"point": np.repeat(part.points, len(seeds)), "seed": np.tile(seeds, len(part.points))}
        values = {name: draws.random(len(keys["point"])) for name in names}
        dataset.seal(part.name, {"runs": pd.DataFrame(keys | values), "failures": pd.DataFrame()})
    return dataset


def resume_rows(size: Size) -> list[Row]:
    """Return the rows of how long a sweep takes to see what is left, against a unit of runs."""
    say(f"resuming {size.finished:,} runs")
    study = many(size)
    with tempfile.TemporaryDirectory() as place:
        dataset = finished(study, Path(place) / "sweep")
        batch = _unit(dataset.scenario_texts([0])[0], study, dataset.layout.block)
        nothing = median(measured(lambda: sweep(study, dataset.folder, workers=WORKERS), 1).clock for _ in range(3))
        next((dataset.folder / "runs").iterdir()).unlink()
        engine = Engine(Stopping, WORKERS)
        some = median(measured(lambda: until_stopped(study, dataset.folder, engine), 1).clock for _ in range(3))
    target = f"less than a unit of {dataset.layout.block} runs, {batch:.1f} s"
    what = f"Seeing that {size.finished:,} runs are finished"
    return [
        Row(what, f"{nothing:.2f} s", target, nothing < batch),
        Row("... or that one file of them is missing", f"{some:.2f} s", target, some < batch),
    ]


def many(size: Size) -> Study:
    data = size.study().model_dump(mode="json")
    factors = {"spillover.partner.strength": {"low": 0, "high": 0.5}, "fines.scale": {"low": 0.5, "high": 2}}
    points = size.finished // 100
    data["design"] = {"kind": "latin_hypercube", "samples": points, "factors": factors}
    return Study.parse(data | {"replicates": {"kind": "fixed", "seeds": 100}})


def _unit(text: str, study: Study, block: int) -> float:
    return measured(lambda: simulated(study.kept, 0, text, range(1, block + 1)), 1).clock


def until_stopped(study: Study, folder: Path, engine: Engine) -> None:
    try:
        sweep(study, folder, engine=engine)
    except StopError:
        return
    raise SystemExit("the sweep asked for nothing")
