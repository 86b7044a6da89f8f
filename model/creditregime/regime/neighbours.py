"""Layers of firms that are each other's neighbours, and what is passed on along them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from creditregime.errors import ScenarioError
from creditregime.network import Network
from creditregime.state import Floats

Direction = Literal["suppliers", "buyers", "both"]
Weighting = Literal["value", "equal", "sum"]
Reach = Literal["first_order", "truncated", "recursive"]

TOLERANCE = 1e-12
MOST_ROUNDS = 10_000
HUGE = 1e30


class Layer(Protocol):
    """A linear map from a value a firm to the mean (or sum) over its neighbours in one respect."""

    def mean(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the mean (or sum) over neighbours, (N,); 0 for firms without neighbours."""


class Neighbours:
    """The linear map from a value a firm to the (weighted) mean or sum over its partners.

    Parameters
    ----------
    network, size
        Links and initial revenues (the weight of a buyer is what it buys).
    direction
        Partners are suppliers, buyers, or both (the mean of the two means; the sum of the two sums).
    weighting
        ``value`` by trade value, ``equal`` one partner one vote, ``sum`` without dividing.
    region : (N,), optional
        Where given, partners elsewhere are not seen: they count as partners about whom nothing is known (value 0).
    """

    def __init__(
        self,
        network: Network,
        size: Floats,
        direction: Direction,
        weighting: Weighting,
        region: NDArray[np.uint8] | None = None,
    ) -> None:
        self.rows = network.rows
        self._sum = weighting == "sum"
        self._down = network if weighting == "value" else network.unweighted()
        self._size = size if weighting == "value" else np.ones_like(size)
        ones = np.ones(self.rows, np.float32)
        self._suppliers = direction != "buyers"
        self._buyers = direction != "suppliers"
        self._of_suppliers = self._scale(self._down.from_suppliers(ones)) if self._suppliers else ones
        self._of_buyers = self._scale(self._down.from_buyers(self._size)) if self._buyers else ones
        if region is not None:
            self._down = self._down.within(region)

    def mean(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the mean (or sum) over partners, (N,); 0 for firms without partners."""
        total: NDArray[Any] = np.zeros_like(values)
        if self._suppliers:
            total += self._down.from_suppliers(values) * self._of_suppliers
        if self._buyers:
            total += self._down.from_buyers(values * self._size) * self._of_buyers
        if self._suppliers and self._buyers and not self._sum:
            total *= values.dtype.type(0.5)
        return total

    def _scale(self, weight: Floats) -> Floats:
        if self._sum:
            return np.ones(self.rows, np.float32)
        return np.where(weight > 0, 1 / np.maximum(weight, np.float32(1e-30)), 0).astype(np.float32)


class Weighted(NamedTuple):
    """A layer and the share of what neighbours have that it passes on."""

    strength: float
    layer: Layer


class Together:
    """Several layers as one map: the sum of each layer's strength times its mean."""

    def __init__(self, layers: Sequence[Weighted]) -> None:
        self.layers = layers

    def mean(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return Σ φ A x over the layers, (N,)."""
        total: NDArray[Any] = np.zeros_like(values)
        for strength, layer in self.layers:
            total += values.dtype.type(strength) * layer.mean(values)
        return total


def waves(layer: Layer, strength: float, own: Floats, hops: int) -> Floats:
    """Return Σ_{1≤n≤hops} (φ A)ⁿ h, (N,)."""
    total, wave = np.zeros_like(own), own
    for _ in range(hops):
        wave = np.float32(strength) * layer.mean(wave)
        total += wave
    return total


def katz(layer: Layer, strength: float, own: Floats, path: str = "spillover.partner.strength") -> Floats:
    """Return Σ_{n≥1} (φ A)ⁿ h, what recursion adds to the own value h, by iteration in double precision."""
    source = own.astype(np.float64)
    total = np.zeros_like(source)
    for _ in range(MOST_ROUNDS):
        following = strength * layer.mean(source + total)
        change = float(np.abs(following - total).max())
        total = following
        if change <= TOLERANCE * max(float(total.max()), 1e-30):
            return total.astype(np.float32)
        if not change < HUGE:
            break
    refuse_divergence(layer, strength, len(own), path)  # re-matching may have moved the limit since the start
    return total.astype(np.float32)


def radius(layer: Layer, rows: int, rounds: int = 500) -> float:
    """Return the spectral radius by power iteration on I + A (which also settles on periodic graphs)."""
    vector = np.ones(rows)
    growth = 1.0
    for _ in range(rounds):
        image = vector + layer.mean(vector)
        norm = float(np.abs(image).max())
        settled = abs(norm - growth) <= 1e-12 * norm
        vector, growth = image / norm, norm
        if settled:
            break
    return growth - 1


def refuse_divergence(layer: Layer, strength: float, rows: int, path: str) -> None:
    """Raise a `ScenarioError` that states the limit where the recursion has no fixed point."""
    largest = radius(layer, rows)
    if strength * largest < 1:
        return
    if path.endswith("layers"):
        raise ScenarioError(
            f"{path}: 'sum' does not converge on this network; recursive spillover needs strengths that are all"
            f" multiplied by less than {1 / largest:.6g}"
        )
    raise ScenarioError(
        f"{path}: {strength} does not converge on this network; recursive spillover with"
        f" weighting 'sum' needs less than {1 / largest:.6g}"
    )
