"""Executes the notebooks of docs/notebooks, each in a kernel of its own.

python docs/run_notebooks.py                            # all, in place (`make notebooks`)
python docs/run_notebooks.py --to FOLDER tournament     # one, elsewhere

A notebook is committed with its outputs, which the documentation shows. What differs from run to run is taken out.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

FOLDER = Path(__file__).resolve().parent / "notebooks"
SECONDS = 300
KEPT = ("text/plain", "text/html", "image/png")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="notebooks (default: all)")
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER", help="where to write (default: in place)")
    options = parser.parse_args()
    for name in options.names or sorted(path.stem for path in FOLDER.glob("*.ipynb")):
        file = FOLDER / f"{name}.ipynb"
        try:
            notebook = executed(file)
        except CellExecutionError as error:
            sys.exit(f"{file.name}: {error}")
        nbformat.write(notebook, options.to / file.name)
        print(f"{file.name}: executed")


def executed(file: Path) -> Any:
    """Return a notebook with the outputs of its cells."""
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # the kernel's debugger warns on Python's frozen modules
    notebook = nbformat.read(file, as_version=4)
    client = NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": str(FOLDER)}})
    client.startup_timeout = SECONDS
    client.execute()
    notebook.metadata = {key: notebook.metadata[key] for key in ("kernelspec",)} | {"language_info": {"name": "python"}}
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = [_plain(output) for output in cell.outputs if output.get("name") != "stderr"]
    return notebook


def _plain(output: Any) -> Any:
    """Return an output without the kinds of it that no page shows."""
    if "data" in output:
        output.data = {kind: output.data[kind] for kind in KEPT if kind in output.data}
        if "image/png" in output.data:
            output.data.pop("text/html", None)
    return output


if __name__ == "__main__":
    main()
