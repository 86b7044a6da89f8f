"""What the vectorised peer holds: the table of people, the edge list, a generator a purpose, and records."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Event, Lever
from creditregime.population.economy import ESSENTIAL, NON_ESSENTIAL, Economy
from creditregime.world import World

Array = NDArray[Any]
Floats = NDArray[np.float64]


class Random:
    """One generator a purpose, each of which draws a number for every firm when asked."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.generators: dict[str, np.random.Generator] = {}

    def of(self, purpose: str) -> np.random.Generator:
        """Return the generator of a purpose."""
        if purpose not in self.generators:
            self.generators[purpose] = np.random.default_rng([self.seed, zlib.crc32(purpose.encode())])
        return self.generators[purpose]

    def draw(self, purpose: str, number: int) -> Floats:
        """Return so many uniform numbers."""
        return self.of(purpose).random(number)


class People:
    """The firms: one array a state, float64 or boolean, a place a firm."""

    def __init__(self, world: World) -> None:
        firms = world.firms
        self.n = world.rows
        self.sector = firms.sector.astype(np.int64)
        self.foreign = firms.ownership == 2
        for name in ("size", "final_demand", "imports", "domestic_inputs", "cost_factor", "intrinsic", "aware"):
            setattr(self, name, getattr(firms, name).astype(np.float64))
        for name in ("equity", "debt", "profit_trend", "distress", "demand", "supply", "staff"):
            setattr(self, name, getattr(firms, name).astype(np.float64))
        self.score = firms.score[0].astype(np.float64)
        self.own_score = self.score.copy()
        self.grade = firms.grade[0].astype(np.int64)
        self.own_grade = self.grade.copy()
        self.level, self.output = np.ones(self.n), np.ones(self.n)
        self.active = np.ones(self.n, bool)
        self.caught, self.listed = np.zeros(self.n, bool), np.zeros(self.n, bool)
        for name in ("fines", "costs", "compliance", "profit", "shortfall", "finance_cost"):
            setattr(self, name, np.zeros(self.n))
        self.sanction_cost, self.associated_cost = np.zeros(self.n), np.zeros(self.n)
        self.levers = {lever: np.zeros(self.n) for lever in Lever}
        self.losses = [np.zeros(self.n) for _ in range(5)]


class Links:
    """The supply network as a list of edges from supplier (p1) to buyer (p2), and the inputs that they make up."""

    def __init__(self, economy: Economy, stock: float) -> None:
        self.p1, self.p2 = economy.supplier.astype(np.int64), economy.buyer.astype(np.int64)
        self.coefficient = economy.coefficient.astype(np.float64)
        self.weight = self.coefficient.copy()
        sectors = len(economy.sectors)
        self.sector = economy.sector.astype(np.int64)[self.p1]
        pairs, self.input = np.unique(self.p2 * sectors + self.sector, return_inverse=True)
        self.buyer, market = pairs // sectors, pairs % sectors
        essential = economy.essential[market, economy.sector[self.buyer]]
        self.essential = np.flatnonzero(essential == ESSENTIAL)
        self.linear = np.flatnonzero(essential == NON_ESSENTIAL)
        self.required = np.maximum(np.bincount(self.input, self.coefficient, len(pairs)), 1e-30)
        self.stock = np.full(len(pairs), stock)

    def to_buyers(self, values: Array, n: int) -> Floats:
        """Return each buyer's sum over its links of weight times the supplier's value."""
        return np.bincount(self.p2, self.weight * values[self.p1], n)


class Records:
    """The credit file of one topic: one place a record."""

    def __init__(self) -> None:
        self.firm, self.severity, self.expiry = (np.empty(0, np.int64) for _ in range(3))

    def add(self, firm: Array, severity: Array, expiry: Array) -> None:
        """Append records."""
        self.firm = np.concatenate([self.firm, firm])
        self.severity = np.concatenate([self.severity, severity])
        self.expiry = np.concatenate([self.expiry, expiry])

    def keep(self, kept: Array) -> None:
        """Delete all records but those marked."""
        self.firm, self.severity, self.expiry = self.firm[kept], self.severity[kept], self.expiry[kept]


class Log:
    """What befell whom: arrays of months, kinds, firms and details, a piece each time that something happens."""

    def __init__(self) -> None:
        self.pieces: list[tuple[int, Event, Array, Array]] = []

    def add(self, month: int, kind: Event, uids: Array, detail: Any = 0) -> None:
        """Keep an event of each firm."""
        if len(uids):
            self.pieces.append((month, kind, uids, np.broadcast_to(detail, uids.shape)))


class Pool:
    """The firms by sector, to be met by a searching buyer in proportion to size."""

    def __init__(self, people: People, sectors: int) -> None:
        self.order = np.argsort(people.sector, kind="stable")
        self.cumulated = np.cumsum(people.size[self.order])
        stops = np.cumsum(np.bincount(people.sector, minlength=sectors))
        self.above = np.concatenate([[0.0], self.cumulated])[stops]
        self.below = np.concatenate([[0.0], self.above[:-1]])
        self.last = stops - 1

    def meet(self, sector: Array, uniform: Floats) -> Array:
        """Return a firm of each sector asked for."""
        mass = self.below[sector] + uniform * (self.above - self.below)[sector]
        at = np.searchsorted(self.cumulated, mass, side="right")
        return self.order[np.minimum(at, self.last[sector])]
