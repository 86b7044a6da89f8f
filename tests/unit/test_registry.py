"""Records: what is kept, from when and for how long it counts."""

from __future__ import annotations

import numpy as np
import pytest

from creditregime import CreditRegime
from tests.helpers import bare, recount
from tests.unit.test_lists import ALWAYS, GENERAL, MINOR, SERIOUS

TERMS = {"minor": 2, "general": 4, "serious": 6}


def live_after_one_record(topic: dict[str, float], delay: int) -> list[int]:
    registry = {"kind": "database", "delay": delay} | {f"{name}_term": term for name, term in TERMS.items()}
    model = CreditRegime(bare(1, **ALWAYS | {"registry": registry, "months": 14}, topics={"a": topic}))
    counts = []
    for month in range(14):
        model.step()
        counts.append(int(model.world.firms.live[:, 0, 0].sum()))
        np.testing.assert_array_equal(model.world.firms.live, recount(model.world, month))
        model.world.firms.effort[:] = 1
    return counts


@pytest.mark.parametrize("delay", [0, 1, 3])
@pytest.mark.parametrize(("topic", "term"), [(MINOR, 2), (GENERAL, 4), (SERIOUS, 6)])
def test_a_record_counts_for_its_term_from_its_entry(topic: dict[str, float], term: int, delay: int) -> None:
    assert live_after_one_record(topic, delay) == [0] * delay + [1] * term + [0] * (14 - delay - term)


def test_a_record_tells_what_was_found() -> None:
    topics = {"a": GENERAL, "b": {"hazard": 0.0}, "c": SERIOUS}
    inspection = {"kind": "quota", "number": 1, "level": "regional"}
    spec = bare(3, **ALWAYS, topics=topics, rating={"kind": "points", "general": 4}, inspection=inspection, months=1)
    world = CreditRegime(spec).run_model().world
    records = world.records
    assert len(records) == 120 + int((records["origin"] == 2).sum())
    assert set(records["topic"][records["true"]]) == {0, 2}
    assert set(records["severity"][records["topic"] == 0]) == {2}
    assert set(records["points"][records["topic"] == 0]) == {4}
    np.testing.assert_array_equal(records["region"], world.firms.region[records["firm"]])
    np.testing.assert_array_equal(world.regulators.topic[records["regulator"]], records["topic"])
    np.testing.assert_array_equal(world.regulators.region[records["regulator"]], records["region"])
    assert (records["expiry"][records["topic"] == 0] == 12).all()


def test_false_findings_are_recorded_as_minor_and_untrue() -> None:
    inspection = {"kind": "uniform", "rate": 1, "false_positive": 1}
    spec = bare(1, registry={"kind": "database"}, inspection=inspection, months=1)
    records = CreditRegime(spec).run_model().world.records
    assert len(records) == 60
    assert not records["true"].any()
    assert (records["severity"] == 1).all()


def test_only_what_is_illegal_is_recorded() -> None:
    for only in (True, False):
        topics = {"a": MINOR, "b": MINOR | {"illegal": False}}
        registry = {"kind": "database", "only_illegal": only}
        world = CreditRegime(bare(2, **ALWAYS | {"registry": registry}, topics=topics, months=3)).run_model().world
        assert (world.records["topic"] == 1).any() == (not only)
        assert (world.records["topic"] == 0).any()


def test_without_a_registry_nothing_is_kept() -> None:
    world = CreditRegime(bare(1, **ALWAYS | {"registry": {"kind": "none"}}, topics={"a": SERIOUS})).run_model().world
    assert len(world.records) == 0
    assert not world.firms.live.any()
    assert len(world.findings.firm) == 60


def test_records_of_a_firm_that_left_count_for_nobody() -> None:
    turnover = {
        "exit": {"kind": "standard", "background": 0.9, "insolvency": False},
        "entry": {"kind": "replacement", "rate": 0.5},
    }
    model = CreditRegime(bare(1, **ALWAYS | turnover | {"months": 30}, topics={"a": SERIOUS}))
    for month in range(30):
        model.step()
        np.testing.assert_array_equal(model.world.firms.live, recount(model.world, month))
        new = model.world.firms.born == month + 1
        assert not model.world.firms.live[:, :, new].any()
    assert model.series.monthly().entries.sum() > 10
