"""Cascades: lists that spread where enough partners are listed, or along ties that are open by chance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from creditregime.model import CreditRegime
from creditregime.population.economy import combine
from creditregime.scenario import Scenario
from creditregime.validation import mean_field
from creditregime.validation.findings import Finding, close, holds
from creditregime.validation.mean_field import Reals, given_degrees, poisson_degrees
from creditregime.validation.oracles import Size, oracle, reduction

LARGEST = 1_000
"""Months after which a cascade that still grows is a failure of the check."""


@oracle("contagion", source="Watts 2002, PNAS 99:5766", reductions=("watts",))
def cascade_window(size: Size) -> Iterator[Finding]:
    """Firms list where a share τ of partners is listed; few listings can cascade iff Σ k(k−1) ρ_k p_k > z.

    ρ_k is the share of firms with k partners for whom one is enough: 1 for k ≤ 1/τ. On Poisson graphs of mean degree z
    the condition is z P(X ≤ ⌊1/τ⌋ − 2) > 1, for X Poisson; at τ = .18 it is 1.020704 < z < 5.764677.
    """
    for end, printed, found in zip(("lower", "upper"), (1.020704, 5.764677), _window(0.18), strict=True):
        yield close(f"τ = 0.18: {end} end of the window", printed, found, absolute=5e-7)
    for limit in (0.12, 0.18, 0.25) if size.full else (0.18,):
        low, high = _window(limit)
        for mean, inside in ((0.7 * low, False), (1.4 * low, True), (0.85 * high, True), (1.2 * high, False)):
            yield _ignites(size, limit, mean, inside)
    yield holds("τ = 0.3: window", "none", mean_field.window(0.3) is None)
    for mean in (1.0, 1.6, 3.0) if size.full else (1.6,):
        yield _ignites(size, 0.3, mean, False)


@oracle("contagion", source="Gleeson, Cahalane 2007, Phys. Rev. E 75:056103", reductions=("watts",))
def threshold_listing(size: Size) -> Iterator[Finding]:
    """On random graphs of any degrees p_k listed shares follow the mean-field recursion, month by month.

    ρ_{t+1} = ρ_0 + (1−ρ_0) Σ_k p_k Σ_m B(m; k, q_t) F(m, k) with q_{t+1} = ρ_0 + (1−ρ_0) Σ_k (k p_k/z) Σ_m
    B(m; k−1, q_t) F(m, k) and F = 1 where m/k ≥ τ. On Poisson graphs it ends from ρ_0 = .001 at τ = .18 at .58132
    (z = 1.5), .94055 (3), .99303 (5), .00424 (7).
    """
    for mean, printed in ((1.5, 0.58132), (3.0, 0.94055), (5.0, 0.99303), (7.0, 0.00424)):
        spec = _watts(size, {"mean_degree": mean}, 0.18, 1e-3)
        yield _compared(f"Poisson, z = {mean:g}, τ = 0.18, from 0.001", printed, _final(spec, size), size)
    for mean, limit, seeds in ((4.0, 0.12, 0.004), (2.0, 0.3, 0.03), (6.0, 0.25, 0.05), (6.0, 0.4, 0.1)):
        yield from _cascade(size, {"mean_degree": mean}, poisson_degrees(mean), limit, seeds)
    for degrees, limit, seeds in (
        ((3,), 1 / 3, 0.01),
        ((3,), 0.34, 0.1),
        ((4,), 0.5, 0.2),
        ((2, 8), 0.25, 0.06),
        ((1, 3, 6), 0.34, 0.05),
        ((0, 2, 5), 0.2, 0.02),
    ):
        yield from _cascade(size, _of(degrees), given_degrees(*degrees), limit, seeds)


@oracle(
    "contagion",
    source="Brummitt, Lee, Goh 2012, Phys. Rev. E 85:045102; Lee, Brummitt, Goh 2014, Phys. Rev. E 90:062816;"
    " Yagan, Gligor 2012, Phys. Rev. E 86:036103",
    reductions=("layers",),
)
def layered_listing(size: Size) -> Iterator[Finding]:
    """On two independent Poisson layers listed shares follow the recursion with a q_l for each layer.

    A firm lists where the listed share reaches τ in any layer, in all of them, or over the neighbours in all layers
    with votes c: Σ c_l m_l / Σ c_l k_l ≥ τ.
    """
    cases: tuple[tuple[Any, float, float, float, float, tuple[float, float]], ...] = (
        ("any", 2.0, 2.0, 0.18, 0.004, (1, 1)),
        ("any", 1.0, 3.0, 0.25, 0.01, (1, 1)),
        ("any", 0.5, 0.8, 0.18, 0.02, (1, 1)),
        ("all", 3.0, 3.0, 0.18, 0.12, (1, 1)),
        ("all", 4.0, 2.0, 0.12, 0.08, (1, 1)),
        ("sum", 1.0, 1.5, 0.18, 0.004, (1, 1)),
        ("sum", 2.0, 3.0, 0.25, 0.05, (1, 1)),
        ("sum", 2.0, 3.0, 0.3, 0.05, (1, 4)),
    )
    for layers, first, second, limit, seeds, votes in cases:
        one, two = poisson_degrees(first), poisson_degrees(second)
        path = mean_field.shares_of_two(one, two, mean_field.on_two(one, two, limit, layers, votes), seeds)
        spec = reduction(
            "layers",
            population=_population(size, {"mean_degree": first, "contract_degree": second}),
            lists__contagion__initial=seeds,
            spillover__layers=layers,
            spillover__threshold=limit,
            spillover__votes={"partner": votes[0], "contractor": votes[1]},
            spillover__partner__threshold=limit,
            spillover__contractor__threshold=limit,
        )
        where = f"{layers}, z = {first:g} and {second:g}, τ = {limit}, c = {votes[0]:g}:{votes[1]:g}, from {seeds}"
        yield _compared(where, mean_field.settled(path), _final(spec, size), size)


@oracle("contagion", source="Newman 2002, Phys. Rev. E 66:016128", reductions=("percolation",))
def open_ties(size: Size) -> Iterator[Finding]:
    """Over ties open with probability T, once for all, few listings reach a giant share S above an outbreak threshold.

    On Poisson graphs S = 1 − exp(−TzS) above T = 1/z; on graphs of degrees p_k S = 1 − G₀(1 − T + Tu),
    u = G₁(1 − T + Tu), above T = z/Σ k(k−1) p_k. Below, they reach their own surroundings only. From a share ρ_0 the
    recursion of Gleeson and Cahalane holds with F = 1 − (1 − T)^m.
    """
    for mean, chance in ((4.0, 0.5), (2.0, 0.8), (6.0, 0.2), (4.0, 0.2), (2.0, 0.3)):
        yield _giant(size, {"mean_degree": mean}, poisson_degrees(mean), chance)
    for degrees, chance in (((3,), 0.7), ((3,), 0.4), ((2, 8), 0.25), ((1, 4), 0.6), ((1, 4), 0.3)):
        yield _giant(size, _of(degrees), given_degrees(*degrees), chance)
    for mean in (2.0, 4.0):
        yield _reached(size, {"mean_degree": mean}, poisson_degrees(mean), 1 / mean, "at the threshold")
    for degrees in ((3,), (2, 8)):
        limit = mean_field.outbreak(given_degrees(*degrees))
        yield _reached(size, _of(degrees), given_degrees(*degrees), limit, "at the threshold")
    for direction in ("suppliers", "buyers", "both"):
        shape = {"mean_degree": 3.0}
        said = f"by {direction}"
        yield _reached(size, shape, poisson_degrees(3.0), 0.5, said, spillover__partner__direction=direction)


def _window(limit: float) -> tuple[float, float]:
    ends = mean_field.window(limit)
    assert ends is not None
    return ends


def _of(degrees: tuple[int, ...]) -> dict[str, Any]:
    return {"graph": "degree_sequence", "degrees": list(degrees)}


def _named(shape: dict[str, Any]) -> str:
    degrees = shape.get("degrees")
    return f"degrees {', '.join(map(str, degrees))}" if degrees else f"Poisson, z = {shape['mean_degree']:.4g}"


def _population(size: Size, shape: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "graph_model", "firms": size.of(100_008, 12_000), **shape}  # a multiple of 2 and of 3


def _watts(size: Size, shape: dict[str, Any], limit: float, seeds: float) -> Scenario:
    return reduction(
        "watts",
        population=_population(size, shape),
        lists__contagion__initial=seeds,
        spillover__partner__threshold=limit,
    )


def _ignites(size: Size, limit: float, mean: float, inside: bool) -> Finding:
    """Tell whether the listing of about ten firms ever takes over."""
    firms = size.of(50_004, 12_000)
    found = _paths(_watts(size, {"mean_degree": mean, "firms": firms}, limit, 10 / firms), size.of(3, 4))[-1]
    cascades = int((found > 0.05).sum())
    where = f"τ = {limit}, z = {mean:.3f}, {'inside' if inside else 'outside'}: cascades from ten of {firms:,} firms"
    obtained = f"{cascades} of {len(found)} runs"
    return holds(where, "some" if inside else "none", (cascades > 0) == inside, obtained)


def _cascade(size: Size, shape: dict[str, Any], degrees: Reals, limit: float, seeds: float) -> Iterator[Finding]:
    """Compare where a cascade ends, and the whole way there from the share of firms that was drawn."""
    response = mean_field.threshold(degrees, limit)
    found = _paths(_watts(size, shape, limit, seeds), size.of(2, 3))
    where = f"{_named(shape)}, τ = {limit:.3g}, from {seeds}"
    yield _compared(where, mean_field.settled(mean_field.shares(degrees, response, seeds)), found[-1], size)
    mean = found.mean(axis=1)
    path = np.array([*islice(mean_field.shares(degrees, response, float(mean[0])), len(mean))])
    month = int(np.argmax(np.abs(mean - path)))
    yield close(f"{where}: month {month}, the farthest off", path[month], mean[month], absolute=size.of(0.02, 0.05))


def _giant(size: Size, shape: dict[str, Any], degrees: Reals, chance: float) -> Finding:
    """Compare with the giant share; what lies around the first firms outside of it is allowed for, and told."""
    spec = _percolation(size, shape, chance, 1e-3)
    share, limit = mean_field.giant(degrees, chance), mean_field.outbreak(degrees)
    path = mean_field.shares(degrees, mean_field.open_ties(degrees, chance), 1e-3)
    around = mean_field.settled(path) - share
    where = f"{_named(shape)}, T = {chance}, {'above' if chance > limit else 'below'} {limit:.4g}: share S"
    return _compared(f"{where}, {around:.1g} around the first", share, _final(spec, size), size, around)


def _reached(
    size: Size, shape: dict[str, Any], degrees: Reals, chance: float, said: str, seeds: float = 0.02, **changes: Any
) -> Finding:
    """Compare with the share reached from a share listed at the start."""
    spec = _percolation(size, shape, chance, seeds, **changes)
    expected = mean_field.settled(mean_field.shares(degrees, mean_field.open_ties(degrees, chance), seeds))
    where = f"{_named(shape)}, T = {chance:.4g}, {said}: reached from {seeds}"
    return _compared(where, expected, _final(spec, size), size)


def _percolation(size: Size, shape: dict[str, Any], chance: float, seeds: float, **changes: Any) -> Scenario:
    return reduction(
        "percolation",
        population=_population(size, shape),
        lists__contagion__initial=seeds,
        spillover__partner__chance=chance,
        **changes,
    )


def _compared(where: str, expected: float, found: Reals, size: Size, around: float = 0.0) -> Finding:
    """Compare the mean over copies: within 0.01 at 100,000 firms, and what smaller graphs stray more."""
    return close(where, expected, float(found.mean()), absolute=size.of(0.01, 0.025) + around)


def _final(spec: Scenario, size: Size) -> Reals:
    return _paths(spec, size.of(2, 3))[-1]


def _paths(spec: Scenario, copies: int) -> Reals:
    """Return the listed share of some copies of an economy side by side, from the start until none grows, (T, J)."""
    numbers = [spec.seed + step for step in range(copies)]
    model = CreditRegime(spec, economy=combine([spec.population.build(each) for each in numbers]), seeds=numbers)
    found = [_listed(model)]
    while len(found) < 2 or (found[-1] != found[-2]).any():
        if len(found) > LARGEST:
            raise RuntimeError(f"the cascade has not ended after {LARGEST} months")
        model.step()
        found.append(_listed(model))
    return np.stack(found)


def _listed(model: CreditRegime) -> Reals:
    world = model.world
    return world.number(world.firms.listing[0]) / (world.rows / len(world.spans))
