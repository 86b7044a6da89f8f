"""Sensitivity: which parameters an outcome depends on, by Sobol' indices or by Morris' elementary effects.

Both work for any function of a parameter vector (`sobol`, `morris`) and for scenarios (`sobol_of`, `morris_of`). SALib
draws the designs and estimates the indices: ``pip install 'creditregime[sensitivity]'``.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from annotated_types import Ge, Gt, Le, Lt
from numpy.typing import NDArray
from pydantic import BaseModel

from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.laboratory import workers as pool
from creditregime.laboratory.compare import foreign_modules
from creditregime.laboratory.outcomes import BY_NAME, summarise
from creditregime.laboratory.run import RunResult, simulate
from creditregime.scenario import Scenario

Vector = NDArray[np.float64]
Bounds = Mapping[str, tuple[float, float]]
Outcome = str | Callable[[RunResult], float]
Evaluate = Callable[[Vector], Vector]
"""From a design, one row a point, to the function's values."""

CONFIDENCE = 0.95


def sobol(
    function: Callable[[Vector], float],
    bounds: Bounds,
    samples: int = 1024,
    seed: int = 1,
    *,
    confidence: float = CONFIDENCE,
) -> pd.DataFrame:
    """Return first-order and total Sobol' indices of a function of a parameter vector.

    Parameters
    ----------
    function
        Takes the parameters in the order of `bounds`, (D,), and returns a number.
    bounds
        Name, lowest and highest value of each parameter; each is uniform between them, independent of the others.
    samples
        Base sample N of the Saltelli design, a power of 2; the function is called N (D + 2) times.
    seed
        Of the scrambled Sobol' sequence and of the bootstrap.
    confidence
        Level of the bootstrap intervals.

    Returns
    -------
    One row a parameter: parameter, first, first_low, first_high, total, total_low, total_high. NaN throughout where the
    function is constant. ``attrs["calls"]`` is the number of calls.

    Raises
    ------
    CreditRegimeError
        One line: SALib is missing; bounds, samples or seed are wrong; the function returned what is no number.

    Notes
    -----
    Design of Saltelli et al. 2010 (Comput. Phys. Commun. 181:259) over the Sobol' sequence, as in SALib (Iwanaga,
    Usher, Herman 2022).

    Examples
    --------
    >>> found = sobol(lambda x: x[0] + 2 * x[1], {"a": (0, 1), "b": (0, 1)}, samples=256)
    >>> found.round(1)["first"].tolist()
    [0.2, 0.8]
    """
    return _sobol(lambda design: _called(function, design), bounds, samples, seed, confidence)


def morris(
    function: Callable[[Vector], float],
    bounds: Bounds,
    trajectories: int = 20,
    seed: int = 1,
    *,
    levels: int = 4,
    confidence: float = CONFIDENCE,
) -> pd.DataFrame:
    """Return Morris' elementary effects of a function of a parameter vector: a screening with few calls.

    Parameters
    ----------
    function, bounds, confidence
        As of `sobol`.
    trajectories
        Random walks through the grid of parameters; the function is called trajectories × (D + 1) times.
    seed
        Of walks and bootstrap.
    levels
        Points of the grid along each parameter, an even number.

    Returns
    -------
    One row a parameter, in units of the function per range of the parameter: parameter, effect (mean elementary effect
    μ), strength (mean absolute effect μ*), strength_low, strength_high, spread (standard deviation σ of the effects,
    which is 0 where the parameter acts linearly and alone).

    Raises
    ------
    CreditRegimeError
        As `sobol`.

    Notes
    -----
    Morris 1991, Technometrics 33:161; Campolongo, Cariboni, Saltelli 2007, Environ. Model. Softw. 22:1509 (μ*).
    """
    return _morris(lambda design: _called(function, design), bounds, trajectories, seed, levels, confidence)


def sobol_of(
    scenario: Scenario,
    varied: Mapping[str, tuple[float, float] | None] | Sequence[str],
    outcome: Outcome,
    samples: int = 64,
    seeds: int = 1,
    *,
    seed: int = 1,
    confidence: float = CONFIDENCE,
    workers: int | None = None,
    done: Callable[[], object] = lambda: None,
) -> pd.DataFrame:
    """Return Sobol' indices of an outcome of a scenario; see `sobol`.

    Parameters
    ----------
    scenario
        What is run at each point, with the values of the design.
    varied
        Dotted paths of parameters, with bounds; None (or a path alone) for the bounds that the parameter itself has.
        Whole numbers are rounded.
    outcome
        Name of an outcome (`laboratory.outcomes`), or a function of the result of a run.
    seeds
        Runs at each point, with the scenario's seed and those after it, of which the mean is taken; all points share
        them (common random numbers).
    seed
        Of the design.
    workers
        Number of processes; by default one a processor. The results do not depend on it.
    done
        Called after each point.
    """
    bounds, evaluate = _of_scenario(scenario, varied, outcome, seeds, workers, done)
    return _sobol(evaluate, bounds, samples, seed, confidence)


