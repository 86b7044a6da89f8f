"""The registry: what is found becomes a record, is seen by raters, and expires."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from creditregime.component import Rule, parameter
from creditregime.regime.entry_errors import entered_wrongly
from creditregime.regime.listing import leave
from creditregime.regime.records import recent, withdraw
from creditregime.topics import Topic
from creditregime.world import World


class Registry(Rule, family="registry"):
    """Family of registries."""

    @property
    def shared(self) -> bool:
        """Whether raters see other topics' records, so that a firm has one file."""
        return False

    def enact(self, world: World, topics: dict[str, Topic]) -> None:
        """Write for how long records count, and who sees them."""

    def record(self, world: World) -> None:
        """Append this month's findings, and let old records expire."""


class NoRegistry(Registry, kind="none"):
    """Nothing is kept; where a registry is closed, its records count no more."""

    def enact(self, world: World, topics: dict[str, Topic]) -> None:
        """Close all records."""
        open_still = world.records["repaired"] < 0
        world.records["repaired"][open_still] = world.month
        world.firms.live[:] = 0
        world.entered = (np.empty(0, np.uint8), np.empty(0, np.int32))


class Database(Registry, kind="database"):
    """A table of records that count from entry to expiry, or to repair.

    Siloed, each topic's regulator sees the records of its topic; central, every rater sees all. Regional, the raters of
    a region see all records made there and none made elsewhere: a partner, parent or branch in another region passes
    nothing on, and a firm that moves leaves its records behind. Topics that are withheld stay with their regulator:
    their records enter no shared file, no general list and nobody else's joint punishment.
    """

    sharing: Literal["siloed", "regional", "central"] = parameter(
        "siloed",
        unit="-",
        description="who sees a record: the topic's regulator, every rater of the region, or every rater",
        standing="partly",
    )
    minor_term: int = parameter(12, unit="months", ge=1, le=255, description="months for which a minor record counts")
    general_term: int = parameter(24, unit="months", ge=1, le=255, description="months for which a general one counts")
    serious_term: int = parameter(36, unit="months", ge=1, le=255, description="months for which a serious one counts")
    delay: int = parameter(0, unit="months", ge=0, le=60, description="months from finding to entry", standing="partly")
    only_illegal: bool = parameter(
        True,
        unit="-",
        description="record only behaviour that the law already forbids",
        source="draft law of November 2022",
        standing="real",
    )
    entry_error: float = parameter(
        0.0, unit="probability", ge=0, le=1, description="chance that a finding is entered wrongly", standing="partly"
    )
    misdirected: float = parameter(
        0.5,
        unit="share",
        ge=0,
        le=1,
        description="part of the wrong entries that names another firm of the sector; the rest has a wrong severity",
    )
    withheld: tuple[str, ...] = parameter(
        (), unit="-", description="topics whose records stay with their own regulator", standing="real"
    )
    switch_to_central: int | None = parameter(
        None, unit="month", ge=1, le=12_000, description="first month of one database for all raters", standing="partly"
    )

    @property
    def shared(self) -> bool:
        """Whether records are shared, in a region or everywhere."""
        return self.sharing != "siloed"

    def enact(self, world: World, topics: dict[str, Topic]) -> None:
        """Write the terms, which topics may be recorded, and who reads what; records made before keep their terms."""
        law, terms = world.law, (self.minor_term, self.general_term, self.serious_term)
        law.terms[:], law.delay = terms, self.delay
        law.delays = tuple(sorted({*law.delays, self.delay}))
        law.lives = tuple(sorted({*law.lives, *(term + self.delay for term in terms)}))
        law.recorded[:] = [topic.illegal or not self.only_illegal for topic in topics.values()]
        law.regional = self.sharing == "regional"
        law.withheld[:] = [self.shared and name in self.withheld for name in topics]
        everybody = len(world.regulators.topic) if self.sharing == "central" else len(topics)
        law.readers[:] = np.where(law.withheld | (not self.shared), 1, everybody)

    def record(self, world: World) -> None:
        """Append, enter and expire."""
        now = self._append(world)
        made = [world.records.of_month(world.month - delay) if delay else now for delay in world.law.delays]
        self._enter(world, np.concatenate([np.arange(rows.start, rows.stop) for rows in made]))
        self._expire(world, [world.records.of_month(world.month - life) for life in world.law.lives])

    def _append(self, world: World) -> slice:
        found, firms = world.findings, world.firms
        if self.entry_error:
            found = entered_wrongly(world, found, self.entry_error, self.misdirected)
        kept = np.flatnonzero(world.law.recorded[found.topic])
        firm, topic, severity = found.firm[kept], found.topic[kept], found.severity[kept]
        regions = len(world.regulators.topic) // len(world.topics)
        region = firms.region[firm]
        firms.last_record[firm] = world.month
        return world.records.append(
            len(kept),
            month=world.month,
            firm=firm,
            topic=topic,
            regulator=topic.astype(np.int16) * regions + (region if regions > 1 else 0),
            region=region,
            severity=severity,
            origin=found.origin[kept],
            true=found.true[kept],
            points=world.law.points[topic, severity - 1],
            entry=world.month + self.delay,
            expiry=(world.month + self.delay + world.law.terms[severity - 1]).astype(np.int16),
        )

    def _enter(self, world: World, rows: NDArray[np.int64]) -> None:
        records, firms = world.records, world.firms
        due = records["entry"][rows] == world.month
        due &= records["month"][rows] >= firms.born[records["firm"][rows]]
        due &= records["repaired"][rows] < 0
        due &= records["withdrawn"][rows] < 0
        rows = rows[due]
        topic, firm = records["topic"][rows], records["firm"][rows]
        # More than one record a firm, topic and month only where another firm's was entered against it.
        np.add.at(firms.live, (records["severity"][rows] - 1, topic, firm), np.uint8(1))
        world.entered = (topic, firm)

    def _expire(self, world: World, made: Sequence[slice]) -> None:
        records, firms, expiry = world.records, world.firms, world.records["expiry"]
        rows = np.concatenate([rows.start + np.flatnonzero(expiry[rows] == world.month) for rows in made])
        firm = records["firm"][rows]
        due = records["repaired"][rows] < 0
        due &= records["withdrawn"][rows] < 0
        due &= records["month"][rows] >= firms.born[firm]
        rows = rows[due]
        np.subtract.at(firms.live, (records["severity"][rows] - 1, records["topic"][rows], firm[due]), np.uint8(1))


def leave_region(world: World, rows: NDArray[np.int64]) -> None:
    """Let firms that move to another region leave behind what was recorded and listed in the old one.

    Nothing happens unless records are seen in their own region alone. To be called when ``region`` changes.
    """
    if not world.law.regional or not len(rows):
        return
    moved = np.zeros(world.rows, np.bool_)
    moved[rows] = True
    window = recent(world)
    withdraw(world, window.start + np.flatnonzero(moved[world.records["firm"][window]]))
    for number in range(len(world.firms.listing)):
        leave(world, number, rows[world.firms.listing[number, rows] > 0], repaired=False)
