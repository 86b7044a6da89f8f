"""The bounds of a scenario's parameters, as their own fields declare them."""

from __future__ import annotations

import typing
from typing import Any

from pydantic.fields import FieldInfo

from creditregime.component import Settings, details, nearest
from creditregime.errors import ScenarioError
from creditregime.scenario import Scenario


class Bounds:
    """What the fields of a scenario allow, by dotted path."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def of(self, path: str, low: float | None = None, high: float | None = None) -> tuple[float, float]:
        """Return the range of a factor: what is asked for, within what the field allows.

        Raises
        ------
        ScenarioError
            If there is no number at the path, if the field has no bound where none is asked for, or if what is asked
            for lies outside.
        """
        field = self._number(path)
        least, most = _limits(field)
        for name, wanted, limit in (("low", low, least), ("high", high, most)):
            if wanted is None and limit is None:
                raise ScenarioError(f"design.factors.{path}.{name}: is needed: the parameter itself has no such bound")
        lowest, highest = least if low is None else low, most if high is None else high
        assert lowest is not None
        assert highest is not None
        if (least is not None and lowest < least) or (most is not None and highest > most):
            allowed = f"{'-∞' if least is None else f'{least:g}'} to {'∞' if most is None else f'{most:g}'}"
            raise ScenarioError(f"design.factors.{path}: {lowest:g} to {highest:g} is not allowed: within {allowed}")
        return lowest, highest

    def whole(self, path: str) -> bool:
        """Tell whether the parameter is a whole number."""
        annotation = self._number(path).annotation
        return annotation is int or int in typing.get_args(annotation)

    def unit(self, path: str) -> str:
        """Return the unit of a parameter, as its field states it; empty where it has none, or there is no such one."""
        try:
            unit = str(details(self._field(path)[0]).get("unit") or "")
        except ScenarioError:
            return ""
        return "" if unit in ("-", "rule") else unit

    def _number(self, path: str) -> FieldInfo:
        field, value = self._field(path)
        types = {field.annotation, *typing.get_args(field.annotation)}
        if isinstance(value, bool) or not types & {int, float}:
            raise ScenarioError(f"design.factors.{path}: is not a number; use a design of listed values (grid, list)")
        return field

    def _field(self, path: str) -> tuple[FieldInfo, Any]:
        *parents, last = path.split(".")
        place: Any = self.scenario
        for key in parents:
            place = place.get(key) if isinstance(place, dict) else getattr(place, key, None)
        names = type(place).model_fields if isinstance(place, Settings) else {}
        if last not in names:
            raise ScenarioError(f"design.factors: unknown key '{path}'{nearest(last, [*names])}")
        return names[last], getattr(place, last)


def _limits(field: FieldInfo) -> tuple[float | None, float | None]:
    """Return the smallest and largest value that a field states (a bound that is itself excluded counts as one)."""
    low = high = None
    for item in field.metadata:
        for name in ("ge", "gt"):
            low = getattr(item, name, None) if low is None else low
        for name in ("le", "lt"):
            high = getattr(item, name, None) if high is None else high
    return low, high
