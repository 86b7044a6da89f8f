"""Harrington (1988): firms that look ahead under inspection by tiers, through the whole model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime, Scenario
from tests.helpers import bare, run

MANY = {"population.firms": 2000, "population.mean_suppliers": 1, "population.essential": "none"}
SELFISH = {"intrinsic": 0.0, "intrinsic_spread": 0.0, "cost_distribution": "same", "cost_size_elasticity": 1.0}


def yearly(probability_a_month: float) -> float:
    return float(1 - (1 - probability_a_month) ** 12)


def harrington(
    p: tuple[float, float], u: float, fines: tuple[float, float], beta: float, cost: float, **changes: Any
) -> Scenario:
    """Return the two-tier scheme: inspection p, fine F by tier, return probability u, patience beta."""
    offence = {"hazard": 1.0, "general": 1.0, "serious": 0.0, "fine": fines[1], "cost": cost}
    regime: dict[str, Any] = {
        "topics": {"a": offence},
        "behaviour": {"kind": "forward_looking", "effort": "all_or_nothing", "detection": "announced", "patience": beta}
        | SELFISH,
        "violations": {"kind": "hazard", "complaints": 0, "log": False},
        "inspection": {
            "kind": "grade",
            "rates": {"trusted": yearly(p[0]), "watched": yearly(p[1])},
            "sensitivity": 1.0,
            "false_positive": 0.0,
        },
        "fines": {"kind": "statutory", "by_grade": {"trusted": fines[0] / fines[1]}},
        "registry": {"kind": "database"},
        "rating": {"kind": "tiers", "promotion": u},
    }
    return bare(1, **regime | MANY | {"months": 1} | changes)


def threshold(p: tuple[float, float], u: float, fines: tuple[float, float], beta: float) -> float:
    """Return c*, the highest cost at which firms comply in the second tier."""
    (p1, p2), (f1, f2) = p, fines
    return p2 * f2 + beta * p2 * u * (p2 * f2 - p1 * f1) / (1 - beta * (1 - p1))


SCHEMES: list[tuple[tuple[float, float], float, tuple[float, float], float]] = [
    ((0.1, 0.4), 0.5, (0.0, 2.0), 0.95),
    ((0.1, 0.4), 0.5, (1.0, 2.0), 0.95),
    ((0.05, 0.8), 0.2, (0.5, 1.0), 0.99),
    ((0.3, 0.6), 1.0, (0.0, 0.5), 0.5),
    ((0.2, 0.9), 0.05, (0.1, 3.0), 0.9),
    ((0.1, 0.4), 0.5, (0.5, 2.0), 0.0),
]


def test_the_printed_threshold() -> None:
    assert threshold(*SCHEMES[0]) == pytest.approx(1.848276, abs=1e-6)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_firms_comply_nowhere_in_the_second_tier_or_in_both(scheme: Any) -> None:
    p, _, fines, _ = scheme
    limit, first = threshold(*scheme), p[0] * fines[0]
    cases = [(1.0001 * limit, 0, 0), (0.9999 * limit, 0, 1), ((first + limit) / 2, 0, 1)]
    if first:
        cases += [(1.0001 * first, 0, 1), (0.9999 * first, 1, 1)]
    for cost, in_first, in_second in cases:
        model = CreditRegime(harrington(*scheme, cost, **{"population.firms": 60}))
        firms = model.world.firms
        tier = np.arange(60) % 2
        firms.grade[0], firms.own_grade[0] = tier, tier
        model.step()
        np.testing.assert_array_equal(firms.effort[0], np.where(tier == 1, in_first, in_second), err_msg=str(cost))


@pytest.mark.parametrize("scheme", SCHEMES[:4])
def test_stationary_compliance_and_inspections(scheme: Any) -> None:
    (p1, p2), u, _, _ = scheme
    firms, months, settle = 1500, 120, 40
    cost = 0.99 * threshold(*scheme)
    spec = harrington(*scheme, cost, **{"months": months, "population.firms": firms})
    series = run(spec).series.monthly().iloc[settle:]
    share = p1 / (p1 + p2 * u)
    decay = 1 - p1 - p2 * u  # of the correlation of a firm's tier from month to month
    error = math.sqrt(share * (1 - share) / (firms * len(series)) * (1 + decay) / (1 - decay))
    assert abs(series.compliance.mean() - share) <= 4 * error
    expected = p1 * p2 * (1 + u) / (p1 + p2 * u)
    error = math.sqrt(expected * (1 - expected) / (firms * len(series)) + ((p2 - p1) * error) ** 2)
    assert abs(series.inspections.mean() - expected) <= 4 * error
    np.testing.assert_allclose(series["grade_watched"].mean(), share, atol=0.02)


def test_a_static_audit_with_the_same_inspections_deters_less() -> None:
    for cost, complies in ((0.399, 1), (0.401, 0), (1.8, 0)):
        spec = harrington((0.2, 0.2), 0.5, (2.0, 2.0), 0.95, cost)
        assert (run(spec).world.firms.effort == complies).all()
    assert run(harrington(*SCHEMES[0], 1.8, months=60)).world.firms.effort.mean() > 0.3
