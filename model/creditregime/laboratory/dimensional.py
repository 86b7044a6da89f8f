"""Tables as arrays with named dimensions: `xarray` data sets of runs, comparisons and sweeps.

A dimension has one label a value; what was not run, or failed, is missing. Units and meanings are attributes. The
methods ``to_xarray`` of `RunResult`, `Comparison` and `Sweep` call what is here; xarray itself comes with
``pip install 'creditregime[xarray]'``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.component import details
from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.indicators.meanings import meaning
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.scenario import Scenario, field_at

if TYPE_CHECKING:
    import xarray

DIMENSIONS = ("ownership", "size", "sector", "region")
"""Ways to group firms, of which one is a dimension of an array."""

Attributes = dict[str, str]


def of_table(
    table: pd.DataFrame,
    axes: Sequence[str],
    by: str | None = None,
    *,
    labels: Mapping[str, Any] | None = None,
    attributes: Mapping[str, Attributes] | None = None,
) -> xarray.Dataset:
    """Return a table with one row a combination of its axes as a data set with these dimensions.

    Parameters
    ----------
    table
        Keys and values in columns.
    axes
        Columns that become dimensions, in this order; those that the table does not have are left out.
    by
        Which grouping of firms becomes a dimension; needed where the table has outcomes by group, else not allowed.
    labels
        All values of a dimension in order, where the table may lack some; by default those it has, as they come.
    attributes
        Of variables and dimensions (see `of_indicators`).

    Raises
    ------
    CreditRegimeError
        One line: xarray is not installed, `by` does not fit, or two dimensions or variables would have one name.
    """
    _require_xarray()
    table, keys = _grouped(table, by), [axis for axis in axes if axis in table]
    keys += [by] if by is not None else []
    _refuse_twice([*keys, *(name for name in table if name not in keys)])
    order = {key: as_labels((labels or {}).get(key, pd.unique(table[key]))) for key in keys}
    found = table.set_index(keys).to_xarray().reindex(order) if keys else table.to_xarray()
    for name, said in (of_indicators([*found.variables]) | dict(attributes or {})).items():
        if name in found.variables:
            found[name].attrs.update(said)
    return found


def of_indicators(names: Sequence[Any], table: str = "indicators") -> dict[str, Attributes]:
    """Return the attributes of columns of a run's table: indicators, topics or groups."""
    said = {str(name): meaning(str(name), table) for name in names}
    return {name: {"long_name": known.text, "units": known.unit} for name, known in said.items() if known}


def of_outcomes(names: Sequence[str]) -> dict[str, Attributes]:
    """Return the attributes of outcomes."""
    chosen = [BY_NAME[name] for name in names if name in BY_NAME]
    return {o.name: {"long_name": o.label, "units": o.unit, "aggregation": o.describe_how()} for o in chosen}


def of_factors(scenario: Scenario, names: Sequence[str]) -> dict[str, Attributes]:
    """Return the attributes of the factors of a study: of parameters those of their declaration."""
    found = {}
    for name in names:
        field = field_at(scenario, name)
        said = {"long_name": field.description or name, "units": str(details(field).get("unit", "-"))} if field else {}
        found[name] = said or {"long_name": name}
    return found


def _grouped(table: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Return the rows of one way to group firms, with its name for the column of groups."""
    if ("dimension" in table) != (by is not None):
        allowed = f"must be one of {', '.join(DIMENSIONS)}" if "dimension" in table else "only tables by group have it"
        raise ScenarioError(f"by: {by!r} is not allowed: {allowed}")
    if by is None:
        return table
    if by not in DIMENSIONS:
        raise ScenarioError(f"by: {by!r} is not allowed: must be one of {', '.join(DIMENSIONS)}")
    return table[table["dimension"] == by].drop(columns="dimension").rename(columns={"group": by})


def as_labels(values: Any) -> NDArray[Any]:
    """Return labels as NumPy holds and files store them: text of a fixed width, or numbers."""
    array = np.asarray(values)
    return array if array.dtype.kind in "iufb" else array.astype(str)


def _refuse_twice(names: Sequence[Any]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ScenarioError(f"to_xarray: '{name}' would be two things; give the factor another name")


def _require_xarray() -> None:
    try:
        import xarray  # noqa: F401
    except ImportError:
        raise CreditRegimeError(
            "to_xarray: xarray is not installed; install it with: pip install 'creditregime[xarray]'"
        ) from None
