"""The same firms on other links: what a result owes to the generator of the network alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditregime.population.balancing import final_demand
from creditregime.population.columns import sorted_links
from creditregime.population.economy import Economy
from creditregime.population.graph_models import GraphModel
from creditregime.randomness import generator

Ends = tuple[NDArray[np.int32], NDArray[np.int32]]
LARGEST_SALES = 0.98
"""Most of its output that a firm can sell to firms."""


def relinked(economy: Economy, ends: Ends) -> Economy:
    """Return the economy with other links; sizes, sectors, regions, owners, groups and persons stay.

    A firm spends on its new suppliers what it spent on the old ones, in proportion to their sizes. Where a supplier
    could not make all that is ordered, its links are cut in proportion; what a firm no longer buys at home it imports.

    Parameters
    ----------
    economy
        Firms and their old links.
    ends
        Buyers and suppliers of the new links, (L,) each.
    """
    buyer, supplier = _distinct(economy.firms, *ends)
    size = economy.size.astype(np.float64)
    spent = np.bincount(economy.buyer, economy.coefficient, economy.firms)
    offered = np.bincount(buyer, size[supplier], economy.firms)
    coefficient = spent[buyer] * size[supplier] / offered[buyer]
    sold = np.bincount(supplier, coefficient * size[buyer], economy.firms)
    coefficient *= np.minimum(1, LARGEST_SALES * size / np.maximum(sold, 1e-30))[supplier]
    imports = economy.imports + spent - np.bincount(buyer, coefficient, economy.firms)
    links = sorted_links(economy.sector, buyer, supplier, coefficient, np.zeros(len(buyer), np.bool_))
    changed: dict[str, Any] = {name: column.astype(getattr(economy, name).dtype) for name, column in links.items()}
    whole = replace(economy, imports=np.maximum(imports, 0).astype(np.float32), **changed)
    left = final_demand(whole.size, whole.buyer, whole.supplier, whole.coefficient)
    return replace(whole, final_demand=left).validate()


def _distinct(firms: int, buyer: NDArray[Any], supplier: NDArray[Any]) -> Ends:
    """Return the links without those of a firm with itself, each once."""
    key = np.unique(buyer.astype(np.int64) * firms + supplier)
    buyer, supplier = np.divmod(key, firms)
    kept = buyer != supplier
    return buyer[kept].astype(np.int32), supplier[kept].astype(np.int32)


def _drawn(graph: str) -> Callable[[Economy, int], Economy]:
    """Return how links are drawn from a textbook graph with as many links as there are; an edge is a link each way."""

    def draw(economy: Economy, seed: int) -> Economy:
        degree = len(economy.buyer) / economy.firms
        rule = GraphModel.model_validate({"graph": graph, "firms": economy.firms, "mean_degree": degree})
        supplier, buyer = rule.ends(seed)
        return relinked(economy, (buyer, supplier))

    return draw


def _shuffled(economy: Economy, seed: int) -> Economy:
    """Keep how many suppliers and buyers each firm has; who they are is drawn anew (configuration model)."""
    return relinked(economy, (economy.buyer, generator(seed, "validation.links").permutation(economy.supplier)))


LINKS: dict[str, Callable[[Economy, int], Economy]] = {
    "links at random with the same degrees": _shuffled,
    "links of a poisson graph": _drawn("poisson"),
    "links of preferential attachment": _drawn("preferential_attachment"),
    "links of a ring": _drawn("ring"),
}
