"""Economic systemic risk index of one closed firm (Diem et al. 2022), by simulation until it settles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from creditregime import CreditRegime
from creditregime.population.economy import Economy
from tests.helpers import bare

Array = NDArray[Any]
LINKS = [(2, 1), (2, 3), (3, 7), (6, 7), (7, 4), (7, 11), (8, 11), (9, 5), (9, 10), (10, 7)]  # supplier → buyer
ROUNDS = 200
SECTORS = (1, 2, 1, 3, 4, 2, 4, 1, 2, 3, 5)
PRINTED = {
    0: (0.1, 0.366667, 0.266667, 0.35, 0.1, 0.166667, 0.7, 0.1, 0.366667, 0.266667, 0.45),
    1: (0.1, 0.5, 0.4, 0.35, 0.1, 0.3, 0.7, 0.1, 0.5, 0.4, 0.45),
}


def economy_of(weight: Array, sector: Array, essential: int | Array) -> Economy:
    """Return the economy in which W[i, j] flows from i to j and firms sell to nobody else.

    Built by hand: in the example firm 7 buys for more than it sells, which populations from files refuse.
    """
    firms, sectors = len(weight), int(sector.max()) + 1
    supplier, buyer = np.nonzero(weight)
    order = np.lexsort((supplier, sector[supplier], buyer))
    supplier, buyer = supplier[order], buyer[order]
    sold = weight.sum(axis=1)
    size = np.where(sold > 0, sold, 1.0)
    code = np.full((sectors, sectors), essential) if np.isscalar(essential) else np.asarray(essential)
    nothing = np.zeros(sectors, np.float32)
    return Economy(
        sectors=tuple(f"s{number}" for number in range(sectors)),
        regions=("here",),
        sector=sector.astype(np.uint8),
        region=np.zeros(firms, np.uint8),
        ownership=np.ones(firms, np.uint8),
        size=size.astype(np.float32),
        final_demand=np.where(sold > 0, 0, 1).astype(np.float32),
        imports=np.zeros(firms, np.float32),
        group=np.arange(firms, dtype=np.int32),
        person=np.arange(firms, dtype=np.int32),
        buyer=buyer.astype(np.int32),
        supplier=supplier.astype(np.int32),
        coefficient=(weight[supplier, buyer] / size[buyer]).astype(np.float32),
        essential=code.astype(np.uint8),
        procurement_share=nothing,
        export_share=nothing,
        energy_share=nothing,
    )


def simulated(weight: Array, sector: Array, essential: int | Array, replaceability: str = "none") -> Array:
    """Return the index of every firm from runs of the model with that firm out of business."""
    economy = economy_of(weight, sector, essential)
    trade = {
        "kind": "generalised_leontief",
        "rationing": "initial",
        "replaceability": replaceability,
        "substitution": 0.0,
        "headroom": 1.0,
    }
    spec = bare(1, trade=trade)
    share = weight.sum(axis=1) / weight.sum()
    index = []
    for closed in range(len(weight)):
        model = CreditRegime(spec, economy=economy)
        model.world.firms.active[closed] = False
        for _ in range(ROUNDS):  # the stage alone: everything else is off
            spec.trade.trade(model.world)
        firms = model.world.firms
        left = np.minimum(firms.demand, firms.supply)
        index.append(float(share @ (1 - np.minimum(left, 1))))
    return np.array(index)


def reference(weight: Array, sector: Array, essential: Array, replaceable: bool = False) -> Array:
    """Return the index by the equations of the paper, iterated in double precision."""
    firms = len(weight)
    out, index = weight.sum(axis=1), []
    bought = weight.sum(axis=0)
    by_sector = np.stack([weight[sector == s].sum(axis=0) for s in range(int(sector.max()) + 1)])
    for closed in range(firms):
        cap = np.ones(firms)
        cap[closed] = 0
        down, up = np.ones(firms), np.ones(firms)
        for _ in range(ROUNDS):
            sigma = np.ones(firms)
            if replaceable:
                strength = np.where(out > 0, out, 1.0)
                market = np.bincount(sector, strength * down)[sector]
                sigma = np.minimum(1, np.divide(strength, market, out=np.ones(firms), where=market > 0))
            new_down, new_up = cap.copy(), cap.copy()
            for firm in range(firms):
                loss = 0.0
                for code in range(len(by_sector)):
                    need = by_sector[code, firm]
                    members = sector == code
                    missing = float((weight[members, firm] * sigma[members] * (1 - down[members])).sum())
                    if need and essential[code, sector[firm]] == 1:
                        new_down[firm] = min(new_down[firm], 1 - missing / need)
                    elif need and essential[code, sector[firm]] == 0:
                        loss += missing / bought[firm]
                new_down[firm] = min(new_down[firm], 1 - loss)
                if out[firm]:
                    new_up[firm] = min(cap[firm], float((weight[firm] * up).sum() / out[firm]))
            down, up = new_down, new_up
        index.append(float(out / out.sum() @ (1 - np.minimum(down, up))))
    return np.array(index)


def example() -> tuple[Array, Array]:
    weight = np.zeros((11, 11))
    for supplier, buyer in LINKS:
        weight[supplier - 1, buyer - 1] = 1
    return weight, np.array(SECTORS) - 1


@pytest.mark.parametrize("essential", [0, 1], ids=["linear", "leontief"])
def test_the_papers_example(essential: int) -> None:
    weight, sector = example()
    np.testing.assert_allclose(simulated(weight, sector, essential), PRINTED[essential], atol=2e-6)


@pytest.mark.parametrize("essential", [0, 1], ids=["linear", "leontief"])
def test_the_reference_reproduces_the_example(essential: int) -> None:
    weight, sector = example()
    found = reference(weight, sector, np.full((5, 5), essential))
    np.testing.assert_allclose(found, PRINTED[essential], atol=1e-6)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("replaceability", ["none", "market_share"])
def test_random_networks_with_mixed_essentiality(seed: int, replaceability: str) -> None:
    draws = np.random.Generator(np.random.PCG64(seed))
    weight = np.triu(np.where(draws.random((12, 12)) < 0.3, draws.uniform(0.5, 2, (12, 12)), 0), 1)
    weight += np.tril(np.where(draws.random((12, 12)) < 0.1, 0.03, 0), -1)  # cycles that damp quickly
    sector = np.concatenate([np.arange(4), draws.integers(0, 4, 8)])
    essential = draws.integers(0, 3, (4, 4))
    found = simulated(weight, sector, essential, replaceability)
    expected = reference(weight, sector, essential, replaceability == "market_share")
    np.testing.assert_allclose(found, expected, atol=2e-5)
