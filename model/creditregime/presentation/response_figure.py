"""How outcomes of a sweep respond to a factor: means over seeds, their intervals, and paired differences."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from creditregime.errors import ScenarioError
from creditregime.laboratory.effects import mean_interval
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.cells import Against, Cells, cells, chosen_outcomes
from creditregime.presentation import style, wording
from creditregime.presentation.style import LINES, Picture, picture
from creditregime.presentation.sweep_words import Labels, Levels, Seeds, Words, outcome_unit

Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """An outcome along a factor, at one level of another: mean, interval and number of seeds, (levels,) each."""

    label: str
    mean: Reals
    low: Reals
    high: Reals
    seeds: NDArray[np.int64]


def response(
    result: Sweep,
    factor: str,
    outcomes: str | Sequence[str],
    by: str | None = None,
    against: Against | None = None,
    at: Mapping[str, Any] | None = None,
    name: str = "response",
    labels: Labels | None = None,
    levels: Levels | None = None,
    title: str | None = None,
) -> Picture:
    """Return how outcomes respond to a factor of a sweep, one panel an outcome.

    Parameters
    ----------
    result
        The sweep.
    factor
        What varies along the axis; numbers are joined by lines, names are not.
    outcomes
        One or several outcomes.
    by
        A second factor: one line a level, at most seven.
    against
        Show differences from this reference instead (see `contrasts`), paired by seed.
    at
        Fix other factors, ``{"months": 120}``; those that are not fixed are averaged over.
    name, title
        Stem of the files; title.
    labels, levels
        Texts for factors, and for their values (see `Words`).

    Raises
    ------
    ScenarioError
        One line: an unknown factor, value or outcome, or too many levels to be told apart.
    """
    words, names = Words(result, labels, levels), chosen_outcomes(result, outcomes)
    found = cells(result, [factor, *([by] if by else [])], names, against, at)
    panels = {outcome: _curves(found, words, number, against) for number, outcome in enumerate(names)}
    if len(next(iter(panels.values()))) > len(LINES):
        raise ScenarioError(f"by: '{by}' has more levels than the {len(LINES)} lines that can be told apart")
    rest = _rest(words, found, against, at)
    seeds = Seeds.of(count for curves in panels.values() for curve in curves for count in curve.seeds)
    how = _how(seeds, found, against is not None)
    rows, columns = _grid(len(names))
    return picture(
        name,
        title or _title(words, names, factor, against),
        f"{rest} {how}".strip(),
        _alt(words, panels, found.levels[0], factor),
        ((5.6, 9.2, 12.4)[columns - 1] + 1.8 * (by is not None), 3.6 * rows + 0.8),
        lambda figure: _draw(figure, words, found, panels, against, how),
    )


def _curves(found: Cells, words: Words, number: int, against: Against | None) -> list[Curve]:
    """Return the curves of an outcome; what is the reference all along is none."""
    values = found.values[..., number]
    if len(found.factors) == 1:
        return [_curve("", values)]
    by, levels = found.factors[1], found.levels[1]
    curves = [_curve(words.level(by, level), values[:, place]) for place, level in enumerate(levels)]
    fixed = isinstance(against, Mapping) and set(against) == {by}
    return [curve for curve in curves if not (fixed and _is_reference(curve))]


def _is_reference(curve: Curve) -> bool:
    known = curve.seeds > 0
    return bool(known.any() and not curve.mean[known].any() and not np.nan_to_num(curve.high[known]).any())


def _curve(label: str, values: Reals) -> Curve:
    finite = [row[np.isfinite(row)] for row in values]
    mean, low, high = np.array([mean_interval(row) for row in finite]).T
    return Curve(label, mean, low, high, np.array([len(row) for row in finite]))


def _grid(number: int) -> tuple[int, int]:
    columns = min(number, 2 if number in (2, 4) else 3)
    return -(-number // columns), columns


def _title(words: Words, names: Sequence[str], factor: str, against: Against | None) -> str:
    what = BY_NAME[names[0]].label if len(names) == 1 else "Outcomes"
    if against is not None:
        return f"{what} by {words.factor(factor)}: difference from {words.reference(against)}"
    return f"{what} by {words.factor(factor)}"


def _rest(words: Words, found: Cells, against: Against | None, at: Mapping[str, Any] | None) -> str:
    parts = []
    if against is not None:
        parts.append(f"Differences, seed by seed, from {words.reference(against)}.")
    if at:
        parts.append(f"At {words.reference(at)}.")
    if found.averaged:
        parts.append(f"Averaged over {', '.join(words.factor(name) for name in found.averaged)}.")
    return " ".join(parts)


def _how(seeds: Seeds, found: Cells, difference: bool) -> str:
    drawn = "bands" if _numeric(found.levels[0]) else "bars"
    what = "Mean paired differences" if difference else "Means"
    return f"{what} over {seeds.words}{f'; {drawn}: 95% intervals of the mean (Student)' if seeds.intervals else ''}."


def _numeric(levels: Sequence[Any]) -> bool:
    return all(isinstance(level, int | float) for level in levels)


def _alt(words: Words, panels: Mapping[str, list[Curve]], levels: Sequence[Any], factor: str) -> str:
    ends = [words.level(factor, levels[place]) for place in (0, -1)]
    said = []
    for outcome, curves in panels.items():
        for curve in curves:
            who = f" ({curve.label})" if curve.label else ""
            first, last = (
                f"{wording.number(curve.mean[place])} {wording.interval(curve.low[place], curve.high[place])}"
                for place in (0, -1)
            )
            said.append(f"{BY_NAME[outcome].label}{who}: {first} at {ends[0]}, {last} at {ends[1]}")
    return f"By {words.axis(factor)}. {'; '.join(said)}."


def _draw(
    figure: Figure, words: Words, found: Cells, panels: Mapping[str, list[Curve]], against: Against | None, how: str
) -> None:
    rows, columns = _grid(len(panels))
    every = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in every[len(panels) :]:
        axes.set_axis_off()
    for axes, (outcome, curves) in zip(every, panels.items(), strict=False):
        _panel(axes, words, found, curves, against is not None)
        unit = outcome_unit(outcome, difference=against is not None)
        change = "difference, " if against is not None else ""
        if len(panels) > 1:
            axes.set_title(textwrap.fill(BY_NAME[outcome].label, 46))
        axes.set_ylabel(textwrap.fill(f"{change}{unit}", 34))
    if len(found.factors) > 1:
        handles, shown = every[0].get_legend_handles_labels()
        heading = textwrap.fill(words.axis(found.factors[1]), 24)
        shown = [textwrap.fill(text, 24) for text in shown]
        figure.legend(handles, shown, title=heading, loc="outside right upper", alignment="left", labelspacing=0.7)
    style.note(figure, how)


def _panel(axes: Axes, words: Words, found: Cells, curves: Sequence[Curve], difference: bool) -> None:
    levels, factor = found.levels[0], found.factors[0]
    if not any(curve.seeds.any() for curve in curves):
        style.say_empty(axes, "No finished run, or nothing but the reference")
        return
    draw = _lines if _numeric(levels) else _marks
    draw(axes, words, factor, levels, curves)
    if difference or any((curve.mean < 0).any() for curve in curves):
        axes.axhline(0, color=style.FAINT, linewidth=0.9, zorder=1)
    axes.set_xlabel(words.axis(factor))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))


def _lines(axes: Axes, words: Words, factor: str, levels: Sequence[Any], curves: Sequence[Curve]) -> None:
    """Join numbers; on a logarithmic axis if they span a factor of fifty and more."""
    for curve, line in zip(curves, LINES, strict=False):
        axes.fill_between(levels, curve.low, curve.high, color=line.colour, alpha=0.16, linewidth=0)
        for edge in (curve.low, curve.high):
            axes.plot(levels, edge, linestyle=line.dash, color=line.colour, linewidth=0.6, alpha=0.7)
        axes.plot(levels, curve.mean, linestyle=line.dash, color=line.colour, marker=line.marker, label=curve.label)
    if min(levels) > 0 and max(levels) / min(levels) >= 50:
        axes.set_xscale("log")
    elif len(levels) <= 8:
        axes.set_xticks(levels, [words.level(factor, level) for level in levels])


def _marks(axes: Axes, words: Words, factor: str, levels: Sequence[Any], curves: Sequence[Curve]) -> None:
    """Put names side by side; no line suggests that there is something in between."""
    for number, (curve, line) in enumerate(zip(curves, LINES, strict=False)):
        x = np.arange(len(levels)) + 0.14 * (number - (len(curves) - 1) / 2)
        known = np.isfinite(curve.low)
        axes.vlines(x[known], curve.low[known], curve.high[known], color=line.colour, linewidth=2.2)
        axes.plot(x, curve.mean, linestyle="", color=line.colour, marker=line.marker, label=curve.label)
    wide = max(int(60 / len(levels)), 8)
    axes.set_xticks(range(len(levels)), [textwrap.fill(words.level(factor, level), wide) for level in levels])
    axes.set_xlim(-0.6, len(levels) - 0.4)
    axes.grid(axis="x", visible=False)
