"""What a student takes away: numbers, figures, and the scenario files that give them again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from creditregime.classroom.twins import TwinWorlds
from creditregime.errors import CreditRegimeError
from creditregime.laboratory.compare import Comparison, comparison_of
from creditregime.laboratory.provenance import now, provenance
from creditregime.laboratory.run import RunResult, tabulate
from creditregime.model import CreditRegime
from creditregime.presentation.network_time import twins_through_time
from creditregime.presentation.paths_figure import paths
from creditregime.presentation.style import Picture
from creditregime.scenario import Scenario

NAMES = ("A", "B")
_READ_ME = """Two worlds that share every random draw, of {months} months, seed {seed}.

scenario-a.yaml, scenario-b.yaml: what was simulated. The same numbers come out again by

    creditregime run --scenario scenario-a.yaml
    creditregime run --scenario scenario-b.yaml

indicators.csv and the other tables: one row has its world in the first column; columns are explained in the
documentation's data dictionary. Missing values are empty.
"""


class File(NamedTuple):
    """A file to download."""

    name: str
    kind: str
    content: bytes


def scenario_file(twins: TwinWorlds, world: int) -> File:
    """Return the scenario of a world as the command line takes it, of as many months as are simulated."""
    name = f"scenario-{NAMES[world].lower()}.yaml"
    return File(name, "application/yaml", simulated(twins, world).to_yaml().encode())


def indicators_file(twins: TwinWorlds) -> File:
    """Return the monthly indicators of both worlds."""
    _demand_months(twins)
    frames = [model.series.monthly() for model in twins.models]
    return File("indicators.csv", "text/csv", _csv(frames))


def archive(twins: TwinWorlds) -> File:
    """Return scenarios and all tables of both worlds in one file."""
    results = results_of(twins)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        text = _READ_ME.format(months=twins.month, seed=twins.scenarios[0].seed)
        file.writestr("README.txt", text)
        for world in (0, 1):
            made = scenario_file(twins, world)
            file.writestr(made.name, made.content)
        for name in results[0].tables():
            file.writestr(f"{name}.csv", _csv([result.tables()[name] for result in results]))
    return File("twin-worlds.zip", "application/zip", buffer.getvalue())


def simulated(twins: TwinWorlds, world: int) -> Scenario:
    """Return the scenario of a world with the months that are simulated so far."""
    scenario = twins.scenarios[world]
    return scenario.changed({"months": twins.month}) if twins.month else scenario


def results_of(twins: TwinWorlds) -> tuple[RunResult, RunResult]:
    """Return what came of both worlds so far."""
    _demand_months(twins)
    one, other = (_result(twins, world, model) for world, model in enumerate(twins.models))
    return one, other


def comparison(twins: TwinWorlds) -> Comparison:
    """Return the comparison of both worlds so far, their titles told apart by A and B."""
    return comparison_of(*(_titled(result, name) for result, name in zip(results_of(twins), NAMES, strict=True)))


FIGURES: dict[str, Callable[[Comparison], Picture]] = {
    "indicators": paths,
    "network": lambda found: twins_through_time(found.example, found.labels),
}
"""Figures of both worlds, drawn as in the reports."""


def _result(twins: TwinWorlds, world: int, model: CreditRegime) -> RunResult:
    result = tabulate(model, provenance("run", model.spec.seed, now()))
    return replace(result, scenario=simulated(twins, world), model=None)


def _titled(result: RunResult, name: str) -> RunResult:
    title = f"{name}: {result.scenario.title or 'untitled scenario'}"
    return replace(result, scenario=result.scenario.changed({"title": title}))


def _demand_months(twins: TwinWorlds) -> None:
    if not twins.month:
        raise CreditRegimeError("nothing is simulated yet: step once, or play")


def _csv(frames: list[pd.DataFrame]) -> bytes:
    for frame, name in zip(frames, NAMES, strict=True):
        frame.insert(0, "world", name)
    # Text columns as plain objects: categories of both worlds need not be the same.
    plain = [frame.astype(dict.fromkeys(frame.select_dtypes("category"), object)) for frame in frames]
    return pd.concat(plain, ignore_index=True).to_csv(index=False, lineterminator="\n").encode()
