"""What the components say of themselves, as text: shared by the reference pages and the ODD+D description."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, NamedTuple

import yaml
from pydantic.fields import FieldInfo

from creditregime import Scenario, run
from creditregime.component import PerTopic, Rule, Settings, details, limits

STANDINGS = {
    "real": "real as described",
    "partly": "partly real",
    "unverified": "unverified or press framing",
    "assumption": "assumption",
}


class Place(NamedTuple):
    """A key of the scenario, and the class that fills it."""

    path: str
    model: type[Settings]
    description: str


# What there is


def places(model: type[Settings] = Scenario, prefix: str = "") -> Iterator[Place]:
    """Yield the keys of a scenario that hold a rule or a group of parameters, in their order."""
    for name, field in model.model_fields.items():
        inner, star = _settings_in(field.annotation)
        if inner is not None:
            path = f"{prefix}{name}{star}"
            yield Place(path, inner, field.description or "")
            if not issubclass(inner, Rule):
                yield from places(inner, f"{path}.")


def kinds(family: type[Rule]) -> dict[str, type[Rule]]:
    """Return the rules of a family that ship with the package, ``none`` first."""
    own = {kind: rule for kind, rule in family.kinds.items() if rule.__module__.startswith("creditregime.")}
    return dict(sorted(own.items(), key=lambda item: item[0] != "none"))


def by_page() -> dict[str, list[Place]]:
    """Return the places by page: one page a key at the top of the scenario; rewards share the measures' page."""
    result: dict[str, list[Place]] = {}
    for place in places():
        if not place.path.startswith("rewards"):
            result.setdefault(place.path.split(".")[0], []).append(place)
    return result


def default_kind(path: str) -> str:
    """Return the kind that fills a place when a scenario is silent."""
    value: Any = Scenario()
    for key in path.split("."):
        value = getattr(value, key)
    return str(value.kind)


def where(path: str) -> str:
    """Return how a place is addressed in a scenario."""
    return "`measures.NAME` and `rewards.NAME`" if path == "measures.*" else f"`{path.replace('*', 'NAME')}`"


def nested(models: list[type[Settings]]) -> Iterator[tuple[str, type[Settings]]]:
    """Yield the groups of parameters that fields of some classes hold and that are no places of the scenario."""
    known = {place.model for place in places()}
    for model in models:
        for name, field in model.model_fields.items():
            for inner in groups_in(field.annotation):
                if inner not in known:
                    known.add(inner)
                    yield name, inner


def groups_in(annotation: Any) -> Iterator[type[Settings]]:
    """Yield the groups of parameters that an annotation names."""
    if inspect.isclass(annotation) and issubclass(annotation, Settings):
        yield annotation
    for part in typing.get_args(annotation):
        yield from groups_in(part)


def _settings_in(annotation: Any) -> tuple[type[Settings] | None, str]:
    if inspect.isclass(annotation) and issubclass(annotation, Settings):
        return annotation, ""
    if typing.get_origin(annotation) is dict:
        inner, _ = _settings_in(typing.get_args(annotation)[1])
        return inner, ".*"
    return None, ""


@cache
def small_run() -> dict[str, list[str]]:
    """Return the columns of every table that a run gives."""
    result = run("regime=joint_2016", "population.firms=100", months=12)
    return {name: [str(column) for column in table.columns] for name, table in result.tables().items()}


# What is said of a parameter


def unit(field: FieldInfo) -> str:
    """Return the unit of a parameter, empty where it has none."""
    known = str(details(field).get("unit", "-"))
    return "" if known in ("-", "rule") else known


def value(field: FieldInfo) -> str:
    """Return the default of a parameter."""
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if isinstance(default, Settings):
        return f"`{default.kind}`" if isinstance(default, Rule) else "its own defaults"
    if isinstance(default, dict) and any(isinstance(item, Settings) for item in default.values()):
        return ", ".join(f"`{key}`" for key in default)
    if default is None:
        return "none given"
    if isinstance(default, str):
        return f"`{default}`" if default else "empty"
    plain = yaml.safe_dump(default, default_flow_style=True, sort_keys=False, width=1000).removesuffix("...\n").strip()
    return f"`{plain}`"


def allowed(field: FieldInfo) -> str:
    """Return the options or bounds of a parameter, empty where there are none."""
    options = _literals(field.annotation)
    if options:
        several = "any of " if typing.get_origin(field.annotation) is tuple else ""
        return several + ", ".join(f"`{option}`" for option in options)
    low, high, low_open, high_open = limits(field)
    if field.annotation == PerTopic:
        return ("≥ 0" if high is None else f"from 0 to {high:g}") + ", one number or one by topic"
    signs = ((low, ">" if low_open else "≥"), (high, "<" if high_open else "≤"))
    return " and ".join(f"{sign} {_number(bound)}" for bound, sign in signs if bound is not None)


def _number(bound: float) -> str:
    return f"{int(bound):,}" if abs(bound) >= 10_000 else f"{bound:g}"


def is_figure(field: FieldInfo) -> bool:
    """Tell whether a parameter is a number with a default."""
    annotation = field.annotation
    members = {annotation, *typing.get_args(annotation)}
    return bool(members & {int, float}) and not field.is_required()


def source(field: FieldInfo) -> str:
    """Return where the default comes from, empty where nothing is said."""
    known = details(field).get("source")
    return str(known) if known and known != "assumption" else ""


def standing(field: FieldInfo) -> str:
    """Return how sure it is that the real system works like this, empty for a plain assumption."""
    known = details(field).get("standing")
    return STANDINGS[known] if known and known != "assumption" else ""


def _literals(annotation: Any) -> tuple[Any, ...]:
    if typing.get_origin(annotation) is Literal:
        return typing.get_args(annotation)
    if typing.get_origin(annotation) in (types.UnionType, typing.Union, tuple):
        return tuple(option for part in typing.get_args(annotation) for option in _literals(part))
    return ()


# Text


def prose(model: Any) -> str:
    """Return the docstring of a class as Markdown."""
    text = inspect.cleandoc(model.__doc__ or "")
    text = re.split(r"\n(?:Examples|Parameters|Notes)\n-+\n", text)[0].strip()
    text = re.sub(r"^Family of [^.:]*\.$", "", text)
    return code(text)


def code(text: str) -> str:
    """Return a docstring's text with its literals, and options of the command line, as Markdown."""
    return re.sub(r"(?<![`\w])--\w+", r"`\g<0>`", re.sub(r"``([^`]+)``", r"`\1`", text))


def first_line(thing: Any) -> str:
    """Return the first line of a docstring."""
    return inspect.cleandoc(thing.__doc__ or "").partition("\n")[0]


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
