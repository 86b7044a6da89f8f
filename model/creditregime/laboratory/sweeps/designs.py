"""Which scenarios a study compares: its factors, and the points at which they are set."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.stats import qmc

from creditregime.component import Rule, Settings, parameter
from creditregime.laboratory.salib import problem, salib
from creditregime.laboratory.sweeps.bounds import Bounds

Changes = dict[str, Any]
Reals = NDArray[np.float64]


class Point:
    """One setting of all factors.

    Attributes
    ----------
    factors
        What a table shows: one value a factor (0 or 1 for a toggle).
    changes
        What is changed in the base scenario: presets and dotted paths.
    """

    def __init__(self, factors: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
        self.factors, self.changes = dict(factors), dict(changes)


class Range(Settings):
    """The values that a factor may take; where a bound is not stated, the parameter's own bounds hold."""

    low: float | None = parameter(None, unit="of the parameter", description="smallest value")
    high: float | None = parameter(None, unit="of the parameter", description="largest value")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low: {self.low} is not below high: {self.high}")
        return self


class Toggle(Settings):
    """A part of the regime that is off or on."""

    off: Changes = parameter(default_factory=dict, unit="-", description="changes that switch it off")
    on: Changes = parameter(default_factory=dict, unit="-", description="changes that switch it on")

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: Any) -> Any:
        """Read the keys of a file as they are written: YAML takes off and on for false and true."""
        words = {False: "off", True: "on"}
        return {words.get(key, key): value for key, value in data.items()} if isinstance(data, Mapping) else data

    @model_validator(mode="after")
    def _different(self) -> Self:
        if self.off == self.on:
            raise ValueError("off and on are the same; one of them must change something")
        return self


class Design(Rule, family="design"):
    """Family of designs."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors, in the order of the tables' columns."""
        raise NotImplementedError(f"{type(self).__name__} has no factors")

    def lay_out(self, bounds: Bounds) -> list[Point]:
        """Return every point, in the order of the design; `bounds` tells those of a parameter."""
        raise NotImplementedError(f"{type(self).__name__} lays nothing out")


class Grid(Design, kind="grid"):
    """Every combination of the values or levels listed; the last factor varies fastest.

    A factor is a dotted path (or preset group) with its values, or a name of one's own with named levels, each of which
    makes several changes at once.
    """

    factors: dict[str, list[Any] | dict[str, Changes]] = Field(
        description="dotted path or preset group, and its values; or any name, and what each of its levels changes",
        min_length=1,
    )

    @model_validator(mode="after")
    def _filled(self) -> Self:
        refuse_empty(self.factors)
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors."""
        return tuple(self.factors)

    def lay_out(self, bounds: Bounds) -> list[Point]:
        """Return the Cartesian product."""
        chosen = (dict(zip(self.factors, values, strict=True)) for values in itertools.product(*self.factors.values()))
        return [Point(values, changes_of(self.factors, values)) for values in chosen]


class Listed(Design, kind="list"):
    """The points listed, each with all factors."""

    points: list[Changes] = Field(description="one mapping a point", min_length=1)

    @model_validator(mode="after")
    def _same_factors(self) -> Self:
        for number, point in enumerate(self.points):
            if not point:
                raise ValueError(f"points: point {number} names no factor")
            if list(point) != list(self.points[0]):
                raise ValueError(f"points: point {number} names other factors than point 0")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors."""
        return tuple(self.points[0])

    def lay_out(self, bounds: Bounds) -> list[Point]:
        """Return them."""
        return [Point(point, point) for point in self.points]


