"""Every bad input of the specification, one by one: path, value, what is allowed, nearest name."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from creditregime import CreditRegime, Scenario, load
from creditregime.errors import CreditRegimeError, PopulationError, ScenarioError
from creditregime.population.economy import Economy
from tests.helpers import small

SHARES = ("procurement_share", "export_share", "energy_share")


def line_of(make: Any, kind: type[CreditRegimeError] = ScenarioError) -> str:
    with pytest.raises(kind) as caught:
        make()
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


CHANGES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "misspelt key": ({"moths": 3}, ["moths: unknown key; did you mean 'months'?", "allowed: ", "seed"]),
    "misspelt key of a rule": ({"rating.bse": 3}, ["rating.bse: unknown key; did you mean 'base'?"]),
    "misspelt topic": (
        {"inspection.rate": {"tx": 0.1}},
        ["inspection.rate.tx: unknown name 'tx'; did you mean 'tax'?"],
    ),
    "misspelt kind": ({"trade.kind": "leontief"}, ["trade", "'leontief'", "allowed: ", "generalised_leontief"]),
    "wrong type": ({"months": "many"}, ["months: 'many' is not allowed", "integer"]),
    "wrong type of a rule": ({"rating": 3}, ["rating: 3 is not allowed", "'kind'"]),
    "wrong literal": (
        {"inspection.level": "local"},
        ["inspection.level: 'local' is not allowed", "national", "regional"],
    ),
    "out of bounds": ({"exit.background": 1.5}, ["exit.background: 1.5 is not allowed", "less than 1"]),
    "negative": ({"finance.debt": -1.0}, ["finance.debt: -1.0 is not allowed", "greater than or equal to 0"]),
    "not finite": ({"finance.shock": float("inf")}, ["finance.shock: inf is not allowed", "finite"]),
    "probability by topic": (
        {"monitoring.share": {"tax": 1.2}},
        ["monitoring.share.tax: 1.2 is not allowed", "between 0 and 1"],
    ),
    "no topics": ({"topics": {}}, ["topics"]),
    "shares of severity": ({"topics.tax.general": 0.7, "topics.tax.serious": 0.6}, ["topics.tax", "general + serious"]),
    "zero firms": ({"population.firms": 0}, ["population.firms: 0 is not allowed", "greater than or equal to 1"]),
    "quota above firms": (
        {"inspection": {"kind": "quota", "number": 61}},
        ["inspection.number: 61 inspections a month exceed the 60 firms that there are"],
    ),
    "quota of a topic above firms": (
        {"inspection": {"kind": "quota", "number": {"tax": 61}}},
        ["inspection.number.tax: 61 inspections a month exceed the 60 firms"],
    ),
    "joint punishment without members": (
        {"joint_punishment.agencies": []},
        ["joint_punishment.agencies: joint punishment needs at least two members"],
    ),
    "joint punishment without lists": (
        {"lists": {}, "measures": {}, "rewards": {}},
        ["joint_punishment.kind: 'memorandum' needs blacklists; there are none"],
    ),
    "unknown member": (
        {"joint_punishment.agencies": ["tax", "custom"]},
        ["joint_punishment.agencies", "'custom'", "did you mean 'customs'?"],
    ),
    "recursion of means": (
        {"spillover.partner.reach": "recursive", "spillover.partner.strength": 1.0},
        ["spillover.partner", "1.0 does not converge", "less than 1"],
    ),
    "rating without registry": (
        {
            "registry": {"kind": "none"},
            "lists": {},
            "measures": {},
            "rewards": {},
            "joint_punishment": {"kind": "none"},
        },
        ["rating.kind: 'points' needs records; registry.kind is none"],
    ),
    "unknown grade": (
        {"lists.tax.grade": "god"},
        ["lists.tax.grade: unknown name 'god'; did you mean 'good'?", "excellent"],
    ),
    "unknown list": (
        {"measures.managers_ban.lists": ["labor"]},
        ["measures.managers_ban.lists: unknown name 'labor'; did you mean 'labour'?"],
    ),
    "unknown agency": (
        {"measures.managers_ban.agency": "labor"},
        ["measures.managers_ban.agency", "did you mean 'labour'?"],
    ),
    "terms out of order": (
        {"lists.tax.min_months": 40},
        ["lists.tax", "min_months (40) must not exceed max_months (36)"],
    ),
    "behaviour without what it needs": (
        {
            "behaviour": {"kind": "imitate", "whom": "better_earning"},
            "finance": {"kind": "none"},
            "exit": {"kind": "none"},
        },
        ["behaviour.whom: 'better_earning' needs profits; finance.kind is none"],
    ),
    "unknown sector": (
        {"topics.tax.weighs_on": {"constructon": 2.0}},
        ["topics.tax.weighs_on", "'constructon'", "did you mean 'construction'?"],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_wrong_scenarios_say_where_what_and_what_is_allowed(name: str) -> None:
    changes, said = CHANGES[name]
    line = line_of(lambda: CreditRegime(small("joint_2016", **changes)))
    for part in said:
        assert part in line


def test_malformed_yaml(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("rating: {kind: points\nmonths: 3", encoding="utf-8")
    assert line_of(lambda: Scenario.read(path)).startswith(f"{path}: not valid YAML: ")
    assert line_of(lambda: load(scenario=path)).startswith(f"{path}: not valid YAML: ")


def test_recursion_above_the_limit_states_the_limit() -> None:
    partner = {"kind": "linear", "reach": "recursive", "weighting": "sum", "strength": 0.5}
    spec = small("joint_2016", **{"spillover.partner": partner})
    economy = Economy.from_networkx(nx.complete_graph(11))
    line = line_of(
        lambda: CreditRegime(spec.changed({f"topics.{t}.weighs_on": {} for t in spec.topics}), economy=economy)
    )
    assert line.startswith("spillover.partner.strength: 0.5 does not converge on this network")
    assert float(line.split()[-1]) == pytest.approx(0.1, rel=1e-5)


def test_a_sector_with_buyers_and_no_supplier() -> None:
    graph: nx.DiGraph[str] = nx.DiGraph([("mine", "mill")])
    nx.set_node_attributes(graph, {"mine": "ore", "mill": "steel"}, "sector")
    economy = Economy.from_networkx(graph)
    unserved = dataclasses.replace(
        economy,
        sectors=(*economy.sectors, "coal"),
        essential=np.pad(economy.essential, (0, 1), constant_values=1),
        **{name: np.append(getattr(economy, name), np.float32(0)) for name in SHARES},
    )
    line = line_of(unserved.validate, PopulationError)
    assert "sector coal: an essential input of " in line
    assert "no firm is in it" in line


def test_graphs_with_self_loops_or_unknown_firms(tmp_path: Path) -> None:
    graph = nx.DiGraph([("a", "b"), ("b", "b")])
    assert "'b': supplies itself; self-loops are refused" in line_of(
        lambda: Economy.from_networkx(graph), PopulationError
    )
    path = tmp_path / "bad.graphml"
    path.write_text("<graphml><graph><edge source='a'", encoding="utf-8")
    spec = {"kind": "graph", "path": str(path)}
    line = line_of(lambda: CreditRegime(small("none", population=spec)), PopulationError)
    assert line.startswith(f"{path}: cannot be read as a graph")
    line = line_of(
        lambda: CreditRegime(small("none", population={"kind": "stored", "path": "nowhere.npz"})), PopulationError
    )
    assert line == "population.path: no file 'nowhere.npz'"


def test_quota_above_the_firms_of_a_given_economy() -> None:
    spec = small("none", inspection={"kind": "quota", "number": 20}, **{"topics": {"a": {}}})
    economy = Economy.from_networkx(nx.cycle_graph(12, create_using=nx.DiGraph))
    line = line_of(lambda: CreditRegime(spec, economy=economy))
    assert line.startswith("inspection.number: 20 inspections a month exceed the 12 firms")


def test_only_the_first_of_several_errors_is_told_and_counted() -> None:
    line = line_of(lambda: small("none", seed=-1, months=0))
    assert line.startswith("seed: -1 is not allowed")
    assert line.endswith("(and 1 more)")
