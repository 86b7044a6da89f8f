"""Points given back for the speed at which a firm corrects what was found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from creditregime.regime.conditions import visible
from creditregime.state import Floats
from creditregime.units import DAYS
from creditregime.world import World


def correct(world: World, days: Sequence[int], shares: Sequence[float], mean: float) -> None:
    """Draw when this month's findings will be corrected, and write the points given back by now.

    A correction within the first band's days counts at once, that is in the month of the finding; any other after its
    days rounded up to months of 30 days. Points come back for as long as the record counts.
    """
    records = world.records
    _draw(world, mean)
    rows = visible(world, max(world.law.lives, default=1))
    taken = records["corrected"][rows]
    band = np.searchsorted(np.asarray(days), taken)
    wait = np.where(band > 0, -(-taken // DAYS), 0) if len(days) else -(-taken // DAYS)
    done = (taken >= 0) & (wait <= world.month - records["month"][rows])
    rows, band = rows[done], band[done]
    back = records["points"][rows] * np.asarray(shares, np.float32)[band]
    world.points_back = (records["topic"][rows], records["firm"][rows], back)


def add_points_back(world: World, topics: Sequence[int], score: Floats) -> None:
    """Add to a file's scores, (N,) in place, the points given back in its topics."""
    if world.points_back is not None:
        topic, firm, points = world.points_back
        chosen = np.isin(topic, topics)
        np.add.at(score, firm[chosen], points[chosen])


def price_points_back(days: Sequence[int], shares: Sequence[float], mean: float) -> np.float32:
    """Return the share of a record's points that a firm can expect to keep deducted."""
    reached = 1 - np.exp(-np.array([*days, np.inf]) / mean)
    return np.float32(1 - np.diff(reached, prepend=0) @ np.asarray(shares))


def _draw(world: World, mean: float) -> None:
    """Write for this month's records how many days their correction takes."""
    records, month_ends = world.records, world.records.month_ends
    start = month_ends[-1] if month_ends else 0
    topic, firm = records["topic"][start:], records["firm"][start:]
    for k in range(len(world.topics)):
        here = np.flatnonzero(topic == k)
        draws = world.draws.at(firm[here].astype(np.int64), "correct", world.month, k)
        records["corrected"][start:][here] = np.minimum(-mean * np.log1p(-draws), 10_000) + 1
