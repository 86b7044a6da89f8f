"""The indicators of both worlds over time, a chart each: the levels above, and below them the difference, A less B."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import BoxAnnotation, ColumnDataSource, FixedTicker, LinearAxis, Range1d, Span
from bokeh.plotting import figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from creditregime.classroom.network_drawing import plain
from creditregime.model import CreditRegime
from creditregime.presentation import style
from creditregime.presentation.paths_figure import PATHS, Path
from creditregime.units import MONTHS

Reals = NDArray[np.float64]
SPLIT = 0.34
"""Part of a chart's height, from below, that shows the difference."""
DASHES = ("solid", [6, 4])


class Indicators:
    """The indicators of both worlds, month by month, as the charts and the table show them."""

    def __init__(self, paths: Sequence[Path] = PATHS) -> None:
        self.paths = paths
        self.clear()

    def clear(self) -> None:
        """Forget all months."""
        self._raw = np.empty((0, len(self.paths), 2))

    def follow(self, models: Sequence[CreditRegime]) -> None:
        """Take the months that came in both models; forget those that they went back on."""
        months = int(models[0].world.month)
        known = min(len(self._raw), months)
        if known < months or len(self._raw) > months:
            new = np.array([[self._since(model, path, known) for model in models] for path in self.paths])
            self._raw = np.concatenate([self._raw[:known], new.transpose(2, 0, 1)])

    def values(self, position: int) -> Reals:
        """Return an indicator of both worlds in its unit, (months, 2)."""
        path, raw = self.paths[position], self._raw[:, position]
        return path.scale * (_mean_of_year(raw) if path.smooth else raw)

    def _since(self, model: CreditRegime, path: Path, month: int) -> Reals:
        values = model.series.values(path.name, month)
        return values / model.world.rows if path.name == "exits" else values


def _mean_of_year(values: Reals) -> Reals:
    """Return the mean over the twelve months before, of fewer at the start."""
    sums = np.cumsum(np.concatenate([np.zeros((1, values.shape[1])), values]), axis=0)
    last = np.arange(1, len(values) + 1)
    first = np.maximum(last - MONTHS, 0)
    found: Reals = (sums[last] - sums[first]) / (last - first)[:, None]
    return found


class Chart:
    """One indicator."""

    def __init__(self, path: Path, months: int) -> None:
        self.path = path
        self._source = ColumnDataSource({"x": [], "a": [], "b": [], "d": []})
        self._upper, self._lower = Range1d(0, 1), Range1d(-0.1, -0.1 + 0.2 / SPLIT)
        self._levels, self._differences = FixedTicker(ticks=[]), FixedTicker(ticks=[])
        self.figure = self._empty(months)
        for name, line, dash in zip(("a", "b"), style.WORLDS, DASHES, strict=True):
            self.figure.line("x", name, source=self._source, line_color=line.colour, line_width=2.2, line_dash=dash)
        self.figure.line("x", "d", source=self._source, line_color=style.BLACK, line_width=1.6, y_range_name="lower")

    def show(self, values: Reals) -> None:
        """Show both worlds' months, (months, 2): appended where they go on from what is shown."""
        shown = len(self._source.data["x"])
        start = shown if 0 < shown <= len(values) else 0
        new = {"x": (1 + np.arange(start, len(values))) / MONTHS, "a": values[start:, 0], "b": values[start:, 1]}
        new["d"] = new["a"] - new["b"]
        if start == len(values) and shown:
            return
        columns = plain(new)
        if start:
            self._source.stream(columns)
        else:
            self._source.data = columns
        self._fit(values)

    def reset(self, months: int) -> None:
        """Begin anew with another length of the run."""
        self._source.data = {key: [] for key in ("x", "a", "b", "d")}
        self.figure.x_range.end = months / MONTHS

    def _fit(self, values: Reals) -> None:
        """Let the levels fill the upper part and the difference the lower one; ranges only grow while months come."""
        if not len(values) or not np.isfinite(values).any():
            return
        difference = np.append(values[:, 0] - values[:, 1], 0.0)
        low, high = _nice(float(np.nanmin(values)), float(np.nanmax(values)))
        below, above = _nice(float(np.nanmin(difference)), float(np.nanmax(difference)))
        _set(self._upper, high - (high - low) / (1 - SPLIT), high)
        _set(self._lower, below, below + (above - below) / SPLIT)
        _tick(self._levels, low, high, 4)
        _tick(self._differences, below, above, 3)

    def _empty(self, months: int) -> Any:
        unit = "% points" if self.path.unit.startswith("%") else "same unit"
        plot = figure(
            title=f"{self.path.label} ({self.path.unit})",
            height=250,
            sizing_mode="stretch_width",
            tools="",
            toolbar_location=None,
            x_range=Range1d(0, months / MONTHS),
            y_range=self._upper,
            extra_y_ranges={"lower": self._lower, "whole": Range1d(0, 1)},
            outline_line_color=None,
            min_border_right=4,
        )
        axis = LinearAxis(y_range_name="lower", ticker=self._differences, axis_label=f"A − B ({unit})")
        plot.add_layout(axis, "right")
        plot.yaxis[0].ticker = self._levels
        plot.xaxis.axis_label = "year"
        plot.ygrid.ticker = self._levels
        plot.add_layout(BoxAnnotation(y_range_name="whole", top=SPLIT - 0.02, fill_color="#F1F1F1", level="underlay"))
        plot.add_layout(Span(location=0, dimension="width", y_range_name="lower", line_color=style.FAINT))
        _dress(plot)
        return plot


def _dress(plot: Any) -> None:
    plot.title.text_font_size, plot.title.text_color = "13px", style.INK
    plot.axis.axis_label_text_font_style, plot.axis.axis_label_text_font_size = "normal", "11px"
    plot.axis.axis_label_text_color = plot.axis.major_label_text_color = style.INK
    plot.axis.minor_tick_line_color = plot.axis.axis_line_color = None
    plot.grid.grid_line_color = "#E6E6E6"


def _nice(low: float, high: float) -> tuple[float, float]:
    """Return round bounds around two numbers, so that they change seldom."""
    if high - low < 1e-9:
        low, high = low - 0.5 * max(abs(low), 0.2), high + 0.5 * max(abs(high), 0.2)
    ticks = MaxNLocator(nbins=4).tick_values(low, high)
    return float(ticks[0]), float(ticks[-1])


def _set(bounds: Range1d, start: float, end: float) -> None:
    if (bounds.start, bounds.end) != (start, end):
        bounds.update(start=start, end=end)


def _tick(ticker: FixedTicker, low: float, high: float, number: int) -> None:
    ticks = [float(tick) for tick in MaxNLocator(nbins=number).tick_values(low, high) if low <= tick <= high]
    if [*ticker.ticks] != ticks:
        ticker.ticks = ticks
