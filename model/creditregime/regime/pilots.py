"""Pilots: regions in which other rules hold than the national ones, for a time or until they have spread."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from pydantic import BaseModel, model_validator

from creditregime.component import Settings, nearest, parameter
from creditregime.errors import ScenarioError
from creditregime.law import UNRATED

RULES = ("rating", "inspection", "monitoring", "fines", "repair")
"""Places of the scenario that a pilot can fill otherwise."""
CATALOGUES = ("lists", "measures", "rewards")
"""Named things of which a pilot can have its own, or do without."""

_DIFFERS = "what differs there: parameters of the national rule, or another rule with its kind"


class Pilot(Settings):
    """Local rules: what differs in some regions from the national rules, from one month to another.

    A rule of another ``kind`` stands for itself; otherwise the parameters given replace those of the national rule.
    What is not named is national. With one parameter changed this is the local need of a region, with a rating of its
    own it is a pilot.
    """

    regions: tuple[str, ...] = parameter(
        (), unit="names", max_length=256, description="regions in which it holds from the start"
    )
    share: float | None = parameter(
        None,
        unit="share of regions",
        gt=0,
        le=1,
        description="instead of names: the first regions of the economy up to this share, rounded up",
    )
    start: int = parameter(0, unit="month", ge=0, le=12_000, description="first month, counted from 0")
    end: int | None = parameter(
        None, unit="month", ge=1, le=12_000, description="first month in which it holds no more; null for never"
    )
    rating: dict[str, Any] = parameter(
        default_factory=dict,
        unit="-",
        description=f"rating: {_DIFFERS}",
        source="62 pilot cities from 2015 on; Zhejiang 2017, Shanghai 2017; barred in principle by Guobanfa [2026] 8",
        standing="real",
    )
    inspection: dict[str, Any] = parameter(
        default_factory=dict, unit="-", description=f"inspection: {_DIFFERS}", standing="real"
    )
    monitoring: dict[str, Any] = parameter(
        default_factory=dict, unit="-", description=f"monitoring: {_DIFFERS}", standing="real"
    )
    fines: dict[str, Any] = parameter(default_factory=dict, unit="-", description=f"fines: {_DIFFERS}", standing="real")
    repair: dict[str, Any] = parameter(
        default_factory=dict, unit="-", description=f"repair: {_DIFFERS}", standing="real"
    )
    lists: dict[str, dict[str, Any]] = parameter(
        default_factory=dict, unit="-", description="lists kept only there, and what differs in national ones"
    )
    measures: dict[str, dict[str, Any]] = parameter(
        default_factory=dict, unit="-", description="measures taken only there, and what differs in national ones"
    )
    rewards: dict[str, dict[str, Any]] = parameter(
        default_factory=dict, unit="-", description="rewards given only there, and what differs in national ones"
    )
    without: tuple[str, ...] = parameter(
        (), unit="names", description="national lists, measures and rewards that are not in force there"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"end: {self.end} is not allowed: must be after the start, month {self.start}")
        if len(set(self.regions)) < len(self.regions):
            raise ValueError("regions: a region is named twice")
        if bool(self.regions) == (self.share is not None):
            raise ValueError("a pilot needs either regions or a share of them")
        return self

    def places(self, regions: Sequence[str]) -> list[int]:
        """Return the numbers of its regions among those of an economy."""
        if self.share is not None:
            return list(range(math.ceil(self.share * len(regions))))
        return [regions.index(name) for name in self.regions]

    def holds(self, month: int) -> bool:
        """Tell whether it is in force anywhere in a month."""
        return self.start <= month and (self.end is None or month < self.end)

    def overlaps(self, other: Pilot) -> bool:
        """Tell whether both hold in the same month."""
        last, others = (rule.end if rule.end is not None else 2**31 for rule in (self, other))
        return self.start < others and other.start < last


def local(scenario: Any, name: str) -> Any:
    """Return the scenario that holds in the regions of a pilot, as if it were a country of its own.

    Lists that are not in force there stay in it, because their numbers are the country's; see `Territories`.

    Raises
    ------
    ScenarioError
        With a path below the pilot, if what differs does not fit the national rules.
    """
    pilot: Pilot = scenario.pilots[name]
    data = scenario.model_dump(mode="json") | {"pilots": {}, "diffusion": {"kind": "none"}, "phases": []}
    data["registry"].pop("switch_to_central", None)
    for key in RULES:
        data[key] = _merged(data[key], getattr(pilot, key))
    for key in CATALOGUES:
        for item, differs in getattr(pilot, key).items():
            data[key][item] = _merged(data[key].get(item, {}), differs)
    for key in ("measures", "rewards"):
        data[key] = {item: rule for item, rule in data[key].items() if item not in pilot.without}
    try:
        return type(scenario).parse(data)
    except ScenarioError as error:
        raise ScenarioError(f"pilots.{name}.{error}") from None


def _merged(rule: Mapping[str, Any], differs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule with what differs; of a rule replaced by another kind nothing is kept."""
    if differs.get("kind", rule.get("kind")) != rule.get("kind"):
        return dict(differs)
    plain = {
        key: value.model_dump(mode="json") if isinstance(value, BaseModel) else value for key, value in differs.items()
    }
    return {**rule, **plain}


