"""The share of firms whose score lies in a range: counted by hand over the months that count."""

from __future__ import annotations

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.errors import ScenarioError
from creditregime.laboratory.measures import Gauges, ScoreShare, check
from tests.helpers import bare, small


def test_it_is_the_mean_over_the_last_months_of_firms_in_the_range() -> None:
    measure = ScoreShare(low=70, high=95, months=5)
    model = CreditRegime(
        small(months=12, **{"inspection.rates": {"excellent": 0.5, "good": 0.5, "medium": 0.5, "poor": 0.5}})
    )
    gauges = Gauges({"share": measure}, model)
    inside = rated = 0
    for month in range(12):
        gauges.before()
        model.step()
        gauges.after()
        firms = model.world.firms
        if month >= 7:
            counted = firms.active & firms.rated
            score = firms.score.min(axis=0)[counted]
            inside += int(np.sum((score >= 70) & (score < 95)))
            rated += int(counted.sum())
    assert 0 < inside < rated
    assert gauges.values()["share"] == pytest.approx([inside / rated])


def test_a_range_that_is_none_and_a_scenario_without_ratings_are_refused() -> None:
    with pytest.raises(ValueError, match="high: 90 is not allowed: must be above low, 90"):
        ScoreShare(low=90, high=90)
    with pytest.raises(ScenarioError, match=r"score_share: .* rates nobody"):
        check({"share": ScoreShare(low=0, high=1)}, bare(1))
