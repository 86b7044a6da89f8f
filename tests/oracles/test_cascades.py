"""Cascades of listing on Poisson graphs: Watts' threshold rule and links that are open with a probability."""

from __future__ import annotations

import math
from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.stats import binom, poisson

from creditregime import CreditRegime
from creditregime.population.economy import Economy
from tests.helpers import bare

FIRMS = 10_000
SEEDS = 2e-3


def poisson_graph(degree: float, seed: int) -> Economy:
    """Return firms of which any two trade both ways with the same small probability."""
    return Economy.from_networkx(nx.fast_gnp_random_graph(FIRMS, degree / (FIRMS - 1), seed=seed))


def final_share(economy: Economy, seed: int = 1, **partner: Any) -> float:
    """Return the share of firms on the list once it has ceased to grow."""
    listed = {"topic": "a", "serious": 0, "initial": SEEDS, "max_months": 1200, "min_months": 0}
    rule = {"kind": "linear", "mode": "list", "reach": "recursive", "weighting": "equal"} | partner
    registry = {"kind": "database", "sharing": "central"}
    spec = bare(1, registry=registry, lists={"l": listed}, spillover={"partner": rule}, seed=seed, months=400)
    model = CreditRegime(spec.changed({"indicators.network_every": 400}), economy=economy)
    before, now = -1, 0
    while now != before:
        model.step()
        before, now = now, int((model.world.firms.listing[0] > 0).sum())
    return now / FIRMS


def gleeson_cahalane(degree: float, threshold: float, seeds: float) -> float:
    """Return the final share of active nodes on a Poisson graph of one threshold (2007, Phys. Rev. E 75:056103)."""
    k = np.arange(80)

    def active(q: float, shift: int) -> float:
        least = np.ceil(threshold * (k + shift) - 1e-9)
        chance = np.where(k + shift > 0, binom.sf(least - 1, k, q), 0)  # the neighbour that is asked is not active
        return float(poisson.pmf(k, degree) @ chance)

    q, before = seeds, 0.0
    while q - before > 1e-9:
        before, q = q, seeds + (1 - seeds) * active(q, 1)
    return seeds + (1 - seeds) * active(q, 0)


@pytest.mark.parametrize(("degree", "threshold"), [(1.5, 0.18), (3.0, 0.18), (7.0, 0.18), (2.0, 0.3), (4.0, 0.12)])
def test_threshold_listing_ends_where_gleeson_and_cahalane_say(degree: float, threshold: float) -> None:
    found = np.mean([final_share(poisson_graph(degree, seed), seed, threshold=threshold) for seed in (1, 2)])
    assert found == pytest.approx(gleeson_cahalane(degree, threshold, SEEDS), abs=0.025)


@pytest.mark.parametrize(("degree", "chance"), [(4.0, 0.5), (4.0, 0.35), (2.0, 0.8), (2.0, 0.3)])
def test_listing_along_open_links_ends_at_the_giant_share(degree: float, chance: float) -> None:
    """S = 1 − exp(−T z S) above the outbreak threshold T = 1/z, a few seeds' surroundings below it."""
    share = 1.0
    for _ in range(2000):
        share = 1 - math.exp(-chance * degree * share)
    found = np.mean(
        [final_share(poisson_graph(degree, seed), seed, rule="probability", chance=chance) for seed in (1, 2)]
    )
    around_seeds = SEEDS / max(1 - chance * degree, 0.1) if chance * degree < 1 else 0
    assert found == pytest.approx(share + around_seeds, abs=0.02 if chance * degree > 1 else 0.004)
