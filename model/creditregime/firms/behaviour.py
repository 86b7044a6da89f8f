"""How firms choose their compliance effort."""

from __future__ import annotations

import math
from typing import Literal, Self

import numpy as np
from pydantic import model_validator
from scipy.special import expit, ndtri

from creditregime.acceleration import in_parts, kernel
from creditregime.component import Rule, parameter
from creditregime.firms.stakes import Prospects
from creditregime.firms.traits import Traits
from creditregime.state import Floats, Rows
from creditregime.units import MONTHS, TIE
from creditregime.world import World


class Behaviour(Rule, family="behaviour"):
    """Family of decision rules. All amounts are shares of the firm's own monthly revenue."""

    intrinsic: float = parameter(
        0.35, unit="share", ge=0, le=1, description="mean effort at the private optimum, without any enforcement"
    )
    intrinsic_spread: float = parameter(0.2, unit="share", ge=0, description="standard deviation of that effort")
    cost_distribution: Literal["same", "lognormal", "uniform"] = parameter(
        "lognormal", unit="-", description="how the cost of compliance differs between firms"
    )
    cost_spread: float = parameter(
        0.5, unit="-", ge=0, description="standard deviation of log cost (lognormal); unused by the others"
    )
    cost_size_elasticity: float = parameter(
        0.9, unit="-", ge=0, le=2, description="how total compliance cost grows with size; below 1 burdens small firms"
    )
    discount: float = parameter(0.10, unit="1/year", ge=0, description="rate at which firms discount later losses")
    patience: float | None = parameter(
        None, unit="1/month", ge=0, lt=1, description="what one unit next month is worth; None follows the discount"
    )
    foresees_partners: bool = parameter(
        False,
        unit="-",
        description="firms count the buyers that would drop them while they stand on a published blacklist",
        standing="partly",
    )
    traits: Traits = parameter(default_factory=Traits, unit="-", description="how firms differ in character")

    @model_validator(mode="after")
    def _one_patience(self) -> Self:
        if self.patience is not None and self.traits.discount_spread:
            raise ValueError("patience: one for all does not go with traits.discount_spread; leave it out")
        return self

    def prepare(self, world: World) -> None:
        """Draw each firm's cost factor and private optimum, and start there."""
        firms = world.firms
        firms.intrinsic[:] = np.clip(self.intrinsic + self.intrinsic_spread * world.draws.normal("intrinsic", 0), 0, 1)
        draws = world.draws.uniform("cost", 0)
        if self.cost_distribution == "lognormal":
            quantile = ndtri(np.maximum(draws, np.float32(1e-7)))
            firms.cost_factor[:] = np.exp(self.cost_spread * quantile - self.cost_spread**2 / 2)
        elif self.cost_distribution == "uniform":
            firms.cost_factor[:] = 2 * draws
        if self.cost_size_elasticity != 1:
            firms.cost_factor *= np.maximum(firms.size, np.float32(1e-6)) ** np.float32(self.cost_size_elasticity - 1)
        firms.effort[:] = firms.intrinsic
        self.traits.draw(world, np.arange(world.rows), 0, self.discount)

    def register(self, world: World, rows: Rows) -> None:
        """Give new firms a character of their own."""
        if len(rows):
            self.traits.draw(world, rows, world.month + 1, self.discount)

    def discounting(self, world: World) -> float | Floats:
        """Return the rate a year at which firms discount: one for all, or one a firm, (N,), where they differ."""
        if self.patience is not None:
            return math.inf if self.patience < 1e-20 else self.patience**-MONTHS - 1
        return world.firms.discount if self.traits.discount_spread else self.discount

    def choose(self, world: World, prospects: Prospects) -> None:
        """Write ``effort``; `prospects` tells what is at stake, when a rule needs it."""

    def spending(self, world: World) -> Floats:
        """Return what compliance costs each firm this month, (N,) money: ½ c per square of effort beyond its own."""
        return quadratic_cost(world)

    def asked(self) -> tuple[str, ...]:
        """Return the names of the strategies that firms ask: none, unless they decide by functions."""
        return ()


def quadratic_cost(world: World) -> Floats:
    """Return ½ c per square of effort beyond the private optimum, summed over topics, (N,) money."""
    firms, total = world.firms, np.zeros(world.rows, np.float32)
    if (conduct := kernel("conduct", world.rows)) is not None:
        half = (world.law.cost / 2).astype(np.float32)
        in_parts(
            conduct.quadratic_cost,
            world.rows,
            firms.effort,
            firms.intrinsic,
            half,
            firms.cost_factor,
            firms.size,
            total,
        )
        return total
    for k, effort in enumerate(firms.effort):
        beyond = np.maximum(effort - firms.intrinsic, 0)
        beyond *= beyond
        beyond *= np.float32(world.law.cost[k] / 2)
        total += beyond
    total *= firms.cost_factor
    total *= firms.size
    return total


def full_cost(world: World) -> Floats:
    """Return the cost of the topics complied with fully, less the private motive, (N,) money."""
    firms = world.firms
    cost: Floats = (firms.effort * world.law.cost[:, None]).sum(axis=0)
    cost *= firms.cost_factor * (1 - firms.intrinsic) * firms.size
    return cost


class FixedEffort(Behaviour, kind="none"):
    """Firms keep the effort of their private optimum."""


