"""Who exists: firms, their links, and the sectors they belong to, as plain arrays."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import OWNERSHIPS
from creditregime.errors import PopulationError

if TYPE_CHECKING:
    import networkx as nx

Array = NDArray[Any]

__all__ = ["ESSENTIAL", "NEGLIGIBLE", "NON_ESSENTIAL", "OWNERSHIPS", "Economy", "columns", "combine", "sorted_links"]

ESSENTIAL, NON_ESSENTIAL, NEGLIGIBLE = 1, 0, 2
"""What a supplier sector is to a buyer sector: a binding minimum, a linear loss, or no loss (Diem et al. 2022)."""


def column(dtype: str, axes: str, unit: str, meaning: str) -> Any:
    """Declare an array of an `Economy`; axes are N firms, L links, S sectors."""
    return field(metadata={"dtype": np.dtype(dtype), "axes": axes, "unit": unit, "meaning": meaning})


@dataclass(frozen=True, eq=False)
class Economy:
    """Firms on a supply network, in equilibrium: each firm's size equals final demand plus orders of its buyers.

    Money is counted in months of the average firm's initial revenue, so the mean size is 1. Links are sorted by
    (buyer, sector of the supplier, supplier). Several jurisdictions may lie side by side: `starts` holds the first row
    of each, and nothing links two of them. `validate` checks all of this.
    """

    sectors: tuple[str, ...]
    regions: tuple[str, ...]
    sector: Array = column("uint8", "N", "position in sectors", "sector of the firm")
    region: Array = column("uint8", "N", "position in regions", "region of the firm")
    ownership: Array = column("uint8", "N", "position in OWNERSHIPS", "who owns the firm")
    size: Array = column("float32", "N", "money a month", "initial revenue")
    final_demand: Array = column("float32", "N", "money a month", "initial sales to others than firms")
    imports: Array = column("float32", "N", "money per money of output", "imported inputs")
    group: Array = column("int32", "N", "row", "parent of the group, or the firm itself")
    person: Array = column("int32", "N", "id in 0..N-1", "responsible person, whom several firms may share")
    buyer: Array = column("int32", "L", "row", "who buys")
    supplier: Array = column("int32", "L", "row", "who sells")
    coefficient: Array = column("float32", "L", "money per money of the buyer's output", "input bought over the link")
    essential: Array = column("uint8", "SS", "0, 1 or 2", "[supplier sector, buyer sector]: see ESSENTIAL")
    procurement_share: Array = column("float32", "S", "share of final demand", "bought by the state")
    export_share: Array = column("float32", "S", "share of final demand", "sold abroad")
    energy_share: Array = column("float32", "S", "money per money of output", "electricity bought")
    starts: tuple[int, ...] = (0,)

    @property
    def firms(self) -> int:
        """The number of firms, N."""
        return len(self.sector)

    @property
    def links(self) -> int:
        """The number of supply links, L."""
        return len(self.buyer)

    def spans(self) -> list[tuple[int, int]]:
        """Return the (first, past the last) row of each jurisdiction."""
        return list(zip(self.starts, [*self.starts[1:], self.firms], strict=True))

    def validate(self) -> Economy:
        """Return this economy, or raise a `PopulationError` that names the first thing wrong and where."""
        from creditregime.population.invariants import check  # the checks import this class

        check(self)
        return self

    def to_networkx(self) -> nx.DiGraph[Any]:
        """Return the network as a DiGraph from supplier to buyer (see `creditregime.population.graphs`)."""
        from creditregime.population.graphs import to_networkx  # networkx is slow to import and seldom needed

        return to_networkx(self)

    @classmethod
    def from_networkx(cls, graph: nx.Graph[Any], **settings: Any) -> Economy:
        """Return the economy of any networkx graph (settings: see `creditregime.population.graphs.from_networkx`)."""
        from creditregime.population.graphs import from_networkx  # networkx is slow to import and seldom needed

        return from_networkx(graph, **settings)

    def renumbered(self, order: Sequence[int] | Array) -> Economy:
        """Return the same economy with its rows permuted: row r becomes what row ``order[r]`` was."""
        old = np.asarray(order, np.int64)
        if not np.array_equal(np.sort(old), np.arange(self.firms)):
            raise PopulationError(f"order: must hold each of the {self.firms} rows once")
        new = np.empty(self.firms, np.int32)
        new[old] = np.arange(self.firms, dtype=np.int32)
        own: dict[str, Any] = {f.name: getattr(self, f.name)[old] for f in columns() if f.metadata["axes"] == "N"}
        own["group"], own["person"] = new[own["group"]], new[own["person"]]
        links: dict[str, Any] = sorted_links(own["sector"], new[self.buyer], new[self.supplier], self.coefficient)
        return replace(self, **own, **links).validate()

    def save(self, path: str | Path) -> Path:
        """Write the economy to an ``npz`` file, the same bytes for the same economy; return its path."""
        target = Path(path)
        whole = {f.name: np.asarray(getattr(self, f.name)) for f in fields(self)}
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **whole)
        return partial.replace(target)

    @classmethod
    def load(cls, path: str | Path) -> Economy:
        """Read an economy that `save` wrote, and validate it."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                content = {f.name: stored[f.name] for f in fields(cls)}
        except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
            raise PopulationError(f"{path}: not an economy written by Economy.save ({_first_line(error)})") from None
        for name in ("sectors", "regions", "starts"):
            content[name] = tuple(content[name].ravel().tolist())
        return cls(**content).validate()


def columns() -> list[Field[Any]]:
    """Return the array fields of an `Economy`, with dtype, axes, unit and meaning in their metadata."""
    return [f for f in fields(Economy) if f.metadata]


def sorted_links(sector: Array, buyer: Array, supplier: Array, coefficient: Array) -> dict[str, Array]:
    """Return the three link columns in the order of (buyer, sector of the supplier, supplier)."""
    order = np.lexsort((supplier, sector[supplier], buyer))
    links = {"buyer": buyer.astype(np.int32)[order], "supplier": supplier.astype(np.int32)[order]}
    return {**links, "coefficient": coefficient.astype(np.float32)[order]}


def combine(economies: Sequence[Economy]) -> Economy:
    """Return the economies side by side as disjoint jurisdictions; sectors, regions and sector facts must agree."""
    if not economies:
        raise PopulationError("combine: no economies; at least 1 is needed")
    first = economies[0]
    common = ["sectors", "regions", *(f.name for f in columns() if f.metadata["axes"] in ("S", "SS"))]
    for position, economy in enumerate(economies):
        for name in common:
            if not np.array_equal(getattr(first, name), getattr(economy, name)):
                raise PopulationError(f"combine: economy {position} differs from economy 0 in {name}; it must not")
    shifts = np.cumsum([0, *(economy.firms for economy in economies)])
    if shifts[-1] > np.iinfo(np.int32).max:
        raise PopulationError(f"combine: {shifts[-1]} firms; at most {np.iinfo(np.int32).max} fit")
    whole: dict[str, Any] = {
        f.name: _stack(economies, shifts, f.name) for f in columns() if f.metadata["axes"] in ("N", "L")
    }
    starts = tuple(int(start + shift) for e, shift in zip(economies, shifts, strict=False) for start in e.starts)
    return replace(first, **whole, starts=starts)


def _stack(economies: Sequence[Economy], shifts: Array, name: str) -> Array:
    parts = [getattr(economy, name) for economy in economies]
    if name in ("group", "person", "buyer", "supplier"):  # these hold rows
        parts = [part + np.int32(shift) for part, shift in zip(parts, shifts, strict=False)]
    return np.concatenate(parts)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
