"""Where a population comes from: generated, a graph file, or a stored economy."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Literal

from creditregime.component import Rule, parameter
from creditregime.errors import PopulationError
from creditregime.population.economy import Economy

_TIMMER = "World Input-Output Database, 2013 release (Timmer et al. 2015)"
_AXTELL = "Axtell 2001, Science 293:1818"
_BACILIERI = "Bacilieri et al. 2023, Firm-level production networks"


class Population(Rule, family="population", planned=("tables",)):
    """Who exists when a run begins."""

    @abstractmethod
    def build(self, seed: int) -> Economy:
        """Return the economy that this rule makes of `seed`: the same economy for the same seed."""


class Generated(Population, kind="generated"):
    """Firms with heavy-tailed sizes on a supply network whose sector mixing follows an input-output table.

    Sizes are Pareto by rank within sectors whose outputs follow the table. A firm looks for a Pareto number of
    suppliers, spread over the purchase mix of its sector, and finds them in proportion to a Pareto pull; both correlate
    with size. Weights are fitted to sizes and sector flows; final demand takes what firms do not buy. Inputs from
    sectors without (other) firms are imported. See `creditregime.population.generated`.
    """

    firms: int = parameter(1000, unit="firms", description="number of firms", ge=1, le=20_000_000)
    input_output: str = parameter(
        "china_2011",
        unit="name or path",
        description="input-output table: a name among the configurations or a YAML file",
        source=_TIMMER,
        standing="real",
    )
    mean_suppliers: float = parameter(
        10.0,
        unit="suppliers a firm",
        description="mean number of suppliers looked for; a supplier found twice counts once, so firms have fewer "
        "(about 8 at 1,000 firms, 8.5 at 5,000). Data: 4-5 where small links are cut off, over 30 in full VAT records",
        source=_BACILIERI,
        standing="assumption",
        gt=0,
        le=1000,
    )
    size_exponent: float = parameter(
        1.06, unit="CCDF exponent", description="tail of firm sizes", source=_AXTELL, standing="real", gt=0.5, le=10
    )
    in_degree_exponent: float = parameter(
        1.35,
        unit="CCDF exponent",
        description="tail of suppliers a firm",
        source=_BACILIERI,
        standing="real",
        gt=1,
        le=10,
    )
    out_degree_exponent: float = parameter(
        1.26, unit="CCDF exponent", description="tail of buyers a firm", source=_BACILIERI, standing="real", gt=1, le=10
    )
    in_degree_coupling: float = parameter(
        0.86, unit="copula correlation", description="how far the number of suppliers goes with size", ge=-1, le=1
    )
    out_degree_coupling: float = parameter(
        0.3, unit="copula correlation", description="how far the number of buyers goes with size", ge=-1, le=1
    )
    regions: int = parameter(4, unit="regions", description="number of regions, equally likely", ge=1, le=256)
    state_share: float = parameter(0.05, unit="share of firms", description="firms owned by the state", ge=0, le=1)
    foreign_share: float = parameter(
        0.013,
        unit="share of firms",
        description="foreign-invested firms",
        source="0.668 million of 50.39 million enterprises in China, mid-2022",
        standing="real",
        ge=0,
        le=1,
    )
    branch_share: float = parameter(
        0.1, unit="share of firms", description="firms that are a branch of another", ge=0, lt=1
    )
    shared_person_share: float = parameter(
        0.1, unit="share of firms", description="firms whose responsible person also runs another", ge=0, lt=1
    )
    procurement: dict[str, float] = parameter(
        unit="share of domestic final demand",
        description="bought by the state, by sector, with an optional default",
        default_factory=lambda: {"default": 0.1},
    )
    essential: Literal["share", "all", "none"] = parameter(
        "share", unit="rule", description="which inputs bind: large shares of a sector's inputs, all, or none"
    )
    essential_share: float = parameter(
        0.05, unit="share of domestic inputs", description="from here on an input is essential", ge=0, le=1
    )
    negligible_share: float = parameter(
        0.005, unit="share of domestic inputs", description="below this an input is negligible", ge=0, le=1
    )
    largest_input_share: float = parameter(
        0.95, unit="share of output", description="most that a firm's inputs may cost", gt=0, le=0.98
    )

    def build(self, seed: int) -> Economy:
        """Return the economy generated from `seed`."""
        from creditregime.population.generated import generate  # generated.py reads this class

        return generate(self, seed)


class Graph(Population, kind="graph"):
    """The supply network in a GraphML or GEXF file, read by networkx; see `creditregime.population.graphs`.

    Node attributes `sector`, `region`, `ownership`, `size`, `final_demand`, `imports`, `group` and `person`, and the
    edge attribute `weight` (monthly sales from source to target) are used where present.
    """

    path: str = parameter(unit="path", description="a .graphml or .gexf file")
    final_demand_share: float = parameter(
        0.0,
        unit="share of size",
        description="share sold to others than firms where the file states no size",
        ge=0,
        lt=1,
    )
    max_input_share: float = parameter(
        0.9, unit="share of output", description="most that inputs may cost; output is raised to meet it", gt=0, le=0.98
    )
    essential: Literal[0, 1, 2] = parameter(
        1, unit="code", description="all inputs are non-essential (0), essential (1) or negligible (2)"
    )

    def build(self, seed: int) -> Economy:
        """Return the economy in the file; `seed` is not used."""
        from creditregime.population.graphs import from_networkx, read_graph  # networkx is slow to import

        return from_networkx(
            read_graph(self.path),
            final_demand_share=self.final_demand_share,
            max_input_share=self.max_input_share,
            essential=self.essential,
        )


class Stored(Population, kind="stored"):
    """An economy that `Economy.save` wrote: the same firms in every run."""

    path: str = parameter(unit="path", description="an .npz file")

    def build(self, seed: int) -> Economy:
        """Return the stored economy; `seed` is not used."""
        if not Path(self.path).is_file():
            raise PopulationError(f"population.path: no file '{self.path}'")
        return Economy.load(self.path)
