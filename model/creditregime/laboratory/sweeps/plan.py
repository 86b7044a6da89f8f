"""The frozen plan of a study: every point's scenario, and which runs are simulated and stored together.

A *unit* is what a worker does at once: one point and some seeds, side by side in one world where the economy is small.
A *part* is what one file holds: units of neighbouring points and seeds. Both follow from the study alone,
not from who works on it, so that the files of a finished sweep are always the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from creditregime.component import Settings
from creditregime.composition import split_overrides, started
from creditregime.errors import ScenarioError
from creditregime.laboratory.run import check_strategy
from creditregime.laboratory.sweeps.bounds import Bounds
from creditregime.laboratory.sweeps.designs import Point
from creditregime.laboratory.sweeps.study import Fixed, Precise, Study
from creditregime.scenario import Scenario, put

FIRMS_AT_ONCE = 40_000
"""Firms that are simulated side by side: beyond, larger arrays no longer save time."""
MOST_AT_ONCE = 50
"""Seeds that are simulated side by side at most: so many are lost if the process is killed."""
RUNS_IN_PART = 200
"""Runs that a file holds, about."""

MOST_TOLD = 8
"""Factors that an error message lists."""


class Part(NamedTuple):
    """Neighbouring points, and the seeds that are run at them: `first` to `last` - 1, counted from 0."""

    group: int
    round: int
    points: tuple[int, ...]
    first: int
    last: int

    @property
    def name(self) -> str:
        """Name of its file."""
        return f"part-{self.group:05d}-{self.round:04d}"

    def units(self, block: int) -> list[tuple[int, int, int]]:
        """Return the point, first seed and last seed + 1 of each unit of at most `block` seeds."""
        return [
            (point, first, min(first + block, self.last))
            for point in self.points
            for first in range(self.first, self.last, block)
        ]


class Layout(Settings):
    """How runs are put together; stored with the results.

    Attributes
    ----------
    points
        Number of points.
    block
        Seeds that a unit holds.
    group
        Points that a part holds.
    span
        Seeds that a part holds, where their number is fixed.
    """

    points: int
    block: int
    group: int
    span: int

    def parts(self, study: Study) -> Iterator[Part]:
        """Yield the parts with which a sweep begins: all of them where the number of seeds is fixed."""
        for group in range(-(-self.points // self.group)):
            points = tuple(range(group * self.group, min((group + 1) * self.group, self.points)))
            rule = study.replicates
            if isinstance(rule, Fixed):
                for number, first in enumerate(range(0, rule.seeds, self.span)):
                    yield Part(group, number, points, first, min(first + self.span, rule.seeds))
            elif isinstance(rule, Precise):
                yield Part(group, 0, points, 0, rule.at_least)

    def next_part(self, part: Part, rule: Precise, open_points: tuple[int, ...]) -> Part | None:
        """Return the part that follows where some points need more seeds."""
        if not open_points or part.last >= rule.at_most:
            return None
        return Part(part.group, part.round + 1, open_points, part.last, min(part.last + self.block, rule.at_most))


class Plan:
    """The points of a study, composed and validated once."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._base = split_overrides(study.base, {})
        self._starts: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}

    @cached_property
    def points(self) -> list[Point]:
        """The design laid out."""
        return self.study.design.lay_out(Bounds(self._scenario({})))

    @cached_property
    def _base(self) -> tuple[dict[str, str], dict[str, Any]]:
        """Presets and values of the base, read once: it takes longer than to check a scenario."""
        return split_overrides(self.study.base, {})

    def scenarios(self) -> Iterator[Scenario]:
        """Yield each point's scenario, validated."""
        for number, point in enumerate(self.points):
            try:
                yield self._scenario(point.changes)
            except ScenarioError as error:
                raise ScenarioError(f"design: point {number} ({_told(point)}): {error}") from None

    def _scenario(self, changes: dict[str, Any]) -> Scenario:
        choices, values = (ours | own for ours, own in zip(self._base, split_overrides((), changes), strict=True))
        key = tuple(choices.items())
        if key not in self._starts:
            self._starts[key] = started(choices, self.study.scenario).model_dump(mode="json")
        data = json.loads(json.dumps(self._starts[key]))
        for path, value in values.items():
            put(data, path, value)
        if "seed" in changes:
            raise ScenarioError("seed: is no factor; first_seed and replicates decide the seeds")
        scenario = Scenario.parse(data)
        check_strategy(scenario)
        return scenario


def layout_of(study: Study, firms: int, points: int) -> Layout:
    """Return how runs are put together for economies of at most so many firms."""
    block = max(1, min(MOST_AT_ONCE, FIRMS_AT_ONCE // max(firms, 1)))
    rule = study.replicates
    seeds = rule.seeds if isinstance(rule, Fixed) else getattr(rule, "at_least", 1)
    if isinstance(rule, Fixed):  # blocks of about equal size: no worker waits long for the last one
        block = -(-seeds // -(-seeds // block))
    group = max(1, min(points, RUNS_IN_PART // min(block, seeds)))
    span = block * max(1, RUNS_IN_PART // (group * block))
    return Layout(points=points, block=block, group=group, span=span)


def firms_of(scenario: Scenario) -> int:
    """Return how many firms a scenario begins with."""
    number = getattr(scenario.population, "firms", None)
    return int(number) if number is not None else scenario.population.build(scenario.seed).firms


def _told(point: Point) -> str:
    told = [f"{name}={value}" for name, value in point.factors.items()]
    more = len(told) - MOST_TOLD
    return ", ".join(told[:MOST_TOLD]) + (f" and {more} more factors" if more > 0 else "")
