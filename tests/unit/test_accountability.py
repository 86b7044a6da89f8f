"""Accountable regulators: audits strike false records, the state pays, agencies above the norm grow careful."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime, Scenario
from creditregime.codes import Payer
from creditregime.errors import ScenarioError
from creditregime.population.economy import combine
from tests.helpers import assert_sound, bare, random_graph, recount, run, small
from tests.unit.test_lists import one_record

FALSE: dict[str, Any] = {  # nobody violates, every inspection finds something
    "inspection": {"kind": "uniform", "rate": 0.999999, "false_positive": 1.0},
    "registry": {"kind": "database"},
    "fines": {"kind": "statutory", "minor": 1.0},
    "topics": {"a": {"hazard": 0.0, "fine": 0.4}},
    "population.firms": 500,
}
RATED = {"kind": "rated_agencies", "share": 1.0}


def false_world(accountability: dict[str, Any], **changes: Any) -> Scenario:
    return bare(1, **FALSE | changes, accountability=accountability)


def test_what_is_audited_and_false_is_struck_in_the_month_of_its_entry() -> None:
    model = CreditRegime(false_world(RATED, lists={"l": {"topic": "a", "serious": 0, "records": 1}}))
    model.step()
    assert model.series.latest["false_findings"] > 0.5
    assert not model.world.firms.live.any()
    assert not model.world.firms.listing.any()
    assert not model.world.firms.fines.any()
    free = CreditRegime(false_world({"kind": "none"}, lists={"l": {"topic": "a", "serious": 0, "records": 1}}))
    free.step()
    assert free.world.firms.listing.any()


@pytest.mark.parametrize("delay", [0, 2])
def test_a_share_is_audited_and_the_rest_counts(delay: int) -> None:
    spec = false_world({"kind": "rated_agencies", "share": 0.3}, **{"registry.delay": delay})
    model = CreditRegime(spec)
    for month in range(6):
        model.step()
        np.testing.assert_array_equal(model.world.firms.live, recount(model.world, month))
    records = model.world.records
    first = records.of_month(0)
    struck = (records["repaired"][first] == 0).mean()
    number = first.stop - first.start
    assert abs(struck - 0.3) < 4 * np.sqrt(0.21 / number)


def test_true_records_stand() -> None:
    model = one_record({"max_months": 12}, 3, accountability=RATED)
    assert model.world.firms.live.sum() == 60
    assert not model.world.regulators.overturned.any()
    assert model.world.regulators.audited[0, 0] == 60
    assert model.world.regulators.error[0, 0] == 1


def test_the_state_pays_for_false_records() -> None:
    changes = {"finance": {"kind": "accounts", "shock": 0.0, "payout": 0.0}, "trade": {"kind": "none"}}
    flows = []
    for compensation in (0.0, 0.5):
        model = CreditRegime(false_world(RATED | {"compensation": compensation}, **changes))
        before = model.world.total(model.world.firms.equity.astype(float))[0]
        model.step()
        wronged = model.world.records["firm"]
        due = compensation * model.world.firms.size[wronged].sum()
        flows.append((model.world.ledger.flows[0, Payer.STATE, Payer.FIRMS], due, before))
        assert model.series.latest["compensation"][0] == pytest.approx(due / model.world.firms.size.sum(), rel=1e-5)
    assert flows[1][0] - flows[0][0] == pytest.approx(flows[1][1], rel=1e-5)


def test_care_moves_by_the_stated_rule() -> None:
    rule = RATED | {"response": 0.25, "floor": 0.2, "relaxation": 0.1}
    model = CreditRegime(false_world(rule, months=60))
    error, expected = [], 1.0
    for _ in range(8):
        model.step()
        expected += 0.25 * (0.2 - expected)
        error.append((model.world.regulators.error[0, 0], expected))
    np.testing.assert_allclose(*np.array(error).T, rtol=1e-5)
    findings = model.world.number(model.world.firms.found[0])[0]
    assert abs(findings / 500 - 0.684 * error[-2][1]) < 0.1  # inspections a month times the factor in force
    model.world.regulators.overturned[:] = 0
    model.world.firms.active[:] = False  # nothing more is found
    model.step()
    assert model.world.regulators.error[0, 0] == pytest.approx(expected + 0.1 * (1 - expected), rel=1e-5)


def test_the_norm_separates_agencies() -> None:
    topics = {"a": {"hazard": 0.0}, "b": {"hazard": 0.0}}
    changes = {"topics": topics, "inspection": FALSE["inspection"] | {"false_positive": {"a": 0.5, "b": 0.0}}}
    world = run(false_world(RATED, **changes)).world
    assert world.regulators.error[0, 0] < 0.5
    assert world.regulators.error[0, 1] == 1


def test_regional_agencies_answer_for_themselves() -> None:
    model = CreditRegime(false_world(RATED, **{"inspection.level": "regional", "population.regions": 2}))
    firms, regulators = model.world.firms, model.world.regulators
    regulators.error[0] = [0.0, 1.0]
    model.step()
    found = model.world.records["firm"]
    assert set(firms.region[found]) == {1}
    assert regulators.audited[0, 0] == 0
    assert regulators.error[0, 0] == pytest.approx(0.02)
    assert regulators.error[0, 1] < 1


def test_tardy_agencies_grow_quicker() -> None:
    repair = {"kind": "application", "applications": 1.0, "delay": 10, "clean_months": 0}
    months = []
    for accountability in ({"kind": "none"}, RATED | {"response": 0.5, "floor": 0.1}):
        model = one_record({"min_months": 2, "max_months": 40}, 24, repair=repair, accountability=accountability)
        while model.world.firms.listing.any():
            model.step()
        months.append(model.world.month - 1)
    assert months == [12, 4]  # in month 4, after five adjustments, the factor is 0.13 and the delay one month of ten


def test_jurisdictions_do_not_share_their_agencies_marks() -> None:
    spec = false_world(RATED | {"share": 0.4})
    one, other = (random_graph(40, 0.1, seed) for seed in (1, 2))
    both = run(spec, combine([one, other]), [1, 2]).world.regulators
    for place, (economy, seed) in enumerate(((one, 1), (other, 2))):
        alone = run(spec.changed({"seed": seed}), economy).world.regulators
        for name in ("audited", "overturned", "error", "tardiness"):
            np.testing.assert_array_equal(getattr(both, name)[place], getattr(alone, name)[0])
    assert not np.array_equal(both.audited[0], both.audited[1])


def test_a_whole_scenario_stays_sound() -> None:
    changes = {"inspection.false_positive": 0.3, "inspection.rate": 0.9, "registry.delay": 1}
    assert_sound(run(small("joint_2020", accountability={"kind": "rated_agencies"}, **changes)))


def test_accountability_needs_records() -> None:
    with pytest.raises(ScenarioError, match=r"accountability\.kind: 'rated_agencies' needs records"):
        bare(1, accountability=RATED)
