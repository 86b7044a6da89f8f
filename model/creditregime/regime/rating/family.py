"""The family of rating rules: what every stage may ask of a rating."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from creditregime.component import Rule
from creditregime.state import Bytes, Floats
from creditregime.world import World

Consequence = tuple[Any, ...]
"""What one more record does: (points, lowest grade at once), and topic and severity where a rule tells them apart."""


class Rating(Rule, family="rating"):
    """Family of rating rules."""

    rates: ClassVar[bool] = True

    def grades(self) -> tuple[str, ...]:
        """Return the names of the grades, lowest first."""
        raise NotImplementedError(f"{type(self).__name__} does not name its grades")

    def files(self, topics: int, central: bool) -> int:
        """Return how many files a firm has."""
        return 1 if central else topics

    def dimensions(self, files: int) -> dict[str, int]:
        """Return the lengths of columns that only some ratings use: 0, or the number of files."""
        return {"memory": 0, "clean": 0, "hold": 0}

    def file_of(self, world: World, k: int) -> int:
        """Return the file that topic `k`'s regulator reads."""
        return k if len(world.firms.grade) > 1 else 0

    def topics_of(self, world: World, file: int) -> list[int]:
        """Return the topics whose records enter a file; what is withheld enters no shared one."""
        if len(world.firms.grade) > 1:
            return [file]
        return [k for k in range(len(world.topics)) if not world.law.withheld[k]]

    def enact(self, world: World) -> None:
        """Write this rule's part of the law."""

    def prepare(self, world: World) -> None:
        """Give every firm its first score and grade under this rule."""

    def rate(self, world: World) -> None:
        """Write ``own_score``, ``own_grade`` and, before association, ``score`` and ``grade``."""

    def register(self, world: World, rows: NDArray[np.int64]) -> None:
        """Open the files of new firms."""

    def deduction(self, world: World, k: int, s: int) -> Consequence | None:
        """Return what one more record of topic `k` and severity number `s` does: (points, lowest grade at once).

        It is asked once for each law.
        """
        return None

    def months(self, world: World) -> Floats:
        """Return for how many months a record of each severity acts on the grade, (3,)."""
        return world.law.counted_months

    def grade_of(self, score: Floats) -> Bytes:
        """Return the grade band of each score."""
        raise NotImplementedError(f"{type(self).__name__} has no grade bands")

    def grade_in(self, world: World, file: int, score: Floats, rows: NDArray[np.int64] | None = None) -> Bytes:
        """Return the grade that scores give in a file; of all firms, or of those in `rows`."""
        return self.grade_of(score)

    def grade_if(self, world: World, file: int, deduction: Consequence) -> Bytes:
        """Return the grade in a file that each firm would hold after a further deduction, (N,)."""
        points, lowest, *_ = deduction
        if lowest:
            return np.zeros(world.rows, np.uint8)
        score = world.firms.score[file] - np.float32(points)
        return np.minimum(self.grade_in(world, file, score), world.firms.grade[file])

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
