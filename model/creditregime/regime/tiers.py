"""A rating by movement: a finding moves a firm down, a clean inspection moves it up."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.component import parameter
from creditregime.regime.rating import Rating
from creditregime.state import Bytes, Floats
from creditregime.world import World


class Tiers(Rating, kind="tiers"):
    """A firm's tier is its history: each month with a new record moves it down, each clean inspection may move it up.

    The score is the number of the tier, 0 the lowest, so that what spills over is counted in tiers.
    """

    tiers: tuple[str, ...] = parameter(
        ("trusted", "watched"), unit="-", min_length=2, max_length=100, description="names of the tiers, best first"
    )
    fall: Literal["one", "lowest"] = parameter(
        "one", unit="-", description="a month with a record moves one tier down, or to the lowest at once"
    )
    promotion: float = parameter(
        0.5,
        unit="probability",
        ge=0,
        le=1,
        description="chance that an inspection that finds nothing moves a firm one tier up",
        source="Harrington 1988, J. Public Econ. 37:29; the value is that of the validation example",
    )
    start: str | None = parameter(None, unit="-", description="tier of new firms and at the start; None for the best")

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if len(set(self.tiers)) < len(self.tiers):
            raise ValueError(f"tiers: a name stands twice in {self.tiers}")
        if self.start is not None and self.start not in self.tiers:
            raise ValueError(f"start: '{self.start}' is not a tier; allowed: {', '.join(self.tiers)}")
        return self

    def grades(self) -> tuple[str, ...]:
        """Return the tiers, lowest first."""
        return self.tiers[::-1]

    @property
    def clean_score(self) -> float:
        """Return the number of the best tier."""
        return float(len(self.tiers) - 1)

    def enact(self, world: World) -> None:
        """Let a record count one tier."""
        world.law.points[:] = 1

    def prepare(self, world: World) -> None:
        """Put everybody into the first tier."""
        self._assign(world, slice(None))

    def register(self, world: World, rows: NDArray[np.int64]) -> None:
        """Put new firms into the first tier."""
        self._assign(world, rows)

    def rate(self, world: World) -> None:
        """Move firms between tiers by what this month's records and inspections say."""
        firms = world.firms
        fallen = self._on_record(world)
        best = np.uint8(len(self.tiers) - 1)
        for file, tier in enumerate(firms.own_grade):
            topics = self.topics_of(world, file)
            clean = firms.inspected[topics].any(axis=0) & ~(firms.found[topics] > 0).any(axis=0)
            clean &= ~fallen[file] & (tier < best) & world.rated()
            rows = np.flatnonzero(clean)
            rows = rows[world.draws.at(rows, "promote", world.month, file) < np.float32(self.promotion)]
            tier[rows] += 1
            down = np.flatnonzero(fallen[file] & (tier > 0))
            tier[down] = 0 if self.fall == "lowest" else tier[down] - 1
        firms.grade[:] = firms.own_grade
        firms.own_score[:] = firms.own_grade
        firms.score[:] = firms.own_grade

    def deduction(self, world: World, k: int, s: int) -> tuple[float, bool] | None:
        """Return one tier, or the lowest at once."""
        counts = world.law.recorded[k] and k in self.topics_of(world, self.file_of(world, k))
        return (1.0, self.fall == "lowest") if counts else None

    def grade_of(self, score: Floats) -> Bytes:
        """Return the tier that a score reaches in full."""
        return np.clip(np.floor(score), 0, len(self.tiers) - 1).astype(np.uint8)

    def _assign(self, world: World, rows: Any) -> None:
        firms, first = world.firms, self.grades().index(self.start or self.tiers[0])
        for column in (firms.own_grade, firms.grade, firms.own_score, firms.score):
            column[:, rows] = first

    def _on_record(self, world: World) -> NDArray[np.bool_]:
        """Return who has a new record in each file, (R, N)."""
        topic, firm = world.entered
        fallen = np.zeros(world.firms.own_grade.shape, np.bool_)
        for file, low in enumerate(fallen):
            low[firm[np.isin(topic, self.topics_of(world, file))]] = True
        return fallen
