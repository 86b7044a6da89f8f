"""A finished run as tables of names and numbers, ready for a file. Months are counted from 1 in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.agents.attributes import label
from creditregime.codes import CHANNELS, OWNERSHIPS, Attribution, Event, ExitCause, Origin, Severity, Standing
from creditregime.indicators.measure import SIZE_CLASSES, black, dimensions
from creditregime.law import Law
from creditregime.state import NEVER
from creditregime.world import World

Codes = NDArray[Any]


def firm_table(world: World, violations_logged: bool = True) -> pd.DataFrame:
    """Return one row a firm (a place, which an entrant may have taken over) as the run left it.

    ``violations``, ``records``, ``fined``, ``listings_so_far`` and ``exits`` count what happened at the place in the
    whole run; ``violations`` is missing where the scenario does not log them.
    """
    firms = world.firms
    columns = identity(world)
    columns |= {
        "active": firms.active.copy(),
        "born": _months(firms.born, firms.active & (firms.born != NEVER)),
        "group": firms.group.copy(),
        "person": firms.person.copy(),
        "effort": firms.effort.mean(axis=0),
    }
    columns |= {f"effort_{topic}": firms.effort[k].copy() for k, topic in enumerate(world.topics)}
    columns |= _ratings(world)
    for name in ("equity", "debt", "profit", "output", "demand", "supply", "distress"):
        columns[name] = getattr(firms, name).copy()
    return pd.DataFrame(columns | _counts(world, violations_logged))


def record_table(world: World) -> pd.DataFrame:
    """Return one row a record of the registry, in the order of entry."""
    log, regulators = world.records, world.regulators
    national = [*world.economy.regions, "national"]  # region -1 takes the last
    places = zip(regulators.topic, regulators.region, strict=True)
    agencies = [f"{world.topics[topic]} ({national[region]})" for topic, region in places]
    return pd.DataFrame(
        {
            "month": log["month"].astype(np.int32) + 1,
            "firm": log["firm"].copy(),
            "topic": named(log["topic"], world.topics),
            "regulator": named(log["regulator"], agencies),
            "region": named(log["region"], world.economy.regions),
            "severity": named(log["severity"], names(Severity)),
            "origin": named(log["origin"], names(Origin)),
            "true": log["true"].copy(),
            "points": log["points"].copy(),
            "expiry": log["expiry"].astype(np.int32) + 1,
            "repaired": _months(log["repaired"], log["repaired"] >= 0),
            "withdrawn": _months(log["withdrawn"], log["withdrawn"] >= 0),
        }
    )


def link_table(world: World) -> pd.DataFrame:
    """Return one row a supply link: who buys from whom now, how much, and since when (missing: from the start)."""
    network = world.network
    buyers = np.repeat(np.arange(world.rows, dtype=np.int32), np.diff(network.pointer))
    return pd.DataFrame(
        {
            "buyer": buyers,
            "supplier": network.supplier.copy(),
            "coefficient": network.coefficient,
            "active": network.weight > 0,
            "since": _months(network.since, network.since >= 0),
        }
    )


def event_table(world: World) -> pd.DataFrame:
    """Return one row an event: what (``detail``), how (``value``) and with whom (``partner``), by the kind of event."""
    log = world.events
    kind, detail, other = log["kind"], log["detail"], log["other"]
    partners = np.isin(kind, (Event.LOST_SUPPLIER, Event.FOUND_SUPPLIER, Event.LOST_BUYER))
    return pd.DataFrame(
        {
            "month": log["month"].astype(np.int32) + 1,
            "firm": log["firm"].copy(),
            "kind": named(np.searchsorted([*Event], kind), names(Event)),
            "detail": _named_by_law(world, detail, _what),
            "value": _named_by_law(world, other, _how),
            "partner": _integers(other, partners),
        }
    )


def _what(world: World, law: Law) -> dict[int, Sequence[str]]:
    """Return what each kind of event names in its first detail under a law."""
    files = world.topics if law.grade_cost.shape[1] > 1 else ("all",)
    return {
        Event.VIOLATED: world.topics,
        Event.LISTED: law.lists,
        Event.DELISTED: law.lists,
        Event.GRADED: files,
        Event.OPENED: files,
        Event.LOWERED: files,
        Event.CONFIRMED: law.lists,
        Event.SANCTIONED: law.measures,
        Event.EXITED: names(ExitCause),
        Event.FINED: world.topics,
        Event.MOVED: world.economy.regions,
        Event.ADOPTED: ("national", *world.pilots_so_far),
        Event.STRUCK_OFF: world.topics,
        Event.ASSOCIATED: CHANNELS,
    }


def _how(world: World, law: Law) -> dict[int, Sequence[str]]:
    """Return what each kind of event names in its second detail under a law."""
    return {
        Event.VIOLATED: names(Severity),
        Event.LISTED: names(Standing),
        Event.DELISTED: ("term", "repair"),
        Event.GRADED: law.grades,
        Event.OPENED: law.grades,
        Event.LOWERED: ("ended", "begun"),
        Event.CONFIRMED: names(Standing),
        Event.SANCTIONED: ("own", "joint"),
        Event.EXITED: names(Attribution),
        Event.MOVED: world.economy.regions,
        Event.ADOPTED: world.economy.regions,
        Event.STRUCK_OFF: ("objection", "appeal"),
    }


def exit_table(world: World) -> pd.DataFrame:
    """Return one row an exit: when, why, what brought it about, and what kind of firm it was."""
    log = world.events
    left = np.flatnonzero(log["kind"] == Event.EXITED)
    firm = log["firm"][left]
    who = pd.DataFrame(identity(world)).iloc[firm].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "month": log["month"][left].astype(np.int32) + 1,
            "firm": firm,
            "cause": named(log["detail"][left], names(ExitCause)),
            "attribution": named(log["other"][left], names(Attribution)),
        }
    )
    return table.join(who.drop(columns="firm"))


def named(codes: Codes, labels: Iterable[str]) -> pd.Categorical:
    """Return codes as names; a code below zero is missing."""
    return pd.Categorical.from_codes(codes.astype(np.int32), pd.Index(list(labels), dtype=object))


def names(codes: Any) -> list[str]:
    """Return the names of an enumeration's members in lower case."""
    return [member.name.lower() for member in codes]


