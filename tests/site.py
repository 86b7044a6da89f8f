"""The documentation site, built once for all tests of a session, however many processes they run in."""

from __future__ import annotations

import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
MOST_SECONDS = 300


def site(base: Path, worker: str) -> Path:
    """Return the folder of the built site.

    Parameters
    ----------
    base
        Temporary folder of this process, as ``tmp_path_factory.getbasetemp()`` gives it.
    worker
        Name of the process, ``master`` where there is only one.
    """
    place = (base if worker == "master" else base.parent) / "site"
    try:
        place.mkdir()
    except FileExistsError:
        return _awaited(place)
    command = ["-m", "sphinx", "-W", "-n", "-q", "--keep-going", "-b", "html", "-d", str(place / "doctrees")]
    done = subprocess.run(
        [sys.executable, *command, str(ROOT / "docs"), str(place / "html")], check=False, capture_output=True, text=True
    )
    (place / "done").write_text(done.stderr, encoding="utf-8")
    return _awaited(place)


def _awaited(place: Path) -> Path:
    for _ in range(10 * MOST_SECONDS):
        if (place / "done").exists():
            told = (place / "done").read_text(encoding="utf-8")
            assert not told, told
            return place / "html"
        time.sleep(0.1)
    raise TimeoutError(f"the site was not built in {MOST_SECONDS} s")


class Link(NamedTuple):
    """What a page points at: whether the page needs it to be shown, and its address."""

    needed: bool
    address: str


class Page(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: list[Link] = []
        self.anchors: set[str] = set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        if "src" in found:
            self.links.append(Link(True, found["src"]))
        if "href" in found:
            needed = tag == "link" and found.get("rel") not in ("author", "canonical", "next", "prev")
            self.links.append(Link(needed, found["href"]))
