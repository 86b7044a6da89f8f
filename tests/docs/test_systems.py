"""The data of the systems say what the schema says, their demonstrations can be run, and their page repeats both."""

from __future__ import annotations

import importlib.util
import re
import typing
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from creditregime import CreditRegime, Scenario
from creditregime.component import Rule, Settings
from creditregime.laboratory.systems import STANDINGS, Claim, Demonstration, System, measured, scenarios, systems
from creditregime.presets import groups

ROOT = Path(__file__).parents[2]
SOURCES = {"S0", "S1", "S2", "S3", "S4", "D"}
TOGGLES = sorted({path for entry in systems() for path in entry.toggles})
UNVERIFIED = [entry for entry in systems() if entry.standing == "unverified"]
SHOWN = {f"{entry.number}.{place}": shown for entry in systems() for place, shown in enumerate(entry.shown, 1)}


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_systems_table", ROOT / "experiments/systems/make_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def marked(script: ModuleType, name: str) -> str:
    """Return what stands on the page between a pair of marks."""
    text = (ROOT / "docs" / "systems.md").read_text(encoding="utf-8")
    begin, end = script.MARKS[name]
    assert text.count(begin) == text.count(end) == 1
    return text.partition(begin)[2].partition(end)[0].strip()


def codes(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def is_preset(toggle: str) -> bool:
    path, _, value = toggle.partition("=")
    return value in groups().get(path, ())


def fields(path: str) -> list[tuple[type[Settings], Any]]:
    """Return the fields that a dotted path can mean, each with its class (a rule of any kind can hold it)."""
    models: list[Any] = [Scenario]
    found: list[tuple[type[Settings], Any]] = []
    for key in path.split("."):
        if key == "*":
            models = [part for _, field in found for part in typing.get_args(field.annotation) if alternatives(part)]
            continue
        found = [(m, m.model_fields[key]) for model in models for m in alternatives(model) if key in m.model_fields]
        models = [field.annotation for _, field in found]
    return found


def alternatives(model: Any) -> list[type[Settings]]:
    if not (isinstance(model, type) and issubclass(model, Settings)):
        return []
    return [model, *model.kinds.values()] if issubclass(model, Rule) and model.is_family() else [model]


def literals(annotation: Any) -> set[str]:
    """Return the words that an annotation allows, also where it allows other things besides."""
    if typing.get_origin(annotation) is typing.Literal:
        return {str(word) for word in typing.get_args(annotation)}
    return set().union(*map(literals, typing.get_args(annotation)))


def by_default(path: str) -> list[Any]:
    """Return what a path holds in a scenario that says nothing; nothing, where the rule is off or of another kind."""
    places: list[Any] = [Scenario()]
    for key in path.split("."):
        if key == "*":
            places = [item for place in places for item in place.values()]
            continue
        held = [place if isinstance(place, Mapping) else dict(place) for place in places]
        places = [place[key] for place in held if key in place and (key == "kind" or place.get("kind") != "none")]
    return places


def is_off(toggle: str) -> bool:
    path, _, value = toggle.partition("=")
    held = [getattr(item, "kind", item) for item in by_default(path)]
    if value:
        return value not in [str(item) for item in held]
    return all(item in (None, False, 0, "none", (), {}) for item in held)


# Data


def test_there_are_47_systems_each_said_by_somebody_and_shown() -> None:
    assert [entry.number for entry in systems()] == list(range(1, 48))
    for entry in systems():
        assert entry.words.strip(), entry.number
        assert entry.named_by, entry.number
        assert set(entry.named_by) <= SOURCES, entry.number
        assert entry.standing in STANDINGS, entry.number
        assert entry.toggles, entry.number
        assert entry.shown, entry.number
        assert {shown.claim for shown in entry.shown} <= set(typing.get_args(Claim)), entry.number


@pytest.mark.parametrize("toggle", TOGGLES)
def test_toggle_exists(toggle: str) -> None:
    if is_preset(toggle):
        return
    path, _, value = toggle.partition("=")
    found = fields(path)
    assert found, path
    if not value:
        return
    known = set().union(*(literals(field.annotation) for _, field in found))
    if path.endswith(".kind"):
        known = {kind for _, field in fields(path.removesuffix(".kind")) for kind in field.annotation.kinds}
    assert value in known, f"{path}: {value} is none of {sorted(known)}"


@pytest.mark.parametrize("entry", UNVERIFIED, ids=lambda entry: str(entry.number))
def test_what_is_not_verified_is_off_by_default(entry: System) -> None:
    switches = [path for path in entry.toggles if path != "topics" and not is_preset(path)]  # topics switch nothing
    assert switches
    assert not [path for path in switches if not is_off(path)]


def test_a_switch_that_is_on_is_seen_to_be_on() -> None:
    for on in ("trade.kind", "trade", "topics", "topics.*.hazard", "topics.*.illegal", "topics.tax.hazard", "months"):
        assert not is_off(on), on
    for off in ("rating", "rating.kind", "rating.cap", "measures", "measures.*.lever=tax", "rating.kind=points"):
        assert is_off(off), off


@pytest.mark.parametrize("name", SHOWN)
def test_demonstration_can_be_run_and_its_indicator_exists(name: str) -> None:
    shown = SHOWN[name]
    pair = scenarios(shown, "small")
    assert pair["off"] != pair["on"]
    if shown.months:
        first, last = shown.months
        assert 1 <= first <= last <= pair["on"].months
    changes = {"indicators.groups_every": 1} if "@" in shown.indicator else {}
    model = CreditRegime(pair["on"].changed(changes))
    for _ in range(3):
        model.step()
    measured(model, replace(shown, months=(1, 3)))  # refuses what is no column
    dimension, _, group = shown.indicator.partition("@")[2].partition("=")
    if dimension == "topic":
        assert group in pair["on"].topics
    elif dimension:
        frame = model.series.by_group()
        assert group in set(frame.loc[frame["dimension"] == dimension, "group"])


# Page


def test_page_repeats_the_toggles(script: ModuleType) -> None:
    assert marked(script, "toggles") == script.toggle_table(systems())


def test_page_has_evidence_of_every_demonstration(script: ModuleType) -> None:
    rows = re.findall(r"(?m)^\| (\d+) \| (.*) \|$", marked(script, "evidence"))
    found = [(int(number), *cells.split(" | ")) for number, cells in rows]
    expected = [(entry, shown) for entry in systems() for shown in entry.shown]
    assert [row[0] for row in found] == [entry.number for entry, _ in expected]
    for row, (entry, shown) in zip(found, expected, strict=True):
        said = [tuple(codes(cell)) for cell in row[1:5]]
        assert said == [shown.base, shown.without, shown.with_it, (shown.indicator,)], entry.number
        assert row[-2] == shown.claim, entry.number
        check_verdict(entry, shown, row[-1])


def check_verdict(entry: System, shown: Demonstration, verdict: str) -> None:
    """A claim that the model does not bear out is not left without a word."""
    assert verdict in ("as claimed", "the other way", "no clear effect", "no effect"), entry.number
    assert verdict == "as claimed" or shown.remark.strip(), f"{entry.number}: {verdict}, and no remark says why"
