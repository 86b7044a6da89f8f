"""Measures and rewards: what each agency does to firms by grade or list, alone or jointly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Event, Lever, Standing
from creditregime.regime.joint import JointPunishment
from creditregime.regime.levers import Measure, lever_worth
from creditregime.regime.lists import ListRule
from creditregime.regime.rating import Rating
from creditregime.state import Floats
from creditregime.world import World


class Catalogue:
    """The measures and rewards of a scenario, made ready to be applied every month.

    `carry` applies shares of the measures to connected firms, once measures are in force and before rewards.
    """

    def __init__(
        self,
        world: World,
        measures: dict[str, Measure],
        rewards: dict[str, Measure],
        joint: JointPunishment,
        *,
        carry: Callable[[World], None] | None = None,
    ) -> None:
        self._carry = carry
        self.names = (*measures, *rewards)
        self.items = [(rule, 1.0) for rule in measures.values()] + [(rule, -1.0) for rule in rewards.values()]
        self.joint = joint
        self.members = set(joint.members(world.topics))
        withheld = {name for name, kept in zip(world.topics, world.law.withheld, strict=True) if kept}
        self.known = {*(self.members - withheld), "general"}  # topics of the lists that members see
        self.joined = self._draw_members(world)

    def price(self, world: World, rating: Rating, lists: dict[str, ListRule]) -> None:
        """Write what each grade and list costs a firm, and who is a member."""
        law, names = world.law, list(lists)
        law.measures = self.names
        world.regulators.member[:] = [world.topics[k] in self.members for k in world.regulators.topic]
        law.worth[:] = worth = lever_worth(world)
        law.grade_cost[:], law.list_cost[:] = 0, 0
        for rule, sign in self.items:
            value = (sign * rule.size * worth[:, rule.number]).astype(np.float32)
            if rule.grade is not None and rating.rates:
                self._price_grade(world, rule, sign, value, rating)
            for number, name in enumerate(names):
                share = 1.0 if name in rule.lists else self._joint_share(rule, sign, lists[name])
                law.list_cost[:, number] += value * np.float32(share)

    def act(self, world: World, lists: dict[str, ListRule]) -> None:
        """Write ``levers`` and the cost of sanctions, from this month's grades and lists."""
        firms = world.firms
        firms.levers[:], firms.sanction_cost[:], firms.associated_cost[:] = 0, 0, 0
        reach = _Reach(world, lists, self)
        measures = sum(sign > 0 for _, sign in self.items)  # they come first
        for number, (rule, sign) in enumerate(self.items):
            if number == measures and self._carry is not None:
                self._carry(world)
            self._apply(world, rule, sign * rule.size, reach, number)
        if measures == len(self.items) and self._carry is not None:
            self._carry(world)

    def _draw_members(self, world: World) -> NDArray[np.uint32]:
        """Draw once which members would act on which firms: it lasts, so that the sets are nested in strength."""
        joined = np.zeros(world.rows, np.uint32)
        for k, topic in enumerate(world.topics):
            if topic in self.members:
                acts = world.draws.uniform("joint", 0, k) < np.float32(self.joint.chance())
                joined |= acts.astype(np.uint32) << np.uint32(k)
        return joined

    def _price_grade(self, world: World, rule: Measure, sign: float, value: Floats, rating: Rating) -> None:
        grades = np.arange(len(world.law.grades))
        limit = world.law.grades.index(str(rule.grade))
        holds = grades <= limit if sign > 0 else grades >= limit
        file = rating.file_of(world, world.topics.index(rule.agency))
        world.law.grade_cost[:, file] += value[:, None] * holds

    def _joint_share(self, rule: Measure, sign: float, target: ListRule) -> float:
        if sign < 0 or target.colour == "red" or not rule.lists or rule.agency not in self.members:
            return 0.0
        known = target.topic in self.known and self.joint.relates(target.topic, rule.agency)
        return self.joint.chance() if known and self.joint.covers(rule) else 0.0

    def _apply(self, world: World, rule: Measure, size: float, reach: _Reach, number: int) -> None:
        firms = world.firms
        hit, own = reach.alone(rule, size > 0)
        rows = np.flatnonzero(hit)
        if size < 0:
            firms.levers[rule.number, rows] += np.float32(size)
            return
        more, added = reach.jointly(rule, hit)
        jointly = np.arange(len(rows) + len(more)) >= len(rows)
        caused = np.concatenate([own[rows], reach.own_listing[more]])
        sizes = np.concatenate([np.full(len(rows), size, np.float32), added])
        rows = np.concatenate([rows, more])
        firms.levers[rule.number, rows] += sizes
        cost = sizes * world.per_row(world.law.worth[:, rule.number], rows)
        firms.sanction_cost[rows] += cost * caused
        firms.associated_cost[rows] += cost * ~caused
        world.count("sanctions", world.at_home(rows))
        world.count("joint_sanctions", world.at_home(more))
        self._log(world, number, rows, jointly)

    def _log(self, world: World, number: int, rows: NDArray[np.int64], jointly: NDArray[np.bool_]) -> None:
        held = world.in_force.get(number, rows[:0])
        world.in_force[number] = rows
        if len(rows):
            new = world.absent(rows, held)
            world.log(Event.SANCTIONED, rows[new], number, jointly[new])


