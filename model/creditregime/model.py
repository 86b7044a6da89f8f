"""The model: one month, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mesa

from creditregime.agents import AgentViews
from creditregime.build import build_world, catalogue
from creditregime.composition import load
from creditregime.firms.stakes import Prospects
from creditregime.indicators.measure import publish
from creditregime.indicators.series import Series
from creditregime.population.economy import Economy
from creditregime.regime.lists import blacklisted
from creditregime.regime.rating import log_grades
from creditregime.regime.registry import collect
from creditregime.scenario import Scenario


class CreditRegime(AgentViews, mesa.Model):
    """An economy of firms under a credit-rating regime.

    Parameters
    ----------
    spec
        The scenario; by default the preset configuration.
    economy
        Who exists; by default what the scenario's population builds.
    seeds
        One seed a jurisdiction of the economy.
    seed, rng
        Replaces the scenario's seed (either name, as Mesa's versions differ).
    **changes
        Values at dotted paths, or ``regime="..."`` and other preset groups, as `load` takes them; so that
        ``mesa.batch_run(CreditRegime, {"regime": [...], "spillover.partner.strength": [0, 0.3]})`` works.
    """

    def __init__(
        self,
        spec: Scenario | None = None,
        /,
        *,
        economy: Economy | None = None,
        seeds: Sequence[int] | None = None,
        seed: int | None = None,
        rng: int | None = None,
        **changes: Any,
    ) -> None:
        chosen = seed if seed is not None else rng
        if chosen is not None:
            changes["seed"] = int(chosen)
        if spec is None:
            spec = load(**changes)
        elif changes:
            spec = spec.changed(changes)
        super().__init__(rng=spec.seed)
        self.spec = spec
        self.world = build_world(spec, economy, seeds)
        self.world.view = self.firm
        self.catalogue = catalogue(spec, self.world)
        self.series = Series(self.world, spec.indicators)
        self.datacollector = self.series.datacollector()

    def step(self) -> None:
        """Simulate one month: the fifteen stages of the specification, in their order."""
        world, spec = self.world, self.spec
        spec.learning.learn(world)  # from the marks of the month that ended, which opening the new one wipes off
        world.open_month()
        spec.behaviour.choose(world, self.prospects())
        spec.violations.happen(world)
        burden = spec.reporting.burden(world)
        spec.monitoring.watch(world)
        spec.inspection.inspect(world)
        collect(world)
        spec.fines.impose(world)
        spec.registry.record(world)
        grades = world.firms.grade.copy()
        spec.rating.rate(world)
        for number, rule in enumerate(spec.lists.values()):
            rule.update(world, number)
        spec.repair.repair(world, spec.lists)
        listed = blacklisted(world, spec.lists)
        spec.spillover.associate(world, spec.rating, spec.lists, listed)
        log_grades(world, grades)
        self.catalogue.act(world, spec.lists)
        sales = spec.trade.trade(world)
        compliance = spec.behaviour.spending(world)
        spec.finance.settle(world, sales, compliance, burden)
        spec.partners.rematch(world, blacklisted(world, {k: v for k, v in spec.lists.items() if v.published}))
        publish(world)
        self.series.measure_conduct(compliance, burden)
        spec.exit.leave(world, spec.finance)
        entrants = spec.entry.enter(world)
        spec.learning.register(world, entrants)
        spec.behaviour.register(world, entrants)
        spec.rating.register(world, entrants)
        spec.finance.found(world, entrants)
        spec.spillover.person.register(world, entrants)
        self.series.measure()
        self.datacollector.collect(self)
        world.close_month()
        self.running = world.month < spec.months

    def prospects(self) -> Prospects:
        """Return what firms look at when they choose their effort."""
        world, spec = self.world, self.spec
        discount = spec.behaviour.discounting(world)
        dropping = spec.partners.dropping() if spec.behaviour.foresees_partners else 0.0
        return Prospects(world, spec.rating, spec.lists, spec.inspection, spec.monitoring, discount, dropping)

    def run_model(self) -> CreditRegime:
        """Simulate the months that are left, and return the model."""
        while self.world.month < self.spec.months:
            self.step()
        self.running = False
        return self
