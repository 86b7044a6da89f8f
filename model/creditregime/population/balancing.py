"""What flows over the links: weights fitted to firm sizes and to the input-output table by iterative proportions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from creditregime.acceleration import kernel
from creditregime.population.attributes import Labels, Reals, Rows

Money = NDArray[np.float32]

ROUNDS = 18
"""Rounds of proportional fitting: at 5,000 firms the error in flows is about 2% by then and falls slowly."""

SALES_STEP, INPUTS_STEP = 0.8, 0.15
"""How far a round moves sales and inputs of firms towards their targets, as powers of the ratio.

Flows by sector pair are met in full. Full steps for firms too ask for what a sparse network cannot deliver, and starve
most links; these steps let firms differ from their sectors as far as their partners make them.
"""

MANY, CAPPED_ROUNDS = 200_000, 4
"""From this many firms on, the last rounds meet flows and caps in turn.

The largest of many firms reach their caps more often, and what the caps cut off is missed in flows: 6.5% of them at a
million firms if they come last, 4.3% so. Up to 100,000 firms less than 3% is missed anyway.
"""

LINKS_A_FIRM = 8
"""Of a common economy: kernels are worth their loading from so many firms on, and here are links."""

BLOCK = 1 << 18
"""Links whose sales are reckoned at once: what stands in memory meanwhile is small against the links."""

_LARGEST_SALES = 0.999  # share of a firm's size that other firms may buy: final demand stays positive
_SMALLEST = 1e-5  # least value of a link per unit of the buyer's output: no link is starved to nothing
_TINY = 1e-30


@dataclass(frozen=True)
class Targets:
    """What the weights should add up to: `flows` (S, S) by sector pair; (N,) `sales` to and `inputs` from firms.

    `largest_sales` and `largest_inputs`, (N,), are never exceeded.
    """

    flows: Reals
    sales: Reals
    inputs: Reals
    largest_sales: Reals
    largest_inputs: Reals


def targets(size: Money, sector: Labels, flows: Reals, imports: Money, largest_input_share: float) -> Targets:
    """Return the targets of firms of given sizes: each sells and buys what its sector does per unit of output."""
    output = np.maximum(np.bincount(sector, size, len(flows)), _TINY)
    revenue = size.astype(np.float64)
    sales, inputs = ((flows.sum(axis=axis) / output)[sector] * revenue for axis in (1, 0))
    room = np.maximum(largest_input_share - imports, 0) * revenue
    return Targets(flows, sales, np.minimum(inputs, room), _LARGEST_SALES * revenue, room)


def balance(buyer: Rows, supplier: Rows, sector: Labels, size: Money, goal: Targets) -> Money:
    """Return the coefficient of each link, shape (L,): input value per unit of the buyer's output.

    Suppliers' sales, buyers' inputs and sector flows are met in turn. The last pass only scales down, so that nobody
    sells more than it makes or spends more than it may: what is left of a supplier's output is final demand.
    """
    firms, sectors = len(size), len(goal.flows)
    pair = sector[supplier] * np.uint16(sectors) + sector[buyer]
    weight = (goal.inputs / np.maximum(np.bincount(buyer, minlength=firms), 1))[buyer].astype(np.float32)
    capped = CAPPED_ROUNDS if firms >= MANY else 0
    sold, flows = sums(supplier, weight, firms), goal.flows.ravel()
    for _ in range(ROUNDS - capped):
        _scale(weight, supplier, (goal.sales / np.maximum(sold, _TINY)) ** SALES_STEP)
        flown = _scale_and_sum(weight, buyer, _towards(goal, weight, buyer), pair, len(flows))
        sold = _scale_and_sum(weight, pair, flows / np.maximum(flown, _TINY), supplier, firms)
    np.maximum(weight, np.float32(_SMALLEST) * size[buyer], out=weight)
    scale_down(weight, buyer, supplier, goal.largest_sales, goal.largest_inputs)
    for _ in range(capped):
        _scale(weight, pair, _ratio(flows, weight, pair))
        scale_down(weight, buyer, supplier, goal.largest_sales, goal.largest_inputs)
    weight /= size[buyer]
    return weight


def scale_down(
    weight: NDArray[np.floating], buyer: Rows, supplier: Rows, largest_sales: Reals, largest_inputs: Reals
) -> None:
    """Scale link values, (L,), down in place until nobody sells or spends more than the largest, (N,)."""
    _scale(weight, supplier, np.minimum(_ratio(largest_sales, weight, supplier), 1))
    _scale(weight, buyer, np.minimum(_ratio(largest_inputs, weight, buyer, runs=True), 1))


def _towards(goal: Targets, weight: Money, buyer: Rows) -> Reals:
    """Return the factors that move inputs towards their target, but not above the largest allowed."""
    spent = np.maximum(sums(buyer, weight, len(goal.inputs), runs=True), _TINY)
    return np.minimum((goal.inputs / spent) ** INPUTS_STEP, goal.largest_inputs / spent)


def _ratio(goal: Reals, weight: NDArray[np.floating], label: NDArray[np.integer], *, runs: bool = False) -> Reals:
    return goal / np.maximum(sums(label, weight, len(goal), runs=runs), _TINY)


def sums(label: NDArray[np.integer], weight: NDArray[np.floating], labels: int, *, runs: bool = False) -> Reals:
    """Return the sum of the weights of each label, (labels,), added up in their order; neighbours may have one label.

    The latter changes nothing but the time it takes.
    """
    if (balancing := kernel("balancing", len(weight) // LINKS_A_FIRM)) is not None:
        add_up = balancing.add_up_runs if runs else balancing.add_up
        return add_up(_unsigned(label), weight, labels)  # type: ignore[no-any-return]
    return np.bincount(label, weight, labels).astype(np.float64, copy=False)


def _scale(weight: NDArray[np.floating], label: NDArray[np.integer], factor: Reals) -> None:
    factor = np.minimum(factor, 1e12).astype(weight.dtype)
    if (balancing := kernel("balancing", len(weight) // LINKS_A_FIRM)) is not None:
        balancing.scale(weight, _unsigned(label), factor)
    else:
        weight *= factor[label]


def _scale_and_sum(
    weight: NDArray[np.floating], label: NDArray[np.integer], factor: Reals, then: NDArray[np.integer], labels: int
) -> Reals:
    """Scale each weight by the factor of its label, in place; return the sums by other labels, `then`."""
    if (balancing := kernel("balancing", len(weight) // LINKS_A_FIRM)) is None:
        _scale(weight, label, factor)
        return sums(then, weight, labels)
    factor = np.minimum(factor, 1e12).astype(weight.dtype)
    return balancing.scale_and_add_up(weight, _unsigned(label), factor, _unsigned(then), labels)  # type: ignore[no-any-return]


def _unsigned(label: NDArray[np.integer]) -> NDArray[np.unsignedinteger]:
    """Return labels without a sign: compiled code need not ask whether they count from the end."""
    return label.view(f"u{label.itemsize}")


def final_demand(size: Money, buyer: Rows, supplier: Rows, coefficient: Money) -> Money:
    """Return what each firm sells to others than firms, shape (N,): its size less its sales to firms."""
    left: Money = np.maximum(size - sales(size, buyer, supplier, coefficient), 0).astype(np.float32)
    return left


def sales(size: Money, buyer: Rows, supplier: Rows, coefficient: Money) -> Reals:
    """Return what each firm sells to firms, (N,), added up in the order of the links."""
    revenue, sold = size.astype(np.float64), np.zeros(len(size))
    if (balancing := kernel("balancing", len(size))) is not None:
        return balancing.sell(_unsigned(buyer), _unsigned(supplier), coefficient, revenue)  # type: ignore[no-any-return]
    for start in range(0, len(buyer), BLOCK):
        some = slice(start, start + BLOCK)
        np.add.at(sold, supplier[some], coefficient[some] * revenue[buyer[some]])
    return sold


def sizes(
    stated: Reals,
    demand: Reals,
    sold: Reals,
    bought: Reals,
    imports: Reals,
    final_demand_share: Reals,
    max_input_share: float,
) -> Reals:
    """Return sizes, (N,): as stated (NaN where not), else what sales, final demand and inputs ask for.

    Parameters
    ----------
    stated, demand
        Size and final demand, (N,), NaN where a firm does not say.
    sold, bought
        Sales to firms and inputs from firms, (N,).
    imports
        Imported inputs per unit of output, (N,), below `max_input_share`.
    final_demand_share
        Share of size sold to others than firms where neither is stated, (N,).
    max_input_share
        Most that inputs may cost per unit of output. Where it is above 1, firms that sell nothing get a size that is
        smaller in proportion: at 1e9 they add next to nothing to the economy.
    """
    asked = np.where(np.isnan(demand), sold / (1 - final_demand_share), sold + demand)
    size = np.maximum(asked, bought / (max_input_share - imports))
    size = np.where(np.isnan(stated), size, stated)
    typical = size[size > 0].mean() if (size > 0).any() else 1.0
    typical /= max(max_input_share, 1)
    whole: Reals = np.where((size > 0) | (stated == 0), size, typical)  # without links or demand: an average firm
    return whole
