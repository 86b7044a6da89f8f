"""Changes of the regime by date: a phase names the month from which some keys of the scenario have other values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Self

from pydantic import Field, model_validator

from creditregime.checks import Problem, unknown
from creditregime.component import Settings, parameter
from creditregime.errors import ScenarioError
from creditregime.presets import composed, require
from creditregime.units import MONTHS

REGIME = (
    "reporting",
    "monitoring",
    "inspection",
    "fines",
    "registry",
    "rating",
    "lists",
    "repair",
    "spillover",
    "measures",
    "rewards",
    "joint_punishment",
    "pilots",
    "diffusion",
    "overseas",
    "accountability",
    "protection",
    "inquiry",
    "objections",
)
"""What makes up a regime: a phase may change all of it, and put another preset's regime in its place."""
PARAMETERS = (
    "topics",
    "learning",
    "behaviour",
    "violations",
    "trade",
    "finance",
    "partners",
    "exit",
    "entry",
    "relocation",
    "scale",
)
"""Of these a phase may change parameters; which rule fills the place stays, as the world is in a state that it made."""
DRAWN_ONCE = {
    "behaviour": (
        "intrinsic",
        "intrinsic_spread",
        "cost_distribution",
        "cost_spread",
        "cost_size_elasticity",
        "traits",
        "initial",
    ),
    "learning": ("unprepared",),
}
"""Parameters of the state before the first month: a later value would do nothing, and is refused."""
_DATE = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


class Phase(Settings):
    """A change of the regime from a month on; it holds until a later phase changes it again."""

    title: str = parameter("", unit="-", description="what the change is called, for figures and stories")
    source: str = parameter("", unit="-", description="where it comes from")
    month: int | None = parameter(
        None, unit="month", ge=1, le=12_000, description="first month under the change; the run starts with month 0"
    )
    date: str | None = parameter(
        None, unit="year-month", description="first month under the change, if the scenario has a `start`"
    )
    changes: dict[str, Any] = Field(
        min_length=1, description="values at dotted paths; null resets a part of the regime to what it is by default"
    )

    @model_validator(mode="after")
    def _has_one_date(self) -> Self:
        if (self.month is None) == (self.date is None):
            raise ValueError("a phase needs either a month or a date")
        if self.date is not None and not _DATE.fullmatch(self.date):
            raise ValueError(f"date: {self.date!r} is not allowed: must be a year and month such as 2016-07")
        return self

    def since(self, start: str | None) -> int:
        """Return the first month under the change, counted from the run's first, 0."""
        if self.month is not None:
            return self.month
        return months_between(str(start), str(self.date))


def with_regimes(phases: Any) -> Any:
    """Return the phases' data with each ``regime: preset`` spelled out as changes; other data as they are."""
    if not isinstance(phases, list | tuple):
        return phases
    return [_spelled_out(number, phase) for number, phase in enumerate(phases)]


def _spelled_out(number: int, phase: Any) -> Any:
    if not isinstance(phase, dict) or "regime" not in phase:
        return phase
    name, rest = phase["regime"], {key: value for key, value in phase.items() if key != "regime"}
    try:
        require("regime", str(name))
    except ScenarioError as error:
        raise ScenarioError(f"phases.{number}.{error}") from None
    preset = composed({"regime": str(name)})
    changes = {key: preset.get(key) for key in REGIME} | dict(rest.get("changes") or {})
    described = {"title": preset.get("title", name), "source": preset.get("source", "")}
    return described | rest | {"changes": changes}


def months_between(start: str, date: str) -> int:
    """Return the months from one ``YYYY-MM`` to another."""
    (year, month), (from_year, from_month) = (map(int, text.split("-")) for text in (date, start))
    return (year - from_year) * MONTHS + month - from_month


def is_date(text: str) -> bool:
    """Tell whether a text is a year and month such as 2016-07."""
    return bool(_DATE.fullmatch(text))


def phase_problems(scenario: Any) -> Iterator[Problem]:
    """Yield what is wrong with the phases of a scenario."""
    if scenario.start is not None and not is_date(scenario.start):
        yield Problem("start", f"{scenario.start!r} is not allowed: must be a year and month such as 2014-01")
        return
    for number, phase in enumerate(scenario.phases):
        yield from _phase(scenario, phase, f"phases.{number}")
    switch = getattr(scenario.registry, "switch_to_central", None)
    if switch is not None and scenario.registry.sharing == "central":
        yield Problem("registry.switch_to_central", "records are shared from the start; registry.sharing is central")
    months = sorted(phase.since(scenario.start) for phase in scenario.phases)
    for before, after in pairwise(months):
        if before == after:
            yield Problem("phases", f"two phases begin in month {after}; put their changes into one")
    if scenario.phases or switch is not None:
        yield from _outcome(scenario)


def _phase(scenario: Any, phase: Phase, path: str) -> Iterator[Problem]:
    if phase.date is not None and scenario.start is None:
        yield Problem(f"{path}.date", "a date needs the scenario's start, such as start=2014-01; there is none")
    elif phase.since(scenario.start) < 1:
        yield Problem(f"{path}.date", f"{phase.date} is not after the first month, {scenario.start}")
    for key in phase.changes:
        if key.split(".")[0] not in (*REGIME, *PARAMETERS):
            yield unknown(f"{path}.changes.{key}", key.split(".")[0], sorted((*REGIME, *PARAMETERS)))


def _outcome(scenario: Any) -> Iterator[Problem]:
    """Yield what the changes lead to that cannot be: an invalid scenario, other topics, another kind of behaviour."""
    try:
        standing = scenario.by_phase()
    except ScenarioError as error:
        path, _, text = str(error).partition(": ")
        yield Problem(path, text)
        return
    for month, spec in standing[1:]:
        if list(spec.topics) != list(scenario.topics):
            yield Problem("phases", f"month {month}: topics must keep their names; only their parameters can change")
        for key in PARAMETERS[1:]:
            kind, before = (getattr(getattr(each, key), "kind", "") for each in (spec, scenario))
            if kind != before:
                yield Problem("phases", f"month {month}: {key}.kind must stay '{before}' during a run, not '{kind}'")
        for path in _drawn_once(scenario, spec):
            yield Problem("phases", f"month {month}: {path} is drawn once, at the start; it must stay")


def _drawn_once(scenario: Any, spec: Any) -> Iterator[str]:
    """Yield the parameters of the first state in which a later phase differs."""
    for key, names in DRAWN_ONCE.items():
        for name in names:
            if getattr(getattr(scenario, key), name, None) != getattr(getattr(spec, key), name, None):
                yield f"{key}.{name}"
    before, after = scenario.behaviour, spec.behaviour
    if before.traits.discount_spread and before.discount != after.discount:
        yield "behaviour.discount, where firms differ in it,"
    for name in scenario.lists:
        if name in spec.lists and scenario.lists[name].initial != spec.lists[name].initial:
            yield f"lists.{name}.initial"
