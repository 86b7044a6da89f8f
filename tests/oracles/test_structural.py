"""Structural sensitivity: other orders of the month, other links, and how effects are set against the base's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.cli import main
from creditregime.errors import ScenarioError
from creditregime.model import STAGES
from creditregime.population import Generated
from creditregime.population.economy import Economy
from creditregime.validation import structural
from creditregime.validation.lines import structure_lines, structure_table
from creditregime.validation.other_links import LINKS
from creditregime.validation.structural import ORDERS, Extent, fieller, moved
from tests.helpers import assert_same, assert_sound, bare, small, state

# The order of the month


def test_an_order_that_says_the_same_gives_the_same() -> None:
    class Spelt(CreditRegime):
        order = tuple(STAGES)

    assert_same(CreditRegime(small()).run_model(), Spelt(small()).run_model())


@pytest.mark.parametrize("name", [*ORDERS])
@pytest.mark.parametrize("regime", ["joint_2016", "zhejiang_2021"])
def test_another_order_is_another_sound_model(name: str, regime: str) -> None:
    spec = small(regime, **{"exit.background": 0.2, "population.firms": 120})
    model, usual = ORDERS[name](spec), CreditRegime(spec)
    for _ in range(24):
        model.step()
        if name != "exit before re-matching":  # buyers that searched after the exits
            assert_sound(model)
    if regime == "joint_2016":  # nothing of the other acts on trade
        before = state(usual.run_model())
        assert not all(np.array_equal(column, before[key]) for key, column in state(model).items())


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (STAGES[:-1], "must stand in it once"),
        ((*STAGES, "trade"), "must stand in it once"),
        (moved("settle", before="trade"), "'settle' must come after 'trade'"),
        (moved("open", before="inspect"), "must come after 'open'"),
        (moved("enter", before="leave"), "'enter' must come after 'leave'"),
        (moved("learn", before="choose"), "nothing to 'learn' from"),
    ],
)
def test_an_order_that_cannot_be_is_refused(order: tuple[str, ...], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        type("Wrong", (CreditRegime,), {"order": order})


def seen(**changes: Any) -> Any:
    """Return a scenario in which every firm has a record in the first month and is listed for it."""
    rules = {
        "topics": {"a": {"hazard": 1.0, "general": 0.0, "serious": 1.0}},
        "violations": {"kind": "hazard"},
        "monitoring": {"kind": "coverage", "share": 1.0},
        "registry": {"kind": "database"},
        "rating": {"kind": "points"},
        "lists": {"l": {"topic": "a"}},
        "behaviour": {"kind": "none", "intrinsic": 0.0, "intrinsic_spread": 0.0},
    }
    return bare(1, **rules | changes)


def test_rated_first_grades_and_lists_lag_a_month() -> None:
    usual, late = CreditRegime(seen()), ORDERS["rating before inspection"](seen())
    for model in (usual, late):
        model.step()
    assert (usual.world.firms.listing[0] > 0).all()
    assert not late.world.firms.listing.any()
    assert (usual.world.firms.grade < late.world.firms.grade).all()
    late.step()
    assert (late.world.firms.listing[0] > 0).all()
    np.testing.assert_array_equal(late.world.firms.own_score, usual.world.firms.own_score)  # of one record each


def test_objections_are_heard_in_any_order() -> None:
    """What is struck off takes firms off their lists, a month later if ratings come first."""
    review = {"kind": "review", "groundless": 1.0, "wrongly_upheld": 1.0, "months": 1, "appeal": 0.0}
    spec = seen(objections=review, months=3).changed({"topics.a.hazard": 0.2, "population.firms": 300})
    for name in ORDERS:
        model = ORDERS[name](spec)
        model.step()
        lag = 1 if name == "rating before inspection" else 0
        first = model.world.records.columns()["firm"].copy()
        for _ in range(1 + lag):
            model.step()
        again = model.world.records.columns()
        clean = np.setdiff1d(first, again["firm"][again["month"] > 0])
        assert len(clean) > 10
        assert not model.world.firms.listing[0, clean].any(), name


def test_traded_first_measures_act_a_month_later() -> None:
    measures = {"stop": {"agency": "a", "lever": "permit", "size": 0.5, "lists": ["l"]}}
    trade = {"kind": "none", "headroom": 1.0}
    usual, late = (
        model(seen(measures=measures, trade=trade))
        for model in (CreditRegime, ORDERS["trade before rating and measures"])
    )
    for model in (usual, late):
        model.step()
    np.testing.assert_allclose(usual.world.firms.output, 0.5)
    np.testing.assert_allclose(late.world.firms.output, 1)
    late.step()
    np.testing.assert_allclose(late.world.firms.output, 0.5)


def test_chosen_last_first_efforts_are_those_of_the_start() -> None:
    spec = seen(
        behaviour={"kind": "threshold", "intrinsic": 0.0, "intrinsic_spread": 0.0},
        fines={"kind": "statutory"},
        learning={"kind": "none", "initial": 1.0},
    )
    usual, late = CreditRegime(spec), ORDERS["choice at the end of the month"](spec)
    for model in (usual, late):
        model.step()
    assert not usual.world.firms.violation.any()
    assert (late.world.firms.violation > 0).all()
    late.step()
    assert not late.world.firms.violation.any()


def test_left_first_idle_links_are_replaced_in_the_same_month() -> None:
    spec = small(**{"exit.background": 0.5, "partners.success": 1.0, "population.firms": 300, "months": 6})
    idle = {}
    for name, kind in (("usual", CreditRegime), ("first", ORDERS["exit before re-matching"])):
        world = kind(spec).run_model().world
        mine = world.firms.active[world.network.searching()]
        idle[name] = int(mine.sum())
    assert idle["first"] < 0.85 * idle["usual"]


def test_learned_at_once_beliefs_move_in_the_month_of_the_finding() -> None:
    learning = {"kind": "experience", "own": 0.5, "partners": 0, "transparency": 0, "unprepared": {}, "initial": 0.1}
    usual, early = (
        model(seen(learning=learning)) for model in (CreditRegime, ORDERS["learning right after recording"])
    )
    for model in (usual, early):
        model.step()
        model.step()
    np.testing.assert_allclose(usual.world.firms.belief, 0.55, rtol=1e-6)  # from the first month
    np.testing.assert_allclose(early.world.firms.belief, 0.55, rtol=1e-6)  # from the second month
    usual.step()
    early.step()
    np.testing.assert_array_equal(usual.world.firms.belief, early.world.firms.belief)


# Other links


@pytest.fixture(scope="module")
def economy() -> Economy:
    """Return a generated economy."""
    return Generated(firms=400).build(3)


@pytest.mark.parametrize("name", [*LINKS])
def test_other_links_join_the_same_firms(name: str, economy: Economy) -> None:
    other = LINKS[name](economy, 5)
    for column in ("sector", "size", "region", "ownership", "group", "person"):
        np.testing.assert_array_equal(getattr(other, column), getattr(economy, column))
    buys = np.bincount(other.buyer, other.coefficient * other.size.astype(float)[other.buyer], 400)
    sells = np.bincount(other.supplier, other.coefficient * other.size.astype(float)[other.buyer], 400)
    np.testing.assert_allclose(sells + other.final_demand, economy.size, rtol=2e-6)
    before = np.bincount(economy.buyer, economy.coefficient * economy.size.astype(float)[economy.buyer], 400)
    imported = (other.imports.astype(float) - economy.imports) * economy.size
    np.testing.assert_allclose(buys + imported, before, rtol=1e-5, atol=1e-6)
    assert (other.buyer != other.supplier).all()
    np.testing.assert_array_equal(LINKS[name](economy, 5).supplier, other.supplier)


def test_links_have_the_degrees_of_their_graph(economy: Economy) -> None:
    def suppliers(other: Economy) -> Any:
        return np.bincount(other.buyer, minlength=400)

    ring = LINKS["links of a ring"](economy, 5)
    assert (suppliers(ring) == 1).all()
    assert (np.bincount(ring.supplier, minlength=400) == 1).all()
    same = LINKS["links at random with the same degrees"](economy, 5)
    lost = suppliers(economy) - suppliers(same)  # repeated, or of a firm with itself
    assert (lost >= 0).all()
    assert lost.sum() < 0.25 * len(economy.buyer)
    assert not np.array_equal(same.supplier[:200], economy.supplier[:200])
    poisson = suppliers(LINKS["links of a poisson graph"](economy, 5))
    assert poisson.mean() == pytest.approx(suppliers(economy).mean(), rel=0.15)
    assert poisson.var() == pytest.approx(poisson.mean(), rel=0.35)
    hubs = suppliers(LINKS["links of preferential attachment"](economy, 5))
    assert hubs.var() > 3 * poisson.var()


# How effects are compared


def test_the_interval_of_a_ratio_covers_it_as_often_as_it_says() -> None:
    draws = np.random.Generator(np.random.PCG64(7))
    covered = 0
    for _ in range(2000):
        common = draws.normal(size=20)
        other = 2.0 + common + 0.5 * draws.normal(size=20)
        one = 3.0 + common + draws.normal(size=20)
        _, low, high = fieller(one, other)
        covered += low <= 1.5 <= high
    assert 0.93 <= covered / 2000 <= 0.97


def test_a_ratio_to_nothing_is_none() -> None:
    assert np.isnan(fieller(np.array([1.0, 2.0, 3.0]), np.array([-1.0, 0.1, 1.0]))).all()
    same = np.array([1.0, 1.2, 0.9, 1.1])
    np.testing.assert_allclose(fieller(same, same), 1)
    np.testing.assert_allclose(fieller(3 * same, same), 3)


def effects(*values: float) -> Any:
    """Return outcomes of four seeds whose effects on the first outcome are these, (seeds, 2, outcomes)."""
    outcomes = np.zeros((4, 2, 5))
    outcomes[:, 0, 0] = values
    return outcomes


@pytest.mark.parametrize(
    ("base", "values", "sign", "size"),
    [
        ((4, 4.1, 3.9, 4), (4, 4.1, 3.9, 4.1), "same", "within 2"),
        ((4, 4.1, 3.9, 4), (40, 41, 39, 40), "same", "outside 2"),
        ((4, 4.1, 3.9, 4), (-4, -4.1, -3.9, -4), "opposite", "outside 2"),
        ((4, 4.1, 3.9, 4), (4, -4.1, 3.9, -4), "open", "open"),
        ((4, -4.1, 3.9, -4), (4, 4.1, 3.9, 4), "open", "open"),
        ((4, 4.1, 3.9, 4), (8, 2, 4, 9), "same", "open"),
    ],
)
def test_no_claim_without_its_interval(base: Any, values: Any, sign: str, size: str) -> None:
    row = next(iter(structural._rows("order: re-matching before trade", effects(*values), effects(*base))))
    assert (row["sign"], row["size"]) == (sign, size)
    assert row["low"] <= row["effect"] <= row["high"]


def test_every_variation_runs_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Extent, "of", classmethod(lambda cls, full: Extent(40, 3, 2)))
    found = structural.structural(full=False)
    assert len(found) == len(structural.variations()) * len(structural.HEADLINE)
    assert set(found["part"]) == {"base", "order", "network", "size", "behaviour"}
    assert np.isfinite(found[["without", "effect", "low", "high"]]).all(axis=None)
    base = found[found["part"] == "base"].set_index("outcome")
    assert (base["ratio"].dropna() == 1).all()
    levels = found[found["outcome"] == "Compliance effort"].groupby("part")["without"].nunique()
    assert levels["network"] > 5
    assert levels["behaviour"] >= 3
    assert len(structure_table(found)) == len(found)
    assert "Violations: of 21 variations" in structure_lines(found)
    part = structural.structural(full=False, only=("size",), workers=2)
    whole = found[found["part"].isin(["base", "size"])].reset_index(drop=True)
    assert part.equals(whole)


def test_parts_are_checked_and_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ScenarioError, match="unknown part 'sizes'; did you mean 'size'"):
        structural.structural(full=False, only=("sizes",))
    assert main(["validate", "--structure", "--list", "order"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "order: rating before inspection"
