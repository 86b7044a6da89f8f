"""Bad configuration: whatever a file holds, one line says what is wrong and where, and nothing is run."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from creditregime import Scenario, load
from creditregime.errors import ScenarioError
from tests.helpers import small


def refused(path: Path) -> str:
    """Return the one line with which a file is refused."""
    with pytest.raises(ScenarioError) as caught:
        Scenario.read(path)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    assert line.startswith(str(path))
    assert len(line) < 3000 + len(str(path))
    return line.removeprefix(f"{path}: ")


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "scenario.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


NOT_YAML = {
    "deep list": "[" * 5000,
    "deep mapping": "{a: " * 3000,
    "closed deep list": "title: " + "[" * 900 + "]" * 900,
    "endless integer": "seed: " + "9" * 5000,
    "no such date": "title: 2020-13-45",
    "no timestamp": "title: !!timestamp abc",
    "no integer": "seed: !!int abc",
    "empty integer": "seed: !!int ''",
    "no float": "months: !!float abc",
    "no boolean": "title: !!bool abc",
    "no binary": "title: !!binary a",
    "python object": "title: !!python/object/apply:os.system ['touch PLACE']",
    "python name": "title: !!python/name:os.system",
    "own tag": "title: !boom x",
    "two documents": "seed: 1\n---\nseed: 2",
    "tab": "\tmonths: 3",
    "open quote": 'title: "abc',
    "unknown alias": "title: *nobody",
    "bad merge": "<<: 3",
    "list as key": "? [a]\n: 1",
    "value tag": "title: =",
    "null byte": b"title: \x00",
    "latin 1": b"title: \xe9\xff",
    "utf-16": "title: x".encode("utf-16"),
}


@pytest.mark.parametrize("name", NOT_YAML)
def test_what_is_not_plain_yaml_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    text = NOT_YAML[name]
    marker = tmp_path / "ran"
    if isinstance(text, str):
        text = text.replace("PLACE", str(marker))
    refused(written(tmp_path, text))
    assert not marker.exists()


NESTED = "&a [x, x, x, x, x, x, x, x, x]"
for _before, _after in zip("abcdefgh", "bcdefghi", strict=True):
    NESTED = f"[{NESTED}, &{_after} [{', '.join([f'*{_before}'] * 9)}]]"

NOT_A_SCENARIO = {
    "": "a mapping",
    "- seed": "a mapping",
    "3": "a mapping",
    "text": "a mapping",
    "null": "a mapping",
    "hydra: {run: {dir: /tmp/x}}": "hydra: unknown key",
    "_target_: os.system": "_target_: unknown key",
    "rating: {_target_: os.system, kind: none}": "rating._target_: unknown key",
    "defaults: [{regime: none}]": "defaults: unknown key",
    "moths: 3": "moths: unknown key; did you mean 'months'?",
    "1: 2": "1: unknown key",
    "null: 2": "None: unknown key",
    "true: 2": "True: unknown key",
    "2020-01-01: 2": "2020-01-01: unknown key",
    ".nan: 2": "nan: unknown key",
    '"mon\\nths": 2': "mon ths: unknown key",
    "seed: ${oc.env:HOME}": "seed: '${oc.env:HOME}' is not allowed",
    "population: null": "population: None is not allowed",
    "population: {kind: [generated]}": "population",
    "population: {}": "population",
    "population: generated\nseed: -1": "seed: -1 is not allowed",
    "months: .nan": "months: nan is not allowed",
    "months: 3.5": "months: 3.5 is not allowed",
    "months: 1e400": "months",
    "months: 1" + "0" * 400: "months",
    "topics: {}": "topics",
    "topics: {a: null}": "topics",
    "topics: {a: {fine: 1" + "0" * 400 + "}}": "topics.a.fine",
    "topics: {a: {cost: 1.0e+300}}": "topics.a.cost",
    "topics: {a: {cost: 1.0e-300}}": "topics.a.cost",
    "topics: {a: {cost: 0}}": "topics.a.cost: 0 is not allowed",
    "topics: {a: {hazard: .inf}}": "topics.a.hazard: inf is not allowed",
    "topics: {a: {weighs_on: {foreign: -1}}}": "topics.a.weighs_on",
    "topics: {a: {weighs_on: {foreign: .nan}}}": "topics.a.weighs_on",
    "behaviour: {kind: gradual, cost_spread: 1.0e+300}": "behaviour.cost_spread",
    "behaviour: {kind: gradual, intrinsic_spread: .inf}": "behaviour.intrinsic_spread: inf is not allowed",
    "topics: !!set {a, b}": "topics",
    f"title: {NESTED}": "title",
    f"phases: {NESTED}": "phases",
    f"population: {NESTED}": "population",
    f"topics: {NESTED}": "topics",
    "&a {population: *a}": "population",
    "population: &a {kind: generated, procurement: *a}": "population.procurement",
    "inspection: {kind: uniform, rate: [1]}": "inspection.rate: [1] is not allowed",
    "inspection: {kind: uniform, rate: {default: x}}": "inspection.rate.default: 'x' is not allowed",
    "inspection: {kind: uniform, rate: {tax: 2}}": "inspection.rate.tax: 2.0 is not allowed",
    "inspection: {kind: uniform, rate: {taxes: 0.1}}": "inspection.rate.taxes: unknown name 'taxes'",
    "registry: {kind: database}\nrating: {kind: points, minor: x}": "rating.minor: 'x' is not allowed",
    "title: [a]": "title: ['a'] is not allowed",
}


@pytest.mark.parametrize("text", NOT_A_SCENARIO, ids=lambda text: text[:40])
def test_what_is_not_a_scenario_is_refused_with_its_path(text: str, tmp_path: Path) -> None:
    assert refused(written(tmp_path, text)).startswith(NOT_A_SCENARIO[text])


def test_interpolations_stay_text(tmp_path: Path) -> None:
    spec = Scenario.read(written(tmp_path, "title: ${oc.env:HOME}"))
    assert spec.title == "${oc.env:HOME}"
    assert load(title="${oc.env:HOME}").title == "${oc.env:HOME}"


def test_missing_folder_and_large_files_are_refused(tmp_path: Path) -> None:
    refused(tmp_path)
    refused(tmp_path / "nothing.yaml")
    assert "larger than" in refused(written(tmp_path, "title: " + "x" * 1_000_001))


@settings(max_examples=300)
@given(
    text=st.text(alphabet=st.characters(codec="utf-8"), max_size=60)
    | st.text("{}[]:,-!&*|>'\"%@` \n\tab1.?<=~#", max_size=40)
)
def test_random_text_is_a_scenario_or_one_line(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    _read_or_refuse(text.encode(), tmp_path_factory)


@settings(max_examples=100)
@given(content=st.binary(max_size=60))
def test_random_bytes_are_a_scenario_or_one_line(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    _read_or_refuse(content, tmp_path_factory)


def _read_or_refuse(content: bytes, factory: pytest.TempPathFactory) -> None:
    path = factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(content)
    try:
        Scenario.read(path)
    except ScenarioError as error:
        line = str(error)
    else:
        return
    assert len(line.splitlines()) == 1
    assert line.startswith(str(path))


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3),
    max_leaves=6,
)
BASE = small("joint_2020").model_dump(mode="json")
KEYS = sorted(BASE)


def _paths(data: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path] if path else []
    if isinstance(data, dict):
        for key, value in data.items():
            found += _paths(value, (*path, key))
    return found


PATHS = _paths(BASE)


def _replaced(data: Any, path: tuple[str, ...], value: Any) -> Any:
    if not path:
        return value
    return {**data, path[0]: _replaced(data[path[0]], path[1:], value)}


@settings(max_examples=400)
@given(path=st.sampled_from(PATHS), value=JSON)
def test_any_value_anywhere_is_taken_or_refused_by_its_path(path: tuple[str, ...], value: Any) -> None:
    try:
        spec = Scenario.parse(_replaced(BASE, path, value))
    except ScenarioError as error:
        line = str(error)
    else:
        assert Scenario.parse(yaml.safe_load(spec.to_yaml())) == spec
        return
    assert len(line.splitlines()) == 1
    assert len(line) < 3000


def _at(data: Any, path: tuple[str, ...]) -> Any:
    return _at(data[path[0]], path[1:]) if path else data


NUMBERS = [path for path in PATHS if type(_at(BASE, path)) in (int, float)]


@settings(max_examples=200)
@given(
    path=st.sampled_from(NUMBERS),
    value=st.sampled_from([math.nan, math.inf, -math.inf, 1e300, -1e300, 10**400, "x", [1], {"a": 1}, None]),
)
def test_no_number_may_be_endless_or_something_else(path: tuple[str, ...], value: Any) -> None:
    optional = path in {("rating", "floor"), ("rating", "cap"), ("rating", "most_change")}
    if value is None and (optional or path[-1] in ("switch_to_central", "new_firm_grade")):
        return
    with pytest.raises(ScenarioError) as caught:
        Scenario.parse(_replaced(BASE, path, value))
    where = ".".join(path)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    # numbers that must stand in an order are refused together, under the key that holds them
    assert line.startswith((where, "rating: bands must be given best grade first")), line


@settings(max_examples=40)
@given(
    text=st.text(max_size=30)
    | st.sampled_from(PATHS).flatmap(lambda path: JSON.map(lambda value: f"{'.'.join(path)}={value}"))
)
def test_any_override_is_taken_or_refused_in_one_line(text: str) -> None:
    try:
        load(text)
    except ScenarioError as error:
        lines = str(error).splitlines()
    else:
        return
    assert len(lines) == 1


OVERRIDES = {
    "seed": "not an override",
    "": "not an override",
    "=": "not a key",
    "seed=${oc.env:HOME}": "interpolations are not allowed",
    "title=${now:}": "interpolations are not allowed",
    "regime=nope": "regime: unknown preset 'nope'",
    "regime=joint2016": "did you mean 'joint_2016'?",
    "+seed=3": "not an override of one value",
    "~seed": "not an override of one value",
    "seed=1,2": "not an override of one value",
    "seed=range(1,3)": "not an override of one value",
    "regime@x=none": "not an override of one value",
    "hydra.run.dir=x": "hydra: unknown key",
    "hydra/launcher=x": "not a key",
    "seed=abc": "seed: 'abc' is not allowed",
    "seed=nan": "seed: nan is not allowed",
    "months=0": "months: 0 is not allowed",
    "population.firms.x=1": "'firms' is a value, not a group of keys",
    "rating=pionts": "unknown kind 'pionts'",
    "spillover.partner.strenght=0.1": "spillover.partner.strenght: unknown key; did you mean 'strength'?",
    "seed=" + "9" * 5000: "seed",
    "seed=" + "[" * 500: "",
}


@pytest.mark.parametrize("text", OVERRIDES, ids=lambda text: text[:30])
def test_bad_overrides_are_refused_in_one_line(text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(text)
    assert OVERRIDES[text] in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
