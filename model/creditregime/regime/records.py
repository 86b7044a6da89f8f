"""Records: which of them count, and how they cease to count before their term is over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Origin, Severity
from creditregime.state import NEVER, Findings
from creditregime.world import World, marked

Chosen = NDArray[np.int64]


def collect(world: World) -> None:
    """Gather what was found this month into ``world.findings``.

    What is not there is recorded as minor, a false report as serious, and what the firm reported itself more lightly.
    """
    firms = world.firms
    topic, firm = marked(firms.found)
    place = topic * world.rows + firm
    severity, origin = firms.violation.reshape(-1)[place], firms.found.reshape(-1)[place]
    true = severity > 0
    severity = np.where(true, severity, np.uint8(Severity.MINOR))
    inquiry = origin == int(Origin.INQUIRY)
    true |= inquiry
    severity[inquiry] = int(Severity.SERIOUS)
    if world.law.leniency:
        own = origin == Origin.SELF_REPORT
        severity[own] = np.maximum(severity[own].astype(np.int16) - world.law.leniency, Severity.MINOR)
    world.findings = Findings(firm, topic.astype(np.uint8), severity, origin, true)


def recent(world: World) -> slice:
    """Return the rows of the records that can still count."""
    first = world.records.of_month(max(world.month - max(world.law.lives, default=0), 0)).start
    return slice(first, len(world.records))


def standing(world: World, rows: Chosen | slice) -> NDArray[np.bool_]:
    """Tell which of some records still stand: neither expired, nor repaired, nor withdrawn, nor of a firm that left."""
    records = world.records
    stands: NDArray[np.bool_] = records["expiry"][rows] > world.month
    stands &= records["repaired"][rows] < 0
    stands &= records["withdrawn"][rows] < 0
    stands &= records["month"][rows] >= world.firms.born[records["firm"][rows]]
    return stands


def live(world: World) -> Chosen:
    """Return the records that count now: those that stand and whose entry is not delayed."""
    window = recent(world)
    counts = standing(world, window)
    counts &= world.records["entry"][window] <= world.month
    return window.start + np.flatnonzero(counts)


def withdraw(world: World, chosen: Chosen) -> Chosen:
    """Let some records cease to count for good; return those that still stood."""
    records, firms = world.records, world.firms
    chosen = chosen[standing(world, chosen)]
    records["withdrawn"][chosen] = world.month
    entered = chosen[records["entry"][chosen] <= world.month]
    at = (records["severity"][entered] - 1, records["topic"][entered], records["firm"][entered])
    np.subtract.at(firms.live, at, np.uint8(1))
    _recall_newest(world, records["firm"][chosen])
    return chosen


def repair_records(world: World, repaired: NDArray[np.bool_]) -> None:
    """Mark the live records of the flagged (topic, firm) pairs, shape (K, N), as repaired; they cease to count."""
    records, firms = world.records, world.firms
    window = recent(world)
    topic, firm = records["topic"][window], records["firm"][window]
    chosen = repaired[topic, firm]
    chosen &= records["repaired"][window] < 0
    chosen &= records["withdrawn"][window] < 0
    chosen &= records["month"][window] >= firms.born[firm]
    records["repaired"][window][chosen] = world.month
    k, row = np.nonzero(repaired)
    firms.live[:, k, row] = 0


def strike(world: World, rows: Chosen) -> NDArray[np.bool_]:
    """Mark records as repaired; they cease to count. Return which of them had entered."""
    records, firms = world.records, world.firms
    entered: NDArray[np.bool_] = records["entry"][rows] <= world.month
    counted = rows[entered]
    at = (records["severity"][counted] - 1, records["topic"][counted], records["firm"][counted])
    np.subtract.at(firms.live, at, np.uint8(1))
    records["repaired"][rows] = world.month
    return entered


def _recall_newest(world: World, rows: NDArray[np.integer]) -> None:
    """Bring the month of the newest record of some firms in line with the records that were not withdrawn."""
    if not len(rows):
        return
    records, firms = world.records, world.firms
    concerned = np.zeros(world.rows, np.bool_)
    concerned[rows] = True
    own = np.flatnonzero(concerned[records["firm"]])
    own = own[(records["withdrawn"][own] < 0) & (records["month"][own] >= firms.born[records["firm"][own]])]
    firms.last_record[concerned] = NEVER
    np.maximum.at(firms.last_record, records["firm"][own], records["month"][own])
