"""Contagion: what partners' partners pass on, linearly."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Lever
from creditregime.model import CreditRegime
from creditregime.population.economy import Economy
from creditregime.validation.findings import FIXED_POINT, Finding, all_close, close, refused
from creditregime.validation.oracles import Size, oracle, reduction

Matrix = NDArray[np.float64]
KATZ = "Katz 1953, Psychometrika 18:39"
NOTHING = 1e-9
"""Share of the largest value below which a reference solved with rounding cannot tell a value from 0."""


@oracle("contagion", source=f"{KATZ}; Leontief 1936, Rev. Econ. Stat. 18:105", reductions=("katz",))
def katz(size: Size) -> Iterator[Finding]:
    """Recursive linear spillover of a shock s ends at x = (I − δAᵀ)⁻¹ s, A_ij the weight with which i passes on to j.

    On a ring the total is 1/(1 − δ) for each unit of shock, 2 at δ = .5; where everybody passes on to all n − 1 others
    it is 1/(1 − δ(n − 1)), 3.333333 at δ = .1 and n = 8.
    """
    for firms, strength in ((50, 0.5), (7, 0.9), (200, 0.99), (3, 0.2)):
        yield _total(f"ring of {firms}", "ring", firms, strength, 1 / (1 - strength))
    for firms, strength in ((8, 0.1), (8, 0.142), (30, 0.02), (2, 0.5)):
        yield _total(f"complete graph of {firms}", "complete", firms, strength, 1 / (1 - strength * (firms - 1)))
    for name, economy in _networks(size).items():
        for direction, weighting in product(("suppliers", "buyers", "both"), ("sum", "coefficient", "equal", "value")):
            passing = _passing(economy, direction, weighting)
            radius = _radius(passing)
            for part in (0.3, 0.99):
                strength = part / radius
                own, found = _carried(economy, direction=direction, weighting=weighting, strength=strength)
                expected = _solved(passing, strength, own)
                where = f"{name}, by {direction}, weighting {weighting}, δρ = {part}"
                yield _same(where, expected, found)


@oracle("contagion", source=KATZ, reductions=("katz",))
def hops(size: Size) -> Iterator[Finding]:
    """Spillover that ends after H hops is the partial sum x = Σ_{n ≤ H} (δAᵀ)ⁿ s, whatever δ.

    First-order spillover is that of H = 1. On a ring each unit of shock adds up to (1 − δ^{H+1})/(1 − δ).
    """
    for strength, most in ((0.5, 1), (0.5, 6), (0.9, 12), (2.0, 5)):
        total = sum(strength**n for n in range(most + 1))
        yield _total(f"ring of 40, H = {most}", "ring", 40, strength, total, **_reach(most))
    for name, economy in _networks(size).items():
        for direction, weighting in product(("suppliers", "buyers", "both"), ("sum", "value")):
            passing = _passing(economy, direction, weighting)
            radius = _radius(passing)
            for part, most in ((0.5, 1), (0.99, 4), (0.99, 100), (1.5, 20)):
                strength = part / radius
                own, found = _carried(
                    economy, direction=direction, weighting=weighting, strength=strength, **_reach(most)
                )
                expected = _partial_sum(strength * passing, own, most)
                where = f"{name}, by {direction}, weighting {weighting}, δρ = {part}, H = {most}"
                yield _same(where, expected, found)


@oracle("contagion", source=f"Perron 1907, Math. Ann. 64:248; {KATZ}", reductions=("katz",))
def limit(size: Size) -> Iterator[Finding]:
    """Recursion converges iff δρ(A) < 1, and is refused otherwise with an error that names the parameter and the limit.

    ρ is the largest eigenvalue in absolute value. Without cycles it is 0, and nothing is refused.
    """
    for name, (economy, radius) in _limits(size).items():
        passing = _passing(economy, "suppliers", "sum")
        for near in (1e-2, 1e-4, 1e-6):
            own, found = _carried(economy, strength=(1 - near) / radius)
            expected = _solved(passing, (1 - near) / radius, own)
            yield _same(f"{name}, δρ = 1 − {near:g}", expected, found)
        for above in (0.0, 1e-9, 1e-3, 1.0):
            path = f"spillover.partner.strength: {(1 + above) / radius} does not converge"
            said = f"{path} on this network; recursive spillover needs less than {1 / radius:.6g}"
            attempt = _Attempt(economy, (1 + above) / radius)
            yield refused(f"{name}, δρ = 1 + {above:g}", attempt, said)
    chain = Economy.from_networkx(nx.path_graph(9, create_using=nx.DiGraph))
    own, found = _carried(chain, strength=8.0)
    expected = _solved(_passing(chain, "suppliers", "sum"), 8.0, own)
    yield _same("chain of 9, ρ = 0, δ = 8", expected, found)


@oracle("contagion", source=KATZ, reductions=("katz",))
def carried_measures(size: Size) -> Iterator[Finding]:
    """Measures that are carried over add up in the same way: x = (I − δAᵀ)⁻¹ s, s the measures against each firm."""
    for name, economy in _networks(size).items():
        for direction in ("suppliers", "buyers", "both"):
            passing = _passing(economy, direction, "sum")
            radius = _radius(passing)
            for part in (0.5, 0.99):
                strength = part / radius
                model = _run(
                    economy,
                    measures={"ban": {"agency": "offence", "lever": "management", "size": 0.02, "grade": "short"}},
                    spillover__partner__mode="lever",
                    spillover__partner__direction=direction,
                    spillover__partner__strength=strength,
                )
                firms = model.world.firms
                own = np.where(firms.own_grade[0] == 0, 0.02, 0.0)
                expected = _solved(passing, strength, own)
                where = f"{name}, by {direction}, δρ = {part}"
                yield _same(where, expected, firms.levers[Lever.MANAGEMENT].astype(float))


class _Attempt:
    """A model with a strength: callable, so that it can be tried."""

    def __init__(self, economy: Economy, strength: float) -> None:
        self._economy, self._strength = economy, strength

    def __call__(self) -> object:
        return _run(self._economy, spillover__partner__strength=self._strength)


def _same(where: str, expected: Matrix, found: Matrix) -> Finding:
    return all_close(where, expected, found, relative=FIXED_POINT, absolute=NOTHING * float(np.abs(expected).max()))


def _reach(most: int) -> dict[str, Any]:
    return {"reach": "first_order"} if most == 1 else {"reach": "truncated", "hops": most}


def _total(where: str, graph: str, firms: int, strength: float, expected: float, **partner: Any) -> Finding:
    """Compare the total per unit of shock on a textbook graph."""
    population = {"kind": "graph_model", "graph": graph, "firms": firms}
    own, found = _carried(None, population, strength=strength, **partner)
    share = f"{int(own.sum())} shocks"
    return close(f"{where}, δ = {strength:g}, {share}", expected, found.sum() / own.sum(), relative=FIXED_POINT)


def _carried(
    economy: Economy | None, population: dict[str, Any] | None = None, **partner: Any
) -> tuple[Matrix, Matrix]:
    """Return by firm what records cost by themselves, and in the end."""
    changes: dict[str, Any] = {f"spillover__partner__{name}": value for name, value in partner.items()}
    firms = _run(economy, **changes, **({"population": population} if population else {})).world.firms
    return -firms.own_score[0].astype(float), -firms.score[0].astype(float)


def _run(economy: Economy | None, **changes: Any) -> CreditRegime:
    """Return the model after its month; of few firms, more violate, so that some do."""
    firms = economy.firms if economy else changes["population"]["firms"]
    spec = reduction("katz", topics__offence__hazard=max(0.1, min(1.0, 3 / firms)), **changes)
    return CreditRegime(spec, economy=economy).run_model()


def _networks(size: Size) -> dict[str, Economy]:
    """Return directed networks with weights of all sizes."""
    chosen = {"random": nx.gnp_random_graph(size.of(150, 60), size.of(0.04, 0.08), seed=1, directed=True)}
    if size.full:
        chosen["scale-free"] = nx.DiGraph(nx.scale_free_graph(150, seed=2))
        chosen["undirected"] = nx.gnp_random_graph(100, 0.05, seed=3).to_directed()
    return {name: _weighted(graph) for name, graph in chosen.items()}


def _weighted(graph: Any) -> Economy:
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    draws = np.random.Generator(np.random.PCG64(1))
    for *_, told in graph.edges(data=True):
        told["weight"] = float(draws.lognormal(0, 1))
    return Economy.from_networkx(graph)


def _limits(size: Size) -> dict[str, tuple[Economy, float]]:
    """Return networks whose radius is easy to miss, and the radius: by formula where rounding would spoil it."""
    rings = [nx.cycle_graph(n, create_using=nx.DiGraph) for n in (4, 6, 6)]
    in_a_row: Any = nx.disjoint_union_all(rings)
    in_a_row.add_edges_from([(0, 4), (5, 10)])
    chosen: dict[str, tuple[Any, float]] = {
        "complete graph of 8": (nx.complete_graph(8), 7),
        "star of 20 (periodic)": (nx.star_graph(19), np.sqrt(19)),
        "rings in a row (defective)": (in_a_row, 1),
        "two parts": (nx.disjoint_union(nx.complete_graph(5), nx.star_graph(30)), np.sqrt(30)),
        "path of 60, there and back": (nx.path_graph(60), 2 * np.cos(np.pi / 61)),
    }
    found = {name: (Economy.from_networkx(graph), float(radius)) for name, (graph, radius) in chosen.items()}
    drawn = Economy.from_networkx(nx.gnp_random_graph(size.of(200, 50), size.of(0.03, 0.1), seed=4, directed=True))
    return {**found, "random": (drawn, _radius(_passing(drawn, "suppliers", "sum")))}


def _passing(economy: Economy, direction: str, weighting: str) -> Matrix:
    """Return Aᵀ, dense: what the row's firm takes over of the column's."""
    bought = np.zeros((economy.firms, economy.firms))
    bought[economy.buyer, economy.supplier] = 1 if weighting in ("sum", "equal") else economy.coefficient
    if weighting == "value":
        bought *= economy.size.astype(float)[:, None]
    sides = [bought] * (direction != "buyers") + [bought.T] * (direction != "suppliers")
    if weighting in ("sum", "coefficient"):
        return np.asarray(np.sum(sides, axis=0))
    means = [side / np.maximum(side.sum(axis=1, keepdims=True), 1e-300) for side in sides]
    return np.asarray(np.mean(means, axis=0))


def _solved(passing: Matrix, strength: float, own: Matrix) -> Matrix:
    """Return (I − δAᵀ)⁻¹ s by a dense solve, refined: near the limit the solve alone loses six digits and more."""
    whole = np.eye(len(own)) - strength * passing
    exact = np.eye(len(own), dtype=np.longdouble) - np.longdouble(strength) * passing
    found = np.linalg.solve(whole, own)
    for _ in range(3):
        found = found + np.linalg.solve(whole, (own - exact @ found).astype(float))
    return np.asarray(found, np.float64)


def _partial_sum(step: Matrix, own: Matrix, most: int) -> Matrix:
    """Return Σ_{n ≤ most} stepⁿ s."""
    total = wave = own
    for _ in range(most):
        wave = step @ wave
        total = total + wave
    return total


def _radius(passing: Matrix) -> float:
    return float(np.abs(np.linalg.eigvals(passing)).max())
