"""Grades through time as an alluvial diagram: columns of firms by grade and list, and the flows between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch, Rectangle
from matplotlib.path import Path

from creditregime.laboratory.flows import ENTRY, EXIT, grade_flows, in_between
from creditregime.laboratory.history import History, history
from creditregime.presentation import style
from creditregime.presentation.network_film import dated
from creditregime.presentation.run_figures import name_of
from creditregime.presentation.style import Picture, picture
from creditregime.units import MONTHS

if TYPE_CHECKING:
    from creditregime.laboratory.run import RunResult

COLUMNS = 5
"""Steps at most, unless months are chosen."""
_HALF = 0.055
"""Half the width of a node, in columns."""


class State(NamedTuple):
    """Where firms are: a grade, on a blacklist or not; entry and exit are states of their own."""

    grade: str
    listed: bool


class Node(NamedTuple):
    """A state in a column, from `low` to `low` + `firms`, with what flows in and out placed from its top down."""

    low: float
    firms: int


def alluvial(result: RunResult, months: Sequence[int] | None = None) -> Picture:
    """Return how firms move between grades, with exits, entries and lists.

    Parameters
    ----------
    result
        A run.
    months
        The columns, counted from 1, 0 for the start; by default five steps of whole years at most.
    """
    states = history(result)
    chosen = _months(states.months) if months is None else [*months]
    flows = grade_flows(states, chosen)
    moving = flows[~_calm(states, flows)]
    hidden = in_between(states, chosen)
    between = f" {hidden} firms came and left between two of these months; no flow shows them." if hidden else ""
    caption = (
        "Firms by grade (the lowest over all files); hatched with a black edge: on a blacklist. Upper panel: all "
        "firms. Lower panel: without those that begin and end a step with the best grade and on no list, on a scale of "
        f"its own. Exits lead down to the next column, entries up from the one before.{between} One run (seed "
        f"{result.seed}): an example."
    )
    return picture(
        "grades_through_time",
        f"Grades through time: {name_of(result)}",
        caption,
        _alt(states, flows),
        (11.0, 8.6),
        lambda figure: _draw(figure, states, chosen, flows, moving),
    )


def _months(last: int) -> list[int]:
    step = max(1, -(-last // COLUMNS))
    step = -(-step // MONTHS) * MONTHS if last >= MONTHS else step
    return [*range(0, last, step), last]


def _calm(states: History, flows: pd.DataFrame) -> Any:
    """Return which flows are of firms that stay in the best grade and on no list."""
    best = [[states.era(month).scale[-1] for month in flows[name]] for name in ("start", "end")]
    same = (flows["source"] == best[0]) & (flows["target"] == best[1])
    return (same & ~flows["source_listed"] & ~flows["target_listed"]).to_numpy(bool)


def _alt(states: History, flows: pd.DataFrame) -> str:
    said = []
    for start, end in flows[["start", "end"]].drop_duplicates().itertuples(index=False, name=None):
        part = flows[(flows["start"] == start) & (flows["end"] == end)]
        scale = [*states.era(start).scale, *states.era(end).scale]
        inside = part[(part["source"] != ENTRY) & (part["target"] != EXIT)]
        rank = {name: number for number, name in enumerate(dict.fromkeys(scale))}
        move = inside["target"].map(rank) - inside["source"].map(rank)
        numbers = {
            "keep their grade": inside.loc[move == 0, "firms"].sum(),
            "rise": inside.loc[move > 0, "firms"].sum(),
            "fall": inside.loc[move < 0, "firms"].sum(),
            "leave": part.loc[part["target"] == EXIT, "firms"].sum(),
            "enter": part.loc[part["source"] == ENTRY, "firms"].sum(),
            "are on a blacklist at the end": part.loc[part["target_listed"], "firms"].sum(),
        }
        said.append(f"months {start} to {end}: {', '.join(f'{count} {what}' for what, count in numbers.items())}")
    return f"Firms, {'; '.join(said)}."


def _draw(figure: Figure, states: History, months: Sequence[int], flows: pd.DataFrame, moving: pd.DataFrame) -> None:
    panels = figure.subplots(2, 1, height_ratios=(1, 1.15))
    for axes, part, title in zip(
        panels, (flows, moving), ("All firms", "Without those that stay in the best grade and on no list"), strict=True
    ):
        axes.set_title(title)
        if not len(part):
            style.say_empty(axes, "Every firm stays in the best grade, on no list, and in business")
            continue
        _panel(axes, states, months, part)
    scales = list(dict.fromkeys(states.era(month).scale for month in months))
    figure.legend(handles=_legend(scales), loc="outside lower center", ncols=8)


def _panel(axes: Axes, states: History, months: Sequence[int], flows: pd.DataFrame) -> None:
    columns = [_column(states, month, flows) for month in months]
    tallest = max(sum(firms.values()) for firms in columns)
    gap = 0.035 * tallest
    nodes = [_stacked(firms, gap) for firms in columns]
    used: list[dict[State, tuple[float, float]]] = [
        {state: (node.low + node.firms, node.low + node.firms) for state, node in column.items()} for column in nodes
    ]
    order = {state: number for number, state in enumerate(state for column in columns for state in column)}
    for step, (start, end) in enumerate(pairwise(months)):
        part = flows[(flows["start"] == start) & (flows["end"] == end)]
        rows = [
            (State(str(a), bool(b)), State(str(c), bool(d)), int(n))
            for a, b, c, d, n in part[["source", "source_listed", "target", "target_listed", "firms"]].itertuples(
                index=False, name=None
            )
        ]
        for source, target, firms in sorted(rows, key=lambda row: (order[row[0]], order[row[1]])):
            out, into = used[step][source][1], used[step + 1][target][0]
            _band(axes, step, (out, into), firms, _colour(states, start, source))
            used[step][source] = (used[step][source][0], out - firms)
            used[step + 1][target] = (into - firms, used[step + 1][target][1])
    for place, (month, column) in enumerate(zip(months, nodes, strict=True)):
        for state, node in column.items():
            _box(axes, place, node, state, _colour(states, month, state))
        _numbers(axes, place, column, 1.3 * gap)
    lowest = min(min(node.low for node in column.values()) for column in nodes if column)
    axes.set_ylim(lowest - gap, gap)
    axes.set_xticks(range(len(months)), [f"month {m}\n({dated(m)})" if m else "start" for m in months])
    axes.set_xlim(-0.25, len(months) - 0.6)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)


def _column(states: History, month: int, flows: pd.DataFrame) -> dict[State, int]:
    """Return the firms of a column's states, from the top down: grades from the best, listed below unlisted."""
    totals: dict[State, list[int]] = {}
    for side, at in (("source", "start"), ("target", "end")):
        part = flows[flows[at] == month]
        counts: Counter[State] = Counter()
        for grade, listed, firms in part[[side, f"{side}_listed", "firms"]].itertuples(index=False, name=None):
            counts[State(str(grade), bool(listed))] += int(firms)
        for state, number in counts.items():
            totals.setdefault(state, []).append(number)
    grades = [State(name, listed) for name in reversed(states.era(month).scale) for listed in (False, True)]
    return {
        state: max(totals[state]) for state in [*grades, State(EXIT, False), State(ENTRY, False)] if state in totals
    }


