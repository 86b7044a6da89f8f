"""Consistency of a scenario: what its parts demand of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from creditregime.codes import OWNERSHIPS
from creditregime.component import PerTopic, details, nearest, shown
from creditregime.units import by_topic

LARGEST = 10**9


class Problem(NamedTuple):
    """One inconsistency: the key's path, and what is wrong and allowed."""

    path: str
    text: str


def problems(scenario: Any) -> Iterator[Problem]:
    """Yield the inconsistencies of a scenario, in the order of its keys."""
    yield from _magnitudes(scenario)
    yield from _topic_names(scenario)
    yield from _population(scenario)
    yield from _needs(scenario)
    yield from _lists(scenario)
    yield from _grades(scenario)
    yield from _rating(scenario)
    yield from _measures(scenario)
    yield from _joint(scenario)
    yield from _spillover(scenario)


def unknown(path: str, name: str, names: Sequence[str]) -> Problem:
    """Return the problem of a name that is not among the allowed ones."""
    allowed = ", ".join(names) or "none (there are none)"
    return Problem(path, f"unknown name '{name}'{nearest(name, names)}; allowed: {allowed}")


def _magnitudes(scenario: Any) -> Iterator[Problem]:
    """Refuse numbers that single precision, or a month counter, could not hold."""
    for path, model in _models(scenario, ""):
        for key in type(model).model_fields:
            for where, number in _numbers(getattr(model, key), f"{path}{key}"):
                if abs(number) > LARGEST and where != "seed":
                    yield Problem(where, f"{shown(number)} is not allowed: must be within ±{LARGEST:,.0f}")


