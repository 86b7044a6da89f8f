"""Turns the notebooks of docs/notebooks into pages: their text, code and outputs as committed; nothing is run."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "notebooks"


def write(folder: Path) -> None:
    """Write a page a notebook, and its pictures, under `folder`."""
    for file in sorted(FOLDER.glob("*.ipynb")):
        text, pictures = page(file)
        _keep(folder / "notebooks" / f"{file.stem}.md", text.encode())
        for name, content in pictures.items():
            _keep(folder / "notebooks" / "pictures" / name, content)


def page(file: Path) -> tuple[str, dict[str, bytes]]:
    """Return a notebook as Markdown, and its pictures by name."""
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    pictures: dict[str, bytes] = {}
    parts = [f"% Written by docs/notebook_pages.py from {file.name}. Do not edit."]
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
        else:
            parts.append(f"```python\n{source}\n```")
            parts += [_shown(output, file.stem, pictures) for output in cell["outputs"]]
    parts.insert(
        2,
        f"{{download}}`Download this notebook <{file.name}>`, and run it in Jupyter: every number below is its output.",
    )
    return "\n\n".join(parts) + "\n", pictures


def _shown(output: Any, stem: str, pictures: dict[str, bytes]) -> str:
    """Return an output as Markdown; a picture is added to the pictures."""
    data = output.get("data", {})
    if "image/png" in data:
        name = f"{stem}-{len(pictures) + 1}.png"
        pictures[name] = base64.b64decode("".join(data["image/png"]))
        alt = output["metadata"]["image/png"]["alt"].replace("[", "(").replace("]", ")")
        return f"![{alt}](pictures/{name})"
    text = "".join(output.get("text", data.get("text/plain", "")))
    return f"```text\n{text.rstrip()}\n```"


def _keep(path: Path, content: bytes) -> None:
    """Write a file, unless it is there already: Sphinx looks at what is newer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_bytes() != content:
        path.write_bytes(content)
