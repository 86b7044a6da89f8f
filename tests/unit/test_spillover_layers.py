"""Several channels at once: each by itself, all of them, or one network; against dense linear algebra and by hand."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray

from creditregime import CreditRegime
from creditregime.codes import Lever, Standing
from creditregime.errors import ScenarioError
from creditregime.population.economy import Economy, combine
from creditregime.regime.spillover import GroupLinear, Linear, PersonLinear
from tests.helpers import assert_same, bare, run, small

RATED: dict[str, Any] = {"registry": {"kind": "database", "sharing": "central"}, "rating": {"kind": "points"}}
LISTED: dict[str, Any] = RATED | {"lists": {"l": {"topic": "a", "max_months": 1200}}}
BAN: dict[str, Any] = {"ban": {"agency": "a", "lever": "management", "size": 0.02, "lists": ["l"]}}


def mixed(firms: int = 40, seed: int = 1) -> Economy:
    """Return a random graph with groups, shared persons and contracts."""
    graph = nx.gnp_random_graph(firms, 0.08, seed=seed, directed=True)
    draws = np.random.Generator(np.random.PCG64(seed))
    for *_, data in graph.edges(data=True):
        data.update(weight=float(draws.uniform(0.2, 2)), contract=bool(draws.random() < 0.4))
    for row in range(5, firms):
        if draws.random() < 0.3:
            graph.nodes[row]["group"] = int(draws.integers(5))
        if draws.random() < 0.4:
            graph.nodes[row]["person"] = int(draws.integers(5))
    return Economy.from_networkx(graph)


def dense(model: CreditRegime, **channels: Any) -> dict[str, NDArray[np.float64]]:
    """Return the matrix of each channel, by its definition."""
    economy, firms = model.world.economy, model.world.firms
    rows = economy.firms
    bought = np.zeros((rows, rows))
    bought[economy.buyer, economy.supplier] = economy.coefficient
    contracts = np.zeros((rows, rows))
    contracts[economy.buyer, economy.supplier] = economy.coefficient * economy.contract
    own = np.arange(rows)
    branches = (firms.group[None, :] == own[:, None]) & (own[:, None] != own[None, :])
    same = (firms.person[:, None] == firms.person[None, :]) & (own[:, None] != own[None, :])
    layers = {"partner": bought, "contractor": contracts, "group": branches.astype(float), "person": same.astype(float)}
    return {name: layers[name] / np.maximum(layers[name].sum(axis=1, keepdims=True), 1e-300) for name in channels}


CHANNELS: dict[str, dict[str, Any]] = {
    "partner": {"kind": "linear", "strength": 0.3},
    "contractor": {"kind": "linear", "strength": 0.2, "mode": "points"},
    "group": {"kind": "linear", "strength": 0.4},
    "person": {"kind": "linear", "strength": 0.35},
}


def shortfalls(reach: dict[str, Any], layers: str) -> tuple[CreditRegime, NDArray[np.float64], NDArray[np.float64]]:
    """Return the model, own shortfalls and deducted points after a month with records here and there."""
    channels = {name: rule | reach for name, rule in CHANNELS.items()}
    spec = bare(1, **RATED, spillover={"layers": layers} | channels)
    model = CreditRegime(spec, economy=mixed())
    model.world.firms.live[1, 0, ::3] = 1
    model.world.firms.live[2, 0, ::7] = 2
    model.step()
    firms = model.world.firms
    own = 100.0 - firms.own_score[0].astype(float)
    return model, own, firms.own_score[0].astype(float) - firms.score[0]


REACHES: list[dict[str, Any]] = [{}, {"reach": "truncated", "hops": 3}, {"reach": "recursive"}]


@pytest.mark.parametrize("reach", REACHES, ids=["first", "truncated", "recursive"])
@pytest.mark.parametrize("layers", ["any", "all", "sum"])
def test_points_of_several_layers_follow_linear_algebra(reach: dict[str, Any], layers: str) -> None:
    model, own, found = shortfalls(reach, layers)
    maps = [CHANNELS[name]["strength"] * matrix for name, matrix in dense(model, **CHANNELS).items()]
    maps = [np.sum(maps, axis=0)] if layers == "sum" else maps
    expected = np.zeros(40)
    for each in maps:
        if reach.get("reach") == "recursive":
            expected += np.linalg.solve(np.eye(40) - each, own) - own
        else:
            expected += np.sum([np.linalg.matrix_power(each, n) @ own for n in range(1, reach.get("hops", 1) + 1)], 0)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-4)
    told = sum(float(model.series.latest[f"points_by_{name}"][0]) for name in CHANNELS)
    assert told == pytest.approx(expected.mean(), rel=1e-5)
    assert all(model.series.latest[f"points_by_{name}"][0] > 0 for name in CHANNELS)


def test_together_layers_pass_on_more_than_each_by_itself() -> None:
    by_itself, together = (shortfalls({"reach": "recursive"}, layers)[2] for layers in ("any", "sum"))
    assert (together >= by_itself - 1e-4).all()
    assert together.sum() > by_itself.sum() * 1.1


def test_measures_of_several_layers_follow_linear_algebra() -> None:
    channels = {name: rule | {"mode": "lever", "reach": "recursive"} for name, rule in CHANNELS.items()}
    spec = bare(1, **LISTED, measures=BAN, spillover={"layers": "sum"} | channels)
    model = CreditRegime(spec, economy=mixed())
    model.world.firms.listing[0, ::6], model.world.firms.listed_since[0, ::6] = Standing.OWN, 0
    whole = np.sum([CHANNELS[n]["strength"] * matrix for n, matrix in dense(model, **CHANNELS).items()], axis=0)
    model.step()
    own = np.zeros(40)
    own[::6] = 0.02
    expected = np.linalg.solve(np.eye(40) - whole, own)
    np.testing.assert_allclose(model.world.firms.levers[Lever.MANAGEMENT], expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("mode", ["points", "lever"])
def test_layers_that_do_not_converge_together_are_refused_with_the_limit(mode: str) -> None:
    """Firms 0 and 1 buy from each other and have one person: each layer has radius 1."""
    graph = nx.DiGraph([(0, 1), (1, 0)])
    graph.nodes[1]["person"] = 0
    economy = Economy.from_networkx(graph)
    rule = {"kind": "linear", "strength": 0.6, "reach": "recursive", "mode": mode}
    spec = bare(1, **LISTED, measures=BAN, spillover={"layers": "sum", "partner": rule, "person": rule})
    with pytest.raises(ScenarioError, match=r"^spillover\.layers: 'sum' does not converge .* less than 0\.833333$"):
        CreditRegime(spec, economy=economy)
    CreditRegime(spec.changed({"spillover.layers": "any"}), economy=economy)
    CreditRegime(spec.changed({"spillover.person.strength": 0.39}), economy=economy)


def house() -> Economy:
    """Return firm 0 with suppliers 1 and 2, branches 3, 4 and 5, and firm 6 of the same person."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(7))
    graph.add_edges_from([(1, 0), (2, 0)])
    for branch in (3, 4, 5):
        graph.nodes[branch]["group"] = 0
    graph.nodes[6]["person"] = 0
    return Economy.from_networkx(graph)


