"""The supply network: pulls along links against dense matrices, and the pool of partners."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import networkx as nx
import numpy as np
import pytest

from creditregime import CreditRegime, Economy
from creditregime.network import Network, Pool, entries, owners, pointers
from tests.helpers import links, random_graph, small


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_pulls_are_products_with_the_dense_matrix(seed: int) -> None:
    economy = random_graph(30, 0.15, seed)
    network = Network(economy)
    draws = np.random.Generator(np.random.PCG64(seed))
    off = draws.choice(economy.links, economy.links // 3, replace=False)
    network.disconnect(off)
    dense = np.zeros((30, 30))
    dense[economy.buyer, economy.supplier] = network.weight
    values = draws.random(30)
    np.testing.assert_allclose(network.from_suppliers(values), dense @ values, rtol=1e-6)
    np.testing.assert_allclose(network.from_buyers(values), dense.T @ values, rtol=1e-6)
    np.testing.assert_allclose(network.input_share(), dense.sum(axis=1), rtol=1e-5)
    for row in range(30):
        assert sorted(network.suppliers(row)) == np.flatnonzero(dense[row]).tolist()
        assert sorted(network.buyers(row)) == np.flatnonzero(dense[:, row]).tolist()
    assert np.flatnonzero(network.weight == 0).tolist() == sorted(off.tolist())
    np.testing.assert_array_equal(network.unweighted().weight, network.weight > 0)


def test_a_replaced_supplier_is_seen_by_both_pulls() -> None:
    network = Network(links(4, (0, 3), (1, 3)))
    network.from_suppliers(np.ones(4))
    network.connect(np.array([0]), np.array([2]), 7)
    assert network.suppliers(3).tolist() == [2, 1]
    assert network.since.tolist() == [7, -1]
    ordered = network.from_buyers(np.ones(4, np.float32))
    assert ordered[0] == 0
    assert ordered[2] > 0


@pytest.mark.parametrize("on", [False, True])
def test_what_an_idle_link_carried_comes_back_with_it(on: bool, compiled: Any) -> None:
    compiled(on)
    economy = random_graph(30, 0.15, 4)
    stated = economy.coefficient.copy()
    stated[5] = 0  # carries nothing, and counts as idle whatever happens
    network = Network(dataclasses.replace(economy, coefficient=stated))
    draws = np.random.Generator(np.random.PCG64(4))
    off = np.zeros(economy.links, np.bool_)
    for month in range(20):
        some = draws.choice(economy.links, 9)  # some of them twice, some in that state already
        if month % 3:
            network.disconnect(some)
        else:
            network.connect(some, None, month)
        off[some] = month % 3 > 0
        off[5] = True
        np.testing.assert_array_equal(network.weight, np.where(off, 0, stated))
        np.testing.assert_array_equal(network.coefficient, stated)
        np.testing.assert_array_equal(network.carried(some), stated[some])
        idle = network.idle
        np.testing.assert_array_equal(idle.links, np.flatnonzero(off))
        np.testing.assert_array_equal(idle.carried, stated[off])
        np.testing.assert_array_equal(network.searching(), economy.buyer[off])
        np.testing.assert_array_equal(idle.groups, np.searchsorted(network.group_pointer, idle.links, side="right") - 1)


def test_groups_are_the_inputs_of_one_sector() -> None:
    economy = random_graph(20, 0.3, 1)
    network = Network(economy)
    np.testing.assert_allclose(network.required, network.to_groups(np.ones(20, np.float32)), rtol=1e-6)
    for row in range(20):
        groups = network.required[network.firm_groups[row] : network.firm_groups[row + 1]]
        assert groups.sum() == pytest.approx(network.input_share()[row], rel=1e-5, abs=1e-7)
    rows = np.array([3, 0, 7])
    assert network.links_of(rows).tolist() == [
        link for row in rows for link in range(network.pointer[row], network.pointer[row + 1])
    ]
    assert (network.buyers_of(network.links_of(rows)) == np.repeat(rows, np.diff(network.pointer)[rows])).all()


@pytest.mark.parametrize("on", [False, True])
def test_pointers_entries_and_owners(on: bool, compiled: Any) -> None:
    compiled(on)
    pointer = pointers(np.array([0, 0, 2, 2, 2]), 4)
    assert pointer.tolist() == [0, 2, 2, 5, 5]
    assert entries(pointer, np.array([2, 1, 0])).tolist() == [2, 3, 4, 0, 1]
    assert entries(pointer, np.array([], np.int64)).tolist() == []
    assert owners(pointer, np.array([0, 1, 2, 4, 3, 0, 4, 4]), 4).tolist() == [0, 0, 2, 2, 2, 0, 2, 2]
    rows = np.sort(np.random.default_rng(0).integers(0, 3000, 20_000))
    links = np.random.default_rng(1).integers(0, 20_000, 500)
    np.testing.assert_array_equal(owners(pointers(rows, 3000), links, 3000), rows[links])
    np.testing.assert_array_equal(owners(pointers(rows, 3000), np.sort(links), 3000), rows[np.sort(links)])


def test_a_copy_has_indices_of_its_own() -> None:
    network = Network(links(4, (0, 3), (1, 3)))
    assert network.unsigned.supplier.tolist() == [0, 1]
    copied = copy.deepcopy(network)
    for one in (copied, pickle.loads(pickle.dumps(network))):
        one.connect(np.array([0]), np.array([2]), 7)
        assert one.unsigned.supplier.tolist() == [2, 1]
    assert network.unsigned.supplier.tolist() == [0, 1]


def test_the_pool_draws_by_size_within_sector_and_jurisdiction() -> None:
    sector = np.array([0, 0, 1, 0, 0, 1], np.uint8)
    size = np.array([1, 3, 2, 5, 5, 1], np.float32)
    pool = Pool(sector, size, ((0, 3), (3, 6)), 2)
    uniform = (np.arange(10_000, dtype=np.float32) + 0.5) / 10_000
    drawn = pool.draw(np.zeros(10_000, np.uint8), np.zeros(10_000, int), uniform)
    assert np.bincount(drawn, minlength=6).tolist() == [2500, 7500, 0, 0, 0, 0]
    drawn = pool.draw(np.zeros(10_000, np.uint8), np.full(10_000, 5), uniform)
    assert np.bincount(drawn, minlength=6).tolist() == [0, 0, 0, 5000, 5000, 0]
    ones = np.nextafter(np.float32(1), np.float32(0), dtype=np.float32)
    assert pool.draw(np.array([1]), np.array([4]), np.array([ones])).tolist() == [5]


def test_links_that_carry_nothing_bind_nobody() -> None:
    graph = nx.DiGraph([("mine", "mill"), ("farm", "mill")])
    nx.set_node_attributes(graph, {"mine": "ore", "farm": "food", "mill": "steel"}, "sector")
    for essential in (0, 1):
        economy = Economy.from_networkx(graph, essential=essential)
        empty = economy.supplier == 2  # the farm's
        network = Network(dataclasses.replace(economy, coefficient=np.where(empty, np.float32(0), economy.coefficient)))
        assert (network.required > 0).all()
        bound = network.least_essential(np.zeros(2, np.float32), 1.0)
        missing = network.missing_linear(np.zeros(2, np.float32), 1.0)
        assert [len(network.essential), len(network.linear)] == ([1, 0] if essential else [0, 1])
        assert [bound[1], missing[1]] == ([0, 0] if essential else [1, economy.coefficient[~empty][0]])


def test_marks_for_walks_are_counted_as_memory() -> None:
    network = CreditRegime(small()).world.network
    vars(network).pop("walk", None)
    before = network.nbytes
    last, buyers = network.walk
    assert network.nbytes == before + last.nbytes + buyers.nbytes
