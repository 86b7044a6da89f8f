"""How long records wait until a grade takes them into account."""

from __future__ import annotations

import numpy as np

from creditregime.world import World


def note_wait(world: World, calendar: int) -> None:
    """Write ``world.months_to_grade`` from the records that this evaluation sees first; kept where there are none."""
    records = world.records
    delay = world.law.delay
    last = world.month - delay
    start, stop = _found_until(world, last - calendar), _found_until(world, last)
    if stop <= start:
        return
    place = world.places(records["firm"][start:stop])
    counts = np.bincount(place, minlength=len(world.spans))
    months = np.bincount(place, world.month - records["month"][start:stop], minlength=len(world.spans))
    np.divide(months, counts, out=world.months_to_grade, where=counts > 0)


def _found_until(world: World, month: int) -> int:
    """Return how many records were found until the end of a month; this month's are the newest."""
    ends = world.records.month_ends
    if month < 0:
        return 0
    return ends[month] if month < len(ends) else len(world.records)