def first_listed(own: list[int], layers: str, together: float = 0.5, **changes: Any) -> bool:
    """Tell whether firm 0 is listed by association, with three channels of threshold 0.5, or pooled."""
    rule = {"kind": "linear", "mode": "list", "threshold": 0.5, "weighting": "equal"} | changes
    plain = {key: value for key, value in rule.items() if key != "weighting"}
    spillover = {"layers": layers, "threshold": together, "partner": rule, "group": plain, "person": plain}
    model = CreditRegime(bare(1, **LISTED, spillover=spillover), economy=house())
    model.world.firms.listing[0, own], model.world.firms.listed_since[0, own] = Standing.OWN, 0
    model.step()
    assert set(np.flatnonzero(model.world.firms.listing[0])) <= {0, *own, *([6] if own else [])}
    return bool(model.world.firms.listing[0, 0])


@pytest.mark.parametrize(
    ("own", "any_one", "every_one", "pooled"),
    [
        ([], False, False, False),
        ([1], True, False, False),  # half of the suppliers, 1 of 6 neighbours
        ([3], False, False, False),
        ([3, 4], True, False, False),
        ([1, 3, 4], True, False, True),  # 3 of 6
        ([1, 3, 4, 6], True, True, True),
        ([1, 3, 6], True, False, True),
        ([6], True, False, False),
    ],
)
def test_lists_over_several_layers(own: list[int], any_one: bool, every_one: bool, pooled: bool) -> None:
    assert first_listed(own, "any") == any_one
    assert first_listed(own, "all") == every_one
    assert first_listed(own, "sum") == pooled
    assert first_listed(own, "sum", together=(len(own) or 1) / 6) == bool(own)
    assert first_listed(own, "sum", together=(len(own) + 1) / 6) is False
    assert first_listed(own, "any", rule="probability", chance=1.0) == bool(own)
    assert first_listed(own, "any", rule="probability", chance=0.0) is False


