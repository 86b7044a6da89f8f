"""What the peer's firms hold and share: records, links, inputs, markets, and the numbers of the rules."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from creditregime.units import monthly, present_months
from creditregime.world import World

if TYPE_CHECKING:
    from benchmarks.peer import Firm

MINOR, SERIOUS = 1, 3


@dataclass(slots=True)
class Record:
    """One entry of a firm's credit file."""

    topic: int
    severity: int
    origin: int
    true: bool
    points: float
    expiry: int


@dataclass(slots=True)
class Link:
    """One supply relation; its weight is 0 while it is idle."""

    supplier: Firm
    coefficient: float
    weight: float


@dataclass(slots=True)
class Input:
    """What a firm buys from one sector: the links, and the stock in months of use."""

    market: Market
    essential: int
    stock: float
    links: list[Link] = field(default_factory=list)
    required: float = 0.0
    ordered: float = 0.0


class Market:
    """One sector: what its firms are asked for and can supply this month, and how a searching buyer meets them."""

    def __init__(self, export: float, procurement: float) -> None:
        self.shares = (1 - export - procurement, procurement, export)  # consumers, state, abroad
        self.firms: list[Firm] = []
        self.cumulated: list[float] = []
        self.clear()

    def close(self) -> None:
        """Cumulate the sizes of the firms: they do not change."""
        self.cumulated = list(accumulate(firm.size for firm in self.firms))

    def clear(self) -> None:
        """Start a month."""
        self.held, self.moving = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
        self.substitution = 0.0
        self.supply = self.spare = self.spot = self.share = 0.0
        self.met = 1.0

    def share_out(self, substitution: float) -> None:
        """Let firms gain a part of what the others lost, in proportion to the customers that they kept."""
        self.substitution = substitution
        for kind in range(len(self.held)):
            self.moving[kind] = sum(self._moves(kind, firm) for firm in self.firms)

    def gain(self, kind: int, firm: Firm) -> float:
        """Return the factor on a firm's own demand: nobody takes over its own loss."""
        return 1 + self.substitution * (self.moving[kind] - self._moves(kind, firm))

    def _moves(self, kind: int, firm: Firm) -> float:
        others = self.held[kind] - firm.kept[kind]
        return firm.withheld[kind] / others if others > 1e-9 else 0.0

    def meet_shortfalls(self) -> None:
        """See how far what the firms could still make covers what is wanted on the spot."""
        self.share = self.spot / self.spare if self.spare > 0 else 0.0
        self.met = (1 / self.share if self.share > 1 else 1.0) if self.spare > 0 else 0.0
        self.share = min(self.share, 1.0)

    def meet(self, uniform: float) -> Firm:
        """Return a firm, drawn in proportion to size."""
        at = bisect_right(self.cumulated, uniform * self.cumulated[-1])
        return self.firms[min(at, len(self.firms) - 1)]


@dataclass(frozen=True, slots=True)
class ListTerms:
    """A topic's blacklist: conditions, term, and what a firm expects that standing on it would cost in all."""

    serious: int
    records: int
    months: int
    cost: float


@dataclass(frozen=True, slots=True)
class Sanction:
    """A measure: trigger, lever, size, and what it costs a firm, share of revenue."""

    agency: int
    lever: int
    size: float
    cost: float
    listed: int | None
    grade: int | None


class Rules:
    """The scenario's numbers, looked up once."""

    def __init__(self, scenario: Any, world: World) -> None:
        law, topics = world.law, list(scenario.topics)
        self.scenario = scenario
        self.topics = range(len(topics))
        self.fine = law.fine.tolist()
        self.mean_fine = (law.shares * law.fine).sum(axis=1).tolist()
        self.cost = law.cost.tolist()
        self.harm = law.harm.tolist()
        self.shares = law.shares.tolist()
        self.points = law.points[0].tolist()  # the same for all topics here
        self.terms = [int(term) for term in law.terms]
        self.grade_cost = law.grade_cost[0, 0].tolist()
        self.term_value = [present_months(term, self.scenario.behaviour.discount) for term in self.terms]
        self.bounds = sorted(self.scenario.rating.bands.values())
        self.rates = [monthly(self.scenario.inspection.rates[name]) for name in law.grades]
        self.lists = [self._list(number, law) for number in range(len(scenario.lists))]
        self.sanctions = [self._sanction(rule, topics, law) for rule in scenario.measures.values()]
        self.contribution = float(law.margins.contribution[0])
        self.background = monthly(self.scenario.exit.background)
        self.voluntary = monthly(self.scenario.exit.voluntary)

    def _list(self, number: int, law: Any) -> ListTerms:
        rule = list(self.scenario.lists.values())[number]
        worth = float(law.list_cost[0, number]) * present_months(rule.max_months, self.scenario.behaviour.discount)
        return ListTerms(rule.serious, rule.records, rule.max_months, worth)

    def _sanction(self, rule: Any, topics: list[str], law: Any) -> Sanction:
        listed = list(self.scenario.lists).index(rule.lists[0]) if rule.lists else None
        grade = law.grades.index(rule.grade) if rule.grade is not None else None
        cost = rule.size * float(law.worth[0, rule.number])
        return Sanction(topics.index(rule.agency), rule.number, rule.size, cost, listed, grade)

    def grade_of(self, score: float) -> int:
        """Return the grade band of a score, 0 lowest."""
        return bisect_right(self.bounds, score)
