"""All channels, and what they do together to scores, grades, lists and measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from creditregime.acceleration import in_parts, kernel
from creditregime.codes import CHANNELS, Event, Standing
from creditregime.component import Settings, parameter
from creditregime.regime.listing import enter, leave
from creditregime.regime.lists import ListRule
from creditregime.regime.neighbours import Layer, Reach, Together, Weighted
from creditregime.regime.rating import Rating
from creditregime.regime.recursion import katz, refuse_divergence, waves
from creditregime.regime.spillover.channel import ROUNDING, Carrier
from creditregime.regime.spillover.contractor import ContractorSpillover, NoContractorSpillover
from creditregime.regime.spillover.group import GroupSpillover, NoGroupSpillover
from creditregime.regime.spillover.partner import NoPartnerSpillover, PartnerSpillover
from creditregime.regime.spillover.person import NoPersonSpillover, PersonSpillover
from creditregime.regime.spillover.staff import NoStaffSpillover, StaffSpillover
from creditregime.state import Floats
from creditregime.world import World

Condition = Callable[[NDArray[np.bool_]], NDArray[np.bool_]]
Linked = Literal["partner", "contractor", "group", "person"]
LAYERS = "spillover.layers"


class Spillover(Settings):
    """All channels; each is a place that a rule can fill."""

    layers: Literal["any", "all", "sum"] = parameter(
        "any",
        unit="-",
        description="several channels in the same mode: each by itself; or a firm is listed only where all of them list"
        " it; or they are one network, with pooled neighbours for lists and the sum of φ A for points and levers",
        source="lists: Brummitt, Lee, Goh 2012, Phys. Rev. E 85:045102 (any); Lee, Brummitt, Goh 2014, Phys. Rev. E"
        " 90:062816 (all); Yagan, Gligor 2012, Phys. Rev. E 86:036103 (sum)",
        standing="assumption",
    )
    threshold: float = parameter(
        0.5, unit="share", gt=0, description="layers 'sum': listed share of all channels' neighbours that lists"
    )
    votes: dict[Literal["partner", "contractor", "group", "person"], Annotated[float, Field(ge=0, le=1000)]] = (
        parameter(
            default_factory=dict,
            unit="votes",
            description="layers 'sum' in mode list: votes of each neighbour of a channel, 1 where not named",
            source="Yagan, Gligor 2012, Phys. Rev. E 86:036103: content-dependent weights of link types",
            standing="assumption",
        )
    )
    partner: PartnerSpillover = parameter(
        default_factory=NoPartnerSpillover, unit="-", description="supply partners", standing="partly"
    )
    contractor: ContractorSpillover = parameter(
        default_factory=NoContractorSpillover, unit="-", description="contractor to principal", standing="real"
    )
    group: GroupSpillover = parameter(
        default_factory=NoGroupSpillover, unit="-", description="parent and branches", standing="unverified"
    )
    person: PersonSpillover = parameter(
        default_factory=NoPersonSpillover, unit="-", description="shared responsible person", standing="real"
    )
    staff: StaffSpillover = parameter(
        default_factory=NoStaffSpillover, unit="-", description="workforce scores", standing="unverified"
    )

    def carriers(self, mode: str) -> list[Any]:
        """Return the channels that are on in a mode, each a `Carrier`, in a fixed order."""
        channels = (self.partner, self.contractor, self.group, self.person)
        return [channel for channel in channels if channel.carries(mode)]

    def enact(self, world: World) -> None:
        """Write the channels' first state; refuse recursions that do not converge on this network."""
        for channel in (self.partner, self.contractor, self.group, self.person, self.staff):
            channel.prepare(world)
        for mode in ("points", "lever"):
            channels = self.carriers(mode)
            if self.layers == "sum" and len(channels) > 1 and channels[0].reach == "recursive":
                refuse_divergence(_together(world, channels), 1.0, LAYERS)

    def register(self, world: World, rows: NDArray[np.int64]) -> None:
        """Take up new firms."""
        self.person.register(world, rows)
        self.staff.register(world, rows)

    def associate(self, world: World, rating: Rating, lists: dict[str, ListRule], listed: NDArray[np.bool_]) -> None:
        """Carry ratings and listings to connected firms, file by file."""
        self.person.taint(world, listed)
        if rating.rates:
            self.staff.move(world)
            self._rate(world, rating)
            self.person.grade(world)
        self._list(world, lists)

    def carry(self, world: World) -> None:
        """Apply shares of the measures against neighbours: to be called when measures are in force, before rewards."""
        channels = self.carriers("lever")
        firms = world.firms
        levers = np.flatnonzero(firms.levers.any(axis=1)) if channels else ()
        bearing = {channel.name: np.zeros(world.rows, np.bool_) for channel in channels}
        layers = [channel.layer(world) for channel in channels]
        for lever in levers:
            worth = world.spread(world.law.worth[:, lever])
            for name, passed in self._passed(world, channels, layers, firms.levers[lever].copy()):
                added = passed * world.within(int(lever))
                firms.levers[lever] += added
                firms.associated_cost += added * worth
                bearing[name] |= added > 0
        for number, rows in enumerate(bearing.values()):
            _log(world, channels[number], np.flatnonzero(rows))

    def _rate(self, world: World, rating: Rating) -> None:
        firms = world.firms
        channels = self.carriers("points")
        layers: list[Layer] = []
        for number in range(len(firms.score)):
            own = _shortfall(world, rating, number)
            if channels and own.any():
                layers = layers or [channel.layer(world) for channel in channels]
                for name, points in self._passed(world, channels, layers, own):
                    _deduct(world, rating, number, name, points)
            _deduct(world, rating, number, "contractor", self.contractor.record_points(world, rating, number))
            _deduct(world, rating, number, "staff", self.staff.points(world))
            lowest = self.contractor.record_lowest(world, rating, number)
            if lowest is not None:
                firms.grade[number, lowest] = 0
            for channel in self.carriers("grade"):
                lowered = channel.lowered(world, firms.own_grade[number])
                np.minimum(firms.grade[number], lowered, out=firms.grade[number])
        if world.law.partial:
            firms.grade[:, ~firms.rated] = firms.own_grade[:, ~firms.rated]

    def _passed(
        self, world: World, channels: Sequence[Carrier], layers: Sequence[Layer], own: Floats
    ) -> Iterator[tuple[str, Floats]]:
        """Yield by channel what is carried over of a value a firm; together, what each of them passes on in the end."""
        if self.layers != "sum" or len(channels) < 2:
            for channel, layer in zip(channels, layers, strict=True):
                yield channel.name, channel.passed(world, own, layer)
            return
        first, through = channels[0], own
        parts = [Weighted(channel.strength, layer) for channel, layer in zip(channels, layers, strict=True)]
        if first.reach == "recursive":
            through = own + katz(Together(parts), 1.0, own, LAYERS)
        elif first.reach == "truncated":
            through = own + waves(Together(parts), 1.0, own, first.hops - 1)
        for channel, (strength, layer) in zip(channels, parts, strict=True):
            yield channel.name, np.float32(strength) * layer.mean(through)

    def _list(self, world: World, lists: dict[str, ListRule]) -> None:
        """List by association while the cause lasts."""
        channels = self.carriers("list")
        if not channels and not self.contractor.carries("records"):
            return
        if self.layers == "any":
            ways = [(channel.lists(world), channel) for channel in channels]
        else:
            ways = [(self._joint(world, channels), channel) for channel in channels[:1]]
        for number, rule in enumerate(lists.values()):
            if rule.colour != "black":
                continue
            reached = self.contractor.record_listing(world, rule)
            for condition, channel in ways:
                reached |= _reached(world, number, condition, channel.reach, channel.hops)
            reached &= world.rated()
            listing = world.firms.listing[number]
            leave(world, number, np.flatnonzero((listing == Standing.ASSOCIATED) & ~reached), repaired=False)
            enter(world, number, np.flatnonzero(reached & (listing == 0)), Standing.ASSOCIATED)

    def _joint(self, world: World, channels: Sequence[Carrier]) -> Condition:
        """Return the condition over several layers: all of them, or pooled, each neighbour one vote a layer."""
        if self.layers == "all":
            conditions = [channel.lists(world) for channel in channels]
            return lambda source: np.logical_and.reduce([condition(source) for condition in conditions])
        votes: dict[Any, float] = {**self.votes}
        pool = Together([Weighted(votes.get(channel.name, 1.0), channel.counts(world)) for channel in channels])
        limit = pool.mean(np.ones(world.rows, np.float32)) * np.float32(self.threshold * (1 - ROUNDING))
        return lambda source: _reaches(pool.mean(source.astype(np.float32)), limit)


