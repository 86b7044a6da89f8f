"""A headless Chromium, and pages in it that may ask nobody but this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from creditregime import replay, run
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.sweeps import Sweep, sweep
from tests.browser.replayed import DESCRIPTION, LEFT, RIGHT, STUDY, Open

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",  # as root it starts with no other way
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield the Chromium that is installed; without one the tests that need it are skipped."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield started
        started.close()


class Visitor:
    """A student's browser: its pages, what they asked of other machines, and what their consoles complained of."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.outside: list[str] = []
        self.complaints: list[str] = []
        context.route("**/*", self._answer)

    def page(self) -> Page:
        """Open an empty page."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        return page

    def _answer(self, route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in {"http", "https"} and address.hostname not in {"localhost", "127.0.0.1"}:
            self.outside.append(route.request.url)
            route.abort()
        else:
            route.continue_()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """Yield a visitor of 1280 x 900 pixels, who after the test has asked nobody outside."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    arrived = Visitor(context)
    yield arrived
    context.close()
    assert not arrived.outside, f"asked other machines: {arrived.outside}"


@pytest.fixture
def quiet(visitor: Visitor) -> Iterator[Visitor]:
    """Yield a visitor whose console has complained of nothing in the end."""
    yield visitor
    assert visitor.complaints == []


# The replay explorer of a small study, made once for the files that read it


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return sweep(STUDY, tmp_path_factory.mktemp("study") / "sweep", workers=1)


@pytest.fixture(scope="session")
def file(swept: Sweep, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return replay(swept, tmp_path_factory.mktemp("a folder & more") / "replay é.html", page=DESCRIPTION, workers=1)


@pytest.fixture(scope="session")
def runs(swept: Sweep) -> tuple[RunResult, RunResult]:
    return run(swept.scenario(LEFT, 5)), run(swept.scenario(RIGHT, 5))


@pytest.fixture
def opened(quiet: Visitor, file: Path) -> Open:
    """Opens the page, with something behind the hash."""

    def at(fragment: str = "", page: Page | None = None) -> Page:
        page = page or quiet.page()
        page.goto("about:blank")
        page.goto(file.as_uri() + fragment)
        page.wait_for_selector("body[data-ready]")
        return page

    return at
