"""One picture of a network: firms where they always stand, as they are at one time, and what just happened to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from numpy.typing import NDArray

from creditregime.codes import Standing
from creditregime.presentation import style
from creditregime.presentation.layout import MOST_LINKS, Places

Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]

_PAPER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6}
_NO_LINKS = np.empty((0, 2), np.int64)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The drawn firms at one time, (n,) each, as positions in `Places`.

    Attributes
    ----------
    scale
        Names of the grades, lowest first.
    grade
        Number of each firm's grade.
    listed
        Standing on blacklists: 0 none, 1 for an own act, 2 by association only.
    active, successor
        Who is in business, and who is not the firm of the start.
    links : (links, 2)
        Pairs between which lines are drawn.
    sanctioned
        On whom measures were imposed just now.
    lowered
        Whose grade is held down by association.
    strikes : (strikes, 2)
        Pairs of a firm just hit by association, and the one through which it was.
    """

    scale: Sequence[str]
    grade: Rows
    listed: Rows
    active: Flags
    successor: Flags
    links: Rows
    sanctioned: Flags | None = None
    lowered: Flags | None = None
    strikes: Rows = field(default_factory=lambda: _NO_LINKS)

    def colours(self) -> NDArray[Any]:
        """Return the colour of each firm's grade."""
        return np.array([*style.ramp(len(self.scale))])[self.grade]


class Stage:
    """Axes on which snapshots of the same firms are shown, one after the other."""

    def __init__(self, axes: Axes, places: Places, firms: pd.DataFrame, names: bool = True) -> None:
        self._axes, self._places, self._area = axes, places, area_of(firms)
        axes.set_axis_off()
        axes.set_aspect("equal")
        wide, tall = places.bounds()
        axes.set(xlim=wide, ylim=tall)
        self._pale = self._lines("#9A9A9A", 0.35, 0.35, 1)
        self._dark = self._lines(style.INK, 0.8, 0.75, 2)
        self._struck = self._lines(style.PURPLE, 1.9, 0.95, 2.5)
        self._marks = {name: self._scatter(*look) for name, look in _LOOKS.items()}
        if names:
            self._write_sectors()

    def show(self, snapshot: Snapshot) -> None:
        """Show one snapshot instead of what was there before."""
        at = self._places.at
        listed = snapshot.listed > 0
        touched = listed[snapshot.links].any(axis=1)
        self._pale.set_segments([*at[snapshot.links[~touched]]])
        self._dark.set_segments([*at[snapshot.links[touched]]])
        self._struck.set_segments([*at[snapshot.strikes]])
        colour, white = snapshot.colours(), np.full(len(at), "white")
        fill, ink = np.where(snapshot.successor, white, colour), np.full(len(at), style.INK)
        own, associated = snapshot.listed == Standing.OWN, snapshot.listed == Standing.ASSOCIATED
        free = snapshot.active & ~listed
        self._put("firm", free & ~snapshot.successor, colour, white)
        self._put("successor", free & snapshot.successor, white, colour)
        self._put("listed", snapshot.active & own, fill, ink)
        self._put("associated", snapshot.active & associated, fill, ink)
        self._put("vacant", ~snapshot.active, ink, ink)
        nobody = np.zeros(len(at), np.bool_)
        hit = nobody.copy()
        hit[snapshot.strikes[:, 0]] = True
        lowered = nobody if snapshot.lowered is None else snapshot.lowered
        sanctioned = nobody if snapshot.sanctioned is None else snapshot.sanctioned
        self._put("lowered", snapshot.active & (lowered | hit), None, np.full(len(at), style.PURPLE), 3.0)
        self._put("sanctioned", snapshot.active & sanctioned, None, np.full(len(at), style.BLACK), 3.4)

    def ring(self, which: Flags) -> None:
        """Ring some firms, whatever is shown."""
        x, y = self._places.at[which].T
        area = 3.2 * self._area[which] + 40
        look: dict[str, Any] = {"facecolors": "none", "linewidths": 1.6, "edgecolors": style.GREEN}
        self._axes.scatter(x, y, area, linestyle=(0, (2, 1)), zorder=5, **look)

    def _put(self, name: str, which: Flags, face: Any, edge: Any, factor: float = 1.0) -> None:
        marks, at = self._marks[name], self._places.at[which]
        marks.set_offsets(at)
        marks.set_sizes(factor * self._area[which] + 30 * (factor > 1))
        marks.set_facecolor("none" if face is None else [*face[which]])
        marks.set_edgecolor([*edge[which]])

    def _lines(self, colour: str, width: float, alpha: float, order: float) -> LineCollection:
        lines = LineCollection([], colors=colour, linewidths=width, alpha=alpha, zorder=order)
        self._axes.add_collection(lines)
        return lines

    def _scatter(self, marker: str, width: float, order: float) -> PathCollection:
        return self._axes.scatter([], [], marker=MarkerStyle(marker), linewidths=width, zorder=order)

    def _write_sectors(self) -> None:
        for name, (across, up) in self._places.centres.items():
            words = style.readable(name).replace(" ", "\n", 1)
            self._axes.text(
                across, up, words, ha="center", va="bottom", fontsize=7.5, linespacing=0.95, zorder=4, bbox=_PAPER
            )