def _stacked(firms: dict[State, int], gap: float) -> dict[State, Node]:
    top, found = 0.0, {}
    for state, number in firms.items():
        top -= gap * (2.5 if state.grade in (EXIT, ENTRY) else 0.3 if state.listed else 1)
        found[state] = Node(top - number, number)
        top -= number
    return found


def _colour(states: History, month: int, state: State) -> str:
    if state.grade in (ENTRY, EXIT):
        return style.PALE if state.grade == ENTRY else style.FAINT
    scale = states.era(month).scale
    return style.ramp(len(scale))[scale.index(state.grade)]


def _band(axes: Axes, step: int, tops: tuple[float, float], firms: int, colour: str) -> None:
    (left, right), middle = (step + _HALF, step + 1 - _HALF), step + 0.5
    out, into = tops
    points = [(left, out), (middle, out), (middle, into), (right, into)]
    points += [(right, into - firms), (middle, into - firms), (middle, out - firms), (left, out - firms), (left, out)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    axes.add_patch(PathPatch(Path(points, codes), facecolor=colour, edgecolor="none", alpha=0.45))


def _box(axes: Axes, place: int, node: Node, state: State, colour: str) -> None:
    edge, width = (style.BLACK, 1.0) if state.listed else ("white", 0.4)
    hatch = "////" if state.listed else "...." if state.grade == EXIT else None
    box = Rectangle((place - _HALF, node.low), 2 * _HALF, node.firms, facecolor=colour, hatch=hatch)
    box.set(edgecolor=edge, linewidth=width)
    axes.add_patch(box)


def _numbers(axes: Axes, place: int, column: dict[State, Node], apart: float) -> None:
    """Write how many firms each node has, beside it; numbers that would overlap move down."""
    last = float("inf")
    for state, node in column.items():
        at = min(node.low + node.firms / 2, last - apart)
        name = style.readable(state.grade) + (", listed" if state.listed else "")
        axes.text(place + _HALF + 0.015, at, f"{name} {node.firms}", fontsize=7.5, va="center")
        last = at


def _legend(scales: Sequence[Sequence[str]]) -> list[Patch]:
    handles, seen = [], set()
    for names in scales:
        for name, colour in reversed([*zip(names, style.ramp(len(names)), strict=True)]):
            if name not in seen:
                seen.add(name)
                handles.append(Patch(facecolor=colour, label=f"grade: {style.readable(name)}"))
    handles.append(Patch(facecolor="white", edgecolor=style.BLACK, hatch="////", label="on a blacklist"))
    handles.append(Patch(facecolor=style.FAINT, edgecolor="white", hatch="....", label="exit"))
    handles.append(Patch(facecolor=style.PALE, label="entry"))
    return handles
