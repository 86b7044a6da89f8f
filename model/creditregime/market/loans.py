"""Loans: how much banks lend, to whom, and what a firm without them cannot produce."""

from __future__ import annotations

import numpy as np

from creditregime.codes import OWNERSHIPS, Lever
from creditregime.component import parameter
from creditregime.market.trade_credit import TradeCredit
from creditregime.regime.levers import PRIVATE_PREMIUM
from creditregime.state import Floats
from creditregime.units import MONTHS
from creditregime.world import World


class Lending(TradeCredit):
    """Common part of the rules under which banks lend working capital.

    What a firm needs is ``debt`` months of the sales that it has, or could have: banks lend it less the share by which
    they ration its owners. Loans by grade fill that gap as far as the firm's taxes reach; banks that monitor risk then
    withhold a share from firms with a bad file. With ``working_capital``, output is limited to what loans and own
    funds can finance. What suppliers let a firm owe is not needed of banks, what its buyers owe is needed beyond.
    """

    debt: float = parameter(2.0, unit="months of revenue", ge=0, description="working-capital debt")
    working_capital: float = parameter(
        0.0,
        unit="months of revenue",
        ge=0,
        le=120,
        description="what production ties up before sales are paid: loans and own funds must finance it; 0 is no limit",
    )
    rationed: dict[str, float] = parameter(
        default_factory=dict,
        unit="share",
        description="share of the needed loan that banks refuse, by ownership; 0 where not named",
    )
    social_loans: dict[str, float] = parameter(
        default_factory=dict,
        unit="mean yearly tax",
        description="loans beyond what banks ration, by grade: a multiple of the yearly tax of the last two years, at"
        " most what is missing; empty is off. Bank-tax loans gave A taxpayers 4 to 7 times, from 2019 also B and M",
        source="bank-tax loans to taxpayers of grade A, extended to B and M in November 2019",
        standing="real",
    )
    loan_agency: str = parameter("tax", unit="-", description="topic of the agency in whose file banks read the grade")
    monitor_risk: float = parameter(
        0.0,
        unit="share",
        ge=0,
        le=1,
        description="share of the loan withheld at a fully blemished file",
        standing="partly",
    )

    def enact(self, world: World) -> None:
        """Price grades: the merged file's spread on the average debt, and the output that loans by grade allow."""
        law = world.law
        if self.file == "merged" and law.best:
            shortfall = np.maximum(1 - np.arange(len(law.grades)) / law.best, 0)
            yearly = self.file_spread * self.social_weight * law.margins.debt[:, None] * shortfall
            law.grade_cost += (yearly / MONTHS / law.grade_cost.shape[1]).astype(np.float32)[:, None]
        self.price_trade_credit(world)
        if self.social_loans and self.working_capital:
            firms = world.firms
            missing = world.total(self._refused(world) * firms.size) / world.total(firms.size) * self.debt
            yearly_tax = world.total((firms.taxes[1] + firms.taxes[2]) / 2) / world.total(firms.size)
            volume = np.minimum(self._multiples(world) * yearly_tax[:, None], missing[:, None])
            worth = law.margins.contribution[:, None] * volume / self.working_capital
            law.grade_cost[:, self.loan_file(world)] -= worth.astype(np.float32)

    def loan_target(self, world: World) -> Floats:
        """Return what banks lend each firm at the end of the month, (N,) money."""
        firms = world.firms
        level = firms.output
        if self.working_capital:  # else output that lacked funds would take the loan away that it lacks
            level = np.maximum(level, np.minimum(firms.demand, firms.inputs) * firms.active)
        loans: Floats = np.float32(self.debt) * firms.size * level
        if self.trade_credit:
            loans = np.maximum(loans - self.balance(world), 0)
        if self.rationed:
            refused = loans * self._refused(world)
            loans -= refused
            if self.social_loans:
                loans += np.minimum(refused, self._by_grade(world))
        if self.monitor_risk:
            loans *= 1 - np.float32(self.monitor_risk) * self.blemish(world)
        withheld = firms.levers[Lever.CREDIT_VOLUME]
        if withheld.any():
            loans *= 1 - np.clip(withheld, 0, 1)
        return loans

    def private_interest(self, world: World) -> Floats:
        """Return what it costs to borrow of households, within the month, what measures withhold, (N,) money."""
        firms = world.firms
        wanted = np.float32(self.debt) * firms.size * firms.output * np.clip(firms.levers[Lever.CREDIT_VOLUME], 0, 1)
        return wanted * np.float32((self.base_rate + PRIVATE_PREMIUM) / MONTHS)

    def remember_tax(self, world: World, paid: Floats) -> None:
        """Add this month's tax to the year's; at the year's end the years move on."""
        taxes = world.firms.taxes
        if len(taxes):
            taxes[0] += paid
            if (world.month + 1) % MONTHS == 0:
                taxes[1:] = taxes[:-1].copy()
                taxes[0] = 0

    def fund(self, world: World) -> None:
        """Write the level of output that each firm's loans and own funds can finance next month."""
        if self.working_capital:
            firms = world.firms
            funds = firms.debt + self.liquid(world)
            if self.trade_credit:
                funds = np.maximum(funds + self.balance(world), 0)
            firms.funded[0] = funds / (np.float32(self.working_capital) * firms.size)

    def unfunded(self, world: World) -> Floats:
        """Return the output up to the start's that demand and inputs allow next month and funds do not, (N,) level."""
        firms = world.firms
        wanted = np.minimum(np.minimum(firms.demand, firms.inputs), 1) * firms.active
        return np.maximum(wanted - firms.funded[0], 0) if self.working_capital else np.zeros_like(wanted)

    def fund_new(self, world: World, rows: np.ndarray) -> None:
        """Finance the first month of new firms: founders have paid in all their capital, and banks know no taxes."""
        firms = world.firms
        firms.taxes[:, rows] = 0
        if self.working_capital:
            firms.funded[0, rows] = firms.equity[rows] / (np.float32(self.working_capital) * firms.size[rows])

    def _refused(self, world: World) -> Floats:
        share = np.array([self.rationed.get(name, 0.0) for name in OWNERSHIPS], np.float32)[world.firms.ownership]
        if world.abroad is not None:
            share[world.abroad.rows] = 0  # they have their own banks
        return share

    def _by_grade(self, world: World) -> Floats:
        """Return the largest loan that each firm's grade and taxes allow, (N,) money."""
        firms = world.firms
        multiple = self._multiples(world).astype(np.float32)[firms.grade[self.loan_file(world)]]
        if world.law.partial:
            multiple *= firms.rated  # who is not rated has no grade to show
        return multiple * (firms.taxes[1] + firms.taxes[2]) / 2

    def _multiples(self, world: World) -> np.ndarray:
        return np.array([self.social_loans.get(name, 0.0) for name in world.law.grades])

    def loan_file(self, world: World) -> int:
        """Return the file of the agency whose grades banks and suppliers read."""
        return world.topics.index(self.loan_agency) if len(world.firms.grade) > 1 else 0
