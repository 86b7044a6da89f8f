"""Outcomes of a sweep as arrays: by point and seed, and by the levels of one or two factors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.component import nearest
from creditregime.errors import ScenarioError
from creditregime.laboratory.sweeps.runner import Sweep

Reals = NDArray[np.float64]
Against = Mapping[str, Any] | int
"""A reference: the number of a point, or values of some factors."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Outcomes by the levels of some factors, seed by seed.

    Attributes
    ----------
    factors
        Names of the factors that span the cells.
    levels
        Their levels: numbers in rising order, names in the order of the design.
    values : (levels of each factor, ..., seeds, outcomes)
        Mean over the points of a cell; NaN where a seed lacks one of them.
    averaged
        Factors that vary within a cell.
    """

    factors: tuple[str, ...]
    levels: tuple[list[Any], ...]
    values: Reals
    averaged: tuple[str, ...]


def factors_of(result: Sweep) -> list[str]:
    """Return the names of a sweep's factors."""
    return [str(name) for name in result.points if name != "point"]


def chosen_outcomes(result: Sweep, outcomes: str | Sequence[str]) -> list[str]:
    """Return the outcomes that a user means, by default all that were kept; refuse those that were not."""
    names = [outcomes] if isinstance(outcomes, str) else [*outcomes]
    for name in names:
        require(name, result.study.outcomes, "outcomes", "outcome")
    return names or result.study.outcomes


def require(name: str, known: Sequence[str], place: str, what: str) -> None:
    """Raise a `ScenarioError` where a name is not known at a place."""
    if name not in known:
        raise ScenarioError(f"{place}: unknown {what} '{name}'{nearest(name, known)}; allowed: {', '.join(known)}")


def by_point(result: Sweep, outcomes: Sequence[str]) -> Reals:
    """Return the outcomes by point and seed, (points, seeds, outcomes); NaN where there is no finished run."""
    runs = result.runs
    seeds, column = np.unique(runs["seed"].to_numpy(), return_inverse=True)
    values = np.full((len(result.points), len(seeds), len(outcomes)), np.nan)
    values[runs["point"].to_numpy(), column] = runs[[*outcomes]].to_numpy(np.float64)
    return values


def matching(result: Sweep, chosen: Mapping[str, Any], place: str) -> NDArray[np.bool_]:
    """Return which points have the values chosen, (points,)."""
    points = result.points
    found = np.ones(len(points), np.bool_)
    for name, value in chosen.items():
        require(name, factors_of(result), place, "factor")
        same = _equal(points[name], value)
        if not same.any():
            known = ", ".join(str(level) for level in levels_of(points[name]))
            raise ScenarioError(f"{place}.{name}: {value!r} is not among the values; allowed: {known}")
        found &= same
    return found


def references(result: Sweep, against: Against) -> NDArray[np.int64]:
    """Return the point that each point is compared with, (points,); a reference is compared with itself.

    Where several points have the values of `against`, a point's reference is the one with its own values of the other
    factors.
    """
    number = len(result.points)
    if not isinstance(against, Mapping):
        if against not in range(number):
            raise ScenarioError(f"against: {against} is not allowed: must be a point from 0 to {number - 1}")
        return np.full(number, against, np.int64)
    there = np.flatnonzero(matching(result, against, "against"))
    if not len(there):
        raise ScenarioError(f"against: no point has {', '.join(f'{k}={v}' for k, v in against.items())}")
    if len(there) == 1:
        return np.full(number, there[0], np.int64)
    others = result.points[[name for name in factors_of(result) if name not in against]]
    keys = [*others.itertuples(index=False, name=None)]
    places: dict[Any, int] = {}
    for point in there.tolist():
        if keys[point] in places:
            raise ScenarioError(f"against: points {places[keys[point]]} and {point} both fit; name one of them")
        places[keys[point]] = point
    for point, key in enumerate(keys):
        if key not in places:
            raise ScenarioError(f"against: nothing to compare point {point} with: no reference has its other factors")
    return np.array([places[key] for key in keys], np.int64)


def cells(
    result: Sweep,
    factors: Sequence[str],
    outcomes: Sequence[str],
    against: Against | None = None,
    at: Mapping[str, Any] | None = None,
) -> Cells:
    """Return outcomes (or what they differ by from a reference, seed by seed) by the levels of some factors.

    Parameters
    ----------
    factors
        Which span the cells.
    outcomes
        Names.
    against
        Differences from this reference; by default the outcomes themselves.
    at
        Only points with these values; by default all, so that other factors are averaged over.
    """
    for name in factors:
        require(name, factors_of(result), "factor", "factor")
    values = by_point(result, outcomes)
    if against is not None:
        _refuse_hidden(result, against, [*factors, *(at or {})])
        values = values - values[references(result, against)]
    kept = np.flatnonzero(matching(result, at or {}, "at"))
    if not len(kept):
        raise ScenarioError(f"at: no point has {', '.join(f'{k}={v}' for k, v in (at or {}).items())}")
    points = result.points.iloc[kept]
    levels = tuple(levels_of(points[name]) for name in factors)
    shape = tuple(len(known) for known in levels)
    place = [[known.index(value) for value in points[name]] for name, known in zip(factors, levels, strict=True)]
    cell = np.ravel_multi_index(place, shape) if factors else np.zeros(len(kept), int)
    whole = np.full((int(np.prod(shape)), *values.shape[1:]), np.nan)
    for number in np.unique(cell):
        whole[number] = values[kept[cell == number]].mean(axis=0)
    spread = [name for name in factors_of(result) if name not in factors and points[name].nunique() > 1]
    return Cells(tuple(factors), levels, whole.reshape(*shape, *values.shape[1:]), tuple(spread))


def levels_of(column: pd.Series) -> list[Any]:  # type: ignore[type-arg]
    """Return the levels of a factor: numbers in rising order, names as they come."""
    found: list[Any] = column.drop_duplicates().tolist()
    return sorted(found) if pd.api.types.is_numeric_dtype(column) else found


def _equal(column: pd.Series, value: Any) -> NDArray[np.bool_]:  # type: ignore[type-arg]
    """Return where a factor has a value, however the table of points stores it: as a number, or as text."""
    if pd.api.types.is_numeric_dtype(column):
        number = isinstance(value, int | float)
        return np.asarray(column == value) if number else np.zeros(len(column), np.bool_)
    return np.asarray(column == (value if isinstance(value, str) else json.dumps(value)))


def _refuse_hidden(result: Sweep, against: Against, shown: Sequence[str]) -> None:
    """Refuse a reference in a factor that is averaged over: it would be averaged with itself."""
    for name in against if isinstance(against, Mapping) else ():
        require(name, factors_of(result), "against", "factor")
        if name not in shown and result.points[name].nunique() > 1:
            raise ScenarioError(f"against.{name}: is averaged over; fix it with at={{'{name}': ...}}")
