"""The supply network: links sorted by buyer, with the two passes along them that the model needs.

The coefficients form a matrix W, one row a buyer, one column a supplier, stored once in CSR form by buyer. What travels
down to buyers is the product W x; what travels up to suppliers is the product with the transpose, taken over the same
arrays. A second, transposed half would make the second product about a third faster, but re-matching would have to
rebuild it every month, which costs several products (docs/performance.md).
"""

from __future__ import annotations

import copy
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from creditregime.acceleration import in_parts, kernel
from creditregime.population.economy import ESSENTIAL, NEGLIGIBLE, NON_ESSENTIAL, Economy

Floats = NDArray[np.float32]


class Idle(NamedTuple):
    """The links that are not active, rising: what walks past them, and what searches for new suppliers, looks at.

    Attributes
    ----------
    links : (I,) int64
        The links.
    carried : (I,) float32
        What they carry while they are active.
    groups : (I,) int64
        The input group of each.
    """

    links: NDArray[np.int64]
    carried: Floats
    groups: NDArray[np.int64]

    def those(self, which: NDArray[Any]) -> Idle:
        """Return some of them."""
        return Idle(self.links[which], self.carried[which], self.groups[which])

    def followed_by(self, more: Idle) -> Idle:
        """Return these and after them others."""
        return Idle(
            np.concatenate([self.links, more.links]),
            np.concatenate([self.carried, more.carried]),
            np.concatenate([self.groups, more.groups]),
        )


class Unsigned(NamedTuple):
    """The indices of a network as unsigned numbers, which compiled code need not ask whether they count from the end.

    They are views, of (N + 1,), (L,), (G + 1,) and (N + 1,), uint32.
    """

    pointer: NDArray[np.uint32]
    supplier: NDArray[np.uint32]
    group_pointer: NDArray[np.uint32]
    firm_groups: NDArray[np.uint32]


