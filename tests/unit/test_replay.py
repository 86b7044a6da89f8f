"""The replay explorer without a browser: what is packed, which runs are taken, and what is refused."""

from __future__ import annotations

import base64
import gzip
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import array_shapes, arrays

from creditregime import replay, run
from creditregime.cli import main
from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.laboratory.history import history
from creditregime.laboratory.link_history import link_history
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.strikes import strikes
from creditregime.laboratory.sweeps import Sweep, open_sweep, sweep
from creditregime.presentation.replay import Description, chosen
from creditregime.presentation.replay.description import Question, View
from creditregime.presentation.replay.packing import TYPES, array_block, steps, text_block
from creditregime.presentation.replay.recorder import Recorder
from creditregime.presentation.replay.reel import ACTIVE, ASSOCIATED, JOINTLY, LISTED, LOWERED, SANCTIONED, reel
from creditregime.scenario import Scenario

LIVELY = (
    "population.firms=40",
    "months=18",
    "regime=joint_2016",
    "inspection={kind: uniform, rate: 0.6}",
    "fines.scale=0.2",
    "spillover.partner={kind: linear, strength: 0.8, direction: both}",
    "exit.background=0.2",
)
STUDY: dict[str, Any] = {
    "title": "Toggles",
    "base": [*LIVELY],
    "design": {
        "kind": "factorial",
        "toggles": {
            "partners": {"off": {"spillover.partner": {"kind": "none"}}},
            "wrong": {"on": {"inspection.false_positive": 0.1}},
        },
    },
    "replicates": {"kind": "fixed", "seeds": 2},
    "keep": ["compliance", "exits"],
    "months": ["compliance", "listed"],
}


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return sweep(STUDY, tmp_path_factory.mktemp("replay") / "sweep", workers=1)


@pytest.fixture(scope="module")
def page(swept: Sweep, tmp_path_factory: pytest.TempPathFactory) -> str:
    return replay(swept, tmp_path_factory.mktemp("page") / "replay.html", workers=1).read_text(encoding="utf-8")


def letters(page: str, name: str) -> bytes:
    found = re.search(rf'<script type="text/plain" id="block-{name}">([A-Za-z0-9+/=]*)</script>', page)
    assert found, name
    return gzip.decompress(base64.b64decode(found[1]))


