"""Economic systemic risk index (Diem et al. 2022): every way to get it here against solvers written here, densely."""

from __future__ import annotations

import dataclasses
from typing import Any

import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from creditregime import CreditRegime, Economy, Scenario, load, systemic_risk
from creditregime.laboratory.loss_exact import settle
from creditregime.laboratory.loss_shares import shares_of
from creditregime.laboratory.systemic_risk import loss_of
from creditregime.population import combine

Array = NDArray[Any]
LINKS = [(2, 1), (2, 3), (3, 7), (6, 7), (7, 4), (7, 11), (8, 11), (9, 5), (9, 10), (10, 7)]  # supplier → buyer
SECTORS = (1, 2, 1, 3, 4, 2, 4, 1, 2, 3, 5)
PRINTED = {
    0: (0.1, 0.366667, 0.266667, 0.35, 0.1, 0.166667, 0.7, 0.1, 0.366667, 0.266667, 0.45),
    1: (0.1, 0.5, 0.4, 0.35, 0.1, 0.3, 0.7, 0.1, 0.5, 0.4, 0.45),
}
ENGINES = [pytest.param(False, id="numpy"), pytest.param(True, id="numba")]


def example() -> tuple[Array, Array]:
    weight = np.zeros((11, 11))
    for supplier, buyer in LINKS:
        weight[supplier - 1, buyer - 1] = 1
    return weight, np.array(SECTORS) - 1


def economy_of(weight: Array, sector: Array, essential: Any, **settings: Any) -> Economy:
    """Return the economy in which W[i, j] flows from i to j, and firms sell to nobody else if nothing else is set."""
    graph: nx.DiGraph[int] = nx.from_numpy_array(weight, create_using=nx.DiGraph)
    for row, code in enumerate(sector):
        graph.nodes[row]["sector"] = f"s{code}"
    return Economy.from_networkx(graph, essential=essential, max_input_share=1e9, **settings)


def random_case(seed: int) -> tuple[Array, Array, Array]:
    """Return links with weights over four orders of magnitude, cycles, isolated firms and separate components; sectors;
    essentiality of every kind."""
    draws = np.random.Generator(np.random.PCG64(seed))
    firms, sectors = int(draws.integers(3, 30)), int(draws.integers(1, 6))
    weight = np.where(
        draws.random((firms, firms)) < draws.uniform(0.02, 0.4), 10 ** draws.uniform(-3, 1, (firms,) * 2), 0
    )
    apart = draws.integers(0, draws.integers(1, 4), firms)
    weight *= apart[:, None] == apart
    np.fill_diagonal(weight, 0)
    weight[0, 1] = 1  # one link at least
    sector = np.concatenate([np.arange(sectors), draws.integers(0, sectors, firms)])[:firms]
    return weight, sector, draws.integers(0, 3, (sectors, sectors))[: sector.max() + 1, : sector.max() + 1]


def dense_round(
    weight: Array, sector: Array, essential: Array, lost: tuple[Array, Array], closed: Array, replaceable: bool
) -> tuple[Array, Array]:
    """Return what firms have lost a round on for want of inputs and of orders, a row a closure, by the equations of
    the paper: `closed` is what the closed firm loses at least."""
    down, up = lost
    out, bought = weight.sum(axis=1), weight.sum(axis=0)
    missing = down.copy()
    if replaceable:
        same = (sector[:, None] == sector).astype(float)
        market = ((1 - down) * out) @ same
        missing *= np.minimum(1, np.divide(out, market, out=np.ones_like(down), where=market > 0))
    after, linear = closed.copy(), np.zeros_like(down)
    for code in range(int(sector.max()) + 1):
        part = np.where((sector == code)[:, None], weight, 0)
        need, kind = part.sum(axis=0), essential[code][sector]
        lacks = missing @ part
        group = np.divide(lacks, need, out=np.zeros_like(lacks), where=need > 0)
        after = np.where(kind == 1, np.maximum(after, group), after)
        linear += np.where(kind == 0, np.divide(lacks, bought, out=np.zeros_like(lacks), where=bought > 0), 0)
    orders = np.divide(up @ weight.T, out, out=np.zeros_like(up), where=out > 0)
    return np.maximum(after, linear), np.maximum(closed, orders)


def solved(weight: Array, sector: Array, essential: Array, replaceable: bool, shock: float = 1.0) -> Array:
    """Return the index from linear programs: the least losses that satisfy every inequality of the paper.

    What is not replaced is found in turn with them, from below.
    """
    firms, sectors = len(weight), int(sector.max()) + 1
    out, bought = weight.sum(axis=1), weight.sum(axis=0)
    needs, orders = [], [(firm, weight[firm] / out[firm]) for firm in range(firms) if out[firm]]
    for firm in range(firms):
        parts = {code: np.where(sector == code, weight[:, firm], 0) for code in range(sectors)}
        kinds = {code: essential[code, sector[firm]] for code in range(sectors)}
        needs += [(firm, part / part.sum()) for code, part in parts.items() if kinds[code] == 1 and part.any()]
        linear = sum((part for code, part in parts.items() if kinds[code] == 0), np.zeros(firms))
        needs.append((firm, linear / max(bought[firm], 1e-300)))
    index = []
    for closed in range(firms):
        down = np.zeros(firms)
        for _ in range(1000 if replaceable else 1):
            sold = np.bincount(sector, out * (1 - down))[sector]
            sigma = np.minimum(1, np.divide(out, sold, out=np.ones(firms), where=sold > 0))
            before, down = (
                down,
                _least([(firm, row * (sigma if replaceable else 1)) for firm, row in needs], closed, shock),
            )
            if np.abs(down - before).max() < 1e-10:
                break
        index.append(float(out / out.sum() @ np.maximum(down, _least(orders, closed, shock))))
    return np.array(index)


