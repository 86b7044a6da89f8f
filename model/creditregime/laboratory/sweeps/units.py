"""What a worker does: one point's scenario with some seeds, side by side in one world."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pydantic import BaseModel

from creditregime.errors import PopulationError, ScenarioError
from creditregime.firms.behaviour import PerFirm
from creditregime.laboratory import interruption
from creditregime.laboratory.outcomes import summarise
from creditregime.model import CreditRegime
from creditregime.population.economy import Economy, combine
from creditregime.scenario import Scenario


class Kept(NamedTuple):
    """Names of what is kept: outcomes of a run, and indicators month by month."""

    outcomes: Sequence[str]
    months: Sequence[str]


class Done(NamedTuple):
    """What came of a unit: one row a run, a run and month, and a run that failed."""

    runs: pd.DataFrame
    months: pd.DataFrame
    failures: pd.DataFrame


RUN, MONTH = ["point", "seed"], ["point", "seed", "month"]
FAILURE = ["point", "seed", "error", "traceback", "scenario"]


def simulated(kept: Kept, point: int, scenario: str, seeds: Sequence[int]) -> Done:
    """Simulate a scenario (JSON) with some seeds; a run that fails is told, and the others are simulated without it."""
    one_by_one = len(seeds) > 1 and _foreign(Scenario.parse(json.loads(scenario)))
    try:
        if not one_by_one:
            return _side_by_side(kept, point, scenario, seeds)
    except Exception as error:
        if len(seeds) == 1:
            return failed(kept, point, scenario, seeds[0], error)
    return joined([simulated(kept, point, scenario, [seed]) for seed in seeds])


def _foreign(value: Any) -> bool:
    """Tell whether a scenario has rules or strategies of others, which may look beyond their jurisdiction."""
    if isinstance(value, BaseModel):
        foreign = not type(value).__module__.startswith("creditregime.") or isinstance(value, PerFirm)
        return foreign or any(_foreign(part) for _, part in value)
    if isinstance(value, Mapping):
        return any(map(_foreign, value.values()))
    return isinstance(value, tuple) and any(map(_foreign, value))


def failed(kept: Kept, point: int, scenario: str, seed: int, error: BaseException) -> Done:
    """Return what is told of a run that failed."""
    told = "".join(traceback.format_exception(error)) if error.__traceback__ else ""
    row = (point, seed, f"{type(error).__name__}: {error}", told, scenario)
    return Done(*empty(kept)[:2], pd.DataFrame([row], columns=FAILURE))


def joined(parts: Sequence[Done]) -> Done:
    """Return several units' results as one, in the order given."""
    tables = ([table for table in column if len(table)] or column[:1] for column in zip(*parts, strict=True))
    return Done(*(pd.concat(column, ignore_index=True) for column in tables))


def _side_by_side(kept: Kept, point: int, text: str, seeds: Sequence[int]) -> Done:
    model = _model(Scenario.parse(json.loads(text) | {"seed": seeds[0]}), seeds)
    for _ in range(model.spec.months):
        model.step()
        interruption.check()
    monthly = model.series.monthly()
    if len(seeds) == 1:
        monthly.insert(0, "jurisdiction", 0)
    return Done(_runs(kept, point, monthly, seeds), _months(kept, point, monthly, seeds), empty(kept)[2])


def _model(scenario: Scenario, seeds: Sequence[int]) -> CreditRegime:
    if len(seeds) == 1:
        return CreditRegime(scenario)
    population = scenario.population
    built: list[Economy] = [population.build(seed) for seed in seeds[: 1 if population.fixed else None]]
    if population.fixed:
        built *= len(seeds)
    try:
        return CreditRegime(scenario, economy=combine(built), seeds=seeds)
    except PopulationError as error:  # such as other sectors from seed to seed: one by one, then
        raise ScenarioError(str(error)) from error


def _runs(kept: Kept, point: int, monthly: pd.DataFrame, seeds: Sequence[int]) -> pd.DataFrame:
    rows = []
    for number, seed in enumerate(seeds):
        own = monthly[monthly["jurisdiction"] == number].drop(columns="jurisdiction")
        values = summarise(own)
        rows.append([point, seed, *(values[name] for name in kept.outcomes)])
    return pd.DataFrame(rows, columns=[*RUN, *kept.outcomes])


def _months(kept: Kept, point: int, monthly: pd.DataFrame, seeds: Sequence[int]) -> pd.DataFrame:
    if not kept.months:
        return empty(kept)[1]
    missing = [name for name in kept.months if name not in monthly]
    if missing:
        raise ScenarioError(f"months: unknown indicator '{missing[0]}'; allowed: {', '.join(monthly.columns[2:])}")
    ordered = monthly.sort_values(["jurisdiction", "month"], kind="stable", ignore_index=True)
    table = ordered[["month", *kept.months]].astype(dict.fromkeys(kept.months, np.float64))
    table.insert(0, "seed", np.asarray(seeds)[ordered["jurisdiction"].to_numpy(int)])
    table.insert(0, "point", point)
    return table


def empty(kept: Kept) -> Done:
    """Return the tables without rows."""
    runs: dict[str, Any] = dict.fromkeys(RUN, np.int64) | dict.fromkeys(kept.outcomes, np.float64)
    months: dict[str, Any] = dict.fromkeys(MONTH, np.int64) | dict.fromkeys(kept.months, np.float64)
    failures: dict[str, Any] = {name: object if name not in RUN else np.int64 for name in FAILURE}
    tables = ({name: pd.Series(dtype=kind) for name, kind in what.items()} for what in (runs, months, failures))
    return Done(*(pd.DataFrame(columns) for columns in tables))
