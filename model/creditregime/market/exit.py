"""Exit: who leaves, why, and what brought it about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import OWNERSHIPS, Attribution, Event, ExitCause, Lever
from creditregime.component import Rule, parameter
from creditregime.market.finance import Finance
from creditregime.market.partners import drop
from creditregime.state import NEVER, Bytes, Rows
from creditregime.units import MONTHS, monthly
from creditregime.world import World

LOSSES = ("loss_own", "loss_associated", "loss_suppliers", "loss_buyers", "loss_finance")
"""What is remembered of a firm's losses, in the order of `Attribution` after the background."""


class Exit(Rule, family="exit"):
    """Family of exit rules."""

    def leave(self, world: World, finance: Finance) -> None:
        """Take firms out of business."""


class NoExit(Exit, kind="none"):
    """Nobody leaves, solvent or not."""


class StandardExit(Exit, kind="standard"):
    """Insolvency, revocation, a foreign owner's better option elsewhere, and exit for reasons outside the model.

    An exit is attributed to the largest of five smoothed losses (sanctions for own acts, sanctions through
    association, output lost for want of inputs, output lost for want of orders, finance) if that loss is at least
    ``attribution_floor``; else, and for exits for outside reasons, to the background. Finance is what banks charge for
    the firm's file, output lost for want of funds, and what buyers that failed still owed. What measures do to credit
    is the cost of a sanction.
    """

    background: float = parameter(
        0.03, unit="probability/year", ge=0, lt=1, description="exit, at mean size, for reasons outside the model"
    )
    size_elasticity: float = parameter(
        -0.25,
        unit="-",
        ge=-2,
        le=0,
        description="how background exit falls with initial revenue",
        source="sign: Dunne, Roberts, Samuelson 1989, QJE 104:671; size is an assumption",
    )
    insolvency: bool = parameter(True, unit="-", description="firms without equity leave")
    revocation: bool = parameter(True, unit="-", description="licences can be revoked")
    outside_option: float = parameter(
        0.02, unit="share of revenue", ge=-1, le=1, description="profit that a foreign owner could make elsewhere"
    )
    voluntary: float = parameter(
        0.3,
        unit="probability/year",
        ge=0,
        lt=1,
        description="chance that a foreign firm leaves in a year in which its smoothed profit is below that",
    )
    attribution_floor: float = parameter(
        0.01, unit="share of revenue", ge=0, description="smallest smoothed loss to which an exit is attributed"
    )

    def leave(self, world: World, finance: Finance) -> None:
        """Determine causes, attribute them, wind up, and clear the rows."""
        self._remember_losses(world)
        cause = self._causes(world)
        rows = np.flatnonzero(cause)
        if not len(rows):
            return
        take_out(world, finance, rows, cause[rows], self._attribute(world, rows, cause[rows]))

    def _causes(self, world: World) -> NDArray[np.uint8]:
        firms = world.firms
        cause = np.zeros(world.rows, np.uint8)
        draws = world.draws.uniform("leave", world.month)
        chance = np.minimum(monthly(self.background) * firms.size ** np.float32(self.size_elasticity), 1)
        cause[draws < chance] = ExitCause.BACKGROUND
        if self.voluntary:
            foreign = firms.ownership == OWNERSHIPS.index("foreign")
            if world.abroad is not None:
                foreign &= ~firms.overseas
            poor = firms.profit_trend < np.float32(self.outside_option)
            cause[foreign & poor & (1 - draws <= np.float32(monthly(self.voluntary)))] = ExitCause.VOLUNTARY
        cause[world.emigrants] = ExitCause.RELOCATED
        if self.revocation and firms.levers[Lever.REVOCATION].any():
            chance = np.clip(firms.levers[Lever.REVOCATION], 0, 1) / MONTHS
            cause[world.draws.uniform("revoke", world.month) < chance] = ExitCause.REVOKED
        if self.insolvency:
            cause[firms.equity < 0] = ExitCause.INSOLVENCY
        cause *= firms.active
        return cause

    def _remember_losses(self, world: World) -> None:
        """Smooth the losses over about a year."""
        firms = world.firms
        pace = np.float32(1 / MONTHS)
        contribution = world.spread(world.law.margins.contribution.astype(np.float32))
        for memory, cost in (
            (firms.loss_own, firms.sanction_cost + firms.fines / firms.size),
            (firms.loss_associated, firms.associated_cost),
            (firms.loss_suppliers, contribution * np.maximum(1 - firms.inputs, 0)),
            (firms.loss_buyers, contribution * np.maximum(1 - firms.demand, 0)),
            (firms.loss_finance, firms.finance_cost),
        ):
            np.add(memory, pace * (cost - memory), out=memory)

    def _attribute(self, world: World, rows: NDArray[np.int64], cause: NDArray[np.uint8]) -> NDArray[np.uint8]:
        firms = world.firms
        losses = np.stack([getattr(firms, name)[rows] for name in LOSSES])
        attribution = (1 + losses.argmax(axis=0)).astype(np.uint8)
        attribution[losses.max(axis=0) < self.attribution_floor] = Attribution.BACKGROUND
        revoked = cause == ExitCause.REVOKED
        by_own_act = firms.sanction_cost[rows] >= firms.associated_cost[rows]
        attribution[revoked & by_own_act] = Attribution.OWN_SANCTIONS
        attribution[revoked & ~by_own_act] = Attribution.ASSOCIATED_SANCTIONS
        attribution[cause == ExitCause.BACKGROUND] = Attribution.BACKGROUND
        return attribution


def take_out(world: World, finance: Finance, rows: Rows, cause: Bytes, attribution: Bytes) -> None:
    """Log and count the exits of some rows, wind the firms up, and clear the rows."""
    world.log(Event.EXITED, rows, cause, attribution)
    for code in ExitCause:
        if code:
            world.count(f"exits_{code.name.lower()}", rows[cause == code])
    for item in Attribution:
        world.count(f"exits_by_{item.name.lower()}", rows[attribution == item])
    finance.wind_up(world, rows)
    _clear(world, rows)


def _clear(world: World, rows: NDArray[np.int64]) -> None:
    """Take the firms out of business: they lose all links, and their records count for nobody."""
    firms, network = world.firms, world.network
    firms.active[rows] = False
    drop(world, network.links_to(rows))
    firms.born[rows] = world.month + 1  # so that no record of the firm that left is counted off again
    network.disconnect(network.links_of(rows))
    for name in ("violation", "live", "listing", "found", "inspected", "complaint", "levers"):
        getattr(firms, name)[..., rows] = 0
    for name in ("demand", "supply", "output", "inputs", "profit", "costs"):
        getattr(firms, name)[rows] = 0
    for name in ("sanction_cost", "associated_cost", "finance_cost"):
        getattr(firms, name)[rows] = 0
    firms.listed_since[:, rows] = NEVER
    firms.delisted[rows] = NEVER