def _numbers(value: Any, path: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers(item, f"{path}.{key}")


def _off(rule: Any) -> bool:
    return bool(rule.kind == "none")


def _topic_names(scenario: Any) -> Iterator[Problem]:
    names = [*scenario.topics, "default"]
    for path, model in _models(scenario, ""):
        for key, field in type(model).model_fields.items():
            value = getattr(model, key)
            if field.annotation != PerTopic:
                continue
            numbers = value.items() if isinstance(value, dict) else [("", value)]
            for name, number in numbers:
                where = f"{path}{key}" + (f".{name}" if name else "")
                if name and name not in names:
                    yield unknown(where, name, names)
                yield from _bounds(where, number, str(details(field).get("unit", "")))


def _bounds(path: str, number: float, unit: str) -> Iterator[Problem]:
    if number < 0 or (unit.startswith("probability") and number > 1):
        allowed = "between 0 and 1" if unit.startswith("probability") else "at least 0"
        yield Problem(path, f"{number} is not allowed: must be {allowed} ({unit})")


def _models(value: Any, path: str) -> Iterator[tuple[str, BaseModel]]:
    if isinstance(value, BaseModel):
        yield path, value
        for key in type(value).model_fields:
            yield from _models(getattr(value, key), f"{path}{key}.")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _models(item, f"{path}{key}.")


def _population(scenario: Any) -> Iterator[Problem]:
    for topic, rule in scenario.topics.items():
        for name, factor in rule.weighs_on.items():
            yield from _bounds(f"topics.{topic}.weighs_on.{name}", factor, "factor")
    for name in getattr(scenario.learning, "unprepared", {}):
        if name not in OWNERSHIPS:
            yield unknown(f"learning.unprepared.{name}", name, OWNERSHIPS)
    for name, share in getattr(scenario.learning, "unprepared", {}).items():
        yield from _bounds(f"learning.unprepared.{name}", share, "probability")
    firms = getattr(scenario.population, "firms", None)
    if scenario.inspection.kind == "quota" and firms is not None:
        number = scenario.inspection.number
        for name, quota in (number if isinstance(number, dict) else {"": number}).items():
            where = "inspection.number" + (f".{name}" if name else "")
            if quota != int(quota):
                yield Problem(where, f"{quota:g} is not allowed: must be a whole number of firms a month")
            if quota > firms:
                yield Problem(where, f"{quota:g} inspections a month exceed the {firms} firms that there are")


def _needs(scenario: Any) -> Iterator[Problem]:
    if _off(scenario.registry):
        for key in ("rating", "repair"):
            if not _off(getattr(scenario, key)):
                yield Problem(f"{key}.kind", f"'{getattr(scenario, key).kind}' needs records; registry.kind is none")
        if scenario.lists:
            yield Problem("lists", "lists need records; registry.kind is none")
    if not _off(scenario.exit) and _off(scenario.finance) and getattr(scenario.exit, "insolvency", False):
        yield Problem("exit.insolvency", "insolvency needs balance sheets; finance.kind is none")
    if not _off(scenario.repair) and not scenario.lists:
        yield Problem("repair.kind", f"'{scenario.repair.kind}' needs lists; there are none")


def _lists(scenario: Any) -> Iterator[Problem]:
    topics = ["general", *scenario.topics]
    for name, rule in scenario.lists.items():
        if rule.topic not in topics:
            yield unknown(f"lists.{name}.topic", rule.topic, topics)
        if rule.topic == "general" and not scenario.registry.central and len(scenario.topics) > 1:
            yield Problem(f"lists.{name}.topic", "a general list needs registry.sharing=central; it is siloed")


def _grades(scenario: Any) -> Iterator[Problem]:
    grades = scenario.rating.grades()
    used: list[tuple[str, str | None]] = [(f"lists.{name}.grade", rule.grade) for name, rule in scenario.lists.items()]
    for key in ("measures", "rewards"):
        used += [(f"{key}.{name}.grade", rule.grade) for name, rule in getattr(scenario, key).items()]
    for key in ("rates", "weights"):
        used += [(f"inspection.{key}.{name}", name) for name in getattr(scenario.inspection, key, {})]
    for path, grade in used:
        if grade is not None and not scenario.rating.rates:
            yield Problem(path, f"grade '{grade}' needs a rating; rating.kind is none")
        elif grade is not None and grade not in grades:
            yield unknown(path, grade, grades)
    for name in getattr(scenario.inspection, "topics", ()):
        if name not in scenario.topics:
            yield unknown("inspection.topics", name, list(scenario.topics))
    for name, rate in getattr(scenario.inspection, "rates", {}).items():
        yield from _bounds(f"inspection.rates.{name}", rate, "probability")
    for name, weight in getattr(scenario.inspection, "weights", {}).items():
        yield from _bounds(f"inspection.weights.{name}", weight, "weight")


def _rating(scenario: Any) -> Iterator[Problem]:
    rating, topics = scenario.rating, list(scenario.topics)
    for name, share in getattr(rating, "coverage", {}).items():
        if name not in OWNERSHIPS:
            yield unknown(f"rating.coverage.{name}", name, OWNERSHIPS)
        yield from _bounds(f"rating.coverage.{name}", share, "probability")
    for name, condition in getattr(rating, "conditions", {}).items():
        if condition.topic not in ("any", *topics):
            yield unknown(f"rating.conditions.{name}.topic", condition.topic, ["any", *topics])
    for name in getattr(rating, "topics", ()):
        if name not in topics:
            yield unknown("rating.topics", name, topics)
    weights = getattr(rating, "weights", None)
    if isinstance(weights, dict) and not any(by_topic(weights, topics)):
        yield Problem("rating.weights", "at least one of the scenario's topics must weigh more than 0")


def _measures(scenario: Any) -> Iterator[Problem]:
    topics, lists = list(scenario.topics), list(scenario.lists)
    for key in ("measures", "rewards"):
        for name, rule in getattr(scenario, key).items():
            if rule.agency not in topics:
                yield unknown(f"{key}.{name}.agency", rule.agency, topics)
            for entry in rule.lists:
                if entry not in lists:
                    yield unknown(f"{key}.{name}.lists", entry, lists)
    for name in set(scenario.measures) & set(scenario.rewards):
        yield Problem(f"rewards.{name}", "the name is taken by a measure")


def _joint(scenario: Any) -> Iterator[Problem]:
    rule = scenario.joint_punishment
    if _off(rule):
        return
    agencies = getattr(rule, "agencies", "all")
    for name in agencies if agencies != "all" else ():
        if name not in scenario.topics:
            yield unknown("joint_punishment.agencies", name, list(scenario.topics))
    if len(rule.members(tuple(scenario.topics))) < 2:
        yield Problem("joint_punishment.agencies", "joint punishment needs at least two members")
    if not scenario.lists:
        yield Problem("joint_punishment.kind", f"'{rule.kind}' needs blacklists; there are none")


def _spillover(scenario: Any) -> Iterator[Problem]:
    partner = scenario.spillover.partner
    if getattr(partner, "mode", "") == "list" and not scenario.lists:
        yield Problem("spillover.partner.mode", "'list' needs blacklists; there are none")
    if not scenario.rating.rates:
        if getattr(partner, "mode", "") == "points":
            yield Problem("spillover.partner.mode", "'points' needs a rating; rating.kind is none")
        for channel in ("group", "person"):
            kind = getattr(scenario.spillover, channel).kind
            if kind != "none":
                yield Problem(f"spillover.{channel}.kind", f"'{kind}' needs a rating; rating.kind is none")
