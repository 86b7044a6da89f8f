"""The `tables` population: firms and links that a user states in CSV or Parquet files."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from creditregime.component import parameter, shown
from creditregime.errors import PopulationError
from creditregime.population import sector_facts as facts
from creditregime.population.chunks import Reals
from creditregime.population.columns import columns, sorted_links
from creditregime.population.economy import Economy
from creditregime.population.firm_table import FirmTable, read_firms, unstated
from creditregime.population.input_output import InputOutput, read_table
from creditregime.population.link_table import LinkTable, no_links, read_links
from creditregime.population.rescaling import Balanced, Limits, balanced
from creditregime.population.rules import Population
from creditregime.population.sector_table import SectorTable, read_sectors

_SMALLEST_SIZE = 1e-30  # of the mean: below, single precision has no number for it


class Tables(Population, kind="tables"):
    """Firms and links from tables that the user writes, rescaled to an equilibrium.

    Columns, units and what stands where something is missing: `docs/data-schema.md`, or `creditregime population
    schema`. Sizes stay as stated. Links of firms that sell more than they make, or spend too much, are scaled down;
    final demand takes what firms do not buy. A run says how much that changed. With `links` alone, firms are those that
    the links name.
    """

    paths: ClassVar[tuple[str, ...]] = ("firms", "links", "sectors", "input_output")
    fixed: ClassVar[bool] = True

    firms: str = parameter("", unit="path", description="table of firms, .csv or .parquet; empty: those of the links")
    links: str = parameter("", unit="path", description="table of supply links, .csv or .parquet; empty: no links")
    sectors: str = parameter("", unit="path", description="table of sectors; empty: those that the firms name")
    input_output: str = parameter(
        "",
        unit="name or path",
        description="input-output table whose sectors the firms name; fits links without values; empty: none",
    )
    regions: tuple[str, ...] = parameter(
        (), unit="names", description="all regions; empty: those that the firms name", max_length=256
    )
    duplicates: Literal["refuse", "add"] = parameter(
        "refuse", unit="rule", description="a second link between the same two firms is refused, or added to the first"
    )
    final_demand_share: float = parameter(
        0.0, unit="share of size", description="share sold to others than firms where size is missing", ge=0, lt=1
    )
    max_input_share: float = parameter(
        0.95,
        unit="share of output",
        description="most that a firm's inputs may cost; above 0.99 only with finance.kind none",
        gt=0,
        le=1e9,
    )
    input_share: float = parameter(
        0.5,
        unit="share of output",
        description="domestic inputs, where neither links nor an input-output table give values",
        gt=0,
        le=0.95,
    )
    procurement: dict[str, float] = parameter(
        unit="share of domestic final demand",
        description="bought by the state where no table says so, by sector, with an optional default",
        default_factory=lambda: {"default": 0.1},
    )
    essential: facts.Binding = parameter(
        "share",
        unit="rule",
        description="which inputs bind where the table of sectors does not say: large shares of a sector's inputs (in "
        "the input-output table, else in the links), all, or none",
    )
    essential_share: float = parameter(
        0.05, unit="share of domestic inputs", description="from here on an input is essential", ge=0, le=1
    )
    negligible_share: float = parameter(
        0.005, unit="share of domestic inputs", description="below this an input is negligible", ge=0, le=1
    )

    @model_validator(mode="after")
    def _check_files(self) -> Self:
        if not self.firms and not self.links:
            raise PydanticCustomError(
                "inconsistent", "a table of firms or of links is needed", {"path": "population.firms"}
            )
        if self.sectors and self.input_output:
            raise PydanticCustomError(
                "inconsistent", "input_output names the sectors already; one of both", {"path": "population.sectors"}
            )
        if len(set(self.regions)) < len(self.regions):
            raise PydanticCustomError("inconsistent", "a region stands there twice", {"path": "population.regions"})
        return self

    def build(self, seed: int) -> Economy:
        """Return the economy in the tables; `seed` is not used."""
        table = read_table(self.input_output) if self.input_output else None
        listed = read_sectors(self.sectors) if self.sectors else None
        firms, links = self._read(table.sectors if table else listed.names if listed else ())
        found = self._balanced(firms, links, table)
        unit = float(found.size.mean())
        size = found.size / unit
        if not np.isfinite(size).all() or size.min() < _SMALLEST_SIZE:
            name = [*firms.index][int(np.argmin(size))]
            where = self.firms or self.links
            raise PopulationError(
                f"{where}: column size: firm {shown(name)} is under 1e-30 of the mean; sizes differ too much"
            )
        coefficient = found.value / found.size[links.buyer]
        arrays: dict[str, Any] = {
            "sector": firms.sector,
            "region": firms.region,
            "ownership": firms.ownership,
            "group": firms.group,
            "person": firms.person,
            "size": size,
            "final_demand": found.final_demand / unit,
            "imports": found.imports,
            "overseas": firms.overseas,
            **sorted_links(firms.sector, links.buyer, links.supplier, coefficient, links.contract),
            **self._sector_facts(firms, links, found, table, listed),
        }
        whole: dict[str, Any] = {f.name: np.asarray(arrays[f.name], f.metadata["dtype"]) for f in columns()}
        return Economy(sectors=firms.sectors, regions=firms.regions, **whole, notes=found.notes).validate()

    def _read(self, sectors: tuple[str, ...]) -> tuple[FirmTable, LinkTable]:
        if self.firms:
            firms = read_firms(self.firms, sectors, self.regions, self.max_input_share)
            index = firms.index
        else:
            index = {}
        links = read_links(self.links, index, self.firms, self.duplicates) if self.links else no_links()
        return (firms if self.firms else unstated(index, sectors, self.regions)), links

    def _balanced(self, firms: FirmTable, links: LinkTable, table: InputOutput | None) -> Balanced:
        limits = Limits(self.final_demand_share, self.max_input_share, self.input_share)
        if table is None or links.stated:
            return balanced(firms, links, limits, None, np.zeros(len(firms)))
        supplied = facts.domestic(table, firms.sector)
        return balanced(firms, links, limits, supplied, facts.imports(table, supplied)[firms.sector].astype(float))

    def _sector_facts(
        self, firms: FirmTable, links: LinkTable, found: Balanced, table: InputOutput | None, listed: SectorTable | None
    ) -> dict[str, Any]:
        sectors = len(firms.sectors)
        if table is not None:
            shares = facts.demand_shares(table, self.procurement)
        else:
            stated = {name: np.nan_to_num(values) for name, values in listed.shares.items()} if listed else {}
            exports = stated.get("export_share", np.zeros(sectors))
            public = facts.by_sector(self.procurement, firms.sectors, "the population") * (1 - exports)
            if listed:
                public = np.where(np.isnan(listed.shares["procurement_share"]), public, stated["procurement_share"])
            energy = stated.get("energy_share", np.zeros(sectors))
            shares = {"export_share": exports, "procurement_share": public, "energy_share": energy}
        for name in ("export_share", "procurement_share"):
            shares[name] = _averaged(firms.numbers[name], firms, found.final_demand, shares[name])
        return {**shares, "essential": self._essential(firms, links, found, table, listed)}

    def _essential(
        self, firms: FirmTable, links: LinkTable, found: Balanced, table: InputOutput | None, listed: SectorTable | None
    ) -> Any:
        if listed is not None and listed.essential is not None:
            return listed.essential
        sectors = len(firms.sectors)
        pair = firms.sector[links.supplier].astype(np.int64) * sectors + firms.sector[links.buyer]
        bought = np.bincount(pair, found.value, sectors**2).astype(float).reshape(sectors, sectors)
        supplied = (np.bincount(firms.sector, minlength=sectors) > 0)[:, None] & np.ones((1, sectors), np.bool_)
        flows = bought if table is None else table.flows
        return facts.essentiality(flows, supplied, self.essential, self.essential_share, self.negligible_share)


def _averaged(stated: Reals, firms: FirmTable, demand: Reals, sectors: Reals) -> Reals:
    """Return sectors' mean shares, (S,), weighted with final demand; who states none has the sector's own."""
    share = np.where(np.isnan(stated), sectors[firms.sector], stated)
    weight = np.maximum(demand, 1e-12 * demand.mean() + 1e-300)
    total = np.bincount(firms.sector, weight, len(sectors))
    mean = np.bincount(firms.sector, weight * share, len(sectors)) / np.maximum(total, 1e-300)
    told = np.bincount(firms.sector, ~np.isnan(stated), len(sectors)) > 0
    averages: Reals = np.where(told, mean, sectors)
    return averages
