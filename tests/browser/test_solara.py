"""The example for Mesa's own browser interface: opens without a network, steps, and takes another regime."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.served import SHOTS, free_port

APP = Path("experiments/solara/app.py")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "solara", "run", str(APP), "--port", str(port), "--no-open", "--production"]
    environment = {**os.environ, "NO_PROXY": "*", "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "false"}
    with log.open("w") as said, subprocess.Popen(command, stdout=said, stderr=said, env=environment) as process:
        url = f"http://localhost:{port}/"
        try:
            _wait(url, process, log)
            yield url
        finally:
            process.terminate()
    assert "Traceback" not in log.read_text()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(120):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"no answer: {log.read_text()}")


def test_one_economy_in_mesas_own_interface(visitor: Visitor, served: str) -> None:
    page = visitor.page()
    page.goto(served)
    expect(page.get_by_text("creditregime: one economy").first).to_be_visible(timeout=60_000)
    pictures = page.locator("img")
    expect(pictures).to_have_count(4, timeout=60_000)
    before = pictures.first.get_attribute("src")
    for month in range(1, 5):
        page.get_by_role("button", name="Step").click()
        shown = re.compile(rf"(Step|Time): ?{month}(\.0)?$")  # Mesa 3.3 counts steps, 3.5 tells the time
        expect(page.get_by_text(shown)).to_be_visible(timeout=60_000)
    expect(pictures.first).not_to_have_attribute("src", before or "", timeout=60_000)
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "solara.png", full_page=True)
    assert not [text for text in visitor.complaints if "favicon" not in text]
