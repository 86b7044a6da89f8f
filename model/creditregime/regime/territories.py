"""Territories: which rules and which law hold where, and a stage of the month run under each of them.

A territory is the regions in which the same rules hold: number 0 under the national rules, number p under pilot p.
A stage whose rules differ is run once for each set of rules. While it runs, the law is the territory's, firms elsewhere
look out of business and findings elsewhere are out of sight, so that quotas, tallies, the regulators' counts and
events are those of the territory alone; of the columns that the stage writes for everybody, the territory's rows are
kept. Every run of a stage starts from the same state, so that their order does not matter. Equal rules are run at
once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Event
from creditregime.law import UNRATED, Law
from creditregime.regime.levers import sized
from creditregime.regime.listing import leave
from creditregime.regime.lists import ListRule, in_batches
from creditregime.regime.local_rules import LocalCatalogue, Patchwork
from creditregime.regime.measures import Catalogue
from creditregime.regime.pilots import everywhere, lists_in_force
from creditregime.regime.rating import Rating
from creditregime.state import Bytes, Findings, Floats
from creditregime.world import World

Flags = NDArray[np.bool_]
Act = Callable[[Any], None]

WRITES: dict[str, tuple[str, ...]] = {
    "behaviour": ("effort",),
    "monitoring": ("found",),
    "inspection": ("inspected", "found"),
    "fines": ("fines",),
    "rating": ("score", "own_score", "grade", "own_grade", "rated", "memory", "newest_record", "held_until"),
    "lists": ("listing",),
    "repair": ("listing",),
}
"""Columns that a stage writes for firms outside the territory, too; a rule that so writes another one must name it."""
HIDDEN = {"lists": "listing", "repair": "listing"}
"""Column by which a stage finds its firms: it is 0 outside the territory while the stage runs."""
MATTERS: dict[str, tuple[str, ...]] = {
    "behaviour": ("rating", "lists", "measures", "rewards", "scale", "fines"),
    "repair": ("repair", "lists"),
}
"""Places whose rules matter for a stage, where these are more than the stage's own."""


class Part(NamedTuple):
    """A territory, or several under rules equal for the stage: number of the first, and who is in it, (N,)."""

    number: int
    inside: Flags


