"""What holds for whole sectors: who supplies whom at home, which inputs bind, what the state and the world buy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from creditregime.component import nearest
from creditregime.errors import PopulationError
from creditregime.population.attributes import Labels, Reals
from creditregime.population.columns import ESSENTIAL, NEGLIGIBLE, NON_ESSENTIAL
from creditregime.population.input_output import InputOutput

Binding = Literal["share", "all", "none"]
"""Which inputs bind: those with a large share of a sector's inputs, all, or none."""


def domestic(table: InputOutput, sector: Labels) -> Reals:
    """Return the coefficients that domestic firms can supply, (S, S): not from empty sectors, nor from oneself."""
    counts = np.bincount(sector, minlength=len(table.sectors))
    others = counts[:, None] - np.eye(len(counts))  # firms of the row's sector that a firm of the column's can buy from
    return np.where((others > 0) & (counts > 0), table.coefficients, 0)


def imports(table: InputOutput, supplied: Reals) -> NDArray[np.float32]:
    """Return imported inputs per unit of output, (S,): those of the table, and what nobody here can supply."""
    unsupplied = table.coefficients.sum(axis=0) - supplied.sum(axis=0)
    needed = table.imported_intermediates / table.output + np.maximum(unsupplied, 0)
    return needed.astype(np.float32)  # type: ignore[no-any-return]


def mix(flows: Reals) -> Reals:
    """Return each row's share in its column's sum; empty columns stay 0."""
    total = flows.sum(axis=0)
    shares: Reals = np.divide(flows, total, out=np.zeros_like(flows), where=total > 0)
    return shares


def essentiality(
    flows: Reals, supplied: NDArray[np.bool_], binding: Binding, essential_share: float, negligible_share: float
) -> NDArray[np.uint8]:
    """Return what each supplier sector is to each buyer sector, (S, S); what nobody here supplies is negligible."""
    share = mix(flows)
    if binding == "share":
        codes = np.where(share < negligible_share, NEGLIGIBLE, NON_ESSENTIAL)
        codes[share >= essential_share] = ESSENTIAL
    else:
        codes = np.full(share.shape, ESSENTIAL if binding == "all" else NON_ESSENTIAL)
    codes[~supplied] = NEGLIGIBLE
    return codes.astype(np.uint8)


def demand_shares(table: InputOutput, procurement: Mapping[str, float]) -> dict[str, Any]:
    """Return the shares of final demand that the world and the state buy, and electricity per unit of output, (S,)."""
    exported = table.exports / np.maximum(table.exports + table.domestic_final_demand, 1e-30)
    bought = by_sector(procurement, table.sectors, table.name) * (1 - exported)
    energy = np.zeros(len(exported)) if table.electricity is None else table.coefficients[table.electricity]
    return {
        "export_share": exported.astype(np.float32),
        "procurement_share": bought.astype(np.float32),
        "energy_share": energy.astype(np.float32),
    }


def by_sector(procurement: Mapping[str, float], sectors: Sequence[str], where: str) -> Reals:
    """Return the share of each sector's domestic final demand that the state buys, (S,)."""
    for name, share in procurement.items():
        if name != "default" and name not in sectors:
            allowed = f"allowed: default, {', '.join(sectors)[:300]}{nearest(name, sectors)}"
            raise PopulationError(f"population.procurement: no sector '{name}' in {where}; {allowed}")
        if not 0 <= share <= 1:
            raise PopulationError(f"population.procurement.{name}: {share} is not allowed; must be in 0..1")
    common = procurement.get("default", 0.0)
    return np.array([procurement.get(name, common) for name in sectors])
