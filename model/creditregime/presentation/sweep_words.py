"""How the factors of a sweep and their levels are called in figures and tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any, NamedTuple, Self

from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.bounds import Bounds
from creditregime.laboratory.sweeps.cells import Against, factors_of, require
from creditregime.laboratory.sweeps.designs import Factorial
from creditregime.presentation import style
from creditregime.presentation.claims import brief
from creditregime.presentation.effects_figure import unit_of

Labels = Mapping[str, str]
Levels = Mapping[str, Mapping[Any, str]]

_TRIED = 20
"""Points whose scenarios are searched for a parameter that only some kinds of a rule have."""


class Words:
    """The names of a sweep's factors and levels.

    Parameters
    ----------
    result
        The sweep.
    labels
        Texts instead of the names that follow from the dotted paths, by factor; such a text states its own unit.
    levels
        Texts instead of values, by factor and value.

    Raises
    ------
    ScenarioError
        If a text is for a factor that there is not.
    """

    def __init__(self, result: Sweep, labels: Labels | None = None, levels: Levels | None = None) -> None:
        self._result, self._labels = result, dict(labels or {})
        self._levels = {name: {_stored(key): text for key, text in of.items()} for name, of in (levels or {}).items()}
        for place, given in (("labels", self._labels), ("levels", self._levels)):
            for name in given:
                require(name, factors_of(result), place, "factor")
        self._toggles = isinstance(result.study.design, Factorial)

    def factor(self, name: str) -> str:
        """Return a factor's name: the last two keys of its path."""
        return self._labels.get(name) or style.readable(" ".join(name.split(".")[-2:]))

    def axis(self, name: str) -> str:
        """Return a factor's name with its unit, a capital first."""
        unit = "" if name in self._labels or self._toggles else self._unit(name)
        text = self.factor(name)
        return text[:1].upper() + text[1:] + (f" ({unit})" if unit else "")

    def level(self, name: str, value: Any) -> str:
        """Return the value of a factor as text."""
        if value in self._levels.get(name, {}):
            return self._levels[name][value]
        if self._toggles:
            return "on" if value else "off"
        if isinstance(value, Real):
            return f"{value:.6g}".replace("-", "−")
        if value.startswith(("{", "[")):
            return brief(json.loads(value))
        return style.readable(value)

    def point(self, number: int, factors: Iterable[str] | None = None) -> str:
        """Return a point by (some of) its factors and their levels."""
        row = self._result.points.set_index("point").loc[number]
        names = factors_of(self._result) if factors is None else factors
        return ", ".join(f"{self.factor(name)} {self.level(name, row[name])}" for name in names)

    def reference(self, against: Against) -> str:
        """Return what is compared with, in words."""
        if isinstance(against, Mapping):
            return ", ".join(f"{self.factor(name)} {self.level(name, _stored(v))}" for name, v in against.items())
        return self.point(int(against))

    def _unit(self, name: str) -> str:
        for point in range(min(_TRIED, len(self._result.points))):
            if unit := Bounds(self._result.scenario(point)).unit(name):
                return unit
        return ""


def outcome_unit(name: str, *, difference: bool = False) -> str:
    """Return the unit of an outcome, or of a difference between two values of it."""
    unit = BY_NAME[name].unit
    return unit_of({"unit": unit}) if difference else unit


class Seeds(NamedTuple):
    """Over how many seeds means are taken: in words, and whether there are intervals, for which it takes two."""

    words: str
    intervals: bool

    @classmethod
    def of(cls, counts: Iterable[int], what: str = "seed") -> Self:
        """Return what numbers of seeds amount to; what a lack of seeds means is said as well."""
        found = sorted({int(count) for count in counts if count > 0})
        if not found:
            return cls("no finished run", False)
        if found == [1]:
            return cls(f"one {what}, so that no interval can be given", False)
        return cls(f"{found[0]} {what}s" if len(found) == 1 else f"{found[0]} to {found[-1]} {what}s", True)


def _stored(value: Any) -> Any:
    """Return a value as the table of points has it: numbers as numbers, all else as text."""
    return value if isinstance(value, int | float | str) else json.dumps(value)
