"""A score that forgets: last month's, faded, plus what a month gives back, less what records took."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.component import PerTopic, parameter
from creditregime.regime.rating.points import Banded
from creditregime.state import Floats
from creditregime.units import by_topic
from creditregime.world import World


class Decay(Banded, kind="decay"):
    """Each month S' = ρ S + r − D for each record that came in; without records S settles at r/(1 − ρ).

    Terms of records do not matter, as the score itself forgets; severity does not count, but for `direct` and
    `conditions`. The score is followed every month, and published on the calendar.
    """

    persistence: float = parameter(0.95, unit="share/month", ge=0, lt=1, description="ρ: share of the score that stays")
    recovery: float = parameter(5.0, unit="points/month", ge=0, description="r: points that a month gives")
    record: PerTopic = parameter(15.0, unit="points", description="D: points that a new record takes")

    @property
    def clean_score(self) -> float:
        """Return the score at which a firm without records settles."""
        return self.recovery / (1 - self.persistence)

    def dimensions(self, files: int) -> dict[str, int]:
        """Add the score that is followed."""
        return super().dimensions(files) | {"memory": files}

    def points_of(self, world: World) -> NDArray[np.float32]:
        """Return the points that a new record of each topic takes, whatever its severity."""
        return np.repeat(by_topic(self.record, world.topics)[:, None], 3, axis=1)

    def months(self, world: World) -> Floats:
        """Return the mean life of a point, 1/(1 − ρ), or the term of a direct grade where that is longer."""
        life = np.full(3, 1 / (1 - self.persistence), np.float32)
        if self.direct:
            life[2] = max(life[2], super().months(world)[2])
        return life

    def prepare(self, world: World) -> None:
        """Start where a firm without records settles."""
        world.firms.memory[:] = np.float32(self.clean_score)
        super().prepare(world)

    def register(self, world: World, rows: NDArray[np.int64]) -> None:
        """Open the files of new firms."""
        world.firms.memory[:, rows] = np.float32(self.clean_score)
        super().register(world, rows)

    def advance(self, world: World) -> None:
        """Fade, recover, and deduct for the month's records."""
        memory = world.firms.memory
        memory *= np.float32(self.persistence)
        memory += np.float32(self.recovery)
        file, firm, topic = self.arrivals(world)
        np.subtract.at(memory, (file, firm), world.law.points[topic, 0])

    def raw(self, world: World, file: int, score: Floats) -> None:
        """Take the score that is followed."""
        score[:] = world.firms.memory[file]
