"""The replay explorer in a real browser, opened from a folder: it plays, and what it shows is what the model gives."""

from __future__ import annotations

import csv
import itertools
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from creditregime import replay, run
from creditregime.laboratory.history import history
from creditregime.laboratory.link_history import link_history
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.sweeps import Study, Sweep, sweep
from creditregime.presentation.replay import Description
from tests.browser.conftest import Visitor

PICTURES = Path("results/browser")
EVIL = "joint </script><script>window['hacked'] = 1</script><img src=x onerror=\"window['hacked'] = 2\">"
STUDY: dict[str, Any] = {
    "title": "Guilt & <b>association</b> </script><script>window.hacked = 3</script>",
    "question": "Who is hit, and through whom?",
    "base": [
        "population=classroom",
        "population.firms=120",
        "months=30",
        "regime=joint_2016",
        "inspection={kind: uniform, rate: 0.6}",
        "fines.scale=0.2",
        "spillover.partner.strength=0.8",
        "partners.review=1",
    ],
    "design": {
        "kind": "factorial",
        "toggles": {
            "partner liability": {"off": {"spillover.partner": {"kind": "none"}}},
            EVIL: {"off": {"joint_punishment": {"kind": "none"}}},
        },
    },
    "replicates": {"kind": "fixed", "seeds": 2},
    "first_seed": 5,
    "keep": ["compliance", "exits"],
    "months": ["compliance", "listed", "exits", "output", "segregation"],
}
DESCRIPTION: dict[str, Any] = {
    "introduction": "First part with </script> in it.\n\nSecond part.",
    "opening": {"left": {"partner liability": 0, EVIL: 1}, "right": {"partner liability": 1, EVIL: 1}, "month": 20},
    "questions": [
        {
            "question": "Who was <i>innocent</i>?",
            "hint": "Look for a ring.",
            "show": {"seed": 6, "month": 12, "firm": 3},
        },
        {"question": "What cannot be said?"},
    ],
}
LEFT, RIGHT = 1, 3
"""Points of the opening: partner liability off and on, joint punishment on."""


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return sweep(STUDY, tmp_path_factory.mktemp("study") / "sweep", workers=1)


@pytest.fixture(scope="module")
def file(swept: Sweep, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return replay(swept, tmp_path_factory.mktemp("a folder & more") / "replay é.html", page=DESCRIPTION, workers=1)


@pytest.fixture(scope="module")
def runs(swept: Sweep) -> tuple[RunResult, RunResult]:
    return run(swept.scenario(LEFT, 5)), run(swept.scenario(RIGHT, 5))


Open = Callable[..., Page]


@pytest.fixture
def opened(visitor: Visitor, file: Path) -> Open:
    """Opens the page, with something behind the hash."""

    def at(fragment: str = "", page: Page | None = None) -> Page:
        page = page or visitor.page()
        page.goto("about:blank")
        page.goto(file.as_uri() + fragment)
        page.wait_for_selector("body[data-ready]")
        return page

    return at


@pytest.fixture
def visitor(visitor: Visitor) -> Iterator[Visitor]:
    """Yield a visitor whose console has complained of nothing in the end."""
    yield visitor
    assert visitor.complaints == []


def picture(page: Page, name: str, *, whole: bool = True) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"replay-{name}.png", full_page=whole)


def month(page: Page) -> int:
    return int(page.input_value("#month"))


def until(page: Page, true: Callable[[int], bool]) -> None:
    """Wait until the month is as wanted. (Playwright's own way evaluates text, which the page's policy forbids.)"""
    for _ in range(100):
        if true(month(page)):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"still in month {month(page)}")


def lines_of(page: Page, side: str) -> list[str]:
    """Return the story as it is told, without what the page adds."""
    script = """items => items.map(item => {
        const copy = item.cloneNode(true);
        copy.querySelectorAll('.only').forEach(badge => badge.remove());
        return copy.textContent.trim();
    })"""
    told: list[str] = page.eval_on_selector_all(f"#story-{side} .story li:not(.now)", script)
    return told


