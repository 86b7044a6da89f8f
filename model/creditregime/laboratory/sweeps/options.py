"""The outcome of a sweep by option, draw of the parameters and seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.component import nearest
from creditregime.errors import ScenarioError
from creditregime.laboratory.sweeps.draws import DRAW, Draws
from creditregime.laboratory.sweeps.runner import Sweep

Reals = NDArray[np.float64]


def table_of(result: Sweep, outcome: str, among: str | None) -> tuple[Reals, list[str], str, int]:
    """Return the outcome by option, draw and seed, the options, their factor, and the number of draws left out."""
    known = [*result.study.outcomes, *result.study.measures]
    if outcome not in known:
        raise ScenarioError(f"outcome: unknown name '{outcome}'{nearest(outcome, known)}; kept: {', '.join(known)}")
    chosen = _among(result, among)
    points, runs = result.points, result.runs
    options = list(dict.fromkeys(points[chosen]))
    if len(options) < 2:
        raise ScenarioError(f"among: '{chosen}' has one value; there is nothing to rank")
    others = [name for name in result.study.design.names if name not in (chosen, *_also(result))]
    draw = points.groupby(others, sort=False, dropna=False).ngroup() if others else points["point"] * 0
    where = pd.DataFrame({"draw": draw, "option": points[chosen]}).set_index(points["point"])
    table = runs[["point", "seed", outcome]].join(where, on="point")
    wide = table.pivot_table(index="draw", columns=["option", "seed"], values=outcome, dropna=False, sort=False)
    seeds = sorted(table["seed"].unique())
    wide = wide.reindex(columns=pd.MultiIndex.from_product([options, seeds]))
    whole = wide.dropna()
    if len(whole) < 2 or len(seeds) < 2:
        raise ScenarioError(
            f"ranking: {len(whole)} draws with all runs and {len(seeds)} seeds; at least 2 of each are needed"
        )
    values = whole.to_numpy(np.float64).reshape(len(whole), len(options), len(seeds)).transpose(1, 0, 2)
    return values, [str(option) for option in options], chosen, int(draw.nunique()) - len(whole)


def _among(result: Sweep, among: str | None) -> str:
    """Return the factor whose values are ranked."""
    design = result.study.design
    factors = list(design.factors) if isinstance(design, Draws) else list(design.names)
    if among is None and isinstance(design, Draws) and len(factors) == 1:
        return factors[0]
    if among is None:
        raise ScenarioError(f"among: name the factor whose values are ranked: {', '.join(factors) or 'there is none'}")
    if among not in factors:
        raise ScenarioError(f"among: unknown factor '{among}'{nearest(among, factors)}; allowed: {', '.join(factors)}")
    return among


def _also(result: Sweep) -> tuple[str, ...]:
    """Return the columns that follow from the number of the draw."""
    design = result.study.design
    return tuple(design.values) if isinstance(design, Draws) and DRAW in design.names else ()
