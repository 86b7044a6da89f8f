"""The EMA Workbench: its tables hold what `run` gives, one process or two, and wrong input is one line."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import pytest

from creditregime import ema_model, run
from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.laboratory.outcomes import BY_NAME, summarise
from creditregime.presets import groups

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about its own optional parts
    ema = pytest.importorskip("ema_workbench")

FIXED = ("regime=joint_2016", "population.firms=40", "months=5", "seed=6")
UNCERTAIN = {"fines.scale": (0.5, 2.0), "registry.delay": (0, 3)}
LEVERS = {
    "joint_punishment.strength": None,
    "regime": ["joint_2016", "joint_2020"],
    "uniform": {"on": {"inspection.kind": "uniform"}},
}
PATHS = {
    name.replace(".", "_"): name for name in ("fines.scale", "registry.delay", "joint_punishment.strength", "regime")
}
KEPT = {"outcomes": ["compliance", "violations"], "indicators": ["output"]}


def model(**changes: Any) -> Any:
    return ema_model(*FIXED, **({"uncertainties": UNCERTAIN, "levers": LEVERS, "seeds": 2} | KEPT | changes))


def monthly(row: Any, seed: int) -> Any:
    """Return the indicators of the run that one seed of an experiment is."""
    values = {path: getattr(row[name], "item", lambda row=row, name=name: row[name])() for name, path in PATHS.items()}
    toggled = {"inspection.kind": "uniform"} if row["uniform"] else {}
    return run(*FIXED, seed=seed, **values, **toggled).indicators


def compare(experiments: Any, outcomes: dict[str, Any]) -> None:
    """Hold the workbench's results to runs of our own."""
    for number, (_, row) in enumerate(experiments.iterrows()):
        alone = [monthly(row, seed) for seed in (6, 7)]
        for name in KEPT["outcomes"]:
            assert outcomes[name][number] == np.mean([summarise(one)[name] for one in alone])
        np.testing.assert_allclose(
            outcomes["output_by_month"][number], np.mean([one["output"] for one in alone], axis=0), rtol=1e-14
        )


def test_experiments_hold_the_means_of_runs() -> None:
    experiments, outcomes = ema.perform_experiments(model(), 2, 3)
    assert len(experiments) == 6
    assert experiments["registry_delay"].dtype.kind == "i"
    assert experiments["uniform"].dtype == bool
    compare(experiments, outcomes)


def test_two_processes_give_the_same() -> None:
    with ema.MultiprocessingEvaluator(model(), n_processes=2) as evaluator:
        compare(*evaluator.perform_experiments(2, 2))


def test_each_seed_is_kept_if_asked_for() -> None:
    experiments, outcomes = ema.perform_experiments(model(replicates="each"), 2, 1)
    assert outcomes["output_by_month_by_seed"].shape == (2, 2, 5)
    for number, (_, row) in enumerate(experiments.iterrows()):
        for position, seed in enumerate((6, 7)):
            alone = monthly(row, seed)
            assert outcomes["violations_by_seed"][number, position] == summarise(alone)["violations"]
            np.testing.assert_array_equal(outcomes["output_by_month_by_seed"][number, position], alone["output"])


def test_parameters_are_as_their_fields_declare_them() -> None:
    made = model(levers=["joint_punishment.strength"], uncertainties=["violations.log"])
    [strength], [log] = made.levers, made.uncertainties
    assert isinstance(strength, ema.RealParameter)
    assert (strength.lower_bound, strength.upper_bound) == (0, 1)
    assert isinstance(log, ema.BooleanParameter)
    [regime] = ema_model("population.firms=40", uncertainties=["regime"]).uncertainties
    assert {item.value for item in regime.categories} == {*groups()["regime"]}
    [proportionality] = ema_model(*FIXED, levers=["joint_punishment.proportionality"]).levers
    assert [item.value for item in proportionality.categories] == ["flat", "proportional"]


