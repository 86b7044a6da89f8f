"""Records and lists beyond the closed forms: chains solved exactly, several severities, whole paths."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.validation import reduction
from creditregime.validation.distributions import fits, fixed_terms, listed_by_month, repaired_terms, share_listed
from creditregime.validation.registry import yearly
from tests.helpers import Array

MANY = 5.0
"""Standard errors allowed where hundreds of months are compared one by one."""


def listed(spec: Any, months: int) -> Array:
    """Return the share of firms on the list in each month."""
    model, shares = CreditRegime(spec), []
    for _ in range(months):
        model.step()
        shares.append(float((model.world.firms.listing[0] > 0).mean()))
    return np.array(shares)


def assert_path(found: Array, expected: Array, firms: int) -> None:
    error = np.sqrt(expected * (1 - expected) / firms)
    worst = int(np.argmax(np.abs(found - expected) - MANY * error))
    assert abs(found[worst] - expected[worst]) <= MANY * error[worst] + 1e-9, (worst, found[worst], expected[worst])


def list_chain(hazard: float, term: int, chance: float, first: int, months: int) -> Array:
    """Return the share listed by a Markov chain over the months on the list, 0 for not listed.

    A month first ends the term that is over, or else lists those who violate; then repair may release who has been
    listed for `first` months.
    """
    held, path = np.eye(term + 1)[0], []  # held[a] is the share in its a-th month on the list
    for _ in range(months):
        now = np.zeros_like(held)
        now[2:] = held[1:-1]  # one month older
        now[1] = held[0] * hazard
        now[0] = held[0] * (1 - hazard) + held[-1]
        for age in range(1, term + 1):
            if age - 1 >= first:
                now[0] += chance * now[age]
                now[age] *= 1 - chance
        held = now
        path.append(1 - held[0])
    return np.array(path)


@pytest.mark.parametrize(("hazard", "term"), [(0.02, 36), (0.3, 5), (1.0, 1), (1.0, 4), (0.5, 2)])
def test_a_fixed_term_follows_renewal_theory_from_the_first_month(hazard: float, term: int) -> None:
    firms, months = 8_000, 150
    chain = list_chain(hazard, term, 0, 1, months)
    np.testing.assert_allclose(listed_by_month(hazard, fixed_terms(term), months), chain, atol=1e-12)
    assert list_chain(hazard, term, 0, 1, 20_000)[-10 * (term + 1) :].mean() == pytest.approx(
        share_listed(hazard, fixed_terms(term)), abs=1e-9
    )
    changes = {"lists__listed__min_months": term, "lists__listed__max_months": term}
    spec = reduction("fixed_term", population__firms=firms, topics__offence__hazard=hazard, **changes)
    assert_path(listed(spec, months), chain, firms)


@pytest.mark.parametrize(
    ("hazard", "term", "chance", "shortest", "delay"),
    [(0.02, 36, 0.05, 1, 0), (0.2, 12, 0.3, 4, 0), (0.1, 20, 0.15, 3, 2), (0.4, 6, 1.0, 2, 0), (0.1, 5, 0.5, 3, 4)],
)
def test_repair_after_a_shortest_term_and_a_delay_follows_its_chain(
    hazard: float, term: int, chance: float, shortest: int, delay: int
) -> None:
    firms, months = 8_000, 120
    chain = list_chain(hazard, term, chance, shortest + delay, months)
    if shortest + delay == 1:
        np.testing.assert_allclose(listed_by_month(hazard, repaired_terms(chance, term), months), chain, atol=1e-12)
    spec = reduction(
        "repaired_list",
        population__firms=firms,
        topics__offence__hazard=hazard,
        lists__listed__min_months=shortest,
        lists__listed__max_months=term,
        repair__applications=yearly(chance),
        repair__delay=delay,
    )
    assert_path(listed(spec, months), chain, firms)


def test_two_live_records_lead_to_a_list_as_their_chain_says() -> None:
    """States are the months on the list and the records of the last months, one bit each."""
    hazard, term, life, firms, months = 0.15, 4, 3, 20_000, 60
    states = list(itertools.product(range(term + 1), range(2**life)))
    number = {state: position for position, state in enumerate(states)}
    moves = np.zeros((len(states), len(states)))
    for age, bits in states:
        for new, chance in ((1, hazard), (0, 1 - hazard)):
            live = ((bits << 1) | new) % 2**life
            enters = age == 0 and new == 1 and live.bit_count() >= 2
            after = 1 if enters else 0 if age in (0, term) else age + 1
            moves[number[age, bits], number[after, live]] += chance
    held, expected = np.eye(len(states))[number[0, 0]], []
    for _ in range(months):
        held = held @ moves
        expected.append(sum(held[number[state]] for state in states if state[0]))
    spec = reduction(
        "fixed_term",
        population__firms=firms,
        topics__offence__hazard=hazard,
        registry__serious_term=life,
        lists={"listed": {"topic": "offence", "serious": 2, "min_months": term, "max_months": term}},
    )
    assert_path(listed(spec, months), np.array(expected), firms)


def test_records_of_three_severities_expire_each_by_its_own_term() -> None:
    """The points of a record of each age are independent; their distribution is a convolution over the ages."""
    hazard, general, serious, delay, firms = 0.25, 0.4, 0.1, 2, 40_000
    terms, points = {"minor": 4, "general": 9, "serious": 15}, {"minor": 1, "general": 3, "serious": 11}
    shares = {"minor": 1 - general - serious, "general": general, "serious": serious}
    chances = np.ones(1)
    for age in range(max(terms.values())):
        one = np.zeros(max(points.values()) + 1)
        one[0] = 1.0
        for name, share in shares.items():
            if age < terms[name]:
                one[points[name]] += hazard * share
                one[0] -= hazard * share
        chances = np.convolve(chances, one)
    spec = reduction(
        "expiring_points",
        population__firms=firms,
        months=max(terms.values()) + delay + 3,
        topics={"offence": {"hazard": hazard, "general": general, "serious": serious}},
        registry={"kind": "database", "delay": delay} | {f"{name}_term": term for name, term in terms.items()},
        rating={"kind": "points", "base": 0.0} | points,
    )
    live = np.rint(-CreditRegime(spec).run_model().world.firms.own_score[0]).astype(int)
    assert fits("points", chances, np.bincount(live)).verdict == "met"


@pytest.mark.parametrize("sharing", ["siloed", "central"])
@pytest.mark.parametrize("keep", [0.0, 0.7, 0.99])
def test_a_fading_score_is_the_faded_sum_of_its_records(sharing: str, keep: float) -> None:
    months, firms, takes = 50, 500, {"a": 4.0, "b": 11.5}
    spec = reduction(
        "decaying_score",
        months=months,
        population__firms=firms,
        topics={name: {"hazard": 0.2} for name in takes},
        registry={"kind": "database", "sharing": sharing},
        rating={"kind": "decay", "persistence": keep, "recovery": 2.0, "record": takes},
    )
    world = CreditRegime(spec).run_model().world
    files = len(world.firms.own_score)
    expected = np.full((files, firms), 2.0 / (1 - keep))
    records = world.records.columns()
    file = records["topic"] if files > 1 else np.zeros(len(records["topic"]), int)
    lost = np.array([*takes.values()])[records["topic"]] * keep ** (months - 1.0 - records["month"])
    np.subtract.at(expected, (file, records["firm"]), lost)
    assert files == (2 if sharing == "siloed" else 1)
    np.testing.assert_allclose(world.firms.own_score, expected, rtol=2e-5, atol=2e-4)


def test_the_number_of_agencies_that_visit_a_firm() -> None:
    firms, months, quotas = 400, 200, {"tax": 100, "environment": 40, "labour": 250}
    chances = np.ones(1)
    for number in quotas.values():
        chances = np.convolve(chances, [1 - number / firms, number / firms])
    model = CreditRegime(reduction("double_random", population__firms=firms, inspection__number=quotas))
    visits, ever = np.zeros((months, firms), int), []
    for month in range(months):
        model.step()
        visits[month] = model.world.firms.inspected.sum(axis=0)
        ever.append(float((visits[: month + 1] > 0).any(axis=0).mean()))
    shares = np.array([(visits == number).mean(axis=1) for number in range(4)])
    error = shares.std(axis=1, ddof=1) / math.sqrt(months)
    assert (np.abs(shares.mean(axis=1) - chances) <= 4 * error).all()
    expected = 1 - chances[0] ** np.arange(1, months + 1)  # months are independent
    assert_path(np.array(ever), expected, firms)


def test_predictive_values_differ_by_topic_and_not_by_how_many_are_visited() -> None:
    cases = {"a": (0.3, 0.8, 0.1), "b": (0.05, 0.5, 0.02)}
    spec = reduction(
        "false_records",
        population__firms=10_000,
        months=60,
        topics={name: {"hazard": violating} for name, (violating, _, _) in cases.items()},
        inspection={
            "kind": "quota",
            "number": {"a": 1_000, "b": 4_000},
            "sensitivity": {name: found for name, (_, found, _) in cases.items()},
            "false_positive": {name: wrong for name, (_, _, wrong) in cases.items()},
        },
    )
    records = CreditRegime(spec).run_model().world.records.columns()
    for k, (violating, found, wrong) in enumerate(cases.values()):
        true = records["true"][records["topic"] == k]
        value = violating * found / (violating * found + (1 - violating) * wrong)
        assert abs(true.mean() - value) <= 4 * math.sqrt(value * (1 - value) / len(true))


def test_a_distribution_that_is_another_one_does_not_fit() -> None:
    chances = repaired_terms(0.2, 12)
    counts = np.rint(10_000 * chances)
    assert fits("itself", chances, counts).verdict == "met"
    assert fits("another", repaired_terms(0.22, 12), counts).verdict == "not met"
    assert fits("an impossible value", [0, 0.5, 0.5], [1, 5_000, 5_000]).verdict == "not met"
    assert fits("too long", [0.5, 0.5], [5_000, 5_000, 1]).verdict == "not met"
