"""Credit repair: who gets off a list before its longest term, when, and at what price."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.codes import Payer
from creditregime.errors import ScenarioError
from creditregime.units import monthly
from tests.helpers import bare, recount
from tests.unit.test_lists import one_record


def months_listed(repair: dict[str, Any], **rule: int) -> list[int]:
    """Return how many months each of 60 firms stood on the list after one record."""
    model = one_record({"min_months": 3, "max_months": 12} | rule, 24, repair=repair)
    held = (model.world.firms.listing[0] > 0).astype(int)
    for _ in range(23):
        model.step()
        held += model.world.firms.listing[0] > 0
        np.testing.assert_array_equal(model.world.firms.live, recount(model.world, model.world.month - 1))
    return held.tolist()


def test_without_repair_lists_last_to_the_longest_term() -> None:
    assert set(months_listed({"kind": "none"})) == {12}


def test_timed_repair_ends_at_the_shortest_term() -> None:
    assert set(months_listed({"kind": "timed"})) == {3}
    assert set(months_listed({"kind": "timed"}, min_months=7)) == {7}


@pytest.mark.parametrize(("delay", "clean", "expected"), [(0, 0, 3), (2, 0, 5), (0, 7, 7), (2, 4, 5), (20, 0, 12)])
def test_application_waits_for_term_delay_and_clean_months(delay: int, clean: int, expected: int) -> None:
    repair = {"kind": "application", "applications": 1.0, "delay": delay, "clean_months": clean}
    assert set(months_listed(repair)) == {expected}


def test_application_is_a_draw_each_month() -> None:
    repair = {"kind": "application", "applications": 0.9, "delay": 0, "clean_months": 0}
    held = np.array(months_listed(repair, max_months=200))
    chance = monthly(0.9)
    mean = 3 + (1 - chance) / chance
    assert abs(held.mean() - mean) < 4 * np.sqrt((1 - chance) / chance**2 / 60)
    assert set(months_listed({"kind": "application", "applications": 0.0})) == {12}


def test_repair_ends_the_records_that_led_to_the_list() -> None:
    model = one_record({"min_months": 3, "max_months": 12}, 6, repair={"kind": "timed"}).run_model()
    assert not model.world.firms.live.any()
    assert (model.world.records["repaired"] == 3).all()
    assert (model.world.records["month"] == 0).all()


def test_repair_of_one_topic_leaves_the_others() -> None:
    spec = bare(
        2,
        violations={"kind": "hazard", "complaints": 0},
        monitoring={"kind": "coverage", "share": 1},
        registry={"kind": "database"},
        topics={name: {"hazard": 1, "general": 0, "serious": 1} for name in "ab"},
        lists={"l": {"topic": "a", "min_months": 2, "max_months": 9}},
        repair={"kind": "timed"},
    )
    model = CreditRegime(spec)
    model.world.firms.effort[:] = 0
    model.step()
    model.world.firms.effort[:] = 1
    model.run_model()
    assert not model.world.firms.live[:, 0].any()
    assert model.world.firms.live[2, 1].all()


def test_applicants_pay() -> None:
    changes = {"finance": {"kind": "accounts", "shock": 0.0, "payout": 0.0}, "trade": {"kind": "none"}}
    paid = []
    for cost in (0.0, 0.5):
        repair = {"kind": "application", "applications": 1.0, "delay": 0, "clean_months": 0, "cost": cost}
        model = one_record({"min_months": 2, "max_months": 9}, 4, repair=repair, **changes)
        model.step()
        model.step()
        paid.append(model.world.ledger.flows[0, Payer.FIRMS, Payer.HOUSEHOLDS])
        assert model.series.latest["repairs"] == 1
    assert paid[1] - paid[0] == pytest.approx(0.5 * model.world.firms.size.sum(), rel=0.02)


def test_repair_needs_records_and_lists() -> None:
    with pytest.raises(ScenarioError, match=r"repair\.kind: 'timed' needs records; registry\.kind is none"):
        bare(1, repair={"kind": "timed"})
    with pytest.raises(ScenarioError, match=r"repair\.kind: 'timed' needs lists; there are none"):
        bare(1, repair={"kind": "timed"}, registry={"kind": "database"})
