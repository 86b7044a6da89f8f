"""Measure what the classroom's frames cost in a browser, and write it into docs/classroom/app.md.

``python -m benchmarks.classroom [--firms N ...] [--months M] [--no-write]``

A headless Chromium on the same machine plays as fast as it goes. A frame is what passes between the browser's request
for the next month and the moment when it is painted: two simulated months (one a world), drawing, transfer, painting.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median
from time import perf_counter
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.run import Row, machine, say, table, write
from benchmarks.sweeps import load

PAGE = Path(__file__).resolve().parent.parent / "docs" / "classroom" / "app.md"
BEGIN, END = "<!-- classroom:begin -->", "<!-- classroom:end -->"
FIXED, TIMES = 100.0, 2.0
"""A frame may cost this many milliseconds, and so many times the simulation, besides the simulation itself."""
USABLE = 10.0
"""Seconds until a page can be used."""
PORT = 5987
FRAMES = """() => {
    window.frames_seen = [];
    const seen = document.querySelector("main *") && [...document.querySelectorAll("*")]
        .map((element) => element.shadowRoot).filter(Boolean);
    const find = (roots) => {
        for (const root of roots) {
            const found = root.querySelector("#seen")
                ?? find([...root.querySelectorAll("*")].map((element) => element.shadowRoot).filter(Boolean));
            if (found) return found;
        }
        return null;
    };
    const target = find(seen);
    new MutationObserver(() => window.frames_seen.push({ ...target.dataset })).observe(target, {
        attributes: true, attributeFilter: ["data-frames"] });
}"""


def frames(page: Page, months: int) -> list[dict[str, float]]:
    """Play so many months, and return what each frame cost in milliseconds."""
    page.evaluate(FRAMES)
    page.get_by_label("Speed").select_option("0")
    page.get_by_role("button", name="Play", exact=True).click()
    page.locator(f'#seen[data-month="{months}"]').wait_for(state="attached", timeout=600_000)
    found = page.evaluate("() => window.frames_seen")
    return [{key: float(value) for key, value in frame.items()} for frame in found]


def rows_of(firms: int, usable: float, found: Sequence[dict[str, float]]) -> list[Row]:
    """Return the rows of one size."""
    simulated = [frame["simulated"] for frame in found]
    beside = [frame["cost"] - frame["simulated"] for frame in found]
    most = TIMES * mean(simulated) + FIXED
    said = f"{median(beside):.0f} ms (mean {mean(beside):.0f}, max {max(beside):.0f}, {len(found)} frames)"
    target = f"at most 2 × {mean(simulated):.0f} + {FIXED:.0f} ms"
    drawn = median(frame["drawn"] for frame in found)
    return [
        Row(f"{firms:,} firms: simulation of a frame, both worlds", f"{mean(simulated):.0f} ms", "", None),
        Row("... drawing, transfer and painting", said, target, mean(beside) <= most),
        Row("... of it on the server", f"{drawn:.0f} ms", "", None),
        Row("... page usable after", f"{usable:.1f} s", f"at most {USABLE:.0f} s", usable <= USABLE),
    ]


def measured(browser: Any, firms: int, months: int) -> list[Row]:
    """Open a page with so many firms, and play."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    started = perf_counter()
    setting = f"population.firms={firms}&months={months}&b.joint_punishment.kind=none"  # it plays to the end, and stays
    page.goto(f"http://localhost:{PORT}/?{setting}")
    page.locator("#seen[data-frames]").wait_for(state="attached", timeout=120_000)
    usable = perf_counter() - started
    found = frames(page, months)
    page.close()
    return rows_of(firms, usable, found[1:])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firms", type=int, nargs="+", default=[200, 1000], help="numbers of firms")
    parser.add_argument("--months", type=int, default=60, help="months to play")
    parser.add_argument("--no-write", action="store_true", help="print only")
    options = parser.parse_args(arguments)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("a Chromium is needed")
    before = load()
    command = [sys.executable, "-m", "creditregime.cli", "app", "--no-browser", "--port", str(PORT)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        server.stdout.readline()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            rows = []
            for firms in options.firms:
                say(f"{firms} firms")
                rows += measured(browser, firms, options.months)
            browser.close()
    finally:
        server.terminate()
        server.wait()
    text = f"Measured on {machine()}. Load average before: {before}; after: {load()}.\n\n" + table(rows)
    print(text)
    if not options.no_write:
        write(text, PAGE, BEGIN, END)


if __name__ == "__main__":
    main()
