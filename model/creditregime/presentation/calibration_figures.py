"""Figures of a calibration: how the targets are met, and what is known of the parameters afterwards."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from creditregime.presentation import style, wording
from creditregime.presentation.style import BLUE, FAINT, INK, ORANGE, PALE, SKY, VERMILION, Picture, picture

if TYPE_CHECKING:
    from creditregime.laboratory.calibration import Calibration

SHARES = ("grade_share", "inspection_rate", "exit_rate", "listing_rate")
MOST_PAIRS = 7
"""Parameters beyond which only their own distributions are drawn."""
_MARKS = {"within": "o", "covered": "D", "off": "X"}


def figures(calibration: Calibration) -> list[Picture]:
    """Return the figures of a calibration."""
    return [fit(calibration), posterior(calibration)]


def fit(calibration: Calibration) -> Picture:
    """Return the targets, one row each: published, obtained over the posterior, and what the prior would give."""
    table, level = calibration.fit, round(100 * calibration.study.confidence)
    title = f"Published figures and what the calibrated model gives: {calibration.study.title}".rstrip(": ")
    caption = (
        f"Expected value of each measure (mean over {calibration.study.seeds} seeds) over the parameters that remain"
        f" likely: median and {level}% interval. Pale: the same interval before the calibration, which may run out of"
        " the row. Band: published range, or figure plus and minus its tolerance. Each row has a scale of its own."
        " Filled circle: the median is in the published range; diamond: the interval reaches it; cross: neither."
    )
    alt = "; ".join(_said(calibration, row) for row in wording.rows(table))
    height = 1.6 + 0.62 * len(table) + 0.2 * len(caption) / 100
    return picture(
        "fit", title, caption, f"{alt}.", (10.0, height), lambda canvas: _draw_fit(canvas, calibration, caption)
    )


def posterior(calibration: Calibration) -> Picture:
    """Return the distribution of each parameter, and of each pair of them."""
    names = [*calibration.study.parameters]
    effective = f"{calibration.effective:.0f}"
    caption = (
        f"Draws from the posterior ({len(calibration.posterior)} draws, {effective} effective points). Diagonal: share"
        " of draws, with the prior in grey; triangle: the best point. Below: pairs of parameters, over their prior"
        " ranges; a ridge is a combination that the targets cannot tell apart."
    )
    rows = wording.rows(calibration.parameters)
    alt = "; ".join(
        f"{row.parameter}: {row.low:.3g} to {row.high:.3g}, before {row.prior_low:.3g} to {row.prior_high:.3g}"
        for row in rows
    )
    size = 1.75 * len(names) + 1.2 if len(names) <= MOST_PAIRS else 8.0
    shape = (size, size + 0.4) if len(names) <= MOST_PAIRS else (8.0, 1.4 * -(-len(names) // 3) + 1.6)
    draw = _draw_pairs if len(names) <= MOST_PAIRS else _draw_marginals
    title = f"What is known of the parameters: {calibration.study.title}".rstrip(": ")
    return picture("posterior", title, caption, f"{alt}.", shape, lambda canvas: draw(canvas, calibration, caption))


def _said(calibration: Calibration, row: Any) -> str:
    shown = _shown(calibration, row.target)
    published = shown(row.published_low)
    if row.published_high != row.published_low:
        published += f" to {shown(row.published_high)}"
    return (
        f"{style.readable(row.target)}: published {published}, obtained {shown(row.obtained)} "
        f"({shown(row.low)} to {shown(row.high)}), {row.verdict}"
    )


def _shown(calibration: Calibration, target: str) -> Any:
    if calibration.study.targets[target].measure.kind in SHARES:
        return lambda value, _=None: f"{100 * value:.3g}%".replace("-", "−")
    return lambda value, _=None: wording.number(value)


def _draw_fit(canvas: Figure, calibration: Calibration, caption: str) -> None:
    table = wording.rows(calibration.fit)
    grid = canvas.subplots(len(table), 1, squeeze=False)[:, 0]
    for axes, row in zip(grid, table, strict=True):
        _strip(axes, calibration, row)
    handles: list[Any] = [
        Patch(color=SKY, alpha=0.45, label="published"),
        Line2D([], [], color=PALE, linewidth=7, label="prior"),
        Line2D([], [], color=BLUE, marker="o", linewidth=2.5, label="calibrated"),
        Line2D([], [], color=VERMILION, marker="v", linestyle="", label="best point"),
    ]
    grid[0].legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1.02), ncols=4, borderaxespad=0)
    style.note(canvas, caption)


def _strip(axes: Axes, calibration: Calibration, row: Any) -> None:
    """Draw one target on a scale that shows what was published and obtained; the prior may run out of it."""
    single = row.published_low == row.published_high
    low, high = calibration.study.targets[row.target].range
    least, most = min(low, row.low, row.best), max(high, row.high, row.best)
    room = 0.35 * (most - least)
    axes.set_xlim(max(least - room, 0) if row.prior_low >= 0 else least - room, most + room)
    axes.axvspan(low, high, color=SKY, alpha=0.45, linewidth=0)
    if single:
        axes.axvline(row.published_low, color=BLUE, linewidth=1, linestyle=":")
    axes.plot([row.prior_low, row.prior_high], [0, 0], color=PALE, linewidth=7, solid_capstyle="butt", zorder=1)
    axes.plot([row.low, row.high], [0, 0], color=BLUE, linewidth=2.5, zorder=3)
    axes.plot(row.obtained, 0, _MARKS[row.verdict], color=BLUE, markersize=7, zorder=4)
    axes.plot(row.best, 0.42, "v", color=VERMILION, markersize=6, zorder=4)
    axes.set_ylim(-0.8, 0.8)
    axes.set_yticks([0], [f"{style.readable(row.target)}"])
    axes.tick_params(axis="y", length=0)
    shown = _shown(calibration, row.target)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(shown))
    text = f"{shown(row.obtained)} ({shown(row.low)} to {shown(row.high)})\n{row.verdict}"
    axes.text(1.015, 0.5, text, transform=axes.transAxes, va="center", fontsize=9, color=INK)


def _draw_pairs(canvas: Figure, calibration: Calibration, caption: str) -> None:
    names = [*calibration.study.parameters]
    grid = canvas.subplots(len(names), len(names), squeeze=False)
    for row, column in combinations(range(len(names)), 2):
        grid[row, column].set_axis_off()
        _scatter(grid[column, row], calibration, names[row], names[column])
    for number, name in enumerate(names):
        _marginal(grid[number, number], calibration, name)
    for row, axes in enumerate(grid):
        for column, place in enumerate(axes[: row + 1]):
            place.tick_params(labelbottom=row == len(names) - 1, labelleft=column == 0 and row > 0)
            if row == len(names) - 1:
                place.set_xlabel(_label(names[column]), fontsize=8.5)
        axes[0].set_ylabel("share of draws" if row == 0 else _label(names[row]), fontsize=8.5)
    style.note(canvas, caption)


def _draw_marginals(canvas: Figure, calibration: Calibration, caption: str) -> None:
    names = [*calibration.study.parameters]
    grid = canvas.subplots(-(-len(names) // 3), 3, squeeze=False).ravel()
    for axes, name in zip(grid, names, strict=False):
        _marginal(axes, calibration, name)
        axes.set_xlabel(_label(name), fontsize=8.5)
    for axes in grid[len(names) :]:
        axes.set_axis_off()
    style.note(canvas, caption)


def _marginal(axes: Axes, calibration: Calibration, name: str) -> None:
    """Draw the draws of one parameter over what the prior says."""
    edges = _edges(calibration, name)
    draws = calibration.posterior[name].to_numpy(float)
    filtered = calibration.evaluations.query("batch == 'filter'")[name].to_numpy(float)
    for values, colour, filled in ((filtered, FAINT, False), (draws, ORANGE, True)):
        count = np.histogram(values, edges)[0] / len(values)
        axes.stairs(count, edges, color=colour, fill=filled, alpha=0.7 if filled else 1.0, linewidth=1.2)
    axes.plot(calibration.best[name], 0, "v", color=VERMILION, markersize=6, clip_on=False, zorder=4)
    axes.set_yticks([])
    _scale(axes.xaxis, axes.set_xscale, calibration, name)
    axes.set_xlim(edges[0], edges[-1])


def _scatter(axes: Axes, calibration: Calibration, across: str, up: str) -> None:
    draws = calibration.posterior
    axes.plot(draws[across], draws[up], ".", color=BLUE, alpha=0.25, markersize=3, rasterized=True)
    axes.plot(calibration.best[across], calibration.best[up], "v", color=VERMILION, markersize=6)
    for axis, scale, limits, name in (
        (axes.xaxis, axes.set_xscale, axes.set_xlim, across),
        (axes.yaxis, axes.set_yscale, axes.set_ylim, up),
    ):
        edges = _edges(calibration, name)
        _scale(axis, scale, calibration, name)
        limits(edges[0], edges[-1])


def _edges(calibration: Calibration, name: str) -> Any:
    """Return the edges of bins over the range of the prior's sample."""
    found = calibration.evaluations.query("batch == 'filter'")[name].to_numpy(float)
    low, high = found.min(), found.max()
    if calibration.study.parameters[name].kind == "log_uniform":
        return np.geomspace(low, high * (1 + 1e-9), 17)
    return np.linspace(low, high, 17)


def _scale(axis: Any, scale: Any, calibration: Calibration, name: str) -> None:
    """Set a logarithmic or linear scale with few, plain numbers."""
    if calibration.study.parameters[name].kind == "log_uniform":
        edges = _edges(calibration, name)
        scale("log")
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())
        axis.set_ticks(_round_numbers(float(edges[0]), float(edges[-1])))
    else:
        axis.set_major_locator(MaxNLocator(3))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_tick_params(labelsize=7.5)


def _round_numbers(low: float, high: float) -> list[float]:
    """Return up to three numbers of one figure between two bounds, spread over their logarithms."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    found = [step * 10.0**power for power in powers for step in (1, 2, 5) if low <= step * 10.0**power <= high]
    picks = np.unique(np.linspace(0, len(found) - 1, min(3, len(found))).round().astype(int))
    return [found[pick] for pick in picks]


def _label(name: str) -> str:
    """Return a dotted path on as many lines as it has parts."""
    return name.replace("_", " ").replace(".", ".\n")
