"""Each toggle's share of an effect: Shapley values over the full factorial of toggles (Shapley 1953)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product
from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from creditregime.errors import ScenarioError
from creditregime.laboratory.effects import CONFIDENCE
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.designs import Factorial

Reals = NDArray[np.float64]
Row = dict[str, object]

GROUP = ["dimension", "group"]


def shapley_values(worth: Reals) -> Reals:
    """Return each toggle's Shapley value: its contribution, averaged over all orders of switching on.

    Parameters
    ----------
    worth : (2^k, ...)
        The outcome of every combination of k toggles, counted up in binary: all off first, the last toggle fastest.

    Returns
    -------
    (k, ...)
        Values that add up to the outcome with all toggles on less that with all off.
    """
    number, levels = _levels(worth)
    values = np.empty((number, *worth.shape[1:]))
    for toggle in range(number):
        without = np.flatnonzero(levels[:, toggle] == 0)
        step = 2 ** (number - 1 - toggle)
        weight = [_weight(int(count), number) for count in levels[without].sum(axis=1)]
        values[toggle] = np.tensordot(weight, worth[without + step] - worth[without], axes=1)
    return values


def interaction_values(worth: Reals) -> dict[tuple[int, int], Reals]:
    """Return the Shapley interaction index of each pair of toggles.

    After Grabisch, Roubens 1999, Int. J. Game Theory 28:547. It is what two toggles do together beyond what each does
    without the other, averaged over what else is on: above 0 they amplify, below 0 they replace each other. With two
    toggles it is the difference in differences.

    Parameters
    ----------
    worth : (2^k, ...)
        As in `shapley_values`.

    Returns
    -------
    dict of (...,) arrays, by the positions of the two toggles.
    """
    number, levels = _levels(worth)
    found = {}
    for one, other in combinations(range(number), 2):
        neither = np.flatnonzero((levels[:, one] == 0) & (levels[:, other] == 0))
        first, second = 2 ** (number - 1 - one), 2 ** (number - 1 - other)
        both = worth[neither + first + second] - worth[neither + first] - worth[neither + second] + worth[neither]
        weight = [_weight(int(count), number - 1) for count in levels[neither].sum(axis=1)]
        found[one, other] = np.tensordot(weight, both, axes=1)
    return found


def shapley(result: Sweep, outcomes: Sequence[str] = (), confidence: float = CONFIDENCE) -> pd.DataFrame:
    """Attribute the effect of all toggles of a factorial sweep to each of them, seed by seed.

    Parameters
    ----------
    result
        A sweep whose design is ``factorial``.
    outcomes
        Outcomes to attribute; by default all that were kept.
    confidence
        Level of the intervals, Student's over seeds.

    Returns
    -------
    As `shares`.

    Raises
    ------
    ScenarioError
        If the design is not factorial, or no seed has all combinations.
    """
    if not isinstance(result.study.design, Factorial):
        raise ScenarioError(f"design.kind: '{result.study.design.kind}' attributes nothing; 'factorial' is needed")
    return shares(result.runs, [*result.study.design.toggles], outcomes or result.study.outcomes, confidence)


def shares(
    runs: pd.DataFrame, toggles: Sequence[str], outcomes: Iterable[str], confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """Return each toggle's share of the effect of all of them, from one row a point of their factorial and seed.

    Returns
    -------
    One row an outcome and toggle: mean Shapley value and its interval; `share` of the total effect with Fieller's
    interval for a ratio of means (NaN where the interval of the total contains 0: a share of nothing means nothing);
    the effect of switching this toggle on `alone`, and of switching it on `last`, with intervals. A row ``total`` has
    the effect of all of them.
    """
    return pd.DataFrame(
        [row for name in outcomes for row in _rows(name, toggles, worth_of(runs, name, len(toggles)), confidence)]
    )


def shares_by_group(
    groups: pd.DataFrame, toggles: Sequence[str], outcomes: Sequence[str], confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """Return the same by group of firms, from one row a point, seed, dimension and group."""
    rows: list[Row] = []
    for (dimension, group), inside in groups.groupby(GROUP, sort=False):
        for name in outcomes:
            try:
                worth = worth_of(inside, name, len(toggles))
            except ScenarioError:
                continue  # a group that some combination does not have
            found = _rows(name, toggles, worth, confidence)
            rows += [{"dimension": dimension, "group": group} | row for row in found]
    return pd.DataFrame(rows)


def interactions(
    runs: pd.DataFrame, toggles: Sequence[str], outcomes: Iterable[str], confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """Return the interaction of each pair of toggles with its interval: one row an outcome and pair."""
    rows: list[Row] = []
    for name in outcomes:
        found = interaction_values(worth_of(runs, name, len(toggles)))
        for (one, other), values in found.items():
            pair: Row = {"toggle": toggles[one], "other": toggles[other]}
            rows.append(_described(name) | pair | _spread(values, confidence) | {"seeds": len(values)})
    columns = ["outcome", "label", "unit", "toggle", "other", "effect", "low", "high", "seeds"]
    return pd.DataFrame(rows, columns=columns)


def worth_of(runs: pd.DataFrame, name: str, toggles: int) -> Reals:
    """Return an outcome by combination of toggles and seed, (2^k, n), of the seeds that have all combinations."""
    table = runs.pivot(index="point", columns="seed", values=name)
    table = table.reindex(range(2**toggles)).dropna(axis=1)
    if not len(table.columns):
        raise ScenarioError("shapley: no seed has a finished run of every combination of toggles")
    return table.to_numpy(np.float64)


def _rows(name: str, toggles: Sequence[str], worth: Reals, confidence: float) -> Iterator[Row]:
    values, total = shapley_values(worth), worth[-1] - worth[0]
    for position, toggle in enumerate(toggles):
        step = 2 ** (len(toggles) - 1 - position)
        alone, last = worth[step] - worth[0], worth[-1] - worth[-1 - step]
        yield _row(name, toggle, values[position], total, alone, last, confidence)
    yield _row(name, "total", total, total, total, total, confidence)


def _row(name: str, toggle: str, values: Reals, total: Reals, alone: Reals, last: Reals, confidence: float) -> Row:
    row = _described(name) | {"toggle": toggle} | _spread(values, confidence) | _share(values, total, confidence)
    for label, effect in (("alone", alone), ("last", last)):
        named = zip((label, f"{label}_low", f"{label}_high"), _spread(effect, confidence).values(), strict=True)
        row |= dict(named)
    return row | {"seeds": len(values)}


def _described(name: str) -> Row:
    outcome = BY_NAME[name]
    return {"outcome": name, "label": outcome.label, "unit": outcome.unit}


def _spread(values: Reals, confidence: float) -> Row:
    """Return the mean and Student's interval."""
    low, high = _interval(values, confidence)
    return {"effect": float(values.mean()), "low": low, "high": high}


