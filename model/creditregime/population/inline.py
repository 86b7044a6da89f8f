"""The `links` population: a small supply network that is written into the scenario itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import networkx as nx
from pydantic import AfterValidator, BeforeValidator, model_validator

from creditregime.component import parameter
from creditregime.population.economy import Economy
from creditregime.population.rules import Population


def _name(value: Any) -> Any:
    """Take a number for a name: YAML reads 7 as a number, and JSON keeps it as text where it is a key."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _link(value: Any) -> Any:
    """Let a link without weight weigh 1."""
    return [*value, 1.0] if isinstance(value, list | tuple) and len(value) == 2 else value


def _positive(link: tuple[str, str, float]) -> tuple[str, str, float]:
    if link[2] <= 0:
        raise ValueError(f"the link from {link[0]} to {link[1]} weighs {link[2]:g}; must be above 0")
    if link[0] == link[1]:
        raise ValueError(f"firm {link[0]} supplies itself")
    return link


Name = Annotated[str, BeforeValidator(_name)]
Link = Annotated[tuple[Name, Name, float], BeforeValidator(_link), AfterValidator(_positive)]


class Links(Population, kind="links"):
    """A few firms and their links, written into the scenario: for textbook examples and lessons.

    Each link is ``[supplier, buyer]`` or ``[supplier, buyer, monthly sales]``; firms are numbers or names. Rows are in
    the order of numbers, then of names. Sales stay as stated; what sets sizes is told in
    `creditregime.population.graphs.arrays_of`.
    """

    links: tuple[Link, ...] = parameter((), unit="-", description="supplier, buyer and monthly sales of each link")
    sectors: dict[Name, Name] = parameter(
        unit="-", description="sector by firm; firms that are not named are in 'all'", default_factory=dict
    )
    essential: Literal[0, 1, 2] = parameter(
        1, unit="code", description="all inputs are non-essential (0), essential (1) or negligible (2)"
    )
    final_demand_share: float = parameter(
        0.0, unit="share of size", ge=0, lt=1, description="share sold to others than firms"
    )
    max_input_share: float = parameter(
        0.9,
        unit="share of output",
        description="most that inputs may cost; output is raised to meet it; above 0.99 only with finance.kind none",
        gt=0,
        le=1e9,
    )

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.links and not self.sectors:
            raise ValueError("links: at least one link, or one firm in sectors, is needed")
        return self

    def names(self) -> list[str]:
        """Return the firms' names by row."""
        named = {name for link in self.links for name in link[:2]} | {*self.sectors}
        return sorted(named, key=lambda name: (0, int(name), "") if name.isdecimal() else (1, 0, name))

    def build(self, seed: int) -> Economy:
        """Return the economy; `seed` is not used."""
        graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
        for name in self.names():
            facts: Mapping[str, Any] = {"sector": self.sectors[name]} if name in self.sectors else {}
            graph.add_node(name, **facts)
        graph.add_weighted_edges_from(self.links)
        return Economy.from_networkx(
            graph,
            essential=self.essential,
            final_demand_share=self.final_demand_share,
            max_input_share=self.max_input_share,
        )
