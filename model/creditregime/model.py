"""The model: one month, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mesa

from creditregime.agents import AgentViews
from creditregime.build import build_world, enact
from creditregime.composition import load
from creditregime.firms.reporting import total_burden
from creditregime.firms.stakes import Prospects
from creditregime.indicators.measure import publish
from creditregime.indicators.series import Series
from creditregime.population.economy import Economy
from creditregime.regime.lists import blacklisted
from creditregime.regime.measures import Catalogue
from creditregime.regime.rating import log_grades
from creditregime.regime.records import collect
from creditregime.regime.territories import Territories
from creditregime.scenario import Scenario
from creditregime.state import Floats, Rows


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
        self.regimes = spec.by_phase()
        start = self.rules_of(0)
        self.world = build_world(start, economy, seeds, [spec for _, spec in self.regimes[1:]])
        self.world.view = self.firm
        self.eras = [(0, Territories(start, self.world))]
        self.series = Series(self.world, spec.indicators)
        self.datacollector = self.series.datacollector()

    @property
    def rules(self) -> Scenario:
        """The scenario as it stands in the present month: that of the latest phase."""
        return self.rules_of(self.world.month)

    def rules_of(self, month: int) -> Scenario:
        """Return the scenario as it stood in a month."""
        return next(spec for since, spec in reversed(self.regimes) if since <= month)

    @property
    def catalogue(self) -> Catalogue:
        """The measures and rewards of the present month."""
        return self.territories_of(self.world.month).catalogue

    @property
    def territories(self) -> Territories:
        """Who is under which rules in the present month."""
        return self.territories_of(self.world.month)

    def territories_of(self, month: int) -> Territories:
        """Return who was under which rules in a month: the national ones, or those of a pilot."""
        return next(territories for since, territories in reversed(self.eras) if since <= month)

    def step(self) -> None:
        """Simulate one month: the fifteen stages of the specification, in their order."""
        world, spec = self.world, self.rules
        spec.learning.learn(world)  # from the marks of the month that ended, which opening the new one wipes off
        local = self._open_month(spec)
        local.run("behaviour", lambda rules: rules.behaviour.choose(world, self.prospects(rules)))
        spec.violations.happen(world)
        spec.reporting.report(world, self._at_stake)
        watching = local.value("monitoring", lambda rules: rules.monitoring.burden(world))
        burden = total_burden(spec.reporting.burden(world), watching)
        local.run("monitoring", lambda rules: rules.monitoring.watch(world))
        local.run("inspection", lambda rules: rules.inspection.inspect(world))
        spec.inquiry.inquire(world)
        collect(world)
        local.run("fines", lambda rules: rules.fines.impose(world))
        spec.overseas.look(world)
        local.record()
        struck = spec.objections.hear(world)
        spec.accountability.audit(world, spec.finance, spec.repair)
        spec.repair.correct(world)
        spec.protection.leak(world)
        grades = world.firms.grade.copy()
        local.run("rating", lambda rules: rules.rating.rate(world))
        spec.objections.reinstate(world, struck, local.lists)
        local.update_lists()
        local.run("repair", lambda rules: rules.repair.repair(world, rules.lists))
        listed = blacklisted(world, local.lists)
        spec.spillover.associate(world, local.rating, local.lists, listed)
        log_grades(world, grades)
        self.catalogue.act(world, local.lists)
        spec.overseas.clear_customs(world)
        sales = spec.trade.trade(world)
        compliance = spec.behaviour.spending(world)
        spec.finance.settle(world, sales, compliance, burden)
        published = blacklisted(world, {k: v for k, v in local.lists.items() if v.published})
        spec.partners.rematch(world, spec.overseas.shunned(world, published))
        publish(world)
        self.series.measure_conduct(compliance, burden)
        spec.diffusion.observe(world)
        spec.relocation.relocate(world, compliance, burden)
        spec.exit.leave(world, spec.finance)
        self._register(spec, spec.entry.enter(world))
        self.series.measure()
        self.datacollector.collect(self)
        world.close_month()
        self.running = world.month < spec.months

    def _open_month(self, spec: Scenario) -> Territories:
        """Clear the month's marks, begin a new phase if it is time, and return who is under which rules."""
        world = self.world
        world.open_month()
        if world.month and spec is not (before := self.rules_of(world.month - 1)):
            enact(spec, before, world)
            self.eras.append((world.month, Territories(spec, world)))
            world.keep_in_force()
        self.territories.open()
        return self.territories

    def _register(self, spec: Scenario, entrants: Rows) -> None:
        """Give new firms what they begin with."""
        world = self.world
        spec.learning.register(world, entrants)
        spec.behaviour.register(world, entrants)
        self.territories.register(entrants)
        spec.finance.found(world, entrants)
        spec.spillover.register(world, entrants)

    def prospects(self, rules: Scenario | None = None) -> Prospects:
        """Return what firms look at when they choose their effort, under some rules; by default the national ones."""
        world, rules = self.world, rules or self.rules
        discount = rules.behaviour.discounting(world)
        dropping = rules.partners.dropping() if rules.behaviour.foresees_partners else 0.0
        return Prospects(world, rules.rating, rules.lists, rules.inspection, rules.monitoring, discount, dropping)

    def _at_stake(self) -> Floats:
        """Return the value at stake of one more record by the rules where each firm is, (K, N)."""
        value = self.territories.value("behaviour", lambda rules: self.prospects(rules).stakes())
        assert value is not None  # every set of rules puts something, or 0, at stake
        return value

    def run_model(self) -> CreditRegime:
        """Simulate the months that are left, and return the model."""
        while self.world.month < self.spec.months:
            self.step()
        self.running = False
        return self
