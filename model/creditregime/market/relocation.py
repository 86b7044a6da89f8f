"""Relocation: firms move to where the rules weigh less, in another region or abroad."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import OWNERSHIPS, Event
from creditregime.component import Rule, parameter
from creditregime.regime.registry import leave_region
from creditregime.state import Floats
from creditregime.units import MONTHS, monthly, present_months
from creditregime.world import World


class Relocation(Rule, family="relocation"):
    """Family of rules by which firms choose their place."""

    def relocate(self, world: World, compliance: Floats, burden: Floats | None) -> None:
        """Move firms to other regions, and mark those that leave the country for the exit stage."""


class NoRelocation(Relocation, kind="none"):
    """Firms stay where they are."""


class Comparing(Relocation, kind="comparing"):
    """A firm compares what regulation costs it here with what it would cost there.

    The regulatory cost is smoothed over about a year: fines, measures, compliance and data burden, as a share of
    revenue. A firm that costs more than others here expects to do so there, too: its cost there is its cost here times
    the ratio of the two regions' means. It moves if the present value of the difference exceeds the moving cost.
    All figures are assumptions.
    """

    moves: float = parameter(
        0.1,
        unit="probability/year",
        ge=0,
        lt=1,
        description="chance that a firm considers another region (each as likely)",
        standing="real",
    )
    moving_cost: float = parameter(0.25, unit="months of own revenue", ge=0, description="cost of a move within")
    abroad: float = parameter(
        0.0, unit="probability/year", ge=0, lt=1, description="chance that a firm considers leaving the country"
    )
    abroad_burden: float = parameter(
        0.01, unit="share of revenue", ge=0, le=1, description="regulatory cost abroad, the outside option"
    )
    abroad_cost: float = parameter(1.0, unit="months of own revenue", ge=0, description="cost of a move abroad")
    mobile: tuple[Literal["state", "private", "foreign"], ...] = parameter(
        ("foreign",), unit="ownerships", description="firms that can leave the country whatever their size"
    )
    mobile_size: float | None = parameter(
        None, unit="money/month", gt=0, description="initial revenue from which private firms can, too; null never"
    )
    horizon: int = parameter(60, unit="months", ge=1, le=1200, description="time over which the difference counts")
    discount: float = parameter(0.10, unit="1/year", ge=0, description="rate at which firms discount it")

    def relocate(self, world: World, compliance: Floats, burden: Floats | None) -> None:
        """Remember the cost, then let firms consider leaving, then moving."""
        firms = world.firms
        cost = compliance if burden is None else compliance + burden
        cost = (cost + firms.fines) / firms.size + firms.sanction_cost + firms.associated_cost
        firms.regulatory_cost += np.float32(1 / MONTHS) * (cost - firms.regulatory_cost)
        if self.abroad:
            world.emigrants = self._leaving(world)
        if self.moves and len(world.economy.regions) > 1:
            rows, target = self._moving(world)
            stay = ~np.isin(rows, world.emigrants, assume_unique=True)
            self._move(world, rows[stay], target[stay])

    def _leaving(self, world: World) -> NDArray[np.int64]:
        firms = world.firms
        mobile = np.isin(firms.ownership, [OWNERSHIPS.index(name) for name in self.mobile])
        if self.mobile_size is not None:
            mobile |= (firms.ownership == OWNERSHIPS.index("private")) & (firms.size >= np.float32(self.mobile_size))
        mobile &= world.domestic() & (world.draws.uniform("emigrate", world.month) < np.float32(monthly(self.abroad)))
        rows = np.flatnonzero(mobile)
        return rows[self._worth(firms.regulatory_cost[rows] - self.abroad_burden) > self.abroad_cost]

    def _moving(self, world: World) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        firms, regions = world.firms, len(world.economy.regions)
        draws, chance = world.draws.uniform("relocate", world.month), np.float32(monthly(self.moves))
        rows = np.flatnonzero((draws < chance) & world.domestic())
        which = np.minimum((draws[rows] / chance * (regions - 1)).astype(np.int64), regions - 2)
        here = firms.region[rows].astype(np.int64)
        target = which + (which >= here)
        means, place = mean_costs(world), world.places(rows)
        now, then = means[place, here], means[place, target]
        ratio = np.divide(then, now, out=np.ones_like(now), where=now > 0)
        gain = self._worth(firms.regulatory_cost[rows] * (1 - ratio))
        gone = (gain > self.moving_cost) & ~np.isnan(then)
        return rows[gone], target[gone]

    def _worth(self, saved: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return what a saving a month, share of revenue, is worth over the horizon, months of revenue."""
        return np.asarray(saved * present_months(self.horizon, self.discount), np.float64)

    def _move(self, world: World, rows: NDArray[np.int64], target: NDArray[np.int64]) -> None:
        firms = world.firms
        if not len(rows):
            return
        world.log(Event.MOVED, rows, firms.region[rows], target)
        world.count("relocations", rows)
        firms.costs[rows] += np.float32(self.moving_cost) * firms.size[rows]  # paid with next month's bills
        firms.region[rows] = target
        leave_region(world, rows)


def mean_costs(world: World) -> NDArray[np.float64]:
    """Return the mean regulatory cost of the firms in business by region, (J, R), share of revenue; NaN where none."""
    firms, shape = world.firms, world.territory.shape
    place = world.places(np.arange(world.rows)) * shape[1] + firms.region
    some = np.bincount(place, world.domestic(), shape[0] * shape[1])
    total = np.bincount(place, firms.regulatory_cost * world.domestic(), shape[0] * shape[1])
    return np.divide(total, some, out=np.full(len(some), np.nan), where=some > 0).reshape(shape)
