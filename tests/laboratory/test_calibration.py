"""Calibration: recovery end to end, durability, what is said of the fit, bad input."""

from __future__ import annotations

import builtins
import filecmp
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from creditregime import Calibration, CalibrationStudy, calibrate, open_calibration
from creditregime.cli import main
from creditregime.errors import CreditRegimeError, ScenarioError, StoreError
from creditregime.laboratory import interruption
from creditregime.laboratory.calibration import runner
from creditregime.laboratory.calibration.fit import verdict
from creditregime.laboratory.calibration.inference import (
    Measured,
    infer,
    log_likelihood,
    quantiles,
    resampled,
)
from creditregime.laboratory.calibration.priors import LogUniformPrior, NormalPrior, Space, UniformPrior
from creditregime.laboratory.calibration.spec import Budget, Target
from creditregime.laboratory.sweeps.bounds import Bounds
from creditregime.presentation.calibration_figures import figures

TRUTH = {"topics.offence.hazard": 0.08, "topics.offence.general": 0.3}


def study(**changes: Any) -> dict[str, Any]:
    """Return a small calibration: firms whose records take points, and two shares of grades."""
    share = {"kind": "grade_share", "topic": "offence", "months": 1}
    whole = {
        "title": "Points",
        "base": [
            "validation=expiring_points", "population.firms=200", "months=13", "rating.general=3",
            "registry.general_term=12", "rating.bands={good: -0.5, fair: -3.5}",
        ],
        "parameters": {
            "topics.offence.hazard": {"kind": "log_uniform", "low": 0.02, "high": 0.25},
            "topics.offence.general": {"kind": "uniform", "low": 0.05, "high": 0.6},
        },
        # 0.92^12 of the firms have no points; of four and more: a convolution of twelve months
        "targets": {
            "good": {"measure": share | {"grades": ["good"]}, "published": 0.3677, "tolerance": 0.03},
            "poor": {"measure": share | {"grades": ["D"]}, "published": [0.14, 0.16], "tolerance": 0.02},
        },
        "seeds": 3,
        "budget": {"filter": 32, "rounds": 2, "points": 16, "search": 16, "draws": 50},
    }  # fmt: skip
    return whole | changes


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    return calibrate(study(), tmp_path_factory.mktemp("calibration") / "one", workers=1)


def target(published: float | list[float], tolerance: float = 0.1) -> Target:
    return Target.model_validate(
        {"measure": {"kind": "exit_rate"}, "published": published, "tolerance": tolerance, "tag": "assumption"}
    )


# What is found


def test_the_parameters_behind_the_figures_are_recovered(found: Calibration) -> None:
    table = found.parameters.set_index("parameter")
    for path, value in TRUTH.items():
        assert table.loc[path, "low"] < value < table.loc[path, "high"]
        assert table.loc[path, "prior_low"] < table.loc[path, "low"]
        assert table.loc[path, "learned"] > 0.5
    assert found.best["topics.offence.hazard"] == pytest.approx(0.08, rel=0.2)
    assert found.scenario().topics["offence"].hazard == found.best["topics.offence.hazard"]


def test_the_fit_is_told_with_what_the_prior_would_give(found: Calibration) -> None:
    table = found.fit.set_index("target")
    assert table["verdict"].tolist() == ["within", "within"]
    assert (table["prior_low"] < table["low"]).all()
    assert (table["high"] < table["prior_high"]).all()
    assert table.loc["good", "obtained"] == pytest.approx(0.3677, abs=0.03)
    assert table.loc["good", "tag"] == "assumption"


def test_every_evaluation_is_kept_and_the_posterior_is_made_of_them(found: Calibration) -> None:
    points = found.evaluations
    assert points["batch"].value_counts().to_dict() == {
        "filter": 32, "round-01": 16, "round-02": 16, "search-02-01": 16,
    }  # fmt: skip
    assert points["weight"].sum() == pytest.approx(1)
    assert (points.loc[points["batch"].str.startswith("search"), "weight"] == 0).all()
    best = points.loc[points["log_likelihood"].idxmax()]
    assert best["topics.offence.hazard"] == found.best["topics.offence.hazard"]
    assert [*found.posterior] == ["draw", *TRUTH]
    assert set(found.posterior["topics.offence.hazard"]) <= set(points["topics.offence.hazard"])
    assert 1 < found.effective <= 64


