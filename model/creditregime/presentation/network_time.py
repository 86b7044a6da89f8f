"""The network at some months of a run, or of two worlds above each other: how grades, lists and association spread."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from creditregime.errors import CreditRegimeError
from creditregime.presentation.layout import Places, arrange
from creditregime.presentation.network_film import Film, chosen_months, dated
from creditregime.presentation.network_stage import Stage, legend_of, sample_in_words
from creditregime.presentation.run_figures import name_of
from creditregime.presentation.style import Picture, picture
from creditregime.units import MONTHS

if TYPE_CHECKING:
    from creditregime.laboratory.run import RunResult

PANELS, PANELS_OF_TWINS = 6, 3
LINKS = 200
"""Links drawn in a panel."""
_WIDE, _ACROSS = 4.6, 3

HOW_TO_READ = (
    "One disc a sector, its largest firms in the middle; area of a mark: initial revenue; fill: grade (the lowest "
    "over all files). Purple lines: who was hit by association (listed, downgraded, or bearing neighbours' measures) "
    "in the last {window} months, and the firms in trouble with which it was connected then, as far as both are drawn; "
    "the log does not say through whom, so that this is inferred. Thin black rings: measures imposed in the last "
    "{window} months."
)


def network_through_time(result: RunResult, months: Sequence[int] | None = None) -> Picture:
    """Return the network at some months of a run.

    Parameters
    ----------
    result
        The run.
    months
        Counted from 1; by default six, from the end of the first year on.
    """
    film = Film(result, arrange([result]), LINKS)
    chosen = _months(film, months, PANELS)
    title = f"The network through time: {name_of(result)}"
    return _picture("network_through_time", title, [film], [""], chosen, f"One run (seed {result.seed}): an example.")


def twins_through_time(
    results: Sequence[RunResult], labels: Sequence[str], months: Sequence[int] | None = None
) -> Picture:
    """Return the network at some months of two runs on the same firms, by default at three."""
    places = arrange(results)
    films = [Film(result, places, LINKS) for result in results]
    chosen = _months(films[0], months, PANELS_OF_TWINS)
    example = f"The first pair of runs (seed {results[0].seed}): an example, not an average."
    return _picture("twins_through_time", "The same economy through time", films, labels, chosen, example)


def _months(film: Film, months: Sequence[int] | None, most: int) -> list[int]:
    chosen = chosen_months(film.months, most) if months is None else [*months]
    for month in chosen:
        if not 1 <= month <= film.months:
            raise CreditRegimeError(f"months: {month} is not allowed: must be from 1 to {film.months}")
    return chosen


def _picture(
    name: str, title: str, films: Sequence[Film], labels: Sequence[str], months: Sequence[int], example: str
) -> Picture:
    window = max(1, min(MONTHS, months[1] - months[0] if len(months) > 1 else MONTHS))
    places = films[0].places
    said = []
    for film, label in zip(films, labels, strict=True):
        words = "; ".join(f"month {month}: {film.in_words(month)}" for month in months)
        said.append(f"{label}: {words}" if label else words)
    return picture(
        name,
        title,
        f"{sample_in_words(places, LINKS)} {HOW_TO_READ.format(window=window)} {example}",
        f"Network of {len(places.rows)} firms at {len(months)} months. Of all firms: {'. '.join(said)}.",
        _size(places, len(months), len(films)),
        lambda figure: _draw(figure, films, labels, months, window),
    )


def _size(places: Places, panels: int, films: int) -> tuple[float, float]:
    (left, right), (low, high) = places.bounds()
    rows, columns = _grid(panels)
    tall = _WIDE * (high - low) / (right - left) + 0.55
    return max(_WIDE * columns, 9.0), tall * rows * films + 1.7


def _grid(panels: int) -> tuple[int, int]:
    columns = min(panels, _ACROSS)
    return -(-panels // columns), columns


def _draw(figure: Figure, films: Sequence[Film], labels: Sequence[str], months: Sequence[int], window: int) -> None:
    rows, columns = _grid(len(months))
    panels = figure.subplots(rows * len(films), columns, squeeze=False)
    for axes in panels.ravel():
        axes.set_axis_off()
    for world, (film, label) in enumerate(zip(films, labels, strict=True)):
        firms, own = film.result.firms.iloc[film.places.rows], panels[world * rows : (world + 1) * rows].ravel()
        for number, (axes, month) in enumerate(zip(own, months, strict=False)):
            Stage(axes, film.places, firms, names=not number).show(film.snapshot(month, month - window))
            head = textwrap.fill(label, 52) + "\n" if label and not number else ""
            axes.set_title(f"{head}Month {month} ({dated(month)})", fontsize=10)
            words = textwrap.fill(film.in_words(month), 62)
            axes.text(0.5, -0.01, words, transform=axes.transAxes, ha="center", va="top", fontsize=7.5)
    scales = dict.fromkeys(film.states.era(month).scale for film in films for month in months)
    figure.legend(handles=legend_of([*scales], moving=True), loc="outside lower center", ncols=4)