def morris_of(
    scenario: Scenario,
    varied: Mapping[str, tuple[float, float] | None] | Sequence[str],
    outcome: Outcome,
    trajectories: int = 10,
    seeds: int = 1,
    *,
    seed: int = 1,
    levels: int = 4,
    confidence: float = CONFIDENCE,
    workers: int | None = None,
    done: Callable[[], object] = lambda: None,
) -> pd.DataFrame:
    """Return Morris' elementary effects on an outcome of a scenario; see `morris` and `sobol_of`."""
    bounds, evaluate = _of_scenario(scenario, varied, outcome, seeds, workers, done)
    return _morris(evaluate, bounds, trajectories, seed, levels, confidence)


def own_bounds(scenario: Scenario, path: str) -> tuple[float, float]:
    """Return the lowest and highest value that a parameter's own declaration allows.

    Raises
    ------
    ScenarioError
        If there is no such parameter, it is not a number, or it is not bounded on both sides.
    """
    *parents, last = path.split(".")
    holder: Any = scenario
    for key in parents:
        holder = _inside(holder, key, path)
    value = _inside(holder, last, path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ScenarioError(f"{path}: not one number, so that it cannot be varied between bounds")
    told = type(holder).model_fields[last].metadata if isinstance(holder, BaseModel) else []
    low = [_beyond(bound, "ge", "gt", math.inf) for bound in told if isinstance(bound, Ge | Gt)]
    high = [_beyond(bound, "le", "lt", -math.inf) for bound in told if isinstance(bound, Le | Lt)]
    if not low or not high:
        raise ScenarioError(f"{path}: has no bounds of its own on both sides; give them: {{'{path}': (low, high)}}")
    return max(low), min(high)


def _beyond(bound: Any, closed: str, opened: str, inwards: float) -> float:
    """Return a bound, or the number next to one that is not allowed itself."""
    value = getattr(bound, closed, None)
    return math.nextafter(getattr(bound, opened), inwards) if value is None else float(value)


def _inside(holder: Any, key: str, path: str) -> Any:
    if isinstance(holder, BaseModel) and key in type(holder).model_fields:
        return getattr(holder, key)
    if isinstance(holder, Mapping) and key in holder:
        return holder[key]
    raise ScenarioError(f"{path}: the scenario has no parameter '{key}' there")


def _of_scenario(
    scenario: Scenario,
    varied: Mapping[str, tuple[float, float] | None] | Sequence[str],
    outcome: Outcome,
    seeds: int,
    workers: int | None,
    done: Callable[[], object],
) -> tuple[dict[str, tuple[float, float]], Evaluate]:
    """Return the bounds of the parameters, and what gives the mean outcome at each point of a design."""
    if seeds < 1:
        raise ScenarioError(f"seeds: {seeds} is not allowed: at least 1 is needed")
    if isinstance(outcome, str) and outcome not in BY_NAME:
        raise ScenarioError(f"outcome: unknown name '{outcome}'; allowed: {', '.join(BY_NAME)}")
    named = dict(varied) if isinstance(varied, Mapping) else dict.fromkeys(varied)
    bounds = {path: given or own_bounds(scenario, path) for path, given in named.items()}
    whole = [isinstance(_value(scenario, path), int) for path in bounds]
    data = scenario.model_dump(mode="json")
    modules = foreign_modules(scenario) | (set() if isinstance(outcome, str) else {outcome.__module__})

    def evaluate(design: Vector) -> Vector:
        points = [[round(x) if n else float(x) for x, n in zip(row, whole, strict=True)] for row in design]
        common = (data, tuple(bounds), outcome, seeds)
        found = pool.each(
            _outcome_at, common, points, workers=workers or pool.available(), modules=sorted(modules), done=done
        )
        return np.array(found)

    return bounds, evaluate


def _value(scenario: Scenario, path: str) -> Any:
    holder: Any = scenario
    for key in path.split("."):
        holder = _inside(holder, key, path)
    return holder


def _outcome_at(
    data: Mapping[str, Any], paths: tuple[str, ...], outcome: Outcome, seeds: int, point: Sequence[float]
) -> float:
    """Return the mean outcome over seeds at one point."""
    values = dict(zip(paths, point, strict=True))
    try:
        scenario = Scenario.parse(data).changed(values)
        runs = [simulate(scenario.changed({"seed": scenario.seed + step})) for step in range(seeds)]
    except CreditRegimeError as error:
        raise ScenarioError(f"at {', '.join(f'{k}={v:.6g}' for k, v in values.items())}: {error}") from None
    return float(np.mean([_read(outcome, run) for run in runs]))


def _read(outcome: Outcome, run: RunResult) -> float:
    return float(outcome(run)) if callable(outcome) else float(summarise(run.indicators)[outcome])


def _sobol(evaluate: Evaluate, bounds: Bounds, samples: int, seed: int, confidence: float) -> pd.DataFrame:
    problem = _problem(bounds, seed, confidence)
    if samples < 2 or samples & (samples - 1):
        raise ScenarioError(f"samples: {samples} is not allowed: a power of 2 is needed")
    design = _salib("sample.sobol").sample(problem, samples, calc_second_order=False, seed=seed)
    values = _finite(evaluate(design))
    table = pd.DataFrame({"parameter": list(bounds)})
    told = None if _constant(values) else _salib("analyze.sobol").analyze(
        problem, values, calc_second_order=False, conf_level=confidence, seed=seed + 1
    )  # fmt: skip
    for name, index in (("first", "S1"), ("total", "ST")):
        found = np.full(len(bounds), np.nan) if told is None else np.asarray(told[index], np.float64)
        margin = found if told is None else np.asarray(told[f"{index}_conf"], np.float64)
        table[name], table[f"{name}_low"], table[f"{name}_high"] = found, found - margin, found + margin
    table.attrs["calls"] = len(design)
    return table


def _morris(
    evaluate: Evaluate, bounds: Bounds, trajectories: int, seed: int, levels: int, confidence: float
) -> pd.DataFrame:
    problem = _problem(bounds, seed, confidence)
    if trajectories < 2:
        raise ScenarioError(f"trajectories: {trajectories} is not allowed: at least 2 are needed")
    if levels < 2 or levels % 2:
        raise ScenarioError(f"levels: {levels} is not allowed: an even number is needed")
    design = _salib("sample.morris").sample(problem, trajectories, num_levels=levels, seed=seed)
    values = _finite(evaluate(design))
    told = _salib("analyze.morris").analyze(
        problem, design, values, num_levels=levels, conf_level=confidence, seed=seed + 1
    )
    strength, margin = (np.asarray(told[name], np.float64) for name in ("mu_star", "mu_star_conf"))
    table = pd.DataFrame(
        {
            "parameter": list(bounds),
            "effect": np.asarray(told["mu"], np.float64),
            "strength": strength,
            "strength_low": strength - margin,
            "strength_high": strength + margin,
            "spread": np.asarray(told["sigma"], np.float64),
        }
    )
    table.attrs["calls"] = len(design)
    return table


def _problem(bounds: Bounds, seed: int, confidence: float) -> dict[str, Any]:
    """Return the problem as SALib wants it, or refuse it."""
    if not bounds:
        raise ScenarioError("bounds: no parameters; at least 1 is needed")
    for name, (low, high) in bounds.items():
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ScenarioError(f"{name}: bounds ({low}, {high}) are not allowed: two finite numbers, the lower first")
    if seed < 0:
        raise ScenarioError(f"seed: {seed} is not allowed: at least 0 is needed")
    if not 0 < confidence < 1:
        raise ScenarioError(f"confidence: {confidence} is not allowed: a level between 0 and 1 is needed")
    return {"num_vars": len(bounds), "names": list(bounds), "bounds": [[*pair] for pair in bounds.values()]}


def _salib(module: str) -> Any:
    try:
        return importlib.import_module(f"SALib.{module}")
    except ImportError:
        raise CreditRegimeError(
            "sensitivity: SALib is not installed; install it with: pip install 'creditregime[sensitivity]'"
        ) from None


def _called(function: Callable[[Vector], float], design: Vector) -> Vector:
    return np.array([float(function(row)) for row in design])


def _finite(values: Vector) -> Vector:
    if not np.isfinite(values).all():
        raise CreditRegimeError(
            f"sensitivity: the outcome is {values[~np.isfinite(values)][0]} at a point of the design"
        )
    return values


def _constant(values: Vector) -> bool:
    return bool(np.ptp(values) <= 1e-14 * np.abs(values).max())
