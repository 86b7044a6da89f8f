"""Inquiries: the state compares what firms reported with what happened."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Origin
from creditregime.component import PerTopic, Rule, parameter
from creditregime.state import NEVER
from creditregime.units import by_topic, monthly
from creditregime.world import World

Rows = NDArray[np.int64]


class Inquiry(Rule, family="inquiry"):
    """Family of inquiries into firms' reports. What an inquiry finds is the same for all of them."""

    def enact(self, world: World) -> None:
        """Write how likely a false report is to be found out, which firms weigh before they make one."""
        world.law.discovery[:] = 0

    def inquire(self, world: World) -> None:
        """Write ``found`` where a false report is found out."""


class NoInquiry(Inquiry, kind="none"):
    """Reports are taken as they are."""


class Checking(Inquiry):
    """Common part: an inquiry finds a false report that can still be traced, with a probability."""

    sensitivity: PerTopic = parameter(
        0.8, unit="probability", description="chance that an inquiry finds a false report that there is"
    )
    traceable: int = parameter(
        24, unit="months", ge=1, le=1200, description="months for which a report can be compared with other evidence"
    )

    def chance(self, world: World) -> NDArray[np.float32]:
        """Return the probability a month of an inquiry into a firm that reported falsely, (K,)."""
        raise NotImplementedError(f"{type(self).__name__} does not say how often it inquires")

    def visited(self, world: World, k: int, chance: np.float32, false: Rows) -> Rows:
        """Return whom the agency of topic `k` inquires into; `false` are the firms with a false report to be found."""
        raise NotImplementedError(f"{type(self).__name__} does not say whom it inquires into")

    def enact(self, world: World) -> None:
        """Write 1 − (1 − chance × sensitivity)^months."""
        once = self.chance(world) * by_topic(self.sensitivity, world.topics)
        world.law.discovery[:] = 1 - (1 - once) ** self.traceable

    def inquire(self, world: World) -> None:
        """Visit, and find discrepancies, topic by topic."""
        sensitivity = by_topic(self.sensitivity, world.topics)
        misreported = world.firms.misreported
        for k, chance in enumerate(self.chance(world)):
            false = np.empty(0, np.int64)
            if len(misreported):
                false = np.flatnonzero(misreported[k] > max(world.month - self.traceable, -1))
            visited = self.visited(world, k, chance, false)
            visited = visited[world.domestic()[visited]]
            world.count("inquiries", visited)
            if len(false):
                self._find(world, k, np.intersect1d(visited, false), sensitivity[k])

    def _find(self, world: World, k: int, rows: Rows, sensitivity: np.float32) -> None:
        found = rows[world.draws.at(rows, "discover", world.month, k) < sensitivity]
        world.firms.found[k, found] = Origin.INQUIRY
        world.firms.misreported[k, found] = NEVER
        world.count("misreports_found", found)


class RandomInquiry(Checking, kind="random"):
    """Every firm is looked into with the same probability."""

    rate: PerTopic = parameter(
        0.05, unit="probability/year", description="chance that a firm's reports are looked into in a year"
    )

    def chance(self, world: World) -> NDArray[np.float32]:
        """Return the rate a month."""
        return np.array([monthly(float(rate)) for rate in by_topic(self.rate, world.topics)], np.float32)

    def visited(self, world: World, k: int, chance: np.float32, false: Rows) -> Rows:
        """Draw independently."""
        return np.flatnonzero(world.draws.uniform("inquire", world.month, k) < chance)


class DiscrepancyInquiry(Checking, kind="discrepancy"):
    """Cross-checks of data from several sources flag firms; whoever is flagged is looked into.

    Sources that disagree flag a false report with a higher probability than they flag a firm that reported rightly.
    """

    flagged: PerTopic = parameter(
        0.01, unit="probability/month", description="chance that cross-checks flag a firm with a false report"
    )
    false_flags: PerTopic = parameter(
        0.001, unit="probability/month", description="chance that they flag a firm without one"
    )

    def chance(self, world: World) -> NDArray[np.float32]:
        """Return the probability of a flag on a false report."""
        return by_topic(self.flagged, world.topics)

    def visited(self, world: World, k: int, chance: np.float32, false: Rows) -> Rows:
        """Compare the draw with the firm's own chance of being flagged."""
        draws = world.draws.uniform("inquire", world.month, k)
        flags = draws < by_topic(self.false_flags, world.topics)[k]
        flags[false] = draws[false] < chance
        return np.flatnonzero(flags)


def concealed(world: World, topic: Rows, rows: Rows) -> NDArray[np.bool_] | None:
    """Tell which of some firms reported falsely on a topic (one each) this month, or None where nobody ever does."""
    misreported = world.firms.misreported
    return misreported[topic, rows] == world.month if len(misreported) else None
