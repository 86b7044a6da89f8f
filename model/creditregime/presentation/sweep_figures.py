"""The figures that suit a sweep, by its design."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.sensitivity import sensitivity
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.cells import Against, factors_of, references
from creditregime.laboratory.sweeps.designs import Factorial, Sampled
from creditregime.presentation.forest_figure import MOST_POINTS, attribution, forest, group_forest
from creditregime.presentation.phase_figure import phase_diagram
from creditregime.presentation.response_figure import response
from creditregime.presentation.scatter_figure import scatter
from creditregime.presentation.sensitivity_figure import sensitivity_figure
from creditregime.presentation.style import LINES, Picture
from creditregime.presentation.survival_figure import survival

MOST_OUTCOMES, MOST_MAPS = 6, 4
"""Outcomes shown in one figure, and outcomes that get a map of their own."""


def headline(result: Sweep) -> list[str]:
    """Return the outcomes to show: those of the short tables that were kept, or else the first ones."""
    kept = result.study.outcomes
    return [name for name in kept if BY_NAME[name].headline][:MOST_OUTCOMES] or kept[:MOST_OUTCOMES]


def reference(result: Sweep, against: Against | None) -> Against | None:
    """Return what points are compared with: as asked for, or the first point, or nothing where they are samples."""
    if against is not None:
        references(result, against)  # says what is wrong with it
        return against
    return None if isinstance(result.study.design, Sampled) or len(result.points) < 2 else 0


def sweep_figures(result: Sweep, against: Against | None = None) -> list[Picture]:
    """Return the figures of a sweep, in the order in which a reader wants them."""
    if not len(result.runs):
        return []
    chosen, names = reference(result, against), headline(result)
    if isinstance(result.study.design, Sampled):
        table = measures(result)
        drawn = [] if table is None else [sensitivity_figure(table, name) for name in table["outcome"].unique()]
        return [scatter(result, names[:MOST_MAPS]), *drawn]
    varying = [name for name in factors_of(result) if result.points[name].nunique() > 1]
    drawn = _of_toggles(result, names) if isinstance(result.study.design, Factorial) else []
    drawn = drawn or _of_levels(result, varying, names, chosen)
    curves = [picture for picture in drawn if picture.name == "differences"]
    if chosen is not None and 1 < len(result.points) <= MOST_POINTS and not (curves and len(varying) == 1):
        drawn.append(forest(result, chosen, names))
    return drawn + _of_firms(result, varying, chosen)


def measures(result: Sweep) -> pd.DataFrame | None:
    """Return what the outcomes with a map of their own depend on, of a design of samples that allows to tell."""
    if not isinstance(result.study.design, Sampled):
        return None
    try:
        return sensitivity(result, headline(result)[:MOST_MAPS])
    except CreditRegimeError:  # too few points are finished, or what it takes is not installed: there is the scatter
        return None


def _of_toggles(result: Sweep, names: Sequence[str]) -> list[Picture]:
    try:
        return [attribution(result, names)]
    except ScenarioError:  # no seed has all combinations: the forest shows what there is
        return []


def _of_levels(result: Sweep, varying: Sequence[str], names: Sequence[str], against: Against | None) -> list[Picture]:
    """Return maps of two numbers; curves, a line a level of a second factor; or a figure for each of many factors."""
    if len(varying) == 2 and all(_is_axis(result, name) for name in varying):
        x, y = varying
        maps = [phase_diagram(result, x, y, name, name=f"phases_{name}") for name in names[:MOST_MAPS]]
        if against is not None:
            maps += [
                phase_diagram(result, x, y, name, against, name=f"phases_{name}_difference")
                for name in names[:MOST_MAPS]
            ]
        return maps
    if len(varying) > 2:
        return [response(result, factor, names, name=f"levels_{place}") for place, factor in enumerate(varying)]
    if not varying:
        return []
    x, by = _axis_and_lines(result, varying)
    drawn = [response(result, x, names, by, name="levels")]
    if against is not None and _is_axis(result, x):
        drawn.append(response(result, x, names, by, against, name="differences"))
    return drawn


def _is_axis(result: Sweep, name: str) -> bool:
    column = result.points[name]
    return column.dtype.kind in "if" and column.nunique() > 2


def _axis_and_lines(result: Sweep, varying: Sequence[str]) -> tuple[str, str | None]:
    """Return the factor for the axis, the one with most levels and rather a number, and the one for lines."""
    points = result.points
    order = sorted(varying, key=lambda name: (points[name].dtype.kind not in "if", -points[name].nunique()))
    lines = [name for name in order[1:] if points[name].nunique() <= len(LINES)]
    return order[0], lines[0] if lines else None


def _of_firms(result: Sweep, varying: Sequence[str], against: Against | None) -> list[Picture]:
    """Return survival by the factor with fewest levels, and who bears the difference of two points, if that is kept."""
    drawn = []
    few = [name for name in varying if result.points[name].nunique() <= len(LINES)]
    if result.study.exits and few:
        drawn.append(survival(result, min(few, key=lambda name: result.points[name].nunique())))
    if result.study.groups and against is not None and len(result.points) == 2:
        there = int(references(result, against)[0])
        drawn.append(group_forest(result, 1 - there, there, result.study.groups[:3]))
    return drawn
