"""Firms that weigh what their grade will be worth."""

from __future__ import annotations

import math
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.component import parameter
from creditregime.firms.behaviour import Deciding, full_cost, quadratic_cost
from creditregime.firms.planning import Outlook, Reals, missed, response, values
from creditregime.firms.stakes import Prospects
from creditregime.regime.moves import Moves, moves
from creditregime.state import Floats, Rows
from creditregime.units import MONTHS, by_topic, monthly_factor
from creditregime.world import World

Chances = tuple[Reals, Reals]
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
        " or what inspection and monitoring announce",
    )
    patience: float | None = parameter(
        None, unit="1/month", ge=0, lt=1, description="what one unit next month is worth; None follows the discount"
    )

    @model_validator(mode="after")
    def _one_patience(self) -> Self:
        if self.patience is not None and self.traits.discount_spread:
            raise ValueError("patience: one for all does not go with traits.discount_spread; leave it out")
        return self

    def choose(self, world: World, prospects: Prospects) -> None:
        """Set the efforts, file by file."""
        lists = prospects.list_stakes()
        chances = [_chances(prospects, k) for k in range(len(world.topics))]
        for file in range(len(world.firms.grade)):
            topics = [k for k in range(len(world.topics)) if prospects.rating.file_of(world, k) == file]
            plan = _Plan(self, prospects, file, topics, lists, [chances[k] for k in topics])
            active = np.flatnonzero(world.firms.active)
            for start in range(0, len(active), BLOCK):
                plan.choose(active[start : start + BLOCK])

    def discounting(self, world: World) -> float | Floats:
        """Return the rate a year that goes with the patience, or the firms' own."""
        if self.patience is None:
            return super().discounting(world)
        return math.inf if self.patience < 1e-20 else self.patience**-MONTHS - 1

    def spending(self, world: World) -> Floats:
        """Return what the efforts cost each firm this month, (N,) money."""
        return full_cost(world) if self.effort == "all_or_nothing" else quadratic_cost(world)


class _Plan:
    """The planning of one file and its topics."""

    def __init__(
        self,
        rule: ForwardLooking,
        prospects: Prospects,
        file: int,
        topics: list[int],
        lists: Floats,
        chances: list[Chances | None],
    ) -> None:
        world = prospects.world
        self.rule, self.world, self.file, self.topics = rule, world, file, topics
        self.lists, self.chances, self.discount = lists, chances, prospects.discount
        every = moves(world, prospects.rating, file)
        self.moves: Moves = every._replace(after=every.after[topics])
        self.shares = world.law.shares[topics].astype(np.float64)
        self.next = [_next_grades(prospects, file, k) for k in topics]

    def choose(self, rows: Rows) -> None:
        """Write the efforts of some firms in the topics of the file."""
        firms, rule = self.world.firms, self.rule
        outlook = self._outlook(rows)
        worth = values(outlook)
        grade, each = firms.grade[self.file, rows], np.arange(len(rows))
        here, lost_rise = worth[grade, each], missed(self.moves, worth)[grade, each]
        for position, k in enumerate(self.topics):
            falls = self.shares[position].sum() * here + lost_rise
            for s in range(3):
                falls -= self.shares[position, s] * worth[self.next[position][s][rows], each]
            falls *= firms.aware[rows]
            gain = outlook.penalty[position, grade, each] + falls
            gain *= outlook.hazard[position] * outlook.caught[position, grade, each]
            best = response(gain, outlook.cost[position], outlook.intrinsic, outlook.whole).astype(np.float32)
            if not outlook.whole:
                best = firms.effort[k, rows] + np.float32(rule.adjustment) * (best - firms.effort[k, rows])
            firms.effort[k, rows] = best

    def _outlook(self, rows: Rows) -> Outlook:
        world, rule, topics = self.world, self.rule, self.topics
        firms, law = world.firms, world.law
        caution = firms.caution[rows].astype(np.float64)
        caught, inspected = self._perceived(rows)
        fine = (law.shares[topics] * law.fine[topics]).sum(axis=1).astype(np.float64)
        by_grade = np.ones(len(law.grades)) if law.fine_by_grade is None else law.fine_by_grade.astype(np.float64)
        penalty = fine[:, None, None] * by_grade[:, None] + self.lists[topics][:, None, rows]
        held = law.grade_cost[world.places(rows), self.file].T.astype(np.float64)
        if law.partial:
            held *= firms.rated[rows]
        return Outlook(
            self.moves,
            self.shares,
            caught,
            inspected,
            penalty * caution,
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

    def _perceived(self, rows: Rows) -> tuple[Reals, Reals]:
        """Return the probability that a violation is found, (K, G, n), and that of any inspection, (G, n)."""
        caught, none = [], np.ones((len(self.world.law.grades), len(rows)))
        for k, chances in zip(self.topics, self.chances, strict=True):
            inspection, found, level = self._level(k, rows, chances)
            caught.append(np.minimum(found[:, None] * level, 1))
            none *= 1 - np.minimum(inspection[:, None] * level, 1)
        return np.array(caught), 1 - none

    def _level(self, k: int, rows: Rows, chances: Chances | None) -> tuple[Reals, Reals, Reals]:
        """Return announced chances of an inspection and of being found by grade, (G,), and a factor on them, (n,).

        A firm that follows its belief compares it with what is announced, on average over active firms; where nothing
        is announced, its belief (or the published rate) holds in every grade.
        """
        world, same = self.world, np.ones(len(self.world.law.grades))
        believed = self.rule.detection == "believed"
        belief = world.firms.belief[k, rows].astype(np.float64)
        if chances is None:
            return same, same, belief if believed else world.per_row(world.published[:, k], rows).astype(np.float64)
        inspection, found = chances
        if not believed:
            return inspection, found, np.ones(len(rows))
        if not found.any():
            return same, same, belief
        active = world.firms.active
        average = world.total(found[world.grade_in(k)] * active) / np.maximum(world.number(active), 1)
        return inspection, found, belief / np.maximum(world.per_row(average, rows), 1e-12)


def _chances(prospects: Prospects, k: int) -> Chances | None:
    """Return the announced probabilities of an inspection and that a violation is found by grade; None without any."""
    world = prospects.world
    announced = prospects.inspection.announced(world, k)
    if announced is None:
        return None
    inspection = announced.astype(np.float64)
    detected = inspection * float(by_topic(prospects.inspection.sensitivity, world.topics)[k])
    return inspection, 1 - (1 - detected) * (1 - float(prospects.monitoring.seen(world)[k]))


def _next_grades(prospects: Prospects, file: int, k: int) -> list[NDArray[np.uint8]]:
    """Return the grade that each firm would hold after a record of topic `k` and each severity, three times (N,)."""
    world, rating, found = prospects.world, prospects.rating, []
    for s in range(3):
        what = rating.deduction(world, k, s)
        found.append(world.firms.grade[file] if what is None else rating.grade_if(world, file, what))
    return found
