"""What the page tells of a firm in one world: its story, its file, its partners; plain data, ready to be sent."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.model import CreditRegime
from creditregime.presentation.style import readable
from creditregime.state import Rows

MOST_RECORDS = 30
"""Records that are told, the latest first."""
MOST_PARTNERS = 40
Told = dict[str, Any]


def firm_file(model: CreditRegime, row: int) -> Told:
    """Return what is known of a firm: lines of its story, facts, records, and partners by relation."""
    firm = model.firm(row)
    return {
        "story": firm.story().splitlines(),
        "facts": _facts(firm) if firm.active else [["state", "the place is empty"]],
        "records": _records(firm),
        "partners": _partners(firm) if firm.active else [],
    }


def links_of(model: CreditRegime, row: int) -> Rows:
    """Return the firm's active links as pairs of it and each partner, (partners, 2)."""
    network = model.world.network
    partners = np.unique(np.concatenate([network.suppliers(row), network.buyers(row)])).astype(np.int64)
    return np.stack([np.full(len(partners), row), partners], axis=1)


def _facts(firm: Any) -> list[list[str]]:
    lists = [f"{readable(name)} (since month {since + 1})" for name, since in firm.lists.items()]
    levers = [f"{readable(name)} {size:+.3g}" for name, size in firm.levers.items()]
    rated = len(firm.model.world.law.grades) > 1
    grades = [f"{readable(name)}: {grade}" for name, grade in firm.grades.items()]
    scores = [f"{readable(name)}: {score:.4g}" for name, score in firm.scores.items()]
    return [
        ["sector", readable(firm.sector)],
        ["region", readable(firm.region)],
        ["ownership", firm.ownership],
        ["initial revenue (average firm: 1)", f"{firm.size:.3g}"],
        ["grade", "; ".join(grades) if rated else "unrated"],
        ["score", "; ".join(scores) if rated else "–"],
        ["lists", "; ".join(lists) or "none"],
        ["measures in force, by lever", "; ".join(levers) or "none"],
        ["records that count", str(firm.live_records)],
        ["compliance effort (mean over topics)", f"{firm.mean_effort:.0%}"],
        ["output, of the start", f"{firm.output:.0%}"],
        ["equity (months of average revenue)", f"{firm.equity:.3g}"],
    ]


def _records(firm: Any) -> list[list[str]]:
    table = firm.records().tail(MOST_RECORDS).iloc[::-1]
    rows = zip(table["date"], table["topic"], table["severity"], table["origin"], table["live"], strict=True)
    return [
        [
            str(date),
            readable(str(topic)),
            str(severity),
            readable(str(origin)),
            "counts" if live else "no longer counts",
        ]
        for date, topic, severity, origin, live in rows
    ]


def _partners(firm: Any) -> list[Told]:
    parent = [firm.parent] if firm.parent else []
    groups = {"suppliers": firm.suppliers, "buyers": firm.buyers, "parent": parent, "branches": firm.branches}
    groups["same responsible person"] = firm.same_person
    return [
        {"relation": name, "number": len(firms), "firms": [_named(other) for other in firms[:MOST_PARTNERS]]}
        for name, firms in groups.items()
        if firms
    ]


def _named(firm: Any) -> Told:
    listed = ", on a blacklist" if firm.listed else ""
    return {"row": firm.row, "words": f"{readable(firm.sector)}, {firm.grade}{listed}"}