def unpacked(content: bytes) -> dict[str, np.ndarray[Any, Any]]:
    """What the page's script does, from the description of the format alone."""
    length = int.from_bytes(content[:4], "little")
    place, found = 4 + length, {}
    for entry in json.loads(content[4:place]):
        assert place % 8 == 0
        kind = np.dtype(entry["type"]).newbyteorder("<")
        size = math.prod(entry["shape"])
        array = np.frombuffer(content, kind, size, place).reshape(entry["shape"])
        found[entry["name"]] = np.cumsum(array, axis=-1, dtype=array.dtype) if entry["steps"] else array
        place += -(-size * kind.itemsize // 8) * 8
    assert place == len(content)
    return found


def told(page: str, point: int, seed: int) -> dict[str, np.ndarray[Any, Any]]:
    return unpacked(letters(page, f"run-{point}-{seed}"))


@pytest.mark.parametrize("kind", TYPES)
@given(some.data())
def test_arrays_come_out_as_they_went_in(kind: str, data: some.DataObject) -> None:
    whole = kind != "float64"
    shapes = array_shapes(min_dims=1, max_dims=3, min_side=0 if not whole else 1, max_side=5)
    array = data.draw(arrays(kind, shapes))
    block = array_block({"one": array, "slow": array}, ("slow",) if whole else ())
    found = unpacked(gzip.decompress(base64.b64decode(block)))
    for name in ("one", "slow"):
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_steps_wrap_around_and_add_up_again() -> None:
    values = np.array([[250, 3, 255, 0]], np.uint8)
    assert steps(values).tolist() == [[250, 9, 252, 1]]


def test_a_text_block_has_no_letter_that_could_end_a_script() -> None:
    block = text_block({"name": "</script><!-- é", "nan": float("nan")})
    assert re.fullmatch("[A-Za-z0-9+/=]+", block)
    assert json.loads(gzip.decompress(base64.b64decode(block))) == {"name": "</script><!-- é", "nan": None}


def test_the_same_results_give_the_same_bytes_for_any_number_of_workers(
    swept: Sweep, page: str, tmp_path: Path
) -> None:
    again = replay(swept.folder, tmp_path / "again.html", workers=2)
    assert again.read_text(encoding="utf-8") == page


@pytest.mark.parametrize(("point", "seed"), [(0, 1), (3, 2)])
def test_the_page_holds_what_the_run_gives(swept: Sweep, page: str, point: int, seed: int) -> None:
    result = run(swept.scenario(point, seed))
    found, states = told(page, point, seed - 1), history(result)
    np.testing.assert_array_equal(found["grade"].T, states.grade)
    flags = found["flags"].T
    np.testing.assert_array_equal(flags & ACTIVE > 0, states.active)
    np.testing.assert_array_equal(flags & LOWERED > 0, states.lowered)
    np.testing.assert_array_equal(flags & LISTED > 0, states.listed == 1)
    np.testing.assert_array_equal(flags & ASSOCIATED > 0, states.listed == 2)
    months = result.indicators[["compliance", "listed"]].to_numpy().T
    np.testing.assert_array_equal(found["indicators"], months)
    assert swept.months.query("point == @point and seed == @seed")["listed"].tolist() == months[1].tolist()
    lines = json.loads(letters(page, "lines"))
    for firm in range(40):
        numbers = found["story"][found["story_start"][firm] : found["story_start"][firm + 1]]
        assert "\n".join(lines[number] for number in numbers) == result.model.firm(firm).story()  # type: ignore[union-attr]


def test_sanctions_and_who_was_hit_through_whom_are_told(swept: Sweep, page: str) -> None:
    result = run(swept.scenario(3, 1))
    found, states = told(page, 3, 0), history(result)
    imposed = result.events[result.events["kind"] == "sanctioned"]
    assert {"own", "joint"} <= {*imposed["value"]}
    for value, flag in (("own", SANCTIONED), ("joint", JOINTLY)):
        for event in imposed[imposed["value"] == value].itertuples():
            assert found["flags"][event.firm, event.month] & flag
    jointly = {(e.firm, e.month) for e in imposed[imposed["value"] == "joint"].itertuples()}
    assert {(f, m) for f, m in np.argwhere(found["flags"] & JOINTLY).tolist()} == jointly
    table = strikes(result, states)
    assert len(table) > 3
    assert found["struck_firm"].tolist() == table["firm"].tolist()
    assert found["struck_through"].tolist() == [65535 if row < 0 else row for row in table["through"]]


def test_links_can_be_followed_from_their_changes(swept: Sweep, page: str) -> None:
    links = link_history(run(swept.scenario(1, 2)))
    found, economy = told(page, 1, 1), unpacked(letters(page, "economy-1"))
    supplier, active = economy["supplier"].astype(int), economy["active"].astype(bool)
    assert len(found["change_link"])
    for month in range(1, links.active.shape[0]):
        now = found["change_month"] == month
        supplier[found["change_link"][now]] = found["change_supplier"][now]
        active[found["change_link"][now]] = found["change_active"][now]
        np.testing.assert_array_equal(active, links.active[month])
        np.testing.assert_array_equal(supplier[active], links.supplier[month][active])


def test_the_watch_writes_down_what_the_model_says_at_the_end(swept: Sweep) -> None:
    from creditregime import CreditRegime
    from creditregime.laboratory.run import finished

    model = CreditRegime(swept.scenario(3, 1))
    watch = Recorder(model)
    finished(model, watch=watch)
    for firm in range(40):
        view = model.firm(firm)
        assert watch.score[firm, -1] == round(10 * view.score)
        assert watch.records[firm, -1] == view.live_records
        assert watch.output[firm, -1] == pytest.approx(100 * view.output, abs=0.51)
    assert watch.records.max() > 1
    assert not watch.records[:, 0].any()


def test_settings_say_what_they_change_and_how_sure_that_is(page: str) -> None:
    said = json.loads(letters(page, "catalogue"))
    partners, wrong = said["settings"]
    assert (partners["label"], partners["levels"]) == ("Partners", ["off", "on"])
    assert partners["keys"][0]["standing"] == "partly documented"
    assert any("shortfall" in rule for rule in partners["keys"][0]["rules"])
    assert partners["systems"], "a toggle of the partner channel belongs to a system of public accounts"
    assert "probability" in wrong["keys"][0]["unit"]
    assert wrong["keys"][0]["values"] == ["on: 0.1"]
    assert said["positions"] == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert {claim["standing"] for claim in said["claims"]} >= {"documented", "partly documented"}


def test_a_page_can_hold_some_of_the_runs(swept: Sweep, tmp_path: Path) -> None:
    described = {"at": {"wrong": True}, "seeds": 1, "indicators": ["output"], "labels": {"partners": "Guilt"}}
    text = replay(swept, tmp_path / "some.html", page=described, workers=1).read_text(encoding="utf-8")
    said = json.loads(letters(text, "catalogue"))
    assert said["points"] == [1, 3]
    assert said["seeds"] == [1]
    assert [entry["label"] for entry in said["settings"]] == ["Guilt"]
    assert [entry["name"] for entry in said["indicators"]] == ["output"]
    assert "block-run-2-0" not in text


def test_parameters_and_presets_are_settings_too(tmp_path: Path) -> None:
    study = {
        "base": ["population.firms=30", "months=2"],
        "design": {"kind": "grid", "factors": {"fines.scale": [0.5, 2], "regime": ["fines_only", "joint_2016"]}},
        "replicates": {"kind": "fixed", "seeds": 1},
        "keep": ["exits"],
    }
    result = sweep(study, tmp_path / "sweep", workers=1)
    text = replay(result, tmp_path / "page.html", workers=1).read_text(encoding="utf-8")
    said = json.loads(letters(text, "catalogue"))
    scale, regime = said["settings"]
    assert scale["levels"] == ["0.5", "2"]
    assert scale["keys"][0]["description"]
    assert regime["levels"] == ["fines only", "joint 2016"]
    assert said["scales"][0] != said["scales"][1], "another regime has other grades"
    assert {len(grades) for scales in said["scales"] for _, grades in scales} <= {*map(int, said["look"]["ramps"])}


BAD_PAGES = {
    "unknown key": ({"titel": "x"}, "titel: unknown key; did you mean 'title'?"),
    "unknown factor": ({"opening": {"left": {"partner": 1}}}, "opening.left: unknown factor 'partner'"),
    "unknown level": ({"opening": {"left": {"partners": 2}}}, "opening.left.partners: 2 is not among the values"),
    "not on the page": (
        {"at": {"wrong": 0}, "opening": {"right": {"wrong": 1}}},
        "opening.right: 0 points of the page",
    ),
    "question": (
        {"questions": [{"question": "?", "show": {"month": 99}}]},
        "questions.0.show.month: 99 is not allowed: must be at most 18",
    ),
    "no such firm": ({"opening": {"firm": 40}}, "opening.firm: 40 is not allowed: must be at most 39"),
    "no such seed": ({"opening": {"seed": 9}}, "opening.seed: 9 is not allowed: must be one of [1, 2]"),
    "too many seeds": ({"seeds": 3}, "seeds: 3 is not allowed: 2 were run"),
    "no such points": ({"at": {"wrong": 5}}, "at.wrong: 5 is not among the values"),
    "unknown indicator": ({"indicators": ["complience"]}, "indicators: unknown indicator 'complience'; did you mean"),
    "unknown label": ({"labels": {"x": "y"}}, "labels: unknown factor 'x'"),
}


@pytest.mark.parametrize(("described", "expected"), BAD_PAGES.values(), ids=BAD_PAGES)
def test_a_bad_description_is_told_in_a_line(
    swept: Sweep, tmp_path: Path, described: dict[str, Any], expected: str
) -> None:
    with pytest.raises(CreditRegimeError, match=f"^{re.escape(expected)}") as caught:
        replay(swept, tmp_path / "no" / "page.html", page=described, workers=1)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "no").exists()


