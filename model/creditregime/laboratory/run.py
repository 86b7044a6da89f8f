"""One run: a scenario simulated to its end, and everything that came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
from tqdm import tqdm

from creditregime import plugins
from creditregime.composition import load, split_overrides
from creditregime.errors import ScenarioError
from creditregime.firms.behaviour import Behaviour
from creditregime.firms.strategies import find_strategy, strategy
from creditregime.laboratory import frames, interruption
from creditregime.laboratory.dimensional import of_indicators, of_table
from creditregime.laboratory.provenance import now, provenance
from creditregime.model import CreditRegime
from creditregime.population.economy import Economy
from creditregime.scenario import Scenario

if TYPE_CHECKING:
    import xarray

Decide = Callable[[Any], Any]
Given = Scenario | str | Path | None

GIVEN = "decide_"
"""What the names of strategies begin with that were given as functions."""


@dataclass(frozen=True, eq=False, repr=False)
class RunResult:
    """What came of one run. Months are counted from 1; names stand instead of codes.

    Attributes
    ----------
    scenario, seed
        What was run.
    indicators, topics, groups
        One row a month; a month and topic; a measured month, dimension and group of firms.
    firms, records, links, events, exits
        The firms as the run left them; the registry; the supply network; what happened to whom; who left and why.
    provenance
        Version, commit, packages, machine, start and duration.
    economy
        Who existed, where that did not come from the scenario and its seed alone (given from memory, a graph, a file).
    model
        The finished model, for a run of this process.
    """

    scenario: Scenario
    seed: int
    indicators: pd.DataFrame
    topics: pd.DataFrame
    groups: pd.DataFrame
    firms: pd.DataFrame
    records: pd.DataFrame
    links: pd.DataFrame
    events: pd.DataFrame
    exits: pd.DataFrame
    provenance: dict[str, Any]
    economy: Economy | None = None
    model: CreditRegime | None = None

    def __repr__(self) -> str:
        """Say what was run, and what to ask for."""
        title = self.scenario.title or "a scenario"
        return f"<RunResult of '{title}', seed {self.seed}, {self.scenario.months} months: {', '.join(TABLES)}, model>"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name, as a result folder holds them."""
        return {name: getattr(self, name) for name in TABLES}

    def to_xarray(self, table: str = "indicators", by: str | None = None) -> xarray.Dataset:
        """Return a monthly table as arrays with named dimensions; units and meanings are attributes.

        Parameters
        ----------
        table
            ``indicators`` (by month), ``topics`` (by month and topic) or ``groups`` (by month and `by`); where there
            are several jurisdictions, by jurisdiction first.
        by
            For ``groups``: ownership, size, sector or region.
        """
        if table not in MONTHLY:
            raise ScenarioError(f"table: {table!r} is not allowed: must be one of {', '.join(MONTHLY)}")
        values = getattr(self, table)
        said = of_indicators([*values], table)
        return of_table(values, ("jurisdiction", "month", "topic"), by, attributes=said)


TABLES = ("indicators", "topics", "groups", "firms", "records", "links", "events", "exits")
MONTHLY = ("indicators", "topics", "groups")


def run(
    scenario: Given = None,
    *overrides: str,
    seed: int | None = None,
    economy: Economy | None = None,
    decide: Decide | None = None,
    progress: bool = False,
    **changes: Any,
) -> RunResult:
    """Simulate a scenario to its end.

    Parameters
    ----------
    scenario
        A `Scenario`, the path of a YAML file, or an override such as ``"regime=fines_only"``; the presets by default.
    *overrides
        ``group=option`` or ``dotted.path=value``, as on the command line.
    seed
        Replaces the scenario's seed.
    economy
        Who exists; by default what the scenario's population builds.
    decide
        A function ``decide(firm) -> effort`` that every firm asks instead of the scenario's behaviour.
    progress
        Whether to show a progress bar on the standard error stream.
    **changes
        Overrides as keywords: ``run(regime="fines_only", months=24)``.

    Raises
    ------
    CreditRegimeError
        One line that says what is wrong.

    Examples
    --------
    >>> run("regime=fines_only", months=6, seed=1).indicators["month"].max()
    np.int64(6)
    """
    if seed is not None:
        changes["seed"] = seed
    resolved = resolve(scenario, *overrides, **changes)
    if decide is not None:
        resolved = deciding(resolved, decide)
    check_strategy(resolved)
    return simulate(resolved, economy, progress=progress)


