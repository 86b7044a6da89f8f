"""Textbook graphs, drawn from the run's seed: for lessons and analytic results."""

from __future__ import annotations

from typing import Any, Literal, Self

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.codes import OWNERSHIPS
from creditregime.component import parameter
from creditregime.population.balancing import sizes
from creditregime.population.columns import sorted_links
from creditregime.population.economy import Economy
from creditregime.population.rules import Population
from creditregime.randomness import generator

Shape = Literal["poisson", "degree_sequence", "preferential_attachment", "ring", "complete"]
Ends = NDArray[np.int64]
"""Pairs of firms, (2, E); of an undirected graph each once."""

_LARGEST_INPUT_SHARE = 0.9


class GraphModel(Population, kind="graph_model"):
    """A textbook graph in place of a supply network: firms of one sector, all alike but for their links.

    ``poisson`` joins any two firms with the same chance, ``degree_sequence`` draws a graph of given degrees (the few
    loops and parallel edges left out), ``preferential_attachment`` lets newcomers join the well-connected (Barabási and
    Albert 1999); their edges are undirected, which is a supply link each way. In a ``ring`` each firm supplies the next
    one; ``complete`` joins every two firms. Every link carries the same value. With `contract_degree` a second
    ``poisson`` graph, drawn independently, lies over the first: its links are contracts, those that both have too.
    """

    graph: Shape = parameter("poisson", unit="-", description="which graph")
    firms: int = parameter(1000, unit="firms", ge=1, le=10_000_000, description="number of firms")
    mean_degree: float = parameter(4.0, unit="links", ge=0, description="poisson and preferential_attachment")
    degrees: tuple[int, ...] = parameter(
        (), unit="links", description="degree_sequence: degrees, repeated in turn until every firm has one"
    )
    contract_degree: float = parameter(
        0.0, unit="links", ge=0, description="mean degree of a second, independent graph of contracts; 0 without"
    )
    final_demand_share: float = parameter(
        0.0, unit="share of size", ge=0, lt=1, description="share sold to others than firms"
    )
    essential: Literal[0, 1, 2] = parameter(
        1, unit="code", description="all inputs are non-essential (0), essential (1) or negligible (2)"
    )

    @model_validator(mode="after")
    def _drawable(self) -> Self:
        if self.graph == "degree_sequence" and not self.degrees:
            raise ValueError("degrees: degree_sequence needs at least one degree")
        if any(degree < 0 or degree >= self.firms for degree in self.degrees):
            raise ValueError(f"degrees: must be between 0 and firms - 1 = {self.firms - 1}")
        if self.graph == "degree_sequence" and self._degrees().sum() % 2:
            raise ValueError("degrees: their sum over all firms must be even; change firms or degrees")
        if self.graph == "preferential_attachment" and not 1 <= round(self.mean_degree / 2) < self.firms:
            raise ValueError("mean_degree: preferential_attachment needs at least 2 and less than twice firms")
        for name, degree in (("mean_degree", self.mean_degree), ("contract_degree", self.contract_degree)):
            if (name == "contract_degree" or self.graph == "poisson") and degree > self.firms - 1 > 0:
                raise ValueError(f"{name}: at most firms - 1 = {self.firms - 1}")
        return self

    def _degrees(self) -> Ends:
        return np.resize(np.asarray(self.degrees, np.int64), self.firms)

    def ends(self, seed: int) -> Ends:
        """Return the supplier and the buyer of each link of the first graph, (2, L)."""
        draws = generator(seed, "population.graph")
        if self.graph == "ring":
            each = np.arange(self.firms if self.firms > 1 else 0)
            return np.stack([each, (each + 1) % self.firms])
        if self.graph == "poisson":
            return both_ways(poisson(self.firms, self.mean_degree, draws))
        if self.graph == "degree_sequence":
            return both_ways(of_degrees(self._degrees(), draws))
        if self.graph == "preferential_attachment":
            graph = nx.barabasi_albert_graph(self.firms, round(self.mean_degree / 2), seed=seed)
            return both_ways(np.array([*graph.edges], np.int64).reshape(-1, 2).T)
        return both_ways(pairs_at(np.arange(self.firms * (self.firms - 1) // 2)))

    def build(self, seed: int) -> Economy:
        """Return the economy of the graph that `seed` draws."""
        first = self.ends(seed)
        second = both_ways(poisson(self.firms, self.contract_degree, generator(seed, "population.graph", 1)))
        code = np.concatenate([first[0] * self.firms + first[1], second[0] * self.firms + second[1]])
        links = np.unique(code)
        supplier, buyer = np.divmod(links, self.firms)
        return self._economy(supplier, buyer, np.isin(links, code[first.shape[1] :]))

    def _economy(self, supplier: Ends, buyer: Ends, contract: NDArray[np.bool_]) -> Economy:
        """Return firms that are all alike on links of one value each, in equilibrium."""
        sold, bought = (np.bincount(end, minlength=self.firms).astype(np.float64) for end in (supplier, buyer))
        unsaid, zeros = np.full(self.firms, np.nan), np.zeros(self.firms)
        kept = np.full(self.firms, self.final_demand_share)
        size = sizes(unsaid, unsaid, sold, bought, zeros, kept, _LARGEST_INPUT_SHARE)
        unit, alike, none = size.mean(), np.zeros(self.firms, np.uint8), np.zeros(1, np.float32)
        links: dict[str, Any] = sorted_links(alike, buyer, supplier, 1 / size[buyer], contract)
        return Economy(
            sectors=("all",),
            regions=("all",),
            sector=alike,
            region=alike,
            ownership=np.full(self.firms, OWNERSHIPS.index("private"), np.uint8),
            size=(size / unit).astype(np.float32),
            final_demand=(np.maximum(size - sold, 0) / unit).astype(np.float32),
            imports=zeros.astype(np.float32),
            group=np.arange(self.firms, dtype=np.int32),
            person=np.arange(self.firms, dtype=np.int32),
            essential=np.full((1, 1), self.essential, np.uint8),
            procurement_share=none,
            export_share=none,
            energy_share=none,
            **links,
        ).validate()


def poisson(firms: int, mean_degree: float, draws: np.random.Generator) -> Ends:
    """Return the edges of a graph in which any two firms are joined with the same chance, (2, E)."""
    pairs = firms * (firms - 1) // 2
    number = draws.binomial(pairs, mean_degree / max(firms - 1, 1)) if pairs else 0
    return pairs_at(draws.choice(pairs, number, replace=False, shuffle=False) if number else np.empty(0, np.int64))


def of_degrees(degrees: Ends, draws: np.random.Generator) -> Ends:
    """Return the edges of a random graph of given degrees, (2, E), without loops and parallel edges."""
    stubs = draws.permutation(np.repeat(np.arange(len(degrees)), degrees)).reshape(-1, 2).T
    low, high = stubs.min(axis=0), stubs.max(axis=0)
    code = np.unique((low * len(degrees) + high)[low < high])
    return np.stack(np.divmod(code, len(degrees)))


def pairs_at(number: Ends) -> Ends:
    """Return the pairs (i, j), i < j, at places j (j − 1) / 2 + i of their order, (2, E)."""
    high = ((1 + np.sqrt(1 + 8 * number.astype(np.float64))) / 2).astype(np.int64)
    high -= high * (high - 1) // 2 > number  # the root may be rounded up to the next whole number
    high += high * (high + 1) // 2 <= number
    return np.stack([number - high * (high - 1) // 2, high])


def both_ways(edges: Ends) -> Ends:
    """Return each edge as two links."""
    return np.concatenate([edges, edges[::-1]], axis=1)
