"""What leads to a list besides live records: counts and fines in a window of months, and duties not performed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from creditregime.state import Floats
from creditregime.units import MONTHS
from creditregime.world import World

DUE = 6
"""The month of the year by whose end annual reports are due (2014 Regulations: 1 January to 30 June)."""

Rows = NDArray[np.int64]


def visible(world: World, months: int) -> Rows:
    """Return the positions of the records that entered in the last `months` months, this one included, and count.

    They are unrepaired, unexpired, and about firms that are still in business.
    """
    records, firms = world.records, world.firms
    first = max(world.month - max(world.law.delays, default=0) - months + 1, 0)
    start = records.month_ends[first - 1] if first else 0
    entered = records["entry"][start:]
    chosen = (entered > world.month - months) & (entered <= world.month)
    chosen &= (records["expiry"][start:] > world.month) & (records["repaired"][start:] < 0)
    chosen &= records["withdrawn"][start:] < 0
    firm = records["firm"][start:]
    chosen &= (records["month"][start:] >= firms.born[firm]) & firms.active[firm]
    return np.flatnonzero(chosen) + start


class Limits(NamedTuple):
    """How many serious records, how many records, and what fines lead to a list; 0 never."""

    serious: int
    records: int
    amount: float


class Window:
    """The records of some topics that entered in the last months, added up by firm."""

    def __init__(self, world: World, topics: Sequence[int], months: int) -> None:
        records, self.world = world.records, world
        rows = visible(world, months or max(world.law.lives, default=1))
        rows = rows[np.isin(records["topic"][rows], topics)]
        self._firm, self._topic = records["firm"][rows], records["topic"][rows]
        self._severity = records["severity"][rows]

    def reached(self, limits: Limits, more: tuple[int, int] | None = None) -> NDArray[np.bool_]:
        """Return who reaches a limit, (N,); `more` names topic and severity number of one more record."""
        law, world = self.world.law, self.world
        enough = np.zeros(world.rows, np.bool_)
        if limits.serious and (more is None or more[1] == 2):
            enough |= self.number(least=3) + (more is not None) >= limits.serious
        if limits.records:
            enough |= self.number() + (more is not None) >= limits.records
        if limits.amount:
            fine = 0 if more is None else law.fine[more] * world.firms.size
            enough |= self.fines() + fine >= np.float32(limits.amount)
        return enough

    def number(self, least: int = 1) -> NDArray[np.int64]:
        """Return how many records of at least a severity each firm has, (N,)."""
        return np.bincount(self._firm[self._severity >= least], minlength=self.world.rows)

    def fines(self) -> Floats:
        """Return the fines that the law sets for these records, (N,) money."""
        fine = self.world.law.fine[self._topic, self._severity - 1]
        sums = np.bincount(self._firm, fine, self.world.rows).astype(np.float32)
        sums *= self.world.firms.size
        return sums


def not_filed(world: World, chance: float, number: int) -> Rows:
    """Return the firms that let the date for the annual report pass: `chance` at no effort, 0 at full effort."""
    if (world.month + 1) % MONTHS != DUE % MONTHS:
        return np.empty(0, np.int64)
    firms = world.firms
    missed = world.draws.uniform("file report", world.month, number) < np.float32(chance) * carelessness(world)
    missed &= world.domestic() & (firms.born <= world.month - DUE)  # who registered this half-year reports next year
    return np.flatnonzero(missed)


def refusing(world: World, topics: Sequence[int], chance: float, number: int) -> Rows:
    """Return the firms fined this month that are able to pay and refuse: `chance` at no effort, 0 at full effort."""
    found = world.findings
    fined = np.isin(found.topic, topics)
    fined &= world.law.fine[found.topic, found.severity - 1] > 0
    rows = world.at_home(np.unique(found.firm[fined]))  # what is found abroad is not fined
    draws = world.draws.at(rows, "refuse", world.month, number)
    return rows[draws < np.float32(chance) * carelessness(world, rows)]


def carelessness(world: World, rows: Rows | slice = slice(None)) -> Floats:
    """Return 1 less the mean effort over topics of some firms."""
    mean: Floats = 1 - world.firms.effort[:, rows].mean(axis=0)
    return mean
