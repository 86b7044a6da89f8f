"""What all channels have in common: what is carried (mode), how far (reach), and how it is weighed."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.component import Rule, parameter
from creditregime.regime.neighbours import Layer, Reach
from creditregime.regime.recursion import katz, refuse_divergence, waves
from creditregime.state import Bytes, Floats
from creditregime.world import World

Mode = Literal["points", "grade", "list", "lever"]
ROUNDING = 1e-6
"""A share that misses a threshold by no more than this has reached it: shares are sums of rounded fractions."""


def seen_in(world: World) -> NDArray[np.uint8] | None:
    """Return the region in which each firm's file can be read, (N,), or None where every rater sees every file."""
    return world.firms.region if world.law.regional else None


class Channel(Rule):
    """What every channel answers; one that is off carries nothing."""

    name: ClassVar[str] = ""

    def carries(self, mode: str) -> bool:
        """Tell whether the channel is on in this mode."""
        return False

    def prepare(self, world: World) -> None:
        """Refuse what cannot be computed, and write the channel's first state."""

    def layer(self, world: World) -> Layer:
        """Return who is whose neighbour, weighed."""
        raise NotImplementedError(f"{type(self).__name__} has no neighbours")

    def counts(self, world: World, chance: float = 1.0) -> Layer:
        """Return who is whose neighbour, one vote each, over ties that are open with probability `chance`."""
        raise NotImplementedError(f"{type(self).__name__} has no neighbours")

    def shortfall(self, world: World, own: Floats, layer: Layer | None = None) -> Floats | None:
        """Return the points to deduct from each firm's file, (N,), given everybody's own shortfall."""
        return None


class Carrier(Channel):
    """A channel that is on: a share of what neighbours have, or their grade, listing or measures, is carried over.

    With A the mean over neighbours and h what each firm has by itself: first order carries φ A h; truncated at H hops
    the first H terms of Σ (φ A)ⁿ h; recursive all of them, the Katz/Leontief form (I − φ A)⁻¹ h less h. Mode ``points``
    deducts this for h the shortfall of the score; mode ``lever`` adds it to the measures in force, for h the measures
    against the neighbours (rewards are not shared). Mode ``grade`` takes away a share φ, rounded up to whole grades, of
    the grades by which a firm stands more than `gap` above its neighbours: above the lowest grade at or below which
    they have at least `share` of their weight. Mode ``list`` puts a firm on a blacklist by association while the listed
    share of its neighbours reaches the threshold, or while a tie that is open leads to a listed one. Recursive, what a
    firm got by association counts for the next: at once in mode ``grade``, one step a month in mode ``list``.
    """

    strength: float = parameter(
        0.3,
        unit="share",
        ge=0,
        le=1000,
        description="φ: share of what neighbours have that is carried over; 0 is off in every mode",
    )
    mode: Mode = parameter("points", unit="-", description="what is carried over")
    reach: Reach = parameter("first_order", unit="-", description="direct neighbours, a number of hops, or all the way")
    hops: int = parameter(2, unit="hops", ge=1, le=100, description="truncated: number of hops")
    rule: Literal["threshold", "probability"] = parameter(
        "threshold",
        unit="-",
        description="list: by the listed share of neighbours, or along ties of which each is open or not, drawn once",
        source="Watts 2002, PNAS 99:5766; Newman 2002, Phys. Rev. E 66:016128",
        standing="assumption",
    )
    threshold: float = parameter(
        0.5, unit="share", gt=0, description="list: listed share of neighbours that lists", standing="assumption"
    )
    chance: float = parameter(
        0.1, unit="probability", ge=0, le=1, description="list by probability: chance that a tie is open"
    )
    gap: int = parameter(
        1,
        unit="grades",
        ge=0,
        le=255,
        description="grade: how far above its neighbours a firm may stand; no published rule fixes it",
        standing="assumption",
    )
    share: float = parameter(
        0.5,
        unit="share",
        ge=0,
        le=1,
        description="grade: weight of the lowest-graded neighbours that counts; 0 the worst one, 1 the best one",
        standing="assumption",
    )

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        if self.mode == "grade" and not self.averages:
            raise ValueError("mode: 'grade' compares with a mean; weighting must be value or equal")
        return self

    @property
    def averages(self) -> bool:
        """Whether neighbours' weights add up to one."""
        return True

    def prepare(self, world: World) -> None:
        """Refuse a recursion that does not converge on this network; that of a mean always does below 1."""
        adds_up = self.reach == "recursive" and (self.carries("points") or self.carries("lever"))
        if adds_up and not (self.averages and self.strength < 1):
            refuse_divergence(self.layer(world), self.strength, f"spillover.{self.name}.strength")

    def carries(self, mode: str) -> bool:
        """Tell whether this is the mode, and the strength is not 0."""
        return self.mode == mode and self.strength > 0

    def shortfall(self, world: World, own: Floats, layer: Layer | None = None) -> Floats | None:
        """Return φ times the neighbours' shortfall, by the reach."""
        if not self.carries("points") or not own.any():
            return None
        return self.passed(world, own, layer)

    def passed(self, world: World, own: Floats, layer: Layer | None = None) -> Floats:
        """Return what is carried over of a value a firm, (N,), by the reach."""
        layer = layer or self.layer(world)
        if self.reach == "recursive":
            return katz(layer, self.strength, own, f"spillover.{self.name}.strength")
        return waves(layer, self.strength, own, self.hops if self.reach == "truncated" else 1)

    def lowered(self, world: World, own: Bytes) -> Bytes:
        """Return the grades that are left of the own ones, (N,)."""
        layer, best = self.layer(world), len(world.law.grades) - 1
        weight = layer.mean(np.ones(world.rows, np.float32)) * np.float32(self.share * (1 - ROUNDING))
        grade, rounds = own, 1 if self.reach == "first_order" else self.hops if self.reach == "truncated" else 1 << 20
        for _ in range(rounds):
            reference = np.full(world.rows, best, np.int16)
            for limit in reversed(range(best)):
                held = layer.mean((grade <= limit).astype(np.float32))
                reference[(held > 0) & (held >= weight)] = limit
            excess = np.maximum(own.astype(np.int16) - reference - self.gap, 0)
            taken = np.minimum(np.ceil(excess * self.strength - ROUNDING), own)
            following = own - taken.astype(np.uint8)
            if np.array_equal(following, grade):
                break
            grade = following
        return grade

    def lists(self, world: World) -> _Condition:
        """Return what decides who is reached by listed firms."""
        if self.rule == "probability":
            return _Condition(self.counts(world, self.chance), None)
        return _Condition(self.layer(world), np.float32(self.threshold * (1 - ROUNDING)))


class _Condition:
    """Who is reached by listed neighbours: where their share reaches a limit, or (None) where there is any."""

    def __init__(self, layer: Layer, limit: np.float32 | None) -> None:
        self._layer, self._limit = layer, limit

    def __call__(self, source: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return who is reached, (N,), if the firms in `source` are listed."""
        share = self._layer.mean(source.astype(np.float32))
        reached: NDArray[np.bool_] = share > 0
        if self._limit is not None:
            reached &= share >= self._limit
        return reached
