"""Re-matching: buyers drop, keep or replace suppliers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditregime.acceleration import kernel
from creditregime.codes import Event
from creditregime.component import Rule, parameter
from creditregime.network import Network
from creditregime.randomness import named
from creditregime.state import Rows
from creditregime.world import World

Chosen = NDArray[np.integer[Any]]


class Partners(Rule, family="partners"):
    """Family of partner policies."""

    def rematch(self, world: World, avoided: NDArray[np.bool_]) -> None:
        """Drop and replace suppliers; `avoided` are firms that stand on a published blacklist, (N,)."""

    def dropping(self) -> float:
        """Return the probability a month that a buyer drops a supplier on a published blacklist."""
        return 0.0


class KeepPartners(Partners, kind="none"):
    """Links end when the supplier leaves, and are never replaced."""


class Search(Partners, kind="search"):
    """Buyers review their suppliers, drop some that are blacklisted, and search for replacements in the same sector.

    A search succeeds with a probability; it then meets a firm of the sector with probability proportional to size,
    and fails this month if that firm is the buyer itself, has left, has no room for the order, or is one that the buyer
    would avoid.
    """

    review: float = parameter(
        0.05, unit="probability/month", ge=0, le=1, description="chance that a buyer drops its blacklisted suppliers"
    )
    success: float = parameter(
        0.5, unit="probability/month", ge=0, le=1, description="chance that a search meets a possible supplier"
    )
    attempts: int = parameter(4, unit="searches/month", ge=1, le=64, description="most searches a buyer makes a month")
    headroom: float = parameter(
        1.3, unit="level", ge=0, description="demand relative to initial output up to which firms take new buyers"
    )
    avoid_listed: bool = parameter(True, unit="-", description="new links are not made with blacklisted firms")
    switching_cost: float = parameter(
        0.5, unit="months of the link's value", ge=0, description="cost of taking on a new supplier"
    )

    def dropping(self) -> float:
        """Return the chance of a review."""
        return self.review

    def rematch(self, world: World, avoided: NDArray[np.bool_]) -> None:
        """Drop, then search."""
        if self.review and avoided.any():
            reviewing = world.draws.below(np.float32(self.review), "review", world.month)
            links = _links_between(world.network, reviewing, avoided)
            self._count_overseas(world, links)
            drop(world, links)
        self._search(world, avoided)

    def _count_overseas(self, world: World, links: NDArray[np.int64]) -> None:
        """Count the active links to suppliers overseas that domestic buyers are about to drop."""
        if world.abroad is not None:
            links = links[(world.network.weight[links] > 0) & world.firms.overseas[world.network.supplier[links]]]
            world.count("overseas_links_dropped", world.at_home(world.network.buyers_of(links)))

    def _search(self, world: World, avoided: NDArray[np.bool_]) -> None:
        links, buyers = world.network.idle.links, world.network.searching()
        barred = avoided if self.avoid_listed else np.zeros(world.rows, np.bool_)
        if (compiled := kernel("partners", world.rows)) is not None:
            position, attempt, found = compiled.search(links, buyers, *self._tables(world, barred))
        else:
            position, attempt, found = self._found(world, links, buyers, barred)
        order = np.argsort(attempt, kind="stable")  # everybody's first attempts come first
        position = position[order]
        self._take_on(world, position, buyers[position], found[order])

    def _tables(self, world: World, barred: NDArray[np.bool_]) -> tuple[Any, ...]:
        """Return what compiled code needs to know."""
        network, firms, draws = world.network, world.firms, world.draws
        _, *stream = named("search", world.month)
        return (
            (network.unsigned.supplier, network.idle.carried),
            (firms.active, firms.sector, firms.size, firms.demand, barred),
            world.pool().tables,
            (self.attempts, np.float32(self.success), np.float32(self.headroom)),
            (draws.starts, draws.seeds, *stream),
        )

    def _found(
        self, world: World, links: Rows, buyers: Chosen, barred: NDArray[np.bool_]
    ) -> tuple[Rows, Rows, NDArray[np.int64]]:
        """Return which of the links find a supplier, at which of their buyer's attempts, and whom."""
        firms = world.firms
        attempt = _numbered(buyers)
        position = np.flatnonzero(firms.active[buyers] & (attempt < self.attempts))
        draws = world.draws.by_lane(buyers[position], attempt[position], "search", world.month)
        met = draws < np.float32(self.success)
        position = position[met]
        links, buyers = links[position], buyers[position]
        which = draws[met] / np.float32(self.success)  # given success, uniform again
        lost = world.network.supplier[links]  # or dropped: of the sector in which the link's buyer searches
        found = world.pool().draw(firms.sector[lost], buyers, which)
        good = self._fits(world, links, buyers, found) & ~barred[found]
        return position[good], attempt[position[good]], found[good]

    def _fits(self, world: World, links: Rows, buyers: Chosen, found: Rows) -> NDArray[np.bool_]:
        """Tell which of the firms that were met can be suppliers."""
        firms, size = world.firms, world.firms.size
        spare = (self.headroom - firms.demand[found]) * size[found]
        enough: NDArray[np.bool_] = spare >= world.network.carried(links) * size[buyers]
        return firms.active[found] & (found != buyers) & enough

    def _take_on(self, world: World, position: Rows, buyers: Chosen, found: Rows) -> None:
        """Connect buyers with the suppliers that they found, given which of the idle links theirs are."""
        idle, firms = world.network.idle, world.firms
        world.network.connect(idle.links[position], found, world.month)
        cost = np.float32(self.switching_cost) * idle.carried[position] * firms.size[buyers]
        np.add.at(firms.costs, buyers, cost)
        world.log(Event.FOUND_SUPPLIER, buyers, 0, found)
        world.count("links_found", buyers)


def _numbered(buyers: Chosen) -> Rows:
    """Return which of its buyer's links each link is, 0, 1, ..., given the buyers of links, rising."""
    position = np.arange(len(buyers))
    first = np.ones(len(buyers), np.bool_)
    first[1:] = buyers[1:] != buyers[:-1]
    numbers: Rows = position - np.maximum.accumulate(position * first)
    return numbers


def _links_between(network: Network, buyers: NDArray[np.bool_], suppliers: NDArray[np.bool_]) -> Rows:
    """Return the links of marked buyers, which are few, to marked suppliers."""
    if (compiled := kernel("partners", network.rows)) is not None:
        indices = network.unsigned
        return compiled.links_between(buyers, suppliers, indices.pointer, indices.supplier)  # type: ignore[no-any-return]
    links = network.links_of(np.flatnonzero(buyers))  # quicker than a look at every link
    return links[suppliers[network.supplier[links]]]


def drop(world: World, links: Rows, silently: Rows | None = None) -> None:
    """Make links inactive (those that are already stay so), and others of which nobody needs to be told."""
    network = world.network
    links = links[network.weight[links] > 0]
    network.disconnect(links if silently is None else np.concatenate([links, silently]))
    if len(links):
        buyers = network.buyers_of(links)
        world.log(Event.LOST_SUPPLIER, buyers, 0, network.supplier[links])
        world.log(Event.LOST_BUYER, network.supplier[links], 0, buyers)
        world.count("links_lost", buyers)
