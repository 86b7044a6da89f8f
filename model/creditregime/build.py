"""From a scenario and an economy to the world at the start of its first month."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from creditregime.codes import OWNERSHIPS, Lever
from creditregime.component import nearest
from creditregime.errors import ScenarioError
from creditregime.law import Law
from creditregime.population.economy import Economy
from creditregime.regime.levers import sized
from creditregime.regime.lists import blacklists_of
from creditregime.regime.measures import Catalogue
from creditregime.regime.pilots import everywhere, files, grade_names
from creditregime.scenario import Scenario
from creditregime.topics import hazards
from creditregime.world import World


def build_world(
    scenario: Scenario,
    economy: Economy | None = None,
    seeds: Sequence[int] | None = None,
    later: Sequence[Scenario] = (),
) -> World:
    """Return the world of a scenario, every rule prepared.

    Parameters
    ----------
    scenario
        The rules.
    economy
        Who exists; by default what ``scenario.population`` builds from the seed. It may hold several jurisdictions.
    seeds
        One seed a jurisdiction; by default ``scenario.seed`` for the first and the next numbers for the others.
    later
        The scenario as it stands in later phases: what they need to know of the past is kept from the start.
    """
    own = economy is None and not scenario.population.fixed  # it can be made again
    if economy is None:
        economy = scenario.population.build(scenario.seed)
    if seeds is None:
        seeds = [scenario.seed + number for number in range(len(economy.starts))]
    _refuse_misfits(scenario, economy)
    _refuse_unknown_firms((scenario, *later), economy)
    rules = everywhere(scenario)
    law = _law(rules, len(seeds))
    every = [_kept(local) for spec in (scenario, *later) for local in everywhere(spec)]
    kept = {name: max(lengths[name] for lengths in every) for name in every[0]}
    world = World(economy, seeds, tuple(scenario.topics), law, kept | _dimensions(rules, economy), own=own)
    scenario.overseas.prepare(world)
    scenario.learning.prepare(world)
    scenario.behaviour.prepare(world)
    _write_law(rules[0], world)
    scenario.rating.prepare(world)
    scenario.trade.prepare(world)
    scenario.finance.prepare(world)
    _price(rules[0], world)
    _first_listings(rules[0], world)
    if own:
        economy.let_go(partial(scenario.population.build, scenario.seed))
    return world


def enact(scenario: Scenario, before: Scenario, world: World) -> None:
    """Put a scenario's regime in force in a world that is under way under another one.

    Under a new rating, or with other files, everybody is rated at once; else ratings go on as they are.
    """
    rules, lists, had = everywhere(scenario), world.law.lists, len(world.firms.grade)
    world.change_law(_law(rules, len(world.spans)), _dimensions(rules, world.economy))
    _write_law(rules[0], world)
    if scenario.rating != before.rating or len(world.firms.grade) != had:
        scenario.rating.prepare(world)
    _price(rules[0], world)
    _first_listings(rules[0], world, lists)


def catalogue(scenario: Scenario, world: World) -> Catalogue:
    """Return the scenario's measures and rewards, ready to be applied."""
    return Catalogue(world, *sized(scenario), scenario.joint_punishment, carry=scenario.spillover.carry)


def _price(scenario: Scenario, world: World) -> None:
    """Write what grades and lists cost a firm."""
    catalogue(scenario, world).price(world, scenario.rating, scenario.lists)
    scenario.finance.enact(world)


def _law(territories: list[Scenario], jurisdictions: int) -> Law:
    scenario = territories[0]
    topics = scenario.topics.values()
    grades = grade_names(territories)
    law = Law.blank(len(topics), files(territories), grades, tuple(scenario.lists), jurisdictions)
    law.shares[:] = [topic.shares for topic in topics]
    law.cost[:] = [topic.cost for topic in topics]
    law.harm[:] = [topic.harm for topic in topics]
    law.rules[:] = [topic.rules for topic in topics]
    law.black = tuple(rule.colour == "black" for rule in scenario.lists.values())
    law.blacklists_of = blacklists_of(scenario.lists, tuple(scenario.topics))
    return law


