"""Scenarios: changes by dotted path, and the way to YAML and back."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from creditregime import CreditRegime, Scenario, load
from creditregime.errors import ScenarioError
from tests.helpers import REGIMES, small


@pytest.mark.parametrize("regime", REGIMES)
def test_a_scenario_survives_yaml(regime: str, tmp_path: Path) -> None:
    spec = load(regime=regime)
    path = tmp_path / "s.yaml"
    path.write_text(spec.to_yaml(), encoding="utf-8")
    assert Scenario.read(path) == spec
    assert Scenario.parse(yaml.safe_load(spec.to_yaml())).to_yaml() == spec.to_yaml()


def test_changes_replace_values_rules_and_entries() -> None:
    spec = small()
    assert spec.changed({"spillover.partner.strength": 0.1}).spillover.partner.strength == 0.1  # type: ignore[attr-defined]
    assert (
        spec.changed(
            {
                "rating": {"kind": "points", "base": 9},
                "lists": {},
                "measures": {},
                "rewards": {},
                "joint_punishment": {"kind": "none"},
                "inspection": {"kind": "none"},
            }
        ).rating.clean_score
        == 9
    )
    assert spec.changed({"lists.tax.max_months": 40}).lists["tax"].max_months == 40
    assert spec.changed({"topics.tax.hazard": 0.3}).topics["customs"] == spec.topics["customs"]
    assert spec.changed({"behaviour.kind": "logit"}).behaviour.kind == "logit"
    assert spec.changed({"behaviour": spec.behaviour}) == spec
    assert spec.changed({}) == spec
    assert spec.lists["tax"].max_months == 36


def test_a_kind_replaced_loses_the_fields_of_the_old_rule() -> None:
    spec = small("fines_only", behaviour={"kind": "gradual", "adjustment": 0.5})
    changed = spec.changed({"behaviour.kind": "threshold"})
    assert changed.behaviour.kind == "threshold"
    assert not hasattr(changed.behaviour, "adjustment")
    with pytest.raises(ScenarioError, match=r"behaviour\.adjustment: unknown key"):
        changed.changed({"behaviour.adjustment": 0.1})


def test_a_path_through_a_value_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"months\.x: 'months' is a value, not a group of keys"):
        small().changed({"months.x": 1})


def test_scenarios_are_equal_by_content_and_cannot_be_changed_in_place() -> None:
    assert small() == small()
    assert small() != small(seed=2)
    with pytest.raises(ValueError, match="frozen"):
        small().seed = 3  # type: ignore[misc]


def test_defaults_alone_are_a_scenario_that_runs() -> None:
    spec = Scenario(months=2, population={"kind": "generated", "firms": 20})
    assert CreditRegime(spec).run_model().world.month == 2
    assert Scenario.parse({}) == Scenario()


def test_changes_leave_the_callers_mappings_alone() -> None:
    rule = {"topic": "tax", "serious": 1}
    spec = Scenario(registry={"kind": "database"}).changed({"lists.l": rule, "lists.l.max_months": 20})  # type: ignore[arg-type]
    assert spec.lists["l"].max_months == 20
    assert rule == {"topic": "tax", "serious": 1}


def test_null_leaves_a_named_thing_out() -> None:
    spec = load("regime=joint_2016", "lists.redlist=null", "rewards={}", "measures.publication=null")
    assert "redlist" not in spec.lists
    assert "publication" not in spec.measures
    with pytest.raises(ScenarioError, match=r"rewards.fewer_checks.lists: unknown name 'redlist'"):
        load("regime=joint_2016", "lists.redlist=null")
    with pytest.raises(ScenarioError, match="topics"):
        load("topics={tax: null}")
