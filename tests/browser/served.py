"""A classroom served by the command line, and the page of a student in it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Page, expect

from creditregime.classroom import told
from creditregime.classroom.charts import Indicators
from creditregime.classroom.limits import Limits
from creditregime.classroom.setting import Setting, visit
from creditregime.classroom.twins import TwinWorlds

expect.set_options(timeout=30_000)  # other tests may be keeping the machine busy

SHOTS = Path("results/browser")
"""Where screenshots are kept, for people to look at."""


IMPATIENT = """
import sys
from creditregime.classroom import server
server.UNUSED, server.LOOK = 1_000, 500
from creditregime.cli import main
sys.exit(main())
"""
"""Serves as the command does, but soon takes the place of a browser that left."""


class Served:
    """A server of the classroom in a process of its own."""

    def __init__(self, *words: str, patient: bool = True) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}/"
        self.words = words
        self.patient = patient
        self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        command = [
            sys.executable,
            *(("-m", "creditregime.cli") if self.patient else ("-c", IMPATIENT)),
            "app",
            "--no-browser",
            "--port",
            str(self.port),
            *self.words,
        ]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_PROXY": "*"}
        )
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Classroom: http://localhost:"), process.stderr
        return process

    def stop(self, how: int = signal.SIGTERM) -> str:
        """End the server; return what it said on its error stream."""
        self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=30)
        return errors

    def restart(self) -> None:
        """Start it again at the same port."""
        self.process = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            errors = self.stop()
            assert "Traceback" not in errors, errors


class Student:
    """What a student does in a page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(url)
        self.wait_for_frame()

    def wait_for_frame(self) -> None:
        """Wait until a month was painted."""
        self.page.locator("#seen[data-frames]").wait_for(state="attached", timeout=60_000)

    def wait_for_month(self, month: int, timeout: float = 60_000) -> None:
        """Wait until a month is shown and painted."""
        self.page.locator(f'#seen[data-month="{month}"]').wait_for(state="attached", timeout=timeout)

    def wait_past(self, month: int) -> None:
        """Wait until a month, or one after it, is shown."""
        for _ in range(600):
            if self.month >= month:
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"month {month} never came; shown is {self.month}")

    def shows(self, table: list[list[str]]) -> None:
        """Wait until the table says this."""
        for _ in range(300):
            if self.table() == table:
                return
            self.page.wait_for_timeout(100)
        assert self.table() == table

    @property
    def month(self) -> int:
        """The month that is shown."""
        return int(self.page.locator("#seen").get_attribute("data-month") or -1)

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def table(self) -> list[list[str]]:
        """Return the numbers of the table that says the state."""
        rows: list[list[str]] = self.page.locator("#state tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        )
        return rows

    def control(self, path: str, world: str) -> Any:
        """Return the control of a part or parameter in a world."""
        return self.page.locator(f'[data-path="{path}"][data-world="{world}"]').first

    def link(self) -> str:
        """Return the link to what is shown."""
        return self.page.locator("#link").input_value()

    def setting(self) -> Setting:
        """Return the setting that the link names."""
        return visit(self.link().partition("?")[2]).setting

    def error(self) -> Any:
        """Return where errors are told."""
        return self.page.locator("#error")

    def says_error(self, text: str) -> None:
        """Wait until an error is told, in one line without a trace."""
        expect(self.error()).to_contain_text(text, timeout=30_000)
        said = self.error().inner_text()
        assert "Traceback" not in said
        assert 'File "' not in said

    def shot(self, name: str, whole: bool = True) -> None:
        """Keep a screenshot."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(400)
        self.page.screenshot(path=SHOTS / f"classroom-{name}.png", full_page=whole)


def expected_table(setting: Setting, month: int) -> list[list[str]]:
    """Return the numbers that a page must show, computed here."""
    twins, indicators = TwinWorlds(setting.worlds(), Limits()), Indicators()
    twins.advance(month, 1e9)
    indicators.follow(twins.models)
    rows: list[list[str]] = told.frame(twins, indicators)["table"]
    return rows


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
