"""How indicators settle: means over seeds, Welch's moving average, and where MSER-5 sees the end of the burn-in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from creditregime.laboratory.burn_in import Series, welch
from creditregime.laboratory.outcomes import BY_NAME, LATE_MONTHS
from creditregime.presentation import style
from creditregime.presentation.style import Picture, picture

WINDOW = 6
"""Months to either side over which Welch's moving average goes: 13 months, a year and one."""
_COLUMNS = 3


def burn_in_figure(indicators: Sequence[Series], name: str = "burn-in") -> Picture:
    """Return the figure of one world: a panel an indicator.

    Parameters
    ----------
    indicators
        Of one world, as `laboratory.burn_in.series` yields them.
    name
        Stem of the figure's files.
    """
    first = indicators[0]
    world = ", ".join(f"{key} {value}" for key, value in first.world.items())
    rows = -(-len(indicators) // _COLUMNS)
    seeds = f"{first.seeds} seed{'' if first.seeds == 1 else 's'}"
    band = "" if first.seeds == 1 else ", with the 95% interval of the mean as a band"
    caption = (
        f"Thin: mean over {seeds} month by month{band}. Thick: Welch's moving average over {2 * WINDOW + 1} months. "
        f"Vertical line: end of the burn-in by MSER-5; without one, the rule found none in the first half. Grey: the "
        f"last {LATE_MONTHS} months, over which levels are averaged. Each panel has its own scale."
    )
    alt = "; ".join(f"{_label(item)}: {_found(item)}" for item in indicators)
    title = "When the start is forgotten" + (f": {world}" if world else "")
    return picture(name, title, caption, f"{alt}.", (12.0, 1.3 + 2.7 * rows), lambda figure: _draw(figure, indicators))


def _draw(figure: Figure, indicators: Sequence[Series]) -> None:
    rows = -(-len(indicators) // _COLUMNS)
    panels = figure.subplots(rows, min(_COLUMNS, len(indicators)), squeeze=False).ravel()
    for axes, item in zip(panels, indicators, strict=False):
        _panel(axes, item)
    for axes in panels[len(indicators) :]:
        axes.set_axis_off()
    handles = {
        label: handle for axes in panels for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside lower left", ncols=4)


def _panel(axes: Axes, item: Series) -> None:
    outcome = BY_NAME.get(item.indicator)
    scale = outcome.scale if outcome is not None else 1.0
    mean, margin, months = scale * item.values, scale * item.margin, item.months
    axes.axvspan(max(months[-1] - LATE_MONTHS, 0), months[-1], color=style.PALE, alpha=0.45, linewidth=0,
                 label="levels are averaged here")  # fmt: skip
    if np.isfinite(margin).any():
        axes.fill_between(months, mean - margin, mean + margin, color=style.SKY, alpha=0.35, linewidth=0,
                          label="95% interval of the mean")  # fmt: skip
    axes.plot(months, mean, color=style.SKY, linewidth=0.9, label="mean over seeds")
    smooth = welch(mean, min(WINDOW, len(mean) // 4))
    axes.plot(months[: len(smooth)], smooth, color=style.BLUE, label="Welch's moving average")
    if item.burn_in is not None:
        axes.axvline(item.burn_in, color=style.VERMILION, linestyle="--", label="end of burn-in, MSER-5")
    axes.set_title(f"{_label(item)}\n{_found(item)}")
    axes.set(xlabel="month", ylabel=_unit(item), xlim=(0, months[-1]))


def _label(item: Series) -> str:
    outcome = BY_NAME.get(item.indicator)
    return style.readable(item.indicator) if outcome is None else outcome.label


def _unit(item: Series) -> str:
    outcome = BY_NAME.get(item.indicator)
    return "" if outcome is None else outcome.unit if outcome.how == "late" else "a month, all firms"


def _found(item: Series) -> str:
    return item.reason or f"burn-in {item.burn_in} months"
