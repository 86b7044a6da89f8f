"""What makes an `Economy` fit to be simulated; each failure is one line that names the firm, link or sector."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import OWNERSHIPS
from creditregime.errors import PopulationError
from creditregime.population.balancing import sales, sums
from creditregime.population.columns import ESSENTIAL, Array, Columns, columns

TOLERANCE = 1e-5
"""Largest relative gap between a firm's size and its sales that still counts as an equilibrium."""

LARGEST_INPUT_SHARE = 0.99
"""Largest share of a firm's output that its inputs may cost where money is followed: the rest is value added."""


def check(economy: Columns) -> None:
    """Raise a `PopulationError` for the first invariant that `economy` breaks."""
    _check_shapes(economy)
    _check_numbers(economy)
    _check_rows(economy)
    _check_jurisdictions(economy)
    _check_links(economy)
    _check_sectors(economy)
    _check_sales(economy)


def check_margins(economy: Columns) -> None:
    """Raise where inputs leave nothing of a firm's output for wages and profit: accounts cannot be kept then."""
    inputs = sums(economy.buyer, economy.coefficient, economy.firms, runs=True) + economy.imports
    limit = f"inputs cost {{:.4g}} per unit of output; at most {LARGEST_INPUT_SHARE} with finance"
    _refuse(inputs > LARGEST_INPUT_SHARE + 1e-6, "firm", limit, inputs)


def sales_to_firms(economy: Columns) -> NDArray[np.float64]:
    """Return what each firm sells to other firms a month, shape (N,)."""
    return sales(economy.size, economy.buyer, economy.supplier, economy.coefficient)


def _fail(where: str, problem: str) -> None:
    raise PopulationError(f"{where}: {problem}")


def _refuse(bad: Array, noun: str, problem: str, values: Array | None = None) -> None:
    """Name the first of the rows, links or sectors where `bad` holds."""
    if bad.any():
        first = int(np.argmax(bad))
        _fail(f"{noun} {first}", problem if values is None else problem.format(values[first]))


def _check_shapes(economy: Columns) -> None:
    if not economy.firms:
        _fail("population", "no firms; at least 1 is needed")
    lengths = {"N": economy.firms, "L": economy.links, "S": len(economy.sectors)}
    for declared in columns():
        found: Any = getattr(economy, declared.name)
        shape = tuple(lengths[axis] for axis in declared.metadata["axes"])
        if not isinstance(found, np.ndarray) or found.dtype != declared.metadata["dtype"] or found.shape != shape:
            is_a = f"{found.dtype}{found.shape}" if isinstance(found, np.ndarray) else type(found).__name__
            _fail(declared.name, f"must be a {declared.metadata['dtype']} array of shape {shape}, not {is_a}")
    for name in ("sectors", "regions"):
        names = getattr(economy, name)
        if not 1 <= len(names) <= 256 or len(set(names)) < len(names):
            _fail(name, "must be 1 to 256 different names")


def _check_numbers(economy: Columns) -> None:
    nouns = {"N": "firm", "L": "link", "S": "sector"}
    for declared in columns():
        if declared.metadata["dtype"] == np.float32:
            values = getattr(economy, declared.name)
            bad = ~(np.isfinite(values) & (values >= 0))
            _refuse(bad, nouns[declared.metadata["axes"]], declared.name + " is {}; must be finite and >= 0", values)
    _refuse(economy.size == 0, "firm", "size is 0; must be above 0")
    _refuse(economy.essential.ravel() > 2, "essential entry", "must be 0, 1 or 2")
    total = economy.procurement_share + economy.export_share
    _refuse(total > 1 + 1e-6, "sector", "procurement_share + export_share is {}; must be at most 1", total)


def _check_rows(economy: Columns) -> None:
    positions = {"sector": len(economy.sectors), "region": len(economy.regions), "ownership": len(OWNERSHIPS)}
    for name, count in positions.items():
        values = getattr(economy, name)
        _refuse(values >= count, "firm", f"{name} is {{}}; must be in 0..{count - 1}", values)
    for noun, name in (("firm", "group"), ("firm", "person"), ("link", "buyer"), ("link", "supplier")):
        values = getattr(economy, name)
        known = f"{name} is the unknown firm {{}}; firms are 0..{economy.firms - 1}"
        _refuse((values < 0) | (values >= economy.firms), noun, known, values)
    nested = economy.group[economy.group] != economy.group
    _refuse(nested, "firm", "its parent {} has a parent itself; groups have one level", economy.group)


def _check_jurisdictions(economy: Columns) -> None:
    bounds = np.array([*economy.starts, economy.firms])
    if bounds[0] != 0 or (np.diff(bounds) <= 0).any():
        _fail("starts", f"{economy.starts} must begin with 0 and rise strictly below {economy.firms} firms")
    if len(economy.starts) == 1:
        return
    place = np.repeat(np.arange(len(economy.starts), dtype=np.int32), np.diff(bounds))
    for name in ("group", "person"):
        values = getattr(economy, name)
        _refuse(place[values] != place, "firm", f"its {name} {{}} is in another jurisdiction", values)
    _refuse(place[economy.buyer] != place[economy.supplier], "link", "joins two jurisdictions")


def _check_links(economy: Columns) -> None:
    _refuse(economy.buyer == economy.supplier, "link", "firm {} supplies itself; self-loops are refused", economy.buyer)
    key = economy.buyer.astype(np.int64) * len(economy.sectors) + economy.sector[economy.supplier]
    key *= economy.firms
    key += economy.supplier
    step = np.diff(key)
    _refuse(step == 0, "link", "firm {} buys twice from the same supplier; merge the links", economy.buyer)
    _refuse(step < 0, "link", "links must be sorted by (buyer, sector of the supplier, supplier)")


def _check_sectors(economy: Columns) -> None:
    populated = np.bincount(economy.sector, minlength=len(economy.sectors)) > 0
    missing = (economy.essential == ESSENTIAL) & ~populated[:, None] & populated[None, :]
    if missing.any():
        supplier, buyer = (economy.sectors[at] for at in np.argwhere(missing)[0])
        _fail(f"sector {supplier}", f"an essential input of {buyer}, but no firm is in it; add one or mark it 0 or 2")


def _check_sales(economy: Columns) -> None:
    gap = (sales_to_firms(economy) + economy.final_demand) / economy.size - 1
    _refuse(np.abs(gap) > TOLERANCE, "firm", "sales differ from size by {:.2e} of it; not an equilibrium", gap)
