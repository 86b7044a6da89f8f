"""The channel along supply links."""

from __future__ import annotations

from typing import Literal

import numpy as np

from creditregime.component import parameter
from creditregime.regime.neighbours import Direction, Layer, Neighbours, Weighting, refuse_divergence
from creditregime.regime.spillover.channel import Carrier, Channel, seen_in
from creditregime.state import Floats
from creditregime.world import World


class OverLinks(Carrier):
    """A channel along supply links: whose weight counts, and which links it uses."""

    weighting: Weighting = parameter(
        "value", unit="-", description="mean weighted by trade value, plain mean, or sum over partners"
    )

    @property
    def averages(self) -> bool:
        """Whether a mean is taken."""
        return self.weighting != "sum"

    def side(self) -> Direction:
        """Return which partners are neighbours."""
        return "suppliers"

    def weight(self, world: World) -> Floats:
        """Return the weights of the links in use, (L,)."""
        return world.network.weight

    def prepare(self, world: World) -> None:
        """Refuse a recursive sum that does not converge on this network."""
        if self.reach == "recursive" and not self.averages and (self.carries("points") or self.carries("lever")):
            refuse_divergence(self.layer(world), self.strength, world.rows, f"spillover.{self.name}.strength")

    def layer(self, world: World) -> Layer:
        """Return the partners."""
        network = world.network
        weight = self.weight(world)
        network = network if weight is network.weight else network.weighted(weight)
        return Neighbours(network, world.firms.size, self.side(), self.weighting, seen_in(world))

    def counts(self, world: World, chance: float = 1.0) -> Layer:
        """Return the partners over open links; each link is drawn once."""
        network = world.network
        weight = self.weight(world)
        if chance < 1:
            links = np.diff(network.pointer[[*world.starts, world.rows]])
            draws = world.draws.items(f"open {self.name}", links.tolist())
            weight = weight * (draws < np.float32(chance))
        return Neighbours(network.weighted(weight), world.firms.size, self.side(), "sum", seen_in(world))


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
        le=10,
        description="φ: share of the partners' shortfall (or measures) that is carried over; 0 is off in every mode",
        source="EU Chamber 2019: scores 'will be impacted by the ratings of suppliers and business partners'",
        standing="partly",
    )
    direction: Literal["suppliers", "buyers", "both"] = parameter("suppliers", unit="-", description="whose shortfall")

    def side(self) -> Direction:
        """Return the direction."""
        return self.direction
