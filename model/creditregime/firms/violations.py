"""How violations happen, and who complains about them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.acceleration import in_parts, kernel
from creditregime.codes import Event
from creditregime.component import PerTopic, Rule, parameter
from creditregime.randomness import named
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
        self._violate(world)
        if rates.any():
            self._complain(world, rates)
        for k in np.flatnonzero(false):
            self._complain_falsely(world, int(k), false[k])
        if self.log:
            self._log(world)

    def _violate(self, world: World) -> None:
        firms, draws, shares = world.firms, world.draws, world.law.shares
        at_least_general = shares[:, 1] + shares[:, 2]
        thinning = np.stack([at_least_general, shares[:, 2] / np.maximum(at_least_general, np.float32(1e-30))], axis=1)
        if (conduct := kernel("conduct", world.rows)) is not None:
            _, *stream = named("violate", world.month)
            rows = (firms.effort, firms.hazard, firms.active, thinning)
            in_parts(conduct.violate, world.rows, *rows, draws.starts, draws.seeds, *stream, firms.violation)
            return
        severity, chance = firms.violation, 1 - firms.effort
        chance *= firms.hazard
        chance *= firms.active
        drawn = draws.in_lanes("violate", world.month, len(world.topics))
        np.less(drawn, chance, out=severity.view(np.bool_))
        for graver in thinning.T:
            chance *= graver[:, None]
            severity += drawn < chance

    def _complain(self, world: World, rates: NDArray[np.float32]) -> None:
        topic, firm = world.offences()
        draws = world.draws.by_lane(firm, topic, "complain", world.month)
        noticed = draws < rates[topic] * self._factor(world, firm)
        world.firms.complaint.reshape(-1)[(topic * world.rows + firm)[noticed]] = True

    def _factor(self, world: World, rows: NDArray[np.int64]) -> NDArray[np.float32] | np.float32:
        if not self.complaints_by_sector:
            return np.float32(1)
        by_sector = [self.complaints_by_sector.get(name, 1.0) for name in world.economy.sectors]
        return np.array(by_sector, np.float32)[world.firms.sector[rows]]

    def _complain_falsely(self, world: World, k: int, chance: np.float32) -> None:
        firms = world.firms
        rows = np.flatnonzero(world.draws.uniform("complain falsely", world.month, k) < chance)
        rows = rows[world.domestic()[rows] & (firms.violation[k, rows] == 0)]
        firms.complaint[k, rows] = True
        world.count("false_complaints", rows)

    def _log(self, world: World) -> None:
        topic, firm = world.offences()
        world.log(Event.VIOLATED, firm, topic, world.firms.violation[topic, firm])
