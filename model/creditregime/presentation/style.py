"""How every figure looks, and how it becomes bytes: the same result always gives the same file.

Nothing here touches pyplot or leaves Matplotlib's global settings changed, so that figures can be drawn in a notebook,
a server or a worker process alike.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
"""Okabe and Ito's colours, told apart with the common kinds of colour blindness."""

INK, FAINT, PALE = "#222222", "#6B6B6B", "#D9D9D9"
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "oo", "++", "--")

Draw = Callable[[Figure], None]

SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # ships with Matplotlib: the same letters on every machine
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.7,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "hatch.linewidth": 0.6,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "text.color": INK,
    "text.parse_math": False,  # a title with two dollar signs is no formula
    "svg.hashsalt": "creditregime",  # else the names inside an SVG are random
    "svg.fonttype": "path",
}
"""Matplotlib's settings while a figure is drawn."""
_DPI = 150
_DOCTYPE = re.compile(rb"<!DOCTYPE[^>]*>\s*")
"""Names an outside address, and no reader of SVG needs it."""


@dataclass(frozen=True)
class Picture:
    """One finished figure.

    Attributes
    ----------
    name
        Stem of its files.
    title, caption
        What it shows; how to read it.
    alt
        The same for readers who cannot see it, with the main numbers.
    svg, png
        The files.
    """

    name: str
    title: str
    caption: str
    alt: str
    svg: bytes = field(repr=False)
    png: bytes = field(repr=False)

    def _repr_png_(self) -> tuple[bytes, dict[str, str]]:
        """Show it in a notebook, with its text for those who cannot see it."""
        return self.png, {"alt": self.alt}


@dataclass(frozen=True)
class Line:
    """How one of two worlds is drawn: colour, dash, marker and hatch all differ."""

    colour: str
    dash: Any
    marker: str
    hatch: str


WORLDS = (Line(VERMILION, "-", "o", ""), Line(BLUE, "--", "s", "////"))
"""The scenario and what it is compared with."""

LINES = (
    *WORLDS,
    Line(GREEN, "-.", "^", "...."),
    Line(BLACK, ":", "D", "\\\\\\\\"),
    Line(PURPLE, (0, (5, 1, 1, 1, 1, 1)), "v", "xxxx"),
    Line(ORANGE, (0, (3, 1)), "P", "oo"),
    Line(SKY, (0, (1, 1)), "X", "++"),
)
"""Levels of a factor, as many as can be told apart."""


def picture(name: str, title: str, caption: str, alt: str, size: tuple[float, float], draw: Draw) -> Picture:
    """Return the figure that `draw` makes, titled, with its caption's first sentence left to the report.

    Parameters
    ----------
    name, title, caption, alt
        See `Picture`.
    size
        Width and height in inches.
    draw
        Fills an empty figure.
    """
    with mpl.rc_context(SETTINGS):
        figure = Figure(size, layout="constrained")
        draw(figure)
        entitle(figure, title)
        svg = _DOCTYPE.sub(b"", _bytes(figure, "svg", dict.fromkeys(("Date", "Creator", "Format", "Type"))))
        png = _bytes(figure, "png", {"Software": None})
    return Picture(name, title, caption, alt, svg, png)


def entitle(figure: Figure, title: str) -> None:
    """Write the title at the upper left, on as many lines as the width asks for."""
    lines = textwrap.fill(title, _title_width(figure.get_figwidth()))
    figure.suptitle(lines, x=0.012, ha="left", fontsize=12.5, fontweight="bold")


def lines_of_title(title: str, width: float) -> int:
    """Return how many lines a title takes in a figure of so many inches."""
    return len(textwrap.wrap(title, _title_width(width)))


def _title_width(inches: float) -> int:
    return int(inches * 9.2)  # bold letters of 12.5 points, a tenth of an inch and a little each


def note(figure: Figure, text: str) -> None:
    """Write a small note below the figure: seeds, intervals, how to read it."""
    lines = textwrap.fill(text, int(figure.get_figwidth() * 14.5))
    figure.supxlabel(lines, x=0.012, ha="left", fontsize=8.5, color=FAINT)


def say_empty(axes: Axes, text: str) -> None:
    """Say in words that there is nothing to draw, instead of showing empty axes."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes, color=FAINT, fontsize=10.5, wrap=True)


def ramp(number: int) -> Sequence[str]:
    """Return colours for ordered grades, lowest first: warm and dark to cold and dark, light between."""
    chosen = (VERMILION, ORANGE, YELLOW, SKY, BLUE)
    if number <= 1:
        return (BLUE,) * number
    if number <= len(chosen):
        picks = {2: (0, 4), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}[number]
        return tuple(chosen[pick] for pick in picks)
    blend = mpl.colors.LinearSegmentedColormap.from_list("grades", chosen)
    return tuple(mpl.colors.to_hex(blend(step / (number - 1))) for step in range(number))


def percent(value: float, _: object = None) -> str:
    """Return a share as a percentage without idle zeros; also serves as a formatter of ticks."""
    return f"{round(100 * value, 6):g}%".replace("-", "−")


def readable(name: str) -> str:
    """Return a name from a table as words."""
    return name.replace("_", " ")


def _bytes(figure: Figure, kind: str, metadata: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, metadata=metadata, dpi=_DPI)
    if figure.get_layout_engine() is not None:
        figure.set_layout_engine("none")  # the layout is found; finding it again costs as much as the drawing
    return buffer.getvalue()
