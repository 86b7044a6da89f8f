"""Outcomes at sampled points of a sweep, against one factor after the other."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy.stats import spearmanr

from creditregime.laboratory.effects import mean_interval
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.cells import by_point, chosen_outcomes, factors_of
from creditregime.presentation import style, wording
from creditregime.presentation.style import Picture, picture
from creditregime.presentation.sweep_words import Labels, Seeds, Words, outcome_unit

Reals = NDArray[np.float64]


def scatter(
    result: Sweep, outcomes: str | Sequence[str], name: str = "scatter", labels: Labels | None = None
) -> Picture:
    """Return outcomes at every point against each factor that varies: one row an outcome, one column a factor.

    Parameters
    ----------
    result
        A sweep, best one whose points are samples.
    outcomes
        One or several outcomes.
    name, labels
        Stem of the files; texts for factors.
    """
    words, names = Words(result, labels), chosen_outcomes(result, outcomes)
    points = result.points
    factors = [factor for factor in factors_of(result) if _numbers(points[factor])]
    values = by_point(result, names)
    found = np.array(
        [[mean_interval(one[np.isfinite(one)]) for one in values[..., place]] for place in range(len(names))]
    )
    seeds = Seeds.of(np.isfinite(values[..., 0]).sum(axis=1))
    bars = "; bars: 95% intervals of the mean (Student)" if seeds.intervals else ""
    how = f"One mark a point: mean over {seeds.words}{bars}. ρ: Spearman's rank correlation over points, of means."
    return picture(
        name,
        f"Outcomes over {len(points)} points",
        f"{how} All factors vary at once, so that a pattern shows through the others.",
        _alt(words, names, factors, points, found),
        (max(3.1 * len(factors), 6.5), 2.7 * len(names) + 1.0),
        lambda figure: _draw(figure, words, names, factors, points, found, how),
    )


def _numbers(column: Any) -> bool:
    return column.dtype.kind in "if" and column.nunique() > 1


def _correlation(x: Reals, y: Reals) -> float:
    known = np.isfinite(y)
    if known.sum() < 3 or np.ptp(y[known]) == 0:
        return float("nan")
    return float(spearmanr(x[known], y[known]).statistic)


def _alt(words: Words, names: Sequence[str], factors: Sequence[str], points: Any, found: Reals) -> str:
    said = [
        f"{BY_NAME[outcome].label} by {words.factor(factor)} {wording.number(_correlation(x, means[:, 0]), 2)}"
        for outcome, means in zip(names, found, strict=True)
        for factor in factors
        for x in [points[factor].to_numpy(np.float64)]
    ]
    return f"Rank correlations: {'; '.join(said)}." if said else "No factor that varies is a number."


def _draw(
    figure: Figure,
    words: Words,
    names: Sequence[str],
    factors: Sequence[str],
    points: Any,
    found: Reals,
    how: str,
) -> None:
    if not factors:
        style.say_empty(figure.subplots(), "No factor that varies is a number")
        return
    panels = figure.subplots(len(names), len(factors), squeeze=False, sharey="row", sharex="col")
    for row, (outcome, means) in enumerate(zip(names, found, strict=True)):
        for column, factor in enumerate(factors):
            axes = panels[row, column]
            _panel(axes, points[factor].to_numpy(np.float64), means)
            if not column:
                axes.set_ylabel(textwrap.fill(f"{BY_NAME[outcome].label} ({outcome_unit(outcome)})", 26), fontsize=9)
            if row == len(names) - 1:
                axes.set_xlabel(textwrap.fill(words.axis(factor), 30), fontsize=9)
    style.note(figure, how)


def _panel(axes: Axes, x: Reals, means: Reals) -> None:
    y, low, high = means.T
    known = np.isfinite(low)
    axes.vlines(x[known], low[known], high[known], color=style.SKY, linewidth=1.0)
    axes.plot(x, y, ".", color=style.BLUE, markersize=5)
    axes.set_title(f"ρ = {wording.number(_correlation(x, y), 2)}", fontsize=9, fontweight="normal")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
