"""The memory floor of a month: each array that it must read or write, streamed once at the machine's copy bandwidth."""

from __future__ import annotations

import time
from statistics import median
from typing import NamedTuple

import numpy as np

from creditregime.network import Network
from creditregime.state import Firms
from creditregime.world import World

FEW_ROWS = frozenset(
    {"group", "person", "region", "overseas", "regulatory_cost", "listed_since", "since"}
    | {"contract", "workforce", "discount", "caution", "connected", "rated"}
)
"""Columns and arrays of which a month of the baseline regime touches few rows, or none: they are not counted.

Contracts and workforces act only where their channels are on, patience, caution and connection only where firms differ
in them. Persons, regions and months of listing are looked up for the firms concerned; groups act only where the group
channel is on.
"""


class Counted(NamedTuple):
    """An array that the month must stream, and its size."""

    name: str
    bytes: int


def streamed(world: World) -> list[Counted]:
    """Return the columns of the table of firms and the arrays of the network that a month must stream."""
    firms = [Counted(f"firms.{name}", getattr(world.firms, name).nbytes) for name in Firms.dictionary()]
    links = [Counted(f"network.{name}", array.nbytes) for name, array in network_arrays(world.network).items()]
    return [item for item in (*firms, *links) if item.name.partition(".")[2] not in FEW_ROWS]


def network_arrays(network: Network) -> dict[str, np.ndarray]:
    """Return the arrays that a network owns, by name; caches and views of others' memory are left out."""
    return {
        name: value
        for name, value in vars(network).items()
        if isinstance(value, np.ndarray) and value.base is None and not name.startswith("_")
    }


def floor_bytes(world: World) -> int:
    """Return the bytes that a month must stream."""
    return sum(item.bytes for item in streamed(world))


def copy_bandwidth(megabytes: int = 256, repeats: int = 5) -> float:
    """Return bytes read and written a second of processor time by the median of some copies of a large array."""
    source = np.ones(megabytes << 17)
    target = np.ones_like(source)  # written before, so that no copy waits for pages
    return 2 * source.nbytes / median(_copy_seconds(source, target) for _ in range(repeats))


def _copy_seconds(source: np.ndarray, target: np.ndarray) -> float:
    begin = time.process_time()
    np.copyto(target, source)
    return time.process_time() - begin
