"""The network of a run, or of two worlds side by side, as a film: one frame a month, or a few of them."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, PillowWriter
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from PIL import Image

from creditregime.errors import CreditRegimeError, StoreError
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.run import RunResult
from creditregime.presentation import style
from creditregime.presentation.layout import Places, arrange
from creditregime.presentation.network_film import Film, dated
from creditregime.presentation.network_stage import Stage, legend_of
from creditregime.presentation.run_figures import name_of
from creditregime.units import MONTHS

FRAMES = 120
"""Frames at most, unless a step is chosen."""
LINGER = 6
"""Months for which a hit by association, and a measure imposed, stay marked."""
LINKS = 250
SUFFIXES = (".gif", ".mp4")
_WIDE, _STRIP, _LEGEND, _HEAD = 7.4, 1.0, 0.85, 0.68
"""Width of a panel, heights of the strip below it, of the legend and of the title, inches."""


class _Gif(PillowWriter):
    """Writes frames that share one palette, so that what does not change costs nothing."""

    def finish(self) -> None:
        """Write the file; the same frames give the same bytes."""
        frames: list[Image.Image] = self._frames  # type: ignore[attr-defined]
        palette = _palette()
        drawn = [frame.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
        pace: dict[str, Any] = {"duration": round(1000 / self.fps), "loop": 0}
        drawn[0].save(self.outfile, format="GIF", save_all=True, append_images=drawn[1:], optimize=True, **pace)


def animate(
    result: RunResult | Comparison, path: str | Path, *, every: int | None = None, pace: float = 8, dpi: int = 100
) -> Path:
    """Write the network through time as a GIF, or as an MP4 where ffmpeg is installed; return the path.

    Parameters
    ----------
    result
        A run; or a comparison, of which the first pair is shown side by side.
    path
        Where to write; ``.gif`` or ``.mp4`` decides which. The same result gives the same GIF, byte for byte.
    every
        Months from frame to frame; by default as few as give at most 120 frames.
    pace
        Frames a second.
    dpi
        Pixels an inch, of 7.4 inches a world.

    Raises
    ------
    CreditRegimeError
        One line: another suffix, no ffmpeg, a comparison of different firms, or a path that cannot be written.
    """
    target = Path(path).absolute()
    if target.suffix.lower() not in SUFFIXES:
        raise StoreError(f"{target}: a film is written as {' or '.join(SUFFIXES)}")
    for name, value in (("every", every), ("pace", pace), ("dpi", dpi)):
        if value is not None and value <= 0:
            raise CreditRegimeError(f"{name}: {value} is not allowed: must be above 0")
    writer = _writer(target, pace)
    films, labels = _films(result)
    partial = target.with_name(f".{os.getpid()}.{target.name}")  # its suffix tells ffmpeg what to write
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with mpl.rc_context(style.SETTINGS):
            _record(writer, films, labels, partial, every, dpi)
        partial.replace(target)
    except OSError as error:
        raise StoreError(f"{target}: cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            partial.unlink()
    return target


def _writer(target: Path, pace: float) -> AbstractMovieWriter:
    if target.suffix.lower() == ".gif":
        return _Gif(fps=pace)  # type: ignore[arg-type]
    if not FFMpegWriter.isAvailable():
        raise StoreError(f"{target}: MP4 needs the program ffmpeg, which is not installed; write a .gif instead")
    even = "pad=ceil(iw/2)*2:ceil(ih/2)*2"  # the codec takes no odd sizes
    options = ["-pix_fmt", "yuv420p", "-crf", "26", "-vf", even]
    return FFMpegWriter(fps=pace, codec="libx264", extra_args=options)  # type: ignore[arg-type]


def _films(result: RunResult | Comparison) -> tuple[list[Film], list[str]]:
    if isinstance(result, RunResult):
        return [Film(result, arrange([result]), LINKS)], [name_of(result)]
    if not result.paired_firms:
        raise CreditRegimeError("animate: the two scenarios have different firms; they cannot be shown side by side")
    places = arrange(result.example)
    return [Film(run, places, LINKS) for run in result.example], [*result.labels]


def _record(
    writer: AbstractMovieWriter, films: Sequence[Film], labels: Sequence[str], path: Path, every: int | None, dpi: int
) -> None:
    figure = Figure(_size(films[0].places, len(films)))
    top = max(float(max(part.max() for part in film.shares())) for film in films)
    worlds = enumerate(zip(films, labels, strict=True))
    shows = [_Show(figure, film, label, (number, len(films)), top) for number, (film, label) in worlds]
    _frame(figure, films)
    with writer.saving(figure, str(path), dpi):
        for month in _months(films[0].months, every):
            for show in shows:
                show.at(month)
            writer.grab_frame()
        for _ in range(4):  # time to look at the end before it begins again
            writer.grab_frame()


def _months(last: int, every: int | None) -> list[int]:
    """Return the months of the frames: evenly spaced, and the last one."""
    months = [*range(1, last + 1, every or max(1, -(-(last - 1) // (FRAMES - 1))))]
    return months if months[-1] == last else [*months, last]


def _size(places: Places, worlds: int) -> tuple[float, float]:
    (left, right), (low, high) = places.bounds()
    return _WIDE * worlds, _HEAD + _WIDE * (high - low) / (right - left) + _STRIP + 0.45 + _LEGEND


def _frame(figure: Figure, films: Sequence[Film]) -> None:
    """Write what stays the same: what marks mean, and that this is an example."""
    scales = dict.fromkeys(era.scale for film in films for era in film.states.eras if era.since <= film.months)
    columns = 3 if len(films) == 1 else 6
    figure.legend(handles=legend_of([*scales], moving=True), loc="lower center", ncols=columns, fontsize=7.5)
    seed = films[0].result.seed
    text = f"One run (seed {seed})" if len(films) == 1 else f"One pair of runs (seed {seed})"
    words = f"{text}: an example. Hits by association and new measures stay marked for {LINGER} months."
    figure.text(0.5, 1 - 0.06 / figure.get_figheight(), words, fontsize=7.5, color=style.FAINT, ha="center", va="top")


class _Show:
    """One world: its network, and below it the strip along which time runs."""

    def __init__(self, figure: Figure, film: Film, label: str, place: tuple[int, int], top: float) -> None:
        number, worlds = place
        width, height = figure.get_size_inches()
        left, wide = number / worlds, 1 / worlds
        low = (_LEGEND + 0.45 + _STRIP) / height
        network = figure.add_axes((left, low, wide, 1 - low - _HEAD / height))
        strip = figure.add_axes(
            (left + 0.7 / width, (_LEGEND + 0.4) / height, wide - 0.9 / width, (_STRIP - 0.3) / height)
        )
        self._film, self._label = film, textwrap.fill(label, 70)
        self._stage = Stage(network, film.places, film.result.firms.iloc[film.places.rows])
        head = 1 - 0.26 / height
        self._title = figure.text(left + wide / 2, head, "", fontsize=10, fontweight="bold", ha="center", va="top")
        self._now = _draw_strip(strip, film, top)

    def at(self, month: int) -> None:
        """Go to a month."""
        self._stage.show(self._film.snapshot(month, month - LINGER))
        self._title.set_text(f"{self._label}\nmonth {month} ({dated(month)})")
        self._now.set_xdata([month / MONTHS])


def _draw_strip(axes: Axes, film: Film, top: float) -> Line2D:
    """Draw what is followed through time, and return the line that marks the present."""
    x = [month / MONTHS for month in range(film.months + 1)]
    shares = film.shares()
    axes.plot(x, shares.listed, color=style.INK, linewidth=1.3, label="on a blacklist")
    axes.plot(x, shares.lowered, "--", color=style.PURPLE, linewidth=1.3, label="held down by association")
    axes.set(xlim=(0, x[-1]), ylim=(0, max(top * 1.1, 0.01)))
    axes.set_xlabel("year", fontsize=8, labelpad=1)
    axes.set_ylabel("share of firms", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.yaxis.set_major_formatter(style.percent)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3))
    axes.legend(loc="upper right", fontsize=7, ncols=2, borderaxespad=0)
    return axes.axvline(0, color=style.VERMILION, linewidth=1.6)


def _palette() -> Image.Image:
    """Return the palette of all frames: the colours of the style with tints of each, for soft edges, and greys."""
    inks = (style.VERMILION, style.ORANGE, style.YELLOW, style.SKY, style.BLUE, style.PURPLE, style.GREEN)
    colours = [tint(ink, share) for ink in inks for share in _TINTS]
    colours += [(level, level, level) for level in range(0, 256, 17)]
    palette = Image.new("P", (1, 1))
    palette.putpalette([value for colour in colours for value in colour])
    return palette


_TINTS = (1.0, 0.75, 0.5, 0.25)


def tint(ink: str, share: float) -> tuple[int, int, int]:
    """Return a colour thinned with white."""
    red, green, blue = (round(255 * (1 - share + share * part)) for part in mpl.colors.to_rgb(ink))
    return red, green, blue
