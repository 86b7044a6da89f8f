"""The classroom in a browser: links, files, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import expect

from creditregime import cli, load
from tests.browser.conftest import Visitor
from tests.browser.served import Served, Student, expected_table


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served("population.firms=80", "--months", "200", "--firms", "400") as server:
        yield server


@pytest.fixture
def student(served: Served, visitor: Visitor) -> Student:
    return Student(visitor.page(), served.url)


def test_a_link_brings_another_student_to_the_same_place(student: Student, visitor: Visitor) -> None:
    student.page.get_by_label("Seed").fill("11")
    student.page.get_by_label("Seed").press("Enter")
    student.control("rewards", "b").uncheck()
    expect(student.page.get_by_role("region", name="World B", exact=True)).to_contain_text("without rewards")
    student.page.get_by_label("Go to month").fill("30")
    student.wait_for_month(30)
    student.page.get_by_label("Number of the firm").fill("7")
    student.press("Show this firm")
    expect(student.page.get_by_role("region", name="Story of firm 7, World A")).to_be_visible()
    expect(student.page.locator("#link")).to_have_value(re.compile("month=30&firm=7$"))
    other = Student(visitor.page(), student.link())
    other.wait_for_month(30)
    assert other.setting() == student.setting()
    assert other.table() == student.table() == expected_table(student.setting(), 30)
    expect(other.page.get_by_role("region", name="Story of firm 7, World B")).to_be_visible()
    expect(other.page.get_by_label("Seed")).to_have_value("11")
    assert other.link() == student.link()
    assert other.page.url == other.link()  # so that reloading the page stays there too


BAD = [
    ("?rating.bsae=1", "The link cannot be used: rating.bsae: unknown key"),
    ("?regime=nothing", "regime: unknown preset 'nothing'"),
    ("?months=100000", "months: 100000"),
    ("?months=220", "months: 220 is more than the 200 that this server allows"),
    ("?population.firms=401", "more than the 400 that this server allows"),
    ("?population=million", "more than the 400"),
    ("?month=never", "month: 'never' is not allowed"),
    ('?population={"kind":"stored","path":"/etc/passwd"}', "reads no files of the server"),
    ('?behaviour={"kind":"per_firm","strategy":"__import__(\'os\')"}', "unknown strategy"),
    ("?%ff%fe=%00", "The link cannot be used"),
    ("?_target_=os.system&hydra.run.dir=/tmp", "The link cannot be used"),
]


@pytest.mark.parametrize(("query", "message"), BAD, ids=[query[:30] for query, _ in BAD])
def test_a_bad_link_is_told_in_a_line_and_the_page_still_works(
    served: Served, visitor: Visitor, query: str, message: str
) -> None:
    student = Student(visitor.page(), served.url + query)
    student.says_error(message)
    student.press("Step")
    student.wait_for_month(1)


def test_a_link_cannot_bring_markup_or_code_into_the_page(served: Served, visitor: Visitor) -> None:
    page = visitor.page()
    page.on("dialog", lambda dialog: pytest.fail(f"ran code: {dialog.message}"))
    student = Student(
        page, f"{served.url}?regime=joint_2016&title=<img src=x onerror=alert(1)><script>alert(2)</script>"
    )
    expect(page.get_by_role("region", name="World A", exact=True)).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("img").count() == 0
    student.shot("markup", whole=False)


def download(student: Student, name: str, folder: Path) -> Path:
    with student.page.expect_download(timeout=60_000) as waiting:
        student.press(name)
    file = folder / waiting.value.suggested_filename
    waiting.value.save_as(file)
    return file


def test_the_downloaded_scenario_gives_the_downloaded_numbers_on_the_command_line(
    student: Student, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    student.page.get_by_label("Go to month").fill("24")
    student.wait_for_month(24)
    table = pd.read_csv(download(student, "Indicators (CSV)", tmp_path))
    for world, name in (("A", "Scenario of world A (YAML)"), ("B", "Scenario of world B (YAML)")):
        file = download(student, name, tmp_path)
        folder = tmp_path / world
        assert cli.main(["run", "--scenario", str(file), "--out", str(folder), "--quiet"]) == 0
        again = pd.read_parquet(folder / "indicators.parquet")
        given = table[table["world"] == world].reset_index(drop=True)
        assert len(again) == len(given) == 24
        for column in ("compliance", "violations", "listed", "output", "exits"):
            pd.testing.assert_series_equal(again[column], given[column], check_dtype=False, rtol=1e-12)
    capsys.readouterr()


def test_figures_and_tables_come_as_files(student: Student, tmp_path: Path) -> None:
    student.press("Indicators (CSV)")
    student.says_error("nothing is simulated yet")
    student.page.get_by_label("Go to month").fill("14")
    student.wait_for_month(14)
    assert download(student, "Figure of the indicators (PNG)", tmp_path).read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in download(student, "Figure of the networks (SVG)", tmp_path).read_bytes()
    assert download(student, "All tables (ZIP)", tmp_path).read_bytes().startswith(b"PK")


def upload(student: Student, name: str, text: str) -> None:
    file = {"name": name, "mimeType": "application/yaml", "buffer": text.encode()}
    student.page.locator("#upload").set_input_files(files=[file])  # type: ignore[list-item]


def test_a_scenario_file_becomes_world_a(student: Student) -> None:
    scenario = load(regime="siloed_topics", population="classroom", **{"population.firms": 50, "seed": 3, "months": 30})
    upload(student, "mine.yaml", scenario.to_yaml())
    expect(student.page.get_by_label("Firms", exact=True)).to_have_value("50")
    expect(student.page.get_by_label("Seed")).to_have_value("3")
    assert student.setting().worlds()[0].to_yaml() == scenario.to_yaml()
    student.page.get_by_label("Go to month").fill("12")
    student.wait_for_month(12)
    assert student.table() == expected_table(student.setting(), 12)


FILES = [
    ("months: [2\n", "bad.yaml: not valid YAML"),
    ("- 1\n", "bad.yaml: a mapping from keys to values is needed"),
    ("mnths: 3\n", "did you mean 'months'"),
    ("!!python/object/apply:os.system ['touch /tmp/owned']\n", "not valid YAML"),
    ("title: !!python/name:os.system\n", "not valid YAML"),
    ("_target_: os.system\n", "unknown key"),
    ("months: 500\n", "500 is more than the 200"),
    ("population: {kind: generated, firms: 5000}\n", "more than the 400"),
    ("population: {kind: tables, firms: /etc/passwd}\n", "population"),
    ("title: " + "x" * 250_000, "larger than the 200,000 characters"),
    (
        "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a, *a, *a]\n" for n in range(9)),
        "unknown key",
    ),
    ("\x00\x01", "not valid YAML"),
]


def test_a_bad_scenario_file_is_told_in_a_line_and_changes_nothing(student: Student) -> None:
    before = student.setting()
    for text, message in FILES:
        upload(student, "bad.yaml", text)
        student.says_error(message)
        assert student.setting() == before
    student.shot("refused", whole=False)
    student.press("Step")
    student.wait_for_month(1)


def test_what_a_browser_makes_up_is_answered_by_a_line(student: Student) -> None:
    """A page can be told to send anything: the server takes nothing for granted."""
    student.press("Step")
    student.wait_for_month(1)
    root = student.page.locator("div:has(> .page)")
    for message in MADE_UP:
        root.evaluate("(root, message) => root.ask(message)", message)
        student.page.wait_for_timeout(150)
    student.press("Step")
    student.wait_for_month(2)
    assert student.table() == expected_table(student.setting(), 2)


MADE_UP: list[object] = [
    None,
    17,
    "hello",
    {},
    {"do": "target"},
    {"do": "target", "month": "many"},
    {"do": "set", "path": "__class__", "world": "a", "value": 1},
    {"do": "set", "path": "population.firms", "world": "a", "value": 10**9},
    {"do": "set", "path": ["months"], "world": "c", "value": {"x": 1}},
    {"do": "preset", "group": "../../etc", "option": "passwd"},
    {"do": "preset", "group": "regime", "option": "../regime/none"},
    {"do": "firm", "row": -5},
    {"do": "firm", "row": 10**12},
    {"do": "open", "sections": {"a": 1}},
    {"do": "download", "what": "../../../etc/passwd"},
    {"do": "upload", "name": 5, "text": ["x"]},
]
