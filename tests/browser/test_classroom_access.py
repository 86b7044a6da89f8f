"""The classroom for everybody: keyboard, screen readers, contrast, small and large screens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.served import Served, Student

OPEN = "?regime=joint_2016&population.firms=80&b.joint_punishment.kind=none&month=24&firm=3"

EVERYTHING = """() => {
    const found = [];
    const walk = (node) => {
        for (const child of node.children ?? []) {
            found.push(child);
            walk(child);
            if (child.shadowRoot) walk(child.shadowRoot);
        }
    };
    walk(document.body);
    return found;
}"""


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served("population.firms=80") as server:
        yield server


@pytest.fixture
def student(served: Served, visitor: Visitor) -> Student:
    found = Student(visitor.page(), served.url + OPEN)
    found.wait_for_month(24)
    return found


def test_every_control_is_reached_by_keyboard_with_a_name_and_a_visible_focus(student: Student) -> None:
    page = student.page
    page.locator('[data-section="fines"] summary').click()
    expect(student.control("fines.scale", "a")).to_be_visible()
    expected: list[str] = page.evaluate(CONTROLS.replace("EVERYTHING", EVERYTHING))
    assert len(expected) > 120
    page.evaluate("() => { document.activeElement?.blur(); window.scrollTo(0, 0); }")
    page.locator("h1").click()
    reached: dict[str, dict[str, Any]] = {}
    for _ in range(len(expected) + 40):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused and focused["mark"]:
            reached.setdefault(focused["mark"], focused)
    assert sorted(set(expected) - set(reached)) == []
    for focused in reached.values():
        assert focused["name"], f"no name: {focused}"
        assert focused["outline"] >= 2, f"no visible focus: {focused}"


CONTROLS = """() => {
    const visible = (element) => element.checkVisibility();
    const controls = (EVERYTHING)().filter((element) =>
        ["BUTTON", "INPUT", "SELECT", "SUMMARY"].includes(element.tagName) && !element.disabled && visible(element));
    controls.forEach((element, number) => element.setAttribute("data-mark", String(number)));
    return controls.map((element) => element.getAttribute("data-mark"));
}"""

FOCUSED = """() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    if (!element) return null;
    const style = getComputedStyle(element);
    const labels = [...(element.labels ?? [])].map((label) => label.textContent.trim()).join(" ");
    return {
        mark: element.getAttribute("data-mark"),
        name: element.getAttribute("aria-label") || labels || element.textContent.trim(),
        outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
        html: element.outerHTML.slice(0, 120),
    };
}"""


def test_everything_can_be_done_by_keyboard(student: Student) -> None:
    page = student.page
    play = page.get_by_role("button", name="Play", exact=True)
    play.focus()
    page.keyboard.press("Space")
    student.wait_past(26)
    page.keyboard.press("Space")
    expect(play).to_be_visible()
    page.get_by_label("Go to month").focus()
    page.keyboard.press("Home")
    student.wait_for_month(0)
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    student.wait_for_month(5)
    student.control("rewards", "b").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("region", name="World B", exact=True)).to_contain_text("without rewards")
    focused = page.evaluate(FOCUSED)
    assert focused["name"] == "rewards, world B"  # the focus stays where it was
    page.get_by_label("Number of the firm").focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Story of firm 12, World A")).to_be_visible()


def test_screen_readers_are_told_the_state_and_the_pictures_have_words(student: Student) -> None:
    page = student.page
    expect(page.locator("#status")).to_contain_text("Month 24. Firms in business:")
    assert page.locator("#status").get_attribute("aria-live") == "polite"
    student.press("Step")
    expect(page.locator("#status")).to_contain_text("Month 25. Firms in business:")
    for name in ("Supply network of world A", "Supply network of world B", "Charts of the indicators"):
        assert page.get_by_role("img", name=name).count() == 1
    assert page.get_by_role("heading", level=1).inner_text() == "Twin worlds"
    assert page.locator("html").get_attribute("lang")
    head = page.locator("#state thead th").all_inner_texts()
    assert head[2:] == ["World A", "World B", "A − B"]


CONTRAST = """() => {
    const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((value) => value / 255)
        .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
        .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
            const colour = parse(getComputedStyle(at).backgroundColor);
            if (colour.length === 3 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
    };
    const own = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    return (EVERYTHING)().filter((element) => element.checkVisibility() && !element.closest("style, script")
        && (own(element) || ["INPUT", "SELECT"].includes(element.tagName))).map((element) => {
        const [one, other] = [parse(getComputedStyle(element).color), ground(element)].map(light);
        const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        return { ratio, html: element.outerHTML.slice(0, 100) };
    });
}"""


def test_text_has_enough_contrast(student: Student) -> None:
    found = student.page.evaluate(CONTRAST.replace("EVERYTHING", EVERYTHING))
    assert len(found) > 200
    assert [item for item in found if item["ratio"] < 4.5] == []


def too_wide(page: Page) -> int:
    width: int = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def test_it_fits_a_phone_without_scrolling_sideways(student: Student) -> None:
    student.page.set_viewport_size({"width": 360, "height": 740})
    student.page.locator('[data-section="rating"] summary').click()
    expect(student.control("rating.lowest", "a")).to_be_visible()
    student.page.wait_for_timeout(1000)
    assert too_wide(student.page) == 0
    canvas = student.page.get_by_role("region", name="World B", exact=True).locator("canvas").first.bounding_box()
    assert canvas is not None
    assert 250 < canvas["width"] <= 360
    student.shot("phone")


def test_it_fits_a_projector(student: Student) -> None:
    student.page.set_viewport_size({"width": 1920, "height": 1080})
    student.page.wait_for_timeout(1000)
    assert too_wide(student.page) == 0
    student.shot("projector", whole=False)


CUT_OFF = """() => {
    const cut = (EVERYTHING)().filter((element) => element.tagName === "SELECT" && element.checkVisibility());
    const wanted = cut.map((element) => {
        const free = element.cloneNode(true);  // as wide as its longest choice needs it
        free.id = "";
        free.style.cssText = "width: max-content; max-width: none";
        element.after(free);
        const width = free.offsetWidth;
        free.remove();
        return width;
    });
    return [cut.length, cut.filter((element, number) => element.offsetWidth < wanted[number]).map(
        (element) => `${element.id}: ${element.offsetWidth} px of ${wanted[cut.indexOf(element)]}`)];
}"""


def test_every_choice_can_be_read_whole(served: Served, visitor: Visitor) -> None:
    links = "&spillover.group.kind=linear&spillover.person.kind=associated_d&repair.kind=application"
    student = Student(visitor.page(), served.url + OPEN + links)
    student.page.locator("#sections details").evaluate_all("all => all.forEach((section) => { section.open = true; })")
    expect(student.control("spillover.group.direction", "b")).to_be_visible()
    expect(student.control("trade.replaceability", "b")).to_be_visible()
    for width in (1280, 360):
        student.page.set_viewport_size({"width": width, "height": 900})
        student.control("spillover.person", "b").scroll_into_view_if_needed()
        student.shot(f"choices-{width}", whole=False)
        count, cut = student.page.evaluate(CUT_OFF.replace("EVERYTHING", EVERYTHING))
        assert count > 100
        assert cut == []


@pytest.mark.parametrize("width", [1280, 360])
def test_what_is_refused_is_told_where_the_reader_is(student: Student, width: int) -> None:
    page = student.page
    page.set_viewport_size({"width": width, "height": 740})
    page.locator('[data-section="fines"] summary').click()
    student.control("fines.scale", "b").fill("-1")
    student.control("fines.scale", "b").press("Enter")
    student.says_error("fines.scale: -1 is not allowed")
    expect(student.control("fines.scale", "b")).to_be_in_viewport()
    expect(student.error()).to_be_in_viewport()
    student.shot(f"told-{width}", whole=False)
