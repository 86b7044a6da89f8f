"""Spillover along links, in groups and through persons, against dense linear algebra."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray

from creditregime import CreditRegime
from creditregime.codes import Standing
from creditregime.errors import ScenarioError
from creditregime.population.economy import Economy
from creditregime.regime.spillover import AssociatedD, GroupLinear, Linear
from tests.helpers import bare, links, prepared, random_graph, set_records, small

RATED: dict[str, Any] = {"registry": {"kind": "database", "sharing": "central"}, "rating": {"kind": "points"}}
Matrix = NDArray[np.float64]


def averaging(economy: Economy, direction: str, weighting: str) -> Matrix:
    """Return the dense matrix that takes a value a firm to the mean (or sum) over its partners."""
    bought = np.zeros((economy.firms, economy.firms))
    bought[economy.buyer, economy.supplier] = economy.coefficient * economy.size[economy.buyer]
    if weighting != "value":
        bought = (bought > 0).astype(float)
    parts = [bought] * (direction != "buyers") + [bought.T] * (direction != "suppliers")
    if weighting == "sum":
        return np.sum(parts, axis=0)
    means = [part / np.maximum(part.sum(axis=1, keepdims=True), 1e-300) for part in parts]
    return np.mean(means, axis=0)


CASES = [(d, w) for d in ("suppliers", "buyers", "both") for w in ("value", "equal", "sum")]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("direction", "weighting"), CASES)
def test_points_follow_linear_algebra(direction: Any, weighting: Any, seed: int) -> None:
    economy = random_graph(40, 0.08, seed)
    world = CreditRegime(bare(1, **RATED), economy=economy).world
    matrix = averaging(economy, direction, weighting)
    radius = float(np.abs(np.linalg.eigvals(matrix)).max())
    own = np.random.Generator(np.random.PCG64(seed)).random(40).astype(np.float32) * 30
    common = {"direction": direction, "weighting": weighting}
    for share in (0.3, 0.9):
        strength = share / radius
        first = strength * matrix @ own
        powers = [np.linalg.matrix_power(strength * matrix, n) @ own for n in range(1, 5)]
        katz = np.linalg.solve(np.eye(40) - strength * matrix, own) - own
        reaches: list[tuple[dict[str, Any], Matrix]] = [
            ({"reach": "first_order"}, first),
            ({"reach": "truncated", "hops": 1}, first),
            ({"reach": "truncated", "hops": 4}, np.sum(powers, axis=0)),
            ({"reach": "recursive"}, katz),
        ]
        for reach, expected in reaches:
            rule = Linear(strength=strength, **common, **reach)
            rule.prepare(world)
            found = rule.shortfall(world, own)
            assert found is not None
            np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-6 * expected.max(), err_msg=str(reach))


def test_recursion_holds_close_to_the_limit() -> None:
    economy = random_graph(40, 0.1, 3)
    world = CreditRegime(bare(1, **RATED), economy=economy).world
    own = np.ones(40, np.float32)
    matrix = averaging(economy, "suppliers", "equal")
    found = Linear(strength=0.99, weighting="equal", reach="recursive").shortfall(world, own)
    np.testing.assert_allclose(found, np.linalg.solve(np.eye(40) - 0.99 * matrix, own) - own, rtol=3e-6)


@pytest.mark.parametrize(
    ("graph", "strength", "total"),
    [
        (nx.cycle_graph(9, create_using=nx.DiGraph), 0.5, 2),
        (nx.complete_graph(8), 0.1, 3.3333333333),
        (nx.path_graph(5, create_using=nx.DiGraph), 0.5, 1 + 0.5 + 0.25 + 0.125 + 0.0625),
        (nx.cycle_graph(4, create_using=nx.DiGraph), 0.9, 10),
    ],
    ids=["ring", "complete", "path", "strong ring"],
)
def test_a_unit_shock_adds_up_to_the_printed_total(graph: Any, strength: float, total: float) -> None:
    world = CreditRegime(bare(1, **RATED), economy=Economy.from_networkx(graph)).world
    shock = np.zeros(len(graph), np.float32)
    shock[0] = 1
    rule = Linear(strength=strength, weighting="sum", reach="recursive")
    rule.prepare(world)
    added = rule.shortfall(world, shock)
    assert added is not None
    assert 1 + float(added.sum()) == pytest.approx(total, rel=1e-6)


@pytest.mark.parametrize("strength", [1 / 7, 0.2, 1.0])
def test_at_or_above_the_limit_recursion_is_refused_with_the_limit(strength: float) -> None:
    partner = {"kind": "linear", "strength": strength, "reach": "recursive", "weighting": "sum"}
    spec = bare(1, **RATED, spillover={"partner": partner})
    economy = Economy.from_networkx(nx.complete_graph(8))
    with pytest.raises(ScenarioError, match=r"spillover\.partner\.strength: .* needs less than 0\.142857"):
        CreditRegime(spec, economy=economy)
    CreditRegime(spec.changed({"spillover.partner.strength": 0.1428}), economy=economy)


def test_recursion_that_ceases_to_converge_in_mid_run_is_refused_with_the_limit() -> None:
    partner = {"kind": "linear", "reach": "recursive", "weighting": "sum"}
    spec = small("joint_2016", **{"exit.background": 0.3, "months": 48, "spillover.partner": partner | {"strength": 9}})
    with pytest.raises(ScenarioError) as caught:
        CreditRegime(spec)
    limit = float(str(caught.value).split()[-1])
    model = CreditRegime(spec.changed({"spillover.partner.strength": 0.999 * limit}))
    for _ in range(48):
        try:
            model.step()
        except ScenarioError as error:
            line = str(error)
            break
        assert np.isfinite(model.world.firms.score).all()
    else:
        return
    assert line.startswith("spillover.partner.strength")
    assert float(line.rsplit(maxsplit=1)[-1]) <= 0.999 * limit


def test_means_converge_below_one_and_where_no_firm_is_its_own_partner_in_the_end_at_any_strength() -> None:
    spec = bare(1, **RATED, spillover={"partner": {"kind": "linear", "strength": 1.0, "reach": "recursive"}})
    said = r"strength: 1\.0 does not converge on this network; recursive spillover needs less than 1$"
    with pytest.raises(ScenarioError, match=said):
        CreditRegime(spec, economy=Economy.from_networkx(nx.cycle_graph(4, create_using=nx.DiGraph)))
    model = chain(strength=2.0, reach="recursive")
    np.testing.assert_allclose(100 - model.world.firms.score[0], [30, 60, 120, 240])


def chain(months: int = 1, **partner: Any) -> CreditRegime:
    """Return firms 0 → 1 → 2 → 3 of which firm 0 has a serious record (30 points)."""
    spec = bare(1, **RATED, spillover={"partner": {"kind": "linear"} | partner})
    economy = Economy.from_networkx(nx.path_graph(4, create_using=nx.DiGraph))
    model = CreditRegime(spec, economy=economy)
    model.world.firms.live[2, 0, 0] = 1
    for _ in range(months):
        model.step()
    return model


def test_points_are_deducted_and_grades_follow_but_never_rise() -> None:
    firms = chain(strength=0.5).world.firms
    assert firms.score[0].tolist() == [70, 85, 100, 100]
    assert firms.own_score[0].tolist() == [70, 100, 100, 100]
    assert firms.grade[0].tolist() == [2, 2, 3, 3]
    assert firms.own_grade[0].tolist() == [2, 3, 3, 3]
    assert chain(strength=0.5, reach="truncated", hops=2).world.firms.score[0].tolist() == [70, 85, 92.5, 100]
    assert chain(strength=0.5, reach="recursive").world.firms.score[0].tolist() == [70, 85, 92.5, 96.25]
    assert chain(months=6, strength=0.5).world.firms.score[0].tolist() == [70, 85, 100, 100]
    assert chain(strength=0.5, direction="buyers").world.firms.score[0].tolist() == [70, 100, 100, 100]


def test_points_from_partners_never_raise_a_grade() -> None:
    rating = {"kind": "points", "serious": 6, "direct": True}
    spec = bare(1, **RATED | {"rating": rating}, spillover={"partner": {"kind": "linear", "strength": 0.5}})
    model = CreditRegime(spec, economy=links(3, (0, 1), (1, 2)))
    model.world.firms.live[2, 0, :2] = 1
    model.step()
    assert model.world.firms.score[0].tolist() == [94, 91, 97]
    assert model.world.firms.grade[0].tolist() == [0, 0, 3]


def test_a_firm_that_left_passes_nothing_on() -> None:
    model = chain(strength=0.5, months=0)
    model.world.firms.active[0] = False
    model.step()
    assert model.world.firms.score[0, 1:].tolist() == [100, 100, 100]


# Lists


def listed(threshold: float, months: int, reach: str = "first_order", **partner: Any) -> NDArray[np.uint8]:
    """Return who is on the list: firm 9 buys from 0..3, of which 0 and 1 are listed for own acts; 10 buys from 9."""
    economy = links(12, *[(supplier, 9) for supplier in range(4)], (9, 10), (9, 11), (5, 6), (7, 8))
    rule = {"kind": "linear", "mode": "list", "threshold": threshold, "reach": reach} | partner
    spec = bare(1, **RATED, lists={"l": {"topic": "a", "max_months": 60}}, spillover={"partner": rule})
    model = CreditRegime(spec, economy=economy)
    model.world.firms.listing[0, :2] = Standing.OWN
    model.world.firms.listed_since[0, :2] = 0
    for _ in range(months):
        model.step()
    result: NDArray[np.uint8] = model.world.firms.listing[0]
    return result


def test_firms_are_listed_where_the_listed_share_reaches_the_threshold() -> None:
    assert listed(0.5, 3)[9] == Standing.ASSOCIATED
    assert listed(0.51, 3)[9] == Standing.UNLISTED
    assert listed(0.5, 3)[10:].tolist() == [0, 0]  # of suppliers listed for their own acts
    assert listed(0.5, 3, "recursive")[9:].tolist() == [2, 2, 2]
    assert listed(0.51, 3, "recursive")[9:].tolist() == [0, 0, 0]
    assert listed(0.5, 3, weighting="sum")[9] == Standing.ASSOCIATED
    assert listed(2.0, 3, weighting="sum")[9] == Standing.ASSOCIATED
    assert listed(2.1, 3, weighting="sum")[9] == Standing.UNLISTED
    assert not listed(0.5, 3, direction="buyers")[2:].any()


def test_listing_by_association_ends_with_its_cause() -> None:
    rule = {"kind": "linear", "mode": "list", "threshold": 0.5}
    spec = bare(1, **RATED, lists={"l": {"topic": "a", "max_months": 60}}, spillover={"partner": rule})
    model = CreditRegime(spec, economy=links(2, (0, 1)))
    model.world.firms.listing[0, 0] = Standing.OWN
    model.world.firms.listed_since[0, 0] = 0
    model.step()
    assert model.world.firms.listing[0].tolist() == [1, 2]
    model.world.firms.listing[0, 0] = 0
    model.step()
    assert model.world.firms.listing[0].tolist() == [0, 0]


# Groups and persons


def family() -> Economy:
    """Return six firms: 1, 2, 3 are branches of 0; 4 and 5 stand alone, 5 has the person of 4."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(6), size=1.0)
    for branch in (1, 2, 3):
        graph.nodes[branch]["group"] = 0
    graph.nodes[5]["person"] = 4
    return Economy.from_networkx(graph)


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("branch_to_parent", [8, 0, 0, 0, 0, 0]),
        ("parent_to_branch", [0, 20, 20, 20, 0, 0]),
        ("both", [8, 20, 20, 20, 0, 0]),
    ],
)
def test_group_shares_the_shortfall(direction: Any, expected: list[float]) -> None:
    world = CreditRegime(bare(1, **RATED), economy=family()).world
    own = np.array([40, 12, 36, 0, 50, 0], np.float32)
    found = GroupLinear(strength=0.5, direction=direction).shortfall(world, own)
    np.testing.assert_allclose(found, expected)


