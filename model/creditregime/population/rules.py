"""Where a population comes from: the family, and those that are read from a file."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

from creditregime.component import Rule, parameter
from creditregime.population.economy import Economy
from creditregime.population.graphs import read_graph
from creditregime.population.reading import refuse_missing


class Population(Rule, family="population"):
    """Who exists when a run begins."""

    paths: ClassVar[tuple[str, ...]] = ()
    """Parameters that name files; in a scenario file they are relative to it."""

    fixed: ClassVar[bool] = False
    """Whether files alone decide who exists, whatever the seed."""

    @abstractmethod
    def build(self, seed: int) -> Economy:
        """Return the economy that this rule makes of `seed`: the same economy for the same seed."""


class Graph(Population, kind="graph"):
    """The supply network in a GraphML or GEXF file, read by networkx; see `creditregime.population.graphs`.

    Node attributes `sector`, `region`, `ownership`, `size`, `final_demand`, `imports`, `group`, `person` and
    `overseas`, and the edge attribute `weight` (monthly sales from source to target) are used where present.
    """

    paths: ClassVar[tuple[str, ...]] = ("path",)
    fixed: ClassVar[bool] = True

    path: str = parameter(unit="path", description="a .graphml or .gexf file")
    final_demand_share: float = parameter(
        0.0,
        unit="share of size",
        description="share sold to others than firms where the file states no size",
        ge=0,
        lt=1,
    )
    max_input_share: float = parameter(
        0.9,
        unit="share of output",
        description="most that inputs may cost; output is raised to meet it; above 0.99 only with finance.kind none",
        gt=0,
        le=1e9,
    )
    essential: Literal[0, 1, 2] = parameter(
        1, unit="code", description="all inputs are non-essential (0), essential (1) or negligible (2)"
    )

    def build(self, seed: int) -> Economy:
        """Return the economy in the file; `seed` is not used."""
        return Economy.from_networkx(
            read_graph(self.path),
            final_demand_share=self.final_demand_share,
            max_input_share=self.max_input_share,
            essential=self.essential,
        )


class Stored(Population, kind="stored"):
    """An economy that `Economy.save` wrote: the same firms in every run."""

    paths: ClassVar[tuple[str, ...]] = ("path",)
    fixed: ClassVar[bool] = True

    path: str = parameter(unit="path", description="an .npz file")

    def build(self, seed: int) -> Economy:
        """Return the stored economy; `seed` is not used."""
        refuse_missing(self.path, "population.path")
        return Economy.load(self.path)
