"""Rankings over draws of parameters: analytic cases, seed noise taken out, the whole way from a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from creditregime import open_sweep, ranking, sweep
from creditregime.cli import main
from creditregime.errors import ScenarioError
from creditregime.laboratory.ranking import contrast, probability_above
from creditregime.laboratory.sweeps import Study, Sweep
from creditregime.presentation import ranking_figures

TAU, ETA, NOISE = 1.0, 0.5, 2.0


class Made(Sweep):
    """A sweep of made-up results: what `ranking` reads of one."""

    def __init__(self, runs: pd.DataFrame, points: pd.DataFrame, design: dict[str, Any]) -> None:
        self.study = Study.parse({"design": design, "keep": ["exits"]})
        self.points, self.runs = points, runs  # type: ignore[misc]


def made(values: np.ndarray) -> Made:
    """Return results from (options, draws, seeds)."""
    options, draws, seeds = values.shape
    names = [f"r{number}" for number in range(options)]
    points = pd.DataFrame(
        {"point": range(draws * options), "draw": np.repeat(range(draws), options), "regime": names * draws}
    )
    rows = [
        {"point": i * options + k, "seed": s, "exits": values[k, i, s]}
        for i in range(draws)
        for k in range(options)
        for s in range(seeds)
    ]
    drawn = {"months": [float(number + 1) for number in range(draws)]}
    return Made(pd.DataFrame(rows), points, {"kind": "draws", "values": drawn, "factors": {"regime": names}})


def worlds(mean: float, draws: int, seeds: int, seed: int) -> np.ndarray:
    """Return two options whose expected difference is normal over draws, with noise of seeds and of runs."""
    random = np.random.default_rng(seed)
    expected = random.normal(mean, TAU, (draws, 1))
    noise = random.normal(0, ETA, (1, seeds)) + random.normal(0, NOISE, (draws, seeds))
    common = random.normal(0, 3, (draws, seeds))
    return np.stack([common + expected + noise, common])


def test_the_probability_is_that_of_parameters_alone_and_the_noise_of_seeds_is_taken_out() -> None:
    right, wrong, single = [], [], []
    for seed in range(40):
        difference = np.subtract(*worlds(1.0, 200, 5, seed))
        right.append(probability_above(contrast(difference).expected))
        wrong.append(probability_above(difference.mean(axis=1)))
        single.append(probability_above(difference))
    exact = norm.cdf(1 / TAU)
    assert np.mean(right) == pytest.approx(exact, abs=0.02)
    assert np.mean(wrong) < exact - 0.05  # what means over five seeds would say
    assert np.mean(single) == pytest.approx(norm.cdf(1 / np.sqrt(TAU**2 + ETA**2 + NOISE**2)), abs=0.02)


def test_the_variance_is_shared_out_between_parameters_seeds_and_the_rest() -> None:
    parts = [contrast(np.subtract(*worlds(1.0, 300, 30, seed))) for seed in range(20)]
    assert np.mean([part.between for part in parts]) == pytest.approx(TAU**2, rel=0.05)
    assert np.mean([part.common for part in parts]) == pytest.approx(ETA**2, rel=0.2)
    assert np.mean([part.rest for part in parts]) == pytest.approx(NOISE**2, rel=0.02)


def test_intervals_cover_the_true_probability() -> None:
    exact = norm.cdf(1 / TAU)
    found = [ranking(made(worlds(1.0, 60, 5, seed)), "exits", "more").pairs.iloc[0] for seed in range(30)]
    assert np.mean([row["low"] <= exact <= row["high"] for row in found]) >= 0.9
    assert np.mean([row["high"] - row["low"] for row in found]) < 0.6
    assert np.mean([row["probability"] for row in found]) == pytest.approx(exact, abs=0.04)


def test_where_seeds_tell_nothing_the_probability_is_near_one_half() -> None:
    random = np.random.default_rng(3)
    found = [ranking(made(random.normal(0, 1, (2, 30, 3))), "exits", "more").pairs.iloc[0] for _ in range(10)]
    assert np.mean([abs(row["probability"] - 0.5) for row in found]) < 0.35
    assert np.mean([row["high"] - row["low"] for row in found]) > 0.8


def test_the_direction_is_the_users_and_the_matrix_is_its_own_complement() -> None:
    values = np.concatenate([worlds(1.5, 50, 6, 1), worlds(0.5, 50, 6, 2)[:1]])
    more, less = (ranking(made(values), "exits", prefer) for prefer in ("more", "less"))
    assert more.matrix.loc["r0", "r1"] == pytest.approx(less.matrix.loc["r1", "r0"])
    np.testing.assert_allclose(more.matrix + more.matrix.T, 1)
    assert more.first.sum() == pytest.approx(1)
    assert more.first["r0"] > more.first["r1"]
    assert less.first["r1"] > less.first["r0"]


def test_what_is_sure_is_told_with_the_number_of_draws() -> None:
    random = np.random.default_rng(1)
    values = np.stack([np.full((40, 3), 5.0), random.normal(0, 0.1, (40, 3))])
    row = ranking(made(values), "exits", "more").pairs.iloc[0]
    assert (row["probability"], row["single"], row["high"]) == (1, 1, 1)
    assert row["low"] == pytest.approx(0.025 ** (1 / 40))  # Clopper and Pearson: 40 of 40


def test_options_that_are_the_same_tie() -> None:
    row = ranking(made(np.ones((2, 5, 3))), "exits", "less").pairs.iloc[0]
    assert (row["probability"], row["single"], row["effect"]) == (0.5, 0.5, 0)


def test_draws_of_which_a_run_failed_are_left_out_and_told() -> None:
    result = made(worlds(1.0, 10, 3, 1))
    result.runs = result.runs[~((result.runs["point"] == 4) & (result.runs["seed"] == 1))]  # type: ignore[misc]
    found = ranking(result, "exits", "more")
    assert (found.draws, found.dropped) == (9, 1)


def test_a_sweep_of_draws_is_ranked_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "draws.csv"
    pd.DataFrame({"draw": range(4), "exit.background": [0.01, 0.02, 0.03, 0.04]}).to_csv(table, index=False)
    study = {
        "base": ["regime=fines_only", "population.firms=40", "months=12"],
        "design": {
            "kind": "draws",
            "table": str(table),
            "draws": 3,
            "factors": {"penalties": {"as they are": {}, "none": {"fines.kind": "none"}}},
        },
        "replicates": {"kind": "fixed", "seeds": 3},
        "keep": ["compliance", "fines"],
    }
    result = sweep(study, tmp_path / "sweep", workers=1)
    table.unlink()  # the study holds the draws
    assert result.points["exit.background"].tolist() == [0.01, 0.01, 0.02, 0.02, 0.03, 0.03]
    assert open_sweep(tmp_path / "sweep").study == result.study
    found = ranking(tmp_path / "sweep", "fines", "more")
    assert found.among == "penalties"
    assert found.matrix.loc["as they are", "none"] > 0.9
    out = tmp_path / "order"
    assert main(["ranking", str(tmp_path / "sweep"), "--outcome", "fines", "--prefer", "more", "--out", str(out)]) == 0
    assert "3 draws of parameters, 3 seeds" in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == {
        "pairs.csv",
        "differences.csv",
        "matrix.csv",
        "ranking.json",
        "figures",
    }
    assert pd.read_csv(out / "pairs.csv").loc[0, "single"] == 1


def test_with_three_options_there_is_a_matrix() -> None:
    found = ranking(made(np.concatenate([worlds(1, 20, 3, 1), worlds(0, 20, 3, 2)])), "exits", "less")
    assert [drawn.name for drawn in ranking_figures.figures(found)] == ["ranking", "ranking_matrix"]


def test_bad_questions_are_refused_in_one_line(tmp_path: Path) -> None:
    result = made(worlds(1.0, 5, 3, 1))
    with pytest.raises(ScenarioError, match="outcome: unknown name 'exit'; did you mean 'exits'"):
        ranking(result, "exit", "less")
    with pytest.raises(ScenarioError, match="prefer: 'best' is not allowed: must be more or less"):
        ranking(result, "exits", "best")  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match="among: unknown factor 'regimes'; did you mean 'regime'"):
        ranking(result, "exits", "less", among="regimes")
    with pytest.raises(ScenarioError, match="at least 2 of each are needed"):
        ranking(made(worlds(1.0, 5, 1, 1)), "exits", "less")
    with pytest.raises(ScenarioError, match="cannot be read"):
        ranking(tmp_path, "exits", "less")


@pytest.mark.parametrize(
    ("design", "message"),
    [
        ({"kind": "draws"}, "design: .*no draws; `table` must name"),
        ({"kind": "draws", "table": "nowhere.csv"}, "design: .*nowhere.csv: cannot be read"),
        ({"kind": "draws", "values": {"months": [1, 2], "seed": [1]}}, "as many draws are needed of each parameter"),
        ({"kind": "draws", "values": {"months": [1]}, "draws": 2}, "draws: 2 is not allowed: there are 1"),
        ({"kind": "draws", "values": {"months": [1]}, "factors": {"months": [2]}}, "'months' is drawn"),
    ],
)
def test_bad_draws_are_refused_in_one_line(design: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        Study.parse({"design": design})


def test_a_table_of_draws_must_hold_numbers(tmp_path: Path) -> None:
    for column, text in (("months", "1\nx\n"), ("months", "1\n\n2\n")):
        file = tmp_path / "draws.csv"
        file.write_text(f"other,{column}\n" + "".join(f"1,{line}\n" for line in text.split("\n")), encoding="utf-8")
        with pytest.raises(ScenarioError, match="the column 'months' holds something else than finite numbers"):
            Study.parse({"design": {"kind": "draws", "table": str(file)}})
