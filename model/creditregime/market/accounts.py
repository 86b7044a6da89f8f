"""Accounts: every payment of the month, and what is left of a firm's equity."""

from __future__ import annotations

import numpy as np

from creditregime.acceleration import in_parts, kernel
from creditregime.codes import Lever, Payer
from creditregime.component import parameter
from creditregime.law import Margins
from creditregime.market.books import Books
from creditregime.market.loans import Lending
from creditregime.market.trade import Sales
from creditregime.population.invariants import check_margins
from creditregime.state import Floats
from creditregime.units import MONTHS
from creditregime.world import World

BUYERS = (("consumers", Payer.HOUSEHOLDS), ("public", Payer.STATE), ("abroad", Payer.WORLD))
POOR = 0.25
"""Part of the mean capital below which a firm is in distress."""


class Accounts(Lending, kind="accounts"):
    """Profit and loss, working-capital debt, tax, dividends, and a financial-credit file of its own.

    All defaults are assumptions unless a source is named.
    """

    margin: float = parameter(0.06, unit="share of revenue", ge=0, lt=1, description="profit before tax at the start")
    fixed_wages: float = parameter(
        0.5, unit="share of wages", ge=0, le=1, description="wages that follow the workforce, not the month's output"
    )
    hiring: float = parameter(
        9.0, unit="months", ge=1, description="time in which the workforce follows output up or down"
    )
    tax_rate: float = parameter(
        0.25, unit="share of profit", ge=0, le=1, description="tax", source="Enterprise Income Tax Law 2007, Art. 4"
    )
    subsidy: float = parameter(0.004, unit="share of revenue", ge=0, description="subsidy to firms in good standing")
    equity: float = parameter(
        2.5, unit="months of revenue", gt=0, description="mean capital of a firm at the start, and of a new one"
    )
    shock: float = parameter(
        0.12, unit="share of revenue", ge=0, description="standard deviation of a month's cost shock"
    )
    payout: float = parameter(
        0.10, unit="share/month", ge=0, le=1, description="part of the capital above the mean that is paid out a month"
    )
    liquidation_cost: float = parameter(
        0.0, unit="share", ge=0, lt=1, description="part of an insolvent firm's assets that its liquidation costs"
    )

    def prepare(self, world: World) -> None:
        """Draw initial capital between half and one and a half times the mean."""
        check_margins(world.economy)
        firms = world.firms
        firms.equity[:] = np.float32(self.equity) * firms.size * (np.float32(0.5) + world.draws.uniform("equity", 0))
        firms.debt[:] = np.float32(self.debt) * firms.size
        firms.profit_trend[:] = np.float32(self.margin * (1 - self.tax_rate))
        wages = world.total(self._wage_share(world) * firms.size) / world.total(firms.size)
        same = np.ones(len(world.spans))
        world.law.margins = Margins(
            contribution=self.margin + self.fixed_wages * wages,
            profit=self.margin * same,
            debt=self.debt * same,
            equity=self.equity * same,
        )
        if len(firms.taxes):  # as if the first margin had been earned for two years
            firms.taxes[1:] = np.float32(MONTHS * self.tax_rate * self.margin) * firms.size
        self.fund(world)

    def settle(self, world: World, sales: Sales, compliance: Floats, burden: Floats | None) -> None:
        """Book every payment once, with payer and payee."""
        books = Books(world)
        self._earn(world, books, sales, compliance, burden)
        self._serve(world, books)
        self._treasury(world, books)
        self._close(world, books)
        sums = books.add_up()
        world.tally["subsidies"], world.tally["taxes"] = -sums["subsidies"], sums["taxes"]
        if sales.networked:
            sums["inputs"] = sums["inputs"] - sums["firms"]  # what firms did not buy of each other
        books.book(sums)
        world.firms.costs[:] = 0  # what is incurred after the settlement is paid with next month's

    def found(self, world: World, rows: np.ndarray) -> None:
        """Let households put in the capital of new firms."""
        firms = world.firms
        firms.equity[rows] = np.float32(self.equity) * firms.size[rows]
        firms.profit_trend[rows] = np.float32(self.margin * (1 - self.tax_rate))
        world.pay_rows(Payer.HOUSEHOLDS, Payer.FIRMS, rows, firms.equity[rows])
        self.fund_new(world, rows)

    def compensate(self, world: World, rows: np.ndarray, amount: Floats) -> None:
        """Add the state's payment to the firms' capital."""
        world.pay_rows(Payer.STATE, Payer.FIRMS, rows, amount)
        np.add.at(world.firms.equity, rows, amount)
        world.count("compensation", rows, amount)

    def wind_up(self, world: World, rows: np.ndarray) -> None:
        """Repay banks as far as the assets go (with suppliers, they bear the rest), then the owners."""
        firms = world.firms
        self.share_losses(world, rows)
        assets = firms.equity[rows] + firms.debt[rows]
        if self.liquidation_cost:
            cost = np.maximum(assets, 0) * (np.float32(self.liquidation_cost) * (firms.equity[rows] < 0))
            world.pay_rows(Payer.FIRMS, Payer.HOUSEHOLDS, rows, cost)
            assets -= cost
        repaid = np.minimum(assets, firms.debt[rows])
        world.pay_rows(Payer.FIRMS, Payer.BANKS, rows, repaid)
        world.pay_rows(Payer.FIRMS, Payer.HOUSEHOLDS, rows, assets - repaid)
        lost = (firms.debt[rows] - repaid) * ~firms.overseas[rows]  # foreign banks bear what is lost abroad
        world.count("bank_losses", rows, lost)
        world.count("defaults", rows[lost > 0])
        firms.equity[rows], firms.debt[rows] = 0, 0

    def _wage_share(self, world: World) -> Floats:
        firms = world.firms
        share: Floats = 1 - np.float32(self.margin) - firms.domestic_inputs - firms.imports
        return np.maximum(share, 0)

    def _earn(self, world: World, books: Books, sales: Sales, compliance: Floats, burden: Floats | None) -> None:
        """Enter sales, inputs and what work costs; write what is left before interest as profit."""
        firms, profit = world.firms, world.firms.profit
        partner = Payer.FIRMS if sales.networked else Payer.WORLD
        for purpose, payer in (*BUYERS, ("firms", partner)):
            books.enter(purpose, payer, Payer.FIRMS, getattr(sales, purpose), at_home=True)
        books.enter("inputs", Payer.FIRMS, Payer.WORLD, sales.inputs, at_home=True)
        wages = books.column("wages", Payer.FIRMS, Payer.HOUSEHOLDS)
        imports = books.column("imports", Payer.FIRMS, Payer.WORLD)
        complying = books.column("compliance", Payer.FIRMS, Payer.HOUSEHOLDS)
        if burden is not None:
            books.enter("burden", Payer.FIRMS, Payer.HOUSEHOLDS, burden)
        books.enter("costs", Payer.FIRMS, Payer.HOUSEHOLDS, firms.costs)
        shocks = np.empty(0, np.float32)
        if self.shock:  # standard normals that become money
            shocks = world.draws.normal("shock", world.month)
            books.enter("shocks", Payer.FIRMS, Payer.HOUSEHOLDS, shocks)
        if (compiled := kernel("books", world.rows)) is not None:
            terms = (1 - np.float32(self.margin), np.float32(self.fixed_wages), np.float32(self.shock))
            sold = (sales.consumers, sales.public, sales.abroad, sales.firms, sales.inputs)
            rows = (firms.size, firms.active, firms.domestic_inputs, firms.imports, firms.staff, firms.output)
            spent = (compliance, np.empty(0, np.float32) if burden is None else burden, firms.costs)
            columns = (wages, imports, complying, shocks)
            bans = firms.levers[Lever.MANAGEMENT]
            in_parts(compiled.earn, world.rows, terms, sold, (*rows, bans), spent, columns, profit)
            return
        np.multiply(firms.imports, firms.size, out=imports)
        imports *= firms.output
        np.multiply(compliance, firms.active, out=complying)
        self._wages(world, wages)
        np.add(sales.consumers, sales.public, out=profit)
        profit += sales.abroad
        profit += sales.firms
        for amount in (sales.inputs, wages, imports, complying, burden, firms.costs):
            if amount is not None:
                profit -= amount
        if self.shock:
            shocks *= np.float32(self.shock)
            shocks *= firms.size
            shocks *= firms.active
            profit -= shocks

    def _wages(self, world: World, wages: Floats) -> None:
        """Write the wages that each firm pays."""
        firms = world.firms
        fixed = np.float32(self.fixed_wages)
        np.multiply(self._wage_share(world), firms.size, out=wages)
        wages *= fixed * firms.staff + (1 - fixed) * firms.output
        wages += firms.levers[Lever.MANAGEMENT] * firms.size
        wages *= firms.active

    def _serve(self, world: World, books: Books) -> None:
        """Enter interest, and what it costs to borrow elsewhere what measures withhold."""
        profit = world.firms.profit
        interest = self.interest(world, profit)
        books.enter("interest", Payer.FIRMS, Payer.BANKS, interest)
        profit -= interest
        if world.firms.levers[Lever.CREDIT_VOLUME].max() > 0:
            private = self.private_interest(world)
            books.enter("private_interest", Payer.FIRMS, Payer.HOUSEHOLDS, private)
            profit -= private

    def _treasury(self, world: World, books: Books) -> None:
        """Enter subsidies, less what dearer energy costs, and taxes."""
        firms, levers, profit = world.firms, world.firms.levers, world.firms.profit
        surcharge, energy = levers[Lever.INPUT_PRICE], world.economy.energy_share
        lost, added = levers[Lever.SUBSIDY], levers[Lever.TAX]
        if dearer := bool(surcharge.any()):
            subsidies = np.empty(world.rows, np.float32)
            books.note("subsidies", subsidies)
            transfer = books.column("transfers", Payer.FIRMS, Payer.STATE)
        else:
            subsidies = transfer = books.column("subsidies", Payer.FIRMS, Payer.STATE)
        tax = books.column("taxes", Payer.FIRMS, Payer.STATE)
        if (compiled := kernel("books", world.rows)) is not None:
            terms = (np.float32(self.subsidy), np.float32(self.tax_rate))
            rows = (firms.size, firms.active, firms.output, firms.sector)
            dear = (energy, surcharge if dearer else np.empty(0, np.float32))
            columns = (subsidies, transfer, tax)
            in_parts(compiled.treasury, world.rows, terms, rows, (lost, added), dear, columns, profit)
        else:
            np.maximum(np.float32(self.subsidy) - lost, 0, out=subsidies)
            subsidies *= firms.active
            subsidies *= -firms.size
            if dearer:
                np.add(subsidies, energy[firms.sector] * surcharge * firms.output * firms.size, out=transfer)
            profit -= transfer
            np.maximum(profit, 0, out=tax)
            tax *= np.clip(np.float32(self.tax_rate) + added, 0, 1)
            profit -= tax
        self.remember_tax(world, tax)

    def _close(self, world: World, books: Books) -> None:
        """Move equity, pay fines and dividends, bring debt to what banks lend, and update the credit file."""
        firms, target = world.firms, self.loan_target(world)
        books.enter("fines", Payer.FIRMS, Payer.STATE, firms.fines)
        dividends = books.column("dividends", Payer.FIRMS, Payer.HOUSEHOLDS)
        loans = books.column("loans", Payer.BANKS, Payer.FIRMS)
        if (compiled := kernel("books", world.rows)) is not None:
            terms = tuple(map(np.float32, (self.equity, self.payout, 1 / self.hiring, 1 / MONTHS, POOR)))
            rows = (firms.size, firms.output, firms.fines)
            moved = (firms.profit, firms.profit_trend, firms.equity, firms.debt, firms.staff, firms.distress)
            in_parts(compiled.close, world.rows, terms, rows, moved, target, (dividends, loans))
        else:
            firms.profit -= firms.fines
            firms.profit_trend += np.float32(1 / MONTHS) * (firms.profit / firms.size - firms.profit_trend)
            firms.equity += firms.profit
            mean = np.float32(self.equity) * firms.size
            np.maximum(firms.equity - mean, 0, out=dividends)
            dividends *= np.float32(self.payout)
            firms.equity -= dividends
            np.subtract(target, firms.debt, out=loans)
            firms.debt += loans
            firms.staff += np.float32(1 / self.hiring) * (firms.output - firms.staff)
            distressed = firms.equity < np.float32(POOR) * mean
            firms.distress += np.float32(1 / MONTHS) * (distressed - firms.distress)
        self.fund(world)
        if self.working_capital:
            contribution = world.spread(world.law.margins.contribution.astype(np.float32))
            firms.finance_cost += contribution * self.unfunded(world)
