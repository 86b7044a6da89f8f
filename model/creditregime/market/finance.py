"""Settlement: who pays whom, and what is left of a firm's equity."""

from __future__ import annotations

import numpy as np

from creditregime.codes import Lever, Payer
from creditregime.component import Rule, parameter, planned
from creditregime.market.trade import Sales
from creditregime.regime.levers import PRIVATE_PREMIUM
from creditregime.units import MONTHS
from creditregime.world import Floats, Margins, World


class Finance(Rule, family="finance"):
    """Family of settlement rules."""

    def prepare(self, world: World) -> None:
        """Set the first balance sheets, and the averages with which firms price consequences."""

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


class Accounts(Finance, kind="accounts"):
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
    debt: float = parameter(2.0, unit="months of revenue", ge=0, description="working-capital debt")
    base_rate: float = parameter(0.05, unit="1/year", ge=0, description="interest")
    file_spread: float = parameter(
        0.03, unit="1/year", ge=0, description="spread at a full history of distress in the financial-credit file"
    )
    shock: float = parameter(
        0.12, unit="share of revenue", ge=0, description="standard deviation of a month's cost shock"
    )
    payout: float = parameter(
        0.10, unit="share/month", ge=0, le=1, description="part of the capital above the mean that is paid out a month"
    )
    file: str = planned("separate", unit="-", description="financial and social credit files", standing="real")
    social_loans: bool = planned(False, unit="-", description="loan volume follows the social grade", standing="real")

    def prepare(self, world: World) -> None:
        """Draw initial capital between half and one and a half times the mean."""
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
        self._pay(world, profit, Payer.BANKS, self._interest(world))
        self._private_loans(world, profit)
        self._treasury(world, profit)
        self._pay(world, profit, Payer.STATE, firms.fines)
        self._close(world, profit)

    def found(self, world: World, rows: np.ndarray) -> None:
        """Let households put in the capital of new firms."""
        firms = world.firms
        firms.equity[rows] = np.float32(self.equity) * firms.size[rows]
        firms.profit_trend[rows] = np.float32(self.margin * (1 - self.tax_rate))
        world.pay_rows(Payer.HOUSEHOLDS, Payer.FIRMS, rows, firms.equity[rows])

    def compensate(self, world: World, rows: np.ndarray, amount: Floats) -> None:
        """Add the state's payment to the firms' capital."""
        world.pay_rows(Payer.STATE, Payer.FIRMS, rows, amount)
        np.add.at(world.firms.equity, rows, amount)
        world.count("compensation", rows, amount)

    def wind_up(self, world: World, rows: np.ndarray) -> None:
        """Repay banks as far as the assets go (they bear the rest), and the owners with what remains."""
        firms = world.firms
        assets = firms.equity[rows] + firms.debt[rows]
        repaid = np.minimum(assets, firms.debt[rows])
        world.pay_rows(Payer.FIRMS, Payer.BANKS, rows, repaid)
        world.pay_rows(Payer.FIRMS, Payer.HOUSEHOLDS, rows, assets - repaid)
        world.count("bank_losses", rows, firms.debt[rows] - repaid)
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
        world.ledger.pay(Payer.FIRMS, payee, world.total(amount))
        profit -= amount

    def _shocks(self, world: World) -> Floats:
        if not self.shock:
            return np.zeros(world.rows, np.float32)
        shock = world.draws.normal("shock", world.month)
        shock *= np.float32(self.shock)
        shock *= world.firms.size
        shock *= world.firms.active
        return shock

    def _interest(self, world: World) -> Floats:
        firms = world.firms
        rate = np.float32(self.base_rate) + np.float32(self.file_spread) * firms.distress
        rate += firms.levers[Lever.CREDIT_SPREAD]
        np.maximum(rate, 0, out=rate)
        rate *= firms.debt
        rate /= MONTHS
        return rate

    def _private_loans(self, world: World, profit: Floats) -> None:
        """Pay for what banks withhold: borrowed of households, and repaid, within the month at a higher rate."""
        firms = world.firms
        if firms.levers[Lever.CREDIT_VOLUME].any():
            wanted = np.float32(self.debt) * firms.size * firms.output * (1 - lent(world))
            self._pay(world, profit, Payer.HOUSEHOLDS, wanted * np.float32((self.base_rate + PRIVATE_PREMIUM) / MONTHS))

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

    def _close(self, world: World, profit: Floats) -> None:
        """Move equity, pay dividends, bring debt to what present sales need, and update the credit file."""
        firms = world.firms
        firms.profit[:] = profit
        relative = profit / firms.size
        firms.profit_trend += np.float32(1 / MONTHS) * (relative - firms.profit_trend)
        firms.equity += profit
        target = np.float32(self.equity) * firms.size
        dividends = np.maximum(firms.equity - target, 0) * np.float32(self.payout)
        world.ledger.pay(Payer.FIRMS, Payer.HOUSEHOLDS, world.total(dividends))
        firms.equity -= dividends
        loans = np.float32(self.debt) * firms.size * firms.output * lent(world) - firms.debt
        world.ledger.pay(Payer.BANKS, Payer.FIRMS, world.total(loans))
        firms.debt += loans
        firms.staff += np.float32(1 / self.hiring) * (firms.output - firms.staff)
        distressed = firms.equity < np.float32(0.25) * target
        firms.distress += np.float32(1 / MONTHS) * (distressed - firms.distress)


def lent(world: World) -> Floats | np.float32:
    """Return the share of their working-capital loans that banks grant, (N,), or 1 where no measure withholds any."""
    withheld = world.firms.levers[Lever.CREDIT_VOLUME]
    return 1 - np.clip(withheld, 0, 1) if withheld.any() else np.float32(1)
