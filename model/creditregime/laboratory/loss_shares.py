"""Who loses how much when a partner stops: the shares of Diem et al. 2022, as sparse matrices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from creditregime.population.economy import ESSENTIAL, NEGLIGIBLE, NON_ESSENTIAL, Economy

Reals = NDArray[np.float64]
Marks = NDArray[np.bool_]


@dataclass(frozen=True)
class Side:
    """One direction in which losses travel, as slots: a firm loses the most that any of its slots misses.

    Attributes
    ----------
    matrix : (M, N)
        Share of a slot that is due to each partner.
    owner : (M,) int64
        Whose slot it is, ascending.
    full : (M,) bool
        The shares of the slot add up to 1: a firm that loses all its partners of the slot loses everything.
    """

    matrix: csr_array[Any, Any]
    owner: NDArray[np.int64]
    full: Marks

    @cached_property
    def pattern(self) -> csr_array[Any, Any]:
        """The matrix with 1 for each share, as whole numbers."""
        ones = np.ones(self.matrix.nnz, np.int32)
        return csr_array((ones, self.matrix.indices, self.matrix.indptr), shape=self.matrix.shape)

    @cached_property
    def first(self) -> NDArray[np.int64]:
        """First slot of each firm that has any."""
        return np.flatnonzero(np.diff(self.owner, prepend=-1))

    def worst(self, slots: NDArray[Any]) -> NDArray[Any]:
        """Return the largest value over each firm's slots, (N, ...), of values by slot; 0 for firms without slots."""
        most = np.zeros((self.matrix.shape[1], *slots.shape[1:]), slots.dtype)
        if len(self.first):
            most[self.owner[self.first]] = np.maximum.reduceat(slots, self.first)
        return most


@dataclass(frozen=True)
class Shares:
    """What the recursions need to know of an economy, in double precision.

    Attributes
    ----------
    down
        Slots of buyers: one for each essential input (Λᵈ = W over the group), one for all non-essential inputs together
        (Λᵈ = W over all that the buyer buys). Negligible inputs are in none.
    up
        One slot for each firm with buyers (Λᵘ = W over the firm's sales).
    sales : (N,)
        Out-strength, in money.
    market : (N,) int64
        Sector within the jurisdiction, whose firms can replace each other.
    weight : (N,)
        Share of the jurisdiction's out-strength.
    """

    down: Side
    up: Side
    sales: Reals
    market: NDArray[np.int64]
    weight: Reals

    @property
    def firms(self) -> int:
        """The number of firms, N."""
        return len(self.sales)

    @cached_property
    def alone(self) -> Marks:
        """Whose market has no other seller, so that nobody can replace it, (N,)."""
        sellers = np.bincount(self.market, self.sales > 0)
        return (sellers[self.market] == 1) & (self.sales > 0)


def shares_of(economy: Economy, final_demand: bool = False) -> Shares:
    """Return the shares of an economy; with `final_demand`, sales to others than firms count as out-strength."""
    value = economy.coefficient * economy.size.astype(np.float64)[economy.buyer]
    traded = value > 0
    value, supplier, buyer = value[traded], economy.supplier[traded], economy.buyer[traded].astype(np.int64)
    sales = np.bincount(supplier, value, economy.firms).astype(np.float64)
    elsewhere = economy.final_demand.astype(np.float64) if final_demand else np.zeros(economy.firms)
    place = np.repeat(np.arange(len(economy.starts)), [stop - start for start, stop in economy.spans()])
    whole = sales + elsewhere
    total = np.bincount(place, whole)[place]
    up = _side(supplier, np.flatnonzero(sales), buyer, value / whole[supplier], elsewhere[sales > 0] == 0, len(whole))
    return Shares(
        down=_inputs(economy, supplier, buyer, value),
        up=up,
        sales=whole,
        market=place * len(economy.sectors) + economy.sector,
        weight=np.divide(whole, total, out=np.zeros_like(whole), where=total > 0),
    )


def _inputs(economy: Economy, supplier: NDArray[np.int32], buyer: NDArray[np.int64], value: Reals) -> Side:
    sector, sectors = economy.sector[supplier], len(economy.sectors)
    code = economy.essential[sector, economy.sector[buyer]]
    key = buyer * (sectors + 1) + np.where(code == ESSENTIAL, sector, sectors)  # the last: non-essential inputs
    whole = np.bincount(buyer, value, economy.firms)[buyer]
    others = np.bincount(buyer, code != NON_ESSENTIAL, economy.firms) > 0
    kept = code != NEGLIGIBLE
    slots, slot = np.unique(key[kept], return_inverse=True)
    group = np.bincount(slot, value[kept], len(slots))[slot]
    share = value[kept] / np.where(code[kept] == ESSENTIAL, group, whole[kept])
    owner, kind = np.divmod(slots, sectors + 1)
    return _side(slot, owner, supplier[kept], share, (kind < sectors) | ~others[owner], economy.firms)


def _side(
    key: NDArray[Any], owner: NDArray[np.int64], partner: NDArray[Any], share: Reals, full: Marks, firms: int
) -> Side:
    """Return the slots of `owner`, (M,), from links in any order whose `key` ascends as the slots do."""
    row = np.unique(key, return_inverse=True)[1]
    return Side(csr_array((share, (row, partner)), shape=(len(owner), firms)), owner, full)
