"""Putting firms on lists and taking them off, whoever decides it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Event, Standing
from creditregime.state import NEVER, Rows
from creditregime.world import World


def on_any(world: World, numbers: Sequence[int]) -> NDArray[np.bool_]:
    """Return who stands on any of some lists, rising numbers, (N,)."""
    if not numbers:
        return np.zeros(world.rows, np.bool_)
    consecutive = numbers[-1] - numbers[0] == len(numbers) - 1
    some = slice(numbers[0], numbers[-1] + 1) if consecutive else numbers  # a slice copies nothing
    held: NDArray[np.bool_] = np.bitwise_or.reduce(world.firms.listing[some], axis=0) != 0
    return held


OWN, ASSOCIATED = int(Standing.OWN), int(Standing.ASSOCIATED)
"""Plain numbers: NumPy searches an enumeration for array methods, which takes longer than a short comparison."""
KINDS = np.array([Event.DELISTED, Event.LISTED, Event.CONFIRMED], np.uint8)


class Places(NamedTuple):
    """Firms and the lists that they enter or leave, list by list."""

    number: Rows
    rows: Rows

    def those(self, which: NDArray[np.bool_]) -> Places:
        """Return some of them."""
        return Places(self.number[which], self.rows[which])


def exchange(world: World, leaving: Places, entering: Places) -> None:
    """Let firms leave blacklists, and enter them for acts of their own: what `leave` and `enter` do list by list."""
    out, into = len(leaving.rows), len(entering.rows)
    if not out + into:
        return
    firms = world.firms
    months = world.month - firms.listed_since[leaving]
    firms.delisted[leaving.rows[firms.listing[leaving] == OWN]] = world.month
    firms.listing[leaving] = 0
    firms.listed_since[leaving] = NEVER
    held = firms.listing[entering]
    new, confirmed = entering.those(held == 0), entering.those(held == ASSOCIATED)
    firms.listed_since[new] = world.month
    firms.listing[entering] = OWN
    number, firm = (np.concatenate(ends) for ends in zip(leaving, new, confirmed, strict=True))
    kind = np.repeat(KINDS, [out, len(new.rows), len(confirmed.rows)])
    order = np.argsort(number, kind="stable")
    other = np.where(kind == KINDS[0], 0, OWN)[order]
    world.events.append(
        len(order), month=world.month, firm=firm[order], kind=kind[order], detail=number[order], other=other
    )
    if into:
        world.count("listed", world.at_home(new.rows))
    if out:
        home = ~firms.overseas[leaving.rows]
        world.count("delisted", leaving.rows[home])
        world.count("delisted_months", leaving.rows[home], months[home])


def enter(world: World, number: int, rows: NDArray[np.integer], standing: Standing) -> None:
    """Put firms on a list; those already on it by association are now on it for their own act."""
    if not len(rows):
        return
    firms = world.firms
    listing = firms.listing[number]
    new = rows[listing[rows] == 0]
    firms.listed_since[number, new] = world.month
    own = rows[listing[rows] == Standing.ASSOCIATED] if standing == Standing.OWN else rows[:0]
    listing[new] = standing
    listing[own] = standing
    world.log(Event.LISTED, new, number, standing)
    world.log(Event.CONFIRMED, own, number, standing)
    if world.law.black[number]:
        world.count("listed", world.at_home(new))


def leave(world: World, number: int, rows: NDArray[np.int64], *, repaired: bool) -> None:
    """Take firms off a list."""
    if not len(rows):
        return
    firms = world.firms
    months = world.month - firms.listed_since[number, rows]
    if world.law.black[number]:
        firms.delisted[rows[firms.listing[number, rows] == Standing.OWN]] = world.month
    firms.listing[number, rows] = Standing.UNLISTED
    firms.listed_since[number, rows] = NEVER
    world.log(Event.DELISTED, rows, number, int(repaired))
    if world.law.black[number]:
        home = ~firms.overseas[rows]
        world.count("delisted", rows[home])
        world.count("delisted_months", rows[home], months[home])
