"""The notebooks run from top to bottom, and what is committed below their cells is what comes out."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))


def cells(file: Path) -> list[Any]:
    return json.loads(file.read_text(encoding="utf-8"))["cells"]


def outputs(cell: Any) -> list[tuple[str, ...]]:
    """Return what is shown below a cell: kinds, and texts with their numbers masked, as digits may differ."""
    found = []
    for output in cell.get("outputs", []):
        text = "".join(output.get("text", output.get("data", {}).get("text/plain", "")))
        found.append((*sorted(output.get("data", {})), re.sub(r"[-−+]?\d[\d.,]*|\s+|\.{3}", " ", text)))
    return found


def test_the_notebooks_are_those_of_the_guide() -> None:
    assert NAMES == [
        "getting-started",
        "load-your-own-firms",
        "reproduce-a-study",
        "tournament",
        "write-your-own-rule",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_and_shows_what_is_committed(name: str, tmp_path: Path) -> None:
    script = ROOT / "docs" / "run_notebooks.py"
    done = subprocess.run(
        [sys.executable, str(script), name, "--to", str(tmp_path)],
        env=os.environ | {"IPYTHONDIR": str(tmp_path / "ipython"), "JUPYTER_PLATFORM_DIRS": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for now, then in zip(cells(tmp_path / f"{name}.ipynb"), cells(FOLDER / f"{name}.ipynb"), strict=True):
        assert now["source"] == then["source"]
        assert len(outputs(now)) == len(outputs(then)), now["source"]
        for one, other in zip(outputs(now), outputs(then), strict=True):
            assert one[:-1] == other[:-1]
            assert_alike(one[-1], other[-1])


def assert_alike(one: str, other: str) -> None:
    """Fail unless two texts have the same words, but for those that depend on the last digits of the machine."""
    assert one.split() == other.split()


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_explains_itself_and_keeps_no_trace_of_a_machine(name: str) -> None:
    first, *rest = cells(FOLDER / f"{name}.ipynb")
    assert "".join(first["source"]).startswith("# ")
    assert all("".join(cell["source"]).strip() for cell in rest)
    text = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    assert not re.search(r"/home/|/root/|/work/|/tmp/|Traceback", text)
    for cell in rest:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                assert len(output["metadata"]["image/png"]["alt"]) > 20
