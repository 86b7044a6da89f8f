"""The channel from workers' scores to the firm: press framing, for which no rule was found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.component import Rule, parameter
from creditregime.randomness import generator
from creditregime.state import Floats
from creditregime.world import World


class StaffSpillover(Rule, family="spillover.staff"):
    """Family of channels from workers' scores to the firm (press framing; no rule was found)."""

    def prepare(self, world: World) -> None:
        """Give every firm its first workforce."""

    def move(self, world: World) -> None:
        """Let workforces change for a month."""

    def register(self, world: World, rows: NDArray[np.int64]) -> None:
        """Give new firms their first workforce."""

    def points(self, world: World) -> Floats | None:
        """Return the points to deduct from every file, (N,)."""
        return None


class NoStaffSpillover(StaffSpillover, kind="none"):
    """Workers' scores do not matter."""


class StaffLinear(StaffSpillover, kind="linear"):
    """A share of the points by which its workers' mean score falls short of a clean one is deducted from a firm.

    No rule was found that does this, and nothing is known of such scores: all figures are assumptions. Each region and
    sector has a mean workforce, drawn once; a firm's own departs from it by a first-order autoregressive deviation.
    """

    strength: float = parameter(
        0.1, unit="share", ge=0, le=1, description="φ: share of the shortfall deducted", standing="unverified"
    )
    shortfall: float = parameter(
        10.0, unit="points", ge=0, le=1000, description="mean shortfall of workers' scores", standing="unverified"
    )
    spread: float = parameter(
        5.0,
        unit="points",
        ge=0,
        le=1000,
        description="standard deviation between the workforces of regions and sectors",
        standing="assumption",
    )
    deviation: float = parameter(
        5.0,
        unit="points",
        ge=0,
        le=1000,
        description="standard deviation of firms around the workforce of their region and sector",
        standing="assumption",
    )
    persistence: float = parameter(
        0.95, unit="share/month", ge=0, le=1, description="part of the deviation that lasts", standing="assumption"
    )

    def prepare(self, world: World) -> None:
        """Draw the workforces from their stationary distribution; those that a phase finds go on."""
        if self.strength and not world.firms.workforce.any():
            world.firms.workforce[:] = self._mean(world) + self.deviation * world.draws.normal("workforce", 0)

    def move(self, world: World) -> None:
        """Keep a part of the deviation and draw the rest anew."""
        if not self.strength:
            return
        mean, workforce = self._mean(world), world.firms.workforce
        workforce -= mean
        workforce *= np.float32(self.persistence)
        fresh = self.deviation * np.sqrt(1 - self.persistence**2)
        if fresh:
            workforce += np.float32(fresh) * world.draws.normal("workforce", world.month, 1)
        workforce += mean

    def register(self, world: World, rows: NDArray[np.int64]) -> None:
        """Draw the workforces of new firms."""
        if self.strength and len(rows):
            drawn = self.deviation * world.draws.normal("workforce", world.month, 2)[rows]
            world.firms.workforce[rows] = self._mean(world)[rows] + drawn

    def points(self, world: World) -> Floats | None:
        """Return φ times the workforces' shortfall, where there is one."""
        if not self.strength:
            return None
        points: Floats = np.float32(self.strength) * np.maximum(world.firms.workforce, 0)
        return points * world.firms.active

    def _mean(self, world: World) -> Floats:
        """Return the mean shortfall of each firm's region and sector, (N,)."""
        economy, firms = world.economy, world.firms
        shape = (len(economy.regions), len(economy.sectors))
        mean = np.empty(world.rows, np.float32)
        for start, stop, seed in world.draws.spans:
            table = self.shortfall + self.spread * generator(seed, "workforces").standard_normal(shape)
            mean[start:stop] = table[firms.region[start:stop], firms.sector[start:stop]]
        return mean
