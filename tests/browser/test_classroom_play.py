"""The classroom in a browser: time, toggles, firms, and several students at once."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from creditregime import CreditRegime
from tests.browser.conftest import Visitor
from tests.browser.served import Served, Student, expected_table

SMALL = ("population.firms=80", "months=120")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served(*SMALL) as server:
        yield server


@pytest.fixture
def student(served: Served, visitor: Visitor) -> Student:
    return Student(visitor.page(), served.url)


def test_the_page_is_usable_within_seconds_and_complains_of_nothing(served: Served, visitor: Visitor) -> None:
    started = monotonic()
    student = Student(visitor.page(), served.url)
    student.press("Step")
    student.wait_for_month(1)
    assert monotonic() - started < 20  # a few seconds on an idle machine
    student.shot("opened")
    assert visitor.complaints == []


def test_it_plays_pauses_steps_and_goes_back_to_the_same_numbers(student: Student) -> None:
    student.page.get_by_label("Speed").select_option("0")
    student.press("Play")
    student.wait_past(8)
    student.press("Pause")
    student.page.wait_for_timeout(800)
    stood = student.month
    student.page.wait_for_timeout(800)
    assert student.month == stood >= 8
    student.press("Reset")
    student.wait_for_month(0)
    assert student.table() == expected_table(student.setting(), 0)
    for month in (1, 2, 3):
        student.press("Step")
        student.wait_for_month(month)
    third = student.table()
    student.press("Step")
    student.wait_for_month(4)
    assert student.table() != third
    student.press("Back")
    student.wait_for_month(3)
    assert student.table() == third == expected_table(student.setting(), 3)


def test_the_run_ends_with_its_last_month(student: Student) -> None:
    slider = student.page.get_by_label("Go to month")
    slider.fill("119")
    student.wait_for_month(119)
    student.page.get_by_label("Speed").select_option("0")
    student.press("Play")
    student.wait_for_month(120)
    expect(student.page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    student.shot("played")
    assert student.table() == expected_table(student.setting(), 120)


def test_a_toggle_changes_one_world_and_keeps_the_month(student: Student) -> None:
    student.page.get_by_label("Go to month").fill("36")
    student.wait_for_month(36)
    before = student.table()
    expect(student.control("joint_punishment", "a")).to_be_checked()
    expect(student.control("joint_punishment", "b")).not_to_be_checked()
    student.control("repair", "b").select_option("timed")
    expect(student.page.get_by_role("region", name="World B", exact=True)).to_contain_text("repair timed")
    student.shows(expected_table(student.setting(), 36))
    after = student.table()
    assert [row[2] for row in after] == [row[2] for row in before]  # world A is as it was
    assert [row[3] for row in after] != [row[3] for row in before]
    assert student.setting().other["repair.kind"] == "timed"
    student.shot("toggled")


def test_world_b_can_be_made_like_world_a(student: Student) -> None:
    student.page.get_by_label("Go to month").fill("12")
    student.wait_for_month(12)
    student.press("Make world B like A")
    expect(student.page.get_by_text("Both worlds are the same")).to_be_visible()
    student.shows(expected_table(student.setting(), 12))
    assert {row[4] for row in student.table()} == {"0"}
    expect(student.page.get_by_text("Every firm stands alike in both worlds.")).to_be_visible()


def test_a_parameter_is_set_in_one_world_or_in_both(student: Student) -> None:
    student.page.locator('[data-section="fines"] summary').click()
    student.control("fines.scale", "a").fill("3")
    student.control("fines.scale", "a").press("Enter")
    expect(student.control("fines.scale", "b")).to_have_value("3")  # B follows A
    student.control("fines.scale", "b").fill("0.5")
    student.control("fines.scale", "b").press("Enter")
    expect(student.page.locator('[data-name="fines.scale"]')).to_contain_text("differs")
    expect(student.control("fines.scale", "a")).to_have_value("3")
    one, other = student.setting().worlds()
    assert (one.fines.scale, other.fines.scale) == (3, 0.5)  # type: ignore[attr-defined]
    student.control("fines.scale", "a").fill("-1")
    student.control("fines.scale", "a").press("Enter")
    student.says_error("fines.scale: -1 is not allowed")
    expect(student.control("fines.scale", "a")).to_have_value("3")
    student.shot("parameters")


def test_a_combination_that_makes_no_sense_is_refused_and_changes_nothing(student: Student) -> None:
    before = student.setting()
    student.control("registry", "a").uncheck()
    student.says_error("registry")
    expect(student.control("registry", "a")).to_be_checked()
    assert student.setting() == before


def test_presets_and_firms_decisions_are_chosen_by_name(student: Student) -> None:
    student.page.get_by_label("Regime of world A").select_option("tax_2014")
    expect(student.page.get_by_role("region", name="World A", exact=True)).to_contain_text("Tax")
    student.control("behaviour", "a").select_option("per_firm")
    student.control("behaviour.strategy", "b").select_option("never_comply")
    expect(student.page.get_by_role("region", name="World B", exact=True)).to_contain_text("never comply")
    student.press("Step")
    student.wait_for_month(1)
    row = next(row for row in student.table() if row[0] == "Compliance effort")
    assert (row[2], row[3]) == ("100", "0")


def test_clicking_a_firm_tells_its_story_in_both_worlds(student: Student) -> None:
    student.page.get_by_label("Go to month").fill("48")
    student.wait_for_month(48)
    canvas = student.page.get_by_role("region", name="World A", exact=True).locator("canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    panel = student.page.locator("#firm-file")
    for across in (0.14, 0.16, 0.18, 0.2, 0.22, 0.24):  # the first disc is at the upper left; somebody is hit there
        student.page.mouse.click(box["x"] + across * box["width"], box["y"] + 0.25 * box["height"])
        student.page.wait_for_timeout(500)
        if "Its file" in panel.inner_text():
            break
    expect(panel).to_contain_text("Its partners")
    row = int(student.page.locator("#firm").input_value())
    one, other = (CreditRegime(scenario.changed({"months": 48})).run_model() for scenario in student.setting().worlds())
    for model, world in ((one, "World A"), (other, "World B")):
        story = student.page.get_by_role("region", name=f"Story of firm {row}, {world}")
        assert story.locator("li").all_inner_texts() == model.firm(row).story().splitlines()
    student.shot("firm")
    panel.locator("details summary").first.click()
    partner = panel.locator(".firms button").first
    number = int(partner.inner_text().split()[1].rstrip(":"))
    partner.click()
    expect(student.page.get_by_role("region", name=f"Story of firm {number}, World A")).to_be_visible()


def test_a_hundred_rapid_clicks_end_where_they_should(student: Student) -> None:
    student.page.get_by_role("button", name="Step", exact=True).evaluate(
        "button => { for (let n = 0; n < 100; n++) button.click(); }"
    )
    student.wait_for_month(100)
    student.page.get_by_role("button", name="Back", exact=True).evaluate(
        "button => { for (let n = 0; n < 60; n++) button.click(); }"
    )
    student.wait_for_month(40)
    student.page.get_by_role("button", name="Play", exact=True).evaluate(
        "button => { for (let n = 0; n < 100; n++) button.click(); }"
    )
    student.page.wait_for_timeout(1500)
    student.shows(expected_table(student.setting(), student.month))
    assert student.error().inner_text() == ""


def test_two_students_at_once_do_not_mix_their_worlds(served: Served, browser: Browser, student: Student) -> None:
    context = browser.new_context()
    other = Student(context.new_page(), f"{served.url}?regime=tax_2014&population.firms=60&seed=5&b.fines.scale=3")
    for one in (student, other):
        one.page.get_by_label("Speed").select_option("0")
        one.press("Play")
    for one in (student, other, student):
        one.wait_past(one.month + 6)
    for one in (student, other):
        one.press("Pause")
        one.page.wait_for_timeout(600)
        one.shows(expected_table(one.setting(), one.month))
    assert student.setting() != other.setting()
    assert other.setting().choices["regime"] == "tax_2014"
    context.close()


def marks(student: Student) -> Any:
    return student.page.get_by_label("What the marks mean").locator("li")


def test_the_key_names_every_grade_and_mark(student: Student) -> None:
    texts = marks(student).all_inner_texts()
    assert {"grade: excellent", "grade: poor", "on a blacklist for an own act", "vacant"} <= set(texts)
    assert marks(student).locator("svg").count() == len(texts)
