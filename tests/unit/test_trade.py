"""Trade: production, orders, stocks and substitution."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.codes import Lever, Payer
from creditregime.population.economy import Economy
from tests.helpers import bare, links, random_graph, ring

PLAIN = {"kind": "generalised_leontief", "substitution": 0.0, "replaceability": "none", "headroom": 1.0}


def model_of(economy: Economy, **trade: Any) -> CreditRegime:
    return CreditRegime(bare(1, trade=PLAIN | trade), economy=economy)


@pytest.mark.parametrize("rationing", ["orders", "initial"])
@pytest.mark.parametrize("replaceability", ["none", "market_share"])
def test_the_initial_state_is_an_equilibrium(rationing: str, replaceability: str) -> None:
    spec = bare(1, trade=PLAIN | {"rationing": rationing, "replaceability": replaceability, "headroom": 1.3})
    model = CreditRegime(spec).run_model()
    for name in ("output", "demand"):
        np.testing.assert_allclose(getattr(model.world.firms, name), 1, rtol=2e-4, err_msg=name)


def test_a_loss_travels_one_link_a_month_down_the_chain() -> None:
    economy = Economy.from_networkx(nx.path_graph(5, create_using=nx.DiGraph))
    model = model_of(economy, rationing="initial")
    model.world.firms.active[0] = False
    outputs = []
    for _ in range(6):
        model.step()
        outputs.append(model.world.firms.output.copy())
    for firm in range(1, 5):
        path = [output[firm] for output in outputs]
        assert path[:firm] == pytest.approx([1] * firm)
        assert path[firm:] == [0] * (6 - firm)


def test_a_loss_travels_one_link_a_month_up_the_chain() -> None:
    economy = Economy.from_networkx(nx.path_graph(4, create_using=nx.DiGraph), max_input_share=0.98)
    model = model_of(economy, rationing="initial")
    model.world.firms.active[3] = False
    outputs = []
    for _ in range(6):
        model.step()
        outputs.append(model.world.firms.output.tolist())
    assert outputs[0][:3] == pytest.approx([1, 1, outputs[0][2]], rel=1e-5)
    assert outputs[0][2] < 0.05 or outputs[1][2] < 0.05
    assert outputs[-1][0] < outputs[0][0]
    for before, after in pairwise(outputs):
        assert (np.array(after) <= np.array(before) + 1e-6).all()


@pytest.mark.parametrize(("essential", "expected"), [(1, 0.0), (0, 0.5), (2, 1.0)])
def test_essential_inputs_bind_others_count_linearly(essential: int, expected: float) -> None:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from((row, {"sector": name}) for row, name in enumerate("xyz"))
    graph.add_edges_from([(0, 2), (1, 2)])
    model = model_of(Economy.from_networkx(graph, essential=essential), rationing="initial")
    model.world.firms.active[0] = False
    for _ in range(3):
        model.step()
    assert model.world.firms.output[2] == pytest.approx(expected, abs=1e-6)


def test_inputs_of_one_sector_replace_each_other() -> None:
    model = model_of(links(3, (0, 2), (1, 2), essential=1), rationing="initial")
    model.world.firms.active[0] = False
    for _ in range(3):
        model.step()
    assert model.world.firms.output[2] == pytest.approx(0.5, abs=1e-6)


def test_stocks_delay_the_loss_of_a_supplier() -> None:
    outputs = {}
    for stocks in (1.0, 4.0):
        model = model_of(ring(6), rationing="orders", stocks=stocks, imported=0)
        model.world.firms.active[0] = False
        path = []
        for _ in range(8):
            model.step()
            path.append(float(model.world.firms.output[1]))
        outputs[stocks] = path
    assert sum(outputs[4.0]) > sum(outputs[1.0]) + 1
    assert outputs[1.0][-1] == outputs[4.0][-1] == pytest.approx(0, abs=1e-6)


def test_output_never_exceeds_capacity_nor_sales_the_output() -> None:
    model = CreditRegime(bare(1, trade=PLAIN | {"headroom": 1.2}, **{"population.firms": 80}))
    model.world.firms.active[::7] = False
    for _ in range(12):
        model.step()
        firms = model.world.firms
        assert (firms.output <= 1.2 + 1e-6).all()
        assert (firms.output <= firms.demand + 1e-6).all()
        assert not firms.output[::7].any()


def test_competitors_take_over_the_share_that_substitutes() -> None:
    """Three firms of one sector sell to consumers; one leaves; the others gain the share of its demand."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(3), size=1.0)
    economy = Economy.from_networkx(graph)
    for substitution in (0.0, 0.5, 1.0):
        model = model_of(economy, substitution=substitution, headroom=2.0)
        model.world.firms.active[0] = False
        for _ in range(2):  # in the first month firms have what they need for their initial output
            model.step()
        np.testing.assert_allclose(model.world.firms.output, [0, 1 + substitution / 2, 1 + substitution / 2], rtol=1e-6)


