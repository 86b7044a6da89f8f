"""The parts of a regime that can be switched in each world, and the sections in which their parameters stand."""

from __future__ import annotations

from typing import Any

from creditregime.classroom.controls import STANDINGS, Row, at, explained, parameter_row, plain_of
from creditregime.component import Rule
from creditregime.errors import ScenarioError
from creditregime.firms.asking import PerFirm
from creditregime.firms.strategies import strategies
from creditregime.laboratory.systems import systems_at
from creditregime.presentation.style import readable
from creditregime.regime.spillover import Spillover
from creditregime.scenario import NAMED, Scenario

PARTS = (
    "inspection",
    "monitoring",
    "inquiry",
    "reporting",
    "fines",
    "registry",
    "objections",
    "protection",
    "accountability",
    "overseas",
    "rating",
    "lists",
    "repair",
    "measures",
    "rewards",
    "joint_punishment",
    "spillover.partner",
    "spillover.contractor",
    "spillover.group",
    "spillover.person",
    "spillover.staff",
    "pilots",
    "diffusion",
)
"""Places of a scenario that a regime fills, each of which can be empty: rules, and collections of named things."""

RULES = ("behaviour", "learning", "trade", "finance", "partners", "relocation", "exit", "entry")
"""Places that any economy fills: how firms decide, and the market."""

PROMOTED = (
    "behaviour.strategy",
    "learning.transparency",
    "joint_punishment.proportionality",
    "registry.sharing",
    "repair.anticipated",
)
"""Parameters that stand among the parts because an account of the system names them as parts of it."""

FIRMS = ("population", "behaviour", "learning", "violations")
MARKET = ("trade", "finance", "partners", "relocation", "exit", "entry")


def part_rows(one: Scenario, other: Scenario) -> list[Row]:
    """Return a row for each part, and for the parameters that stand among them."""
    rows = [_part_row(path, one, other) for path in (*PARTS, *RULES)]
    return rows + [parameter_row(path, one, other) for path in PROMOTED if _anywhere(path, one, other)]


def sections(one: Scenario, other: Scenario) -> list[tuple[str, str]]:
    """Return path and title of each section that holds parameters in at least one world."""
    found = []
    for path in (*FIRMS, "topics", *PARTS, "scale", *MARKET):
        if path in NAMED:
            found += [(f"{path}.{key}", f"{readable(path)}: {readable(key)}") for key in _names(path, one, other)]
        elif any(_is_on(path, scenario) for scenario in (one, other)):
            found.append((path, title(path)))
    return found


def title(path: str) -> str:
    """Return what a part is called."""
    channel = path.removeprefix("spillover.")
    return f"spillover by {channel}" if channel != path else readable(path)


def kind_of(path: str, scenario: Scenario) -> str:
    """Return which rule fills a part: its kind, or for a collection ``on`` or ``none``."""
    thing = at(scenario, path)
    return str(thing.kind) if isinstance(thing, Rule) else "on" if thing else "none"


def switched(path: str, kind: Any, base: Scenario) -> tuple[str, Any]:
    """Return path and value that fill a part with a rule of some kind.

    Parameters
    ----------
    path
        The part.
    kind
        A kind, or for a collection ``on`` or ``none``.
    base
        The regime as its preset has it: what it has itself comes back as it was, other rules with their defaults.
    """
    allowed = dict(choices(path, kind_of(path, base)))
    if kind not in allowed:
        raise ScenarioError(f"{path}: {str(kind)[:40]!r} is not allowed; allowed: {', '.join(allowed)}")
    if path in NAMED:
        if kind == "on" and not at(base, path):
            raise ScenarioError(f"{path}: this regime has no {readable(path)} of its own; choose a regime that has")
        return path, plain_of(at(base, path)) if kind == "on" else {}
    if kind_of(path, base) == kind:
        return path, plain_of(at(base, path))
    if _family(path).kinds.get(kind) is PerFirm:
        return path, {"kind": kind, "strategy": next(iter(strategies()))}
    return f"{path}.kind", kind


def choices(path: str, *present: str) -> list[tuple[str, str]]:
    """Return what a part can be: each kind with a few words; of rules that must be told more, those present alone."""
    if path in NAMED:
        return [("none", "off"), ("on", "on")]
    family = _family(path)
    others = sorted(k for k, rule in family.kinds.items() if k != "none" and (k in present or _stands_alone(rule)))
    off = "fixed effort" if path == "behaviour" else "off"
    return [("none", off), *((kind, readable(kind)) for kind in others)]


def _part_row(path: str, one: Scenario, other: Scenario) -> Row:
    here, there = kind_of(path, one), kind_of(path, other)
    options = choices(path, here, there)
    claims = systems_at(path)
    standing = "; ".join(f"{entry.words} ({STANDINGS.get(entry.standing, entry.standing)})" for entry in claims)
    return {
        "path": path,
        "label": title(path),
        "unit": "",
        "description": _described(path, one if here != "none" else other),
        "source": "",
        "standing": standing,
        "type": "switch" if len(options) == 2 else "choice",
        "choices": [[kind, words] for kind, words in options],
        "on": options[1][0],
        "a": here,
        "b": there,
    }


def _described(path: str, scenario: Scenario) -> str:
    thing = at(scenario, path)
    if isinstance(thing, Rule):
        return explained(thing)
    names = ", ".join(readable(name) for name in list(thing)[:6])
    more = f" and {len(thing) - 6} more" if len(thing) > 6 else ""
    return f"{len(thing)}: {names}{more}" if thing else f"no {readable(path)} in this regime"


def _family(path: str) -> type[Rule]:
    *_, name = path.split(".")
    fields = Spillover.model_fields if path.startswith("spillover.") else Scenario.model_fields
    annotation: Any = fields[name].annotation
    family: type[Rule] = annotation
    return family


def _stands_alone(rule: type[Rule]) -> bool:
    """Tell whether a rule needs nothing said but its kind (a strategy has a first one to begin with)."""
    needed = [name for name, field in rule.model_fields.items() if field.is_required()]
    return not needed or rule is PerFirm


def _is_on(path: str, scenario: Scenario) -> bool:
    return at(scenario, path) is not None and kind_of(path, scenario) != "none"


def _anywhere(path: str, one: Scenario, other: Scenario) -> bool:
    return at(one, path) is not None or at(other, path) is not None


def _names(path: str, one: Scenario, other: Scenario) -> list[str]:
    return [*dict.fromkeys([*at(one, path), *at(other, path)])]