def identity(world: World) -> dict[str, Any]:
    """Return who each firm is: columns of one value a firm."""
    firms, economy = world.firms, world.economy
    classes = next(codes for name, _, codes in dimensions(world) if name == "size")
    return {
        "firm": np.arange(world.rows, dtype=np.int32),
        "sector": named(firms.sector, economy.sectors),
        "region": named(firms.region, economy.regions),
        "ownership": named(firms.ownership, OWNERSHIPS),
        "size": firms.size.copy(),
        "size_class": named(classes, SIZE_CLASSES),
    }


def _ratings(world: World) -> dict[str, Any]:
    firms, grades = world.firms, world.law.grades
    standing = black(world)
    columns: dict[str, Any] = {
        "grade": named(firms.grade.min(axis=0), grades),
        "grade_without_association": named(firms.own_grade.min(axis=0), grades),
        "score": firms.score.min(axis=0),
    }
    if len(firms.grade) > 1:
        for number, name in enumerate(label(world, "file")):
            columns[f"grade_{name}"] = named(firms.grade[number], grades)
            columns[f"score_{name}"] = firms.score[number].copy()
    listed = np.full(world.rows, "", object)
    for number, name in enumerate(world.law.lists):
        on = firms.listing[number] > 0
        listed[on] = [f"{before};{name}" if before else name for before in listed[on]]
    return columns | {"lists": listed, "blacklisted": named(standing, names(Standing))}


def _counts(world: World, logged: bool) -> dict[str, Any]:
    log = world.events
    counts: dict[str, Any] = {"violations": _integers(_happened(world, Event.VIOLATED), np.full(world.rows, logged))}
    counts["records"] = np.bincount(world.records["firm"], minlength=world.rows)
    counts["fined"] = _happened(world, Event.FINED)
    listed = (log["kind"] == Event.LISTED) & _on_black(world)
    counts["listings_so_far"] = np.bincount(log["firm"][listed], minlength=world.rows)
    counts["exits"] = _happened(world, Event.EXITED)
    return counts


def _on_black(world: World) -> NDArray[np.bool_]:
    """Return which events name a list that was a blacklist at their time, (events,)."""
    log, black = world.events, np.zeros(len(world.events), np.bool_)
    for number, (since, law) in enumerate(world.laws):
        until = world.laws[number + 1][0] if number + 1 < len(world.laws) else world.month + 1
        numbers = [n for n, is_black in enumerate(law.black) if is_black]
        black |= np.isin(log["detail"], numbers) & (log["month"] >= since) & (log["month"] < until)
    return black


def _happened(world: World, kind: Event) -> NDArray[np.int64]:
    log = world.events
    return np.bincount(log["firm"][log["kind"] == kind], minlength=world.rows)


def _named_by_law(
    world: World, codes: Codes, tables_of: Callable[[World, Law], dict[int, Sequence[str]]]
) -> pd.Categorical:
    """Return names of codes whose meaning depends on the event's kind and on the law then; missing without one."""
    kind, since = world.events["kind"], [month for month, _ in world.laws]
    tables = [tables_of(world, law) for _, law in world.laws]
    labels = list(dict.fromkeys(name for by_kind in tables for table in by_kind.values() for name in table))
    position = {name: number for number, name in enumerate(labels)}
    under = np.searchsorted(since, world.events["month"], side="right") - 1
    found = np.full(len(kind), -1, np.int32)
    for law, by_kind in enumerate(tables):
        for number, table in by_kind.items():
            rows = (kind == number) & (under == law)
            if rows.any():
                found[rows] = np.array([position[name] for name in table], np.int32)[codes[rows]]
    return named(found, labels)


def _months(values: Codes, known: NDArray[np.bool_]) -> pd.arrays.IntegerArray:
    """Return months counted from 1, missing where not known."""
    return _integers(values.astype(np.int32) + 1, known)


def _integers(values: Codes, known: NDArray[np.bool_]) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(values.astype(np.int32), ~known)
