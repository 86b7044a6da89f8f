"""Topics weighed together, against every set of them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime, Scenario
from creditregime.firms.bundle import List, best_bundle, value_of
from creditregime.validation.oracles import reduction
from tests.helpers import run

Array = np.ndarray[Any, Any]
DRAWS = 400


def best_by_trying(saved: Array, lists: list[tuple[Array, Array]]) -> Array:
    """Return the value of the best set, (n,): savings less what each list is worth times the chance to enter it."""
    best = np.zeros(saved.shape[1])
    for chosen in itertools.product((0, 1), repeat=len(saved)):
        value = np.zeros(saved.shape[1])
        for firm in range(saved.shape[1]):
            value[firm] = sum(saved[k, firm] for k, on in enumerate(chosen) if on)
            for worth, chances in lists:
                clean = 1.0
                for k, on in enumerate(chosen):
                    clean *= 1 - chances[k, firm] * on
                value[firm] -= worth[firm] * (1 - clean)
        best = np.maximum(best, value)
    return best


def drawn(seed: int, topics: int, firms: int) -> tuple[Array, Array, Array]:
    """Return savings, chances and worths for which sets of every size can be best."""
    draws = np.random.Generator(np.random.PCG64(seed))
    chances = draws.uniform(0, 1, (topics, firms)) * (draws.uniform(size=(topics, firms)) > 0.2)
    chances[draws.uniform(size=chances.shape) < 0.05] = 1
    worth = draws.uniform(0, 6, firms)
    return draws.uniform(-0.3, 1.2, (topics, firms)), chances, worth


@pytest.mark.parametrize("topics", [1, 2, 4, 7])
def test_the_best_set_under_one_list_is_found_exactly(topics: int) -> None:
    saved, chances, worth = drawn(topics, topics, 60)
    found = best_bundle(saved, [List(worth, chances)])
    value = value_of(found, saved, [List(worth, chances)])
    np.testing.assert_allclose(value, best_by_trying(saved, [(worth, chances)]), rtol=1e-9, atol=1e-9)
    sizes = found.sum(axis=0)
    assert sizes.min() == 0
    assert sizes.max() == topics


def test_lists_of_single_topics_and_lists_with_the_same_ways_in_keep_it_exact() -> None:
    for seed in range(8):
        saved, chances, worth = drawn(seed, 5, 25)
        alone = [np.where(np.arange(5)[:, None] == k, chances[::-1], 0) for k in (0, 3)]
        lists = [(worth, chances), (worth / 3, alone[0]), (worth * 2, chances), (worth / 5, alone[1])]
        made = [List(*entry) for entry in lists]
        value = value_of(best_bundle(saved, made), saved, made)
        np.testing.assert_allclose(value, best_by_trying(saved, lists), rtol=1e-9, atol=1e-9)


def test_under_several_lists_it_is_seldom_bettered_and_never_by_a_single_topic() -> None:
    missed = 0
    for seed in range(10):
        saved, chances, worth = drawn(seed, 5, 40)
        _, more, other = drawn(seed + 100, 5, 40)
        lists = [(worth, chances), (other, more)]
        made = [List(*entry) for entry in lists]
        found = best_bundle(saved, made)
        value = value_of(found, saved, made)
        missed += int((value < best_by_trying(saved, lists) - 1e-9).sum())
        for k in range(5):
            flipped = found.copy()
            flipped[k] = ~flipped[k]
            assert (value_of(flipped, saved, made) <= value + 1e-12).all()
    assert missed <= 0.02 * DRAWS


# In the model

NAMES = ("first", "second", "third", "fourth")


def world(worth: float, **changes: Any) -> Scenario:
    return reduction("marginal_deterrence").changed({"measures.loss.size": worth} | changes)


def test_firms_weigh_their_own_costs_and_chances_as_every_set_does() -> None:
    spec = world(1.4, **{"behaviour.cost_distribution": "lognormal", "behaviour.intrinsic_spread": 0.3})
    spec = spec.changed({"population.firms": 200, "fines": {"kind": "statutory", "serious": 1.0}})
    settings = ((0.5, 0.2, 0.1, 0.9), (0.1, 0.3, 0.05, 0.8), (0.9, 0.5, 0.2, 0.5), (0.3, 1.0, 0.0, 1.0))
    for name, (cost, belief, fine, hazard) in zip(NAMES, settings, strict=True):
        topic = {"cost": cost, "fine": fine, "hazard": hazard, "serious": 0.6, "general": 0.4}
        spec = spec.changed({f"topics.{name}": spec.topics[name].model_dump() | topic})
        spec = spec.changed({"learning.initial": {}} if name == "first" else {})
        spec = spec.changed({f"learning.initial.{name}": belief})
    model = CreditRegime(spec)
    firms = model.world.firms
    saved, chances = np.zeros((4, 200)), np.zeros((4, 200))
    for k, (cost, belief, fine, hazard) in enumerate(settings):
        saved[k] = cost * firms.cost_factor * (1 - firms.intrinsic) - hazard * belief * fine
        chances[k] = hazard * belief * 0.6
    model.step()
    lists = [(np.full(200, 1.4), chances)]
    value = value_of(firms.effort == 0, saved, [List(*lists[0])])
    np.testing.assert_allclose(value, best_by_trying(saved, lists), atol=1e-5)
    assert len({tuple(column) for column in firms.effort.T}) > 3


def test_one_by_one_each_offence_is_deterred_and_together_none() -> None:
    spec = world(4.0)
    assert (run(spec).world.firms.effort == 0).all()
    one_by_one = spec.behaviour.model_dump() | {"kind": "threshold"}
    assert (run(spec.changed({"behaviour": one_by_one})).world.firms.effort == 1).all()
    lists = {name: {"topic": name, "serious": 1, "min_months": 1, "max_months": 1} for name in NAMES}
    measures = {
        name: {"agency": name, "lever": "management", "size": 4.0, "lists": [name], "basis": "assumption"}
        for name in NAMES
    }
    each = spec.changed({"lists": lists, "measures": measures})
    assert (run(each).world.firms.effort == 1).all(), "a list for each offence keeps each deterred"


def test_firms_on_the_list_have_nothing_to_lose_by_it() -> None:
    spec = world(20.0, **{"lists.black.initial": 0.4, "lists.black.max_months": 5})
    model = CreditRegime(spec)
    listed = model.world.firms.listing[0] > 0
    assert 0 < listed.sum() < len(listed)
    model.step()
    np.testing.assert_array_equal(model.world.firms.effort, np.tile(~listed, (4, 1)))


def test_it_counts_each_reward_of_a_redlist_once() -> None:
    """Two offences that each would cost the redlist: together they pay where one alone does not."""
    red = {"red": {"colour": "red", "at_stake": True, "clean_months": 0, "serious": 0}}
    spec = world(1.0, **{"lists": red, "measures": {}, "learning.initial": 1.0})
    reward = {"agency": "first", "lever": "subsidy", "size": 1.0, "lists": ["red"], "basis": "assumption"}
    spec = spec.changed({"rewards": {"gain": reward}, "months": 2, "lists.red.clean_months": 1})
    for cost, complies in ((0.2, 1), (0.24, 1), (0.26, 0), (0.9, 0)):
        topics = {f"topics.{name}.cost": cost for name in NAMES}
        model = CreditRegime(spec.changed(topics | {"violations.kind": "none", "inspection.kind": "none"}))
        model.step()
        model.step()
        assert (model.world.firms.listing[0] > 0).all()
        model.spec.behaviour.choose(model.world, model.prospects())
        assert (model.world.firms.effort == complies).all(), cost
