"""The report: one HTML file that needs nothing else, for people who were not there."""

from __future__ import annotations

from collections.abc import Sequence

from creditregime.laboratory.attribution import Attribution
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.cells import Against
from creditregime.laboratory.tournament import Tournament
from creditregime.presentation import report_of_attribution, report_of_results, report_of_sweep, report_of_tournament
from creditregime.presentation.figures import figures
from creditregime.presentation.html import template
from creditregime.presentation.style import Picture


def report(
    result: RunResult | Comparison | Attribution | Tournament | Sweep,
    pictures: Sequence[Picture] | None = None,
    against: Against | None = None,
) -> str:
    """Return the report of a result as HTML: figures embedded, tables to copy, no script, no outside address.

    Parameters
    ----------
    result
        A run, a comparison, an attribution, a tournament or a sweep.
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
        return template("sweep.html").render(report_of_sweep.context(result, against), drawn=drawn)
    by_name = {picture.name: picture for picture in drawn}
    if isinstance(result, Attribution):
        return template("attribution.html").render(report_of_attribution.context(result), pictures=by_name)
    if isinstance(result, Tournament):
        return template("tournament.html").render(report_of_tournament.context(result), pictures=by_name)
    return template("report.html").render(report_of_results.context(result), pictures=by_name)
