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
from creditregime.state import Floats, Rows
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
        rows, own = reach.alone(rule, size > 0)
        if size < 0:
            firms.levers[rule.number, rows] += np.float32(size)
            return
        more, added = reach.jointly(rule, rows)
        jointly = np.arange(len(rows) + len(more)) >= len(rows)
        caused = np.concatenate([own, reach.own_listing[more]])
        sizes = np.concatenate([np.full(len(rows), size, np.float32), added])
        rows = np.concatenate([rows, more])
        firms.levers[rule.number, rows] += sizes
        cost = sizes * world.per_row(world.law.worth[:, rule.number], rows)
        firms.sanction_cost[rows] += cost * caused
        firms.associated_cost[rows] += cost * ~caused
        world.count("sanctions", world.at_home(rows))
        world.count("joint_sanctions", world.at_home(more))
        self._log(world, number, rows, jointly)

    def _log(self, world: World, number: int, rows: Rows, jointly: NDArray[np.bool_]) -> None:
        held = world.in_force.get(number, rows[:0])
        world.in_force[number] = rows
        if len(rows):
            new = world.absent(rows, held)
            world.log(Event.SANCTIONED, rows[new], number, jointly[new])


class _Reach:
    """Who is reached by measures this month: by grade, by the agency's own lists, by another member's."""

    def __init__(self, world: World, lists: dict[str, ListRule], catalogue: Catalogue) -> None:
        self.world, self.joint, self.members = world, catalogue.joint, catalogue.members
        self._rows: dict[int, Rows] = {}
        self._mark = np.zeros(world.rows, np.bool_)
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

    def alone(self, rule: Measure, punishes: bool) -> tuple[Rows, NDArray[np.bool_]]:
        """Return who is reached without joint punishment, rising rows, and who of them is punished for its own act."""
        numbers = [self.world.law.lists.index(name) for name in rule.lists]
        parts = [self._listed(number) for number in numbers]
        if rule.grade is not None:
            parts.append(self._graded(rule, punishes))
        rows = parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))
        rows = rows[self.world.within(rule.number)[rows]]
        standing = self.world.firms.listing[np.ix_(np.array(numbers, np.intp), rows)]
        own: NDArray[np.bool_] = np.asarray((standing == Standing.OWN).any(axis=0))
        if rule.grade is not None and punishes:
            own |= self._low(rule, rows)
        return rows, own

    def _listed(self, number: int) -> Rows:
        """Return who stands on a list, for an act of its own or not."""
        if number not in self._rows:
            self._rows[number] = np.flatnonzero(self.world.firms.listing[number] != 0)
        return self._rows[number]

    def _graded(self, rule: Measure, punishes: bool) -> Rows:
        """Return who is reached by its grade."""
        grade, limit = self.world.firms.grade[self._file(rule)], self.world.law.grades.index(str(rule.grade))
        reached = grade <= limit if punishes else grade >= limit
        if self.world.law.partial:
            reached &= self.world.firms.rated
        return np.flatnonzero(reached)

    def _low(self, rule: Measure, rows: Rows) -> NDArray[np.bool_]:
        """Tell which of some firms are low enough by their own grade, without association."""
        firms, limit = self.world.firms, self.world.law.grades.index(str(rule.grade))
        low: NDArray[np.bool_] = firms.own_grade[self._file(rule), rows] <= limit
        return low & firms.rated[rows] if self.world.law.partial else low

    def _file(self, rule: Measure) -> int:
        return self.world.topics.index(rule.agency) if len(self.world.firms.grade) > 1 else 0

    def _marked(self, rows: Rows, among: Rows) -> NDArray[np.bool_]:
        """Tell which of some rows are among others."""
        self._mark[among] = True
        found: NDArray[np.bool_] = self._mark[rows]
        self._mark[among] = False
        return found

    def jointly(self, rule: Measure, already: Rows) -> tuple[Rows, Floats]:
        """Return whom the agency punishes for another member's list, and by how much."""
        if not rule.lists or rule.agency not in self.members or not self.joint.covers(rule) or not len(self._shared):
            return self._shared[:0], self._scale[:0]
        acts = self._joined & np.uint32(1 << self.world.topics.index(rule.agency)) > 0
        acts &= ~self._marked(self._shared, already)
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
            reached, _ = self.alone(rule, punishes=True)
            left[rule.number] -= np.float32(rule.size) * self._marked(self._shared, reached)
        return np.maximum(left, 0)


def _worst_live(world: World, rows: Rows) -> NDArray[np.uint8]:
    """Return the worst severity among the live records of some firms; minor where there are none."""
    live = np.logical_or.reduce(world.firms.live[:, :, rows] > 0, axis=1)
    return np.where(live[2], 3, np.where(live[1], 2, 1)).astype(np.uint8)