def _interval(values: Reals, confidence: float) -> tuple[float, float]:
    if len(values) < 2:
        return np.nan, np.nan
    margin = stdtrit(len(values) - 1, (1 + confidence) / 2) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - margin), float(values.mean() + margin)


def _share(values: Reals, total: Reals, confidence: float) -> Row:
    """Return the ratio of two paired means and Fieller's (1954) interval: a quadratic's roots, NaN without any."""
    low, high = _interval(total, confidence)
    if not (low > 0 or high < 0):
        return dict.fromkeys(("share", "share_low", "share_high"), np.nan)
    square = float(stdtrit(len(values) - 1, (1 + confidence) / 2)) ** 2
    a, b = float(values.mean()), float(total.mean())
    cov = square * np.cov(values, total) / len(values)
    leading, middle, last = b * b - cov[1, 1], a * b - cov[0, 1], a * a - cov[0, 0]
    root = np.sqrt(max(middle * middle - leading * last, 0.0))
    return {"share": a / b, "share_low": (middle - root) / leading, "share_high": (middle + root) / leading}


def _levels(worth: Reals) -> tuple[int, NDArray[np.int64]]:
    number = int(np.log2(len(worth)))
    return number, np.array([*product((0, 1), repeat=number)])


def _weight(others: int, number: int) -> float:
    return factorial(others) * factorial(number - 1 - others) / factorial(number)
