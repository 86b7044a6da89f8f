"""Credit repair: how a firm gets off a list, and its records out of the count, before the longest term."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.component import Rule, parameter
from creditregime.regime.lists import ListRule, leave
from creditregime.regime.records import repair_records
from creditregime.units import monthly
from creditregime.world import World


class Repair(Rule, family="repair"):
    """Family of repair regimes."""

    def repair(self, world: World, lists: dict[str, ListRule]) -> None:
        """Take off the lists whoever has earned it."""


class NoRepair(Repair, kind="none"):
    """Lists last to their longest term, records to their expiry."""


class TimedRepair(Repair, kind="timed"):
    """Listing ends by itself at the shortest term of the list; the topic's records cease to count with it."""

    def repair(self, world: World, lists: dict[str, ListRule]) -> None:
        """Release everybody whose shortest term is over."""
        for number, rule in _black(lists):
            _release(world, number, rule, _waiting_over(world, number, rule.min_months))


class ApplicationRepair(Repair, kind="application"):
    """After the shortest term a firm may apply, pays for it, and is released after a delay if it stayed clean.

    Terms by severity are the lists' own: a list of serious cases has a longer shortest term than one of minor cases.
    """

    applications: float = parameter(
        0.6, unit="probability/year", ge=0, le=1, description="chance that an eligible firm applies in a year"
    )
    clean_months: int = parameter(6, unit="months", ge=0, le=1200, description="months without a record before release")
    delay: int = parameter(1, unit="months", ge=0, le=60, description="processing time added to the shortest term")
    cost: float = parameter(0.02, unit="months of own revenue", ge=0, description="cost of one repair")

    def repair(self, world: World, lists: dict[str, ListRule]) -> None:
        """Release the applicants."""
        firms = world.firms
        clean = firms.last_record <= world.month - self.clean_months
        for number, rule in _black(lists):
            rows = _waiting_over(world, number, rule.min_months + self.delay)
            rows = rows[clean[rows]]
            if len(rows):
                draws = world.draws.uniform("apply", world.month, number)[rows]
                rows = rows[draws < np.float32(monthly(self.applications))]
                firms.costs[rows] += np.float32(self.cost) * firms.size[rows]
            _release(world, number, rule, rows)


def _black(lists: dict[str, ListRule]) -> list[tuple[int, ListRule]]:
    return [(number, rule) for number, rule in enumerate(lists.values()) if rule.colour == "black"]


def _waiting_over(world: World, number: int, months: int) -> NDArray[np.int64]:
    listed = np.flatnonzero(world.firms.listing[number])
    return listed[world.firms.listed_since[number, listed] <= world.month - months]


def _release(world: World, number: int, rule: ListRule, rows: NDArray[np.int64]) -> None:
    if not len(rows):
        return
    world.count("repaired", rows)
    leave(world, number, rows, repaired=True)
    flags = np.zeros((len(world.topics), world.rows), np.bool_)
    for k in rule.topics_of(world):
        flags[k, rows] = True
    repair_records(world, flags)
