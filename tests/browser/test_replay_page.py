"""The replay explorer's page in a real browser, opened from a folder: it plays, for everybody, and lets nothing in."""

from __future__ import annotations

import itertools
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from creditregime import replay
from creditregime.laboratory.history import history
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.sweeps import Study, sweep
from creditregime.presentation.replay import Description
from tests.browser.conftest import Visitor
from tests.browser.replayed import EVIL, STUDY, Open, lines_of, month, picture, until


def test_it_opens_from_a_folder_as_described(opened: Open) -> None:
    page = opened()
    expect(page.locator("h1")).to_have_text(STUDY["title"])
    expect(page.locator("#introduction p")).to_have_count(2)
    assert month(page) == 20
    assert page.locator("#settings-left select").evaluate_all("all => all.map(one => one.value)") == ["0", "1"]
    assert page.locator("#settings-right select").evaluate_all("all => all.map(one => one.value)") == ["1", "1"]
    expect(page.locator("#differs")).to_have_text("What differs: Partner liability: left off, right on.")
    assert page.locator("#seed option").all_inner_texts() == ["5", "6"]
    for side in ("left", "right"):
        colours = page.locator(f"#panel-{side} canvas").evaluate(
            "canvas => new Set(new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)"
            ".data.buffer)).size"
        )
        assert colours > 50, "the network is drawn"
    picture(page, "opening")


def test_texts_of_a_study_are_text_and_never_run(opened: Open, quiet: Visitor) -> None:
    page = opened()
    for number in range(2):
        page.locator("#settings-left select").nth(number).select_option("1")
    page.get_by_role("button", name="Show the worlds of question 1").click()
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    assert page.locator("script:not([type])").count() == 1
    expect(page.locator("#settings-left")).to_contain_text(EVIL[1:])
    expect(page.locator("#questions")).to_contain_text("Who was <i>innocent</i>?")
    assert quiet.outside == []


def test_the_policy_lets_no_other_script_run_and_nobody_be_asked(opened: Open, quiet: Visitor) -> None:
    page = opened()
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.hacked = 4'}))")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', `<img src=x onerror='window.hacked = 5'>`)")
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("fetch('http://example.com').then(() => 'asked', () => 'refused')") == "refused"
    assert any("Content Security Policy" in told for told in quiet.complaints)
    quiet.complaints.clear()
    assert quiet.outside == []


def test_it_plays_pauses_and_goes_step_by_step(opened: Open) -> None:
    page = opened()
    page.click("#first")
    assert month(page) == 0
    expect(page.locator("#back")).to_be_disabled()
    page.click("#step")
    page.click("#step")
    page.click("#back")
    assert month(page) == 1
    expect(page.locator("#dated")).to_have_text("1 of 30: year 1, month 1")
    page.select_option("#speed", "20")
    page.click("#play")
    expect(page.locator("#play")).to_have_text(re.compile("Pause"))
    until(page, lambda now: now > 6)
    page.click("#play")
    stopped = month(page)
    page.wait_for_timeout(300)
    assert month(page) == stopped, "paused"
    page.click("#play")
    expect(page.locator("#play")).to_have_text(re.compile("Play"), timeout=10_000)
    assert month(page) == 30, "it stops at the end"
    expect(page.locator("#step")).to_be_disabled()
    page.click("#play")
    until(page, lambda now: now < 20)
    page.click("#play")


def test_a_link_leads_back_to_the_view(opened: Open, quiet: Visitor) -> None:
    page = opened()
    page.select_option("#seed", "1")
    page.fill("#firm", "11")
    page.press("#firm", "Enter")
    page.click("#step")
    page.click("#link")
    fragment = page.evaluate("location.hash")
    assert fragment == "#left=1&right=3&seed=6&month=21&firm=11"
    other = opened(fragment, quiet.page())
    assert (month(other), other.input_value("#firm"), other.input_value("#seed")) == (21, "11", "1")
    assert lines_of(other, "right") == lines_of(page, "right")


@pytest.mark.parametrize(
    ("fragment", "named"),
    [
        ("#left=99&right=3&seed=5&month=1", "left"),
        ("#left=1&right=3&seed=7&month=1", "seed"),
        ("#left=1&right=3&seed=5&month=31", "month"),
        ("#left=1&right=3&seed=5&month=-1", "month"),
        ("#%E0%A4%A", "left, right, seed, month"),
        ("#left=<img src=x onerror=alert(1)>", "left, right, seed, month"),
    ],
)
def test_a_bad_link_is_told_and_the_opening_shown(opened: Open, fragment: str, named: str) -> None:
    page = opened(fragment)
    expect(page.locator("#problem")).to_have_text(
        f"The link does not fit this page ({named}); the opening is shown instead."
    )
    assert month(page) == 20