def test_a_monopolist_does_not_substitute_for_itself() -> None:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_node(0, size=1.0)
    model = model_of(Economy.from_networkx(graph), substitution=1.0)
    act = model.catalogue.act

    def publish(world: Any, lists: Any) -> None:
        act(world, lists)
        world.firms.levers[Lever.PUBLICATION] = 0.5

    model.catalogue.act = publish  # type: ignore[method-assign]
    model.step()
    assert model.world.firms.output[0] == pytest.approx(0.5)


def test_without_a_network_firms_stand_alone() -> None:
    model = CreditRegime(bare(1, trade={"kind": "none"}), economy=random_graph(20, 0.2, 1))
    model.world.firms.active[0] = False
    model.step()
    assert model.world.firms.output[0] == 0
    np.testing.assert_allclose(model.world.firms.output[1:], 1, atol=0.2)


@pytest.mark.parametrize("replaceability", ["none", "market_share"])
def test_competitors_make_what_a_closed_supplier_cannot_as_far_as_they_have_room(replaceability: str) -> None:
    """Firms 0 to 3 are of one sector and have one buyer each, 4 to 7; firm 0 is closed: σ = 1/3 is missed."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from((row, {"sector": name}) for row, name in enumerate("xxxxyyyy"))
    graph.add_edges_from((row, row + 4) for row in range(4))
    economy = Economy.from_networkx(graph, final_demand_share=0.5)
    for headroom in (1.0, 1.5):
        rules = {
            "replaceability": replaceability,
            "rationing": "orders",
            "stocks": 1.0,
            "headroom": headroom,
            "imported": 0,
        }
        model = model_of(economy, **rules)
        model.world.firms.active[0] = False
        model.world.network.disconnect(np.array([0]))
        for _ in range(3):
            model.step()
        output = model.world.firms.output
        assert output[0] == 0
        assert (output <= headroom + 1e-6).all()
        if replaceability == "none" or headroom == 1.0:
            np.testing.assert_allclose(output[1:4], 1, atol=1e-5)
            assert output[4] == pytest.approx(0, abs=1e-5)
        else:
            assert (output[1:4] > 1.05).all()
            assert 0.5 < output[4] <= 1
        np.testing.assert_allclose(output[5:], 1, atol=1e-5)


@pytest.mark.parametrize("imported", [0.0, 0.5, 1.0])
def test_what_is_bought_abroad_bounds_the_loss_and_is_paid_to_the_world(imported: float) -> None:
    """A ring without its first firm: the second has what it can buy abroad of its only input, stock orders included."""
    spec = bare(1, trade=PLAIN | {"rationing": "orders", "stocks": 1.0, "imported": imported}, finance="accounts")
    model = CreditRegime(spec, economy=ring(6))
    world = model.world
    world.firms.active[0] = False
    world.network.disconnect(np.flatnonzero(world.network.supplier == 0))
    for _ in range(30):
        model.step()
    output = world.firms.output
    if imported == 1:
        np.testing.assert_allclose(output[1:3], np.minimum(world.firms.demand[1:3], 1), atol=1e-4)
    else:
        assert output[1] <= imported * (1 + 1 / 6) + 1e-3
    assert (output[1] > 0.2) == (imported > 0)
    abroad = world.ledger.flows[0, Payer.FIRMS, Payer.WORLD]
    assert (abroad > 1e-3) == (imported > 0)
