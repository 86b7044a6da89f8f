"""The state of a simulated economy: firms, links, regulators and records as arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from creditregime.abroad import Abroad
from creditregime.codes import Lever, Origin, Payer
from creditregime.network import Network, Pool
from creditregime.population.economy import Economy
from creditregime.randomness import Streams
from creditregime.tables import Log, Table, column

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Months = NDArray[np.int16]
Rows = NDArray[np.int64]

NEVER = -(2**15)
"""Month of something that has not happened."""


@dataclasses.dataclass(eq=False)
class Firms(Table):
    """One row a registered company; an entrant takes over the row of a firm that left."""

    # Who the firm is
    active: NDArray[np.bool_] = column(bool, "-", "in business", fill=1)
    born: Months = column(np.int16, "month", "month of registration (NEVER for firms older than the run)", fill=NEVER)
    sector: Bytes = column(np.uint8, "index", "sector")
    region: Bytes = column(np.uint8, "index", "region")
    ownership: Bytes = column(np.uint8, "index", "state, private or foreign")
    overseas: NDArray[np.bool_] = column(bool, "-", "outside the jurisdiction")
    group: NDArray[np.int32] = column(np.int32, "row", "the group's parent; the own row where there is none")
    person: NDArray[np.int32] = column(np.int32, "index", "responsible person")
    size: Floats = column(np.float32, "money/month", "initial revenue")
    final_demand: Floats = column(np.float32, "money/month", "initial sales to households, state and rest of the world")
    public_demand: Floats = column(np.float32, "money/month", "initial sales to the state")
    foreign_demand: Floats = column(np.float32, "money/month", "initial sales to the rest of the world")
    imports: Floats = column(np.float32, "share", "imported inputs per unit of output")
    domestic_inputs: Floats = column(np.float32, "share", "domestic inputs per unit of output at the start")
    hazard: Floats = column(np.float32, "1/month", "violation probability at zero effort", per=("topic",))
    cost_factor: Floats = column(np.float32, "-", "compliance cost relative to the topic's", fill=1)
    intrinsic: Floats = column(np.float32, "share", "effort at the private optimum without enforcement")
    discount: Floats = column(np.float32, "1/year", "rate at which the firm discounts later losses")
    caution: Floats = column(np.float32, "-", "factor on expected penalties: above 1 shy of risk", fill=1)
    connected: NDArray[np.bool_] = column(bool, "-", "politically connected")
    # What it believes and does
    aware: Floats = column(np.float32, "share", "how far the firm takes the regime's consequences into account", fill=1)
    belief: Floats = column(
        np.float32, "probability", "perceived probability that a violation is caught", per=("topic",)
    )
    effort: Floats = column(np.float32, "share", "compliance effort", per=("topic",))
    violation: Bytes = column(np.uint8, "severity", "violation of this month, 0 none", per=("topic",))
    misreported: Months = column(
        np.int16, "month", "month of the newest false report not found out", per=("report",), fill=NEVER
    )
    # What the state saw of it
    complaint: NDArray[np.bool_] = column(bool, "-", "a complaint was made this month", per=("topic",))
    inspected: NDArray[np.bool_] = column(bool, "-", "inspected this month", per=("topic",))
    found: Bytes = column(np.uint8, "origin", "how a violation was found this month, 0 not", per=("topic",))
    live: Bytes = column(np.uint8, "records", "visible, unexpired, unrepaired records", per=("severity", "topic"))
    last_record: Months = column(np.int16, "month", "month of the newest record", fill=NEVER)
    history: Floats = column(np.float32, "records", "records so far, old ones weighing less", per=("forecast",))
    # How it is rated
    rated: NDArray[np.bool_] = column(bool, "-", "covered by the rating", fill=1)
    score: Floats = column(np.float32, "points", "score in each file, association included", per=("file",))
    own_score: Floats = column(np.float32, "points", "score in each file without association", per=("file",))
    own_grade: Bytes = column(np.uint8, "grade", "grade without association, 0 lowest", per=("file",))
    grade: Bytes = column(np.uint8, "grade", "grade in each file, 0 lowest", per=("file",))
    memory: Floats = column(np.float32, "points", "score that fades, before bias and noise (decay)", per=("memory",))
    newest_record: Months = column(
        np.int16, "month", "newest record in each file (where clean years count by file)", per=("clean",), fill=NEVER
    )
    held_until: Months = column(
        np.int16, "month", "lowest grade held until then (where it is held)", per=("hold",), fill=NEVER
    )
    associated_until: Months = column(np.int16, "month", "graded lowest until then through its person", fill=NEVER)
    workforce: Floats = column(np.float32, "points", "shortfall of the workers' mean score (staff channel)")
    listing: Bytes = column(np.uint8, "standing", "on the list: 0 no, 1 own act, 2 by association", per=("list",))
    listed_since: Months = column(np.int16, "month", "month of entry to the list", per=("list",), fill=NEVER)
    delisted: Months = column(np.int16, "month", "month in which it last left a blacklist", fill=NEVER)
    # What is done to it
    levers: Floats = column(np.float32, "lever's own", "sum of the measures in force", per=("lever",))
    sanction_cost: Floats = column(np.float32, "share", "cost of measures for own acts, per unit of revenue")
    associated_cost: Floats = column(np.float32, "share", "cost of measures through association, per unit of revenue")
    fines: Floats = column(np.float32, "money", "fines of this month")
    # How it trades
    demand: Floats = column(np.float32, "level", "orders received relative to the start", fill=1)
    supply: Floats = column(
        np.float32, "level", "goods that it can deliver, relative to orders (or to the start)", fill=1
    )
    inputs: Floats = column(np.float32, "level", "production that the inputs received allow", fill=1)
    output: Floats = column(np.float32, "level", "production relative to the start", fill=1)
    # What it owns
    staff: Floats = column(np.float32, "level", "workforce relative to the start", fill=1)
    equity: Floats = column(np.float32, "money", "assets less debt")
    debt: Floats = column(np.float32, "money", "working-capital debt")
    profit: Floats = column(np.float32, "money/month", "profit of this month after tax")
    profit_trend: Floats = column(np.float32, "share", "smoothed profit per unit of initial revenue")
    distress: Floats = column(np.float32, "share", "financial-credit file: smoothed time with little equity")
    funded: Floats = column(
        np.float32, "level", "output that loans and own funds finance", per=("financed",), fill=np.inf
    )
    taxes: Floats = column(np.float32, "money", "tax paid this year, last year, the year before", per=("tax_year",))
    costs: Floats = column(np.float32, "money", "one-off costs of this month: repair, switching")
    loss_own: Floats = column(np.float32, "share", "smoothed cost of sanctions for own acts")
    loss_associated: Floats = column(np.float32, "share", "smoothed cost of sanctions through association")
    loss_suppliers: Floats = column(np.float32, "share", "smoothed output lost for want of inputs")
    loss_buyers: Floats = column(np.float32, "share", "smoothed output lost for want of orders")
    regulatory_cost: Floats = column(
        np.float32, "share", "smoothed cost of fines, measures, compliance and data burden (where firms can relocate)"
    )


@dataclasses.dataclass(eq=False)
class Regulators(Table):
    """One row an agency: a topic, nationally or in one region."""

    topic: Bytes = column(np.uint8, "index", "topic")
    region: Months = column(np.int16, "index", "region, -1 national", fill=-1)
    member: NDArray[np.bool_] = column(bool, "-", "member of the joint-punishment memorandum")
    inspections: NDArray[np.int64] = column(np.int64, "firms", "inspections so far")
    detections: NDArray[np.int64] = column(np.int64, "records", "true findings so far")
    false_findings: NDArray[np.int64] = column(np.int64, "records", "findings of what was not there so far")
    struck_off: NDArray[np.int64] = column(np.int64, "records", "records struck off after an objection so far")
    audited: Floats = column(
        np.float32, "records", "records audited of late, older ones fading out over a year", per=("jurisdiction",)
    )
    overturned: Floats = column(np.float32, "records", "of them, those that were false", per=("jurisdiction",))
    error: Floats = column(
        np.float32, "-", "factor on the chance of finding what is not there", per=("jurisdiction",), fill=1
    )
    tardiness: Floats = column(
        np.float32, "-", "factor on the processing time of applications for repair", per=("jurisdiction",), fill=1
    )


@dataclasses.dataclass(eq=False)
class Records(Table):
    """The registry's master table, append-only."""

    month: Months = column(np.int16, "month", "month of the finding")
    firm: NDArray[np.int32] = column(np.int32, "row", "firm")
    topic: Bytes = column(np.uint8, "index", "topic")
    regulator: NDArray[np.int16] = column(np.int16, "row", "agency that made the record")
    region: Bytes = column(np.uint8, "index", "region of the firm")
    severity: Bytes = column(np.uint8, "severity", "1 minor, 2 general, 3 serious")
    origin: Bytes = column(np.uint8, "origin", "how it was found")
    true: NDArray[np.bool_] = column(bool, "-", "whether what it states happened")
    points: Floats = column(np.float32, "points", "deduction in the rating, 0 without one")
    entry: Months = column(np.int16, "month", "first month in which raters see it")
    expiry: Months = column(np.int16, "month", "first month in which it no longer counts", fill=2**15 - 1)
    repaired: Months = column(np.int16, "month", "month of repair, -1 not", fill=-1)
    withdrawn: Months = column(
        np.int16, "month", "month in which it was struck off, or left behind by a move, -1 not", fill=-1
    )
    corrected: Months = column(np.int16, "days", "days from finding to correction, -1 not followed", fill=-1)