def test_group_spillover_lowers_the_score() -> None:
    spec = bare(1, **RATED, spillover={"group": {"kind": "linear", "strength": 1.0}})
    world = prepared(spec, family())
    set_records(world, spec.rating, serious={(1, "a"): 1})
    spec.spillover.associate(world, spec.rating, spec.lists, np.zeros(6, np.bool_))
    assert world.firms.score[0].tolist() == [90, 70, 100, 100, 100, 100]


def test_associated_d_follows_the_person_to_a_new_firm_for_its_term() -> None:
    rule = AssociatedD(months=12, memory=24)
    spec = bare(1, **RATED, spillover={"person": {"kind": "associated_d"}})
    world = CreditRegime(spec, economy=family()).world
    world.month = 10
    rule.taint(world, np.array([0, 0, 0, 0, 1, 0], np.bool_))  # firm 4 and with it the person of firm 5
    for month, grade in ((11, 0), (33, 0), (34, 0), (35, 3)):
        world.month = month
        world.firms.grade[0], world.firms.associated_until[:] = 3, -1
        rule.register(world, np.array([3, 5]))
        world.month += 1
        rule.grade(world)
        assert world.firms.grade[0].tolist() == [3, 3, 3, 3, 3, grade], month
    world.month = 40
    world.firms.grade[0], world.firms.associated_until[:] = 3, -1
    world.tainted[world.firms.person[5]] = 40
    rule.register(world, np.array([5]))
    grades = []
    for month in (40, 51, 52):
        world.month = month
        world.firms.grade[0] = 3
        rule.grade(world)
        grades.append(int(world.firms.grade[0, 5]))
    assert grades == [0, 0, 3]


