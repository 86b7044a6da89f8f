"""Beliefs: from own experience, partners' experience, and what is published; and who is prepared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.codes import Origin
from creditregime.errors import ScenarioError
from tests.helpers import bare, links

OFF = {"own": 0.0, "partners": 0.0, "transparency": 0.0}


def model_of(learning: dict[str, Any], economy: Any = None, **changes: Any) -> CreditRegime:
    spec = bare(1, **changes, learning={"kind": "experience"} | OFF | learning)
    return CreditRegime(spec, economy=economy)


SEEN = {
    "violations": {"kind": "hazard", "complaints": 0},
    "behaviour": {"kind": "none", "intrinsic": 0.0, "intrinsic_spread": 0.0},
    "topics": {"a": {"hazard": 1.0}},
}


@pytest.mark.parametrize(("share", "expected"), [(1.0, 0.1 + 0.2 * 0.9), (0.0, 0.1 - 0.2 * 0.1)])
def test_own_experience_moves_the_belief_towards_what_happened(share: float, expected: float) -> None:
    watching = {"monitoring": {"kind": "coverage", "share": share}}
    model = model_of({"own": 0.2, "initial": 0.1}, **SEEN, **watching)
    model.step()
    np.testing.assert_allclose(model.world.firms.belief, 0.1)
    model.step()
    np.testing.assert_allclose(model.world.firms.belief, expected, rtol=1e-5)


def test_being_inspected_teaches_as_well() -> None:
    model = model_of({"own": 0.5, "initial": 0.1}, **SEEN, inspection={"kind": "uniform", "rate": 1, "sensitivity": 1})
    for _ in range(3):
        model.step()
    assert (model.world.firms.found == Origin.INSPECTION).all()
    np.testing.assert_allclose(model.world.firms.belief, 1 - 0.9 * 0.25, rtol=1e-5)


def test_no_violation_no_experience() -> None:
    model = model_of({"own": 0.5, "initial": 0.3}, inspection={"kind": "uniform", "rate": 1})
    model.run_model()
    np.testing.assert_allclose(model.world.firms.belief, 0.3)


def test_findings_at_suppliers_raise_the_belief_by_their_share() -> None:
    model = model_of(
        {"partners": 0.4, "initial": 0.2}, links(4, (0, 3), (1, 3)), **SEEN, monitoring={"kind": "coverage", "share": 1}
    )
    model.world.firms.effort[:, 1:] = 1
    model.step()
    model.step()
    np.testing.assert_allclose(model.world.firms.belief[0], [0.2, 0.2, 0.2, 0.2 + 0.4 * 0.5 * 0.8], rtol=1e-5)


def test_beliefs_move_towards_the_published_rate() -> None:
    for transparency in (0.0, 0.25):
        model = model_of(
            {"transparency": transparency, "initial": 0.1}, **SEEN, monitoring={"kind": "coverage", "share": 1}
        )
        model.step()
        assert model.world.published.tolist() == [[1.0]]
        model.step()
        np.testing.assert_allclose(model.world.firms.belief, 0.1 + transparency * 0.9, rtol=1e-5)


def test_the_unprepared_learn_with_time() -> None:
    unprepared = {"state": 1.0, "private": 1.0, "foreign": 1.0}
    model = model_of({"unprepared": unprepared, "learning_months": 10.0}, months=20)
    assert not model.world.firms.aware.any()
    for month in range(1, 21):
        model.step()
        np.testing.assert_allclose(model.world.firms.aware, 1 - 0.9**month, rtol=1e-4)


def test_shares_of_the_unprepared_differ_by_ownership() -> None:
    many = {"population.firms": 3000, "population.essential": "none", "population.foreign_share": 0.5}
    aware = model_of({"unprepared": {"state": 0.0, "private": 0.3, "foreign": 0.8}}, **many).world.firms
    for code, share in enumerate((0.0, 0.3, 0.8)):
        here = aware.aware[aware.ownership == code]
        assert abs((1 - here).mean() - share) <= 4 * np.sqrt(share * (1 - share) / len(here))


def test_without_learning_beliefs_stay() -> None:
    spec = bare(2, learning={"kind": "none", "initial": {"a": 0.4, "default": 0.1}}, violations={"kind": "hazard"})
    model = CreditRegime(spec).run_model()
    np.testing.assert_allclose(model.world.firms.belief[:, 0], [0.4, 0.1])
    assert (model.world.firms.aware == 1).all()


def test_a_new_firm_begins_with_the_first_belief() -> None:
    turnover = {
        "exit": {"kind": "standard", "background": 0.9, "insolvency": False},
        "entry": {"kind": "replacement", "rate": 1.0},
    }
    seen = SEEN | {"monitoring": {"kind": "coverage", "share": 1}} | turnover
    model = model_of({"own": 0.5, "initial": 0.1}, **seen)
    for _ in range(8):
        model.step()
    new = model.world.firms.born == model.world.month
    assert new.any()
    np.testing.assert_allclose(model.world.firms.belief[:, new], 0.1)
    assert (model.world.firms.belief[:, ~new] > 0.1).any()


@pytest.mark.parametrize(
    ("learning", "said"),
    [
        (
            {"unprepared": {"public": 0.1}},
            "learning.unprepared.public: unknown name 'public'; allowed: state, private, foreign",
        ),
        ({"unprepared": {"state": 1.5}}, "learning.unprepared.state: 1.5 is not allowed"),
        ({"own": 2}, "learning.own: 2 is not allowed"),
        ({"learning_months": 0}, "learning.learning_months: 0 is not allowed"),
    ],
)
def test_impossible_learning_is_refused(learning: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        model_of(learning)
    assert said in str(caught.value)