def test_a_number_of_no_firm_is_told(opened: Open) -> None:
    page = opened()
    for text in ("120", "-1", "1.5"):
        page.fill("#firm", text)
        page.press("#firm", "Enter")
        expect(page.locator("#problem")).to_have_text(f"Firm {text} is not there: firms have the numbers 0 to 119.")


def test_a_hundred_rapid_clicks_leave_it_whole(opened: Open, runs: tuple[RunResult, RunResult]) -> None:
    page = opened()
    page.evaluate(
        """() => {
            const ids = ['step', 'play', 'swap', 'back', 'differing', 'same', 'opening', 'last', 'play', 'first'];
            for (let n = 0; n < 100; n += 1) {
                document.getElementById(ids[n % ids.length]).click();
                const select = document.querySelectorAll('fieldset select')[n % 4];
                select.value = String(n % 2);
                select.dispatchEvent(new Event('change'));
                const seed = document.getElementById('seed');
                seed.value = String(n % 2);
                seed.dispatchEvent(new Event('change'));
            }
        }"""
    )
    for _ in range(25):
        page.locator("#step").click(force=True, no_wait_after=True)
        page.locator("#swap").click(force=True, no_wait_after=True)
    if "Pause" in page.inner_text("#play"):
        page.click("#play")
    page.select_option("#seed", "0")
    page.click("#opening")
    expect(page.locator("#panel-right .state")).to_contain_text(f"exits so far {history(runs[1]).exited[:21].sum()}.")
    assert month(page) == 20


def test_everything_can_be_done_with_the_keyboard_alone(opened: Open, runs: tuple[RunResult, RunResult]) -> None:
    page = opened()
    seen = tabbed(page)
    for wanted in ("seed", "swap", "play", "step", "month", "firm", "differing", "note-0", "answers", "scenario-left"):
        assert wanted in seen, f"{wanted} cannot be reached by Tab"
    page.locator("#panel-left canvas").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    firm = int(page.input_value("#firm"))
    assert firm != 0, "the arrow keys lead from firm to firm"
    expect(page.locator("#said")).to_contain_text(f"Firm {firm}: left grade")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "firm-title"
    assert lines_of(page, "left") == runs[0].model.firm(firm).story().split("\n")  # type: ignore[union-attr]
    page.locator("#month").focus()
    page.keyboard.press("ArrowRight")
    assert month(page) == 21
    page.keyboard.press("Home")
    assert month(page) == 0
    page.locator("#panel-right canvas").focus()
    page.keyboard.press("Escape")
    assert page.input_value("#firm") == ""
    page.keyboard.press(" ")
    until(page, lambda now: now > 0)
    page.keyboard.press(" ")
    expect(page.locator("#play")).to_have_text(re.compile("Play"))


def tabbed(page: Page) -> list[str]:
    """Return the ids of what Tab goes through, from the beginning of the page."""
    page.evaluate("document.activeElement.blur()")
    seen: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id"))
    return seen


def test_those_who_do_not_see_it_are_told(opened: Open) -> None:
    page = opened()
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, textarea, canvas[tabindex], svg')]
            .filter(one => !(one.getAttribute('aria-label') || one.labels?.length || one.textContent.trim()))
            .map(one => one.outerHTML)"""
    )
    assert unnamed == []
    expect(page.locator("#said")).to_contain_text("year 2, month 8. left world: ")
    page.click("#step")
    expect(page.locator("#said")).to_contain_text("year 2, month 9. ")
    levels = page.locator("h1, h2, h3").evaluate_all("all => all.map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert max(b - a for a, b in itertools.pairwise(levels)) == 1, "no level of headings is left out"
    assert page.get_attribute("html", "lang") == "en"
    assert all(contrast(*pair) >= 4.5 for pair in page.evaluate(COLOURS))


COLOURS = """() => [...document.querySelectorAll('p, li, th, td, label, button, dt, dd, span, legend, h1, h2, h3')]
    .filter(one => one.textContent.trim() && one.offsetParent && !one.disabled).map(one => {
        let below = one;
        while (below && getComputedStyle(below).backgroundColor === 'rgba(0, 0, 0, 0)') below = below.parentElement;
        return [getComputedStyle(one).color, below ? getComputedStyle(below).backgroundColor : 'rgb(255, 255, 255)'];
    })"""


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG defines it."""
    values = [np.array([int(part) for part in re.findall(r"\d+", text)[:3]]) / 255 for text in (one, other)]
    linear = [np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4) for v in values]
    light = sorted(float(v @ [0.2126, 0.7152, 0.0722]) for v in linear)
    return (light[1] + 0.05) / (light[0] + 0.05)


