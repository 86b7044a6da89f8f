"""The vectorised peer's firms and the state: one module a topic, and the rating, lists and measures over all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.peer_parts import MINOR, SERIOUS, Sanction
from benchmarks.peer_vectorised_parts import Array, Floats, Records
from creditregime.codes import Event, Lever, Origin
from creditregime.world import World

if TYPE_CHECKING:
    from benchmarks.peer_vectorised import VectorisedPeer


class Topic:
    """One topic: what firms believe and do about it, what its agency finds, its records and its blacklist."""

    def __init__(self, model: VectorisedPeer, k: int, world: World) -> None:
        self.model, self.k, firms, n = model, k, world.firms, world.rows
        for name in ("hazard", "belief", "effort"):
            setattr(self, name, getattr(firms, name)[k].astype(np.float64))
        self.joint = self.draw("joint")
        self.violation, self.found = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.complaint, self.inspected = np.zeros(n, bool), np.zeros(n, bool)
        self.listed, self.since = np.zeros(n, bool), np.zeros(n)
        self.serious, self.entries, self.points = np.zeros(n), np.zeros(n), np.zeros(n)
        self.records = Records()
        self.published = 0.0

    def draw(self, purpose: str) -> Floats:
        """Return a uniform number for every firm."""
        return self.model.random.draw(f"{purpose} {self.k}", self.model.people.n)

    # Stages 1 to 4: learn, choose, violate

    def learn(self, alarm: Floats) -> None:
        """Move beliefs by own experience, partners' findings and the published rate."""
        rule, belief = self.model.rules.scenario.learning, self.belief
        belief = np.where(self.violation > 0, belief + rule.own * ((self.found > 0) - belief), belief)
        belief = belief + alarm * (1 - belief)
        self.belief = belief + rule.transparency * (self.published - belief)

    def stake(self, worse: list[Floats]) -> Floats:
        """Return what one more record would cost."""
        terms, shares = self.model.rules.lists[self.k], self.model.rules.shares[self.k]
        stake = sum(share * worth for share, worth in zip(shares, worse, strict=True))
        chance = np.where(self.serious + 1 >= terms.serious, shares[2], 0.0)
        chance = np.where(self.entries + 1 >= terms.records, 1.0, chance)
        listing = np.where(self.listed, 0.0, terms.cost * chance)
        return (stake + listing) * self.model.people.aware

    def choose(self, worse: list[Floats]) -> None:
        """Move efforts towards the best response."""
        people, rules = self.model.people, self.model.rules
        gain = (self.stake(worse) + rules.mean_fine[self.k]) * self.belief * self.hazard
        best = np.clip(people.intrinsic + gain / (people.cost_factor * rules.cost[self.k]), 0, 1)
        self.effort = self.effort + rules.scenario.behaviour.adjustment * (best - self.effort)
        beyond = np.maximum(self.effort - people.intrinsic, 0)
        people.compliance = people.compliance + beyond**2 * rules.cost[self.k] / 2 * people.cost_factor * people.size

    def operate(self) -> None:
        """Violate with probability hazard × (1 − effort); somebody may complain, or a sensor see it."""
        scenario, active = self.model.rules.scenario, self.model.people.active
        _, general, serious = self.model.rules.shares[self.k]
        uniform, chance = self.draw("violation"), (1 - self.effort) * self.hazard
        violated = active & (uniform < chance)
        severity = 1 + (uniform < chance * (general + serious)) + (uniform < chance * serious)
        self.violation = np.where(violated, severity, 0)
        self.complaint = violated & (self.draw("complaint") < scenario.violations.complaints)
        monitored = violated & (self.draw("monitoring") < scenario.monitoring.share)
        self.found = np.where(monitored, Origin.MONITORING, Origin.NONE)

    # Stages 5 to 8: inspection, records, lists

    def inspect(self) -> None:
        """Go through firms by grade and on complaints; find what was done, or by mistake what was not."""
        people, rule = self.model.people, self.model.rules.scenario.inspection
        chance = np.array(self.model.rules.rates)[people.grade] * (1 + people.levers[Lever.INSPECTION])
        self.inspected = people.active & (self.complaint | (self.draw("inspection") < chance))
        finding = np.where(self.violation > 0, rule.sensitivity, rule.false_positive)
        new = self.inspected & (self.found == 0) & (self.draw("finding") < finding)
        origin = np.where(self.complaint, Origin.COMPLAINT, Origin.INSPECTION)
        self.found = np.where(new, origin, self.found)

    def enter_records(self) -> None:
        """Fine and record findings, what was not there as minor; drop records that expired."""
        people, rules, month = self.model.people, self.model.rules, self.model.month
        uids = np.flatnonzero(self.found > 0)
        severity = np.where(self.violation[uids] > 0, self.violation[uids], MINOR)
        people.fines[uids] += np.array(rules.fine[self.k])[severity - 1] * people.size[uids]
        self.model.log(Event.FINED, uids, self.k)
        self.records.add(uids, severity, month + np.array(rules.terms)[severity - 1])
        self.records.keep(self.records.expiry > month)
        self.count()

    def count(self) -> None:
        """Count each firm's live records and their points."""
        firm, severity, n = self.records.firm, self.records.severity, self.model.people.n
        self.entries = np.bincount(firm, minlength=n)
        self.serious = np.bincount(firm[severity == SERIOUS], minlength=n)
        self.points = np.bincount(firm, np.array(self.model.rules.points)[severity - 1], n)

    def list_firms(self) -> None:
        """Take firms off the blacklist whose term is over; put those on that meet its conditions by a new record."""
        terms, month = self.model.rules.lists[self.k], self.model.month
        over = self.listed & (self.since <= month - terms.months)
        enough = (self.serious >= terms.serious) | (self.entries >= terms.records)
        entering = (self.found > 0) & ~self.listed & enough
        self.listed = (self.listed & ~over) | entering
        self.model.log(Event.DELISTED, np.flatnonzero(over), self.k)
        self.model.log(Event.LISTED, np.flatnonzero(entering), self.k)
        self.since = np.where(entering, month, self.since)

    def publish(self) -> None:
        """Update the published detection rate."""
        violated = self.violation > 0
        if violated.any():
            rate = (self.found[violated] > 0).mean()
            self.published += (1 / 6 if self.model.month else 1.0) * (rate - self.published)

    def forget(self, gone: Array) -> None:
        """Empty the files of firms that leave."""
        self.violation[gone], self.found[gone], self.listed[gone] = 0, 0, False
        self.complaint[gone], self.inspected[gone] = False, False
        self.records.keep(~gone[self.records.firm])
        self.count()

    def start(self, uids: Array) -> None:
        """Give entrants their first beliefs and efforts."""
        self.belief[uids] = self.model.rules.scenario.learning.initial
        self.effort[uids] = self.model.people.intrinsic[uids]


