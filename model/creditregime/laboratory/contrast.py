"""The other scenario of a comparison: what it changes, and that it can be paired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from creditregime.errors import ScenarioError
from creditregime.laboratory.effects import VARIANTS
from creditregime.laboratory.run import Given, resolve
from creditregime.presets import groups
from creditregime.scenario import Scenario

WITHOUT_JOINT = {"joint_punishment": {"kind": "none"}, "spillover.partner": {"kind": "none"}}
"""The default contrast: what the two marks of the regime before 2020 do, together."""

REGIME_KEYS = {"monitoring", "reporting", "inspection", "fines", "registry", "rating", "lists", "repair"} | {
    "spillover",
    "measures",
    "rewards",
    "joint_punishment",
}
"""Places that a ``regime=`` preset fills: changes to one regime's rules are not carried over to another regime."""


def two_worlds(
    scenario: Given,
    overrides: tuple[str, ...],
    against: Scenario | Mapping[str, Any] | None,
    changes: Mapping[str, Any],
    *,
    seeds: int,
    workers: int | None,
) -> tuple[Scenario, Scenario]:
    """Return the two scenarios that a user means (see `compare`), or raise a `ScenarioError` of one line."""
    for name, number in (("seeds", seeds), ("workers", workers)):
        if number is not None and number < 1:
            raise ScenarioError(f"{name}: {number} is not allowed: at least 1 is needed")
    one = resolve(scenario, *overrides, **changes)
    other = other_scenario(one, against, scenario, overrides, changes)
    refuse_unpaired(one, other)
    return one, other


def labels_of(one: Scenario, other: Scenario) -> tuple[str, str]:
    """Return the names of two worlds for people: their titles, if both have one of their own."""
    names = (one.title, other.title)
    return names if all(names) and names[0] != names[1] else VARIANTS


def other_scenario(
    one: Scenario,
    against: Scenario | Mapping[str, Any] | None,
    scenario: Given = None,
    overrides: tuple[str, ...] = (),
    changes: Mapping[str, Any] | None = None,
) -> Scenario:
    """Return the scenario to compare with, named after what it changes.

    Parameters
    ----------
    one
        The scenario.
    against
        The other one, or its changes; by default `WITHOUT_JOINT`.
    scenario, overrides, changes
        How the user named the first: a preset among the changes replaces that of the same group.
    """
    if isinstance(against, Scenario):
        return against.changed({"seed": one.seed})
    if against is None:
        return _renamed(one.changed(WITHOUT_JOINT), one, "without joint punishment and partner spillover")
    if "seed" in against:
        raise ScenarioError("against: seed: both variants of a pair share the seed; set the scenario's")
    chosen = [key for key, value in against.items() if key in groups() and isinstance(value, str)]
    words = "with " + ", ".join(f"{key}={_brief(value)}" for key, value in against.items() if key != "title")
    try:
        if not chosen:
            return _renamed(one.changed(against), one, words)
        if isinstance(scenario, Scenario):
            raise ScenarioError(f"{chosen[0]}: presets need a scenario made of presets, or against=load(...)")
        start = None if isinstance(scenario, str) else scenario
        kept = (scenario, *overrides) if isinstance(scenario, str) else overrides
        kept_changes = dict(changes or {})
        if "regime" in chosen:
            kept = tuple(text for text in kept if not _of_regime(text.partition("=")[0]))
            kept_changes = {key: value for key, value in kept_changes.items() if not _of_regime(key)}
        other = resolve(start, *kept, **{**kept_changes, **against})
        if "topics" not in against and other.topics.keys() == one.topics.keys():
            other = other.changed({"topics": one.topics})  # what can be violated is no part of a regime
        return _renamed(other, one, words)
    except ScenarioError as error:
        raise ScenarioError(f"against: {error}") from None


def _renamed(scenario: Scenario, base: Scenario, words: str) -> Scenario:
    if scenario.title != base.title:
        return scenario
    return scenario.changed({"title": f"{base.title} {words}" if base.title else words})


def refuse_unpaired(one: Scenario, other: Scenario) -> None:
    """Refuse two scenarios that are the same but for words, or that do not run equally long."""
    if one.months != other.months:
        raise ScenarioError(f"against: months: {other.months} is not allowed: must be the scenario's {one.months}")
    words = ("title", "source", "assumptions")
    if one.model_dump(exclude=set(words)) == other.model_dump(exclude=set(words)):
        raise ScenarioError(
            "against: both scenarios are the same (by default the other is without joint punishment and partner"
            " spillover); name what differs, as in --against regime=none"
        )


def _of_regime(path: str) -> bool:
    return path.partition(".")[0] in REGIME_KEYS or path == "regime"


def _brief(value: Any) -> str:
    return str(value.get("kind", value)) if isinstance(value, Mapping) else str(value)
