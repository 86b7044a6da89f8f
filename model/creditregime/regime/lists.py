"""Blacklists and redlists: who enters, for how long, who leaves."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.codes import Event, Standing
from creditregime.component import Settings, parameter
from creditregime.world import NEVER, Floats, World


class ListRule(Settings):
    """One list: general or of one topic, black or red.

    A blacklist takes a firm when a new record leaves it with enough live records, or while its grade is at or below a
    limit (a firm that is still there when its term ends is listed anew).
    A redlist holds the firms whose grade and clean months suffice, for as long as they do.
    """

    topic: str = parameter("general", unit="-", description="the topic whose records count, or 'general' for all")
    colour: Literal["black", "red"] = parameter("black", unit="-", description="blacklist or redlist", standing="real")
    serious: int = parameter(1, unit="records", ge=0, description="live serious records that lead to entry; 0 never")
    records: int = parameter(0, unit="records", ge=0, description="live records of any severity; 0 never")
    grade: str | None = parameter(
        None, unit="-", description="grade at (black: or below; red: or above) which to enter"
    )
    clean_months: int = parameter(24, unit="months", ge=0, le=1200, description="redlist: months without a record")
    min_months: int = parameter(
        12, unit="months", ge=0, le=1200, description="shortest term, before which repair cannot end it"
    )
    max_months: int = parameter(36, unit="months", ge=1, le=1200, description="longest term, after which it ends")
    published: bool = parameter(True, unit="-", description="partners and consumers can see it", standing="real")

    @model_validator(mode="after")
    def _terms_in_order(self) -> Self:
        if self.min_months > self.max_months:
            raise ValueError(f"min_months ({self.min_months}) must not exceed max_months ({self.max_months})")
        if self.colour == "black" and not (self.serious or self.records or self.grade):
            raise ValueError("a blacklist needs a way in: serious, records or grade")
        return self

    def topics_of(self, world: World) -> list[int]:
        """Return the numbers of the topics whose records count."""
        return [k for k, name in enumerate(world.topics) if self.topic in ("general", name)]

    def chance_of_entry(self, world: World, k: int) -> Floats | np.float32 | None:
        """Return the probability that one more record of topic `k` leads to the list, a scalar or (N,), or None."""
        if self.colour == "red":
            return None
        topics = self.topics_of(world)
        shares = world.law.shares[k]
        chance: Floats | np.float32 = np.float32(0)
        if self.serious == 1:
            chance = shares[2]
        elif self.serious:
            chance = shares[2] * (_live(world, topics, (2,)) + 1 >= self.serious)
        if self.records:
            chance = np.where(_live(world, topics, (0, 1, 2)) + 1 >= self.records, np.float32(1), chance)
        return chance if np.any(chance) else None

    def update(self, world: World, number: int) -> None:
        """Let firms leave whose term is over, and enter those that meet a condition."""
        if self.colour == "red":
            self._update_red(world, number)
            return
        listing, since = world.firms.listing[number], world.firms.listed_since[number]
        listed = np.flatnonzero(listing)
        over = listed[since[listed] <= world.month - self.max_months]
        leave(world, number, over, repaired=False)
        # What was committed while the firm was still listed does not list it anew in the month in which the term ends.
        caught = self._caught(world)
        if len(caught):
            enter(world, number, np.setdiff1d(caught, over), Standing.OWN)
        if self.grade is not None:
            enter(world, number, self._fallen(world, number), Standing.OWN)

    def _caught(self, world: World) -> NDArray[np.integer]:
        topics = self.topics_of(world)
        topic, firm = world.entered
        if not len(firm):
            return firm
        rows = np.unique(firm[np.isin(topic, topics)])
        live = world.firms.live[:, topics][:, :, rows].sum(axis=1, dtype=np.uint16)
        enough = np.zeros(len(rows), np.bool_)
        if self.serious:
            enough |= live[2] >= self.serious
        if self.records:
            enough |= live.sum(axis=0) >= self.records
        return rows[enough]

    def _fallen(self, world: World, number: int) -> NDArray[np.int64]:
        firms = world.firms
        limit = world.law.grades.index(str(self.grade))
        rated = firms.own_grade if len(firms.own_grade) == 1 else firms.own_grade[self.topics_of(world)]
        low = (rated <= limit).any(axis=0) & firms.active
        if world.law.partial:
            low &= firms.rated
        return np.flatnonzero(low & (firms.listing[number] == 0))

    def _update_red(self, world: World, number: int) -> None:
        firms = world.firms
        since = np.maximum(np.maximum(firms.last_record, firms.born), -1)  # nobody was on record before the run
        clean = since <= world.month - self.clean_months
        clean &= firms.active
        if self.grade is not None:
            rated = firms.grade if len(firms.grade) == 1 else firms.grade[self.topics_of(world)]
            clean &= (rated >= world.law.grades.index(self.grade)).all(axis=0)
            if world.law.partial:
                clean &= firms.rated
        listing = firms.listing[number]
        leave(world, number, np.flatnonzero((listing > 0) & ~clean), repaired=False)
        enter(world, number, np.flatnonzero((listing == 0) & clean), Standing.OWN)


def _live(world: World, topics: list[int], severities: tuple[int, ...]) -> NDArray[np.uint16]:
    """Return how many live records of some topics and severities each firm has, (N,)."""
    count = np.zeros(world.rows, np.uint16)
    for k in topics:
        for s in severities:
            count += world.firms.live[s, k]
    return count


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
    if world.law.black[number]:
        world.count("listed", new)


def leave(world: World, number: int, rows: NDArray[np.int64], *, repaired: bool) -> None:
    """Take firms off a list."""
    if not len(rows):
        return
    firms = world.firms
    months = world.month - firms.listed_since[number, rows]
    firms.listing[number, rows] = Standing.UNLISTED
    firms.listed_since[number, rows] = NEVER
    world.log(Event.DELISTED, rows, number, int(repaired))
    if world.law.black[number]:
        world.count("delisted", rows)
        world.count("delisted_months", rows, months)


def blacklists_of(lists: dict[str, ListRule], topics: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Return for each topic the numbers of the blacklists that its records can lead to."""
    black = [(n, rule.topic) for n, rule in enumerate(lists.values()) if rule.colour == "black"]
    return tuple(tuple(n for n, topic in black if topic in ("general", name)) for name in topics)


def blacklisted(world: World, lists: dict[str, ListRule]) -> NDArray[np.bool_]:
    """Return who stands on any blacklist, (N,)."""
    numbers = [n for n, rule in enumerate(lists.values()) if rule.colour == "black"]
    if not numbers:
        return np.zeros(world.rows, np.bool_)
    listed: NDArray[np.bool_] = np.asarray(world.firms.listing[numbers].any(axis=0))
    return listed
