"""How violations happen, and who complains about them."""

from __future__ import annotations

import numpy as np

from creditregime.codes import Event
from creditregime.component import PerTopic, Rule, parameter
from creditregime.units import by_topic
from creditregime.world import World


class Violations(Rule, family="violations"):
    """Family of rules for what happens where effort is missing."""

    def happen(self, world: World) -> None:
        """Write ``violation`` and ``complaint`` for this month."""


class NoViolations(Violations, kind="none"):
    """Nobody violates anything."""


class Hazard(Violations, kind="hazard"):
    """One opportunity a firm, topic and month: violated with probability hazard × (1 − effort).

    Severity is thinned from the same draw: with more effort a violation first becomes no more serious, then vanishes.
    """

    complaints: PerTopic = parameter(
        0.02,
        unit="probability",
        description="chance that somebody complains about a violation",
        standing="real",
    )
    log: bool = parameter(True, unit="-", description="keep every violation in the event log (for firms' stories)")

    def happen(self, world: World) -> None:
        """Draw violations topic by topic."""
        rates = by_topic(self.complaints, world.topics)
        for k in range(len(world.topics)):
            self._violate(world, k)
            if rates[k]:
                draws = world.draws.uniform("complain", world.month, k)
                np.less(draws, rates[k], out=world.firms.complaint[k])
                world.firms.complaint[k] &= world.firms.violation[k] > 0
        if self.log:
            self._log(world)

    def _violate(self, world: World, k: int) -> None:
        firms, shares = world.firms, world.law.shares[k]
        chance = np.subtract(1, firms.effort[k])
        chance *= firms.hazard[k]
        chance *= firms.active
        draws = world.draws.uniform("violate", world.month, k)
        severity = firms.violation[k]
        np.less(draws, chance, out=severity.view(np.bool_))
        chance *= shares[1] + shares[2]
        severity += draws < chance
        chance *= shares[2] / max(shares[1] + shares[2], np.float32(1e-30))
        severity += draws < chance

    def _log(self, world: World) -> None:
        for k, severity in enumerate(world.firms.violation):
            rows = np.flatnonzero(severity != 0)
            world.log(Event.VIOLATED, rows, k, severity[rows])
