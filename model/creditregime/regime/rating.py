"""Rating rules: visible records become a score and a grade in each file.

A *file* is what one rater sees of a firm: one file where records are shared, one a topic where they are not.
Grades are numbered from the lowest, 0.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.codes import Event
from creditregime.component import PerTopic, Rule, parameter, planned
from creditregime.regime.correction import add_points_back
from creditregime.units import MONTHS, by_topic
from creditregime.world import Bytes, Floats, World


class Rating(Rule, family="rating", planned=("worst_topic", "weighted", "checklist", "percentile", "decay")):
    """Family of rating rules."""

    rates: ClassVar[bool] = True

    def grades(self) -> tuple[str, ...]:
        """Return the names of the grades, lowest first."""
        raise NotImplementedError(f"{type(self).__name__} does not name its grades")

    def files(self, topics: int, central: bool) -> int:
        """Return how many files a firm has."""
        return 1 if central else topics

    def file_of(self, world: World, k: int) -> int:
        """Return the file that topic `k`'s regulator reads."""
        return k if len(world.firms.grade) > 1 else 0

    def topics_of(self, world: World, file: int) -> list[int]:
        """Return the topics whose records enter a file; what is withheld enters no shared one."""
        if len(world.firms.grade) > 1:
            return [file]
        return [k for k in range(len(world.topics)) if not world.law.withheld[k]]

    def enact(self, world: World) -> None:
        """Write the law, and give every firm its first score and grade under it."""

    def rate(self, world: World) -> None:
        """Write ``own_score``, ``own_grade`` and, before association, ``score`` and ``grade``."""

    def register(self, world: World, rows: NDArray[np.int64]) -> None:
        """Open the files of new firms."""

    def deduction(self, world: World, k: int, s: int) -> tuple[float, bool] | None:
        """Return what one more record of topic `k` and severity number `s` does: (points, lowest grade at once)."""
        return None

    def grade_of(self, score: Floats) -> Bytes:
        """Return the grade band of each score."""
        raise NotImplementedError(f"{type(self).__name__} has no grade bands")

    def grade_if(self, world: World, file: int, deduction: tuple[float, bool]) -> Bytes:
        """Return the grade in a file that each firm would hold after a further deduction, (N,)."""
        points, lowest = deduction
        if lowest:
            return np.zeros(world.rows, np.uint8)
        return np.minimum(self.grade_of(world.firms.score[file] - np.float32(points)), world.firms.grade[file])

    @property
    def clean_score(self) -> float:
        """Return the score of a firm without records, from which shortfalls are measured."""
        return 0.0


class NoRating(Rating, kind="none"):
    """Nobody is rated; records have no grade."""

    rates: ClassVar[bool] = False

    def grades(self) -> tuple[str, ...]:
        """Return the one grade that everybody holds."""
        return ("unrated",)

    def files(self, topics: int, central: bool) -> int:
        """Return one: an empty file."""
        return 1


