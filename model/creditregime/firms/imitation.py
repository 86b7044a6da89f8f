"""Firms that look at what their trading partners do."""

from __future__ import annotations

import copy
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from creditregime.component import parameter
from creditregime.firms.behaviour import Gradual
from creditregime.regime.neighbours import Direction, Neighbours
from creditregime.state import Floats
from creditregime.world import World


class Imitate(Gradual, kind="imitate"):
    """As ``gradual``, towards the best response mixed with the mean effort of partners last month, topic by topic.

    A firm without partners to look at moves towards its best response alone.
    """

    weight: float = parameter(0.3, unit="share", ge=0, le=1, description="weight of the partners' mean effort")
    whom: Literal["all", "better_earning"] = parameter(
        "all", unit="-", description="all partners, or those with a higher smoothed profit per unit of revenue"
    )
    direction: Direction = parameter("both", unit="-", description="partners looked at: suppliers, buyers, or both")
    weighting: Literal["value", "equal"] = parameter(
        "value", unit="-", description="mean weighted by trade value, or plain mean"
    )

    def aim(self, world: World, k: int, best: Floats) -> Floats:
        """Return (1 - weight) × best response + weight × mean effort of the partners, (N,)."""
        if not self.weight:
            return best
        if "observed" not in world.memo:
            world.memo["observed"] = Observed(world, self.direction, self.weighting, self.whom == "better_earning")
        observed: Observed = world.memo["observed"]
        pull = observed.mean(world.firms.effort[k])
        pull -= best
        pull *= observed.any
        pull *= np.float32(self.weight)
        pull += best
        return pull


class Observed:
    """The partners that each firm looks at this month.

    Parameters
    ----------
    world
        The state.
    direction, weighting
        As of `Neighbours`; with both sides, the mean of the two means, or the mean of the only side that there is.
    better
        Whether a firm looks only at partners that earn more than itself.
    """

    def __init__(self, world: World, direction: Direction, weighting: Literal["value", "equal"], better: bool) -> None:
        network, size = world.network, world.firms.size
        sides: list[Direction] = ["suppliers", "buyers"] if direction == "both" else [direction]
        self._sides = []
        for side in sides:
            seen = network
            if better:
                seen = copy.copy(network)
                seen.weight = network.weight * _earns_more(world, side)
            self._sides.append(Neighbours(seen, size, side, weighting))
        ones = np.ones(world.rows, np.float32)
        number = np.sum([side.mean(ones) > 0.5 for side in self._sides], axis=0)
        self.any: NDArray[np.bool_] = number > 0
        self._share = (1 / np.maximum(number, 1)).astype(np.float32)

    def mean(self, values: Floats) -> Floats:
        """Return the mean over the partners looked at, (N,); 0 where there are none."""
        total = np.zeros_like(values)
        for side in self._sides:
            total += side.mean(values)
        total *= self._share
        return total


def _earns_more(world: World, side: Direction) -> NDArray[np.bool_]:
    """Return over which links the partner on that side earns more than the firm that looks, (L,)."""
    network, profit = world.network, world.firms.profit_trend
    supplier = profit[network.supplier]
    buyer = np.repeat(profit, np.diff(network.pointer))
    return supplier > buyer if side == "suppliers" else buyer > supplier
