"""Whom regulators inspect, and what they find there."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Lever, Origin
from creditregime.component import PerTopic, Rule, parameter
from creditregime.regime.inquiry import concealed
from creditregime.state import Floats, Rows
from creditregime.units import by_topic, monthly
from creditregime.world import World, marked

Flags = NDArray[np.bool_]


class Inspection(Rule, family="inspection"):
    """Family of targeting policies. What an inspection finds is the same for all of them."""

    sensitivity: PerTopic = parameter(
        0.8, unit="probability", description="chance that an inspection finds the month's violation"
    )
    false_positive: PerTopic = parameter(
        0.005, unit="probability", description="chance that it finds what is not there", standing="partly"
    )
    complaint_response: float = parameter(
        1.0, unit="probability", ge=0, le=1, description="chance that a complaint brings an inspection", standing="real"
    )
    level: Literal["national", "regional"] = parameter(
        "national", unit="-", description="one regulator a topic, or one a topic and region"
    )

    def enact(self, world: World) -> None:
        """Fill the table of regulators."""
        regulators, regions = world.regulators, self.regions(len(world.economy.regions))
        regulators.topic[:] = np.repeat(np.arange(len(world.topics)), regions)
        if self.level == "regional":
            regulators.region[:] = np.tile(np.arange(regions), len(world.topics))

    def regions(self, regions: int) -> int:
        """Return how many regulators a topic has."""
        return regions if self.level == "regional" else 1

    def forecasts(self, files: int) -> int:
        """Return for how many of a firm's files its risk is forecast."""
        return 0

    def inspect(self, world: World) -> None:
        """Write ``inspected`` and ``found``, topic by topic."""
        for k in range(len(world.topics)):
            called = self._called(world, k)
            inspected = self.select(world, k, called)
            inspected &= world.domestic()
            world.firms.inspected[k] = inspected
        self._find(world)

    def select(self, world: World, k: int, called: Flags | None) -> Flags:
        """Return who is inspected by the regulators of topic `k`, (N,); `called` are firms with a complaint."""
        raise NotImplementedError(f"{type(self).__name__} does not say whom it inspects")

    def announced(self, world: World, k: int) -> Floats | None:
        """Return the announced probability a month of an inspection by grade, (G,), before measures and lists.

        None where a policy announces none: whom it inspects depends on more than the grade.
        """
        return None

    def _called(self, world: World, k: int) -> Flags | None:
        complaint = world.firms.complaint[k]
        if not self.complaint_response or not complaint.any():
            return None
        if self.complaint_response == 1:
            return complaint
        return complaint & (world.draws.uniform("respond", world.month, k) < self.complaint_response)

    def _find(self, world: World) -> None:
        firms = world.firms
        topic, firm = marked(firms.inspected)
        place = topic * world.rows + firm  # in the columns laid out flat, which takes a third of the time
        violated = firms.violation.reshape(-1)[place] > 0
        regulator = _regulators(world, topic, firm)
        false = by_topic(self.false_positive, world.topics)[topic] * _error_factor(world, regulator, firm)
        chance = np.where(violated, by_topic(self.sensitivity, world.topics)[topic], false)
        if (hidden := concealed(world, topic, firm)) is not None:
            chance[hidden] *= np.float32(1 - world.law.cover)
        found = firms.found.reshape(-1)
        hit = world.draws.by_lane(firm, topic, "detect", world.month) < chance
        hit &= found[place] == 0
        called = firms.complaint.reshape(-1)[place[hit]]
        found[place[hit]] = np.where(called, np.uint8(Origin.COMPLAINT), np.uint8(Origin.INSPECTION))
        regulators, number = world.regulators, len(world.regulators.topic)
        regulators.inspections += np.bincount(regulator, minlength=number)
        regulators.detections += np.bincount(regulator[hit & violated], minlength=number)
        regulators.false_findings += np.bincount(regulator[hit & ~violated], minlength=number)


def _regulators(world: World, topic: Rows, firm: Rows) -> Rows:
    """Return the regulator who inspects on a topic in a firm's region, (n,)."""
    regions = len(world.regulators.topic) // len(world.topics)
    return topic * regions + (world.firms.region[firm] if regions > 1 else 0)


