"""From what a user's tables say to an equilibrium, and how much that changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from creditregime.component import shown
from creditregime.population.balancing import balance, scale_down, sizes, targets
from creditregime.population.chunks import Marks, Reals
from creditregime.population.firm_table import FirmTable
from creditregime.population.link_table import LinkTable

CHANGED = 1e-6
"""Relative change from which on a figure counts as changed: less is rounding."""


@dataclass(frozen=True)
class Limits:
    """What the scenario says about money in tables: see the parameters of the same names."""

    final_demand_share: float
    max_input_share: float
    input_share: float


@dataclass(frozen=True)
class Balanced:
    """Sizes, final demand and imports, (N,), link values, (L,), and lines on what was changed to get them."""

    size: Reals
    final_demand: Reals
    imports: Reals
    value: Reals
    notes: tuple[str, ...]


def balanced(firms: FirmTable, links: LinkTable, limits: Limits, needs: Reals | None, imports: Reals) -> Balanced:
    """Return the equilibrium nearest to what is stated: sizes stay, links only shrink, final demand is what is left.

    Parameters
    ----------
    firms, links
        What the tables say.
    limits
        What the scenario says.
    needs
        Domestic inputs per unit of output by sector, (S, S), of an input-output table; links without values follow it.
    imports
        Imports per unit of output of firms that state none, (N,).
    """
    count = len(firms)
    given = {name: values.copy() for name, values in firms.numbers.items()}
    imports = np.where(np.isnan(given["imports"]), imports, given["imports"])
    stated = given["size"]
    sized = ~np.isnan(stated)
    share = np.where(np.isnan(given["final_demand_share"]), limits.final_demand_share, given["final_demand_share"])
    fitted = not links.stated and bool(sized.any())
    if links.stated == "coefficient" or fitted:
        _refuse_unsized(firms, links, sized, every=fitted)
    if fitted:
        value = _fitted(firms, links, limits, needs, imports)
    else:
        value = links.amount * (stated[links.buyer] if links.stated == "coefficient" else 1)
    sold, bought = (np.bincount(ends, value, count).astype(float) for ends in (links.supplier, links.buyer))
    size = sizes(stated, given["final_demand"], sold, bought, imports, share, limits.max_input_share)
    asked = np.where(np.isnan(given["final_demand"]), given["final_demand_share"] * size, given["final_demand"])
    scaled = value.copy()
    over = np.maximum((sold + np.nan_to_num(asked)) / size, 1)
    scale_down(scaled, links.buyer, links.supplier, sold / over, (limits.max_input_share - imports) * size)
    left = np.maximum(size - np.bincount(links.supplier, scaled, count), 0)
    notes = [_sizes_note(sized, size), _fit_note(fitted, needs, limits), _links_note(value, scaled, limits)]
    return Balanced(size, left, imports, scaled, tuple(filter(None, [*notes, _demand_note(asked, left, size)])))


def _refuse_unsized(firms: FirmTable, links: LinkTable, sized: Marks, every: bool) -> None:
    """Refuse links whose values need sizes that are not stated: the buyers', or those of all firms."""
    if every and not sized.all():
        name = [*firms.index][int(np.argmin(sized))]
        text = f"without a column value or coefficient every firm needs a size; {shown(name)} has none"
        links.problems.fail(0, "", text)
    names = [*firms.index]
    links.problems.where(
        ~sized[links.buyer],
        links.lines,
        "coefficient",
        lambda row: f"needs the size of the buyer {shown(names[int(links.buyer[row])])}, which is not stated",
    )
    links.problems.settle()


def _fitted(firms: FirmTable, links: LinkTable, limits: Limits, needs: Reals | None, imports: Reals) -> Reals:
    """Return link values, (L,), that follow the input-output table, or a common share of inputs in output."""
    size, sector = firms.numbers["size"], firms.sector
    sectors = len(firms.sectors)
    pair = sector[links.supplier].astype(np.int64) * sectors + sector[links.buyer]
    if needs is None:
        slots = np.maximum(np.bincount(links.buyer, minlength=len(size)), 1)
        even = (limits.input_share * size / slots)[links.buyer]
        flows = np.bincount(pair, even, sectors**2).astype(float).reshape(sectors, sectors)
    else:
        linked = np.bincount(pair, minlength=sectors**2).reshape(sectors, sectors) > 0
        flows = np.where(linked, needs * np.bincount(sector, size, sectors), 0)
    unit = size.mean()
    money = (size / unit).astype(np.float32)
    goal = targets(money, sector, flows / unit, imports.astype(np.float32), limits.max_input_share)
    coefficient = balance(links.buyer, links.supplier, sector, money, goal)
    return coefficient * size[links.buyer]


def _sizes_note(sized: Marks, size: Reals) -> str:
    if sized.all() or not sized.any():
        return ""
    return f"size: set to what links and final demand ask for at {(~sized).sum()} of {len(size)} firms that state none"


def _fit_note(fitted: bool, needs: Reals | None, limits: Limits) -> str:
    if not fitted:
        return ""
    after = f"inputs of {limits.input_share:.0%} of output" if needs is None else "the input-output table"
    return f"links: values fitted to sizes and to {after}, as the table of links has none"


def _links_note(before: Reals, after: Reals, limits: Limits) -> str:
    change = 1 - np.divide(after, before, out=np.ones_like(after), where=before > 0)
    scaled = int((change > CHANGED).sum())
    if not scaled:
        return ""
    how_far = f"by up to {change.max():.3%}, by {change.mean():.3%} in the mean of all"
    why = f"so that nobody sells more than its size or spends over {limits.max_input_share:g} of it on inputs"
    return f"links: {scaled} of {len(after)} values scaled down, {how_far}, {why}"


def _demand_note(stated: Reals, after: Reals, size: Reals) -> str:
    told = ~np.isnan(stated)
    change = np.abs(after - stated)[told] / size[told]
    changed = int((change > CHANGED).sum())
    if not changed:
        return ""
    how_far = f"by up to {change.max():.3%} of size, by {change.mean():.3%} in the mean of all"
    return (
        f"final demand: set to what firms do not buy at {changed} of {int(told.sum())} firms that state it, {how_far}"
    )