def everywhere(scenario: Any) -> list[Any]:
    """Return the rules by number of territory: the national ones first, then each pilot's, all lists in one order."""
    if not scenario.pilots:
        return [scenario]
    found = [scenario, *(local(scenario, name) for name in scenario.pilots)]
    lists: dict[str, Any] = {}
    for rules in found:
        lists = {**rules.lists, **lists}
    names = [*scenario.lists, *(name for name in lists if name not in scenario.lists)]
    union = {name: lists[name] for name in names}
    return [rules.model_copy(update={"lists": {**union, **_known(rules.lists, names)}}) for rules in found]


def _known(lists: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: lists[name] for name in names if name in lists}


def lists_in_force(scenario: Any, number: int) -> set[str]:
    """Return the lists that are kept in a territory."""
    if not number:
        return set(scenario.lists)
    pilot = [*scenario.pilots.values()][number - 1]
    return (set(scenario.lists) | set(pilot.lists)) - set(pilot.without)


def grade_names(territories: list[Any]) -> tuple[str, ...]:
    """Return the names of the country's grades, lowest first; `UNRATED` on top where only some territories rate."""
    rated = [rules.rating.grades() for rules in territories if rules.rating.rates]
    if not rated:
        names: tuple[str, ...] = territories[0].rating.grades()
        return names
    return rated[0] if len(rated) == len(territories) else (*rated[0], UNRATED)


def files(territories: list[Any]) -> int:
    """Return how many files a firm has."""
    return max(_files(rules) for rules in territories)


def _files(rules: Any) -> int:
    return int(rules.rating.files(len(rules.topics), rules.registry.shared))


def misfits(scenario: Any) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the pilots of a scenario: the key's path, and what is wrong and allowed."""
    if scenario.diffusion.kind != "none" and not scenario.pilots:
        yield "diffusion.kind", f"'{scenario.diffusion.kind}' needs pilots; there are none"
    if not scenario.pilots:
        return
    if len(scenario.pilots) > 254:
        yield "pilots", f"{len(scenario.pilots)} pilots are not allowed: at most 254"
    yield from _names(scenario)
    yield from _times(scenario)
    try:
        found = everywhere(scenario)
    except ScenarioError as error:
        path, _, text = str(error).partition(": ")
        yield path, text
        return
    yield from _against_national(scenario, found)
    yield from _diffusion(scenario)


def _names(scenario: Any) -> Iterator[tuple[str, str]]:
    known = [*scenario.lists, *scenario.measures, *scenario.rewards]
    for name, pilot in scenario.pilots.items():
        for item in pilot.without:
            if item not in known:
                allowed = ", ".join(known) or "none (there are none)"
                yield f"pilots.{name}.without", f"unknown name '{item}'{nearest(item, known)}; allowed: {allowed}"


def _times(scenario: Any) -> Iterator[tuple[str, str]]:
    pilots = [*scenario.pilots.items()]
    for number, (name, pilot) in enumerate(pilots):
        for earlier, other in pilots[:number]:
            shared = sorted(set(pilot.regions) & set(other.regions))
            if shared and pilot.overlaps(other):
                yield f"pilots.{name}.regions", f"{shared[0]} is in '{earlier}' at the same time; one pilot a region"


def _against_national(scenario: Any, found: list[Any]) -> Iterator[tuple[str, str]]:
    """Refuse what would need other tables there: other grades, files, regulators, or another sort of list."""
    rated = [rules for rules in found if rules.rating.rates]
    for name, rules in zip(scenario.pilots, found[1:], strict=True):
        path = f"pilots.{name}"
        if rules.rating.rates and rules.rating.grades() != rated[0].rating.grades():
            allowed = ", ".join(reversed(rated[0].rating.grades()))
            yield f"{path}.rating", f"its grades must be those of the other rating, best first: {allowed}"
        if rules.rating.rates and _files(rules) != _files(rated[0]):
            yield (
                f"{path}.rating.kind",
                f"'{rules.rating.kind}' has another number of files a firm than the other rating",
            )
        if rules.inspection.level != scenario.inspection.level:
            yield f"{path}.inspection.level", f"must be the national one, {scenario.inspection.level}"
        if getattr(rules.repair, "points_back", False) != getattr(scenario.repair, "points_back", False):
            yield (
                f"{path}.repair.points_back",
                "must be the national one; corrections are followed together",
            )
        for item, rule in rules.lists.items():
            first = found[0].lists[item]
            if (rule.topic, rule.colour) != (first.topic, first.colour):
                yield f"{path}.lists.{item}", f"must be a {first.colour}list of the topic {first.topic}, as elsewhere"


def _diffusion(scenario: Any) -> Iterator[tuple[str, str]]:
    chosen = getattr(scenario.diffusion, "pilot", None)
    names = [*scenario.pilots]
    if chosen is not None and chosen not in names:
        yield "diffusion.pilot", f"unknown name '{chosen}'{nearest(chosen, names)}; allowed: {', '.join(names)}"
    elif scenario.diffusion.kind == "national":
        pilot = scenario.pilots[chosen or names[0]]
        if pilot.end is not None and pilot.end > scenario.diffusion.month:
            where = f"pilots.{chosen or names[0]}.end"
            yield where, "must be null: diffusion makes this pilot the national rule"
        if not pilot.holds(scenario.diffusion.month):
            yield (
                "diffusion.month",
                f"the pilot does not hold in month {scenario.diffusion.month}; it starts in {pilot.start}",
            )
