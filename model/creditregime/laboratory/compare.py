"""Two scenarios over paired seeds: both variants of a seed share every random draw, and the firms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from pydantic import BaseModel

from creditregime.errors import ScenarioError
from creditregime.firms.strategies import find_strategy
from creditregime.laboratory.contrast import labels_of, two_worlds
from creditregime.laboratory.dimensional import of_outcomes, of_table
from creditregime.laboratory.effects import VARIANTS, effect_table, group_effect_table
from creditregime.laboratory.outcomes import BY_NAME, GROUP_OUTCOMES, OUTCOMES, summarise, summarise_groups
from creditregime.laboratory.progress import counted
from creditregime.laboratory.provenance import now, provenance
from creditregime.laboratory.run import GIVEN, Decide, Given, RunResult, check_strategy, deciding, settled, simulate
from creditregime.laboratory.twins import fates, same_firms, twins
from creditregime.population.economy import Economy
from creditregime.scenario import Scenario

if TYPE_CHECKING:
    import xarray

Economies = tuple[Economy | None, Economy | None]


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What came of two scenarios over paired seeds; an effect is the scenario's outcome less the other's.

    Attributes
    ----------
    scenario, against
        The two scenarios.
    seeds
        The paired seeds.
    indicators
        One row a variant (``scenario`` or ``against``), seed and month.
    outcomes, group_outcomes
        One row a variant and seed (dimension and group), one column an outcome (see `laboratory.outcomes`).
    fates
        One row a seed: firms of the start per 1,000 that leave in one world only, or in both.
    exits
        One row a variant, seed and exit: firm, month, cause, attribution, and what firm it was.
    example
        Everything about the first seed in both worlds.
    provenance
        Version, commit, packages, machine, start and duration.
    """

    scenario: Scenario
    against: Scenario
    seeds: tuple[int, ...]
    indicators: pd.DataFrame
    outcomes: pd.DataFrame
    group_outcomes: pd.DataFrame
    fates: pd.DataFrame
    exits: pd.DataFrame
    example: tuple[RunResult, RunResult]
    provenance: dict[str, Any]

    @property
    def labels(self) -> tuple[str, str]:
        """Names of the two variants for people."""
        return labels_of(self.scenario, self.against)

    def __repr__(self) -> str:
        """Say what was compared, and what to ask for."""
        one, other = self.labels
        asked = "effects(), by_group(), twins(), indicators"
        return f"<Comparison of '{one}' against '{other}', {len(self.seeds)} paired seeds: {asked}>"

    def effects(self) -> pd.DataFrame:
        """Return the paired effect on every outcome: levels, difference, 95% interval, variance ratio."""
        return effect_table(self.outcomes, OUTCOMES)

    def by_group(self) -> pd.DataFrame:
        """Return the paired effects by ownership, size class, sector and region: who bears it."""
        return self._by_group.copy()

    def twins(self) -> pd.DataFrame:
        """Return, for the first seed, the firms that leave in one world or both (see `laboratory.twins`)."""
        return twins(*self.example)

    @property
    def paired_firms(self) -> bool:
        """Whether both worlds began with the same firms, so that `twins` can tell them apart."""
        one, other = self.example
        return same_firms(one.firms, other.firms)

    def to_xarray(self, table: str = "outcomes", by: str | None = None) -> xarray.Dataset:
        """Return a table as arrays by variant and seed; units and meanings are attributes.

        Parameters
        ----------
        table
            ``outcomes``, ``group_outcomes`` (also by `by`) or ``indicators`` (also by month; where there are several
            jurisdictions, by jurisdiction before).
        by
            For ``group_outcomes``: ownership, size, sector or region.
        """
        if table not in ("outcomes", "group_outcomes", "indicators"):
            raise ScenarioError(f"table: {table!r} is not allowed: must be outcomes, group_outcomes or indicators")
        attributes = {} if table == "indicators" else of_outcomes([*BY_NAME])
        return of_table(getattr(self, table), ("variant", "seed", "jurisdiction", "month"), by, attributes=attributes)

    @cached_property
    def _by_group(self) -> pd.DataFrame:
        return group_effect_table(self.group_outcomes, GROUP_OUTCOMES)


class Pair(NamedTuple):
    """What one seed gives: small enough to travel between processes."""

    indicators: pd.DataFrame
    outcomes: pd.DataFrame
    group_outcomes: pd.DataFrame
    fates: dict[str, float]
    exits: pd.DataFrame
    example: tuple[RunResult, RunResult] | None


def compare(
    scenario: Given = None,
    *overrides: str,
    against: Scenario | Mapping[str, Any] | None = None,
    seeds: int = 30,
    economy: Economy | None = None,
    decide: Decide | None = None,
    workers: int | None = None,
    progress: bool = False,
    **changes: Any,
) -> Comparison:
    """Run two scenarios over paired seeds.

    Parameters
    ----------
    scenario, *overrides, **changes
        The scenario, as `run` takes it; its seed is the first of the seeds.
    against
        The other scenario, or what it changes (dotted paths; ``regime`` and other preset groups). By default the same
        scenario without joint punishment and without partner spillover.
    seeds
        Number of paired seeds.
    economy
        Who exists in both worlds and for all seeds; by default what the populations build from each seed.
    decide
        A function ``decide(firm) -> effort`` that every firm of both worlds asks instead of the scenarios' behaviour.
    workers
        Number of processes; by default one a processor. The results do not depend on it.
    progress
        Whether to show a progress bar on the standard error stream.

    Raises
    ------
    CreditRegimeError
        One line that says what is wrong; also if the two scenarios are the same.
    """
    one, other = two_worlds(scenario, overrides, against, changes, seeds=seeds, workers=workers)
    if decide is not None:
        one, other = deciding(one, decide), deciding(other, decide)
    return paired_runs(one, other, seeds, (economy, economy), workers, progress)


