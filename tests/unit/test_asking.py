"""Firms that ask functions: several strategies share the firms equally, and each firm has every strategy in turn."""

from __future__ import annotations

import numpy as np
import pytest

from creditregime import load
from creditregime.errors import ScenarioError
from creditregime.firms.strategies import strategy
from creditregime.population.economy import combine
from tests.helpers import bare, run

NAMES = ("always_comply", "never_comply", "once_bitten")
EFFORT = dict(zip(NAMES, (1.0, 0.0, 0.3), strict=True))


def mixed(turn: int = 0, **changes: object) -> dict[str, object]:
    return {"kind": "mixed", "strategies": NAMES, "turn": turn} | changes


def test_strategies_have_equal_shares_and_are_asked_for_their_own_firms() -> None:
    model = run(bare(2, behaviour=mixed(), months=1, seed=3))
    holds = model.spec.behaviour.held(model.world)  # type: ignore[attr-defined]
    assert np.bincount(holds).tolist() == [20, 20, 20]
    assert (np.diff(holds) != 0).any(), "shares are drawn, not cut in the order of rows"
    for number, name in enumerate(NAMES):
        np.testing.assert_allclose(model.world.firms.effort[:, holds == number], EFFORT[name])


def test_in_as_many_turns_each_firm_has_every_strategy_once() -> None:
    world = run(bare(1, behaviour=mixed(), months=1)).world
    turns = [bare(1, behaviour=mixed(turn)).behaviour.held(world) for turn in range(4)]  # type: ignore[attr-defined]
    np.testing.assert_array_equal(np.sort(turns[:3], axis=0), np.tile(np.arange(3)[:, None], world.rows))
    np.testing.assert_array_equal(turns[3], turns[0])


def test_shares_depend_on_the_seed_and_hold_in_each_jurisdiction_side_by_side() -> None:
    spec = bare(1, behaviour=mixed(), months=1)
    both = combine([spec.population.build(seed) for seed in (4, 5)])
    together = run(spec, both, seeds=[4, 5]).world
    holds = spec.behaviour.held(together)  # type: ignore[attr-defined]
    for (start, stop), seed in zip(together.spans, (4, 5), strict=True):
        alone = run(spec.changed({"seed": seed})).world
        np.testing.assert_array_equal(holds[start:stop], spec.behaviour.held(alone))  # type: ignore[attr-defined]
    assert (holds[:60] != holds[60:]).any()


def test_one_strategy_for_all_is_per_firm() -> None:
    one = run(bare(2, behaviour={"kind": "per_firm", "strategy": "once_bitten"}, months=3)).world.firms.effort
    two = run(bare(2, behaviour=mixed(strategies=("once_bitten", "once_bitten")), months=3)).world.firms.effort
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("kind", ["per_firm", "mixed"])
def test_what_goes_wrong_in_a_decision_is_told_in_one_line(kind: str) -> None:
    @strategy("mistaken")
    def mistaken(firm: object) -> float:
        return firm.wealth  # type: ignore[attr-defined, no-any-return]

    rule = {"strategy": "mistaken"} if kind == "per_firm" else {"strategies": ("mistaken", "never_comply")}
    with pytest.raises(ScenarioError, match=r"^strategy 'mistaken', firm \d+: AttributeError: [^\n]*wealth[^\n]*$"):
        run(bare(1, behaviour={"kind": kind} | rule, months=1))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("behaviour.strategies=[never_comply]", "behaviour.strategies: .* at least 2"),
        ("behaviour.turn=-1", "behaviour.turn: -1 is not allowed"),
    ],
)
def test_bad_shares_are_refused(given: str, told: str) -> None:
    with pytest.raises(ScenarioError, match=told):
        load("behaviour.kind=mixed", "behaviour.strategies=[never_comply,once_bitten]", given)
