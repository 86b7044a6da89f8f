"""The reductions that departures start from, one function each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from creditregime.scenario import Scenario
from creditregime.units import MONTHS
from creditregime.validation.oracles import reduction

SELFISH = {"intrinsic": 0.0, "intrinsic_spread": 0.0, "cost_distribution": "same", "cost_size_elasticity": 1.0}
SEEN = {"kind": "hazard", "complaints": 0.0, "log": False}
"""Violations happen, and nobody complains."""
SEEDS = 0.01
"""Share of the firms that stand on a blacklist when a cascade begins."""


def yearly(monthly: float) -> float:
    """Return the probability a year that gives a probability a month."""
    return float(1 - (1 - monthly) ** MONTHS)


def quiet(**changes: Any) -> Scenario:
    """Return a scenario in which nothing happens but what is stated; ``__`` stands for ``.`` in paths."""
    start = {
        "topics": {"offence": {"hazard": 0.1}},
        "behaviour": {"kind": "none", **SELFISH},
        "learning": {"kind": "none"},
        "fines": {"kind": "none"},
    }
    return reduction("becker", **start | changes)


def alone(firms: int) -> dict[str, Any]:
    """Return a population of firms without links."""
    return {"kind": "graph_model", "firms": firms, "mean_degree": 0.0}


def inspected(chance: float, **more: Any) -> dict[str, Any]:
    """Return inspections that are independent with a probability a month and see what there is."""
    return {"kind": "uniform", "rate": yearly(chance), "sensitivity": 1.0, "false_positive": 0.0, **more}


def becker(firms: int, detection: float, fine: float, gain: float, months: int) -> Scenario:
    """Return firms that weigh a gain, uniform up to a largest one, against an expected fine, and are inspected."""
    return reduction(
        "becker",
        population={"kind": "graph_model", "firms": firms, "mean_degree": 4.0},
        topics__offence__fine=fine,
        topics__offence__cost=gain / 2,
        learning__initial=detection,
        violations=SEEN,
        inspection=inspected(detection),
        months=months,
    )


def gradual(firms: int, detection: float, fine: float, cost: float) -> Scenario:
    """Return firms whose effort is expected fine over cost; costs are uniform up to twice their mean."""
    return becker(firms, detection, fine, 2 * cost, 6).changed(
        {"behaviour": {"kind": "gradual", "adjustment": 1.0, **SELFISH, "cost_distribution": "uniform"}}
    )


def harrington(
    firms: int, p: tuple[float, float], u: float, fines: tuple[float, float], patience: float, cost: float
) -> Scenario:
    """Return Harrington's two tiers: inspection p and fine F by tier, return probability u, firms that look ahead."""
    return quiet(
        population=alone(firms),
        months=48,
        topics={"offence": {"hazard": 1.0, "general": 1.0, "serious": 0.0, "fine": fines[1], "cost": cost}},
        behaviour={"kind": "forward_looking", "effort": "all_or_nothing", "patience": patience, **SELFISH},
        behaviour__detection="announced",
        violations=SEEN,
        inspection=inspected(0.0, kind="grade", rates={"trusted": yearly(p[0]), "watched": yearly(p[1])}),
        fines={"kind": "statutory", "by_grade": {"trusted": fines[0] / fines[1]}},
        registry={"kind": "database"},
        rating={"kind": "tiers", "promotion": u},
    )


def tiers(firms: int, p: Sequence[float], v: float, u: float) -> Scenario:
    """Return inspection by tiers, best first: p by tier, violation probability v, chance u to rise."""
    names = [f"tier{number}" for number in range(len(p))]
    rates = {name: yearly(chance) for name, chance in zip(names, p, strict=True)}
    return quiet(
        population=alone(firms),
        months=60,
        topics={"offence": {"hazard": v}},
        violations=SEEN,
        inspection=inspected(0.0, kind="grade", rates=rates),
        registry={"kind": "database"},
        rating={"kind": "tiers", "tiers": names, "promotion": u},
    )


def live_points(firms: int, chance: float, term: int) -> Scenario:
    """Return firms on whom a record is made with a probability a month, and counts for some months."""
    return quiet(
        population=alone(firms),
        months=3 * term,
        topics={"offence": {"hazard": chance, "cost": 0.01}},
        violations=SEEN,
        monitoring={"kind": "coverage", "share": 1.0},
        registry={"kind": "database", "minor_term": term, "general_term": term, "serious_term": term},
    )


