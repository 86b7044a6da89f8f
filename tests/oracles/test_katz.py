"""Linear spillover without end: what no closed form covers, against exact arithmetic and dense linear algebra."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from creditregime import CreditRegime
from creditregime.errors import ScenarioError
from creditregime.population.economy import Economy
from creditregime.regime.neighbours import Neighbours, Together, Weighted
from creditregime.regime.recursion import radius
from creditregime.regime.spillover import GroupLinear, PersonLinear
from creditregime.validation import reduction
from tests.helpers import bare

Matrix = NDArray[np.float64]


def carried(graph: Any, strength: float, shocks: list[int], **partner: Any) -> Matrix:
    """Return by firm the points lost in the end, where some firms have a record of one point."""
    partner = {"spillover.partner": {"kind": "linear", "reach": "recursive", "strength": strength} | partner}
    spec = reduction("katz", topics__offence__hazard=0.0).changed(partner)
    model = CreditRegime(spec, economy=Economy.from_networkx(graph))
    model.world.firms.live[1, 0, shocks] = 1
    model.step()
    return -model.world.firms.score[0].astype(float)


def exactly(graph: Any, strength: float, shocks: list[int]) -> list[float]:
    """Solve x = s + δ Σ x over suppliers in rational numbers, by Gauss and Jordan."""
    nodes = [*graph]
    rows = [
        [
            Fraction(int(i == j)) - Fraction(strength) * graph.number_of_edges(nodes[j], nodes[i])
            for j in range(len(nodes))
        ]
        + [Fraction(int(i in shocks))]
        for i in range(len(nodes))
    ]
    for k in range(len(rows)):
        pivot = next(i for i in range(k, len(rows)) if rows[i][k])
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for i in range(len(rows)):
            if i != k and (factor := rows[i][k] / rows[k][k]):
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [float(row[-1] / row[k]) for k, row in enumerate(rows)]


GRAPHS: dict[str, Any] = {
    "ring": nx.cycle_graph(9, create_using=nx.DiGraph),
    "complete": nx.complete_graph(8, create_using=nx.DiGraph),
    "path": nx.path_graph(7, create_using=nx.DiGraph),
    "star": nx.star_graph(6).to_directed(),
    "random": nx.gnp_random_graph(12, 0.2, seed=5, directed=True),
    "two rings in a row": nx.DiGraph([(0, 1), (1, 0), (1, 2), (2, 3), (3, 4), (4, 2)]),
}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("part", [0.1, 0.9, 0.999])
def test_one_shock_and_several_end_where_exact_arithmetic_says(name: str, part: float) -> None:
    graph = GRAPHS[name]
    strength = part / (float(np.abs(np.linalg.eigvals(nx.to_numpy_array(graph))).max()) if name != "path" else 0.2)
    for shocks in ([0], [1, 3, 4]):
        found = carried(graph, strength, shocks, weighting="sum")
        np.testing.assert_allclose(found, exactly(graph, strength, shocks), rtol=1e-6)


def test_shocks_add_up() -> None:
    graph = GRAPHS["random"]
    one, other, both = (carried(graph, 0.2, shocks, weighting="sum") for shocks in ([0], [5, 7], [0, 5, 7]))
    np.testing.assert_allclose(one + other, both, rtol=1e-6)


def test_a_leontief_inverse_of_stated_coefficients() -> None:
    """With stated sizes the coefficients are what the analyst says: three sectors of Leontief's kind."""
    needs = np.array([[0.0, 0.4, 0.1], [0.2, 0.0, 0.3], [0.1, 0.2, 0.0]])  # [supplier, buyer], per unit of output
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(3), size=1.0)
    graph.add_weighted_edges_from((i, j, needs[i, j]) for i in range(3) for j in range(3) if needs[i, j])
    demand = np.array([0.0, 1.0, 0.0])
    orders = carried(graph, 1.0, [1], weighting="coefficient", direction="buyers")
    np.testing.assert_allclose(orders, np.linalg.solve(np.eye(3) - needs, demand), rtol=1e-6)
    prices = carried(graph, 1.0, [1], weighting="coefficient", direction="suppliers")
    np.testing.assert_allclose(prices, np.linalg.solve(np.eye(3) - needs.T, demand), rtol=1e-6)


