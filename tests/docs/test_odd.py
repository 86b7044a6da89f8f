"""The ODD+D description is what the code says today, and says all of it."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import odd
import odd_code
import odd_submodels
import odd_tables
import pytest
import yaml
from pydantic import BaseModel

from creditregime import CreditRegime, Scenario
from creditregime.component import Rule, Settings, parameter
from creditregime.laboratory.catalogue import families
from creditregime.randomness import Streams
from creditregime.regime.diffusion import Diffusion
from creditregime.state import Events, Firms, Records, Regulators

PAGE = (Path(odd.__file__).parent / "odd.md").read_text(encoding="utf-8").replace("\u00a0", " ")
QUESTIONS = {
    "I.i": "ab",
    "I.ii": "abcde",
    "I.iii": "a",
    "II.i": "abcde",
    "II.ii": "abcdefgh",
    "II.iii": "ab",
    "II.iv": "abcde",
    "II.v": "abc",
    "II.vi": "abcd",
    "II.vii": "ab",
    "II.viii": "ab",
    "II.ix": "a",
    "II.x": "ab",
    "III.i": "ab",
    "III.ii": "abc",
    "III.iii": "a",
    "III.iv": "abc",
}
"""The guiding questions of ODD+D (Müller et al. 2013, table 1)."""


def test_the_committed_page_is_what_the_code_says() -> None:
    written = (Path(odd.__file__).parent / "odd.md").read_text(encoding="utf-8")
    now = odd.page()
    lines = zip(written.splitlines(), now.splitlines(), strict=False)
    first = next(((number, old, new) for number, (old, new) in enumerate(lines, 1) if old != new), "at its end")
    assert written == now, f"docs/odd.md is not what the code says: run `make odd`. It differs in {first}"


def test_every_guiding_question_is_answered_once_and_in_order() -> None:
    asked = [f"{element}.{letter}" for element, letters in QUESTIONS.items() for letter in letters]
    assert re.findall(r"\*\*(I{1,3}\.[ivx]+\.[a-h]) ", PAGE) == asked


def test_no_mark_is_left() -> None:
    assert not re.findall(r"\{\{ \w+", PAGE)


# Parameters


def section(key: str) -> str:
    start = f"(odd-{key.partition('.')[0].replace('_', '-')})=\n#### "
    assert start in PAGE, key
    return PAGE.partition(start)[2].partition("\n(odd-")[0]


def row(text: str, name: str) -> list[str]:
    """Return the cells of a parameter's row in the tables of a text."""
    found = re.findall(rf"(?m)^\| `{name}` \| (.*) \|$", text)
    assert found, f"{name} is not there"
    assert len(found) == 1, f"{name} is there {len(found)} times"
    return re.split(r" (?<!\\)\| ", found[0])


def tables_of(place: str, kind: str) -> str:
    """Return the rule's own tables of parameters and those that name it as one of several."""
    text, short = section(place), f"{place}.{kind}".partition(".")[2]
    head = f"**`{place}: {kind}`**"
    assert text.count(head) == 1, head
    own = re.split(r"(?m)^(?:\*\*`|Shared by )", text.partition(head)[2])[0]
    shared = re.findall(r"(?ms)^Shared by (.*?):\n\n(.*?)(?=^(?:Shared by|\*\*`)|\Z)", text)
    return own + "".join(rows for whose, rows in shared if whose == "all these rules" or f"`{short}`" in whose)


def check(cells: list[str], name: str, field: Any) -> None:
    """Compare the cells of a row with the field, by what the field itself says."""
    unit, default, bounds, meaning, grounds = cells
    extra = field.json_schema_extra or {}
    assert extra.get("unit", "-") in ("-", "rule", unit), name
    stated = field.get_default(call_default_factory=True)
    if field.is_required():
        assert default == "required", name
    elif isinstance(stated, bool | int | float | list | dict | tuple) and not _holds_groups(stated):
        plain = list(stated) if isinstance(stated, tuple) else stated
        assert yaml.safe_load(default.strip("`")) == plain, name
    elif isinstance(stated, str) and stated:
        assert default == f"`{stated}`", name
    for item in field.metadata:
        for kind in ("ge", "gt", "le", "lt"):
            if (bound := getattr(item, kind, None)) is not None:
                sign = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}[kind]
                given = [float(x.replace(",", "")) for x in re.findall(rf"{sign} (-?[\d,.]+(?:e-?\d+)?)", bounds)]
                assert bound in given, f"{name}: {bounds}"
    for word in _words(field.annotation):
        assert f"`{word}`" in bounds, f"{name}: {bounds}"
    assert re.sub("`", "", meaning) == re.sub("`", "", field.description or ""), name
    if extra.get("source") not in (None, "assumption"):
        assert grounds.startswith(extra["source"]), name
    elif isinstance(stated, int | float) and not field.is_required():
        assert grounds.startswith("assumption"), name
    assert ("(*" in grounds) == (extra.get("standing") not in (None, "assumption")), name


def _holds_groups(value: Any) -> bool:
    return isinstance(value, dict) and any(isinstance(item, BaseModel) for item in value.values())


