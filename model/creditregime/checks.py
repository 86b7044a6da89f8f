"""Consistency of a scenario: what its parts demand of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from creditregime.codes import OWNERSHIPS
from creditregime.component import PerTopic, details, largest_per_topic, nearest, shown
from creditregime.regime.moves import plannable
from creditregime.regime.pilots import misfits
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
    yield from _behaviour(scenario)
    yield from _needs(scenario)
    yield from _data(scenario)
    yield from _lists(scenario)
    yield from _grades(scenario)
    yield from _connections(scenario)
    yield from _rating(scenario)
    yield from _measures(scenario)
    yield from _joint(scenario)
    yield from _spillover(scenario)
    yield from _relocation(scenario)
    yield from (Problem(*item) for item in misfits(scenario))
    yield from _banks(scenario)
    yield from _overseas(scenario)


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
    most = largest_per_topic(unit)
    if number < 0 or (most is not None and number > most):
        allowed = "at least 0" if most is None else f"between 0 and {most:g}"
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
    if scenario.inspection.kind == "quota" and isinstance(firms, int):
        number = scenario.inspection.number
        for name, quota in (number if isinstance(number, dict) else {"": number}).items():
            where = "inspection.number" + (f".{name}" if name else "")
            if quota != int(quota):
                yield Problem(where, f"{quota:g} is not allowed: must be a whole number of firms a month")
            if quota > firms:
                yield Problem(where, f"{quota:g} inspections a month exceed the {firms} firms that there are")


def _behaviour(scenario: Any) -> Iterator[Problem]:
    rule = scenario.behaviour
    for name, share in rule.traits.connected.items():
        if name not in OWNERSHIPS:
            yield unknown(f"behaviour.traits.connected.{name}", name, OWNERSHIPS)
        yield from _bounds(f"behaviour.traits.connected.{name}", share, "probability")
    if getattr(rule, "whom", "") == "better_earning" and _off(scenario.finance):
        yield Problem("behaviour.whom", "'better_earning' needs profits; finance.kind is none")
    if rule.kind == "forward_looking" and not plannable(scenario.rating):
        text = f"'forward_looking' needs a rating by bands of a score, by tiers, or none; it is {scenario.rating.kind}"
        yield Problem("behaviour.kind", text)


def _needs(scenario: Any) -> Iterator[Problem]:
    if _off(scenario.registry):
        for key in ("rating", "repair", "accountability"):
            if not _off(getattr(scenario, key)):
                yield Problem(f"{key}.kind", f"'{getattr(scenario, key).kind}' needs records; registry.kind is none")
        if scenario.lists:
            yield Problem("lists", "lists need records; registry.kind is none")
    if not _off(scenario.exit) and _off(scenario.finance) and getattr(scenario.exit, "insolvency", False):
        yield Problem("exit.insolvency", "insolvency needs balance sheets; finance.kind is none")
    if not _off(scenario.repair) and scenario.repair.needs_lists and not scenario.lists:
        yield Problem("repair.kind", f"'{scenario.repair.kind}' needs lists; there are none")


def _data(scenario: Any) -> Iterator[Problem]:
    """Check what the data regime's rules demand of the registry and the topics."""
    registry = scenario.registry
    for name in getattr(registry, "withheld", ()):
        if name not in scenario.topics:
            yield unknown("registry.withheld", name, list(scenario.topics))
        if not registry.shared:
            yield Problem(
                "registry.withheld", f"nothing is shared, so '{name}' need not be withheld; sharing is siloed"
            )
    if registry.shared and not set(scenario.topics) - set(registry.withheld):
        yield Problem("registry.withheld", "all topics are withheld: use sharing=siloed")
    if _off(registry):
        for key in ("objections", "protection"):
            if not _off(getattr(scenario, key)):
                yield Problem(f"{key}.kind", f"'{getattr(scenario, key).kind}' needs records; registry.kind is none")
        if scenario.inspection.kind == "risk":
            yield Problem("inspection.kind", "'risk' needs records to predict from; registry.kind is none")
    for name, factor in getattr(scenario.reporting, "by_ownership", {}).items():
        if name not in OWNERSHIPS:
            yield unknown(f"reporting.by_ownership.{name}", name, OWNERSHIPS)
        yield from _bounds(f"reporting.by_ownership.{name}", factor, "factor")
    for name, factor in getattr(scenario.violations, "complaints_by_sector", {}).items():
        yield from _bounds(f"violations.complaints_by_sector.{name}", factor, "factor")


