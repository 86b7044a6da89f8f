"""Through whom association hit firms in the month that a running model just simulated.

The same inference as that of `creditregime.laboratory.strikes`, which reads finished runs: the neighbours along the
channels that were on, as they were when the month began, in the first of these groups that has any: on a blacklist (or,
unless it is for a listing, below the best grade) by their own act; so by association; with records that count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Event, Standing
from creditregime.indicators.measure import black
from creditregime.laboratory.strikes import KINDS
from creditregime.model import CreditRegime
from creditregime.state import Rows

Flags = NDArray[np.bool_]


class Before:
    """What a month may change and the inference asks for: links, groups, persons, and how firms stand."""

    def __init__(self, model: CreditRegime) -> None:
        world = model.world
        self.supplier, self.active = world.network.supplier.copy(), world.network.weight > 0
        self.group, self.person = world.firms.group.copy(), world.firms.person.copy()
        self.in_business = world.firms.active.copy()
        self.trouble = _Trouble(model)


class _Trouble:
    """Who is on a blacklist, by an own act or at all, and who is held below its own grade by association."""

    def __init__(self, model: CreditRegime) -> None:
        standing, firms = black(model.world), model.world.firms
        self.listed: Flags = standing > 0
        self.own: Flags = standing == Standing.OWN
        self.lowered: Flags = np.any(firms.grade < firms.own_grade, axis=0)


def strikes(model: CreditRegime, before: Before) -> Rows:
    """Return pairs of a firm that association hit in the last month, and one through which it was, (strikes, 2)."""
    hits = [*_hits(model)]
    if not hits:
        return np.empty((0, 2), np.int64)
    after, found = _Trouble(model), []
    for firm, kind in hits:
        rows = np.array(sorted({row for row in _neighbours(model, before, firm, KINDS[kind]) if row != firm}), np.int64)
        found += [(firm, int(row)) for row in _through(model, kind, rows, before, after)]
    return np.array([*dict.fromkeys(found)], np.int64).reshape(-1, 2)


def _hits(model: CreditRegime) -> Iterator[tuple[int, str]]:
    log, month = model.world.events, model.world.month - 1
    recent = log["month"] == month
    kind, firm, other = (log[name][recent] for name in ("kind", "firm", "other"))
    chosen = {
        "listed": (kind == Event.LISTED) & (other == Standing.ASSOCIATED),
        "lowered": (kind == Event.LOWERED) & (other == 1),
        "associated": kind == Event.ASSOCIATED,
    }
    for name, which in chosen.items():
        yield from ((int(row), name) for row in np.unique(firm[which]))


def _neighbours(model: CreditRegime, before: Before, firm: int, modes: Sequence[str]) -> Iterator[int]:
    spillover = model.rules_of(model.world.month - 1).spillover
    ways = {"partner": _partners, "contractor": _contractors, "group": _group, "person": _person}
    for channel, neighbours in ways.items():
        rule = getattr(spillover, channel)
        if getattr(rule, "strength", 0) > 0 and rule.mode in modes:
            yield from neighbours(model, before, firm, rule).tolist()


def _partners(model: CreditRegime, before: Before, firm: int, rule: Any) -> NDArray[Any]:
    pointer, parts = model.world.network.pointer, []
    links = slice(pointer[firm], pointer[firm + 1])
    if rule.direction != "buyers":
        parts.append(before.supplier[links][before.active[links]])
    if rule.direction != "suppliers":
        at = np.flatnonzero((before.supplier == firm) & before.active)
        parts.append(np.searchsorted(pointer, at, side="right") - 1)
    return np.concatenate(parts)


def _contractors(model: CreditRegime, before: Before, firm: int, rule: Any) -> NDArray[Any]:
    network = model.world.network
    links = slice(network.pointer[firm], network.pointer[firm + 1])
    return before.supplier[links][before.active[links] & network.contract[links]]


def _group(model: CreditRegime, before: Before, firm: int, rule: Any) -> NDArray[Any]:
    branches, above = np.flatnonzero(before.group == firm), before.group[[firm]]
    parts = [branches] * (rule.direction != "parent_to_branch") + [above] * (rule.direction != "branch_to_parent")
    return np.concatenate(parts)


def _person(model: CreditRegime, before: Before, firm: int, rule: Any) -> NDArray[Any]:
    return np.flatnonzero((before.person == before.person[firm]) & before.in_business)


def _through(model: CreditRegime, kind: str, rows: Rows, before: Before, after: _Trouble) -> Rows:
    """Return those of some neighbours through whom a hit can have come; one that left since is on no list any more."""
    world = model.world
    gone = ~world.firms.active[rows]
    own, listed, lowered = (
        np.where(gone, getattr(before.trouble, name)[rows], getattr(after, name)[rows])
        for name in ("own", "listed", "lowered")
    )
    below = world.firms.grade[:, rows].min(axis=0) < world.law.best
    log = world.records  # of a firm that left since, too
    recorded = np.isin(rows, log["firm"][log["expiry"] > world.month - 1])
    groups = (own, listed) if kind == "listed" else (own | (below & ~lowered), listed | below)
    for group in (*groups, recorded):
        if group.any():
            return rows[group]
    return rows[:0]
