"""The published schema of population tables: which columns, what they hold, and what stands where one is missing."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Literal

from creditregime.codes import OWNERSHIPS

Type = Literal["text", "number"]

LARGEST = 1e30
"""Largest amount of money: sums of such amounts still fit."""


@dataclass(frozen=True)
class TableColumn:
    """One column of a table that a user writes.

    `low` and `high` bound numbers; `open_low` leaves `low` itself out. `missing` says what stands where the column or a
    cell is empty; it is empty itself where the column is required.
    """

    name: str
    type: Type
    unit: str
    meaning: str
    missing: str = ""
    allowed: tuple[str, ...] = ()
    low: float = 0.0
    high: float = LARGEST
    open_low: bool = False

    @property
    def required(self) -> bool:
        """Whether the table must have this column, and every row a value in it."""
        return not self.missing

    @property
    def bounds(self) -> str:
        """Return what is allowed, in words."""
        if self.type == "text":
            return ", ".join(self.allowed) or "any text"
        floor = f"above {self.low:g}" if self.open_low else f">= {self.low:g}"
        return f"a finite number {floor}" + (f" and <= {self.high:g}" if self.high < LARGEST else "")


YES_OR_NO = ("yes", "no")
"""What a column that says yes or no may hold."""

FIRMS = (
    TableColumn("id", "text", "-", "name or number of the firm, used once", ""),
    TableColumn(
        "sector", "text", "-", "what it makes; with `population.sectors` or `input_output` one of theirs", "all"
    ),
    TableColumn(
        "region", "text", "-", "where it is; with `population.regions` one of them", "all, or the first region"
    ),
    TableColumn("ownership", "text", "-", "who owns it", "private", OWNERSHIPS),
    TableColumn("size", "number", "money a month", "sales", "what its links and final demand ask for", open_low=True),
    TableColumn("final_demand", "number", "money a month", "sales to others than firms", "size less sales to firms"),
    TableColumn(
        "final_demand_share",
        "number",
        "share of size",
        "the same as a share, instead of `final_demand`",
        "as above; without a size `population.final_demand_share`",
        high=0.999,
    ),
    TableColumn(
        "imports",
        "number",
        "money per money of output",
        "imported inputs",
        "0; where links are fitted to an input-output table, the sector's",
    ),
    TableColumn(
        "export_share",
        "number",
        "share of final demand",
        "sold abroad; firms of a sector are averaged",
        "that of the sector",
        high=1,
    ),
    TableColumn(
        "procurement_share",
        "number",
        "share of final demand",
        "bought by the state; firms of a sector are averaged",
        "that of the sector",
        high=1,
    ),
    TableColumn("group", "text", "-", "id of the parent firm, which has no parent itself", "no parent"),
    TableColumn("overseas", "text", "-", "whether it is outside the jurisdiction", "no", YES_OR_NO),
    TableColumn("person", "text", "-", "responsible person: a label that firms share, or the id of a firm", "its own"),
)

LINKS = (
    TableColumn("supplier", "text", "-", "id of the firm that sells"),
    TableColumn("buyer", "text", "-", "id of the firm that buys"),
    TableColumn("value", "number", "money a month", "sales over the link", "fitted", open_low=True),
    TableColumn(
        "coefficient",
        "number",
        "money per money of the buyer's output",
        "the same per unit of output, instead of `value`; the buyer's size is needed",
        "fitted",
        open_low=True,
    ),
    TableColumn("contract", "text", "-", "whether the supplier works as the buyer's contractor", "no", YES_OR_NO),
)

SECTORS = (
    TableColumn("sector", "text", "-", "name of the sector, used once"),
    TableColumn("export_share", "number", "share of final demand", "sold abroad", "0", high=1),
    TableColumn(
        "procurement_share",
        "number",
        "share of final demand",
        "bought by the state",
        "`population.procurement` of what is not exported",
        high=1,
    ),
    TableColumn("energy_share", "number", "money per money of output", "electricity bought", "0", high=1),
    TableColumn(
        "essential",
        "text",
        "-",
        "sectors, separated by `;`, without whose goods it cannot produce",
        "by shares of inputs",
    ),
    TableColumn(
        "negligible", "text", "-", "sectors, separated by `;`, whose goods it does not miss", "by shares of inputs"
    ),
)

INPUT_OUTPUT = (
    TableColumn("sector", "text", "-", "the sector that sells, in the order of the columns"),
    TableColumn("(one column a sector)", "number", "money", "what that sector buys of the row's sector"),
    TableColumn("domestic_final_demand", "number", "money", "sales to consumers, investors and the state at home"),
    TableColumn("exports", "number", "money", "sales abroad, of inputs and of final goods", "0"),
    TableColumn("output", "number", "money", "all sales; checked against the row's sum", "the row's sum"),
    TableColumn("electricity", "number", "0 or 1", "1 in the row of the sector that sells electricity", "0", high=1),
)

INPUT_OUTPUT_ROWS = (
    TableColumn("imported_intermediates", "number", "money", "imported inputs of the column's sector", "0"),
    TableColumn("value_added", "number", "money", "wages, profits and taxes; checked against output", "what is left"),
)

EXCLUSIVE = (("final_demand", "final_demand_share"), ("value", "coefficient"))
"""Columns that say the same thing twice: a table has at most one of each pair."""

TABLES = {
    "firms": ("`population.firms`: one row a firm", FIRMS),
    "links": ("`population.links`: one row a supply link", LINKS),
    "sectors": ("`population.sectors`: one row a sector (optional)", SECTORS),
    "input_output": ("`population.input_output`: one row a sector", INPUT_OUTPUT),
    "input_output_rows": ("`population.input_output`: further rows, after the sectors", INPUT_OUTPUT_ROWS),
}


def rows(columns: tuple[TableColumn, ...]) -> list[tuple[str, ...]]:
    """Return columns as (name, type, unit, required or what stands if missing, allowed, meaning)."""
    return [(c.name, c.type, c.unit, c.missing or "required", c.bounds, c.meaning) for c in columns]


def overview() -> str:
    """Return the schema as text for a terminal."""
    lines = ["Tables are CSV (UTF-8, comma, one header line) or Parquet. [if missing] stands at each column.", ""]
    for title, columns in TABLES.values():
        lines.append(title.replace("`", ""))
        for name, kind, unit, missing, allowed, meaning in rows(columns):
            counted = f"{kind}, {unit}" if unit != "-" else kind
            text = f"{meaning} [{missing}]. {counted}: {allowed}".replace("`", "")
            lines += textwrap.wrap(text, 96, initial_indent=f"  {name:<23} ", subsequent_indent=" " * 26)
        lines.append("")
    return "\n".join(lines).rstrip()
