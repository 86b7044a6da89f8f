"""Analytic results that the model reproduces in reductions reached by configuration."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from tests.helpers import bare

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
