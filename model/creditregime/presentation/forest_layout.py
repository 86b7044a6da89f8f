"""A forest: rows with their names beside them, one panel an outcome, and in each panel an effect with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from creditregime.laboratory.outcomes import BY_NAME
from creditregime.presentation import style, wording
from creditregime.presentation.style import Picture, picture
from creditregime.presentation.sweep_words import Seeds, outcome_unit

_ROW, _HEAD, _FOOT = 0.29, 0.45, 0.52
"""Heights of a row, of what stands above the rows, and of the axis with its label below, inches."""
_STRIP, _GAP = 2.2, 0.25
"""Widths of a panel's axes, and of the space after a panel, inches."""
_LETTER = 0.078
"""Width of a letter of nine points, inches."""
_TOP, _NOTE = 0.42, 0.34


class Column(NamedTuple):
    """A factor beside the rows: its name, and its level in each row."""

    heading: str
    cells: list[str]

    @property
    def width(self) -> float:
        """Width in inches."""
        return _LETTER * max(map(len, [self.heading, *self.cells])) + 0.16


class Frame(NamedTuple):
    """The measures of a figure, inches: of its names, of a panel with its numbers, and of its title."""

    left: float
    panel: float
    across: int
    top: float


def forest_picture(
    name: str, title: str, what: str, columns: Sequence[Column], parts: Sequence[pd.DataFrame], seeds: Seeds
) -> Picture:
    """Return a forest.

    Parameters
    ----------
    name, title
        Stem of its files; title.
    what
        What an effect is, as a phrase with a capital.
    columns
        What the rows are.
    parts
        One table an outcome, with a row a row: ``outcome``, ``effect``, ``low``, ``high``, ``seeds``.
    seeds
        Over how many seeds.
    """
    frame, size = _frame(columns, parts, title)
    interval = " with its 95% interval (Student). Filled: the interval excludes zero" if seeds.intervals else ""
    return picture(
        name,
        title,
        f"{what}, over {seeds.words}: mean{interval}. Each panel has its own scale and unit.",
        _alt(columns, parts),
        size,
        lambda figure: _draw(figure, columns, parts, frame, seeds),
    )


def _frame(columns: Sequence[Column], parts: Sequence[pd.DataFrame], title: str) -> tuple[Frame, tuple[float, float]]:
    """Return the measures, and the size of the figure."""
    across = min(len(parts), 2 if len(parts) in (2, 4) else 3)
    left = sum(column.width for column in columns) + 0.2
    longest = max(len(wording.effect(row)) for part in parts for row in wording.rows(part))
    panel = _STRIP + 0.95 * _LETTER * longest + _GAP
    width = max(left + across * panel, 6.5)
    top = _TOP + 0.24 * (style.lines_of_title(title, width) - 1)
    tall = -(-len(parts) // across) * (_HEAD + _ROW * len(parts[0]) + _FOOT)
    return Frame(left, panel, across, top), (width, top + tall + _NOTE)


def _alt(columns: Sequence[Column], parts: Sequence[pd.DataFrame]) -> str:
    who = [
        ", ".join(f"{column.heading} {cell}".strip() for column, cell in zip(columns, cells, strict=True))
        for cells in zip(*(column.cells for column in columns), strict=True)
    ]
    said = []
    for part in parts:
        effects = [f"{label} {wording.effect(row)}" for label, row in zip(who, wording.rows(part), strict=True)]
        outcome = str(part["outcome"].iloc[0])
        said.append(f"{BY_NAME[outcome].label} in {outcome_unit(outcome, difference=True)}: {'; '.join(effects)}")
    return ". ".join(said) + "."


def _draw(figure: Figure, columns: Sequence[Column], parts: Sequence[pd.DataFrame], frame: Frame, seeds: Seeds) -> None:
    figure.set_layout_engine("none")
    width, height = figure.get_size_inches()
    rows = len(columns[0].cells)
    for number, part in enumerate(parts):
        down, right = divmod(number, frame.across)
        upper = height - frame.top - down * (_HEAD + _ROW * rows + _FOOT) - _HEAD
        if not right:
            _names(figure, columns, upper)
        x, y = frame.left + right * frame.panel, upper - _ROW * rows
        axes = figure.add_axes((x / width, y / height, _STRIP / width, _ROW * rows / height))
        _panel(axes, part)
        outcome = str(part["outcome"].iloc[0])
        figure.text(x / width, (upper + 0.12) / height, BY_NAME[outcome].label, fontweight="bold", fontsize=10)
        axes.set_xlabel(outcome_unit(outcome, difference=True), fontsize=8.5, labelpad=2)
        for place, row in enumerate(wording.rows(part)):
            at = (upper - _ROW * (place + 0.5)) / height
            colour = style.INK if wording.excludes_zero(row) else style.FAINT
            figure.text((x + _STRIP + 0.08) / width, at, wording.effect(row), fontsize=8.5, va="center", color=colour)
    bars = "; bars: 95% intervals; ● excludes 0, ○ includes 0" if seeds.intervals else ""
    style.note(figure, f"Mean paired differences over {seeds.words}{bars}.")


def _names(figure: Figure, columns: Sequence[Column], upper: float) -> None:
    """Write the factors' levels beside the rows, under their names."""
    width, height = figure.get_size_inches()
    x = 0.12
    for column in columns:
        figure.text(x / width, (upper + 0.12) / height, column.heading, fontsize=9, color=style.FAINT)
        for place, cell in enumerate(column.cells):
            if place and column is not columns[-1] and _same_before(columns, column, place):
                continue
            figure.text(x / width, (upper - _ROW * (place + 0.5)) / height, cell, fontsize=9, va="center")
        x += column.width


def _same_before(columns: Sequence[Column], column: Column, place: int) -> bool:
    """Tell whether a row has the same level as the one above, in this column and those to its left."""
    upto = columns[: columns.index(column) + 1]
    return all(other.cells[place] == other.cells[place - 1] for other in upto)


def _panel(axes: Axes, part: pd.DataFrame) -> None:
    axes.axvline(0, color=style.FAINT, linewidth=0.9)
    for place, row in enumerate(wording.rows(part)):
        clear = wording.excludes_zero(row)
        colour = (style.BLUE if row.effect > 0 else style.VERMILION) if clear else style.FAINT
        if math.isfinite(row.low):
            axes.plot([row.low, row.high], [place, place], color=colour, linewidth=2.2, solid_capstyle="butt")
        face = colour if clear else "white"
        axes.plot([row.effect], [place], "o", color=colour, markerfacecolor=face, markeredgewidth=1.4, markersize=5.5)
    reach = np.array([part["effect"], part["low"], part["high"]], np.float64)
    most = float(np.nanmax(np.abs(reach), initial=0.0)) or 1.0
    known = reach[np.isfinite(reach)]
    axes.set_xlim(min(known.min(initial=0.0), 0) - 0.06 * most, max(known.max(initial=0.0), 0) + 0.06 * most)
    axes.set_ylim(len(part) - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(value, 9):g}".replace("-", "−")))
    axes.tick_params(axis="x", labelsize=8, length=2)