class Territories:
    """The rules of a country with pilots, stage by stage; without pilots each stage is run once, as it is.

    Parameters
    ----------
    scenario
        The national rules, and the pilots.
    world
        Its law is the national one, written already.
    """

    def __init__(self, scenario: Any, world: World) -> None:
        self.scenario, self.world = scenario, world
        self.rules: list[Any] = everywhere(scenario)
        self.lists: dict[str, ListRule] = self.rules[0].lists
        self._updates = in_batches(world.topics, self.lists)
        self.kept = [lists_in_force(scenario, number) for number in range(len(self.rules))]
        self.catalogue = Catalogue(world, *sized(scenario), scenario.joint_punishment, carry=scenario.spillover.carry)
        self.rating: Rating = scenario.rating
        self.laws = [world.law]
        self._opened = -1
        if scenario.pilots:
            self._renumber()
            self._same = {stage: self._groups(stage) for stage in WRITES if stage != "lists"}
            self.catalogue = LocalCatalogue(world, self)
            self.rating = Patchwork(territories=self)
            self.enact()
            new = frozenset(self._new)
            self.open()
            self._first_grades(new)
        elif world.pilots:
            before = world.territory
            self._renumber()
            self._log(before)

    def enact(self) -> None:
        """Write the law of each territory, from the national one."""
        world, national = self.world, self.world.law
        self.laws = [national, *(copy.deepcopy(national) for _ in self.rules[1:])]
        for law, rules in zip(self.laws[1:], self.rules[1:], strict=True):
            world.law = law
            law.fine[:], law.fine_by_grade, law.points[:], law.partial, law.settled = 0, None, 0, False, {}
            rules.fines.enact(world, rules.topics)
            rules.repair.enact(world, {name: rules.lists.get(name, rule) for name, rule in self.lists.items()})
            rules.rating.enact(world)
            catalogue = Catalogue(world, *sized(rules), rules.joint_punishment)
            catalogue.price(world, rules.rating, self.lists)
            rules.finance.enact(world)
        world.law = national
        national.partial = any(law.partial for law in self.laws)
        for law, kept in zip(self.laws, self.kept, strict=True):
            law.measures = self.catalogue.names
            law.list_cost[:, [number for number, name in enumerate(self.lists) if name not in kept]] = 0

    def _renumber(self) -> None:
        """Take over where pilots hold from the regime before, by name."""
        world, names = self.world, list(self.scenario.pilots)
        self._new = {number for number, name in enumerate(names, 1) if name not in world.pilots}
        known = [names.index(name) + 1 if name in names else 0 for name in world.pilots]
        world.territory = np.array([0, *known], np.uint8)[world.territory]
        world.pilots = tuple(names)
        world.pilots_so_far += tuple(name for name in names if name not in world.pilots_so_far)

    def _log(self, before: Bytes) -> None:
        """Log which regions are under other rules than before."""
        world = self.world
        for place, region in np.argwhere(world.territory != before).tolist():
            number = world.territory[place, region]
            adopted = 1 + world.pilots_so_far.index(world.pilots[number - 1]) if number else 0
            world.log(Event.ADOPTED, np.array([-1 - place]), adopted, region)

    def open(self) -> None:
        """Start and end pilots, let them spread, and see who is under which rules."""
        pilots, world = self.scenario.pilots, self.world
        if not pilots or self._opened == world.month:
            return
        self._opened = world.month
        before = world.territory.copy()
        for number, pilot in enumerate(pilots.values(), 1):
            if not pilot.holds(world.month):
                world.territory[world.territory == number] = 0
        for number, pilot in enumerate(pilots.values(), 1):
            if pilot.start == world.month or (number in self._new and pilot.holds(world.month)):
                world.territory[:, pilot.places(world.economy.regions)] = number
        self.scenario.diffusion.spread(world, pilots)
        self._new = set()
        self._log(before)
        self._refresh()

    def run(self, stage: str, act: Act) -> None:
        """Run a stage under the rules of each territory; `act` is given those rules."""
        if not self.scenario.pilots:
            act(self.scenario)
        else:
            self._run(stage, self._parts(self._same[stage]), act)

    def value(self, stage: str, compute: Callable[[Any], Floats | None]) -> Floats | None:
        """Return a value a firm, (..., N), by the rules where each firm is; None where no rules give one."""
        if not self.scenario.pilots:
            return compute(self.scenario)
        whole: Floats | None = None
        for number, inside in self._parts(self._same[stage]):
            with self._only(number, inside):
                part = compute(self.rules[number])
            if part is not None:
                whole = np.zeros_like(part) if whole is None else whole
                whole[..., inside] = part[..., inside]
        return whole

    def update_lists(self) -> None:
        """Update every list where it is kept; elsewhere nobody stands on it."""
        world = self.world
        if not self.scenario.pilots:
            for update in self._updates:
                update(world)
            return
        for number, name in enumerate(self.lists):
            parts = self._parts(self._keepers(name))
            self._run("lists", [part for part in parts if part.number >= 0], partial(_update, world, number, name))
            for _, outside in (part for part in parts if part.number < 0):
                leave(world, number, np.flatnonzero(outside & (world.firms.listing[number] > 0)), repaired=False)

    def record(self) -> None:
        """Let the registry record; a record has the points of the rating where it was made."""
        world, start = self.world, len(self.world.records)
        self.scenario.registry.record(world)
        if self.scenario.pilots and len(world.records) > start:
            new = slice(start, len(world.records))
            topic, severity = world.records["topic"][new], world.records["severity"][new]
            points = np.stack([law.points for law in self.laws])
            world.records["points"][new] = points[self.of[world.records["firm"][new]], topic, severity - 1]

    def keeps(self, name: str, pilot: str) -> bool:
        """Tell whether a list is kept under a pilot, or nationally where it is ''."""
        names = ["", *self.scenario.pilots]
        return name in self.kept[names.index(pilot) if pilot in names else 0]

    def register(self, rows: NDArray[np.int64]) -> None:
        """Open the files of new firms."""
        if not self.scenario.pilots:
            self.scenario.rating.register(self.world, rows)
            return
        self._refresh()
        for number, law in enumerate(self.laws):
            self._open_files(number, law, rows[self.of[rows] == number])

    def _refresh(self) -> None:
        """Find each firm's territory, and open or close the files of those that came under a rating, or left one."""
        world = self.world
        self.of: Bytes = world.territory[world.places(np.arange(world.rows)), world.firms.region]
        if world.law.grades[-1] != UNRATED or len(world.law.grades) == 1:
            return
        top = len(world.law.grades) - 1
        unrated = world.firms.own_grade[0] == top
        for number, law in enumerate(self.laws):
            wrong = unrated if self.rules[number].rating.rates else ~unrated | (world.firms.grade[0] < top)
            self._open_files(number, law, np.flatnonzero(wrong & (self.of == number)))

    def _open_files(self, number: int, law: Law, rows: NDArray[np.int64]) -> None:
        world, firms, rating = self.world, self.world.firms, self.rules[number].rating
        if not len(rows):
            return
        if rating.rates:
            national, world.law = world.law, law
            rating.register(world, rows)
            world.law = national
        elif len(law.grades) > 1:
            firms.score[:, rows] = firms.own_score[:, rows] = 0
            firms.grade[:, rows] = firms.own_grade[:, rows] = len(law.grades) - 1

    def _first_grades(self, new: frozenset[int]) -> None:
        """Rate firms under pilots that begin with this regime by the rules there."""
        parts = [part for part in self._parts([*range(len(self.rules))]) if part.number in new]
        parts = [part for part in parts if self.rules[part.number].rating.rates]
        self._run("rating", parts, lambda rules: rules.rating.prepare(self.world))

    def _groups(self, stage: str) -> list[int]:
        """Return for each territory the first one with rules equal in what matters for the stage."""
        places = MATTERS.get(stage, (stage,))
        kept = self.kept if stage == "behaviour" else [None] * len(self.rules)
        found = [
            [lists, *(getattr(rules, place) for place in places)] for lists, rules in zip(kept, self.rules, strict=True)
        ]
        return [found.index(rules) for rules in found]

    def _keepers(self, name: str) -> list[int]:
        """Return for each territory the first one with an equal rule for a list, or -1 where it is not kept."""
        found = [rules.lists[name] if name in kept else None for kept, rules in zip(self.kept, self.rules, strict=True)]
        return [-1 if rule is None else found.index(rule) for rule in found]

    def _parts(self, same: Sequence[int]) -> list[Part]:
        """Return the parts of the country under different rules; `same` gives for each territory the first like it."""
        group = np.array(same)[self.of]
        return [Part(int(number), group == number) for number in np.unique(group)]

    def _run(self, stage: str, parts: Sequence[Part], act: Act) -> None:
        if len(parts) == 1 and parts[0].number == 0 and parts[0].inside.all():
            act(self.rules[0])
            return
        firms, hidden = self.world.firms, HIDDEN.get(stage)
        columns = [getattr(firms, name) for name in WRITES[stage]]
        before, after = [column.copy() for column in columns], [column.copy() for column in columns]
        for number, inside in parts:
            if hidden:
                getattr(firms, hidden)[..., ~inside] = 0
            with self._only(number, inside):
                act(self.rules[number])
            for column, old, new in zip(columns, before, after, strict=True):
                new[..., inside] = column[..., inside]
                column[:] = old
        for column, new in zip(columns, after, strict=True):
            column[:] = new

    @contextmanager
    def _only(self, number: int, inside: Flags) -> Iterator[None]:
        """Show rules one territory: its law, its firms in business, what was found there."""
        world = self.world
        held = world.firms.active, world.law, world.findings, world.entered, world.memo
        topic, firm = world.entered
        world.law, world.memo = self.laws[number], {"nationwide": world.domestic()}
        world.firms.active = world.firms.active & inside
        world.findings = _within(world.findings, inside)
        world.entered = topic[inside[firm]], firm[inside[firm]]
        try:
            yield
        finally:
            world.firms.active, world.law, world.findings, world.entered, world.memo = held


def _within(findings: Findings, inside: Flags) -> Findings:
    at = inside[findings.firm]
    return Findings(
        findings.firm[at], findings.topic[at], findings.severity[at], findings.origin[at], findings.true[at]
    )


def _update(world: World, number: int, name: str, rules: Any) -> None:
    rules.lists[name].update(world, number)