def test_what_is_wrong_with_a_description_is_told_before_anything_is_simulated(
    swept: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chosen.pool, "each", lambda *_, **__: pytest.fail("simulated"))
    for described in ({"opening": {"seed": 9}}, {"indicators": ["complience"]}, {"labels": {"x": "y"}}):
        with pytest.raises(ScenarioError):
            replay(swept, tmp_path / "page.html", page=described, workers=1)


def test_runs_that_give_other_numbers_than_are_stored_are_refused(
    swept: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for table, name in (("runs", "exits"), ("months", "listed")):
        other = open_sweep(swept.folder)
        changed: pd.DataFrame = getattr(other, table).copy()
        changed.loc[changed.index[-1], name] += 1e-12
        monkeypatch.setitem(other.__dict__, table, changed)
        with pytest.raises(
            CreditRegimeError, match=f"^point 3, seed 2: run again, it gives another {name} than is stored"
        ):
            replay(other, tmp_path / "page.html", workers=1)
    assert not [*tmp_path.iterdir()]


def test_too_many_firms_or_months_are_refused(swept: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chosen, "MOST_FIRMS", 39)
    with pytest.raises(ScenarioError, match="population: 40 firms; a page draws at most 39"):
        replay(swept, tmp_path / "page.html", workers=1)
    monkeypatch.setattr(chosen, "MOST_FIRMS", 40)
    monkeypatch.setattr(chosen, "MOST_FIRM_MONTHS", 40 * 18 * 8 - 1)
    with pytest.raises(ScenarioError, match=r"4 points with 2 seeds are 5,760 months of firms; .*choose fewer seeds"):
        replay(swept, tmp_path / "page.html", workers=1)


@pytest.mark.parametrize(
    ("factors", "expected"),
    [
        ({"months": [2, 3]}, "months: differ between points"),
        ({"population.firms": [30, 40]}, "point 1, seed 1: begins with other firms"),
    ],
)
def test_worlds_that_cannot_stand_side_by_side_are_refused(
    tmp_path: Path, factors: dict[str, Any], expected: str
) -> None:
    design = {"kind": "grid", "factors": factors}
    study = {"base": ["population.firms=30", "months=2"], "design": design, "replicates": {"seeds": 1, "kind": "fixed"}}
    result = sweep(study, tmp_path / "sweep", workers=1)
    with pytest.raises(CreditRegimeError, match=expected):
        replay(result, tmp_path / "page.html", workers=1)


def error_of(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    line, *more = captured.err.splitlines()
    assert not more
    return line


def test_the_command_says_in_a_line_what_is_wrong(
    swept: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.yaml").write_text("questions: 3\n", encoding="utf-8")
    folder = str(swept.folder)
    for arguments, expected in (
        (["nowhere"], "nowhere: not the folder of a sweep"),
        ([str(tmp_path)], "not the folder of a sweep; creditregime sweep STUDY.yaml makes one"),
        ([folder, "--page", "page.yaml"], "page.yaml: questions: 3 is not allowed"),
        ([folder, "--page", "none.yaml"], "none.yaml: cannot be read"),
        ([folder, "--at", "wrong"], "--at: wrong: FACTOR=VALUE is needed"),
        ([folder, "--at", "wong=1"], "at: unknown factor 'wong'; did you mean 'wrong'?"),
        ([folder, "--out", str(tmp_path)], "is a folder; a file is needed"),
        ([folder, "--small"], "--small: is for a study"),
    ):
        assert expected in error_of(["replay", *arguments, "--workers", "1"], capsys)
    assert {path.name for path in tmp_path.iterdir()} == {"page.yaml"}
    assert not (swept.folder / "replay.html").exists()


def test_the_command_runs_a_study_and_takes_the_page_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = Path("experiments/replay").absolute()
    monkeypatch.chdir(tmp_path)
    quick = ["--small", "--quiet", "--workers", "1", "--at", "credit repair=1", "buyers drop the listed=1"]
    study = yaml_changed(shipped / "study.yaml", tmp_path / "lesson")
    asked = tmp_path / "lesson" / "page.yaml"
    asked.write_text("questions: [{question: 'Why?'}]\nintroduction: Read me.\n", encoding="utf-8")
    assert main(["replay", str(study), *quick]) == 0
    written = Path(capsys.readouterr().out.strip())
    assert written == tmp_path / "results" / "sweep-lesson-study-small" / "replay.html"
    said = json.loads(letters(written.read_text(encoding="utf-8"), "catalogue"))
    assert said["introduction"] == "Read me."
    assert [entry["question"] for entry in said["questions"]] == ["Why?"]
    assert len(said["points"]) == 8


def yaml_changed(study: Path, folder: Path) -> Path:
    folder.mkdir()
    text = study.read_text(encoding="utf-8").replace("months=12", "months=3")
    target = folder / "study.yaml"
    target.write_text(text, encoding="utf-8")
    return target


def test_the_shipped_page_fits_the_shipped_study() -> None:
    shipped = Description.read("experiments/replay/page.yaml")
    from creditregime.laboratory.sweeps import Study

    study = Study.read("experiments/replay/study.yaml")
    assert len(shipped.questions) >= 6
    assert study.design.kind == "factorial"
    for view in [shipped.opening, *(asked.show for asked in shipped.questions if asked.show)]:
        for levels in (view.left, view.right):
            assert {*levels} <= {*study.design.names}
            assert {*levels.values()} <= {0, 1}


def test_only_whole_numbers_are_kept_of_scores_and_they_are_not_cut(small_scenario: Scenario) -> None:
    result, watch = watched(small_scenario)
    found = reel(result, watch.arrays(), ["exits"])
    assert found.arrays["score"].dtype == np.int32
    assert found.arrays["indicators"].shape == (1, 18)
    assert {len(found.arrays[name]) for name in ("grade", "flags", "score", "records", "output")} == {40}
    assert len(found.stories) == 40


@pytest.fixture
def small_scenario(swept: Sweep) -> Scenario:
    return swept.scenario(0, 1)


def watched(scenario: Scenario) -> tuple[RunResult, Recorder]:
    from creditregime import CreditRegime
    from creditregime.laboratory.run import finished, tabulate

    model = CreditRegime(scenario)
    watch = Recorder(model)
    return tabulate(finished(model, watch=watch), {}), watch


def test_the_page_of_the_documentation_names_every_key() -> None:
    text = Path("docs/classroom/replay.md").read_text(encoding="utf-8")
    for key in (*Description.model_fields, *Question.model_fields, *View.model_fields):
        assert f"`{key}`" in text, key