@dataclasses.dataclass(eq=False)
class Events(Table):
    """What happened to whom: the material of a firm's story."""

    month: Months = column(np.int16, "month", "month")
    firm: NDArray[np.int32] = column(np.int32, "row", "firm")
    kind: Bytes = column(np.uint8, "event", "see codes.Event")
    detail: NDArray[np.int16] = column(np.int16, "index", "first detail")
    other: NDArray[np.int32] = column(np.int32, "index", "second detail")


@dataclasses.dataclass(eq=False)
class Findings:
    """What was found this month, one entry a finding, in the order of topics and rows."""

    firm: Rows
    topic: Bytes
    severity: Bytes
    origin: Bytes
    true: NDArray[np.bool_]

    @classmethod
    def none(cls) -> Findings:
        """Return no findings."""
        empty = np.empty(0, np.uint8)
        return cls(np.empty(0, np.int64), empty, empty, empty, np.empty(0, np.bool_))

    def those(self, which: NDArray[Any]) -> Findings:
        """Return some of the findings: by a flag each, or in an order of positions."""
        return Findings(self.firm[which], self.topic[which], self.severity[which], self.origin[which], self.true[which])


class Margins(NamedTuple):
    """Averages of each initial jurisdiction, (J,) shares of revenue, with which firms price consequences."""

    contribution: NDArray[np.float64]
    profit: NDArray[np.float64]
    debt: NDArray[np.float64]
    equity: NDArray[np.float64]


