"""Peers beyond the closed forms: chains solved exactly, other graphs, firms that differ, and other simulators."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.integrate import quad

from creditregime import CreditRegime
from creditregime.population.economy import Economy, combine
from creditregime.validation import reduction
from creditregime.validation.peers import BRANCHES, Pull, choices, fine
from tests.helpers import Array

Example = Callable[[Array], Array]


@pytest.mark.parametrize("beta", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("strength", [0.0, 0.5, 0.99, 1.01, 1.2, 1.5, 3.0])
def test_the_equilibria_are_where_unanimous_firms_end_up(beta: float, strength: float) -> None:
    weight = strength / beta
    limit = Pull(beta, 0, weight).edge[1]
    for motive in (0.0, 0.1, -0.1, 0.3, -0.7, 0.9 * limit, -0.9 * limit, 1.1 * limit, -1.1 * limit):
        for side in BRANCHES:
            m = 1.0 if side == "upper" else -1.0
            for _ in range(20_000):
                m = math.tanh(beta * (motive + weight * m))
            assert Pull(beta, motive, weight).equilibrium(side) == pytest.approx(m, abs=1e-6)


@pytest.mark.parametrize(("beta", "weight"), [(1.0, 1.5), (1.0, 1.05), (0.4, 5.0), (3.0, 0.5)])
def test_branches_end_where_the_motive_they_need_turns(beta: float, weight: float) -> None:
    m = np.linspace(0, 1, 2_000_001)[:-1]
    needed = np.arctanh(m) / beta - weight * m
    last, limit = Pull(beta, 0, weight).edge
    assert m[np.argmin(needed)] == pytest.approx(last, abs=1e-5)
    assert -needed.min() == pytest.approx(limit, abs=1e-9)


def expected_by_month(example: Example, firms: int, pull: Pull, months: int, start: float = 1.0) -> Array:
    """Return the mean choice of each firm in each month, (months, firms), over all states of the chain."""
    states = np.array(list(itertools.product((-1.0, 1.0), repeat=firms)))
    up = np.array([1 / (1 + np.exp(-2 * pull.beta * (pull.motive + pull.weight * example(s)))) for s in states])
    moves = np.prod(np.where(states[None] > 0, up[:, None], 1 - up[:, None]), axis=2)
    held = (states == start).all(axis=1).astype(float)
    means = []
    for _ in range(months):
        held = held @ moves
        means.append(held @ states)
    return np.array(means)


def partners(graph: nx.DiGraph[Any], direction: str) -> Example:
    """Return the mean choice of partners: of suppliers' and buyers' means, where a firm has both."""
    bought = nx.to_numpy_array(graph).T
    sides = [bought] * (direction != "buyers") + [bought.T] * (direction != "suppliers")
    means = [side / np.maximum(side.sum(axis=1, keepdims=True), 1e-300) for side in sides]
    number = np.maximum(np.sum([side.any(axis=1) for side in sides], axis=0), 1)
    return lambda states: np.sum([mean @ states for mean in means], axis=0) / number


def small_graphs() -> dict[str, nx.DiGraph[Any]]:
    star = nx.DiGraph([(0, leaf) for leaf in range(1, 6)])
    lopsided = nx.DiGraph([(0, 1), (1, 2), (2, 3), (3, 1), (0, 3), (4, 0)])
    lopsided.add_node(5)
    return {
        "complete": nx.complete_graph(5, create_using=nx.DiGraph),
        "ring": nx.cycle_graph(6, create_using=nx.DiGraph),
        "star": star,
        "lopsided": lopsided,
    }


@pytest.mark.parametrize("name", [*small_graphs()])
@pytest.mark.parametrize("direction", ["suppliers", "buyers", "both"])
def test_small_graphs_follow_their_markov_chain(name: str, direction: str) -> None:
    graph, copies, months, pull = small_graphs()[name], 4_000, 6, Pull(0.7, 0.15, 1.8)
    size = len(graph)
    economy = Economy.from_networkx(nx.disjoint_union_all([graph] * copies))
    spec = reduction(
        "peers_ring",
        behaviour__direction=direction,
        population={"kind": "graph_model"},
        indicators__network_every=1200,
        **pull.changes(),
    )
    model = CreditRegime(spec, economy=economy)
    expected = expected_by_month(partners(graph, direction), size, pull, months)
    for month in range(months):
        model.step()
        choice = 2.0 * model.world.firms.effort[0].reshape(copies, size) - 1
        error = np.sqrt((1 - expected[month] ** 2) / copies)
        assert (np.abs(choice.mean(axis=0) - expected[month]) <= 4.5 * error).all(), month  # 400 comparisons in all


def test_a_small_jurisdiction_follows_its_markov_chain_beside_others() -> None:
    size, copies, months, pull = 7, 400, 8, Pull(1.0, -0.05, 1.4)
    alone = Economy.from_networkx(nx.empty_graph(size, create_using=nx.DiGraph))
    model = CreditRegime(
        reduction("peers", **pull.changes()), economy=combine([alone] * copies), seeds=[*range(copies)]
    )
    expected = expected_by_month(lambda states: np.full(size, states.mean()), size, pull, months).mean(axis=1)
    for month in range(months):
        model.step()
        means = (2.0 * model.world.firms.effort[0] - 1).reshape(copies, size).mean(axis=1)
        assert abs(means.mean() - expected[month]) <= 4 * means.std() / math.sqrt(copies)


@pytest.mark.parametrize("initial", [1.0, 0.0])
def test_partners_on_the_complete_graph_are_all_others(initial: float) -> None:
    firms, settle, months, pull = 300, 40, 400, Pull(1, 0.05, 1.6)
    spec = reduction(
        "peers_ring",
        population={"kind": "graph_model", "graph": "complete", "firms": firms},
        months=settle + months,
        indicators__network_every=1200,
        behaviour__initial=initial,
        **pull.changes(),
    )
    expected = pull.equilibrium("upper" if initial else "lower")
    error, bias = pull.noise(expected, firms, months)
    assert abs(choices(spec)[settle:].mean() - expected) <= 4 * error + 2 * bias  # each looks at one firm fewer


@pytest.mark.parametrize("side", ["upper", "lower"])
def test_firms_that_differ_settle_where_their_mean_reproduces_itself(side: str) -> None:
    """Costs uniform on [0, 2]: m is the mean of tanh(β(h + 1 − x + Jm)) over x."""
    beta, motive, weight, firms, months = 1.5, 0.02, 1.3, 40_000, 200
    expected = 1.0 if side == "upper" else -1.0
    for _ in range(400):
        drive = motive + weight * expected
        expected = quad(lambda x, drive=drive: math.tanh(beta * (drive + 1 - x)), 0, 2)[0] / 2
    start = float(side == "upper")
    pull = Pull(beta, motive, weight)
    spec = reduction(
        "peers",
        months=60 + months,
        population__firms=firms,
        behaviour__cost_distribution="uniform",
        behaviour__initial=start,
        **pull.changes(),
    )
    slope = beta * weight * quad(lambda x: math.cosh(beta * (drive + 1 - x)) ** -2, 0, 2)[0] / 2
    who = math.sqrt(np.var(np.tanh(beta * (drive + 1 - np.linspace(0, 2, 10_001)))) / firms)  # costs are drawn once
    error = math.hypot(who, math.sqrt((1 - expected**2) / (firms * months))) / (1 - slope)
    assert abs(choices(spec)[60:].mean() - expected) <= 4 * error
    assert (expected > 0.2) == (side == "upper")


def test_on_a_random_graph_an_independent_simulation_agrees() -> None:
    firms, settle, months, pull, seed = 3_000, 100, 600, Pull(1, 0.03, 2.2), 5
    population = {"kind": "graph_model", "graph": "poisson", "firms": firms, "mean_degree": 3.0}
    spec = reduction(
        "peers_ring",
        seed=seed,
        population=population,
        months=settle + months,
        indicators__network_every=1200,
        **pull.changes(),
    )
    ours = choices(spec)[settle:]
    links = spec.population.build(seed)
    degree = np.bincount(links.buyer, minlength=firms)
    draws = np.random.default_rng(7)
    state, theirs = np.ones(firms), []
    for month in range(settle + months):
        total = np.bincount(links.buyer, state[links.supplier], minlength=firms)
        drive = pull.motive + pull.weight * total / np.maximum(degree, 1)
        state = np.where(draws.random(firms) < 1 / (1 + np.exp(-2 * pull.beta * drive)), 1.0, -1.0)
        if month >= settle:
            theirs.append(state.mean())
    errors = [np.reshape(path, (20, -1)).mean(axis=1).std(ddof=1) / math.sqrt(20) for path in (ours, theirs)]
    assert abs(ours.mean() - np.mean(theirs)) <= 4 * math.hypot(*errors)
    assert math.hypot(*errors) < 0.01
    assert abs(ours.mean() - pull.equilibrium("upper")) > 0.01  # and the graph matters


def test_a_wave_of_enforcement_changes_compliance_for_good() -> None:
    """The preset itself: the same fine, h = 0, before and after a time in which it was higher."""
    mean = choices(reduction("peers_loop", population__firms=3_000))
    before, after = mean[150:200].mean(), mean[650:700].mean()
    upper = Pull(1, 0, 1.5).equilibrium("upper")
    assert (before, after) == (pytest.approx(-upper, abs=0.02), pytest.approx(upper, abs=0.02))
    assert mean[-50:].mean() == pytest.approx(Pull(1, -0.25, 1.5).equilibrium("lower"), abs=0.02)
    assert reduction("peers_loop").phases[0].changes == {"topics.offence.fine": fine(0)}
