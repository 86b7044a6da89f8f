"""The report: one HTML file that needs nothing else, for people who were not there."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from creditregime.laboratory.attribution import Attribution
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.cells import Against
from creditregime.presentation import report_of_attribution, report_of_results, report_of_sweep, style
from creditregime.presentation.figures import figures
from creditregime.presentation.style import Picture


def report(
    result: RunResult | Comparison | Attribution | Sweep,
    pictures: Sequence[Picture] | None = None,
    against: Against | None = None,
) -> str:
    """Return the report of a result as HTML: figures embedded, tables to copy, no script, no outside address.

    Parameters
    ----------
    result
        A run, a comparison, an attribution or a sweep.
    pictures
        Its figures, if they are drawn already.
    against
        Of a sweep: what its points are compared with (see `contrasts`); by default its first point, and nothing where
        points are samples.

    Examples
    --------
    >>> from creditregime.laboratory.run import run
    >>> report(run("regime=none", "population=classroom", months=3)).startswith("<!DOCTYPE html>")
    True
    """
    drawn = figures(result, against) if pictures is None else [*pictures]
    if isinstance(result, Sweep):
        return _template("sweep.html").render(report_of_sweep.context(result, against), drawn=drawn)
    by_name = {picture.name: picture for picture in drawn}
    if isinstance(result, Attribution):
        return _template("attribution.html").render(report_of_attribution.context(result), pictures=by_name)
    return _template("report.html").render(report_of_results.context(result), pictures=by_name)


@cache
def _template(name: str) -> Any:
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
