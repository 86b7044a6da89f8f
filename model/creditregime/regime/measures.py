"""Measures and rewards: what each agency does to firms by grade or list, alone or jointly."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.codes import Event, Lever, Standing
from creditregime.component import Rule, Settings, parameter
from creditregime.regime.lists import ListRule
from creditregime.regime.rating import Rating
from creditregime.units import MONTHS
from creditregime.world import Floats, World

INSPECTION_RATE = 0.05
"""Inspections a year at which firms price a higher intensity (the sourced base rate of `Uniform`)."""

LeverName = Literal[
    "inspection",
    "procurement",
    "publication",
    "credit_spread",
    "tax",
    "subsidy",
    "customs_delay",
    "permit",
    "input_price",
    "management",
    "revocation",
]


class Measure(Settings):
    """One consequence: an agency acts on a lever of firms at a grade or on a list. Rewards have negative effect."""

    agency: str = parameter(..., unit="-", description="topic of the agency that applies it")
    lever: LeverName = parameter(..., unit="-", description="what it acts on")
    size: float = parameter(..., unit="lever's own", gt=0, le=100, description="how much; see the lever's unit")
    grade: str | None = parameter(None, unit="-", description="grade at (measure: or below; reward: or above)")
    lists: tuple[str, ...] = parameter((), unit="-", description="lists that trigger it")
    enumerated: bool = parameter(True, unit="-", description="stands in the catalogue of permitted measures")
    basis: str = parameter("", unit="-", description="legal basis, or 'assumption'")

    @model_validator(mode="after")
    def _has_trigger(self) -> Self:
        if self.grade is None and not self.lists:
            raise ValueError("a measure needs a trigger: grade or lists")
        return self

    @property
    def number(self) -> Lever:
        """The lever's code."""
        return Lever[self.lever.upper()]


class JointPunishment(Rule, family="joint_punishment"):
    """Family of memoranda of joint punishment."""

    def members(self, agencies: tuple[str, ...]) -> tuple[str, ...]:
        """Return the agencies that act together."""
        return ()

    def chance(self) -> float:
        """Return the probability that a member acts on a firm listed by another."""
        return 0.0

    def covers(self, measure: Measure) -> bool:
        """Tell whether members may apply a measure jointly."""
        return False

    def scale(self, severity: NDArray[np.uint8]) -> Floats:
        """Return the factor on the size of measures for firms with the given worst live severity."""
        return np.ones(len(severity), np.float32)


class NoJointPunishment(JointPunishment, kind="none"):
    """Every agency acts on its own lists only."""


class Memorandum(JointPunishment, kind="memorandum"):
    """Members apply their own measures to firms that another member has blacklisted."""

    agencies: tuple[str, ...] | Literal["all"] = parameter(
        "all", unit="-", description="topics whose agencies signed, or 'all'", standing="real"
    )
    strength: float = parameter(
        0.7, unit="probability", ge=0, le=1, description="chance that a member acts on another's listing"
    )
    scope: Literal["unlimited", "enumerated"] = parameter(
        "unlimited",
        unit="-",
        description="all measures, or only those in the catalogue of permitted ones",
        source="State Council General Office 2020 No. 49; National Basic List 2021",
        standing="real",
    )
    proportionality: Literal["flat", "proportional"] = parameter(
        "flat", unit="-", description="full size, or scaled by the worst live record", standing="real"
    )
    minor_scale: float = parameter(0.25, unit="-", ge=0, le=1, description="proportional: factor after minor records")
    general_scale: float = parameter(0.5, unit="-", ge=0, le=1, description="proportional: factor after general ones")
    cap: float = parameter(1.0, unit="-", gt=0, description="proportional: largest factor")

    def members(self, agencies: tuple[str, ...]) -> tuple[str, ...]:
        """Return the signatories in the order of the topics."""
        return agencies if self.agencies == "all" else tuple(name for name in agencies if name in self.agencies)

    def chance(self) -> float:
        """Return the strength."""
        return self.strength

    def covers(self, measure: Measure) -> bool:
        """Tell whether the measure is within the scope."""
        return self.scope == "unlimited" or measure.enumerated

    def scale(self, severity: NDArray[np.uint8]) -> Floats:
        """Return 1 (flat), or the factor of the worst live severity."""
        if self.proportionality == "flat":
            return np.ones(len(severity), np.float32)
        table = np.array([self.minor_scale, self.minor_scale, self.general_scale, 1], np.float32)
        return np.minimum(table, np.float32(self.cap))[severity]


