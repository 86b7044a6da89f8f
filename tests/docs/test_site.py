"""The documentation site: built without a warning, every link inside it resolves, and nothing of it is elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.site import Page, site


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    return site(tmp_path_factory.getbasetemp(), worker_id)


@pytest.fixture(scope="module")
def pages(built: Path) -> dict[Path, Page]:
    return {file: Page(file) for file in sorted(built.rglob("*.html"))}


def test_every_link_and_anchor_inside_the_site_resolves(built: Path, pages: dict[Path, Page]) -> None:
    assert len(pages) > 50
    wrong = []
    for file, page in pages.items():
        for _, address in page.links:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            known = pages[target].anchors if target in pages else set()
            if not target.is_file() or (target in pages and parts.fragment and unquote(parts.fragment) not in known):
                wrong.append(f"{file.relative_to(built)}: {address}")
    assert not wrong


def test_links_to_elsewhere_are_addresses_that_a_browser_understands(pages: dict[Path, Page]) -> None:
    outside = {link.address for page in pages.values() for link in page.links if urlsplit(link.address).scheme}
    assert outside
    for address in sorted(outside):
        parts = urlsplit(address)
        assert parts.scheme in ("https", "mailto"), address
        if parts.scheme == "https":
            assert re.fullmatch(r"[\w.-]+\.\w{2,}", parts.netloc), address


def test_nothing_that_a_page_needs_is_elsewhere(built: Path, pages: dict[Path, Page]) -> None:
    needed = {link.address for page in pages.values() for link in page.links if link.needed}
    assert not {address for address in needed if re.match(r"(\w+:)?//", address)}
    for file in built.rglob("*.css"):
        for address in re.findall(r"url\(['\"]?([^)'\"]+)|@import\s+['\"]([^'\"]+)", file.read_text(encoding="utf-8")):
            assert not re.match(r"(https?:)?//", "".join(address)), f"{file.name}: {address}"


def test_each_reader_finds_the_way_from_the_first_page(pages: dict[Path, Page], built: Path) -> None:
    first = {link.address.partition("#")[0] for link in pages[built / "index.html"].links}
    for page in (
        "guide-researcher",
        "guide-teacher",
        "guide-author",
        "classroom/index",
        "notebooks/index",
        "reference/index",
        "odd",
        "validation",
        "systems",
        "performance",
        "studies",
    ):
        assert f"{page}.html" in first, page


def test_every_picture_has_a_text(built: Path) -> None:
    for file in built.rglob("*.html"):
        for tag in re.findall(r"<img\b[^>]*>", file.read_text(encoding="utf-8")):
            assert re.search(r'alt="[^"]{10,}"', tag), f"{file.name}: {tag[:200]}"
