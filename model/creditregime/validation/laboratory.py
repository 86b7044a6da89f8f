"""Laboratory: the tools of analysis on problems with known answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from creditregime.composition import load
from creditregime.laboratory.compare import compare
from creditregime.laboratory.effects import VARIANTS, paired
from creditregime.laboratory.sensitivity import morris, sobol
from creditregime.validation.findings import IDENTITY, Finding, close, sampled
from creditregime.validation.oracles import Size, oracle

Vector = NDArray[np.float64]
Indices = tuple[list[float], list[float]]
Function = Callable[[Vector], float]


@oracle("laboratory", source="Ishigami, Homma 1990, Proc. ISUMA '90; Sobol' 2001, Math. Comput. Simul. 55:271")
def sobol_indices(size: Size) -> Iterator[Finding]:
    """Sobol' indices of functions with a closed form lie within the design's own 95% interval of it.

    Ishigami: f = sin x₁ + a sin² x₂ + b x₃⁴ sin x₁ on [−π, π]³, with variances V₁ = (1 + bπ⁴/5)²/2, V₂ = a²/8 and
    V₁₃ = 8b²π⁸/225; at a = 7, b = .1 S₁ = (.3139, .4424, 0), Sₜ = (.5576, .4424, .2437). Sobol's g-function:
    f = Π (|4xᵢ − 2| + cᵢ)/(1 + cᵢ) on [0, 1]ᴰ, Vᵢ = 1/(3(1 + cᵢ)²).
    """
    samples = size.of(4096, 1024)
    for a, b in ((7.0, 0.1), (7.0, 0.05), (5.0, 0.1), (2.0, 0.3), (0.0, 0.1), (1.0, 0.0)):
        bounds = {f"x{number}": (-np.pi, np.pi) for number in (1, 2, 3)}
        yield from _indices(f"Ishigami, a = {a:g}, b = {b:g}", _ishigami(a, b), bounds, _of_ishigami(a, b), samples)
    for shape in ((0.0, 1.0, 4.5, 9.0), (0.5, 0.5), (0.0, 0.0, 3.0, 9.0, 99.0)):
        unit = {f"x{number + 1}": (0.0, 1.0) for number in range(len(shape))}
        where = f"g-function, c = {', '.join(f'{c:g}' for c in shape)}"
        yield from _indices(where, _g(np.array(shape)), unit, _of_g(np.array(shape)), samples)


@oracle("laboratory", source="Morris 1991, Technometrics 33:161")
def elementary_effects(size: Size) -> Iterator[Finding]:
    """Morris' effects of Σ cᵢ xᵢ are cᵢ times the range of xᵢ, exactly, without spread; those of x₁x₂ spread.

    On the grid of four levels of [0, 1]² the effect of one factor of x₁x₂ is the other's value, of variance 5/36.
    """
    slopes = np.array([2.0, -3.0, 0.5, 0.0])
    bounds = {f"x{number}": (-1.0, 1.0 + number) for number in range(4)}
    found = morris(lambda x: float(slopes @ x), bounds, trajectories=size.of(100, 10))
    for number, row in found.iterrows():
        wanted = float(slopes[number]) * (2.0 + number)  # type: ignore[call-overload, operator]
        yield close(f"{row['factor']}: effect", wanted, row["mu"], relative=IDENTITY, absolute=1e-12)
        yield close(f"{row['factor']}: strength", abs(wanted), row["mu_star"], relative=IDENTITY, absolute=1e-12)
        yield close(f"{row['factor']}: spread", 0, row["sigma"], absolute=1e-9)
    both = morris(lambda x: float(x[0] * x[1]), {"x1": (0, 1), "x2": (0, 1)}, trajectories=size.of(4000, 400))
    calls = size.of(4000, 400)
    for _, row in both.iterrows():
        # The effect of one factor is the other's value, equally likely at 0, 1/3, 2/3, 1.
        where = f"x1 x2: effect of {row['factor']}"
        yield sampled(where, 0.5, row["mu"], np.sqrt(5 / 36 / calls), calls)
        yield close(f"{where}: spread", np.sqrt(5 / 36), row["sigma"], relative=0.1)


@oracle("laboratory", source="paired comparison: var(x − y) = var x + var y − 2 cov(x, y)")
def paired_design(size: Size) -> Iterator[Finding]:
    """Pairing multiplies the variance of an effect by 1 − 2 cov/(v₁ + v₂): by 1 − ρ where both variances are equal."""
    draws = np.random.Generator(np.random.PCG64(1))
    count = size.of(100_000, 20_000)
    for rho in (-0.5, 0.0, 0.3, 0.9, 0.99):
        common, own = draws.standard_normal((2, count))
        one = common[:, None]
        other = (rho * common + np.sqrt(1 - rho**2) * own)[:, None]
        error = (1 - rho**2) / np.sqrt(count)
        yield sampled(
            f"ρ = {rho}, equal variances", 1 - rho, float(paired(one, other)["variance_ratio"][0]), error, count
        )
        yield _identity(f"ρ = {rho}, variances 1 and 9", one[:, 0], 3 * other[:, 0])
    spec = load(regime="joint_2016").changed({"population.firms": size.of(300, 100), "months": size.of(60, 24)})
    result = compare(spec, seeds=size.of(12, 6), workers=1)
    effects = result.effects().set_index("outcome")["variance_ratio"]
    one, other = (result.outcomes[result.outcomes["variant"] == name].set_index("seed") for name in VARIANTS)
    for name in ("compliance", "violations", "exits", "output", "listed"):
        where = f"joint_2016 against no joint punishment, {name}"
        yield _identity(where, one[name].to_numpy(float), other[name].to_numpy(float), float(effects[name]))


def _identity(where: str, one: Vector, other: Vector, obtained: float | None = None) -> Finding:
    """Compare a variance ratio with the one that covariances give."""
    covariance = np.cov(one, other)
    expected = 1 - 2 * covariance[0, 1] / (covariance[0, 0] + covariance[1, 1])
    rho = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    found = float(paired(one[:, None], other[:, None])["variance_ratio"][0]) if obtained is None else obtained
    return close(f"{where}: 1 − 2 cov/(v₁ + v₂), ρ = {rho:.3f}", expected, found, relative=IDENTITY, absolute=1e-12)


def _indices(
    where: str, function: Function, bounds: dict[str, tuple[float, float]], exact: Indices, samples: int
) -> Iterator[Finding]:
    found = sobol(function, bounds, samples, resamples=100)
    for (order, index), wanted in zip((("first", "S1"), ("total", "ST")), exact, strict=True):
        for name, value, obtained, high in zip(bounds, wanted, found[index], found[f"{index}_high"], strict=True):
            row = close(f"{where}: {order} order, {name}", value, obtained, absolute=max(high - obtained, 1e-9))
            yield row._replace(tolerance=f"{row.tolerance}, 95% interval of {samples} samples")


def _ishigami(a: float, b: float) -> Function:
    return lambda x: float(np.sin(x[0]) + a * np.sin(x[1]) ** 2 + b * x[2] ** 4 * np.sin(x[0]))


def _of_ishigami(a: float, b: float) -> Indices:
    first = [0.5 * (1 + b * np.pi**4 / 5) ** 2, a**2 / 8, 0.0]
    together = 8 * b**2 * np.pi**8 / 225
    whole = sum(first) + together
    return [v / whole for v in first], [v / whole for v in (first[0] + together, first[1], together)]


def _g(shape: Vector) -> Function:
    return lambda x: float(np.prod((np.abs(4 * x - 2) + shape) / (1 + shape)))


def _of_g(shape: Vector) -> Indices:
    parts = 1 / (3 * (1 + shape) ** 2)
    whole = np.prod(1 + parts)
    variance = whole - 1
    return [*(parts / variance)], [*(parts * (whole / (1 + parts)) / variance)]
