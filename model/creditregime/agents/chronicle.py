"""What happened at one place of the economy, in order, with reasons: the material of a firm's story."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from creditregime.agents.association import FALLEN, PUNISHED, associates, culprits, named
from creditregime.codes import CHANNELS, Attribution, Event, ExitCause, Origin, Severity, Standing
from creditregime.units import MONTHS
from creditregime.world import World

RECORDED = -1
"""Records are kept in a log of their own; here they are one more kind of event."""
_ORDER = {Event.VIOLATED: 0, RECORDED: 1, Event.FINED: 2, Event.GRADED: 3, Event.LISTED: 4, Event.DELISTED: 4}
_ORDER |= {Event.SANCTIONED: 5, Event.ASSOCIATED: 5, Event.LOST_SUPPLIER: 6, Event.LOST_BUYER: 6}
_ORDER |= {Event.FOUND_SUPPLIER: 6, Event.STRUCK_OFF: 2, Event.ADOPTED: -1, Event.MOVED: 6}
_ORDER |= {Event.EXITED: 7, Event.ENTERED: 8}


_UNTOLD = (Event.OPENED, Event.LOWERED, Event.CONFIRMED)
"""What completes the state that can be read from the log; a story has the same as grades and listings."""


class Entry(NamedTuple):
    """One event.

    Attributes
    ----------
    month
        When, counted from 0.
    firm
        Which firm at this place, counted from 1.
    event
        What: violated, recorded, fined, graded, listed, delisted, sanctioned, associated, lost_supplier, lost_buyer,
        found_supplier, struck_off, moved, adopted (by its region), exited, entered.
    subject
        Of what: the topic, file, list, measure, spillover channel or region.
    detail
        How: the severity, grade, standing, agency, pilot, new region or cause of exit.
    reason
        Why, as far as the model knows.
    partner
        Row of the other firm, -1 none.
    """

    month: int
    firm: int
    event: str
    subject: str = ""
    detail: str = ""
    reason: str = ""
    partner: int = -1


def dated(month: int) -> str:
    """Return a month, counted from 0, as ``year 2, month 5``."""
    return f"year {month // MONTHS + 1}, month {month % MONTHS + 1}"


def chronicle(model: Any, row: int) -> list[Entry]:
    """Return all that happened at a place, in order."""
    return _Chronicler(model, row).entries()


def history(model: Any, row: int) -> pd.DataFrame:
    """Return the same as a table, one row an event, with the date in words (columns: see `Entry`)."""
    frame = pd.DataFrame(chronicle(model, row), columns=Entry._fields)
    frame.insert(1, "date", [dated(month) for month in frame["month"]])
    return frame


class _Chronicler:
    """Reads the two logs of a place, and keeps what explains later events: lists, grades, the month's records."""

    def __init__(self, model: Any, row: int) -> None:
        self.model, self.world, self.row = model, model.world, row
        self.firm, self.empty = 1, False
        self.region = int(self.world.economy.region[row])
        self.pilots: dict[int, str] = {}
        self.law = self.world.law_of(0)
        self.lists: set[str] = set()
        self.grades: dict[str, str] = {}
        self.fresh: list[Entry] = []

    def entries(self) -> list[Entry]:
        """Return the entries; a firm that enters is the next one at the place."""
        found = []
        for month, kind, detail, other in self._events():
            self._come_to(month)
            if kind == Event.ENTERED:
                self.firm, self.empty = self.firm + 1, False
            if kind == Event.ADOPTED:
                self.pilots[other] = self.world.pilots_so_far[detail - 1] if detail else ""
            if kind == Event.ADOPTED and (self.empty or other != self.region):
                continue
            if self.empty and kind == Event.GRADED:
                continue  # an empty place is rated along with the others, but nobody's grade changed
            found.append(self._explain(month, kind, detail, other))
            if kind == Event.EXITED:
                self.lists, self.grades, self.empty = set(), {}, True
        return found

    def _come_to(self, month: int) -> None:
        """Go on to a month: its records are fresh; a new law can have other grades, and fewer lists."""
        if self.fresh and self.fresh[-1].month != month:
            self.fresh = []
        law = self.world.law_of(month)
        if law is not self.law:
            self.law, self.grades = law, {}
            self.lists.intersection_update(law.lists)

    def _events(self) -> list[tuple[int, int, int, int]]:
        events, records = self.world.events, self.world.records
        place = int(self.world.places(np.array([self.row]))[0])
        about = (events["firm"] == self.row) | (events["firm"] == -1 - place)  # itself, or a region's doing
        about &= ~np.isin(events["kind"], _UNTOLD)
        at, of = np.flatnonzero(about), np.flatnonzero(records["firm"] == self.row)
        columns = [events[name][at].tolist() for name in ("month", "kind", "detail", "other")]
        rows = list(zip(*columns, strict=True)) + [(int(records["month"][i]), RECORDED, int(i), 0) for i in of]
        return sorted(rows, key=lambda row: (row[0], _ORDER.get(row[1], 9)))

    def _explain(self, month: int, kind: int, detail: int, other: int) -> Entry:
        name = "recorded" if kind == RECORDED else Event(kind).name.lower()
        explain = getattr(self, f"_{name}")
        entry: Entry = explain(Entry(month, self.firm, name), detail, other)
        return entry

    def _violated(self, entry: Entry, topic: int, severity: int) -> Entry:
        return entry._replace(subject=self.world.topics[topic], detail=Severity(severity).name.lower())

    def _recorded(self, entry: Entry, record: int, _: int) -> Entry:
        log = self.world.records
        reason = Origin(log["origin"][record]).name.lower() + ("" if log["true"][record] else ", wrongly")
        entry = self._violated(entry, log["topic"][record], log["severity"][record])._replace(reason=reason)
        self.fresh.append(entry)
        return entry

    def _fined(self, entry: Entry, topic: int, _: int) -> Entry:
        return entry._replace(subject=self.world.topics[topic])

    def _graded(self, entry: Entry, file: int, rank: int) -> Entry:
        subject = self.world.topics[file] if len(self.law.grade_cost[0]) > 1 else "all"
        before, now = self.grades.get(subject, ""), self.law.grades[rank]
        self.grades[subject] = now
        grades = self.law.grades
        fell = rank < (grades.index(before) if before else len(grades) - 1)
        reasons = [f"{'fell' if fell else 'rose'} from {before}"] if before else []
        reasons += self._blamed(entry.month) if fell and not self.fresh else []
        return entry._replace(subject=subject, detail=now, reason=", ".join(reasons))

    def _blamed(self, month: int) -> list[str]:
        """Tell with whom a firm without a new record of its own fell, as far as its neighbours are still the same."""
        found = culprits(self.model, self.row, month, FALLEN)
        fresh = self.world.records["firm"][self.world.records["month"] == month].tolist()
        found += [other for other in associates(self.model, self.row, "records") if other.row in fresh]
        return [f"by association with {named(found)}"] if found else []

    def _associated(self, entry: Entry, channel: int, _: int) -> Entry:
        found = culprits(self.model, self.row, entry.month, PUNISHED, "lever")
        found = [other for other in found if other.channel == CHANNELS[channel]]
        return entry._replace(subject=CHANNELS[channel], detail="measures", reason=named(found))

    def _listed(self, entry: Entry, number: int, standing: int) -> Entry:
        name = self.law.lists[number]
        rule = self.model.territories_of(entry.month).lists[name]
        self.lists.add(name)
        if standing == Standing.ASSOCIATED:
            return entry._replace(subject=name, detail="association", reason=self._associates(name, entry.month))
        records = [r for r in self.fresh if rule.topic in ("general", r.subject)]
        reason = (
            ", ".join(f"{r.detail} {r.subject} record" for r in records) if rule.colour == "black" else "good conduct"
        )
        first = entry.month == 0 and bool(rule.initial)
        return entry._replace(subject=name, detail="own act", reason=reason or ("" if first else "its grade"))

    def _associates(self, name: str, month: int) -> str:
        """Tell with whom a firm was listed, as far as its neighbours are still the same."""
        found = [
            other
            for other in associates(self.model, self.row, "list")
            if name in listed_on(self.world, other.row, month)
        ]
        found += associates(self.model, self.row, "records")
        return f"with {named(found)}" if found else ""

    def _delisted(self, entry: Entry, number: int, repaired: int) -> Entry:
        name = self.law.lists[number]
        self.lists.discard(name)
        there = self.model.territories_of(entry.month)
        ended = "term over" if there.lists[name].colour == "black" else "conditions no longer met"
        if not there.keeps(name, self.pilots.get(self.region, "")):
            ended = "not kept there"
        return entry._replace(subject=name, detail="repaired" if repaired else ended)

    def _sanctioned(self, entry: Entry, number: int, jointly: int) -> Entry:
        name = self.law.measures[number]
        rule = self.model.territories_of(entry.month).catalogue.items[number][0]
        own = sorted(self.lists.intersection(rule.lists))
        if jointly or (rule.grade is None and not own):
            reason = "jointly"
        else:
            reason = f"list {', '.join(own)}" if own else "grade"
        return entry._replace(subject=name, detail=rule.agency, reason=reason)

    def _lost_supplier(self, entry: Entry, _: int, partner: int) -> Entry:
        if gone_before(self.world, partner, entry.month):
            return entry._replace(partner=partner, reason="left business")
        listed = self._black(listed_on(self.world, partner, entry.month), entry.month)
        return entry._replace(partner=partner, reason="blacklisted" if listed else "")

    def _lost_buyer(self, entry: Entry, _: int, partner: int) -> Entry:
        gone = gone_before(self.world, self.row, entry.month)
        avoided = "avoided as blacklisted" if self._black(self.lists, entry.month) else ""
        return entry._replace(partner=partner, reason="left business itself" if gone else avoided)

    def _found_supplier(self, entry: Entry, _: int, partner: int) -> Entry:
        return entry._replace(partner=partner)

    def _moved(self, entry: Entry, left: int, target: int) -> Entry:
        self.region = target
        return entry._replace(subject=self.world.economy.regions[left], detail=self.world.economy.regions[target])

    def _adopted(self, entry: Entry, pilot: int, region: int) -> Entry:
        return entry._replace(subject=self.world.economy.regions[region], detail=self.pilots[region])

    def _struck_off(self, entry: Entry, topic: int, appeal: int) -> Entry:
        return entry._replace(subject=self.world.topics[topic], detail="appeal" if appeal else "objection")

    def _exited(self, entry: Entry, cause: int, attribution: int) -> Entry:
        return entry._replace(detail=ExitCause(cause).name.lower(), reason=Attribution(attribution).name.lower())

    def _entered(self, entry: Entry, _: int, __: int) -> Entry:
        return entry

    def _black(self, names: set[str], month: int) -> bool:
        lists = self.model.territories_of(month).lists
        return any(name in lists and lists[name].colour == "black" for name in names)


def listed_on(world: World, row: int, month: int) -> set[str]:
    """Return the lists that a firm stood on in a month, from the log."""
    names: set[str] = set()
    for when, kind, number in _kinds(world, row, month):
        if kind == Event.LISTED:
            names.add(world.law_of(when).lists[number])
        elif kind == Event.DELISTED:
            names.discard(world.law_of(when).lists[number])
        elif kind == Event.EXITED:
            names.clear()
    return names.intersection(world.law_of(month).lists)


def gone_before(world: World, row: int, month: int) -> bool:
    """Tell whether a place was empty when a month began."""
    turnover = [kind for _, kind, _ in _kinds(world, row, month - 1) if kind in (Event.EXITED, Event.ENTERED)]
    return bool(turnover) and turnover[-1] == Event.EXITED


def _kinds(world: World, row: int, month: int) -> list[tuple[int, int, int]]:
    events = world.events
    at = np.flatnonzero((events["firm"] == row) & (events["month"] <= month))
    return list(zip(*(events[name][at].tolist() for name in ("month", "kind", "detail")), strict=True))
