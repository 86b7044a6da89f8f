"""The `generated` population: its parameters, and how it is made, step by step."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import OWNERSHIPS
from creditregime.component import parameter
from creditregime.errors import PopulationError
from creditregime.population import attributes as draw
from creditregime.population import sector_facts as facts
from creditregime.population.attributes import Labels, Reals
from creditregime.population.balancing import balance, final_demand, targets
from creditregime.population.columns import Array
from creditregime.population.economy import Economy
from creditregime.population.input_output import InputOutput, read_table
from creditregime.population.matching import Market, match
from creditregime.population.rules import Population
from creditregime.randomness import generator

_SAMPLING = 0.885
"""Exponent of suppliers' pull over that of their out-degrees: chance and repeats thin the tail (fitted at n=5,000)."""

_REACH = 0.5
"""A firm's pull is at least its relative size to this power: a giant with one customer could not sell its output."""

_TIMMER = "World Input-Output Database, 2013 release (Timmer et al. 2015)"
_AXTELL = "Axtell 2001, Science 293:1818"
_BACILIERI = "Bacilieri et al. 2023, Firm-level production networks"

MOST_LINKS = int(np.iinfo(np.int32).max)
"""Links are numbered in 32 bits."""


class Generated(Population, kind="generated"):
    """Firms with heavy-tailed sizes on a supply network whose sector mixing follows an input-output table.

    Sizes are Pareto by rank within sectors whose outputs follow the table. A firm looks for a Pareto number of
    suppliers, spread over the purchase mix of its sector, and finds them in proportion to a Pareto pull; both correlate
    with size. Weights are fitted to sizes and sector flows; final demand takes what firms do not buy. Inputs from
    sectors without (other) firms are imported. See `generate`.
    """

    paths: ClassVar[tuple[str, ...]] = ("input_output",)

    firms: int = parameter(1000, unit="firms", description="number of firms", ge=1, le=100_000_000)
    input_output: str = parameter(
        "china_2011",
        unit="name or path",
        description="input-output table: a name among the configurations, or a YAML or CSV file",
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
    overseas: float = parameter(
        0.0, unit="share of firms", description="firms outside the jurisdiction, affiliates included", ge=0, lt=1
    )
    contract_share: float = parameter(
        0.1,
        unit="share of links",
        description="supply links over which the supplier works as the buyer's contractor; they matter to"
        " spillover.contractor only",
        ge=0,
        le=1,
    )
    procurement: dict[str, float] = parameter(
        unit="share of domestic final demand",
        description="bought by the state, by sector, with an optional default",
        default_factory=lambda: {"default": 0.1},
    )
    essential: facts.Binding = parameter(
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
        return generate(self, seed)


def generate(rule: Generated, seed: int) -> Economy:
    """Return the economy of `rule` and `seed`, validated."""
    if rule.firms * rule.mean_suppliers > MOST_LINKS:
        raise PopulationError(
            f"population: {rule.firms} firms × {rule.mean_suppliers:g} mean_suppliers; at most {MOST_LINKS} links fit"
        )
    table = read_table(rule.input_output)
    uniform, degree = draw.spread(rule.firms, seed)
    sector = draw.pick(table.output, uniform)
    score = draw.coupled(draw.normal_score(degree), rule.in_degree_coupling, seed, "population.size")
    size = _sizes(score, sector, rule.size_exponent, table.output).astype(np.float32)
    pull = _pull(rule, score, size, sector, seed)
    wanted = draw.wanted_suppliers(degree, rule.mean_suppliers, rule.in_degree_exponent)
    domestic = facts.domestic(table, sector)
    buyer, supplier = match(Market(sector, wanted, pull, facts.mix(domestic)), seed)
    imports = facts.imports(table, domestic)[sector]
    flows = domestic * np.bincount(sector, size, len(domestic))
    goal = targets(size, sector, flows, imports, rule.largest_input_share)
    coefficient = balance(buyer, supplier, sector, size, goal)
    return Economy(
        sector=sector,
        size=size,
        final_demand=final_demand(size, buyer, supplier, coefficient),
        imports=imports,
        buyer=buyer,
        supplier=supplier,
        coefficient=coefficient,
        contract=_contracts(buyer, supplier, rule, seed),
        **_labels(rule, seed),
        **_sector_facts(rule, table, domestic),
    ).validate()


def _sizes(score: Reals, sector: Labels, exponent: float, output: Reals) -> Reals:
    """Return revenues of mean 1, Pareto within sectors, whose sector sums follow `output`."""
    size = draw.pareto_by_rank(score, sector, exponent)
    total = np.bincount(sector, size, len(output))
    scale = np.divide(output, total, out=np.zeros_like(output), where=total > 0)
    size *= scale[sector]
    return size / float(size.mean())


def _pull(rule: Generated, score: Reals, size: NDArray[np.float32], sector: Labels, seed: int) -> Reals:
    """Return the odds to be chosen as a supplier: Pareto, correlated with size, with a floor that rises with size."""
    own = draw.coupled(score, rule.out_degree_coupling, seed, "population.buyers")
    pull = draw.pareto_by_rank(own, sector, _SAMPLING * rule.out_degree_exponent)
    least = np.full(int(sector.max()) + 1, np.inf)
    np.minimum.at(least, sector, size)
    floor: Reals = (size / least[sector]) ** _REACH
    return np.maximum(pull, floor)


def _labels(rule: Generated, seed: int) -> dict[str, Any]:
    """Return region, ownership, group and person, each (N,), independent of size (an assumption)."""
    private = 1 - rule.state_share - rule.foreign_share
    if private < 0:
        raise PopulationError("population: state_share + foreign_share is above 1; must be at most 1")
    ownership = np.array([rule.state_share, private, rule.foreign_share])
    owner = draw.pick(ownership, generator(seed, "population.ownership").random(rule.firms))
    group = draw.attached(rule.firms, rule.branch_share, seed, "population.group")
    overseas = generator(seed, "population.overseas").random(rule.firms) < rule.overseas
    return {
        "region": draw.pick(np.ones(rule.regions), generator(seed, "population.region").random(rule.firms)),
        "ownership": _owners(owner, group, overseas),
        "overseas": overseas,
        "group": group,
        "person": draw.attached(rule.firms, rule.shared_person_share, seed, "population.person"),
    }


def _owners(owner: Labels, group: NDArray[np.int32], overseas: NDArray[np.bool_]) -> Labels:
    """Return ownership given who is overseas: an affiliate is its parent's, and who is on its own there is foreign."""
    owner = np.where(overseas, owner[group], owner)
    owner[overseas[group]] = OWNERSHIPS.index("foreign")
    return owner


def _contracts(buyer: Array, supplier: Array, rule: Generated, seed: int) -> NDArray[np.bool_]:
    """Return which links are contracts, (L,): a draw of the buyer plus one of the supplier, modulo 1.

    Uniform, and independent for any two links; a firm more shifts no other link's draw.
    """
    own, other = (generator(seed, "population.contract", lane).random(rule.firms, np.float32) for lane in (0, 1))
    drawn: NDArray[np.bool_] = (own[buyer] + other[supplier]) % 1 < np.float32(rule.contract_share)
    return drawn


def _sector_facts(rule: Generated, table: InputOutput, domestic: Reals) -> dict[str, Any]:
    """Return the names of sectors and regions, and what holds for whole sectors."""
    supplied = domestic > 0
    return {
        "sectors": table.sectors,
        "regions": tuple(f"region_{number + 1}" for number in range(rule.regions)),
        "essential": facts.essentiality(
            table.flows, supplied, rule.essential, rule.essential_share, rule.negligible_share
        ),
        **facts.demand_shares(table, rule.procurement),
    }
