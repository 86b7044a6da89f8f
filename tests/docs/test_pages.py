"""The pages say what the schema says: systems, reference, presets, data dictionary, links."""

from __future__ import annotations

import importlib.util
import re
import sys
import typing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from creditregime import Scenario, load
from creditregime.component import Rule, Settings, details
from creditregime.errors import ScenarioError
from creditregime.indicators.measure import Indicators
from creditregime.laboratory.catalogue import families
from creditregime.presets import groups
from creditregime.world import Events, Firms, Records, Regulators

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(generate: ModuleType) -> dict[str, str]:
    return generate.pages()


# Systems


class System(typing.NamedTuple):
    number: int
    acts: list[str]
    reserved: list[str]
    status: str
    standing: str
    seen: list[str]


def systems() -> list[System]:
    rows = re.findall(r"(?m)^\| (\d+) \|(.*)\|$", (DOCS / "systems.md").read_text(encoding="utf-8"))
    found = []
    for number, rest in rows:
        _, toggle, status, standing, seen = (cell.strip() for cell in rest.split("|"))
        acts, _, reserved = toggle.partition("reserved: ")
        found.append(System(int(number), codes(acts), codes(reserved), status, standing, codes(seen)))
    return found


def codes(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def fields(path: str) -> list[tuple[type[Settings], Any]]:
    """Return the fields that a dotted path can mean, each with its class (a rule of any kind can hold it)."""
    models: list[Any] = [Scenario]
    found: list[tuple[type[Settings], Any]] = []
    for key in path.split("."):
        if key == "*":
            models = [typing.get_args(field.annotation)[1] for _, field in found]
            continue
        found = [(m, m.model_fields[key]) for model in models for m in alternatives(model) if key in m.model_fields]
        models = [field.annotation for _, field in found]
    return found


def alternatives(model: Any) -> list[type[Settings]]:
    if not (isinstance(model, type) and issubclass(model, Settings)):
        return []
    return [model, *model.kinds.values()] if issubclass(model, Rule) and model.is_family() else [model]


def test_there_are_47_systems_and_their_columns_agree() -> None:
    rows = systems()
    assert [row.number for row in rows] == list(range(1, 48))
    for row in rows:
        expected = {(True, False): "works", (True, True): "in part", (False, True): "reserved"}
        assert row.status == expected[bool(row.acts), bool(row.reserved)], row.number
        assert row.standing in ("real", "partly", "unverified"), row.number
        assert row.seen or row.status == "reserved", row.number


@pytest.mark.parametrize("path", sorted({path for row in systems() for path in row.acts}))
def test_toggle_exists_and_acts(path: str) -> None:
    path, _, value = path.partition("=")
    if path == "regime":
        assert value in groups()["regime"]
        return
    found = [(model, field) for model, field in fields(path) if not details(field).get("planned")]
    assert found, path
    if value and path.endswith(".kind"):
        family = next(model for model, _ in fields(path.removesuffix(".kind")) for model in [_.annotation])
        assert value in family.kinds
    elif value:
        assert any(value in typing.get_args(field.annotation) for _, field in found), path


@pytest.mark.parametrize("path", sorted({path for row in systems() for path in row.reserved}))
def test_reserved_place_exists_and_refuses(path: str) -> None:
    path, _, value = path.partition("=")
    changes: dict[str, Any] = {path: value}
    if not value:
        model, field = next((m, f) for m, f in fields(path) if details(f).get("planned"))
        default = field.default
        other = {bool: not default, int: 7, float: 0.5, str: "x", tuple: ["x"], dict: {"x": 1}, type(None): 7}
        changes[path] = other[type(default)]
    if not path.endswith("kind"):
        model = next(m for m, f in fields(path) if details(f).get("planned") or details(f).get("planned_values"))
        if issubclass(model, Rule):
            kind = next(kind for kind, rule in model.kinds.items() if path.split(".")[-1] in rule.model_fields)
            changes = {f"{path.rpartition('.')[0]}.kind": kind, **changes}
    with pytest.raises(ScenarioError, match="not available in this version") as refused:
        Scenario().changed(changes)
    assert str(refused.value).startswith(path.removesuffix(".kind"))


def test_every_reserved_place_is_named_in_the_model_page() -> None:
    text = (DOCS / "model.md").read_text(encoding="utf-8").partition("What this version refuses")[2]
    planned = {kind for family in families().values() for kind in family.planned_kinds}
    for model in [Scenario, *(rule for family in families().values() for rule in shipped(family))]:
        planned |= {name for name, field in model.model_fields.items() if details(field).get("planned")}
    assert not [name for name in sorted(planned) if name not in text]


def test_indicators_of_systems_exist(pages: dict[str, str]) -> None:
    known = set(codes(pages["data-dictionary.md"]))
    for row in systems():
        for name in row.seen:
            if name.endswith("*"):
                assert any(other.startswith(name[:-1]) for other in known), name
            else:
                assert name in known, name


# Generated pages


def shipped(family: type[Rule]) -> list[type[Rule]]:
    return [rule for rule in family.kinds.values() if rule.__module__.startswith("creditregime.")]


def test_reference_has_every_field_of_every_rule(pages: dict[str, str]) -> None:
    for name, family in families().items():
        page = pages[f"reference/{name.partition('.')[0]}.md"]
        for rule in shipped(family):
            anchor = f"({name}.{rule.model_fields['kind'].default or rule.kind})="
            assert anchor in page, anchor
            part = page.partition(anchor)[2].partition(f"({name}.")[0] + page.partition("Common to all kinds")[2]
            for key, field in rule.model_fields.items():
                if key == "kind":
                    continue
                entry = re.search(rf"(?m)^`{key}`\n: (.*\n.*)$", part)
                assert entry, f"{name}: {key} is not in the reference"
                assert bool(details(field).get("planned")) == ("place reserved" in entry[1]), f"{name}: {key}"
                unit = details(field)["unit"]
                assert unit in ("-", "rule") or unit in entry[1], f"{name}: {key}"
        for kind in family.planned_kinds:
            assert f"`{kind}`" in page, f"{name}: {kind}"


def test_reference_has_every_other_key_of_the_scenario(pages: dict[str, str]) -> None:
    index = pages["reference/index.md"]
    for name, field in Scenario.model_fields.items():
        if details(field):
            assert f"`{name}`\n" in pages["reference/scenario.md"], name
        else:
            assert f"[`{name}" in index, name
    for key in Indicators.model_fields:
        assert f"`{key}`\n" in pages["reference/indicators.md"], key


def test_presets_page_has_every_preset_with_its_source(pages: dict[str, str]) -> None:
    for group, options in groups().items():
        for option in options:
            part = pages["presets.md"].partition(f"### `{group}={option}`")[2].partition("\n### ")[0]
            assert part, f"{group}={option}"
            if group == "regime":
                assert "Source\n: " in part, option
                assert "Assumptions\n: " in part, option


def test_changed_keys_of_a_preset_rebuild_it(generate: ModuleType) -> None:
    for option in groups()["regime"]:
        scenario = load(regime=option)
        assert Scenario.parse(generate.stated(scenario)) == scenario, option


def test_dictionary_has_every_column(pages: dict[str, str]) -> None:
    text = pages["data-dictionary.md"]
    for table in (Firms, Regulators, Records, Events):
        for name, declared in table.dictionary().items():
            assert re.search(rf"(?m)^\| `{name}` \| {declared['dtype']} \|", text), name


# Links


def markdown() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]


@pytest.mark.parametrize("page", [path.relative_to(ROOT).as_posix() for path in markdown()])
def test_links_resolve(page: str, pages: dict[str, str]) -> None:
    path = ROOT / page
    text = re.sub(r"(?ms)^ *```(?!\{).*?^ *```", "", path.read_text(encoding="utf-8"))
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"\{figure\} (\S+)", text)
    for target in targets:
        if target.startswith(("https://", "mailto:", "#")):
            continue
        place = (path.parent / target.partition("#")[0]).resolve()
        generated = place.relative_to(DOCS).as_posix() in pages if place.is_relative_to(DOCS) else False
        readable = page in ("README.md", "CONTRIBUTING.md")  # read where nothing has been built
        assert place.exists() or (generated and not readable), f"{page}: {target} is not there"


def test_prose_names_only_presets_and_rules_that_exist() -> None:
    known = {f"{group}={option}" for group, options in groups().items() for option in options}
    for path in markdown():
        for name in re.findall(r"\b((?:regime|population|topics)=\w+)", path.read_text(encoding="utf-8")):
            assert name in known or name == "regime=NAME", f"{path.name}: {name}"
