"""Blacklists and redlists: who enters, for how long, who leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.codes import Standing
from creditregime.component import Settings, parameter
from creditregime.regime.conditions import Limits, Window, carelessness, not_filed, refusing
from creditregime.regime.listing import Places, enter, exchange, leave, on_any
from creditregime.state import Floats, Rows
from creditregime.units import monthly
from creditregime.world import World

NEVER_ENOUGH = 2**31
"""More records than a firm can have."""


class ListRule(Settings):
    """One list: general or of one topic, black or red.

    A blacklist takes a firm when a new record leaves it with enough live records, or while its grade is at or below a
    limit (a firm that is still there when its term ends is listed anew). It may also take firms whose records of the
    last months are many, or fined heavily, enough (``window``, ``amount``), those that file no annual report, and those
    that refuse to pay a fine; a duty performed late ends such a listing (``cured``). A firm that stays too long can be
    moved up to a graver list.
    A redlist holds the firms whose grade and clean months suffice, for as long as they do.
    """

    topic: str = parameter("general", unit="-", description="the topic whose records count, or 'general' for all")
    colour: Literal["black", "red"] = parameter("black", unit="-", description="blacklist or redlist", standing="real")
    serious: int = parameter(1, unit="records", ge=0, description="live serious records that lead to entry; 0 never")
    records: int = parameter(0, unit="records", ge=0, description="live records of any severity; 0 never")
    grade: str | None = parameter(
        None, unit="-", description="grade at (black: or below; red: or above) which to enter"
    )
    window: int = parameter(
        0,
        unit="months",
        ge=0,
        le=1200,
        description="records count that entered in the last so many months; 0: as long as they are live",
        source="Food Safety Law 2021 Art. 134: three penalties in a year",
        standing="real",
    )
    amount: float = parameter(
        0.0,
        unit="money",
        ge=0,
        description="fines for the counted records that lead to entry; 0 never",
        source="GACC Order 251: fines above RMB 1m",
        standing="real",
    )
    unfiled: float = parameter(
        0.0,
        unit="probability",
        ge=0,
        le=1,
        description="chance that a firm without any effort files no annual report by the end of June, and is listed;"
        " it falls to 0 at full effort; 0 never",
        source="entry: Regulations on Enterprise Information Disclosure 2014 Art. 17; the chance is an assumption",
        standing="real",
    )
    refusal: float = parameter(
        0.0,
        unit="probability",
        ge=0,
        le=1,
        description="chance that a fined firm without any effort is able but refuses to pay, and is listed; it falls to"
        " 0 at full effort; 0 never",
        source="entry: Supreme People's Court 2013 Art. 1; the chance is an assumption",
        standing="real",
    )
    cured: float = parameter(
        0.0,
        unit="probability/year",
        ge=0,
        lt=1,
        description="chance that a listed firm performs the duty in a year and is taken off at once",
        standing="real",
    )
    escalates_to: str | None = parameter(
        None, unit="-", description="graver list that a firm enters after `escalates_after` months on this one"
    )
    escalates_after: int = parameter(
        36,
        unit="months",
        ge=1,
        le=1200,
        description="months on this list after which the graver one follows",
        source="Regulations on Enterprise Information Disclosure 2014 Art. 17",
        standing="real",
    )
    clean_months: int = parameter(24, unit="months", ge=0, le=1200, description="redlist: months without a record")
    at_stake: bool = parameter(
        False,
        unit="-",
        description="redlist: firms reckon with losing their place, and its rewards, for the clean months it takes",
    )
    min_months: int = parameter(
        12, unit="months", ge=0, le=1200, description="shortest term, before which repair cannot end it"
    )
    max_months: int = parameter(36, unit="months", ge=1, le=1200, description="longest term, after which it ends")
    initial: float = parameter(
        0.0, unit="share", ge=0, le=1, description="blacklist: share of firms that stand on it at the start, drawn once"
    )
    published: bool = parameter(True, unit="-", description="partners and consumers can see it", standing="real")

    @model_validator(mode="after")
    def _terms_in_order(self) -> Self:
        if self.min_months > self.max_months:
            raise ValueError(f"min_months ({self.min_months}) must not exceed max_months ({self.max_months})")
        if self.colour == "black" and not self._ways_in():
            raise ValueError("a blacklist needs a way in: serious, records, grade, amount, unfiled, refusal or initial")
        if self.colour == "red" and self.initial:
            raise ValueError("initial: only a blacklist can hold firms at the start")
        if self.escalates_to is not None and self.escalates_after >= self.max_months:
            raise ValueError(f"escalates_after ({self.escalates_after}) must be less than max_months")
        return self

    def _ways_in(self) -> bool:
        return bool(self.by_records or self.unfiled or self.refusal or self.initial)

    @property
    def by_records(self) -> bool:
        """Whether records, or the grade that they give, lead to the list."""
        return bool(self.serious or self.records or self.grade or self.amount)

    def prepare(self, world: World, number: int) -> None:
        """Put a share of the firms on the list at the start, as if for own acts; draws are nested in the share."""
        if self.initial:
            drawn = world.draws.uniform("initially listed", 0, number) < np.float32(self.initial)
            enter(world, number, np.flatnonzero(drawn & world.rated()), Standing.OWN)

    def topics_of(self, world: World) -> list[int]:
        """Return the numbers of the topics whose records count."""
        if self.topic in world.topics:
            return [world.topics.index(self.topic)]
        return [k for k in range(len(world.topics)) if not world.law.withheld[k]]

    def chance_of_entry(self, world: World, k: int) -> Floats | np.float32 | None:
        """Return the probability that one more record of topic `k` leads to the list, a scalar or (N,), or None."""
        if self.colour == "red":
            return None
        chance = self._by_window(world, k) if self.window or self.amount else self._by_live(world, k)
        if self.refusal:
            fined = world.law.shares[k] @ (world.law.fine[k] > 0)
            chance = np.maximum(chance, np.float32(self.refusal * fined) * carelessness(world))
        return chance if np.any(chance) else None

    def _by_live(self, world: World, k: int) -> Floats | np.float32:
        topics = self.topics_of(world)
        shares = world.law.shares[k]
        chance: Floats | np.float32 = np.float32(0)
        if self.serious == 1:
            chance = shares[2]
        elif self.serious:
            chance = shares[2] * (_live(world, topics, (2,)) + 1 >= self.serious)
        if self.records:
            chance = np.where(_live(world, topics, (0, 1, 2)) + 1 >= self.records, np.float32(1), chance)
        return chance

    def _by_window(self, world: World, k: int) -> Floats:
        """Return the chance that one more record of topic `k` is one too many, (N,): severity by severity."""
        window, chance = self._window(world), np.zeros(world.rows, np.float32)
        for s in range(3):
            chance += world.law.shares[k, s] * window.reached(self._limits, (k, s))
        return chance

    @property
    def _limits(self) -> Limits:
        return Limits(self.serious, self.records, self.amount)

    def _window(self, world: World) -> Window:
        """Return the counted records, gathered once between two months' entries."""
        key = ("window", self.topic, self.window, len(world.records))
        if key not in world.memo:
            world.memo[key] = Window(world, self.topics_of(world), self.window)
        window: Window = world.memo[key]
        return window

    def update(self, world: World, number: int) -> None:
        """Let firms leave whose term is over, and enter those that meet a condition."""
        if self.colour == "red":
            self._update_red(world, number)
            return
        Blacklists(world.topics, {number: self}).update(world)
        if self.grade is not None:
            enter(world, number, self._fallen(world, number), Standing.OWN)
        self._duties(world, number)
        if self.escalates_to is not None:
            overdue = np.flatnonzero(world.firms.listed_since[number] == world.month - self.escalates_after)
            enter(world, world.law.lists.index(self.escalates_to), overdue, Standing.OWN)

    @property
    def plain(self) -> bool:
        """Whether it is a blacklist that firms enter by records only."""
        others = self.grade is not None or self.unfiled or self.refusal or self.escalates_to is not None
        return self.colour == "black" and not others

    def cure(self, world: World, number: int, listed: Rows) -> Rows:
        """Return who of those on the list for acts of their own performs the duty this month."""
        held = listed[world.firms.listing[number, listed] == Standing.OWN]
        draws = world.draws.at(held, "perform", world.month, number)
        return held[draws < np.float32(monthly(self.cured))]

    def _duties(self, world: World, number: int) -> None:
        """List who failed to report or to pay."""
        if self.unfiled:
            enter(world, number, not_filed(world, self.unfiled, number), Standing.OWN)
        if self.refusal:
            topics = self.topics_of(world)
            enter(world, number, refusing(world, topics, self.refusal, number), Standing.OWN)

    def caught(self, world: World) -> Rows:
        """Return whom a record that entered this month leaves with enough records, rising rows."""
        topic, firm = world.entered
        rows = np.unique(firm[np.isin(topic, self.topics_of(world))]).astype(np.int64)
        return rows[self.enough(world, rows)] if len(rows) else rows

    def enough(self, world: World, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Tell which of some firms have enough records to be on the blacklist."""
        if self.window or self.amount:
            return self._window(world).reached(self._limits)[rows]
        live = world.firms.live[:, self.topics_of(world)][:, :, rows].sum(axis=1, dtype=np.uint16)
        enough: NDArray[np.bool_] = live[2] >= (self.serious or NEVER_ENOUGH)
        return enough | (live.sum(axis=0) >= (self.records or NEVER_ENOUGH))

    def _fallen(self, world: World, number: int) -> NDArray[np.int64]:
        low = self.low(world, slice(None)) & world.rated()
        return np.flatnonzero(low & (world.firms.listing[number] == 0))

    def low(self, world: World, rows: NDArray[np.integer] | slice) -> NDArray[np.bool_]:
        """Tell which of some firms hold a grade at or below the limit."""
        limit, grade = world.law.grades.index(str(self.grade)), world.firms.own_grade
        rated = grade if len(grade) == 1 else grade[self.topics_of(world)]
        low: NDArray[np.bool_] = np.any(rated[:, rows] <= limit, axis=0)
        if world.law.partial:
            low = low & world.firms.rated[rows]
        return low

    def _update_red(self, world: World, number: int) -> None:
        firms = world.firms
        last = world.month - self.clean_months
        clean = world.domestic() & (last >= -1)  # nobody was on record before the run
        clean &= firms.last_record <= last
        clean &= firms.born <= last
        if self.grade is not None:
            rated = firms.grade if len(firms.grade) == 1 else firms.grade[self.topics_of(world)]
            clean &= (rated >= world.law.grades.index(self.grade)).all(axis=0)
            if world.law.partial:
                clean &= firms.rated
        listed = firms.listing[number] != 0
        changed = np.flatnonzero(listed != clean)
        leave(world, number, changed[listed[changed]], repaired=False)
        enter(world, number, changed[clean[changed]], Standing.OWN)


class Blacklists:
    """Consecutive blacklists, updated together; nothing is said here of other ways in than by records."""

    def __init__(self, topics: Sequence[str], rules: dict[int, ListRule]) -> None:
        self._rules = rules
        self._numbers = np.array([*rules])
        self._terms = np.array([rule.max_months for rule in rules.values()])
        alike = {n: rule for n, rule in rules.items() if rule.topic in topics and not (rule.window or rule.amount)}
        self._others = {number: rule for number, rule in rules.items() if number not in alike}
        self._alike = np.array([*alike], np.int64)
        self._topic = np.array([[topics.index(rule.topic)] for rule in alike.values()]).reshape(-1, 1)
        self._serious = np.array([[rule.serious or NEVER_ENOUGH] for rule in alike.values()]).reshape(-1, 1)
        self._records = np.array([[rule.records or NEVER_ENOUGH] for rule in alike.values()]).reshape(-1, 1)

    def update(self, world: World) -> None:
        """Let firms leave whose terms are over, or who are cured, and enter whom records list."""
        firms = world.firms
        ends = world.month - self._terms  # the term of who was listed then or before is over
        listed = self._listed(world)
        place, since = listed.number - self._numbers[0], firms.listed_since[listed]
        over = listed.those(since <= ends[place])
        if cures := {number: rule for number, rule in self._rules.items() if rule.cured}:
            staying = listed.those(since > ends[place])
            cured = {n: rule.cure(world, n, staying.rows[staying.number == n]) for n, rule in cures.items()}
            over = _joined(over, cured)
        caught = self._caught(world)
        # What was committed while the firm was still listed does not list it anew in the month in which the term ends.
        ending = (firms.listing[caught] != 0) & (firms.listed_since[caught] <= ends[caught.number - self._numbers[0]])
        exchange(world, over, caught.those(~ending))

    def _listed(self, world: World) -> Places:
        """Return who stands on the lists."""
        numbers = self._numbers
        listed = np.flatnonzero(world.firms.listing[numbers[0] : numbers[-1] + 1] != 0)
        number, rows = np.divmod(listed, world.rows)
        return Places(number + numbers[0], rows)

    def _caught(self, world: World) -> Places:
        """Return whom a record that entered this month leaves with enough records: what `ListRule.caught` says.

        Lists that count the live records of one topic are looked at together: lists by entries.
        """
        topic, firm = world.entered
        live = world.firms.live[:, topic, firm]
        enough = (live[2] >= self._serious) | (np.add.reduce(live, dtype=np.uint16) >= self._records)
        enough &= topic == self._topic
        place, entry = np.divmod(np.flatnonzero(enough), max(len(firm), 1))
        number, rows = np.divmod(np.unique(self._alike[place] * world.rows + firm[entry]), world.rows)
        return _joined(Places(number, rows), {n: rule.caught(world) for n, rule in self._others.items()})


def _joined(some: Places, more: Mapping[int, NDArray[np.integer]]) -> Places:
    """Return firms on lists and, after them, more by list."""
    if not more:
        return some
    number = np.repeat(np.array([*more], np.int64), [len(rows) for rows in more.values()])
    return Places(np.append(some.number, number), np.concatenate([some.rows, *more.values()]))


def in_batches(topics: Sequence[str], lists: dict[str, ListRule]) -> list[Callable[[World], None]]:
    """Return what updates all lists in their order: at once where firms only enter by records."""
    updates: list[Callable[[World], None]] = []
    for plain, some in groupby(enumerate(lists.values()), lambda item: item[1].plain):
        if plain:
            updates.append(Blacklists(topics, dict(some)).update)
        else:
            updates += [partial(rule.update, number=number) for number, rule in some]
    return updates


def _live(world: World, topics: list[int], severities: tuple[int, ...]) -> NDArray[np.uint16]:
    """Return how many live records of some topics and severities each firm has, (N,)."""
    count = np.zeros(world.rows, np.uint16)
    for k in topics:
        for s in severities:
            count += world.firms.live[s, k]
    return count


def blacklists_of(lists: dict[str, ListRule], topics: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Return for each topic the numbers of the blacklists that its records can lead to."""
    black = [(n, rule.topic) for n, rule in enumerate(lists.values()) if rule.colour == "black"]
    return tuple(tuple(n for n, topic in black if topic in ("general", name)) for name in topics)


def blacklisted(world: World, lists: dict[str, ListRule]) -> NDArray[np.bool_]:
    """Return who stands on any blacklist, (N,)."""
    return on_any(world, [world.law.lists.index(name) for name, rule in lists.items() if rule.colour == "black"])
