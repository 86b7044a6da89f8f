"""Systemic risk: what one closed firm costs the economy."""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from creditregime.laboratory.systemic_risk import loss_of, systemic_risk
from creditregime.model import CreditRegime
from creditregime.population.economy import Economy
from creditregime.validation.findings import FIXED_POINT, Finding, all_close
from creditregime.validation.oracles import Size, oracle, reduction

Reals = NDArray[np.float64]
Codes = NDArray[np.int64]

PRINTED = {
    "linear": (0, (0.1, 0.366667, 0.266667, 0.35, 0.1, 0.166667, 0.7, 0.1, 0.366667, 0.266667, 0.45)),
    "Leontief": (1, (0.1, 0.5, 0.4, 0.35, 0.1, 0.3, 0.7, 0.1, 0.5, 0.4, 0.45)),
}
DIGITS = 5e-7
"""Half of the last printed digit."""
_SOURCE = "Diem, Borsos, Reisch, Kertész, Thurner 2022, Sci. Rep. 12:7719"


@oracle("contagion", source=f"{_SOURCE} (example of eleven firms)", reductions=("esri",))
def systemic_risk_of_the_example(size: Size) -> Iterator[Finding]:
    """Of eleven firms each costs the printed share of output by closing, ESRI = Σ w (1 − min(hᵈ, hᵘ)).

    Once as `creditregime.systemic_risk` gives it, once as the model ends after the firm has closed.
    """
    for name, (code, printed) in PRINTED.items():
        spec = reduction("esri", population__essential=code)
        economy = spec.population.build(0)
        yield all_close(
            f"{name}: index", printed, systemic_risk(economy, replaceability="none")["esri"], absolute=DIGITS
        )
        ends = [
            loss_of(CreditRegime(spec.changed({"exit.firms": [row]})).run_model())[0] for row in range(len(printed))
        ]
        yield all_close(f"{name}: model run after closing", printed, ends, absolute=DIGITS + FIXED_POINT)


@oracle("contagion", source=_SOURCE, reductions=("esri",))
def systemic_risk_on_any_graph(size: Size) -> Iterator[Finding]:
    """On any graph ESRI = Σ w (1 − min(hᵈ, hᵘ)) where the recursions of hᵈ and hᵘ end.

    hᵈ is the least of the available shares of essential inputs and 1 − the sum of non-essential losses, hᵘ the share of
    orders left; a supplier's failure counts with σ = min(1, s / Σ s hᵈ of its sector) where it can be replaced. Shown
    on random graphs with weights, cycles, isolated firms and every kind of essentiality, against dense iteration of the
    equations; and, with final demand, by months of the model against the index.
    """
    in_the_model = size.of(12, 2)
    for number in range(size.of(60, 12)):
        weight, sector, essential = random_case(number)
        economy = economy_of(weight, sector, essential)
        for replaceable in (False, True):
            found = systemic_risk(economy, replaceability=replaceable)["esri"]
            expected = iterated(weight, sector, essential, replaceable)
            where = f"graph {number}, {len(weight)} firms, {'replaceable' if replaceable else 'not replaceable'}"
            yield all_close(where, expected, found, absolute=FIXED_POINT)
        if number < in_the_model:
            yield _in_the_model(number, weight, sector, essential)


def _in_the_model(number: int, weight: Reals, sector: Codes, essential: Codes) -> Finding:
    """Compare months of the model, from the closure of each firm, with the index."""
    economy = economy_of(weight, sector, essential, final_demand_share=0.3)
    spec = reduction("esri", months=120, trade__replaceability="market_share")
    ends = [
        loss_of(CreditRegime(spec.changed({"exit.firms": [row]}), economy=economy).run_model())[0]
        for row in range(len(weight))
    ]
    index = systemic_risk(economy, final_demand=True)["esri"]
    return all_close(f"graph {number}: model runs with final demand", index, ends, absolute=FIXED_POINT)


def random_case(seed: int) -> tuple[Reals, Codes, Codes]:
    """Return weights (n, n) from supplier to buyer, sectors (n,), and essentiality by pair of sectors."""
    draws = np.random.Generator(np.random.PCG64(seed))
    firms, sectors = int(draws.integers(4, 16)), int(draws.integers(1, 5))
    weight = np.where(draws.random((firms, firms)) < draws.uniform(0.05, 0.3), draws.uniform(0.1, 3, (firms, firms)), 0)
    np.fill_diagonal(weight, 0)
    weight[0, 1] = 1  # one link at least
    sector = np.concatenate([np.arange(sectors), draws.integers(0, sectors, firms)])[:firms]
    known = int(sector.max()) + 1
    return weight, sector, draws.integers(0, 3, (known, known))


def economy_of(weight: Reals, sector: Codes, essential: Codes, final_demand_share: float = 0.0) -> Economy:
    """Return the economy of a matrix of links."""
    graph: nx.DiGraph[int] = nx.from_numpy_array(weight, create_using=nx.DiGraph)
    for row, code in enumerate(sector):
        graph.nodes[row]["sector"] = f"s{code}"
    return Economy.from_networkx(graph, essential=essential, max_input_share=1e9, final_demand_share=final_demand_share)


def iterated(weight: Reals, sector: Codes, essential: Codes, replaceable: bool) -> Reals:
    """Return the index of every firm by dense iteration of the equations, all closures at once, (n,)."""
    firms, sold = len(weight), weight.sum(axis=1)
    cap = 1 - np.eye(firms)  # one row a closure
    down, up, before = cap, cap, np.full_like(cap, 2)
    orders = np.divide(weight, sold[:, None], out=np.zeros_like(weight), where=sold[:, None] > 0)
    for _ in range(200_000):
        if max(np.abs(down - before).max(), 0) < 1e-14 and _settled(up, orders, cap, sold):
            break
        before = down
        missing = (1 - down) * _missed(down, sold, sector, replaceable)
        down = np.minimum(cap, 1 - _input_loss(missing, weight, sector, essential))
        up = np.where(sold > 0, np.minimum(cap, up @ orders.T), cap)
    share: Reals = sold / sold.sum()
    return (1 - np.minimum(down, up)) @ share


def _settled(up: Reals, orders: Reals, cap: Reals, sold: Reals) -> bool:
    return bool(np.abs(np.where(sold > 0, np.minimum(cap, up @ orders.T), cap) - up).max() < 1e-14)


def _missed(down: Reals, sold: Reals, sector: Codes, replaceable: bool) -> Reals:
    """Return σ of every supplier in every closure, (n, n)."""
    if not replaceable:
        return np.ones_like(down)
    supply = (sold * down) @ (sector[:, None] == sector)
    sigma: Reals = np.minimum(1, np.divide(sold, supply, out=np.ones_like(down), where=supply > 0))
    return sigma


def _input_loss(missing: Reals, weight: Reals, sector: Codes, essential: Codes) -> Reals:
    """Return the share of output lost for want of inputs by every firm in every closure, (n, n)."""
    worst, linear = np.zeros_like(missing), np.zeros_like(missing)
    bought = np.maximum(weight.sum(axis=0), 1e-300)
    for code in range(len(essential)):
        inside = sector == code
        need = weight[inside].sum(axis=0)
        short = missing[:, inside] @ weight[inside]
        kind = essential[code, sector]
        lost = np.divide(short, need, out=np.zeros_like(short), where=need > 0)
        worst = np.maximum(worst, np.where(kind == 1, lost, 0))
        linear += np.where(kind == 0, short / bought, 0)
    return np.maximum(worst, linear)
