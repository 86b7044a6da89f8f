"""The documentation in a browser, from a folder and without a network: readable, searchable, on small screens too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.site import site

PAGES = ("index", "guide-teacher", "classroom/repair", "notebooks/tournament", "reference/index", "odd", "studies")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    return site(tmp_path_factory.getbasetemp(), worker_id)


@pytest.mark.parametrize("width", [1280, 360])
def test_pages_open_from_a_folder_and_fit_the_screen(visitor: Any, built: Path, width: int) -> None:
    page = visitor.page()
    page.set_viewport_size({"width": width, "height": 800})
    for name in PAGES:
        page.goto((built / f"{name}.html").as_uri())
        assert page.locator("h1").first.is_visible()
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width, name
        broken = page.evaluate("[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)")
        assert not broken
    assert not visitor.complaints


def test_the_search_finds_a_page_without_a_network(visitor: Any, built: Path) -> None:
    page = visitor.page()
    page.goto((built / "index.html").as_uri())
    page.locator("input[name=q]").first.fill("bunching")
    page.keyboard.press("Enter")
    found = page.locator("ul.search a")
    found.first.wait_for()
    assert "Cut-offs and bunching" in " ".join(found.all_inner_texts())
    found.first.click()
    expect(page.locator("h1").first).to_be_visible()
    assert not visitor.complaints