def paired_runs(
    one: Scenario,
    other: Scenario,
    seeds: int,
    economies: Economies = (None, None),
    workers: int | None = None,
    progress: bool = False,
) -> Comparison:
    """Run two resolved scenarios over paired seeds; `economies` are those given from memory."""
    started = now()
    for scenario in (one, other):
        check_strategy(scenario)
    economies = _settled(one, other, economies)
    numbers = tuple(one.seed + step for step in range(seeds))
    common = (one.model_dump(mode="json"), other.model_dump(mode="json"), economies, numbers[0])
    modules = sorted(foreign_modules(one) | foreign_modules(other))
    pairs = counted(
        run_pair,
        common,
        numbers,
        what="paired seeds",
        unit="pair",
        workers=workers,
        modules=modules,
        progress=progress,
    )
    facts = provenance("compare", one.seed, started, economies[0], seeds=seeds)
    return _assemble(one, other, numbers, pairs, facts)


def run_pair(
    scenario: Mapping[str, Any], against: Mapping[str, Any], economies: Economies, first: int, seed: int
) -> Pair:
    """Run both variants of one seed on the same firms."""
    one, other = (Scenario.parse({**data, "seed": seed}) for data in (scenario, against))
    here, there = economies
    built = one.population.build(seed) if economies == (None, None) and one.population == other.population else None
    results = (simulate(one, here, built=built), simulate(other, there, built=built))
    return _paired(results, seed, kept=seed == first)


def comparison_of(one: RunResult, other: RunResult) -> Comparison:
    """Return the comparison of two runs of the same seed that are there already."""
    pair = _paired((one, other), one.seed, kept=True)
    return _assemble(
        one.scenario, other.scenario, (one.seed,), [pair], one.provenance | {"kind": "compare", "seeds": 1}
    )


def _paired(results: tuple[RunResult, RunResult], seed: int, *, kept: bool) -> Pair:
    rows = [
        {"variant": name, "seed": seed, **summarise(r.indicators)} for name, r in zip(VARIANTS, results, strict=True)
    ]
    return Pair(
        indicators=_joined([result.indicators for result in results], seed),
        outcomes=pd.DataFrame(rows),
        group_outcomes=_joined([summarise_groups(r.groups, r.firms, r.exits) for r in results], seed),
        fates=fates(*results),
        exits=_joined([result.exits for result in results], seed),
        example=_kept(results) if kept else None,
    )


def _kept(results: tuple[RunResult, RunResult]) -> tuple[RunResult, RunResult]:
    """Return the results without their models, which would be slow to send."""
    one, other = (replace(result, model=None) for result in results)
    return one, other


def _joined(frames: list[pd.DataFrame], seed: int) -> pd.DataFrame:
    parts = []
    for name, frame in zip(VARIANTS, frames, strict=True):
        part = frame.copy()
        part.insert(0, "variant", name)
        part.insert(1, "seed", seed)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _assemble(
    one: Scenario, other: Scenario, seeds: tuple[int, ...], pairs: list[Pair], facts: dict[str, Any]
) -> Comparison:
    example = pairs[0].example
    assert example is not None  # run_pair keeps the first seed's
    destinies = pd.DataFrame([{"seed": seed, **pair.fates} for seed, pair in zip(seeds, pairs, strict=True)])
    return Comparison(
        scenario=one,
        against=other,
        seeds=seeds,
        indicators=_stacked([pair.indicators for pair in pairs]),
        outcomes=_stacked([pair.outcomes for pair in pairs]),
        group_outcomes=_stacked([pair.group_outcomes for pair in pairs]),
        fates=destinies,
        exits=_stacked([pair.exits for pair in pairs]),
        example=example,
        provenance=facts,
    )


def _stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    whole = pd.concat(frames, ignore_index=True)
    whole["variant"] = pd.Categorical(whole["variant"], categories=list(VARIANTS))
    return whole.sort_values(["variant", "seed"], kind="stable", ignore_index=True)


def _settled(one: Scenario, other: Scenario, economies: Economies) -> Economies:
    """Read economies that come from files once, here."""
    here, there = economies
    if here is None and there is None:
        here = settled(one)
        there = here if one.population == other.population else settled(other)
    return here, there


def foreign_modules(scenario: Scenario) -> set[str]:
    """Return the modules outside the package that a worker must import: the user's own rules and strategies."""
    found = {name for name in rule_modules(scenario) if not name.startswith("creditregime_rules_")}
    # A function that was given, not declared in its module, is known to this process alone.
    return found | {"__main__" for name in scenario.behaviour.asked() if name.startswith(GIVEN)}


def rule_modules(scenario: Scenario) -> set[str]:
    """Return the modules outside the package that declare a scenario's rules and strategies, or files."""
    found = {type(model).__module__ for model in _models(scenario)}
    found |= {find_strategy(name).__module__ for name in scenario.behaviour.asked()}
    return {name for name in found if not name.startswith("creditregime.")}


def _models(value: Any) -> list[BaseModel]:
    if isinstance(value, BaseModel):
        return [value, *(m for key in type(value).model_fields for m in _models(getattr(value, key)))]
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else ()
    return [m for item in parts for m in _models(item)]