class Catalogue:
    """The measures and rewards of a scenario, made ready to be applied every month."""

    def __init__(
        self, world: World, measures: dict[str, Measure], rewards: dict[str, Measure], joint: JointPunishment
    ) -> None:
        self.names = (*measures, *rewards)
        self.items = [(rule, 1.0) for rule in measures.values()] + [(rule, -1.0) for rule in rewards.values()]
        self.joint = joint
        self.members = set(joint.members(world.topics))
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
        for number, (rule, sign) in enumerate(self.items):
            self._apply(world, rule, sign * rule.size, reach, number)

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
        known = target.topic in (*self.members, "general")
        return self.joint.chance() if known and self.joint.covers(rule) else 0.0

    def _apply(self, world: World, rule: Measure, size: float, reach: _Reach, number: int) -> None:
        firms = world.firms
        hit, own = reach.alone(rule, size > 0)
        rows = np.flatnonzero(hit)
        if size < 0:
            firms.levers[rule.number, rows] += np.float32(size)
            return
        more, scale = reach.jointly(rule, hit)
        jointly = np.arange(len(rows) + len(more)) >= len(rows)
        caused = np.concatenate([own[rows], reach.own_listing[more]])
        rows = np.concatenate([rows, more])
        sizes = np.full(len(rows), size, np.float32)
        sizes[jointly] *= scale
        firms.levers[rule.number, rows] += sizes
        cost = sizes * world.per_row(world.law.worth[:, rule.number], rows)
        firms.sanction_cost[rows] += cost * caused
        firms.associated_cost[rows] += cost * ~caused
        world.count("sanctions", rows)
        world.count("joint_sanctions", more)
        self._log(world, number, rows, jointly)

    def _log(self, world: World, number: int, rows: NDArray[np.int64], jointly: NDArray[np.bool_]) -> None:
        held = world.in_force.get(number, rows[:0])
        world.in_force[number] = rows
        if len(rows):
            new = ~np.isin(rows, held, assume_unique=True)
            world.log(Event.SANCTIONED, rows[new], number, jointly[new])


class _Reach:
    """Who is reached by measures this month: by grade, by the agency's own lists, by another member's."""

    def __init__(self, world: World, lists: dict[str, ListRule], catalogue: Catalogue) -> None:
        self.world, self.joint, self.members = world, catalogue.joint, catalogue.members
        black = [n for n, rule in enumerate(lists.values()) if rule.colour == "black"]
        shared = [n for n in black if [*lists.values()][n].topic in (*self.members, "general")]
        listing = world.firms.listing
        self.own_listing = np.logical_or.reduce(listing[black] == Standing.OWN, axis=0)
        self._shared = np.flatnonzero(np.logical_or.reduce(listing[shared] > 0, axis=0) & world.firms.active)
        self._scale = self.joint.scale(_worst_live(world, self._shared))
        self._joined = catalogue.joined[self._shared]

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
        hit &= firms.active
        return hit, own

    def jointly(self, rule: Measure, already: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Floats]:
        """Return whom the agency punishes for another member's list, and the factor on the size."""
        if not rule.lists or rule.agency not in self.members or not self.joint.covers(rule) or not len(self._shared):
            return self._shared[:0], self._scale[:0]
        acts = self._joined & np.uint32(1 << self.world.topics.index(rule.agency)) > 0
        acts &= ~already[self._shared]
        return self._shared[acts], self._scale[acts]


def _worst_live(world: World, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the worst severity among the live records of some firms; minor where there are none."""
    live = np.logical_or.reduce(world.firms.live[:, :, rows] > 0, axis=1)
    return np.where(live[2], 3, np.where(live[1], 2, 1)).astype(np.uint8)


def lever_worth(world: World) -> Floats:
    """Return what one unit of each lever costs the average firm of each jurisdiction, (J, levers), share of revenue.

    Firms and the attribution of exits price measures with these; the settlement does not use them. Margins are the
    economy's initial averages.
    """
    economy, firms, margin = world.economy, world.firms, world.law.margins
    public = _average(world, firms.public_demand)
    abroad = _average(world, firms.foreign_demand)
    consumers = _average(world, firms.final_demand) - public - abroad
    worth = np.zeros((len(world.spans), len(Lever)), np.float32)
    worth[:, Lever.INSPECTION] = float((world.law.fine * world.law.shares).sum()) * INSPECTION_RATE / MONTHS
    worth[:, Lever.PROCUREMENT] = margin.contribution * public
    worth[:, Lever.PUBLICATION] = margin.contribution * consumers
    worth[:, Lever.CREDIT_SPREAD] = margin.debt / MONTHS
    worth[:, Lever.TAX] = margin.profit
    worth[:, Lever.SUBSIDY] = 1
    worth[:, Lever.CUSTOMS_DELAY] = margin.contribution * abroad
    worth[:, Lever.PERMIT] = margin.contribution
    worth[:, Lever.INPUT_PRICE] = _average(world, economy.energy_share[firms.sector] * firms.size)
    worth[:, Lever.MANAGEMENT] = 1
    worth[:, Lever.REVOCATION] = margin.equity / MONTHS
    return worth


def _average(world: World, money: Floats) -> NDArray[np.float64]:
    """Return money of all firms as a share of initial revenue, (J,)."""
    return world.total(money) / world.total(world.firms.size)
