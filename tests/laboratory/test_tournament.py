"""A tournament: the same firms for every strategy, payoffs that can be counted by hand, a leaderboard that is sure."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import creditregime
from creditregime import CreditRegime
from creditregime.cli import main
from creditregime.errors import ScenarioError
from creditregime.laboratory.tournament import MEASURES, Tournament, tournament
from creditregime.presentation import wording
from tests.helpers import small

PLAYERS = ["never_comply", "once_bitten", "always_comply"]
WORLD: dict[str, Any] = {"months": 18, "behaviour.intrinsic": 0.1, "behaviour.intrinsic_spread": 0}
NAMES = [measure.name for measure in MEASURES]


def idle(firm: Any) -> float:
    return 0.0


@pytest.fixture(scope="module")
def played() -> Tournament:
    return tournament(PLAYERS, small("siloed_topics"), seeds=3, workers=1, **WORLD)


def test_every_firm_of_the_start_plays_every_strategy_once_a_seed(played: Tournament) -> None:
    assert len(played.runs) == 3 * 3 * 3
    assert (played.runs.groupby(["seed", "strategy"])["firms"].sum() == 60).all()
    assert played.seeds == (1, 2, 3)


def test_measures_are_those_of_a_run_followed_by_hand(played: Tournament) -> None:
    spec = played.scenario.changed({"seed": 2, "behaviour.turn": 1})
    model = CreditRegime(spec)
    mine = spec.behaviour.held(model.world) == 1  # type: ignore[attr-defined]
    profit, effort, listed, present = 0.0, 0.0, 0, 0
    for _ in range(18):
        model.step()
        firms = model.world.firms
        for row in np.flatnonzero(mine & firms.active & (firms.born < 0)):
            profit += firms.profit[row] / firms.size[row]
            effort += firms.effort[:, row].mean()
            listed += model.firm(int(row)).listed
            present += 1
    left = set(creditregime.run(spec).exits["firm"])
    expected = {
        "profit": 100 * profit / (18 * mine.sum()),
        "survival": 100 * (1 - len(left & set(np.flatnonzero(mine))) / mine.sum()),
        "compliance": 100 * effort / present,
        "listed": 100 * listed / present,
    }
    runs = played.runs.query("seed == 2 and turn == 1 and strategy == 'once_bitten'")
    assert runs[NAMES].iloc[0].to_dict() == pytest.approx(expected, rel=1e-5)


def test_a_strategy_does_not_beat_itself_under_another_name() -> None:
    found = tournament([idle, "never_comply"], small("siloed_topics"), seeds=2, workers=1, **WORLD)
    one, other = (found.by_seed(name) for name in ("profit", "listed"))
    for table in (one, other):
        np.testing.assert_allclose(table["idle"], table["never_comply"], rtol=1e-12)
    assert (found.leaderboard()["beats"] == 0).all()


def test_where_nobody_looks_complying_costs_and_the_interval_is_students(played: Tournament) -> None:
    free = tournament(PLAYERS, small("none"), seeds=3, workers=1, **WORLD)
    board = free.leaderboard().set_index("strategy")
    assert board.index.tolist()[0] == "never_comply"
    assert board.index.tolist()[-1] == "always_comply"
    assert board.loc["never_comply", "beats"] == 2
    assert board.loc["always_comply", "beats"] == 0
    seeds = free.by_seed()
    lead = seeds["never_comply"] - seeds.mean(axis=1)
    low, high = stats.t.interval(0.95, 2, loc=lead.mean(), scale=stats.sem(lead))
    assert board.loc["never_comply", ["lead", "lead_low", "lead_high"]].tolist() == pytest.approx(
        [lead.mean(), low, high]
    )
    assert board["lead"].sum() == pytest.approx(0, abs=1e-12)


def test_results_do_not_depend_on_the_number_of_processes(played: Tournament) -> None:
    again = tournament(PLAYERS, small("siloed_topics"), seeds=3, workers=2, **WORLD)
    pd.testing.assert_frame_equal(again.runs, played.runs)


def test_one_seed_has_no_interval_and_beats_nobody() -> None:
    board = tournament(PLAYERS, small("none"), seeds=1, workers=1, **WORLD).leaderboard()
    assert board["lead_low"].isna().all()
    assert (board["beats"] == 0).all()


def test_the_folder_says_what_was_played_and_plays_it_again(played: Tournament, tmp_path: Path) -> None:
    folder = creditregime.save(played, tmp_path / "first")
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == [
        "leaderboard.csv", "leaderboard.png", "leaderboard.svg", "provenance.json", "report.html", "runs.parquet",
        "scenario.yaml", "versus.csv",
    ]  # fmt: skip
    assert json.loads((folder / "provenance.json").read_text())["seeds"] == 3
    again = ["tournament", "--scenario", str(folder / "scenario.yaml"), "--seeds", "3", "--workers", "1", "--quiet"]
    assert main([*again, "--out", str(tmp_path / "second")]) == 0
    for name in ("runs.parquet", "leaderboard.csv", "figures/leaderboard.svg"):
        assert (tmp_path / "second" / name).read_bytes() == (folder / name).read_bytes(), name


def cells(page: str, caption: str) -> list[list[str]]:
    """Return the rows of the table below a caption."""
    table = page.partition(f"<caption>{caption}")[2].partition("</table>")[0]
    rows = re.findall(r"(?s)<tr>(.*?)</tr>", table)
    return [[html.unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def test_the_report_has_the_figure_the_ranking_and_who_beats_whom(played: Tournament) -> None:
    page = creditregime.report(played)
    assert not re.search(r"<script|https?://|src=\"(?!data:)", page)
    assert creditregime.leaderboard(played).alt in html.unescape(page)
    board = played.leaderboard()
    head, *rows = cells(page, "The leaderboard")
    assert head[:5] == ["Strategy", "Profit, %", "Lead, points", "95% interval of the lead", "Beats"]
    for row, known in zip(rows, wording.rows(board), strict=True):
        assert row[0] == known.strategy.replace("_", " ")
        assert row[1] == f"{known.profit:.2f}"
        assert row[4] == f"{known.beats} of 2"
        assert row[5:] == [f"{getattr(known, name):.1f}" for name in NAMES[1:]]
    names = [row[0] for row in rows]
    head, *rows = cells(page, "Profit of the row")
    assert [row[0] for row in rows] == names == [name.removeprefix("less ") for name in head[1:]]
    for pair in wording.rows(played.versus()):
        one, other = (names.index(name.replace("_", " ")) for name in (pair.strategy, pair.other))
        assert rows[one][1 + other] == f"{pair.lead:+.2f} [{pair.low:+.2f}, {pair.high:+.2f}]".replace("-", "−")
    assert f"“{names[0]}” has the most profit: {board['profit'][0]:.2f}%" in page
    assert "--seeds 3 --out FOLDER-again" in page


def test_the_answer_names_who_beats_whom_and_who_cannot_be_told_apart() -> None:
    free = tournament(PLAYERS, small("none"), seeds=3, workers=1, **WORLD)
    page = creditregime.report(free)
    assert "“never comply” beats “once bitten” and “always comply”." in page
    assert "cannot tell apart" not in page
    alike = tournament([idle, "never_comply", "always_comply"], small("none"), seeds=2, workers=1, **WORLD)
    assert "cannot tell apart: “idle” and “never comply”" in creditregime.report(alike)
    page = creditregime.report(tournament(PLAYERS, small("none"), seeds=1, workers=1, **WORLD))
    assert "One seed gives no interval" in page
    assert " beats “" not in page


def test_the_figure_tells_the_numbers(played: Tournament) -> None:
    picture = creditregime.leaderboard(played)
    assert picture.png.startswith(b"\x89PNG")
    for row in played.leaderboard().itertuples():
        assert f"{row.strategy}: profit {row.profit:.2f}%" in picture.alt


def test_the_command_line_takes_names_rules_and_overrides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.py").write_text(
        "from creditregime import strategy\n\n@strategy('lazy')\ndef lazy(firm):\n    return 0.1\n"
    )
    rest = ["population.firms=40", "months=6", "--seeds", "2", "--workers", "2", "--out", str(tmp_path / "out")]
    assert main(["tournament", "lazy", "once_bitten", "--rules", str(tmp_path / "mine.py"), *rest]) == 0
    shown = capsys.readouterr().out
    assert {"lazy", "once_bitten"} == {line.split()[1] for line in shown.splitlines() if line[:1] in {"1", "2"}}
    assert "lazy" in (tmp_path / "out/leaderboard.csv").read_text()


@pytest.mark.parametrize(
    ("players", "changes", "told"),
    [
        (["never_comply", "never_comply"], {}, "'never_comply' is there twice"),
        ([idle, idle], {}, "'idle' is there twice; give each function a name"),
        (["never_comply"], {}, "at least two are needed"),
        (["never_comply", "nevr_comply"], {}, "did you mean 'never_comply'"),
        ("never_comply", {}, "a list of functions and names is needed"),
        (PLAYERS, {"finance.kind": "none", "exit.kind": "none"}, "a tournament is played for profits"),
        (PLAYERS, {"population.firms": 2}, "2 firms are not enough"),
        (PLAYERS, {"seeds": 0}, "seeds: 0 is not allowed"),
    ],
)
def test_what_cannot_be_played_is_refused(players: Any, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ScenarioError, match=told):
        tournament(players, small("siloed_topics"), workers=1, **{"seeds": 1, "months": 1, **changes})