def test_its_figures_show_every_target_and_parameter(found: Calibration) -> None:
    drawn = {picture.name: picture for picture in figures(found)}
    assert "good: published 36.8%" in drawn["fit"].alt
    assert all(path in drawn["posterior"].alt for path in TRUTH)


# Durable, and the same for anybody


SMALL = {"filter": 16, "rounds": 1, "points": 16, "search": 16, "draws": 20}


def test_stopped_and_continued_with_more_workers_and_rounds_it_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = calibrate(study(budget=SMALL), tmp_path / "whole", workers=1)
    check, calls = interruption.check, 0

    def stop() -> None:
        nonlocal calls
        calls += 1
        if calls == 150:
            raise KeyboardInterrupt
        check()

    with monkeypatch.context() as patch:
        patch.setattr(interruption, "check", stop)
        with pytest.raises(KeyboardInterrupt):
            calibrate(study(budget=SMALL | {"rounds": 0, "search": 0}), tmp_path / "parts", workers=1)
    with pytest.raises(StoreError, match="is not the folder of a finished calibration"):
        open_calibration(tmp_path / "parts")
    assert len(calibrate(study(budget=SMALL | {"rounds": 0, "search": 0}), tmp_path / "parts", workers=1).fit) == 2
    parts = calibrate(study(budget=SMALL), tmp_path / "parts", workers=2)
    names = [path.relative_to(whole.folder) for path in whole.folder.rglob("*") if path.is_file()]
    files = sorted(str(name) for name in names if name.name not in ("calibration.json", "sweep.json"))
    same, other, lost = filecmp.cmpfiles(whole.folder, parts.folder, files, shallow=False)
    assert (other, lost) == ([], [])
    assert len(same) == len(files) > 12
    with pytest.raises(StoreError, match="holds the results of another calibration"):
        calibrate(study(budget=SMALL, seeds=4), tmp_path / "parts", workers=1)


def test_it_runs_from_a_file_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    budget = {"filter": 16, "rounds": 0, "search": 0}
    file = tmp_path / "points.yaml"
    file.write_text(CalibrationStudy.parse(study(budget=budget)).to_yaml(), encoding="utf-8")
    out = tmp_path / "results"
    assert main(["calibrate", str(file), "--out", str(out), "--workers", "1"]) == 0
    told = capsys.readouterr().out
    assert "topics.offence.hazard" in told
    assert "few: intervals are rough" in told
    assert {path.name for path in (out / "figures").iterdir()} == {
        "fit.png",
        "fit.svg",
        "posterior.png",
        "posterior.svg",
    }
    assert open_calibration(out).study == CalibrationStudy.read(file)


# The parts


def test_a_range_is_as_likely_anywhere_and_a_figure_is_normal() -> None:
    mean = np.array([[0.0], [0.5], [1.0], [3.0], [np.nan]])
    none = np.zeros_like(mean)
    one = log_likelihood([target(0.5)], Measured(mean, none))
    assert one[1] == pytest.approx(-np.log(0.1 * np.sqrt(2 * np.pi)))
    assert one[0] == pytest.approx(one[1] - 12.5)
    band = log_likelihood([target([0, 1])], Measured(mean, none))
    assert band[1] == pytest.approx(0, abs=1e-5)
    assert band[0] == pytest.approx(np.log(0.5), abs=1e-5)
    assert -260 < band[3] < -190  # twenty standard deviations off, and still a number
    assert band[4] == one[4] == -np.inf
    wider = log_likelihood([target(0.5)], Measured(mean, none + 0.1))
    assert wider[0] == pytest.approx(-np.log(0.1 * np.sqrt(4 * np.pi)) - 6.25)


def test_the_posterior_of_a_gaussian_is_that_of_algebra() -> None:
    targets = [target(1.0, 0.5)]
    sample = infer(lambda _, z: Measured(z, np.zeros_like(z)), 1, targets, Budget(filter=128, rounds=3, points=64), 1)
    mean = float(sample.weight @ sample.z[:, 0])
    assert mean == pytest.approx(0.8, abs=0.05)  # 1 / (1 + 0.5²)
    assert np.sqrt(sample.weight @ (sample.z[:, 0] - mean) ** 2) == pytest.approx(np.sqrt(0.2), abs=0.04)
    rows = resampled(sample.weight, 4000, 1)
    assert sample.z[rows, 0].mean() == pytest.approx(mean, abs=0.01)


def test_without_a_value_anywhere_there_is_no_posterior() -> None:
    with pytest.raises(CreditRegimeError, match="no point of the prior gives every target a value"):
        infer(lambda _, z: Measured(z * np.nan, z), 1, [target(1.0)], Budget(filter=16, rounds=0), 1)