def decaying(firms: int, chance: float, persistence: float, recovery: float, record: float) -> Scenario:
    """Return firms with a score that fades and recovers, and records with a probability a month."""
    rating = {"kind": "decay", "persistence": persistence, "recovery": recovery, "record": record}
    return live_points(firms, chance, 20).changed({"rating": rating})


def listed(firms: int, chance: float, term: int) -> Scenario:
    """Return firms that a record puts on a list of a fixed term, and records with a probability a month."""
    return quiet(
        population={"kind": "graph_model", "firms": firms, "mean_degree": 4.0},
        months=72,
        topics={"offence": {"hazard": chance, "general": 0.0, "serious": 1.0}},
        violations=SEEN,
        monitoring={"kind": "coverage", "share": 1.0},
        registry={"kind": "database"},
        lists={"black": {"topic": "offence", "serious": 1, "min_months": 1, "max_months": term}},
    )


def deterrent_list(firms: int, gain: float, caught: float, loss: float, patience: float, term: int) -> Scenario:
    """Return firms that weigh a gain against a list that takes a flow; patience is a month's discount factor."""
    return quiet(
        population=alone(firms),
        months=1,
        topics={"offence": {"hazard": 1.0, "general": 0.0, "serious": 1.0, "fine": 0.0, "cost": gain}},
        behaviour={"kind": "threshold", **SELFISH, "discount": patience**-MONTHS - 1},
        learning={"kind": "none", "initial": caught},
        registry={"kind": "database"},
        lists={"black": {"topic": "offence", "serious": 1, "min_months": 1, "max_months": term}},
        measures={"loss": {"agency": "offence", "lever": "management", "size": loss, "lists": ["black"]}},
    )


def double_random(firms: int, quotas: Sequence[int]) -> Scenario:
    """Return agencies that each inspect an exact number of firms a month; a fifth of the firms are on a list."""
    names = [f"agency{number}" for number in range(len(quotas))]
    return quiet(
        population=alone(firms),
        months=2,
        topics={name: {"hazard": 0.3} for name in names},
        violations=SEEN,
        inspection={"kind": "quota", "number": dict(zip(names, quotas, strict=True))},
        registry={"kind": "database"},
        lists={"black": {"topic": names[0], "initial": 0.2, "serious": 0}},
    )


def predictive(firms: int, violating: float, sensitivity: float, false_positive: float) -> Scenario:
    """Return inspections that miss some violations and see some that are not there."""
    return quiet(
        population=alone(firms),
        months=6,
        topics={"offence": {"hazard": violating}},
        violations=SEEN,
        inspection=inspected(0.1, sensitivity=sensitivity, false_positive=false_positive),
        registry={"kind": "database"},
    )


def katz(firms: int, strength: float) -> Scenario:
    """Return firms that all trade with each other, and pass on a share of each one's shortfall, all the way."""
    return quiet(
        population={"kind": "graph_model", "graph": "complete", "firms": firms},
        registry={"kind": "database", "sharing": "central"},
        rating={"kind": "points"},
        spillover={"partner": {"kind": "linear", "strength": strength, "weighting": "sum", "reach": "recursive"}},
    )


def leontief(months: int, rationing: str) -> Scenario:
    """Return trade in which all inputs bind, without stocks, room to make more, imports, or substitutes."""
    nothing_else = {"substitution": 0.0, "stocks": 1.0, "restock": 1.0, "headroom": 1.0, "imported": 0.0}
    trade = {"kind": "generalised_leontief", "rationing": rationing, "replaceability": "none", **nothing_else}
    return quiet(months=months, trade=trade)


def cascade(firms: int, threshold: float, degrees: Sequence[int], months: int, **partner: Any) -> Scenario:
    """Return a blacklist that takes whoever has a large enough share of listed partners, from a few at the start."""
    rule = {"kind": "linear", "mode": "list", "reach": "recursive", "weighting": "equal", "threshold": threshold}
    return quiet(
        population={"kind": "graph_model", "graph": "degree_sequence", "degrees": list(degrees), "firms": firms},
        months=months,
        registry={"kind": "database", "sharing": "central"},
        lists={"black": {"topic": "offence", "serious": 0, "initial": SEEDS, "min_months": 0, "max_months": 1200}},
        spillover={"partner": {**rule, **partner}},
    )


def percolation(firms: int, degree: float, chance: float, months: int) -> Scenario:
    """Return a blacklist that spreads over ties of a Poisson graph that are each open with a probability."""
    spec = cascade(firms, 1.0, (2,), months, rule="probability", chance=chance)
    return spec.changed({"population": {"kind": "graph_model", "firms": firms, "mean_degree": degree}})
