"""The plain-Mesa peer: the rules of ``reduced.yaml`` as one Python object a firm, an input, a link and a record.

It is written as one would write the model in Mesa without thinking of arrays: agents registered with the model, stages
called by ``AgentSet.do``, partners as references. It starts from the same firms in the same state as our own model
(built by `build_world`), takes the prices that the law sets at the start from there, and draws its own random numbers.
"""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

import mesa

from benchmarks.peer_conduct import Conduct
from benchmarks.peer_parts import Input, Link, Market, Rules
from creditregime import Scenario
from creditregime.build import build_world
from creditregime.codes import OWNERSHIPS, Attribution, ExitCause, Lever, Origin
from creditregime.population.economy import ESSENTIAL, NON_ESSENTIAL, Economy
from creditregime.units import MONTHS
from creditregime.world import World

FOREIGN = OWNERSHIPS.index("foreign")


class Firm(Conduct):
    """A registered company with its file, its partners and its books; an entrant takes the place of one that left."""

    # Stage 11: trade

    def order(self) -> None:
        """Order inputs for the expected demand and to fill stocks, and meet the final demand that is left."""
        rule = self.model.rules.scenario.trade
        self.capacity = rule.headroom * max(1 - self.levers[Lever.PERMIT], 0.0) if self.active else 0.0
        plan = min(self.demand, self.capacity)
        for item in self.inputs:
            gap = (rule.stocks - item.stock) / rule.restock if self.active else 0.0
            item.ordered = ordered = max(plan + gap, 0.0) * self.size
            for link in item.links:
                link.supplier.orders += link.weight * ordered
        self.attract()

    def attract(self) -> None:
        """Tell the market what consumers, state and abroad want from this firm, and what of it sanctions leave."""
        market = self.market
        lost = (self.levers[Lever.PUBLICATION], self.levers[Lever.PROCUREMENT], 0.0)
        for kind, share in enumerate(market.shares):
            wanted = share * self.final_demand
            kept = wanted * max(1 - lost[kind], 0.0) if self.active else 0.0
            market.held[kind] += kept
            self.final[kind], self.kept[kind], self.withheld[kind] = kept, kept, wanted - kept

    def produce(self) -> None:
        """Produce what is wanted as far as capacity and inputs allow."""
        market = self.market
        self.final = [amount * market.gain(kind, self) for kind, amount in enumerate(self.final)]
        self.intermediate = self.orders if self.active else 0.0
        self.orders = 0.0
        self.demand = (self.intermediate + sum(self.final)) / self.size
        self.supply = min(self.capacity, self.level)
        self.output = min(self.demand, self.supply)
        self.delivered = self.output / self.demand if self.demand > 0 else 0.0
        self.spare = max(self.supply - self.output, 0.0) * self.size
        market.supply += self.size * min(self.supply, 1.0)
        market.spare += self.spare

    def miss(self) -> None:
        """See what of a shortfall of this firm others cannot replace."""
        self.missed = min(self.size / max(self.market.supply, 1e-30), 1.0)

    def ship(self) -> None:
        """Tell the markets what buyers want from others than their own suppliers."""
        self.market.spot += self.intermediate * (1 - self.delivered) * (1 - self.missed)
        for item in self.inputs:
            for link in item.links:
                if not link.weight:
                    link.supplier.market.spot += link.coefficient * (1 - link.supplier.missed) * item.ordered

    def receive(self) -> None:
        """Sell on the spot, receive inputs, use stocks, and see what production they allow next month."""
        self.spot = self.spare * self.market.share if self.active else 0.0
        self.output += self.spot / self.size
        most = self.model.rules.scenario.trade.headroom
        self.paid, bound, loss = 0.0, most, 0.0
        for item in self.inputs:
            received = self.arrivals(item) * item.ordered
            self.paid += received
            item.stock = max(item.stock - self.output, 0.0) + received / item.required / self.size
            level = min(item.stock, most)
            if item.essential == ESSENTIAL:
                bound = min(bound, level)
            elif item.essential == NON_ESSENTIAL:
                loss += (most - level) * item.required
        self.level = max(min(bound, most - loss / max(self.domestic_inputs, 1e-30)), 0.0)

    def arrivals(self, item: Input) -> float:
        """Return what arrives per unit ordered; the market stands in for idle links."""
        total = 0.0
        for link in item.links:
            supplier = link.supplier
            replaced = (1 - supplier.missed) * supplier.market.met
            if link.weight:
                total += link.weight * (1 - (1 - replaced) * (1 - supplier.delivered))
            else:
                total += link.coefficient * replaced
        return total

    # Stage 12: settlement

    def settle(self) -> None:
        """Pay and be paid, and close the books."""
        if not self.active:
            return
        self.earn()
        self.spend()
        self.pay_the_state()
        self.close_books()

    def pay(self, payee: str, amount: float) -> None:
        """Pay a sector, and book it."""
        self.model.ledger["firms", payee] += amount
        self.profit -= amount

    def earn(self) -> None:
        """Book sales and inputs."""
        ledger = self.model.ledger
        sales = [amount * self.delivered for amount in self.final]
        for payer, amount in zip(("households", "state", "world"), sales, strict=True):
            ledger[payer, "firms"] += amount
        intermediate = self.intermediate * self.delivered + self.spot
        ledger["firms", "firms"] += intermediate
        self.profit = sum(sales) + intermediate - self.paid

    def spend(self) -> None:
        """Pay wages, imports, compliance, one-off costs, shocks and interest."""
        rule = self.model.rules.scenario.finance
        share = max(1 - rule.margin - self.domestic_inputs - self.imports, 0.0)
        wages = share * (rule.fixed_wages * self.staff + (1 - rule.fixed_wages) * self.output)
        self.pay("households", (wages + self.levers[Lever.MANAGEMENT]) * self.size)
        self.pay("world", self.imports * self.size * self.output)
        self.pay("households", self.compliance)
        self.pay("households", self.costs)
        self.costs = 0.0
        self.pay("households", self.random.gauss(0.0, rule.shock) * self.size)
        rate = rule.base_rate + rule.file_spread * self.distress + self.levers[Lever.CREDIT_SPREAD]
        interest = max(rate, 0.0) * self.debt / MONTHS
        self.finance_cost = min(rule.file_spread * self.distress * self.debt / MONTHS, interest) / self.size
        self.pay("banks", interest)

    def pay_the_state(self) -> None:
        """Receive the subsidy, pay tax and fines."""
        rule = self.model.rules.scenario.finance
        self.pay("state", -max(rule.subsidy - self.levers[Lever.SUBSIDY], 0.0) * self.size)
        rate = min(max(rule.tax_rate + self.levers[Lever.TAX], 0.0), 1.0)
        self.pay("state", max(self.profit, 0.0) * rate)
        self.pay("state", self.fines)

    def close_books(self) -> None:
        """Move equity, pay dividends, fit debt to sales, and update the financial-credit file."""
        rule, ledger = self.model.rules.scenario.finance, self.model.ledger
        self.profit_trend += (self.profit / self.size - self.profit_trend) / MONTHS
        self.equity += self.profit
        target = rule.equity * self.size
        dividends = max(self.equity - target, 0.0) * rule.payout
        ledger["firms", "households"] += dividends
        self.equity -= dividends
        loans = rule.debt * self.size * self.output - self.debt
        ledger["banks", "firms"] += loans
        self.debt += loans
        self.staff += (self.output - self.staff) / rule.hiring
        self.distress += ((self.equity < 0.25 * target) - self.distress) / MONTHS

    # Stages 13 and 14: partners, exit and entry

    def rematch(self) -> None:
        """Drop, on review, suppliers that are blacklisted, and search for others."""
        rule, draw = self.model.rules.scenario.partners, self.random.random
        reviewing = draw() < rule.review
        attempts = 0
        for item in self.inputs:
            for link in item.links:
                if reviewing and link.weight and link.supplier.listed:
                    self.drop(link)
                if not link.weight and self.active and attempts < rule.attempts:
                    attempts += 1
                    if draw() < rule.success:
                        self.try_supplier(link, item.market.meet(draw()))

    def drop(self, link: Link) -> None:
        """End a relation."""
        link.weight = 0.0
        self.model.log("lost_supplier", self, link.supplier.unique_id)
        self.model.log("lost_buyer", link.supplier, self.unique_id)

    def part(self) -> None:
        """Drop suppliers that have left."""
        for item in self.inputs:
            for link in item.links:
                if link.weight and not link.supplier.active:
                    self.drop(link)

    def try_supplier(self, link: Link, found: Firm) -> None:
        """Take on the firm that was met, if it is in business, in good standing and has room."""
        rule = self.model.rules.scenario.partners
        value = link.coefficient * self.size
        room = (rule.headroom - found.demand) * found.size
        if not found.active or found is self or room < value or (rule.avoid_listed and found.listed):
            return
        link.supplier, link.weight = found, link.coefficient
        self.costs += rule.switching_cost * value
        self.model.log("found_supplier", self, found.unique_id)

    def leave(self) -> None:
        """Leave if insolvent, better off elsewhere, or for reasons outside the model."""
        if not self.active:
            return
        self.remember_losses()
        rule, uniform = self.model.rules.scenario.exit, self.random.random()
        cause = ExitCause.BACKGROUND if uniform < self.leaving else ExitCause.NONE
        poor = self.profit_trend < rule.outside_option
        if self.ownership == FOREIGN and poor and 1 - uniform <= self.model.rules.voluntary:
            cause = ExitCause.VOLUNTARY
        if self.equity < 0:
            cause = ExitCause.INSOLVENCY
        if cause:
            self.model.log("exited", self, cause)
            self.model.tally["exits"] += 1
            self.model.tally[cause.name] += 1
            self.model.tally["by", self.attribute(cause).name] += 1
            self.wind_up()

    def remember_losses(self) -> None:
        """Smooth the five losses over about a year."""
        worth = self.model.rules.contribution
        now = (
            self.sanction_cost + self.fines / self.size,
            self.associated_cost,
            worth * max(1 - self.level, 0.0),
            worth * max(1 - self.demand, 0.0),
            self.finance_cost,
        )
        self.losses = [memory + (loss - memory) / MONTHS for memory, loss in zip(self.losses, now, strict=True)]

    def attribute(self, cause: ExitCause) -> Attribution:
        """Return what brought the exit about: the largest smoothed loss, if it is large enough."""
        largest = max(self.losses)
        if cause == ExitCause.BACKGROUND or largest < self.model.rules.scenario.exit.attribution_floor:
            return Attribution.BACKGROUND
        return Attribution(1 + self.losses.index(largest))

    def wind_up(self) -> None:
        """Repay banks as far as assets go and owners with the rest, and go out of business."""
        assets = self.equity + self.debt
        repaid = min(assets, self.debt)
        self.model.ledger["firms", "banks"] += repaid
        self.model.ledger["firms", "households"] += assets - repaid
        self.equity = self.debt = 0.0
        self.active = False
        self.demand = self.supply = self.output = self.level = 0.0
        for item in self.inputs:
            for link in item.links:
                link.weight = 0.0
        self.forget()

    def start(self) -> None:
        """Start in business with new capital."""
        scenario, rules = self.model.rules.scenario, self.model.rules
        rule, base = scenario.finance, scenario.rating.base
        self.active = True
        self.aware, self.belief = 1.0, [scenario.learning.initial for _ in self.belief]
        self.score = self.own_score = base
        self.grade = self.own_grade = rules.grade_of(base)
        self.equity = rule.equity * self.size
        self.profit_trend = rule.margin * (1 - rule.tax_rate)
        self.model.ledger["households", "firms"] += self.equity
        self.distress = self.costs = 0.0
        self.losses = [0.0] * 5
        self.demand = self.staff = self.final_demand / self.size
        self.supply = self.level = 1.0
        self.effort = [self.intrinsic for _ in self.effort]
        self.model.log("entered", self, 0)

    def reconnect(self) -> None:
        """Buy from the predecessor's suppliers that are in business."""
        for item in self.inputs:
            item.stock = 1.0
            for link in item.links:
                link.weight = link.coefficient if link.supplier.active else 0.0


