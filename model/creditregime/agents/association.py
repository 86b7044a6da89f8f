"""With whom a firm is connected by the spillover channels that are on, and how a story calls it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from creditregime.codes import Event
from creditregime.regime.spillover.group import branches_of


class Associate(NamedTuple):
    """A connected firm.

    Attributes
    ----------
    row
        Its row.
    channel
        The channel: partner, contractor, group, person.
    word
        What it is to the firm: supplier, buyer, contractor, parent, branch, sister (of the same responsible person).
    """

    row: int
    channel: str
    word: str


def associates(model: Any, row: int, mode: str | None = None) -> list[Associate]:
    """Return the neighbours of a firm in the channels that are on (in one mode), as they are now."""
    found: list[Associate] = []
    for channel in ("partner", "contractor", "group", "person"):
        rule = getattr(model.spec.spillover, channel)
        if getattr(rule, "strength", 0) > 0 and mode in (None, rule.mode):
            pairs = {"partner": _partners, "contractor": _contractors, "group": _group, "person": _person}[channel]
            found += [Associate(other, channel, word) for other, word in pairs(model, row, rule)]
    return found


def culprits(model: Any, row: int, month: int, kinds: tuple[int, ...], mode: str | None = None) -> list[Associate]:
    """Return the neighbours to whom something of the given kinds happened in a month."""
    events = model.world.events
    rows = events["firm"][(events["month"] == month) & np.isin(events["kind"], kinds)]
    hit = set(rows.tolist())
    return [associate for associate in associates(model, row, mode) if associate.row in hit]


def named(found: list[Associate], most: int = 3) -> str:
    """Return ``its supplier firm 3 and its branch firm 9``: a few of the associates in words, each once."""
    first = {associate.row: f"its {associate.word} firm {associate.row}" for associate in reversed(found)}
    phrases = [first[row] for row in sorted(first)]
    if len(phrases) > most:
        phrases = [*phrases[:most], f"{len(phrases) - most} more"]
    *rest, last = phrases or [""]
    return f"{', '.join(rest)} and {last}" if rest else last


FALLEN = (Event.GRADED, Event.LISTED)
PUNISHED = (Event.SANCTIONED, Event.ASSOCIATED)


def _partners(model: Any, row: int, rule: Any) -> Iterator[tuple[int, str]]:
    network = model.world.network
    if rule.direction != "buyers":
        yield from ((other, "supplier") for other in network.suppliers(row).tolist())
    if rule.direction != "suppliers":
        yield from ((other, "buyer") for other in network.buyers(row).tolist())


def _contractors(model: Any, row: int, rule: Any) -> Iterator[tuple[int, str]]:
    network = model.world.network
    links = slice(network.pointer[row], network.pointer[row + 1])
    used = network.contract[links] & (network.weight[links] > 0)
    yield from ((other, "contractor") for other in network.supplier[links][used].tolist())


def _group(model: Any, row: int, rule: Any) -> Iterator[tuple[int, str]]:
    branches, parents = branches_of(model.world.firms)
    if rule.direction != "parent_to_branch":
        yield from ((other, "branch") for other in branches[parents == row].tolist())
    if rule.direction != "branch_to_parent":
        yield from ((other, "parent") for other in parents[branches == row].tolist())


def _person(model: Any, row: int, rule: Any) -> Iterator[tuple[int, str]]:
    firms = model.world.firms
    same = np.flatnonzero((firms.person == firms.person[row]) & firms.active)
    yield from ((other, "sister") for other in same.tolist() if other != row)