def _lists(scenario: Any) -> Iterator[Problem]:
    topics = ["general", *scenario.topics]
    for name, rule in scenario.lists.items():
        if rule.topic not in topics:
            yield unknown(f"lists.{name}.topic", rule.topic, topics)
        if rule.unfiled and _off(scenario.reporting):
            yield Problem(f"lists.{name}.unfiled", "reports must be filed only where reporting.kind is not none")
        if (graver := rule.escalates_to) is not None:
            others = [key for key, other in scenario.lists.items() if key != name and other.colour == "black"]
            if graver not in others:
                yield unknown(f"lists.{name}.escalates_to", graver, others)
        if rule.topic == "general" and not scenario.registry.shared and len(scenario.topics) > 1:
            yield Problem(
                f"lists.{name}.topic", "a general list needs registry.sharing=central or regional; it is siloed"
            )


def _connections(scenario: Any) -> Iterator[Problem]:
    if getattr(scenario.rating, "rater_bias", 0) and not any(scenario.behaviour.traits.connected.values()):
        yield Problem("rating.rater_bias", "needs connected firms; behaviour.traits.connected names no share of them")


def _grades(scenario: Any) -> Iterator[Problem]:
    grades = scenario.rating.grades()
    used: list[tuple[str, str | None]] = [(f"lists.{name}.grade", rule.grade) for name, rule in scenario.lists.items()]
    for key in ("measures", "rewards"):
        used += [(f"{key}.{name}.grade", rule.grade) for name, rule in getattr(scenario, key).items()]
    for key in ("rates", "weights"):
        used += [(f"inspection.{key}.{name}", name) for name in getattr(scenario.inspection, key, {})]
    used += [(f"finance.social_loans.{name}", name) for name in getattr(scenario.finance, "social_loans", {})]
    used += [(f"fines.by_grade.{name}", name) for name in getattr(scenario.fines, "by_grade", {})]
    efforts = [
        (f"behaviour.types.{kind}.by_grade.{name}", name, effort)
        for kind, rule in getattr(scenario.behaviour, "types", {}).items()
        for name, effort in rule.by_grade.items()
    ]
    used += [(path, name) for path, name, _ in efforts]
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
    for name, factor in getattr(scenario.fines, "by_grade", {}).items():
        yield from _bounds(f"fines.by_grade.{name}", factor, "factor")
    for path, _, effort in efforts:
        yield from _bounds(path, effort, "probability")
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
    for cause, others in getattr(rule, "related", {}).items():
        for name in (cause, *others):
            if name not in scenario.topics:
                yield unknown(f"joint_punishment.related.{cause}", name, list(scenario.topics))
    if len(rule.members(tuple(scenario.topics))) < 2:
        yield Problem("joint_punishment.agencies", "joint punishment needs at least two members")
    if not scenario.lists:
        yield Problem("joint_punishment.kind", f"'{rule.kind}' needs blacklists; there are none")


def _spillover(scenario: Any) -> Iterator[Problem]:
    spillover = scenario.spillover
    channels = {name: getattr(spillover, name) for name in ("partner", "contractor", "group", "person")}
    for name, channel in channels.items():
        yield from _channel(scenario, f"spillover.{name}", channel)
    if not scenario.rating.rates:
        for name in ("person", "staff"):
            rule = getattr(spillover, name)
            if rule.kind == "associated_d" or (name == "staff" and not _off(rule)):
                yield Problem(f"spillover.{name}.kind", f"'{rule.kind}' needs a rating; rating.kind is none")
    if spillover.layers != "any":
        yield from _layers(spillover)


