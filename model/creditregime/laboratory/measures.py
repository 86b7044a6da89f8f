"""What can be compared with published figures: shares of grades, realised inspections, exits, listings, any indicator.

A measure is a rule with parameters, as everything that a file can name. A `Gauge` takes it in a running model: one
number for each jurisdiction, so that seeds that are simulated side by side are measured side by side.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator, model_validator

from creditregime.codes import ExitCause
from creditregime.component import Rule, nearest, parameter
from creditregime.errors import ScenarioError
from creditregime.laboratory.gauges import Gauge, Reals, Tables
from creditregime.laboratory.outcomes import BY_NAME, summarise
from creditregime.laboratory.run import finished
from creditregime.model import CreditRegime
from creditregime.scenario import Scenario
from creditregime.units import MONTHS

CAUSES = tuple(cause.name.lower() for cause in ExitCause if cause)


class Measure(Rule, family="measure"):
    """Family of measures of a run that a published figure can be compared with."""

    months: int = parameter(MONTHS, unit="months", ge=1, le=1200, description="months at the end of the run that count")

    def check(self, scenario: Scenario) -> None:
        """Raise a `ScenarioError` of one line where a scenario has nothing of the kind."""

    def gauge(self, model: CreditRegime) -> Gauge:
        """Return what takes the measure; most only read the indicators in the end."""
        return Gauge(self.read)

    def read(self, tables: Tables) -> Reals:
        """Return the measure from the indicators of a finished run, (J,)."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it reads")


class GradeShare(Measure, kind="grade_share"):
    """Share of rated firms that hold one of some grades in the file of a topic, mean over the last months."""

    topic: str = parameter(unit="-", description="topic whose regulator's file is read")
    grades: tuple[str, ...] = parameter(unit="-", min_length=1, description="grades whose shares are added up")

    def check(self, scenario: Scenario) -> None:
        """Refuse unknown topics and grades."""
        _known("topic", [self.topic], scenario.topics)
        _known("grades", self.grades, _grades(scenario))

    def read(self, tables: Tables) -> Reals:
        """Return the share."""
        own = tables.topics[tables.topics["topic"] == self.topic]
        held = [np.nan_to_num(tables.mean(own, f"grade_{name}", self.months)) for name in self.grades]
        return np.sum(held, axis=0)


class InspectionRate(Measure, kind="inspection_rate"):
    """Realised share of firms that are inspected in a year: 1 - (1 - share inspected in a month)^12.

    A firm counts with the grade by which the month's inspections chose it.
    """

    topic: str | None = parameter(None, unit="-", description="topic of the inspectors; any of them, if left out")
    grades: tuple[str, ...] = parameter((), unit="-", description="firms of these grades; all, if left out")
    complaints: bool = parameter(True, unit="-", description="whether inspections that answer a complaint count")

    @model_validator(mode="after")
    def _grades_of_a_topic(self) -> Self:
        if self.grades and self.topic is None:
            raise ValueError("topic: is needed where grades are named, as firms are graded in the file of a topic")
        return self

    def check(self, scenario: Scenario) -> None:
        """Refuse unknown topics and grades."""
        _known("topic", [] if self.topic is None else [self.topic], scenario.topics)
        _known("grades", self.grades, _grades(scenario))

    def gauge(self, model: CreditRegime) -> Gauge:
        """Return what counts month by month."""
        return _Inspections(self, model)


