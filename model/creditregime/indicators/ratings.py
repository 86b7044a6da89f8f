"""Indicators of the ratings: who is rated, shares of grades, scores, and how long records wait for a grade."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.acceleration import kernel
from creditregime.world import World

Row = dict[str, NDArray[np.float64]]


def ratings(world: World, some: NDArray[np.float64]) -> Row:
    """Return shares of grades (of rated firms, means over files), scores, and the share rated of `some` firms, (J,)."""
    rated = rated_firms(world)
    number = np.maximum(world.number(rated), 1)
    held = _holding(world, rated)
    world.memo["grade shares"] = held / number
    shares = {f"grade_{name}": _over_files(of) / number for name, of in zip(world.law.grades, held, strict=True)}
    return shares | _scores(world, rated, number) | {"rated": world.number(rated) / some}


def _holding(world: World, rated: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how many rated firms hold each grade, by file and jurisdiction, (G, R, J)."""
    grade, grades = world.firms.grade, len(world.law.grades)
    if (indicators := kernel("indicators", world.rows)) is not None:
        return indicators.count_codes(grade, rated, world.starts, grades)
    rows = np.flatnonzero(rated)
    shape, places = (grades, len(world.spans)), world.places(rows)
    key = grade.take(rows, axis=1) * np.int64(shape[1]) + places
    codes = grades * shape[1]  # grades above are left over from a law that had more of them
    counts = [np.bincount(of_file, minlength=codes)[:codes].reshape(shape) for of_file in key]
    return np.array(counts, np.float64).transpose(1, 0, 2)


def _over_files(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over files of a value by file and jurisdiction, (R, J)."""
    mean: NDArray[np.float64] = values[0] if len(values) == 1 else values.mean(axis=0)
    return mean


def grade_shares(world: World) -> Row:
    """Return the shares of rated firms by grade, as measured before: by topic, or in the file of all, (K or 1, J)."""
    return {f"grade_{name}": of for name, of in zip(world.law.grades, world.memo["grade shares"], strict=True)}


def rated_firms(world: World) -> NDArray[np.bool_]:
    """Return who is in business at home and rated, (N,)."""
    firms = world.firms
    return world.domestic() & firms.rated if world.law.partial else world.domestic()


def _scores(world: World, rated: NDArray[np.bool_], number: NDArray[np.float64]) -> Row:
    """Return mean and lowest score, the lead of connected firms, and how long records waited for a grade."""
    firms = world.firms
    lowest = np.minimum.reduceat(firms.score, world.starts, axis=1)
    row = {
        "score": _over_files(world.totals(firms.score, rated)) / number,
        "score_lowest": (lowest[0] if len(lowest) == 1 else lowest.min(axis=0)).astype(np.float64),
        "connection_gap": np.zeros(len(number)),
        "months_to_grade": world.months_to_grade.copy(),
    }
    if firms.connected.any():
        connected = rated & firms.connected
        insiders = np.maximum(world.number(connected), 1)
        outsiders = np.maximum(number - insiders, 1)
        inside = _over_files(world.totals(firms.score, connected))
        row["connection_gap"] = inside / insiders - (row["score"] * number - inside) / outsiders
    return row
