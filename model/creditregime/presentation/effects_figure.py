"""The paired effects, one row an outcome, each row on a scale of its own unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from creditregime.laboratory.outcomes import BY_NAME
from creditregime.presentation import style, wording
from creditregime.presentation.paired import Paired
from creditregime.presentation.style import Picture, picture

TOPICS: dict[str, tuple[str, ...]] = {
    "Conduct": ("compliance", "violations", "harm"),
    "Enforcement and standing": (
        "detections",
        "false_findings",
        "inspections",
        "fines",
        "sanctions",
        "joint_sanctions",
        "listed",
        "listed_by_association",
        "downgraded_by_association",
        "segregation",
    ),
    "Who leaves": (),
    "Economy": (),
}
"""Headings of the rows; what is not named goes by its name to one of the last two."""

_WIDTH = 11.0
_ROW, _HEADING, _BOTTOM = 0.44, 0.36, 0.62
_LINE = 0.24
"""Height of one line of the title, inches."""
_STRIP = (3.4, 6.3)
_TEXT, _LEVELS, _READING = 6.55, 8.6, 10.15
"""Where the columns begin, inches from the left."""
_COLOURS = {"more": style.BLUE, "less": style.VERMILION}


def effects(comparison: Paired, outcomes: Sequence[str] | None = None, name: str = "effects") -> Picture:
    """Return the forest of paired effects, by default of the headline outcomes."""
    table = comparison.effects().set_index("outcome", drop=False)
    chosen = [item for item in table.index if BY_NAME[item].headline] if outcomes is None else list(outcomes)
    rows = sections([table.loc[item] for item in chosen])
    here, there = comparison.labels
    seeds = len(comparison.seeds)
    title = f"Effect of “{here}” against “{there}”"
    top = 0.5 + _LINE * style.lines_of_title(title, _WIDTH)
    height = top + _BOTTOM + sum(_HEADING if isinstance(row, str) else _ROW for row in rows)
    caption = (
        f"What “{here}” changes against “{there}”: mean paired difference over {seeds} "
        f"seed{'s' if seeds > 1 else ''} with its 95% interval. Every row has its own scale, in its own unit, so "
        f"lengths "
        "must not be compared between rows. A filled mark: the interval excludes zero."
    )
    alt = "; ".join(_sentence(row) for row in rows if not isinstance(row, str))
    return picture(
        name,
        title,
        caption,
        alt + ".",
        (_WIDTH, height),
        lambda figure: _draw(figure, rows, height - top, seeds),
    )


def sections(rows: Sequence[Any]) -> list[Any]:
    """Return the rows in their order with a heading before each group of them."""
    found: dict[str, list[Any]] = {heading: [] for heading in TOPICS}
    for row in rows:
        found[heading_of(str(row["outcome"]))].append(row)
    return [item for heading, members in found.items() if members for item in (heading, *members)]


def heading_of(indicator: str) -> str:
    """Return the heading under which an outcome stands."""
    for heading, members in TOPICS.items():
        if indicator in members:
            return heading
    return "Who leaves" if indicator.startswith(("exits", "entries")) else "Economy"


def unit_of(row: Any) -> str:
    """Return the unit of an effect: differences of percentages are percentage points."""
    unit = str(row["unit"])
    return "percentage points" + unit.removeprefix("%") if unit.startswith("%") else unit


def _sentence(row: Any) -> str:
    return (
        f"{row['label']} {wording.number(row['effect'], signed=True)} {unit_of(row)} "
        f"{wording.interval(row['low'], row['high'])}"
    )


def _draw(figure: Figure, rows: Sequence[Any], y: float, seeds: int) -> None:
    figure.set_layout_engine("none")
    height = figure.get_figheight()
    _header(figure, (y + 0.06) / height)
    for row in rows:
        if isinstance(row, str):
            y -= _HEADING
            figure.text(0.13 / _WIDTH, (y + 0.09) / height, row, fontweight="bold", fontsize=10.5)
            continue
        y -= _ROW
        low, high = _STRIP
        axes = figure.add_axes((low / _WIDTH, (y + 0.17) / height, (high - low) / _WIDTH, (_ROW - 0.17) / height))
        _strip(axes, row)
        _words(figure, row, (y + 0.17 + (_ROW - 0.17) / 2) / height)
    runs = f"{seeds} paired runs, common random numbers" if seeds > 1 else "One pair of runs: no interval can be given"
    bars = " Bars: 95% intervals of the mean difference; ● excludes 0, ○ includes 0."
    style.note(figure, f"{runs}. Each row has its own scale.{bars if seeds > 1 else ''}")


def _header(figure: Figure, y: float) -> None:
    titles = (
        (0.13, "outcome"),
        (_STRIP[0], "less  ←  effect  →  more"),
        (_TEXT, "effect [95% interval]"),
        (_LEVELS, "level: from → to"),
        (_READING, "reading"),
    )
    for x, text in titles:
        figure.text(x / _WIDTH, y, text, fontsize=9, color=style.FAINT)


def _strip(axes: Axes, row: Any) -> None:
    effect, low, high = (float(row[name]) for name in ("effect", "low", "high"))
    reading = wording.verdict(row)
    colour = _COLOURS.get(reading, style.FAINT)
    axes.axvline(0, color=style.FAINT, linewidth=0.9)
    face = colour if reading in _COLOURS else "white"
    if math.isfinite(low) and math.isfinite(high):
        axes.plot([low, high], [0, 0], color=colour, linewidth=2.6, solid_capstyle="butt")
        axes.plot([low, high], [0, 0], "|", color=colour, markersize=9)  # seen where the mark hides a short interval
    axes.plot([effect], [0], "o", markersize=5.5, markerfacecolor=face, markeredgecolor=colour, markeredgewidth=1.6)
    reach = max((abs(value) for value in (effect, low, high) if math.isfinite(value)), default=0.0) or 1.0
    left = min([0.0] + [value for value in (effect, low) if math.isfinite(value)]) - 0.12 * reach
    right = max([0.0] + [value for value in (effect, high) if math.isfinite(value)]) + 0.12 * reach
    axes.set(xlim=(left, right), ylim=(-1, 1), yticks=[])
    constant = effect == 0 and (low == high == 0 or not math.isfinite(low))
    axes.xaxis.set_major_locator(FixedLocator([0]) if constant else MaxNLocator(nbins=4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(value, 9):g}".replace("-", "−")))
    axes.tick_params(axis="x", labelsize=7, length=2, pad=1.5)
    axes.spines["left"].set_visible(False)


def _words(figure: Figure, row: Any, y: float) -> None:
    effect, low, high = (float(row[name]) for name in ("effect", "low", "high"))
    finite = np.isfinite([low, high]).all()
    places = wording.decimals(effect, (high - low) / 2) if finite else wording.decimals(effect)
    text = f"{wording.number(effect, places, signed=True)}  {wording.interval(low, high, places)}"
    reading = wording.verdict(row)
    levels = min(max(wording.decimals(float(row["against"]), float(row["scenario"])), places), 3)
    moves = f"{wording.number(row['against'], levels)} → {wording.number(row['scenario'], levels)}"
    figure.text(0.13 / _WIDTH, y, row["label"], fontsize=9.5, va="bottom")
    figure.text(0.13 / _WIDTH, y - 0.005, unit_of(row), fontsize=7.5, va="top", color=style.FAINT)
    figure.text(_TEXT / _WIDTH, y, text, fontsize=9, va="center")
    figure.text(_LEVELS / _WIDTH, y, moves, fontsize=9, va="center", color=style.FAINT)
    colour = _COLOURS.get(reading, style.FAINT)
    figure.text(_READING / _WIDTH, y, reading, fontsize=9, va="center", color=colour, fontweight="bold")
