"""Relative standing: the shares of the grades are fixed, whatever the level of conduct."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.component import parameter
from creditregime.regime.rating.points import Scored
from creditregime.state import Bytes, Floats
from creditregime.world import World


class Percentile(Scored, kind="percentile"):
    """The best share of the firms gets the best grade, and so on, in each jurisdiction.

    Ranked are the rated firms in business, by points. Ties are frequent, as clean firms score alike; they are broken by
    a lottery drawn once for each row of the table of firms, and so the same firms win them as long as nothing changes.
    Conditions and direct grades apply after the ranking. Between evaluations, the scores of the last ranking are the
    cut-offs.
    """

    shares: dict[str, float] = parameter(
        default_factory=lambda: {"A": 0.05, "B": 0.80, "C": 0.09},
        unit="share",
        min_length=1,
        description="share of firms with each grade, best grade first; the rest gets the lowest",
    )

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        if any(share < 0 for share in self.shares.values()) or sum(self.shares.values()) > 1 + 1e-9:
            raise ValueError("shares: each must be at least 0, and together at most 1")
        if self.lowest in self.shares:
            raise ValueError(f"lowest: the grade '{self.lowest}' has a share already")
        return self

    def grades(self) -> tuple[str, ...]:
        """Return the lowest grade and the others, lowest first."""
        return (self.lowest, *reversed(self.shares))

    def assign(self, world: World, file: int, score: Floats) -> Bytes:
        """Rank the firms of each jurisdiction, and set the cut-offs."""
        ranked = world.rated() & world.firms.rated if world.law.partial else world.rated()
        lot = _lots(world)
        best_first = np.cumsum(np.array(list(self.shares.values())))
        for number, (start, stop) in enumerate(world.spans):
            rows = start + np.flatnonzero(ranked[start:stop])
            order = rows[np.lexsort((lot[rows], score[rows]))]
            holders = np.floor(best_first[::-1] * len(order) + 0.5 + 1e-9).astype(np.int64)
            for rank, held in enumerate(np.minimum(holders, len(order))):
                last = order[len(order) - held] if held else None
                world.cutoffs[number, file, rank] = (np.inf, 0) if last is None else (score[last], lot[last])
        return self.grade_in(world, file, score)

    def grade_in(self, world: World, file: int, score: Floats, rows: NDArray[np.int64] | None = None) -> Bytes:
        """Count the cut-offs that a score reaches; the lottery decides among equals."""
        lot = _lots(world) if rows is None else _lots(world)[rows]
        grade = np.zeros(len(score), np.uint8)
        for cutoff in world.cutoffs[:, file].swapaxes(0, 1):
            bound, drawn = (
                world.spread(part) if rows is None else world.per_row(part, rows)
                for part in (cutoff[:, 0], cutoff[:, 1])
            )
            grade += (score > bound) | ((score == bound) & (lot >= drawn))
        return grade


def _lots(world: World) -> NDArray[np.int64]:
    """Return each row's place in the lottery, (N,): all different, drawn once."""
    if "standing" not in world.memo:
        order = np.argsort(world.draws.uniform("standing", 0), kind="stable")
        lots = np.empty(world.rows, np.int64)
        lots[order] = np.arange(world.rows)
        world.memo["standing"] = lots
    found: NDArray[np.int64] = world.memo["standing"]
    return found
