"""Generalised-Leontief trade on the supply network, after Diem et al. 2022."""

from __future__ import annotations

from types import ModuleType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from creditregime.acceleration import in_parts, kernel
from creditregime.component import parameter
from creditregime.market.trade import Sales, Trade
from creditregime.state import Floats
from creditregime.world import World


class GeneralisedLeontief(Trade, kind="generalised_leontief"):
    """Production with essential inputs (minimum) and others (linear), one step of propagation a month.

    The production function is that of Diem, Borsos, Reisch, Kertész, Thurner 2022 (Sci. Rep. 12:7719). With
    ``rationing: initial`` a month is one iteration of their two recursions: supply levels travel down, demand levels
    travel up, neither touches the other, and there are no stocks. With ``rationing: orders`` a supplier shares what it
    makes among its present orders, so that new buyers compete with old ones; firms hold stocks of each input, produce
    from them, and order what they use and a part of what is missing from the stock (after Henriet, Hallegatte,
    Tabourier 2012, J. Econ. Dyn. Control 36:150). Replaceability is Diem et al.'s: of what a supplier fails to deliver,
    buyers miss only its share of the sector's supply; the sector's other firms sell them the rest. A part of what still
    is missing can be bought abroad at a premium: without it the exit of one large firm can stop the whole economy.
    """

    rationing: Literal["orders", "initial"] = parameter(
        "orders", unit="-", description="supply is relative to present orders, or to initial output"
    )
    replaceability: Literal["market_share", "none"] = parameter(
        "market_share", unit="-", description="whether a sector's other firms replace what a supplier fails to deliver"
    )
    stocks: float = parameter(
        2.5, unit="months of use", ge=1, description="orders: stock of each input that firms aim at; 1 is no reserve"
    )
    imported: float = parameter(
        0.6, unit="share", ge=0, le=1, description="orders: part of missing inputs that can be bought abroad at once"
    )
    import_premium: float = parameter(
        0.2, unit="share of price", ge=0, description="orders: what inputs bought abroad at once cost more"
    )
    restock: float = parameter(6.0, unit="months", ge=1, description="orders: time in which a gap in stocks is filled")

    def prepare(self, world: World) -> None:
        """Fill the stocks."""
        world.network.stock[:] = self.stocks

    def trade(self, world: World) -> Sales:
        """Orders up, goods down."""
        plan, scale = self._plan(world, self.capacity(world))
        sales = (*self.final_demand(world), self._ordered(world, plan, scale))
        inputs = self._receive(world, plan, *self._sell(world, plan, scale, sales))
        return Sales(*sales, inputs)

    def _plan(self, world: World, capacity: Floats) -> tuple[Floats, Floats]:
        """Write what firms can deliver; return the level at which they order without stocks, and their size, (N,) each.

        That level is last month's demand, and a part of a stock; the size is 0 for those that are gone.
        """
        firms, reserve = world.firms, np.float32(self.stocks / self.restock if self.rationing == "orders" else 0)
        if (sales := kernel("sales", world.rows)) is not None:
            rows = (firms.demand, firms.inputs, firms.size, firms.active)
            return sales.plan(capacity, *rows, reserve, firms.supply)  # type: ignore[no-any-return]
        np.minimum(capacity, firms.inputs, out=firms.supply)
        plan = np.minimum(firms.demand, capacity)
        plan += reserve
        return plan, firms.size * firms.active

    def _level(self, plan: Floats, stock: Floats) -> Floats:
        """Return the level at which input groups order, given their buyers' plans and their stocks, (n,)."""
        if self.rationing == "initial":
            return plan
        level = plan - stock * self._pace
        np.maximum(level, 0, out=level)
        return level

    @property
    def _pace(self) -> np.float32:
        """The part of the gap in a stock that is ordered a month."""
        return np.float32(1 / self.restock)

    def _levels(self, world: World, plan: Floats) -> Floats:
        """Return the level at which each input group orders, (G,)."""
        network = world.network
        return self._level(plan[network.walk[1]], network.stock)

    def _kernel(self, world: World, name: str) -> ModuleType | None:
        return kernel(name, world.rows) if self.rationing == "orders" else None

    def _ordered(self, world: World, plan: Floats, scale: Floats) -> Floats:
        """Return what is ordered of each firm, (N,) money, given the plans of all firms and their sizes."""
        network = world.network
        if (flows := self._kernel(world, "flows")) is not None:
            total = np.zeros(world.rows, np.float32)
            links = (network.unsigned.supplier, network.weight)
            flows.order(plan, scale, self._pace, network.stock, links, network.walk, total)
            return total
        return network.from_groups(self._levels(world, plan) * scale[network.walk[1]])

    def _sell(
        self, world: World, plan: Floats, scale: Floats, sales: tuple[Floats, Floats, Floats, Floats]
    ) -> tuple[Floats, Floats]:
        """Write output, and turn the demand of consumers, state, abroad and firms into what is sold to them, (N,) each.

        Return the part of each supplier's deliveries that arrives, and the part that others deliver in place of a
        supplier that is gone, (N,) each.
        """
        firms, ordered, missed = world.firms, sales[-1], self._missed(world)
        idle = self._idle_orders(world, plan, scale, missed)
        if (kernels := self._kernel(world, "sales")) is not None:
            rows = (firms.size, firms.active, firms.supply, firms.demand, firms.output)
            return kernels.sell(sales, missed, idle, rows, world.market())  # type: ignore[no-any-return]
        ordered *= firms.active
        wanted = ordered + sales[0]
        wanted += sales[1]
        wanted += sales[2]
        np.divide(wanted, firms.size, out=firms.demand)
        np.minimum(firms.demand, firms.supply, out=firms.output)
        delivered = np.divide(firms.output, firms.demand, out=np.zeros_like(wanted), where=firms.demand > 0)
        spot, missed = self._spot(world, ordered, delivered, missed, idle)
        for sold in sales:
            np.multiply(sold, delivered, out=sold)
        ordered += spot
        return 1 - missed * (1 - delivered), 1 - missed

    def _missed(self, world: World) -> Floats:
        """Return the share of a supplier's shortfall that others cannot replace: min(1, s / Σ s h of its sector)."""
        firms = world.firms
        if self.replaceability == "none":
            return np.ones(world.rows, np.float32)
        market = world.market()
        if (sales := kernel("sales", world.rows)) is not None:
            return sales.missed(firms.size, firms.supply, market, world.markets)
        supply = world.by_market(firms.size * np.minimum(firms.supply, 1))[market]
        return np.minimum(firms.size / np.maximum(supply, 1e-30), 1).astype(np.float32)

    def _idle_orders(self, world: World, plan: Floats, scale: Floats, missed: Floats) -> NDArray[np.float64]:
        """Return by market what is asked for in place of suppliers that left or were dropped, (J × S,) money."""
        network = world.network
        links, carried, groups = network.idle
        if (sales := self._kernel(world, "sales")) is not None:
            orders = (plan, scale, network.stock, self._pace)
            markets = (network.unsigned.supplier, world.market(), world.markets)
            return sales.idle_orders(tuple(network.idle), network.walk[1], *orders, missed, *markets)  # type: ignore[no-any-return]
        supplier, buyers = network.supplier[links], network.searching()
        value = carried * (self._level(plan[buyers], network.stock[groups]) * scale[buyers])
        value *= 1 - missed[supplier]
        return world.by_market(value, supplier)

    def _receive(self, world: World, plan: Floats, through: Floats, unmissed: Floats) -> Floats:
        """Write the level that inputs allow next month; return what was paid for them, (N,) money."""
        firms, network = world.firms, world.network
        if (flows := self._kernel(world, "flows")) is not None:
            return self._receive_compiled(world, flows, plan, through, unmissed)
        level = self._levels(world, plan)
        received = self._arriving(world, through, unmissed)
        value = self._with_imports(world, received)
        value *= level
        received *= level
        paid = network.sum_groups(value)
        paid *= firms.size
        paid *= firms.active
        if self.rationing == "orders":
            received /= network.required
            stock = network.stock
            stock -= firms.output[network.walk[1]]
            np.maximum(stock, 0, out=stock)
            stock += received
            firms.inputs[:] = self._bound(world, stock, self.headroom)
        else:
            arriving = self._arriving(world, 1 - self._missed(world) * (1 - firms.supply), unmissed)
            arriving /= network.required
            firms.inputs[:] = self._bound(world, arriving, 1.0)
        return paid

    def _receive_compiled(
        self, world: World, flows: ModuleType, plan: Floats, through: Floats, unmissed: Floats
    ) -> Floats:
        firms, network = world.firms, world.network
        paid = np.empty(world.rows, np.float32)
        terms = (self._pace, *map(np.float32, (self.imported, self.import_premium, self.headroom)))
        rows = (plan, firms.size, firms.active, firms.output, firms.domestic_inputs, paid, firms.inputs)
        last, buyers = network.walk
        _, supplier, group_pointer, firm_groups = network.unsigned
        links = (group_pointer, last, supplier, network.weight)
        groups = (firm_groups, buyers, network.required, network.stock, network.kind)
        in_parts(flows.receive, world.rows, through, unmissed, terms, rows, links, groups, tuple(network.idle))
        return paid

    def _with_imports(self, world: World, arriving: Floats) -> Floats:
        """Add to what arrives what is bought abroad at once; return the price of both, (G,) at one unit of output."""
        if self.rationing == "initial" or not self.imported:
            return arriving.copy()
        abroad = world.network.required - arriving
        abroad *= np.float32(self.imported)
        arriving += abroad
        abroad *= np.float32(self.import_premium)
        abroad += arriving
        return abroad

    def _arriving(self, world: World, through: Floats, unmissed: Floats) -> Floats:
        """Return the input value of each group, at one unit of output, that its own suppliers or others deliver."""
        network = world.network
        arriving = network.to_groups(through)
        idle = network.idle
        np.add.at(arriving, idle.groups, idle.carried * unmissed[network.supplier[idle.links]])
        return arriving

    def _spot(
        self, world: World, ordered: Floats, delivered: Floats, missed: Floats, idle: NDArray[np.float64]
    ) -> tuple[Floats, Floats]:
        """Return what each firm sells in place of others of its sector, (N,) money, and what buyers still miss, (N,).

        What a sector can sell on the spot is what its firms could make beyond their own orders; with rationing
        ``initial`` there is no such limit, as in Diem et al. The sales are added to output. `idle` is by market what is
        asked for in place of suppliers who left.
        """
        firms, market = world.firms, world.market()
        if self.replaceability == "none":
            return np.zeros(world.rows, np.float32), missed
        short = np.flatnonzero(delivered < 1)
        undelivered = ordered[short] * (1 - delivered[short]) * (1 - missed[short])
        wanted = world.by_market(undelivered, short) + idle
        able = np.minimum(firms.supply, 1) if self.rationing == "initial" else firms.supply - firms.output
        able = np.maximum(able, 0) * firms.size
        supply = world.by_market(able)
        share = np.divide(wanted, supply, out=np.zeros_like(wanted), where=supply > 0)
        if self.rationing == "orders":
            met = np.divide(1, share, out=np.ones_like(share), where=share > 1) * (supply > 0)
            missed = 1 - (1 - missed) * met.astype(np.float32)[market]
            share = np.minimum(share, 1)
        spot = able * share.astype(np.float32)[market]
        firms.output += spot / firms.size
        return spot, missed

    def _bound(self, world: World, level: Floats, most: float) -> Floats:
        """Return the level of output that the available levels of inputs allow, (N,), at most `most`."""
        network = world.network
        bound = network.least_essential(level, most)
        loss = network.missing_linear(level, most)
        loss /= np.maximum(world.firms.domestic_inputs, np.float32(1e-30))
        np.subtract(np.float32(most), loss, out=loss)
        np.minimum(bound, loss, out=bound)
        return np.maximum(bound, 0)
