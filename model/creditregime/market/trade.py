"""Trade: orders travel up the network, goods travel down, sanctions act on both."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from creditregime.acceleration import kernel
from creditregime.codes import Lever
from creditregime.component import Rule, parameter
from creditregime.market import trust
from creditregime.state import Floats
from creditregime.world import World


@dataclasses.dataclass(eq=False)
class Sales:
    """Money values of one month's trade, (N,) each, before anything else is paid."""

    consumers: Floats
    public: Floats
    abroad: Floats
    firms: Floats
    inputs: Floats
    networked: bool = True


class Trade(Rule, family="trade"):
    """Family of trade rules."""

    substitution: float = parameter(
        0.8, unit="share", ge=0, le=1, description="share of final demand lost by a firm that its competitors gain"
    )
    headroom: float = parameter(
        1.3, unit="level", ge=1, description="capacity relative to initial output", source="assumption"
    )
    trust_elasticity: float = parameter(
        0.0,
        unit="-",
        ge=0,
        le=1,
        description="how household demand responds to trust: times 1 + elasticity × (trust - 1), where trust is 1"
        " at the start's harm from violations and 2 without any",
        standing="real",
    )

    def prepare(self, world: World) -> None:
        """Set what trade starts from."""

    def enact(self, world: World) -> None:
        """Begin to follow trust where demand responds to it."""
        if self.trust_elasticity and not world.harm_at_start.any():
            trust.begin(world)

    def trade(self, world: World) -> Sales:
        """Move orders and goods one step, write levels, and return what was sold."""
        raise NotImplementedError(f"{type(self).__name__} does not trade")

    def capacity(self, world: World) -> Floats:
        """Return the most that each firm can produce, (N,): permits, customs delay, funds and being in business."""
        firms, economy = world.firms, world.economy
        permit, delay = firms.levers[Lever.PERMIT], firms.levers[Lever.CUSTOMS_DELAY]
        if (sales := kernel("sales", world.rows)) is not None:
            capacity = sales.capacity(np.float32(self.headroom), firms.active, permit)
        else:
            capacity = np.float32(self.headroom) * firms.active
            capacity *= np.clip(1 - permit, 0, 1)
        if delay.any():
            traded = np.minimum(economy.export_share[firms.sector] + firms.imports, 1)
            if world.abroad is not None:
                traded[world.abroad.rows] = 1  # all that they sell here crosses the border
            capacity *= np.clip(1 - delay * traded, 0, 1)
        if len(firms.funded):
            np.minimum(capacity, firms.funded[0], out=capacity)
        return capacity

    def final_demand(self, world: World) -> tuple[Floats, Floats, Floats]:
        """Return the demand of consumers, state and abroad for each firm, (N,) money each."""
        firms = world.firms
        public, abroad = firms.public_demand.copy(), firms.foreign_demand.copy()
        consumers = firms.final_demand - public
        consumers -= abroad
        if self.trust_elasticity:
            consumers *= world.spread((1 + self.trust_elasticity * (trust.index(world) - 1)).astype(np.float32))
            trust.update(world)
        buyers = ((consumers, Lever.PUBLICATION), (public, Lever.PROCUREMENT), (abroad, None))
        for demand, lever in buyers:
            self._turn_away(world, demand, None if lever is None else firms.levers[lever])
        return consumers, public, abroad

    def _turn_away(self, world: World, demand: Floats, lost: Floats | None) -> None:
        """Take from each firm what buyers withhold, and give a share of it to its sector's other firms."""
        firms = world.firms
        if lost is not None and lost.min() < 0:
            self._favour(world, demand, lost)
        if (sales := kernel("sales", world.rows)) is not None:
            shares = np.empty(0, np.float32) if lost is None else lost
            sales.turn_away(demand, shares, firms.active, world.market(), world.markets, self.substitution)
            return
        kept = firms.active.astype(np.float32)
        if lost is not None:
            kept *= np.clip(1 - lost, 0, 1)
        losers = np.flatnonzero(kept < 1)
        withheld = demand[losers] * (1 - kept[losers])
        demand *= kept
        if len(losers):
            self._substitute(world, demand, losers, withheld)

    def _favour(self, world: World, demand: Floats, lost: Floats) -> None:
        """Move demand to those whom a reward favours, at the cost of their sector: its sum stays what it was."""
        before, market = world.by_market(demand), world.market()
        demand *= np.maximum(1 - lost, 1)
        after = world.by_market(demand)
        demand *= np.divide(before, after, out=np.ones_like(after), where=after > 0).astype(np.float32)[market]

    def _substitute(self, world: World, demand: Floats, losers: NDArray[np.int64], withheld: Floats) -> None:
        """Share out what is withheld in proportion to the demand that others keep: nobody takes over its own loss."""
        market = world.market()
        held = world.by_market(demand)
        around = held[market[losers]]
        others = around - demand[losers]
        moves = np.divide(withheld, others, out=np.zeros(len(losers)), where=others > around * 1e-7)
        moves *= self.substitution
        gain = world.by_market(moves, losers)
        own = demand[losers] * moves.astype(np.float32)
        demand *= (1 + gain).astype(np.float32)[market]
        demand[losers] -= own


class NoTrade(Trade, kind="none"):
    """No network: every firm sells what it sold at the start, and buys its inputs abroad."""

    def trade(self, world: World) -> Sales:
        """Produce for given demand within capacity."""
        firms = world.firms
        consumers, public, abroad = self.final_demand(world)
        intermediate = (firms.size - firms.final_demand) * firms.active
        total = consumers + public + abroad + intermediate
        firms.demand[:] = total / firms.size
        firms.output[:] = np.minimum(firms.demand, self.capacity(world))
        share = np.divide(firms.output, firms.demand, out=np.zeros_like(firms.output), where=firms.demand > 0)
        for sales in (consumers, public, abroad, intermediate):
            np.multiply(sales, share, out=sales)
        inputs = firms.domestic_inputs * firms.size * firms.output
        return Sales(consumers, public, abroad, intermediate, inputs, networked=False)
