"""Which factors an outcome depends on: one row a factor with its interval, or Morris' plane of μ* and σ."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from creditregime.laboratory.outcomes import BY_NAME
from creditregime.presentation import style, wording
from creditregime.presentation.effects_figure import unit_of
from creditregime.presentation.style import Picture, picture

MOST = 20
"""Factors that are drawn, the strongest first."""
_WIDTH, _ROW, _EDGES = 9.0, 0.34, 2.3
"""Inches: width, height of a factor's row, and what title, axis, legend and note take."""
_PLANE, _NAMES, _BELOW, _ABOVE = (0.75, 5.2), (5.95, 3.0), 0.95, 0.42
"""Inches: from the left and across of Morris' plane and of the names beside it; room below and above them."""

_CAPTIONS = {
    "sobol": "Sobol' indices: the share of the outcome's variance over the design that would go if the factor were "
    "known (S1, first order), and that it has a part in, interactions included (ST, total).",
    "morris": "Morris' elementary effects, per range of a factor: their mean absolute size μ* (how much the factor "
    "matters), and their standard deviation σ (how far its effect depends on where the others are, or is curved).",
    "pawn": "PAWN: the median, over slices of the factor's range, of the Kolmogorov-Smirnov distance between the "
    "outcome's distribution in the slice and over the whole design. Marks beyond the threshold are filled: a factor "
    "that does nothing would rarely get there.",
}
_MAIN = {"sobol": "ST", "morris": "mu_star", "pawn": "pawn"}
_SIGNS = {"ST": "ST", "mu_star": "μ*", "pawn": "PAWN"}


def sensitivity_figure(table: pd.DataFrame, outcome: str) -> Picture:
    """Return the figure of one outcome.

    Parameters
    ----------
    table
        As `laboratory.sensitivity.sensitivity` returns it.
    outcome
        One of the outcomes in it.
    """
    rows = table[table["outcome"] == outcome]
    first, shown = rows.iloc[0], rows.head(MOST)
    method = str(first["method"])
    title = f"What {BY_NAME[outcome].label.lower()} depends on"
    cut = f" The {MOST} strongest of {len(rows)} factors are shown." if len(rows) > MOST else ""
    caption = f"{_CAPTIONS[method]} Bars: {_level(first)} bootstrap intervals, for the seeds that were run.{cut}"
    if first["reason"]:
        size, draw = (_WIDTH, 2.2), _empty(str(first["reason"]))
    elif method == "morris":
        size, draw = (_WIDTH, max(5.0, _EDGES + 0.24 * len(shown))), _plane(shown, first)
    else:
        size, draw = (_WIDTH, _EDGES + _ROW * len(shown)), _strip(shown, first, method)
    return picture(f"sensitivity-{outcome}", title, caption, _alt(shown, method), size, draw)


def _alt(rows: pd.DataFrame, method: str) -> str:
    name = _MAIN[method]
    if rows["reason"].iloc[0]:
        return f"No measures: {rows['reason'].iloc[0]}."
    parts = [
        f"{row['factor']}: {_SIGNS[name]} {wording.number(row[name])} "
        f"{wording.interval(row[f'{name}_low'], row[f'{name}_high'], signed=False)}"
        for _, row in rows.iterrows()
    ]
    return "; ".join(parts) + "."


def _empty(reason: str) -> Callable[[Figure], None]:
    return lambda figure: style.say_empty(figure.subplots(), f"No measures: {reason}")


