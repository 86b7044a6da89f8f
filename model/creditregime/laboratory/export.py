"""An economy as tables that a user can edit, with a scenario that reads them back."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from creditregime.codes import OWNERSHIPS
from creditregime.errors import PopulationError
from creditregime.laboratory.store import open_folder, write_parquet
from creditregime.population.economy import ESSENTIAL, NEGLIGIBLE, Economy
from creditregime.population.sector_table import SEPARATOR, SHARES
from creditregime.population.tables import Tables
from creditregime.scenario import Scenario

Suffix = Literal["csv", "parquet"]


def export_population(scenario: Scenario, folder: str | Path, suffix: Suffix = "csv") -> Path:
    """Write who exists in a scenario as tables of firms, links and sectors; return the folder.

    Parameters
    ----------
    scenario
        Its population is built from its seed.
    folder
        A new or empty folder. Its ``scenario.yaml`` is the scenario with the tables as its population: a run of it is
        that of `scenario`, but for the rounding of numbers in the tables.
    suffix
        The tables' format.

    Examples
    --------
    >>> export_population(load("population.firms=50"), "my_firms")  # doctest: +SKIP
    """
    economy = scenario.population.build(scenario.seed)
    frames = tables_of(economy)
    names = {name: f"{name}.{suffix}" for name in frames}
    inputs = np.bincount(economy.buyer, economy.coefficient, economy.firms) + economy.imports
    most = max(Tables.model_fields["max_input_share"].default, math.ceil(inputs.max() * 1e4 + 1) / 1e4)
    population = {"kind": "tables", **names, "regions": list(economy.regions), "max_input_share": most}
    changed = scenario.changed({"population": population})
    with open_folder(folder) as target:
        for name, frame in frames.items():
            if suffix == "csv":
                frame.to_csv(target / names[name], index=False, lineterminator="\n", float_format="%.9g")
            else:
                write_parquet(frame, target / names[name])
        (target / "scenario.yaml").write_text(changed.to_yaml(), encoding="utf-8", newline="\n")
    return Path(folder).absolute()


def tables_of(economy: Economy) -> dict[str, pd.DataFrame]:
    """Return the tables of firms, links and sectors that `population.kind=tables` reads; ids are row numbers."""
    if len(economy.starts) > 1:
        raise PopulationError("export: several jurisdictions lie side by side; export them one by one")
    for kind, names in (("sector", economy.sectors), ("region", economy.regions)):
        for name in names:
            if SEPARATOR in name or name != name.strip() or not name:
                raise PopulationError(f"export: a {kind} is called {name!r}; a table cannot hold that name")
    return {"firms": _firms(economy), "links": _links(economy), "sectors": _sectors(economy)}


def _firms(economy: Economy) -> pd.DataFrame:
    rows = np.arange(economy.firms)
    return pd.DataFrame(
        {
            "id": rows.astype(str),
            "sector": np.array(economy.sectors)[economy.sector],
            "region": np.array(economy.regions)[economy.region],
            "ownership": np.array(OWNERSHIPS)[economy.ownership],
            "size": economy.size.astype(float),
            "final_demand": economy.final_demand.astype(float),
            "imports": economy.imports.astype(float),
            "overseas": np.where(economy.overseas, "yes", "no"),
            "group": _others(economy.group, rows),
            "person": _others(economy.person, rows),
        }
    )


def _others(references: Any, rows: Any) -> Any:
    """Return the ids that rows refer to, empty where a row refers to itself."""
    return np.where(references == rows, "", references.astype(str))


def _links(economy: Economy) -> pd.DataFrame:
    value = economy.coefficient * economy.size.astype(float)[economy.buyer]
    ends = {"supplier": economy.supplier.astype(str), "buyer": economy.buyer.astype(str)}
    positive = value > 0  # a link over which nothing flows says nothing
    contract = np.where(economy.contract, "yes", "no")
    return pd.DataFrame({**ends, "value": value, "contract": contract})[positive]


def _sectors(economy: Economy) -> pd.DataFrame:
    names = np.array(economy.sectors)
    inputs = {
        kind: [SEPARATOR.join(names[economy.essential[:, buyer] == code]) for buyer in range(len(names))]
        for kind, code in (("essential", ESSENTIAL), ("negligible", NEGLIGIBLE))
    }
    shares = {name: getattr(economy, name).astype(float) for name in SHARES}
    return pd.DataFrame({"sector": names, **shares, **inputs})
