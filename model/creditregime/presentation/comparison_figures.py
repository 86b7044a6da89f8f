"""Figures of a comparison: exits in both worlds, who bears the difference, and which firms leave in one world only."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from creditregime.laboratory.effects import VARIANTS, mean_interval
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.presentation import style, wording
from creditregime.presentation.effects_figure import unit_of
from creditregime.presentation.paired import Paired
from creditregime.presentation.paths_figure import legend_labels
from creditregime.presentation.run_figures import ATTRIBUTION_COLOURS, ATTRIBUTIONS
from creditregime.presentation.style import Picture, picture
from creditregime.units import MONTHS

if TYPE_CHECKING:
    from creditregime.laboratory.compare import Comparison

_GROUP_PANELS = ("compliance", "listed", "exits", "output")
_DIMENSIONS = {"ownership": "Ownership", "size": "Size class", "sector": "Sector", "region": "Region"}
_FATES = {
    "scenario_only": "leave in the first world only",
    "against_only": "leave in the second world only",
    "both": "leave in both worlds",
}
_MARKERS = ("o", "D", "^", "s", "v", "P")


def exits(comparison: Paired) -> Picture:
    """Return exits by attribution in both worlds, and their paired difference."""
    table = comparison.effects().set_index("outcome")
    rows = table.loc[[f"exits_by_{name}" for name in (*ATTRIBUTIONS[1:], ATTRIBUTIONS[0])]]
    alt = "; ".join(
        f"{row.label}: {wording.number(row.scenario)} against {wording.number(row.against)}, "
        f"difference {wording.number(row.effect, signed=True)} {wording.interval(row.low, row.high)}"
        for row in wording.rows(rows)
    )
    caption = (
        f"Exits over the whole run per 1,000 firms, by what brought them about: means over {_seeds(comparison)} "
        f"with 95% "
        "intervals. Left: levels of the exits that the model explains (background exits would dwarf them). "
        "Right: paired "
        "differences, background and total included."
    )
    return picture(
        "exits",
        "Exits by attribution in both worlds",
        caption,
        f"Per 1,000 firms: {alt}.",
        (11.5, 4.9),
        lambda figure: _draw_exits(figure, comparison, rows, table.loc[["exits"]]),
    )


def groups(comparison: Paired) -> Picture:
    """Return the paired effects by ownership, size class, sector and region."""
    table = comparison.by_group()
    table = table[table["dimension"].isin([*_DIMENSIONS]) & (table["firms"] > 0)]
    rows = table[["dimension", "group", "firms"]].drop_duplicates(["dimension", "group"]).reset_index(drop=True)
    chosen = table[table["outcome"] == "compliance"]
    alt = "; ".join(
        f"{style.readable(row.group)} {wording.number(row.effect, signed=True)} {wording.interval(row.low, row.high)}"
        for row in wording.rows(chosen[chosen["dimension"] != "sector"])
    )
    caption = (
        f"Paired effects with 95% intervals over {_seeds(comparison)}, by group of firms; in brackets the mean "
        f"number of "
        "firms in the group. Size classes are quarters of the firms by initial revenue. Filled: the interval excludes "
        "zero; about one in twenty does so by chance alone. Starred: the effect stays clear of zero (5%) if all groups "
        "of a panel are counted (Holm 1979)."
    )
    return picture(
        "groups",
        "Who bears the difference",
        caption,
        f"Effect on compliance in percentage points: {alt}.",
        (12.0, 1.9 + 0.27 * (len(rows) + 3)),
        lambda figure: _draw_groups(figure, table, rows),
    )


def twins(comparison: Comparison) -> Picture:
    """Return how many firms leave in one world only, and which in the first pair of runs."""
    table = comparison.fates
    shares = {name: mean_interval(table[name].to_numpy(np.float64)) for name in _FATES}
    words = "; ".join(f"{_FATES[name]}: {wording.number(shares[name][0])} per 1,000" for name in _FATES)
    here, there = comparison.labels
    caption = (
        f"The same firms in two worlds: “{here}” (first) and “{there}” (second). Left: mean over "
        f"{_seeds(comparison)} with 95% "
        f"intervals. Right: the firms of the first pair (seed {comparison.seeds[0]}) that leave in one world only, by "
        "month of exit; one mark a firm, its area by initial revenue, its shape and colour by what the exit is "
        "attributed to."
    )
    return picture(
        "twins",
        "Which firms leave in one world only",
        caption,
        f"Firms of the start: {words}.",
        (12.0, 4.6),
        lambda figure: _draw_twins(figure, comparison, shares),
    )


def _seeds(comparison: Paired) -> str:
    number = len(comparison.seeds)
    return f"{number} paired seeds" if number > 1 else "one seed (so no interval can be given)"


def _error(axes: Axes, y: Any, value: float, low: float, high: float, colour: str, marker: str, filled: bool) -> None:
    if np.isfinite([low, high]).all():
        axes.plot([low, high], [y, y], color=colour, linewidth=2.2, solid_capstyle="butt")
    face = colour if filled else "white"
    axes.plot([value], [y], marker, color=colour, markerfacecolor=face, markeredgewidth=1.4, markersize=6.5)


def _draw_exits(figure: Figure, comparison: Paired, rows: pd.DataFrame, total: pd.DataFrame) -> None:
    levels, differences = figure.subplots(1, 2, width_ratios=(1.1, 1))
    names = [style.readable(name.removeprefix("exits_by_")) for name in rows.index]
    worlds = zip(style.WORLDS, VARIANTS, legend_labels(comparison), (-0.19, 0.19), strict=True)
    for line, variant, label, shift in worlds:
        outcomes = comparison.outcomes[comparison.outcomes["variant"] == variant]
        found = [mean_interval(outcomes[name].to_numpy(np.float64)) for name in rows.index[:-1]]
        places = np.arange(len(found)) + shift
        means = [mean for mean, _, _ in found]
        levels.barh(places, means, 0.34, color=line.colour, hatch=line.hatch, edgecolor="white", label=label)
        for y, (mean, low, high) in zip(places, found, strict=True):
            if mean == 0:
                levels.text(0, y, " 0", va="center", fontsize=9, color=line.colour)
            elif np.isfinite([low, high]).all():
                levels.plot([max(low, 0), high], [y, y], color=style.INK, linewidth=1.4)
    levels.set_yticks(range(len(names) - 1), names[:-1])
    levels.invert_yaxis()
    levels.set(title="Levels, background left out", xlabel="exits per 1,000 firms, whole run", xlim=(0, None))
    levels.grid(axis="y", visible=False)
    figure.legend(*levels.get_legend_handles_labels(), loc="outside lower left", ncols=2)
    shown = pd.concat([rows, total])
    for y, row in enumerate(wording.rows(shown)):
        _error(differences, y, row.effect, row.low, row.high, style.INK, "o", wording.excludes_zero(row))
    differences.axvline(0, color=style.FAINT, linewidth=0.9)
    differences.set_yticks(range(len(shown)), [*names, "all exits"])
    differences.invert_yaxis()
    differences.set(title="Paired difference", xlabel="exits per 1,000 firms, whole run")


def _draw_groups(figure: Figure, table: pd.DataFrame, rows: pd.DataFrame) -> None:
    panels = figure.subplots(1, len(_GROUP_PANELS), sharey=True)
    order = list(_DIMENSIONS)
    places = np.arange(len(rows)) + rows["dimension"].map(order.index).to_numpy() * 1.0
    for axes, name in zip(panels, _GROUP_PANELS, strict=True):
        values = table[table["outcome"] == name].set_index(["dimension", "group"])
        axes.axvline(0, color=style.FAINT, linewidth=0.9)
        for y, (dimension, group) in zip(places, rows[["dimension", "group"]].to_numpy(), strict=True):
            row = values.loc[(dimension, group)]
            clear = wording.excludes_zero(row)
            _error(axes, y, row["effect"], row["low"], row["high"], style.BLUE if clear else style.FAINT, "o", clear)
            if row["p_holm"] < 0.05:
                at = axes.get_yaxis_transform()
                axes.text(1.0, y, "*", transform=at, va="center", ha="left", fontsize=9, color=style.BLUE)
        axes.set_title(BY_NAME[name].label)
        axes.set_xlabel(_wrapped(unit_of(values.iloc[0])), fontsize=9)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    labels = [f"{style.readable(row.group)} ({row.firms:.0f})" for row in wording.rows(rows)]
    panels[0].set_yticks(places, labels)
    panels[0].set_ylim(places[-1] + 0.7, -1.0)
    for dimension, heading in _DIMENSIONS.items():
        inside = places[(rows["dimension"] == dimension).to_numpy()]
        if len(inside):
            panels[0].annotate(
                heading, (0, inside[0] - 0.75), (-6, 0), ("axes fraction", "data"), "offset points", ha="right",
                va="center", fontweight="bold", fontsize=9.5, annotation_clip=False,
            )  # fmt: skip


def _wrapped(unit: str) -> str:
    return unit.replace(" of ", "\nof ") if len(unit) > 22 else unit


def _draw_twins(figure: Figure, comparison: Comparison, shares: dict[str, tuple[float, float, float]]) -> None:
    bars, dots = figure.subplots(1, 2, width_ratios=(1, 1.7), sharey=True)
    colours = (style.VERMILION, style.BLUE)
    for y, (name, colour) in enumerate(zip(list(_FATES)[:2], colours, strict=True)):
        mean, low, high = shares[name]
        bars.barh(y, mean, 0.55, color=colour, hatch=("", "////")[y], edgecolor="white")
        if np.isfinite([low, high]).all():
            bars.plot([max(low, 0), high], [y, y], color=style.INK, linewidth=1.6)
    labels = [f"leave only under\n{textwrap.fill(label, 26)}" for label in comparison.labels]
    bars.set_yticks((0, 1), labels)
    bars.set_ylim(1.6, -0.6)
    both = wording.number(shares["both"][0])
    title = f"Firms of the start\n({both} per 1,000 leave in both worlds)"
    bars.set(title=title, xlabel="per 1,000 firms", xlim=(0, None))
    bars.grid(axis="y", visible=False)
    _draw_which(dots, comparison.twins(), comparison.seeds[0])


def _draw_which(axes: Axes, firms: pd.DataFrame, seed: int) -> None:
    alone = firms[firms["fate"] != "both"]
    if not len(alone):
        style.say_empty(axes, f"In the first pair (seed {seed}) the same firms leave in both worlds")
        return
    for lane, (name, column) in enumerate((("scenario_only", "scenario"), ("against_only", "against"))):
        inside = alone[alone["fate"] == name].sort_values([f"month_{column}", "firm"], kind="stable")
        spread = lane + 0.34 * (((np.arange(len(inside)) * 3) % 7) - 3) / 3
        month = inside[f"month_{column}"].to_numpy(np.float64) / MONTHS
        area = 22 + 40 * np.sqrt(np.minimum(inside["size"].to_numpy(np.float64), 25))
        cause = inside[f"attribution_{column}"].astype(str).to_numpy()
        for code, (colour, marker) in enumerate(zip(ATTRIBUTION_COLOURS, _MARKERS, strict=True)):
            of = cause == ATTRIBUTIONS[code]
            axes.scatter(month[of], spread[of], area[of], c=colour, marker=marker, edgecolors=style.INK, linewidths=0.6)
    for name, colour, marker in zip(ATTRIBUTIONS, ATTRIBUTION_COLOURS, _MARKERS, strict=True):
        label = style.readable(name)
        axes.plot([], [], marker, color=colour, markeredgecolor=style.INK, markersize=7, linestyle="", label=label)
    axes.set(title=f"Which firms, first pair (seed {seed})", xlabel="year of exit")
    axes.grid(axis="y", visible=False)
    axes.legend(title="attributed to", loc="center left", bbox_to_anchor=(1.0, 0.5))