def _words(annotation: Any) -> Iterator[Any]:
    if typing.get_origin(annotation) is typing.Literal:
        yield from typing.get_args(annotation)
    for part in typing.get_args(annotation) if typing.get_origin(annotation) not in (dict, list) else ():
        yield from _words(part)


RULES = [
    (place, kind)
    for place, family in families().items()
    for kind, rule in family.kinds.items()
    if rule.__module__.startswith("creditregime.")
]


@pytest.mark.parametrize(("place", "kind"), RULES)
def test_a_rule_is_there_with_every_parameter(place: str, kind: str) -> None:
    text, rule = tables_of(place, kind), families()[place].kinds[kind]
    for name, field in rule.model_fields.items():
        if name != "kind":
            check(row(text, name), f"{place}.{kind}.{name}", field)


def groups() -> dict[str, type[Settings]]:
    """Return every group of parameters that is no rule, by where it is first met in a scenario."""
    found: dict[type[Settings], str] = {}

    def look(model: type[Settings], key: str) -> None:
        for variant in [*model.kinds.values()] if issubclass(model, Rule) and model.is_family() else [model]:
            for name, field in variant.model_fields.items():
                for inner in _settings(field.annotation):
                    if inner not in found and inner.__module__.startswith("creditregime."):
                        found[inner] = key or name
                        look(inner, key or name)

    look(Scenario, "")
    return {key + " " + model.__name__: model for model, key in found.items() if not issubclass(model, Rule)}


def _settings(annotation: Any) -> Iterator[type[Settings]]:
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _settings(part)


@pytest.mark.parametrize("name", groups())
def test_a_group_of_parameters_is_there(name: str) -> None:
    model = groups()[name]
    text = section(name.partition(" ")[0])
    tables = re.findall(r"(?m)(?:^\|.*\n)+", text)
    own = {key: f for key, f in model.model_fields.items() if not any(True for _ in _settings(f.annotation))}
    mine = [table for table in tables if set(re.findall(r"(?m)^\| `(\w+)` \|", table)) == set(own)]
    assert len(mine) == 1, name
    for key, field in own.items():
        check(row(mine[0], key), f"{name}.{key}", field)


def test_the_scenario_has_its_own_keys() -> None:
    text = PAGE.partition("### III.ii Initialisation")[2].partition("### III.iii")[0]
    for name, field in Scenario.model_fields.items():
        if field.json_schema_extra:
            check(row(text, name), name, field)
        elif name != "rewards":  # told with measures
            assert section(name)
    for name, topic in Scenario().topics.items():
        assert f"| `{name}` | {topic.rules} | {topic.hazard} |" in section("topics")


# State, month, random numbers, indicators


def test_every_state_variable_is_there() -> None:
    text = PAGE.partition("### I.ii ")[2].partition("### I.iii")[0]
    parts = dict(
        zip(("Firms", "Regulators", "Records", "Events"), re.split(r"(?m)^\| Variable \|", text)[1:], strict=False)
    )
    for table in (Firms, Regulators, Records, Events):
        for name, has in table.dictionary().items():
            unit = "–" if has["unit"] == "-" else has["unit"]
            assert f"| `{name}` | {has['dtype']} | {unit} | " in parts[table.__name__], f"{table.__name__}.{name}"


def test_every_array_of_the_world_and_its_links_is_there() -> None:
    world = CreditRegime(Scenario().changed({"population.firms": 30})).world
    text = PAGE.partition("### I.ii ")[2].partition("### I.iii")[0]
    for thing in (world, world.network):
        for name, value in vars(thing).items():
            if isinstance(value, np.ndarray) and not name.startswith("_"):
                assert re.search(rf"(?m)^\| `{name}` \| \(.*\) {value.dtype} \|", text), (
                    f"{type(thing).__name__}.{name}"
                )


def told() -> list[tuple[str, str]]:
    """Return the calls to rules as the page tells them: place and method."""
    text = PAGE.partition("### I.iii ")[2].partition("## II.")[0]
    rows = re.findall(r"(?m)^\| \d+ \| `\w+` \| `(\w+)\.(\w+)` \|", text)
    return [(place, method) for place, method in rows if place in Scenario.model_fields]


def test_the_month_is_told_in_the_order_in_which_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    model = CreditRegime(Scenario().changed({"population.firms": 30, "months": 1}))
    seen: list[tuple[str, str]] = []
    for place, method in set(told()):
        kind = type(getattr(model.spec, place))
        monkeypatch.setattr(kind, method, _noting(seen, (place, method), getattr(kind, method)))
    model.step()
    assert told() == list(dict.fromkeys(seen))


def _noting(seen: list[tuple[str, str]], call: tuple[str, str], method: Any) -> Any:
    def noting(*arguments: Any, **named: Any) -> Any:
        seen.append(call)
        return method(*arguments, **named)

    return noting


