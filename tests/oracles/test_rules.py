"""Analytic results that the model reproduces in reductions reached by configuration."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from creditregime import CreditRegime
from creditregime.units import monthly
from tests.helpers import bare, run

MANY = {"population.firms": 4000, "population.mean_suppliers": 1, "population.essential": "none"}
SELFISH = {"intrinsic": 0.0, "intrinsic_spread": 0.0, "cost_size_elasticity": 1.0}


def near(share: float, chance: float, draws: int) -> bool:
    """Tell whether a share lies within four standard errors of a probability."""
    return abs(share - chance) <= 4 * math.sqrt(chance * (1 - chance) / draws) + 1e-9


@pytest.mark.parametrize("precision", [0.0, 0.5, 2.0])
def test_logit_complies_with_the_quantal_response_probability(precision: float) -> None:
    spec = bare(
        1,
        **MANY,
        months=5,
        topics={"a": {"hazard": 0.5, "general": 1.0, "serious": 0.0, "fine": 2.0, "cost": 0.8}},
        behaviour={"kind": "logit", "precision": precision, "cost_distribution": "same"} | SELFISH,
        learning={"kind": "none", "initial": 0.4},
        fines={"kind": "statutory"},
    )
    model, count = CreditRegime(spec), 0.0
    for _ in range(5):
        model.step()
        count += float(model.world.firms.effort.mean()) / 5
    chance = 1 / (1 + math.exp(-precision * (0.5 * 0.4 * 2.0 - 0.8) / 0.8))
    assert near(count, chance, 5 * 4000)


def test_live_records_are_binomial() -> None:
    spec = bare(
        1,
        **MANY,
        months=13,
        topics={"a": {"hazard": 0.08}},
        behaviour={"kind": "none"} | SELFISH,
        violations={"kind": "hazard", "complaints": 0, "log": False},
        monitoring={"kind": "coverage", "share": 1},
        registry={"kind": "database", "minor_term": 12, "general_term": 12, "serious_term": 12},
    )
    live = run(spec).world.firms.live.sum(axis=(0, 1))
    assert abs(live.mean() - 0.96) <= 4 * math.sqrt(12 * 0.08 * 0.92 / 4000)
    assert near(float((live >= 3).mean()), 0.065196, 4000)
    assert binom.sf(2, 12, 0.08) == pytest.approx(0.065196, abs=1e-6)


@pytest.mark.parametrize(("hazard", "term"), [(0.02, 36), (0.2, 6)])
def test_share_on_a_list_of_fixed_term(hazard: float, term: int) -> None:
    months = 240
    spec = bare(
        1,
        **MANY | {"population.firms": 1000},
        months=months,
        topics={"a": {"hazard": hazard, "general": 0.0, "serious": 1.0}},
        behaviour={"kind": "none"} | SELFISH,
        violations={"kind": "hazard", "complaints": 0, "log": False},
        monitoring={"kind": "coverage", "share": 1},
        registry={"kind": "database"},
        lists={"l": {"topic": "a", "serious": 1, "min_months": term, "max_months": term}},
    )
    model, shares = CreditRegime(spec), []
    for month in range(months):
        model.step()
        if month >= months // 3:
            shares.append((model.world.firms.listing[0] > 0).astype(float))
    mean = np.mean(shares, axis=0)
    error = mean.std() / math.sqrt(len(mean))
    assert abs(mean.mean() - term / (term + 1 / hazard)) <= 4 * error


@pytest.mark.parametrize("rate", [0.3, 0.9])
def test_mean_term_with_repair(rate: float) -> None:
    longest, chance = 30, monthly(rate)
    spec = bare(
        1,
        **MANY,
        months=60,
        topics={"a": {"hazard": 1.0, "general": 0.0, "serious": 1.0}},
        behaviour={"kind": "none"} | SELFISH,
        violations={"kind": "hazard", "complaints": 0, "log": False},
        monitoring={"kind": "coverage", "share": 1},
        registry={"kind": "database"},
        lists={"l": {"topic": "a", "serious": 1, "min_months": 1, "max_months": longest}},
        repair={"kind": "application", "applications": rate, "clean_months": 0, "delay": 0},
    )
    model = CreditRegime(spec)
    model.step()
    model.world.firms.effort[:] = 1
    held = np.ones(4000)
    for _ in range(40):
        model.step()
        held += model.world.firms.listing[0] > 0
    expected = (1 - (1 - chance) ** longest) / chance
    assert abs(held.mean() - expected) <= 4 * held.std() / math.sqrt(4000)


def test_double_random_inspection() -> None:
    quotas = {"a": 40, "b": 200, "c": 800}
    spec = bare(3, **MANY | {"population.firms": 2000}, inspection={"kind": "quota", "number": quotas}, months=10)
    model, once = CreditRegime(spec), 0.0
    for _ in range(10):
        model.step()
        once += float(model.world.firms.inspected.any(axis=0).mean()) / 10
    chance = 1 - math.prod(1 - number / 2000 for number in quotas.values())
    assert near(once, chance, 20_000)


@pytest.mark.parametrize(("sensitivity", "false_positive"), [(0.8, 0.1), (0.5, 0.02)])
def test_positive_predictive_value(sensitivity: float, false_positive: float) -> None:
    violating, months = 0.3, 10
    spec = bare(
        1,
        **MANY,
        months=months,
        topics={"a": {"hazard": violating}},
        behaviour={"kind": "none"} | SELFISH,
        violations={"kind": "hazard", "complaints": 0, "log": False},
        inspection={"kind": "uniform", "rate": 1, "sensitivity": sensitivity, "false_positive": false_positive},
        registry={"kind": "database"},
    )
    true = run(spec).world.records["true"]
    value = violating * sensitivity / (violating * sensitivity + (1 - violating) * false_positive)
    assert near(float(true.mean()), value, len(true))


def test_severities_follow_their_shares_and_vanish_from_the_top() -> None:
    topics: dict[str, Any] = {"a": {"hazard": 0.8, "general": 0.3, "serious": 0.2}}
    spec = bare(1, **MANY, months=5, topics=topics, behaviour={"kind": "none"} | SELFISH, violations={"kind": "hazard"})
    model, some = CreditRegime(spec), CreditRegime(spec)
    some.world.firms.effort[:] = 0.4
    counts = np.zeros(4)
    for _ in range(5):
        model.step()
        some.step()
        counts += np.bincount(model.world.firms.violation[0], minlength=4)
        assert (some.world.firms.violation <= model.world.firms.violation).all()
    for severity, chance in enumerate((0.2, 0.8 * 0.5, 0.8 * 0.3, 0.8 * 0.2)):
        assert near(counts[severity] / 20_000, chance, 20_000)