def test_levels_change_several_things_at_once() -> None:
    alone = {"joint_punishment.kind": "none", "spillover.partner.kind": "none"}
    levels = {"together": {}, "alone": alone, "weak": {"fines.scale": 0.1}}
    chosen = model(uncertainties={"registry.delay": (0, 3)}, levers={"agencies": levels})
    experiments, outcomes = ema.perform_experiments(chosen, 1, policies=[policy("a", "together"), policy("b", "weak")])
    assert outcomes["compliance"][0] != outcomes["compliance"][1]
    for changes, found in zip(({}, {"fines.scale": 0.1}), outcomes["compliance"], strict=True):
        values = {"registry.delay": int(experiments["registry_delay"].iloc[0]), **changes}
        assert found == np.mean([summarise(run(*FIXED, seed=s, **values).indicators)["compliance"] for s in (6, 7)])


def policy(name: str, agencies: str) -> Any:
    kind = getattr(ema, "Policy", None) or ema.Sample
    return kind(name, agencies=agencies)


def test_outcomes_are_all_or_those_named_with_their_direction() -> None:
    assert [outcome.name for outcome in model(outcomes=(), indicators=()).outcomes] == [*BY_NAME]
    directed = model(outcomes={"compliance": "maximize", "exits": "minimize", "fines": "info"}, indicators=()).outcomes
    assert [outcome.kind for outcome in directed] == [
        ema.ScalarOutcome.MAXIMIZE,
        ema.ScalarOutcome.MINIMIZE,
        ema.ScalarOutcome.INFO,
    ]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"seeds": 0}, "seeds: 0 is not allowed"),
        ({"replicates": "all"}, "replicates: 'all' is not allowed: must be mean or each"),
        ({"outcomes": ["complience"]}, "outcomes: unknown name 'complience'; did you mean 'compliance'"),
        ({"outcomes": {"exits": "down"}}, "outcomes.exits: 'down' is not allowed"),
        ({"indicators": ["complience"]}, "indicators: unknown indicator 'complience'"),
        ({"levers": ["fines.scale"]}, "levers.fines.scale.high: is needed"),
        ({"levers": {"fines.scale": (2, 1)}}, r"levers.fines.scale: \(2, 1\) is not allowed"),
        ({"levers": {"fines.scale": [1]}}, "levers.fines.scale: .* at least two values"),
        ({"levers": {"fines.scale": (0, 1)}}, "levers.fines.scale: uncertainties.fines.scale has this name"),
        ({"levers": ["fines.scole"]}, "levers.*fines.scole"),
        ({"levers": {"fines.scole": [0, 1]}}, "fines.scole: unknown key"),
        ({"levers": {"regime": ["joint_2017", "none"]}}, "did you mean 'joint_2016'"),
        ({"levers": {"toggle": {"off": {"fines.scole": 1}}}}, "fines.scole: unknown key"),
        ({"levers": {"toggle": {"of": {"fines.scale": 1}}}}, r"levers.toggle: \['of'\] is not allowed: at least two"),
        ({"levers": {"toggle": {"off": "fines"}}}, "levers.toggle: of each level, a mapping of what it changes"),
        ({"levers": ["seed"]}, "levers.seed: is not varied"),
    ],
)
def test_wrong_input_is_one_line(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ScenarioError, match=text) as caught:
        model(**changes)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("failing_strategies")
def test_a_run_that_fails_ends_the_experiments_with_its_reason() -> None:
    rule = ("behaviour.kind=per_firm", "behaviour.strategy=raises_with_seed_3", "seed=2")
    failing = ema_model(*FIXED, *rule, uncertainties=UNCERTAIN, outcomes=["compliance"], seeds=2)
    with pytest.raises(
        ema.EMAError,
        match="seed 3: ScenarioError: strategy 'raises_with_seed_3', firm 0: RuntimeError: seed 3 cannot be",
    ):
        ema.perform_experiments(failing, 2)


def test_without_the_workbench_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ema_workbench", None)
    with pytest.raises(CreditRegimeError, match=r"pip install 'creditregime\[ema\]'"):
        model()
