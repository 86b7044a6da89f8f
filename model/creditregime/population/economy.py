"""Who exists, as one checked whole that can be stored, renumbered, combined, and read from and written to graphs."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from creditregime.codes import OWNERSHIPS
from creditregime.errors import PopulationError
from creditregime.population import graphs
from creditregime.population.columns import (
    ESSENTIAL,
    NEGLIGIBLE,
    NON_ESSENTIAL,
    Array,
    Columns,
    columns,
    sorted_links,
)
from creditregime.population.invariants import check

LET_GO = ("buyer", "supplier", "coefficient", "group", "person")
"""Columns that a world does not need once it has its network and its firms."""

__all__ = ["ESSENTIAL", "NEGLIGIBLE", "NON_ESSENTIAL", "OWNERSHIPS", "Economy", "columns", "combine"]


@dataclass(frozen=True, eq=False)
class Economy(Columns):
    """Firms on a supply network, in equilibrium: each firm's size equals final demand plus orders of its buyers.

    Money is counted in months of the average firm's initial revenue, so the mean size is 1. Links are sorted by
    (buyer, sector of the supplier, supplier). Several jurisdictions may lie side by side: `starts` holds the first row
    of each, and nothing links two of them. `validate` checks all of this. `notes` says in words what was changed of a
    user's tables to make an equilibrium of them; it is not stored.
    """

    notes: tuple[str, ...] = ()

    def let_go(self, again: Callable[[], Economy]) -> None:
        """Forget links and ties, most of what an economy takes; who asks for one has them all made by `again`."""
        vars(self).update(_again=again)
        for name in LET_GO:
            del vars(self)[name]

    def __getattr__(self, name: str) -> Any:
        """Return a column that was let go, made again like the others; from now on they are there."""
        if name not in LET_GO or "_again" not in vars(self):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        whole = vars(self)["_again"]()
        vars(self).update({column: getattr(whole, column) for column in LET_GO})
        return getattr(whole, name)

    def spans(self) -> list[tuple[int, int]]:
        """Return the (first, past the last) row of each jurisdiction."""
        return list(zip(self.starts, [*self.starts[1:], self.firms], strict=True))

    def validate(self) -> Economy:
        """Return this economy, or raise a `PopulationError` that names the first thing wrong and where."""
        check(self)
        return self

    def to_networkx(self) -> nx.DiGraph[Any]:
        """Return the network as a DiGraph from supplier to buyer (see `creditregime.population.graphs`)."""
        return graphs.to_networkx(self)

    @classmethod
    def from_networkx(cls, graph: nx.Graph[Any], **settings: Any) -> Economy:
        """Return the economy of any networkx graph (settings: see `creditregime.population.graphs.arrays_of`)."""
        return cls(**graphs.arrays_of(graph, **settings)).validate()

    def renumbered(self, order: Sequence[int] | Array) -> Economy:
        """Return the same economy with its rows permuted: row r becomes what row ``order[r]`` was."""
        old = np.asarray(order, np.int64)
        if not np.array_equal(np.sort(old), np.arange(self.firms)):
            raise PopulationError(f"order: must hold each of the {self.firms} rows once")
        new = np.empty(self.firms, np.int32)
        new[old] = np.arange(self.firms, dtype=np.int32)
        own: dict[str, Any] = {f.name: getattr(self, f.name)[old] for f in columns() if f.metadata["axes"] == "N"}
        own["group"], own["person"] = new[own["group"]], new[own["person"]]
        links: dict[str, Any] = sorted_links(
            own["sector"], new[self.buyer], new[self.supplier], self.coefficient, self.contract
        )
        return replace(self, **own, **links).validate()

    def save(self, path: str | Path) -> Path:
        """Write the economy to an ``npz`` file, the same bytes for the same economy; return its path."""
        target = Path(path)
        whole = {f.name: np.asarray(getattr(self, f.name)) for f in fields(Columns)}
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **whole)
        return partial.replace(target)

    @classmethod
    def load(cls, path: str | Path) -> Economy:
        """Read an economy that `save` wrote, and validate it."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                known = [f.name for f in fields(Columns) if f.name in stored or f.name not in ("overseas", "contract")]
                content = {name: stored[name] for name in known}
        except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
            raise PopulationError(f"{path}: not an economy written by Economy.save ({_first_line(error)})") from None
        for name in ("sectors", "regions", "starts"):
            content[name] = tuple(content[name].ravel().tolist())
        return cls(**content).validate()


def combine(economies: Sequence[Economy]) -> Economy:
    """Return the economies side by side as disjoint jurisdictions; sectors, regions and sector facts must agree.

    Whether an input is essential must agree where several economies have such links; it matters nowhere else.
    """
    if not economies:
        raise PopulationError("combine: no economies; at least 1 is needed")
    first = economies[0]
    common = ["sectors", "regions", *(f.name for f in columns() if f.metadata["axes"] == "S")]
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
    notes = tuple(note for economy in economies for note in economy.notes)
    return replace(first, **whole, essential=_essential(economies), starts=starts, notes=notes)


def _essential(economies: Sequence[Economy]) -> Array:
    """Return for each pair of sectors what the economies say that have links from the one to the other, (S, S)."""
    codes = economies[0].essential.copy()
    known = np.zeros(codes.shape, np.bool_)
    for position, economy in enumerate(economies):
        linked = np.zeros(codes.shape, np.bool_)
        linked[economy.sector[economy.supplier], economy.sector[economy.buyer]] = True
        if (codes != economy.essential)[linked & known].any():
            raise PopulationError(f"combine: economy {position} differs from another in essential; it must not")
        codes[linked] = economy.essential[linked]
        known |= linked
    return codes


def _stack(economies: Sequence[Economy], shifts: Array, name: str) -> Array:
    parts = [getattr(economy, name) for economy in economies]
    if name in ("group", "person", "buyer", "supplier"):  # these hold rows
        parts = [part + np.int32(shift) for part, shift in zip(parts, shifts, strict=False)]
    return np.concatenate(parts)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
