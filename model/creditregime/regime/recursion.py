"""What neighbours' neighbours pass on: over some hops, or without end where that has an end.

Both are computed in double precision, whatever the columns that they go to: near the limit single precision would lose
as many digits as the sum gains over its first term.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator, gmres, splu

from creditregime.errors import ScenarioError
from creditregime.regime.neighbours import Layer
from creditregime.state import Floats

Reals = NDArray[np.float64]

TOLERANCE = 1e-13
"""Relative change at which an iteration has settled."""
ROUNDS = 1_000
"""Rounds of plain iteration, enough up to 0.97 of the limit; nearer to it, equations are solved instead."""
SMALLEST = float(np.finfo(np.float32).tiny)
HUGE = 1e30
FEW = 3_000
"""Firms up to which equations are solved by elimination whatever the network."""
MARGIN = 1e-12
"""A strength within this share of the limit is at the limit: its own digits say no more."""


def waves(layer: Layer, strength: float, own: Floats, hops: int) -> Floats:
    """Return Σ_{1≤n≤hops} (φ A)ⁿ h, (N,)."""
    if hops == 1:
        return np.float32(strength) * layer.mean(own)
    wave = own.astype(np.float64)
    total = np.zeros_like(wave)
    for _ in range(hops):
        wave = strength * (layer.matrix @ wave)
        total += wave
    return total.astype(np.float32)


def katz(layer: Layer, strength: float, own: Floats, path: str = "spillover.partner.strength") -> Floats:
    """Return Σ_{n≥1} (φ A)ⁿ h, what recursion adds to the own value h ≥ 0, (N,).

    Raises
    ------
    ScenarioError
        If the sum does not converge; names `path` and the limit.
    """
    source = own.astype(np.float64)
    total = np.zeros_like(source)
    for _ in range(ROUNDS):
        following = strength * (layer.matrix @ (source + total))
        settled = bool((following - total <= TOLERANCE * following + SMALLEST).all())
        total = following
        if settled:
            return total.astype(np.float32)
        if not total.max() < HUGE:
            break
    refuse_divergence(layer, strength, path)  # re-matching may have moved the limit since the start
    return _solved(strength * layer.matrix, source).astype(np.float32)


def _solved(step: Any, source: Reals) -> Reals:
    """Return (I − step)⁻¹ source less source: by elimination, on large networks by a Krylov method.

    That is slow on long, thin networks only, which eliminate cheaply.
    """
    rows = len(source)
    system, first = eye_array(rows, format="csc") - step, step @ source
    if rows > FEW:
        whole = LinearOperator((rows, rows), matvec=system.__matmul__, dtype=np.float64)
        found, failed = gmres(whole, first, rtol=TOLERANCE, restart=50, maxiter=20)
    if rows <= FEW or failed:
        factors = splu(system.tocsc())
        found = factors.solve(first)
        found += factors.solve(first - system @ found)
    total: Reals = np.maximum(found, 0)
    return total


def refuse_divergence(layer: Layer, strength: float, path: str) -> None:
    """Raise a `ScenarioError` that states the limit where the recursion has no fixed point, φ ρ(A) ≥ 1."""
    matrix = layer.matrix
    if strength * float(matrix.sum(axis=1).max(initial=0)) < 1 - MARGIN:  # no radius exceeds the largest row sum
        return
    largest = radius(matrix)
    if strength * largest < 1 - MARGIN:
        return
    what = (
        "'sum' does not converge on this network; recursive spillover needs strengths that are all multiplied by"
        if path.endswith("layers")
        else f"{strength} does not converge on this network; recursive spillover needs"
    )
    raise ScenarioError(f"{path}: {what} less than {1 / largest:.6g}")


def radius(matrix: Any, rounds: int = 300) -> float:
    """Return the spectral radius ρ of a matrix without negative entries, (N, N), to about 1e-13.

    It is the largest radius of a strongly connected part, so that links between parts, however long the chains that
    they make, cannot blur it. In each part any positive vector x bounds it, min (Ax)ᵢ/xᵢ ≤ ρ ≤ max (Ax)ᵢ/xᵢ (Collatz
    1942, Wielandt 1950); iteration draws the bounds together.
    """
    inner, part = _connected(matrix)
    if not len(part):
        return 0.0
    starts = np.flatnonzero(np.diff(part, prepend=-1))
    vector = np.ones(len(part))
    for _ in range(rounds):
        image = inner @ vector
        low, high = _bounds(image / vector, starts)
        if high.max() - low.max() <= TOLERANCE * high.max():
            return float(high.max())
        vector = image + 0.5 * high[part] * vector  # the shift settles parts that would alternate
        vector /= np.maximum.reduceat(vector, starts)[part]
    open_parts = np.flatnonzero(high > low.max())
    return max(_noda(inner[part == number][:, part == number], vector[part == number]) for number in open_parts)


def _connected(matrix: Any) -> tuple[Any, NDArray[np.intp]]:
    """Return the links within strongly connected parts, rows sorted by part, and the part of each row."""
    matrix = csr_array(matrix, copy=True)
    matrix.eliminate_zeros()
    links = matrix.tocoo()
    _, part = connected_components(matrix, directed=True, connection="strong")
    within = part[links.row] == part[links.col]
    row, column, data = links.row[within], links.col[within], links.data[within]
    kept = np.unique(row)
    kept = kept[np.argsort(part[kept], kind="stable")]
    place = np.zeros(matrix.shape[0], np.intp)
    place[kept] = np.arange(len(kept))
    inner = csr_array((data, (place[row], place[column])), shape=(len(kept), len(kept)))
    return inner, np.unique(part[kept], return_inverse=True)[1].ravel()


def _bounds(ratio: Reals, starts: NDArray[np.intp]) -> tuple[Reals, Reals]:
    return np.minimum.reduceat(ratio, starts), np.maximum.reduceat(ratio, starts)


def _noda(part: Any, vector: Reals, rounds: int = 60) -> float:
    """Return the radius of one strongly connected part by inverse iteration from above (Noda 1971), quadratic."""
    high = float((part @ vector / vector).max())
    for _ in range(rounds):
        shifted = (high * eye_array(len(vector), format="csc") - part).tocsc()
        try:
            following = splu(shifted).solve(vector)
        except RuntimeError:  # singular: the shift is the radius to the last digit
            break
        if not (np.isfinite(following).all() and (following > 0).all()):
            break
        vector = following / following.max()
        ratio = part @ vector / vector
        settled = ratio.max() - ratio.min() <= TOLERANCE * high or ratio.max() >= high
        high = min(high, float(ratio.max()))
        if settled:
            break
    return high
