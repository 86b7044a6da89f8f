"""Who was hit by association, when, and through whom: read from the log, and traced along the channels that were on.

The log says who was hit. It does not say through whom: that is inferred from who was connected at the time, and in
trouble. All such neighbours are named, in the first of these groups that has any: on a blacklist (or, unless it is for
a listing, below the best grade) by their own act; so by association; with records that count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.codes import Standing
from creditregime.laboratory.history import History, history
from creditregime.laboratory.link_history import LinkHistory, link_history
from creditregime.laboratory.run import RunResult
from creditregime.law import UNRATED
from creditregime.scenario import Scenario

KINDS = {"listed": ("list", "records"), "lowered": ("points", "grade", "records"), "associated": ("lever",)}
"""What can be carried over, as the log calls it, and the modes of the channels that do."""
UNTRACED = -1

Flags = NDArray[np.bool_]


class Strike(NamedTuple):
    """One row of the table: in a month, a firm was hit by association, through another one by a channel."""

    month: int
    firm: int
    what: str
    through: int
    channel: str


def strikes(result: RunResult, states: History | None = None, links: LinkHistory | None = None) -> pd.DataFrame:
    """Return who was hit by association, and through whom.

    Parameters
    ----------
    result
        A run.
    states, links
        Its histories, if they are known already.

    Returns
    -------
    DataFrame
        One row a month, firm, kind (``listed`` by association, ``lowered`` in grade, ``associated``: bears neighbours'
        measures) and firm through which it may have come (-1: not traced), with the channel.
    """
    tracer = _Tracer(result, states or history(result), links or link_history(result))
    found: list[Strike] = []
    for event in _by_association(result.events).itertuples(index=False):
        found += tracer.trace(int(event.month), int(event.firm), str(event.kind))  # type: ignore[arg-type]
    return pd.DataFrame(found, columns=Strike._fields)


def _by_association(log: pd.DataFrame) -> pd.DataFrame:
    kind, value = log["kind"].to_numpy(str), log["value"].to_numpy(object)
    chosen = (kind == "associated") | ((kind == "lowered") & (value == "begun"))
    chosen |= (kind == "listed") & (value == "associated")
    return log[chosen].drop_duplicates(["month", "firm", "kind"])


class _Tracer:
    """Knows who was connected with whom, and in trouble, in every month."""

    def __init__(self, result: RunResult, states: History, links: LinkHistory) -> None:
        self._states, self._links, self._phases = states, links, result.scenario.by_phase()
        self._records = result.records.set_index("firm").sort_index()
        self._own = _Identities(result, states, links)

    def trace(self, month: int, firm: int, kind: str) -> list[Strike]:
        """Return through whom a firm was hit."""
        rules = next(rules for since, rules in reversed(self._phases) if since < month)
        connected = [*self._connected(rules, month, firm, KINDS[kind])]
        rows = np.array([row for row, _ in connected], np.int64)
        chosen = self._troubled(
            month, kind, rows
        )  # firms are associated before links are made and lost, and firms leave
        found = [Strike(month, firm, kind, row, channel) for (row, channel) in connected if row in chosen]
        return [*dict.fromkeys(found)] or [Strike(month, firm, kind, UNTRACED, "")]

    def _connected(self, rules: Scenario, month: int, firm: int, modes: Sequence[str]) -> Iterator[tuple[int, str]]:
        ways: dict[str, Callable[[Any, int, int], NDArray[Any]]] = {
            "partner": self._partners,
            "contractor": self._contractors,
            "group": self._group,
            "person": self._person,
        }
        for channel, neighbours in ways.items():
            rule = getattr(rules.spillover, channel)
            if getattr(rule, "strength", 0) > 0 and rule.mode in modes:
                yield from ((row, channel) for row in neighbours(rule, month, firm).tolist() if row != firm)

    def _troubled(self, month: int, kind: str, rows: NDArray[np.int64]) -> set[int]:
        """Return those of some firms through whom a hit can have come; a listing comes through a listing, if it can."""
        states, scale = self._states, self._states.era(month).scale
        best = len(scale) - 1 - (scale[-1] == UNRATED and len(scale) > 1)
        gone = ~states.active[month, rows]  # a firm that left since is on no list any more
        listed = np.where(gone, states.listed[month - 1, rows], states.listed[month, rows])
        lowered = np.where(gone, states.lowered[month - 1, rows], states.lowered[month, rows])
        below = states.grade[month, rows] < best
        own, low = listed == Standing.OWN, below & ~lowered
        groups = [own, listed > 0] if kind == "listed" else [own | low, (listed > 0) | below]
        recorded = np.array([self._recorded(month, row) for row in rows.tolist()], np.bool_)
        for group in (*groups, recorded):
            if group.any():
                return set(rows[group].tolist())
        return set()

    def _recorded(self, month: int, row: int) -> bool:
        if row not in self._records.index:
            return False
        records = self._records.loc[[row]]
        return bool(((records["month"] <= month) & (records["expiry"] > month)).any())

    def _partners(self, rule: Any, month: int, firm: int) -> NDArray[Any]:
        links, on = self._links, self._links.active[month - 1]
        found = []
        if rule.direction != "buyers":
            found.append(links.supplier[month - 1][on & (links.buyer == firm)])
        if rule.direction != "suppliers":
            found.append(links.buyer[on & (links.supplier[month - 1] == firm)])
        return np.concatenate(found)

    def _contractors(self, rule: Any, month: int, firm: int) -> NDArray[Any]:
        links = self._links
        used = links.active[month - 1] & links.economy.contract & (links.buyer == firm)
        return links.supplier[month - 1][used]

    def _group(self, rule: Any, month: int, firm: int) -> NDArray[Any]:
        parent = self._own.group(month - 1)
        branches, above = np.flatnonzero(parent == firm), parent[[firm]]
        parts = [branches] * (rule.direction != "parent_to_branch") + [above] * (rule.direction != "branch_to_parent")
        return np.concatenate(parts)

    def _person(self, rule: Any, month: int, firm: int) -> NDArray[Any]:
        person = self._own.person(month - 1)
        return np.flatnonzero((person == person[firm]) & self._states.active[month - 1])


class _Identities:
    """Groups and responsible persons, as far as the tables tell: of the first firm at a place, and of the last one."""

    def __init__(self, result: RunResult, states: History, links: LinkHistory) -> None:
        self._first = {name: np.asarray(getattr(links.economy, name), np.int64) for name in ("group", "person")}
        self._last = {name: result.firms[name].to_numpy(np.int64) for name in ("group", "person")}
        self._gone = states.exited.cumsum(axis=0)
        later = states.entered[::-1].cumsum(axis=0)[::-1] - states.entered
        self._settled = later == 0

    def group(self, month: int) -> NDArray[np.int64]:
        """Return the group's parent of each place, its own row where there is none or it is not known."""
        return self._at("group", month, np.arange(len(self._last["group"])))

    def person(self, month: int) -> NDArray[np.int64]:
        """Return each firm's responsible person; where it is not known, somebody whom nobody else has."""
        return self._at("person", month, -1 - np.arange(len(self._last["person"])))

    def _at(self, name: str, month: int, unknown: NDArray[np.int64]) -> NDArray[np.int64]:
        found = np.where(self._settled[month], self._last[name], unknown)
        return np.where(self._gone[month] == 0, self._first[name], found)
