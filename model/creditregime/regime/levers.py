"""Levers: what a measure can act on, and what one unit of each costs a firm."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.codes import Lever
from creditregime.component import Settings, Standing, parameter
from creditregime.state import Floats
from creditregime.units import MONTHS
from creditregime.world import World

INSPECTION_RATE = 0.05
"""Inspections a year at which firms price a higher intensity (the sourced base rate of `Uniform`)."""

PRIVATE_PREMIUM = 0.10
"""What a private loan costs more than a bank's, 1/year (an assumption; the Supreme People's Court capped private rates
at four times the prime rate in 2020, then 15.4%)."""

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
    "credit_volume",
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
    standing: Standing = parameter(
        "assumption",
        unit="-",
        description="how sure it is that the measure exists: real, partly, unverified or assumption; its size is an"
        " assumption unless the basis says otherwise",
    )

    @model_validator(mode="after")
    def _has_trigger(self) -> Self:
        if self.grade is None and not self.lists:
            raise ValueError("a measure needs a trigger: grade or lists")
        return self

    @property
    def number(self) -> Lever:
        """The lever's code."""
        return Lever[self.lever.upper()]


class Scale(Settings):
    """Factors on the sizes of all measures, and of all rewards: how hard the regime acts, nothing else changed."""

    measures: float = parameter(1.0, unit="-", gt=0, le=100, description="factor on the size of every measure")
    rewards: float = parameter(1.0, unit="-", gt=0, le=100, description="factor on the size of every reward")


def sized(rules: Any) -> tuple[dict[str, Measure], dict[str, Measure]]:
    """Return the measures and the rewards of a scenario in their scaled sizes."""
    return _sized(rules.measures, rules.scale.measures), _sized(rules.rewards, rules.scale.rewards)


def _sized(rules: dict[str, Measure], factor: float) -> dict[str, Measure]:
    if factor == 1:
        return rules
    return {name: rule.model_copy(update={"size": rule.size * factor}) for name, rule in rules.items()}


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
    worth[:, Lever.CREDIT_VOLUME] = margin.debt * PRIVATE_PREMIUM / MONTHS
    return worth


def _average(world: World, money: Floats) -> NDArray[np.float64]:
    """Return money of all firms as a share of initial revenue, (J,)."""
    return world.total(money) / world.total(world.firms.size)
