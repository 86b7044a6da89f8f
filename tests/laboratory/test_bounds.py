"""What can be varied, and within what: the bounds of the components' own fields, and the factors that they propose."""

from __future__ import annotations

import math

import pytest
import yaml

from creditregime import Scenario, Study, factors, load
from creditregime.errors import ScenarioError
from creditregime.laboratory.sensitivity.proposals import design_block, proposals
from creditregime.laboratory.sweeps.bounds import Bounds
from creditregime.laboratory.sweeps.plan import Plan
from tests.helpers import bare

BASE = ["regime=joint_2016"]


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load(*BASE, **{"inspection.false_positive": {"tax": 0.01, "default": 0.005}})


@pytest.mark.parametrize(
    ("path", "asked", "low", "high"),
    [
        ("joint_punishment.strength", {}, 0, 1),
        ("topics.tax.hazard", {}, 0, 1),  # a rule among several by name
        ("measures.tax_checks.size", {}, 1e-4, 100),  # the bound 0 is itself excluded: a millionth of the range away
        ("behaviour.adjustment", {}, 1e-6, 1),
        ("population.branch_share", {}, 0, 1 - 1e-6),
        ("registry.delay", {}, 0, 60),
        ("exit.size_elasticity", {}, -2, 0),
        ("behaviour.patience", {}, 0, 1 - 1e-6),  # not set now
        ("inspection.sensitivity", {}, 0, 1),  # a probability by topic or for all: checks.py bounds it
        ("inspection.false_positive", {}, 0, 1),
        ("inspection.false_positive.tax", {}, 0, 1),
        ("inspection.false_positive.customs", {}, 0, 1),  # now the default's
        ("spillover.votes.partner", {}, 0, 1000),
        ("topics.tax.fine", {"high": 2}, 0, 2),
        ("learning.unprepared.state", {"low": 0.1, "high": 0.5}, 0.1, 0.5),
        ("rating.base", {"low": -5, "high": 5}, -5, 5),
        ("registry.delay", {"low": 0.5, "high": 3.9}, 1, 3),  # whole numbers
    ],
)
def test_bounds_come_from_the_fields(
    scenario: Scenario, path: str, asked: dict[str, float], low: float, high: float
) -> None:
    assert Bounds(scenario).of(path, **asked) == pytest.approx((low, high), rel=1e-9)


