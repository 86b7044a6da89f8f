"""Indicators of the ratings: who is rated, shares of grades, scores, and how long records wait for a grade."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.world import World

Row = dict[str, NDArray[np.float64]]


def ratings(world: World, some: NDArray[np.float64]) -> Row:
    """Return shares of grades (of rated firms, means over files), scores, and the share rated of `some` firms, (J,)."""
    firms = world.firms
    rated = rated_firms(world)
    number = np.maximum(world.number(rated), 1)
    row = {}
    for code, name in enumerate(world.law.grades):
        held = np.stack([world.number((grade == code) & rated) for grade in firms.grade])
        world.memo["grade shares", name] = held / number
        row[f"grade_{name}"] = held.mean(axis=0) / number
    return row | _scores(world, rated, number) | {"rated": world.number(rated) / some}


def grade_shares(world: World, k: int) -> Row:
    """Return the shares of rated firms by grade in the file that topic `k`'s regulator reads, as measured before."""
    file = k if len(world.firms.grade) > 1 else 0
    return {f"grade_{name}": world.memo["grade shares", name][file] for name in world.law.grades}


def rated_firms(world: World) -> NDArray[np.bool_]:
    """Return who is in business at home and rated, (N,)."""
    firms = world.firms
    return world.domestic() & firms.rated if world.law.partial else world.domestic()


def _scores(world: World, rated: NDArray[np.bool_], number: NDArray[np.float64]) -> Row:
    """Return mean and lowest score, the lead of connected firms, and how long records waited for a grade."""
    firms = world.firms
    lowest = np.minimum.reduceat(firms.score, world.starts, axis=1)
    row = {
        "score": np.mean([world.total(score * rated) for score in firms.score], axis=0) / number,
        "score_lowest": lowest.min(axis=0).astype(np.float64),
        "connection_gap": np.zeros(len(number)),
        "months_to_grade": world.months_to_grade.copy(),
    }
    if firms.connected.any():
        connected = rated & firms.connected
        insiders = np.maximum(world.number(connected), 1)
        outsiders = np.maximum(number - insiders, 1)
        inside = np.mean([world.total(score * connected) for score in firms.score], axis=0)
        row["connection_gap"] = inside / insiders - (row["score"] * number - inside) / outsiders
    return row
