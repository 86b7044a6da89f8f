"""Diffusion: how the rules of a pilot spread to other regions, or become the national ones."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from creditregime.component import Rule, parameter
from creditregime.regime.pilots import Pilot
from creditregime.units import MONTHS
from creditregime.world import World

Flags = NDArray[np.bool_]
Shares = NDArray[np.float64]


class Diffusion(Rule, family="diffusion"):
    """Family of ways in which pilots spread: they write ``world.territory``."""

    def spread(self, world: World, pilots: dict[str, Pilot]) -> None:
        """Give regions the rules of a pilot."""

    def observe(self, world: World) -> None:
        """Remember what inspections found this month, where a pilot's success counts."""


class NoDiffusion(Diffusion, kind="none"):
    """Pilots hold in their own regions only."""


class Spreading(Diffusion):
    """Common part: a pilot may have to show success first."""

    success: float | None = parameter(
        None,
        unit="share",
        ge=0,
        lt=1,
        description="only while inspections in the pilot's regions find less than in regions without a pilot, by at"
        " least this share; null whether it works or not",
    )

    def observe(self, world: World) -> None:
        """Smooth inspections, and those that found something, by region over about a year."""
        if self.success is None:
            return
        firms, shape = world.firms, world.territory.shape
        place = world.places(np.arange(world.rows)) * shape[1] + firms.region
        made = firms.inspected.sum(axis=0, dtype=np.float64)
        hits = (firms.inspected & (firms.found > 0)).sum(axis=0, dtype=np.float64)
        now = np.stack([np.bincount(place, values, shape[0] * shape[1]).reshape(shape) for values in (made, hits)])
        world.observed += (now - world.observed) / MONTHS

    def works(self, world: World, number: int) -> Flags:
        """Return in which jurisdictions pilot `number` has shown success, or need not, (J,)."""
        if self.success is None:
            return np.ones(len(world.territory), np.bool_)
        made, hits = world.observed
        inside, outside = world.territory == number, world.territory == 0
        totals = [(values * where).sum(axis=1) for where in (inside, outside) for values in (hits, made)]
        found, looked, found_outside, looked_outside = totals
        lower = found * looked_outside < (1 - self.success) * found_outside * looked
        return np.asarray(lower & (looked > 0) & (looked_outside > 0))


class Contagion(Spreading, kind="contagion"):
    """A region without a pilot adopts one with a chance a month that grows with its share among the others.

    The chance is ``spontaneous`` + ``imitation`` × share, where the share is that of the other regions that have the
    pilot, or that of the region's trade with other regions.
    """

    spontaneous: float = parameter(0.0, unit="probability/month", ge=0, le=1, description="chance at share 0")
    imitation: float = parameter(
        0.05, unit="probability/month", ge=0, le=1, description="added chance at share 1", standing="assumption"
    )
    exposure: Literal["regions", "trade"] = parameter(
        "regions", unit="-", description="share of the other regions, or of the trade with other regions"
    )

    def spread(self, world: World, pilots: dict[str, Pilot]) -> None:
        """Draw, region by region; of several pilots that a region would adopt in a month it takes the first."""
        if not (world.territory == 0).any():
            return
        links = self._weights(world)
        before = world.territory.copy()
        for number, pilot in enumerate(pilots.values(), 1):
            if not pilot.holds(world.month):
                continue
            chance = self.spontaneous + self.imitation * _exposure(links, before == number)
            chance *= self.works(world, number)[:, None]
            draws = world.draws.few("diffuse", world.month, number, before.shape[1])
            world.territory[(world.territory == 0) & (draws < chance)] = number

    def _weights(self, world: World) -> Shares:
        """Return what each region looks at in each other one, (J, R, R)."""
        jurisdictions, regions = world.territory.shape
        if self.exposure == "regions":
            weights = np.ones((jurisdictions, regions, regions))
        else:
            weights = trade_between_regions(world)
            weights = weights + weights.transpose(0, 2, 1)
        weights[:, np.arange(regions), np.arange(regions)] = 0
        return weights


class National(Spreading, kind="national"):
    """Central approval: from a month on the rules of one pilot hold everywhere."""

    month: int = parameter(
        ..., unit="month", ge=0, le=12_000, description="first month in which it can hold everywhere", standing="real"
    )
    pilot: str | None = parameter(None, unit="name", description="which pilot; null for the first")

    def spread(self, world: World, pilots: dict[str, Pilot]) -> None:
        """Put the pilot in force in every region of jurisdictions where it may be."""
        if world.month >= self.month:
            number = 1 + (list(pilots).index(self.pilot) if self.pilot else 0)
            approved = (world.territory == number).all(axis=1) | self.works(world, number)
            world.territory[approved] = number


def _exposure(weights: Shares, adopted: Flags) -> Shares:
    """Return the weighted share of the other regions that have adopted, (J, R)."""
    total = weights.sum(axis=2)
    share = (weights * adopted[:, None, :]).sum(axis=2)
    return np.divide(share, total, out=np.zeros_like(share), where=total > 0)


def trade_between_regions(world: World) -> Shares:
    """Return the value of inputs over active links by region of buyer and supplier, (J, R, R), money a month."""
    network, firms = world.network, world.firms
    links = np.flatnonzero(network.weight > 0)
    buyers, suppliers = network.buyers_of(links), network.supplier[links]
    jurisdictions, regions = world.territory.shape
    pair = world.places(buyers) * regions + firms.region[buyers]
    pair = pair * regions + firms.region[suppliers]
    value = network.weight[links] * firms.size[buyers]
    total = np.bincount(pair, value, jurisdictions * regions**2).astype(np.float64, copy=False)
    return total.reshape(jurisdictions, regions, regions)
