"""Points: a base less deductions for live records plus additions for clean years; bands give the grade."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.acceleration import in_parts, kernel
from creditregime.component import PerTopic, parameter
from creditregime.regime.correction import add_points_back
from creditregime.regime.rating.family import Consequence
from creditregime.regime.rating.graded import Graded
from creditregime.state import NEVER, Bytes, Floats
from creditregime.units import MONTHS, by_topic
from creditregime.world import World


class Banded(Graded):
    """Common part of the ratings in which fixed cut-offs give the grade."""

    bands: dict[str, float] = parameter(
        default_factory=lambda: {"A": 90.0, "B": 70.0, "C": 40.0},
        unit="points",
        min_length=1,
        description=(
            "lowest score of each grade, best grade first; of two grades with one cut-off a score gives the better, "
            "and the other is for new firms and conditions"
        ),
    )

    @model_validator(mode="after")
    def _bands_descend(self) -> Self:
        if any(better < worse for better, worse in pairwise(self.bands.values())):
            raise ValueError("bands must be given best grade first, with falling scores")
        if self.lowest in self.bands:
            raise ValueError(f"lowest: the grade '{self.lowest}' has a band already")
        return self

    def grades(self) -> tuple[str, ...]:
        """Return the lowest grade and the bands, lowest first."""
        return (self.lowest, *reversed(self.bands))

    def grade_of(self, score: Floats) -> Bytes:
        """Count the bands that the score reaches."""
        if (ratings := kernel("ratings", len(score))) is not None:
            grade = np.empty(len(score), np.uint8)
            in_parts(ratings.band, len(score), score, np.array([*self.bands.values()], np.float32), grade)
            return grade
        grade = np.zeros(len(score), np.uint8)
        for bound in self.bands.values():
            grade += (score >= np.float32(bound)).view(np.uint8)
        return grade


class Scored(Graded):
    """Common part of the ratings that deduct points for live records."""

    base: float = parameter(100.0, unit="points", description="score of a firm without records")
    minor: PerTopic = parameter(3.0, unit="points", description="deduction for a minor record")
    general: PerTopic = parameter(11.0, unit="points", description="deduction for a general record")
    serious: PerTopic = parameter(30.0, unit="points", description="deduction for a serious record")
    clean_bonus: float = parameter(0.0, unit="points/year", ge=0, description="addition for each year without a record")
    clean_bonus_cap: float = parameter(0.0, unit="points", ge=0, description="most that clean years can add")

    @property
    def clean_score(self) -> float:
        """Return the base score."""
        return self.base

    def dimensions(self, files: int) -> dict[str, int]:
        """Add the months of the newest records where each file has clean years of its own."""
        return super().dimensions(files) | {"clean": files if self.clean_bonus and (files > 1 or self.topics) else 0}

    def points_of(self, world: World) -> NDArray[np.float32]:
        """Return the points by topic and severity."""
        columns = (by_topic(value, world.topics) for value in (self.minor, self.general, self.serious))
        return np.stack(list(columns), axis=1)

    def advance(self, world: World) -> None:
        """Remember the newest record of each file."""
        newest = world.firms.newest_record
        if len(newest):
            file, firm, _ = self.arrivals(world)
            newest[file, firm] = world.month

    def register(self, world: World, rows: NDArray[np.int64]) -> None:
        """Open the files of new firms, without records."""
        world.firms.newest_record[:, rows] = NEVER
        super().register(world, rows)

    def raw(self, world: World, file: int, score: Floats) -> None:
        """Deduct the points of the live records."""
        score[:] = np.float32(self.base)
        score += self.bonus(world, file)
        self.deduct(world, self.topics_of(world, file), score)

    def loss(self, world: World, file: int, what: Consequence) -> Floats | np.float32:
        """Return the points of the record, and those of the clean years that end with it."""
        return np.float32(what[0]) + self.bonus(world, file)

    def deduct(self, world: World, topics: Sequence[int], score: Floats) -> None:
        """Deduct the points of live records of some topics, in place."""
        if (ratings := kernel("ratings", len(score))) is not None:
            law, live = world.law, world.firms.live
            in_parts(ratings.deduct, len(score), live, law.points, np.array(topics, np.int64), score)
        else:
            scratch = np.empty_like(score)
            for k in topics:
                for s in range(3):
                    points = world.law.points[k, s]
                    if points:
                        score -= np.multiply(world.firms.live[s, k], points, out=scratch)
        add_points_back(world, topics, score)

    def bonus(self, world: World, file: int) -> Floats | np.float32:
        """Return what each firm's clean years add, (N,), or 0."""
        if not self.clean_bonus:
            return np.float32(0)
        firms = world.firms
        newest = firms.newest_record[file] if len(firms.newest_record) else firms.last_record
        clean = world.month - np.maximum(np.maximum(newest, firms.born), -1)
        years: Floats = (clean // MONTHS).astype(np.float32)
        return np.minimum(years * np.float32(self.clean_bonus), np.float32(self.clean_bonus_cap))


class Points(Scored, Banded, kind="points"):
    """Base points less deductions for live records plus additions for clean years; bands give the grade."""


class TopicTiers(Points, kind="topic_tiers"):
    """One grade a topic from that topic's records alone, never added up, shared or not."""

    @model_validator(mode="after")
    def _grades_every_topic(self) -> Self:
        if self.topics:
            raise ValueError("topics: topic tiers grade every topic; choose another kind for a sector rating")
        return self

    def files(self, topics: int, central: bool) -> int:
        """Return one file a topic."""
        return topics
