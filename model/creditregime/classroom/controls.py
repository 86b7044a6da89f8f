"""The controls: one row a parameter of a rule, generated from its field, with its value in both worlds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from inspect import cleandoc
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from creditregime.classroom.limits import bundled_tables
from creditregime.component import PerTopic, details, limits
from creditregime.errors import BAD_YAML, ScenarioError
from creditregime.firms.strategies import strategies
from creditregime.presentation.style import readable
from creditregime.scenario import Scenario, field_at

Row = dict[str, Any]
LONGEST_VALUE = 4000
"""Characters of a value that is typed."""
STANDINGS = {
    "real": "real, as described",
    "partly": "partly real",
    "unverified": "unverified: from the press only",
    "assumption": "assumption of the model",
}


def rows_of(path: str, one: Scenario, other: Scenario) -> list[Row]:
    """Return a row for each parameter of the rule at a path, and of the groups below it."""
    here, there = at(one, path), at(other, path)
    shape = here if _fields(here) else there
    return [row for key, field in _fields(shape).items() for row in _row(f"{path}.{key}", field, one, other)]


def _row(path: str, field: FieldInfo, one: Scenario, other: Scenario) -> Iterator[Row]:
    value = at(one, path)
    value = at(other, path) if value is None else value
    if path.endswith(".kind"):
        return
    if isinstance(value, BaseModel) or _holds_models(value):
        yield from (row for inner in _below(path, value) for row in rows_of(inner, one, other))
    else:
        yield parameter_row(path, one, other, field)


def parameter_row(path: str, one: Scenario, other: Scenario, field: FieldInfo | None = None) -> Row:
    """Return the row of one parameter: what it is, what is allowed, and its value in each world (None: has none)."""
    field = field or field_at(one, path) or field_at(other, path)
    assert field is not None, path
    known = details(field)
    unit = str(known.get("unit") or "")
    figure = bool({field.annotation, *get_args(field.annotation)} & {int, float})
    standing = known.get("standing") or ("assumption" if figure and not known.get("source") else None)
    return {
        "path": path,
        "label": readable(path.rpartition(".")[2]),
        "unit": "" if unit == "-" else unit,
        "description": field.description or "",
        "source": known.get("source") or "",
        "standing": STANDINGS.get(str(standing), ""),
        "a": shown(at(one, path)),
        "b": shown(at(other, path)),
        **_input(path, field, (at(one, path), at(other, path))),
    }


def _input(path: str, field: FieldInfo, values: tuple[Any, Any]) -> Row:
    """Return what kind of control a parameter has, and what it allows."""
    if words := _choices(path, field):
        return {"type": "choice", "choices": [[word, readable(word)] for word in words]}
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool} or field.annotation is bool:
        return {"type": "flag"}
    if kinds <= {int, float} and (field.annotation in (int, float) or field.annotation == PerTopic) and kinds:
        return {"type": "number", **_bounds(field)}
    return {"type": "text"}


def _choices(path: str, field: FieldInfo) -> tuple[str, ...]:
    if path == "behaviour.strategy":
        return tuple(strategies())
    if path == "population.input_output":
        return bundled_tables()
    words = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    return words if all(isinstance(word, str) for word in words) else ()


def _bounds(field: FieldInfo) -> Row:
    bounds = limits(field)
    whole = field.annotation is int
    return {
        "low": bounds.low,
        "high": bounds.high,
        "whole": whole,
        "allowed": _in_words(bounds.low, bounds.high, bounds.low_open, bounds.high_open),
    }


def _in_words(low: float | None, high: float | None, low_open: bool, high_open: bool) -> str:
    parts = []
    if low is not None:
        parts.append(f"{'above' if low_open else 'at least'} {low:,.12g}")
    if high is not None:
        parts.append(f"{'below' if high_open else 'at most'} {high:,.12g}")
    return ", ".join(parts)


def read_value(row: Row, value: Any) -> Any:
    """Return what a control was set to as plain data, or raise a `ScenarioError` of one line.

    Parameters
    ----------
    row
        The control's row.
    value
        What the browser sent: a flag, a number, a word, or text in YAML's short form.
    """
    path = row["path"]
    if row["type"] == "flag" and isinstance(value, bool):
        return value
    if row["type"] == "number" and isinstance(value, int | float) and not isinstance(value, bool):
        return int(value) if row["whole"] and float(value).is_integer() else value
    if row["type"] == "choice" and value in [word for word, _ in row["choices"]]:
        return value
    if row["type"] == "text" and isinstance(value, str):
        return _typed(path, value)
    raise ScenarioError(f"{path}: {str(value)[:40]!r} is not allowed here")


def _typed(path: str, text: str) -> Any:
    if len(text) > LONGEST_VALUE:
        raise ScenarioError(f"{path}: longer than {LONGEST_VALUE} characters")
    try:
        return yaml.safe_load(text)
    except BAD_YAML as error:
        raise ScenarioError(f"{path}: not a value: {' '.join(str(error).split())[:160]}") from None


def at(place: Any, path: str) -> Any:
    """Return what stands at a dotted path of a scenario; None where nothing does."""
    for key in path.split("."):
        place = place.get(key) if isinstance(place, Mapping) else getattr(place, key, None)
    return place


def shown(value: Any) -> Any:
    """Return a value as a control shows it: flags, numbers and words as they are, the rest in YAML's short form."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    plain = yaml.safe_dump(plain_of(value), default_flow_style=True, width=10**6, sort_keys=False, allow_unicode=True)
    return plain.removesuffix("\n...\n").strip()


def plain_of(value: Any) -> Any:
    """Return plain data: models, tuples and mappings as YAML holds them."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(key): plain_of(item) for key, item in value.items()}
    return [plain_of(item) for item in value] if isinstance(value, tuple | list) else value


def explained(thing: Any) -> str:
    """Return the first paragraph of a rule's docstring, on one line."""
    return " ".join(cleandoc(type(thing).__doc__ or "").split("\n\n")[0].split())


def _fields(thing: Any) -> Mapping[str, FieldInfo]:
    return type(thing).model_fields if isinstance(thing, BaseModel) else {}


def _holds_models(value: Any) -> bool:
    return isinstance(value, Mapping) and any(isinstance(item, BaseModel) for item in value.values())


def _below(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield path
    else:
        yield from (f"{path}.{key}" for key in value)
