"""The family of settlement rules: who pays whom, and what is left of a firm's equity."""

from __future__ import annotations

import numpy as np

from creditregime.component import Rule
from creditregime.market.trade import Sales
from creditregime.state import Floats
from creditregime.world import World


class Finance(Rule, family="finance"):
    """Family of settlement rules."""

    def prepare(self, world: World) -> None:
        """Set the first balance sheets, and the averages with which firms price consequences."""

    def enact(self, world: World) -> None:
        """Add to the law's table of prices what each grade costs a firm through banks (measures are priced before)."""

    def settle(self, world: World, sales: Sales, compliance: Floats, burden: Floats | None) -> None:
        """Move the month's money: book it in the ledger, and move equity and debt."""
        world.firms.costs[:] = 0

    def found(self, world: World, rows: np.ndarray) -> None:
        """Give new firms their capital."""

    def compensate(self, world: World, rows: np.ndarray, amount: Floats) -> None:
        """Let the state pay firms for a wrong; a row may occur more than once."""

    def wind_up(self, world: World, rows: np.ndarray) -> None:
        """Settle the balance sheets of firms that leave."""


class NoFinance(Finance, kind="none"):
    """Money is not followed; nobody becomes insolvent."""
