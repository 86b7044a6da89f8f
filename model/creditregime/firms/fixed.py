"""Firms whose effort is given: types that differ, and an effort for each grade."""

from __future__ import annotations

from typing import Self

import numpy as np
from pydantic import model_validator

from creditregime.component import Settings, parameter
from creditregime.firms.behaviour import Behaviour
from creditregime.firms.stakes import Prospects
from creditregime.state import Floats
from creditregime.world import World


class FirmType(Settings):
    """One type of firm: how common it is, and how it behaves whatever the regime does."""

    share: float = parameter(1.0, unit="share", ge=0, le=1, description="share of the places of firms that are so")
    effort: float = parameter(0.0, unit="share", ge=0, le=1, description="effort, in every topic")
    by_grade: dict[str, float] = parameter(
        default_factory=dict,
        unit="share",
        description="effort by the grade in the topic's file; `effort` where a grade is not named",
    )


class FixedTypes(Behaviour, kind="types"):
    """Firms are of given types, drawn once a place, and decide nothing: each type has its effort, or one a grade.

    With it the regime's machinery can be studied without any response to it, as where the chance to violate in each
    tier is known.
    """

    types: dict[str, FirmType] = parameter(
        ..., unit="-", min_length=1, description="types by name; their shares add up to 1"
    )

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        total = sum(kind.share for kind in self.types.values())
        if abs(total - 1) > 1e-6:
            raise ValueError(f"types: shares must add up to 1; they add up to {total:g}")
        return self

    def prepare(self, world: World) -> None:
        """Draw what all behaviours draw, and start with the types' efforts."""
        super().prepare(world)
        kinds = self._drawn(world)
        world.firms.effort[:] = np.array([kind.effort for kind in self.types.values()], np.float32)[kinds]

    def choose(self, world: World, prospects: Prospects) -> None:
        """Write the efforts of the types in the grades that firms hold."""
        table, kinds = self._table(world), self._drawn(world)
        for k in range(len(world.topics)):
            world.firms.effort[k] = table[kinds, world.grade_in(k)]

    def _table(self, world: World) -> Floats:
        """Return the efforts by type and grade, (types, G)."""
        rows = [[kind.by_grade.get(name, kind.effort) for name in world.law.grades] for kind in self.types.values()]
        return np.array(rows, np.float32)

    def _drawn(self, world: World) -> np.ndarray:
        """Return the number of each place's type, (N,)."""
        bounds = np.cumsum([kind.share for kind in self.types.values()])[:-1]
        return np.searchsorted(bounds, world.draws.uniform("type", 0), side="right")
