"""Sensitivity of any function of a parameter vector, for what is cheaper to call than a scenario is to run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy.stats import qmc

from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.laboratory.salib import problem, salib
from creditregime.laboratory.sensitivity.elementary_effects import elementary_effects, morris_measures
from creditregime.laboratory.sensitivity.pawn_index import pawn_index
from creditregime.laboratory.sensitivity.resampling import Bootstrap, Reals
from creditregime.laboratory.sensitivity.sobol_indices import sobol_indices

Function = Callable[[Reals], float]
Ranges = Mapping[str, tuple[float, float]]


def sobol(
    function: Function,
    ranges: Ranges,
    samples: int = 1024,
    seed: int = 1,
    *,
    confidence: float = 0.95,
    resamples: int = 1000,
) -> pd.DataFrame:
    """Return first-order and total Sobol' indices of a function of a parameter vector.

    Parameters
    ----------
    function
        Takes the parameters in the order of `ranges`, (D,), and returns a number.
    ranges
        Name, lowest and highest value of each parameter; each is uniform between them, independent of the others.
    samples
        Blocks of the Saltelli design, a power of 2; the function is called samples × (D + 2) times.
    seed
        Of the scrambled Sobol' sequence and of the bootstrap.
    confidence, resamples
        Level and number of resamples of the bootstrap intervals.

    Returns
    -------
    One row a parameter: factor, S1, ST, each with _low and _high (see `sobol_indices`); NaN where the function is
    constant. ``attrs["calls"]`` is the number of calls.

    Raises
    ------
    CreditRegimeError
        One line: SALib is missing; ranges, samples or seed are wrong; the function returned what is no number.

    Examples
    --------
    >>> found = sobol(lambda x: x[0] + 2 * x[1], {"a": (0, 1), "b": (0, 1)}, samples=256)
    >>> found.round(1)["S1"].tolist()
    [0.2, 0.8]
    """
    bootstrap = _checked(ranges, Bootstrap(confidence, resamples, seed))
    _require_power(samples)
    sample = salib("sample.sobol", "sensitivity").sample
    design = sample(problem(ranges), samples, calc_second_order=False, seed=seed)
    return _named(ranges, design, sobol_indices(_called(function, design), len(ranges), bootstrap).factors)


def morris(
    function: Function,
    ranges: Ranges,
    trajectories: int = 20,
    seed: int = 1,
    *,
    levels: int = 4,
    confidence: float = 0.95,
    resamples: int = 1000,
) -> pd.DataFrame:
    """Return Morris' measures of a function of a parameter vector: a screening with few calls.

    Parameters
    ----------
    function, ranges, seed, confidence, resamples
        As of `sobol`.
    trajectories
        Random walks through the grid of parameters; the function is called trajectories × (D + 1) times.
    levels
        Points of the grid along each parameter, an even number.

    Returns
    -------
    One row a parameter: factor, mu, mu_star, sigma, each with _low and _high, in units of the function per range of
    the parameter (see `morris_measures`).

    Raises
    ------
    CreditRegimeError
        As `sobol`.
    """
    bootstrap = _checked(ranges, Bootstrap(confidence, resamples, seed))
    if trajectories < 2:
        raise ScenarioError(f"trajectories: {trajectories} is not allowed: at least 2 are needed")
    if levels < 2 or levels % 2:
        raise ScenarioError(f"levels: {levels} is not allowed: an even number is needed")
    sample = salib("sample.morris", "sensitivity").sample
    unit = sample(problem(dict.fromkeys(ranges, (0.0, 1.0))), trajectories, num_levels=levels, seed=seed)
    design = qmc.scale(unit, *np.array([*ranges.values()]).T)
    return _named(ranges, design, morris_measures(elementary_effects(unit, _called(function, design)), bootstrap))


def pawn(
    function: Function,
    ranges: Ranges,
    samples: int = 1024,
    seed: int = 1,
    *,
    slices: int = 10,
    confidence: float = 0.95,
    resamples: int = 1000,
) -> pd.DataFrame:
    """Return the PAWN index of each parameter of a function, over a scrambled Sobol' sequence.

    Parameters
    ----------
    function, ranges, seed, confidence, resamples
        As of `sobol`.
    samples
        Number of calls, a power of 2.
    slices
        See `pawn_index`.

    Returns
    -------
    One row a parameter: factor, pawn (with _low, _high), threshold.

    Raises
    ------
    CreditRegimeError
        As `sobol`.
    """
    bootstrap = _checked(ranges, Bootstrap(confidence, resamples, seed))
    _require_power(samples)
    unit = qmc.Sobol(len(ranges), rng=seed).random(samples)
    design = qmc.scale(unit, *np.array([*ranges.values()]).T)
    return _named(ranges, design, pawn_index(design, _called(function, design), bootstrap, slices=slices))


def _checked(ranges: Ranges, bootstrap: Bootstrap) -> Bootstrap:
    if not ranges:
        raise ScenarioError("ranges: no parameters; at least 1 is needed")
    for name, (low, high) in ranges.items():
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ScenarioError(f"{name}: range ({low}, {high}) is not allowed: two finite numbers, the lower first")
    return bootstrap.checked()


def _require_power(samples: int) -> None:
    if samples < 2 or samples & (samples - 1):
        raise ScenarioError(f"samples: {samples} is not allowed: a power of 2 is needed")


def _called(function: Function, design: Reals) -> Reals:
    values = np.array([float(function(row)) for row in design])
    if not np.isfinite(values).all():
        wrong = values[~np.isfinite(values)][0]
        raise CreditRegimeError(f"sensitivity: the function is {wrong} at a point of the design")
    return values


def _named(ranges: Ranges, design: Reals, found: pd.DataFrame) -> pd.DataFrame:
    found.insert(0, "factor", [*ranges])
    found.attrs["calls"] = len(design)
    return found
