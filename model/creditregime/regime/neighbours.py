"""Layers of firms that are each other's neighbours: who looks at whom, with which weight."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from creditregime import acceleration
from creditregime.network import Network
from creditregime.state import Floats

Direction = Literal["suppliers", "buyers", "both"]
Weighting = Literal["value", "equal", "sum", "coefficient"]
Reach = Literal["first_order", "truncated", "recursive"]
SUMS: tuple[Weighting, ...] = ("sum", "coefficient")
"""Weightings that add up over neighbours instead of taking a mean."""


class Layer(Protocol):
    """A linear map from a value a firm to the mean (or sum) over its neighbours in one respect."""

    def mean(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the mean (or sum) over neighbours, (N,); 0 for firms without neighbours."""

    @property
    def matrix(self) -> Any:
        """The same map as a sparse matrix (N, N) in double precision: what the row's firm takes of the column's."""


class Neighbours:
    """The linear map from a value a firm to the (weighted) mean or sum over its partners.

    Parameters
    ----------
    network, size
        Links and initial revenues (the weight of a buyer is what it buys).
    direction
        Partners are suppliers, buyers, or both (the mean of the two means; the sum of the two sums).
    weighting
        ``value`` by trade value, ``equal`` one partner one vote, ``sum`` without dividing, ``coefficient`` the sum
        weighted by input coefficients, whichever side it is taken of.
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
        self._sum = weighting in SUMS
        self._down = network if weighting in ("value", "coefficient") else network.unweighted()
        self._size = size if weighting == "value" else np.ones_like(size)
        self._suppliers = direction != "buyers"
        self._buyers = direction != "suppliers"
        self._all = self._down
        if region is not None:
            self._down = self._down.within(region)

    def mean(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the mean (or sum) over partners, (N,); 0 for firms without partners."""
        if not self._buyers and not self._sum and self._down is self._all and values.dtype == np.float32:
            ratings = acceleration.kernel("ratings", self.rows)
            if ratings is not None:
                return self._supplier_mean(ratings, values)
        total: NDArray[Any] = np.zeros_like(values)
        if self._suppliers:
            total += self._down.from_suppliers(values) * self._of_suppliers
        if self._buyers:
            total += self._down.from_buyers(values * self._size) * self._of_buyers
        if self._suppliers and self._buyers and not self._sum:
            total *= values.dtype.type(0.5)
        return total

    def _supplier_mean(self, ratings: Any, values: Floats) -> Floats:
        """Return the mean over suppliers by compiled code, which adds weights and values up in one walk."""
        network, mean = self._down, np.empty(self.rows, np.float32)
        links = (network.unsigned.pointer, network.unsigned.supplier, network.weight)
        if self.rows >= acceleration.WIDE:  # no cache holds the values: what is looked up had better be small
            codes, kinds = np.empty(self.rows, np.uint8), np.zeros(256, np.uint32)
            if ratings.encode(values.view(np.uint32), codes, kinds):
                kernel = ratings.coded_supplier_mean
                acceleration.in_parts(kernel, self.rows, *links, codes, kinds.view(np.float32), mean)
                return mean
        acceleration.in_parts(ratings.supplier_mean, self.rows, *links, values, mean)
        return mean

    @cached_property
    def _of_suppliers(self) -> Floats:
        """What makes a mean of a firm's sum over its suppliers, (N,)."""
        return self._scale(self._all.input_share())

    @cached_property
    def _of_buyers(self) -> Floats:
        """What makes a mean of a firm's sum over its buyers, (N,)."""
        return self._scale(self._all.from_buyers(self._size))

    @cached_property
    def matrix(self) -> Any:
        """The same map as a sparse matrix, (N, N), in double precision."""
        seen, whole = (_by_buyer(network) for network in (self._down, self._all))
        values = diags_array(self._size.astype(np.float64))
        parts = []
        if self._suppliers:
            parts.append(self._shares(whole.sum(axis=1)) @ seen)
        if self._buyers:
            parts.append(self._shares((values @ whole).sum(axis=0)) @ seen.T @ values)
        both = 0.5 if len(parts) > 1 and not self._sum else 1.0
        return both * csr_array(sum(parts[1:], start=parts[0]))

    def _shares(self, weight: NDArray[np.float64]) -> Any:
        """Return the diagonal matrix that makes means of sums, in double precision."""
        if self._sum:
            return diags_array(np.ones(self.rows))
        return diags_array(np.divide(1, weight, out=np.zeros(self.rows), where=weight > 0))

    def _scale(self, weight: Floats) -> Floats:
        if self._sum:
            return np.ones(self.rows, np.float32)
        return np.where(weight > 0, 1 / np.maximum(weight, np.float32(1e-30)), 0).astype(np.float32)


def _by_buyer(network: Network) -> Any:
    """Return the weights of active links in double precision, one row a buyer."""
    shape = (network.rows, network.rows)
    matrix: Any = csr_array((network.weight.astype(np.float64), network.supplier, network.pointer), shape=shape)
    matrix = matrix.copy()  # the positions belong to the network
    matrix.eliminate_zeros()
    return matrix


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

    @cached_property
    def matrix(self) -> Any:
        """The same map as a sparse matrix, (N, N)."""
        parts = [strength * layer.matrix for strength, layer in self.layers]
        return csr_array(sum(parts[1:], start=parts[0]))