def _reaches(listed: Floats, limit: Floats) -> NDArray[np.bool_]:
    """Tell who has enough listed neighbours, (N,); without any nobody has, however low the limit."""
    return (listed > 0) & (listed >= limit)


def _together(world: World, channels: Sequence[Carrier]) -> Together:
    return Together([Weighted(channel.strength, channel.layer(world)) for channel in channels])


def _shortfall(world: World, rating: Rating, number: int) -> Floats:
    """Return by how much each rated firm's own score in a file is below that of a firm without records, (N,)."""
    clean, score, rated = np.float32(rating.clean_score), world.firms.own_score[number], world.rated()
    if np.ndim(clean) == 0 and (ratings := kernel("ratings", world.rows)) is not None:
        short = np.empty(world.rows, np.float32)
        in_parts(ratings.fall_short, world.rows, clean, score, rated, short)
        return short
    short = np.subtract(clean, score)
    np.maximum(short, 0, out=short)
    short *= rated
    return short


def _deduct(world: World, rating: Rating, number: int, name: str, points: Floats | None) -> None:
    """Deduct points from a file, lower the grade with it, and count them for the channel."""
    if points is None:
        return
    firms = world.firms
    if world.abroad is not None:
        points = points * world.rated()
    if world.law.partial:
        points = points * firms.rated
    firms.score[number] -= points
    lower = rating.grade_in(world, number, firms.score[number])
    np.minimum(firms.grade[number], lower, out=firms.grade[number])
    key = f"points_by_{name}"
    world.tally[key] = world.tally.get(key, 0.0) + world.total(points) / len(firms.score)


def _reached(world: World, number: int, condition: Condition, reach: Reach, hops: int) -> NDArray[np.bool_]:
    """Return who is reached from a list: by firms listed for own acts, within some hops, or by any firm listed."""
    listing = world.firms.listing[number]
    source = listing > 0 if reach == "recursive" else listing == Standing.OWN
    reached = np.zeros(world.rows, np.bool_)
    for _ in range(hops if reach == "truncated" else 1):
        if not source.any():
            break
        reached = condition(source)
        source = source | (reached & world.rated())
    return reached


def _log(world: World, channel: Carrier, rows: NDArray[np.int64]) -> None:
    """Tell who newly bears neighbours' measures through a channel."""
    code = CHANNELS.index(channel.name)
    key = -1 - code  # measures have the numbers from 0 on
    held = world.in_force.get(key, rows[:0])
    world.in_force[key] = rows
    world.log(Event.ASSOCIATED, rows[world.absent(rows, held)], code)
