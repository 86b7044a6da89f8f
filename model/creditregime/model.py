"""The model: one month, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import mesa
import numpy as np

from creditregime.agents import AgentViews
from creditregime.build import build_world, enact
from creditregime.composition import load
from creditregime.firms.reporting import total_burden
from creditregime.firms.stakes import Prospects
from creditregime.indicators.measure import publish
from creditregime.indicators.series import Series
from creditregime.market.trade import Sales
from creditregime.population.economy import Economy
from creditregime.regime.lists import blacklisted
from creditregime.regime.measures import Catalogue
from creditregime.regime.rating.told import Told
from creditregime.regime.records import collect
from creditregime.regime.territories import Territories
from creditregime.scenario import Scenario
from creditregime.state import Floats, Rows

STAGES = (
    "learn",  # 1
    "open",
    "choose",  # 2
    "operate",  # 3 and 4: violations, reports, monitoring
    "inspect",  # 5
    "record",  # 6
    "rate",  # 7 to 9: grades, lists and their repair, association
    "sanction",  # 10
    "trade",  # 11
    "settle",  # 12
    "rematch",  # 13
    "observe",  # 15, first part: what must be seen before firms leave
    "leave",  # 14
    "enter",
)
"""The month in the order of the specification; its numbers are those of docs/model.md."""
NEEDS = {"settle": "trade", "observe": "settle", "leave": "settle", "enter": "leave"}
"""Stages that take up what another one did in the same month. All but learning need the month to be open."""


@dataclass
class Month:
    """What the stages of a month hand on: the rules that hold, and money that is moved or spent."""

    spec: Scenario
    burden: Floats | None = None
    sales: Sales = field(init=False)
    compliance: Floats = field(init=False)


class CreditRegime(AgentViews, mesa.Model):
    """An economy of firms under a credit-rating regime.

    The order of the month's stages is the attribute `order`, the methods of the same names (with an underscore) what
    they do. A subclass may put them in another order, to see what depends on it.

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
    **kwargs
        Values at dotted paths, or ``regime="..."`` and other preset groups, as `load` takes them; so that
        ``mesa.batch_run(CreditRegime, {"regime": [...], "spillover.partner.strength": [0, 0.3]})`` works.
    """

    order: ClassVar[tuple[str, ...]] = STAGES

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Refuse an order in which a stage is missing, or comes before what it takes up."""
        super().__init_subclass__(**keywords)
        if sorted(cls.order) != sorted(STAGES):
            raise TypeError(f"{cls.__name__}.order: each of {', '.join(STAGES)} must stand in it once")
        opened = [("open", stage) for stage in STAGES if stage not in ("learn", "open")]
        for first, then in [*opened, *((first, then) for then, first in NEEDS.items())]:
            if cls.order.index(then) < cls.order.index(first):
                raise TypeError(f"{cls.__name__}.order: '{then}' must come after '{first}'")
        if cls.order.index("open") < cls.order.index("learn") < cls.order.index("record"):
            raise TypeError(f"{cls.__name__}.order: between 'open' and 'record' there is nothing to 'learn' from")

    def __init__(
        self,
        spec: Scenario | None = None,
        /,
        *,
        economy: Economy | None = None,
        seeds: Sequence[int] | None = None,
        seed: int | None = None,
        rng: int | None = None,
        **kwargs: Any,  # Mesa's SolaraViz looks for this very name
    ) -> None:
        chosen = seed if seed is not None else rng
        if chosen is not None:
            kwargs["seed"] = int(chosen)
        if spec is None:
            spec = load(**kwargs)
        elif kwargs:
            spec = spec.changed(kwargs)
        super().__init__(rng=spec.seed)
        self.spec = spec
        self.regimes = spec.by_phase()
        start = self.rules_of(0)
        self.world = build_world(start, economy, seeds, [spec for _, spec in self.regimes[1:]])
        self.world.view = self.firm
        self.eras = [(0, Territories(start, self.world))]
        self.series = Series(self.world, spec.indicators)
        self._told = Told(self.world)
        self._struck: Rows = np.empty(0, np.int64)  # off the registry, not yet off the lists
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
        """Simulate one month: its stages, in their order."""
        month = Month(self.rules)
        for stage in self.order:
            getattr(self, f"_{stage}")(month)
        self.series.measure()
        self.datacollector.collect(self)
        self.world.close_month()
        self.running = self.world.month < self.spec.months

    def _learn(self, month: Month) -> None:
        """Learn from the marks of the month that ended, which opening the new one wipes off."""
        month.spec.learning.learn(self.world)

    def _open(self, month: Month) -> None:
        """Clear the month's marks, begin a new phase if it is time, and see who is under which rules."""
        world, spec = self.world, month.spec
        world.open_month()
        if world.month and spec is not (before := self.rules_of(world.month - 1)):
            enact(spec, before, world)
            self.eras.append((world.month, Territories(spec, world)))
            world.keep_in_force()
        self.territories.open()
        self._told.opened(np.empty(0, np.int64))

    def _choose(self, month: Month) -> None:
        self.territories.run("behaviour", lambda rules: rules.behaviour.choose(self.world, self.prospects(rules)))

    def _operate(self, month: Month) -> None:
        """Violate, report, and watch."""
        world, spec, local = self.world, month.spec, self.territories
        spec.violations.happen(world)
        spec.reporting.report(world, self._at_stake)
        watching = local.value("monitoring", lambda rules: rules.monitoring.burden(world))
        month.burden = total_burden(spec.reporting.burden(world), watching)
        local.run("monitoring", lambda rules: rules.monitoring.watch(world))

    def _inspect(self, month: Month) -> None:
        self.territories.run("inspection", lambda rules: rules.inspection.inspect(self.world))
        month.spec.inquiry.inquire(self.world)

    def _record(self, month: Month) -> None:
        """Gather what was found, fine it, enter it, and let remedies work on it."""
        world, spec, local = self.world, month.spec, self.territories
        collect(world)
        local.run("fines", lambda rules: rules.fines.impose(world))
        spec.overseas.look(world)
        local.record()
        self._struck = spec.objections.hear(world)
        spec.accountability.audit(world, spec.finance, spec.repair)
        spec.repair.correct(world)
        spec.protection.leak(world)

    def _rate(self, month: Month) -> None:
        """Rate, list, repair, and associate, in this order."""
        world, spec, local = self.world, month.spec, self.territories
        local.run("rating", lambda rules: rules.rating.rate(world))
        spec.objections.reinstate(world, self._struck, local.lists)
        local.update_lists()
        local.run("repair", lambda rules: rules.repair.repair(world, rules.lists))
        spec.spillover.associate(world, local.rating, local.lists, blacklisted(world, local.lists))
        self._told.graded()

    def _sanction(self, month: Month) -> None:
        self.catalogue.act(self.world, self.territories.lists)
        month.spec.overseas.clear_customs(self.world)

    def _trade(self, month: Month) -> None:
        month.sales = month.spec.trade.trade(self.world)

    def _settle(self, month: Month) -> None:
        month.compliance = month.spec.behaviour.spending(self.world)
        month.spec.finance.settle(self.world, month.sales, month.compliance, month.burden)

    def _rematch(self, month: Month) -> None:
        lists = {name: rule for name, rule in self.territories.lists.items() if rule.published}
        month.spec.partners.rematch(self.world, month.spec.overseas.shunned(self.world, blacklisted(self.world, lists)))

    def _observe(self, month: Month) -> None:
        """Publish detection rates, and measure what must be seen before firms leave."""
        publish(self.world)
        self.series.measure_conduct(month.compliance, month.burden)
        month.spec.diffusion.observe(self.world)

    def _leave(self, month: Month) -> None:
        month.spec.relocation.relocate(self.world, month.compliance, month.burden)
        month.spec.exit.leave(self.world, month.spec.finance)

    def _enter(self, month: Month) -> None:
        self._register(month.spec, month.spec.entry.enter(self.world))

    def _register(self, spec: Scenario, entrants: Rows) -> None:
        """Give new firms what they begin with."""
        world = self.world
        spec.learning.register(world, entrants)
        spec.behaviour.register(world, entrants)
        self.territories.register(entrants)
        spec.finance.found(world, entrants)
        spec.spillover.register(world, entrants)
        self._told.opened(entrants)

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
