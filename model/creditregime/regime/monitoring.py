"""What the state sees without an inspection: sensors, online feeds, cross-checks of data."""

from __future__ import annotations

import numpy as np

from creditregime.codes import Origin
from creditregime.component import PerTopic, Rule, parameter
from creditregime.regime.inquiry import concealed
from creditregime.state import Floats
from creditregime.units import by_topic
from creditregime.world import World


class Monitoring(Rule, family="monitoring"):
    """Family of automated monitoring."""

    def watch(self, world: World) -> None:
        """Mark violations of this month as found."""

    def burden(self, world: World) -> Floats | None:
        """Return what being monitored costs firms this month, (N,) money, or None where it costs nothing."""
        return None

    def seen(self, world: World) -> Floats:
        """Return the share of violations that is seen, by topic, (K,)."""
        return np.zeros(len(world.topics), np.float32)

    def wrong(self, world: World) -> Floats:
        """Return the chance a month that a firm without a violation is marked as having one, by topic, (K,)."""
        return np.zeros(len(world.topics), np.float32)


class NoMonitoring(Monitoring, kind="none"):
    """Nothing is seen without an inspection."""


class Coverage(Monitoring, kind="coverage"):
    """A share of violations is seen as it happens, unless the firm's data were falsified.

    Sensors cost every firm the same whatever its size, in proportion to what they see.
    """

    share: PerTopic = parameter(
        0.02,
        unit="probability",
        description="share of violations seen by online feeds and data cross-checks; general camera surveillance, a"
        " press claim, would be a share near 1",
        standing="partly",
    )
    false_alarms: PerTopic = parameter(
        0.0, unit="probability/month", description="chance that a firm without a violation is marked as having one"
    )
    cost: PerTopic = parameter(
        0.0, unit="money/month", description="cost to a firm of sensors that see all violations of a topic"
    )

    def seen(self, world: World) -> Floats:
        """Return the topics' shares."""
        return by_topic(self.share, world.topics)

    def wrong(self, world: World) -> Floats:
        """Return the topics' chances of a false alarm."""
        return by_topic(self.false_alarms, world.topics)

    def watch(self, world: World) -> None:
        """Find each violation with the topic's probability, and now and then what is not there."""
        shares, alarms = self.seen(world), self.wrong(world)
        if shares.any():
            self._see(world, shares)
        for k in np.flatnonzero(alarms):
            self._alarm(world, int(k), alarms[k])

    def burden(self, world: World) -> Floats | None:
        """Return cost × share, summed over topics, for active firms."""
        total = float(by_topic(self.cost, world.topics) @ by_topic(self.share, world.topics))
        return np.float32(total) * world.domestic() if total else None

    def _see(self, world: World, shares: Floats) -> None:
        topic, firm = world.offences()
        place, found = topic * world.rows + firm, world.firms.found.reshape(-1)
        seen = world.draws.by_lane(firm, topic, "monitor", world.month) < shares[topic]
        seen &= found[place] == 0
        if (hidden := concealed(world, topic, firm)) is not None:
            seen &= ~hidden
        found[place[seen]] = Origin.MONITORING

    def _alarm(self, world: World, k: int, chance: np.float32) -> None:
        firms = world.firms
        marked = np.flatnonzero(world.draws.uniform("false alarm", world.month, k) < chance)
        marked = marked[world.domestic()[marked] & (firms.violation[k, marked] == 0)]
        firms.found[k, marked] = Origin.MONITORING
