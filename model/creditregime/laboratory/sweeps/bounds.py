"""The bounds of a scenario's parameters, as their own fields declare them."""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo

from creditregime.component import Limits, PerTopic, Settings, details, limits, nearest
from creditregime.errors import ScenarioError
from creditregime.scenario import Scenario

MARGIN = 1e-6
"""How far a factor keeps away from a bound that is itself excluded, as a share of its range."""


class Number(NamedTuple):
    """A number of a scenario: its path, its value now (None where nothing is set), and the field that declares it."""

    path: str
    value: float | None
    field: FieldInfo


class Bounds:
    """What the fields of a scenario allow, by dotted path."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def of(self, path: str, low: float | None = None, high: float | None = None) -> tuple[float, float]:
        """Return the range of a factor: what is asked for, within what the field allows.

        An end that is not asked for is the field's own bound; from a bound that is itself excluded it keeps a
        millionth of the range (whole numbers: one) away.

        Raises
        ------
        ScenarioError
            If there is no number at the path, if the field has no bound where none is asked for, or if what is asked
            for lies outside.
        """
        allowed = self.limits(path)
        for name, wanted, limit in (("low", low, allowed.low), ("high", high, allowed.high)):
            if wanted is None and limit is None:
                raise ScenarioError(f"design.factors.{path}.{name}: is needed: the parameter itself has no such bound")
        lowest, highest = low if low is not None else allowed.low, high if high is not None else allowed.high
        assert lowest is not None
        assert highest is not None
        step = 1.0 if self.whole(path) else MARGIN * (highest - lowest)
        lowest += step if low is None and allowed.low_open else 0
        highest -= step if high is None and allowed.high_open else 0
        if not (_within(lowest, allowed) and _within(highest, allowed)):
            raise ScenarioError(f"design.factors.{path}: {lowest:g} to {highest:g} is not allowed: {_told(allowed)}")
        if self.whole(path):
            lowest, highest = math.ceil(lowest), math.floor(highest)
        if lowest >= highest:
            raise ScenarioError(f"design.factors.{path}: {lowest:g} to {highest:g} is not allowed: it is no range")
        return lowest, highest

    def limits(self, path: str) -> Limits:
        """Return what the number at a path must lie within."""
        return limits(self._number(path).field)

    def whole(self, path: str) -> bool:
        """Tell whether the parameter is a whole number."""
        return int in _types(self._number(path).field.annotation)

    def field(self, path: str) -> FieldInfo | None:
        """Return the field that declares what is at a path; None where there is none, or several by name."""
        try:
            return self._found(path)[0]
        except ScenarioError:
            return None

    def unit(self, path: str) -> str:
        """Return the unit of a parameter, as its field states it; empty where it has none, or there is no such one."""
        field = self.field(path)
        unit = "" if field is None else str(details(field).get("unit") or "")
        return "" if unit in ("-", "rule") else unit

    def _number(self, path: str) -> Number:
        field, value = self._found(path)
        if field is None or not _types(field.annotation) & {int, float}:
            raise ScenarioError(f"design.factors.{path}: is not a number; use a design of listed values (grid, list)")
        return Number(path, value, field)

    def _found(self, path: str) -> tuple[FieldInfo | None, Any]:
        """Return the field that declares what is at a path (None for a rule among several by name), and its value."""
        field: FieldInfo | None = None
        place: Any = self.scenario
        keys = path.split(".")
        for depth, key in enumerate(keys):
            if isinstance(place, Settings):
                names = type(place).model_fields
                field = names.get(key)
                known, place = field is not None, getattr(place, key, None)
            elif isinstance(place, Mapping):
                names, entry = dict(place), _entry(field)
                known, field, place = entry is not None or key in place, entry, place.get(key)
            else:
                group = ".".join(keys[:depth])
                raise ScenarioError(f"design.factors.{path}: '{group}' is a value, not a group of keys")
            if not known:
                raise ScenarioError(f"design.factors: unknown key '{path}'{nearest(key, [*names])}")
        return field, place


def numbers(value: Any, path: str = "") -> Iterator[Number]:
    """Yield every number that is set in a scenario or a part of it, in order; rules of kind ``none`` are left out."""
    if isinstance(value, Settings) and getattr(value, "kind", "") != "none":
        for key, field in type(value).model_fields.items():
            yield from _numbers_of(field, getattr(value, key), f"{path}{key}")


def _numbers_of(field: FieldInfo, value: Any, path: str) -> Iterator[Number]:
    if isinstance(value, Settings):
        yield from numbers(value, f"{path}.")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers_of(_entry(field) or field, item, f"{path}.{key}")
    elif isinstance(value, int | float) and not isinstance(value, bool) and _types(field.annotation) & {int, float}:
        yield Number(path, value, field)


def _entry(field: FieldInfo | None) -> FieldInfo | None:
    """Return the field of one entry of a mapping from names to numbers; None for any other mapping."""
    if field is None or field.annotation == PerTopic:
        return field
    inner = typing.get_args(field.annotation)[1:] if typing.get_origin(field.annotation) is dict else ()
    entry = FieldInfo.from_annotation(inner[0]) if inner else None
    if entry is None or not _types(entry.annotation) & {int, float}:
        return None
    entry.description, entry.json_schema_extra = field.description, field.json_schema_extra
    return entry


def _types(annotation: Any) -> set[Any]:
    """Return the types that a value may have."""
    union = typing.get_origin(annotation) in (types.UnionType, typing.Union)
    return {*typing.get_args(annotation)} if union else {annotation}


def _within(value: float, allowed: Limits) -> bool:
    low, high, low_open, high_open = allowed
    above = low is None or (value > low if low_open else value >= low)
    return above and (high is None or (value < high if high_open else value <= high))


def _told(allowed: Limits) -> str:
    """Return the limits in words."""
    parts = []
    if allowed.low is not None:
        parts.append(f"{'above' if allowed.low_open else 'at least'} {allowed.low:g}")
    if allowed.high is not None:
        parts.append(f"{'below' if allowed.high_open else 'at most'} {allowed.high:g}")
    return "must be " + " and ".join(parts)
