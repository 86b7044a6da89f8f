"""The parts of the data dictionary on sweeps and on indicators."""

from __future__ import annotations

import numpy as np
from described import table

from creditregime.indicators.meanings import meanings
from creditregime.laboratory.sweeps.tables import Kept, columns

FILES = {
    "study.yaml": "the study, every key stated; `creditregime sweep` takes it",
    "sweep.json": "how runs are put together; version, commit, code, packages, machine and start",
    "points.parquet": "one row a point: number, factors, and the resolved scenario as JSON, which `--scenario` takes",
    "runs/": "one row a run",
    "months/": "one row a run and month, if the study keeps indicators",
    "groups/": "one row a run, dimension and group of firms, if the study keeps outcomes by group",
    "exits/": "one row an exit, if the study keeps them",
    "failures/": "one row a run that failed",
}
COLUMNS = {
    "point": "number of the point, from 0",
    "seed": "seed of the run",
    "month": "month, counted from 1",
    "dimension": "ownership, size, sector or region",
    "group": "name of the group of firms",
    "firms": "places of the group",
    "firm": "number of the place in the economy, from 0",
    "cause": "cause of the exit, as in the codes above",
    "attribution": "the loss that it is attributed to, as in the codes above",
    "sector": "of the firm, as at the start",
    "region": "of the firm, as at the start",
    "ownership": "of the firm, as at the start",
    "size": "initial revenue, relative to the average firm",
    "size_class": "quarter of the firms by initial revenue",
    "error": "kind and text of the error",
    "traceback": "where in the code it was raised",
    "scenario": "the resolved scenario as JSON",
}
NAMED = {"OUTCOME": "one an outcome", "INDICATOR": "one an indicator"}
EVERYTHING = Kept(["OUTCOME"], ["INDICATOR"], ["OUTCOME"], True)


def sweep_folder() -> str:
    """Return the files and columns of a sweep."""
    return f"""## The folder of a sweep

A part of a table is a file; together they are one Parquet dataset, which pandas, polars and DuckDB read as it is. Every
table has one observation a row; `point` and `seed` say of which run it is.

{table(("File", "Content"), [(f"`{name}`", text) for name, text in FILES.items()])}

{table(("Table", "Columns"), _tables())}

{table(("Column", "Type", "Meaning"), _columns())}
"""


def indicators() -> str:
    """Return units and meanings of indicators."""
    rows = [
        (f"`{name}`", said.unit, units.get("topics", ""), units.get("groups", ""), said.text)
        for name, (said, units) in meanings().items()
        if name not in ("month", "topic", "dimension", "group")
    ]
    return f"""## Indicators

What the columns of monthly tables hold. `to_xarray()` of a run, a comparison and a sweep gives unit and meaning as
attributes. By topic and by group of firms the unit is the same where none is stated.

{table(("Indicator", "Unit", "By topic", "By group", "Meaning"), rows)}
"""


def _tables() -> list[tuple[str, ...]]:
    """Return the columns of each table; runs have the factors beside them."""
    rows = []
    for name in EVERYTHING.tables:
        known = [NAMED.get(column, f"`{column}`") for column in columns(EVERYTHING, name)]
        rows.append((f"`{name}`", ", ".join([*known, "one a factor"] if name == "runs" else known)))
    return rows


def _columns() -> list[tuple[str, ...]]:
    kinds = {column: kind for name in EVERYTHING.tables for column, kind in columns(EVERYTHING, name).items()}
    text = {object: "text", np.int64: "int64", np.float64: "float64"}
    return [(f"`{name}`", text[kinds[name]], COLUMNS[name]) for name in kinds if name not in NAMED]