@pytest.mark.parametrize(("name", "width", "height"), [("phone", 360, 740), ("projector", 1920, 1080)])
def test_it_fits_a_phone_and_a_projector(opened: Open, name: str, width: int, height: int) -> None:
    page = opened("#left=1&right=3&seed=5&month=20&firm=7")
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for side in ("left", "right"):
        box = page.locator(f"#panel-{side} canvas").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] <= height
    cut = "all => all.map(one => one.scrollWidth - one.clientWidth)"
    assert page.locator("#numbers").locator("..").evaluate_all(cut) == [0], "the last column is cut off"
    picture(page, name)


def test_the_worksheet_keeps_notes_and_hands_them_out(opened: Open, tmp_path: Path) -> None:
    page = opened()
    expect(page.locator("#questions > li")).to_have_count(2)
    page.fill("#note-0", "Firm 7 had done nothing.\n</textarea>")
    page.get_by_role("button", name="Show the worlds of question 1").click()
    for name, value in (("month", "12"), ("firm", "3"), ("seed", "1")):
        expect(page.locator(f"#{name}")).to_have_value(value)
    expect(page.locator("#differs")).to_contain_text("Partner liability: left off, right on")
    assert page.input_value("#note-0").startswith("Firm 7"), "what is shown changes, the notes stay"
    with page.expect_download() as caught:
        page.click("#answers")
    caught.value.save_as(tmp_path / "answers.txt")
    text = (tmp_path / "answers.txt").read_text(encoding="utf-8")
    assert "1. Who was <i>innocent</i>?\n\nFirm 7 had done nothing.\n</textarea>\n" in text
    assert "2. What cannot be said?\n\n(no notes)\n" in text
    assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]


def test_a_damaged_file_says_so(quiet: Visitor, file: Path, tmp_path: Path) -> None:
    text = file.read_text(encoding="utf-8")
    damaged = tmp_path / "damaged.html"
    start = text.index('id="block-catalogue">') + len('id="block-catalogue">')
    damaged.write_text(text[: start + 200] + text[start + 400 :], encoding="utf-8")
    page = quiet.page()
    page.goto(damaged.as_uri())
    expect(page.locator("#problem")).to_contain_text("The page is damaged")


def test_without_a_script_it_says_what_is_missing(browser: Any, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert "Allow scripts for this file" in page.inner_text("noscript")
    context.close()


def test_a_month_is_drawn_quickly_at_a_class_of_firms(opened: Open) -> None:
    page = opened()
    page.click("#first")
    took = page.evaluate(
        """async () => {
            const start = performance.now();
            for (let n = 0; n < 30; n += 1) {
                document.getElementById('step').click();
                await new Promise(requestAnimationFrame);
            }
            return (performance.now() - start) / 30;
        }"""
    )
    assert took < 250, f"{took:.0f} ms a month"


def test_the_shipped_page_is_a_few_megabytes_and_opens_quickly(quiet: Visitor, tmp_path: Path) -> None:
    """Two of its 64 runs weigh the more, the less they share: 32 times their weight is more than the whole page."""
    study = Study.read("experiments/replay/study.yaml").model_dump(mode="json")
    toggles = study["design"]["toggles"]
    first = "partner liability"
    study["design"]["toggles"] = {first: toggles[first]}
    study["replicates"]["seeds"] = 1
    result = sweep({key: value for key, value in study.items() if key != "small"}, tmp_path / "sweep", workers=1)
    shipped = Description.read("experiments/replay/page.yaml").model_copy(update={"questions": []})
    shipped = shipped.model_copy(
        update={"opening": shipped.opening.model_copy(update={"left": {}, "right": {first: 1}})}
    )
    page_file = replay(result, tmp_path / "replay.html", page=shipped, workers=1)
    weight = sum(len(letters) for letters in re.findall(r'id="block-run-\d+-\d+">([^<]*)<', page_file.read_text()))
    assert page_file.stat().st_size + 31 * weight < 5e6
    page = quiet.page()
    began = time.monotonic()
    page.goto(page_file.as_uri())
    page.wait_for_selector("body[data-ready]")
    assert time.monotonic() - began < 5
    picture(page, "classroom")
