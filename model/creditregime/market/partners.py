"""Re-matching: buyers drop, keep or replace suppliers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Event
from creditregime.component import Rule, parameter
from creditregime.world import World


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
            reviewing = world.draws.uniform("review", world.month) < np.float32(self.review)
            links = world.network.links_of(np.flatnonzero(reviewing))  # few: quicker than a look at every link
            links = links[avoided[world.network.supplier[links]]]
            self._count_overseas(world, links)
            drop(world, links)
        self._search(world, avoided)

    def _count_overseas(self, world: World, links: NDArray[np.int64]) -> None:
        """Count the active links to suppliers overseas that domestic buyers are about to drop."""
        if world.abroad is not None:
            links = links[(world.network.weight[links] > 0) & world.firms.overseas[world.network.supplier[links]]]
            world.count("overseas_links_dropped", world.at_home(world.network.buyers_of(links)))

    def _search(self, world: World, avoided: NDArray[np.bool_]) -> None:
        network = world.network
        links = network.idle()
        buyers = network.buyers_of(links)
        seeking = world.firms.active[buyers]
        links, buyers = links[seeking], buyers[seeking]
        attempt = np.arange(len(buyers)) - np.searchsorted(buyers, buyers)
        for number in range(min(self.attempts, int(attempt.max(initial=-1)) + 1)):
            chosen = attempt == number
            self._attempt(world, number, links[chosen], buyers[chosen], avoided)

    def _attempt(
        self,
        world: World,
        number: int,
        links: NDArray[np.int64],
        buyers: NDArray[np.int64],
        avoided: NDArray[np.bool_],
    ) -> None:
        network, firms, month = world.network, world.firms, world.month
        draws = world.draws.at(buyers, "search", month, number)
        met = draws < np.float32(self.success)
        links, buyers = links[met], buyers[met]
        which = draws[met] / np.float32(self.success)  # given success, uniform again
        sector = firms.sector[network.supplier[links]]  # whom the link lost, or has dropped, was of the same sector
        found = world.pool().draw(sector, buyers, which)
        spare = (self.headroom - firms.demand[found]) * firms.size[found]
        good = firms.active[found] & (found != buyers) & (spare >= network.carried(links) * firms.size[buyers])
        if self.avoid_listed:
            good &= ~avoided[found]
        links, buyers, found = links[good], buyers[good], found[good]
        network.connect(links, found, month)
        firms.costs[buyers] += np.float32(self.switching_cost) * network.carried(links) * firms.size[buyers]
        world.log(Event.FOUND_SUPPLIER, buyers, 0, found)
        world.count("links_found", buyers)


def drop(world: World, links: NDArray[np.int64]) -> None:
    """Make links inactive (those that are already stay so)."""
    network = world.network
    links = links[network.weight[links] > 0]
    if len(links):
        buyers = network.buyers_of(links)
        network.disconnect(links)
        world.log(Event.LOST_SUPPLIER, buyers, 0, network.supplier[links])
        world.log(Event.LOST_BUYER, network.supplier[links], 0, buyers)
        world.count("links_lost", buyers)
