"""Do the model and its plain-Mesa peer agree? Paired runs of the reduced rules, their differences in standard errors.

``python -m benchmarks.agreement [--firms N] [--months M] [--seeds S]`` prints the table.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.peer import PlainMesa
from creditregime import CreditRegime, Scenario, load
from creditregime.population.economy import Economy

REDUCED = Path(__file__).with_name("reduced.yaml")

NAMES = {
    "compliance": "compliance",
    "violations": "violations",
    "detections": "detections",
    "false_findings": "false_findings",
    "inspections": "inspections",
    "listed": "listed",
    "downgraded_by_association": "downgraded",
    "sanctions": "sanctions",
    "output": "output",
    "compliance_cost": "compliance_cost",
    "exits": "exits",
}
"""Indicators that are compared: name in the model's series, name in the peer."""


class Agreement(NamedTuple):
    """Means over runs of an indicator's mean over the months, and their paired difference in standard errors."""

    ours: float
    peer: float
    error: float

    @property
    def errors_apart(self) -> float:
        """Difference in standard errors of the paired difference; 0 where both are the same number."""
        gap = self.ours - self.peer
        return abs(gap) / self.error if self.error else (math.inf if gap else 0.0)


def reduced(firms: int, **changes: Any) -> Scenario:
    """Return the reduced scenario for a number of firms."""
    return load(scenario=REDUCED, **{"population.firms": firms, **changes})


def our_means(scenario: Scenario, economy: Economy, months: int, seed: int) -> NDArray[np.float64]:
    """Return the mean over months of each compared indicator in one run of the model."""
    model = CreditRegime(scenario, economy=economy, seeds=[seed])
    for _ in range(months):
        model.step()
    series = model.series.monthly()
    return np.array([series[name].mean() for name in NAMES])


def peer_means(scenario: Scenario, economy: Economy, months: int, seed: int) -> NDArray[np.float64]:
    """Return the same for one run of the peer."""
    model = PlainMesa(scenario, economy, seed)
    rows = []
    for _ in range(months):
        model.step()
        rows.append([model.latest[name] for name in NAMES.values()])
    means: NDArray[np.float64] = np.mean(rows, axis=0)
    return means


def compare(ours: Sequence[NDArray[np.float64]], peer: Sequence[NDArray[np.float64]]) -> dict[str, Agreement]:
    """Return the agreement of runs that are paired by their initial state."""
    a, b = np.array(ours), np.array(peer)
    error = (a - b).std(axis=0, ddof=1) / math.sqrt(len(a))
    columns = zip(NAMES, a.mean(axis=0), b.mean(axis=0), error, strict=True)
    return {name: Agreement(float(x), float(y), float(e)) for name, x, y, e in columns}


def agreement(firms: int, months: int, seeds: Sequence[int]) -> dict[str, Agreement]:
    """Run both on the same economy from the same initial states and compare them."""
    scenario = reduced(firms)
    economy = scenario.population.build(scenario.seed)
    ours = [our_means(scenario, economy, months, seed) for seed in seeds]
    peer = [peer_means(scenario, economy, months, seed) for seed in seeds]
    return compare(ours, peer)


def main() -> None:
    """Print the table of agreement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firms", type=int, default=1000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    print(f"{'indicator':28} {'model':>12} {'peer':>12} {'std. error':>12} {'errors apart':>12}")
    for name, item in agreement(options.firms, options.months, range(1, options.seeds + 1)).items():
        print(f"{name:28} {item.ours:12.6f} {item.peer:12.6f} {item.error:12.6f} {item.errors_apart:12.2f}")


if __name__ == "__main__":
    main()
