"""Supply networks that are written into a scenario, and sizes where money is not followed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from creditregime import CreditRegime, Economy, Scenario
from creditregime.errors import PopulationError, ScenarioError
from creditregime.population import Links
from tests.helpers import bare


def scenario(**population: Any) -> Scenario:
    return bare(1, population={"kind": "links", **population})


def test_links_become_an_economy_with_its_rows_in_order(tmp_path: Path) -> None:
    spec = scenario(links=[[10, 2], [2, "mill", 3.0], [2, 10, 0.5]], sectors={"10": "x", 2: 7}, final_demand_share=0.5)
    assert isinstance(spec.population, Links)
    assert spec.population.names() == ["2", "10", "mill"]
    economy = spec.population.build(1)
    assert economy.sectors == ("7", "x", "all")
    assert economy.sector.tolist() == [0, 1, 2]
    assert list(zip(economy.supplier.tolist(), economy.buyer.tolist(), strict=True)) == [(1, 0), (0, 1), (0, 2)]
    sales = economy.coefficient * economy.size[economy.buyer]
    np.testing.assert_allclose(sales / sales[0], [1, 0.5, 3], rtol=1e-6)
    np.testing.assert_allclose(economy.final_demand[:2] / economy.size[:2], 0.5, rtol=1e-6)
    path = tmp_path / "s.yaml"
    path.write_text(spec.to_yaml(), encoding="utf-8")
    assert Scenario.read(path) == spec


def test_firms_without_links_can_be_named() -> None:
    economy = scenario(sectors={"a": "x", "b": "y"}).population.build(1)
    assert (economy.firms, economy.links) == (2, 0)


@pytest.mark.parametrize(
    ("population", "said"),
    [
        ({}, "population: links: at least one link, or one firm in sectors, is needed"),
        ({"links": [[1, 1]]}, "population.links.0: [1, 1] is not allowed: firm 1 supplies itself"),
        ({"links": [[1, 2, 0]]}, "population.links.0: [1, 2, 0] is not allowed: the link from 1 to 2 weighs 0"),
        ({"links": [[1, 2, -1]]}, "population.links.0"),
        ({"links": [[1]]}, "population.links.0"),
        ({"links": [[1, 2, 3, 4]]}, "population.links.0"),
        ({"links": [1]}, "population.links.0"),
        ({"links": [[1, None]]}, "population.links.0.1"),
        ({"links": [[1, 2, float("inf")]]}, "population.links.0.2"),
    ],
)
def test_bad_links_are_told_by_their_place(population: dict, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario(**population)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_sizes_are_what_links_sell_where_inputs_may_cost_anything() -> None:
    graph = nx.DiGraph([("mine", "mill", {"weight": 5.0}), ("mill", "shop", {"weight": 1.0})])
    graph.add_node("idle")
    economy = Economy.from_networkx(graph, max_input_share=1e9)
    np.testing.assert_allclose(economy.size[:2] / economy.size[1], [5, 1], rtol=1e-6)
    assert (economy.size[2:] < 1e-8).all()
    model = CreditRegime(bare(1, trade={"kind": "generalised_leontief", "rationing": "initial"}), economy=economy)
    for _ in range(3):
        model.step()
    np.testing.assert_allclose(model.world.firms.output, 1, atol=1e-6)
    with pytest.raises(PopulationError, match=r"firm \d: inputs cost .* with finance"):
        CreditRegime(bare(1, finance="accounts"), economy=economy)
    for share in (0, 2e9):
        with pytest.raises(PopulationError, match=r"max_input_share in \(0, 1e9\]"):
            Economy.from_networkx(graph, max_input_share=share)


def test_essentiality_may_be_stated_by_pair_of_sectors() -> None:
    graph = nx.DiGraph([("a", "b"), ("b", "a")])
    nx.set_node_attributes(graph, {"a": "x", "b": "y"}, "sector")
    economy = Economy.from_networkx(graph, essential=[[1, 0], [2, 1]])
    assert economy.essential.tolist() == [[1, 0], [2, 1]]
    with pytest.raises(PopulationError, match=r"essential has the shape \(3,\)"):
        Economy.from_networkx(graph, essential=[1, 0, 1])