def _strip(rows: pd.DataFrame, first: Any, method: str) -> Callable[[Figure], None]:
    """Return what draws one row a factor."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        if method == "sobol":
            _marks(axes, rows, "S1", "S1: alone", style.Line(style.BLUE, "-", "o", ""), -0.16)
            _marks(axes, rows, "ST", "ST: with interactions", style.Line(style.VERMILION, "-", "s", ""), 0.16)
            axes.set_xlabel("share of the variance")
        else:
            _marks(axes, rows, "pawn", "PAWN index", style.Line(style.BLUE, "-", "o", ""), 0.0)
            axes.plot(rows["threshold"], range(len(rows)), "|", color=style.BLACK, markersize=13, markeredgewidth=2,
                      label="threshold: what chance gives", linestyle="none")  # fmt: skip
            axes.set_xlabel("median distance of distributions (0 to 1)")
        axes.axvline(0, color=style.FAINT, linewidth=0.9)
        axes.set_yticks(range(len(rows)), [*rows["factor"]])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper right", ncols=2)
        _foot(figure, first)

    return draw


def _marks(axes: Axes, rows: pd.DataFrame, name: str, label: str, line: style.Line, shift: float) -> None:
    """Draw a measure with its intervals; hollow where a threshold is not passed."""
    for position, (_, row) in enumerate(rows.iterrows()):
        y, face = position + shift, line.colour
        if "threshold" in rows and not row[name] > row["threshold"]:
            face = "white"
        axes.plot([row[f"{name}_low"], row[f"{name}_high"]], [y, y], color=line.colour, linewidth=2.2)
        axes.plot(
            [row[name]],
            [y],
            line.marker,
            color=line.colour,
            markerfacecolor=face,
            markersize=6.5,
            label=label if position == 0 else None,
        )


def _plane(rows: pd.DataFrame, first: Any) -> Callable[[Figure], None]:
    """Return what draws μ* against σ, factors by number."""

    def draw(figure: Figure) -> None:
        # Placed by hand: the solver of the layout moves two columns by a last digit from one drawing to the next.
        figure.set_layout_engine("none")
        height = figure.get_figheight()
        below, up = _BELOW / height, (height - _BELOW - _ABOVE) / height
        axes = figure.add_axes((_PLANE[0] / _WIDTH, below, _PLANE[1] / _WIDTH, up))
        names = figure.add_axes((_NAMES[0] / _WIDTH, below, _NAMES[1] / _WIDTH, up))
        _points(axes, rows)
        names.set_axis_off()
        for position, (_, row) in enumerate(rows.iterrows()):
            y = 1 - (position + 0.5) / max(len(rows), 12)
            names.text(
                0.08, y, f"{position + 1}", ha="right", va="center", fontweight="bold", fontsize=9, color=style.BLUE
            )
            names.text(0.12, y, row["factor"], ha="left", va="center", fontsize=9)
        names.set(xlim=(0, 1), ylim=(0, 1))
        _foot(figure, first)

    return draw


def _points(axes: Axes, rows: pd.DataFrame) -> None:
    across, up = (
        [rows[name] - rows[f"{name}_low"], rows[f"{name}_high"] - rows[name]] for name in ("mu_star", "sigma")
    )
    axes.errorbar(rows["mu_star"], rows["sigma"], xerr=across, yerr=up, fmt="o", color=style.BLUE, ecolor=style.SKY,
                  elinewidth=1.3, markersize=5)  # fmt: skip
    right = 1.05 * float(rows["mu_star_high"].max())
    top = 1.05 * float(max(rows["sigma_high"].max(), 0.3 * right))
    axes.plot([0, right], [0, right], "--", color=style.FAINT, linewidth=1)
    axes.text(min(right, top) * 0.97, min(right, top) * 0.97, "σ = μ* ", ha="right", va="top", color=style.FAINT)
    axes.set(xlim=(-0.015 * right, right), ylim=(min(-0.03 * top, 1.05 * float(rows["sigma_low"].min())), top))
    _numbers(axes, rows, right, top)
    unit = unit_of(rows.iloc[0])
    axes.set(xlabel=f"μ*: mean absolute effect ({unit})", ylabel=f"σ: spread of effects ({unit})")


def _numbers(axes: Axes, rows: pd.DataFrame, right: float, top: float) -> None:
    """Write each factor's number beside its mark, higher where the one before would be written over."""
    level, before = 0, (math.inf, math.inf)
    for position, (_, row) in enumerate(rows.iterrows()):
        at = (float(row["mu_star"]), float(row["sigma"]))
        near = before[0] - at[0] < 0.04 * right and abs(before[1] - at[1]) < 0.05 * top
        level, before = (level + 1) % 4 if near else 0, at
        axes.annotate(f"{position + 1}", at, xytext=(3, 4 + 10 * level), textcoords="offset points", fontsize=9,
                      fontweight="bold", color=style.INK)  # fmt: skip


def _foot(figure: Figure, first: Any) -> None:
    """Write what the figure rests on."""
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0.012, 0, 0.98, 1))  # names at the left edge are not cut
    what = {"sobol": "blocks of Saltelli's design", "morris": "trajectories", "pawn": "points"}[str(first["method"])]
    text = f"{first['blocks']} {what}, {first['seeds']} seed{'' if first['seeds'] == 1 else 's'} at each point."
    if math.isfinite(first["noise_of_run"]):
        runs, means = (style.percent(float(f"{first[name]:.2g}")) for name in ("noise_of_run", "noise_of_mean"))
        text += f" Seeds make {runs} of the variance of single runs and {means} of that of the means analysed."
    if first["left_out"]:
        text += f" {first['left_out']} left out: a point has no value."
    style.note(figure, f"{text} Bars: {_level(first)} bootstrap intervals.")


def _level(first: Any) -> str:
    return style.percent(float(first["confidence"]))
