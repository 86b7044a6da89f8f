"""The vectorised peer: the rules of ``reduced.yaml`` in the way of Starsim, an array a state and a number a firm.

It is written as one writes a model of many agents in NumPy: a table of people, a float64 or boolean array for each of
their states, a module for each topic, the network as a list of edges (``p1`` supplies ``p2``) along which values are
gathered and summed, a generator for each purpose that draws for everybody. It needs NumPy alone, not Starsim, whose
arrays and distributions take longer than NumPy's. As the plain-Mesa peer it starts from the same firms in the same
state as our own model, draws its own random numbers, logs events, and attributes exits.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from benchmarks.peer_parts import Rules
from benchmarks.peer_vectorised_conduct import Topic, associate, bear, choose, grades, learn, rate
from benchmarks.peer_vectorised_parts import Array, Links, Log, People, Pool, Random
from benchmarks.peer_vectorised_trade import settle, trade
from creditregime import Scenario
from creditregime.build import build_world
from creditregime.codes import Attribution, Event, ExitCause, Lever
from creditregime.population.economy import Economy
from creditregime.units import MONTHS


class VectorisedPeer:
    """The reduced rules in vectorised NumPy.

    Parameters
    ----------
    scenario
        The scenario of ``reduced.yaml``, of any size.
    economy, seed
        Who exists; the seed of the initial state (the same as that of our own model) and of the random numbers.
    """

    def __init__(self, scenario: Scenario, economy: Economy | None = None, seed: int | None = None) -> None:
        chosen = scenario.seed if seed is None else seed
        world = build_world(scenario, economy, [chosen])
        self.rules, self.random, self.month = Rules(scenario, world), Random(chosen), 0
        self.people = People(world)
        self.links = Links(world.economy, scenario.trade.stocks)
        self.sectors = len(world.economy.sectors)
        export, procurement = world.economy.export_share, world.economy.procurement_share
        self.shares = [np.asarray(share, float) for share in (1 - export - procurement, procurement, export)]
        self.pool = Pool(self.people, self.sectors)
        self.topics = [Topic(self, k, world) for k in self.rules.topics]
        self.leaving = self.rules.background * self.people.size**scenario.exit.size_elasticity
        self.in_force = [np.zeros(world.rows, bool) for _ in self.rules.sanctions]
        self.events = Log()
        self.sanctions = 0
        self.ledger: dict[str, float] = defaultdict(float)
        self.reasons = np.zeros(len(Attribution), np.int64)
        self.latest: dict[str, float] = {}
        self.results: list[dict[str, float]] = []

    def step(self) -> None:
        """Simulate one month."""
        self.ledger.clear()
        self.people.fines = np.zeros(self.people.n)
        learn(self)
        choose(self)
        for stage in ("operate", "inspect", "enter_records", "list_firms"):
            for topic in self.topics:
                getattr(topic, stage)()
        rate(self)
        associate(self)
        bear(self)
        settle(self, trade(self))
        self.review()
        self.search()
        for topic in self.topics:
            topic.publish()
        self.latest = self.measure()
        self.latest["exits"] = float(self.leave())
        self.enter()
        self.results.append(self.latest)
        self.month += 1

    def log(self, kind: Event, uids: Array, detail: Any = 0) -> None:
        """Keep an event of each firm for its story."""
        self.events.add(self.month, kind, uids, detail)

    # Partners, exit and entry

    def review(self) -> None:
        """Let buyers that review their suppliers drop those that are blacklisted."""
        links, people = self.links, self.people
        reviewing = self.random.draw("review", people.n) < self.rules.scenario.partners.review
        self.drop(reviewing[links.p2] & people.listed[links.p1])

    def drop(self, which: Array) -> None:
        """End relations."""
        links = self.links
        edges = np.flatnonzero(which & (links.weight > 0))
        links.weight[edges] = 0
        self.log(Event.LOST_SUPPLIER, links.p2[edges], links.p1[edges])
        self.log(Event.LOST_BUYER, links.p1[edges], links.p2[edges])

    def search(self) -> None:
        """Let buyers with idle links try the firms that they meet: in business, in good standing and with room."""
        links, people, rule = self.links, self.people, self.rules.scenario.partners
        idle = np.flatnonzero((links.weight == 0) & people.active[links.p2])
        buyer = links.p2[idle]
        attempt = np.arange(len(idle)) - np.searchsorted(buyer, buyer)  # edges are sorted by buyer
        tried = attempt < rule.attempts
        tried &= self.random.draw("search", len(idle)) < rule.success
        idle, buyer = idle[tried], buyer[tried]
        found = self.pool.meet(links.sector[idle], self.random.draw("meeting", len(idle)))
        value = links.coefficient[idle] * people.size[buyer]
        room = (rule.headroom - people.demand[found]) * people.size[found]
        good = people.active[found] & (found != buyer) & (room >= value)
        if rule.avoid_listed:
            good &= ~people.listed[found]
        links.p1[idle[good]] = found[good]
        links.weight[idle[good]] = links.coefficient[idle[good]]
        self.log(Event.FOUND_SUPPLIER, buyer[good], found[good])
        np.add.at(people.costs, buyer[good], rule.switching_cost * value[good])

    def leave(self) -> int:
        """Take out firms that are insolvent, better off elsewhere, or leave for reasons outside the model."""
        people, rule = self.people, self.rules.scenario.exit
        self.remember_losses()
        uniform = self.random.draw("exit", people.n)
        cause = np.where(uniform < self.leaving, ExitCause.BACKGROUND, ExitCause.NONE)
        poor = people.foreign & (people.profit_trend < rule.outside_option)
        cause = np.where(poor & (1 - uniform <= self.rules.voluntary), ExitCause.VOLUNTARY, cause)
        cause = np.where(people.equity < 0, ExitCause.INSOLVENCY, cause)
        gone = people.active & (cause != ExitCause.NONE)
        uids = np.flatnonzero(gone)
        self.log(Event.EXITED, uids, cause[uids])
        self.attribute(uids, cause[uids])
        self.wind_up(gone)
        return len(uids)

    def remember_losses(self) -> None:
        """Smooth the five losses over about a year."""
        people, worth = self.people, self.rules.contribution
        now = (
            people.sanction_cost + people.fines / people.size,
            people.associated_cost,
            worth * np.maximum(1 - people.level, 0),
            worth * np.maximum(1 - people.demand, 0),
            people.finance_cost,
        )
        people.losses = [old + (loss - old) / MONTHS for old, loss in zip(people.losses, now, strict=True)]

    def attribute(self, uids: Array, cause: Array) -> None:
        """Count what brought exits about: the largest smoothed loss, where it is large enough."""
        losses = np.array([loss[uids] for loss in self.people.losses])
        reason = 1 + losses.argmax(axis=0)
        small = losses.max(axis=0) < self.rules.scenario.exit.attribution_floor
        reason[small | (cause == ExitCause.BACKGROUND)] = Attribution.BACKGROUND
        self.reasons = np.bincount(reason, minlength=len(Attribution))

    def wind_up(self, gone: Array) -> None:
        """Repay banks as far as assets go and owners with the rest; empty files and end relations."""
        people, links = self.people, self.links
        assets = (people.equity + people.debt)[gone]
        repaid = np.minimum(assets, people.debt[gone])
        self.ledger["banks"] -= repaid.sum()
        self.ledger["households"] -= (assets - repaid).sum()
        people.active = people.active & ~gone
        for name in ("equity", "debt", "demand", "supply", "output", "level", "sanction_cost", "associated_cost"):
            getattr(people, name)[gone] = 0
        for lever in Lever:
            people.levers[lever][gone] = 0
        people.listed[gone] = False
        links.weight[gone[links.p2]] = 0
        self.drop(gone[links.p1])
        for topic in self.topics:
            topic.forget(gone)

    def enter(self) -> None:
        """Fill free places; entrants buy from their predecessors' suppliers that are in business."""
        people, links, scenario = self.people, self.links, self.rules.scenario
        entering = ~people.active & (self.random.draw("entry", people.n) < scenario.entry.rate)
        uids, base, finance = np.flatnonzero(entering), scenario.rating.base, scenario.finance
        people.active[uids] = True
        self.log(Event.ENTERED, uids)
        people.aware[uids] = people.supply[uids] = people.level[uids] = 1
        people.score[uids] = people.own_score[uids] = base
        people.grade[uids] = people.own_grade[uids] = grades(self, base)
        people.equity[uids] = finance.equity * people.size[uids]
        self.ledger["households"] += people.equity[uids].sum()
        people.profit_trend[uids] = finance.margin * (1 - finance.tax_rate)
        people.distress[uids] = people.costs[uids] = 0
        people.demand[uids] = people.staff[uids] = (people.final_demand / people.size)[uids]
        for loss in people.losses:
            loss[uids] = 0
        for topic in self.topics:
            topic.start(uids)
        links.stock[entering[links.buyer]] = 1
        back = entering[links.p2] & people.active[links.p1]
        links.weight[back] = links.coefficient[back]

    # Indicators

    def measure(self) -> dict[str, float]:
        """Return the indicators of the month, by topic and in all."""
        active, row = self.people.active, {}
        some = max(int(active.sum()), 1)
        for topic in self.topics:
            k, found, violated = topic.k, topic.found > 0, topic.violation > 0
            row[f"compliance_{k}"] = topic.effort[active].sum() / some
            row[f"violations_{k}"] = (violated & active).sum() / some
            row[f"detections_{k}"] = (found & violated & active).sum() / some
            row[f"false_findings_{k}"] = (found & ~violated & active).sum() / some
            row[f"inspections_{k}"] = (topic.inspected & active).sum() / some
            row[f"perceived_{k}"] = topic.belief[active].sum() / some
        for name in ("violations", "detections", "false_findings", "inspections"):
            row[name] = sum(row[f"{name}_{k}"] for k in self.rules.topics)
        row["compliance"] = sum(row[f"compliance_{k}"] for k in self.rules.topics) / len(self.topics)
        row["harm"] = sum(self.rules.harm[k] * row[f"violations_{k}"] for k in self.rules.topics) * some
        return row | self.measure_standing(some) | self.measure_money()

    def measure_standing(self, some: int) -> dict[str, float]:
        """Return shares of firms by list and grade."""
        people, active = self.people, self.people.active
        row = {"firms": float(active.sum()), "listed": (people.listed & active).sum() / some}
        row["downgraded"] = ((people.grade < people.own_grade) & active).sum() / some
        row["sanctions"] = self.sanctions / some
        for grade in range(len(self.rules.rates)):
            row[f"grade_{grade}"] = ((people.grade == grade) & active).sum() / some
        return row

    def measure_money(self) -> dict[str, float]:
        """Return totals of money, relative to initial revenue."""
        people, active, size = self.people, self.people.active, self.people.size.sum()
        amounts = {
            "output": people.output * people.size,
            "profit": people.profit,
            "compliance_cost": people.compliance,
            "sanction_cost": people.sanction_cost * people.size,
            "associated_cost": people.associated_cost * people.size,
        }
        row = {name: amount[active].sum() / size for name, amount in amounts.items()}
        return row | {"fines": people.fines[active].sum()}