def _error_factor(world: World, regulator: Rows, firm: Rows) -> Floats | np.float32:
    """Return the factor on the chance of false findings by the regulators of the inspected firms, 1 or (n,)."""
    error = world.regulators.error
    if (error == 1).all():
        return np.float32(1)
    factor: Floats = error[world.places(firm), regulator]
    return factor


def lever_factor(world: World) -> Floats | None:
    """Return the factor of this month's measures on inspections, (N,), or None where there are none."""
    if "inspection factor" not in world.memo:
        boost = world.firms.levers[Lever.INSPECTION]
        world.memo["inspection factor"] = np.maximum(1 + boost, 0) if boost.any() else None
    factor: Floats | None = world.memo["inspection factor"]
    return factor


class NoInspection(Inspection, kind="none"):
    """No regulator inspects; complaints stay unanswered."""

    def inspect(self, world: World) -> None:
        """Do nothing."""

    def announced(self, world: World, k: int) -> Floats:
        """Return 0 for every grade."""
        return np.zeros(len(world.law.grades), np.float32)


class Uniform(Inspection, kind="uniform"):
    """Every firm is inspected with the same probability, independently."""

    rate: PerTopic = parameter(
        0.05,
        unit="probability/year",
        description="chance that a firm is inspected in a year",
        source="State Council 2018: about 5% of enterprises a year are randomly checked",
        standing="real",
    )
    per: Literal["year", "month"] = parameter(
        "year", unit="-", description="whether the chances of an inspection are stated a year, or a month"
    )

    def inspect(self, world: World) -> None:
        """Draw for all topics at once where their chances are the same."""
        if not self.alike(world):
            super().inspect(world)
            return
        inspected, month = world.firms.inspected, world.month
        world.draws.below_in_lanes(self.raised(world, 0), "inspect", month, inspected)
        if self.complaint_response == 1:
            inspected |= world.firms.complaint
        else:
            for k in range(len(inspected)):
                if (called := self._called(world, k)) is not None:
                    inspected[k] |= called
        inspected &= world.domestic()
        self._find(world)

    def alike(self, world: World) -> bool:
        """Tell whether the chances of a firm are the same for all topics."""
        return self._chooses_as(Uniform) and not isinstance(self.rate, dict)

    def _chooses_as(self, rule: type[Uniform]) -> bool:
        """Tell whether this rule's chances are those of that one: a rule derived from it may have its own by topic."""
        return type(self).chance is rule.chance and type(self).select is Uniform.select

    def select(self, world: World, k: int, called: Flags | None) -> Flags:
        """Draw independently."""
        chosen = world.draws.below(self.raised(world, k), "inspect", world.month, k)
        if called is not None:
            chosen |= called
        return chosen

    def raised(self, world: World, k: int) -> Floats | np.float32:
        """Return the probability a month with this month's measures, a scalar or (N,)."""
        chance, factor = self.chance(world, k), lever_factor(world)
        return chance if factor is None else chance * factor

    def chance(self, world: World, k: int) -> Floats | np.float32:
        """Return the probability a month before measures, a scalar or (N,)."""
        return np.float32(self.monthly(float(by_topic(self.rate, world.topics)[k])))

    def monthly(self, chance: float) -> float:
        """Return the chance a month of an inspection that is stated so."""
        return chance if self.per == "month" else monthly(chance)

    def announced(self, world: World, k: int) -> Floats:
        """Return the same probability for every grade."""
        rate = self.monthly(float(by_topic(self.rate, world.topics)[k]))
        return np.full(len(world.law.grades), rate, np.float32)


