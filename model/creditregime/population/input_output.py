"""Input-output tables: who sells how much to whom, sector by sector."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from creditregime.component import nearest
from creditregime.errors import BAD_YAML, PopulationError
from creditregime.paths import config_root

Matrix = NDArray[np.float64]
FILES = (".yaml", ".yml", ".csv")
"""Endings by which a path is told from a name."""

IMBALANCE = 0.01
"""Relative gap between a sector's output and its sales, or its inputs with value added, that counts as rounding."""

_VECTORS = ("domestic_final_demand", "exports", "output", "imported_intermediates", "value_added")


@dataclass(frozen=True, eq=False)
class InputOutput:
    """A domestic input-output table of S sectors, in the money and period that `unit` names.

    `electricity` is the sector that sells it, None where the table does not say.

    `flows` is (S, S), rows sell to columns; the vectors are (S,). Output is what a sector sells to all sectors and to
    final demand at home and abroad, taken as the row sum so that the table balances exactly.
    """

    name: str
    unit: str
    sectors: tuple[str, ...]
    electricity: int | None
    flows: Matrix
    domestic_final_demand: Matrix
    exports: Matrix
    imported_intermediates: Matrix

    @property
    def output(self) -> Matrix:
        """Sales of each sector, shape (S,)."""
        sold: Matrix = self.flows.sum(axis=1) + self.domestic_final_demand + self.exports
        return sold

    @property
    def coefficients(self) -> Matrix:
        """Input of the row's good per unit of the column's output, shape (S, S)."""
        return self.flows / self.output


def read_table(name: str) -> InputOutput:
    """Return the table called `name` among the configurations, or in the YAML or CSV file at the path `name`."""
    folder = config_root() / "input_output"
    path = Path(name) if name.endswith(FILES) else folder / f"{name}.yaml"
    if not os.path.isfile(path):
        names = sorted(known.stem for known in folder.glob("*.yaml"))
        allowed = f"allowed: {', '.join(names)}, or the path of a YAML or CSV file"
        raise PopulationError(f"population.input_output: no table '{name}'; {allowed}{nearest(name, names)}")
    return _read(path, path.stat().st_mtime_ns)


@cache
def _read(path: Path, changed: int) -> InputOutput:  # `changed` is there so that an edited file is read again
    if path.suffix == ".csv":
        from creditregime.population.input_output_csv import read_csv_table

        return read_csv_table(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except BAD_YAML as error:
        raise PopulationError(f"{path}: not YAML: {' '.join(str(error).split())[:300]}") from None
    if not isinstance(content, Mapping):
        raise PopulationError(f"{path}: must be a mapping with sectors, flows and {', '.join(_VECTORS)}")
    return _table(path, content)


def _table(path: Path, content: Mapping[str, Any]) -> InputOutput:
    absent = [key for key in ("unit", "electricity", "sectors", "flows", *_VECTORS) if key not in content]
    if absent:
        raise PopulationError(f"{path}: {absent[0]} is missing")
    if not isinstance(content["sectors"], list):
        raise PopulationError(f"{path}: sectors must be a list of names")
    sectors = tuple(str(sector) for sector in content["sectors"])
    rows = content["flows"]
    if not isinstance(rows, Mapping) or list(rows) != list(sectors) or not 1 <= len(sectors) <= 256:
        raise PopulationError(f"{path}: flows must have one row for each of the 1 to 256 sectors, in their order")
    if content["electricity"] not in sectors:
        raise PopulationError(f"{path}: electricity must be one of the sectors: {', '.join(sectors)}")
    flows = np.array([_vector(path, f"flows.{key}", row, len(sectors)) for key, row in rows.items()])
    vectors = {key: _vector(path, key, content[key], len(sectors)) for key in _VECTORS}
    _check_balance(path, sectors, flows, vectors)
    kept = {key: vectors[key] for key in ("domestic_final_demand", "exports", "imported_intermediates")}
    electricity = sectors.index(content["electricity"])
    return InputOutput(path.stem, str(content["unit"]), sectors, electricity, flows, **kept)


def _vector(path: Path, key: str, values: Any, length: int) -> Matrix:
    try:
        vector = np.array(values, np.float64)
    except (TypeError, ValueError):
        vector = np.empty(0)
    if vector.shape != (length,) or not (np.isfinite(vector) & (vector >= 0)).all():
        raise PopulationError(f"{path}: {key} must be {length} finite numbers >= 0")
    return vector


def _check_balance(path: Path, sectors: tuple[str, ...], flows: Matrix, vectors: Mapping[str, Matrix]) -> None:
    sold = flows.sum(axis=1) + vectors["domestic_final_demand"] + vectors["exports"]
    spent = flows.sum(axis=0) + vectors["imported_intermediates"] + vectors["value_added"]
    for total, what in ((sold, "sales"), (spent, "inputs and value added")):
        gap = np.abs(total - vectors["output"]) > IMBALANCE * vectors["output"]
        if gap.any() or not (vectors["output"] > 0).all():
            raise PopulationError(f"{path}: {what} of {sectors[int(np.argmax(gap))]} differ from output by over 1%")
