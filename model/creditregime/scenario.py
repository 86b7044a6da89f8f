"""What a run is: the validated parameters, composed of the components' own classes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

import creditregime.firms.forward_looking
import creditregime.firms.imitation
import creditregime.regime.tiers  # noqa: F401  (these three declare their kinds)
from creditregime.checks import Problem, problems
from creditregime.component import Settings, one_line, parameter, place, planned
from creditregime.errors import ScenarioError
from creditregime.firms.behaviour import Behaviour, Gradual
from creditregime.firms.learning import Experience, Learning
from creditregime.firms.reporting import NoReporting, Reporting
from creditregime.firms.violations import Hazard, Violations
from creditregime.indicators.measure import Indicators
from creditregime.market.entry import Entry, Replacement
from creditregime.market.exit import Exit, StandardExit
from creditregime.market.finance import Accounts, Finance
from creditregime.market.partners import Partners, Search
from creditregime.market.trade import GeneralisedLeontief, Trade
from creditregime.population import Generated, Population
from creditregime.regime.fines import Fines, NoFines
from creditregime.regime.inspection import Inspection, NoInspection
from creditregime.regime.lists import ListRule
from creditregime.regime.measures import JointPunishment, Measure, NoJointPunishment
from creditregime.regime.monitoring import Monitoring, NoMonitoring
from creditregime.regime.rating import NoRating, Rating
from creditregime.regime.registry import NoRegistry, Registry
from creditregime.regime.repair import NoRepair, Repair
from creditregime.regime.spillover import Spillover
from creditregime.topics import Topic, eight_topics

LARGEST_FILE = 1_000_000
# The safe loader lets other errors through than its own, for values such as `!!float abc` or very deep nesting.
_BAD_YAML = (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, OverflowError, RecursionError)


class Scenario(Settings):
    """Everything that decides a run: who exists, which rule fills each place, how long, and the seed.

    Examples
    --------
    >>> Scenario(months=24).changed({"spillover.partner": {"kind": "linear"}, "seed": 7}).months
    24
    """

    title: str = parameter("", unit="-", description="name of the scenario, for figures and reports")
    source: str = parameter("", unit="-", description="where its rules and figures come from")
    assumptions: str = parameter("", unit="-", description="which of its figures are assumptions")
    seed: int = parameter(1, unit="-", ge=0, lt=2**63, description="seed of every random stream")
    months: int = parameter(120, unit="months", ge=1, le=12_000, description="length of the run")

    population: Population = place(Generated, "who exists")
    topics: dict[str, Topic] = Field(default_factory=eight_topics, min_length=1, max_length=32, description="topics")
    learning: Learning = place(Experience, "stage 1: beliefs")
    behaviour: Behaviour = place(Gradual, "stage 2: compliance effort")
    violations: Violations = place(Hazard, "stage 3: violations and complaints")
    reporting: Reporting = place(NoReporting, "stage 4: reporting duties")
    monitoring: Monitoring = place(NoMonitoring, "stage 4: automated monitoring")
    inspection: Inspection = place(NoInspection, "stage 5: inspections")
    fines: Fines = place(NoFines, "stage 6: statutory fines")
    registry: Registry = place(NoRegistry, "stage 6: records")
    rating: Rating = place(NoRating, "stage 7: scores and grades")
    lists: dict[str, ListRule] = place(dict, "stage 8: blacklists and redlists")
    repair: Repair = place(NoRepair, "stage 8: credit repair")
    spillover: Spillover = place(Spillover, "stage 9: association")
    measures: dict[str, Measure] = place(dict, "stage 10: measures")
    rewards: dict[str, Measure] = place(dict, "stage 10: rewards")
    joint_punishment: JointPunishment = place(NoJointPunishment, "stage 10: memorandum")
    trade: Trade = place(GeneralisedLeontief, "stage 11: trade")
    finance: Finance = place(Accounts, "stage 12: settlement")
    partners: Partners = place(Search, "stage 13: re-matching")
    exit: Exit = place(StandardExit, "stage 14: exit")
    entry: Entry = place(Replacement, "stage 14: entry")
    indicators: Indicators = place(Indicators, "stage 15: measurement")

    phases: tuple[Any, ...] = planned((), unit="-", description="changes of the regime by date", standing="partly")
    pilots: dict[str, Any] = planned({}, unit="-", description="regional rules and their diffusion", standing="real")
    overseas: str = planned("none", unit="-", description="overseas suppliers and affiliates", standing="unverified")
    accountability: str = planned("none", unit="-", description="regulators are accountable too", standing="partly")
    protection: str = planned("none", unit="-", description="data protection and leaks", standing="real")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problem: Problem | None = next(problems(self), None)
        if problem is not None:
            context = {"path": problem.path, "text": problem.text}
            raise PydanticCustomError("inconsistent", "{text}", context)
        return self

    @classmethod
    def parse(cls, data: Any) -> Self:
        """Return the scenario that plain data describe, or raise a `ScenarioError` of one line."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise ScenarioError(one_line(error)) from None

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Return the scenario of a YAML file; the file is data and can run nothing."""
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ScenarioError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
        if len(text) > LARGEST_FILE:
            raise ScenarioError(f"{path}: larger than {LARGEST_FILE} characters")
        try:
            data = yaml.safe_load(text)
        except _BAD_YAML as error:
            raise ScenarioError(f"{path}: not valid YAML: {' '.join(str(error).split())[:300]}") from None
        if not isinstance(data, Mapping):
            raise ScenarioError(f"{path}: a mapping from keys to values is needed")
        try:
            return cls.parse(data)
        except ScenarioError as error:
            raise ScenarioError(f"{path}: {error}") from None

    def to_yaml(self) -> str:
        """Return the resolved scenario, every parameter stated, as YAML that `read` takes."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110)

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """Return this scenario with values at dotted paths replaced, validated anew."""
        data = self.model_dump(mode="json")
        for path, value in changes.items():
            put(data, path, value)
        return type(self).parse(data)


def put(data: dict[str, Any], path: str, value: Any) -> None:
    """Set a value at a dotted path of nested mappings; a rule replaced by its kind loses the old rule's fields."""
    *parents, last = path.split(".")
    place: Any = data
    for key in parents:
        place = place.setdefault(key, {}) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise ScenarioError(f"{path}: '{key}' is a value, not a group of keys")
    if last == "kind" and place.get("kind") != value:
        place.clear()
    place[last] = value.model_dump(mode="json") if isinstance(value, Settings) else value
