"""Textbook graphs, drawn by networkx from the run's seed: for lessons and analytic results."""

from __future__ import annotations

from typing import Any, Literal, Self

import networkx as nx
from pydantic import model_validator

from creditregime.component import parameter
from creditregime.population.economy import Economy
from creditregime.population.rules import Population

Shape = Literal["poisson", "degree_sequence", "preferential_attachment", "ring", "complete"]


class GraphModel(Population, kind="graph_model"):
    """A textbook graph in place of a supply network: firms of one sector, all alike but for their links.

    ``poisson`` joins any two firms with the same chance, ``degree_sequence`` draws a graph of given degrees (loops and
    parallel edges left out), ``preferential_attachment`` lets newcomers join the well-connected (Barabási and Albert
    1999); their edges are undirected, which is a supply link each way. In a ``ring`` each firm supplies the next one;
    ``complete`` joins every two firms. Every link carries the same value.
    """

    graph: Shape = parameter("poisson", unit="-", description="which graph")
    firms: int = parameter(1000, unit="firms", ge=1, le=10_000_000, description="number of firms")
    mean_degree: float = parameter(4.0, unit="links", ge=0, description="poisson and preferential_attachment")
    degrees: tuple[int, ...] = parameter(
        (), unit="links", description="degree_sequence: degrees, repeated in turn until every firm has one"
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
        if self.graph == "degree_sequence" and sum(self._degrees()) % 2:
            raise ValueError("degrees: their sum over all firms must be even; change firms or degrees")
        if self.graph == "preferential_attachment" and not 1 <= round(self.mean_degree / 2) < self.firms:
            raise ValueError("mean_degree: preferential_attachment needs at least 2 and less than twice firms")
        if self.graph == "poisson" and self.mean_degree > self.firms - 1 > 0:
            raise ValueError(f"mean_degree: at most firms - 1 = {self.firms - 1}")
        return self

    def _degrees(self) -> list[int]:
        return [self.degrees[number % len(self.degrees)] for number in range(self.firms)]

    def drawn(self, seed: int) -> nx.Graph[Any]:
        """Return the graph."""
        if self.graph == "poisson":
            return nx.fast_gnp_random_graph(self.firms, self.mean_degree / max(self.firms - 1, 1), seed=seed)
        if self.graph == "degree_sequence":
            graph: nx.Graph[Any] = nx.Graph(nx.configuration_model(self._degrees(), seed=seed))
            graph.remove_edges_from(list(nx.selfloop_edges(graph)))
            return graph
        if self.graph == "preferential_attachment":
            return nx.barabasi_albert_graph(self.firms, round(self.mean_degree / 2), seed=seed)
        if self.graph == "ring":
            return nx.cycle_graph(self.firms, create_using=nx.DiGraph)
        return nx.complete_graph(self.firms)

    def build(self, seed: int) -> Economy:
        """Return the economy of the graph that `seed` draws."""
        return Economy.from_networkx(
            self.drawn(seed), final_demand_share=self.final_demand_share, essential=self.essential
        )
