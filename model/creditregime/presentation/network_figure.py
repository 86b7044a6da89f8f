"""The supply network, drawn so that one sees the regime: grades, listed firms, and who left."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from creditregime.codes import Standing
from creditregime.laboratory.history import eras
from creditregime.presentation.layout import Places, arrange, drawn_links
from creditregime.presentation.network_stage import Snapshot, Stage, legend_of, sample_in_words
from creditregime.presentation.run_figures import name_of
from creditregime.presentation.style import Picture, picture

if TYPE_CHECKING:
    from creditregime.laboratory.run import RunResult

_HOW_TO_READ = (
    "One disc a sector, its largest firms in the middle. Area of a mark: initial revenue. Fill: grade in the "
    "last month "
    "(the lowest over all files). Heavy black edge: on a blacklist, a diamond for its own act, a square by association "
    "only; its links are drawn dark. Hollow: the firm of the first month has left and another has its place; cross: "
    "nobody has taken it."
)


def network(result: RunResult) -> Picture:
    """Return the network of one run in its last month."""
    places = arrange([result])
    drawn = result.firms.iloc[places.rows]
    caption = f"{sample_in_words(places)} {_HOW_TO_READ}"
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
        f"{results[0].seed}): an example, not an average. {sample_in_words(places)} {_HOW_TO_READ}"
    )
    return picture(
        "network_twins",
        "The same economy in two worlds",
        caption,
        f"{len(places.rows)} firms drawn twice. {words}.",
        _size(13.0, places, 2),
        lambda figure: _draw(figure, results, labels, places),
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
    differs = _differs(results, places)
    for axes, result, label in zip(panels, results, labels, strict=True):
        stage = Stage(axes, places, result.firms.iloc[places.rows])
        stage.show(_last(result, places))
        stage.ring(differs)
        axes.set_title(textwrap.fill(label, 58), fontsize=10)
    legend = legend_of([_grades(result) for result in results], twins=len(results) > 1)
    figure.legend(handles=legend, loc="outside lower center", ncols=5 if len(results) > 1 else 4)


def _last(result: RunResult, places: Places) -> Snapshot:
    """Return the state in which a run left the firms."""
    firms = result.firms.iloc[places.rows]
    scale, standing = _grades(result), {item.name.lower(): int(item) for item in Standing}
    links = drawn_links(result, places)
    return Snapshot(
        scale=scale,
        grade=np.array([scale.index(grade) for grade in firms["grade"].astype(str)], np.int64),
        listed=np.array([standing[name] for name in firms["blacklisted"].astype(str)], np.int64),
        active=firms["active"].to_numpy(bool),
        successor=_left(result)[places.rows],
        links=links[["a", "b"]].to_numpy(np.int64),
    )


def _differs(results: Sequence[RunResult], places: Places) -> Any:
    """Return the drawn firms whose grade, listing or departure differs between the worlds."""
    fates = [_fate(result).iloc[places.rows].reset_index(drop=True) for result in results]
    differs = np.zeros(len(places.rows), np.bool_)
    for fate in fates[1:]:
        differs |= (fate != fates[0]).any(axis=1).to_numpy()
    return differs


def _fate(result: RunResult) -> pd.DataFrame:
    firms = result.firms
    columns = {"active": firms["active"], "grade": firms["grade"].astype(str), "listed": is_listed(firms)}
    return pd.DataFrame(columns | {"left": _left(result)})


def _grades(result: RunResult) -> list[str]:
    """Return the grades in the order of the scale, lowest first: those of the last phase, and of pilots."""
    reached = [era for era in eras(result.scenario) if era.since <= result.scenario.months]
    return [*reached[-1].scale]
