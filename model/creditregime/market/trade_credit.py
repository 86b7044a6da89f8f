"""Trade credit: what suppliers let buyers owe them, by trade so far and by the public grade."""

from __future__ import annotations

import numpy as np

from creditregime.component import parameter
from creditregime.market.credit_file import CreditFile
from creditregime.state import Floats
from creditregime.units import MONTHS
from creditregime.world import World


class TradeCredit(CreditFile):
    """Common part of the rules under which suppliers deliver on open account.

    A supplier lets a buyer owe it `trade_credit` months of deliveries, times the chance p that the buyer pays as the
    supplier sees it. That chance is the mean of a Beta distribution: every month of trade on the link is one payment
    kept, and the public grade counts as `grade_worth` months in which the share s of payments was kept,

        p = (grade_worth · s + months) / (grade_worth + months),

    where s is the share of the grades at or below which the buyer stands, and `stranger` where it has no grade. Firms
    that are owed finance it by bank loans, and those that owe need fewer. A buyer that leaves insolvent pays banks and
    suppliers the same share of what it owes.
    """

    trade_credit: float = parameter(
        0.0,
        unit="months of purchases",
        ge=0,
        le=24,
        description="what suppliers let a fully trusted buyer owe; 0 is no trade credit",
        source="that trade credit follows the public grade, most where there is no history of trade: Zhao et al. 2025,"
        " Fan et al. 2023; the size is an assumption",
        standing="real",
    )
    grade_worth: float = parameter(
        12.0, unit="months of trade", ge=0, le=1200, description="how much evidence the public grade is to a supplier"
    )
    stranger: float = parameter(
        0.5, unit="share", ge=0, le=1, description="what takes the place of the grade of a buyer that has none"
    )
    trade_before: float = parameter(
        36.0, unit="months", ge=0, le=1200, description="trade that links of the start have behind them"
    )

    def trust(self, world: World) -> Floats:
        """Return the chance that the buyer pays as its supplier sees it, (L,); whether links are active or not."""
        network, prior = world.network, np.float32(self.grade_worth)
        months = world.month - np.maximum(network.since, 0).astype(np.float32)
        months[network.since < 0] += np.float32(self.trade_before)
        seen = np.repeat(self.standing(world), np.diff(network.pointer))
        evidence = prior + months
        stranger = np.full(len(months), self.stranger, np.float32)  # for whom there is neither grade nor history
        kept: Floats = np.divide(prior * seen + months, evidence, out=stranger, where=evidence > 0)
        return kept

    def standing(self, world: World) -> Floats:
        """Return what the grade says of each firm, (N,): 0 (lowest) to 1 (best), `stranger` where there is none."""
        law, firms = world.law, world.firms
        if not law.best:
            return np.full(world.rows, self.stranger, np.float32)
        seen = np.minimum(firms.grade[self.loan_file(world)] / np.float32(law.best), 1).astype(np.float32)
        without = ~world.rated() | (firms.grade[self.loan_file(world)] > law.best)  # above the best one: not rated
        if law.partial:
            without = without | ~firms.rated
        seen[without] = self.stranger
        return seen

    def loan_file(self, world: World) -> int:
        """Return the file in which lenders read the grade."""
        raise NotImplementedError(f"{type(self).__name__} does not say which grade lenders read")

    def owed(self, world: World) -> Floats:
        """Return what is owed over each link at the end of the month, (L,) money."""
        network, firms = world.network, world.firms
        bought = np.repeat(firms.size * firms.output, np.diff(network.pointer))
        bought *= network.weight
        bought *= np.float32(self.trade_credit)
        bought *= self.trust(world)
        return bought

    def balance(self, world: World) -> Floats:
        """Return what each firm owes its suppliers less what its buyers owe it, (N,) money."""
        owed, network = self.owed(world), world.network
        payable = np.bincount(network.buyers_of(np.arange(len(owed))), owed, world.rows)
        world.tally["trade_credit"] = world.total(payable)
        balance: Floats = (payable - np.bincount(network.supplier, owed, world.rows)).astype(np.float32)
        return balance

    def price_trade_credit(self, world: World) -> None:
        """Write what each grade saves in interest on a link as old as those of the start, at average purchases."""
        law, firms = world.law, world.firms
        evidence = self.grade_worth + self.trade_before
        if not (self.trade_credit and law.best and evidence):
            return
        bought = world.total(firms.domestic_inputs * firms.size) / world.total(firms.size)
        weight = self.grade_worth / evidence * self.trade_credit * self.base_rate / MONTHS
        share = np.minimum(np.arange(len(law.grades)) / law.best, 1)
        law.grade_cost[:, self.loan_file(world)] -= (weight * bought[:, None] * share).astype(np.float32)

    def share_losses(self, world: World, rows: np.ndarray) -> None:
        """Let suppliers bear their part of what insolvent firms cannot pay: equity moves from them to those firms."""
        firms, network = world.firms, world.network
        broke = rows[firms.equity[rows] < 0]
        if not self.trade_credit or not len(broke):
            return
        links = network.links_of(broke)
        buyer = network.buyers_of(links)
        owed = self.owed(world)[links]
        payable = np.bincount(buyer, owed, world.rows)
        # Claims are debt and payables; what is missing to serve them is the negative equity, at most all of them.
        claims = firms.debt[broke] + payable[broke]
        missing = np.zeros(world.rows)
        np.divide(-firms.equity[broke], claims, out=claims, where=claims > 0)
        missing[broke] = np.minimum(claims, 1)
        lost = (owed * missing[buyer]).astype(np.float32)
        suppliers = network.supplier[links]
        np.subtract.at(firms.equity, suppliers, lost)
        np.add.at(firms.loss_finance, suppliers, lost / (np.float32(MONTHS) * firms.size[suppliers]))
        np.add.at(firms.equity, buyer, lost)
        world.count("trade_credit_lost", buyer, lost)
