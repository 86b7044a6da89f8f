"""Re-matching: who is dropped, who is found, and at what cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime import CreditRegime
from creditregime.population.economy import Economy
from tests.helpers import bare, links

NOBODY = np.zeros(8, np.bool_)


def market(*pairs: tuple[int, int], firms: int = 8) -> Economy:
    """Return firms of one sector; 0 to 3 may supply 4 to 7."""
    return links(firms, *pairs, final_demand_share=0.5)


def model_of(economy: Economy, **search: Any) -> CreditRegime:
    rule = {"kind": "search", "success": 1.0, "review": 1.0, "headroom": 100.0} | search
    return CreditRegime(bare(1, partners=rule), economy=economy)


def test_links_to_the_listed_are_dropped_by_those_who_review() -> None:
    avoided = np.isin(np.arange(8), [0])
    for review in (0.0, 1.0):
        model = model_of(market((0, 4), (0, 5), (1, 6)), review=review, success=0.0)
        model.spec.partners.rematch(model.world, avoided)
        assert (model.world.network.weight > 0).tolist() == [not review, not review, True]


def test_a_dropped_link_finds_another_supplier_of_the_sector() -> None:
    avoided = np.isin(np.arange(8), [0])
    model = model_of(market((0, 4), (1, 6)))
    for month in range(30):
        model.world.month = month
        model.spec.partners.rematch(model.world, avoided)
    network = model.world.network
    assert (network.weight > 0).all()
    assert network.supplier[0] not in (0, 4)
    np.testing.assert_array_equal(network.weight, network.coefficient)


def test_searching_meets_no_listed_no_leaver_no_full_firm_and_not_oneself() -> None:
    for barred, search in (("listed", {}), ("left", {}), ("full", {"headroom": 0.0})):
        avoided = np.arange(8) < 4 if barred == "listed" else NOBODY
        model = model_of(market((0, 4), (1, 6), (2, 5), (3, 7)), **search)
        model.world.network.disconnect(np.arange(4))
        if barred == "listed":
            avoided = np.arange(8) != 4
        if barred == "left":
            model.world.firms.active[[0, 1, 2, 3, 5, 6, 7]] = False
        for month in range(20):
            model.world.month = month
            model.spec.partners.rematch(model.world, avoided)
        network = model.world.network
        buyers = network.buyers_of(np.flatnonzero(network.weight > 0))
        suppliers = network.supplier[network.weight > 0]
        assert not (buyers == suppliers).any()
        if barred == "listed":
            assert set(suppliers) <= {4}
        elif barred == "left":
            assert not len(suppliers)  # the only firm in business is the buyer itself
        else:
            assert not len(suppliers)


def test_switching_costs_its_share_of_the_links_value() -> None:
    model = model_of(market((0, 4), (1, 6)), switching_cost=0.5)
    network = model.world.network
    network.disconnect(np.array([0]))
    month = 0
    while network.weight[0] == 0:
        model.world.month = month = month + 1
        model.spec.partners.rematch(model.world, NOBODY)
    expected = 0.5 * network.coefficient[0] * model.world.firms.size[4]
    np.testing.assert_allclose(model.world.firms.costs[4], expected, rtol=1e-6)
    assert not model.world.firms.costs[[0, 1, 2, 3, 5, 6, 7]].any()


def test_search_succeeds_with_its_probability_and_as_often_as_attempted() -> None:
    pairs = [(0, buyer) for buyer in range(2, 402)] + [(1, buyer) for buyer in range(2, 402)]
    for attempts, success in ((1, 0.3), (2, 0.3), (1, 1.0)):
        model = model_of(links(402, *pairs, final_demand_share=0.5), attempts=attempts, success=success)
        network = model.world.network
        network.disconnect(np.arange(800))
        model.spec.partners.rematch(model.world, np.zeros(402, np.bool_))
        found = float((network.weight > 0).sum())
        chance, tries = success, 400 * attempts
        assert found <= tries
        assert abs(found / tries - chance) <= 4 * np.sqrt(chance * (1 - chance) / tries) + 0.02


def test_keeping_partners_replaces_nobody() -> None:
    model = CreditRegime(bare(1), economy=market((0, 4), (1, 6)))
    model.world.network.disconnect(np.array([0]))
    model.spec.partners.rematch(model.world, NOBODY)
    assert (model.world.network.weight > 0).tolist() == [False, True]