def learn(model: VectorisedPeer) -> None:
    """Let all firms learn of the regime and, after the first month, of what befell them and their suppliers."""
    people, rule = model.people, model.rules.scenario.learning
    people.aware = people.aware + (1 - people.aware) / rule.learning_months
    if model.month:
        caught = model.links.to_buyers(people.caught, people.n)
        alarm = np.minimum(caught / np.maximum(people.domestic_inputs, 1e-9), 1) * rule.partners
        for topic in model.topics:
            topic.learn(alarm)


def choose(model: VectorisedPeer) -> None:
    """Let all firms choose efforts."""
    people, rules = model.people, model.rules
    people.compliance = np.zeros(people.n)
    cost = np.array(rules.grade_cost)
    worse = []
    for points, value in zip(rules.points, rules.term_value, strict=True):
        after = np.minimum(grades(model, people.score - points), people.grade)
        worse.append((cost[after] - cost[people.grade]) * value)
    for topic in model.topics:
        topic.choose(worse)


def grades(model: VectorisedPeer, score: Floats) -> Array:
    """Return the grades of scores, 0 lowest."""
    return np.digitize(score, model.rules.bounds)


def rate(model: VectorisedPeer) -> None:
    """Take the points of live records from the base, and read grades off the bands."""
    people, base = model.people, model.rules.scenario.rating.base
    people.caught = np.any([topic.found > 0 for topic in model.topics], axis=0)
    people.own_score = base - np.sum([topic.points for topic in model.topics], axis=0)
    people.own_grade = grades(model, people.own_score)
    people.shortfall = np.maximum(base - people.own_score, 0) * people.active
    people.listed = np.any([topic.listed for topic in model.topics], axis=0)


def associate(model: VectorisedPeer) -> None:
    """Deduct a share of the suppliers' mean shortfall, weighted by trade value."""
    people, links = model.people, model.links
    weight = np.bincount(links.p2, links.weight, people.n)
    total = links.to_buyers(people.shortfall, people.n)
    mean = np.divide(total, weight, out=np.zeros(people.n), where=weight > 0)
    people.score = people.own_score - model.rules.scenario.spillover.partner.strength * mean
    before, people.grade = people.grade, np.minimum(people.own_grade, grades(model, people.score))
    changed = np.flatnonzero(people.grade != before)
    model.log(Event.GRADED, changed, people.grade[changed])


def bear(model: VectorisedPeer) -> None:
    """Let firms bear the measures of every agency, on its own trigger and jointly where one is listed elsewhere."""
    people = model.people
    people.levers = {lever: np.zeros(people.n) for lever in Lever}
    people.sanction_cost, people.associated_cost = np.zeros(people.n), np.zeros(people.n)
    model.sanctions = 0
    for number, rule in enumerate(model.rules.sanctions):
        hit = people.active & is_hit(model, rule)
        model.log(Event.SANCTIONED, np.flatnonzero(hit & ~model.in_force[number]), number)
        model.in_force[number], uids = hit, np.flatnonzero(hit)
        people.levers[Lever(rule.lever)][uids] += rule.size
        own = np.ones(len(uids), bool) if rule.grade is None else people.own_grade[uids] <= rule.grade
        people.sanction_cost[uids[own]] += rule.cost
        people.associated_cost[uids[~own]] += rule.cost
        model.sanctions += len(uids)


def is_hit(model: VectorisedPeer, rule: Sanction) -> Array:
    """Tell to whom a measure applies: by grade, by the agency's own list, or by another member's."""
    people = model.people
    if rule.listed is None:
        return people.grade <= (-1 if rule.grade is None else rule.grade)
    jointly = model.topics[rule.agency].joint < model.rules.scenario.joint_punishment.strength
    return model.topics[rule.listed].listed | (people.listed & jointly)
