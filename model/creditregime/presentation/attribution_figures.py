"""Figures of an attribution: each toggle's part of the effects, and through which channels firms leave."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from creditregime.laboratory.attribution.accounts import CHANNELS
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.presentation import style, wording
from creditregime.presentation.effects_figure import unit_of
from creditregime.presentation.paths_figure import legend_labels
from creditregime.presentation.style import Picture, picture

if TYPE_CHECKING:
    from creditregime.laboratory.attribution import Attribution

SHOWN = ("compliance", "violations", "listed", "exits", "output", "welfare")
"""Outcomes whose parts are drawn; the table has the others."""
_COLUMNS = 3


def shares(attribution: Attribution) -> Picture:
    """Return how the toggles' Shapley values add up to the effect on the main outcomes."""
    table = attribution.shares(SHOWN)
    here, there = attribution.labels
    caption = (
        f"How the effect of “{here}” against “{there}” is made up of its {len(attribution.toggles)} toggles. A bar is "
        "a toggle's Shapley value, what it adds on average over all orders of switching on; bars begin where the one "
        "above ends, and add up to the whole effect. Lines: 95% intervals over "
        f"{len(attribution.seeds)} paired seeds. At the right the share of the whole; none where the interval of the "
        "whole holds zero. Each panel has its own unit."
    )
    alt = "; ".join(_sentence(table[table["outcome"] == name]) for name in SHOWN)
    rows = -(-len(SHOWN) // _COLUMNS)
    height = 1.0 + rows * (1.15 + 0.36 * (len(attribution.toggles) + 1))
    return picture(
        "shares",
        "Each toggle's part of the effect",
        caption,
        f"{alt}.",
        (12.5, height),
        lambda figure: _draw_shares(figure, attribution, table, rows),
    )


def channels(attribution: Attribution) -> Picture:
    """Return how many firms leave in one world only, by channel, and what they lost in both worlds."""
    table, lost = attribution.channels(), attribution.losses()
    here, there = attribution.labels
    seeds = len(attribution.seeds)
    caption = (
        f"Left: firms of the start that leave in “{here}” (first world) or “{there}” (second world) only, by the "
        "channel through which they lost most beyond what they lost in the world in which they survive: means over "
        f"{seeds} seed{'s' if seeds > 1 else ''} with 95% intervals. Right: what firms that leave in the first world "
        "only lost until then through each channel, there and in the second world, in months of their initial revenue; "
        "the line joins the means over seeds, the number is the mean paired difference with its 95% interval. Measures "
        "are priced at average margins, and a measure that withholds orders counts among the lost buyers as well."
    )
    alt = "; ".join(
        f"{style.readable(row.channel)} {wording.number(row.scenario)} against {wording.number(row.against)}"
        for row in wording.rows(table)
    )
    return picture(
        "channels",
        "Through which channel firms leave in one world only",
        caption,
        f"Per 1,000 firms of the start: {alt}.",
        (12.5, 4.9),
        lambda figure: _draw_channels(figure, attribution, table, lost),
    )


def toggle_label(name: str, width: int = 24) -> str:
    """Return a toggle's name as words on lines of some letters."""
    plain = style.readable(name).replace("+", " + ").replace(".", ": ")
    return textwrap.fill("everything else" if plain == "rest" else plain, width)


def _sentence(inside: pd.DataFrame) -> str:
    *toggles, total = wording.rows(inside)
    parts = [f"{toggle_label(row.toggle, 99)} {wording.number(row.effect, signed=True)}" for row in toggles]
    return f"{total.label} {wording.number(total.effect, signed=True)} {total.unit}, of which {', '.join(parts)}"


def _draw_shares(figure: Figure, attribution: Attribution, table: pd.DataFrame, rows: int) -> None:
    panels = figure.subplots(rows, _COLUMNS, sharey=True, squeeze=False)
    names = [*map(toggle_label, attribution.toggles), "all of them"]
    for axes, name in zip(panels.flat, SHOWN, strict=True):
        inside = table[table["outcome"] == name]
        _waterfall(axes, inside)
        axes.set_title(BY_NAME[name].label)
        axes.set_xlabel(unit_of(inside.iloc[0]), fontsize=9)
    for axes in panels[:, 0]:
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)


