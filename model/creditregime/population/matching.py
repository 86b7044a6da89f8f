"""Who buys from whom: slots of buyers are filled with suppliers by inverse-CDF draws, in blocks to save memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from creditregime.acceleration import kernel
from creditregime.population.attributes import Labels, Reals, Rows
from creditregime.randomness import generator

_BLOCK = 1 << 19  # slots handled at once: small enough for the cache, large enough to amortise NumPy's overhead
_BELOW_ONE = 1 - 2.0**-25


@dataclass(frozen=True)
class Market:
    """What matching needs to know of N firms in S sectors.

    `sector`, `wanted` (suppliers looked for) and `pull` (propensity to be chosen within the sector) are (N,); `mix` is
    (S, S): the share of each supplier sector in a buyer sector's purchases, columns summing to 1 or to 0.
    """

    sector: Labels
    wanted: Rows
    pull: Reals
    mix: Reals


class Shelf:
    """All suppliers in the order of (sector, row), with their pull cumulated: the CDF to invert.

    `guide` holds, for equal steps of cumulated pull, the supplier reached: a lookup and a short walk replace a binary
    search, which at a million firms takes four times as long.
    """

    def __init__(self, market: Market) -> None:
        sectors = len(market.mix)
        self.order = np.argsort(market.sector, kind="stable").astype(np.int32)
        self.edges = np.concatenate([[0.0], np.cumsum(market.pull[self.order])])
        self.bounds = np.concatenate([[0], np.cumsum(np.bincount(market.sector, minlength=sectors))]).astype(np.int32)
        self.low = self.edges[self.bounds[:-1]]
        self.width = np.diff(self.edges[self.bounds])
        self.scale = 2 * len(self.order) / self.edges[-1]
        cells = np.arange(2 * len(self.order) + 1) / self.scale
        self.guide = (np.searchsorted(self.edges, cells, side="right") - 1).astype(np.int32)

    def find(self, sector: Labels, fraction: Reals) -> Rows:
        """Return the places on the shelf at the given fractions of the pull of the given sectors."""
        target = self.low[sector] + fraction * self.width[sector]
        at: Rows = self.guide[np.minimum((target * self.scale).astype(np.int32), len(self.guide) - 1)]
        np.minimum(at, len(self.order) - 1, out=at)
        moving = np.flatnonzero(self._passed(at, target))
        while len(moving):
            at[moving] += 1
            moving = moving[self._passed(at[moving], target[moving])]
        # rounding must not carry a draw over the border of its sector
        return np.clip(at, self.bounds[:-1][sector], self.bounds[1:][sector] - 1, out=at)

    def _passed(self, at: Rows, target: Reals) -> NDArray[np.bool_]:
        passed: NDArray[np.bool_] = (self.edges[at + 1] <= target) & (at < len(self.order) - 1)
        return passed


def match(market: Market, seed: int) -> tuple[Rows, Rows]:
    """Return (buyer, supplier) of all links, sorted by (buyer, sector of the supplier, supplier), without repeats.

    A buyer's slots are spread evenly over the purchase mix of its sector and, within a supplier sector, filled in
    proportion to pull. One draw a slot decides both: it is inverted first through the mix, then through the pull. The
    draws of a buyer ascend, so its links come out sorted.
    """
    shelf, draws = Shelf(market), generator(seed, "population.suppliers")
    supplied: NDArray[np.bool_] = market.mix.sum(axis=0) > 0
    wanted = np.where(supplied[market.sector], market.wanted, 0)
    buyers, suppliers = [], []
    for start, stop in _blocks(wanted):
        buyer, position = _slots(wanted, start, stop, draws)
        place = _places(market, shelf, buyer, position)
        supplier = shelf.order[place]
        kept = (buyer != supplier) & _first(buyer, place)
        buyers.append(buyer[kept])
        suppliers.append(supplier[kept])
    return np.concatenate(buyers), np.concatenate(suppliers)


def _places(market: Market, shelf: Shelf, buyer: Rows, position: Reals) -> Rows:
    """Return the places on the shelf on which slots fall."""
    mix = _cumulated(market.mix)
    if (matching := kernel("matching", len(market.sector))) is not None:
        shelves = (shelf.edges, shelf.bounds, shelf.low, shelf.width, shelf.scale, shelf.guide)
        return matching.find(market.sector[buyer], position, _BELOW_ONE, mix, shelves)  # type: ignore[no-any-return]
    return shelf.find(*_through_mix(market, mix, buyer, position))


def _first(buyer: Rows, place: Rows) -> NDArray[np.bool_]:
    """Tell which of the sorted slots are the first of their buyer and supplier, shape (slots,)."""
    first = np.ones(len(buyer), np.bool_)
    np.logical_or(buyer[1:] != buyer[:-1], place[1:] != place[:-1], out=first[1:])
    return first


def _blocks(wanted: Rows) -> Iterator[tuple[int, int]]:
    ends = np.cumsum(wanted, dtype=np.int64)
    start = 0
    while start < len(wanted):
        done = ends[start - 1] if start else 0
        stop = max(int(np.searchsorted(ends, done + _BLOCK, side="right")), start + 1)
        yield start, stop
        start = stop


def _slots(wanted: Rows, start: int, stop: int, draws: np.random.Generator) -> tuple[Rows, Reals]:
    """Return the buyer of each slot, and a position in [0, 1): one draw in each of the buyer's equal strata."""
    counts = wanted[start:stop]
    buyer = np.repeat(np.arange(start, stop, dtype=np.int32), counts)
    within = np.arange(len(buyer)) - np.repeat(np.cumsum(counts) - counts, counts)
    position = (within + draws.random(len(buyer), dtype=np.float32)) / wanted[buyer]
    return buyer, np.minimum(position, _BELOW_ONE)


def _cumulated(mix: Reals) -> tuple[Reals, Reals]:
    """Return each buyer sector's CDF over supplier sectors, laid end to end, (S, S), and the edges of its steps."""
    sectors = len(mix)
    edges = np.zeros((sectors, sectors + 1))
    edges[:, 1:] = np.cumsum(mix, axis=0).T
    edges /= np.maximum(edges[:, -1:], 1e-30)  # the last edge is exactly 1
    return edges[:, 1:] + np.arange(sectors)[:, None], edges


def _through_mix(market: Market, mix: tuple[Reals, Reals], buyer: Rows, position: Reals) -> tuple[Labels, Reals]:
    """Return the supplier sector at each position of the buyer's purchase mix, and the fraction of its share there."""
    ends, edges = mix
    sectors = len(edges)
    own = market.sector[buyer].astype(np.int32)
    cell = np.searchsorted(ends.ravel(), position + own, side="right").astype(np.int32) - own * sectors
    np.clip(cell, 0, sectors - 1, out=cell)
    low, high = edges[own, cell], edges[own, cell + 1]
    fraction = (position - low) / np.maximum(high - low, 1e-30)
    return cell.astype(np.uint8), np.clip(fraction, 0, _BELOW_ONE)