class Points(Rating, kind="points"):
    """Base points less deductions for live records plus additions for clean years; bands give the grade."""

    base: float = parameter(100.0, unit="points", description="score of a firm without records")
    minor: PerTopic = parameter(3.0, unit="points", description="deduction for a minor record")
    general: PerTopic = parameter(11.0, unit="points", description="deduction for a general record")
    serious: PerTopic = parameter(30.0, unit="points", description="deduction for a serious record")
    bands: dict[str, float] = parameter(
        default_factory=lambda: {"A": 90.0, "B": 70.0, "C": 40.0},
        unit="points",
        min_length=1,
        description="lowest score of each grade, best grade first",
    )
    lowest: str = parameter("D", unit="-", description="name of the grade below all bands")
    direct: bool = parameter(False, unit="-", description="a live serious record gives the lowest grade at once")
    floor: float | None = parameter(None, unit="points", description="lowest possible score")
    cap: float | None = parameter(None, unit="points", description="highest possible score")
    clean_bonus: float = parameter(0.0, unit="points/year", ge=0, description="addition for each year without a record")
    clean_bonus_cap: float = parameter(0.0, unit="points", ge=0, description="most that clean years can add")
    new_firm_grade: str | None = parameter(None, unit="-", description="best grade that a new firm can hold")
    new_firm_months: int = parameter(MONTHS, unit="months", ge=1, description="how long a firm counts as new")
    calendar: int = parameter(
        1, unit="months", ge=1, le=120, description="months between evaluations; 1 rates every month", standing="partly"
    )
    coverage: dict[str, float] = planned({}, unit="share", description="share rated, by ownership", standing="partly")
    opt_out: float = planned(0.0, unit="share", description="share of firms that opted out of rating", standing="real")
    rater_bias: float = planned(0.0, unit="points", description="points for a connected firm", standing="partly")
    noise: float = planned(0.0, unit="points", description="standard deviation of rating noise")

    @model_validator(mode="after")
    def _bands_descend(self) -> Self:
        if any(better < worse for better, worse in pairwise(self.bands.values())):
            raise ValueError("bands must be given best grade first, with falling scores")
        if self.lowest in self.bands:
            raise ValueError(f"lowest: the grade '{self.lowest}' has a band already")
        if self.new_firm_grade is not None and self.new_firm_grade not in self.grades():
            raise ValueError(f"new_firm_grade: '{self.new_firm_grade}' is not a grade; allowed: {self.grades()}")
        return self

    def grades(self) -> tuple[str, ...]:
        """Return the lowest grade and the bands, lowest first."""
        return (self.lowest, *reversed(self.bands))

    @property
    def clean_score(self) -> float:
        """Return the base score."""
        return self.base

    def enact(self, world: World) -> None:
        """Write the deductions, and rate everybody for the first time."""
        columns = (by_topic(value, world.topics) for value in (self.minor, self.general, self.serious))
        world.law.points[:] = np.stack(list(columns), axis=1)
        self._evaluate(world)

    def rate(self, world: World) -> None:
        """Evaluate on the calendar; what was published stays in between."""
        if (world.month + 1) % self.calendar == 0:
            self._evaluate(world)
        else:
            self._publish(world)

    def register(self, world: World, rows: NDArray[np.int64]) -> None:
        """Give new firms the score and grade of a firm without records, at most the new firms' grade."""
        firms = world.firms
        grade = self.grade_of(np.array([self.base], np.float32))[0]
        if self.new_firm_grade is not None:
            grade = min(grade, np.uint8(self.grades().index(self.new_firm_grade)))
        firms.own_score[:, rows] = firms.score[:, rows] = self.base
        firms.own_grade[:, rows] = firms.grade[:, rows] = grade

    def deduction(self, world: World, k: int, s: int) -> tuple[float, bool] | None:
        """Return the points of the table, and whether a serious record is graded directly; None if it is withheld."""
        if k not in self.topics_of(world, self.file_of(world, k)):
            return None
        points, lowest = float(world.law.points[k, s]), self.direct and s == 2
        return (points, lowest) if points or lowest else None

    def grade_of(self, score: Floats) -> Bytes:
        """Count the bands that the score reaches."""
        grade = np.zeros(len(score), np.uint8)
        for bound in self.bands.values():
            grade += score >= np.float32(bound)
        return grade

    def _evaluate(self, world: World) -> None:
        firms = world.firms
        bonus = self._bonus(world)
        for number, score in enumerate(firms.own_score):
            topics = self.topics_of(world, number)
            self._score(world, topics, bonus, score)
            grade = self.grade_of(score)
            if self.direct:
                grade *= ~firms.live[2, topics].any(axis=0)
            firms.own_grade[number] = grade
        self._publish(world)

    def _score(self, world: World, topics: Any, bonus: Floats | float, score: Floats) -> None:
        score[:] = np.float32(self.base)
        score += bonus
        scratch = np.empty_like(score)
        for k in topics:
            for s in range(3):
                points = world.law.points[k, s]
                if points:
                    score -= np.multiply(world.firms.live[s, k], points, out=scratch)
        add_points_back(world, topics, score)
        if self.floor is not None:
            np.maximum(score, np.float32(self.floor), out=score)
        if self.cap is not None:
            np.minimum(score, np.float32(self.cap), out=score)

    def _bonus(self, world: World) -> Floats | float:
        if not self.clean_bonus:
            return 0.0
        clean = world.month - np.maximum(np.maximum(world.firms.last_record, world.firms.born), -1)
        years: Floats = (clean // MONTHS).astype(np.float32)
        return np.minimum(years * np.float32(self.clean_bonus), np.float32(self.clean_bonus_cap))

    def _publish(self, world: World) -> None:
        firms = world.firms
        firms.score[:] = firms.own_score
        firms.grade[:] = firms.own_grade
        if self.new_firm_grade is not None:
            new = np.flatnonzero(firms.born > world.month - self.new_firm_months)
            best = np.uint8(self.grades().index(self.new_firm_grade))
            firms.grade[:, new] = np.minimum(firms.grade[:, new], best)


class TopicTiers(Points, kind="topic_tiers"):
    """One grade a topic from that topic's records alone, never added up, shared or not."""

    def files(self, topics: int, central: bool) -> int:
        """Return one file a topic."""
        return topics


def log_grades(world: World, before: Bytes) -> None:
    """Log the changes of published grades since `before`, (R, N), association included."""
    for number, grade in enumerate(world.firms.grade):
        changed = np.flatnonzero((grade != before[number]) & world.firms.active)
        world.log(Event.GRADED, changed, number, grade[changed])