def _dimensions(territories: list[Scenario], economy: Economy) -> dict[str, int]:
    scenario = territories[0]
    topics = len(scenario.topics)
    number = files(territories)
    used = [rules.rating.dimensions(number) for rules in territories]
    return {name: max(lengths[name] for lengths in used) for name in used[0]} | {
        "file": number,
        "list": len(scenario.lists),
        "lever": len(Lever),
        "regulator": topics * scenario.inspection.regions(len(economy.regions)),
    }


def _kept(scenario: Scenario) -> dict[str, int]:
    """Return the lengths of what is remembered only where a rule reads it."""
    topics = len(scenario.topics)
    return {
        "report": scenario.reporting.columns(topics),
        "forecast": scenario.inspection.forecasts(1 if scenario.registry.shared else topics),
        "financed": 1 if getattr(scenario.finance, "working_capital", 0) else 0,
        "tax_year": 3 if getattr(scenario.finance, "social_loans", {}) else 0,
    }


def _write_law(scenario: Scenario, world: World) -> None:
    """Let every rule of the regime write its part of the law; later rules read earlier ones' parts."""
    hazards(world, scenario.topics)
    scenario.overseas.enact(world)
    scenario.inspection.enact(world)
    scenario.reporting.enact(world)
    scenario.inquiry.enact(world)
    scenario.fines.enact(world, scenario.topics)
    scenario.registry.enact(world, scenario.topics)
    scenario.repair.enact(world, scenario.lists)
    scenario.rating.enact(world)
    scenario.spillover.enact(world)
    scenario.trade.enact(world)


def _first_listings(scenario: Scenario, world: World, before: Sequence[str] = ()) -> None:
    """Put firms on the lists that begin with some; lists from before a change of the law go on as they are."""
    for number, (name, rule) in enumerate(scenario.lists.items()):
        if name not in before:
            rule.prepare(world, number)


def _refuse_misfits(scenario: Scenario, economy: Economy) -> None:
    names = [*economy.sectors, *OWNERSHIPS]
    for name in getattr(scenario.violations, "complaints_by_sector", {}):
        if name not in economy.sectors:
            raise ScenarioError(
                f"violations.complaints_by_sector: unknown sector '{name}'{nearest(name, economy.sectors)};"
                f" allowed: {', '.join(economy.sectors)}"
            )
    for key, topic in scenario.topics.items():
        for name in topic.weighs_on:
            if name not in names:
                raise ScenarioError(
                    f"topics.{key}.weighs_on: unknown sector or ownership '{name}'{nearest(name, names)};"
                    f" allowed: {', '.join(names)}"
                )
    _refuse_pilots(scenario, economy)
    if scenario.overseas.kind != "none" and not economy.overseas.any():
        raise ScenarioError(f"overseas.kind: '{scenario.overseas.kind}' needs firms overseas; the population has none")
    number = getattr(scenario.inspection, "number", 0)
    sizes = np.diff([*economy.starts, len(economy.sector)])
    for quota in number.values() if isinstance(number, dict) else [number]:
        if quota > sizes.min():
            raise ScenarioError(f"inspection.number: {quota:g} inspections a month exceed the {sizes.min()} firms")


def _refuse_unknown_firms(scenarios: Sequence[Scenario], economy: Economy) -> None:
    for scenario in scenarios:
        for row in getattr(scenario.exit, "firms", ()):
            if row >= economy.firms:
                raise ScenarioError(f"exit.firms: unknown firm {row}; firms are 0..{economy.firms - 1}")


def _refuse_pilots(scenario: Scenario, economy: Economy) -> None:
    for key, pilot in scenario.pilots.items():
        for name in pilot.regions:
            if name not in economy.regions:
                raise ScenarioError(
                    f"pilots.{key}.regions: unknown region '{name}'{nearest(name, economy.regions)};"
                    f" allowed: {', '.join(economy.regions)}"
                )
    taken: dict[int, list[str]] = {}
    for key, pilot in scenario.pilots.items():
        for region in pilot.places(economy.regions):
            for other in taken.setdefault(region, []):
                if pilot.overlaps(scenario.pilots[other]):
                    raise ScenarioError(
                        f"pilots.{key}: {economy.regions[region]} is in '{other}' at the same time; one pilot a region"
                    )
            taken[region].append(key)