def _channel(scenario: Any, path: str, channel: Any) -> Iterator[Problem]:
    mode = getattr(channel, "mode", "")
    if mode == "list" and not scenario.lists:
        yield Problem(f"{path}.mode", "'list' needs blacklists; there are none")
    if mode == "lever" and not scenario.measures:
        yield Problem(f"{path}.mode", "'lever' needs measures; there are none")
    if mode in ("points", "grade") and not scenario.rating.rates:
        yield Problem(f"{path}.mode", f"'{mode}' needs a rating; rating.kind is none")
    if mode == "records":
        if not scenario.rating.rates and not scenario.lists:
            yield Problem(f"{path}.mode", "'records' needs a rating or blacklists; there are none")
        for name in channel.topics if channel.topics != "all" else ():
            if name not in scenario.topics:
                yield unknown(f"{path}.topics", name, list(scenario.topics))


def _layers(spillover: Any) -> Iterator[Problem]:
    """Refuse layers that cannot act as one: they must reach equally far."""
    for mode in ("list",) if spillover.layers == "all" else ("points", "list", "lever"):
        channels = spillover.carriers(mode)
        for channel in channels[1:]:
            first = channels[0]
            for key in ("reach",) if channel.reach != "truncated" else ("reach", "hops"):
                one, other = getattr(first, key), getattr(channel, key)
                if one != other:
                    text = f"{other!r} differs from {one!r} of spillover.{first.name}; with layers"
                    yield Problem(f"spillover.{channel.name}.{key}", f"{text} '{spillover.layers}' they must agree")
    for channel in spillover.carriers("list") if spillover.layers == "sum" else ():
        if channel.rule != "threshold":
            text = f"'{channel.rule}' has no share that could be pooled; allowed with layers 'sum': threshold"
            yield Problem(f"spillover.{channel.name}.rule", text)


def _relocation(scenario: Any) -> Iterator[Problem]:
    rule = scenario.relocation
    if not _off(rule) and getattr(rule, "abroad", False) and (kind := scenario.exit.kind) in ("none", "closure"):
        yield Problem("relocation.abroad", f"firms that leave the country need an exit rule; exit.kind is {kind}")


def _banks(scenario: Any) -> Iterator[Problem]:
    finance = scenario.finance
    if getattr(finance, "file", "") == "merged" and not scenario.rating.rates:
        yield Problem("finance.file", "'merged' needs a rating; rating.kind is none")
    for name, share in getattr(finance, "rationed", {}).items():
        if name not in OWNERSHIPS:
            yield unknown(f"finance.rationed.{name}", name, OWNERSHIPS)
        yield from _bounds(f"finance.rationed.{name}", share, "probability")
    loans = getattr(finance, "social_loans", {})
    for name, multiple in loans.items():
        yield from _bounds(f"finance.social_loans.{name}", multiple, "multiple of yearly tax")
    owing = getattr(finance, "trade_credit", 0)
    if (loans or owing) and finance.loan_agency not in scenario.topics:
        yield unknown("finance.loan_agency", finance.loan_agency, list(scenario.topics))
    if owing and _off(scenario.trade):
        yield Problem("finance.trade_credit", "trade credit needs partners who trade; trade.kind is none")
    if loans and not any(finance.rationed.values()):
        yield Problem("finance.social_loans", "loans by grade need firms that lack loans; finance.rationed names none")


def _overseas(scenario: Any) -> Iterator[Problem]:
    rule = scenario.overseas
    if _off(rule):
        return
    if getattr(scenario.population, "overseas", None) == 0:
        yield Problem("overseas.kind", f"'{rule.kind}' needs firms overseas; population.overseas is 0")
    if _off(scenario.registry):
        yield Problem("overseas.kind", f"'{rule.kind}' needs records; registry.kind is none")
    if getattr(rule, "trade_credit", 0):
        if not scenario.rating.rates:
            yield Problem("overseas.trade_credit", "foreign-trade credit needs a rating; rating.kind is none")
        if rule.trade_agency not in scenario.topics:
            yield unknown("overseas.trade_agency", rule.trade_agency, list(scenario.topics))