def test_every_stage_is_named_with_its_places() -> None:
    text = PAGE.partition("### I.iii ")[2].partition("## II.")[0]
    model = (Path(odd.__file__).parent / "model.md").read_text(encoding="utf-8")
    names = re.findall(r"(?m)^### (\d+)\. (.*)$", model)
    assert re.findall(r"(?m)^(\d+)\. \*\*(.*?)\*\*", text) == names
    for name, field in Scenario.model_fields.items():
        if (stage := re.match(r"stage (\d+)", field.description or "")) and name != "rewards":
            line = re.search(rf"(?m)^{stage[1]}\. .*$", text)
            assert line, name
            assert f"`{name}`" in line[0], name


def test_every_stream_that_a_run_draws_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: set[str] = set()
    for method in ("uniform", "at", "few", "by_lane", "items", "pairs", "normal"):
        real = getattr(Streams, method)
        place = real.__code__.co_varnames.index("purpose")

        def noting(*given: Any, _real: Any = real, _place: int = place, **named: Any) -> Any:
            drawn.add(named["purpose"] if "purpose" in named else given[_place])
            return _real(*given, **named)

        monkeypatch.setattr(Streams, method, noting)
    changes = {"population.firms": 60, "months": 13, "objections.kind": "review", "partners.review": 1.0}
    CreditRegime(regime="joint_2016", **changes).run_model()
    text = PAGE.partition("### II.ix ")[2].partition("### II.x")[0]
    named = re.findall(r"(?m)^\| `([^`]+)` \| [^|–]", text)
    patterns = [re.escape(name).replace("NAME", r"\w+") for name in named]
    assert {"violate", "inspect", "shock", "search", "file objection"} <= drawn
    for purpose in drawn:
        assert any(re.fullmatch(pattern, purpose) for pattern in patterns), f"{purpose}: tell of it in streams.yaml"


def test_every_indicator_is_there() -> None:
    model = CreditRegime(regime="joint_2016", **{"population.firms": 60, "months": 12}).run_model()
    text = PAGE.partition("### II.x ")[2].partition("## III.")[0]
    every, topics, grouped, _ = re.split(r"(?m)^\| (?:Indicator|Outcome) \|", text)[1:]
    for series, part in (
        (model.series.monthly(), every),
        (model.series.by_topic(), topics),
        (model.series.by_group(), grouped),
    ):
        for column in series.columns:  # one without a meaning: say it in creditregime/indicators/meanings.yaml
            general = re.sub(r"^points_by_.*", "points_by_CHANNEL", re.sub(r"^grade_.*", "grade_GRADE", column))
            assert re.search(rf"(?m)^\| `{general}` \| \S.* \| (?!–)\S", part), column


# The generator


def test_a_new_rule_needs_no_work_by_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Diffusion, "kinds", dict(Diffusion.kinds))
    monkeypatch.setattr(odd_submodels, "PARTS", tmp_path)  # nor is there any text about its family

    class Lamp(Diffusion, kind="lamp"):
        """Shines."""

        power: float = parameter(7.5, unit="watts", gt=0, le=60, description="how bright", source="Edison 1880")
        dimmed: bool = parameter(False, unit="-", description="whether it is dimmed")

    Lamp.__module__ = "creditregime.regime.lamp"
    text = odd_submodels.submodels().replace("\u00a0", " ").partition("(odd-diffusion)=")[2].partition("\n(odd-")[0]
    assert "**`diffusion: lamp`**. Shines." in text
    assert "| `power` | watts | `7.5` | > 0 and ≤ 60 | how bright | Edison 1880 |" in text
    assert "| `dimmed` | – | `false` | `true`, `false` | whether it is dimmed | assumption |" in text


def test_texts_of_what_is_gone_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "streams.yaml").write_text("violate: whether\ngone: what\n", encoding="utf-8")
    monkeypatch.setattr(odd_tables, "PARTS", tmp_path)
    with pytest.raises(ValueError, match=r"streams\.yaml tells of what is not there: gone"):
        odd_tables.streams()
    (tmp_path / "submodels").mkdir()
    (tmp_path / "submodels" / "gone.md").write_text("Gone.", encoding="utf-8")
    monkeypatch.setattr(odd_submodels, "PARTS", tmp_path)
    with pytest.raises(ValueError, match="submodels tells of what is not there: gone"):
        odd_submodels.submodels()


def test_an_equation_must_be_one_of_the_model() -> None:
    with pytest.raises(ValueError, match="displayed equation with 'no such thing': there are 0"):
        odd.equation("no such thing")
    assert odd.equation(r"V_{ik} = a_i").startswith("```{math}\n")


def test_paragraphs_are_those_of_the_model() -> None:
    page = (Path(odd.__file__).parent / "model.md").read_text(encoding="utf-8")
    character = odd.paragraphs("2. Choose: Character")
    assert character.startswith("**Character**")
    assert character in page
    assert odd.rules("2. Choose") in page
    others = odd.paragraphs("2. Choose: all but Character; Bunching")
    assert "**Planning ahead.**" in others
    assert "**Character**" not in others
    with pytest.raises(ValueError, match="paragraph titled 'Gone'"):
        odd.paragraphs("2. Choose: Gone")


def test_shapes_and_arguments_are_left_out_of_the_schedule() -> None:
    meanings = [call.meaning for call in odd_code.month()]
    assert any("(N,)" in meaning for meaning in meanings)
    assert "(N,)" not in odd_tables.schedule()
