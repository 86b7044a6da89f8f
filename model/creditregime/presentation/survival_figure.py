"""Survival of the firms of the start: by group in one run, in two worlds over seeds, and by a factor of a sweep."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from creditregime.codes import OWNERSHIPS
from creditregime.errors import ScenarioError
from creditregime.indicators.measure import SIZE_CLASSES
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.survival import at_points, in_worlds, kaplan_meier, lifetimes
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.cells import factors_of, levels_of, matching, require
from creditregime.presentation import style, wording
from creditregime.presentation.paths_figure import band
from creditregime.presentation.run_figures import name_of
from creditregime.presentation.style import LINES, Picture, picture
from creditregime.presentation.sweep_words import Labels, Levels, Seeds, Words
from creditregime.units import MONTHS

Reals = NDArray[np.float64]

DIMENSIONS = {"ownership": "Ownership", "size": "Size class (quarters by initial revenue)"}
_FOLLOWED = (
    "Followed are the firms of the start; those that enter later are left out. A firm that is in business in the last "
    "month is censored there. The vertical axes of shares do not begin at zero."
)


class Curve(NamedTuple):
    """One line: how it is called, months, share surviving with its interval; `steps` where it is a step function."""

    label: str
    month: Reals
    survival: Reals
    low: Reals
    high: Reals
    steps: bool = False


class Panel(NamedTuple):
    """The lines of one pair of axes; a difference has another vertical axis."""

    title: str
    curves: list[Curve]
    difference: bool = False


def survival(
    result: RunResult | Comparison | Sweep,
    by: str | None = None,
    at: Mapping[str, Any] | None = None,
    censored: Sequence[str] = (),
    name: str = "survival",
    labels: Labels | None = None,
    levels: Levels | None = None,
) -> Picture:
    """Return survival curves of the firms of the start with pointwise 95% intervals.

    Parameters
    ----------
    result
        A run: Kaplan-Meier estimates by group. A comparison: both worlds, and their paired difference, over seeds. A
        sweep whose study says ``exits: true``: a line a level of a factor, over seeds.
    by
        Of a run or comparison ``ownership``, ``size``, ``sector`` or ``region``; by default ownership and size in a
        run, and all firms together in a comparison. Of a sweep the factor; it may be left out if there is one only.
    at
        Of a sweep: only points with these values; other factors are averaged over.
    censored
        Of a run: causes of exit that count as no longer observed, such as ``background``.
    name, labels, levels
        Stem of the files; texts for factors and their values (see `Words`).

    Raises
    ------
    CreditRegimeError
        One line: an unknown group or factor, too many lines to be told apart, or exits that were not kept.
    """
    if isinstance(result, RunResult):
        panels, how, title = _of_run(result, by, censored)
    elif isinstance(result, Comparison):
        panels, how, title = _of_comparison(result, by)
    else:
        panels, how, title = _of_sweep(result, by, at, Words(result, labels, levels))
    for panel in panels:
        if len(panel.curves) > len(LINES):
            raise ScenarioError(f"by: '{by}' has more groups than the {len(LINES)} lines that can be told apart")
    columns = min(len(panels), 2)
    rows = -(-len(panels) // columns)
    return picture(
        name,
        title,
        f"{how} {_FOLLOWED}",
        _alt(panels),
        ((7.0, 11.0)[columns - 1], 3.7 * rows + 0.9),
        lambda figure: _draw(figure, panels, (rows, columns), how),
    )


def _of_run(result: RunResult, by: str | None, censored: Sequence[str]) -> tuple[list[Panel], str, str]:
    table = lifetimes(result, censored)
    panels = []
    for dimension in [by] if by else DIMENSIONS:
        require(dimension, ("ownership", "size", "sector", "region"), "by", "group of firms")
        curves = []
        groups = table[dimension].astype(str)
        for group in _ordered(groups.drop_duplicates()):
            firms = table[groups == group]
            found = kaplan_meier(firms["months"], firms["left"])
            curves.append(_stepped(f"{style.readable(group)} ({len(firms)} firms)", found, result.scenario.months))
        panels.append(Panel(DIMENSIONS.get(dimension, dimension.capitalize()), curves))
    net = f" Exits for {', '.join(map(style.readable, censored))} count as censored." if censored else ""
    bands = "bands: pointwise 95% intervals (Greenwood, log-log)"
    return (
        panels,
        f"Kaplan-Meier estimates of one run (seed {result.seed}); {bands}.{net}",
        f"How long firms survive: {name_of(result)}",
    )


def _ordered(groups: Iterable[str]) -> list[str]:
    """Return groups in the order in which tables show them."""
    known = (*OWNERSHIPS, *SIZE_CLASSES)
    return sorted(groups, key=lambda group: (known.index(group) if group in known else len(known), group))


def _stepped(label: str, found: pd.DataFrame, months: int) -> Curve:
    """Return an estimate by month, carried on from step to step."""
    every = pd.RangeIndex(months + 1)
    values = found.drop_duplicates("month", keep="last").set_index("month").reindex(every).ffill()
    survival, low, high = (values[name].to_numpy(np.float64) for name in ("survival", "low", "high"))
    return Curve(label, every.to_numpy(np.float64), survival, low, high, steps=True)


def _of_comparison(result: Comparison, by: str | None) -> tuple[list[Panel], str, str]:
    seeds = Seeds.of([len(result.seeds)], "paired seed")
    bands = "; bands: pointwise 95% intervals of the mean (Student)" if seeds.intervals else ""
    how = f"Means over {seeds.words}{bands}."
    title = "How long firms survive in both worlds"
    if by is None:
        one, other = in_worlds(result)
        worlds = [_mean(label, values) for label, values in zip(result.labels, (one, other), strict=True)]
        return (
            [Panel("Firms of the start", worlds), Panel("Paired difference", [_mean("", one - other)], True)],
            how,
            title,
        )
    require(by, ("ownership", "size", "sector", "region"), "by", "group of firms")
    groups = result.group_outcomes.loc[result.group_outcomes["dimension"] == by, "group"].drop_duplicates()
    panels = []
    for group in _ordered(groups.astype(str)):
        pair = in_worlds(result, (by, group))
        curves = [_mean(label, values) for label, values in zip(result.labels, pair, strict=True)]
        panels.append(Panel(style.readable(group), curves))
    return panels, how, f"{title}, by {style.readable(by)}"


def _of_sweep(
    result: Sweep, by: str | None, at: Mapping[str, Any] | None, words: Words
) -> tuple[list[Panel], str, str]:
    names = factors_of(result)
    if by is None and len(names) > 1:
        raise ScenarioError(f"by: a factor is needed; allowed: {', '.join(names)}")
    factor = by or names[0]
    require(factor, names, "by", "factor")
    points = result.points[matching(result, at or {}, "at")]
    found = at_points(result, points["point"].tolist())
    curves, counts = [], []
    for level in levels_of(points[factor]):
        parts = [found[point] for point in points.loc[points[factor] == level, "point"]]
        whole = sum(parts[1:], parts[0]).dropna() / len(parts)
        counts.append(len(whole))
        curves.append(_mean(words.level(factor, level), whole.to_numpy(np.float64)))
    seeds = Seeds.of(counts)
    bands = "; bands: pointwise 95% intervals of the mean (Student)" if seeds.intervals else ""
    rest = [words.factor(name) for name in names if name != factor and points[name].nunique() > 1]
    averaged = f" Averaged over {', '.join(rest)}." if rest else ""
    fixed = f" At {words.reference(at)}." if at else ""
    how = f"Means over {seeds.words}{bands}.{fixed}{averaged}"
    return [Panel(words.axis(factor), curves)], how, f"How long firms survive, by {words.factor(factor)}"


def _mean(label: str, values: Reals) -> Curve:
    """Return the mean over seeds, (seeds, months + 1), with its interval; seeds without such firms are left out."""
    known = values[np.isfinite(values).all(axis=1)]
    month = np.arange(values.shape[1], dtype=np.float64)
    if not len(known):
        nothing = np.full(len(month), np.nan)
        return Curve(label, month, nothing, nothing, nothing)
    return Curve(label, month, known.mean(axis=0), *band(known))


def _alt(panels: Sequence[Panel]) -> str:
    said = []
    for panel in panels:
        for curve in panel.curves:
            if np.isfinite(curve.survival[-1]):
                name = ": ".join(part for part in (panel.title, " ".join(curve.label.split())) if part)
                said.append(f"{name} {_last(curve, panel.difference)}")
    return f"Surviving at the end, with 95% interval: {'; '.join(said)}." if said else "No firm to follow."


def _last(curve: Curve, difference: bool) -> str:
    """Return the end of a curve in words: a share, or a difference of shares in percentage points."""
    value, low, high = (100 * float(of[-1]) for of in (curve.survival, curve.low, curve.high))
    if difference:
        return f"{wording.number(value, 1, signed=True)} percentage points {wording.interval(low, high, 1)}"
    return f"{value:.1f}%" + (f" [{low:.1f}%, {high:.1f}%]" if np.isfinite(low) else f" ({wording.NO_INTERVAL})")


def _draw(figure: Figure, panels: Sequence[Panel], grid: tuple[int, int], how: str) -> None:
    axes_of = figure.subplots(*grid, squeeze=False).ravel()
    for axes in axes_of[len(panels) :]:
        axes.set_axis_off()
    levels = [panel for panel in panels if not panel.difference]
    lowest = min((np.nanmin([curve.survival, curve.low]) for panel in levels for curve in panel.curves), default=0)
    for axes, panel in zip(axes_of, panels, strict=False):
        _panel(axes, panel, float(lowest))
    style.note(figure, how)


def _panel(axes: Axes, panel: Panel, lowest: float) -> None:
    for curve, line in zip(panel.curves, LINES, strict=False):
        x, step = curve.month / MONTHS, "post" if curve.steps else None
        colour = style.BLACK if panel.difference else line.colour
        axes.fill_between(x, curve.low, curve.high, color=colour, alpha=0.15, linewidth=0, step=step)  # type: ignore[arg-type]
        look = "steps-post" if curve.steps else "default"
        dash = "-" if panel.difference else line.dash
        label = textwrap.fill(curve.label, 40)
        axes.plot(x, curve.survival, linestyle=dash, color=colour, label=label, drawstyle=look, linewidth=1.6)
    axes.set(title=panel.title, xlabel="year", ylabel="share of the firms of the start")
    axes.yaxis.set_major_formatter(style.percent)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.margins(x=0)
    if panel.difference:
        axes.axhline(0, color=style.FAINT, linewidth=0.9)
        axes.set_ylabel("difference (percentage points)")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(100 * value, 6):g}".replace("-", "−")))
    else:
        axes.set_ylim(max(lowest - 0.03, 0), 1.005)
        axes.legend(loc="lower left")