@dataclasses.dataclass(eq=False)
class Law:
    """What the rules, taken together, say: written once by their `prepare` methods, read by every stage.

    Attributes
    ----------
    shares : (K, 3)
        Shares of minor, general and serious violations.
    fine : (K, 3)
        Fine by severity, months of own revenue.
    cost, harm : (K,)
        Cost of full compliance (share of revenue); harm of a violation (money).
    terms : (3,)
        Months for which a record of each severity counts.
    grades : tuple of str
        Names of the grades, lowest first.
    grade_cost : (J, R, G)
        What holding a grade costs a firm, share of revenue a month, negative for a reward.
    list_cost : (J, lists)
        What standing on a list costs, share of revenue a month, expected joint punishment included.
    points : (K, 3)
        Points deducted for a record of each severity.
    rules : (K,)
        Number of specific rules of each topic.
    recorded : (K,) bool
        Whether findings of the topic may be recorded.
    withheld : (K,) bool
        Whether the topic's records are kept out of the file that the agencies share.
    readers : (K,)
        Number of agencies that can read a record of the topic.
    discovery : (K,)
        Probability that a false report on the topic is ever found out.
    fine_by_origin : (origins,)
        Factor on the fine for what came to light in each way.
    worth : (J, levers)
        What one unit of each lever costs the average firm, share of revenue a month.
    partial : bool
        Whether some firms go unrated (`Firms.rated`).
    margins
        The economy's initial averages, written by the finance rule.
    lists, measures : tuple of str
        Names of the lists and measures, in the order of their numbers.
    delay : int
        Months from a finding to its entry.
    delays, lives : tuple of int
        Months from a finding to the record's entry, and to its expiry, that were the law at any time so far.
    regional : bool
        Whether records are seen only in the region where they were made.
    cover : float
        Share of an inspection's sensitivity that a false report takes away.
    leniency : int
        Steps of severity by which what a firm reports itself is recorded more lightly.
    black : tuple of bool
        Which lists are blacklists.
    blacklists_of : tuple of tuple of int
        Numbers of the blacklists that each topic's records can lead to.
    listed_months : (lists,)
        Months that firms expect to stay on each list.
    counted_months : (3,)
        Months for which firms expect a record of each severity to count.
    fine_by_grade : (G,) or None
        Factor on fines by the grade in the topic's file; None where fines do not depend on it.
    """

    shares: Floats
    fine: Floats
    cost: Floats
    harm: Floats
    terms: Floats
    grades: tuple[str, ...]
    grade_cost: Floats
    list_cost: Floats
    points: Floats
    recorded: NDArray[np.bool_]
    withheld: NDArray[np.bool_]
    readers: Floats
    rules: Floats
    discovery: Floats
    fine_by_origin: Floats
    worth: Floats
    margins: Margins
    listed_months: Floats
    counted_months: Floats
    lists: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    delay: int = 0
    delays: tuple[int, ...] = ()
    lives: tuple[int, ...] = ()
    regional: bool = False
    cover: float = 0.0
    leniency: int = 0
    partial: bool = False
    black: tuple[bool, ...] = ()
    blacklists_of: tuple[tuple[int, ...], ...] = ()
    fine_by_grade: Floats | None = None

    @classmethod
    def blank(cls, topics: int, files: int, grades: tuple[str, ...], lists: tuple[str, ...], jurisdictions: int) -> Law:
        """Return a law that demands and threatens nothing."""
        by_topic, by_severity = np.zeros(topics, np.float32), np.zeros((topics, 3), np.float32)
        return cls(
            shares=by_severity,
            fine=by_severity.copy(),
            cost=by_topic,
            harm=by_topic.copy(),
            terms=np.zeros(3, np.float32),
            grades=grades,
            grade_cost=np.zeros((jurisdictions, files, len(grades)), np.float32),
            list_cost=np.zeros((jurisdictions, len(lists)), np.float32),
            points=by_severity.copy(),
            recorded=np.ones(topics, np.bool_),
            withheld=np.zeros(topics, np.bool_),
            readers=np.ones(topics, np.float32),
            rules=np.ones(topics, np.float32),
            discovery=by_topic.copy(),
            fine_by_origin=np.ones(len(Origin), np.float32),
            worth=np.zeros((jurisdictions, len(Lever)), np.float32),
            margins=Margins(*np.zeros((4, jurisdictions))),
            listed_months=np.zeros(len(lists), np.float32),
            counted_months=np.zeros(3, np.float32),
            lists=lists,
            blacklists_of=((),) * topics,
        )


