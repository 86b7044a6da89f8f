"""Published regularities of firm networks, on generated populations of 5,000 firms and on a graph that lacks them.

Axtell 2001 (sizes); Bacilieri et al. 2023 and Fujiwara & Aoyama 2010 (degrees, strengths, assortativity); World
Input-Output Database 2013 (flows). The Hill bands are those of independent draws at 5,000 firms.
"""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest

from creditregime.population import Economy, Generated, read_table

SEEDS = range(6)
FIRMS = 5000
BANDS = {
    "size exponent": (0.96, 1.17),
    "in-degree exponent": (1.23, 1.49),
    "out-degree exponent": (1.17, 1.37),
    "in-degree with in-strength": (0.65, 0.85),
    "out-degree with out-strength": (0.40, 0.60),
    "assortativity": (-0.35, -0.05),
}


def hill(values: Any, share: float = 0.1) -> float:
    """Return the Hill estimate of the CCDF exponent from the top `share` of the values."""
    ordered = np.sort(np.asarray(values, float))[::-1]
    count = int(len(ordered) * share)
    return float(1 / np.mean(np.log(ordered[:count] / ordered[count])))


def log_correlation(one: Any, other: Any) -> float:
    """Return the correlation of logs where both are positive."""
    both = (one > 0) & (other > 0)
    return float(np.corrcoef(np.log(one[both]), np.log(other[both]))[0, 1])


def measure(economy: Economy) -> dict[str, float]:
    """Return the statistics that `BANDS` speaks of."""
    buyer, supplier, firms = economy.buyer, economy.supplier, economy.firms
    money = economy.coefficient * economy.size.astype(float)[buyer]
    indegree, outdegree = np.bincount(buyer, minlength=firms), np.bincount(supplier, minlength=firms)
    degree = indegree + outdegree
    ends = np.concatenate([degree[buyer], degree[supplier]]), np.concatenate([degree[supplier], degree[buyer]])
    return {
        "size exponent": hill(economy.size),
        "in-degree exponent": hill(indegree),
        "out-degree exponent": hill(outdegree),
        "in-degree with in-strength": log_correlation(indegree, np.bincount(buyer, money, firms)),
        "out-degree with out-strength": log_correlation(outdegree, np.bincount(supplier, money, firms)),
        "assortativity": float(np.corrcoef(*ends)[0, 1]),
    }


def flow_error(economy: Economy) -> float:
    """Return the L1 distance of sector flows from the table's, relative to all flows."""
    table = read_table("china_2011")
    money = economy.coefficient * economy.size.astype(float)[economy.buyer]
    pair = economy.sector[economy.supplier].astype(int) * 18 + economy.sector[economy.buyer]
    flows = np.bincount(pair, money, 18 * 18).reshape(18, 18)
    wanted = table.flows / table.output.sum() * economy.firms
    return float(np.abs(flows - wanted).sum() / wanted.sum())


@pytest.fixture(scope="module", params=SEEDS)
def economy(request: pytest.FixtureRequest) -> Economy:
    """Return a generated economy of 5,000 firms."""
    return Generated(firms=FIRMS).build(request.param)


def test_regularities_hold(economy: Economy) -> None:
    found = measure(economy)
    outside = {name: found[name] for name, (low, high) in BANDS.items() if not low <= found[name] <= high}
    assert not outside


def test_directed_assortativity_is_negative_too(economy: Economy) -> None:
    degrees = (np.bincount(ends, minlength=FIRMS) for ends in (economy.supplier, economy.buyer))
    outdegree, indegree = degrees
    assert -0.35 < np.corrcoef(outdegree[economy.supplier], indegree[economy.buyer])[0, 1] < -0.05


def test_flows_follow_the_table(economy: Economy) -> None:
    assert flow_error(economy) < 0.05


def test_strengths_are_reproduced(economy: Economy) -> None:
    money = economy.coefficient * economy.size.astype(float)[economy.buyer]
    sold = np.bincount(economy.supplier, money, FIRMS) + economy.final_demand
    np.testing.assert_allclose(sold, economy.size, rtol=1e-6)
    table = read_table("china_2011")
    output = np.bincount(economy.sector, economy.size, 18)
    np.testing.assert_allclose(output / output.sum(), table.output / table.output.sum(), rtol=1e-5)


def test_nobody_dominates(economy: Economy) -> None:
    assert economy.size.max() < 0.05 * economy.size.sum()


def test_a_preferential_attachment_graph_fails() -> None:
    found = measure(Economy.from_networkx(nx.barabasi_albert_graph(FIRMS, 4, seed=1)))
    outside = {name for name, (low, high) in BANDS.items() if not low <= found[name] <= high}
    assert {"in-degree exponent", "out-degree exponent", "size exponent"} <= outside
