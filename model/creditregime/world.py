"""The world: the state of a simulated economy in one place, and what rules ask of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from creditregime.abroad import Abroad
from creditregime.acceleration import kernel
from creditregime.codes import Payer
from creditregime.law import Law
from creditregime.network import Network, Pool
from creditregime.population.economy import Economy
from creditregime.randomness import Streams
from creditregime.state import NEVER, Bytes, Events, Findings, Firms, Floats, Records, Regulators, Rows
from creditregime.tables import Journal, Log

V = TypeVar("V")
MOVING = ("region", "group", "person")
"""Columns that the economy and its firms share at the start only."""
LONG_SPAN = 1 << 16
"""Rows of a jurisdiction from which its sums are taken alone: `reduceat` converts a whole column first."""


class Ledger:
    """Money that moved between the five sectors this month, by jurisdiction: ``flows[j, payer, payee]``."""

    def __init__(self, jurisdictions: int) -> None:
        self.flows = np.zeros((jurisdictions, len(Payer), len(Payer)))

    def pay(self, payer: Payer, payee: Payer, amount: NDArray[np.float64]) -> None:
        """Book an amount a jurisdiction, shape (J,); a negative amount flows the other way."""
        flow = self.flows[:, payer, payee]
        flow += amount

    def net(self) -> NDArray[np.float64]:
        """Return what each sector received less what it paid, shape (J, 5)."""
        received: NDArray[np.float64] = self.flows.sum(axis=1) - self.flows.sum(axis=2)
        return received


class World:
    """Everything that is, in one place; rules act on it and keep no state of their own.

    Parameters
    ----------
    economy
        Who exists; may hold several disjoint jurisdictions.
    seeds
        One seed a jurisdiction.
    topics
        Names of the topics.
    law
        What the rules say; filled by their `prepare` methods.
    dimensions
        Number of rating ``file``s, ``list``s, ``lever``s and ``regulator``s that the regime needs; of topics on which
        firms can ``report`` falsely, of ``forecast``s of their risk; and the lengths of the columns that only some
        ratings use.
    own
        Whether nobody else uses the economy: its arrays are then taken over, not copied.

    Attributes
    ----------
    rows : int
        Number of rows N, constant through a run.
    starts : (J,) int64
        First row of each jurisdiction.
    published : (J, K) float32
        Detection rate of each topic that the state publishes.
    harm_at_start : (J,) float64
        Harm a month that firms at the effort of their private optimum would do: what trust is measured by.
    trust : (J,) float64
        Households' trust in firms, 1 at the start.
    months_to_grade : (J,) float64
        Mean months from the finding of a record to the evaluation that saw it first.
    cutoffs : (J, R, G - 1, 2) float64
        Relative ratings: the lowest score of each grade but the lowest, and its lot among equal scores.
    territory : (J, regions) uint8
        Number of the pilot under whose rules a region is, 0 for the national ones.
    observed : (2, J, regions) float64
        Inspections by region, and those that found something, smoothed over a year (where a pilot's success counts).
    tainted : (persons,) int16
        Month in which a firm of the responsible person was last blacklisted (NEVER for none).
    persons, first_persons : int
        Numbers of responsible persons given out so far, and at the start.
    emigrants : (n,) int64
        Rows of the firms that leave the country this month.
    """

    def __init__(
        self,
        economy: Economy,
        seeds: Sequence[int],
        topics: Sequence[str],
        law: Law,
        dimensions: Mapping[str, int],
        *,
        own: bool = False,
    ) -> None:
        self.economy = economy
        self.network = Network(economy, own=own)  # before the firms: building it takes room
        self.law = law
        self.laws = [(0, law)]
        self.topics = tuple(topics)
        self.month = 0
        self.rows = len(economy.sector)
        sizes = {"topic": len(self.topics), "severity": 3, "jurisdiction": len(economy.starts)}
        sizes |= {"financed": 0, "tax_year": 0, **dimensions}
        self.firms = Firms.allocate(len(economy.sector), sizes)
        self.regulators = Regulators.allocate(dimensions["regulator"], sizes)
        self.records = Log(Records)
        self.events = Journal(Events)
        self.findings = Findings.none()
        self.entered: tuple[Bytes, NDArray[np.int32]] = (np.empty(0, np.uint8), np.empty(0, np.int32))
        stops = [*economy.starts[1:], len(economy.sector)]
        self.starts = np.asarray(economy.starts, np.int64)
        self.spans = tuple(zip(economy.starts, stops, strict=True))
        self._sizes = np.diff([*economy.starts, len(economy.sector)])
        self._longest = int(self._sizes.max())
        self._place = np.repeat(np.arange(len(self.spans)), self._sizes if len(self.spans) > 1 else 0)
        self.draws = Streams([(a, b, seed) for (a, b), seed in zip(self.spans, seeds, strict=True)])
        self.ledger = Ledger(len(self.spans))
        self.tally: dict[str, Any] = {}
        self.memo: dict[Any, Any] = {}
        self.reporting_since = -1
        self.published = np.zeros((len(self.spans), len(self.topics)), np.float32)
        self.harm_at_start = np.zeros(len(self.spans))
        self.trust = np.ones(len(self.spans))
        self.abroad: Abroad | None = None
        self.months_to_grade = np.zeros(len(self.spans))
        self.cutoffs = self._no_cutoffs(dimensions["file"])
        self._market: NDArray[np.unsignedinteger[Any]] | None = None
        self._once: dict[str, Any] = {}
        self._pool: Pool | None = None
        self.points_back: tuple[Bytes, NDArray[np.int32], Floats] | None = None  # by topic and firm, for corrections
        self.in_force: dict[int, Rows] = {}
        self.ties: dict[str, tuple[Rows, Floats]] = {}  # by purpose: uniforms of links, and the suppliers they are for
        self.view: Callable[[int], Any] | None = None
        self.tainted = np.full(len(economy.sector), NEVER, np.int16)
        self.pilots: tuple[str, ...] = ()  # in the order of their numbers in `territory`
        self.pilots_so_far: tuple[str, ...] = ()
        self.territory = np.zeros((len(self.spans), len(economy.regions)), np.uint8)  # pilot by region, 0 national
        self.observed = np.zeros((2, *self.territory.shape))  # smoothed inspections, and those that found something
        self.emigrants: Rows = np.empty(0, np.int64)
        self.persons = self.first_persons = int(economy.person.max()) + 1
        self._register(economy, own)

    def _register(self, economy: Economy, own: bool) -> None:
        """Write down who the firms are."""
        for name in ("sector", "region", "ownership", "group", "person", "size", "final_demand", "imports", "overseas"):
            kept = own and name not in MOVING
            setattr(self.firms, name, getattr(economy, name) if kept else getattr(economy, name).copy())
        sector, final = economy.sector, economy.final_demand
        self.firms.public_demand[:] = economy.procurement_share[sector] * final
        self.firms.foreign_demand[:] = economy.export_share[sector] * final
        self.firms.domestic_inputs[:] = self.network.input_share()

    def once(self, name: str, compute: Callable[[], V]) -> V:
        """Return what nothing changes in a run, computed when it is first asked for."""
        if name not in self._once:
            self._once[name] = compute()
        found: V = self._once[name]
        return found

    def revenue(self) -> NDArray[np.float64]:
        """Return the sum of all firms' initial revenue, (J,) money a month."""
        return self.once("revenue", lambda: self.total(self.firms.size))

    def total(self, values: NDArray[Any], weight: NDArray[Any] | None = None) -> NDArray[np.float64]:
        """Return the sum of a column (times another one) over the rows of each jurisdiction, shape (J,), float64."""
        if (sums := kernel("sums", self.rows)) is not None and _single(values, weight):
            return sums.totals(values, weight, self.starts, LONG_SPAN)
        if weight is not None:
            values = values * weight
        if self._longest >= LONG_SPAN:
            return np.array([_sum(values[start:stop]) for start, stop in self.spans])
        found: NDArray[np.float64] = np.add.reduceat(values, self.starts, dtype=np.float64)
        return found

    def totals(self, table: NDArray[Any], weight: NDArray[Any] | None = None) -> NDArray[np.float64]:
        """Return the totals of several columns, (K, N), each times the same other one, shape (K, J)."""
        if (sums := kernel("sums", self.rows)) is not None and _single(table, weight):
            return sums.totals_by_row(table, weight, self.starts, LONG_SPAN)
        if self._longest >= LONG_SPAN:
            return np.stack([self.total(values, weight) for values in table])
        table = table if weight is None else table * weight
        found: NDArray[np.float64] = np.add.reduceat(table, self.starts, axis=1, dtype=np.float64)
        return found

    def totals_of(self, columns: Sequence[NDArray[Any]]) -> Sequence[NDArray[np.float64]]:
        """Return the totals of columns that lie apart from each other, (J,) each."""
        if (sums := kernel("sums", self.rows)) is not None and all(map(_alike, columns)):
            return sums.totals_of_each(tuple(columns), self.starts, LONG_SPAN)
        return [self.total(column) for column in columns]

    def number(self, flags: NDArray[Any]) -> NDArray[np.float64]:
        """Return how many entries of a column are not zero in each jurisdiction, shape (J,)."""
        if len(self.spans) == 1:
            return np.array([np.count_nonzero(flags)], np.float64)
        return self.total(flags if flags.dtype == np.bool_ else flags != 0)

    def places(self, rows: NDArray[Any]) -> NDArray[np.int64]:
        """Return the jurisdictions of some rows."""
        if len(self.spans) == 1:
            return np.zeros(len(rows), np.int64)
        return self._place[rows]

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return a value a jurisdiction, (..., J), as a value a row; a scalar view where there is one jurisdiction."""
        if len(self.spans) == 1:
            return values
        return np.repeat(values, self._sizes, axis=-1)

    def market(self) -> NDArray[np.unsignedinteger[Any]]:
        """Return each firm's market, its sector within its jurisdiction, (N,)."""
        if self._market is None:
            narrow = np.uint16 if self.markets <= 2**16 else np.uint32
            market = self.places(np.arange(self.rows)) * len(self.economy.sectors) + self.firms.sector
            self._market = market.astype(narrow)
        return self._market

    @property
    def markets(self) -> int:
        """Number of markets J × S."""
        return len(self.spans) * len(self.economy.sectors)

    def by_market(self, values: NDArray[Any], rows: NDArray[Any] | None = None) -> NDArray[np.float64]:
        """Return the sums of a value a row (or of some rows) over the markets, (J × S,)."""
        where = self.market() if rows is None else self.market()[rows]
        return np.bincount(where, values, self.markets).astype(np.float64, copy=False)

    def pool(self) -> Pool:
        """Return the firms of each sector and jurisdiction, to be met by a searching buyer."""
        if self._pool is None:
            self._pool = Pool(self.firms.sector, self.firms.size, self.spans, len(self.economy.sectors))
        return self._pool

    def domestic(self) -> NDArray[np.bool_]:
        """Return who is in business within the jurisdiction, (N,); not to be written to."""
        return self.firms.active if self.abroad is None else self.firms.active & ~self.firms.overseas

    def nationwide(self) -> NDArray[np.bool_]:
        """Return who is in business within the jurisdiction, also while a stage shows one territory alone, (N,)."""
        everybody: NDArray[np.bool_] = self.memo.get("nationwide", self.domestic())
        return everybody

    def rated(self) -> NDArray[np.bool_]:
        """Return who is in business and within the regime's reach, covered firms overseas included, (N,)."""
        if self.abroad is None:
            return self.firms.active
        rated = self.domestic()
        rated[self.abroad.rows] = self.abroad.covered & self.firms.active[self.abroad.rows]
        return rated

    def within(self, lever: int) -> NDArray[np.bool_]:
        """Return whom a measure on the lever can reach, (N,)."""
        return self.rated() if self.abroad is not None and lever in self.abroad.levers else self.domestic()

    def at_home(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return those of the rows that are within the jurisdiction."""
        return rows if self.abroad is None else rows[~self.firms.overseas[rows]]

    def pay(self, payer: Payer, payee: Payer, amount: NDArray[Any], total: NDArray[np.float64] | None = None) -> None:
        """Book what each firm pays or is paid, (N,); overseas, its households, state and banks are those abroad."""
        self.ledger.pay(payer, payee, self.total(amount) if total is None else total)
        if self.abroad is not None:
            self._move_abroad(payer, payee, self.abroad.rows, amount[self.abroad.rows])

    def pay_rows(self, payer: Payer, payee: Payer, rows: NDArray[Any], amount: NDArray[Any]) -> None:
        """Book payments of some firms only."""
        self.ledger.pay(payer, payee, self._by_place(rows, amount))
        if self.abroad is not None:
            self._move_abroad(payer, payee, rows, amount * self.firms.overseas[rows])

    def _by_place(self, rows: NDArray[Any], amount: NDArray[Any]) -> NDArray[np.float64]:
        return np.bincount(self.places(rows), amount, minlength=len(self.spans)).astype(np.float64)

    def _move_abroad(self, payer: Payer, payee: Payer, rows: NDArray[Any], amount: NDArray[Any]) -> None:
        """Book with the rest of the world what firms overseas pay to, or get from, another sector than firms."""
        total = self._by_place(rows, amount)
        self.ledger.pay(payer, payee, -total)
        if payer == Payer.FIRMS:
            self.ledger.pay(payer, Payer.WORLD, total)
        else:
            self.ledger.pay(Payer.WORLD, payee, total)

    def new_persons(self, rows: NDArray[Any]) -> None:
        """Give the firms responsible persons who never ran one before."""
        self.firms.person[rows] = self.persons + np.arange(len(rows))
        self.persons += len(rows)
        missing = self.persons - len(self.tainted)
        if missing > 0:
            self.tainted = np.append(self.tainted, np.full(missing + self.rows // 8, NEVER, np.int16))

    def offences(self) -> tuple[Rows, Rows]:
        """Return topic and firm of each violation of this month, in the order of topics and rows."""
        if "offences" not in self.memo:
            self.memo["offences"] = marked(self.firms.violation)
        return self.memo["offences"]

    def absent(self, rows: NDArray[Any], held: NDArray[Any]) -> NDArray[np.bool_]:
        """Tell which of some rows are not among others."""
        known = np.zeros(self.rows, np.bool_)
        known[held] = True
        return ~known[rows]

    def count(self, name: str, rows: NDArray[Any], values: NDArray[Any] | None = None) -> None:
        """Add the rows (or their values) to a tally of this month, by jurisdiction."""
        if values is None and len(self.spans) == 1:
            counts = np.array([len(rows)], np.float64)
        else:
            counts = np.bincount(self.places(rows), values, minlength=len(self.spans)).astype(np.float64)
        self.tally[name] = self.tally.get(name, 0.0) + counts

    def count_codes(self, names: Sequence[str], rows: NDArray[Any], codes: NDArray[Any]) -> None:
        """Add each of the rows to the tally of its code, by jurisdiction; `names` are those of codes 0, 1 and so on."""
        places = len(self.spans)
        counts = np.bincount(codes * np.int64(places) + self.places(rows), minlength=len(names) * places)
        for name, count in zip(names, counts.reshape(-1, places).astype(np.float64), strict=True):
            self.tally[name] = self.tally[name] + count if name in self.tally else count

    def grade_in(self, k: int) -> Bytes:
        """Return each firm's grade in the file that topic `k`'s regulator reads, (N,)."""
        grade = self.firms.grade
        held: Bytes = grade[k if len(grade) > 1 else 0]
        return held

    def per_row(self, values: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
        """Return for some rows the value of their jurisdiction, from a value a jurisdiction (J,)."""
        return values[self.places(rows)]

    def looked_up(self, table: NDArray[Any], codes: NDArray[Any]) -> NDArray[Any]:
        """Return for every row the entry of its jurisdiction's table, (J, codes) or one for all, at its code, (N,)."""
        if table.ndim == 1:
            table = np.tile(table, (len(self.spans), 1))
        if (columns := kernel("columns", self.rows)) is not None:
            return columns.look_up(table, self.starts, codes)
        if len(self.spans) == 1:
            found: NDArray[Any] = table[0][codes]
            return found
        return np.concatenate([row[codes[a:b]] for row, (a, b) in zip(table, self.spans, strict=True)])

    def change_law(self, law: Law, dimensions: Mapping[str, int]) -> None:
        """Put a new law in force from this month on; files, lists and regulators take the shape that it needs.

        Lists are known by their names: who stands on a list stays there as long as the law has a list of that name.
        """
        before, firms = self.law, self.firms
        law.margins, law.delays, law.lives = before.margins, before.delays, before.lives
        sizes = {"topic": len(self.topics), "severity": 3, "jurisdiction": len(self.spans), **dimensions}
        for name in ("file", "memory", "clean", "hold"):
            firms.reshape(name, sizes)
        kept = [before.lists.index(name) if name in before.lists else -1 for name in law.lists]
        firms.reshape("list", sizes, kept)
        if len(self.regulators.topic) != dimensions["regulator"]:
            self.regulators = Regulators.allocate(dimensions["regulator"], sizes)
        self.law = law
        self.cutoffs = self._no_cutoffs(dimensions["file"])
        self.laws.append((self.month, law))

    def keep_in_force(self) -> None:
        """Give the measures in force the numbers of the new law; what it no longer has has ended."""
        before = self.laws[-2][1]
        held = {before.measures[number]: rows for number, rows in self.in_force.items() if number >= 0}
        carried = {number: rows for number, rows in self.in_force.items() if number < 0}  # spillover channels
        kept = {number: held[name] for number, name in enumerate(self.law.measures) if name in held}
        self.in_force = carried | kept

    def _no_cutoffs(self, files: int) -> NDArray[np.float64]:
        return np.full((len(self.spans), files, self.law.grade_cost.shape[2] - 1, 2), -np.inf)

    def law_of(self, month: int) -> Law:
        """Return the law that was in force in a month."""
        return next(law for since, law in reversed(self.laws) if since <= month)

    def open_month(self) -> None:
        """Clear what belongs to one month only."""
        firms = self.firms
        firms.fines[:] = 0
        firms.complaint[:] = False
        firms.inspected[:] = False
        firms.found[:] = 0
        self.ledger = Ledger(len(self.spans))
        self.tally, self.memo = {}, {}
        self.emigrants = np.empty(0, np.int64)

    def close_month(self) -> None:
        """End the month: logs are sealed, the clock advances."""
        self.records.close_month()
        self.events.close_month()
        self.month += 1

    def log(self, kind: int, firm: NDArray[Any], detail: Any = 0, other: Any = 0) -> None:
        """Append events of one kind for the given rows."""
        if len(firm):
            self.events.append(len(firm), month=self.month, firm=firm, kind=kind, detail=detail, other=other)


def _single(values: NDArray[Any], weight: NDArray[Any] | None) -> bool:
    """Tell whether compiled code can add the values: in single precision, without gaps, as their weights are."""
    if values.dtype != np.float32 or not values.flags.c_contiguous:
        return False
    return weight is None or (weight.dtype.char in "?f" and weight.flags.c_contiguous)


def _alike(values: NDArray[Any]) -> bool:
    """Tell whether compiled code can take a column for one of several: it is then of the same type as the others."""
    return values.flags.writeable and _single(values, None)


def _sum(values: NDArray[Any]) -> np.float64:
    """Return the sum of a jurisdiction's column, the same whichever others stand beside it."""
    if len(values) >= LONG_SPAN:
        return values.sum(dtype=np.float64)
    short: np.float64 = np.add.reduceat(values, [0], dtype=np.float64)[0]
    return short


def marked(marks: NDArray[Any]) -> tuple[Rows, Rows]:
    """Return topic and row of the entries of a column by topic, (K, N), that are not zero."""
    (place,) = (marks if marks.dtype == np.bool_ else marks != 0).reshape(-1).nonzero()
    topic = place // marks.shape[1]  # with the remainder by `divmod`, it takes several times as long
    return topic, place - topic * marks.shape[1]
