"""From a sweep to a page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from markupsafe import Markup
from tqdm import tqdm

from creditregime.errors import StoreError
from creditregime.laboratory.store import open_file
from creditregime.laboratory.sweeps import Sweep, open_sweep
from creditregime.presentation.html import template
from creditregime.presentation.replay.chosen import choose, run_again
from creditregime.presentation.replay.content import blocks, catalogue, seen
from creditregime.presentation.replay.description import Description
from creditregime.presentation.replay.packing import text_block

SCRIPTS = ("format", "blocks", "run", "marks", "network", "charts", "firm", "settings", "worksheet", "download", "main")
"""Parts of the script, in their order."""


def replay(
    result: Sweep | str | Path,
    path: str | Path,
    *,
    page: Description | Mapping[str, Any] | str | Path | None = None,
    workers: int | None = None,
    progress: bool = False,
) -> Path:
    """Write stored runs of a sweep as one HTML file that plays them, two side by side; return its absolute path.

    The file needs nothing else: no server, no network, no installation. A sweep keeps numbers, not every firm's months,
    so that the runs are simulated once more; a run that does not give the numbers that are stored of it is an error.
    The same results and description give the same file, byte for byte.

    Parameters
    ----------
    result
        A sweep, or its folder.
    path
        The file to write.
    page
        A `Description`, the mapping that states one, or a YAML file: which runs the page holds, what it opens with, the
        questions of its worksheet. By default all runs, and no questions.
    workers
        Number of processes; by default one a processor.
    progress
        Whether to show a progress bar on the standard error stream.

    Raises
    ------
    CreditRegimeError
        One line that says what is wrong with the folder, the description or the path; nothing is half-written.
    """
    described, target = Description.of(page), Path(path).absolute()
    if target.is_dir():
        raise StoreError(f"{target}: is a folder; a file is needed")
    swept = result if isinstance(result, Sweep) else opened(Path(result))
    text = _page(swept, described, workers, progress)
    with open_file(target) as file:
        file.write(text)
    return target


def opened(folder: Path) -> Sweep:
    """Return the sweep in a folder, or say that there is none."""
    if not (folder / "sweep.json").is_file():
        raise StoreError(f"{folder}: not the folder of a sweep; creditregime sweep STUDY.yaml makes one")
    return open_sweep(folder)


def _page(result: Sweep, described: Description, workers: int | None, progress: bool) -> str:
    chosen = choose(result, described)
    said = catalogue(result, chosen, described)
    with tqdm(total=len(chosen.runs), desc="runs again", unit="run", disable=not progress, leave=False) as bar:
        reels = run_again(result, chosen, workers, bar.update)
    style, script = _part("replay.css"), "\n".join(_part(f"{name}.js") for name in SCRIPTS)
    script = f'"use strict";\n(() => {{\n{script}\n}})();\n'
    return template("replay/page.html").render(
        title=said["title"],
        question=said["question"],
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
        blocks={"catalogue": text_block(said | seen(chosen, reels)), **blocks(chosen, reels)},
    )


def _hash(text: str) -> str:
    """Return the name by which a page's policy allows a script or style that stands in it, and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


@cache
def _part(name: str) -> str:
    folder = resources.files("creditregime.presentation").joinpath("templates", "replay")
    return folder.joinpath(name).read_text(encoding="utf-8")
