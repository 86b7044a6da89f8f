"""From a scenario and an economy to the world at the start of its first month."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from creditregime.codes import OWNERSHIPS, Lever
from creditregime.component import nearest
from creditregime.errors import ScenarioError
from creditregime.population.economy import Economy
from creditregime.regime.lists import blacklists_of
from creditregime.regime.measures import Catalogue
from creditregime.scenario import Scenario
from creditregime.topics import hazards
from creditregime.world import Law, World


def build_world(scenario: Scenario, economy: Economy | None = None, seeds: Sequence[int] | None = None) -> World:
    """Return the world of a scenario, every rule prepared.

    Parameters
    ----------
    scenario
        The rules.
    economy
        Who exists; by default what ``scenario.population`` builds from the seed. It may hold several jurisdictions.
    seeds
        One seed a jurisdiction; by default ``scenario.seed`` for the first and the next numbers for the others.
    """
    if economy is None:
        economy = scenario.population.build(scenario.seed)
    if seeds is None:
        seeds = [scenario.seed + number for number in range(len(economy.starts))]
    _refuse_misfits(scenario, economy)
    world = World(economy, seeds, tuple(scenario.topics), _law(scenario, len(seeds)), _dimensions(scenario, economy))
    _prepare(scenario, world)
    return world


def catalogue(scenario: Scenario, world: World) -> Catalogue:
    """Return the scenario's measures and rewards, ready to be applied."""
    return Catalogue(world, scenario.measures, scenario.rewards, scenario.joint_punishment)


def _law(scenario: Scenario, jurisdictions: int) -> Law:
    topics = scenario.topics.values()
    files = scenario.rating.files(len(topics), scenario.registry.central)
    law = Law.blank(len(topics), files, scenario.rating.grades(), tuple(scenario.lists), jurisdictions)
    law.shares[:] = [topic.shares for topic in topics]
    law.cost[:] = [topic.cost for topic in topics]
    law.harm[:] = [topic.harm for topic in topics]
    law.rules[:] = [topic.rules for topic in topics]
    law.black = tuple(rule.colour == "black" for rule in scenario.lists.values())
    law.blacklists_of = blacklists_of(scenario.lists, tuple(scenario.topics))
    return law


def _dimensions(scenario: Scenario, economy: Economy) -> dict[str, int]:
    topics = len(scenario.topics)
    files = scenario.rating.files(topics, scenario.registry.central)
    return scenario.rating.dimensions(files) | {
        "file": files,
        "list": len(scenario.lists),
        "lever": len(Lever),
        "regulator": topics * scenario.inspection.regions(len(economy.regions)),
    }


def _prepare(scenario: Scenario, world: World) -> None:
    """Let every rule write its part of the law and of the first state; later rules read earlier ones' parts."""
    hazards(world, scenario.topics)
    scenario.inspection.prepare(world)
    scenario.learning.prepare(world)
    scenario.behaviour.prepare(world)
    scenario.fines.prepare(world, scenario.topics)
    scenario.registry.prepare(world, scenario.topics)
    scenario.rating.prepare(world)
    scenario.trade.prepare(world)
    scenario.finance.prepare(world)
    scenario.spillover.partner.prepare(world)
    catalogue(scenario, world).price(world, scenario.rating, scenario.lists)


def _refuse_misfits(scenario: Scenario, economy: Economy) -> None:
    names = [*economy.sectors, *OWNERSHIPS]
    for key, topic in scenario.topics.items():
        for name in topic.weighs_on:
            if name not in names:
                raise ScenarioError(
                    f"topics.{key}.weighs_on: unknown sector or ownership '{name}'{nearest(name, names)};"
                    f" allowed: {', '.join(names)}"
                )
    number = getattr(scenario.inspection, "number", 0)
    sizes = np.diff([*economy.starts, len(economy.sector)])
    for quota in number.values() if isinstance(number, dict) else [number]:
        if quota > sizes.min():
            raise ScenarioError(f"inspection.number: {quota:g} inspections a month exceed the {sizes.min()} firms")
