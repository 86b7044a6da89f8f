"""Equations as SVG inside the page, drawn by matplotlib: readable without a network, a font or LaTeX."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import Any
from xml.sax.saxutils import quoteattr

from docutils.nodes import SkipNode
from matplotlib import rc_context
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import math_to_image

STYLE = {"mathtext.fontset": "stix", "svg.fonttype": "path", "svg.hashsalt": "creditregime", "text.color": "#010203"}
POINTS = 11.0
POINTS_AN_EM = 9.8  # serif letters look smaller than the text's: a tenth more


def setup(app: Any) -> dict[str, bool]:
    """Offer the renderer ``mathtext`` for ``html_math_renderer``."""
    app.add_html_math_renderer("mathtext", inline_renderers=(_inline, None), block_renderers=(_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


@cache
def draw(latex: str) -> str:
    """Return an SVG element as high as its text needs, its baseline on the line's."""
    buffer = io.BytesIO()
    with rc_context(STYLE):
        depth = math_to_image(f"${latex}$", buffer, FontProperties(size=POINTS), dpi=72, format="svg")
    svg = re.sub(r"(?s)^.*?(?=<svg)|<metadata>.*?</metadata>", "", buffer.getvalue().decode())
    svg = svg.replace("#010203", "currentColor")
    width, height = (float(re.search(rf'{side}="([\d.]+)pt"', svg)[1]) / POINTS_AN_EM for side in ("width", "height"))
    size = f'style="width:{width:.3f}em;height:{height:.3f}em;vertical-align:{-depth / POINTS_AN_EM:.3f}em"'
    start = re.search(r'viewBox="[^"]*"', svg)[0]
    label = f'role="img" aria-label={quoteattr(latex)}'
    opening = f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" {start} {size} {label}>'
    return opening + re.sub(r"(?s)^<svg.*?>", "", svg)


def _inline(translator: Any, node: Any) -> None:
    translator.body.append(f'<span class="math">{draw(_one_line(node.astext()))}</span>')
    raise SkipNode


def _block(translator: Any, node: Any) -> None:
    rows = [row for row in re.split(r"\\\\|\n\s*\n", node.astext()) if row.strip()]
    drawn = "".join(f"<div>{draw(_one_line(row))}</div>" for row in rows)
    translator.body.append(f'<div class="math display">{drawn}</div>')
    raise SkipNode


def _one_line(latex: str) -> str:
    return " ".join(latex.split())
