"""Which stored runs a page holds, and these runs once more: a sweep keeps numbers, a page needs every firm's months."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from creditregime.errors import CreditRegimeError, ScenarioError
from creditregime.laboratory import workers as pool
from creditregime.laboratory.compare import rule_modules
from creditregime.laboratory.outcomes import summarise_each
from creditregime.laboratory.provenance import now, provenance
from creditregime.laboratory.run import check_strategy, finished, settled, tabulate
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.cells import factors_of, levels_of, matching, require
from creditregime.laboratory.sweeps.plan import firms_of
from creditregime.laboratory.sweeps.tables import known_indicators, refuse_unknown_indicators
from creditregime.model import CreditRegime
from creditregime.presentation.replay.description import Description, Levels
from creditregime.presentation.replay.recorder import Recorder
from creditregime.presentation.replay.reel import Reel, reel
from creditregime.scenario import Scenario

MOST_FIRMS = 1000
MOST_FIRM_MONTHS = 6_000_000
"""Beyond, a page takes long to build and to open: about a byte each."""
USUAL = ("compliance", "violations", "listed", "downgraded_by_association", "sanctions", "exits", "output")
"""Indicators to draw where neither page nor study names any."""


@dataclass(frozen=True)
class Chosen:
    """The runs of a page.

    Attributes
    ----------
    points
        Numbers of the points, in the order of the sweep.
    seeds
        Which they all have.
    firms
        How many there are.
    indicators
        What is drawn.
    scenarios
        Resolved, one a point, with the first seed.
    """

    points: list[int]
    seeds: list[int]
    firms: int
    indicators: list[str]
    scenarios: list[Scenario]

    @property
    def runs(self) -> list[tuple[int, int]]:
        """Point and seed of each run."""
        return [(point, seed) for point in self.points for seed in self.seeds]

    @property
    def months(self) -> int:
        """Length of the runs."""
        return int(self.scenarios[0].months)


def choose(result: Sweep, page: Description) -> Chosen:
    """Return which runs a page holds, or say in a line why it cannot.

    Raises
    ------
    ScenarioError
        If the page asks for what the sweep does not have, or for too much.
    """
    points = np.flatnonzero(matching(result, page.at, "at")).tolist()
    if not points:
        raise ScenarioError(f"at: no point has {', '.join(f'{key}={value}' for key, value in page.at.items())}")
    seeds = _seeds(result, points, page.seeds)
    scenarios = [result.scenario(point, seeds[0]) for point in points]
    for scenario in scenarios:
        check_strategy(scenario)
    firms = max(map(firms_of, scenarios))
    if firms > MOST_FIRMS:
        raise ScenarioError(f"population: {firms} firms; a page draws at most {MOST_FIRMS}")
    _refuse_much(firms * scenarios[0].months * len(points) * len(seeds), len(points), len(seeds))
    if len({scenario.months for scenario in scenarios}) > 1:
        raise ScenarioError("months: differ between points, and both worlds of a page run as long; choose some (at)")
    indicators = [*(page.indicators or result.study.months or USUAL)]
    refuse_unknown_indicators(indicators, known_indicators(scenarios[0]), "indicators")
    return Chosen(points, seeds, firms, indicators, scenarios)


def _refuse_much(firm_months: int, points: int, seeds: int) -> None:
    if firm_months > MOST_FIRM_MONTHS:
        raise ScenarioError(
            f"{points} points with {seeds} seeds are {firm_months:,} months of firms; a page holds at most"
            f" {MOST_FIRM_MONTHS:,}: choose fewer seeds (seeds), or points (at)"
        )


def _seeds(result: Sweep, points: Sequence[int], wanted: int | None) -> list[int]:
    """Return the first seeds, of those that all points have."""
    runs = result.runs[result.runs["point"].isin(points)]
    count = runs.groupby("seed")["point"].nunique()
    common = sorted(int(seed) for seed in count.index[count == len(points)])
    if not common:
        raise ScenarioError(f"{result.folder}: no seed was run at every point; finish the sweep, or choose points (at)")
    if wanted is not None and wanted > len(common):
        raise ScenarioError(f"seeds: {wanted} is not allowed: {len(common)} were run at every point that is chosen")
    return common[:wanted]


def point_of(result: Sweep, chosen: Chosen, levels: Levels, place: str) -> int:
    """Return the one point (its position among those chosen) with some levels; else those of the first point."""
    first = result.points[result.points["point"] == chosen.points[0]]
    wanted = {name: first[name].tolist()[0] for name in factors_of(result)}
    for name, value in levels.items():
        require(name, factors_of(result), place, "factor")
        wanted[name] = value
    found = [point for point in np.flatnonzero(matching(result, wanted, place)).tolist() if point in chosen.points]
    if len(found) != 1:
        known = {name: levels_of(result.points[name]) for name in levels}
        raise ScenarioError(f"{place}: {len(found)} points of the page have {levels}; exactly 1 is needed of {known}")
    return chosen.points.index(found[0])


def run_again(
    result: Sweep, chosen: Chosen, workers: int | None = None, done: Any = lambda: None
) -> dict[tuple[int, int], Reel]:
    """Simulate the runs once more, by point and seed, and see that each gives the numbers that are stored.

    Raises
    ------
    CreditRegimeError
        If one gives others: another version made the sweep.
    """
    texts = {point: scenario.model_dump_json() for point, scenario in zip(chosen.points, chosen.scenarios, strict=True)}
    stored = [_stored(result, point, seed) for point, seed in chosen.runs]
    tasks = [
        (point, seed, texts[point], kept, months)
        for (point, seed), (kept, months) in zip(chosen.runs, stored, strict=True)
    ]
    modules = sorted(set().union(*(rule_modules(scenario) for scenario in chosen.scenarios)))
    reels = pool.each(
        _again, (chosen.indicators,), tasks, workers=workers or pool.available(), modules=modules, done=done
    )
    return dict(zip(chosen.runs, reels, strict=True))


Numbers = dict[str, list[float]]


def _stored(result: Sweep, point: int, seed: int) -> tuple[Numbers, Numbers]:
    """Return the outcomes and monthly indicators that are stored of a run."""
    return (
        _row(result.runs, point, seed, result.study.outcomes),
        _row(result.months, point, seed, result.study.months) if result.study.months else {},
    )


def _row(table: pd.DataFrame, point: int, seed: int, names: Sequence[str]) -> Numbers:
    rows = table[(table["point"] == point) & (table["seed"] == seed)]
    return {name: rows[name].tolist() for name in names}


def _again(indicators: Sequence[str], task: tuple[int, int, str, Numbers, Numbers]) -> Reel:
    point, seed, text, outcomes, months = task
    scenario = Scenario.parse(json.loads(text) | {"seed": seed})
    started, economy = now(), settled(scenario)
    model = CreditRegime(scenario, economy=economy)
    watch = Recorder(model)
    finished(model, watch=watch)
    run = tabulate(model, provenance("run", seed, started, economy), economy)
    refuse_unknown_indicators(indicators, [*run.indicators], "indicators")
    _compare(f"point {point}, seed {seed}", run.indicators, outcomes, months)
    return reel(run, watch.arrays(), indicators)


def _compare(which: str, found: pd.DataFrame, outcomes: Numbers, months: Numbers) -> None:
    """Raise where a run does not give the numbers that are stored of it."""
    names = [*outcomes]
    again = summarise_each(lambda name: found[name].to_numpy(np.float64)[None], names=names) if names else {}
    pairs: Mapping[str, tuple[Any, Any]] = {name: (outcomes[name], again[name]) for name in names}
    pairs = {**{name: (months[name], found[name].to_numpy(np.float64)) for name in months}, **pairs}
    for name, (stored, now_found) in pairs.items():
        if not np.array_equal(stored, now_found, equal_nan=True):
            raise CreditRegimeError(
                f"{which}: run again, it gives another {name} than is stored; another version of creditregime or of"
                " its packages made the sweep: run it anew"
            )
