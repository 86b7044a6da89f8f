"""Published regularities of firm networks, by other estimators than those of the validation suite.

Axtell 2001 (sizes); Bacilieri et al. 2023 and Fujiwara & Aoyama 2010 (degrees, strengths, assortativity); World
Input-Output Database 2013 (flows).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import networkx as nx
import numpy as np
import pytest

from creditregime.population import Economy, Generated, GraphModel, read_table
from creditregime.validation.firm_statistics import assortativity, degrees, flow_error, hill, regularities, strengths

SEEDS = range(100, 104)
FIRMS = 5000


def rank_slope(values: Any, share: float = 0.1) -> float:
    """Return the CCDF exponent by regression of log(rank − ½) on log value (Gabaix & Ibragimov 2011)."""
    ordered = np.sort(np.asarray(values, float))[::-1][: int(len(values) * share)]
    rank = np.arange(1, len(ordered) + 1)
    return float(-np.polyfit(np.log(ordered), np.log(rank - 0.5), 1)[0])


@pytest.fixture(scope="module", params=SEEDS)
def economy(request: pytest.FixtureRequest) -> Economy:
    """Return a generated economy of 5,000 firms."""
    return Generated(firms=FIRMS).build(request.param)


def test_ranks_fall_with_the_exponents(economy: Economy) -> None:
    """Three standard errors, exponent × √(2/500), around the published exponents; degrees are capped by the economy."""
    suppliers, buyers = degrees(economy)
    for values, exponent in ((economy.size, 1.06), (suppliers, 1.35), (buyers, 1.26)):
        assert rank_slope(values) == pytest.approx(exponent, abs=3 * exponent * (2 / 500) ** 0.5)


@pytest.mark.parametrize("exponent", [1.06, 1.35, 2.5])
def test_hill_finds_the_exponent_of_independent_draws(exponent: float) -> None:
    draws = np.random.Generator(np.random.PCG64(1)).pareto(exponent, 200_000) + 1
    assert hill(draws) == pytest.approx(exponent, rel=4 / 20_000**0.5)
    assert rank_slope(draws) == pytest.approx(exponent, rel=4 * (2 / 20_000) ** 0.5)


def test_statistics_are_those_of_the_graph_link_by_link(economy: Economy) -> None:
    graph = economy.to_networkx()
    suppliers, buyers = degrees(economy)
    assert suppliers.tolist() == [degree for _, degree in graph.in_degree()]
    assert buyers.tolist() == [degree for _, degree in graph.out_degree()]
    bought, sold = strengths(economy)
    np.testing.assert_allclose(bought, [value for _, value in graph.in_degree(weight="weight")], rtol=1e-6)
    np.testing.assert_allclose(sold, [value for _, value in graph.out_degree(weight="weight")], rtol=1e-6)
    multi: nx.MultiGraph[int] = nx.MultiGraph()
    multi.add_nodes_from(graph)
    multi.add_edges_from(graph.edges())
    assert assortativity(economy) == pytest.approx(nx.degree_pearson_correlation_coefficient(multi), abs=1e-6)


def test_flows_are_those_of_the_table_cell_by_cell(economy: Economy) -> None:
    table = read_table("china_2011")
    flows: Counter[tuple[str, str]] = Counter()
    sector = nx.get_node_attributes(graph := economy.to_networkx(), "sector")
    for supplier, buyer, money in graph.edges(data="weight"):
        flows[sector[supplier], sector[buyer]] += money
    names = table.sectors
    wanted = {(a, b): table.flows[i, j] for i, a in enumerate(names) for j, b in enumerate(names)}
    scale = FIRMS / table.output.sum()
    error = sum(abs(flows[pair] - scale * value) for pair, value in wanted.items()) / (scale * table.flows.sum())
    assert error == pytest.approx(flow_error(economy, table), abs=1e-5)
    assert error < 0.05


def test_directed_assortativity_is_negative_too(economy: Economy) -> None:
    suppliers, buyers = degrees(economy)
    assert -0.35 < np.corrcoef(buyers[economy.supplier], suppliers[economy.buyer])[0, 1] < -0.05


def test_nobody_dominates(economy: Economy) -> None:
    assert economy.size.max() < 0.05 * economy.size.sum()


def test_preferential_attachment_has_the_exponent_of_its_theory() -> None:
    """P(degree ≥ k) falls as k⁻², its links weigh the same, and its large firms are joined to small ones by chance."""
    found = regularities(GraphModel(graph="preferential_attachment", firms=40_000, mean_degree=4).build(1))
    assert found["in-degree exponent"] == pytest.approx(2, abs=0.35)
    assert found["in-degree exponent"] == found["out-degree exponent"]