class _Reach:
    """Who is reached by measures this month: by grade, by the agency's own lists, by another member's."""

    def __init__(self, world: World, lists: dict[str, ListRule], catalogue: Catalogue) -> None:
        self.world, self.joint, self.members = world, catalogue.joint, catalogue.members
        topics = [rule.topic for rule in lists.values()]
        black = [n for n, rule in enumerate(lists.values()) if rule.colour == "black"]
        shared = [n for n in black if topics[n] in catalogue.known]
        self._cause = {n: topics[n] for n in shared}
        listing = world.firms.listing
        self.own_listing = np.logical_or.reduce(listing[black] == Standing.OWN, axis=0)
        self._shared = np.flatnonzero(np.logical_or.reduce(listing[shared] > 0, axis=0) & world.firms.active)
        self._scale = self.joint.scale(_worst_live(world, self._shared))
        self._joined = catalogue.joined[self._shared]
        self._room = self._left(catalogue) if self.joint.capped and len(self._shared) else None

    def alone(self, rule: Measure, punishes: bool) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return who is reached without joint punishment, and who of them for an act of its own, (N,) each."""
        firms, law = self.world.firms, self.world.law
        hit, own = np.zeros(self.world.rows, np.bool_), np.zeros(self.world.rows, np.bool_)
        if rule.grade is not None:
            file = self.world.topics.index(rule.agency) if len(firms.grade) > 1 else 0
            limit = law.grades.index(rule.grade)
            hit |= firms.grade[file] <= limit if punishes else firms.grade[file] >= limit
            own |= firms.own_grade[file] <= limit if punishes else hit
            if law.partial:
                hit &= firms.rated
                own &= firms.rated
        for name in rule.lists:
            listing = firms.listing[law.lists.index(name)]
            hit |= listing > 0
            own |= listing == Standing.OWN
        hit &= self.world.within(rule.number)
        return hit, own

    def jointly(self, rule: Measure, already: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Floats]:
        """Return whom the agency punishes for another member's list, and by how much."""
        if not rule.lists or rule.agency not in self.members or not self.joint.covers(rule) or not len(self._shared):
            return self._shared[:0], self._scale[:0]
        acts = self._joined & np.uint32(1 << self.world.topics.index(rule.agency)) > 0
        acts &= ~already[self._shared]
        acts &= self.world.within(rule.number)[self._shared]
        numbers = [n for n, cause in self._cause.items() if self.joint.relates(cause, rule.agency)]
        if len(numbers) < len(self._cause):
            listing = self.world.firms.listing
            acts &= np.logical_or.reduce([listing[n, self._shared] > 0 for n in numbers], axis=0)
        sizes = np.float32(rule.size) * self._scale
        if self._room is not None:
            np.minimum(sizes, self._room[rule.number], out=sizes)
            acts &= sizes > 0
            self._room[rule.number] -= sizes * acts
        return self._shared[acts], sizes[acts]

    def _left(self, catalogue: Catalogue) -> Floats:
        """Return how much may be added jointly to each lever of the firms on shared lists, (levers, listed)."""
        left = np.zeros((len(Lever), len(self._shared)), np.float32)
        measures = [rule for rule, sign in catalogue.items if sign > 0]
        for rule in measures:
            np.maximum(left[rule.number], np.float32(rule.size), out=left[rule.number])
        for rule in measures:
            hit, _ = self.alone(rule, punishes=True)
            left[rule.number] -= np.float32(rule.size) * hit[self._shared]
        return np.maximum(left, 0)


def _worst_live(world: World, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the worst severity among the live records of some firms; minor where there are none."""
    live = np.logical_or.reduce(world.firms.live[:, :, rows] > 0, axis=1)
    return np.where(live[2], 3, np.where(live[1], 2, 1)).astype(np.uint8)
