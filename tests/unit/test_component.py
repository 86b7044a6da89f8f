"""How rules are declared and found, and what every declared parameter must say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from creditregime import Scenario
from creditregime.component import Rule, Settings, details, nearest, parameter
from creditregime.errors import ScenarioError
from creditregime.laboratory.sweeps import study  # noqa: F401  (declares the rules of a study)
from creditregime.regime.fines import Fines
from creditregime.regime.levers import Measure
from creditregime.regime.lists import ListRule
from creditregime.topics import Topic
from tests.helpers import bare


def families(base: type[Rule] = Rule) -> Iterator[type[Rule]]:
    """Yield the families of the package."""
    for one in base.__subclasses__():
        if one.is_family():
            yield one
        else:
            yield from families(one)


FAMILIES = [family for family in families() if family.__module__.startswith("creditregime.")]
RULES = [rule for family in FAMILIES for rule in family.kinds.values() if rule.__module__.startswith("creditregime.")]
GROUPS: list[type[Settings]] = [*RULES, Topic, ListRule, Measure, Scenario]


def placed(family: type[Rule], rule: Any) -> Scenario:
    """Return a scenario with a rule put in the family's place."""
    return bare(2, registry={"kind": "database"}, **{family.family: rule})


def test_every_family_has_rules_and_an_off_switch() -> None:
    assert len(FAMILIES) >= 20
    for family in FAMILIES:
        assert family.kinds, family
        of_a_study = family.__module__.startswith("creditregime.laboratory.")  # these lay out runs: none is no study
        if family.family not in ("population", "indicators") and not of_a_study:
            assert "none" in family.kinds, family


def test_families_do_not_share_kinds() -> None:
    assert len({family.family for family in FAMILIES}) == len(FAMILIES)
    for family in FAMILIES:
        assert all(issubclass(rule, family) for rule in family.kinds.values())


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__qualname__)
def test_every_parameter_says_what_it_is(group: type[Settings]) -> None:
    assert (group.__doc__ or "").strip()
    for name, field in group.model_fields.items():
        if name != "kind":
            assert (field.description or "").strip(), name
        if details(field):
            assert details(field)["unit"], name


def test_a_declared_rule_is_found_by_its_kind() -> None:
    class Doubled(Fines, kind="test_doubled"):
        """Twice."""

        factor: float = parameter(2.0, unit="-", ge=0, description="how often")

    try:
        spec = bare(1, fines={"kind": "test_doubled", "factor": 3})
        assert isinstance(spec.fines, Doubled)
        assert spec.fines.factor == 3
        assert Scenario.parse(spec.model_dump(mode="json")) == spec
        with pytest.raises(ScenarioError, match=r"fines\.factr: unknown key; did you mean 'factor'\?"):
            bare(1, fines={"kind": "test_doubled", "factr": 3})
        with pytest.raises(ScenarioError, match="the kind 'test_doubled' is already taken by"):

            class Other(Fines, kind="test_doubled"):
                """Another."""

    finally:
        Fines.kinds.pop("test_doubled", None)


def test_rules_are_frozen_and_compare_by_value() -> None:
    one, other = Topic(hazard=0.1), Topic(hazard=0.1)
    assert one == other
    with pytest.raises(ValidationError):
        one.hazard = 0.2  # type: ignore[misc]


def test_rules_are_given_as_instance_mapping_or_name() -> None:
    spec = bare(1, fines="statutory")
    assert spec.fines.kind == "statutory"
    assert Scenario(fines=spec.fines).fines is spec.fines
    assert Scenario(fines={"kind": "statutory"}).fines == spec.fines


@pytest.mark.parametrize(
    ("name", "names", "hint"),
    [
        ("pionts", ["points", "none"], "; did you mean 'points'?"),
        ("zzz", ["points"], ""),
        ("", ["a"], ""),
        ("x", [], ""),
    ],
)
def test_nearest_name(name: str, names: list[str], hint: str) -> None:
    assert nearest(name, names) == hint
