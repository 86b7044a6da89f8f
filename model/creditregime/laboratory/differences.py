"""What differs between two scenarios, key by key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from creditregime.scenario import NAMED, Scenario

WORDS = ("title", "source", "assumptions")
"""Keys that change nothing but how a scenario is called."""


class Difference(NamedTuple):
    """A key, and its value in both scenarios (JSON data); None also where a scenario has no such key."""

    path: str
    one: Any
    other: Any


def differences(one: Scenario, other: Scenario) -> list[Difference]:
    """Return each key in which two scenarios differ, by the deepest key; a rule of another kind is one difference."""
    return _between(one, other, lambda path, here, there: True)


def replaceable(one: Scenario, other: Scenario) -> list[Difference]:
    """Return differences that can be put one by one into `one`, until it is the other, the order of its keys included.

    Keys of which the other scenario has some more, or in another order, are one difference; so is who exists.
    """
    return _between(one, other, _apart)


def _between(one: Scenario, other: Scenario, apart: Callable[[str, Any, Any], bool]) -> list[Difference]:
    here, there = (scenario.model_dump(mode="json") for scenario in (one, other))
    for data in (here, there):
        for key in (*WORDS, "seed"):
            data.pop(key)
    return _differ(here, there, "", apart)


def _differ(one: Any, other: Any, path: str, apart: Callable[[str, Any, Any], bool]) -> list[Difference]:
    if _same(one, other):
        return []
    mappings = isinstance(one, dict) and isinstance(other, dict)
    if not mappings or one.get("kind") != other.get("kind") or not apart(path, one, other):
        return [Difference(path, one, other)]
    found = []
    for key in dict.fromkeys([*one, *other]):
        found += _differ(one.get(key), other.get(key), f"{path}.{key}" if path else str(key), apart)
    return found


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same, the order of keys included: rules act in the order in which they stand."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [*one] == [*other] and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)


def _apart(path: str, one: dict[str, Any], other: dict[str, Any]) -> bool:
    if path == "population":
        return False
    return [*one] == [*other] or (path in NAMED and _within([*other], [*one]))


def _within(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Tell whether all of some keys are among others, in the same order."""
    rest = iter(whole)
    return all(key in rest for key in part)
