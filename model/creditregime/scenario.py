"""What a run is: the validated parameters, composed of the components' own classes."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

import creditregime.firms.asking
import creditregime.firms.bundle
import creditregime.firms.conformity
import creditregime.firms.fixed
import creditregime.firms.forward_looking
import creditregime.firms.imitation
import creditregime.market.closure
import creditregime.regime.tiers  # noqa: F401  (these declare their kinds)
from creditregime.checks import Problem, problems
from creditregime.component import Settings, one_line, parameter, place
from creditregime.errors import BAD_YAML, ScenarioError
from creditregime.firms.behaviour import Behaviour, Gradual
from creditregime.firms.learning import Experience, Learning
from creditregime.firms.reporting import NoReporting, Reporting
from creditregime.firms.violations import Hazard, Violations
from creditregime.indicators.measure import Indicators
from creditregime.market.accounts import Accounts
from creditregime.market.entry import Entry, Replacement
from creditregime.market.exit import Exit, StandardExit
from creditregime.market.finance import Finance
from creditregime.market.leontief import GeneralisedLeontief
from creditregime.market.partners import Partners, Search
from creditregime.market.relocation import NoRelocation, Relocation
from creditregime.market.trade import Trade
from creditregime.phases import REGIME, Phase, phase_problems, with_regimes
from creditregime.population import Generated, Population
from creditregime.regime.accountability import Accountability, NoAccountability
from creditregime.regime.diffusion import Diffusion, NoDiffusion
from creditregime.regime.fines import Fines, NoFines
from creditregime.regime.inquiry import Inquiry, NoInquiry
from creditregime.regime.inspection import Inspection, NoInspection
from creditregime.regime.joint import JointPunishment, NoJointPunishment
from creditregime.regime.levers import Measure, Scale
from creditregime.regime.lists import ListRule
from creditregime.regime.monitoring import Monitoring, NoMonitoring
from creditregime.regime.objections import NoObjections, Objections
from creditregime.regime.overseas import NotReached, Overseas
from creditregime.regime.pilots import Pilot
from creditregime.regime.protection import NoProtection, Protection
from creditregime.regime.rating import NoRating, Rating
from creditregime.regime.registry import NoRegistry, Registry
from creditregime.regime.repair import NoRepair, Repair
from creditregime.regime.spillover import Spillover
from creditregime.topics import Topic, eight_topics

LARGEST_FILE = 1_000_000
NAMED = ("topics", "lists", "measures", "rewards", "pilots")
"""Places that hold any number of things, each by a name."""


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
    inquiry: Inquiry = place(NoInquiry, "stage 5: inquiries into what firms reported")
    fines: Fines = place(NoFines, "stage 6: statutory fines")
    overseas: Overseas = place(NotReached, "stage 6: firms outside the jurisdiction")
    registry: Registry = place(NoRegistry, "stage 6: records")
    objections: Objections = place(NoObjections, "stage 6: objection and appeal")
    protection: Protection = place(NoProtection, "stage 6: data protection and leaks")
    accountability: Accountability = place(NoAccountability, "stage 6: regulators answer for error and delay")
    rating: Rating = place(NoRating, "stage 7: scores and grades")
    lists: dict[str, ListRule] = place(dict, "stage 8: blacklists and redlists")
    repair: Repair = place(NoRepair, "stage 8: credit repair")
    spillover: Spillover = place(Spillover, "stage 9: association")
    measures: dict[str, Measure] = place(dict, "stage 10: measures")
    rewards: dict[str, Measure] = place(dict, "stage 10: rewards")
    scale: Scale = place(Scale, "stage 10: factors on the sizes of all measures and rewards")
    joint_punishment: JointPunishment = place(NoJointPunishment, "stage 10: memorandum")
    trade: Trade = place(GeneralisedLeontief, "stage 11: trade")
    finance: Finance = place(Accounts, "stage 12: settlement")
    partners: Partners = place(Search, "stage 13: re-matching")
    relocation: Relocation = place(NoRelocation, "stage 14: relocation to other regions and abroad")
    exit: Exit = place(StandardExit, "stage 14: exit")
    entry: Entry = place(Replacement, "stage 14: entry")
    indicators: Indicators = place(Indicators, "stage 15: measurement")

    start: str | None = parameter(
        None, unit="year-month", description="calendar month in which the run starts, such as 2014-01, for dated phases"
    )
    phases: tuple[Phase, ...] = parameter(
        (), unit="-", description="changes of the regime by date", standing="partly", max_length=1000
    )
    pilots: dict[str, Pilot] = place(dict, "regions with their own rules, each month from its start")
    diffusion: Diffusion = place(NoDiffusion, "each month: how pilots spread to other regions")

    @model_validator(mode="before")
    @classmethod
    def _leave_out(cls, data: Any) -> Any:
        """Take null for a named list, measure, ... as its absence, so that an override can do without it."""
        if not isinstance(data, Mapping):
            return data
        named = {key: data[key] for key in NAMED if isinstance(data.get(key), Mapping)}
        return {**data, **{key: {n: v for n, v in items.items() if v is not None} for key, items in named.items()}}

    @model_validator(mode="before")
    @classmethod
    def _spell_out_phases(cls, data: Any) -> Any:
        if not (isinstance(data, Mapping) and data.get("phases")):
            return data
        try:
            return {**data, "phases": with_regimes(data["phases"])}
        except ScenarioError as error:
            path, _, text = str(error).partition(": ")
            raise PydanticCustomError("inconsistent", "{text}", {"path": path, "text": text}) from None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problem: Problem | None = next(problems(self), None) or next(phase_problems(self), None)
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
        """Return the scenario of a YAML file; the file is data and can run nothing.

        Files that its population names are those beside it where there are such, else those in the working folder.
        """
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ScenarioError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
        scenario = cls.from_yaml(text, str(path))
        try:
            beside = files_beside(scenario.population, path.parent)
            return scenario.changed(beside) if beside else scenario
        except ScenarioError as error:
            raise ScenarioError(f"{path}: {error}") from None

    @classmethod
    def from_yaml(cls, text: str, name: str) -> Self:
        """Return the scenario that YAML text describes; text is data and can run nothing.

        Parameters
        ----------
        text
            A mapping from keys to values.
        name
            What errors call it: a path, or the name of what was sent.
        """
        if len(text) > LARGEST_FILE:
            raise ScenarioError(f"{name}: larger than {LARGEST_FILE} characters")
        try:
            data = yaml.safe_load(text)
        except BAD_YAML as error:
            raise ScenarioError(f"{name}: not valid YAML: {' '.join(str(error).split())[:300]}") from None
        if not isinstance(data, Mapping):
            raise ScenarioError(f"{name}: a mapping from keys to values is needed")
        try:
            return cls.parse(data)
        except ScenarioError as error:
            raise ScenarioError(f"{name}: {error}") from None

    def to_yaml(self) -> str:
        """Return the resolved scenario, every parameter stated, as YAML that `read` takes."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110)

    def by_phase(self) -> list[tuple[int, Scenario]]:
        """Return the scenario as it stands from month 0 on, and from the first month of each phase on.

        Raises
        ------
        ScenarioError
            One line, if the changes of a phase do not make a valid scenario.
        """
        standing: list[tuple[int, Scenario]] = [(0, self)]
        data = self.model_dump(mode="json") | {"phases": []}
        for month, path, changes in self._changes():
            data["registry"].pop("switch_to_central", None)
            for key, value in changes.items():
                if value is None and key in REGIME:
                    data[key] = Scenario.model_fields[key].get_default(call_default_factory=True)
                else:
                    put(data, key, value)
            try:
                standing.append((month, self.parse(data)))
            except ScenarioError as error:
                raise ScenarioError(f"{path}.{error}") from None
        return standing

    def _changes(self) -> list[tuple[int, str, dict[str, Any]]]:
        """Return month, place in the scenario, and changes of each phase, in order; the switch-over is one of them."""
        found = [
            (phase.since(self.start), f"phases.{number}.changes", phase.changes)
            for number, phase in enumerate(self.phases)
        ]
        if (switch := getattr(self.registry, "switch_to_central", None)) is not None:
            found.append((switch, "registry.switch_to_central", {"registry.sharing": "central"}))
        return sorted(found, key=lambda item: item[0])

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """Return this scenario with values at dotted paths replaced, validated anew."""
        data = self.model_dump(mode="json")
        for path, value in changes.items():
            put(data, path, value)
        return type(self).parse(data)


def files_beside(population: Population, folder: Path) -> dict[str, str]:
    """Return the keys of a population whose file lies in a folder, with its absolute path."""
    found = {}
    for key in population.paths:
        name = getattr(population, key)
        if (
            Path(name).suffix and not Path(name).is_absolute() and os.path.isfile(folder / name)
        ):  # of any name, no error
            found[f"population.{key}"] = str((folder / name).resolve())
    return found


def field_at(scenario: Scenario, path: str) -> FieldInfo | None:
    """Return the field that declares the parameter at a dotted path; None where the scenario has no such parameter."""
    *parents, last = path.split(".")
    place: Any = scenario
    for key in parents:
        place = place.get(key) if isinstance(place, Mapping) else getattr(place, key, None)
    return type(place).model_fields.get(last) if isinstance(place, Settings) else None


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
    # A copy: a later key may reach into it, and the caller's own mapping must stay as it is.
    place[last] = value.model_dump(mode="json") if isinstance(value, Settings) else copy.deepcopy(value)
