"""Whom a buyer's slots fall on: draws inverted through its purchase mix, then through the pull of a sector's firms."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled

BLOCK = 1024
"""Slots of a block: what one loop leaves to the next stays in the nearest caches."""
LEAST = 1e-30


@compiled
def find(own: Any, position: Any, most: float, mix: Any, shelf: Any) -> Any:
    """Return the place on the shelf of each slot, given its buyer's sector and its position in the mix, (slots,) int32.

    `mix` and `shelf` are tuples, see `creditregime.population.matching`; a fraction is `most` at most.
    """
    edges, bounds, low, width, scale, guide = shelf
    place, last = np.empty(len(own), np.int32), len(edges) - 2
    sector, target = np.empty(BLOCK, np.uint8), np.empty(BLOCK, np.float64)
    for first in range(0, len(own), BLOCK):
        some = slice(first, min(first + BLOCK, len(own)))
        number, reached = some.stop - first, place[some]
        invert(own[some], position[some], most, mix, sector, target, low, width)
        for slot in range(number):  # a loop of its own: many looks into the guide are waited for at a time
            reached[slot] = min(guide[min(np.int32(target[slot] * scale), len(guide) - 1)], last)
        for slot in range(number):
            at = reached[slot]
            while at < last and edges[at + 1] <= target[slot]:
                at += 1
            # rounding must not carry a draw over the border of its sector
            reached[slot] = min(max(at, bounds[sector[slot]]), bounds[sector[slot] + 1] - 1)
    return place


@compiled
def invert(own: Any, position: Any, most: float, mix: Any, sector: Any, target: Any, low: Any, width: Any) -> None:
    """Write the supplier sector of each slot, and the cumulated pull that its position asks for."""
    ends, edges = mix
    sectors = len(edges)
    for slot in range(len(own)):
        mine, sought = own[slot], position[slot] + own[slot]
        cell, length = 0, sectors - 1
        while length > 0:  # the first cell whose end is above what is sought, the last if none is
            half = (length + 1) // 2
            cell = cell + half if ends[mine, cell + half - 1] <= sought else cell
            length -= half
        start, stop = edges[mine, cell], edges[mine, cell + 1]
        fraction = min(max((position[slot] - start) / max(stop - start, LEAST), 0.0), most)
        sector[slot] = cell
        target[slot] = low[cell] + fraction * width[cell]