def test_priors_have_the_quantiles_that_they_say() -> None:
    share = np.array([0.1, 0.5, 0.9])
    np.testing.assert_allclose(UniformPrior().quantile(share, 2, 4), [2.2, 3, 3.8])
    np.testing.assert_allclose(LogUniformPrior().quantile(share, 0.01, 1), [10**-1.8, 0.1, 10**-0.2])
    cut = NormalPrior(mean=0, sd=1).quantile(share, -1, 1)
    np.testing.assert_allclose(cut[1], 0, atol=1e-12)
    assert -1 < cut[0] == pytest.approx(-cut[2])


def test_whole_numbers_are_rounded_and_multiples_follow() -> None:
    priors = {
        "months": UniformPrior(low=12, high=24),
        "exit.background": UniformPrior(high=0.1, also={"exit.voluntary": 2}),
    }
    space = Space.of(priors, Bounds(runner._base(CalibrationStudy.parse(study(base=[])))))
    columns = space.columns(space.values(np.zeros((1, 2))))
    assert columns == {"months": [18], "exit.background": [0.05], "exit.voluntary": [0.1]}


def test_weighted_quantiles_and_verdicts() -> None:
    values = np.array([3.0, 1.0, 2.0, np.nan])
    np.testing.assert_allclose(quantiles(values, np.array([1, 1, 1, 5.0]), (0.5,)), [2])
    assert quantiles(values, np.array([0, 0, 1.0, 0]), (0.05, 0.95)).tolist() == [2, 2]
    assert verdict(1, 2, 1.5, 0, 3) == "within"
    assert verdict(1, 2, 2.5, 1.9, 3) == "covered"
    assert verdict(1, 2, 2.5, 2.1, 3) == "off"


# Bad input


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parameters": {}}, "parameters"),
        (
            {"parameters": {"topics.offence.hazard": {"kind": "flat"}}},
            "unknown kind 'flat'; allowed: log_uniform, normal",
        ),
        ({"parameters": {"exit.bakground": {"kind": "uniform"}}}, "parameters.exit.bakground: "),
        ({"parameters": {"topics.offence.fine": {"kind": "uniform"}}}, "parameters.topics.offence.fine"),
        ({"parameters": {"topics.offence.hazard": {"kind": "uniform", "high": 2}}}, "must be at least 0 and at most 1"),
        ({"parameters": {"topics.offence.hazard": {"kind": "log_uniform"}}}, "log_uniform needs a bound above 0"),
        ({"parameters": {"seed": {"kind": "uniform"}}}, "first_seed and seeds decide the seeds"),
        ({"seeds": 1}, "seeds: 1 is not allowed"),
    ],
)
def test_a_bad_calibration_is_refused_in_one_line(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        calibrate(study(**changes), tmp_path / "one", workers=1)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "one").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tolerance": 0}, "targets.x.tolerance: 0 is not allowed"),
        ({"published": [2, 1]}, "bounds the wrong way round"),
        ({"tag": "primary"}, "source: is needed where the tag is 'primary'"),
        ({"measure": {"kind": "grade_share", "topic": "tax", "grades": ["A"]}}, "targets.x: topic: unknown name 'tax'"),
        ({"measure": {"kind": "exits"}}, "targets.x.measure: unknown kind 'exits'"),
    ],
)
def test_a_bad_target_is_refused_in_one_line(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    fine = {"measure": {"kind": "exit_rate"}, "published": 0.1, "tolerance": 0.1}
    with pytest.raises(ScenarioError) as raised:
        calibrate(study(targets={"x": fine | change}), tmp_path / "one", workers=1)
    assert message in str(raised.value)


def test_names_of_targets_must_be_free(tmp_path: Path) -> None:
    fine = {"measure": {"kind": "exit_rate"}, "published": 0.1, "tolerance": 0.1}
    with pytest.raises(ScenarioError, match="targets: 'exits' is the name of another column"):
        calibrate(study(targets={"exits": fine}), tmp_path / "one", workers=1)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StoreError, match="is in use, and not by a calibration"):
        calibrate(study(), tmp_path, workers=1)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_without_optuna_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "optuna":
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(CreditRegimeError, match=r"pip install 'creditregime\[calibration\]'"):
        calibrate(study(), tmp_path / "one", workers=1)
    assert not (tmp_path / "one").exists()
