"""Each toggle's share of an effect: Shapley values over the full factorial of toggles (Shapley 1953)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from creditregime.errors import ScenarioError
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.designs import Factorial

Reals = NDArray[np.float64]
Row = dict[str, object]


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
    number = int(np.log2(len(worth)))
    levels = np.array([*product((0, 1), repeat=number)])
    others = levels.sum(axis=1)
    values = np.empty((number, *worth.shape[1:]))
    for toggle in range(number):
        without = np.flatnonzero(levels[:, toggle] == 0)
        step = 2 ** (number - 1 - toggle)
        weight = [_weight(int(count), number) for count in others[without]]
        values[toggle] = np.tensordot(weight, worth[without + step] - worth[without], axes=1)
    return values


def shapley(result: Sweep, outcomes: Sequence[str] = (), confidence: float = 0.95) -> pd.DataFrame:
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
    One row an outcome and toggle: mean Shapley value, its interval, share of the total effect (NaN where the interval
    of the total contains 0: a share of nothing means nothing), and the effect of switching on this toggle alone, and
    of switching it off last. A row ``total`` has the effect of all of them.

    Raises
    ------
    ScenarioError
        If the design is not factorial, or no seed has all combinations.
    """
    toggles = _toggles(result)
    rows: list[Row] = []
    for name in outcomes or result.study.outcomes:
        worth = _worth(result, name, len(toggles))
        rows += _rows(name, toggles, worth, confidence)
    return pd.DataFrame(rows)


def _rows(name: str, toggles: Sequence[str], worth: Reals, confidence: float) -> list[Row]:
    values, total = shapley_values(worth), worth[-1] - worth[0]
    low, high = _interval(total, confidence)
    clear = bool(low > 0 or high < 0)
    rows = []
    for position, toggle in enumerate(toggles):
        step = 2 ** (len(toggles) - 1 - position)
        alone, last = worth[step] - worth[0], worth[-1] - worth[-1 - step]
        share = values[position].mean() / total.mean() if clear else np.nan
        rows.append(_row(name, toggle, values[position], confidence, share, alone.mean(), last.mean()))
    return [*rows, _row(name, "total", total, confidence, 1.0 if clear else np.nan, total.mean(), total.mean())]


def _row(name: str, toggle: str, values: Reals, confidence: float, share: float, alone: float, last: float) -> Row:
    low, high = _interval(values, confidence)
    outcome = BY_NAME[name]
    described: Row = {"outcome": name, "label": outcome.label, "unit": outcome.unit, "toggle": toggle}
    effect: Row = {"effect": float(values.mean()), "low": low, "high": high, "share": float(share)}
    return described | effect | {"alone": float(alone), "last": float(last), "seeds": len(values)}


def _interval(values: Reals, confidence: float) -> tuple[float, float]:
    if len(values) < 2:
        return np.nan, np.nan
    margin = stdtrit(len(values) - 1, (1 + confidence) / 2) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - margin), float(values.mean() + margin)


def _toggles(result: Sweep) -> list[str]:
    if not isinstance(result.study.design, Factorial):
        raise ScenarioError(f"design.kind: '{result.study.design.kind}' attributes nothing; 'factorial' is needed")
    return [*result.study.design.toggles]


def _worth(result: Sweep, name: str, toggles: int) -> Reals:
    """Return the outcome by combination and seed, (2^k, n), of the seeds that have all combinations."""
    table = result.runs.pivot(index="point", columns="seed", values=name)
    table = table.reindex(range(2**toggles)).dropna(axis=1)
    if not len(table.columns):
        raise ScenarioError("shapley: no seed has a finished run of every combination of toggles")
    return table.to_numpy(np.float64)


def _weight(others: int, number: int) -> float:
    return factorial(others) * factorial(number - 1 - others) / factorial(number)
