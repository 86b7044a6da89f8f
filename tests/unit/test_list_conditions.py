"""Ways on to a list besides live records: windows, fines, reports not filed, fines not paid; escalation; relapse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.codes import Standing
from creditregime.errors import ScenarioError
from creditregime.regime.conditions import DUE, Limits, Window
from creditregime.units import monthly
from tests.helpers import bare, prepared
from tests.unit.test_lists import ALWAYS, MINOR, SERIOUS, listings, one_record

FINED = {"fines": {"kind": "statutory", "minor": 1.0}}
DUTY = {"reporting": {"kind": "duty"}}


def records_in(months: list[int], rule: dict[str, Any], last: int, **changes: Any) -> list[int]:
    """Return whether firm 0 is listed in each month if everybody gets a minor record in the given months."""
    spec = bare(1, **ALWAYS | changes, lists={"l": {"topic": "a", "serious": 0} | rule}, topics={"a": MINOR})
    model = CreditRegime(spec)
    held = []
    for month in range(last):
        model.world.firms.effort[:] = 0 if month in months else 1
        model.step()
        held.append(int(model.world.firms.listing[0, 0]))
    return held


def test_records_count_only_within_the_window() -> None:
    assert records_in([0, 3, 6], {"records": 2, "window": 3}, 8) == [0] * 8
    assert records_in([0, 3, 6], {"records": 2, "window": 4}, 8) == [0, 0, 0, 1, 1, 1, 1, 1]
    assert records_in([0, 3, 6], {"records": 3, "window": 6}, 8) == [0] * 8
    assert records_in([0, 3, 6], {"records": 3, "window": 7}, 8) == [0, 0, 0, 0, 0, 0, 1, 1]


def test_a_late_entry_counts_from_its_month() -> None:
    late = {"registry": ALWAYS["registry"] | {"delay": 2}}
    assert records_in([0, 1], {"records": 2, "window": 2}, 5, **late) == [0, 0, 0, 1, 1]
    assert records_in([0, 2], {"records": 2, "window": 2}, 6, **late) == [0] * 6


def test_a_window_does_not_outlive_a_record() -> None:
    brief = {"registry": ALWAYS["registry"] | {"minor_term": 2}}
    assert records_in([0, 3], {"records": 2, "window": 9}, 6, **brief) == [0] * 6


def test_fines_of_the_window_lead_to_the_list() -> None:
    spec = bare(1, **ALWAYS, **FINED, lists={"l": {"topic": "a", "serious": 0, "amount": 1.0}}, topics={"a": MINOR})
    model = CreditRegime(spec.changed({"topics.a.fine": 0.4}))
    held = []
    for _ in range(4):
        model.step()
        held.append(model.world.firms.listing[0] > 0)
    size = model.world.firms.size
    for months, now in enumerate(held, start=1):
        np.testing.assert_array_equal(now, months * np.float32(0.4) * size >= 1)
    assert held[0].sum() < held[-1].sum()


@pytest.mark.parametrize(("window", "chance"), [(1, None), (2, 1.0)])
def test_stakes_see_the_window(window: int, chance: float | None) -> None:
    rule = {"topic": "a", "serious": 0, "records": 2, "window": window}
    spec = bare(1, **ALWAYS, lists={"l": rule}, topics={"a": MINOR})
    model = CreditRegime(spec)
    model.step()  # everybody has one record, of month 0
    model.world.open_month()
    entry = spec.lists["l"].chances_of_entry(model.world).get(0)
    if chance is None:
        assert entry is None
    else:
        np.testing.assert_array_equal(entry, chance)


def test_a_refusal_is_priced_by_effort() -> None:
    spec = bare(1, **FINED, registry={"kind": "database"}, lists={"l": {"topic": "a", "serious": 0, "refusal": 0.4}})
    world = prepared(spec)
    world.firms.effort[0] = np.linspace(0, 1, world.rows)
    chance = spec.lists["l"].chances_of_entry(world)[0]
    np.testing.assert_allclose(chance, 0.4 * (1 - world.firms.effort[0]), rtol=1e-5)


def test_whoever_does_not_file_in_june_is_listed() -> None:
    rule = {"topic": "a", "serious": 0, "unfiled": 1.0, "max_months": 5, "min_months": 5}
    held = listings(rule, {"hazard": 0.0}, 19, **DUTY)
    june = DUE - 1
    assert held == [0] * june + [1] * 5 + [0] * 7 + [1, 1]
    careful = {"behaviour": {"kind": "none", "intrinsic": 1, "intrinsic_spread": 0}}
    assert not any(listings(rule, {"hazard": 0.0}, 19, **DUTY | careful))


def test_failing_to_file_falls_with_effort() -> None:
    rule = {"topic": "a", "serious": 0, "unfiled": 0.8}
    spec = bare(1, **DUTY, registry={"kind": "database"}, lists={"l": rule}, **{"population.firms": 2000})
    for effort in (0.0, 0.5):
        model = CreditRegime(spec.changed({"behaviour.intrinsic": effort, "behaviour.intrinsic_spread": 0.0}))
        model.run_model()
        share, expected = (model.world.firms.listing[0] > 0).mean(), 0.8 * (1 - effort)
        assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / 2000)


def test_refusing_to_pay_lists_those_who_were_fined() -> None:
    rule = {"topic": "a", "serious": 0, "refusal": 1.0}
    assert listings(rule, MINOR, 2, **FINED) == [1, 1]
    assert listings(rule, MINOR, 2) == [0, 0]  # no fines, nothing to refuse
    assert listings(rule | {"refusal": 0.0, "serious": 1}, MINOR, 2, **FINED) == [0, 0]


def test_performing_the_duty_ends_the_listing_at_a_constant_hazard() -> None:
    model = one_record({"cured": 0.7, "min_months": 0, "max_months": 1000}, 30, **{"population.firms": 3000})
    left = []
    for _ in range(10):
        model.step()
        left.append((model.world.firms.listing[0] > 0).mean())
    expected = (1 - monthly(0.7)) ** np.arange(1, 11)
    np.testing.assert_allclose(left, expected, atol=4 * np.sqrt(0.25 / 3000))
    assert model.world.firms.live.any()  # the records stay: the duty was performed, nothing was repaired


def test_too_long_on_a_list_leads_to_the_graver_one() -> None:
    rules = {
        "mild": {"topic": "a", "min_months": 0, "max_months": 9, "escalates_to": "grave", "escalates_after": 3},
        "grave": {"topic": "a", "serious": 99, "max_months": 4, "min_months": 0},
    }
    model = CreditRegime(bare(1, **ALWAYS, lists=rules, topics={"a": SERIOUS}))
    held = []
    for month in range(10):
        model.world.firms.effort[:] = month > 0
        model.step()
        held.append(model.world.firms.listing[:, 0].tolist())
    assert [row[0] for row in held] == [1] * 9 + [0]
    assert [row[1] for row in held] == [0, 0, 0, 1, 1, 1, 1, 0, 0, 0]


def test_recidivism_is_the_share_of_the_released_that_are_listed_again() -> None:
    model = one_record({"min_months": 0, "max_months": 3}, 12)
    for _ in range(3):
        model.step()
    assert model.series.latest["recidivism"] == 0
    assert (model.world.firms.delisted == 3).all()
    model.world.firms.effort[:, :15] = 0
    model.step()
    assert model.series.latest["recidivism"] == pytest.approx(15 / 60)
    model.world.firms.listing[0, :15] = Standing.ASSOCIATED  # who stands there through others has not relapsed
    model.world.firms.effort[:] = 1
    model.step()
    assert model.series.latest["recidivism"] == 0


def test_counts_in_a_window_by_severity() -> None:
    spec = bare(2, **ALWAYS, topics={"a": SERIOUS, "b": MINOR})
    model = CreditRegime(spec)
    model.step()
    model.step()
    window = Window(model.world, [0, 1], 1)
    assert set(window.number()) == {0} or set(window.number()) == {2}
    both = Window(model.world, [0, 1], 12)
    assert set(both.number()) == {4}
    assert set(both.number(least=3)) == {2}
    assert both.reached(Limits(2, 0, 0)).all()
    assert not both.reached(Limits(3, 5, 0)).any()
    assert both.reached(Limits(3, 0, 0), more=(0, 2)).all()
    assert not both.reached(Limits(3, 0, 0), more=(0, 1)).any()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"escalates_to": "nowhere", "escalates_after": 9}, r"lists\.l\.escalates_to: unknown name 'nowhere'"),
        ({"escalates_to": "l", "escalates_after": 9}, r"lists\.l\.escalates_to: unknown name 'l'"),
        ({"escalates_to": "l", "escalates_after": 36}, r"escalates_after \(36\) must be less than max_months"),
        ({"unfiled": 0.1}, r"lists\.l\.unfiled: reports must be filed only where reporting\.kind is not none"),
        ({"cured": 1.0}, r"lists\.l\.cured"),
    ],
)
def test_impossible_conditions_are_refused(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        listings(rule, MINOR, 1)
