"""The channel through a shared responsible person."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from creditregime.component import parameter
from creditregime.regime.neighbours import Layer
from creditregime.regime.spillover.channel import Carrier, Channel, seen_in
from creditregime.world import World


class PersonSpillover(Channel, family="spillover.person"):
    """Family of channels through a shared responsible person."""

    name = "person"

    def taint(self, world: World, listed: NDArray[np.bool_]) -> None:
        """Remember whose firm is blacklisted."""

    def register(self, world: World, rows: NDArray[np.int64]) -> None:
        """Grade new firms by what their responsible persons did before."""

    def grade(self, world: World) -> None:
        """Apply the grade to firms still under it."""


class NoPersonSpillover(PersonSpillover, kind="none"):
    """Responsible persons start afresh."""


class AssociatedD(PersonSpillover, kind="associated_d"):
    """A new firm run by the responsible person of a blacklisted firm is graded lowest for a time."""

    months: int = parameter(
        12,
        unit="months",
        ge=1,
        le=1200,
        description="how long the new firm is graded lowest",
        source="STA Announcements 2014 No. 40 Art. 20(8)(9) and 2015 No. 85",
        standing="real",
    )
    memory: int = parameter(60, unit="months", ge=1, le=1200, description="how long the person stays marked")

    def taint(self, world: World, listed: NDArray[np.bool_]) -> None:
        """Mark the persons of blacklisted firms with this month."""
        world.tainted[world.firms.person[listed]] = world.month

    def register(self, world: World, rows: NDArray[np.int64]) -> None:
        """Mark new firms of marked persons."""
        if not self.months:
            return
        marked = rows[world.tainted[world.firms.person[rows]] >= max(world.month - self.memory, 0)]
        world.firms.associated_until[marked] = world.month + self.months
        world.count("associated_entries", marked)

    def grade(self, world: World) -> None:
        """Grade lowest while the mark lasts."""
        under = np.flatnonzero(world.firms.associated_until > world.month)
        world.firms.grade[:, under] = 0


class PersonLinear(Carrier, AssociatedD, kind="linear"):
    """Firms with the same responsible person are neighbours, for as long as they share it.

    See `Carrier` for the modes; ``list`` is the documented one: the legal representative and responsible persons are
    listed with the firm. With `months` above 0 new firms are also graded as by `associated_d`.
    """

    strength: float = parameter(
        0.3,
        unit="share",
        ge=0,
        le=1,
        description="share of the shortfall deducted (or measures applied); 0 is off in every mode",
        source="wage Regulations Art. 48: legal representative and responsible persons are listed with the firm; that"
        " their other firms follow is an assumption",
        standing="partly",
    )
    months: int = parameter(
        0, unit="months", ge=0, le=1200, description="how long a new firm is graded lowest, as by associated_d; 0 not"
    )

    def layer(self, world: World) -> Layer:
        """Return the person's other firms; their mean."""
        return PersonLayer(world)

    def counts(self, world: World, chance: float = 1.0) -> Layer:
        """Return the same, one vote each, over open ties; each pair of firms is drawn once."""
        first, second = pairs(world)
        tied = world.draws.pairs("open person", first, second) < np.float32(chance)
        return PairLayer(world.rows, first[tied], second[tied])


class PersonLayer:
    """The map from a value a firm to the mean over the other active firms of its responsible person."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rows, self._person = sharing(world)
        self._others = np.bincount(self._person)[self._person] - 1 if len(self._rows) else self._person

    def mean(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the mean over neighbours, (N,)."""
        total: NDArray[Any] = np.zeros_like(values)
        own = values[self._rows].astype(np.float64)
        if len(own):
            total[self._rows] = (np.bincount(self._person, own)[self._person] - own) / self._others
        return total

    @cached_property
    def matrix(self) -> Any:
        """The same map as a sparse matrix, (N, N)."""
        others = np.zeros(self._world.rows)
        others[self._rows] = 1 / self._others
        return diags_array(others) @ PairLayer(self._world.rows, *pairs(self._world)).matrix


class PairLayer:
    """The map from a value a firm to the sum over the firms that it is paired with."""

    def __init__(self, rows: int, first: NDArray[np.int64], second: NDArray[np.int64]) -> None:
        ends = (np.concatenate([first, second]), np.concatenate([second, first]))
        self.matrix: Any = csr_array((np.ones(len(ends[0]), np.float32), ends), shape=(rows, rows))

    def mean(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the sum over neighbours, (N,)."""
        product: NDArray[Any] = self.matrix @ values
        return product


def sharing(world: World) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the active firms whose responsible person runs another one, and the persons' numbers 0, 1, ..."""
    rows = np.flatnonzero(world.firms.active)
    person = world.firms.person[rows].astype(np.int64)
    if (region := seen_in(world)) is not None:  # of the person's firms in other regions nothing is known
        person = person * len(world.economy.regions) + region[rows]
    _, number, times = np.unique(person, return_inverse=True, return_counts=True)
    shared = times[number] > 1
    return rows[shared], np.unique(number[shared], return_inverse=True)[1].astype(np.int64)


def pairs(world: World) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return every pair of active firms with the same person, the lower row first."""
    rows, person = sharing(world)
    order = np.argsort(person, kind="stable")
    rows, person = rows[order], person[order]
    later = np.searchsorted(person, person, side="right") - np.arange(len(rows)) - 1
    first = np.repeat(np.arange(len(rows)), later)
    within = np.arange(len(first)) - np.repeat(np.cumsum(later) - later, later)
    return rows[first], rows[first + 1 + within]
