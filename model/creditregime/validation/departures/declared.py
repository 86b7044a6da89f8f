"""How a departure is declared: which statement breaks, what breaks it, in which direction, and why."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from creditregime.component import nearest
from creditregime.errors import ScenarioError
from creditregime.scenario import Scenario
from creditregime.validation.oracles import Size

MODULES = ("enforcement", "registry", "contagion", "economy")
"""Modules of this package that declare departures, in the order of the page."""

Claim = Literal["more", "less"]


class Case(NamedTuple):
    """A statement at given parameter values.

    Attributes
    ----------
    spec
        The reduction in which it holds.
    expected
        What the closed form gives there.
    measure
        Returns what a scenario gives instead, for the scenario's seed.
    floor
        What a finite economy may miss the closed form by, besides sampling.
    """

    spec: Scenario
    expected: float
    measure: Callable[[Scenario], float]
    floor: float = 0.0


@dataclass(frozen=True)
class Departure:
    """A statement that the full model violates.

    Attributes
    ----------
    name
        Of the departure.
    breaks
        The statement, with its formula.
    switch
        What is switched on: dotted paths and values that change the reduction.
    claim
        Whether there is more or less of what is measured than the closed form says.
    why
        The mechanism.
    case
        Returns the reduction, the closed form's value and how it is measured.
    """

    name: str
    breaks: str
    switch: dict[str, Any]
    claim: Claim
    why: str
    case: Callable[[Size], Case]


_declared: dict[str, Departure] = {}

Build = Callable[[Size], Case]


def departure(breaks: str, claim: Claim, **switch: Any) -> Callable[[Build], Build]:
    """Declare a departure: the function gives its name, the docstring says why; ``__`` stands for ``.`` in paths."""

    def declare(build: Build) -> Build:
        name = build.__name__  # type: ignore[attr-defined]
        why = " ".join(inspect.cleandoc(build.__doc__ or "").split())
        if not why or not switch:
            raise TypeError(f"{name}: a departure needs a docstring that says why, and something to switch on")
        paths = {path.replace("__", "."): value for path, value in switch.items()}
        _declared[name] = Departure(name, breaks, paths, claim, why, build)
        return build

    return declare


def declared() -> dict[str, Departure]:
    """Return every departure by name, in the order of the page."""
    for module in MODULES:
        importlib.import_module(f"creditregime.validation.departures.{module}")
    return dict(_declared)


def find(name: str) -> Departure:
    """Return one departure."""
    known = declared()
    if name not in known:
        raise ScenarioError(f"departure: unknown name '{name}'{nearest(name, [*known])}; allowed: {', '.join(known)}")
    return known[name]