def clicked(page: Page, side: str, firms: set[int]) -> int:
    """Click over a canvas until one of the firms is chosen, and return it."""
    page.evaluate(
        "side => window.scrollBy(0, document.querySelector(`#panel-${side} canvas`).getBoundingClientRect().top - 120)",
        side,
    )
    box = page.locator(f"#panel-{side} canvas").bounding_box()
    assert box
    for down in np.arange(12, box["height"], 9):
        for across in np.arange(12, box["width"], 9):
            page.mouse.click(box["x"] + across, box["y"] + down)
            chosen = page.input_value("#firm")
            if chosen and int(chosen) in firms:
                return int(chosen)
    raise AssertionError(f"none of the firms {sorted(firms)} is anywhere")


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


def test_texts_of_a_study_are_text_and_never_run(opened: Open, visitor: Visitor) -> None:
    page = opened()
    for number in range(2):
        page.locator("#settings-left select").nth(number).select_option("1")
    page.get_by_role("button", name="Show the worlds of question 1").click()
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    assert page.locator("script:not([type])").count() == 1
    expect(page.locator("#settings-left")).to_contain_text(EVIL[1:])
    expect(page.locator("#questions")).to_contain_text("Who was <i>innocent</i>?")
    assert visitor.outside == []


def test_the_policy_lets_no_other_script_run_and_nobody_be_asked(opened: Open, visitor: Visitor) -> None:
    page = opened()
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.hacked = 4'}))")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', `<img src=x onerror='window.hacked = 5'>`)")
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("fetch('http://example.com').then(() => 'asked', () => 'refused')") == "refused"
    assert any("Content Security Policy" in told for told in visitor.complaints)
    visitor.complaints.clear()
    assert visitor.outside == []


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


def test_the_numbers_are_those_of_the_runs(opened: Open, runs: tuple[RunResult, RunResult]) -> None:
    page = opened()
    for when in (1, 17, 30):
        page.locator("#month").evaluate(
            "(slider, month) => { slider.value = month; slider.dispatchEvent(new Event('input')); }", when
        )
        rows = page.locator("#numbers tbody tr")
        for row, (name, scale) in enumerate(
            [("compliance", 100), ("listed", 100), ("exits", 1), ("output", 100), ("segregation", 1)]
        ):
            left, right, difference = rows.nth(row).locator("td").all_inner_texts()
            values = [float(result.indicators[name].iloc[when - 1]) * scale for result in runs]
            for text, value in zip((left, right, difference), (*values, values[1] - values[0]), strict=True):
                if np.isnan(value):
                    assert text == "–"
                else:
                    found = float(text.replace("−", "-"))
                    assert abs(found - value) <= 0.0051 * abs(value) + 1e-4, (
                        f"{name}, month {when}: {text}, not {value}"
                    )
            assert name != "compliance" or f"left {left}, right {right}" in page.locator(".chart p").first.inner_text()


