"""A tournament: strategies of firms compete in the same world, each with the same firms, and are ranked by payoff.

In one run every strategy has an equal share of the firms, drawn at random. The shares then move on by one strategy, and
the same seed is run again, until every firm has had every strategy. So no strategy has the better firms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from creditregime.errors import ScenarioError
from creditregime.firms.asking import Mixed
from creditregime.firms.strategies import find_strategy, strategies
from creditregime.indicators.measure import black
from creditregime.laboratory.compare import foreign_modules
from creditregime.laboratory.effects import mean_interval
from creditregime.laboratory.progress import counted
from creditregime.laboratory.provenance import now, provenance
from creditregime.laboratory.run import GIVEN, Decide, Given, declared, finished, resolve, with_behaviour
from creditregime.model import CreditRegime
from creditregime.scenario import Scenario
from creditregime.state import NEVER


class Measure(NamedTuple):
    """What the firms of a strategy are summed up by, all in percent: its name, and what it is for people."""

    name: str
    label: str
    how: str


MEASURES = (
    Measure("profit", "Profit", "mean profit a month as a share of the firm's own initial revenue; 0 once it has left"),
    Measure("survival", "Survival", "firms of the start still in business at the end"),
    Measure("compliance", "Compliance", "mean effort over topics, over the months in business"),
    Measure("listed", "Listed", "months in business on a blacklist"),
)


@dataclass(frozen=True, eq=False, repr=False)
class Tournament:
    """What came of a tournament. Firms that enter later play, but only those of the start are counted.

    Attributes
    ----------
    scenario
        What was played: its behaviour names the strategies.
    strategies
        Their names.
    seeds
        The seeds, each played once a strategy.
    runs
        One row a seed, turn and strategy: number of its firms, and the columns of `MEASURES`.
    provenance
        Version, commit, packages, machine, start and duration.
    """

    scenario: Scenario
    strategies: tuple[str, ...]
    seeds: tuple[int, ...]
    runs: pd.DataFrame
    provenance: dict[str, Any]

    def __repr__(self) -> str:
        """Say who played, and what to ask for."""
        return f"<Tournament of {', '.join(self.strategies)}, {len(self.seeds)} seeds: leaderboard(), versus(), runs>"

    def by_seed(self, measure: str = "profit") -> pd.DataFrame:
        """Return a measure, mean over the turns: one row a seed, one column a strategy."""
        table = self.runs.pivot_table(measure, "seed", "strategy", aggfunc="mean", observed=True)
        return table[[*self.strategies]]

    def leaderboard(self) -> pd.DataFrame:
        """Return one row a strategy, most profit first: each measure with its 95% interval over seeds.

        ``lead`` is the profit less the mean of all strategies in the same seed: what the seeds have in common is gone.
        ``beats`` counts the rivals that it leads with an interval of the paired difference that excludes zero (see
        `versus`); strategies that do not beat each other cannot be told apart by these seeds.
        """
        wins = self.versus().query("low > 0").groupby("strategy").size()
        profits = self.by_seed()
        tables = {"lead": profits.sub(profits.mean(axis=1), axis=0)}
        tables |= {measure.name: self.by_seed(measure.name) for measure in MEASURES}
        rows = []
        for name in self.strategies:
            row: dict[str, Any] = {"strategy": name}
            for column, table in tables.items():
                mean, low, high = mean_interval(table[name].to_numpy(np.float64))
                row |= {column: mean, f"{column}_low": low, f"{column}_high": high}
            rows.append(row | {"beats": int(wins.get(name, 0)), "seeds": len(self.seeds)})
        return pd.DataFrame(rows).sort_values("profit", ascending=False, kind="stable", ignore_index=True)

    def versus(self, measure: str = "profit") -> pd.DataFrame:
        """Return one row an ordered pair: how far a strategy leads the other, paired by seed, with its 95% interval."""
        table = self.by_seed(measure)
        rows = []
        for one in self.strategies:
            for other in self.strategies:
                if one != other:
                    lead, low, high = mean_interval((table[one] - table[other]).to_numpy(np.float64))
                    rows.append({"strategy": one, "other": other, "lead": lead, "low": low, "high": high})
        return pd.DataFrame(rows)


def tournament(
    players: Sequence[str | Decide] | None = None,
    scenario: Given = None,
    *overrides: str,
    seeds: int = 10,
    workers: int | None = None,
    progress: bool = False,
    **changes: Any,
) -> Tournament:
    """Let strategies compete for profit in the same world.

    Parameters
    ----------
    players
        Functions ``decide(firm) -> effort``, and names of declared strategies. By default those of the scenario's
        behaviour ``mixed``, or all declared ones.
    scenario, *overrides, **changes
        The world, as `run` takes it; its seed is the first of the seeds.
    seeds
        Number of seeds. Each is run once a player, so that every firm has every strategy in turn.
    workers
        Number of processes; by default one a processor. The results do not depend on it.
    progress
        Whether to show a progress bar on the standard error stream.

    Raises
    ------
    CreditRegimeError
        One line that says what is wrong.

    Examples
    --------
    >>> def half(firm):
    ...     return 0.5
    >>> played = tournament([half, "once_bitten"], "population=classroom", months=6, seeds=1, workers=1)
    >>> sorted(played.leaderboard()["strategy"])
    ['half', 'once_bitten']
    """
    started = now()
    if seeds < 1:
        raise ScenarioError(f"seeds: {seeds} is not allowed: at least 1 is needed")
    world = resolve(scenario, *overrides, **changes)
    playing = with_behaviour(world, {"kind": "mixed", "strategies": _names(players, world)})
    _check(playing)
    numbers = tuple(playing.seed + step for step in range(seeds))
    names = playing.behaviour.asked()
    rounds = [(seed, turn) for seed in numbers for turn in range(len(names))]
    tables = counted(
        play,
        (playing.model_dump(mode="json"),),
        rounds,
        what="rounds",
        unit="round",
        workers=workers,
        modules=sorted(foreign_modules(playing)),
        progress=progress,
    )
    facts = provenance("tournament", playing.seed, started, seeds=seeds)
    return Tournament(playing, tuple(map(label, names)), numbers, pd.concat(tables, ignore_index=True), facts)


def play(scenario: Mapping[str, Any], of: tuple[int, int]) -> pd.DataFrame:
    """Run one turn of one seed, and return one row a strategy."""
    seed, turn = of
    spec = Scenario.parse({**scenario, "seed": seed}).changed({"behaviour.turn": turn})
    model = CreditRegime(spec)
    if model.world.rows < len(spec.behaviour.asked()):
        raise ScenarioError(f"population: {model.world.rows} firms are not enough: each player needs one")
    watch = Score(model)
    finished(model, watch=watch)
    return watch.table(seed, turn)


class Score:
    """Follows the firms of the start through a run, month by month.

    Parameters
    ----------
    model
        The model before its first month.
    """

    def __init__(self, model: CreditRegime) -> None:
        self._world, self._rule = model.world, model.spec.behaviour
        self._first = self._world.firms.active.copy()
        self._here = self._first.copy()
        self._months = 0
        self._sums = {name: np.zeros(self._world.rows) for name in ("profit", "compliance", "listed", "present")}

    def before(self) -> None:
        """Nothing is known before the month."""

    def after(self) -> None:
        """Add the month of the firms that are still there."""
        firms = self._world.firms
        self._here &= firms.active & (firms.born == NEVER)
        self._months += 1
        month = {"profit": firms.profit / firms.size, "compliance": firms.effort.mean(axis=0)}
        month |= {"listed": black(self._world) > 0, "present": self._here}
        for name, values in month.items():
            self._sums[name][self._here] += values[self._here]

    def table(self, seed: int, turn: int) -> pd.DataFrame:
        """Return one row a strategy."""
        assert isinstance(self._rule, Mixed)
        holds = self._rule.held(self._world)
        rows = []
        for number, name in enumerate(self._rule.strategies):
            mine = self._first & (holds == number)
            rows.append(
                {"seed": seed, "turn": turn, "strategy": label(name), "firms": int(mine.sum()), **self._means(mine)}
            )
        return pd.DataFrame(rows)

    def _means(self, mine: Any) -> dict[str, float]:
        sums = {name: float(values[mine].sum()) for name, values in self._sums.items()}
        present = sums["present"] or np.nan  # nobody was there for a whole month
        return {
            "profit": 100 * sums["profit"] / (mine.sum() * self._months),
            "survival": 100 * float(self._here[mine].mean()),
            "compliance": 100 * sums["compliance"] / present,
            "listed": 100 * sums["listed"] / present,
        }


def _names(players: Sequence[str | Decide] | None, world: Scenario) -> list[str]:
    if players is None:
        return [*(world.behaviour.asked() if isinstance(world.behaviour, Mixed) else strategies())]
    if isinstance(players, str):
        raise ScenarioError(f"players: {players!r} is not allowed: a list of functions and names is needed")
    names = [player if isinstance(player, str) else declared(player) for player in players]
    labels = [label(name) for name in names]
    if len(names) < 2:
        raise ScenarioError("players: at least two are needed")
    for name in labels:
        if labels.count(name) > 1:
            raise ScenarioError(f"players: '{name}' is there twice; give each function a name of its own")
    return names


def label(name: str) -> str:
    """Return a strategy's name as its author wrote it: functions that were given are declared with a prefix."""
    return name.removeprefix(GIVEN)


def _check(playing: Scenario) -> None:
    """Refuse what cannot be played, before anything is simulated."""
    for name in playing.behaviour.asked():
        find_strategy(name)
    if playing.finance.kind == "none":
        raise ScenarioError("finance.kind: 'none' is not allowed: a tournament is played for profits")
