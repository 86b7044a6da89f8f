"""What a page says of its settings: names, levels, what each changes, what that is, and how sure its source is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from inspect import getdoc
from typing import Any

from creditregime.component import Rule, details
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.bounds import Bounds
from creditregime.laboratory.sweeps.cells import factors_of, levels_of
from creditregime.laboratory.sweeps.designs import Changes, Factorial
from creditregime.laboratory.systems import systems_at
from creditregime.presentation.claims import STANDINGS, brief
from creditregime.presentation.replay.chosen import Chosen
from creditregime.presentation.sweep_words import Labels, Words
from creditregime.presets import groups


def settings(result: Sweep, chosen: Chosen, labels: Labels) -> list[dict[str, Any]]:
    """Return one entry a factor that differs between points: its selector, and what there is to know of it."""
    words, points = Words(result, labels), result.points[result.points["point"].isin(chosen.points)]
    found = []
    for name in factors_of(result):
        levels = levels_of(points[name])
        if len(levels) > 1:
            texts = [words.level(name, level) for level in levels]
            found.append(
                {"key": name, "label": words.axis(name), "levels": texts, **_known(result, chosen, name, texts)}
            )
    return found


def positions(result: Sweep, chosen: Chosen) -> list[list[int]]:
    """Return the levels of each point, as positions among those of `settings`."""
    points = result.points.set_index("point").loc[chosen.points]
    levels = {name: levels_of(points[name]) for name in factors_of(result)}
    rows = zip(*(points[name] for name in levels), strict=True)
    return [
        [known.index(value) for value, known in zip(row, levels.values(), strict=True) if len(known) > 1]
        for row in rows
    ]


def _known(result: Sweep, chosen: Chosen, name: str, texts: list[str]) -> dict[str, Any]:
    """Return what is known of a factor: each key that it sets, by what, and the systems that the key switches."""
    changes = _changes(result, name)
    paths = [*dict.fromkeys(path for _, change in changes for path in change)]
    systems = {entry.number: entry for path in paths for entry in systems_at(path)}
    return {
        "keys": [_key(chosen, path, changes) for path in paths],
        "systems": [
            {"number": number, "words": entry.words, "standing": STANDINGS[entry.standing]}
            for number, entry in sorted(systems.items())
        ],
    }


def _changes(result: Sweep, name: str) -> list[tuple[str, Changes]]:
    """Return what each level of a factor changes, by the level in words; a parameter's own values say it themselves."""
    design = result.study.design
    if isinstance(design, Factorial):
        return [("off", design.toggles[name].off), ("on", design.toggles[name].on)]
    levels = getattr(design, "factors", {}).get(name)
    if isinstance(levels, Mapping):
        return [(str(level), dict(change)) for level, change in levels.items() if isinstance(change, Mapping)]
    return [("", {name: None})]


def _key(chosen: Chosen, path: str, changes: list[tuple[str, Changes]]) -> dict[str, Any]:
    field = next((found for scenario in chosen.scenarios if (found := Bounds(scenario).field(path))), None)
    facts = details(field) if field is not None else {}
    unit = str(facts.get("unit") or "")
    standing = str(facts.get("standing") or "")
    return {
        "path": path,
        "values": [f"{level}: {brief(change[path])}" for level, change in changes if level and path in change],
        "description": _described(path, field),
        "unit": "" if unit in ("-", "rule") else unit,
        "standing": STANDINGS.get(standing, ""),
        "source": str(facts.get("source") or ""),
        "rules": [*_rules(chosen, path)],
    }


def _described(path: str, field: Any) -> str:
    if path in groups():
        return "preset: a whole regime, or another part of the scenario"
    return str(getattr(field, "description", "") or "")


def _rules(chosen: Chosen, path: str) -> Iterator[str]:
    """Yield the first line of each rule that stands at a path in some point."""
    seen = set()
    for scenario in chosen.scenarios:
        place: Any = scenario
        for key in path.split("."):
            place = place.get(key) if isinstance(place, Mapping) else getattr(place, key, None)
        if isinstance(place, Rule) and place.kind not in seen:
            seen.add(place.kind)
            yield f"{place.kind}: {(getdoc(type(place)) or '').partition(chr(10))[0]}"
