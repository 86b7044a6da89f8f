"""A run as snapshots of its network: the state of every month, and what just happened, from the log."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from creditregime.laboratory.history import history
from creditregime.laboratory.link_history import link_history
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.strikes import UNTRACED, strikes
from creditregime.presentation.layout import MOST_LINKS, Places
from creditregime.presentation.network_stage import Snapshot
from creditregime.units import MONTHS


class Shares(NamedTuple):
    """Of the firms in business, all of them, by month from the start, (months + 1,) each."""

    listed: NDArray[np.float64]
    by_association: NDArray[np.float64]
    lowered: NDArray[np.float64]


class Film:
    """The snapshots of one run, with its most valuable links, at most so many."""

    def __init__(self, result: RunResult, places: Places, links: int = MOST_LINKS) -> None:
        self.result, self.places, self._most = result, places, links
        self.states, self._links = history(result), link_history(result)
        self.strikes = strikes(result, self.states, self._links)
        self._position = np.full(places.of, -1)
        self._position[places.rows] = np.arange(len(places.rows))
        self._gone = self.states.exited.cumsum(axis=0) > 0
        self._value = result.links["coefficient"].to_numpy() * result.firms["size"].to_numpy()[self._links.buyer]
        sanctioned = result.events[result.events["kind"] == "sanctioned"]
        self._sanctions = sanctioned[["month", "firm"]].to_numpy(np.int64)

    @property
    def months(self) -> int:
        """Length of the run."""
        return self.states.months

    def snapshot(self, month: int, since: int) -> Snapshot:
        """Return the end of a month, with what happened after another one marked as just happened."""
        states, rows = self.states, self.places.rows
        return Snapshot(
            scale=states.era(month).scale,
            grade=states.grade[month, rows].astype(np.int64),
            listed=states.listed[month, rows].astype(np.int64),
            active=states.active[month, rows],
            successor=self._gone[month, rows],
            links=self._drawn(month),
            sanctioned=self._sanctioned(month, since),
            lowered=states.lowered[month, rows],
            strikes=self._struck(month, since),
        )

    def shares(self) -> Shares:
        """Return what a strip below the network follows."""
        states = self.states
        firms = np.maximum(states.active.sum(axis=1), 1)
        listed, associated = (states.listed > 0) & states.active, (states.listed == 2) & states.active
        return Shares(*(which.sum(axis=1) / firms for which in (listed, associated, states.lowered & states.active)))

    def in_words(self, month: int) -> str:
        """Return a month in a line: who of all firms is on a list, held down, and gone so far."""
        shares = self.shares()
        left = int(self.states.exited[: month + 1].sum())
        return (
            f"{shares.listed[month]:.1%} listed ({shares.by_association[month]:.1%} by association only), "
            f"{shares.lowered[month]:.1%} held down by association, exits so far {left}"
        )

    def _drawn(self, month: int) -> NDArray[np.int64]:
        """Return the links of most value between drawn firms, (links, 2)."""
        ends = np.stack([self._position[self._links.buyer], self._position[self._links.supplier[month]]], axis=1)
        there = np.flatnonzero((ends >= 0).all(axis=1) & self._links.active[month])
        largest = there[np.argsort(-self._value[there], kind="stable")[: self._most]]
        return ends[np.sort(largest)]

    def _sanctioned(self, month: int, since: int) -> NDArray[np.bool_]:
        when, firm = self._sanctions.T
        found = np.zeros(self.places.of, np.bool_)
        found[firm[(when > since) & (when <= month)]] = True
        return found[self.places.rows]

    def _struck(self, month: int, since: int) -> NDArray[np.int64]:
        table = self.strikes
        recent = table[(table["month"] > since) & (table["month"] <= month) & (table["through"] != UNTRACED)]
        ends = self._position[recent[["firm", "through"]].to_numpy(np.int64)]
        return ends[(ends >= 0).all(axis=1)]


def chosen_months(months: int, most: int) -> list[int]:
    """Return months to show, evenly from the end of the first year to the last month: ends of years, if there are."""
    found = np.linspace(min(MONTHS, max(months // most, 1)), months, most)
    if months >= most * MONTHS:
        found[:-1] = MONTHS * np.round(found[:-1] / MONTHS)
    return sorted({round(month) for month in found.tolist()})


def dated(month: int) -> str:
    """Return a month, counted from 1, in years."""
    return f"year {(month - 1) // MONTHS + 1}, month {(month - 1) % MONTHS + 1}"
