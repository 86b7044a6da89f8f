"""The arrays that say who exists: firms, their links, and the sectors they belong to."""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

ESSENTIAL, NON_ESSENTIAL, NEGLIGIBLE = 1, 0, 2
"""What a supplier sector is to a buyer sector: a binding minimum, a linear loss, or no loss (Diem et al. 2022)."""


def column(dtype: str, axes: str, unit: str, meaning: str, **default: Any) -> Any:
    """Declare an array of an economy; axes are N firms, L links, S sectors."""
    return field(**default, metadata={"dtype": np.dtype(dtype), "axes": axes, "unit": unit, "meaning": meaning})


@dataclass(frozen=True, eq=False)
class Columns:
    """The arrays of an `Economy`, with nothing said about whether they fit together."""

    sectors: tuple[str, ...]
    regions: tuple[str, ...]
    sector: Array = column("uint8", "N", "position in sectors", "sector of the firm")
    region: Array = column("uint8", "N", "position in regions", "region of the firm")
    ownership: Array = column("uint8", "N", "position in OWNERSHIPS", "who owns the firm")
    size: Array = column("float32", "N", "money a month", "initial revenue")
    final_demand: Array = column("float32", "N", "money a month", "initial sales to others than firms")
    imports: Array = column("float32", "N", "money per money of output", "imported inputs")
    group: Array = column("int32", "N", "row", "parent of the group, or the firm itself")
    person: Array = column("int32", "N", "id in 0..N-1", "responsible person, whom several firms may share")
    buyer: Array = column("int32", "L", "row", "who buys")
    supplier: Array = column("int32", "L", "row", "who sells")
    coefficient: Array = column("float32", "L", "money per money of the buyer's output", "input bought over the link")
    essential: Array = column("uint8", "SS", "0, 1 or 2", "[supplier sector, buyer sector]: see ESSENTIAL")
    procurement_share: Array = column("float32", "S", "share of final demand", "bought by the state")
    export_share: Array = column("float32", "S", "share of final demand", "sold abroad")
    energy_share: Array = column("float32", "S", "money per money of output", "electricity bought")
    starts: tuple[int, ...] = (0,)
    overseas: Array = column("bool", "N", "-", "outside the jurisdiction; nobody where it is not said", default=None)
    contract: Array = column(
        "bool", "L", "-", "the supplier works as the buyer's contractor; no link where it is not said", default=None
    )

    def __post_init__(self) -> None:
        """Take firms for domestic, and links for ordinary purchases, where nothing is said."""
        if getattr(self, "overseas", None) is None:
            object.__setattr__(self, "overseas", np.zeros(len(self.sector), np.bool_))
        if getattr(self, "contract", None) is None or not np.size(self.contract):
            object.__setattr__(self, "contract", np.zeros(len(self.buyer), np.bool_))

    @property
    def firms(self) -> int:
        """The number of firms, N."""
        return len(self.sector)

    @property
    def links(self) -> int:
        """The number of supply links, L."""
        return len(self.buyer)


def columns() -> list[Field[Any]]:
    """Return the array fields of an `Economy`, with dtype, axes, unit and meaning in their metadata."""
    return [f for f in fields(Columns) if f.metadata]


def sorted_links(sector: Array, buyer: Array, supplier: Array, coefficient: Array, contract: Array) -> dict[str, Array]:
    """Return the link columns in the order of (buyer, sector of the supplier, supplier)."""
    order = np.lexsort((supplier, sector[supplier], buyer))
    links = {"buyer": buyer.astype(np.int32)[order], "supplier": supplier.astype(np.int32)[order]}
    return {**links, "coefficient": coefficient.astype(np.float32)[order], "contract": contract[order]}