def test_all_months_of_both_worlds_can_be_downloaded(
    opened: Open, runs: tuple[RunResult, RunResult], tmp_path: Path
) -> None:
    page = opened()
    with page.expect_download() as caught:
        page.click("#csv")
    caught.value.save_as(tmp_path / "indicators.csv")
    rows = list(csv.DictReader((tmp_path / "indicators.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 60
    for world, result in zip(("left", "right"), runs, strict=True):
        for name in STUDY["months"]:
            found = [float(row[name] or "nan") for row in rows if row["world"] == world]
            np.testing.assert_array_equal(found, result.indicators[name].to_numpy(np.float64))


def test_the_scenario_of_a_world_can_be_downloaded_and_runs_again(
    opened: Open, runs: tuple[RunResult, RunResult], tmp_path: Path
) -> None:
    page = opened()
    with page.expect_download() as caught:
        page.click("#scenario-right")
    caught.value.save_as(tmp_path / "right.yaml")
    again = run(scenario=tmp_path / "right.yaml")
    assert again.seed == 5
    assert again.indicators.equals(runs[1].indicators)


def test_the_states_of_firms_are_those_of_the_runs(opened: Open, runs: tuple[RunResult, RunResult]) -> None:
    page = opened()
    for side, result in zip(("left", "right"), runs, strict=True):
        states = history(result)
        active, listed = states.active[20], states.listed[20]
        told = page.locator(f"#panel-{side} .state").inner_text()
        assert f"{active.sum()} firms in business" in told
        assert (
            f"on a blacklist {(listed[active] > 0).sum()} ({(listed[active] == 2).sum()} by association only)" in told
        )
        assert f"held down by association {(states.lowered[20] & active).sum()}" in told
        assert f"exits so far {states.exited[:21].sum()}" in told
        assert told in str(page.locator(f"#panel-{side} canvas").get_attribute("aria-label"))
    assert (history(runs[1]).lowered[20] & history(runs[1]).active[20]).any(), "somebody is held down"


def test_a_click_on_a_firm_tells_its_story_in_both_worlds(opened: Open, runs: tuple[RunResult, RunResult]) -> None:
    page = opened()
    lowered = history(runs[1]).lowered[20] & history(runs[1]).active[20]
    firm = clicked(page, "left", {*np.flatnonzero(lowered).tolist()})
    for side, result in zip(("left", "right"), runs, strict=True):
        story = result.model.firm(firm).story().split("\n")  # type: ignore[union-attr]
        assert lines_of(page, side) == story
        grade = history(result).era(20).scale[history(result).grade[20, firm]]
        expect(page.locator(f"#story-{side} dl")).to_contain_text(grade.replace("_", " "))
    expect(page.locator("#story-right dl")).to_contain_text("held down by association")
    expect(page.locator("#story-right .now")).to_contain_text("The month shown is year 2, month 8")
    picture(page, "firm")


def test_partners_are_those_of_the_month_and_lead_on(opened: Open, runs: tuple[RunResult, RunResult]) -> None:
    page = opened("#left=1&right=3&seed=5&month=20&firm=7")
    links = link_history(runs[0])
    suppliers = sorted({*links.supplier[20][links.active[20] & (links.buyer == 7)].tolist()})
    assert suppliers
    lists = page.locator("#story-left .partners")
    told = [int(text.split()[0]) for text in lists.first.locator("button").all_inner_texts()]
    assert told == suppliers
    lists.first.locator("button").first.click()
    assert page.input_value("#firm") == str(suppliers[0])


def test_a_chosen_firm_and_its_partners_are_seen_in_both_networks(opened: Open) -> None:
    page = opened()
    before = [page.locator(f"#panel-{side} canvas").evaluate("one => one.toDataURL()") for side in ("left", "right")]
    page.fill("#firm", "7")
    page.press("#firm", "Enter")
    after = [page.locator(f"#panel-{side} canvas").evaluate("one => one.toDataURL()") for side in ("left", "right")]
    assert all(one != other for one, other in zip(before, after, strict=True))
    page.click("#nobody")
    again = [page.locator(f"#panel-{side} canvas").evaluate("one => one.toDataURL()") for side in ("left", "right")]
    assert again == before
    expect(page.locator("#stories")).to_be_hidden()


def test_the_next_firm_whose_story_differs(opened: Open, runs: tuple[RunResult, RunResult]) -> None:
    page = opened()
    stories = [[result.model.firm(row).story() for row in range(120)] for result in runs]  # type: ignore[union-attr]
    differing = [row for row in range(120) if stories[0][row] != stories[1][row]]
    assert 2 < len(differing) < 120
    for firm in differing[:3]:
        page.click("#differing")
        assert page.input_value("#firm") == str(firm)
        assert page.locator("#stories .only").count() > 0
    page.click("#same")
    page.click("#differing")
    expect(page.locator("#problem")).to_have_text("Every firm has the same story in both worlds.")


def test_toggles_and_the_seed_switch_the_runs(opened: Open, swept: Sweep) -> None:
    page = opened()
    page.locator("#settings-left select").nth(1).select_option("0")
    page.select_option("#seed", "1")
    page.click("#last")
    other = run(swept.scenario(0, 6))
    expect(page.locator("#panel-left .state")).to_contain_text(f"exits so far {history(other).exited.sum()}.")
    row = page.locator("#numbers tbody tr").first.locator("td").first
    assert float(row.inner_text()) == pytest.approx(100 * other.indicators["compliance"].iloc[-1], abs=0.051)
    expect(page.locator("#differs")).to_contain_text("left off, right on")
    page.click("#same")
    expect(page.locator("#differs")).to_have_text("Nothing differs: both worlds are the same.")
    assert page.locator("#numbers tbody td:nth-of-type(3)").all_inner_texts() == ["0"] * 5
    page.click("#opening")
    assert month(page) == 20
    page.click("#swap")
    expect(page.locator("#differs")).to_have_text("What differs: Partner liability: left on, right off.")


def test_where_not_every_combination_was_run_the_nearest_one_is_shown(visitor: Visitor, tmp_path: Path) -> None:
    points = [{"fines.scale": 1, "months": 3, "regime": name} for name in ("siloed_topics", "fines_only")]
    points = [*points, {"fines.scale": 2, "months": 3, "regime": "fines_only"}]
    study = {
        "base": ["population.firms=30"],
        "design": {"kind": "list", "points": points},
        "replicates": {"kind": "fixed", "seeds": 1},
    }
    page_file = replay(sweep(study, tmp_path / "sweep", workers=1), tmp_path / "list.html", workers=1)
    page = visitor.page()
    page.goto(page_file.as_uri())
    page.wait_for_selector("body[data-ready]")
    scale, regime = (page.locator("#settings-left select").nth(number) for number in (0, 1))
    assert (scale.input_value(), regime.input_value()) == ("0", "0")
    scale.select_option(index=1)
    expect(page.locator("#problem")).to_contain_text("This combination of settings was not run")
    assert (scale.input_value(), regime.input_value()) == ("1", "1")
    scale.select_option(index=0)
    expect(page.locator("#problem")).to_be_hidden()
    expect(page.locator("#panel-left .setting")).to_contain_text("Regime: fines only")


def test_a_link_leads_back_to_the_view(opened: Open, visitor: Visitor) -> None:
    page = opened()
    page.select_option("#seed", "1")
    page.fill("#firm", "11")
    page.press("#firm", "Enter")
    page.click("#step")
    page.click("#link")
    fragment = page.evaluate("location.hash")
    assert fragment == "#left=1&right=3&seed=6&month=21&firm=11"
    other = opened(fragment, visitor.page())
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
    picture(page, name)


def test_the_worksheet_keeps_notes_and_hands_them_out(opened: Open, tmp_path: Path) -> None:
    page = opened()
    expect(page.locator("#questions > li")).to_have_count(2)
    page.fill("#note-0", "Firm 7 had done nothing.\n</textarea>")
    page.get_by_role("button", name="Show the worlds of question 1").click()
    assert (month(page), page.input_value("#firm"), page.input_value("#seed")) == (12, "3", "1")
    expect(page.locator("#differs")).to_contain_text("Partner liability: left off, right on")
    assert page.input_value("#note-0").startswith("Firm 7"), "what is shown changes, the notes stay"
    with page.expect_download() as caught:
        page.click("#answers")
    caught.value.save_as(tmp_path / "answers.txt")
    text = (tmp_path / "answers.txt").read_text(encoding="utf-8")
    assert "1. Who was <i>innocent</i>?\n\nFirm 7 had done nothing.\n</textarea>\n" in text
    assert "2. What cannot be said?\n\n(no notes)\n" in text
    assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]


def test_a_damaged_file_says_so(visitor: Visitor, file: Path, tmp_path: Path) -> None:
    text = file.read_text(encoding="utf-8")
    damaged = tmp_path / "damaged.html"
    start = text.index('id="block-catalogue">') + len('id="block-catalogue">')
    damaged.write_text(text[: start + 200] + text[start + 400 :], encoding="utf-8")
    page = visitor.page()
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


def test_the_shipped_page_is_a_few_megabytes_and_opens_quickly(visitor: Visitor, tmp_path: Path) -> None:
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
    page = visitor.page()
    began = time.monotonic()
    page.goto(page_file.as_uri())
    page.wait_for_selector("body[data-ready]")
    assert time.monotonic() - began < 5
    picture(page, "classroom")