@pytest.mark.parametrize(
    ("path", "asked", "said"),
    [
        ("topics.tax.fine", {}, r"^design\.factors\.topics\.tax\.fine\.high: is needed"),
        ("learning.unprepared.state", {}, r"state\.low: is needed"),
        ("inspection.sensitivity.tax", {}, r"'inspection\.sensitivity' is a value, not a group of keys"),
        ("learning.unprepared", {}, "is not a number"),
        ("topics.tax.illegal", {}, "is not a number"),
        ("topics.tax", {}, "is not a number"),
        ("registry.sharing", {}, "is not a number"),
        ("topics.tax.fien", {}, r"unknown key 'topics\.tax\.fien'; did you mean 'fine'"),
        ("measures.nothing.size", {}, r"unknown key 'measures\.nothing\.size'"),
        ("behaviour.adjustment", {"low": 0}, "0 to 1 is not allowed: must be above 0 and at most 1"),
        ("population.branch_share", {"high": 1}, "must be at least 0 and below 1"),
        ("inspection.sensitivity", {"high": 2}, "must be at least 0 and at most 1"),
        ("registry.delay", {"low": 1.2, "high": 1.8}, "2 to 1 is not allowed: it is no range"),
        ("joint_punishment.strength", {"low": 1}, "1 to 1 is not allowed: it is no range"),
    ],
)
def test_what_cannot_be_varied_is_named(scenario: Scenario, path: str, asked: dict[str, float], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        Bounds(scenario).of(path, **asked)


def test_every_bound_is_one_that_the_scenario_takes(scenario: Scenario) -> None:
    """Each proposed end, by itself, is a valid scenario: no bound is left out, and none is misread."""
    ends = {path: ends for path, ends in factors(scenario).items() if not path.startswith(("topics", "lists", "popul"))}
    assert len(ends) > 60
    bounds = Bounds(scenario)
    for path, range_ in ends.items():
        for value in range_.values():
            said = refusal(scenario, path, int(value) if bounds.whole(path) else value)
            assert "than" not in said, f"{path}: {said}"  # greater than, less than or equal to, ...


def refusal(scenario: Scenario, path: str, value: float) -> str:
    """Return why a value is refused: it may contradict another parameter, but not its own field."""
    try:
        scenario.changed({path: value})
    except ScenarioError as error:
        return str(error)
    return ""


def test_factors_are_the_numbers_of_switched_on_rules(scenario: Scenario) -> None:
    found = factors(scenario)
    assert found["joint_punishment.strength"] == {"low": 0, "high": 1}
    assert "topics.tax.fine" not in found  # has no upper bound
    assert not {"seed", "months", "population.firms"} & set(found)
    assert not [path for path in factors(bare(1)) if path.startswith(("learning", "trade", "behaviour"))]  # kind none
    assert not [path for path in found if path.startswith("indicators.")]
    off = factors(scenario.changed({"joint_punishment": {"kind": "none"}}))
    assert [*found][: len(off)] != [*off]
    assert not [path for path in off if path.startswith("joint_punishment")]
    assert not [path for path in off if path.endswith((".title", ".kind", ".illegal"))]
    assert all(math.isfinite(value) for ends in found.values() for value in ends.values())


def test_within_a_share_also_what_has_one_bound_or_none_is_proposed() -> None:
    spec = bare(1, registry={"kind": "database", "minor_term": 1}, topics={"a": {"fine": 0.4, "hazard": 0.9}})
    found = factors(spec, within=0.5)
    assert found["topics.a.fine"] == pytest.approx({"low": 0.2, "high": 0.6})
    assert found["topics.a.hazard"] == pytest.approx({"low": 0.45, "high": 1})  # inside its bounds
    assert found["registry.minor_term"] == {"low": 1, "high": 2}  # rounded outwards, inside its bounds
    assert "registry.delay" not in found  # 0, of which a share is nothing
    told = {item.path: item.range for item in proposals(spec, within=0.5)}
    assert told["registry.delay"] is None
    with pytest.raises(ScenarioError, match=r"^within: -1 is not allowed"):
        factors(spec, within=-1)


def test_a_study_of_all_factors_is_valid_but_for_the_order_of_grades() -> None:
    pytest.importorskip("SALib")
    found = factors(load(*BASE), within=0.2)
    chosen = {path: ends for path, ends in found.items() if not path.startswith("rating.bands")}
    assert len(chosen) > 200
    plan = Plan(Study.parse({"base": BASE, "design": {"kind": "morris", "trajectories": 2, "factors": chosen}}))
    assert sum(1 for _ in plan.scenarios()) == 2 * (len(chosen) + 1)


def test_the_block_is_yaml_that_a_study_takes(scenario: Scenario) -> None:
    text = design_block(scenario)
    block = yaml.safe_load(text)
    assert Study.parse({"base": BASE, **block}).design.names == tuple(factors(scenario))
    read = block["design"]["factors"]
    assert read["behaviour.adjustment"]["low"] == 1e-6  # not the text 1e-06
    assert "#    topics.tax.fine: {low: , high: }  # now 0.4 months of own revenue: statutory fine" in text
    assert max(map(len, text.splitlines())) < 200


def test_a_point_of_many_factors_is_told_shortly() -> None:
    pytest.importorskip("SALib")
    paths = {path: ends for path, ends in factors(load(*BASE)).items() if path.startswith("topics.")}
    plan = Plan(Study.parse({"base": BASE, "design": {"kind": "morris", "trajectories": 2, "factors": paths}}))
    with pytest.raises(
        ScenarioError, match=r"and \d+ more factors\): .*general \+ serious must be at most 1"
    ) as caught:
        [*plan.scenarios()]
    assert len(str(caught.value)) < 600
