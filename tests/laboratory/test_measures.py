"""Measures of a run: each is what its name says, also side by side, and what is not there is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import load
from creditregime.errors import ScenarioError
from creditregime.laboratory.measures import Gauges, Measure, check, measured
from creditregime.laboratory.outcomes import summarise
from creditregime.laboratory.run import simulate
from creditregime.model import CreditRegime
from creditregime.population.economy import combine
from creditregime.scenario import Scenario


def measures(**kinds: dict[str, Any]) -> dict[str, Measure]:
    return {name: Measure.resolve(what) for name, what in kinds.items()}


def scenario(**changes: Any) -> Scenario:
    return load(regime="tax_2014", seed=3, **{"population.firms": 60, "months": 18} | changes)


ALL = measures(
    grades={"kind": "grade_share", "topic": "tax", "grades": ["C", "D"], "months": 6},
    leave={"kind": "exit_rate"},
    background={"kind": "exit_rate", "causes": ["background"]},
    listed={"kind": "listing_rate"},
    outcome={"kind": "outcome", "name": "compliance"},
    effort={"kind": "indicator", "name": "compliance", "topic": "tax", "months": 3},
    output={"kind": "indicator", "name": "output", "months": 3},
    inspected={"kind": "inspection_rate"},
)


def test_measures_are_read_from_the_tables_of_the_run() -> None:
    spec = scenario()
    found, result = measured(spec, ALL), simulate(spec)
    topics = result.topics[result.topics["topic"] == "tax"]
    late = result.indicators.tail(12)
    assert found["grades"] == pytest.approx((topics["grade_C"] + topics["grade_D"]).tail(6).mean())
    assert found["leave"] == pytest.approx(late["exits"].sum() / late["firms"].mean())
    assert found["background"] == pytest.approx(late["exits_background"].sum() / late["firms"].mean())
    assert 0 < found["background"] < found["leave"]
    assert found["listed"] == pytest.approx(late["new_listings"].sum())
    assert found["outcome"] == pytest.approx(summarise(result.indicators)["compliance"])
    assert found["effort"] == pytest.approx(topics["compliance"].tail(3).mean())
    assert found["output"] == pytest.approx(late["output"].tail(3).mean())


def test_the_inspection_rate_is_that_of_the_grade_and_leaves_complaints_out() -> None:
    rates = {"inspection.rates": {"B": 1.0, "C": 0.0, "D": 0.0, "A": 0.0, "M": 0.0}, "inspection.rate": 0.0}
    quiet = {"rewards": {}, "measures": {}, "rating.calendar": 1, "monitoring.share": 0.3}
    spec = scenario(**rates, **quiet, **{"violations.complaints": 0.9})
    told = measures(
        grade_b={"kind": "inspection_rate", "topic": "tax", "grades": ["B"], "complaints": False},
        grade_d={"kind": "inspection_rate", "topic": "tax", "grades": ["D"], "complaints": False},
        complained={"kind": "inspection_rate", "topic": "tax", "grades": ["D"]},
        others={"kind": "inspection_rate", "topic": "labour", "complaints": False},
        anybody={"kind": "inspection_rate", "complaints": False},
    )
    found = measured(spec, told)
    assert found["grade_b"] > 0.9999  # a firm that leaves in the month takes its inspection along
    assert found["grade_d"] == found["others"] == 0
    assert found["complained"] > 0.5
    assert 0.5 < found["anybody"] < 1


def test_seeds_side_by_side_are_measured_as_one_by_one() -> None:
    seeds = [5, 6, 7]
    spec = scenario(**{"population": {"kind": "graph_model", "firms": 40, "mean_degree": 3}})
    built = [spec.population.build(seed) for seed in seeds]
    model = CreditRegime(spec, economy=combine(built), seeds=seeds)
    gauges = Gauges(ALL, model)
    for _ in range(spec.months):
        gauges.before()
        model.step()
        gauges.after()
    together = gauges.values()
    for number, seed in enumerate(seeds):
        alone = measured(spec.changed({"seed": seed}), ALL)
        for name, value in alone.items():
            np.testing.assert_allclose(together[name][number], value, rtol=1e-9, err_msg=name)


def test_nobody_with_the_grade_is_no_number() -> None:
    told = measures(c={"kind": "inspection_rate", "topic": "tax", "grades": ["C"], "months": 1})
    assert np.isnan(measured(scenario(months=1), told)["c"])


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (
            {"kind": "grade_share", "topic": "taxes", "grades": ["A"]},
            "x: topic: unknown name 'taxes'; did you mean 'tax'",
        ),
        ({"kind": "grade_share", "topic": "tax", "grades": ["E"]}, "x: grades: unknown name 'E'.*allowed: D, C"),
        ({"kind": "indicator", "name": "compliance", "topic": "no"}, "x: topic: unknown name 'no'"),
    ],
)
def test_what_the_scenario_does_not_have_is_refused(what: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        check(measures(x=what), scenario())


def test_a_scenario_without_lists_has_no_inflow() -> None:
    with pytest.raises(ScenarioError, match="x: listing_rate: the scenario has no lists"):
        check(measures(x={"kind": "listing_rate"}), load(regime="fines_only"))


def test_an_unknown_indicator_is_told_with_those_there_are() -> None:
    with pytest.raises(ScenarioError, match="unknown indicator 'complyance'; did you mean 'compliance'"):
        measured(scenario(months=1), measures(x={"kind": "indicator", "name": "complyance"}))
