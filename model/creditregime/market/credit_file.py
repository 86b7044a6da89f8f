"""The financial-credit file: what banks know of a firm, what they charge for it, and who misses a payment."""

from __future__ import annotations

from typing import Literal

import numpy as np

from creditregime.acceleration import in_parts, kernel
from creditregime.codes import Event, Lever
from creditregime.component import parameter
from creditregime.market.finance import Finance
from creditregime.state import Floats
from creditregime.units import MONTHS
from creditregime.world import World


class CreditFile(Finance):
    """Common part of the rules under which banks keep a file of each firm and price debt by it.

    In the file stands the firm's distress, the smoothed time with little capital. Kept ``separate``, the social grade
    reaches banks only through measures. ``merged``, one file holds both: a firm is blemished so far as it is distressed
    or its social grade is below the best, 1 − (1 − distress)(1 − w · shortfall), where the shortfall is the share of
    the grades above the one that it holds (the mean over files where each topic has its own).
    """

    base_rate: float = parameter(0.05, unit="1/year", ge=0, description="interest")
    file_spread: float = parameter(
        0.03, unit="1/year", ge=0, description="spread at a full history of distress in the financial-credit file"
    )
    file: Literal["separate", "merged"] = parameter(
        "separate",
        unit="-",
        description="financial and social credit in two files, or in one that prices debt",
        source="the central bank's financial-credit registry is kept apart from public credit information",
        standing="real",
    )
    social_weight: float = parameter(
        1.0, unit="-", ge=0, le=1, description="merged: the lowest grade's weight relative to full distress"
    )
    missed_interest: bool = parameter(
        False, unit="-", description="firms without the money for interest miss it, and the default enters the file"
    )
    own_funds: float = parameter(
        0.2, unit="share of equity", ge=0, le=1, description="part of the capital that a firm can pay with at once"
    )

    def blemish(self, world: World) -> Floats:
        """Return how bad each firm's file is, (N,) in [0, 1]."""
        if self.file == "separate":
            return world.firms.distress
        shortfall = social_shortfall(world)
        shortfall *= np.float32(self.social_weight)
        return 1 - (1 - world.firms.distress) * (1 - shortfall)

    def interest(self, world: World, funds: Floats) -> Floats:
        """Return the interest that each firm pays this month, (N,) money; `funds` is its profit so far.

        What it pays for its file is written to ``finance_cost``. What a measure adds is the cost of that measure.
        """
        firms, blemish, added = world.firms, self.blemish(world), world.firms.levers[Lever.CREDIT_SPREAD]
        compiled = None if self.missed_interest else kernel("books", world.rows)
        if compiled is not None:
            paid, terms = np.empty(world.rows, np.float32), (self.base_rate, self.file_spread, MONTHS)
            rows = (blemish, added, firms.debt, firms.size)
            in_parts(compiled.interest, world.rows, tuple(map(np.float32, terms)), *rows, paid, firms.finance_cost)
            self._tell_spread(world, paid)
            return paid
        spread = np.float32(self.file_spread) * blemish
        rate = np.float32(self.base_rate) + spread
        rate += added
        np.maximum(rate, 0, out=rate)
        rate *= firms.debt
        rate /= MONTHS
        self._tell_spread(world, rate)
        if self.missed_interest:
            self._miss(world, rate, funds)
        firms.finance_cost[:] = np.minimum(spread * firms.debt / MONTHS, rate) / firms.size  # at most what was paid
        return rate

    def _tell_spread(self, world: World, interest: Floats) -> None:
        """Keep the mean rate a year above the base rate."""
        due, owed = world.totals_of((interest, world.firms.debt))
        yearly = np.divide(MONTHS * due, owed, out=np.full_like(owed, self.base_rate), where=owed > 0)
        world.tally["spread"] = yearly - self.base_rate

    def liquid(self, world: World) -> Floats:
        """Return the money that each firm can pay with at once, (N,)."""
        return np.maximum(world.firms.equity, 0) * np.float32(self.own_funds)

    def _miss(self, world: World, interest: Floats, funds: Floats) -> None:
        """Strike off the interest of firms that cannot pay it: banks lose it, and the file remembers."""
        rows = np.flatnonzero((interest > funds + self.liquid(world)) & (interest > 0))
        world.count("bank_losses", world.at_home(rows), interest[world.at_home(rows)])
        world.count("defaults", world.at_home(rows))
        world.log(Event.DEFAULTED, rows)
        interest[rows] = 0
        world.firms.distress[rows] = 1


def social_shortfall(world: World) -> Floats:
    """Return the share of the grades that stand above each firm's, (N,), the mean over files; 0 overseas."""
    best = world.law.best
    if not best:
        return np.zeros(world.rows, np.float32)
    shortfall = np.maximum(1 - world.firms.grade.mean(axis=0, dtype=np.float32) / np.float32(best), 0)
    if world.law.partial:
        shortfall *= world.firms.rated
    if world.abroad is not None:
        shortfall[world.abroad.rows] = 0
    return shortfall
