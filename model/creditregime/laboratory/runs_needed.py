"""How many runs are enough: as many as it takes until a confidence interval is as narrow as asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from creditregime.errors import ScenarioError
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.effects import VARIANTS, mean_interval
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.cells import Against, by_point, references, require

Reals = NDArray[np.float64]

MOST = 10_000_000
"""Runs beyond which no number is given."""


def enough(spread: float, half_width: float, pilot: int, confidence: float = 0.95) -> int | None:
    """Return the smallest number of runs, at least those of the pilot, whose interval is narrow enough.

    Parameters
    ----------
    spread
        Standard deviation of one run's outcome, or of one paired difference, in the pilot.
    half_width
        What Student's interval may reach to either side of the mean.
    pilot
        Runs in the pilot.
    confidence
        Level of the interval.

    Returns
    -------
    The smallest n with t(n − 1) s / √n ≤ h; None if it is above ten million.

    Notes
    -----
    Law 2015, Simulation Modeling and Analysis, section 9.4.1 (for paired differences 10.2.1): the variance is taken to
    stay what it was in the pilot. The quantile falls with n, so that n is found by halving an interval.

    Examples
    --------
    >>> enough(spread=10, half_width=2, pilot=10)
    99
    """

    def wide(number: int) -> bool:
        return float(stdtrit(number - 1, (1 + confidence) / 2)) * spread > half_width * math.sqrt(number)

    if not wide(pilot):
        return pilot
    below, above = pilot, MOST
    if wide(above):
        return None
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (middle, above) if wide(middle) else (below, middle)
    return above


def runs_needed(
    result: Sweep | Comparison,
    half_width: Mapping[str, float] | None = None,
    *,
    relative: Mapping[str, float] | None = None,
    against: Against | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Tell from a pilot how many runs the intervals of outcomes need to be as narrow as asked for.

    Parameters
    ----------
    result
        A sweep, of whose points the means are asked for, or with `against` the paired effects; or a comparison, of
        which the paired effects are.
    half_width
        Outcome, and the largest half-width of its interval in its unit.
    relative
        Outcome, and the largest relative error γ: the half-width may be γ / (1 + γ) of the mean (or effect), so that
        the mean is within γ of the true one.
    against
        Number of a point, or values of factors, as `contrasts` takes them: the paired effect of every other point
        against its reference, seed by seed.
    confidence
        Level of the intervals.

    Returns
    -------
    One row a point (or effect) and outcome: point (of a sweep), of (``mean`` or ``effect``), outcome, label, unit, runs
    (of the pilot), estimate, spread (standard deviation of a run, or of a paired difference), half_width (that the
    pilot reaches), wanted, needed (NaN above ten million, or where the estimate is 0 and a relative error was asked
    for), and enough (whether the pilot will do).

    Raises
    ------
    ScenarioError
        One line: an outcome was not kept, a number is not above 0, there is no such point, or a pilot of one run.

    Notes
    -----
    See `enough`. With a relative error the half-width is γ / (1 + γ) times the pilot's mean (Law 2015, section 9.4.1).
    """
    wanted = _wanted(result, half_width or {}, relative or {})
    if not 0 < confidence < 1:
        raise ScenarioError(f"confidence: {confidence} is not allowed: a level between 0 and 1 is needed")
    rows = []
    for name, (size, is_relative) in wanted.items():
        for where, values in _samples(result, name, against):
            if len(values) < 2:
                here = f" of point {where['point']}" if "point" in where else ""
                raise ScenarioError(f"{name}: a pilot of {len(values)} runs{here} has no spread; at least 2 are needed")
            goal = size / (1 + size) * abs(float(values.mean())) if is_relative else size
            rows.append(where | _row(name, values, goal, confidence))
    if not rows:
        raise ScenarioError("against: leaves no other point to compare with the reference")
    return pd.DataFrame(rows)


def _row(name: str, values: Reals, goal: float, confidence: float) -> dict[str, Any]:
    spread, (mean, _, high) = float(values.std(ddof=1)), mean_interval(values, confidence)
    needed = enough(spread, goal, len(values), confidence)
    outcome = BY_NAME[name]
    return {
        "outcome": name,
        "label": outcome.label,
        "unit": outcome.unit,
        "runs": len(values),
        "estimate": mean,
        "spread": spread,
        "half_width": high - mean,
        "wanted": goal,
        "needed": math.nan if needed is None else float(needed),
        "enough": needed == len(values),
    }


def _wanted(
    result: Sweep | Comparison, absolute: Mapping[str, float], relative: Mapping[str, float]
) -> dict[str, tuple[float, bool]]:
    """Return the size asked for by outcome, and whether it is relative; or refuse it."""
    if not absolute and not relative:
        raise ScenarioError(
            "half_width: name an outcome and how narrow its interval must be, as in {'compliance': 0.5}"
        )
    known = result.study.outcomes if isinstance(result, Sweep) else [*BY_NAME]
    for name, size in [*absolute.items(), *relative.items()]:
        require(name, known, "half_width", "outcome")
        if not (math.isfinite(size) and size > 0):
            raise ScenarioError(f"half_width.{name}: {size} is not allowed: must be above 0")
    if both := absolute.keys() & relative.keys():
        raise ScenarioError(f"half_width: '{min(both)}' is asked for twice, as a width and as a relative error")
    return {name: (size, False) for name, size in absolute.items()} | {n: (size, True) for n, size in relative.items()}


def _samples(result: Sweep | Comparison, name: str, against: Against | None) -> Iterator[tuple[dict[str, Any], Reals]]:
    """Yield what the mean is taken of, and what it is: outcomes of runs, or paired differences."""
    if isinstance(result, Comparison):
        if against is not None:
            raise ScenarioError("against: is a point of a sweep; a comparison has its other world")
        runs = result.outcomes.pivot(index="seed", columns="variant", values=name)
        yield {"of": "effect"}, _finite((runs[VARIANTS[0]] - runs[VARIANTS[1]]).to_numpy(np.float64))
        return
    values = by_point(result, [name])[:, :, 0]
    own = np.arange(len(values))
    reference = own if against is None else references(result, against)
    for point in own if against is None else own[reference != own]:
        if against is None:
            yield {"point": int(point), "of": "mean"}, _finite(values[point])
        else:
            yield {"point": int(point), "of": "effect"}, _finite(values[point] - values[reference[point]])


def _finite(values: Reals) -> Reals:
    return values[np.isfinite(values)]
