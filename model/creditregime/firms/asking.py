"""Firms that ask a function what to do: one for all, or several that compete in one world."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.component import parameter
from creditregime.errors import ScenarioError
from creditregime.firms.behaviour import Behaviour
from creditregime.firms.stakes import Prospects
from creditregime.firms.strategies import find_strategy
from creditregime.world import World


class PerFirm(Behaviour, kind="per_firm"):
    """A function ``decide(firm)`` written by a student or a researcher is asked for every firm."""

    strategy: str = parameter(
        ..., unit="-", description="name of a strategy declared with @strategy (shipped, or from a --rules module)"
    )

    def choose(self, world: World, prospects: Prospects) -> None:
        """Ask each active firm; a number holds for all topics, a mapping by topic for those that it names."""
        ask(world, np.flatnonzero(world.firms.active), self.strategy)

    def asked(self) -> tuple[str, ...]:
        """Return the one strategy."""
        return (self.strategy,)


class Mixed(Behaviour, kind="mixed"):
    """Several functions ``decide(firm)`` compete: each is asked by an equal share of the firms, drawn at random.

    A firm that enters asks the strategy of the firm whose place it takes, so that the shares stay equal.
    """

    strategies: tuple[str, ...] = parameter(
        ..., unit="-", min_length=2, description="names of strategies declared with @strategy"
    )
    turn: int = parameter(
        0, unit="-", ge=0, description="by how many strategies the shares are moved on: in as many turns, each has all"
    )

    def choose(self, world: World, prospects: Prospects) -> None:
        """Ask each active firm's own strategy."""
        holds = self.held(world)
        for number, name in enumerate(self.strategies):
            ask(world, np.flatnonzero(world.firms.active & (holds == number)), name)

    def held(self, world: World) -> NDArray[np.int64]:
        """Return the number of the strategy that each place has throughout the run, (N,)."""
        draws, count = world.draws.uniform("strategy", 0), len(self.strategies)
        holds = np.empty(world.rows, np.int64)
        for start, stop in world.spans:
            order = np.argsort(draws[start:stop], kind="stable")
            holds[start + order] = (np.arange(stop - start) * count // (stop - start) + self.turn) % count
        return holds

    def asked(self) -> tuple[str, ...]:
        """Return all of them."""
        return self.strategies


def ask(world: World, rows: NDArray[np.int64], strategy: str) -> None:
    """Write the effort that a strategy answers for each of some firms."""
    if world.view is None:
        raise RuntimeError("strategies need a CreditRegime model around the world")
    decide = find_strategy(strategy)
    for row in rows.tolist():
        try:
            answer = decide(world.view(row))
        except ScenarioError:
            raise
        except Exception as error:  # it is the user's code: anything can go wrong in it
            told = " ".join(f"{type(error).__name__}: {error}".split())
            raise ScenarioError(f"strategy '{strategy}', firm {row}: {told}") from error
        _write(world, row, strategy, answer)


def _write(world: World, row: int, strategy: str, answer: object) -> None:
    effort = world.firms.effort
    named = answer if isinstance(answer, dict) else {topic: answer for topic in world.topics}
    for topic, value in named.items():
        if topic not in world.topics or not isinstance(value, int | float | np.number) or not 0 <= value <= 1:
            raise ScenarioError(
                f"strategy '{strategy}', firm {row}: {topic}={value!r}; a number in [0, 1] or a mapping"
                f" from topics ({', '.join(world.topics)}) to such numbers is needed"
            )
        effort[world.topics.index(topic), row] = value
