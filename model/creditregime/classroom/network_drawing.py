"""The supply network of one world as a Bokeh figure: after each month only what changed is sent to the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from bokeh.events import Tap
from bokeh.models import ColumnDataSource, CustomJS, Range1d
from bokeh.plotting import figure
from numpy.typing import NDArray

from creditregime.classroom.snapshots import Scene
from creditregime.codes import Standing
from creditregime.presentation import style
from creditregime.presentation.network_stage import Snapshot, area_of
from creditregime.state import Rows

WIDTH = 620
"""Pixels for which the sizes of marks are chosen."""
LETTERS = 10
"""Pixels of the sectors' names on the smallest screen, where longer ones would meet."""
LARGER = f"text.text_font_size = `${{Math.min(Math.max(cb_obj.inner_width / 50, {LETTERS}), 18)}}px`"
"""Lets the names grow with the drawing: on a projector they are read from the last row."""
LISTED, ASSOCIATED, VACANT, FREE = "diamond", "square", "x", "circle"
MARKED = {
    "sanctioned": (style.BLACK, 1.2, 4.0),
    "lowered": (style.PURPLE, 2.4, 7.0),
    "chosen": (style.GREEN, 3.0, 11.0),
}
"""Rings around marks: colour, width, and by how much they are wider than the mark, in pixels."""
LINKS = {
    "dark": {"line_color": style.INK, "line_width": 1.0, "line_alpha": 0.75},
    "lost": {"line_color": style.VERMILION, "line_width": 2.0, "line_dash": [5, 3]},
    "partners": {"line_color": style.GREEN, "line_width": 1.8},
    "struck": {"line_color": style.PURPLE, "line_width": 3.0},
}
"""Links that stand out: of firms on blacklists, just lost, of the chosen firm, and along which association hit."""


SHORT = 400
"""Entries up to which a column is sent as text."""


