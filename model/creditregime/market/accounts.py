"""Accounts: every payment of the month, and what is left of a firm's equity."""

from __future__ import annotations

import numpy as np

from creditregime.codes import Lever, Payer
from creditregime.component import parameter
from creditregime.law import Margins
from creditregime.market.loans import Lending
from creditregime.market.trade import Sales
from creditregime.population.invariants import check_margins
from creditregime.state import Floats
from creditregime.units import MONTHS
from creditregime.world import World


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
        firms = world.firms
        profit = self._sell(world, sales)
        self._pay(world, profit, Payer.HOUSEHOLDS, self._wages(world))
        self._pay(world, profit, Payer.WORLD, firms.imports * firms.size * firms.output)
        self._pay(world, profit, Payer.HOUSEHOLDS, compliance * firms.active)
        if burden is not None:
            self._pay(world, profit, Payer.HOUSEHOLDS, burden)
        self._pay(world, profit, Payer.HOUSEHOLDS, firms.costs)
        firms.costs[:] = 0  # what is incurred after the settlement is paid with next month's
        self._pay(world, profit, Payer.HOUSEHOLDS, self._shocks(world))
        self._pay(world, profit, Payer.BANKS, self.interest(world, profit))
        if world.firms.levers[Lever.CREDIT_VOLUME].any():
            self._pay(world, profit, Payer.HOUSEHOLDS, self.private_interest(world))
        self._treasury(world, profit)
        self._pay(world, profit, Payer.STATE, firms.fines)
        self._close(world, profit)

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

    def _wages(self, world: World) -> Floats:
        firms = world.firms
        fixed = np.float32(self.fixed_wages)
        wages = self._wage_share(world) * firms.size
        wages *= fixed * firms.staff + (1 - fixed) * firms.output
        wages += firms.levers[Lever.MANAGEMENT] * firms.size
        wages *= firms.active
        return wages

    def _sell(self, world: World, sales: Sales) -> Floats:
        """Book sales and inputs; return what is left, (N,)."""
        partner = Payer.FIRMS if sales.networked else Payer.WORLD
        received = (
            (Payer.HOUSEHOLDS, sales.consumers),
            (Payer.STATE, sales.public),
            (Payer.WORLD, sales.abroad),
            (partner, sales.firms),
        )
        profit = np.zeros(world.rows, np.float32)
        for payer, amount in received:
            world.ledger.pay(payer, Payer.FIRMS, world.total(amount))
            profit += amount
        bought = world.total(sales.inputs)
        sold = world.total(sales.firms) if sales.networked else 0.0
        world.ledger.pay(Payer.FIRMS, Payer.WORLD, bought - sold)  # what firms did not buy of each other
        profit -= sales.inputs
        return profit

    def _pay(self, world: World, profit: Floats, payee: Payer, amount: Floats) -> None:
        world.pay(Payer.FIRMS, payee, amount)
        profit -= amount

    def _shocks(self, world: World) -> Floats:
        if not self.shock:
            return np.zeros(world.rows, np.float32)
        shock = world.draws.normal("shock", world.month)
        shock *= np.float32(self.shock)
        shock *= world.firms.size
        shock *= world.firms.active
        return shock

    def _treasury(self, world: World, profit: Floats) -> None:
        firms = world.firms
        subsidy = np.maximum(np.float32(self.subsidy) - firms.levers[Lever.SUBSIDY], 0)
        transfer = subsidy * firms.active
        transfer *= -firms.size
        world.tally["subsidies"] = -world.total(transfer)
        if (surcharge := firms.levers[Lever.INPUT_PRICE]).any():
            transfer += world.economy.energy_share[firms.sector] * surcharge * firms.output * firms.size
        self._pay(world, profit, Payer.STATE, transfer)
        rate = np.clip(np.float32(self.tax_rate) + firms.levers[Lever.TAX], 0, 1)
        tax = np.maximum(profit, 0) * rate
        world.tally["taxes"] = world.total(tax)
        self._pay(world, profit, Payer.STATE, tax)
        self.remember_tax(world, tax)

    def _close(self, world: World, profit: Floats) -> None:
        """Move equity, pay dividends, bring debt to what banks lend, and update the credit file."""
        firms = world.firms
        firms.profit[:] = profit
        relative = profit / firms.size
        firms.profit_trend += np.float32(1 / MONTHS) * (relative - firms.profit_trend)
        firms.equity += profit
        target = np.float32(self.equity) * firms.size
        dividends = np.maximum(firms.equity - target, 0) * np.float32(self.payout)
        world.pay(Payer.FIRMS, Payer.HOUSEHOLDS, dividends)
        firms.equity -= dividends
        loans = self.loan_target(world) - firms.debt
        world.pay(Payer.BANKS, Payer.FIRMS, loans)
        firms.debt += loans
        firms.staff += np.float32(1 / self.hiring) * (firms.output - firms.staff)
        distressed = firms.equity < np.float32(0.25) * target
        firms.distress += np.float32(1 / MONTHS) * (distressed - firms.distress)
        self.fund(world)
        firms.finance_cost += world.spread(world.law.margins.contribution.astype(np.float32)) * self.unfunded(world)
