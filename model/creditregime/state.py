"""The tables of a simulated economy: firms, regulators, records and events, one array a column."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditregime.tables import Table, column

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
    finance_cost: Floats = column(
        np.float32, "share", "cost of dear credit and of output without funds, per unit of revenue"
    )
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
    loss_finance: Floats = column(np.float32, "share", "smoothed cost of dear and missing credit, and of unpaid claims")
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
