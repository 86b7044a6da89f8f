"""The templates of pages, and what they can do with figures and names."""

from __future__ import annotations

import base64
import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from creditregime.presentation import style
from creditregime.presentation.style import Picture


@cache
def template(name: str) -> Any:
    """Return one of the templates: what it inserts is escaped, and what it is not given is an error."""
    environment = Environment(
        loader=PackageLoader("creditregime.presentation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["embed"] = _embed
    environment.filters["widest"] = _widest
    environment.filters["readable"] = style.readable
    return environment.get_template(name)


def _widest(picture: Picture) -> int:
    """Return the width in pixels up to which a figure is enlarged: letters shall not grow beyond those of the text."""
    points = float(re.search(rb'<svg[^>]* width="([\d.]+)pt"', picture.svg)[1])  # type: ignore[index]
    return round(1.65 * points)


def _embed(picture: Picture) -> str:
    """Return a figure as a data address: vectors, sharp on paper and on a wall, to a hundredth of a point."""
    small = re.sub(rb">\s+<", b"><", picture.svg)
    small = re.sub(rb' d="[^"]*"', lambda path: re.sub(rb"(\.\d\d)\d+", rb"\1", path[0]), small)
    return "data:image/svg+xml;base64," + base64.b64encode(small).decode("ascii")
