"""All figures of a session, kept in step with its two worlds."""

from __future__ import annotations

from collections.abc import Callable

import panel as pn

from creditregime.classroom.charts import Chart, Indicators
from creditregime.classroom.firm_file import links_of
from creditregime.classroom.network_drawing import NetworkDrawing
from creditregime.classroom.snapshots import link_ends, lost_links, scene, snapshot
from creditregime.classroom.twins import TwinWorlds, nobody
from creditregime.presentation.paths_figure import PATHS


class Pictures:
    """Two networks, and a chart for each indicator.

    Parameters
    ----------
    twins
        The worlds.
    clicked
        Called with the row of a firm that was clicked in either network.
    """

    def __init__(self, twins: TwinWorlds, clicked: Callable[[int], None]) -> None:
        self.indicators = Indicators()
        self._clicked = clicked
        self._charts = [Chart(path, twins.months) for path in PATHS]
        self.panes = [pn.pane.Bokeh(sizing_mode="stretch_width") for _ in twins.models]
        self.chart_panes = [pn.pane.Bokeh(chart.figure, sizing_mode="stretch_width") for chart in self._charts]
        self._draw_anew(twins)
        self._twins = twins

    def change(self, twins: TwinWorlds) -> None:
        """Show other worlds from now on."""
        if twins.economy is not self._twins.economy:
            self._draw_anew(twins)
        self._twins = twins
        self.indicators.clear()
        for chart in self._charts:
            chart.reset(twins.months)

    def show(self, firm: int | None, charts: bool = True) -> None:
        """Show the present month, with a firm chosen, in the networks and (unless there is no time) in the charts."""
        self.indicators.follow(self._twins.models)
        for network, model, struck in zip(self._networks, self._twins.models, self._twins.struck, strict=True):
            state = snapshot(model, self._stage, struck)
            active = model.world.network.weight[self._stage.links.at] > 0
            network.show(state, link_ends(model, self._stage), active, lost_links(model))
        self.choose(firm)
        for position, chart in enumerate(self._charts if charts else ()):
            chart.show(self.indicators.values(position))

    def choose(self, firm: int | None) -> None:
        """Ring a firm in both worlds, and draw its links."""
        for network, model in zip(self._networks, self._twins.models, strict=True):
            network.choose(firm, nobody() if firm is None else links_of(model, firm))

    def _draw_anew(self, twins: TwinWorlds) -> None:
        self._stage = scene(twins.models[0])
        self._networks = [NetworkDrawing(self._stage, f"world-{name}", self._clicked) for name in "ab"]
        for pane, network in zip(self.panes, self._networks, strict=True):
            pane.object = network.figure
