"""Named decisions for the ``per_firm`` behaviour: shipped ones, and those that users declare."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from creditregime.component import nearest
from creditregime.errors import ScenarioError

Decide = Callable[[Any], Any]
_STRATEGIES: dict[str, Decide] = {}


def strategy(name: str) -> Callable[[Decide], Decide]:
    """Declare a firm's decision under a name that a scenario can use.

    The function gets a `Firm` and returns its effort in [0, 1], for all topics or as a mapping by topic.
    """

    def declare(decide: Decide) -> Decide:
        _STRATEGIES[name] = decide
        return decide

    return declare


def strategies() -> dict[str, Decide]:
    """Return the declared strategies by name, sorted."""
    return dict(sorted(_STRATEGIES.items()))


def find_strategy(name: str) -> Decide:
    """Return the declared strategy, or refuse with the names that there are."""
    if name not in _STRATEGIES:
        names = sorted(_STRATEGIES)
        raise ScenarioError(
            f"behaviour.strategy: unknown strategy '{name}'{nearest(name, names)}; allowed: {', '.join(names)}"
        )
    return _STRATEGIES[name]


@strategy("always_comply")
def always_comply(firm: Any) -> float:
    """Full effort, always."""
    return 1.0


@strategy("never_comply")
def never_comply(firm: Any) -> float:
    """No effort, ever."""
    return 0.0


@strategy("once_bitten")
def once_bitten(firm: Any) -> float:
    """Little effort until the first record, then much for as long as it counts."""
    return 0.95 if firm.live_records else 0.3


@strategy("guard_the_grade")
def guard_the_grade(firm: Any) -> float:
    """Much effort while there is a good grade to lose, little once it is lost."""
    return 0.9 if firm.grade_rank > 0 else 0.2