class Deciding(Behaviour):
    """Common part of the rules that weigh the expected penalty against the cost."""

    def gain(self, world: World, k: int, stake: Floats) -> Floats:
        """Return hazard × perceived detection × (fine + stake), (N,), share of revenue."""
        gain = stake  # in place: the caller's buffer is not used again
        gain += self.fine(world, k)
        if self.traits.cautious:
            gain *= world.firms.caution
        gain *= world.firms.belief[k]
        gain *= world.firms.hazard[k]
        return gain

    def fine(self, world: World, k: int) -> Floats | np.float32:
        """Return the expected fine for one violation, a scalar or (N,), months of own revenue."""
        law = world.law
        fine = np.float32(law.shares[k] @ law.fine[k])
        return fine if law.fine_by_grade is None else fine * law.fine_by_grade[world.grade_in(k)]

    def cost(self, world: World, k: int) -> Floats:
        """Return the cost of full compliance, (N,), share of revenue."""
        cost: Floats = world.firms.cost_factor * world.law.cost[k]
        return cost


class Gradual(Deciding, kind="gradual"):
    """Effort moves a share towards the best response where effort e costs ½ c e²."""

    adjustment: float = parameter(
        0.25, unit="share/month", gt=0, le=1, description="share of the way to the best response that a month covers"
    )

    def choose(self, world: World, prospects: Prospects) -> None:
        """Move each effort towards clip(private optimum + gain / cost, 0, 1)."""
        effort, pace = world.firms.effort, np.float32(self.adjustment)
        aims = self._best(world, prospects.stakes())
        for k, best in enumerate(aims):
            if (aim := self.aim(world, k, best)) is not best:
                aims[k] = aim
        if (conduct := kernel("conduct", world.rows)) is not None:
            in_parts(conduct.approach, world.rows, effort, aims, pace)
            return
        aims -= effort
        aims *= pace
        effort += aims

    def _best(self, world: World, stakes: Floats) -> Floats:
        """Return clip(private optimum + gain / cost, 0, 1) by topic, (K, N), in the place of what is at stake."""
        firms, cost = world.firms, world.law.cost
        if self._reckons_plainly() and (conduct := kernel("conduct", world.rows)) is not None:
            fines = self._fines(world)
            caution = firms.caution if self.traits.cautious else np.ones(1, np.float32)
            rows = (firms.belief, firms.hazard, firms.cost_factor)
            in_parts(conduct.best_response, world.rows, stakes, fines, caution, *rows, cost, firms.intrinsic)
            return stakes
        for k, stake in enumerate(stakes):
            stake[:] = self.gain(world, k, stake) / self.cost(world, k)
        stakes += firms.intrinsic
        return np.clip(stakes, 0, 1, out=stakes)

    def _reckons_plainly(self) -> bool:
        """Tell whether gain, fine and cost are those of all such rules: a rule derived from them may have its own."""
        own = type(self)
        return (own.gain, own.fine, own.cost) == (Deciding.gain, Deciding.fine, Deciding.cost)

    def _fines(self, world: World) -> Floats:
        """Return the expected fines by topic, (K, 1) or (K, N)."""
        topics, settled = range(len(world.topics)), world.law.settled
        if world.law.fine_by_grade is not None:
            return np.array([self.fine(world, k) for k in topics])
        if "fines" not in settled:
            settled["fines"] = np.array([[self.fine(world, k)] for k in topics])
        fines: Floats = settled["fines"]
        return fines

    def aim(self, world: World, k: int, best: Floats) -> Floats:
        """Return the effort towards which firms move, (N,), given the best response."""
        return best


class AllOrNothing(Deciding):
    """Common part of the rules whose effort is 0 or 1."""

    def spending(self, world: World) -> Floats:
        """Return the full cost, less the private motive, of each topic complied with, (N,) money."""
        return full_cost(world)


class Threshold(AllOrNothing, kind="threshold"):
    """Comply fully where the expected penalty and the private motive reach the cost (Becker 1968)."""

    def choose(self, world: World, prospects: Prospects) -> None:
        """Set each effort to 0 or 1."""
        for k, stake in enumerate(prospects.stakes()):
            gain = self.gain(world, k, stake)
            cost = self.cost(world, k) * (1 - world.firms.intrinsic)
            world.firms.effort[k] = gain >= cost * np.float32(1 - TIE)


class Logit(AllOrNothing, kind="logit"):
    """Comply fully with a probability that rises with the net gain (quantal response)."""

    precision: float = parameter(
        5.0, unit="1/cost", ge=0, description="response precision per mean cost of compliance of the topic"
    )

    def choose(self, world: World, prospects: Prospects) -> None:
        """Draw each effort from {0, 1}."""
        firms = world.firms
        for k, stake in enumerate(prospects.stakes()):
            net = self.gain(world, k, stake)
            net -= self.cost(world, k) * (1 - firms.intrinsic)
            net = self.weighed(world, k, net)
            net *= np.float32(self.precision / world.law.cost[k])
            firms.effort[k] = world.draws.uniform("choose", world.month, k) < expit(net)

    def weighed(self, world: World, k: int, net: Floats) -> Floats:
        """Return what firms weigh in their choice, (N,), given the net gain of complying, share of revenue."""
        return net
