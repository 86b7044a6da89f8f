"""The `generated` population: its parameters, and how it is made, step by step."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from creditregime.component import nearest, parameter
from creditregime.errors import PopulationError
from creditregime.population import attributes as draw
from creditregime.population.attributes import Labels, Reals
from creditregime.population.balancing import balance, final_demand, targets
from creditregime.population.columns import Array
from creditregime.population.economy import ESSENTIAL, NEGLIGIBLE, NON_ESSENTIAL, Economy
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


class Generated(Population, kind="generated"):
    """Firms with heavy-tailed sizes on a supply network whose sector mixing follows an input-output table.

    Sizes are Pareto by rank within sectors whose outputs follow the table. A firm looks for a Pareto number of
    suppliers, spread over the purchase mix of its sector, and finds them in proportion to a Pareto pull; both correlate
    with size. Weights are fitted to sizes and sector flows; final demand takes what firms do not buy. Inputs from
    sectors without (other) firms are imported. See `generate`.
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
        return generate(self, seed)


def generate(rule: Generated, seed: int) -> Economy:
    """Return the economy of `rule` and `seed`, validated."""
    table = read_table(rule.input_output)
    uniform, degree = draw.spread(rule.firms, seed)
    sector = draw.pick(table.output, uniform)
    score = draw.coupled(draw.normal_score(degree), rule.in_degree_coupling, seed, "population.size")
    size = _sizes(score, sector, rule.size_exponent, table.output).astype(np.float32)
    pull = _pull(rule, score, size, sector, seed)
    wanted = draw.wanted_suppliers(degree, rule.mean_suppliers, rule.in_degree_exponent)
    domestic = _domestic(table, sector)
    buyer, supplier = match(Market(sector, wanted, pull, _mix(domestic)), seed)
    imports = _imports(table, domestic)[sector]
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


def _domestic(table: InputOutput, sector: Labels) -> Reals:
    """Return the coefficients that domestic firms can supply, (S, S): not from empty sectors, nor from oneself."""
    counts = np.bincount(sector, minlength=len(table.sectors))
    others = counts[:, None] - np.eye(len(counts))  # firms of the row's sector that a firm of the column's can buy from
    return np.where((others > 0) & (counts > 0), table.coefficients, 0)


def _imports(table: InputOutput, domestic: Reals) -> NDArray[np.float32]:
    """Return imported inputs per unit of output, (S,): those of the table, and what nobody here can supply."""
    unsupplied = table.coefficients.sum(axis=0) - domestic.sum(axis=0)
    imports = table.imported_intermediates / table.output + np.maximum(unsupplied, 0)
    return imports.astype(np.float32)  # type: ignore[no-any-return]


def _mix(flows: Reals) -> Reals:
    """Return each row's share in its column's sum; empty columns stay 0."""
    total = flows.sum(axis=0)
    mix: Reals = np.divide(flows, total, out=np.zeros_like(flows), where=total > 0)
    return mix


def _labels(rule: Generated, seed: int) -> dict[str, Any]:
    """Return region, ownership, group and person, each (N,), independent of size (an assumption)."""
    private = 1 - rule.state_share - rule.foreign_share
    if private < 0:
        raise PopulationError("population: state_share + foreign_share is above 1; must be at most 1")
    ownership = np.array([rule.state_share, private, rule.foreign_share])
    return {
        "region": draw.pick(np.ones(rule.regions), generator(seed, "population.region").random(rule.firms)),
        "ownership": draw.pick(ownership, generator(seed, "population.ownership").random(rule.firms)),
        "group": draw.attached(rule.firms, rule.branch_share, seed, "population.group"),
        "person": draw.attached(rule.firms, rule.shared_person_share, seed, "population.person"),
    }


def _contracts(buyer: Array, supplier: Array, rule: Generated, seed: int) -> NDArray[np.bool_]:
    """Return which links are contracts, (L,): a draw of the buyer plus one of the supplier, modulo 1.

    Uniform, and independent for any two links; a firm more shifts no other link's draw.
    """
    own, other = (generator(seed, "population.contract", lane).random(rule.firms, np.float32) for lane in (0, 1))
    drawn: NDArray[np.bool_] = (own[buyer] + other[supplier]) % 1 < np.float32(rule.contract_share)
    return drawn


def _sector_facts(rule: Generated, table: InputOutput, domestic: Reals) -> dict[str, Any]:
    """Return the names of sectors and regions, and what holds for whole sectors."""
    exported = table.exports / np.maximum(table.exports + table.domestic_final_demand, 1e-30)
    return {
        "sectors": table.sectors,
        "regions": tuple(f"region_{number + 1}" for number in range(rule.regions)),
        "essential": _essential(rule, table, domestic),
        "export_share": exported.astype(np.float32),
        "procurement_share": (_procurement(rule, table) * (1 - exported)).astype(np.float32),
        "energy_share": table.coefficients[table.electricity].astype(np.float32),
    }


def _essential(rule: Generated, table: InputOutput, domestic: Reals) -> NDArray[np.uint8]:
    """Return the essentiality of each supplier sector for each buyer sector; what is imported is negligible."""
    share = _mix(table.flows)
    if rule.essential == "share":
        codes = np.where(share < rule.negligible_share, NEGLIGIBLE, NON_ESSENTIAL)
        codes[share >= rule.essential_share] = ESSENTIAL
    else:
        codes = np.full(share.shape, ESSENTIAL if rule.essential == "all" else NON_ESSENTIAL)
    codes[domestic == 0] = NEGLIGIBLE
    return codes.astype(np.uint8)


def _procurement(rule: Generated, table: InputOutput) -> Reals:
    """Return the share of each sector's domestic final demand that the state buys, (S,)."""
    for name, share in rule.procurement.items():
        if name != "default" and name not in table.sectors:
            hint = nearest(name, table.sectors)
            raise PopulationError(f"population.procurement: no sector '{name}' in {table.name}{hint}")
        if not 0 <= share <= 1:
            raise PopulationError(f"population.procurement.{name}: {share} is not allowed; must be in 0..1")
    common = rule.procurement.get("default", 0.0)
    return np.array([rule.procurement.get(name, common) for name in table.sectors])
