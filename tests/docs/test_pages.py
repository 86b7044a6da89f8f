"""The pages say what the schema says: reference, presets, data dictionary, links."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from creditregime import Scenario, Study, load, run
from creditregime.codes import CHANNELS
from creditregime.component import Rule, details
from creditregime.firms.traits import Traits
from creditregime.indicators.meanings import general
from creditregime.indicators.measure import Indicators
from creditregime.laboratory.catalogue import families
from creditregime.phases import Phase
from creditregime.presets import groups
from creditregime.regime.pilots import Pilot
from creditregime.regime.rating.conditions import Condition
from creditregime.regime.spillover import Spillover
from creditregime.state import Events, Firms, Records, Regulators

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
                unit = details(field)["unit"]
                assert unit in ("-", "rule") or unit in entry[1], f"{name}: {key}"


def test_reference_has_every_other_key_of_the_scenario(pages: dict[str, str]) -> None:
    index = pages["reference/index.md"]
    for name, field in Scenario.model_fields.items():
        if details(field):
            assert f"`{name}`\n" in pages["reference/scenario.md"], name
        else:
            assert f"[`{name}" in index, name
    groups = {"indicators": Indicators, "spillover": Spillover, "behaviour": Traits, "rating": Condition}
    for page, group in {**groups, "scenario": Phase, "pilots": Pilot}.items():
        for key in group.model_fields:
            assert f"`{key}`\n" in pages[f"reference/{page}.md"] or key in CHANNELS, f"{page}: {key}"


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


def test_dictionary_has_the_tables_of_a_sweep_and_every_indicator(pages: dict[str, str]) -> None:
    text = pages["data-dictionary.md"].partition("## The folder of a sweep")[2]
    study = Study.parse({"design": {"kind": "grid", "factors": {"months": [1]}}, "groups": ["exits"], "exits": True})
    for name in study.kept.tables:
        columns = text.partition(f"\n| `{name}` | ")[2].partition("\n")[0]
        assert columns.startswith("`point`, `seed`"), name
    for name in ("size_class", "traceback", "dimension"):
        assert re.search(rf"(?m)^\| `{name}` \| text \| \w", text), name
    part = text.partition("## Indicators")[2]
    assert "| `detections` | per firm | findings |" in part
    for column in run("population.firms=40", "months=1").indicators.columns[1:]:
        assert f"| `{general(column)}` |" in part, column


# Links


def markdown() -> list[Path]:
    inside = [path for folder in (DOCS, DOCS / "classroom") for path in folder.glob("*.md")]
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(inside), DOCS / "notebooks" / "index.md"]


@pytest.mark.parametrize("page", [path.relative_to(ROOT).as_posix() for path in markdown()])
def test_links_resolve(page: str, pages: dict[str, str]) -> None:
    path = ROOT / page
    text = re.sub(r"(?ms)^ *```(?!\{).*?^ *```", "", path.read_text(encoding="utf-8"))
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"\{figure\} (\S+)", text)
    targets += re.findall(r"\{download\}`[^`]*<([^>`]+)>`", text)
    for target in targets:
        if target.startswith(("https://", "mailto:", "#")):
            continue
        place = (path.parent / target.partition("#")[0]).resolve()
        generated = place.relative_to(DOCS).as_posix() in pages if place.is_relative_to(DOCS) else False
        generated |= place.with_suffix(".ipynb").exists()
        readable = page in ("README.md", "CONTRIBUTING.md")  # read where nothing has been built
        assert place.exists() or (generated and not readable), f"{page}: {target} is not there"


def test_prose_names_only_presets_and_rules_that_exist() -> None:
    known = {f"{group}={option}" for group, options in groups().items() for option in options}
    for path in markdown():
        for name in re.findall(r"\b((?:regime|population|topics)=\w+)", path.read_text(encoding="utf-8")):
            assert name in known or name == "regime=NAME", f"{path.name}: {name}"