class Regulator(mesa.Agent):
    """The agency of one topic: inspects by grade and on complaints."""

    def __init__(self, model: PlainMesa, topic: int) -> None:
        super().__init__(model)
        self.topic = topic
        self.inspections = self.detections = self.false_findings = 0

    def inspect(self) -> None:
        """Go through all firms."""
        draw, rates, k = self.random.random, self.model.rules.rates, self.topic
        for firm in self.model.firms:
            if not firm.active:
                continue
            chance = rates[firm.grade] * (1 + firm.levers[Lever.INSPECTION])
            if firm.complaint[k] or draw() < chance:
                self.examine(firm)

    def examine(self, firm: Firm) -> None:
        """Find the month's violation, or by mistake what is not there."""
        rule, k = self.model.rules.scenario.inspection, self.topic
        self.inspections += 1
        firm.inspected[k] = True
        violated = firm.violation[k] > 0
        if not firm.found[k] and self.random.random() < (rule.sensitivity if violated else rule.false_positive):
            firm.found[k] = Origin.COMPLAINT if firm.complaint[k] else Origin.INSPECTION
            self.detections += violated
            self.false_findings += not violated


class PlainMesa(mesa.Model):
    """The reduced rules in plain Mesa.

    Parameters
    ----------
    scenario
        The scenario of ``reduced.yaml``, of any size.
    economy, seed
        Who exists; the seed of the initial state (the same as that of our own model) and of the random numbers.
    """

    def __init__(self, scenario: Scenario, economy: Economy | None = None, seed: int | None = None) -> None:
        chosen = scenario.seed if seed is None else seed
        super().__init__(rng=chosen)
        self.random = random.Random(chosen)
        world = build_world(scenario, economy, [chosen])
        self.rules = Rules(scenario, world)
        self.month = 0
        self.published = [0.0 for _ in self.rules.topics]
        self.ledger: dict[tuple[str, str], float] = defaultdict(float)
        self.tally: dict[Any, int] = defaultdict(int)
        self.events: list[tuple[int, str, int, int]] = []
        self.markets = _markets(world)
        self.firms = [Firm(self, row, world) for row in range(world.rows)]
        for firm in self.firms:
            firm.market.firms.append(firm)
        for market in self.markets:
            market.close()
        _connect(self, world.economy)
        self.regulators = [Regulator(self, k) for k in self.rules.topics]
        self.latest: dict[str, float] = {}
        names = ("compliance", "violations", "detections", "false_findings", "listed", "output", "exits", "fines")
        self.datacollector = mesa.DataCollector({name: _reporter(name) for name in names})

    def log(self, kind: str, firm: Firm, detail: int) -> None:
        """Keep an event for the firm's story."""
        self.events.append((self.month, kind, firm.unique_id, detail))

    def step(self) -> None:
        """Simulate one month."""
        firms = self.agents_by_type[Firm]
        self.ledger.clear()
        self.tally.clear()
        firms.do("decide")
        self.agents_by_type[Regulator].do("inspect")
        for stage in ("answer", "associate", "bear"):
            firms.do(stage)
        self.trade(firms)
        firms.do("settle")
        firms.do("rematch")
        self.publish()
        self.latest = self.measure()
        firms.do("leave")
        if self.tally["exits"]:
            firms.do("part")
        self.enter()
        self.latest["exits"] = self.tally["exits"]
        self.datacollector.collect(self)
        self.month += 1

    def trade(self, firms: Any) -> None:
        """Orders up, goods down."""
        for market in self.markets:
            market.clear()
        firms.do("order")
        for market in self.markets:
            market.share_out(self.rules.scenario.trade.substitution)
        for stage in ("produce", "miss", "ship"):
            firms.do(stage)
        for market in self.markets:
            market.meet_shortfalls()
        firms.do("receive")

    def enter(self) -> None:
        """Fill free places."""
        rate = self.rules.scenario.entry.rate
        entrants = [firm for firm in self.firms if not firm.active and self.random.random() < rate]
        for firm in entrants:
            firm.start()
        for firm in entrants:
            firm.reconnect()

    def publish(self) -> None:
        """Update the published detection rate of each topic."""
        step = 1 / 6 if self.month else 1.0
        for k in self.rules.topics:
            committed = [firm for firm in self.firms if firm.violation[k]]
            if committed:
                rate = sum(1 for firm in committed if firm.found[k]) / len(committed)
                self.published[k] += step * (rate - self.published[k])

    def measure(self) -> dict[str, float]:
        """Return the indicators of the month, by topic and in all."""
        active = [firm for firm in self.firms if firm.active]
        some, row = max(len(active), 1), {}
        for k in self.rules.topics:
            found = [firm for firm in active if firm.found[k]]
            row[f"compliance_{k}"] = sum(firm.effort[k] for firm in active) / some
            row[f"violations_{k}"] = sum(1 for firm in active if firm.violation[k]) / some
            row[f"detections_{k}"] = sum(1 for firm in found if firm.violation[k]) / some
            row[f"false_findings_{k}"] = len(found) / some - row[f"detections_{k}"]
            row[f"inspections_{k}"] = sum(1 for firm in active if firm.inspected[k]) / some
            row[f"perceived_{k}"] = sum(firm.belief[k] for firm in active) / some
        for name in ("violations", "detections", "false_findings", "inspections"):
            row[name] = sum(row[f"{name}_{k}"] for k in self.rules.topics)
        row["compliance"] = sum(row[f"compliance_{k}"] for k in self.rules.topics) / len(self.rules.topics)
        row["harm"] = sum(self.rules.harm[k] * row[f"violations_{k}"] for k in self.rules.topics) * some
        return row | self.measure_standing(active, some) | self.measure_money(active)

    def measure_standing(self, active: list[Firm], some: int) -> dict[str, float]:
        """Return shares of firms by list and grade."""
        row = {"firms": float(len(active)), "listed": sum(1 for firm in active if firm.listed) / some}
        row["downgraded"] = sum(1 for firm in active if firm.grade < firm.own_grade) / some
        row["sanctions"] = self.tally["sanctions"] / some
        for grade in range(len(self.rules.rates)):
            row[f"grade_{grade}"] = sum(1 for firm in active if firm.grade == grade) / some
        return row

    def measure_money(self, active: list[Firm]) -> dict[str, float]:
        """Return totals of money, relative to initial revenue."""
        size = sum(firm.size for firm in self.firms)
        return {
            "output": sum(firm.output * firm.size for firm in active) / size,
            "profit": sum(firm.profit for firm in active) / size,
            "compliance_cost": sum(firm.compliance for firm in active) / size,
            "sanction_cost": sum(firm.sanction_cost * firm.size for firm in active) / size,
            "associated_cost": sum(firm.associated_cost * firm.size for firm in active) / size,
            "fines": sum(firm.fines for firm in active),
        }


def _markets(world: World) -> list[Market]:
    shares = zip(world.economy.export_share.tolist(), world.economy.procurement_share.tolist(), strict=True)
    return [Market(export, procurement) for export, procurement in shares]


def _connect(model: PlainMesa, economy: Economy) -> None:
    """Give every firm its inputs and links; a firm's links come sorted by the supplier's sector."""
    stock = model.rules.scenario.trade.stocks
    links = zip(economy.buyer.tolist(), economy.supplier.tolist(), economy.coefficient.tolist(), strict=True)
    for buyer, supplier, coefficient in links:
        firm, market = model.firms[buyer], model.firms[supplier].market
        if not firm.inputs or firm.inputs[-1].market is not market:
            essential = economy.essential[economy.sector[supplier], economy.sector[buyer]]
            firm.inputs.append(Input(market, int(essential), stock))
        item = firm.inputs[-1]
        item.links.append(Link(model.firms[supplier], coefficient, coefficient))
        item.required += coefficient


def _reporter(name: str) -> Any:
    return lambda model: model.latest[name]
