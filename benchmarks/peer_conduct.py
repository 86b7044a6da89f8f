"""The peer's firms towards the state: stages 1 to 10 of a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from benchmarks.peer_parts import MINOR, SERIOUS, Input, Record, Sanction
from creditregime.codes import Lever, Origin
from creditregime.world import World

if TYPE_CHECKING:
    from benchmarks.peer import PlainMesa


class Conduct(mesa.Agent):
    """The part of a firm that faces the state: beliefs, efforts, violations, file, grade, lists and sanctions."""

    model: PlainMesa
    size: float
    final_demand: float
    imports: float
    domestic_inputs: float
    cost_factor: float
    intrinsic: float
    aware: float
    equity: float
    debt: float
    profit_trend: float
    distress: float
    demand: float
    supply: float
    staff: float

    def __init__(self, model: PlainMesa, row: int, world: World) -> None:
        super().__init__(model)
        firms, topics = world.firms, model.rules.topics
        self.market = model.markets[int(firms.sector[row])]
        self.ownership = int(firms.ownership[row])
        for name in ("size", "final_demand", "imports", "domestic_inputs", "cost_factor", "intrinsic", "aware"):
            setattr(self, name, float(getattr(firms, name)[row]))
        for name in ("equity", "debt", "profit_trend", "distress", "demand", "supply", "staff"):
            setattr(self, name, float(getattr(firms, name)[row]))
        self.level = self.output = 1.0  # what inputs allow; what is produced
        self.hazard = firms.hazard[:, row].tolist()
        self.belief = firms.belief[:, row].tolist()
        self.effort = firms.effort[:, row].tolist()
        self.joint = [self.random.random() for _ in topics]
        self.score = self.own_score = float(firms.score[0, row])
        self.grade = self.own_grade = int(firms.grade[0, row])
        self.leaving = model.rules.background * self.size**model.rules.scenario.exit.size_elasticity
        self.inputs: list[Input] = []
        self.active, self.caught, self.grade_before = True, False, self.grade
        self.orders = self.fines = self.costs = self.profit = self.capacity = self.compliance = 0.0
        self.shortfall = self.delivered = self.missed = self.intermediate = self.paid = 0.0
        self.final, self.kept, self.withheld = [0.0] * 3, [0.0] * 3, [0.0] * 3
        self.spare = self.spot = 0.0  # what could be made besides; what of it is sold on the spot
        self.losses, self.finance_cost = [0.0] * 5, 0.0
        self.in_force: list[Sanction] = []
        self.forget()

    def forget(self) -> None:
        """Empty the file and lift all sanctions."""
        topics = self.model.rules.topics
        self.violation = [0 for _ in topics]
        self.found = [0 for _ in topics]
        self.complaint = [False for _ in topics]
        self.inspected = [False for _ in topics]
        self.records: list[Record] = []
        self.listed: dict[int, int] = {}  # list and month of entry
        self.levers = [0.0] * len(Lever)
        self.sanction_cost = self.associated_cost = 0.0

    # Stages 1 to 4: learn, choose, violate

    def decide(self) -> None:
        """Learn, choose efforts, and violate or not."""
        self.fines = 0.0
        self.learn()
        self.choose()
        self.operate()

    def learn(self) -> None:
        """Move beliefs by own experience, partners' findings and the published rate."""
        rule, published = self.model.rules.scenario.learning, self.model.published
        self.aware += (1 - self.aware) / rule.learning_months
        if self.model.month == 0:
            return
        alarm = self.alarm() * rule.partners
        for k in self.model.rules.topics:
            belief = self.belief[k]
            if self.violation[k]:
                belief += rule.own * ((1.0 if self.found[k] else 0.0) - belief)
            belief += alarm * (1 - belief)
            self.belief[k] = belief + rule.transparency * (published[k] - belief)

    def alarm(self) -> float:
        """Return the share of inputs that came from suppliers with a finding last month."""
        caught = sum(link.weight for item in self.inputs for link in item.links if link.supplier.caught)
        return min(caught / max(self.domestic_inputs, 1e-9), 1.0) if caught else 0.0

    def stakes(self) -> list[float]:
        """Return what one more record of each topic would cost."""
        rules = self.model.rules
        worse = self.cost_of_worse_grades()
        counts = self.counts()
        stakes = []
        for k, terms in enumerate(rules.lists):
            shares = rules.shares[k]
            stake = sum(share * worth for share, worth in zip(shares, worse, strict=True)) if worse else 0.0
            if k not in self.listed:
                serious, records = counts.get(k, (0, 0))
                chance = shares[2] if serious + 1 >= terms.serious else 0.0
                stake += terms.cost * (1.0 if records + 1 >= terms.records else chance)
            stakes.append(stake * self.aware)
        return stakes

    def cost_of_worse_grades(self) -> list[float]:
        """Return by severity what the grade after one more record would cost over its term; empty if nothing."""
        rules = self.model.rules
        after = [min(rules.grade_of(self.score - points), self.grade) for points in rules.points]
        if all(grade == self.grade for grade in after):
            return []
        now, cost = rules.grade_cost[self.grade], rules.grade_cost
        return [(cost[grade] - now) * value for grade, value in zip(after, rules.term_value, strict=True)]

    def counts(self) -> dict[int, tuple[int, int]]:
        """Return by topic the number of live serious records and of all live records."""
        counts: dict[int, tuple[int, int]] = {}
        for record in self.records:
            serious, records = counts.get(record.topic, (0, 0))
            counts[record.topic] = (serious + (record.severity == SERIOUS), records + 1)
        return counts

    def choose(self) -> None:
        """Move each effort towards the best response."""
        rules = self.model.rules
        adjustment = rules.scenario.behaviour.adjustment
        self.compliance = 0.0
        for k, stake in enumerate(self.stakes()):
            gain = (stake + rules.mean_fine[k]) * self.belief[k] * self.hazard[k]
            best = min(max(self.intrinsic + gain / (self.cost_factor * rules.cost[k]), 0.0), 1.0)
            self.effort[k] += adjustment * (best - self.effort[k])
            beyond = max(self.effort[k] - self.intrinsic, 0.0)
            self.compliance += beyond * beyond * rules.cost[k] / 2
        self.compliance *= self.cost_factor * self.size

    def operate(self) -> None:
        """Violate with probability hazard × (1 − effort); somebody may complain, or a sensor see it."""
        rules, draw = self.model.rules, self.random.random
        complaints, monitored = rules.scenario.violations.complaints, rules.scenario.monitoring.share
        for k in rules.topics:
            uniform, chance = draw(), (1 - self.effort[k]) * self.hazard[k]
            self.found[k], self.complaint[k], self.inspected[k], self.violation[k] = 0, False, False, 0
            if uniform >= chance or not self.active:
                continue
            _, general, serious = rules.shares[k]
            self.violation[k] = 1 + (uniform < chance * (general + serious)) + (uniform < chance * serious)
            self.complaint[k] = draw() < complaints
            if draw() < monitored:
                self.found[k] = Origin.MONITORING

    # Stages 6 to 10: records, rating, lists, association, sanctions

    def answer(self) -> None:
        """Pay fines for what was found, keep records of it, and be rated and listed."""
        fresh = [k for k in self.model.rules.topics if self.found[k]]
        self.caught, self.grade_before = bool(fresh), self.grade
        for k in fresh:
            self.enter_record(k)
        if self.records:
            self.records = [record for record in self.records if record.expiry > self.model.month]
        self.be_rated()
        self.be_listed(fresh)

    def enter_record(self, k: int) -> None:
        """Fine and record one finding; what was not there counts as minor."""
        rules = self.model.rules
        true = self.violation[k] > 0
        severity = self.violation[k] if true else MINOR
        self.fines += rules.fine[k][severity - 1] * self.size
        expiry = self.model.month + rules.terms[severity - 1]
        self.records.append(Record(k, severity, self.found[k], true, rules.points[severity - 1], expiry))
        self.model.log("fined", self, k)

    def be_rated(self) -> None:
        """Take the points of live records from the base, and read the grade off the bands."""
        rules = self.model.rules
        base = rules.scenario.rating.base
        self.own_score = self.score = base - sum(record.points for record in self.records)
        self.own_grade = self.grade = rules.grade_of(self.score)
        self.shortfall = max(base - self.own_score, 0.0) if self.active else 0.0

    def be_listed(self, fresh: list[int]) -> None:
        """Leave lists whose term is over; enter those whose conditions a new record meets."""
        lists, month = self.model.rules.lists, self.model.month
        over = [k for k, since in self.listed.items() if since <= month - lists[k].months]
        for k in over:
            del self.listed[k]
            self.model.log("delisted", self, k)
        counts = self.counts() if fresh else {}
        for k in fresh:
            serious, records = counts.get(k, (0, 0))
            if k not in self.listed and k not in over and (serious >= lists[k].serious or records >= lists[k].records):
                self.listed[k] = month
                self.model.log("listed", self, k)

    def associate(self) -> None:
        """Deduct a share of the suppliers' mean shortfall, weighted by trade value."""
        total = weight = 0.0
        for item in self.inputs:
            for link in item.links:
                weight += link.weight
                if link.supplier.shortfall:
                    total += link.weight * link.supplier.shortfall
        if total and weight:
            self.score -= self.model.rules.scenario.spillover.partner.strength * total / weight
            self.grade = min(self.grade, self.model.rules.grade_of(self.score))
        if self.grade != self.grade_before:
            self.model.log("graded", self, self.grade)

    def bear(self) -> None:
        """Bear the measures of this month: of every agency on its own trigger, and jointly where one is listed."""
        self.levers = [0.0] * len(Lever)
        self.sanction_cost = self.associated_cost = 0.0
        in_force = []
        for rule in self.model.rules.sanctions if self.active else ():
            if self.is_hit(rule):
                in_force.append(rule)
                self.levers[rule.lever] += rule.size
                if rule.grade is None or self.own_grade <= rule.grade:
                    self.sanction_cost += rule.cost
                else:
                    self.associated_cost += rule.cost
                if rule not in self.in_force:
                    self.model.log("sanctioned", self, rule.agency)
        self.in_force = in_force
        self.model.tally["sanctions"] += len(in_force)

    def is_hit(self, rule: Sanction) -> bool:
        """Tell whether a measure applies: by grade, by the agency's own list, or by another member's."""
        if rule.listed is None:
            return rule.grade is not None and self.grade <= rule.grade
        if rule.listed in self.listed:
            return True
        return bool(self.listed) and self.joint[rule.agency] < self.model.rules.scenario.joint_punishment.strength