@pytest.mark.parametrize(
    ("spillover", "said"),
    [
        (
            {"layers": "sum", "partner": {"kind": "linear", "reach": "recursive"}, "group": {"kind": "linear"}},
            "spillover.group.reach: 'first_order' differs from 'recursive' of spillover.partner; with layers 'sum'",
        ),
        (
            {
                "layers": "sum",
                "partner": {"kind": "linear", "reach": "truncated", "hops": 2},
                "group": {"kind": "linear", "reach": "truncated", "hops": 3},
            },
            "spillover.group.hops: 3 differs from 2 of spillover.partner; with layers 'sum' they must agree",
        ),
        (
            {
                "layers": "all",
                "partner": {"kind": "linear", "mode": "list"},
                "person": {"kind": "linear", "mode": "list", "reach": "recursive"},
            },
            "spillover.person.reach: 'recursive' differs from 'first_order' of spillover.partner",
        ),
        (
            {"layers": "sum", "partner": {"kind": "linear", "mode": "list", "rule": "probability"}},
            "spillover.partner.rule: 'probability' has no share that could be pooled",
        ),
        ({"layers": "both"}, "spillover.layers: 'both' is not allowed"),
        ({"contractor": {"kind": "linear", "topics": ["labor"]}}, "spillover.contractor.topics: unknown name 'labor'"),
    ],
)
def test_layers_that_do_not_fit_are_refused(spillover: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        bare(1, **LISTED, spillover=spillover)
    assert said in str(caught.value)


# What must not matter

WATCHED: dict[str, Any] = {"monitoring.share": 0.1, "lists.labour.records": 1, "population.branch_share": 0.3}
OFF: dict[str, Any] = {"spillover.partner": {"kind": "none"}}
NOTHING: dict[str, dict[str, Any]] = {
    "grade": {"mode": "grade", "strength": 0.0},
    "gap": {"mode": "grade", "gap": 99},
    "lever": {"mode": "lever", "strength": 0.0},
    "list": {"mode": "list", "threshold": 1.01},
    "list recursive": {"mode": "list", "threshold": 1.01, "reach": "recursive"},
    "list truncated": {"mode": "list", "threshold": 1.01, "reach": "truncated"},
    "list off": {"mode": "list", "threshold": 0.01, "strength": 0.0},
    "probability": {"mode": "list", "rule": "probability", "chance": 0.0},
}


@pytest.mark.parametrize("rule", NOTHING.values(), ids=NOTHING)
@pytest.mark.parametrize("layers", ["any", "all", "sum"])
def test_spillover_of_nothing_is_no_spillover_in_any_channel(rule: dict[str, Any], layers: str) -> None:
    if layers == "sum" and rule.get("rule") == "probability":
        return
    rules = {f"spillover.{name}": {"kind": "linear"} | rule for name in CHANNELS}
    changes = WATCHED | OFF | {"spillover.person": {"kind": "none"}}
    joint = {"spillover.layers": layers, "spillover.threshold": 1.01}
    assert_same(run(small(**changes)), run(small(**changes | rules | joint)))


def test_staff_and_records_of_no_strength_are_no_spillover() -> None:
    changes = WATCHED | OFF
    nothing = {f"spillover.{name}": {"kind": "linear", "strength": 0.0} for name in ("contractor", "staff")}
    assert_same(run(small(**changes)), run(small(**changes | nothing)))


@pytest.mark.parametrize("mode", ["points", "grade", "list", "lever"])
@pytest.mark.parametrize("reach", ["first_order", "recursive"])
def test_disconnected_parts_do_not_affect_each_other(mode: str, reach: str) -> None:
    """Firms of two jurisdictions have the same history alone and side by side, with all channels on."""
    rule = {"kind": "linear", "mode": mode, "strength": 0.2, "threshold": 0.1, "reach": reach}
    channels = {name: dict(rule) for name in CHANNELS} | {"staff": {"kind": "linear"}}
    if mode != "points":
        channels["contractor"] = channels["contractor"] | {"weighting": "equal"}
    spec = bare(1, **LISTED, measures=BAN, months=6, spillover=channels, seed=5)
    spec = spec.changed({"lists.l.initial": 0.2, "monitoring": {"kind": "coverage", "share": 0.5}})
    spec = spec.changed({"violations": {"kind": "hazard"}, "topics.a.hazard": 0.2})
    one, other = mixed(seed=1), mixed(30, seed=2)
    together = CreditRegime(spec, economy=combine([one, other]), seeds=[5, 6]).run_model().world
    alone = [CreditRegime(spec, economy=e, seeds=[s]).run_model().world for e, s in ((one, 5), (other, 6))]
    assert (alone[0].firms.listing > 0).any()
    for name in ("score", "grade", "listing", "levers", "associated_cost", "workforce"):
        parts = np.concatenate([getattr(world.firms, name) for world in alone], axis=-1)
        np.testing.assert_allclose(getattr(together.firms, name), parts, rtol=1e-6, err_msg=name)


def test_every_channel_is_a_rule_of_its_own() -> None:
    assert [rule(mode="list").name for rule in (Linear, GroupLinear, PersonLinear)] == ["partner", "group", "person"]
