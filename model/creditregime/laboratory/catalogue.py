"""What there is to choose from: presets, rules, strategies and parameters, as text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from inspect import cleandoc
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from creditregime.component import Rule, details, nearest
from creditregime.errors import ScenarioError
from creditregime.firms.strategies import strategies
from creditregime.laboratory.systems import systems_at
from creditregime.paths import config_root
from creditregime.presets import groups
from creditregime.scenario import Scenario

WIDTH = 96
_SIGNS = (
    ("ge", ">="),
    ("gt", ">"),
    ("le", "<="),
    ("lt", "<"),
    ("min_length", "length >="),
    ("max_length", "length <="),
)
_STANDINGS = {"real": "real", "partly": "partly real", "unverified": "unverified", "assumption": "assumption"}


def families() -> dict[str, type[Rule]]:
    """Return every place of a scenario that a rule can fill, by name; those of a study are not among them."""
    known = sorted((cls for cls in _below(Rule) if cls.is_family()), key=lambda cls: cls.family)
    return {cls.family: cls for cls in known if not cls.__module__.startswith("creditregime.laboratory.")}


def overview() -> str:
    """Return all presets, rules and strategies, one a line."""
    lines = ["Presets (group=option)"]
    for group, options in groups().items():
        lines += [_item(f"{group}={option}", _preset(group, option)) for option in options]
    lines += ["", "Rules (family.kind); see: creditregime describe FAMILY.KIND"]
    for name, family in families().items():
        lines += [_item(f"{name}.{kind}", _first_line(rule)) for kind, rule in sorted(family.kinds.items())]
    lines += ["", "Strategies (behaviour.kind=per_firm behaviour.strategy=NAME; or several in a tournament)"]
    lines += [_item(name, _first_line(decide)) for name, decide in strategies().items()]
    return "\n".join(lines)


def describe(name: str, scenario: Scenario) -> str:
    """Return what a rule (``rating.points``), a family (``rating``) or a key (``rating.base``) is.

    Parameters
    ----------
    name
        A family, a family and a kind, or a dotted path of the scenario.
    scenario
        Where keys are looked up.
    """
    known = families()
    if name in known:
        kinds = [_item(f"{name}.{kind}", _first_line(rule)) for kind, rule in sorted(known[name].kinds.items())]
        return "\n".join([_first_line(known[name]), *kinds, *_claims(name)])
    family, _, kind = name.rpartition(".")
    if family in known and kind in known[family].kinds:
        return "\n".join([_model(known[family].kinds[kind], f"{name}"), *_claims(family)])
    return "\n".join([_key(name, scenario), *_claims(name)])


def _claims(path: str) -> list[str]:
    """Return which systems of public accounts a key switches, and how sure their sources are."""
    found = [f"{entry.number}: {entry.words} ({entry.standing})" for entry in systems_at(path)]
    lines = [line for text in found for line in _wrapped(text, "    ", "        ")]
    return ["", "Systems that public accounts describe (creditregime systems NUMBER):", *lines] if lines else []


def _key(name: str, scenario: Scenario) -> str:
    place: Any = scenario
    field: FieldInfo | None = None
    walked: list[str] = []
    for key in name.split("."):
        names = _names(place)
        if key not in names:
            where = ".".join(walked)
            if where in families():
                names = [*names, *families()[where].kinds]
            allowed = ", ".join(names) or "nothing, it is a value"
            raise ScenarioError(f"{name}: unknown key or kind '{key}'{nearest(key, names)}; allowed: {allowed}")
        if isinstance(place, BaseModel):
            field, place = type(place).model_fields[key], getattr(place, key)
        else:
            place = place[key]
        walked.append(key)
    if isinstance(place, BaseModel):
        return _model(type(place), name)
    assert field is not None  # the scenario itself has no name
    return "\n".join(_parameter(name, field))


def _names(place: Any) -> list[str]:
    if isinstance(place, BaseModel):
        return list(type(place).model_fields)
    return [str(key) for key in place] if isinstance(place, Mapping) else []


def _model(cls: type[BaseModel], title: str) -> str:
    lines = [title, "", *cleandoc(cls.__doc__ or "").splitlines()]
    for key, field in cls.model_fields.items():
        if key != "kind":
            lines += ["", *_parameter(key, field)]
    return "\n".join(lines)


def _parameter(name: str, field: FieldInfo) -> list[str]:
    known = details(field)
    facts = [("unit", known.get("unit")), ("default", _default(field)), ("allowed", _allowed(field))]
    facts += [("source", known.get("source")), ("standing", _standing(known, field))]
    lines = [name, *_wrapped(field.description or "", "    ")]
    for label, value in facts:
        if value not in (None, "", "-"):
            lines += _wrapped(f"{label + ':':<9} {value}", "    ", "              ")
    return lines


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined:
        return "none: must be given"
    if isinstance(value, Rule):
        return f"kind {value.kind}"
    text = repr(value)
    return text if len(text) < 60 else "see creditregime show"


def _allowed(field: FieldInfo) -> str:
    """Return the bounds, or the words, that a field accepts."""
    bounds = [
        f"{sign} {getattr(item, attribute):g}"
        for item in field.metadata
        for attribute, sign in _SIGNS
        if getattr(item, attribute, None) is not None
    ]
    return " and ".join(bounds) or ", ".join(str(word) for word in _words(field.annotation))


def _words(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif annotation is bool:
        yield from ("true", "false")
    else:
        for part in get_args(annotation):
            yield from _words(part)


def _standing(known: Mapping[str, Any], field: FieldInfo) -> str:
    """Return how sure the source is; a figure without a source is an assumption."""
    if stated := known.get("standing"):
        return _STANDINGS[stated]
    figure = bool({field.annotation, *get_args(field.annotation)} & {int, float})
    return "assumption" if figure and not known.get("source") else ""


def _preset(group: str, option: str) -> str:
    """Return a preset's title and source, or what the comment at its top says."""
    text = (config_root() / group / f"{option}.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text) or {}
    if content.get("title"):
        return ". ".join(str(content[key]) for key in ("title", "source") if content.get(key))
    comment = [line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#")]
    return re.split(r"(?<!\bal)\. ", " ".join(line for line in comment if not line.startswith("@")))[0]


def _below(cls: type[Rule]) -> Iterator[type[Rule]]:
    for child in cls.__subclasses__():
        yield child
        yield from _below(child)


def _first_line(thing: Any) -> str:
    return cleandoc(thing.__doc__ or "").partition("\n")[0]


def _item(name: str, text: str) -> str:
    return "\n".join(_wrapped(f"{name:<34}  {text}", "  ", " " * 38))


def _wrapped(text: str, indent: str, hanging: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        drop_whitespace=True,
    )