class ByGrade(Uniform, kind="grade"):
    """The probability depends on the firm's grade in the regulator's file, and on its standing on lists."""

    rates: dict[str, float] = parameter(
        ..., unit="probability/year", min_length=1, description="chance by grade; `rate` where a grade is not named"
    )
    topics: tuple[str, ...] = parameter(
        (), unit="-", description="topics whose regulators look at grades; the others use `rate`; empty for all"
    )
    listed_factor: float = parameter(1.0, unit="-", ge=0, description="factor for firms on a blacklist of the topic")

    def chance(self, world: World, k: int) -> Floats | np.float32:
        """Return the probability a month by grade, (N,), or the same for all where the topic is not graded."""
        if not self._graded(world, k):
            return super().chance(world, k)
        base, file = self._rate_and_file(world, k)
        if (base, file) not in world.memo:
            world.memo[base, file] = world.looked_up(self.announced(world, k), world.firms.grade[file])
            if world.law.partial:
                world.memo[base, file][~world.firms.rated] = np.float32(self.monthly(base))
        chance: Floats = world.memo[base, file]
        if self.listed_factor != 1:
            chance = chance.copy()
            for number in world.law.blacklists_of[k]:
                chance[world.firms.listing[number] > 0] *= np.float32(self.listed_factor)
        return chance

    def raised(self, world: World, k: int) -> Floats | np.float32:
        """Return the probability with this month's measures, once for all topics for which it is the same."""
        if self.listed_factor != 1 or not self._graded(world, k):
            return super().raised(world, k)
        key = ("raised", *self._rate_and_file(world, k))
        if key not in world.memo:
            world.memo[key] = super().raised(world, k)
        raised: Floats = world.memo[key]
        return raised

    def alike(self, world: World) -> bool:
        """Tell whether all regulators look at the same grade, and at no list of their own."""
        one_file = not self.topics and self.listed_factor == 1 and len(world.firms.grade) == 1
        return self._chooses_as(ByGrade) and one_file and not isinstance(self.rate, dict)

    def _graded(self, world: World, k: int) -> bool:
        return not self.topics or world.topics[k] in self.topics

    def _rate_and_file(self, world: World, k: int) -> tuple[float, int]:
        """Return the rate a year of grades that have none of their own, and the file that the regulator reads."""
        return float(by_topic(self.rate, world.topics)[k]), k if len(world.firms.grade) > 1 else 0

    def announced(self, world: World, k: int) -> Floats:
        """Return the probability of each grade, or the same for all where the topic is not graded."""
        if not self._graded(world, k):
            return super().announced(world, k)
        base, _ = self._rate_and_file(world, k)
        return np.array([self.monthly(self.rates.get(name, base)) for name in world.law.grades], np.float32)


class Quota(Inspection, kind="quota"):
    """Every regulator inspects an exact number of its firms a month, without replacement.

    Firms with a complaint come first; the rest are drawn with weights: 1, or by grade, times 1 + the inspection
    lever (exponential race: the smallest of draws -log(u) / weight win).
    """

    number: PerTopic = parameter(5.0, unit="firms/month", description="inspections by each regulator a month")
    weights: dict[str, float] = parameter(
        default_factory=dict, unit="-", description="weight by grade in the regulator's file; 1 where not named"
    )

    def select(self, world: World, k: int, called: Flags | None) -> Flags:
        """Take the first of the race in each regulator's territory."""
        keys = self._race(world, k)
        if called is not None:
            keys[called] = -1 / (1 + keys[called])  # before everybody else, in the order of the race
        keys[~world.domestic()] = np.inf
        capacity = round(float(by_topic(self.number, world.topics)[k]))
        chosen = np.zeros(world.rows, np.bool_)
        for rows in self._territories(world):
            take = min(capacity, int(np.isfinite(keys[rows]).sum()))
            if take:
                chosen[rows[np.argpartition(keys[rows], take - 1)[:take]]] = True
        return chosen

    def _race(self, world: World, k: int) -> Floats:
        draws = world.draws.uniform("inspect", world.month, k)
        keys: Floats = -np.log1p(-draws)
        weight = np.maximum(1 + world.firms.levers[Lever.INSPECTION], np.float32(1e-6))
        if self.weights:
            table = np.array([self.weights.get(name, 1.0) for name in world.law.grades], np.float32)
            grade = world.firms.grade
            by_grade = table[grade[k if len(grade) > 1 else 0]]
            if world.law.partial:
                by_grade[~world.firms.rated] = 1
            weight *= np.maximum(by_grade, np.float32(1e-6))
        keys /= weight
        return keys

    def _territories(self, world: World) -> list[NDArray[np.int64]]:
        regions = range(len(world.economy.regions)) if self.level == "regional" else (None,)
        rows = [np.arange(start, stop) for start, stop in world.spans]
        return [span if r is None else span[world.firms.region[span] == r] for span in rows for r in regions]
