"""Figures of a ranking: how sure an order is, and how far the options differ over the draws of the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from creditregime.laboratory.outcomes import BY_NAME
from creditregime.presentation import style, wording
from creditregime.presentation.style import BLUE, INK, PALE, VERMILION, Picture, picture

if TYPE_CHECKING:
    from creditregime.laboratory.ranking import Ranking

_SURE = LinearSegmentedColormap.from_list("sure", (VERMILION, "#FFFFFF", BLUE))


def figures(ranking: Ranking) -> list[Picture]:
    """Return the differences, and with more than two options the matrix of probabilities."""
    drawn = [differences(ranking)]
    return [*drawn, matrix(ranking)] if len(ranking.matrix) > 2 else drawn


def differences(ranking: Ranking) -> Picture:
    """Return the expected differences of all pairs over the draws, with the probability of their order."""
    name, level = _name(ranking), round(100 * ranking.confidence)
    title = f"{name}: does the order hold whatever the parameters are?"
    caption = (
        f"Each row: the expected difference at each of {ranking.draws} draws of the parameters ({ranking.seeds} paired"
        " seeds at each; their noise is taken out), as a histogram, with its mean and the range from 5% to 95%. Right:"
        f" probability that the first option has {ranking.prefer} of it than the second, with its {level}% interval,"
        " and that it has in a single run."
    )
    pairs = wording.rows(ranking.pairs)
    alt = "; ".join(
        f"{row.option} has {ranking.prefer} than {row.other} with probability {row.probability:.2f} "
        f"({row.low:.2f} to {row.high:.2f})"
        for row in pairs
    )
    height = 1.9 + 0.8 * len(pairs)
    return picture("ranking", title, caption, f"{alt}.", (9.5, height), lambda canvas: _draw(canvas, ranking, caption))


def matrix(ranking: Ranking) -> Picture:
    """Return the probabilities of all pairs."""
    title = f"{_name(ranking)}: probability that the row has {ranking.prefer} than the column"
    caption = (
        f"Over {ranking.draws} draws of the parameters, in expectation, with {round(100 * ranking.confidence)}%"
        " intervals. Last column: probability to rank first of all."
    )
    alt = "; ".join(f"{name} first with probability {share:.2f}" for name, share in ranking.first.items())
    size = 2.6 + 0.85 * len(ranking.matrix)

    def draw(canvas: Figure) -> None:
        _draw_matrix(canvas, ranking, caption)

    return picture("ranking_matrix", title, caption, f"{alt}.", (size + 1.4, size), draw)


def _interval(ranking: Ranking, row: int, column: int) -> str:
    """Return the interval of a probability in the matrix."""
    one, other = ranking.matrix.index[[min(row, column), max(row, column)]]
    pairs = ranking.pairs
    found = pairs[(pairs["option"] == one) & (pairs["other"] == other)].iloc[0]
    low, high = (found["low"], found["high"]) if row < column else (1 - found["high"], 1 - found["low"])
    return f"{low:.2f}–{high:.2f}"


def _name(ranking: Ranking) -> str:
    return (
        BY_NAME[ranking.outcome].label if ranking.outcome in BY_NAME else style.readable(ranking.outcome).capitalize()
    )


def _draw(canvas: Figure, ranking: Ranking, caption: str) -> None:
    axes = canvas.subplots()
    pairs = wording.rows(ranking.pairs)
    found = [ranking.differences[name].to_numpy(float) for name in ranking.differences]
    low, high = min(0, *(values.min() for values in found)), max(0, *(values.max() for values in found))
    edges = np.linspace(low, high, 41) if high > low else np.linspace(-1, 1, 41)
    for number, (row, values) in enumerate(zip(pairs, found, strict=True)):
        _row(axes, len(pairs) - 1 - number, row, np.histogram(values, edges)[0] / len(values), edges)
    axes.axvline(0, color=INK, linewidth=1)
    names = [f"{style.readable(row.option)}\n− {style.readable(row.other)}" for row in reversed(pairs)]
    axes.set_yticks(range(len(pairs)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.35, len(pairs) - 0.15)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"Expected difference of {_name(ranking).lower()}" + (f" ({ranking.unit})" if ranking.unit else ""))
    better = "right" if ranking.prefer == "more" else "left"
    axes.set_title(
        f"{better} of zero: the first has {ranking.prefer}", fontsize=9, fontweight="normal", color=style.FAINT
    )
    style.note(canvas, caption)


def _row(axes: Axes, y: float, row: Any, share: Any, edges: Any) -> None:
    height = 0.65 * share / max(share.max(), 1e-9)
    axes.stairs(y + height, edges, baseline=y, fill=True, color=PALE)
    axes.stairs(y + height, edges, baseline=y, color=BLUE, linewidth=1)
    axes.plot([row.effect_low, row.effect_high], [y - 0.09] * 2, color=VERMILION, linewidth=2)
    axes.plot(row.effect, y - 0.09, "o", color=VERMILION, markersize=5)
    text = f"{row.probability:.2f} ({row.low:.2f} to {row.high:.2f})\nin one run {row.single:.2f}"
    axes.text(1.02, y + 0.25, text, transform=axes.get_yaxis_transform(), va="center", fontsize=9, color=INK)


def _draw_matrix(canvas: Figure, ranking: Ranking, caption: str) -> None:
    axes = canvas.subplots()
    table = ranking.matrix.to_numpy(float)
    count = len(table)
    shown = np.column_stack([np.where(np.eye(count, dtype=bool), np.nan, table), np.full(count, np.nan)])
    axes.imshow(shown, cmap=_SURE, vmin=0, vmax=1)
    for row in range(count):
        for column in range(count):
            if row != column:
                sure = abs(table[row, column] - 0.5) > 0.35
                colour = "#FFFFFF" if sure else INK
                text = f"{table[row, column]:.2f}\n{_interval(ranking, row, column)}"
                axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8.5)
        axes.text(count, row, f"{ranking.first.iloc[row]:.2f}", ha="center", va="center", color=INK, fontweight="bold")
    names = [style.readable(str(name)) for name in ranking.matrix]
    axes.set_xticks(range(count + 1), [*names, "first"], rotation=30, ha="right")
    axes.set_yticks(range(count), names)
    axes.grid(visible=False)
    axes.tick_params(length=0)
    style.note(canvas, caption)
