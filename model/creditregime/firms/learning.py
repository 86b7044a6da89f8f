"""How firms learn what enforcement is like: from themselves, from partners, from what is published."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.acceleration import in_parts, kernel
from creditregime.codes import OWNERSHIPS
from creditregime.component import PerTopic, Rule, parameter
from creditregime.units import by_topic
from creditregime.world import World, marked


class Learning(Rule, family="learning"):
    """Family of learning rules: they move ``belief`` and ``aware``."""

    initial: PerTopic = parameter(0.05, unit="probability", description="belief of a firm without experience")

    def prepare(self, world: World) -> None:
        """Set the first beliefs."""

    def learn(self, world: World) -> None:
        """Update beliefs from the month that ended."""

    def register(self, world: World, rows: NDArray[np.int64]) -> None:
        """Give new firms their first beliefs; who registers under a regime is aware of it."""
        world.firms.belief[:, rows] = by_topic(self.initial, world.topics)[:, None]
        world.firms.aware[rows] = 1


class NoLearning(Learning, kind="none"):
    """Beliefs stay as they are at the start."""

    def prepare(self, world: World) -> None:
        """Give every firm the same belief."""
        world.firms.belief[:] = by_topic(self.initial, world.topics)[:, None]


class Experience(Learning, kind="experience"):
    """Beliefs follow own experience, partners' experience and the published detection rate.

    After a violation a firm moves its belief by ``own`` towards what happened (caught or not). If a share x of its
    inputs came from suppliers on record last month, every belief moves by ``partners`` x towards certainty. The state
    publishes the detection rate; beliefs move by ``transparency`` towards it each month.
    """

    own: float = parameter(0.10, unit="share", ge=0, le=1, description="weight of one own experience")
    partners: float = parameter(0.02, unit="share", ge=0, le=1, description="weight of suppliers' findings")
    transparency: float = parameter(
        0.05, unit="share/month", ge=0, le=1, description="pull towards the published detection rate", standing="real"
    )
    unprepared: dict[str, float] = parameter(
        default_factory=lambda: {"state": 0.3, "private": 0.6, "foreign": 0.7},
        unit="share",
        description="share of firms, by ownership, that start unaware of the regime's consequences",
        source="AHK 2019: nearly 7 of 10 German firms unfamiliar; the other shares are assumptions",
        standing="real",
    )
    learning_months: float = parameter(
        18.0, unit="months", gt=0, description="mean time until an unprepared firm is aware"
    )

    def prepare(self, world: World) -> None:
        """Give every firm the initial belief, and draw who is unprepared."""
        firms = world.firms
        firms.belief[:] = by_topic(self.initial, world.topics)[:, None]
        share = np.array([self.unprepared.get(name, 0.0) for name in OWNERSHIPS], np.float32)
        firms.aware[:] = world.draws.uniform("unprepared", 0) >= share[firms.ownership]

    def learn(self, world: World) -> None:
        """Update beliefs."""
        firms = world.firms
        firms.aware += (1 - firms.aware) * np.float32(1 / self.learning_months)
        if world.month == 0:
            return
        belief, alarm = firms.belief, self._alarm(world)
        own, pull = np.float32(self.own), np.float32(self.transparency)
        if (conduct := kernel("conduct", world.rows)) is not None:
            told = np.zeros(world.rows, np.float32) if alarm is None else alarm
            happened = (firms.violation, firms.found, told)
            in_parts(conduct.learn, world.rows, belief, *happened, world.published, world.starts, own, pull)
            return
        violated = marked(firms.violation)
        caught = (firms.found[violated] > 0).astype(np.float32)
        belief[violated] += own * (caught - belief[violated])
        if alarm is not None:
            belief += alarm * (1 - belief)
        if self.transparency:
            belief += pull * (world.spread(world.published.T) - belief)

    def _alarm(self, world: World) -> np.ndarray | None:
        """Return the weight of suppliers' findings of last month, (N,), or None where nobody was found."""
        if not self.partners or not len(world.findings.firm):
            return None
        found = np.zeros(world.rows, np.bool_)
        found[world.findings.firm] = True
        alarm = world.network.from_marked(found)
        alarm /= np.maximum(world.firms.domestic_inputs, np.float32(1e-9))
        np.minimum(alarm, 1, out=alarm)
        alarm *= np.float32(self.partners)
        return alarm
