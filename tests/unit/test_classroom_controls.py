"""Controls are generated from the components' fields, and take nothing that the fields do not allow."""

from __future__ import annotations

from typing import Any

import pytest

from creditregime import Scenario, load
from creditregime.classroom.controls import parameter_row, read_value, rows_of
from creditregime.classroom.parts import PARTS, PROMOTED, RULES, part_rows, sections, switched
from creditregime.classroom.setting import FIRST, Setting
from creditregime.component import details
from creditregime.errors import ScenarioError
from creditregime.firms.strategies import strategies
from creditregime.presets import groups
from creditregime.regime.spillover import Spillover
from creditregime.scenario import field_at

WORLDS = FIRST.worlds()


def all_rows(one: Scenario, other: Scenario) -> list[dict[str, Any]]:
    return [row for path, _ in sections(one, other) for row in rows_of(path, one, other)]


def test_every_part_of_a_regime_can_be_switched() -> None:
    """No place with a rule `none` is forgotten."""
    families = {name: field.annotation for name, field in Scenario.model_fields.items()}
    families |= {f"spillover.{name}": field.annotation for name, field in Spillover.model_fields.items()}
    empty = {name for name, family in families.items() if "none" in getattr(family, "kinds", ())}
    assert empty - {"violations"} <= {*PARTS, *RULES}
    assert {"lists", "measures", "rewards", "pilots"} <= {*PARTS}


@pytest.mark.parametrize("regime", groups()["regime"])
def test_every_parameter_has_a_control_with_what_its_field_says(regime: str) -> None:
    one = load(regime=regime, population="classroom")
    rows = all_rows(one, one)
    assert len(rows) > 100
    for row in rows:
        field = field_at(one, row["path"])
        assert field is not None, row["path"]
        assert row["description"] == field.description
        assert row["source"] == (details(field).get("source") or "")
        assert row["a"] == row["b"]
        assert row["label"]
        assert row["type"] in ("number", "flag", "choice", "text")


def test_a_number_shows_bounds_unit_source_and_standing() -> None:
    row = parameter_row("joint_punishment.strength", *WORLDS)
    assert (row["type"], row["low"], row["high"], row["unit"]) == ("number", 0, 1, "probability")
    assert row["standing"] == "assumption of the model"
    assert (row["a"], row["b"]) == (0.7, None)
    assert parameter_row("population.size_exponent", *WORLDS)["source"].startswith("Axtell 2001")
    assert parameter_row("joint_punishment.scope", *WORLDS)["standing"] == "real, as described"


def test_a_part_tells_what_public_accounts_say_of_it_and_how_sure_they_are() -> None:
    rows = {row["path"]: row for row in part_rows(*WORLDS)}
    assert "unverified" in rows["spillover.group"]["standing"]
    assert rows["joint_punishment"]["a"] == "memorandum"
    assert rows["joint_punishment"]["b"] == "none"
    assert {"learning.transparency", "joint_punishment.proportionality"} <= rows.keys() & {*PROMOTED}


@pytest.mark.parametrize("regime", groups()["regime"])
def test_what_is_switched_off_and_on_again_is_as_it_was(regime: str) -> None:
    base = load(regime=regime, population="classroom")
    setting = Setting({"regime": regime, "population": "classroom"})
    tried = 0
    for row in part_rows(base, base):
        if row["path"] in PARTS and row["a"] != "none":
            try:
                off = setting.placed(*switched(row["path"], "none", base), "a")
            except ScenarioError:  # other rules of the regime cannot do without it
                continue
            tried += 1
            assert off != setting
            assert off.placed(*switched(row["path"], row["a"], base), "a") == setting, row["path"]
    assert tried >= 2 or regime == "none"


def test_every_choice_of_a_part_names_a_kind_that_needs_no_more() -> None:
    for row in part_rows(*WORLDS):
        if row["path"] in (*PARTS, *RULES):
            for kind, _ in row["choices"]:
                if row["path"] == "pilots" and kind == "on":
                    continue
                path, value = switched(row["path"], kind, WORLDS[0])
                said = problem_of(path, value)  # it may not fit the other rules, but is complete in itself
                assert "Field required" not in said, (row["path"], kind)


def problem_of(path: str, value: Any) -> str:
    try:
        WORLDS[0].changed({path: value})
    except ScenarioError as error:
        return str(error)
    return ""


def test_strategies_are_chosen_by_name_among_those_declared() -> None:
    setting = Setting(FIRST.choices).placed(*switched("behaviour", "per_firm", WORLDS[0]), "a")
    one, other = setting.worlds()
    row = parameter_row("behaviour.strategy", one, other)
    assert [word for word, _ in row["choices"]] == [*strategies()]
    with pytest.raises(ScenarioError, match="not allowed here"):
        read_value(row, "lambda firm: 1")


BAD_VALUES = [
    ("joint_punishment.strength", "0.5"),
    ("joint_punishment.strength", True),
    ("joint_punishment.strength", None),
    ("joint_punishment.scope", "everything"),
    ("joint_punishment.within_law", 1),
    ("joint_punishment.related", {"tax": ["customs"]}),
    ("joint_punishment.related", "{tax: ["),
    ("joint_punishment.related", "!!python/object/apply:os.system [ls]"),
    ("joint_punishment.related", "x" * 5000),
]


@pytest.mark.parametrize(("path", "value"), BAD_VALUES)
def test_a_control_refuses_what_it_cannot_hold(path: str, value: object) -> None:
    with pytest.raises(ScenarioError) as refusal:
        read_value(parameter_row(path, *WORLDS), value)
    assert path in str(refusal.value)


def test_a_collection_that_a_regime_does_not_have_cannot_be_switched_on() -> None:
    with pytest.raises(ScenarioError, match="has no rewards of its own"):
        switched("rewards", "on", load(regime="fines_only"))
    with pytest.raises(ScenarioError, match="not allowed; allowed: none"):
        switched("repair", "<script>", WORLDS[0])