def resolve(scenario: Given, *overrides: str, **changes: Any) -> Scenario:
    """Return the scenario that a user means: see `run`. Rules of installed packages may be named."""
    plugins.discover()
    if isinstance(scenario, str):
        return load(scenario, *overrides, **changes)
    if not isinstance(scenario, Scenario):
        return load(*overrides, scenario=scenario, **changes)
    choices, values = split_overrides(overrides, changes)
    if choices:
        preset = next(iter(choices))
        raise ScenarioError(f"{preset}: presets cannot be combined with a scenario; choose them in load({preset}=...)")
    return scenario.changed(values) if values else scenario


def deciding(scenario: Scenario, decide: Decide) -> Scenario:
    """Return the scenario with every firm asking `decide`, declared as a strategy named after the function."""
    return with_behaviour(scenario, {"kind": "per_firm", "strategy": declared(decide)})


def declared(decide: Decide) -> str:
    """Declare a function as a strategy named after it, and return the name."""
    name = f"{GIVEN}{getattr(decide, '__name__', type(decide).__name__)}".replace("<lambda>", "lambda")
    strategy(name)(decide)
    return name


def with_behaviour(scenario: Scenario, rule: Mapping[str, Any]) -> Scenario:
    """Return the scenario with another rule of decision, and the same firms: what all behaviours share is kept."""
    kept = scenario.behaviour.model_dump(mode="json", include=set(Behaviour.model_fields) - {"kind"})
    return scenario.changed({"behaviour": kept | dict(rule)})


def check_strategy(scenario: Scenario) -> None:
    """Refuse a strategy that nobody declared, before anything is simulated."""
    for name in scenario.behaviour.asked():
        find_strategy(name)


def simulate(
    scenario: Scenario, economy: Economy | None = None, *, built: Economy | None = None, progress: bool = False
) -> RunResult:
    """Run a resolved scenario and return its tables.

    Parameters
    ----------
    scenario
        What to run.
    economy
        Who exists, where scenario and seed do not say so; kept with the result.
    built
        The economy that scenario and seed make, if that was done already.
    progress
        Whether to show a progress bar.
    """
    started = now()
    given = settled(scenario) if economy is None and built is None else economy
    model = finished(CreditRegime(scenario, economy=built if given is None else given), progress)
    facts = provenance("run", scenario.seed, started, given)
    return tabulate(model, facts, given)


class Watch(Protocol):
    """What looks at a model before and after each month."""

    def before(self) -> None:
        """Look at it before the month."""

    def after(self) -> None:
        """Look at it afterwards."""


def finished(model: CreditRegime, progress: bool = False, watch: Watch | None = None) -> CreditRegime:
    """Return the model after its last month; a request to stop is heard after each."""
    for _ in months(model, progress):
        if watch is not None:
            watch.before()
        model.step()
        if watch is not None:
            watch.after()
        interruption.check()
    return model


def settled(scenario: Scenario) -> Economy | None:
    """Return the economy of a scenario that reads it from a file; None where scenario and seed make it."""
    return scenario.population.build(scenario.seed) if scenario.population.fixed else None


def tabulate(model: CreditRegime, facts: dict[str, Any], economy: Economy | None = None) -> RunResult:
    """Return the result of a finished model."""
    world, series, scenario = model.world, model.series, model.spec
    return RunResult(
        scenario=scenario,
        seed=scenario.seed,
        indicators=series.monthly(),
        topics=series.by_topic(),
        groups=series.by_group(),
        firms=frames.firm_table(world, getattr(scenario.violations, "log", scenario.violations.kind == "none")),
        records=frames.record_table(world),
        links=frames.link_table(world),
        events=frames.event_table(world),
        exits=frames.exit_table(world),
        provenance=facts,
        economy=economy,
        model=model,
    )


def months(model: CreditRegime, progress: bool) -> Iterable[int]:
    """Iterate over the months to simulate, with a progress bar if wanted."""
    ahead = range(model.spec.months)
    # Without a bar no tqdm: it makes a semaphore, which a worker that is stopped would leave behind.
    return tqdm(ahead, desc="months", unit="month", leave=False) if progress else ahead
