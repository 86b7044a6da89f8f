"""Statistics of firms and supply networks that the literature reports."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditregime.population.economy import Economy
from creditregime.population.input_output import InputOutput

Reals = NDArray[np.float64]


def hill(values: NDArray[Any], share: float = 0.1) -> float:
    """Return the Hill estimate of the CCDF exponent from the largest `share` of the values."""
    ordered = np.sort(np.asarray(values, np.float64))[::-1]
    count = int(len(ordered) * share)
    return float(1 / np.mean(np.log(ordered[:count] / ordered[count])))


def log_correlation(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Return the correlation of logs over the firms where both are positive."""
    both = (one > 0) & (other > 0)
    return float(np.corrcoef(np.log(one[both]), np.log(other[both]))[0, 1])


def degrees(economy: Economy) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of suppliers (in) and of buyers (out) of each firm, (N,)."""
    suppliers, buyers = (np.bincount(ends, minlength=economy.firms) for ends in (economy.buyer, economy.supplier))
    return suppliers.astype(np.int64), buyers.astype(np.int64)


def strengths(economy: Economy) -> tuple[Reals, Reals]:
    """Return what each firm buys from firms (in) and sells to them (out), (N,), money a month."""
    money = _money(economy)
    bought = np.bincount(economy.buyer, money, economy.firms).astype(np.float64)
    return bought, np.bincount(economy.supplier, money, economy.firms).astype(np.float64)


def assortativity(economy: Economy) -> float:
    """Return the correlation of total degrees over the two ends of links, whichever end comes first."""
    degree = np.add(*degrees(economy))
    ends = (economy.buyer, economy.supplier)
    here, there = (degree[np.concatenate(order)] for order in (ends, ends[::-1]))
    return float(np.corrcoef(here, there)[0, 1])


def regularities(economy: Economy) -> dict[str, float]:
    """Return the statistics with published values by name."""
    (suppliers, buyers), (bought, sold) = degrees(economy), strengths(economy)
    return {
        "size exponent": hill(economy.size),
        "in-degree exponent": hill(suppliers),
        "out-degree exponent": hill(buyers),
        "in-degree with in-strength": log_correlation(suppliers, bought),
        "out-degree with out-strength": log_correlation(buyers, sold),
        "assortativity": assortativity(economy),
    }


def flow_error(economy: Economy, table: InputOutput) -> float:
    """Return the L1 distance of flows between sectors from the table's, relative to all flows of the table."""
    sectors = len(economy.sectors)
    pair = economy.sector[economy.supplier].astype(np.int64) * sectors + economy.sector[economy.buyer]
    flows = np.bincount(pair, _money(economy), sectors**2).reshape(sectors, sectors)
    wanted = table.flows / table.output.sum() * float(economy.size.sum(dtype=np.float64))
    return float(np.abs(flows - wanted).sum() / wanted.sum())


def sales_error(economy: Economy) -> float:
    """Return the largest relative difference of a firm's size and its sales to firms and to final demand."""
    sold = strengths(economy)[1] + economy.final_demand
    return float(np.abs(sold / economy.size - 1).max())


def output_error(economy: Economy, table: InputOutput) -> float:
    """Return the largest relative difference of a sector's share in output from the table's."""
    output = np.bincount(economy.sector, economy.size.astype(np.float64), len(economy.sectors))
    share, wanted = output / output.sum(), table.output / table.output.sum()
    there = wanted > 0
    return float(np.abs(share[there] / wanted[there] - 1).max())


def _money(economy: Economy) -> Reals:
    """Return the value of each link, (L,), money a month."""
    money: Reals = economy.coefficient.astype(np.float64) * economy.size.astype(np.float64)[economy.buyer]
    return money
