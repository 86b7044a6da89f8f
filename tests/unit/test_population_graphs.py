"""Supply networks from graphs: equilibrium, defaults, round trips, files, errors."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditregime.errors import PopulationError
from creditregime.population import Economy, Generated, Graph, combine
from creditregime.population.economy import columns

PAPER = [(2, 1), (2, 3), (3, 7), (6, 7), (7, 4), (7, 11), (8, 11), (9, 5), (9, 10), (10, 7)]
"""The 11-firm example of Diem et al. 2022, supplier to buyer."""


def sales(economy: Economy) -> np.ndarray:
    """Return the money that goes over each link."""
    return economy.coefficient * economy.size.astype(float)[economy.buyer]


def assert_close(one: Economy, other: Economy) -> None:
    """Assert that two economies agree to float32 rounding."""
    for declared in columns():
        mine, theirs = getattr(one, declared.name), getattr(other, declared.name)
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6, err_msg=declared.name)
    assert (one.sectors, one.regions, one.starts) == (other.sectors, other.regions, other.starts)


def test_bare_edge_list_keeps_its_weights() -> None:
    economy = Economy.from_networkx(nx.DiGraph(PAPER))
    money = sales(economy)
    np.testing.assert_allclose(money, money[0], rtol=1e-6)
    assert economy.size.mean() == pytest.approx(1)
    assert economy.sectors == ("all",)
    assert (economy.ownership == 1).all()
    assert (economy.group == np.arange(11)).all()
    sinks = np.bincount(economy.supplier, minlength=11) == 0
    assert (economy.final_demand[sinks] > 0).all()
    sources = np.bincount(economy.buyer, minlength=11) == 0
    assert (economy.final_demand[sources] == 0).all()


def test_final_demand_share_holds_where_inputs_allow() -> None:
    economy = Economy.from_networkx(nx.DiGraph(PAPER), final_demand_share=0.4)
    sources = np.bincount(economy.buyer, minlength=11) == 0
    np.testing.assert_allclose((economy.final_demand / economy.size)[sources], 0.4, rtol=1e-6)
    inputs = np.bincount(economy.buyer, economy.coefficient, 11)
    assert inputs.max() <= 0.9 + 1e-6


def test_node_attributes_are_used() -> None:
    graph = nx.DiGraph()
    graph.add_node("mine", sector="mining", region="north", ownership="state", size=4.0, person="ann")
    graph.add_node("mill", sector="steel", region="south", ownership="foreign", final_demand=8.0, imports=0.1)
    graph.add_node("shop", sector="steel", region="south", group="mill", person="ann")
    graph.add_edge("mine", "mill", weight=2.0)
    economy = Economy.from_networkx(graph)
    assert economy.sectors == ("steel", "mining")
    assert economy.sector.tolist() == [1, 0, 0]
    assert economy.ownership.tolist() == [0, 2, 1]
    assert economy.group.tolist() == [0, 1, 1]
    assert economy.person.tolist() == [0, 1, 0]
    np.testing.assert_allclose(economy.size, np.array([4, 8, 6]) / 6)
    np.testing.assert_allclose(economy.final_demand, np.array([2, 8, 6]) / 6)
    assert economy.coefficient[0] == pytest.approx(2 / 8)
    assert economy.imports.tolist() == pytest.approx([0, 0.1, 0])


@settings(max_examples=40, deadline=None)
@given(nodes=st.integers(1, 30), seed=st.integers(0, 99), share=st.floats(0, 0.9), limit=st.floats(0.1, 0.98))
def test_any_graph_becomes_an_equilibrium(nodes: int, seed: int, share: float, limit: float) -> None:
    graph = nx.gnp_random_graph(nodes, 0.2, seed=seed, directed=bool(seed % 2))
    economy = Economy.from_networkx(graph, final_demand_share=share, max_input_share=limit)
    assert economy.links == graph.number_of_edges() * (1 if graph.is_directed() else 2)


def test_round_trip_in_memory() -> None:
    economy = Generated(firms=80).build(2)
    assert_close(Economy.from_networkx(economy.to_networkx()), economy)
    two = combine([economy, economy])
    assert_close(Economy.from_networkx(two.to_networkx()), two)


@pytest.mark.parametrize("suffix", [".graphml", ".gexf"])
def test_round_trip_through_files(tmp_path: Path, suffix: str) -> None:
    economy = Generated(firms=80).build(2)
    path = tmp_path / f"network{suffix}"
    {".graphml": nx.write_graphml, ".gexf": nx.write_gexf}[suffix](economy.to_networkx(), path)
    back = Graph(path=str(path)).build(0)
    assert back.links == economy.links
    np.testing.assert_allclose(back.size, economy.size, rtol=1e-6)
    if suffix == ".graphml":  # GEXF keeps no attributes of the graph, so sectors are numbered anew
        assert_close(back, economy)


def test_parallel_edges_add_up() -> None:
    graph = nx.MultiDiGraph()
    graph.add_edge("a", "b", weight=1.0)
    graph.add_edge("a", "b", weight=2.0)
    graph.add_edge("a", "c", weight=3.0)
    money = sales(Economy.from_networkx(graph))
    assert len(money) == 2
    assert money[0] == pytest.approx(money[1])


@pytest.mark.parametrize(
    ("edges", "nodes", "said"),
    [
        ([("a", "a", {})], {}, "graph node 'a': supplies itself"),
        ([("a", "b", {"weight": 0})], {}, "graph edge 'a' -> 'b': weight is 0"),
        ([("a", "b", {"weight": float("nan")})], {}, "graph edge 'a' -> 'b': weight is nan"),
        ([("a", "b", {"weight": "x"})], {}, "graph edge 'a' -> 'b': weight is 'x'"),
        ([("a", "b", {})], {"a": {"size": 0.5}}, "graph node 'a': sells 1 at size 0.5; size must be"),
        ([("b", "a", {})], {"a": {"size": 0}}, "graph node 'a': sells 0 at size 0; size must be above 0"),
        ([("a", "b", {})], {"a": {"size": "big"}}, "graph node 'a': size is 'big'"),
        ([("a", "b", {})], {"a": {"imports": 0.95}}, "graph node 'a': imports must be below"),
        ([("a", "b", {})], {"b": {"ownership": "privat"}}, "graph node 'b': ownership 'privat' is unknown"),
        ([], {"a": {"group": "b"}, "b": {"group": "c"}, "c": {}}, "graph node 'a': its parent 'b' has a parent itself"),
        ([], {}, "graph: no firms"),
    ],
)
def test_bad_graphs_name_the_place(edges: list, nodes: dict, said: str) -> None:
    graph = nx.DiGraph(edges)
    graph.add_nodes_from(nodes)
    nx.set_node_attributes(graph, nodes)
    with pytest.raises(PopulationError) as caught:
        Economy.from_networkx(graph)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_bad_settings_and_files(tmp_path: Path) -> None:
    with pytest.raises(PopulationError, match="final_demand_share must be in"):
        Economy.from_networkx(nx.DiGraph(PAPER), final_demand_share=1.0)
    graph = nx.DiGraph(PAPER, economy="{")
    with pytest.raises(PopulationError, match="must be the JSON text"):
        Economy.from_networkx(graph)
    with pytest.raises(PopulationError, match=r"unknown graph format; allowed: \.graphml, \.gexf"):
        Graph(path="network.csv").build(0)
    for content in ("", "<graph", "<other/>"):
        path = tmp_path / "network.graphml"
        path.write_text(content, encoding="utf-8")
        with pytest.raises(PopulationError, match=r"cannot be read as a graph|no firms"):
            Graph(path=str(path)).build(0)
    with pytest.raises(PopulationError, match=r"population\.path: no file"):
        Graph(path=str(tmp_path / "none.gexf")).build(0)
    (tmp_path / "folder.gexf").mkdir()
    with pytest.raises(PopulationError, match="is a folder; a file is needed"):
        Graph(path=str(tmp_path / "folder.gexf")).build(0)
