"""Figures of a sweep: what they say is what its runs hold; bytes repeat; one seed and missing runs are told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from creditregime import forest, phase_diagram, response
from creditregime.errors import ScenarioError
from creditregime.laboratory.shapley import shapley
from creditregime.laboratory.sweeps import Sweep, sweep
from creditregime.laboratory.sweeps.cells import by_point
from creditregime.presentation import phase_field, wording
from creditregime.presentation.forest_figure import attribution, group_forest
from creditregime.presentation.style import LINES, Picture
from creditregime.presentation.sweep_words import Words

STRENGTH, JOINT = "spillover.partner.strength", "joint_punishment.strength"
BASE = ["regime=joint_2016", "population.firms=40", "months=6"]


def run_study(folder: Path, design: dict[str, Any], seeds: int = 3) -> Sweep:
    asked = {"base": BASE, "design": design, "replicates": {"kind": "fixed", "seeds": seeds}}
    return sweep(asked | {"keep": ["compliance", "exits", "output"]}, folder, workers=1)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    design = {"kind": "grid", "factors": {STRENGTH: [0, 0.2, 0.4], JOINT: [0, 0.5]}}
    return run_study(tmp_path_factory.mktemp("sweep") / "s", design)


@pytest.fixture
def grid(simulated: Sweep) -> Sweep:
    """The sweep with exits that rise by 10 a point, and noise that all points share but for a little."""
    draws = np.random.Generator(np.random.PCG64(3))
    runs = simulated.runs.copy()
    runs["exits"] = 100 + 10.0 * runs["point"] + runs["seed"] + draws.normal(size=len(runs))
    return with_runs(simulated, runs)


def with_runs(result: Sweep, runs: pd.DataFrame) -> Sweep:
    other = Sweep(result._dataset)
    other.__dict__["runs"] = runs
    return other


def one_seed(result: Sweep) -> Sweep:
    return with_runs(result, result.runs[result.runs["seed"] == 1])


def texts(picture: Picture) -> str:
    return " ".join((picture.title, picture.caption, picture.alt))


def check(picture: Picture) -> None:
    assert picture.png.startswith(b"\x89PNG")
    assert b"<path" in picture.svg
    assert not re.search(r"\bnan\b", texts(picture), re.IGNORECASE)


def test_a_response_says_means_and_intervals_over_seeds(grid: Sweep) -> None:
    found = response(grid, STRENGTH, "exits", by=JOINT)
    check(found)
    values = by_point(grid, ["exits"])[..., 0]
    for point, level in ((0, "0"), (1, "0.5")):
        low, high = stats.t.interval(0.95, 2, values[point].mean(), values[point].std(ddof=1) / np.sqrt(3))
        words = f"Exits ({level}): {wording.number(values[point].mean())} {wording.interval(low, high)} at 0"
        assert words in found.alt
    assert "3 seeds; bands: 95% intervals" in found.caption
    assert found.alt.startswith("By Partner strength (share).")


def test_a_response_against_a_reference_is_paired(grid: Sweep) -> None:
    found = response(grid, STRENGTH, ["exits", "output"], by=JOINT, against={STRENGTH: 0})
    check(found)
    values = by_point(grid, ["exits"])[..., 0]
    assert f"Exits (0): 0 [0, 0] at 0, {wording.number((values[4] - values[0]).mean())}" in found.alt
    across = response(grid, STRENGTH, "exits", by=JOINT, against={JOINT: 0})
    assert "(0)" not in across.alt, "the reference itself is not drawn"
    assert f"Exits (0.5): {wording.number((values[1] - values[0]).mean())}" in across.alt


def test_factors_that_are_not_shown_are_fixed_or_averaged(grid: Sweep) -> None:
    values = by_point(grid, ["exits"])[..., 0]
    mean = response(grid, STRENGTH, "exits")
    assert wording.number((values[0] + values[1]).mean() / 2) in mean.alt
    assert "Averaged over joint punishment strength" in mean.caption
    fixed = response(grid, STRENGTH, "exits", at={JOINT: 0.5})
    assert wording.number(values[1].mean()) in fixed.alt
    assert "At joint punishment strength 0.5" in fixed.caption


def test_texts_can_be_chosen(grid: Sweep) -> None:
    found = response(
        grid,
        STRENGTH,
        "exits",
        by=JOINT,
        labels={STRENGTH: "Share passed on"},
        levels={JOINT: {0: "alone", 0.5: "half"}},
    )
    assert "By Share passed on." in found.alt
    assert "Exits (alone)" in found.alt
    assert found.title == "Exits by Share passed on"
    with pytest.raises(ScenarioError, match="labels: unknown factor"):
        response(grid, STRENGTH, "exits", labels={"strength": "x"})


def test_units_come_from_the_fields_of_the_scenario(grid: Sweep) -> None:
    assert Words(grid).axis(STRENGTH) == "Partner strength (share)"
    assert Words(grid).axis(JOINT) == "Joint punishment strength (probability)"


def test_a_forest_has_every_point_with_its_paired_effect(grid: Sweep) -> None:
    found = forest(grid, {STRENGTH: 0}, ["exits", "output"])
    check(found)
    values = by_point(grid, ["exits"])[..., 0]
    for point, reference in ((2, 0), (3, 1), (4, 0), (5, 1)):
        effect = (values[point] - values[reference]).mean()
        assert f"{wording.number(effect, 1, signed=True)} [" in found.alt
    assert found.alt.count("partner strength") == 2 * 4
    assert "3 paired seeds" in found.caption
    only = forest(grid, {STRENGTH: 0}, "exits", at={JOINT: 0.5})
    assert only.alt.count("partner strength") == 2
    assert "joint punishment" not in only.alt, "what all rows share is not repeated in each"
    with pytest.raises(ScenarioError, match="0 points cannot be shown"):
        forest(grid, {STRENGTH: 0}, "exits", at={STRENGTH: 0})


def test_a_phase_diagram_tells_its_extremes_and_what_is_unclear(grid: Sweep) -> None:
    values = by_point(grid, ["exits"])[..., 0]
    levels = phase_diagram(grid, STRENGTH, JOINT, "exits")
    check(levels)
    assert f"highest {wording.number(values[5].mean(), 0)}" in levels.alt
    assert "at partner strength 0.4, joint punishment strength 0.5" in levels.alt
    effect = phase_diagram(grid, STRENGTH, JOINT, "exits", against={STRENGTH: 0, JOINT: 0})
    check(effect)
    assert "In 1 of 6 cells the interval includes 0" in effect.alt
    often = phase_diagram(grid, STRENGTH, JOINT, "exits", against={STRENGTH: 0, JOINT: 0}, show="probability")
    check(often)
    assert "lowest 50%" in often.alt
    assert "highest 100% [44%, 100%]" in often.alt, "Wilson's interval of 3 in 3"


def test_cells_are_hatched_where_the_interval_includes_zero() -> None:
    values = np.array([[[1.0, 1.1, 0.9], [-1, 1, 0.5]], [[0, 0, 0], [np.nan, np.nan, 2]]])
    field = phase_field.means(values, "exits", difference=True)
    assert field.unclear.tolist() == [[False, True], [True, True]], "one seed has no interval, so nothing is clear"
    assert field.seeds.tolist() == [[3, 3], [3, 1]]
    assert field.in_words(1, 1) == ["+2.0"]
    assert not phase_field.means(values, "exits", difference=False).unclear.any()
    share = phase_field.probability(values)
    assert share.value.tolist() == [[1, 2 / 3], [0.5, 1]]
    assert share.low[0, 0] == pytest.approx(0.4385, abs=1e-4)  # 3 / (3 + 1.96²)


def test_one_seed_gives_no_interval_and_says_so(grid: Sweep) -> None:
    alone = one_seed(grid)
    drawn = [
        response(alone, STRENGTH, "exits", by=JOINT),
        forest(alone, 0, "exits"),
        phase_diagram(alone, STRENGTH, JOINT, "exits"),
        phase_diagram(alone, STRENGTH, JOINT, "exits", against=0),
    ]
    for picture in drawn:
        check(picture)
        assert "so that no interval can be given" in picture.caption
        assert "95%" not in picture.caption
    assert "no interval" in drawn[0].alt


def test_missing_runs_are_told(grid: Sweep) -> None:
    runs = grid.runs
    holes = with_runs(grid, runs[(runs["point"] != 3) & ~((runs["point"] == 2) & (runs["seed"] == 1))])
    found = phase_diagram(holes, STRENGTH, JOINT, "exits")
    check(found)
    assert "2 to 3 seeds" in found.caption
    assert "no finished pair" in forest(holes, 0, "exits").alt
    check(response(holes, STRENGTH, "exits", by=JOINT))
    nothing = with_runs(grid, runs.iloc[:0])
    check(response(nothing, STRENGTH, "exits"))
    check(phase_diagram(nothing, STRENGTH, JOINT, "exits"))


def test_the_same_sweep_gives_the_same_bytes(grid: Sweep) -> None:
    before = dict(mpl.rcParams)
    for draw in (
        lambda: response(grid, STRENGTH, "exits", by=JOINT),
        lambda: forest(grid, 0, ["exits", "output"]),
        lambda: phase_diagram(grid, STRENGTH, JOINT, "exits", against=0),
    ):
        assert draw() == draw()
    assert dict(mpl.rcParams) == before


def test_names_and_toggles_are_factors_too(tmp_path: Path) -> None:
    named = run_study(tmp_path / "named", {"kind": "grid", "factors": {"regime": ["none", "fines_only"]}})
    found = response(named, "regime", ["compliance", "exits"])
    check(found)
    assert "at fines only" in found.alt
    assert "bars: 95% intervals" in found.caption
    toggles = {"joint": {"off": {"joint_punishment.kind": "none"}}, "fines": {"off": {"fines.kind": "none"}}}
    asked = {"kind": "factorial", "toggles": {"joint": toggles["joint"], "penalties": toggles["fines"]}}
    factorial = run_study(tmp_path / "toggles", asked, seeds=2)
    found = forest(factorial, {"joint": 0, "penalties": 0}, "compliance")
    assert "joint off, penalties on" in found.alt
    check(response(factorial, "joint", "compliance", by="penalties"))
    shares = attribution(factorial, ["compliance", "exits"])
    check(shares)
    table = shapley(factorial, ["compliance"]).set_index("toggle")
    total = table.loc["total", "effect"]
    assert f"toggle all together {wording.number(total, signed=True)[:4]}" in shares.alt
    assert shares.alt.count("toggle penalties") == 2


def test_a_forest_of_groups_says_who_bears_it(tmp_path: Path) -> None:
    asked = {
        "base": BASE[1:],
        "design": {"kind": "grid", "factors": {"regime": ["fines_only", "joint_2016"]}},
        "replicates": {"kind": "fixed", "seeds": 3},
        "groups": ["exits"],
    }
    kept = sweep(asked, tmp_path / "s", workers=1)
    found = group_forest(kept, 1, 0, "exits", ["size"])
    check(found)
    assert [found.alt.count(f"group {size} (10 firms)") for size in ("micro", "small", "medium", "large")] == [1] * 4
    assert "state" not in found.alt
    with pytest.raises(ScenarioError, match="no groups of colour"):
        group_forest(kept, 1, 0, "exits", ["colour"])


@pytest.mark.parametrize(
    ("draw", "text"),
    [
        (lambda s: response(s, "strength", "exits"), "factor: unknown factor 'strength'"),
        (lambda s: response(s, STRENGTH, "fines"), "outcomes: unknown outcome 'fines'"),
        (lambda s: response(s, STRENGTH, "exits", at={JOINT: 1}), "at.joint_punishment.strength: 1 is not among"),
        (lambda s: phase_diagram(s, STRENGTH, STRENGTH, "exits"), "y: 'spillover.partner.strength' is the same factor"),
        (lambda s: phase_diagram(s, STRENGTH, JOINT, "exits", show="probability"), "show: 'probability' needs against"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(grid: Sweep, draw: Any, text: str) -> None:
    with pytest.raises(ScenarioError, match=re.escape(text)):
        draw(grid)


def test_more_lines_than_can_be_told_apart_are_refused(tmp_path: Path) -> None:
    levels = [round(0.1 * step, 1) for step in range(len(LINES) + 1)]
    many = run_study(tmp_path / "s", {"kind": "grid", "factors": {STRENGTH: [0], JOINT: levels}}, seeds=1)
    with pytest.raises(ScenarioError, match="more levels than the 7 lines"):
        response(many, STRENGTH, "exits", by=JOINT)
