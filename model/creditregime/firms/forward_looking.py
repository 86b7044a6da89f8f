"""Firms that weigh what their grade will be worth."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from creditregime.component import parameter
from creditregime.firms.behaviour import Deciding, full_cost, quadratic_cost
from creditregime.firms.planning import Chances, Outlook, Reals, gain, response, values
from creditregime.firms.stakes import Prospects
from creditregime.regime.moves import Moves, moves
from creditregime.state import Floats, Rows
from creditregime.units import by_topic, monthly_factor
from creditregime.world import World

BLOCK = 1 << 14
"""Firms that are worked on together: what they need stays small."""


class ForwardLooking(Deciding, kind="forward_looking"):
    """Effort weighs the loss in the value of the grade, by dynamic programming over its moves (Harrington 1988).

    The value of a grade is that of the best policy from there on: what the grade costs, the inspections and fines that
    come with it, and the way up and down. In the grade that it holds, a firm knows its score, hence whether one more
    record would cost the grade. Lists count with the present value of their term, as for the other rules.
    """

    effort: Literal["gradual", "all_or_nothing"] = parameter(
        "gradual", unit="-", description="effort with a quadratic cost, or 0 or 1"
    )
    adjustment: float = parameter(
        0.25, unit="share/month", gt=0, le=1, description="gradual: share of the way to the best response in a month"
    )
    detection: Literal["believed", "announced"] = parameter(
        "believed",
        unit="-",
        description="chance that a violation is found: the own belief, scaled by grade as inspections are announced,"
        " or what inspection and monitoring announce, their errors included",
    )

    def choose(self, world: World, prospects: Prospects) -> None:
        """Set the efforts, file by file."""
        lists = prospects.list_stakes()
        announced = [_announced(prospects, k) for k in range(len(world.topics))]
        for file in range(len(world.firms.grade)):
            topics = [k for k in range(len(world.topics)) if prospects.rating.file_of(world, k) == file]
            plan = _Plan(self, prospects, file, topics, lists, [announced[k] for k in topics])
            active = np.flatnonzero(world.firms.active)
            for start in range(0, len(active), BLOCK):
                plan.choose(active[start : start + BLOCK])

    def spending(self, world: World) -> Floats:
        """Return what the efforts cost each firm this month, (N,) money."""
        return full_cost(world) if self.effort == "all_or_nothing" else quadratic_cost(world)


class _Announced(NamedTuple):
    """What is announced about a topic: chance of an inspection by grade, (G,), and what it, and monitoring, finds."""

    inspection: Reals
    sensitivity: float
    false_positive: float
    seen: float
    alarms: float

    @property
    def found(self) -> Reals:
        """Return the chance by grade that a violation is found, (G,)."""
        return 1 - (1 - self.inspection * self.sensitivity) * (1 - self.seen)

    @property
    def mistaken(self) -> Reals:
        """Return the chance by grade that something is found where there is nothing, (G,)."""
        return 1 - (1 - self.inspection * self.false_positive) * (1 - self.alarms)

    @property
    def soiling(self) -> tuple[float, float]:
        """Return the chances that an inspection is not clean, with a violation and without."""
        return 1 - (1 - self.sensitivity) * (1 - self.seen), 1 - (1 - self.false_positive) * (1 - self.alarms)


class _Plan:
    """The planning of one file and its topics."""

    def __init__(
        self,
        rule: ForwardLooking,
        prospects: Prospects,
        file: int,
        topics: list[int],
        lists: Floats,
        announced: list[_Announced | None],
    ) -> None:
        world = prospects.world
        self.rule, self.world, self.file, self.topics = rule, world, file, topics
        self.lists, self.announced, self.discount = lists, announced, prospects.discount
        every = moves(world, prospects.rating, file)
        self.moves: Moves = every._replace(after=every.after[topics])
        self.shares = world.law.shares[topics].astype(np.float64)
        self.next = [_next_grades(prospects, file, k) for k in topics]

    def choose(self, rows: Rows) -> None:
        """Write the efforts of some firms in the topics of the file."""
        firms, rule = self.world.firms, self.rule
        outlook = self._outlook(rows)
        worth = values(outlook) * firms.aware[rows]
        at = firms.grade[self.file, rows], np.arange(len(rows))
        for position, k in enumerate(self.topics):
            falls = [worth[at] - worth[after[rows], at[1]] for after in self.next[position]]
            gained = gain(outlook, worth, position, falls, at)
            best = response(gained, outlook.cost[position], outlook.intrinsic, outlook.whole).astype(np.float32)
            if not outlook.whole:
                best = firms.effort[k, rows] + np.float32(rule.adjustment) * (best - firms.effort[k, rows])
            firms.effort[k, rows] = best

    def _outlook(self, rows: Rows) -> Outlook:
        world, rule, topics = self.world, self.rule, self.topics
        firms, law = world.firms, world.law
        caution = firms.caution[rows].astype(np.float64)
        chances, inspected = self._perceived(rows)
        fines = law.fine[topics].astype(np.float64)
        by_grade = np.ones(len(law.grades)) if law.fine_by_grade is None else law.fine_by_grade.astype(np.float64)
        fined = (self.shares * fines).sum(axis=1)[:, None, None] * by_grade[:, None]
        mistaken = np.broadcast_to(fines[:, :1, None] * by_grade[:, None] * caution, chances.caught.shape)
        held = law.grade_cost[world.places(rows), self.file].T.astype(np.float64)
        if law.partial:
            held *= firms.rated[rows]
        return Outlook(
            self.moves,
            self.shares,
            chances,
            inspected,
            (fined + self.lists[topics][:, None, rows]) * caution,
            mistaken,
            held * caution,
            firms.hazard[topics][:, rows].astype(np.float64),
            law.cost[topics, None].astype(np.float64) * firms.cost_factor[rows],
            firms.intrinsic[rows].astype(np.float64),
            self._patience(rows),
            rule.effort == "all_or_nothing",
        )

    def _patience(self, rows: Rows) -> Reals:
        discount = self.discount[rows] if isinstance(self.discount, np.ndarray) else np.full(len(rows), self.discount)
        patience: Reals = np.minimum(monthly_factor(discount.astype(np.float64)), 1 - 1e-9)
        return patience

    def _perceived(self, rows: Rows) -> tuple[Chances, Reals]:
        """Return what firms think that regulators find, and the probability of any inspection, (G, n)."""
        by_topic, none = [], np.ones((len(self.world.law.grades), len(rows)))
        for k, announced in zip(self.topics, self.announced, strict=True):
            chances, inspection = self._of_topic(k, rows, announced)
            by_topic.append(chances)
            none *= 1 - inspection
        return Chances(*(np.array(chance) for chance in zip(*by_topic, strict=True))), 1 - none

    def _of_topic(self, k: int, rows: Rows, announced: _Announced | None) -> tuple[Chances, Reals]:
        """Return the same for one topic, each (G, n).

        A firm that follows its belief compares it with what is announced, on average over active firms, and does not
        think of errors; where nothing is announced, its belief (or the published rate) holds in every grade.
        """
        world, shape = self.world, (len(self.world.law.grades), len(rows))
        believed = self.rule.detection == "believed"
        nothing, belief = np.zeros(shape), world.firms.belief[k, rows].astype(np.float64)
        if announced is None or (believed and not announced.found.any()):
            level = belief if believed else world.per_row(world.published[:, k], rows).astype(np.float64)
            same = np.broadcast_to(np.minimum(level, 1), shape)
            return Chances(same, nothing, same, nothing), same
        level = belief / self._average(k, rows, announced.found) if believed else np.ones(len(rows))
        inspection = np.minimum(announced.inspection[:, None] * level, 1)
        caught = np.minimum(announced.found[:, None] * level, 1)
        soiled, soiled_falsely = announced.soiling
        exposed = np.minimum(inspection * soiled, caught)
        if believed:
            return Chances(caught, nothing, exposed, nothing), inspection
        mistaken = np.broadcast_to(announced.mistaken[:, None], shape)
        return Chances(caught, mistaken, exposed, inspection * soiled_falsely), inspection

    def _average(self, k: int, rows: Rows, found: Reals) -> Reals:
        """Return the mean of an announced chance over the active firms of each firm's jurisdiction, (n,)."""
        world, active = self.world, self.world.firms.active
        average = world.total(found[world.grade_in(k)] * active) / np.maximum(world.number(active), 1)
        mean: Reals = np.maximum(world.per_row(average, rows), 1e-12)
        return mean


def _announced(prospects: Prospects, k: int) -> _Announced | None:
    """Return what is announced about a topic; None where inspections are not announced by grade."""
    world, rule = prospects.world, prospects.inspection
    announced = rule.announced(world, k)
    if announced is None:
        return None
    sensitivity, false_positive = (
        float(by_topic(value, world.topics)[k]) for value in (rule.sensitivity, rule.false_positive)
    )
    seen, alarms = (
        float(chance[k]) for chance in (prospects.monitoring.seen(world), prospects.monitoring.wrong(world))
    )
    return _Announced(announced.astype(np.float64), sensitivity, false_positive, seen, alarms)


def _next_grades(prospects: Prospects, file: int, k: int) -> list[NDArray[np.uint8]]:
    """Return the grade that each firm would hold after a record of topic `k` and each severity, three times (N,)."""
    world, rating, found = prospects.world, prospects.rating, []
    for s in range(3):
        what = rating.deduction(world, k, s)
        found.append(world.firms.grade[file] if what is None else rating.grade_if(world, file, what))
    return found
