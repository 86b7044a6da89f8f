"""Exit: who leaves, why, and what brought it about."""

from __future__ import annotations

import numpy as np

from creditregime.acceleration import in_parts, kernel
from creditregime.codes import OWNERSHIPS, Attribution, Event, ExitCause, Lever
from creditregime.component import Rule, parameter
from creditregime.market.finance import Finance
from creditregime.market.partners import drop
from creditregime.state import NEVER, Bytes, Floats, Rows
from creditregime.units import MONTHS, monthly
from creditregime.world import World

LOSSES = ("loss_own", "loss_associated", "loss_suppliers", "loss_buyers", "loss_finance")
"""What is remembered of a firm's losses, in the order of `Attribution` after the background."""
EXITS = tuple(f"exits_{cause.name.lower()}" for cause in ExitCause if cause)
"""Names of the tallies of exits by cause, in the order of `ExitCause` after none."""
EXITS_BY = tuple(f"exits_by_{item.name.lower()}" for item in Attribution)
"""Names of the tallies of exits by attribution."""


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
        rows, cause = self._causes(world)
        if len(rows):
            take_out(world, finance, rows, cause, self._attribute(world, rows, cause))

    def _causes(self, world: World) -> tuple[Rows, Bytes]:
        """Return who leaves, and why: of several causes the last one."""
        firms, cause = world.firms, np.zeros(world.rows, np.uint8)
        draws = world.draws.uniform("leave", world.month)
        cause[self._for_other_reasons(world, draws)] = ExitCause.BACKGROUND
        if self.voluntary:
            cause[self._better_elsewhere(world, draws)] = ExitCause.VOLUNTARY
        cause[world.emigrants] = ExitCause.RELOCATED
        if self.revocation:
            cause[self._revoked(world)] = ExitCause.REVOKED
        if self.insolvency:
            cause[(firms.equity < 0).nonzero()[0]] = ExitCause.INSOLVENCY
        rows = (cause != 0).nonzero()[0]
        rows = rows[firms.active[rows]]
        return rows, cause[rows]

    def _for_other_reasons(self, world: World, draws: Floats) -> Rows:
        """Return who leaves in the background: the chance is computed for those whom the largest one would reach."""
        size, elasticity = world.firms.size, np.float32(self.size_elasticity)
        most = monthly(self.background) * np.float32(world.once("least size", size.min)) ** elasticity
        rows = (draws < np.float32(1.001 * most)).nonzero()[0]  # a little more: powers are rounded
        chance = monthly(self.background) * size[rows] ** elasticity
        return rows[draws[rows] < chance]

    def _better_elsewhere(self, world: World, draws: Floats) -> Rows:
        """Return the foreign firms that look for something better this month, and find it abroad."""
        firms = world.firms
        rows = (1 - draws <= np.float32(monthly(self.voluntary))).nonzero()[0]
        rows = world.at_home(rows[firms.ownership[rows] == OWNERSHIPS.index("foreign")])
        return rows[firms.profit_trend[rows] < np.float32(self.outside_option)]

    def _revoked(self, world: World) -> Rows:
        """Return the firms that lose their licence."""
        chance = world.firms.levers[Lever.REVOCATION]
        rows = (chance > 0).nonzero()[0]
        if not len(rows):
            return rows
        return rows[world.draws.at(rows, "revoke", world.month) < np.minimum(chance[rows], 1) / MONTHS]

    def _remember_losses(self, world: World) -> None:
        """Smooth the losses over about a year."""
        firms, pace = world.firms, np.float32(1 / MONTHS)
        contribution = world.law.margins.contribution.astype(np.float32)
        if (losses := kernel("losses", world.rows)) is not None:
            memories = tuple(getattr(firms, name) for name in LOSSES)
            own = (firms.sanction_cost, firms.fines, firms.size)
            costs = (*own, firms.associated_cost, firms.inputs, firms.demand, firms.finance_cost)
            in_parts(losses.remember, world.rows, memories, costs, contribution, pace, world.starts)
            return
        contribution = world.spread(contribution)
        for memory, cost in (
            (firms.loss_own, firms.sanction_cost + firms.fines / firms.size),
            (firms.loss_associated, firms.associated_cost),
            (firms.loss_suppliers, contribution * np.maximum(1 - firms.inputs, 0)),
            (firms.loss_buyers, contribution * np.maximum(1 - firms.demand, 0)),
            (firms.loss_finance, firms.finance_cost),
        ):
            np.add(memory, pace * (cost - memory), out=memory)

    def _attribute(self, world: World, rows: Rows, cause: Bytes) -> Bytes:
        firms = world.firms
        losses = np.array([getattr(firms, name)[rows] for name in LOSSES])
        attribution: Bytes = (1 + losses.argmax(axis=0)).astype(np.uint8)
        attribution[losses.max(axis=0) < self.attribution_floor] = int(Attribution.BACKGROUND)
        revoked = (cause == int(ExitCause.REVOKED)).nonzero()[0]
        by_own_act = firms.sanction_cost[rows[revoked]] >= firms.associated_cost[rows[revoked]]
        reason = np.where(by_own_act, int(Attribution.OWN_SANCTIONS), int(Attribution.ASSOCIATED_SANCTIONS))
        attribution[revoked] = reason
        attribution[cause == int(ExitCause.BACKGROUND)] = int(Attribution.BACKGROUND)
        return attribution


def take_out(world: World, finance: Finance, rows: Rows, cause: Bytes, attribution: Bytes) -> None:
    """Log and count the exits of some rows, wind the firms up, and clear the rows."""
    world.log(Event.EXITED, rows, cause, attribution)
    world.count_codes(EXITS, rows, cause - np.uint8(1))
    world.count_codes(EXITS_BY, rows, attribution)
    finance.wind_up(world, rows)
    _clear(world, rows)


def _clear(world: World, rows: Rows) -> None:
    """Take the firms out of business: they lose all links, and their records count for nobody."""
    firms, network = world.firms, world.network
    firms.active[rows] = False
    drop(world, network.links_to(rows), silently=network.links_of(rows))
    firms.born[rows] = world.month + 1  # so that no record of the firm that left is counted off again
    tables = (firms.violation, firms.live, firms.listing, firms.found, firms.inspected, firms.complaint, firms.levers)
    if (columns := kernel("columns", world.rows)) is not None:
        columns.clear(tuple(table.reshape(-1, world.rows) for table in tables), rows)
    else:
        for table in tables:
            table[..., rows] = 0
    for name in ("demand", "supply", "output", "inputs", "profit", "costs"):
        getattr(firms, name)[rows] = 0
    for name in ("sanction_cost", "associated_cost", "finance_cost"):
        getattr(firms, name)[rows] = 0
    firms.listed_since[:, rows] = NEVER
    firms.delisted[rows] = NEVER
