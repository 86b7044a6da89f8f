"""Firms that plan ahead: dynamic programming against enumeration, and what it makes of grades in the whole model."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.errors import ScenarioError
from creditregime.firms.planning import Chances, Outlook, solve, values
from creditregime.regime.moves import Moves, moves
from tests.helpers import REGIMES, bare, run, small

Array = np.ndarray[Any, Any]


def chance(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@pytest.mark.parametrize("size", [1, 2, 5])
def test_elimination_solves_dominant_systems(size: int) -> None:
    draws = chance(size)
    matrix = draws.uniform(-1, 0, (size, size, 7)) / size
    matrix[np.arange(size), np.arange(size)] += 2
    right = draws.normal(size=(size, 7))
    expected = np.linalg.solve(matrix.transpose(2, 0, 1), right.T[..., None])[..., 0].T
    np.testing.assert_allclose(solve(matrix.copy(), right.copy()), expected, rtol=1e-12)


def outlook(seed: int, topics: int, grades: int, firms: int, whole: bool) -> Outlook:
    """Return a random problem whose chances of being found sum to less than 1."""
    draws = chance(seed)
    ladder = np.arange(grades)
    after = np.minimum(draws.integers(0, grades, (topics, 3, grades)), ladder)
    above = np.minimum(ladder + 1, grades - 1)
    promoted, recovered = draws.uniform(0, 0.5, grades), draws.uniform(0, 0.2, grades)
    promoted[-1] = recovered[-1] = 0
    shares = draws.dirichlet([1, 1, 1], topics)
    caught = draws.uniform(0, 0.9 / topics, (topics, grades, firms))
    mistaken, part = caught * draws.uniform(0, 0.5, caught.shape), draws.uniform(0.5, 1, caught.shape)
    penalty = draws.uniform(0, 2, (topics, grades, firms))
    return Outlook(
        Moves(after, above, promoted, recovered),
        shares,
        Chances(caught, mistaken, caught * part, mistaken * part),
        1 - np.prod(1 - caught, axis=0) + 0.05,
        penalty,
        penalty / 3,
        np.sort(draws.uniform(-0.5, 1, (grades, firms)), axis=0)[::-1],
        draws.uniform(0.3, 1, (topics, firms)),
        draws.uniform(0.2, 2, (topics, firms)),
        draws.uniform(0, 0.4, firms),
        draws.uniform(0.5, 0.95, firms),
        whole,
    )


def value_of(problem: Outlook, effort: Array, firm: int) -> Array:
    """Return the value of each grade's month under efforts (K, G), one firm, grade by grade and move by move."""
    topics, grades = effort.shape
    step, reward = np.zeros((grades, grades)), np.zeros(grades)
    for g in range(grades):
        total, soiled = 0.0, 0.0
        for k in range(topics):
            violated = problem.hazard[k, firm] * (1 - effort[k, g])
            caught, mistaken, exposed, wronged = (chance[k, g, firm] for chance in problem.chances)
            total += violated * caught + (1 - violated) * mistaken
            soiled += violated * exposed + (1 - violated) * wronged
            beyond = max(effort[k, g] - problem.intrinsic[firm], 0)
            cost = problem.cost[k, firm]
            whole = cost * effort[k, g] * (1 - problem.intrinsic[firm])
            reward[g] -= whole if problem.whole else cost / 2 * beyond**2
            reward[g] -= violated * caught * problem.penalty[k, g, firm]
            reward[g] -= (1 - violated) * mistaken * problem.undeserved[k, g, firm]
            for s in range(3):
                step[g, problem.moves.after[k, s, g]] += violated * caught * problem.shares[k, s]
            step[g, problem.moves.after[k, 0, g]] += (1 - violated) * mistaken
        up = problem.moves.promoted[g] * max(problem.inspected[g, firm] - soiled, 0)
        up = min(up + problem.moves.recovered[g] * (1 - total), 1 - total)
        step[g, problem.moves.above[g]] += up
        step[g, g] += 1 - total - up
        reward[g] -= step[g] @ problem.held[:, firm]
    return np.linalg.solve(np.eye(grades) - problem.patience[firm] * step, reward)


@pytest.mark.parametrize("seed", range(6))
def test_values_of_whole_efforts_are_the_best_of_all_policies(seed: int) -> None:
    topics, grades = (1, 4) if seed % 2 else (2, 3)
    problem = outlook(seed, topics, grades, 3, whole=True)
    found = values(problem)
    for firm in range(3):
        every = [
            value_of(problem, np.reshape(policy, (topics, grades)).astype(float), firm)
            for policy in itertools.product((0, 1), repeat=topics * grades)
        ]
        best = np.max(every, axis=0)
        np.testing.assert_allclose(found[:, firm], problem.patience[firm] * best - problem.held[:, firm], rtol=1e-9)


