"""The tables of a sweep as arrays: factors, seeds and months are dimensions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from creditregime.errors import ScenarioError
from creditregime.laboratory.dimensional import as_labels, of_factors, of_outcomes, of_table
from creditregime.laboratory.sweeps.designs import Factorial, Grid

if TYPE_CHECKING:
    import xarray

    from creditregime.laboratory.sweeps.runner import Sweep

TABLES = ("runs", "months", "groups")


def arrays(sweep: Sweep, table: str, by: str | None) -> xarray.Dataset:
    """Return a table of a sweep as arrays with named dimensions (see `Sweep.to_xarray`)."""
    kept = [name for name in TABLES if name in sweep.study.kept.tables]
    if table not in kept:
        raise ScenarioError(f"table: {table!r} is not allowed: must be one that the study keeps: {', '.join(kept)}")
    points, names = sweep.points, [*sweep.study.design.names]
    values = getattr(sweep, table).drop(columns=names, errors="ignore")
    said = of_factors(sweep.scenario(0), names) | ({} if table == "months" else of_outcomes([*values]))
    if _is_full(sweep):
        values = values.merge(points, on="point").drop(columns="point")
        labels = {name: pd.unique(points[name]) for name in names}
        found = of_table(values, (*names, "seed", "month"), by, labels=labels, attributes=said)
        numbers = points["point"].to_numpy().reshape([len(known) for known in labels.values()])
        return found.assign_coords(point=(names, numbers))
    found = of_table(values, ("point", "seed", "month"), by, labels={"point": points["point"]}, attributes=said)
    return found.assign_coords({name: ("point", as_labels(points[name]), said[name]) for name in names})


def _is_full(sweep: Sweep) -> bool:
    """Tell whether the factors span the points, each combination once: they can be dimensions then."""
    points, names = sweep.points, [*sweep.study.design.names]
    sizes: list[Any] = [points[name].nunique() for name in names]
    return isinstance(sweep.study.design, Grid | Factorial) and len(points) == math.prod(sizes)
