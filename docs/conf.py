"""Sphinx settings. The generated pages are written before each build; nothing is fetched from the network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "model")]

import generate  # noqa: E402
import notebook_pages  # noqa: E402

import creditregime  # noqa: E402

project = "creditregime"
author = "The creditregime contributors"
copyright = author
version = release = creditregime.__version__

extensions = ["myst_parser", "mathtext"]
myst_enable_extensions = ["amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
# Parts of other pages: data-schema.md, odd.md
exclude_patterns = ["_build", "**.ipynb", "examples", "data-columns.md", "odd_parts"]

html_theme = "furo"
html_title = f"creditregime {release}"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_math_renderer = "mathtext"
html_show_sphinx = False
html_show_search_summary = False  # would fetch each page found, which a browser refuses from a folder


def write(source: Path) -> None:
    """Write the pages that are made from the code and from notebooks."""
    generate.write(source)
    notebook_pages.write(source)


def setup(app: Any) -> None:
    """Write the generated pages before Sphinx looks for sources."""
    app.connect("config-inited", lambda app, config: write(Path(app.srcdir)))