def test_values_of_gradual_efforts_cannot_be_bettered() -> None:
    problem, levels = outlook(3, 1, 2, 4, whole=False), np.linspace(0, 1, 201)
    found = values(problem)
    for firm in range(4):
        every = [
            value_of(problem, np.array([policy]), firm)
            for policy in itertools.product(levels[levels >= problem.intrinsic[firm] - 0.01], repeat=2)
        ]
        best = problem.patience[firm] * np.max(every, axis=0) - problem.held[:, firm]
        assert (found[:, firm] >= best - 1e-12).all()
        np.testing.assert_allclose(found[:, firm], best, atol=1e-4)


# In the model

OFFENCE = {"hazard": 0.5, "general": 1.0, "serious": 0.0, "fine": 1.0, "cost": 0.6}
FINED: dict[str, Any] = {
    "topics": {"a": OFFENCE, "b": OFFENCE | {"fine": 2.0}},
    "fines": {"kind": "statutory"},
    "learning": {"kind": "none", "initial": 0.4},
    "months": 2,
}
GRADED: dict[str, Any] = FINED | {
    "registry": {"kind": "database", "general_term": 20},
    "rating": {"kind": "points", "general": 20, "minor": 0, "serious": 0, "bands": {"A": 90, "B": 70}, "lowest": "C"},
    "measures": {"m": {"agency": "a", "lever": "management", "size": 0.1, "grade": "B"}},
    "inspection": {"kind": "uniform", "rate": 0.5},
}


def efforts(kind: str, scenario: dict[str, Any], **rule: Any) -> Array:
    spec = bare(2, **scenario, behaviour={"kind": kind} | rule)
    return run(spec).world.firms.effort


@pytest.mark.parametrize(
    ("effort", "same"), [("gradual", "gradual"), ("all_or_nothing", "threshold")], ids=["gradual", "all or nothing"]
)
def test_without_grades_or_without_a_future_it_is_myopic(effort: str, same: str) -> None:
    myopic = efforts(same, FINED)
    assert 0.01 < myopic.mean() < 0.99
    np.testing.assert_allclose(efforts("forward_looking", FINED, effort=effort), myopic, rtol=1e-6)
    for detection in ("believed", "announced"):
        chances = {"learning": {"kind": "none", "initial": 0.4}} if detection == "believed" else {}
        tiers = FINED | chances | {"registry": {"kind": "database"}, "rating": {"kind": "tiers"}}
        if detection == "announced":
            exact = {"sensitivity": 1.0, "false_positive": 0.0}
            tiers |= {"inspection": {"kind": "uniform", "rate": 0.4, "per": "month"} | exact}
        found = efforts("forward_looking", tiers, effort=effort, patience=0.0, detection=detection)
        np.testing.assert_allclose(found, myopic, rtol=1e-5)


def test_the_unaware_are_myopic_and_the_patient_comply_more() -> None:
    rule = {"intrinsic": 0.0, "intrinsic_spread": 0.0, "cost_distribution": "same", "cost_size_elasticity": 1.0}
    by_patience = [efforts("forward_looking", GRADED, **rule, patience=p)[0].mean() for p in (0.0, 0.5, 0.9, 0.99)]
    assert np.diff(by_patience).min() > 0.001
    model = CreditRegime(bare(2, **GRADED, behaviour={"kind": "forward_looking"} | rule))
    model.world.firms.aware[:30] = 0
    model.step()
    myopic = CreditRegime(bare(2, **FINED, behaviour={"kind": "gradual"} | rule))
    myopic.step()
    np.testing.assert_allclose(model.world.firms.effort[:, :30], myopic.world.firms.effort[:, :30], rtol=1e-6)
    assert (model.world.firms.effort[0, 30:] > myopic.world.firms.effort[0, 30:]).all()


def test_each_firm_plans_with_its_own_patience() -> None:
    rule = {"kind": "forward_looking", "cost_distribution": "same", "cost_size_elasticity": 1.0, "adjustment": 1.0}
    rule |= {"intrinsic": 0.0, "intrinsic_spread": 0.0, "discount": 3.0, "traits": {"discount_spread": 1.5}}
    model = CreditRegime(bare(2, **GRADED, behaviour=rule))
    model.step()
    firms = model.world.firms
    order = np.argsort(firms.discount)
    assert (np.diff(firms.effort[0, order]) <= 1e-7).all()
    assert firms.effort[0].std() > 0.01
    with pytest.raises(ScenarioError, match=r"patience: one for all does not go with traits\.discount_spread"):
        bare(2, behaviour=rule | {"patience": 0.9})


