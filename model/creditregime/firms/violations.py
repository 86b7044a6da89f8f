"""How violations happen, and who complains about them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
    complaints_by_sector: dict[str, float] = parameter(
        default_factory=dict,
        unit="-",
        description="factor on that chance by sector, as for firms that sell on platforms; 1 where not named",
    )
    false_complaints: PerTopic = parameter(
        0.0,
        unit="probability/month",
        description="chance that a competitor or consumer complains about a firm that did nothing",
    )
    log: bool = parameter(True, unit="-", description="keep every violation in the event log (for firms' stories)")

    def happen(self, world: World) -> None:
        """Draw violations topic by topic."""
        rates, false = by_topic(self.complaints, world.topics), by_topic(self.false_complaints, world.topics)
        for k in range(len(world.topics)):
            self._violate(world, k)
            if rates[k]:
                draws = world.draws.uniform("complain", world.month, k)
                np.less(draws, rates[k] * self._factor(world), out=world.firms.complaint[k])
                world.firms.complaint[k] &= world.firms.violation[k] > 0
            if false[k]:
                self._complain_falsely(world, k, false[k])
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

    def _factor(self, world: World) -> NDArray[np.float32] | np.float32:
        if not self.complaints_by_sector:
            return np.float32(1)
        by_sector = [self.complaints_by_sector.get(name, 1.0) for name in world.economy.sectors]
        return np.array(by_sector, np.float32)[world.firms.sector]

    def _complain_falsely(self, world: World, k: int, chance: np.float32) -> None:
        firms = world.firms
        rows = np.flatnonzero(world.draws.uniform("complain falsely", world.month, k) < chance)
        rows = rows[world.domestic()[rows] & (firms.violation[k, rows] == 0)]
        firms.complaint[k, rows] = True
        world.count("false_complaints", rows)

    def _log(self, world: World) -> None:
        for k, severity in enumerate(world.firms.violation):
            rows = np.flatnonzero(severity != 0)
            world.log(Event.VIOLATED, rows, k, severity[rows])
