"""Conditions that cap or lower a grade whatever the score says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.codes import Severity
from creditregime.component import Settings, parameter
from creditregime.state import Bytes
from creditregime.world import World


class Condition(Settings):
    """A firm that meets it holds at best a grade, or loses some: "cannot be A", "down one grade"."""

    grade: str | None = parameter(None, unit="-", description="best grade that such a firm can hold; none for no cap")
    down: int = parameter(0, unit="grades", ge=0, le=100, description="grades that such a firm loses")
    topic: str = parameter("any", unit="-", description="the topic whose live records count, or 'any' of the file's")
    severity: Literal["minor", "general", "serious"] = parameter(
        "minor", unit="-", description="lowest severity of the records that count"
    )
    records: int = parameter(1, unit="records", ge=0, le=255, description="live records needed; 0 for none")
    younger_than: int = parameter(
        0, unit="months", ge=0, le=1200, description="months since registration below which it is met; 0 for any age"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.grade is None and not self.down:
            raise ValueError("a condition needs a consequence: grade or down")
        if not self.records and not self.younger_than:
            raise ValueError("a condition needs a ground: records or younger_than")
        return self

    def concerns(self, world: World, k: int, s: int) -> bool:
        """Tell whether records of topic `k` and severity number `s` count."""
        return self.topic in ("any", world.topics[k]) and s >= self._lowest

    def met(self, world: World, topics: Sequence[int], more: int = 0) -> NDArray[np.bool_]:
        """Return who meets it, (N,), given the topics of the file, if each had `more` records that count."""
        firms = world.firms
        met = np.ones(world.rows, np.bool_)
        if self.records:
            counted = [k for k in topics if self.topic in ("any", world.topics[k])]
            count = np.full(world.rows, more if counted else 0, np.uint16)
            for k in counted:
                count += firms.live[self._lowest :, k].sum(axis=0, dtype=np.uint16)
            met &= count >= self.records
        if self.younger_than:
            met &= firms.born > world.month - self.younger_than
        return met

    def lower(self, grade: Bytes, rows: NDArray[np.bool_] | NDArray[np.int64], grades: tuple[str, ...]) -> None:
        """Lower the grades of some rows, in place."""
        held = grade[rows]
        held = held - np.minimum(held, np.uint8(self.down))
        grade[rows] = held if self.grade is None else np.minimum(held, np.uint8(grades.index(self.grade)))

    @property
    def _lowest(self) -> int:
        return Severity[self.severity.upper()] - 1