class ExitRate(Measure, kind="exit_rate"):
    """Firms that leave in a year, relative to the mean number of firms in business."""

    causes: tuple[str, ...] = parameter((), unit="-", description="causes that count; all, if left out")

    @field_validator("causes")
    @classmethod
    def _known_causes(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in CAUSES:
                raise ValueError(f"unknown cause '{name}'{nearest(name, CAUSES)}; allowed: {', '.join(CAUSES)}")
        return names

    def read(self, tables: Tables) -> Reals:
        """Return the rate."""
        left = [tables.mean(tables.monthly, f"exits_{cause}", self.months) for cause in self.causes or CAUSES]
        return MONTHS * np.sum(left, axis=0) / np.maximum(tables.mean(tables.monthly, "firms", self.months), 1)


class ListingRate(Measure, kind="listing_rate"):
    """Firms that are put on a blacklist in a year, relative to the firms in business."""

    def check(self, scenario: Scenario) -> None:
        """Refuse a scenario without lists."""
        if not any(stage.lists for stage in _stages(scenario)):
            raise ScenarioError("listing_rate: the scenario has no lists")

    def read(self, tables: Tables) -> Reals:
        """Return the rate."""
        return MONTHS * tables.mean(tables.monthly, "new_listings", self.months)


class OfOutcome(Measure, kind="outcome"):
    """An outcome of the run, as tables and studies have it; `months` has no say in it."""

    name: str = parameter(unit="-", description="name of the outcome")

    @field_validator("name")
    @classmethod
    def _known_name(cls, name: str) -> str:
        if name not in BY_NAME:
            raise ValueError(f"unknown outcome '{name}'{nearest(name, [*BY_NAME])}; allowed: {', '.join(BY_NAME)}")
        return name

    def read(self, tables: Tables) -> Reals:
        """Return the outcome."""
        own = [part.drop(columns="jurisdiction") for _, part in tables.monthly.groupby("jurisdiction")]
        return np.array([summarise(part)[self.name] for part in own])


class OfIndicator(Measure, kind="indicator"):
    """A monthly indicator, of all firms or of a topic, mean over the last months."""

    name: str = parameter(unit="-", description="name of the indicator, as in the table of a run")
    topic: str | None = parameter(None, unit="-", description="topic, for an indicator of the table by topic")

    def check(self, scenario: Scenario) -> None:
        """Refuse unknown topics."""
        _known("topic", [] if self.topic is None else [self.topic], scenario.topics)

    def read(self, tables: Tables) -> Reals:
        """Return the mean."""
        if self.topic is None:
            return tables.mean(tables.monthly, self.name, self.months)
        return tables.mean(tables.topics[tables.topics["topic"] == self.topic], self.name, self.months)


class ScoreShare(Measure, kind="score_share"):
    """Share of rated firms whose score lies in a range, mean over the last months; of the worst file if several."""

    low: float = parameter(unit="points", description="lowest score that counts")
    high: float = parameter(unit="points", description="score from which on it counts no more")

    @model_validator(mode="after")
    def _a_range(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"high: {self.high:g} is not allowed: must be above low, {self.low:g}")
        return self

    def check(self, scenario: Scenario) -> None:
        """Refuse a scenario without scores."""
        if all(stage.rating.kind == "none" for stage in _stages(scenario)):
            raise ScenarioError("score_share: the scenario rates nobody")

    def gauge(self, model: CreditRegime) -> Gauge:
        """Return what looks at the scores month by month."""
        return _Scores(self, model)


class _Scores(Gauge):
    """Counts rated firms, and those in the range, over the last months."""

    def __init__(self, measure: ScoreShare, model: CreditRegime) -> None:
        self.measure, self.world = measure, model.world
        self.begin = model.spec.months - measure.months
        self.rated, self.inside = np.zeros((2, len(model.world.spans)))

    def after(self) -> None:
        """Count them."""
        world, firms = self.world, self.world.firms
        if world.month <= self.begin:
            return
        counted, score = firms.active & firms.rated, firms.score.min(axis=0)
        self.rated += world.number(counted)
        self.inside += world.number(counted & (score >= self.measure.low) & (score < self.measure.high))

    def value(self, tables: Tables) -> Reals:
        """Return the share; NaN where nobody was rated."""
        return np.divide(self.inside, self.rated, out=np.full_like(self.rated, np.nan), where=self.rated > 0)


class _Inspections(Gauge):
    """Counts who was present and who was inspected, over the last months."""

    def __init__(self, measure: InspectionRate, model: CreditRegime) -> None:
        world = model.world
        self.measure, self.world = measure, world
        self.begin = model.spec.months - measure.months
        self.topics = [*range(len(world.topics))] if measure.topic is None else [world.topics.index(measure.topic)]
        self.present, self.inspected = np.zeros((2, len(world.spans)))
        self.counted: NDArray[np.bool_] | None = None

    def before(self) -> None:
        """Remember who is there with a grade that counts: by these grades the month's inspections choose."""
        world, grades = self.world, self.measure.grades
        self.counted = None
        if world.month < self.begin:
            return
        self.counted = world.firms.active.copy()
        if grades:
            codes = [code for code, name in enumerate(world.law.grades) if name in grades]
            file = self.topics[0] if len(world.firms.grade) > 1 else 0
            self.counted &= np.isin(world.firms.grade[file], codes)

    def after(self) -> None:
        """Count them."""
        if self.counted is None:
            return
        firms = self.world.firms
        hit = np.zeros(self.world.rows, np.bool_)
        for k in self.topics:
            hit |= firms.inspected[k] if self.measure.complaints else firms.inspected[k] & ~firms.complaint[k]
        self.present += self.world.number(self.counted)
        self.inspected += self.world.number(self.counted & hit)

    def value(self, tables: Tables) -> Reals:
        """Return the share of a year; NaN where no firm held the grades."""
        share = np.divide(self.inspected, self.present, out=np.full_like(self.present, np.nan), where=self.present > 0)
        return 1 - (1 - share) ** MONTHS


class Gauges:
    """The measures of a model by name: call `before` and `after` around each month, `values` in the end."""

    def __init__(self, measures: Mapping[str, Measure], model: CreditRegime) -> None:
        self._model = model
        self._gauges = {name: measure.gauge(model) for name, measure in measures.items()}

    def before(self) -> None:
        """Look at the world before a month."""
        for gauge in self._gauges.values():
            gauge.before()

    def after(self) -> None:
        """Look at it after the month."""
        for gauge in self._gauges.values():
            gauge.after()

    def values(self) -> dict[str, Reals]:
        """Return what was measured, (J,) each."""
        tables = Tables(self._model)
        return {name: gauge.value(tables) for name, gauge in self._gauges.items()}


def check(measures: Mapping[str, Measure], scenario: Scenario) -> None:
    """Raise a `ScenarioError` of one line where a scenario does not have what is to be measured."""
    for name, measure in measures.items():
        try:
            measure.check(scenario)
        except ScenarioError as error:
            raise ScenarioError(f"{name}: {error}") from None


def measured(scenario: Scenario, measures: Mapping[str, Measure]) -> dict[str, float]:
    """Simulate a scenario and return its measures by name.

    Examples
    --------
    >>> from creditregime import load
    >>> spec = load(regime="tax_2014", **{"population.firms": 60, "months": 12})
    >>> found = measured(spec, {"A": GradeShare(topic="tax", grades=("A",)), "leave": ExitRate()})
    >>> sorted(found)
    ['A', 'leave']
    """
    check(measures, scenario)
    model = CreditRegime(scenario)
    gauges = Gauges(measures, model)
    finished(model, watch=gauges)
    return {name: float(value[0]) for name, value in gauges.values().items()}


def _stages(scenario: Scenario) -> list[Scenario]:
    """Return the scenario as it stands from the start on, and from each phase on."""
    return [stage for _, stage in scenario.by_phase()] if scenario.phases else [scenario]


def _grades(scenario: Scenario) -> list[str]:
    """Return the names of the grades of a scenario in all its phases."""
    rated = [stage.rating for stage in _stages(scenario) if stage.rating.rates]
    return [*dict.fromkeys(name for rating in rated for name in rating.grades())]


def _known(key: str, names: Sequence[str], allowed: Collection[str]) -> None:
    for name in names:
        if name not in allowed:
            hint = nearest(name, [*allowed])
            raise ScenarioError(f"{key}: unknown name '{name}'{hint}; allowed: {', '.join(allowed) or 'none'}")
