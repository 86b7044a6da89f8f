"""Cascades of listing, firm by firm, against a recount by hand on graphs for which there is no formula."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditregime import CreditRegime
from creditregime.codes import Standing
from creditregime.population.economy import Economy
from creditregime.validation import mean_field, reduction

Reached = Callable[[int, set[int]], bool]


def months(name: str, graph: Any, seeds: set[int], length: int, **changes: Any) -> list[set[int]]:
    """Return who is listed at the start and after each month in a reduction."""
    spec = reduction(name, lists__contagion__initial=1e-9, **changes)
    model = CreditRegime(spec, economy=in_order(graph))
    model.world.firms.listing[0, [*seeds]], model.world.firms.listed_since[0, [*seeds]] = Standing.OWN, 0
    found = [set(np.flatnonzero(model.world.firms.listing[0]).tolist())]
    for _ in range(length):
        model.step()
        found.append(set(np.flatnonzero(model.world.firms.listing[0]).tolist()))
    return found


def in_order(graph: Any) -> Economy:
    """Return the economy of a graph with node n in row n."""
    ordered: nx.DiGraph[int] = nx.DiGraph()
    ordered.add_nodes_from(sorted(graph))
    ordered.add_edges_from(graph.to_directed().edges(data=True))
    return Economy.from_networkx(ordered)


def by_hand(firms: int, seeds: set[int], length: int, reached: Reached) -> list[set[int]]:
    """Return the same where a firm is listed in a month if `reached` by those listed the month before."""
    found = [seeds]
    for _ in range(length):
        found.append(found[-1] | {firm for firm in range(firms) if reached(firm, found[-1])})
    return found


def neighbours(graph: Any, direction: str) -> Callable[[int], list[int]]:
    """Return whom a firm looks at; both ways one is two votes, as two halves of a mean of means."""

    def of(firm: int) -> list[int]:
        return [*graph.predecessors(firm)] if direction == "suppliers" else [*graph.successors(firm)]

    return of


def share(around: list[int], listed: set[int]) -> Fraction:
    return Fraction(sum(one in listed for one in around), len(around) or 1)


THRESHOLDS = (Fraction(1, 10**9), Fraction(18, 100), Fraction(1, 3), Fraction(1, 2), Fraction(2, 3), Fraction(1))
GRAPH = st.tuples(st.integers(3, 30), st.floats(0.03, 0.4), st.integers(0, 10_000))


@settings(max_examples=60, deadline=None)
@given(GRAPH, st.sampled_from(THRESHOLDS), st.sampled_from(["suppliers", "buyers", "both"]))
def test_firms_list_month_by_month_where_the_share_is_reached(graph: Any, limit: Fraction, direction: str) -> None:
    firms, chance, seed = graph
    drawn = nx.gnp_random_graph(firms, chance, seed=seed, directed=True)
    seeds = {0, firms // 2}
    sides = ["suppliers", "buyers"] if direction == "both" else [direction]
    looks = [neighbours(drawn, side) for side in sides]

    def reached(firm: int, listed: set[int]) -> bool:
        mean = sum(share(look(firm), listed) for look in looks) / len(looks)
        return 0 < mean >= limit

    found = months(
        "watts", drawn, seeds, 6, spillover__partner__threshold=float(limit), spillover__partner__direction=direction
    )
    assert found == by_hand(firms, seeds, 6, reached)


def test_trade_value_counts_where_it_is_to() -> None:
    graph = nx.DiGraph()
    graph.add_weighted_edges_from([(0, 2, 3.0), (1, 2, 1.0), (0, 3, 1.0), (1, 3, 3.0)])
    changes = {"spillover__partner__weighting": "value", "spillover__partner__threshold": 0.75}
    assert months("watts", graph, {0}, 2, **changes)[-1] == {0, 2}
    changes["spillover__partner__weighting"] = "equal"
    changes["spillover__partner__threshold"] = 0.5
    assert months("watts", graph, {0}, 2, **changes)[-1] == {0, 2, 3}


@pytest.mark.parametrize(("limit", "whole"), [(1e-60, True), (1.0, False), (1.0001, False), (5.0, False)])
def test_any_neighbour_is_enough_for_the_least_threshold_and_nothing_for_one_above_all(
    limit: float, whole: bool
) -> None:
    graph = nx.complete_graph(6)
    graph.add_node(6)  # nobody's partner
    found = months("watts", graph, {0, 6}, 3, spillover__partner__threshold=limit)
    assert found[-1] == ({0, 1, 2, 3, 4, 5, 6} if whole else {0, 6})
    assert months("watts", graph, {0}, 3, spillover__partner__threshold=1e-60)[-1] == set(range(6))


def test_listing_takes_a_month_a_link() -> None:
    path = nx.path_graph(6)
    found = months("watts", path, {0}, 5, spillover__partner__threshold=0.5)
    assert found == [set(range(n + 1)) for n in range(6)]


def test_listed_shares_grow_with_the_share_at_the_start_and_fall_with_the_threshold() -> None:
    def final(**changes: Any) -> float:
        spec = reduction("watts", population__firms=2000, months=40, **changes)
        return float((CreditRegime(spec).run_model().world.firms.listing[0] > 0).mean())

    by_seeds = [final(lists__contagion__initial=share) for share in (0.001, 0.01, 0.1, 0.5)]
    by_limit = [final(spillover__partner__threshold=limit) for limit in (0.1, 0.18, 0.3, 0.6)]
    assert all(low <= high for low, high in pairwise(by_seeds))
    assert all(high >= low for high, low in pairwise(by_limit))


LAYERED = st.sampled_from([("any", (1, 1)), ("all", (1, 1)), ("sum", (1, 1)), ("sum", (1, 3)), ("sum", (2, 0))])


@settings(max_examples=60, deadline=None)
@given(GRAPH, LAYERED, st.sampled_from(THRESHOLDS))
def test_layers_list_firm_by_firm_as_they_say(graph: Any, how: Any, limit: Fraction) -> None:
    firms, chance, seed = graph
    layers, votes = how
    drawn = nx.gnp_random_graph(firms, chance, seed=seed, directed=True)
    contracts = nx.gnp_random_graph(firms, chance, seed=seed + 1, directed=True)
    drawn.remove_edges_from([*contracts.edges])
    looks = [neighbours(layer, "suppliers") for layer in (drawn, contracts)]
    seeds = {0, firms // 2}

    def reached(firm: int, listed: set[int]) -> bool:
        around = [look(firm) for look in looks]
        if layers != "sum":
            met = [bool(them) and 0 < share(them, listed) >= limit for them in around]
            return any(met) if layers == "any" else all(met)
        there = sum(vote * len(them) for vote, them in zip(votes, around, strict=True))
        those = sum(vote * len(listed.intersection(them)) for vote, them in zip(votes, around, strict=True))
        return those > 0 and Fraction(those, there) >= limit

    both = nx.DiGraph()
    both.add_nodes_from(range(firms))
    both.add_edges_from(drawn.edges)
    both.add_edges_from(contracts.edges, contract=True)
    changes = {f"spillover__{name}__threshold": float(limit) for name in ("partner", "contractor")}
    found = months(
        "layers",
        both,
        seeds,
        5,
        spillover__layers=layers,
        spillover__threshold=float(limit),
        spillover__votes=dict(zip(("partner", "contractor"), votes, strict=True)),
        **changes,
    )
    assert found == by_hand(firms, seeds, 5, reached)


def test_partners_are_all_links_or_those_that_are_not_contracts() -> None:
    graph = nx.DiGraph([(0, 2), (1, 2, {"contract": True})])
    off = {"spillover__contractor": {"kind": "none"}, "spillover__partner__threshold": 1.0}
    assert months("layers", graph, {0}, 2, **off)[-1] == {0, 2}
    assert months("layers", graph, {0}, 2, **off, spillover__partner__links="all")[-1] == {0}


# Open ties


@pytest.mark.parametrize("direction", ["suppliers", "buyers", "both"])
def test_a_pair_that_trades_both_ways_is_open_both_ways_or_not(direction: str) -> None:
    """What is reached from one firm is reached from any other that it reaches: parts of bond percolation."""
    graph = nx.gnp_random_graph(40, 0.06, seed=3)
    changes = {"spillover__partner__chance": 0.5, "spillover__partner__direction": direction}
    parts = [frozenset(months("percolation", graph, {firm}, 25, **changes)[-1]) for firm in range(40)]
    assert all(parts[other] == part for part in parts for other in part)
    assert 1 < len(set(parts)) < 40
    assert len({*parts}) > nx.number_connected_components(graph)


@pytest.mark.parametrize("way", ["one", "both"])
@pytest.mark.parametrize("chance", [0.2, 0.7])
def test_the_tie_of_a_pair_is_open_with_the_stated_chance_however_many_links_it_has(way: str, chance: float) -> None:
    pairs = 4000
    graph = nx.DiGraph((2 * number, 2 * number + 1) for number in range(pairs))
    graph = graph if way == "one" else nx.DiGraph([*graph.edges, *graph.reverse().edges])
    changes = {"spillover__partner__chance": chance, "spillover__partner__direction": "both"}
    found = months("percolation", graph, {2 * number for number in range(pairs)}, 2, **changes)[-1]
    assert (len(found) - pairs) / pairs == pytest.approx(chance, abs=4 * (chance * (1 - chance) / pairs) ** 0.5)


def test_a_new_partner_has_a_tie_of_its_own() -> None:
    graph = nx.DiGraph((number, 500) for number in range(500))
    spec = reduction("percolation", spillover__partner__direction="suppliers")
    model = CreditRegime(spec, economy=in_order(graph))
    world, rule = model.world, spec.spillover.partner
    seen = rule.counts(world, 0.5).matrix.toarray()[500, :500] > 0
    world.network.connect(np.arange(250), np.arange(250)[::-1].astype(np.int32), 1)  # half of them change places
    again = rule.counts(world, 0.5).matrix.toarray()[500, :500] > 0
    np.testing.assert_array_equal(seen, again)
    assert 150 < seen.sum() < 350


# The mean field itself


@pytest.mark.parametrize("mean", [0.8, 1.5, 4.0])
def test_generating_functions_agree_with_the_recursion_from_ever_fewer(mean: float) -> None:
    degrees = mean_field.poisson_degrees(mean)
    for chance in (0.1, 0.6, 0.95):
        path = mean_field.shares(degrees, mean_field.open_ties(degrees, chance), 1e-9)
        assert mean_field.settled(path) == pytest.approx(mean_field.giant(degrees, chance), abs=1e-4)


@pytest.mark.parametrize("limit", [0.1, 0.18, 0.21, 0.25])
def test_the_window_ends_where_one_listing_makes_one(limit: float) -> None:
    for end in mean_field.window(limit) or ():
        assert mean_field.growth(mean_field.poisson_degrees(end), limit) == pytest.approx(1, abs=1e-9)


def test_two_layers_of_which_one_is_empty_are_one() -> None:
    degrees, empty = mean_field.poisson_degrees(3.0), np.array([1.0])
    one = mean_field.settled(mean_field.shares(degrees, mean_field.threshold(degrees, 0.18), 0.001))
    for layers in ("any", "sum"):
        response = mean_field.on_two(degrees, empty, 0.18, layers)  # type: ignore[arg-type]
        assert mean_field.settled(mean_field.shares_of_two(degrees, empty, response, 0.001)) == pytest.approx(one)
