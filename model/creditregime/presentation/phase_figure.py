"""A phase diagram: an outcome of a sweep over two factors, what differs from a reference, or how probably."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import FuncFormatter

from creditregime.errors import ScenarioError
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.cells import Against, cells, chosen_outcomes
from creditregime.presentation import style
from creditregime.presentation.phase_field import EVEN, Field, means, probability
from creditregime.presentation.style import Picture, picture
from creditregime.presentation.sweep_words import Labels, Levels, Seeds, Words

Show = Literal["mean", "probability"]

MOST_NUMBERS = 144
"""Cells up to which each has its number written in."""
_DIVERGING = LinearSegmentedColormap.from_list("effects", (style.VERMILION, "#F6F6F6", style.BLUE))
_RISING = LinearSegmentedColormap.from_list("levels", ("#F3F7FA", style.SKY, style.BLUE, "#002B45"))


def phase_diagram(
    result: Sweep,
    x: str,
    y: str,
    outcome: str,
    against: Against | None = None,
    show: Show = "mean",
    at: Mapping[str, Any] | None = None,
    name: str = "phases",
    labels: Labels | None = None,
    levels: Levels | None = None,
    title: str | None = None,
) -> Picture:
    """Return an outcome over two factors of a sweep as a map with contour lines.

    Parameters
    ----------
    result
        The sweep.
    x, y
        Two factors. Their levels are drawn at equal distances, whatever their values.
    outcome
        One outcome: its mean over seeds.
    against
        Its mean paired difference from this reference instead (see `contrasts`); cells whose 95% interval includes
        zero are hatched.
    show
        ``probability``: the share of paired seeds in which the difference is above zero (no difference counts half),
        hatched where Wilson's 95% interval includes one half; needs `against`.
    at
        Fix other factors; those that are not fixed are averaged over.
    name, title, labels, levels
        As for `response`.

    Raises
    ------
    ScenarioError
        One line: an unknown factor, value or outcome, twice the same factor, or a probability against nothing.
    """
    if x == y:
        raise ScenarioError(f"y: '{y}' is the same factor as x; two are needed")
    if show == "probability" and against is None:
        raise ScenarioError("show: 'probability' needs against=, a reference from which to differ")
    words, names = Words(result, labels, levels), chosen_outcomes(result, outcome)
    found = cells(result, [x, y], names, against, at)
    values = np.swapaxes(found.values[..., 0], 0, 1)
    field = probability(values) if show == "probability" else means(values, outcome, against is not None)
    ticks = [[words.level(factor, level) for level in of] for factor, of in zip((x, y), found.levels, strict=True)]
    how = _how(field, words, found.averaged, against, at, show)
    return picture(
        name,
        title or _title(words, outcome, x, y, against, show),
        how,
        _alt(words, field, (x, y), ticks, outcome),
        (max(6.4, min(2.6 + 0.95 * len(ticks[0]), 13)), max(4.4, min(2.2 + 0.62 * len(ticks[1]), 10))),
        lambda figure: _draw(figure, field, (words.axis(x), words.axis(y)), ticks, how),
    )


def _title(words: Words, outcome: str, x: str, y: str, against: Against | None, show: Show) -> str:
    plain = f"{BY_NAME[outcome].label} by {words.factor(x)} and {words.factor(y)}"
    if against is None:
        return plain
    sign = ": how often above" if show == "probability" else ": difference from"
    return f"{plain}{sign} {words.reference(against)}"


def _how(
    field: Field,
    words: Words,
    averaged: Sequence[str],
    against: Against | None,
    at: Mapping[str, Any] | None,
    show: Show,
) -> str:
    seeds = Seeds.of(field.seeds.ravel(), "seed" if against is None else "paired seed")
    kind = "Mean" if against is None else "Mean paired difference"
    parts = [f"{kind} over {seeds.words}" if show == "mean" else f"Share of {seeds.words}"]
    if seeds.intervals:
        parts.append("small: 95% interval")
    if field.middle is not None:
        parts.append(f"hatched: it includes {field.middle_in_words}")
    fixed = [f"at {words.reference(at)}"] if at else []
    rest = [f"averaged over {', '.join(words.factor(name) for name in averaged)}"] if averaged else []
    return "; ".join([*parts, *fixed, *rest]) + ". Lines: contours between the centres of cells."


def _alt(words: Words, field: Field, factors: tuple[str, str], ticks: Sequence[Sequence[str]], outcome: str) -> str:
    if not np.isfinite(field.value).any():
        return "No finished run."
    said = []
    for word, place in (("lowest", np.nanargmin(field.value)), ("highest", np.nanargmax(field.value))):
        row, column = (int(number) for number in np.unravel_index(place, field.value.shape))
        where = f"{words.factor(factors[0])} {ticks[0][column]}, {words.factor(factors[1])} {ticks[1][row]}"
        said.append(f"{word} {' '.join(field.in_words(row, column))} at {where}")
    text = f"{field.label}: {'; '.join(said)}."
    if field.middle is None:
        return text
    unclear, shown = int(field.unclear.sum()), int((field.seeds > 0).sum())
    return f"{text} In {unclear} of {shown} cells the interval includes {field.middle_in_words}, or there is none."


def _draw(figure: Figure, field: Field, names: tuple[str, str], ticks: Sequence[Sequence[str]], how: str) -> None:
    axes = figure.subplots()
    colours, norm = _colours(field)
    axes.set_facecolor("white")
    image = axes.pcolormesh(
        np.ma.masked_invalid(field.value), cmap=colours, norm=norm, edgecolors="white", linewidth=0.8
    )
    lines = _contours(axes, field)
    _hatch(axes, field)
    if field.value.size <= MOST_NUMBERS:
        _numbers(axes, field, colours, norm)
    for axis, labels, name in zip((axes.xaxis, axes.yaxis), ticks, names, strict=True):
        axis.set_ticks(np.arange(len(labels)) + 0.5, [textwrap.fill(label, 16) for label in labels])
        axis.set_label_text(name)
    axes.grid(visible=False)
    axes.tick_params(length=0)
    shown = FuncFormatter(style.percent) if field.middle == EVEN else None
    bar = figure.colorbar(image, ax=axes, label=textwrap.fill(field.label, 44), pad=0.02, format=shown)
    bar.outline.set_visible(False)  # type: ignore[operator]
    if lines is not None:
        bar.add_lines(lines)
    style.note(figure, how)


def _colours(field: Field) -> tuple[Colormap, Normalize]:
    """Return pale to dark for levels; two colours that part at the middle for effects."""
    known = field.value[np.isfinite(field.value)]
    if field.middle is None:
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        return _RISING, Normalize(low, high if high > low else low + 1)
    reach = EVEN if field.middle else max(float(np.abs(known).max(initial=0.0)), 1e-12)
    return _DIVERGING, TwoSlopeNorm(field.middle, field.middle - reach, field.middle + reach)


def _contours(axes: Axes, field: Field) -> Any:
    if min(field.value.shape) < 2 or np.isfinite(field.value).sum() < 4:
        return None
    known = np.ma.masked_invalid(field.value)
    if known.max() <= known.min():
        return None
    across, up = np.meshgrid(*(np.arange(number) + 0.5 for number in field.value.shape[::-1]))
    lines = axes.contour(across, up, known, 5, colors=style.INK, linewidths=0.9, linestyles="-")
    lines.set_path_effects([Stroke(linewidth=2.4, foreground="white"), Normal()])
    return lines


def _hatch(axes: Axes, field: Field) -> None:
    for row, column in np.argwhere(field.unclear):
        axes.add_patch(Rectangle((column, row), 1, 1, fill=False, hatch="////", edgecolor="#8A8A8A", linewidth=0))
    for row, column in np.argwhere(field.seeds == 0):
        axes.add_patch(Rectangle((column, row), 1, 1, facecolor=style.PALE, edgecolor="white"))
        axes.text(column + 0.5, row + 0.5, "no run", ha="center", va="center", fontsize=8, color=style.FAINT)


def _numbers(axes: Axes, field: Field, colours: Colormap, norm: Normalize) -> None:
    """Write values, and below each its interval; seeds as well where they differ from cell to cell."""
    uneven = len(set(field.seeds[field.seeds > 0].tolist())) > 1
    for row, column in np.argwhere(field.seeds > 0):
        value, *interval = field.in_words(row, column)
        interval += [f"n = {field.seeds[row, column]}"] * uneven
        paper = colours(norm(field.value[row, column]))
        red, green, blue, _ = paper
        ink = "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.55 else style.INK
        for text, up, size in ((value, 0.6, 9), ("\n".join(interval), 0.33, 6.5)):
            box = {"facecolor": paper, "edgecolor": "none", "pad": 0.8, "alpha": 0.9}
            axes.text(
                column + 0.5, row + up, text, ha="center", va="center", fontsize=size, color=ink, bbox=box, zorder=4
            )
