"""Figures, report and folder of results."""

from __future__ import annotations

import base64
import html
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest

from creditregime import compare, run, save
from creditregime.errors import StoreError
from creditregime.laboratory.archive import read
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.outcomes import OUTCOMES
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.store import save_tables
from creditregime.presentation import comparison_figures, run_figures, tables
from creditregime.presentation import folder as folder_module
from creditregime.presentation.effects_figure import effects
from creditregime.presentation.figures import figures
from creditregime.presentation.layout import arrange
from creditregime.presentation.report import report
from creditregime.presentation.style import Picture

SMALL = ("population=classroom", "months=24")
OF_RUN = [
    "conduct",
    "enforcement",
    "grades_through_time",
    "exits",
    "groups",
    "survival",
    "network_through_time",
    "network",
]
OF_COMPARISON = ["effects", "paths", "exits", "groups", "survival", "twins", "twins_through_time", "network_twins"]


class Page(HTMLParser):
    """What a reader's browser finds in a report."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def one() -> RunResult:
    return run("regime=joint_2016", *SMALL, seed=1)


@pytest.fixture(scope="module")
def drawn(one: RunResult) -> list[Picture]:
    return figures(one)


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare("regime=joint_2016", *SMALL, seeds=3, workers=1)


@pytest.fixture(scope="module")
def pictures(comparison: Comparison) -> list[Picture]:
    return figures(comparison)


def check(drawn: list[Picture]) -> None:
    for picture in drawn:
        assert picture.png.startswith(b"\x89PNG")
        assert len(picture.png) > 5_000
        assert picture.svg.startswith(b"<?xml")
        assert b"<path" in picture.svg
        for text in (picture.title, picture.caption, picture.alt):
            assert text.strip()
            assert not re.search(r"\bnan\b", text, re.IGNORECASE)


def test_every_figure_is_drawn_and_described(drawn: list[Picture], pictures: list[Picture]) -> None:
    assert [picture.name for picture in drawn] == OF_RUN
    assert [picture.name for picture in pictures] == OF_COMPARISON
    check(drawn)
    check(pictures)


def test_the_same_result_gives_the_same_bytes(one: RunResult, drawn: list[Picture]) -> None:
    before = dict(mpl.rcParams)
    assert figures(one) == drawn
    assert report(one, drawn) == report(one, drawn)
    assert dict(mpl.rcParams) == before, "drawing must leave global settings alone"


@pytest.mark.parametrize(
    "overrides",
    [
        ("regime=none", *SMALL),
        ("regime=joint_2016", *SMALL, "exit.kind=none"),
        ("regime=siloed_topics", *SMALL),
        ("regime=joint_2016", "population=classroom", "months=1"),
        ("regime=none", "population=classroom", "topics=single", "months=13"),
        ("regime=joint_2016", "population.firms=1", "months=13"),
    ],
    ids=["no regime", "no exits", "siloed", "one month", "one topic", "one firm"],
)
def test_unusual_runs_are_drawn_and_reported(overrides: tuple[str, ...]) -> None:
    result = run(*overrides, seed=1)
    drawn = figures(result)
    check(drawn)
    assert not re.search(r"\bnan\b", Page(report(result, drawn)).words, re.IGNORECASE)


def test_one_seed_is_told_apart_from_certainty() -> None:
    result = compare("regime=joint_2016", *SMALL, seeds=1, workers=1)
    drawn = figures(result)
    check(drawn)
    words = Page(report(result, drawn)).words
    assert "One pair of runs cannot tell an effect from chance" in words
    assert "no interval" in words
    assert not re.search(r"\bnan\b", words, re.IGNORECASE)
    assert "no interval" in tables.to_latex(result)
    assert not re.search(r"\bnan\b", tables.to_csv(result), re.IGNORECASE)


def test_worlds_without_exits_compare() -> None:
    result = compare("regime=joint_2016", *SMALL, "exit.kind=none", seeds=2, workers=1)
    check([comparison_figures.exits(result), comparison_figures.twins(result)])


def test_other_firms_cannot_be_followed() -> None:
    result = compare("regime=none", *SMALL, against={"population.state_share": 0.4}, seeds=2, workers=1)
    drawn = figures(result)
    assert [picture.name for picture in drawn] == OF_COMPARISON[:5]
    assert "cannot be followed" in report(result, drawn)


def addresses(text: str) -> list[str]:
    found = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'<>]*", text)
    return [address for address in found if not address.startswith("http://www.w3.org/")]


def test_the_report_needs_nothing_from_outside(comparison: Comparison, pictures: list[Picture]) -> None:
    text = report(comparison, pictures)
    page = Page(text)
    sources = [str(image["src"]) for image in page.all("img")]
    assert len(sources) == len(OF_COMPARISON)
    for source in sources:
        head, data = source.split(",", 1)
        assert head == "data:image/svg+xml;base64"
        svg = base64.b64decode(data).decode()
        assert not addresses(re.sub(r'xmlns(:\w+)?="[^"]*"', "", svg))
        assert "w3.org" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", svg)
    assert not addresses(re.sub(r"base64,[^\"]*", "", text))
    assert not page.all("script")
    assert not page.all("link")


def test_the_report_is_accessible(comparison: Comparison, pictures: list[Picture]) -> None:
    page = Page(report(comparison, pictures))
    assert all(len(str(image["alt"])) > 30 for image in page.all("img"))
    assert all("scope" in cell for cell in page.all("th"))
    assert page.all("html")[0]["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    targets = {str(link["href"]).removeprefix("#") for link in page.all("a")}
    assert targets <= {attributes.get("id") for _, attributes in page.tags}


def test_the_report_tells_all_outcomes_and_where_they_come_from(
    comparison: Comparison, pictures: list[Picture], one: RunResult, drawn: list[Picture]
) -> None:
    words = " ".join(Page(report(comparison, pictures)).words.split())
    of_run = Page(report(one, drawn)).words
    assert all(outcome.label in words and outcome.label in of_run for outcome in OUTCOMES)
    assert " ".join(comparison.scenario.source.split()) in words
    assert " ".join(comparison.scenario.assumptions.split()) in words
    assert "joint_punishment" in words
    assert "creditregime rerun" in words
    assert "3 seeds" in words


def test_a_stored_result_is_drawn_and_reported_alike(
    one: RunResult, drawn: list[Picture], comparison: Comparison, pictures: list[Picture], tmp_path: Path
) -> None:
    for result, before in ((one, drawn), (comparison, pictures)):
        stored = read(save_tables(result, tmp_path / type(result).__name__))
        assert figures(stored) == before
        assert report(stored, before) == report(result, before)


def test_every_table_can_be_copied(
    one: RunResult, drawn: list[Picture], comparison: Comparison, pictures: list[Picture]
) -> None:
    for result, shown in ((one, drawn), (comparison, pictures)):
        text = report(result, shown)
        page = Page(text)
        assert len(page.all("details")) == len(page.all("table")) == len(page.all("summary"))
        blocks = [html.unescape(block) for block in re.findall(r"<pre tabindex=\"0\"><code>(.*?)</code>", text, re.S)]
        assert len(blocks) == 2 * len(page.all("table"))
        for latex, csv in zip(blocks[::2], blocks[1::2], strict=True):
            assert latex.startswith("\\begin{table}")
            assert latex.count("{") == latex.count("}")
            assert len(pd.read_csv(io.StringIO(csv))) > 0
    effects = pd.read_csv(io.StringIO(next(b for b in blocks[1::2] if b.startswith("outcome,label"))))
    pd.testing.assert_frame_equal(effects, comparison.effects(), check_dtype=False)


def test_a_title_is_text_whatever_it_says(one: RunResult, drawn: list[Picture]) -> None:
    titled = replace(one, scenario=one.scenario.changed({"title": "<script>alert(1)</script> $x^ & 5$ {{ 1 }}"}))
    text = report(titled, [run_figures.conduct(titled), *drawn[1:]])
    assert "<script" not in text
    assert "{{ 1 }}" in text


def test_latex_and_csv_hold_the_effects(comparison: Comparison) -> None:
    latex = tables.to_latex(comparison, headline=False)
    assert latex.count(r"\\") >= len(OUTCOMES)
    assert latex.count("{") == latex.count("}")
    assert tables.to_csv(comparison).count("\n") == len(OUTCOMES) + 1


def test_firms_stand_in_the_same_place_in_both_worlds(comparison: Comparison) -> None:
    here, there = (arrange([result, *comparison.example]) for result in comparison.example)
    assert (here.rows == there.rows).all()
    assert (here.at == there.at).all()
    assert len({tuple(place) for place in here.at.round(6)}) == len(here.rows)


def test_few_outcomes_can_be_chosen(comparison: Comparison) -> None:
    picture = effects(comparison, ["compliance", "exits"], name="two")
    assert picture.name == "two"
    assert picture.alt.count(";") == 1


def test_a_folder_holds_everything_and_the_same_each_time(
    comparison: Comparison, pictures: list[Picture], tmp_path: Path
) -> None:
    folder = save(comparison, tmp_path / "a")
    assert folder == (tmp_path / "a").absolute()
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    assert {"scenario.yaml", "provenance.json", "effects.csv", "effects.tex", "report.html"} <= set(files)
    for picture in pictures:  # drawn before, from the same result
        assert files[f"figures/{picture.name}.png"].read_bytes() == picture.png
        assert files[f"figures/{picture.name}.svg"].read_bytes() == picture.svg
    assert files["report.html"].read_text(encoding="utf-8") == report(comparison, pictures)


def test_a_run_is_saved_too(
    one: RunResult, drawn: list[Picture], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "figures", lambda result: drawn)
    folder = save(one, tmp_path / "run")
    assert {path.stem for path in folder.glob("figures/*.png")} == set(OF_RUN)
    assert (folder / "report.html").stat().st_size > 10_000


def test_nothing_is_left_of_a_folder_that_fails(
    one: RunResult, drawn: list[Picture], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "figures", lambda result: drawn)

    def full(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_module, "report", full)
    with pytest.raises(StoreError, match="No space left"):
        save(one, tmp_path / "run")
    assert not list(tmp_path.iterdir())
