"""Systemic risk: what one closed firm costs the economy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import networkx as nx
import numpy as np

from creditregime.laboratory.loss_rounds import parts, unreplaced
from creditregime.laboratory.loss_shares import Reals, shares_of
from creditregime.laboratory.systemic_risk import loss_of, systemic_risk
from creditregime.model import CreditRegime
from creditregime.population.economy import Economy, combine
from creditregime.scenario import Scenario
from creditregime.validation.findings import FIXED_POINT, Finding, all_close
from creditregime.validation.oracles import Size, oracle, reduction

PRINTED: dict[str, tuple[int, tuple[float, ...]]] = {
    "linear": (0, (0.1, 0.366667, 0.266667, 0.35, 0.1, 0.166667, 0.7, 0.1, 0.366667, 0.266667, 0.45)),
    "Leontief": (1, (0.1, 0.5, 0.4, 0.35, 0.1, 0.3, 0.7, 0.1, 0.5, 0.4, 0.45)),
}
"""Code of essentiality and index of each firm in the example of eleven firms."""
ROUNDED = 5e-7
"""Half of the last printed digit."""
WAYS: tuple[Literal["none", "market_share"], ...] = ("none", "market_share")
MONTHS = 60
SOURCE = "Diem, Borsos, Reisch, Kertész, Thurner 2022, Sci. Rep. 12:7719"


@oracle("contagion", source=SOURCE, reductions=("esri",))
def systemic_risk_example(size: Size) -> Iterator[Finding]:
    """Give the printed index, Σ w (1 − min(hᵈ, hᵘ)), of each of eleven firms, linear and Leontief.

    Once as the fixed point of the recursions, once as what the model loses when the firm closes.
    """
    for name, (essential, printed) in PRINTED.items():
        spec = reduction("esri", population__essential=essential)
        economy = spec.population.build(spec.seed)
        index = systemic_risk(economy, replaceability="none")["esri"]
        yield all_close(f"{name}, the index", printed, index, relative=FIXED_POINT, absolute=ROUNDED)
        lost = _lost(spec, economy, 2 * economy.firms)
        yield all_close(f"{name}, runs of the model", printed, lost, relative=FIXED_POINT, absolute=ROUNDED)


@oracle("contagion", source=SOURCE, reductions=("esri",))
def systemic_risk_of_any_graph(size: Size) -> Iterator[Finding]:
    """Lose in the model a closed firm's index, on any graph, with any essentiality, with and without replacement.

    hᵈ = min(available shares of essential groups, 1 − Σ linear losses), hᵘ = 1 − Σ Λᵘ (1 − hᵘ), σ = min(1, s / Σ s hᵈ).
    A month of the model is a round of the recursions; where losses do not go round in circles, they end soon.
    """
    for seed in range(size.of(12, 3)):
        for way in WAYS:
            for circles, final_demand in ((False, 0.0), (False, 0.25), (True, 0.0), (True, 0.25)):
                economy = _drawn(seed, circles, final_demand)
                months = MONTHS if circles else economy.firms
                lost = _lost(reduction("esri", trade__replaceability=way), economy, months)
                if circles:
                    expected, when = _after(economy, months, way == "market_share"), f"after {months} rounds"
                else:
                    expected = systemic_risk(economy, replaceability=way, final_demand=True)["esri"].to_numpy()
                    when = "in the end"
                where = f"graph {seed}, {final_demand:.0%} final, {way}, {when}"
                yield all_close(where, expected, lost, absolute=FIXED_POINT)


def _lost(spec: Scenario, economy: Economy, months: int) -> Reals:
    """Return what the model has lost some months after each firm closed, (N,): the economies lie side by side."""
    closed = [number * economy.firms + number for number in range(economy.firms)]
    model = CreditRegime(spec.changed({"exit.firms": closed}), economy=combine([economy] * economy.firms))
    for _ in range(1 + months):
        model.step()
    return loss_of(model)


def _after(economy: Economy, rounds: int, replaceable: bool) -> Reals:
    """Return what is lost some rounds after each firm closed, (N,); orders are lost a round before deliveries are."""
    shares = shares_of(economy, final_demand=True)
    closed = np.eye(economy.firms)
    down, up = closed, np.maximum(closed, shares.up.worst(shares.up.matrix @ closed))
    for _ in range(rounds - 1):
        passed = down * unreplaced(shares, down) if replaceable else down
        down = np.maximum(closed, shares.down.worst(shares.down.matrix @ passed))
        up = np.maximum(closed, shares.up.worst(shares.up.matrix @ up))
    return parts(shares, down, up)[:, 0]


def _drawn(seed: int, circles: bool, final_demand: float) -> Economy:
    """Return an economy with or without cycles, with isolated firms and sector pairs of every essentiality."""
    draws = np.random.Generator(np.random.PCG64(seed))
    firms, sectors = int(draws.integers(15, 31)), int(draws.integers(2, 6))
    chance, value = draws.random((2, firms, firms)), draws.uniform(0.2, 3, (firms, firms))
    weight = np.triu(np.where(chance[0] < 4 / firms, value, 0), 1)
    weight += np.tril(np.where(chance[1] < 2 / firms, value, 0), -1) * circles
    graph: nx.DiGraph[Any] = nx.from_numpy_array(weight, create_using=nx.DiGraph)
    sector = np.append(np.arange(sectors), draws.integers(0, sectors, firms - sectors))
    nx.set_node_attributes(graph, {row: {"sector": f"s{code}"} for row, code in enumerate(sector)})
    essential = draws.integers(0, 3, (sectors, sectors))
    return Economy.from_networkx(graph, essential=essential, max_input_share=1e9, final_demand_share=final_demand)
