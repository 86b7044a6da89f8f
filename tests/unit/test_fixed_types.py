"""Firms of given types, whose effort is what the scenario says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.errors import ScenarioError
from tests.helpers import bare

MANY = {"population.firms": 2000, "population.mean_suppliers": 1, "population.essential": "none"}
TYPES: dict[str, Any] = {"honest": {"share": 0.3, "effort": 1.0}, "careless": {"share": 0.7, "effort": 0.25}}


def test_types_have_their_shares_and_keep_their_efforts() -> None:
    model = CreditRegime(bare(2, **MANY, behaviour={"kind": "types", "types": TYPES}, months=3))
    first = model.world.firms.effort.copy()
    assert set(np.unique(first)) == {0.25, 1.0}
    assert abs((first[0] == 1).mean() - 0.3) <= 4 * np.sqrt(0.3 * 0.7 / 2000)
    model.run_model()
    np.testing.assert_array_equal(model.world.firms.effort, first)


def test_efforts_follow_the_grade_in_the_file_of_the_topic() -> None:
    types = {"all": {"effort": 0.1, "by_grade": {"watched": 0.8}}}
    spec = bare(2, behaviour={"kind": "types", "types": types}, registry={"kind": "database"}, rating={"kind": "tiers"})
    model = CreditRegime(spec)
    grades = np.arange(60) % 2, np.arange(60) // 30
    model.world.firms.grade[:] = model.world.firms.own_grade[:] = grades
    model.step()
    np.testing.assert_allclose(model.world.firms.effort, np.where(np.array(grades) == 0, 0.8, 0.1))


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ({}, "behaviour.types"),
        ({"a": {"share": 0.5}}, "shares must add up to 1; they add up to 0.5"),
        ({"a": {"effort": 1.5}}, r"behaviour\.types\.a\.effort: 1\.5 is not allowed"),
        ({"a": {"by_grade": {"best": 0.5}}}, r"by_grade\.best: unknown name 'best'.*trusted"),
        ({"a": {"by_grade": {"trusted": 2.0}}}, r"by_grade\.trusted: 2\.0 is not allowed"),
    ],
)
def test_wrong_types_are_refused(types: dict[str, Any], said: str) -> None:
    tiers = {"registry": {"kind": "database"}, "rating": {"kind": "tiers"}}
    with pytest.raises(ScenarioError, match=said):
        bare(1, behaviour={"kind": "types", "types": types}, **tiers)
