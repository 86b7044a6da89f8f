"""Who is rated at all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import OWNERSHIPS
from creditregime.world import World

Rows = NDArray[np.int64]


def draw_rated(world: World, coverage: Mapping[str, float], opt_out: float, rows: Rows | None = None) -> None:
    """Draw who is rated: once at the start, and of new firms (`rows`) when they register."""
    firms = world.firms
    covered = np.array([coverage.get(name, 1.0) for name in OWNERSHIPS], np.float32)
    inside = _draws(world, "coverage", rows) < covered[firms.ownership if rows is None else firms.ownership[rows]]
    inside &= _draws(world, "opt out", rows) >= np.float32(opt_out)
    firms.rated[slice(None) if rows is None else rows] = inside


def _draws(world: World, purpose: str, rows: Rows | None) -> NDArray[np.float32]:
    """Return one uniform a firm; those of new firms come from a lane of their own."""
    return world.draws.uniform(purpose, 0) if rows is None else world.draws.at(rows, purpose, world.month, 1)
