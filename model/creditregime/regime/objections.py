"""Objection and appeal: how what was recorded wrongly is struck off again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Event, Standing
from creditregime.component import Rule, parameter
from creditregime.regime.listing import leave
from creditregime.regime.lists import ListRule
from creditregime.regime.records import standing, withdraw
from creditregime.world import World

Chosen = NDArray[np.int64]


class Objections(Rule, family="objections"):
    """Family of remedies against records."""

    def hear(self, world: World) -> Chosen:
        """Take in and decide this month's objections; return the records that were struck off."""
        return np.empty(0, np.int64)

    def reinstate(self, world: World, struck: Chosen, lists: dict[str, ListRule]) -> None:
        """Take off the lists whom only such records had put there."""


class NoObjections(Objections, kind="none"):
    """What is recorded stays until it expires or is repaired."""


class Round(NamedTuple):
    """One round of a remedy: its name, how old records are when it is filed and decided, and its chances."""

    name: str
    filed: int
    decided: int
    files: tuple[float, float]
    upheld: tuple[float, float]


class Review(Objections, kind="review"):
    """A firm may object to a record when it is entered, and appeal if that fails.

    What it files, and what is decided, depends on whether the record is false. A record struck off ceases to count,
    and a firm leaves the blacklists on which only that record had put it.
    """

    contest: float = parameter(
        0.5, unit="probability", ge=0, le=1, description="chance that a false record is contested"
    )
    groundless: float = parameter(0.02, unit="probability", ge=0, le=1, description="chance that a true one is")
    upheld: float = parameter(
        0.6, unit="probability", ge=0, le=1, description="chance that an objection to a false record succeeds"
    )
    wrongly_upheld: float = parameter(
        0.05, unit="probability", ge=0, le=1, description="chance that an objection to a true record succeeds"
    )
    months: int = parameter(
        1,
        unit="months",
        ge=1,
        le=60,
        description="time until an objection is decided",
        source="Zhejiang 2017 Art. 31: 5 working days, 20 at most; Shandong 3 to 7; Shanghai 5",
        standing="real",
    )
    appeal: float = parameter(
        0.5, unit="probability", ge=0, le=1, description="chance that a firm whose objection failed appeals"
    )
    appeal_upheld: float = parameter(
        0.4, unit="probability", ge=0, le=1, description="chance that an appeal against a false record succeeds"
    )
    appeal_wrongly_upheld: float = parameter(
        0.02, unit="probability", ge=0, le=1, description="chance that an appeal against a true record succeeds"
    )
    appeal_months: int = parameter(
        2, unit="months", ge=1, le=60, description="time from the refusal until the appeal is decided"
    )
    cost: float = parameter(0.005, unit="months of own revenue", ge=0, description="cost to the firm of an objection")
    appeal_cost: float = parameter(
        0.02, unit="months of own revenue", ge=0, description="cost to the firm of an appeal"
    )
    reverses_listing: bool = parameter(True, unit="-", description="a listing that followed ends with the record")

    def hear(self, world: World) -> Chosen:
        """File with the entry of a record, decide some months later; the draws belong to the record's own month."""
        delay, months = world.law.delay, world.law.delay + self.months
        first = Round("objection", delay, months, (self.contest, self.groundless), (self.upheld, self.wrongly_upheld))
        second = Round(
            "appeal",
            months,
            months + self.appeal_months,
            (self.appeal, self.appeal),
            (self.appeal_upheld, self.appeal_wrongly_upheld),
        )
        self._file(world, self._standing(world, first.filed), first, self.cost)
        won, lost = self._decide(world, first, self._filed(world, first.decided, first))
        self._file(world, lost, second, self.appeal_cost)
        _, lost_before = self._decide(world, first, self._filed(world, second.decided, first))
        won_now, _ = self._decide(world, second, self._chosen(world, lost_before, second))
        return np.concatenate([self._strike(world, won, 0), self._strike(world, won_now, 1)])

    def reinstate(self, world: World, struck: Chosen, lists: dict[str, ListRule]) -> None:
        """End listings since the record's month for which neither the live records nor the grade are a reason."""
        if not self.reverses_listing or not len(struck):
            return
        topic, firm, month = (world.records[name][struck] for name in ("topic", "firm", "month"))
        for number, rule in enumerate(lists.values()):
            if rule.colour == "black":
                listed = world.firms.listing[number, firm] == Standing.OWN
                listed &= world.firms.listed_since[number, firm] >= month
                rows = np.unique(firm[listed & np.isin(topic, rule.topics_of(world))]).astype(np.int64)
                rows = rows[~rule.enough(world, rows)]
                leave(world, number, rows if rule.grade is None else rows[~rule.low(world, rows)], repaired=False)

    def _standing(self, world: World, age: int) -> Chosen:
        """Return the records of the month `age` months ago that still stand."""
        month = world.month - age
        rows = world.records.of_month(month) if age else slice(_first_of_month(world), len(world.records))
        return rows.start + np.flatnonzero(standing(world, rows))

    def _filed(self, world: World, age: int, step: Round) -> Chosen:
        return self._chosen(world, self._standing(world, age), step)

    def _chosen(self, world: World, records: Chosen, step: Round) -> Chosen:
        """Return those records against which the firms act in this round."""
        return records[_drawn(world, records, f"file {step.name}") < _by_truth(world, records, step.files)]

    def _file(self, world: World, records: Chosen, step: Round, cost: float) -> None:
        records = self._chosen(world, records, step)
        firm = world.records["firm"][records]
        np.add.at(world.firms.costs, firm, np.float32(cost) * world.firms.size[firm])
        world.count(f"{step.name}s", firm)

    def _decide(self, world: World, step: Round, records: Chosen) -> tuple[Chosen, Chosen]:
        """Return the records to be struck off in this round, and the others."""
        won = _drawn(world, records, f"decide {step.name}") < _by_truth(world, records, step.upheld)
        return records[won], records[~won]

    def _strike(self, world: World, records: Chosen, appeal: int) -> Chosen:
        records = withdraw(world, records)
        log, regulators = world.records, world.regulators
        firm = log["firm"][records]
        np.add.at(regulators.struck_off, log["regulator"][records], 1)
        world.log(Event.STRUCK_OFF, firm, log["topic"][records], appeal)
        world.count("struck_off", firm)
        world.count("struck_off_true", firm[log["true"][records]])
        return records


def _first_of_month(world: World) -> int:
    ends = world.records.month_ends
    return ends[-1] if ends else 0


def _by_truth(world: World, records: Chosen, chances: tuple[float, float]) -> NDArray[np.float32]:
    """Return the first chance for false records, the second for true ones."""
    return np.where(world.records["true"][records], np.float32(chances[1]), np.float32(chances[0]))


def _drawn(world: World, records: Chosen, purpose: str) -> NDArray[np.float32]:
    """Return one uniform a record, which is the same whenever it is asked for."""
    if not len(records):
        return np.empty(0, np.float32)
    log = world.records
    month = int(log["month"][records[0]])  # all are of one month
    return world.draws.by_lane(log["firm"][records].astype(np.int64), log["topic"][records], purpose, month)
