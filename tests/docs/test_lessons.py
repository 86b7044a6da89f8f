"""The lessons: their minutes add up, their files run, and a class that follows them sees what they say it will."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from creditregime import Scenario
from creditregime.laboratory.sweeps import Study
from experiments.findings import Finding
from experiments.lessons import BEGIN, CLASSROOM, END, Observation, filled, names, observations, run, table

ORDER = ("deterrence", "cut-offs", "joint-punishment", "spillovers", "repair", "false-records", "limits")
PARTS = ["Plan", "Run it", "What you will see", "Worksheet", "Answers", "What this lesson leaves open"]


class Row(NamedTuple):
    """A row of the table in a lesson's page."""

    says: str
    compare: str
    value: float
    rounding: float


def page(name: str) -> str:
    return (CLASSROOM / f"{name}.md").read_text(encoding="utf-8")


def part(name: str, heading: str) -> str:
    return page(name).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def printed(name: str) -> list[Row]:
    """Return the table that a page shows."""
    text = page(name).partition(BEGIN)[2].partition(END)[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.strip().splitlines()[2:] if "|" in line
    ]
    return [Row(row[0], row[1], *number(row[2])) for row in cells]


def number(text: str) -> tuple[float, float]:
    """Return a printed number, and half a unit of its last digit."""
    decimals = len(text.partition(".")[2])
    return float(text.replace("−", "-").replace(",", "")), 0.5 * 10.0**-decimals


def test_there_are_six_lessons_and_one_on_the_limits() -> None:
    assert sorted(ORDER) == names()
    index = page("index")
    for number, name in enumerate(ORDER, start=1):
        title = page(name).splitlines()[0].removeprefix(f"# {number}. ")
        assert f"| {number} | [{title}]({name}.md) | {Study.read(study_of(name)).question} |" in index


def study_of(name: str) -> Path:
    return CLASSROOM / "studies" / f"{name}.yaml"


@pytest.mark.parametrize("name", ORDER)
def test_a_lesson_is_whole_and_lasts_45_minutes(name: str) -> None:
    text = page(name)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == PARTS
    assert "**Aim.**" in text
    minutes = [int(found) for found in re.findall(r"(?m)^\| (\d+) \|", part(name, "Plan"))]
    assert sum(minutes) == 45
    questions, answers = (re.findall(r"(?m)^(\d+)\. ", part(name, heading)) for heading in ("Worksheet", "Answers"))
    assert questions == answers == [str(number) for number in range(1, len(questions) + 1)]


@pytest.mark.parametrize("name", ORDER)
def test_the_worlds_of_a_lesson_differ_from_its_scenario_alone(name: str) -> None:
    study = Study.read(study_of(name))
    file = next(line for line in study_of(name).read_text().splitlines() if line.startswith("scenario:")).split("/")[-1]
    assert f"scenarios/{file}" in page(name)
    Scenario.read(CLASSROOM / "scenarios" / file)
    worlds = set(study.design.factors["world"])  # type: ignore[attr-defined]
    assert {world for said in observations(name) for world in (said.world, said.against)} == worlds


@pytest.mark.parametrize("name", ORDER)
def test_a_class_sees_what_the_lesson_says(name: str, tmp_path: Path) -> None:
    result = run(name, tmp_path / "worlds", workers=1)
    assert not len(result.failures)
    seen = [(said, said.found(result)) for said in observations(name)]
    for said, found in seen:
        assert said.holds(found), f"{said.says}: expected {said.expect}, found {found}"
    shown = printed(name)
    assert [row.says for row in shown] == [said.says for said, _ in seen]
    for row, (said, found) in zip(shown, seen, strict=True):
        assert row.compare == f"*{said.world}* less *{said.against}*"
        assert row.value == pytest.approx(found.value, abs=(found.high - found.low) / 10 + row.rounding), row.says


def test_an_observation_that_is_not_so_does_not_hold() -> None:
    said = Observation("x", "one", "other", "compliance", "more")
    sure, unsure = Finding("x", 2, 1, 3, "%", 5, True), Finding("x", 2, -1, 5, "%", 5, True)
    assert said.holds(sure)
    assert not said.holds(unsure)
    assert not said._replace(expect="less").holds(sure)
    assert said._replace(expect=4).holds(sure)
    assert not said._replace(expect=4).holds(unsure)
    assert not said._replace(expect=2.5).holds(sure)


def test_the_table_has_true_minus_signs_and_no_more_digits_than_the_interval_bears() -> None:
    said = Observation("it falls", "one", "other", "compliance", "less")
    text = table([(said, Finding("it falls", -1.2345, -2.5, -0.1, "percentage points", 8, True))])
    assert "| it falls | *one* less *other* | −1.2 | [−2.5, −0.1] | percentage points |" in text
    assert filled(f"a {BEGIN}old{END} b", text).startswith(f"a {BEGIN}\n\n| What you will see |")
    with pytest.raises(SystemExit, match="has no"):
        filled("no marks", text)
