"""How a statement is declared that the model must reproduce, and the reduction in which it holds."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple, TypeVar

from creditregime.component import nearest
from creditregime.composition import load
from creditregime.errors import ScenarioError
from creditregime.scenario import Scenario
from creditregime.validation.findings import Finding

Section = Literal["enforcement", "registry", "contagion", "population", "laboratory", "patterns"]
SECTIONS: dict[Section, str] = {
    "enforcement": "Enforcement",
    "registry": "Registry and lists",
    "contagion": "Contagion",
    "population": "Population",
    "laboratory": "Laboratory",
    "patterns": "Patterns",
}
"""Sections in the order of the page."""
MODULES = (
    "enforcement",
    "tiers",
    "peers",
    "registry",
    "contagion",
    "cascades",
    "systemic",
    "population",
    "laboratory",
    "recovery",
    "patterns",
    "patterns_scores",
    "patterns_credit",
    "patterns_network",
)
"""Modules of this package that declare oracles, in the order of the page."""

T = TypeVar("T", int, float)


class Size(NamedTuple):
    """How much is simulated: everything, or little enough for a quick look."""

    full: bool = True

    def of(self, full: T, small: T) -> T:
        """Return one of two numbers."""
        return full if self.full else small


Check = Callable[[Size], Iterable[Finding]]


@dataclass(frozen=True)
class Oracle:
    """A statement, who made it, in which reduction of the model it must hold, and what checks that.

    Attributes
    ----------
    name
        Of the oracle; ``creditregime validate NAME``.
    section
        Where it belongs.
    statement
        What must hold, with the formula.
    source
        Who showed it.
    reductions
        Presets of the group `validation` in which it holds: ``creditregime run validation=NAME``.
    check
        Yields the findings.
    known
        Why the model does not meet it, where that is so; empty where it must.
    """

    name: str
    section: Section
    statement: str
    source: str
    reductions: tuple[str, ...]
    check: Check
    known: str = ""

    def findings(self, size: Size) -> list[Finding]:
        """Return all comparisons."""
        return list(self.check(size))


_declared: dict[str, Oracle] = {}


def oracle(
    section: Section, *, source: str, reductions: tuple[str, ...] = (), known: str = ""
) -> Callable[[Check], Check]:
    """Declare a check; its name is the oracle's, its docstring the statement."""

    def declare(check: Check) -> Check:
        name = check.__name__  # type: ignore[attr-defined]
        statement = " ".join(inspect.cleandoc(check.__doc__ or "").split())
        if not statement:
            raise TypeError(f"{name}: the docstring must state what holds")
        _declared[name] = Oracle(name, section, statement, source, reductions, check, known)
        return check

    return declare


def oracles() -> dict[str, Oracle]:
    """Return every oracle by name, in the order of the page."""
    for module in MODULES:
        importlib.import_module(f"creditregime.validation.{module}")
    order = list(SECTIONS)
    return dict(sorted(_declared.items(), key=lambda item: order.index(item[1].section)))


def find(name: str) -> Oracle:
    """Return one oracle."""
    known = oracles()
    if name not in known:
        raise ScenarioError(f"oracle: unknown name '{name}'{nearest(name, [*known])}; allowed: {', '.join(known)}")
    return known[name]


def reduction(name: str, **changes: Any) -> Scenario:
    """Return a preset of the group `validation`, with dotted paths (``__`` for ``.`` in keywords) replaced."""
    return _preset(name).changed({path.replace("__", "."): value for path, value in changes.items()})


@cache
def _preset(name: str) -> Scenario:
    return load(validation=name)
