"""The supply network, drawn so that one sees the regime: grades, listed firms, and who left."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from creditregime.codes import Standing
from creditregime.presentation import style
from creditregime.presentation.layout import MOST_LINKS, Places, arrange, drawn_links
from creditregime.presentation.run_figures import name_of
from creditregime.presentation.style import Picture, picture

if TYPE_CHECKING:
    from creditregime.laboratory.run import RunResult

_HOW_TO_READ = (
    "One disc a sector, its largest firms in the middle. Area of a mark: initial revenue. Fill: grade in the "
    "last month "
    "(the lowest over all files). Diamond with a heavy black edge: on a blacklist, its links drawn dark. Hollow: the "
    "firm of the first month has left and another has its place; cross: nobody has taken it."
)
_PAPER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6}


def network(result: RunResult) -> Picture:
    """Return the network of one run in its last month."""
    places = arrange([result])
    drawn = result.firms.iloc[places.rows]
    caption = f"{_sample(places)} {_HOW_TO_READ}"
    alt = f"Network of {len(drawn)} firms in sectors; {_words(result, places)}."
    return picture(
        "network",
        f"The supply network in the last month: {name_of(result)}",
        caption,
        alt,
        _size(9.5, places, 1),
        lambda figure: _draw(figure, [result], [""], places),
    )


def network_twins(results: Sequence[RunResult], labels: Sequence[str]) -> Picture:
    """Return the same firms in two worlds, in the same places."""
    places = arrange(results)
    words = "; ".join(f"{label}: {_words(result, places)}" for label, result in zip(labels, results, strict=True))
    caption = (
        f"Both panels show the same firms in the same places, in the last month of the first pair of runs (seed "
        f"{results[0].seed}): an example, not an average. {_sample(places)} {_HOW_TO_READ}"
    )
    return picture(
        "network_twins",
        "The same economy in two worlds",
        caption,
        f"{len(places.rows)} firms drawn twice. {words}.",
        _size(13.0, places, 2),
        lambda figure: _draw(figure, results, labels, places),
    )


def _sample(places: Places) -> str:
    if len(places.rows) == places.of:
        return f"All {places.of} firms; of their links the {MOST_LINKS} of most value at most."
    return (
        f"The {len(places.rows)} best connected of {places.of} firms; of the links between them the {MOST_LINKS} of "
        "most value at most."
    )


def _words(result: RunResult, places: Places) -> str:
    firms = result.firms.iloc[places.rows]
    left = int(_left(result)[places.rows].sum())
    return f"{int(is_listed(firms).sum())} of them are on a blacklist and {left} of the first firms have left"


def is_listed(firms: pd.DataFrame) -> Any:
    """Return which firms stand on a blacklist, by their own act or by association."""
    return (firms["blacklisted"].astype(str) != Standing.UNLISTED.name.lower()).to_numpy()


def _size(width: float, places: Places, panels: int) -> tuple[float, float]:
    """Return the figure's size, so that the layout fills its panels."""
    (left, right), (low, high) = places.bounds()
    return width, min(max(width / panels * (high - low) / (right - left), 2.0), 7.0) + 1.5


def _left(result: RunResult) -> Any:
    """Return which places lost the firm that they had in the first month."""
    left = np.zeros(len(result.firms), np.bool_)
    left[result.exits["firm"].to_numpy(dtype=np.int64)] = True
    return left


def _draw(figure: Figure, results: Sequence[RunResult], labels: Sequence[str], places: Places) -> None:
    panels = figure.subplots(1, len(results), squeeze=False)[0]
    for axes, result, label in zip(panels, results, labels, strict=True):
        _panel(axes, result, places)
        _halos(axes, results, places)
        axes.set_title(textwrap.fill(label, 58), fontsize=10)
    figure.legend(handles=_legend(results), loc="outside lower center", ncols=5)


