"""What a worker does: one point's scenario with some seeds, side by side in one world."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from pydantic import BaseModel

from creditregime.errors import PopulationError, ScenarioError
from creditregime.firms.asking import Mixed, PerFirm
from creditregime.laboratory.measures import Gauges
from creditregime.laboratory.run import finished
from creditregime.laboratory.sweeps.tables import Done, Kept, columns, empty, joined, tabulate
from creditregime.model import CreditRegime
from creditregime.population.economy import Economy, combine
from creditregime.scenario import Scenario


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
        foreign = not type(value).__module__.startswith("creditregime.") or isinstance(value, PerFirm | Mixed)
        return foreign or any(_foreign(part) for _, part in value)
    if isinstance(value, Mapping):
        return any(map(_foreign, value.values()))
    return isinstance(value, tuple) and any(map(_foreign, value))


def failed(kept: Kept, point: int, scenario: str, seed: int, error: BaseException) -> Done:
    """Return what is told of a run that failed."""
    told = "".join(traceback.format_exception(error)) if error.__traceback__ else ""
    row = (point, seed, f"{type(error).__name__}: {error}", told, scenario)
    nothing = {name: empty(kept, name) for name in kept.tables}
    return nothing | {"failures": pd.DataFrame([row], columns=[*columns(kept, "failures")])}


def _side_by_side(kept: Kept, point: int, text: str, seeds: Sequence[int]) -> Done:
    model = _model(Scenario.parse(json.loads(text) | {"seed": seeds[0]}), seeds)
    gauges = Gauges(kept.measures, model)
    return tabulate(kept, point, seeds, finished(model, watch=gauges), gauges.values())


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