def _least(rows: list[tuple[int, Array]], closed: int, shock: float) -> Array:
    firms = len(rows[0][1])
    matrix = np.array([row - np.eye(firms)[firm] for firm, row in rows])
    bounds = [(shock if firm == closed else 0.0, 1.0) for firm in range(firms)]
    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    for method in ("highs-ds", "highs-ipm"):  # now and then the first gives up
        found = linprog(np.ones(firms), matrix, np.zeros(len(matrix)), bounds=bounds, method=method, options=tight)
        if found.status == 0:
            return found.x
    raise AssertionError(found.message)


# The index


@pytest.mark.parametrize("compiled", ENGINES)
@pytest.mark.parametrize("essential", [0, 1], ids=["linear", "leontief"])
def test_the_papers_example(essential: int, compiled: bool) -> None:
    weight, sector = example()
    found = systemic_risk(economy_of(weight, sector, essential), replaceability="none", compiled=compiled)
    np.testing.assert_allclose(found["esri"], PRINTED[essential], atol=5e-7)
    np.testing.assert_allclose(solved(weight, sector, np.full((5, 5), essential), False), PRINTED[essential], atol=5e-7)


@pytest.mark.parametrize("compiled", ENGINES)
@pytest.mark.parametrize("replaceable", [False, True], ids=["none", "market_share"])
def test_random_graphs_whose_cycles_are_slow(replaceable: bool, compiled: bool) -> None:
    for seed in range(20):
        weight, sector, essential = random_case(seed)
        shock = (1.0, 0.4)[seed % 2]
        economy = economy_of(weight, sector, essential)
        found = systemic_risk(economy, replaceability=replaceable, loss=shock, compiled=compiled)["esri"]
        expected = solved(weight, sector, essential, replaceable, shock)
        np.testing.assert_allclose(found, expected, atol=1e-7, err_msg=f"seed {seed}")


@pytest.mark.parametrize("compiled", ENGINES)
@pytest.mark.parametrize("leak", [1e-2, 1e-4, 1e-6, 1e-7])
def test_two_firms_that_live_on_each_other(leak: float, compiled: bool) -> None:
    # Firms 0 and 1 supply each other, and buy a little from firms 2 and 3. What 0 loses when 2 closes is the chance
    # that a walk along suppliers leaves the pair from 0, not from 1.
    weight = np.zeros((4, 4))
    weight[0, 1] = weight[1, 0] = 1
    weight[2, 0], weight[3, 1] = 3 * leak, leak
    at_0, at_1 = 3 * leak / (1 + 3 * leak), leak / (1 + leak)
    reached = at_0 / (1 - (1 - at_0) * (1 - at_1))
    lost = np.array([reached, reached * (1 - at_1), 1, 0])
    out = weight.sum(axis=1)
    economy = economy_of(weight, np.zeros(4, int), 1)
    found = systemic_risk(economy, replaceability="none", compiled=compiled)
    assert found["downstream"][2] == pytest.approx(float(out @ lost / out.sum()), abs=1e-7)
    assert found["downstream"][0] == pytest.approx(1 / out.sum() * (1 + 1 - at_1), abs=1e-7)


@pytest.mark.parametrize("compiled", ENGINES)
def test_in_a_closed_circle_everything_is_lost(compiled: bool) -> None:
    # Firm 0 sells next to nothing into a circle in which everybody depends on the next: certain, however slow.
    weight = np.roll(np.eye(40), 1, axis=1)
    weight[0] *= 1e-9
    economy = economy_of(weight, np.zeros(40, int), 1)
    np.testing.assert_allclose(systemic_risk(economy, replaceability="none", compiled=compiled)["esri"], 1, atol=1e-12)