@pytest.mark.parametrize("base", [100.0, 1000.0])
def test_a_column_of_scores_keeps_what_single_precision_can(base: float) -> None:
    """Scores that count from a base are rounded to half a unit in the last place of it, and no more is lost."""
    graph = nx.gnp_random_graph(60, 0.05, seed=2, directed=True)
    model = CreditRegime(
        reduction("katz", rating__base=base, spillover__partner__strength=0.25), economy=Economy.from_networkx(graph)
    )
    model.step()
    firms = model.world.firms
    own = base - firms.own_score[0].astype(float)
    expected = np.linalg.solve(np.eye(60) - 0.25 * nx.to_numpy_array(graph).T, own)
    half = 0.5 * float(np.spacing(np.float32(base)))
    np.testing.assert_allclose(base - firms.score[0].astype(float), expected, rtol=1e-6, atol=half)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 25), st.floats(0.02, 0.6), st.integers(0, 10_000))
def test_the_radius_is_that_of_the_largest_strong_part(firms: int, chance: float, seed: int) -> None:
    graph = nx.gnp_random_graph(firms, chance, seed=seed, directed=True)
    weights = nx.to_numpy_array(graph) * np.random.Generator(np.random.PCG64(seed)).lognormal(0, 2, (firms, firms))
    parts = [np.ix_([*part], [*part]) for part in nx.strongly_connected_components(graph)]
    expected = max(float(np.abs(np.linalg.eigvals(weights[part])).max()) for part in parts)
    assert radius(csr_array(weights)) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("firms", [300, 2000])
def test_the_radius_of_a_long_ring_of_unequal_links_is_their_geometric_mean(firms: int) -> None:
    weight = np.random.Generator(np.random.PCG64(firms)).uniform(0.5, 2, firms)
    matrix = np.zeros((firms, firms))
    matrix[np.arange(firms), (np.arange(firms) + 1) % firms] = weight
    assert radius(csr_array(matrix)) == pytest.approx(float(np.exp(np.log(weight).mean())), rel=1e-10)


def test_chains_have_no_limit_however_long() -> None:
    assert radius(csr_array(np.triu(np.full((400, 400), 3.0), 1))) == 0


def test_means_have_a_limit_above_one_where_some_look_at_nobody() -> None:
    """Two firms look at each other, and one of them at a third that looks at nobody: ρ = √½."""
    graph = nx.DiGraph([(0, 1), (1, 0), (2, 0)])
    carried(graph, 1.41, [2], weighting="equal")
    with pytest.raises(ScenarioError, match=r"strength: 1\.42 does not .* needs less than 1\.41421$"):
        carried(graph, 1.42, [2], weighting="equal")


@pytest.mark.parametrize("channel", ["group", "person"])
def test_other_channels_are_refused_at_the_limit_where_they_have_one(channel: str) -> None:
    graph = nx.DiGraph([(0, 1)])
    graph.nodes[1]["group"] = graph.nodes[1]["person"] = 0
    rated = {"registry": {"kind": "database", "sharing": "central"}, "rating": {"kind": "points"}}
    rule = {"kind": "linear", "strength": 1.0, "reach": "recursive"} | (
        {"direction": "both"} if channel == "group" else {}
    )
    spec = bare(1, **rated, spillover={channel: rule})
    with pytest.raises(ScenarioError, match=rf"spillover\.{channel}\.strength: 1\.0 does not .* less than 1$"):
        CreditRegime(spec, economy=Economy.from_networkx(graph))
    CreditRegime(spec.changed({f"spillover.{channel}.strength": 0.999}), economy=Economy.from_networkx(graph))
    if channel == "group":
        CreditRegime(
            spec.changed({"spillover.group.direction": "parent_to_branch"}), economy=Economy.from_networkx(graph)
        )


@pytest.mark.parametrize("weighting", ["value", "equal", "sum", "coefficient"])
@pytest.mark.parametrize("direction", ["suppliers", "buyers", "both"])
def test_a_layer_and_its_matrix_are_the_same_map(direction: Any, weighting: Any) -> None:
    graph = nx.gnp_random_graph(50, 0.08, seed=3, directed=True)
    for row in range(50):
        graph.add_node(row, group=row - row % 5, person=row - row % 3, region="ab"[row % 2])
    world = CreditRegime(bare(1), economy=Economy.from_networkx(graph)).world
    values = np.random.Generator(np.random.PCG64(4)).random(50)
    layers: list[Any] = [
        Neighbours(world.network, world.firms.size, direction, weighting),
        Neighbours(world.network, world.firms.size, direction, weighting, world.firms.region),
        PersonLinear().layer(world),
        *(GroupLinear(direction=way).layer(world) for way in ("branch_to_parent", "parent_to_branch", "both")),
    ]
    layers.append(Together([Weighted(0.3 * number, layer) for number, layer in enumerate(layers)]))
    for layer in layers:
        np.testing.assert_allclose(layer.matrix @ values, layer.mean(values), rtol=3e-6)