class Ledger:
    """Money that moved between the five sectors this month, by jurisdiction: ``flows[j, payer, payee]``."""

    def __init__(self, jurisdictions: int) -> None:
        self.flows = np.zeros((jurisdictions, len(Payer), len(Payer)))

    def pay(self, payer: Payer, payee: Payer, amount: NDArray[np.float64]) -> None:
        """Book an amount a jurisdiction, shape (J,); a negative amount flows the other way."""
        self.flows[:, payer, payee] += amount

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

    Attributes
    ----------
    published : (J, K)
        Detection rate of each topic that the state publishes.
    months_to_grade : (J,)
        Mean months from the finding of a record to the evaluation that saw it first.
    cutoffs : (J, R, G - 1, 2)
        Relative ratings: the lowest score of each grade but the lowest, and its lot among equal scores.
    """

    def __init__(
        self,
        economy: Economy,
        seeds: Sequence[int],
        topics: Sequence[str],
        law: Law,
        dimensions: Mapping[str, int],
    ) -> None:
        self.economy = economy
        self.law = law
        self.laws = [(0, law)]
        self.topics = tuple(topics)
        self.month = 0
        sizes = {"topic": len(self.topics), "severity": 3, "jurisdiction": len(economy.starts)}
        sizes |= {"financed": 0, "tax_year": 0, **dimensions}
        self.firms = Firms.allocate(len(economy.sector), sizes)
        self.regulators = Regulators.allocate(dimensions["regulator"], sizes)
        self.records = Log(Records)
        self.events = Log(Events)
        self.findings = Findings.none()
        self.entered: tuple[Bytes, NDArray[np.int32]] = (np.empty(0, np.uint8), np.empty(0, np.int32))
        self.network = Network(economy)
        stops = [*economy.starts[1:], len(economy.sector)]
        self.starts = np.asarray(economy.starts, np.int64)
        self.spans = tuple(zip(economy.starts, stops, strict=True))
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
        self._market: NDArray[np.intp] | None = None
        self._pool: Pool | None = None
        self.points_back: tuple[Bytes, NDArray[np.int32], Floats] | None = None  # by topic and firm, for corrections
        self.in_force: dict[int, Rows] = {}
        self.view: Callable[[int], Any] | None = None
        self.tainted = np.full(len(economy.sector), NEVER, np.int16)
        self.pilots: tuple[str, ...] = ()  # in the order of their numbers in `territory`
        self.pilots_so_far: tuple[str, ...] = ()
        self.territory = np.zeros((len(self.spans), len(economy.regions)), np.uint8)  # pilot by region, 0 national
        self.observed = np.zeros((2, *self.territory.shape))  # smoothed inspections, and those that found something
        self.emigrants: Rows = np.empty(0, np.int64)
        self.persons = int(economy.person.max()) + 1
        for name in ("sector", "region", "ownership", "group", "person", "size", "final_demand", "imports", "overseas"):
            getattr(self.firms, name)[:] = getattr(economy, name)
        sector, final = economy.sector, economy.final_demand
        self.firms.public_demand[:] = economy.procurement_share[sector] * final
        self.firms.foreign_demand[:] = economy.export_share[sector] * final
        self.firms.domestic_inputs[:] = self.network.input_share()

    @property
    def rows(self) -> int:
        """Number of rows N, constant through a run."""
        return len(self.firms.active)

    def total(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return the sum of a column over the rows of each jurisdiction, shape (J,), float64."""
        sums: NDArray[np.float64] = np.add.reduceat(values, self.starts, dtype=np.float64)
        return sums

    def number(self, flags: NDArray[Any]) -> NDArray[np.float64]:
        """Return how many entries of a column are not zero in each jurisdiction, shape (J,)."""
        return np.array([float(np.count_nonzero(flags[start:stop])) for start, stop in self.spans])

    def places(self, rows: NDArray[Any]) -> NDArray[np.int64]:
        """Return the jurisdictions of some rows."""
        if len(self.spans) == 1:
            return np.zeros(len(rows), np.int64)
        return np.searchsorted(self.starts, rows, side="right") - 1

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return a value a jurisdiction as a value a row; a scalar view where there is one jurisdiction."""
        if len(self.spans) == 1:
            return values
        return np.repeat(values, [stop - start for start, stop in self.spans])

    def market(self) -> NDArray[np.intp]:
        """Return each firm's market, its sector within its jurisdiction, (N,)."""
        if self._market is None:
            self._market = self.places(np.arange(self.rows)) * len(self.economy.sectors) + self.firms.sector
        return self._market

    def by_market(self, values: NDArray[Any], rows: NDArray[Any] | None = None) -> NDArray[np.float64]:
        """Return the sums of a value a row (or of some rows) over the markets, (J × S,)."""
        where = self.market() if rows is None else self.market()[rows]
        return np.bincount(where, values, len(self.spans) * len(self.economy.sectors)).astype(np.float64, copy=False)

    def pool(self) -> Pool:
        """Return the firms of each sector and jurisdiction, to be met by a searching buyer."""
        if self._pool is None:
            self._pool = Pool(self.firms.sector, self.firms.size, self.spans, len(self.economy.sectors))
        return self._pool

    def domestic(self) -> NDArray[np.bool_]:
        """Return who is in business within the jurisdiction, (N,); not to be written to."""
        return self.firms.active if self.abroad is None else self.firms.active & ~self.firms.overseas

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

    def pay(self, payer: Payer, payee: Payer, amount: NDArray[Any]) -> None:
        """Book what each firm pays or is paid, (N,); overseas, its households, state and banks are those abroad."""
        self.ledger.pay(payer, payee, self.total(amount))
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

    def count(self, name: str, rows: NDArray[Any], values: NDArray[Any] | None = None) -> None:
        """Add the rows (or their values) to a tally of this month, by jurisdiction."""
        counts = np.bincount(self.places(rows), values, minlength=len(self.spans)).astype(np.float64)
        self.tally[name] = self.tally.get(name, 0.0) + counts

    def grade_in(self, k: int) -> Bytes:
        """Return each firm's grade in the file that topic `k`'s regulator reads, (N,)."""
        grade = self.firms.grade
        held: Bytes = grade[k if len(grade) > 1 else 0]
        return held

    def per_row(self, values: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
        """Return for some rows the value of their jurisdiction, from a value a jurisdiction (J,)."""
        return values[self.places(rows)]

    def looked_up(self, table: NDArray[Any], codes: NDArray[Any]) -> NDArray[Any]:
        """Return for every row the entry of its jurisdiction's table, (J, codes), at its code, (N,)."""
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
        self.in_force = {}
        self.law = law
        self.cutoffs = self._no_cutoffs(dimensions["file"])
        self.laws.append((self.month, law))

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
