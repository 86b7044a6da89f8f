"""Entry: new firms take free places in the economy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Event
from creditregime.component import Rule, parameter
from creditregime.market.exit import LOSSES
from creditregime.state import NEVER
from creditregime.world import World


class Entry(Rule, family="entry"):
    """Family of entry rules."""

    def enter(self, world: World) -> NDArray[np.int64]:
        """Fill free places; return the rows."""
        return np.empty(0, np.int64)


class NoEntry(Entry, kind="none"):
    """Places stay empty."""


class Replacement(Entry, kind="replacement"):
    """A free place is taken by a new firm of the same sector, region, ownership and size, after some time.

    It has the links of its predecessor as far as those suppliers are in business; it must win its buyers itself.
    """

    rate: float = parameter(0.15, unit="probability/month", ge=0, le=1, description="chance that a place is taken")
    same_person: float = parameter(
        0.2, unit="probability", ge=0, le=1, description="chance that the same responsible person starts again"
    )

    def enter(self, world: World) -> NDArray[np.int64]:
        """Draw, and set the rows up."""
        rows = (~world.firms.active).nonzero()[0]
        if len(rows):
            rows = rows[world.draws.at(rows, "enter", world.month) < np.float32(self.rate)]
        if len(rows):
            self._set_up(world, rows)
            world.log(Event.ENTERED, rows)
            world.count("entries", rows)
        return rows

    def _set_up(self, world: World, rows: NDArray[np.int64]) -> None:
        firms, network = world.firms, world.network
        firms.active[rows] = True
        firms.born[rows] = world.month + 1  # records made this month were the predecessor's
        new = rows[world.draws.at(rows, "person", world.month) >= np.float32(self.same_person)]
        world.new_persons(new)
        firms.group[rows] = rows
        for name in ("fines", "costs", "profit", "distress", "regulatory_cost", "debt", *LOSSES):
            getattr(firms, name)[rows] = 0
        firms.demand[rows] = firms.final_demand[rows] / firms.size[rows]
        firms.staff[rows] = firms.demand[rows]
        firms.supply[rows] = firms.inputs[rows] = 1
        network.stock[network.groups_of(rows)] = 1  # the first month's inputs are part of what founders put in
        firms.effort[:, rows] = firms.intrinsic[rows]
        firms.misreported[:, rows], firms.history[:, rows] = NEVER, 0
        firms.last_record[rows], firms.associated_until[rows] = NEVER, NEVER
        links = network.links_of(rows)
        network.connect(links[firms.active[network.supplier[links]]], None, world.month)