@pytest.mark.parametrize(
    ("spillover", "said"),
    [
        ({"partner": {"kind": "linear"}}, "spillover.partner.mode: 'points' needs a rating"),
        ({"partner": {"kind": "linear", "mode": "list"}}, "spillover.partner.mode: 'list' needs blacklists"),
        ({"group": {"kind": "linear"}}, "spillover.group.mode: 'points' needs a rating"),
        (
            {"group": {"kind": "linear", "mode": "list"}},
            "spillover.group.mode: 'list' needs blacklists; there are none",
        ),
        ({"person": {"kind": "linear", "mode": "grade"}}, "spillover.person.mode: 'grade' needs a rating"),
        ({"partner": {"kind": "linear", "mode": "lever"}}, "spillover.partner.mode: 'lever' needs measures"),
        ({"staff": {"kind": "linear"}}, "spillover.staff.kind: 'linear' needs a rating; rating.kind is none"),
        ({"contractor": {"kind": "linear"}}, "spillover.contractor.mode: 'records' needs a rating or blacklists"),
        ({"person": {"kind": "associated_d"}}, "spillover.person.kind: 'associated_d' needs a rating"),
        ({"partner": {"kind": "linear", "strenght": 0.1}}, "strenght: unknown key; did you mean 'strength'?"),
    ],
)
def test_spillover_without_its_needs_is_refused(spillover: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        bare(1, spillover=spillover)
    assert said in str(caught.value)
