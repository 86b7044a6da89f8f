"""Two worlds that share every random draw, month by month, forwards and back."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from creditregime.classroom.limits import Limits
from creditregime.classroom.strikes import Before, strikes
from creditregime.model import CreditRegime
from creditregime.population import Population
from creditregime.population.economy import Economy
from creditregime.scenario import Scenario
from creditregime.state import Rows


class TwinWorlds:
    """The models of two scenarios on the same firms.

    Going back is going anew: both are made again from the seed, and simulated up to the month that was asked for.

    Parameters
    ----------
    scenarios
        Those of world A and of world B.
    limits
        What may be asked for.
    before
        Worlds whose firms are taken over where population and seed are the same.
    """

    def __init__(self, scenarios: tuple[Scenario, Scenario], limits: Limits, before: TwinWorlds | None = None) -> None:
        self.economy: Economy
        self.scenarios = (limits.check(scenarios[0]), limits.check(scenarios[1]))
        if before is not None and _who(before.scenarios[0]) == _who(scenarios[0]):
            self.economy = before.economy
        else:
            self.economy = scenarios[0].population.build(scenarios[0].seed)
            limits.check_firms(len(self.economy.sector))
        self.models: tuple[CreditRegime, CreditRegime]
        self.simulated = 0.0
        self.struck: tuple[Rows, Rows]
        self.restart()

    @property
    def month(self) -> int:
        """Months simulated so far."""
        return int(self.models[0].world.month)

    @property
    def months(self) -> int:
        """Length of the run."""
        return int(self.scenarios[0].months)

    def restart(self) -> None:
        """Go back to the start."""
        one, other = (CreditRegime(scenario, economy=self.economy) for scenario in self.scenarios)
        self.models, self.struck = (one, other), (nobody(), nobody())

    def step(self) -> None:
        """Simulate a month in both worlds, and see through whom association hit firms in it."""
        started = perf_counter()
        befores = [Before(model) for model in self.models]
        for model in self.models:
            model.step()
        one, other = (strikes(model, before) for model, before in zip(self.models, befores, strict=True))
        self.struck = (one, other)
        self.simulated = perf_counter() - started

    def advance(self, target: int, seconds: float) -> bool:
        """Go towards a month for at most so long (one month at least); return whether it is reached."""
        if target < self.month:
            self.restart()
        deadline = perf_counter() + seconds
        while self.month < target:
            self.step()
            if perf_counter() > deadline:
                break
        return self.month == target


def _who(scenario: Scenario) -> tuple[Population, int]:
    return scenario.population, scenario.seed


def nobody() -> Rows:
    """Return no pairs of firms, (0, 2)."""
    return np.empty((0, 2), np.int64)
