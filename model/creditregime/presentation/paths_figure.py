"""How the two worlds of a comparison part over time: means over seeds, their bands, and the paired difference."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from creditregime.laboratory.effects import VARIANTS, paired
from creditregime.presentation import style
from creditregime.presentation.paired import Paired
from creditregime.presentation.style import Picture, picture
from creditregime.units import MONTHS

if TYPE_CHECKING:
    from creditregime.laboratory.compare import Comparison

Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Path:
    """One indicator to follow: its column, label, unit, factor, and whether the year before is averaged."""

    name: str
    label: str
    unit: str
    scale: float = 100.0
    smooth: bool = False


PATHS = (
    Path("compliance", "Compliance effort", "%"),
    Path("violations", "Violations", "per 100 firms, month", smooth=True),
    Path("listed", "On a blacklist", "% of firms"),
    Path("downgraded_by_association", "Downgraded by association", "% of firms"),
    Path("exits", "Exits", "per 1,000 firms, year", 1000.0 * MONTHS, smooth=True),
    Path("output", "Output", "% of the start"),
)


def paths(comparison: Comparison) -> Picture:
    """Return the main indicators of both worlds, and below each the difference."""
    seeds = len(comparison.seeds)
    lines = {path.name: series(comparison, path) for path in PATHS}
    bands = "bands: 95% intervals of the mean" if seeds > 1 else "one seed, so no bands can be given"
    caption = (
        f"Upper of each pair: mean over {seeds} seed{'s' if seeds > 1 else ''} in both worlds ({bands}). Lower: "
        f"the paired "
        "difference on the same months. Violations and exits are means over the twelve months before. The vertical "
        "axes of levels do not begin at zero, except where the data do; each panel has its own."
    )
    ends = "; ".join(
        f"{path.label} ends at {lines[path.name][0][:, -1].mean():.3g} against {lines[path.name][1][:, -1].mean():.3g} "
        f"({path.unit})"
        for path in PATHS
    )
    return picture(
        "paths",
        "How the two worlds part over time",
        caption,
        f"{ends}.",
        (12.0, 10.4),
        lambda figure: _draw(figure, comparison, lines),
    )


def series(comparison: Comparison, path: Path) -> tuple[Reals, Reals]:
    """Return an indicator of both worlds, (seeds, months) each."""
    table = comparison.indicators
    firms = table.groupby(["variant", "seed"], observed=True, sort=False)["firms"].transform("first")
    values = table[path.name] / firms if path.name == "exits" else table[path.name]
    table = pd.DataFrame({"variant": table["variant"], "seed": table["seed"], "month": table["month"], "value": values})
    found = []
    for variant in VARIANTS:
        chosen = table[table["variant"] == variant]
        wide = chosen.pivot_table(index="seed", columns="month", values="value", aggfunc="mean", observed=True)
        if path.smooth:
            wide = wide.T.rolling(MONTHS, min_periods=min(MONTHS, wide.shape[1])).mean().T
        found.append(path.scale * wide.to_numpy(np.float64))
    return found[0], found[1]


def band(values: Reals) -> tuple[Reals, Reals]:
    """Return the 95% interval of the mean over seeds, (months,) each; NaN for one seed."""
    bounds = paired(values, np.zeros_like(values))
    return bounds["low"], bounds["high"]


def legend_labels(comparison: Paired, width: int = 42) -> tuple[str, str]:
    """Return the two worlds' names, wrapped for a legend."""
    here, there = (textwrap.fill(label, width) for label in comparison.labels)
    return here, there


def _draw(figure: Figure, comparison: Comparison, lines: dict[str, tuple[Reals, Reals]]) -> None:
    panels = figure.subplots(4, 3, height_ratios=(1.5, 1, 1.5, 1), sharex=True)
    labels = legend_labels(comparison, 70)
    for number, path in enumerate(PATHS):
        column, row = number % 3, 2 * (number // 3)
        worlds = lines[path.name]
        x = (1 + np.arange(worlds[0].shape[1])) / MONTHS
        _levels(panels[row, column], path, x, worlds, labels)
        _difference(panels[row + 1, column], path, x, worlds)
        if row:
            panels[row + 1, column].set_xlabel("year")
    handles, shown = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, shown, loc="outside lower left", ncols=2)


def _levels(axes: Axes, path: Path, x: Any, worlds: tuple[Reals, Reals], labels: tuple[str, str]) -> None:
    for values, line, label in zip(worlds, style.WORLDS, labels, strict=True):
        low, high = band(values)
        axes.fill_between(x, low, high, color=line.colour, alpha=0.22, linewidth=0)
        axes.plot(x, values.mean(axis=0), line.dash, color=line.colour, label=label)
    axes.set(title=path.label, ylabel=path.unit)
    axes.margins(x=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))


def _difference(axes: Axes, path: Path, x: Any, worlds: tuple[Reals, Reals]) -> None:
    difference = worlds[0] - worlds[1]
    low, high = band(difference)
    axes.axhline(0, color=style.FAINT, linewidth=0.9)
    axes.fill_between(x, low, high, color=style.BLACK, alpha=0.18, linewidth=0)
    axes.plot(x, difference.mean(axis=0), color=style.BLACK, linewidth=1.4)
    unit = "% points" if path.unit.startswith("%") else "same unit"
    axes.set_ylabel(f"difference\n({unit})", fontsize=9)
    axes.margins(x=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
