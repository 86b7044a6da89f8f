"""The leaderboard of a tournament, as a figure and as lines for a terminal."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from creditregime.laboratory.tournament import MEASURES, Tournament
from creditregime.presentation import style, wording
from creditregime.presentation.style import BLUE, FAINT, INK, Picture, picture

_AXES = {
    "lead": "Profit less the mean of all strategies,\n% of own initial revenue, a month",
    "survival": "In business at the end,\n% of the firms of the start",
    "compliance": "Effort,\n% of full compliance",
    "listed": "Months on a blacklist,\n%",
}


def leaderboard(played: Tournament) -> Picture:
    """Return the strategies of a tournament, most profit first, with 95% intervals over seeds.

    Parameters
    ----------
    played
        What `tournament` returned.
    """
    table, seeds = played.leaderboard(), len(played.seeds)
    told = "; ".join(_told(row, len(table) - 1) for row in wording.rows(table))
    title = f"Leaderboard: {played.scenario.title or 'tournament'}"
    caption = (
        f"Mean over {seeds} seed{'' if seeds == 1 else 's'}, in each of which every firm of the start has had every"
        " strategy once; bars: 95% intervals over seeds. A strategy beats those that it leads with an interval of the"
        " difference, paired by seed, above zero. The order is by profit alone."
    )
    size = (10.5, 2.3 + 0.42 * len(table))
    return picture("leaderboard", title, caption, f"{told}.", size, lambda canvas: _draw(canvas, table, caption))


def _told(row: Any, rivals: int) -> str:
    lead = f"{wording.number(row.lead, 2, signed=True)} {wording.interval(row.lead_low, row.lead_high, 2)}"
    profit = wording.number(row.profit, 2)
    return f"{row.strategy}: profit {profit}%, {lead} from the mean, beats {row.beats} of {rivals}"


def _draw(canvas: Figure, table: Any, caption: str) -> None:
    panels = canvas.subplots(1, len(_AXES), sharey=True, width_ratios=(1.7, 1, 1, 1))
    for axes, name in zip(panels, _AXES, strict=True):
        _panel(axes, table, name, main=name == "lead")
    panels[0].set_yticks(range(len(table)), [_who(row, len(table) - 1) for row in wording.rows(table)])
    panels[0].set_ylim(len(table) - 0.5, -0.5)
    panels[0].axvline(0, color=FAINT, linewidth=1, zorder=1)
    for axes in panels:
        axes.tick_params(axis="y", length=0)
    style.note(canvas, caption)


def _who(row: Any, rivals: int) -> str:
    return f"{style.readable(row.strategy)}\nprofit {wording.number(row.profit, 2)}%, beats {row.beats} of {rivals}"


def _panel(axes: Axes, table: Any, name: str, main: bool) -> None:
    colour = BLUE if main else INK
    for place, (_, row) in enumerate(table.iterrows()):
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        if math.isfinite(low):
            axes.plot((low, high), (place, place), color=colour, linewidth=3 if main else 1.6, solid_capstyle="butt")
        axes.plot(row[name], place, "o" if main else "D", color=colour, markersize=7 if main else 4.5)
    axes.set_xlabel(_AXES[name], fontsize=9)
    axes.margins(x=0.12)


def leaderboard_lines(played: Tournament) -> str:
    """Return the leaderboard as text for a terminal."""
    rest = MEASURES[1:]
    head = f"{'':<3}{'strategy':<24}{'profit':>7}{'lead':>7}  {'95% interval':<15}{'beats':>6}"
    head += "".join(f"{measure.label.lower():>11}" for measure in rest)
    lines = [head, "-" * len(head)]
    for place, row in enumerate(wording.rows(played.leaderboard()), start=1):
        numbers = f"{wording.number(row.profit, 2):>7}{wording.number(row.lead, 2, signed=True):>7}"
        interval = wording.interval(row.lead_low, row.lead_high, 2)
        cells = "".join(f"{wording.number(getattr(row, measure.name), 1):>11}" for measure in rest)
        lines.append(f"{place:<3}{row.strategy[:23]:<24}{numbers}  {interval:<15}{row.beats:>6}{cells}")
    return "\n".join([*lines, "", _LEAD, *(f"{measure.label}, %: {measure.how}." for measure in MEASURES)])


_LEAD = "Lead: profit less the mean of all strategies in the same seed. Beats: leads with an interval above zero."
