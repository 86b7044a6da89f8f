"""The section *Submodels* of the ODD+D description: a part for each place of the scenario, with its rules."""

from __future__ import annotations

import re

from described import Place, by_page, default_kind, groups_in, kinds, nested, prose, table, where
from odd_tables import PARTS, parameters
from pydantic.fields import FieldInfo

from creditregime import Scenario
from creditregime.component import Rule, Settings, details

ENOUGH = 4
"""Rows that a table for several rules must save."""

MODEL = PARTS.parent / "model.md"

Fields = dict[str, FieldInfo]
Shared = dict[tuple[str, ...], Fields]
"""Parameters that several rules have in common, by the labels of these rules."""


def submodels() -> str:
    """Return one section a key at the top of the scenario, with the marks of the texts of docs/odd_parts/submodels."""
    known = {path.stem for path in (PARTS / "submodels").glob("*.md")}
    if stale := sorted(known - set(by_page()) - set(_lone())):
        raise ValueError(f"docs/odd_parts/submodels tells of what is not there: {', '.join(stale)}")
    return "\n\n".join([*(_submodel(name, found) for name, found in by_page().items()), *map(_group, _lone())])


def _submodel(name: str, found: list[Place]) -> str:
    """Return the section of one key: what it decides, equations, and every rule with its parameters."""
    field = Scenario.model_fields[name]
    rules = {label: rule for place in found for label, rule in _labelled(place, len(found)).items()}
    first = found[0]
    parts = [_head(name, field), f"Key {where(first.path)}. {prose(first.model)}".strip(), _part(name)]
    if not issubclass(first.model, Rule):
        keys = {key: f for key, f in first.model.model_fields.items() if not _is_place(f, found)}
        parts.append(f"Parameters of {where(first.path)}:\n\n{parameters(keys)}" if keys else "")
        parts.append(_by_default(field))
    shared = _shared(rules)
    parts += [_rule(name, label, rule, shared, _is_default(found, label)) for label, rule in rules.items()]
    parts += [_common(labels, fields, len(rules)) for labels, fields in shared.items()]
    parts += [_nested(key, inner) for key, inner in nested([first.model, *rules.values()])]
    parts.append(_more(field))
    return "\n\n".join(part for part in parts if part)


def _more(field: FieldInfo) -> str:
    """Return a link to the stage of a place in the model as built, where reasons and limits stand."""
    stage = re.match(r"stage (\d+)", field.description or "")
    found = re.search(rf"(?m)^### ({stage[1]}\. .+)$", MODEL.read_text(encoding="utf-8")) if stage else None
    slug = re.sub(r"[^\w -]", "", found[1].lower()).replace(" ", "-") if found else ""
    return f"Reasons and limits: [{found[1]}](model.md#{slug}) in the model as built." if found else ""


def _head(name: str, field: FieldInfo) -> str:
    title, about = name.replace("_", " ").capitalize(), str(field.description)
    return f"(odd-{name.replace('_', '-')})=\n#### {title}" + ("" if about == title.lower() else f" ({about})")


def _by_default(field: FieldInfo) -> str:
    """Return what a key that holds several groups of parameters, by name, holds when a scenario is silent."""
    held = field.get_default(call_default_factory=True)
    if not isinstance(held, dict) or not held:
        return ""
    stated = {name: group.model_dump(exclude_defaults=True) for name, group in held.items()}
    keys = list(dict.fromkeys(key for values in stated.values() for key in values))
    rows = [(f"`{name}`", *(str(getattr(group, key)) for key in keys)) for name, group in held.items()]
    head = ("Name", *(f"`{key}`" for key in keys))
    return f"By default there are {len(held)}, which depart from these values in\n\n{table(head, rows)}"


def _part(name: str) -> str:
    path = PARTS / "submodels" / f"{name}.md"
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _rules(place: Place) -> dict[str, type[Rule]]:
    return kinds(place.model) if issubclass(place.model, Rule) else {}


def _labelled(place: Place, siblings: int) -> dict[str, type[Rule]]:
    """Return the rules of a place by kind; with the place's own name before it where a section has several places."""
    start = place.path.split(".")[-1] + "." if siblings > 1 else ""
    return {f"{start}{kind}": rule for kind, rule in _rules(place).items()}


def _is_place(field: FieldInfo, found: list[Place]) -> bool:
    return any(field.annotation is place.model for place in found)


def _is_default(found: list[Place], label: str) -> bool:
    start, _, kind = label.rpartition(".")
    place = next(place for place in found if place.path.endswith(start) and _rules(place))
    return default_kind(place.path) == kind


def _own(rule: type[Rule]) -> Fields:
    return {name: field for name, field in rule.model_fields.items() if name != "kind"}


def _same(field: FieldInfo) -> tuple[str, ...]:
    """Return what two fields must have in common to be one row."""
    return (parameters({"": field}),)


def _shared(rules: dict[str, type[Rule]]) -> Shared:
    """Return the parameters that all rules of a section, or several of them, have in common, by their rules."""
    holders: dict[tuple[str, ...], list[str]] = {}
    for label, rule in rules.items():
        for name, field in _own(rule).items():
            holders.setdefault((name, *_same(field)), []).append(label)
    result: Shared = {}
    for (name, *_), labels in holders.items():
        result.setdefault(tuple(labels), {})[name] = _own(rules[labels[0]])[name]
    return {
        labels: fields
        for labels, fields in result.items()
        if len(labels) == len(rules) > 1 or len(fields) * (len(labels) - 1) >= ENOUGH
    }


def _rule(name: str, label: str, rule: type[Rule], shared: Shared, default: bool) -> str:
    elsewhere = {key for labels, fields in shared.items() if label in labels for key in fields}
    own = {key: field for key, field in _own(rule).items() if key not in elsewhere}
    start, _, kind = label.rpartition(".")
    place, mark = f"{name}.{start}" if start else name, " (default)" if default else ""
    more = f"{'Further parameters' if own else 'Parameters'}: shared, below." if elsewhere else ""
    text = [f"**`{place}: {kind}`**{mark}. {prose(rule)}", parameters(own) if own else "", more]
    return "\n\n".join(filter(None, text)) if own else f"{text[0]} {more or 'No parameters.'}"


def _common(labels: tuple[str, ...], fields: Fields, rules: int) -> str:
    whose = "all these rules" if len(labels) == rules else ", ".join(f"`{label}`" for label in labels)
    return f"Shared by {whose}:\n\n{parameters(fields)}"


def _nested(key: str, inner: type[Settings]) -> str:
    return f"**`{key}`**. {prose(inner)}\n\n{parameters(dict(inner.model_fields))}"


def _lone() -> list[str]:
    """Return the scenario's own keys that hold groups of parameters and are no place of a rule."""
    fields = {name: field for name, field in Scenario.model_fields.items() if "unit" in details(field)}
    return [name for name, field in fields.items() if any(groups_in(field.annotation))]


def _group(name: str) -> str:
    field = Scenario.model_fields[name]
    groups = [f"{prose(inner)}\n\n{parameters(dict(inner.model_fields))}" for inner in groups_in(field.annotation)]
    return "\n\n".join(part for part in (_head(name, field), _part(name), *groups) if part)
