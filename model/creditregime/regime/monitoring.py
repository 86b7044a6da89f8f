"""What the state sees without an inspection: sensors, online feeds, cross-checks of data."""

from __future__ import annotations

import numpy as np

from creditregime.codes import Origin
from creditregime.component import PerTopic, Rule, parameter
from creditregime.units import by_topic
from creditregime.world import Floats, World


class Monitoring(Rule, family="monitoring"):
    """Family of automated monitoring."""

    def watch(self, world: World) -> None:
        """Mark violations of this month as found."""

    def seen(self, world: World) -> Floats:
        """Return the share of violations that is seen, by topic, (K,)."""
        return np.zeros(len(world.topics), np.float32)


class NoMonitoring(Monitoring, kind="none"):
    """Nothing is seen without an inspection."""


class Coverage(Monitoring, kind="coverage"):
    """A share of violations is seen as it happens."""

    share: PerTopic = parameter(
        0.02,
        unit="probability",
        description="share of violations seen by online feeds and data cross-checks; general camera surveillance, a"
        " press claim, would be a share near 1",
        standing="partly",
    )

    def seen(self, world: World) -> Floats:
        """Return the topics' shares."""
        return by_topic(self.share, world.topics)

    def watch(self, world: World) -> None:
        """Find each violation with the topic's probability."""
        firms = world.firms
        for k, share in enumerate(by_topic(self.share, world.topics)):
            if share:
                seen = world.draws.uniform("monitor", world.month, k) < share
                seen &= firms.violation[k] > 0
                np.multiply(seen, np.uint8(Origin.MONITORING), out=firms.found[k])
