"""The channel along supply links."""

from __future__ import annotations

from typing import Literal

import numpy as np

from creditregime.component import parameter
from creditregime.regime.neighbours import SUMS, Direction, Layer, Neighbours, Weighting
from creditregime.regime.spillover.channel import Carrier, Channel, seen_in
from creditregime.state import Floats
from creditregime.world import World


class OverLinks(Carrier):
    """A channel along supply links: whose weight counts, and which links it uses."""

    weighting: Weighting = parameter(
        "value",
        unit="-",
        description="mean weighted by trade value ('value'), plain mean ('equal'), sum over partners ('sum'), or sum"
        " weighted by input coefficients, what the buyer spends on the supplier per unit of output ('coefficient')",
    )

    @property
    def averages(self) -> bool:
        """Whether a mean is taken."""
        return self.weighting not in SUMS

    def side(self) -> Direction:
        """Return which partners are neighbours."""
        return "suppliers"

    def weight(self, world: World) -> Floats:
        """Return the weights of the links in use, (L,)."""
        return world.network.weight

    def layer(self, world: World) -> Layer:
        """Return the partners."""
        network = world.network
        weight = self.weight(world)
        network = network if weight is network.weight else network.weighted(weight)
        return Neighbours(network, world.firms.size, self.side(), self.weighting, seen_in(world))

    def counts(self, world: World, chance: float = 1.0) -> Layer:
        """Return the partners over open links; two firms' links, one way or both, are open together: drawn once."""
        network = world.network
        weight = self.weight(world)
        if chance < 1:
            weight = weight * (drawn_ties(world, f"open {self.name}") < np.float32(chance))
        return Neighbours(network.weighted(weight), world.firms.size, self.side(), "sum", seen_in(world))


def drawn_ties(world: World, purpose: str) -> Floats:
    """Return one uniform for each link, (L,), the same for all links between two firms, whatever the direction.

    They are kept from month to month, as drawing them takes longer than all else; new partners draw anew.
    """
    network = world.network
    none = np.full_like(network.supplier, -1), np.empty(len(network.supplier), np.float32)
    known, draws = world.ties.setdefault(purpose, none)
    changed = np.flatnonzero(known != network.supplier)
    if len(changed):
        ends = np.sort(np.stack([network.buyers_of(changed), network.supplier[changed]]), axis=0)
        draws[changed] = world.draws.pairs(purpose, *ends)
        known[changed] = network.supplier[changed]
    return draws


class PartnerSpillover(Channel, family="spillover.partner"):
    """Family of channels along supply links."""

    name = "partner"


class NoPartnerSpillover(PartnerSpillover, kind="none"):
    """Partners' ratings do not matter."""


class Linear(OverLinks, PartnerSpillover, kind="linear"):
    """A share of the partners' shortfall or measures is carried over, or their grades or listings are.

    See `Carrier` for the modes.
    """

    strength: float = parameter(
        0.3,
        unit="share",
        ge=0,
        le=1000,
        description="φ: share of the partners' shortfall (or measures) that is carried over; 0 is off in every mode",
        source="EU Chamber 2019: scores 'will be impacted by the ratings of suppliers and business partners'",
        standing="partly",
    )
    direction: Literal["suppliers", "buyers", "both"] = parameter("suppliers", unit="-", description="whose shortfall")
    links: Literal["all", "others"] = parameter(
        "all", unit="-", description="all supply links, or those that are not contracts, which channel contractor uses"
    )

    def side(self) -> Direction:
        """Return the direction."""
        return self.direction

    def weight(self, world: World) -> Floats:
        """Return the weights of all links, or 0 for contracts."""
        network = world.network
        return network.weight if self.links == "all" else network.weight * ~network.contract
