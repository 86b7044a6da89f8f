"""Twin worlds: what differs between scenarios that share firms and every draw, seed by seed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from creditregime.laboratory.effects import paired
from creditregime.model import CreditRegime
from creditregime.scenario import Scenario
from creditregime.state import Floats
from creditregime.validation.findings import Finding, signed
from creditregime.world import World

Reals = NDArray[np.float64]
Measure = Callable[[CreditRegime], Sequence[float] | Reals]


def worlds(scenarios: Sequence[Scenario], seeds: int, measure: Measure) -> Reals:
    """Return what is measured in each scenario and seed, (scenarios, seeds, measured).

    Parameters
    ----------
    scenarios
        The twins, which must agree on who exists.
    seeds
        Number of seeds, from the first scenario's own on.
    measure
        Takes a model before its first month, simulates it, and returns numbers.
    """
    first = scenarios[0].seed
    return np.array(
        [[measure(CreditRegime(spec, seed=first + step)) for step in range(seeds)] for spec in scenarios], np.float64
    )


def effect(where: str, claim: Literal["more", "less"], one: Reals, other: Reals | float = 0.0) -> Finding:
    """Compare the sign of the mean difference over seeds with a claim; seeds in which one of them is missing drop out.

    Parameters
    ----------
    one, other : (seeds,)
        The same number in the two worlds of each seed, or an effect and 0.
    """
    pair = np.broadcast_arrays(one, np.asarray(other, np.float64))
    both = np.isfinite(pair[0]) & np.isfinite(pair[1])
    found = paired(pair[0][both, None], pair[1][both, None])
    mean_change, low, high = (float(found[name][0]) for name in ("effect", "low", "high"))
    return signed(where, claim, mean_change, low, high, int(both.sum()))


def late(model: CreditRegime, *indicators: str, months: int = 48) -> list[float]:
    """Simulate the model to its end, and return the means of monthly indicators over its last months."""
    table = model.run_model().series.monthly().tail(months)
    return [float(table[name].mean()) for name in indicators]


def advance(model: CreditRegime, months: int) -> Iterator[int]:
    """Simulate the model up to a month, and yield after every month how many there have been."""
    while model.world.month < months:
        model.step()
        yield model.world.month


def twin(model: CreditRegime) -> CreditRegime:
    """Return a copy that goes on with the same draws; what is then done to one of the two is all that differs."""
    other = copy.deepcopy(model)
    other.world.view = other.firm
    return other


def slack(world: World) -> Floats:
    """Return how many violations each firm is expected to commit this month, given its effort, (N,)."""
    firms = world.firms
    expected: Floats = (firms.hazard * (1 - firms.effort)).sum(axis=0) * firms.active
    return expected


def mean(values: NDArray[np.floating] | NDArray[np.bool_], chosen: NDArray[np.bool_]) -> float:
    """Return the mean over some of the firms or links; NaN where there are none."""
    return float(values[chosen].mean()) if chosen.any() else float("nan")


def steps_from(world: World, sources: NDArray[np.int64], direction: Literal["both", "suppliers"] = "both") -> Reals:
    """Return how many links lie between the nearest of some firms and each firm, (N,); infinite where no path leads.

    Parameters
    ----------
    sources
        Rows of the firms to start from.
    direction
        Along links in both directions, or only from buyers to their suppliers.
    """
    network = world.network.unweighted()
    steps = np.full(world.rows, np.inf)
    front = np.zeros(world.rows, np.float32)
    steps[sources], front[sources] = 0, 1
    for step in range(1, world.rows):
        near = network.from_buyers(front)
        if direction == "both":
            near = near + network.from_suppliers(front)
        new = (near > 0) & np.isinf(steps)
        if not new.any():
            break
        steps[new], front = step, new.astype(np.float32)
    return steps
