"""What the rules, taken together, say: written by them, read by every stage."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Lever, Origin
from creditregime.state import Floats

UNRATED = "unrated"
"""Grade of firms in territories without a rating while there is one elsewhere: above all grades, so that no measure
against low grades reaches it."""


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
    settled : dict
        What rules have worked out from this law and need every month; empty while it is written.
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
    settled: dict[Any, Any] = dataclasses.field(default_factory=dict)

    @property
    def best(self) -> int:
        """Number of the best grade that a rating gives, 0 where there is none."""
        return max(len(self.grades) - 1 - (len(self.grades) > 1 and self.grades[-1] == UNRATED), 0)

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
