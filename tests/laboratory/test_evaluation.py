"""A scenario as a function for other tools: the numbers are those of `run`, and wrong input is one line."""

from __future__ import annotations

import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from creditregime import Simulator, evaluate, load, run
from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.laboratory.outcomes import BY_NAME, summarise

FIXED = ("regime=joint_2016", "population.firms=40", "months=12")
FREE = {"fines.scale": (0.5, 2.0), "registry.delay": (0, 6), "joint_punishment.strength": None}
THETA = [1.5, 2.6, 0.25]
VALUES = {"fines.scale": 1.5, "registry.delay": 3, "joint_punishment.strength": 0.25}


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return Simulator(*FIXED, parameters=FREE, indicators=["violations", "output"])


# evaluate


def test_evaluate_is_the_run_of_the_same_scenario() -> None:
    changes = {"regime": "joint_2020", "population.firms": 40, "months": 5, "fines.scale": 0.5}
    found = evaluate(changes, seed=3)
    pd.testing.assert_frame_equal(found, run(seed=3, **changes).indicators, check_exact=True)
    assert found["month"].tolist() == [1, 2, 3, 4, 5]
    assert not found.equals(evaluate(changes, seed=4))


def test_evaluate_takes_the_numbers_of_numpy_and_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(load(*FIXED).to_yaml(), encoding="utf-8")
    given = {"scenario": tmp_path / "mine.yaml", "months": np.int64(4), "fines.scale": np.float32(0.5)}
    expected = run(*FIXED, "months=4", "fines.scale=0.5", seed=2).indicators
    pd.testing.assert_frame_equal(evaluate(given, np.int64(2)), expected, check_exact=True)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"seed": 3}, "parameters.seed: is an argument of its own"),
        ({"regime": "joint_2017"}, "did you mean 'joint_2016'"),
        ({"regime": "joint_2016", "joint_punishment.strength": 1.5}, "joint_punishment.strength: 1.5 is not allowed"),
        ({"behaviour.kind": "per_firm", "behaviour.strategy": "unheard_of"}, "unheard_of"),
    ],
)
def test_evaluate_refuses_with_one_line(parameters: dict[str, Any], text: str) -> None:
    with pytest.raises(ScenarioError, match=text) as caught:
        evaluate(parameters)
    assert "\n" not in str(caught.value)


def test_presets_are_composed_once() -> None:
    evaluate({"regime": "rongcheng", "months": 1, "population.firms": 20})
    begin = time.process_time()
    for _ in range(10):
        load(regime="rongcheng")
    assert time.process_time() - begin < 0.5  # composing takes a tenth of a second each


# Simulator


def test_a_call_is_an_array_of_months_and_indicators(simulator: Simulator) -> None:
    found = simulator(THETA, 7, 5)
    expected = run(*FIXED, seed=5, **(VALUES | {"months": 7})).indicators
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected[["violations", "output"]].to_numpy())
    np.testing.assert_array_equal(found, simulator.frame(THETA, 7, 5)[["violations", "output"]].to_numpy())
    assert simulator(np.array(THETA)).shape == (12, 2)


def test_bounds_are_those_given_or_the_parameters_own(simulator: Simulator) -> None:
    assert simulator.parameters == tuple(FREE)
    assert simulator.bounds == ((0.5, 2.0), (0.0, 6.0), (0.0, 1.0))


def test_without_names_every_indicator_is_there() -> None:
    every = Simulator(*FIXED, parameters=["joint_punishment.strength"])
    assert every.indicators == tuple(run(*FIXED, "months=1").indicators.columns[1:])
    assert every([0.5], 2).shape == (2, len(every.indicators))


def test_outcomes_have_one_row_a_seed_as_if_run_alone(simulator: Simulator) -> None:
    found = simulator.outcomes(THETA, seeds=[2, 9])
    assert [*found.columns] == ["seed", *BY_NAME]
    assert found["seed"].tolist() == [2, 9]
    for _, row in found.iterrows():
        alone = summarise(run(*FIXED, seed=int(row["seed"]), **VALUES).indicators)
        assert row.drop("seed").to_dict() == alone


def test_it_can_be_sent_to_other_processes(simulator: Simulator) -> None:
    twin = pickle.loads(pickle.dumps(simulator))
    np.testing.assert_array_equal(twin(THETA, 4, 3), simulator(THETA, 4, 3))


@pytest.mark.usefixtures("failing_strategies")
def test_a_run_that_fails_says_which_seed_and_why() -> None:
    rule = ("behaviour.kind=per_firm", "behaviour.strategy=raises_with_seed_3")
    simulator = Simulator(*FIXED, "months=2", *rule, parameters=["joint_punishment.strength"], indicators=["output"])
    with pytest.raises(CreditRegimeError, match="seed 3 cannot be") as caught:
        simulator.outcomes([0.5], seeds=[2, 3])
    assert (
        str(caught.value)
        == "seed 3: ScenarioError: strategy 'raises_with_seed_3', firm 0: RuntimeError: seed 3 cannot be"
    )
    assert "in raises" in caught.value.__notes__[0]
    assert len(simulator.outcomes([0.5], seeds=[2, 4])) == 2


@pytest.mark.parametrize(
    ("theta", "text"),
    [
        ([1.0, 2.0], r"theta: one number for each of fines.scale, .* not the shape \(2,\)"),
        ([1.0, 2.0, 1.5], "joint_punishment.strength: 1.5 is not allowed"),
        ([np.nan, 2.0, 0.5], "fines.scale: nan is not allowed"),
        ([1.0, np.inf, 0.5], "registry.delay: inf is not allowed"),
    ],
)
def test_a_wrong_vector_is_one_line(simulator: Simulator, theta: list[float], text: str) -> None:
    with pytest.raises(ScenarioError, match=text) as caught:
        simulator(theta, 2, 1)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"parameters": []}, "parameters: a list of dotted paths is needed"),
        ({"parameters": "fines.scale"}, "parameters: a list of dotted paths is needed"),
        ({"parameters": ["fines.scale"]}, "parameters.fines.scale.high: is needed"),
        ({"parameters": ["fines.scole"]}, "parameters.*fines.scole"),
        ({"parameters": {"fines.scale": (2, 1)}}, r"parameters.fines.scale: \(2, 1\) is not allowed"),
        ({"parameters": {"joint_punishment.strength": (0.0, 2.0)}}, "parameters.joint_punishment.strength: 0 to 2"),
        ({"parameters": ["registry.sharing"]}, "parameters.registry.sharing: is not a number"),
        ({"parameters": ["registry.delay"], "indicators": ["complianc"]}, "did you mean 'compliance'"),
    ],
)
def test_a_wrong_simulator_is_one_line(given: dict[str, Any], text: str) -> None:
    with pytest.raises(ScenarioError, match=text) as caught:
        Simulator(*FIXED, **given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seeds", [[], [1, 1]])
def test_seeds_must_be_some_and_differ(simulator: Simulator, seeds: list[int]) -> None:
    with pytest.raises(CreditRegimeError, match=r"seeds: .* at least one is needed, and none twice"):
        simulator.outcomes(THETA, seeds)