class Network:
    """Supply links of all firms.

    Attributes
    ----------
    pointer : (N + 1,) int32
        The links of buyer ``i`` are ``pointer[i]:pointer[i + 1]``, sorted by the supplier's sector.
    supplier : (L,) int32
        Row of the supplier.
    weight : (L,) float32
        Input value per unit of the buyer's output while the link is active, 0 while it is not.
    since : (L,) int16
        Month in which the present partner came.
    contract : (L,) bool
        The supplier works as the buyer's contractor (a new partner on the link takes over the contract).
    group_pointer : (G + 1,) int32
        The links of input group ``g`` (one buyer, one supplying sector).
    firm_groups : (N + 1,) int32
        The input groups of buyer ``i``.
    required : (G,) float32
        Sum of the group's coefficients.
    stock : (G,) float32
        Stock of the input, months of use at initial output.
    kind : (G,) uint8
        Whether the input is essential, non-essential (a shortage of it costs output in proportion), or negligible.
    idle : Idle
        The links that are not active: their supplier left or was dropped, or their buyer left.
    """

    def __init__(self, economy: Economy, *, own: bool = False) -> None:
        rows = len(economy.sector)
        self.rows = rows
        self.supplier = economy.supplier if own else economy.supplier.copy()
        self.weight = economy.coefficient if own else economy.coefficient.copy()
        self.since = np.full(len(self.supplier), -1, np.int16)
        self.contract = economy.contract  # shared: nothing writes to it
        self.pointer = pointers(economy.buyer, rows)
        sector = economy.sector[self.supplier]
        first = np.ones(len(sector), np.bool_)
        first[1:] = (economy.buyer[1:] != economy.buyer[:-1]) | (sector[1:] != sector[:-1])
        starts = np.flatnonzero(first).astype(np.int32)
        self.group_pointer = np.append(starts, np.int32(len(sector))).astype(np.int32)
        self.firm_groups = pointers(economy.buyer[starts], rows)
        essential = economy.essential[sector[starts], economy.sector[economy.buyer[starts]]]
        self.stock = np.ones(len(starts), np.float32)
        self.required = np.add.reduceat(self.weight, starts) if len(starts) else np.empty(0, np.float32)
        essential[self.required == 0] = NEGLIGIBLE  # links that carry nothing bind nobody
        np.maximum(self.required, np.float32(1e-30), out=self.required)
        self.kind = essential
        self.idle = self._described(np.flatnonzero(self.weight == 0))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what follows from the arrays: it is made again when needed."""
        derived = ("_by_", "_to_", "walk", "unsigned")
        return {name: value for name, value in self.__dict__.items() if not name.startswith(derived)}

    @cached_property
    def essential(self) -> NDArray[np.int32]:
        """The groups that are essential inputs, (E,)."""
        return np.flatnonzero(self.kind == ESSENTIAL).astype(np.int32)

    @cached_property
    def firm_essentials(self) -> NDArray[np.int32]:
        """Where the essential groups of each buyer begin in `essential`, (N + 1,)."""
        return np.searchsorted(self.essential, self.firm_groups).astype(np.int32)

    @cached_property
    def linear(self) -> NDArray[np.int32]:
        """The groups that are non-essential inputs, (M,)."""
        return np.flatnonzero(self.kind == NON_ESSENTIAL).astype(np.int32)

    @cached_property
    def firm_linear(self) -> NDArray[np.int32]:
        """Where the non-essential groups of each buyer begin in `linear`, (N + 1,)."""
        return np.searchsorted(self.linear, self.firm_groups).astype(np.int32)

    @cached_property
    def unsigned(self) -> Unsigned:
        """The indices for compiled code."""
        return Unsigned(*(getattr(self, name).view(np.uint32) for name in Unsigned._fields))

    @cached_property
    def walk(self) -> tuple[NDArray[np.bool_], NDArray[np.uint32]]:
        """Which links are the last of their group, (L,), and the buyer of each group, (G,).

        Whoever walks along all links knows by them where he is: loops over each buyer's groups and each group's links
        are so short that a processor would wait at their ends, whose place it cannot foresee.
        """
        last = np.zeros(len(self.supplier), np.bool_)
        last[self.group_pointer[1:] - 1] = True
        return last, np.repeat(np.arange(self.rows, dtype=np.uint32), np.diff(self.firm_groups))

    @cached_property
    def _by_buyer(self) -> Any:
        return csr_array((self.weight, self.supplier, self.pointer), shape=(self.rows, self.rows), copy=False)

    @cached_property
    def _by_group(self) -> Any:
        shape = (len(self.required), self.rows)
        return csr_array((self.weight, self.supplier, self.group_pointer), shape=shape, copy=False)

    @cached_property
    def _by_firm(self) -> Any:
        """Sums over a firm's groups, as a product: a third of the time of `numpy.add.reduceat`."""
        one = np.zeros(len(self.required), np.int32)
        return csr_array((self.required, one, self.firm_groups), shape=(self.rows, 1), copy=False)

    @cached_property
    def _by_linear(self) -> Any:
        shape = (self.rows, len(self.required))
        return csr_array((self.required[self.linear], self.linear, self.firm_linear), shape=shape, copy=False)

    @cached_property
    def _by_supplier(self) -> Any:
        return self._by_buyer.T

    @cached_property
    def _to_supplier(self) -> Any:
        return self._by_group.T

    def from_suppliers(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return for each buyer the sum over its active links of coefficient times the supplier's value, (N,)."""
        if values.dtype == np.float32 and values.ndim == 1 and (flows := kernel("flows", self.rows)) is not None:
            total = np.empty(self.rows, np.float32)
            in_parts(flows.pull, self.rows, self.unsigned.pointer, self.unsigned.supplier, self.weight, values, total)
            return total
        product: NDArray[Any] = self._by_buyer @ values
        return product

    def from_marked(self, marks: NDArray[np.bool_]) -> Floats:
        """Return for each buyer the sum of its active coefficients from marked suppliers, (N,); `marks` is (N,)."""
        if (flows := kernel("flows", self.rows)) is None:
            return self.from_suppliers(marks.astype(np.float32))
        total, links = np.empty(self.rows, np.float32), self.unsigned
        in_parts(flows.pull_marked, self.rows, links.pointer, links.supplier, self.weight, marks, total)
        return total

    def from_buyers(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return for each supplier the sum over its active links of coefficient times the buyer's value, (N,)."""
        product: NDArray[Any] = self._by_supplier @ values
        return product

    def to_groups(self, values: Floats) -> Floats:
        """Return for each input group the sum of coefficient times the supplier's value, (G,)."""
        product: Floats = self._by_group @ values
        return product

    def from_groups(self, orders: Floats) -> Floats:
        """Return for each supplier the sum over its active links of coefficient times the group's value, (N,)."""
        product: Floats = self._to_supplier @ orders
        return product

    def sum_groups(self, values: Floats) -> Floats:
        """Return the sum of a value a group, (G,), over each firm's groups, (N,)."""
        matrix = self._by_firm
        matrix.data = values
        summed: Floats = matrix @ np.ones(1, np.float32)
        return summed

    def least_essential(self, values: Floats, most: float) -> Floats:
        """Return the least of `most` and of a value a group, (G,), over each firm's essential groups, (N,)."""
        least = np.full(self.rows, most, np.float32)
        values = values.take(self.essential)
        short = np.flatnonzero(values < np.float32(most))
        if len(short):
            firms = np.searchsorted(self.firm_essentials, short, side="right") - 1
            first = np.flatnonzero(np.diff(firms, prepend=-1))
            least[firms[first]] = np.minimum.reduceat(values[short], first)
        return least

    def unweighted(self) -> Network:
        """Return a view of the same links in which every active one has weight 1."""
        return self.weighted((self.weight > 0).astype(np.float32))

    def weighted(self, weight: Floats) -> Network:
        """Return a view of the same links with other weights, (L,); 0 leaves a link out."""
        view = copy.copy(self)
        view.weight = weight
        return view

    def within(self, group: NDArray[Any]) -> Network:
        """Return a view of the same links in which only those between firms of the same group have weight."""
        inner = copy.copy(self)
        buyer = np.repeat(np.arange(self.rows, dtype=np.int32), np.diff(self.pointer))
        inner.weight = self.weight * (group[buyer] == group[self.supplier])
        return inner

    def missing_linear(self, level: Floats, most: float) -> Floats:
        """Return each firm's sum over its non-essential groups of required × max(most − level, 0), (N,)."""
        missing = np.float32(most) - level
        np.maximum(missing, 0, out=missing)
        summed: Floats = self._by_linear @ missing
        return summed

    def input_share(self) -> Floats:
        """Return the active domestic inputs of each firm per unit of its output, (N,)."""
        if (flows := kernel("flows", self.rows)) is not None:
            total = np.empty(self.rows, np.float32)
            in_parts(flows.add_weights, self.rows, self.unsigned.pointer, self.weight, total)
            return total
        return self.from_suppliers(np.ones(self.rows, np.float32)).astype(np.float32, copy=False)

    def buyers_of(self, links: NDArray[Any]) -> NDArray[np.int64]:
        """Return the buyers' rows of the given links."""
        return owners(self.pointer, links, self.rows)

    def links_to(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the links, active or not, to the given suppliers."""
        marked = np.zeros(self.rows, np.bool_)
        marked[rows] = True
        if (flows := kernel("flows", self.rows)) is not None:
            return flows.links_to(marked, self.unsigned.supplier)
        return np.flatnonzero(marked[self.supplier])

    def links_of(self, rows: NDArray[Any]) -> NDArray[np.int64]:
        """Return the links of the given buyers, in their order."""
        return entries(self.pointer, rows)

    def groups_of(self, rows: NDArray[Any]) -> NDArray[np.int64]:
        """Return the input groups of the given buyers, in their order."""
        return entries(self.firm_groups, rows)

    @property
    def coefficient(self) -> Floats:
        """Input value per unit of the buyer's output over each link, active or not, (L,); put together anew."""
        whole = self.weight.copy()
        whole[self.idle.links] = self.idle.carried
        return whole

    def carried(self, links: NDArray[Any]) -> Floats:
        """Return the coefficients of some links, active or not."""
        coefficient = self.weight[links]
        at, idle = self._places(links)
        coefficient[idle] = self.idle.carried[at]
        return coefficient

    def _places(self, links: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the places among the idle links of those links that are idle, and where they stand in `links`."""
        known = self.idle.links
        at = np.searchsorted(known, links)
        here = np.flatnonzero(known.take(at, mode="clip") == links) if len(known) else at[:0]
        return at[here], here

    def _described(self, links: NDArray[np.int64]) -> Idle:
        """Return rising links that are about to be idle."""
        return Idle(links, self.weight[links], owners(self.group_pointer, links, self.rows))

    def searching(self) -> NDArray[np.integer[Any]]:
        """Return the buyers of the idle links."""
        return self.walk[1][self.idle.groups]

    def connect(self, links: NDArray[Any], suppliers: NDArray[Any] | None, month: int) -> None:
        """Make links active, with new suppliers or (None) with those that they had."""
        if suppliers is not None:
            self.supplier[links] = suppliers
        self.since[links] = month
        if (kernels := kernel("idle", self.rows)) is not None:
            self.idle = Idle(*kernels.connect(links, self.weight, tuple(self.idle)))
            return
        at, idle = self._places(links)
        carried = self.idle.carried[at]
        self.weight[links[idle]] = carried
        still = np.ones(len(self.idle.links), np.bool_)
        still[at] = carried == 0  # links that carry nothing count as idle
        self.idle = self.idle.those(still)

    def disconnect(self, links: NDArray[Any]) -> None:
        """Make links inactive."""
        if (kernels := kernel("idle", self.rows)) is not None:
            idle = tuple(self.idle)
            self.idle = Idle(*kernels.disconnect(np.sort(links), self.weight, idle, self.group_pointer))
            return
        links = np.sort(links[self.weight[links] > 0])
        first = np.ones(len(links), np.bool_)
        first[1:] = links[1:] != links[:-1]  # each once
        links = links[first]
        both = self.idle.followed_by(self._described(links))
        self.idle = both.those(np.argsort(both.links, kind="stable"))  # two rising parts: merged in one pass
        self.weight[links] = 0

    def suppliers(self, row: int) -> NDArray[np.int32]:
        """Return the active suppliers of one firm."""
        links = slice(self.pointer[row], self.pointer[row + 1])
        return self.supplier[links][self.weight[links] > 0]

    def buyers(self, row: int) -> NDArray[np.int64]:
        """Return the active buyers of one firm (a scan of the links: for views, not for the monthly cycle)."""
        return self.buyers_of(np.flatnonzero((self.supplier == row) & (self.weight > 0)))

    @property
    def nbytes(self) -> int:
        """Bytes held, marks for walks included once there are any."""
        held = [*self.__dict__.values(), *self.idle, *self.__dict__.get("walk", ())]
        return sum(value.nbytes for value in held if isinstance(value, np.ndarray))


class Pool:
    """Draws firms of a sector, within a jurisdiction, with probability proportional to initial revenue."""

    def __init__(
        self, sector: NDArray[np.uint8], size: Floats, spans: tuple[tuple[int, int], ...], sectors: int
    ) -> None:
        jurisdiction = np.repeat(np.arange(len(spans)), [stop - start for start, stop in spans])
        self._sectors = sectors
        self._starts = np.array([start for start, _ in spans])
        market = jurisdiction * sectors + sector
        self._order = np.argsort(market, kind="stable").astype(np.int32)
        self._sum = np.concatenate([[0.0], np.cumsum(size[self._order], dtype=np.float64)])
        self._bounds = np.concatenate([[0], np.cumsum(np.bincount(market, minlength=len(spans) * sectors))])

    @property
    def tables(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], int]:
        """Return for compiled code: firms by market, the sums of sizes before each, where markets begin, sectors."""
        return self._order, self._sum, self._bounds, self._sectors

    def draw(self, sector: NDArray[Any], near: NDArray[Any], uniform: Floats) -> NDArray[np.int64]:
        """Return one firm for each uniform: of the given sector, in the jurisdiction of the firm `near`."""
        market = self._market(sector, near)
        low, high = self._sum[self._bounds[market]], self._sum[self._bounds[market + 1]]
        at = np.searchsorted(self._sum, low + uniform * (high - low), side="right") - 1
        at = np.clip(at, self._bounds[market], self._bounds[market + 1] - 1)
        return self._order[at].astype(np.int64)

    def pick(self, sector: NDArray[Any], near: NDArray[Any], uniform: Floats) -> NDArray[np.int64]:
        """Return the same, but each firm of the sector with the same probability, whatever its size."""
        market = self._market(sector, near)
        low, high = self._bounds[market], self._bounds[market + 1]
        return self._order[low + (uniform * (high - low)).astype(np.int64)].astype(np.int64)

    def _market(self, sector: NDArray[Any], near: NDArray[Any]) -> NDArray[np.int64]:
        market: NDArray[np.int64] = (np.searchsorted(self._starts, near, side="right") - 1) * self._sectors + sector
        return market


def pointers(sorted_rows: NDArray[Any], rows: int) -> NDArray[np.int32]:
    """Return where each row's entries begin in a sorted index, shape (rows + 1,), int32."""
    counts = np.bincount(sorted_rows, minlength=rows)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def entries(pointer: NDArray[np.int32], rows: NDArray[Any]) -> NDArray[np.int64]:
    """Return the positions of the entries of the given rows, row after row."""
    if (flows := kernel("flows", len(pointer))) is not None:
        return flows.entries(pointer, rows)
    first = pointer[rows]
    counts = pointer[1:][rows] - first
    stops = counts.cumsum()
    return (first - stops + counts).repeat(counts) + np.arange(counts.sum())


def owners(pointer: NDArray[np.int32], links: NDArray[Any], firms: int) -> NDArray[np.int64]:
    """Return to which row of a pointer each link belongs; `firms` is their number, whatever the rows are."""
    if (flows := kernel("flows", firms)) is not None:
        return flows.owners(pointer, links)
    few = links.astype(pointer.dtype, copy=False)  # else it is the pointer that would be converted
    return np.searchsorted(pointer, few, side="right") - 1