def test_only_firms_near_a_cut_off_fear_for_their_grade_but_all_count_a_fall() -> None:
    rule = {"kind": "forward_looking", "cost_distribution": "same", "cost_size_elasticity": 1.0, "adjustment": 1.0}
    model = CreditRegime(bare(2, **GRADED, behaviour=rule | {"intrinsic": 0.0, "intrinsic_spread": 0.0}))
    score = model.world.firms.score[0]
    score[:5] = [100, 115, 90, 75, 30]
    model.world.firms.grade[0] = model.spec.rating.grade_of(score)
    model.step()
    effort = model.world.firms.effort[0]
    assert effort[0] == effort[2] > effort[1]  # 115 stays in A after a record


def test_moves_of_points_are_those_of_the_table() -> None:
    rating = {"kind": "points", "minor": 0, "general": 20, "serious": 40, "bands": {"A": 90, "B": 70, "C": 40}}
    topics = {"a": {"general": 0.5, "serious": 0.5}, "b": {"general": 0.5, "serious": 0.5}}
    base = {"topics": topics, "registry": {"kind": "database", "general_term": 10, "serious_term": 40}}
    spec = bare(2, **base, rating=rating).changed({"registry.sharing": "central"})
    world = CreditRegime(spec).world
    found = moves(world, spec.rating, 0)
    # From just below the next cut-off: D 39.99, C 69.99, B 89.99, A 100; records of 30 points that last 30 months.
    assert found.after[0].tolist() == [[0, 1, 2, 3], [0, 1, 1, 2], [0, 0, 1, 1]]
    np.testing.assert_array_equal(found.above, [1, 2, 3, 3])
    np.testing.assert_allclose(found.recovered, [2 / 30, 1 / 30, 1 / 30, 0], rtol=1e-6)
    assert not found.promoted.any()
    siloed = spec.changed({"registry.sharing": "siloed", "rating.direct": True})
    found = moves(CreditRegime(siloed).world, siloed.rating, 1)
    np.testing.assert_array_equal(found.after[0], np.tile(np.arange(4), (3, 1)))  # the other topic's file
    assert found.after[1, 2].tolist() == [0, 0, 0, 0]


def test_clean_years_lift_above_a_clean_file_and_a_record_undoes_them() -> None:
    spec = small("tax_2014")
    world = CreditRegime(spec).world
    found = moves(world, spec.rating, 0)
    names = world.law.grades
    assert names == ("D", "C", "M", "B", "A")
    assert found.above.tolist() == [1, 3, 3, 4, 4]  # M and B begin at the same score
    assert found.recovered[3] == pytest.approx(1 / 12)
    assert found.after[0, 1].tolist() == [0, 1, 1, 3, 3]


@pytest.mark.parametrize("regime", [*REGIMES])
@pytest.mark.parametrize("detection", ["believed", "announced"])
def test_it_runs_in_every_regime(regime: str, detection: str) -> None:
    rule = {"kind": "forward_looking", "detection": detection}
    effort = run(small(regime, behaviour=rule, months=8)).world.firms.effort
    assert np.isfinite(effort).all()
    assert ((effort >= 0) & (effort <= 1)).all()


def test_inspections_by_quota_leave_the_belief_as_it_is() -> None:
    quota = GRADED | {"inspection": {"kind": "quota", "number": 3}}
    alike = GRADED | {"inspection": {"kind": "none"}}
    np.testing.assert_array_equal(efforts("forward_looking", quota), efforts("forward_looking", alike))


def test_fines_by_grade_are_imposed_and_foreseen() -> None:
    factors = {"A": 0.0, "B": 1.0, "C": 5.0}
    scenario = GRADED | {"fines": {"kind": "statutory", "by_grade": factors}, "measures": {}}
    for kind in ("gradual", "forward_looking"):
        rule = {"kind": kind, "adjustment": 1.0, "cost_distribution": "same", "cost_size_elasticity": 1.0}
        rule |= {"intrinsic": 0.0, "intrinsic_spread": 0.0} | ({"patience": 0.0} if kind == "forward_looking" else {})
        watched = {"monitoring": {"kind": "coverage", "share": 1.0}, "violations": {"kind": "hazard"}}
        model = CreditRegime(bare(2, **scenario | watched, behaviour=rule))
        firms = model.world.firms
        firms.grade[0, :3] = firms.own_grade[0, :3] = [2, 1, 0]
        hazard = firms.hazard[0, :3].copy()
        model.step()
        expected = np.minimum(hazard * 0.4 * [0.0, 1.0, 5.0] / 0.6, 1)
        np.testing.assert_allclose(firms.effort[0, :3], expected, rtol=1e-5)
        fine = (firms.violation[:, 3:] > 0).T @ np.zeros(2)
        np.testing.assert_array_equal(firms.fines[3:], fine)  # grade A pays nothing
    with pytest.raises(ScenarioError, match=r"fines\.by_grade\.X: unknown name 'X'"):
        bare(2, **scenario | {"fines": {"kind": "statutory", "by_grade": {"X": 1.0}}})