class Factorial(Design, kind="factorial"):
    """Every combination of toggles off (0) and on (1): from all off to all on."""

    toggles: dict[str, Toggle] = Field(description="what each toggle changes", min_length=1, max_length=16)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the toggles."""
        return tuple(self.toggles)

    def lay_out(self, bounds: Bounds) -> list[Point]:
        """Return the 2^k combinations."""
        found = []
        for levels in itertools.product((0, 1), repeat=len(self.toggles)):
            changes: Changes = {}
            for level, toggle in zip(levels, self.toggles.values(), strict=True):
                changes |= toggle.on if level else toggle.off
            found.append(Point(dict(zip(self.toggles, levels, strict=True)), changes))
        return found


class Sampled(Design):
    """Common part of the designs that spread points over ranges."""

    factors: dict[str, Range] = Field(description="dotted path, and its range", min_length=1)
    seed: int = parameter(1, unit="-", ge=0, description="seed of the design; it has nothing to do with the runs'")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors."""
        return tuple(self.factors)

    def ranges(self, bounds: Bounds) -> dict[str, tuple[float, float]]:
        """Return the lowest and highest value of each factor."""
        return {path: bounds.of(path, wanted.low, wanted.high) for path, wanted in self.factors.items()}

    def even(self, bounds: Bounds) -> dict[str, tuple[float, float]]:
        """Return ranges over which even spread makes the whole numbers of a factor equally likely, once rounded."""
        beyond = {path: 0.5 if bounds.whole(path) else 0.0 for path in self.factors}
        return {path: (low - beyond[path], high + beyond[path]) for path, (low, high) in self.ranges(bounds).items()}

    def placed(self, values: Reals, bounds: Bounds) -> list[Point]:
        """Return points from values, one row a point; whole numbers are rounded, within their range."""
        whole = [bounds.whole(path) for path in self.factors]
        ends = self.ranges(bounds).values()
        found = []
        for row in values.tolist():
            numbers = [
                int(min(max(round(value), low), high)) if rounded else value
                for value, rounded, (low, high) in zip(row, whole, ends, strict=True)
            ]
            point = dict(zip(self.factors, numbers, strict=True))
            found.append(Point(point, point))
        return found


class LatinHypercube(Sampled, kind="latin_hypercube"):
    """Points of which each has a stratum of every factor to itself (McKay, Beckman, Conover 1979)."""

    samples: int = parameter(unit="points", ge=1, le=1_000_000, description="number of points")

    def lay_out(self, bounds: Bounds) -> list[Point]:
        """Return the sample."""
        drawn = qmc.LatinHypercube(len(self.factors), rng=self.seed).random(self.samples)
        return self.placed(_scaled(drawn, self.even(bounds)), bounds)


class Sobol(Sampled, kind="sobol"):
    """A scrambled Sobol' sequence: points that fill the space evenly; 2^power of them."""

    power: int = parameter(unit="-", ge=0, le=20, description="number of points, as a power of two")

    def lay_out(self, bounds: Bounds) -> list[Point]:
        """Return the sequence."""
        drawn = qmc.Sobol(len(self.factors), rng=self.seed).random_base2(self.power)
        return self.placed(_scaled(drawn, self.even(bounds)), bounds)


class Saltelli(Sampled, kind="saltelli"):
    """Saltelli's design for Sobol' indices of D factors: 2^power blocks of D + 2 points, or of 2D + 2 for pairs."""

    power: int = parameter(unit="-", ge=1, le=16, description="number of blocks, as a power of two")
    second_order: bool = parameter(False, unit="-", description="whether interactions of pairs are estimated as well")

    def lay_out(self, bounds: Bounds) -> list[Point]:
        """Return SALib's design."""
        sample = salib("sample.sobol", "design.kind: saltelli").sample
        ranges = problem(self.even(bounds))
        drawn = sample(ranges, 2**self.power, calc_second_order=self.second_order, seed=self.seed)
        return self.placed(drawn, bounds)


class Morris(Sampled, kind="morris"):
    """Trajectories that change one factor at a time (Morris 1991): trajectories × (D + 1) points of D factors."""

    trajectories: int = parameter(unit="-", ge=2, le=10_000, description="number of trajectories")
    levels: int = parameter(4, unit="-", ge=2, le=100, multiple_of=2, description="levels of the grid")

    def lay_out(self, bounds: Bounds) -> list[Point]:
        """Return SALib's design."""
        sample = salib("sample.morris", "design.kind: morris").sample
        drawn = sample(problem(self.ranges(bounds)), self.trajectories, num_levels=self.levels, seed=self.seed)
        return self.placed(drawn, bounds)


def _scaled(drawn: Reals, ranges: Mapping[str, tuple[float, float]]) -> Reals:
    low, high = np.array([*ranges.values()]).T
    return qmc.scale(drawn, low, high)


def changes_of(factors: Mapping[str, list[Any] | dict[str, Changes]], values: Mapping[str, Any]) -> Changes:
    """Return what a combination of values or levels changes; where two set the same key, the later one holds."""
    changes: Changes = {}
    for name, value in values.items():
        levels = factors[name]
        changes |= levels[value] if isinstance(levels, dict) else {name: value}
    return changes


def refuse_empty(factors: Mapping[str, list[Any] | dict[str, Changes]]) -> None:
    """Raise a `ValueError` where a factor has no values, or one twice."""
    for name, given in factors.items():
        if not given:
            raise ValueError(f"factors: '{name}' has no values; at least one is needed")
        values = [*given.values()] if isinstance(given, dict) else given
        if len({repr(value) for value in values}) < len(values):
            raise ValueError(f"factors: '{name}' has a value twice in {values}")
