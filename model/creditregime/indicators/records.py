"""Monthly indicators of the data regime: what is on record, how true it is, who sees it, and what is reported."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.acceleration import kernel
from creditregime.codes import Origin
from creditregime.indicators.measure import by_place, ratio, tallied
from creditregime.indicators.ratings import Row
from creditregime.regime.records import live, recent
from creditregime.world import World

TALLIED = (
    "false_complaints",
    "objections",
    "appeals",
    "struck_off",
    "struck_off_true",
    "leaks",
    "inquiries",
    "misreports",
    "misreports_found",
)
"""What is counted during the month."""
COLUMNS = ("firm", "month", "entry", "expiry", "repaired", "withdrawn", "topic", "true")
"""Columns of the log by which records are counted."""


def record_row(world: World, measured: Row) -> Row:
    """Return the indicators of records and reports, one (J,) array each; `measured` are those of conduct."""
    some = np.maximum(measured["firms"], 1)
    records, false, shared = _counting(world)
    row = {name: tallied(world, name, some) for name in TALLIED}
    hits = measured["found_by_inspection"] + measured["found_by_complaint"] - _wrong(world) / some
    return row | {
        "live_records": records / some,
        "false_records": ratio(false, records),
        "records_shared": shared / some,
        "reported_violations": measured["violations"] - row["misreports"],
        "hidden_share": ratio(row["misreports"], measured["violations"]),
        "hit_rate": ratio(np.maximum(hits, 0), measured["inspections"]),
    }


def _counting(world: World) -> NDArray[np.float64]:
    """Return how many records count, how many of them are false, and their further readers, (3, J)."""
    log, readers = world.records, world.law.readers
    if (indicators := kernel("indicators", world.rows)) is not None:
        window = recent(world)
        columns = tuple(log[name][window] for name in COLUMNS)
        return indicators.count_records(columns, world.firms.born, world.month, readers, world.starts)
    counting = live(world)
    firm = log["firm"][counting]
    places, number = world.places(firm), len(world.spans)
    weights = (None, ~log["true"][counting], readers[log["topic"][counting]] - 1)
    return np.array([np.bincount(places, weight, number) for weight in weights], np.float64)


def _wrong(world: World) -> NDArray[np.float64]:
    """Return the number of inspections that found what was not there, (J,)."""
    found = world.findings
    inspected = (found.origin == int(Origin.INSPECTION)) | (found.origin == int(Origin.COMPLAINT))
    return by_place(world, found.firm[inspected & ~found.true])
