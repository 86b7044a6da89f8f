"""A replay explorer of a small study, and what a reader does in its page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from playwright.sync_api import Page

from tests.browser.served import SHOTS

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

Open = Callable[..., Page]
"""Opens the page, with something behind the hash."""


def picture(page: Page, name: str, *, whole: bool = True) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"replay-{name}.png", full_page=whole)


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