def _panel(axes: Axes, result: RunResult, places: Places) -> None:
    axes.set_axis_off()
    axes.set_aspect("equal")
    firms = result.firms.iloc[places.rows]
    wide, tall = places.bounds()
    axes.set(xlim=wide, ylim=tall)
    listed, active = is_listed(firms), firms["active"].to_numpy(bool)
    left = _left(result)[places.rows]
    _edges(axes, result, places, listed)
    names = _grades(result)
    colour = dict(zip(names, style.ramp(len(names)), strict=True))
    fill = np.array([colour[grade] for grade in firms["grade"].astype(str)])
    area = _area(firms)
    x, y = places.at.T
    for mask, marker, face, edge, width in (
        (active & ~listed & ~left, "o", fill, "white", 0.5),
        (active & ~listed & left, "o", "white", fill, 1.6),
        (active & listed, "D", np.where(left, "white", fill), "black", 1.9),
        (~active, "x", style.INK, None, 1.2),
    ):
        chosen = face[mask] if isinstance(face, np.ndarray) else face
        border = edge[mask] if isinstance(edge, np.ndarray) else edge
        axes.scatter(
            x[mask], y[mask], area[mask], c=chosen, marker=marker, linewidths=width, edgecolors=border, zorder=3
        )
    for name, (across, up) in places.centres.items():
        words = style.readable(name).replace(" ", "\n", 1)
        axes.text(across, up, words, ha="center", va="bottom", fontsize=7.5, linespacing=0.95, zorder=4, bbox=_PAPER)


def _area(firms: pd.DataFrame) -> Any:
    """Return the areas of marks: by revenue, with a floor to be seen and a ceiling to hide nobody."""
    return 12 + 38 * np.sqrt(np.minimum(firms["size"].to_numpy(float), 25))


def _halos(axes: Axes, results: Sequence[RunResult], places: Places) -> None:
    """Ring the firms whose grade, listing or departure differs between the worlds."""
    fates = [_fate(result).iloc[places.rows].reset_index(drop=True) for result in results]
    differs = np.zeros(len(places.rows), np.bool_)
    for fate in fates[1:]:
        differs |= (fate != fates[0]).any(axis=1).to_numpy()
    x, y = places.at[differs].T
    area = 3.2 * _area(results[0].firms.iloc[places.rows])[differs] + 40
    axes.scatter(x, y, area, facecolors="none", linewidths=1.6, edgecolors=style.GREEN, linestyle=(0, (2, 1)), zorder=5)


def _fate(result: RunResult) -> pd.DataFrame:
    firms = result.firms
    columns = {"active": firms["active"], "grade": firms["grade"].astype(str), "listed": is_listed(firms)}
    return pd.DataFrame(columns | {"left": _left(result)})


def _edges(axes: Axes, result: RunResult, places: Places, listed: Any) -> None:
    links = drawn_links(result, places)
    a, b = links["a"].to_numpy(), links["b"].to_numpy()
    lines = np.stack([places.at[a], places.at[b]], axis=1) if len(links) else np.empty((0, 2, 2))
    touched = listed[a] | listed[b]
    axes.add_collection(LineCollection(lines[~touched], colors="#9A9A9A", linewidths=0.35, alpha=0.35, zorder=1))
    axes.add_collection(LineCollection(lines[touched], colors=style.INK, linewidths=0.8, alpha=0.75, zorder=2))


def _grades(result: RunResult) -> list[str]:
    """Return the grades in the order of the scale, lowest first: those of the last phase, and of pilots."""
    return [str(name) for name in result.firms["grade"].cat.categories]


def _legend(results: Sequence[RunResult]) -> list[Line2D]:
    handles, seen = [], set()
    for result in results:
        names = _grades(result)
        for name, colour in reversed(list(zip(names, style.ramp(len(names)), strict=True))):
            if name not in seen:
                seen.add(name)
                handles.append(_mark("o", colour, "white", f"grade: {style.readable(name)}"))
    handles.append(_mark("D", "#BBBBBB", "black", "on a blacklist"))
    handles.append(_mark("o", "white", "#777777", "a successor: the first firm left"))
    handles.append(_mark("x", style.INK, style.INK, "vacant: nobody came after it"))
    if len(results) > 1:
        handles.append(_mark("o", "none", style.GREEN, "ringed: its fate differs", size=12))
    return handles


def _mark(marker: str, face: str, edge: str, label: str, size: float = 8) -> Line2D:
    return Line2D(
        [], [], linestyle="", marker=marker, markersize=size, markerfacecolor=face, markeredgecolor=edge, label=label
    )
