"""One economy in Mesa's own browser interface: ``solara run experiments/solara/app.py``.

`CreditRegime` is a `mesa.Model`: SolaraViz, its sliders and its plots work on it as they are.
Twin worlds, firms' stories and every parameter are in the classroom app (``creditregime app``).
"""

from __future__ import annotations

from collections.abc import Callable

import matplotlib as mpl
import numpy as np
import solara
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mesa.visualization import Slider, SolaraViz, make_plot_component
from mesa.visualization.utils import update_counter

from creditregime import CreditRegime
from creditregime.classroom.snapshots import scene, snapshot
from creditregime.presentation.network_stage import Stage, legend_of
from creditregime.presentation.style import SETTINGS

NOBODY = np.empty((0, 2), np.int64)
PARAMETERS = {
    "regime": {
        "type": "Select",
        "value": "joint_2016",
        "values": ["fines_only", "siloed_topics", "joint_2016", "joint_2020", "unified_2026"],
        "label": "Regime",
    },
    "population.firms": Slider("Firms", 120, 40, 300, 20),
    "spillover.partner.strength": Slider("Liability for partners (share)", 0.3, 0.0, 1.0, 0.1),
    "learning.transparency": Slider("Transparency (share a month)", 0.05, 0.0, 1.0, 0.05),
    "seed": Slider("Seed", 1, 1, 30, 1),
}
"""Names are those of a scenario, as on the command line: `creditregime describe` tells what they mean."""


@solara.component
def Network(model: CreditRegime) -> None:  # noqa: N802 - components are named like classes
    """Draw the supply network as it stands: grades, lists, who is held down by association."""
    update_counter.get()  # drawn again after each step
    place = solara.use_memo(lambda: scene(model), [id(model)])
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(9, 6.2), layout="constrained")
        Stage(figure.subplots(), place.places, place.firms).show(snapshot(model, place, NOBODY))
        figure.legend(handles=legend_of([model.world.law.grades]), loc="outside lower center", ncols=4)
    solara.FigureMatplotlib(figure, format="png", bbox_inches="tight")


def labelled(words: str) -> Callable[[Axes], None]:
    """Return what tells in words what a plot shows, and lets its lines differ by dashes as well as by colour."""

    def label(axes: Axes) -> None:
        for line, dash in zip(axes.lines, ("-", "--"), strict=False):
            line.set_linestyle(dash)
        axes.set(xlabel="month", ylabel=words)
        axes.legend(loc="best")

    return label


START = {name: value["value"] if isinstance(value, dict) else value.value for name, value in PARAMETERS.items()}
PLOTS = {
    "share of full effort; violations per firm": ["compliance", "violations"],
    "share of firms on a blacklist": ["listed"],
    "firms a month": ["exits", "entries"],
}
page = SolaraViz(
    CreditRegime(**START),
    components=[(Network, 0), *(make_plot_component(names, labelled(words)) for words, names in PLOTS.items())],
    model_params=PARAMETERS,
    play_interval=500,  # a shorter one asks for the next month before the last is painted
    name="creditregime: one economy",
)