_LOOKS: dict[str, tuple[str, float, float]] = {  # marker, width of its edge, order
    "firm": ("o", 0.5, 3),
    "successor": ("o", 1.6, 3),
    "listed": ("D", 1.9, 3.2),
    "associated": ("s", 1.9, 3.2),
    "vacant": ("x", 1.2, 3),
    "lowered": ("o", 1.8, 3.4),
    "sanctioned": ("o", 0.9, 3.4),
}


def area_of(firms: pd.DataFrame) -> NDArray[np.float64]:
    """Return the areas of marks: by revenue, with a floor to be seen and a ceiling to hide nobody."""
    area: NDArray[np.float64] = 12 + 38 * np.sqrt(np.minimum(firms["size"].to_numpy(float), 25))
    return area


def sample_in_words(places: Places, links: int = MOST_LINKS) -> str:
    """Return which firms and links are drawn."""
    if len(places.rows) == places.of:
        return f"All {places.of} firms; of their links the {links} of most value at most."
    return (
        f"The {len(places.rows)} best connected of {places.of} firms; of the links between them the {links} of most "
        "value at most."
    )


def legend_of(scales: Sequence[Sequence[str]], *, moving: bool = False, twins: bool = False) -> list[Line2D]:
    """Return what the marks mean: grades of all scales, best first, each name once."""
    handles, seen = [], set()
    for names in scales:
        for name, colour in reversed([*zip(names, style.ramp(len(names)), strict=True)]):
            if name not in seen:
                seen.add(name)
                handles.append(_mark("o", colour, "white", f"grade: {style.readable(name)}"))
    handles.append(_mark("D", "#BBBBBB", "black", "on a blacklist"))
    handles.append(_mark("s", "#BBBBBB", "black", "on one by association only"))
    handles.append(_mark("o", "white", "#777777", "a successor: the first firm left"))
    handles.append(_mark("x", style.INK, style.INK, "vacant: nobody came after it"))
    if moving:
        handles.append(_mark("o", "none", style.PURPLE, "held down by association", size=11))
        handles.append(Line2D([], [], color=style.PURPLE, linewidth=2.4, label="just hit by association: through whom"))
        handles.append(_mark("o", "none", style.BLACK, "measures just imposed", size=11))
    if twins:
        handles.append(_mark("o", "none", style.GREEN, "ringed: its fate differs", size=12))
    return handles


def _mark(marker: str, face: str, edge: str, label: str, size: float = 8) -> Line2D:
    return Line2D(
        [], [], linestyle="", marker=marker, markersize=size, markerfacecolor=face, markeredgecolor=edge, label=label
    )
