"""Monthly indicators of the data regime: what is on record, how true it is, who sees it, and what is reported."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Origin
from creditregime.indicators.measure import by_place
from creditregime.indicators.ratings import Row
from creditregime.regime.records import live
from creditregime.world import World


def record_row(world: World, measured: Row) -> Row:
    """Return the indicators of records and reports, one (J,) array each; `measured` are those of conduct."""
    some, nothing = np.maximum(measured["firms"], 1), np.zeros(len(world.spans))
    log, counting = world.records, live(world)
    firm, false = log["firm"][counting], ~log["true"][counting]
    records = by_place(world, firm)
    shared = np.bincount(world.places(firm), world.law.readers[log["topic"][counting]] - 1, len(world.spans))
    tallied = ("false_complaints", "objections", "appeals", "struck_off", "struck_off_true", "leaks", "inquiries")
    row = {name: world.tally.get(name, nothing) / some for name in (*tallied, "misreports", "misreports_found")}
    hits = measured["found_by_inspection"] + measured["found_by_complaint"] - _wrong(world) / some
    return row | {
        "live_records": records / some,
        "false_records": _ratio(by_place(world, firm[false]), records),
        "records_shared": shared / some,
        "reported_violations": measured["violations"] - row["misreports"],
        "hidden_share": _ratio(row["misreports"], measured["violations"]),
        "hit_rate": _ratio(np.maximum(hits, 0), measured["inspections"]),
    }


def _wrong(world: World) -> NDArray[np.float64]:
    """Return the number of inspections that found what was not there, (J,)."""
    found = world.findings
    return by_place(world, found.firm[~found.true & np.isin(found.origin, _BY_INSPECTION)])


_BY_INSPECTION = (Origin.INSPECTION, Origin.COMPLAINT)


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
