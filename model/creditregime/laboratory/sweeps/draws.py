"""A design of drawn parameters: one point a draw, such as those of a calibration, crossed with what is compared."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pandas as pd
import pyarrow as pa
from pydantic import Field, model_validator

from creditregime.component import parameter
from creditregime.laboratory.sweeps.bounds import Bounds
from creditregime.laboratory.sweeps.designs import Changes, Design, Point, changes_of, refuse_empty

DRAW = "draw"
"""Name of the column that numbers the draws; a table's own column of the name is no parameter."""


class Draws(Design, kind="draws"):
    """Every draw of some parameters, each with every combination of other factors; the draws come from a table.

    All factors share the draws, so that what they change is compared under the same parameters.
    """

    table: str | None = parameter(
        None, unit="path", description="CSV or Parquet file, a column a parameter, relative to the study"
    )
    draws: int | None = parameter(None, unit="draws", ge=1, description="use this many from the top; all, if left out")
    factors: dict[str, list[Any] | dict[str, Changes]] = Field(
        default_factory=dict, description="what the draws are crossed with, as in a grid"
    )
    values: dict[str, list[float]] = Field(
        default_factory=dict,
        description="the draws by dotted path; read from the table once, so that results do not depend on it any more",
    )

    @model_validator(mode="before")
    @classmethod
    def _read_table(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or data.get("values") or not isinstance(data.get("table"), str):
            return data
        most = data.get("draws")
        return {**data, "values": read_draws(Path(data["table"]), most if isinstance(most, int) else None)}

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.values:
            raise ValueError("values: no draws; `table` must name a CSV or Parquet file, or `values` hold them")
        lengths = {name: len(column) for name, column in self.values.items()}
        if len(set(lengths.values())) > 1 or not max(lengths.values()):
            raise ValueError(f"values: as many draws are needed of each parameter, at least 1: {lengths}")
        if self.draws is not None and self.draws > max(lengths.values()):
            raise ValueError(f"draws: {self.draws} is not allowed: there are {max(lengths.values())}")
        refuse_empty(self.factors)
        for name in (DRAW, *self.values):
            if name in self.factors:
                raise ValueError(f"factors: '{name}' is drawn; it cannot be a factor too")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Number of the draw, names of the drawn parameters, and of the factors."""
        return (DRAW, *self.values, *self.factors)

    def lay_out(self, bounds: Bounds) -> list[Point]:
        """Return every draw with every combination; the last factor varies fastest."""
        crossed = [dict(zip(self.factors, row, strict=True)) for row in itertools.product(*self.factors.values())]
        found = []
        for number, row in enumerate(list(zip(*self.values.values(), strict=True))[: self.draws]):
            drawn = dict(zip(self.values, row, strict=True))
            for combination in crossed:
                changes = drawn | changes_of(self.factors, combination)
                found.append(Point({DRAW: number, **drawn, **combination}, changes))
        return found


def read_draws(path: Path, most: int | None = None) -> dict[str, list[float]]:
    """Return the columns of a table of draws.

    Raises
    ------
    ValueError
        One line, if the file cannot be read, or holds anything but finite numbers.
    """
    try:
        table = pd.read_csv(path) if path.suffix.lower() == ".csv" else pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise ValueError(f"table: {path}: cannot be read: {' '.join(str(error).split())[:200]}") from None
    table = table.drop(columns=DRAW, errors="ignore").head(len(table) if most is None else most)
    _refuse_other_than_numbers(table, [str(name) for name in table.columns], path)
    return {str(name): table[name].astype(float).tolist() for name in table.columns}


def _refuse_other_than_numbers(table: pd.DataFrame, names: Sequence[str], path: Path) -> None:
    for name in names:
        if not pd.api.types.is_numeric_dtype(table[name]) or not table[name].abs().lt(float("inf")).all():
            raise ValueError(f"table: {path}: the column '{name}' holds something else than finite numbers")
