"""The registry: what is found becomes a record, is seen by raters, and expires."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Severity
from creditregime.component import Rule, parameter, planned
from creditregime.topics import Topic
from creditregime.world import Findings, World


def collect(world: World) -> None:
    """Gather what was found this month into ``world.findings``; what is not there is recorded as minor."""
    firms = world.firms
    topic, firm = np.divmod(np.flatnonzero(firms.found.reshape(-1) != 0), world.rows)
    severity = firms.violation[topic, firm]
    true = severity > 0
    severity = np.where(true, severity, np.uint8(Severity.MINOR))
    world.findings = Findings(firm, topic.astype(np.uint8), severity, firms.found[topic, firm], true)


class Registry(Rule, family="registry"):
    """Family of registries."""

    @property
    def central(self) -> bool:
        """Whether every rater sees every topic's records."""
        return False

    def prepare(self, world: World, topics: dict[str, Topic]) -> None:
        """Write for how long records count."""

    def record(self, world: World) -> None:
        """Append this month's findings, and let old records expire."""


class NoRegistry(Registry, kind="none"):
    """Nothing is kept."""


class Database(Registry, kind="database"):
    """A table of records that count from entry to expiry, or to repair.

    Siloed, each topic's regulator sees the records of its topic; central, every rater sees all.
    """

    sharing: Literal["siloed", "central"] = parameter(
        "siloed",
        unit="-",
        description="who sees a record: the topic's regulator, or every rater",
        standing="partly",
        planned_values=("regional",),
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
    switch_to_central: int | None = planned(None, unit="month", description="month of the switch", standing="partly")
    entry_error: float = planned(0.0, unit="probability", description="records entered wrongly", standing="partly")
    objections: bool = planned(False, unit="-", description="objection and appeal remove false records")
    withheld: tuple[str, ...] = planned((), unit="-", description="topics withheld from sharing", standing="real")

    @property
    def central(self) -> bool:
        """Whether records are shared."""
        return self.sharing == "central"

    def prepare(self, world: World, topics: dict[str, Topic]) -> None:
        """Write the terms by severity, and which topics may be recorded."""
        world.law.terms[:] = (self.minor_term, self.general_term, self.serious_term)
        world.law.retention = int(world.law.terms.max()) + self.delay
        world.law.recorded[:] = [topic.illegal or not self.only_illegal for topic in topics.values()]

    def record(self, world: World) -> None:
        """Append, enter and expire."""
        now = self._append(world)
        self._enter(world, world.records.of_month(world.month - self.delay) if self.delay else now)
        for term in sorted({self.minor_term, self.general_term, self.serious_term}):
            self._expire(world, world.records.of_month(world.month - term - self.delay))

    def _append(self, world: World) -> slice:
        found, firms = world.findings, world.firms
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
            expiry=(world.month + self.delay + world.law.terms[severity - 1]).astype(np.int16),
        )

    def _enter(self, world: World, rows: slice) -> None:
        records, firms = world.records, world.firms
        alive = records["month"][rows] >= firms.born[records["firm"][rows]]
        alive &= records["repaired"][rows] < 0
        topic, firm = records["topic"][rows][alive], records["firm"][rows][alive]
        firms.live[records["severity"][rows][alive] - 1, topic, firm] += 1  # at most one a firm, topic and month
        world.entered = (topic, firm)

    def _expire(self, world: World, rows: slice) -> None:
        records, firms = world.records, world.firms
        due = records["expiry"][rows] == world.month
        due &= records["repaired"][rows] < 0
        due &= records["month"][rows] >= firms.born[records["firm"][rows]]
        at = (records["severity"][rows][due] - 1, records["topic"][rows][due], records["firm"][rows][due])
        firms.live[at] -= 1


def repair_records(world: World, repaired: NDArray[np.bool_]) -> None:
    """Mark the live records of the flagged (topic, firm) pairs, shape (K, N), as repaired; they cease to count."""
    records, firms = world.records, world.firms
    live = slice(world.records.of_month(max(world.month - world.law.retention, 0)).start, len(records))
    topic, firm = records["topic"][live], records["firm"][live]
    chosen = repaired[topic, firm]
    chosen &= records["repaired"][live] < 0
    chosen &= records["month"][live] >= firms.born[firm]
    records["repaired"][live][chosen] = world.month
    k, row = np.nonzero(repaired)
    firms.live[:, k, row] = 0


def strike(world: World, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark records, given by their positions, as repaired; they cease to count. Returns which of them did count."""
    records, firms = world.records, world.firms
    firm, topic, severity = records["firm"][rows], records["topic"][rows], records["severity"][rows]
    entered = records["expiry"][rows] - world.law.terms[severity - 1].astype(np.int64) <= world.month
    np.subtract.at(firms.live, (severity[entered] - 1, topic[entered], firm[entered]), 1)
    records["repaired"][rows] = world.month
    return entered