class NetworkDrawing:
    """The figure of one world.

    Parameters
    ----------
    scene
        Firms, where they stand, and the links that are drawn.
    name
        What the figure is called.
    clicked
        Called with the row of a firm that was clicked.
    """

    def __init__(self, scene: Scene, name: str, clicked: Callable[[int], None]) -> None:
        self._at = scene.places.at
        wide, tall = scene.places.bounds()
        spacing = WIDTH / (wide[1] - wide[0])
        area = area_of(scene.firms)
        self._size = np.round(np.clip(spacing * 0.62 * np.sqrt(area / np.median(area)), 4, 26), 1)
        self.figure = self._empty(name, wide, tall)
        self._pale = self._links(line_color="#8A8A8A", line_width=0.5, line_alpha=0.4)
        self._lines = {key: self._links(**look) for key, look in LINKS.items()}
        self._nodes = self._firms()
        self._rings = {key: self._ring(*look) for key, look in MARKED.items()}
        self._write_sectors(scene)
        self.figure.on_event(Tap, lambda event: self._tapped(event, clicked))

    def show(self, state: Snapshot, ends: Rows, active: NDArray[np.bool_], lost: Rows) -> None:
        """Show a month: every drawn link with its ends and whether it is active, and the links just lost."""
        segments = self._segments(ends)
        for column in segments.values():
            column[np.repeat(~active, 3)] = np.nan
        update(self._pale, segments)
        touched = (state.listed > 0)[state.links].any(axis=1)
        for name, pairs in (("dark", state.links[touched]), ("lost", lost), ("struck", state.strikes)):
            replace(self._lines[name], self._segments(pairs))
        update(self._nodes, self._looks(state))
        sanctioned = np.zeros(len(self._at), np.bool_) if state.sanctioned is None else state.sanctioned
        lowered = np.zeros(len(self._at), np.bool_) if state.lowered is None else state.lowered.copy()
        lowered[state.strikes[:, 0]] = True
        self._circle("sanctioned", np.flatnonzero(state.active & sanctioned))
        self._circle("lowered", np.flatnonzero(state.active & lowered))

    def choose(self, firm: int | None, partners: Rows) -> None:
        """Ring a firm, and draw the links to its partners, (partners, 2)."""
        self._circle("chosen", np.array([] if firm is None else [firm], np.int64))
        replace(self._lines["partners"], self._segments(partners))

    def _looks(self, state: Snapshot) -> dict[str, Any]:
        colour, ink = state.colours(), np.full(len(self._at), style.INK)
        listed = np.where(state.listed == Standing.OWN, LISTED, np.where(state.listed > 0, ASSOCIATED, FREE))
        marker = np.where(state.active, listed, VACANT)
        plain = marker == FREE
        return {
            "marker": marker,
            "fill": np.where(state.successor, "#FFFFFF", colour),
            "edge": np.where(plain & state.active, np.where(state.successor, colour, "#FFFFFF"), ink),
            "width": np.where(plain, np.where(state.successor, 1.8, 0.5), 1.8),
        }

    def _empty(self, name: str, wide: tuple[float, float], tall: tuple[float, float]) -> Any:
        across, up = wide[1] - wide[0], tall[1] - tall[0]
        plot = figure(
            name=name,
            x_range=Range1d(*wide),
            y_range=Range1d(*tall),
            tools="",
            toolbar_location=None,
            aspect_ratio=across / up,
            sizing_mode="scale_width",
            min_border=0,
            outline_line_color=None,
            background_fill_color="#FFFFFF",
        )
        plot.axis.visible = False
        plot.grid.visible = False
        return plot

    def _links(self, **look: Any) -> ColumnDataSource:
        source = ColumnDataSource({"x": [], "y": []})
        self.figure.line("x", "y", source=source, **look)
        return source

    def _firms(self) -> ColumnDataSource:
        x, y = self._at.T
        blank = np.full(len(x), FREE)
        source = ColumnDataSource(
            {"x": x, "y": y, "size": self._size, "marker": blank, "fill": blank, "edge": blank, "width": self._size}
        )
        look = {"marker": "marker", "size": "size", "fill_color": "fill", "line_color": "edge", "line_width": "width"}
        self.figure.scatter("x", "y", source=source, **look)
        return source

    def _ring(self, colour: str, width: float, wider: float) -> tuple[ColumnDataSource, float]:
        source = ColumnDataSource({"x": [], "y": [], "size": []})
        self.figure.scatter(
            "x", "y", size="size", source=source, fill_color=None, line_color=colour, line_width=width, marker="circle"
        )
        return source, wider

    def _circle(self, name: str, rows: Rows) -> None:
        source, wider = self._rings[name]
        x, y = self._at[rows].T if len(rows) else (np.empty(0), np.empty(0))
        replace(source, {"x": x, "y": y, "size": self._size[rows] + wider})

    def _segments(self, pairs: Rows) -> dict[str, Any]:
        """Return all links as one line with gaps, which is drawn many times as fast as each by itself."""
        ends = np.full((len(pairs), 3, 2), np.nan)
        ends[:, :2] = self._at[pairs]
        x, y = ends.reshape(-1, 2).T
        return {"x": x, "y": y}

    def _write_sectors(self, scene: Scene) -> None:
        names = [*scene.places.centres]
        x, y = np.array([scene.places.centres[name] for name in names]).T
        words = [style.readable(name).replace(" ", "\n", 1) for name in names]
        text = self.figure.text(
            x,
            y,
            words,
            text_align="center",
            text_baseline="bottom",
            text_font_size=f"{LETTERS}px",
            text_color=style.INK,
            background_fill_color="#FFFFFF",  # links that cross a name do not strike it out
            background_fill_alpha=0.75,
        )
        self.figure.js_on_change("inner_width", CustomJS(args={"text": text.glyph}, code=LARGER))

    def _tapped(self, event: Any, clicked: Callable[[int], None]) -> None:
        if isinstance(event.x, int | float) and isinstance(event.y, int | float):
            distance = np.hypot(self._at[:, 0] - event.x, self._at[:, 1] - event.y)
            if distance.min() < 1.5:
                clicked(int(distance.argmin()))


def update(source: ColumnDataSource, columns: dict[str, Any]) -> None:
    """Bring columns up to date: sent are the entries that changed, or the columns where most did."""
    patches = {}
    for name, column in columns.items():
        before = np.asarray(source.data[name])
        if len(before) != len(column):
            replace(source, dict(source.data) | columns)
            return
        changed = np.flatnonzero(differs(before, column))
        if len(changed):
            patches[name] = [(int(row), column[row].item()) for row in changed]
    if sum(map(len, patches.values())) > len(next(iter(columns.values()))):
        replace(source, dict(source.data) | columns)
    elif patches:
        source.patch(patches)


def differs(before: NDArray[Any], column: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which entries of two columns differ; a gap in a line is the same as another one."""
    unequal: NDArray[np.bool_] = before != column
    if column.dtype.kind == "f":
        unequal &= ~(np.isnan(before.astype(float)) & np.isnan(column))
    return unequal


def replace(source: ColumnDataSource, columns: dict[str, Any]) -> None:
    """Replace all columns, unless there was nothing and there is nothing.

    Short columns go as lists: each array is a message of its own to the browser.
    """
    if len(next(iter(columns.values()))) or len(next(iter(source.data.values()))):
        source.data = plain(columns)


def plain(columns: dict[str, Any]) -> dict[str, Any]:
    """Return columns of Python's own numbers and words where they are short."""
    return {
        name: column.tolist() if isinstance(column, np.ndarray) and len(column) < SHORT else column
        for name, column in columns.items()
    }