@pytest.mark.parametrize("compiled", ENGINES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_firms_that_all_depend_on_each_other_lose_what_any_of_them_loses(seed: int, compiled: bool) -> None:
    # 400 firms buy of each other, at random; ten also buy a part of another essential input from firm 400. Whoever of
    # them loses the most of it sets what all of them lose in the end, however slowly it goes round.
    draws = np.random.Generator(np.random.PCG64(seed))
    weight = np.zeros((402, 402))
    for buyer in range(400):
        weight[(buyer + 1 + draws.choice(399, 5, replace=False)) % 400, buyer] = draws.uniform(0.1, 1, 5) ** 6 + 1e-4
    parts = draws.uniform(1e-4, 0.3, 10)
    for buyer, part in zip(draws.choice(400, 10, replace=False), parts, strict=True):
        weight[400, buyer], weight[401, buyer] = part, 1 - part
    economy, out = economy_of(weight, np.where(np.arange(402) < 400, 0, 1), 1), weight.sum(axis=1)
    found = systemic_risk(economy, firms=[400], replaceability="none", compiled=compiled)["downstream"]
    assert found[400] == pytest.approx((out[400] + parts.max() * out[:400].sum()) / out.sum(), abs=1e-7)


def test_linear_systems_end_where_rounds_do() -> None:
    for seed in range(6):
        weight, sector, essential = random_case(seed)
        shares = shares_of(economy_of(weight, sector, essential))
        for replaceable in (False, True):
            rounds = systemic_risk(economy_of(weight, sector, essential), replaceability=replaceable, compiled=False)
            for side, part in ((shares.down, "downstream"), (shares.up, "upstream")):
                down = side is shares.down
                found = [
                    settle(shares, side, row, 1.0, replaceable and down) @ shares.weight for row in range(len(weight))
                ]
                np.testing.assert_allclose(found, rounds[part], atol=1e-9)


@pytest.mark.parametrize("compiled", ENGINES)
def test_jurisdictions_isolated_firms_and_links_that_carry_nothing(compiled: bool) -> None:
    cases = [random_case(seed) for seed in (1, 2, 3)]
    alone, ends = [], []
    for weight, sector, _ in cases:
        wider = np.pad(weight, (0, 2))  # two isolated firms
        ends.append(len(wider))
        alone.append(economy_of(wider, np.append(sector % 2, (0, 1)), 1))
    together = systemic_risk(combine(alone), compiled=compiled)["esri"]
    apart = [systemic_risk(economy, compiled=compiled)["esri"] for economy in alone]
    np.testing.assert_allclose(together, np.concatenate(apart), atol=1e-12)
    for index, end in zip(apart, ends, strict=True):
        np.testing.assert_array_equal(index[end - 2 :], 0)
    one = alone[0]
    idle = dataclasses.replace(one, coefficient=np.where(np.arange(one.links) % 3, one.coefficient, 0))
    sold = np.zeros((one.firms, one.firms))
    sold[one.supplier, one.buyer] = idle.coefficient * one.size[one.buyer]
    found = systemic_risk(idle, compiled=compiled)["esri"]
    np.testing.assert_allclose(found, solved(sold, one.sector, one.essential, True), atol=1e-7)
    nothing = dataclasses.replace(one, coefficient=np.zeros_like(one.coefficient))
    assert not systemic_risk(nothing, compiled=compiled)["esri"].any()


# The model


def closing(firm: int, replaceability: str, months: int) -> Scenario:
    return load(validation="esri").changed(
        {"exit.firms": [firm], "trade.replaceability": replaceability, "months": months}
    )


@pytest.mark.parametrize("replaceability", ["none", "market_share"])
def test_a_month_of_the_model_is_a_round_of_the_paper(replaceability: str) -> None:
    for seed in range(8):
        weight, sector, essential = random_case(seed)
        economy, closed = economy_of(weight, sector, essential), seed % len(weight)
        model = CreditRegime(closing(closed, replaceability, 40), economy=economy)
        sells = weight.sum(axis=1) > 0
        cap = np.eye(len(weight))[closed : closed + 1]
        down, up = cap, dense_round(weight, sector, essential, (cap, cap), cap, False)[1]  # orders are lost at once
        model.step()
        for _ in range(39):
            model.step()
            firms = model.world.firms
            np.testing.assert_allclose(1 - np.minimum(firms.supply, 1), down[0], atol=2e-6)
            np.testing.assert_allclose(1 - np.minimum(firms.demand, 1)[sells], up[0, sells], atol=2e-6)
            down, up = dense_round(weight, sector, essential, (down, up), cap, replaceability == "market_share")


@pytest.mark.parametrize("replaceability", ["none", "market_share"])
@pytest.mark.parametrize("share", [0.0, 0.3])
def test_the_model_ends_at_the_index(replaceability: str, share: float) -> None:
    draws = np.random.Generator(np.random.PCG64(5))
    weight = np.triu(np.where(draws.random((14, 14)) < 0.3, draws.uniform(0.5, 2, (14, 14)), 0), 1)
    weight += np.tril(np.where(draws.random((14, 14)) < 0.1, 0.1, 0), -1)
    sector, essential = np.append(np.arange(4), draws.integers(0, 4, 10)), draws.integers(0, 3, (4, 4))
    economy = economy_of(weight, sector, essential, final_demand_share=share)
    index = systemic_risk(economy, replaceability=replaceability, final_demand=True)["esri"]
    for row in range(0, 14, 7):
        model = CreditRegime(closing(row, replaceability, 1000), economy=economy).run_model()
        assert loss_of(model)[0] == pytest.approx(index[row], abs=1e-6)
