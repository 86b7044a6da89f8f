"""The state of the firms month by month, rebuilt from the log of a finished run: grades, lists, who is in business."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.codes import Standing
from creditregime.errors import CreditRegimeError
from creditregime.laboratory.run import RunResult
from creditregime.regime.lists import blacklists_of
from creditregime.regime.pilots import everywhere, files, grade_names
from creditregime.scenario import Scenario

_STANDINGS = {standing.name.lower(): int(standing) for standing in Standing}


class Era(NamedTuple):
    """What a phase's rules call things.

    Attributes
    ----------
    since
        Its first month, counted from 1.
    scale
        Names of the grades, lowest first.
    files
        Names of a firm's files: the topics, or ``all``.
    lists, black
        Names of the lists, and of those that are blacklists.
    """

    since: int
    scale: tuple[str, ...]
    files: tuple[str, ...]
    lists: tuple[str, ...]
    black: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class History:
    """Firms by month: row 0 is the start, row m the end of month m. An empty place keeps the grade of who left it.

    Attributes
    ----------
    eras
        The phases, in order.
    active : (months + 1, N) bool
        Who is in business.
    grade : (months + 1, N) int8
        Number of the grade on the month's scale; of the worst file.
    lowered : (months + 1, N) bool
        Whose grade is held below its own by association, in any file.
    listed : (months + 1, N) int8
        Standing on blacklists: 0 none, 1 for an own act, 2 by association only.
    entered, exited : (months + 1, N) bool
        Whose place was taken, or left, in the month.
    """

    eras: tuple[Era, ...]
    active: NDArray[np.bool_]
    grade: NDArray[np.int8]
    lowered: NDArray[np.bool_]
    listed: NDArray[np.int8]
    entered: NDArray[np.bool_]
    exited: NDArray[np.bool_]

    @property
    def months(self) -> int:
        """Length of the run."""
        return len(self.active) - 1

    def era(self, month: int) -> Era:
        """Return the phase to which a month belongs (the start belongs to the first)."""
        return next(era for era in reversed(self.eras) if era.since <= max(month, 1))


def history(result: RunResult) -> History:
    """Return the state of a run's firms at the end of every month.

    Raises
    ------
    CreditRegimeError
        If the run was stored by a version whose log does not tell with which grades it began.
    """
    months, firms = int(result.scenario.months), len(result.firms)
    found = History(
        eras(result.scenario),
        active=np.ones((months + 1, firms), np.bool_),
        grade=np.zeros((months + 1, firms), np.int8),
        lowered=np.zeros((months + 1, firms), np.bool_),
        listed=np.zeros((months + 1, firms), np.int8),
        entered=np.zeros((months + 1, firms), np.bool_),
        exited=np.zeros((months + 1, firms), np.bool_),
    )
    log = result.events[result.events["kind"].isin(_TOLD)]
    if not (log["kind"] == "opened").any():
        raise CreditRegimeError("history: the log does not tell first grades; run it again: creditregime rerun FOLDER")
    state = _State(found.eras[0], firms)
    state.begin(log)
    state.write(found, 0)
    for month, events in _by_month(log, months):
        state.enact(found.era(month))
        state.take(events, found, month)
        state.write(found, month)
    return found


_TOLD = ("opened", "graded", "lowered", "listed", "confirmed", "delisted", "exited", "entered")


def eras(scenario: Scenario) -> tuple[Era, ...]:
    """Return what the phases of a scenario call grades, files and lists, in order."""
    found = []
    for since, rules in scenario.by_phase():
        territories = everywhere(rules)
        lists, topics = territories[0].lists, tuple(rules.topics)
        numbers = {number for of_topic in blacklists_of(lists, topics) for number in of_topic}
        names = topics if files(territories) > 1 else ("all",)
        black = tuple(name for number, name in enumerate(lists) if number in numbers)
        found.append(Era(since + 1, grade_names(territories), names, tuple(lists), black))
    return tuple(found)


def _by_month(log: pd.DataFrame, months: int) -> Iterator[tuple[int, pd.DataFrame]]:
    bounds = np.searchsorted(log["month"].to_numpy(), np.arange(1, months + 2))
    for month in range(1, months + 1):
        yield month, log.iloc[bounds[month - 1] : bounds[month]]


class _State:
    """Grades, lists and places as the events change them, in the order of the log."""

    def __init__(self, era: Era, firms: int) -> None:
        self._firms = firms
        self._listing: dict[str, NDArray[np.int8]] = {}
        self._active = np.ones(firms, np.bool_)
        self._era = Era(0, (), (), (), ())
        self.enact(era)

    def enact(self, era: Era) -> None:
        """Go on under a phase's names: files are opened anew where its grades or files are others."""
        if (era.scale, era.files) != (self._era.scale, self._era.files):
            self._grade = np.zeros((len(era.files), self._firms), np.int8)
            self._lowered = np.zeros((len(era.files), self._firms), np.bool_)
        unlisted = {name: np.zeros(self._firms, np.int8) for name in era.lists}
        self._listing = {name: self._listing.get(name, empty) for name, empty in unlisted.items()}
        self._era = era

    def begin(self, log: pd.DataFrame) -> None:
        """Take the grades with which the run begins: the first of each firm and file."""
        opened = log[log["kind"] == "opened"].drop_duplicates(["firm", "detail"])
        opened = opened[opened["month"] == 1]
        self._grade[_places(opened["detail"], self._era.files), opened["firm"]] = _places(
            opened["value"], self._era.scale
        )

    def take(self, events: pd.DataFrame, found: History, month: int) -> None:
        """Take a month's events; of several about the same thing the last one holds."""
        kind = events["kind"].to_numpy(str)
        rated = events[(kind == "opened") | (kind == "graded")]
        self._grade[_places(rated["detail"], self._era.files), rated["firm"]] = _places(rated["value"], self._era.scale)
        moved = events[kind == "lowered"]
        self._lowered[_places(moved["detail"], self._era.files), moved["firm"]] = (
            moved["value"].to_numpy(str) == "begun"
        )
        self._list(events[np.isin(kind, ("listed", "confirmed", "delisted"))])
        left, came = events["firm"][kind == "exited"], events["firm"][kind == "entered"]
        found.exited[month, left] = found.entered[month, came] = True
        for listing in self._listing.values():
            listing[left] = 0
        self._lowered[:, left] = False
        self._active[left] = False
        self._active[came] = True

    def _list(self, events: pd.DataFrame) -> None:
        standing = np.where(events["kind"] == "delisted", 0, [_STANDINGS.get(value, 0) for value in events["value"]])
        for name, listing in self._listing.items():
            of = (events["detail"] == name).to_numpy()
            listing[events["firm"][of]] = standing[of]

    def write(self, found: History, month: int) -> None:
        """Write the state at the end of a month."""
        found.active[month] = self._active
        found.grade[month] = self._grade.min(axis=0)
        found.lowered[month] = self._lowered.any(axis=0)
        black = np.array([self._listing[name] for name in self._era.black], np.int8).reshape(-1, self._firms)
        own = (black == Standing.OWN).any(axis=0)
        found.listed[month] = np.where(own, int(Standing.OWN), black.max(axis=0, initial=0))


def _places(names: pd.Series, known: Sequence[str]) -> NDArray[np.int64]:  # type: ignore[type-arg]
    position = {name: number for number, name in enumerate(known)}
    return np.array([position[name] for name in names], np.int64)
