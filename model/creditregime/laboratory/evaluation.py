"""Runs for other tools: a scenario as a function of values at dotted paths, or of a vector of numbers.

`evaluate` is one run as one table. A `Simulator` fixes the scenario, which parameters are free, and what is looked at;
it is what optimisers, samplers and calibration tools call. Presets are composed once; a call validates the values and
simulates, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime import plugins
from creditregime.composition import load
from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.run import Given, check_strategy, finished, resolve
from creditregime.laboratory.sweeps.bounds import Bounds
from creditregime.laboratory.sweeps.tables import Done, Kept, known_indicators, refuse_unknown_indicators
from creditregime.laboratory.sweeps.units import simulated
from creditregime.model import CreditRegime
from creditregime.presets import groups
from creditregime.scenario import Scenario

Theta = Sequence[float] | NDArray[np.float64]


def evaluate(parameters: Mapping[str, Any] | None = None, seed: int = 1) -> pd.DataFrame:
    """Return the indicators of one run, one row a month.

    Parameters
    ----------
    parameters
        Presets and values at dotted paths, such as ``{"regime": "joint_2016", "spillover.partner.strength": 0.2}``;
        what is not named is as in the default scenario.
    seed
        Seed of every random stream.

    Returns
    -------
    The same table as `run` has in its ``indicators``: ``month``, counted from 1, and one column an indicator. (An
    economy of several jurisdictions has one row a month and jurisdiction.)

    Raises
    ------
    ScenarioError
        One line that names the key, the value and what is allowed.

    Examples
    --------
    >>> evaluate({"regime": "fines_only", "population.firms": 40, "months": 3}, seed=2)["month"].tolist()
    [1, 2, 3]
    """
    given = dict(parameters or {})
    if "seed" in given:
        raise ScenarioError("parameters.seed: is an argument of its own: evaluate(parameters, seed)")
    return _indicators(load(**plain(given), seed=int(seed)))


class Varied:
    """A scenario of which values and presets are replaced, again and again; it can be sent to other processes."""

    def __init__(self, scenario: Given, *overrides: str, **changes: Any) -> None:
        self._given, self._overrides, self._changes = scenario, overrides, changes
        self.base = resolve(scenario, *overrides, **changes)

    def changed(self, values: Mapping[str, Any]) -> Scenario:
        """Return the scenario with other values, validated."""
        values = plain(values)
        if groups().keys() & values.keys():
            return resolve(self._given, *self._overrides, **{**self._changes, **values})
        return self.base.changed(values) if values else self.base

    def __reduce__(self) -> tuple[Any, ...]:
        return _varied, (plugins.loaded(), self._given, self._overrides, self._changes)


def _varied(
    rules: Sequence[tuple[str, str]], scenario: Given, overrides: Sequence[str], changes: Mapping[str, Any]
) -> Varied:
    """Make one anew in another process, which must know the user's rules first."""
    for name, folder in rules:
        plugins.load_rules(name, folder)
    return Varied(scenario, *overrides, **changes)


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with NumPy's numbers as Python's, which a scenario is made of."""
    return {key: value.item() if isinstance(value, np.generic) else value for key, value in values.items()}


class Simulator:
    """A scenario as a function of some of its numbers: ``simulator(theta, months, seed)`` is an array.

    Parameters
    ----------
    scenario, *overrides, **changes
        What is fixed, as `run` takes it.
    parameters
        Dotted paths of the free numbers, in the order of `theta`; a mapping also gives ``(low, high)`` of each, where
        they are not to be the parameter's own (None).
    indicators
        Names of the monthly indicators that are looked at; by default all.

    Attributes
    ----------
    scenario
        The scenario without values for the free parameters.
    parameters
        Their paths.
    bounds
        Their lowest and highest values, a pair each.
    indicators
        Names of the array's columns.

    Examples
    --------
    >>> fixed = ("regime=joint_2016", "population.firms=40", "months=6")
    >>> simulator = Simulator(*fixed, parameters=["joint_punishment.strength"], indicators=["compliance", "listed"])
    >>> simulator.bounds, simulator([0.5], 3, seed=1).shape
    (((0.0, 1.0),), (3, 2))
    """

    def __init__(
        self,
        scenario: Given = None,
        *overrides: str,
        parameters: Sequence[str] | Mapping[str, tuple[float, float] | None],
        indicators: Sequence[str] = (),
        **changes: Any,
    ) -> None:
        if isinstance(parameters, str) or not parameters:
            raise ScenarioError("parameters: a list of dotted paths is needed, or a mapping from them to (low, high)")
        ranges = dict(parameters) if isinstance(parameters, Mapping) else dict.fromkeys(parameters)
        self._varied = Varied(scenario, *overrides, **changes)
        self.scenario = self._varied.base
        check_strategy(self.scenario)
        self.parameters = tuple(ranges)
        limits = Bounds(self.scenario)
        self.bounds = tuple(bounds_of(limits, path, given, "parameters") for path, given in ranges.items())
        self._whole = [limits.whole(path) for path in self.parameters]
        self.indicators = _chosen(self.scenario, indicators)
        self.__name__ = "creditregime"  # tools of calibration store it with their results

    def __call__(self, theta: Theta, months: int | None = None, seed: int | None = None) -> NDArray[np.float64]:
        """Return one run: one row a month, one column an indicator, (months, indicators).

        Parameters
        ----------
        theta
            One number a parameter; a whole number is rounded.
        months, seed
            Length and seed of the run; by default the scenario's.

        Raises
        ------
        ScenarioError
            One line: a value is not allowed, or not as many as there are parameters.
        """
        values: NDArray[np.float64] = self.frame(theta, months, seed)[[*self.indicators]].to_numpy(np.float64)
        return values

    def frame(self, theta: Theta, months: int | None = None, seed: int | None = None) -> pd.DataFrame:
        """Return the same as a table: ``month``, counted from 1, and the indicators."""
        more = {key: int(value) for key, value in (("months", months), ("seed", seed)) if value is not None}
        table = _indicators(self._varied.changed(self.values(theta) | more))
        keys = [key for key in ("jurisdiction", "month") if key in table]
        return table[[*keys, *self.indicators]]

    def outcomes(self, theta: Theta, seeds: Sequence[int] = (1,)) -> pd.DataFrame:
        """Return every outcome (see the data dictionary) of one run a seed, one row a seed; side by side if possible.

        Raises
        ------
        CreditRegimeError
            One line: a value is not allowed, or a run failed.
        """
        scenario = self._varied.changed(self.values(theta))
        return tables(scenario, Kept([*BY_NAME]), seeds)["runs"].drop(columns="point")

    def values(self, theta: Theta) -> dict[str, Any]:
        """Return the values of a vector by path, whole numbers rounded."""
        numbers = np.asarray(theta, np.float64)
        if numbers.shape != (len(self.parameters),):
            names = ", ".join(self.parameters)
            raise ScenarioError(f"theta: one number for each of {names} is needed, not the shape {numbers.shape}")
        given = zip(self.parameters, numbers.tolist(), self._whole, strict=True)
        return {path: round(value) if whole and np.isfinite(value) else value for path, value, whole in given}


def bounds_of(limits: Bounds, path: str, given: Any, where: str) -> tuple[float, float]:
    """Return the lowest and highest value of a parameter: those given, or its own."""
    if given is not None and (not isinstance(given, tuple) or len(given) != 2 or not given[0] < given[1]):
        raise ScenarioError(f"{where}.{path}: {given!r} is not allowed: (low, high) is needed, the lower first")
    try:
        low, high = limits.of(path, *(given or ()))
        return float(low), float(high)
    except ScenarioError as error:
        raise ScenarioError(str(error).replace("design.factors", where, 1)) from None


def tables(scenario: Scenario, kept: Kept, seeds: Sequence[int]) -> Done:
    """Return the tables of one run a seed, as a sweep keeps them; the first run that fails is an error."""
    check_strategy(scenario)
    numbers = [int(seed) for seed in seeds]
    if not numbers or len({*numbers}) < len(numbers):
        raise ScenarioError(f"seeds: {numbers} is not allowed: at least one is needed, and none twice")
    done = simulated(kept, 0, scenario.model_dump_json(), numbers)
    for told in done["failures"].itertuples():
        error = CreditRegimeError(f"seed {told.seed}: {told.error}")
        error.add_note(str(told.traceback))
        raise error
    return done


def _indicators(scenario: Scenario) -> pd.DataFrame:
    check_strategy(scenario)
    return finished(CreditRegime(scenario)).series.monthly()


def _chosen(scenario: Scenario, names: Sequence[str]) -> tuple[str, ...]:
    """Return names of indicators; all, if none are asked for."""
    known = known_indicators(scenario)
    refuse_unknown_indicators(names, known, "indicators")
    return tuple(names) or tuple(known)