def _waterfall(axes: Axes, inside: pd.DataFrame) -> None:
    start = 0.0
    if not inside[["effect", "low", "high"]].fillna(0).to_numpy().any():
        axes.set(xlim=(-1, 1), xticks=[0])
        axes.text(0.5, 0.5, "nothing changes", transform=axes.transAxes, ha="center", color=style.FAINT)
        return
    axes.axvline(0, color=style.FAINT, linewidth=0.9)
    *toggles, total = wording.rows(inside)
    for y, row in enumerate(toggles):
        _step(axes, y, start, row, style.BLUE if row.effect > 0 else style.VERMILION)
        axes.plot([start + row.effect] * 2, [y, y + 1], color=style.FAINT, linewidth=0.8, linestyle=":")
        start += row.effect
    _step(axes, len(toggles), 0.0, total, style.PALE)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.margins(x=0.08)
    low, high = axes.get_xlim()
    axes.set_xlim(low, high + 0.2 * (high - low))  # room for the shares
    axes.grid(axis="y", visible=False)


def _step(axes: Axes, y: int, start: float, row: Any, colour: str) -> None:
    """Draw one bar from where the one before ended, its interval, and its share at the right edge."""
    hatch = "////" if row.effect < 0 and colour != style.PALE else ""
    axes.barh(y, row.effect, 0.58, start, color=colour, hatch=hatch, edgecolor=style.INK, linewidth=0.6)
    if np.isfinite([row.low, row.high]).all():
        axes.plot([start + row.low, start + row.high], [y, y], "|-", color=style.INK, linewidth=1.3, markersize=7)
    if np.isfinite(row.share):
        text = f"{wording.number(100 * row.share, 0)}%"
        at = axes.get_yaxis_transform()
        axes.text(0.99, y, text, transform=at, ha="right", va="center", fontsize=8.5, color=style.INK)


def _draw_channels(figure: Figure, attribution: Attribution, table: pd.DataFrame, lost: pd.DataFrame) -> None:
    bars, pairs = figure.subplots(1, 2, width_ratios=(1, 1.15), sharey=True)
    names = [*CHANNELS, "none"]
    _counts(bars, attribution, table.set_index("channel").loc[names])
    bars.set_yticks(range(len(names)), [*map(style.readable, CHANNELS), "none of them"])
    bars.set_ylim(len(names) - 0.5, -0.5)
    found = lost[lost["fate"] == "scenario_only"]
    if len(found):
        _lost(pairs, found)
    else:
        style.say_empty(pairs, "No firm leaves in the first world only")
    figure.legend(*bars.get_legend_handles_labels(), loc="outside lower left", ncols=2)


def _counts(axes: Axes, attribution: Attribution, rows: pd.DataFrame) -> None:
    """Draw the firms that leave in either world only, one bar each, with intervals over seeds."""
    worlds = zip(style.WORLDS, ("scenario", "against"), legend_labels(attribution), (-0.19, 0.19), strict=True)
    for line, variant, world, shift in worlds:
        places, label = np.arange(len(rows)) + shift, f"only under: {world}"
        axes.barh(places, rows[variant], 0.34, color=line.colour, hatch=line.hatch, edgecolor="white", label=label)
        for y, low, high in zip(places, rows[f"{variant}_low"], rows[f"{variant}_high"], strict=True):
            if np.isfinite([low, high]).all() and low < high:
                axes.plot([max(low, 0), high], [y, y], color=style.INK, linewidth=1.4)
    axes.set(title="Leave in one world only", xlabel="firms of the start per 1,000", xlim=(0, None))
    axes.grid(axis="y", visible=False)


def _lost(axes: Axes, found: pd.DataFrame) -> None:
    """Draw what the same firms lost in both worlds, joined by a line."""
    worlds = ((style.WORLDS[0], "leaves"), (style.WORLDS[1], "survives"))
    for y, row in enumerate(wording.rows(found)):
        axes.plot([row.survives, row.leaves], [y, y], color=style.FAINT, linewidth=2.2, zorder=1)
        text = f"{wording.number(row.effect, 2, signed=True)} {wording.interval(row.low, row.high, 2)}"
        axes.annotate(text, (1, y), (4, 0), ("axes fraction", "data"), "offset points", va="center", fontsize=8.5)
    for line, name in worlds:
        axes.plot(found[name], range(len(found)), line.marker, color=line.colour, markersize=7, label=name)
    axes.set(title="What firms that leave in the first world only lost", xlabel="months of own initial revenue")
    axes.margins(x=0.08)
    axes.grid(axis="y", visible=False)
    axes.legend(title="in the world in which the firm", loc="lower right")
