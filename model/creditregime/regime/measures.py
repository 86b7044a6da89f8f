"""Measures and rewards: what each agency does to firms by grade or list, alone or jointly."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Event, Lever, Standing
from creditregime.regime.joint import JointPunishment
from creditregime.regime.levers import Measure, lever_worth
from creditregime.regime.listing import on_any
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
        self._topics, self._lists = world.topics, world.law.lists
        self._counting: tuple[Any, Any] = (None, None)  # lists, and what was found about them
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
        self._punish(world, reach)
        if self._carry is not None:
            self._carry(world)
        self._reward(world, reach)

    def within(self, world: World, number: int) -> NDArray[np.bool_]:
        """Return whom a measure or reward can reach where it is in force, (N,); not to be written to."""
        return world.within(int(self.levers[number]))

    @cached_property
    def measures(self) -> Rows:
        """The numbers of the measures; the others are rewards."""
        return np.array([number for number, (_, sign) in enumerate(self.items) if sign > 0], np.int64)

    @cached_property
    def levers(self) -> Rows:
        """The levers of measures and rewards."""
        return np.array([rule.number for rule, _ in self.items], np.int64)

    @cached_property
    def sizes(self) -> Floats:
        """The sizes of measures and rewards."""
        return np.array([rule.size for rule, _ in self.items], np.float32)

    @cached_property
    def agents(self) -> NDArray[np.uint32]:
        """The agency that may apply each measure jointly, as its bit in `joined`; 0 where none may."""
        bits = [self._joins(rule) and 1 << self._topics.index(rule.agency) for rule, _ in self.items]
        return np.array(bits, np.uint32)

    @cached_property
    def triggers(self) -> NDArray[np.intp]:
        """The numbers of the lists that lead to each measure and reward, one a row, filled up with -1."""
        numbers = [[self._lists.index(name) for name in rule.lists] for rule, _ in self.items]
        most = max(map(len, numbers), default=0)
        return np.array([own + [-1] * (most - len(own)) for own in numbers], np.intp).reshape(len(numbers), most)

    def lists_that_count(self, lists: dict[str, ListRule]) -> tuple[list[int], dict[int, str], list[int]]:
        """Return the numbers of blacklists, the topics of those that members see, and what lists lead to measures."""
        if self._counting[0] is not lists:
            black = [number for number, rule in enumerate(lists.values()) if rule.colour == "black"]
            topics = [rule.topic for rule in lists.values()]
            causes = {number: topics[number] for number in black if topics[number] in self.known}
            triggers = self.triggers[self.measures]
            self._counting = lists, (black, causes, sorted({*causes, *triggers[triggers >= 0].tolist()}))
        return self._counting[1]

    def _joins(self, rule: Measure) -> bool:
        return bool(rule.lists) and rule.agency in self.members and self.joint.covers(rule)

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
        if sign < 0 or target.colour == "red" or not self._joins(rule):
            return 0.0
        known = target.topic in self.known and self.joint.relates(target.topic, rule.agency)
        return self.joint.chance() if known else 0.0

    def _punish(self, world: World, reach: _Reach) -> None:
        """Apply all measures at once, what they do to a firm in their order, and log whom they newly reach."""
        if not len(self.measures):
            return
        firms, (number, rows, sizes, caused, jointly) = world.firms, reach.punished()
        lever = self.levers[number]
        np.add.at(firms.levers.reshape(-1), lever * world.rows + rows, sizes)
        cost = sizes * world.law.worth[world.places(rows), lever]
        np.add.at(firms.sanction_cost, rows[caused], cost[caused])
        np.add.at(firms.associated_cost, rows[~caused], cost[~caused])
        world.count("sanctions", world.at_home(rows))
        world.count("joint_sanctions", world.at_home(rows[jointly]))
        new = self._keep_in_force(world, number, rows)
        world.log(Event.SANCTIONED, rows[new], number[new], jointly[new])

    def _keep_in_force(self, world: World, number: Rows, rows: Rows) -> NDArray[np.bool_]:
        """Remember whom each measure reaches; tell who was not reached by it before."""
        new, before = np.empty(len(rows), np.bool_), np.zeros(world.rows, np.bool_)
        ends = np.searchsorted(number, self.measures, side="right").tolist()
        for own, start, end in zip(self.measures.tolist(), [0, *ends], ends, strict=False):
            held, now = world.in_force.get(own, rows[:0]), rows[start:end]
            before[held] = True
            np.logical_not(before[now], out=new[start:end])
            before[held] = False
            world.in_force[own] = now
        return new

    def _reward(self, world: World, reach: _Reach) -> None:
        """Apply the rewards, which act on a great many firms: on all at once, with 0 where they do not reach."""
        for number, (_, sign) in enumerate(self.items):
            if sign < 0:
                reached = reach.marked(number) & self.within(world, number)
                world.firms.levers[self.levers[number]] += reached * -self.sizes[number]


class _Punished(NamedTuple):
    """One entry for each measure and firm that it reaches, in the order of measures.

    Firms reached without joint punishment stand before others, each of the two in the order of rows.
    """

    number: Rows
    rows: Rows
    sizes: Floats
    caused: NDArray[np.bool_]
    """Whether the firm is punished for an act of its own."""
    jointly: NDArray[np.bool_]


class _Reach:
    """Who is reached by measures this month: by grade, by the agency's own lists, by another member's.

    What is looked at are the firms that any measure may reach, `rows`, (n,).
    """

    def __init__(self, world: World, lists: dict[str, ListRule], catalogue: Catalogue) -> None:
        self.world, self.joint, self.catalogue = world, catalogue.joint, catalogue
        black, self._causes, numbers = catalogue.lists_that_count(lists)
        self._rules = [catalogue.items[number][0] for number in catalogue.measures]
        self._graded = [place for place, rule in enumerate(self._rules) if rule.grade is not None]
        triggers = catalogue.triggers[catalogue.measures]
        marked = on_any(world, numbers)
        for place in self._graded:
            marked |= self._holds(self._rules[place], punishes=True)
        self.rows = np.flatnonzero(marked & world.firms.active)
        standing = np.zeros((len(lists) + 1, len(self.rows)), np.uint8)  # the last row is that of no list
        np.take(world.firms.listing, self.rows, axis=1, out=standing[:-1])
        self._on, self._own = standing > 0, standing == int(Standing.OWN)
        self._guilty = np.logical_or.reduce(self._own[black], axis=0)
        self._alone = np.logical_or.reduce(self._on[triggers], axis=1)
        self._blamed = np.logical_or.reduce(self._own[triggers], axis=1)
        for place in self._graded:
            self._alone[place] |= self._holds(self._rules[place], True, self.rows)
            self._blamed[place] |= self._low(self._rules[place])

    def marked(self, number: int) -> NDArray[np.bool_]:
        """Tell who stands on a list, or holds a grade, that leads to a measure or reward, (N,)."""
        rule, sign = self.catalogue.items[number]
        numbers = self.catalogue.triggers[number]
        marked = on_any(self.world, sorted(numbers[numbers >= 0].tolist()))
        return marked if rule.grade is None else marked | self._holds(rule, sign > 0)

    def punished(self) -> _Punished:
        """Return whom measures reach."""
        acts = np.stack([self._alone, self._jointly()], axis=1)  # (measures, 2, n)
        self._confine(acts)
        sizes = self._scaled(acts[:, 1])
        part, place = np.divmod(np.flatnonzero(acts), len(self.rows))
        measure, jointly = part >> 1, (part & 1).astype(np.bool_)
        number = self.catalogue.measures[measure]
        size = self.catalogue.sizes[number]
        if sizes is not None:
            size = np.where(jointly, sizes[measure, place], size)
        caused = np.where(jointly, self._guilty[place], self._blamed[measure, place])
        return _Punished(number, self.rows[place], size, caused, jointly)

    def _jointly(self) -> NDArray[np.bool_]:
        """Tell whom agencies punish for another member's list, and not for their own, (measures, n)."""
        agency = self.catalogue.agents[self.catalogue.measures, None]
        acts: NDArray[np.bool_] = (self.catalogue.joined[self.rows] & agency) > 0
        acts &= np.logical_or.reduce(self._on[[*self._causes]], axis=0)
        acts &= ~self._alone
        for own, rule in zip(acts, self._rules, strict=True) if self.joint.selective else ():
            related = [n for n, cause in self._causes.items() if self.joint.relates(cause, rule.agency)]
            np.logical_and(own, np.logical_or.reduce(self._on[related], axis=0), out=own)
        return acts

    def _confine(self, acts: NDArray[np.bool_]) -> None:
        """Leave out whom a measure cannot reach where it is in force, in place."""
        for own, number in zip(acts, self.catalogue.measures.tolist(), strict=True):
            inside = self.catalogue.within(self.world, number)
            if inside is not self.world.firms.active:  # of which all are
                np.logical_and(own, inside[self.rows], out=own)

    def _scaled(self, acts: NDArray[np.bool_]) -> Floats | None:
        """Return by how much firms are punished jointly, (measures, n), None for the measures' sizes.

        Whom nothing more may be done to is left out of `acts`, in place.
        """
        if not (self.joint.weighs or self.joint.capped):
            return None
        sizes = np.repeat(self.catalogue.sizes[self.catalogue.measures, None], len(self.rows), axis=1)
        if self.joint.weighs:
            sizes *= self.joint.scale(_worst_live(self.world, self.rows))
        if self.joint.capped:
            room = self._room()
            for size, own, lever in zip(sizes, acts, self.catalogue.levers[self.catalogue.measures], strict=True):
                np.minimum(size, room[lever], out=size)
                np.logical_and(own, size > 0, out=own)
                room[lever] -= size * own
        return sizes

    def _room(self) -> Floats:
        """Return how much may be added jointly to each lever of the firms, (levers, n)."""
        room = np.zeros((len(Lever), len(self.rows)), np.float32)
        for rule in self._rules:
            np.maximum(room[rule.number], np.float32(rule.size), out=room[rule.number])
        for rule, alone in zip(self._rules, self._alone, strict=True):
            reached = alone & self.world.within(rule.number)[self.rows]
            room[rule.number] -= np.float32(rule.size) * reached
        return np.maximum(room, 0)

    def _holds(self, rule: Measure, punishes: bool, rows: Rows | slice = slice(None)) -> NDArray[np.bool_]:
        """Tell which of some firms are reached by their grade."""
        firms, limit = self.world.firms, self.world.law.grades.index(str(rule.grade))
        grade = firms.grade[self._file(rule), rows]
        reached: NDArray[np.bool_] = grade <= limit if punishes else grade >= limit
        return reached & firms.rated[rows] if self.world.law.partial else reached

    def _low(self, rule: Measure) -> NDArray[np.bool_]:
        """Tell who is low enough by its own grade, without association, (n,)."""
        firms, limit = self.world.firms, self.world.law.grades.index(str(rule.grade))
        low: NDArray[np.bool_] = firms.own_grade[self._file(rule), self.rows] <= limit
        return low & firms.rated[self.rows] if self.world.law.partial else low

    def _file(self, rule: Measure) -> int:
        return self.world.topics.index(rule.agency) if len(self.world.firms.grade) > 1 else 0


def _worst_live(world: World, rows: Rows) -> NDArray[np.uint8]:
    """Return the worst severity among the live records of some firms; minor where there are none."""
    live = np.logical_or.reduce(world.firms.live[:, :, rows] > 0, axis=1)
    return np.where(live[2], 3, np.where(live[1], 2, 1)).astype(np.uint8)
