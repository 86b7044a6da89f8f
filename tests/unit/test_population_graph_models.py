"""Textbook graphs as populations: the graphs that they name, and equilibria."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, poisson

from creditregime.component import one_line
from creditregime.population import Economy, GraphModel
from creditregime.population.economy import columns
from creditregime.population.graph_models import pairs_at


def drawn(seed: int = 1, **fields: Any) -> Economy:
    return GraphModel(**fields).build(seed)


def degrees(economy: Economy) -> Any:
    """Return each firm's number of suppliers."""
    return np.bincount(economy.buyer, minlength=economy.firms)


def pairs(economy: Economy, which: Any = slice(None)) -> set[tuple[int, int]]:
    return set(zip(economy.supplier[which].tolist(), economy.buyer[which].tolist(), strict=True))


@pytest.mark.parametrize("mean", [0.5, 4.0])
def test_poisson_degrees(mean: float) -> None:
    economy = drawn(firms=20_000, mean_degree=mean)
    found = np.bincount(degrees(economy))
    most = int(poisson.isf(1e-3, mean))
    expected = np.append(poisson.pmf(np.arange(most), mean), poisson.sf(most - 1, mean)) * 20_000
    assert chisquare(np.append(found[:most], found[most:].sum()), expected).pvalue > 1e-3
    linked = pairs(economy)
    assert all((buyer, supplier) in linked for supplier, buyer in linked)


@pytest.mark.parametrize("listed", [(3,), (2, 8), (0, 1, 5)])
def test_given_degrees_are_met_but_for_a_few_loops(listed: tuple[int, ...]) -> None:
    economy = drawn(graph="degree_sequence", firms=3000, degrees=listed)
    wanted = np.resize(listed, 3000)
    assert (degrees(economy) <= wanted).all()
    assert (degrees(economy) < wanted).mean() < 0.01


def test_rings_complete_graphs_and_preferential_attachment() -> None:
    assert pairs(drawn(graph="ring", firms=5)) == {(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)}
    assert pairs(drawn(graph="complete", firms=4)) == {(i, j) for i in range(4) for j in range(4) if i != j}
    grown = drawn(3, graph="preferential_attachment", firms=200, mean_degree=6)
    assert pairs(grown) == {*nx.barabasi_albert_graph(200, 3, seed=3).to_directed().edges}


@pytest.mark.parametrize("graph", ["poisson", "ring", "complete"])
def test_a_firm_alone_and_two(graph: str) -> None:
    assert drawn(graph=graph, firms=1, mean_degree=0).links == 0
    assert drawn(graph=graph, firms=2, mean_degree=1).links == 2


def test_the_second_layer_is_a_graph_of_its_own() -> None:
    one, two = (drawn(5, firms=4000, mean_degree=3, contract_degree=degree) for degree in (0.0, 2.0))
    assert not one.contract.any()
    assert pairs(one) <= pairs(two)  # the first layer is not moved by the second
    assert pairs(two) - pairs(one) <= pairs(two, two.contract)
    contracts = np.bincount(two.buyer[two.contract], minlength=4000)
    others = degrees(one)
    assert contracts.mean() == pytest.approx(2, abs=0.15)
    assert abs(np.corrcoef(contracts, others)[0, 1]) < 0.07


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.9), st.integers(0, 1000))
def test_they_are_the_economies_of_their_networkx_graphs(
    firms: int, first: float, second: float, kept: float, seed: int
) -> None:
    most = firms - 1
    settings = {"mean_degree": first * most, "contract_degree": second * most, "final_demand_share": kept}
    economy = drawn(seed, firms=firms, **settings)
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(firms))
    ends = zip(economy.supplier.tolist(), economy.buyer.tolist(), economy.contract.tolist(), strict=True)
    graph.add_edges_from((supplier, buyer, {"contract": contract}) for supplier, buyer, contract in ends)
    same = Economy.from_networkx(graph, final_demand_share=kept)
    for column in columns():
        np.testing.assert_allclose(getattr(economy, column.name), getattr(same, column.name), rtol=1e-6)


def test_pairs_are_counted_without_gap() -> None:
    ends = pairs_at(np.concatenate([np.arange(5000), np.arange(49_999_995_000_000 - 1000, 49_999_995_000_000)]))
    low, high = ends
    assert (low < high).all()
    assert len(np.unique(ends, axis=1).T) == 6000
    assert high.max() == 9_999_999


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"graph": "degree_sequence"}, "degrees: degree_sequence needs at least one degree"),
        ({"graph": "degree_sequence", "firms": 5, "degrees": (3,)}, "degrees: their sum over all firms must be even"),
        ({"graph": "degree_sequence", "firms": 5, "degrees": (5, 1)}, "degrees: must be between 0 and firms - 1 = 4"),
        ({"firms": 5, "mean_degree": 4.5}, "mean_degree: at most firms - 1 = 4"),
        ({"firms": 5, "mean_degree": 1, "contract_degree": 4.5}, "contract_degree: at most firms - 1 = 4"),
        ({"graph": "preferential_attachment", "mean_degree": 0.5}, "mean_degree: preferential_attachment needs"),
        ({"contract_degree": -1}, "contract_degree"),
    ],
)
def test_graphs_that_cannot_be_drawn_are_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match="validation error") as caught:
        GraphModel(**fields)
    assert said in one_line(caught.value)  # type: ignore[arg-type]
