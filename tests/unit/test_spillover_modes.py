"""What is carried over, grade, listing or measure, on graphs small enough to work out by hand."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray

from creditregime import CreditRegime
from creditregime.codes import Lever, Standing
from creditregime.errors import ScenarioError
from creditregime.population.economy import Economy
from creditregime.randomness import Streams
from creditregime.regime.neighbours import Neighbours
from creditregime.regime.spillover import GroupLinear, Linear, PersonLinear
from creditregime.world import World
from tests.helpers import bare, links, random_graph

RATED: dict[str, Any] = {"registry": {"kind": "database", "sharing": "central"}, "rating": {"kind": "points"}}
LISTED: dict[str, Any] = RATED | {"lists": {"l": {"topic": "a", "max_months": 1200}}}


def averaging(world: World, **rule: Any) -> NDArray[np.float64]:
    """Return the dense matrix of a supply layer."""
    network = world.network
    layer = Neighbours(network, world.firms.size, rule.get("direction", "suppliers"), rule.get("weighting", "value"))
    return np.stack([layer.mean(unit) for unit in np.eye(world.rows)], axis=1)


# Grades


def graded(own: list[int], economy: Economy, **rule: Any) -> list[int]:
    """Return the grades (D 0 to A 3) that own grades and a partner channel in mode `grade` lead to."""
    world = CreditRegime(bare(1, **RATED), economy=economy).world
    channel = Linear(mode="grade", strength=rule.pop("strength", 1.0), **rule)
    return channel.lowered(world, np.array(own, np.uint8)).tolist()


CHAIN = links(4, (0, 1), (1, 2), (2, 3))
HUB = links(5, (0, 4), (1, 4), (2, 4), (3, 4))


def test_a_grade_stands_at_most_so_far_above_the_suppliers() -> None:
    assert graded([0, 3, 3, 3], CHAIN, gap=0) == [0, 0, 3, 3]
    assert graded([0, 3, 3, 3], CHAIN, gap=1) == [0, 1, 3, 3]
    assert graded([0, 3, 3, 3], CHAIN, gap=3) == [0, 3, 3, 3]
    assert graded([3, 1, 0, 2], CHAIN, gap=0) == [3, 1, 0, 0]  # better suppliers raise nobody


def test_a_share_of_the_excess_is_taken_rounded_up() -> None:
    assert graded([0, 3, 3, 3], CHAIN, gap=0, strength=0.3) == [0, 2, 3, 3]
    assert graded([0, 3, 3, 3], CHAIN, gap=0, strength=1 / 3) == [0, 2, 3, 3]
    assert graded([0, 3, 3, 3], CHAIN, gap=0, strength=0.5) == [0, 1, 3, 3]
    assert graded([0, 3, 3, 3], CHAIN, gap=0, strength=9.0) == [0, 0, 3, 3]


def test_grades_pass_on_by_the_reach() -> None:
    assert graded([0, 3, 3, 3], CHAIN, gap=1, reach="truncated", hops=2) == [0, 1, 2, 3]
    assert graded([0, 3, 3, 3], CHAIN, gap=1, reach="recursive") == [0, 1, 2, 3]
    assert graded([0, 3, 3, 3], CHAIN, gap=0, reach="truncated", hops=2) == [0, 0, 0, 3]
    assert graded([0, 3, 3, 3], CHAIN, gap=0, reach="recursive") == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("share", "grade"), [(0.0, 0), (0.25, 0), (0.26, 1), (0.5, 1), (0.51, 2), (0.75, 2), (0.76, 3), (1.0, 3)]
)
def test_the_share_picks_among_unequal_suppliers(share: float, grade: int) -> None:
    """Suppliers of grades 0, 1, 2 and 3, a quarter of the weight each."""
    assert graded([0, 1, 2, 3, 3], HUB, gap=0, share=share) == [0, 1, 2, 3, grade]


def test_the_weight_of_trade_counts() -> None:
    graph = nx.DiGraph([(0, 2, {"weight": 9.0}), (1, 2, {"weight": 1.0})])
    economy = Economy.from_networkx(graph)
    order = list(graph)
    own = np.zeros(3, int)
    own[order.index(1)], own[order.index(2)] = 3, 3
    assert graded(own.tolist(), economy, gap=0, share=0.9)[order.index(2)] == 0
    assert graded(own.tolist(), economy, gap=0, share=0.91)[order.index(2)] == 3
    assert graded(own.tolist(), economy, gap=0, share=0.5, weighting="equal")[order.index(2)] == 0
    assert graded(own.tolist(), economy, gap=0, share=0.51, weighting="equal")[order.index(2)] == 3


def test_grade_needs_a_mean() -> None:
    with pytest.raises(ScenarioError, match=r"spillover\.partner: .*'grade' compares with a mean; weighting must be"):
        bare(1, **RATED, spillover={"partner": {"kind": "linear", "mode": "grade", "weighting": "sum"}})


def test_a_capped_grade_leaves_the_score() -> None:
    rule = {"kind": "linear", "mode": "grade", "gap": 0, "strength": 1}
    model = CreditRegime(bare(1, **RATED, spillover={"partner": rule}), economy=CHAIN)
    model.world.firms.live[2, 0, 0] = 1
    model.step()
    firms = model.world.firms
    assert firms.grade[0].tolist() == [2, 2, 3, 3]
    assert firms.own_grade[0].tolist() == [2, 3, 3, 3]
    assert firms.score[0].tolist() == [70, 100, 100, 100]
    assert model.series.latest["downgraded_by_association"] == 0.25


# Lists


def listing(economy: Economy, own: list[int], months: int = 1, **channels: Any) -> list[int]:
    """Return who is listed, given who is for own acts."""
    model = CreditRegime(bare(1, **LISTED, spillover=channels), economy=economy)
    model.world.firms.listing[0, own] = Standing.OWN
    model.world.firms.listed_since[0, own] = 0
    for _ in range(months):
        model.step()
    return np.flatnonzero(model.world.firms.listing[0]).tolist()


def test_listing_reaches_so_many_hops() -> None:
    rule = {"kind": "linear", "mode": "list", "threshold": 1.0}
    path = links(6, *[(i, i + 1) for i in range(5)])
    assert listing(path, [0], 3, partner=rule) == [0, 1]
    assert listing(path, [0], 3, partner=rule | {"reach": "truncated", "hops": 1}) == [0, 1]
    assert listing(path, [0], 1, partner=rule | {"reach": "truncated", "hops": 3}) == [0, 1, 2, 3]
    assert listing(path, [0], 4, partner=rule | {"reach": "truncated", "hops": 3}) == [0, 1, 2, 3]
    assert listing(path, [0], 2, partner=rule | {"reach": "recursive"}) == [0, 1, 2]
    assert listing(path, [0], 9, partner=rule | {"reach": "recursive"}) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("degree", [1, 3, 6, 7, 25])  # a twenty-fifth is rounded down
def test_a_share_that_equals_the_threshold_reaches_it(degree: int) -> None:
    star = links(degree + 1, *[(i, degree) for i in range(degree)])
    for number in range(1, degree + 1):
        rule = {"kind": "linear", "mode": "list", "weighting": "equal", "threshold": number / degree}
        assert degree in listing(star, list(range(number)), partner=rule)
        assert degree not in listing(star, list(range(number - 1)), partner=rule)


def test_a_link_is_open_or_not_for_good() -> None:
    economy = random_graph(60, 0.08, 5)
    rule = {"kind": "linear", "mode": "list", "rule": "probability", "reach": "recursive"}
    seeds = [0, 1, 2]
    reached = [set(listing(economy, seeds, 40, partner=rule | {"chance": t})) for t in (0.0, 0.2, 0.5, 1.0)]
    assert reached[0] == set(seeds)
    assert reached[0] < reached[1] < reached[2]  # draws are nested
    downstream = nx.DiGraph(zip(economy.supplier.tolist(), economy.buyer.tolist(), strict=True))
    assert reached[3] == set(seeds).union(*(nx.descendants(downstream, seed) for seed in seeds))
    assert set(listing(economy, seeds, 41, partner=rule | {"chance": 0.2})) == reached[1]


def test_what_is_reached_is_what_open_links_connect() -> None:
    economy = random_graph(80, 0.05, 6)
    spec = bare(1, **LISTED, seed=3)
    draws = Streams([(0, 80, 3)])
    low, high = (np.array([*map(side, zip(economy.buyer, economy.supplier, strict=True))]) for side in (min, max))
    open_ones = draws.pairs("open partner", low, high) < 0.4
    graph = nx.DiGraph(zip(economy.supplier[open_ones].tolist(), economy.buyer[open_ones].tolist(), strict=True))
    graph.add_nodes_from(range(80))
    rule = {"kind": "linear", "mode": "list", "rule": "probability", "reach": "recursive", "chance": 0.4}
    spec = spec.changed({"spillover.partner": rule})
    model = CreditRegime(spec, economy=economy)
    model.world.firms.listing[0, 7], model.world.firms.listed_since[0, 7] = Standing.OWN, 0
    for _ in range(80):
        model.step()
    assert set(np.flatnonzero(model.world.firms.listing[0])) == {7} | nx.descendants(graph, 7)
    assert 0.3 < open_ones.mean() < 0.5


# Measures

BAN: dict[str, Any] = {"ban": {"agency": "a", "lever": "management", "size": 0.02, "lists": ["l"]}}
REWARD: dict[str, Any] = {"gift": {"agency": "a", "lever": "management", "size": 0.01, "grade": "A"}}


def punished(economy: Economy, **changes: Any) -> World:
    """Return the world after a month in which firm 0 is listed and punished, and the others are rewarded."""
    model = CreditRegime(bare(1, **LISTED | {"measures": BAN}, **changes), economy=economy)
    model.world.firms.listing[0, 0], model.world.firms.listed_since[0, 0] = Standing.OWN, 0
    model.step()
    return model.world


@pytest.mark.parametrize(
    ("rule", "shares"),
    [
        ({}, [1, 0.5, 0, 0]),
        ({"reach": "truncated", "hops": 2}, [1, 0.5, 0.25, 0]),
        ({"reach": "recursive"}, [1, 0.5, 0.25, 0.125]),
        ({"direction": "buyers"}, [1, 0, 0, 0]),
        ({"strength": 0.0}, [1, 0, 0, 0]),
    ],
)
def test_measures_are_shared_and_priced_as_association(rule: dict[str, Any], shares: list[float]) -> None:
    partner = {"kind": "linear", "mode": "lever", "strength": 0.5} | rule
    world = punished(CHAIN, spillover={"partner": partner})
    firms, worth = world.firms, float(world.law.worth[0, Lever.MANAGEMENT])
    np.testing.assert_allclose(firms.levers[Lever.MANAGEMENT], 0.02 * np.array(shares), rtol=1e-6)
    np.testing.assert_allclose(firms.sanction_cost, [0.02 * worth, 0, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(firms.associated_cost, 0.02 * worth * np.array([0, *shares[1:]]), rtol=1e-6)
    assert not np.delete(firms.levers, Lever.MANAGEMENT, axis=0).any()


def test_rewards_are_not_shared() -> None:
    world = punished(CHAIN, rewards=REWARD, spillover={"partner": {"kind": "linear", "mode": "lever", "strength": 0.5}})
    np.testing.assert_allclose(world.firms.levers[Lever.MANAGEMENT], [0.01, 0, -0.01, -0.01], atol=1e-8)


def test_shared_measures_follow_linear_algebra() -> None:
    economy = random_graph(40, 0.1, 8)
    partner = {"kind": "linear", "mode": "lever", "strength": 0.6, "reach": "recursive", "direction": "both"}
    model = CreditRegime(bare(1, **LISTED | {"measures": BAN}, spillover={"partner": partner}), economy=economy)
    listed = np.arange(0, 40, 5)
    model.world.firms.listing[0, listed], model.world.firms.listed_since[0, listed] = Standing.OWN, 0
    matrix = averaging(model.world, direction="both")
    model.step()
    own = np.zeros(40)
    own[listed] = 0.02
    expected = np.linalg.solve(np.eye(40) - 0.6 * matrix, own)
    np.testing.assert_allclose(model.world.firms.levers[Lever.MANAGEMENT], expected, rtol=1e-5, atol=1e-8)


def test_divergence_is_refused_in_mode_lever_too() -> None:
    partner = {"kind": "linear", "mode": "lever", "strength": 0.2, "reach": "recursive", "weighting": "sum"}
    spec = bare(1, **LISTED | {"measures": BAN}, spillover={"partner": partner})
    with pytest.raises(ScenarioError, match=r"spillover\.partner\.strength: .* needs less than 0\.142857"):
        CreditRegime(spec, economy=Economy.from_networkx(nx.complete_graph(8)))


# Groups and persons in every mode


def family() -> Economy:
    """Return eight firms: 1, 2, 3 are branches of 0; 4, 5, 6 have one person; 7 stands alone."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(8), size=1.0)
    for branch in (1, 2, 3):
        graph.nodes[branch]["group"] = 0
    for firm in (5, 6):
        graph.nodes[firm]["person"] = 4
    return Economy.from_networkx(graph)


def test_points_between_the_firms_of_a_person() -> None:
    world = CreditRegime(bare(1, **RATED), economy=family()).world
    own = np.array([40, 0, 0, 0, 10, 30, 0, 50], np.float32)
    found = PersonLinear(strength=0.5).shortfall(world, own)
    np.testing.assert_allclose(found, [0, 0, 0, 0, 7.5, 2.5, 10, 0])
    matrix = np.zeros((8, 8))
    matrix[4:7, 4:7] = (1 - np.eye(3)) / 2
    found = PersonLinear(strength=0.5, reach="recursive").shortfall(world, own)
    np.testing.assert_allclose(found, np.linalg.solve(np.eye(8) - 0.5 * matrix, own) - own, rtol=1e-6)


def test_points_recursive_in_groups() -> None:
    world = CreditRegime(bare(1, **RATED), economy=family()).world
    own = np.array([0, 30, 0, 0, 0, 0, 0, 9], np.float32)
    matrix = np.zeros((8, 8))
    matrix[0, 1:4], matrix[1:4, 0] = 1 / 3, 1
    found = GroupLinear(strength=0.5, direction="both", reach="recursive").shortfall(world, own)
    np.testing.assert_allclose(found, np.linalg.solve(np.eye(8) - 0.5 * matrix, own) - own, rtol=1e-6, atol=1e-6)


def test_lists_in_groups_and_between_the_firms_of_a_person() -> None:
    group = {"kind": "linear", "mode": "list", "threshold": 0.6}
    assert listing(family(), [1], group=group) == [1]
    assert listing(family(), [1, 2], group=group) == [0, 1, 2]
    assert listing(family(), [0], group=group | {"direction": "parent_to_branch"}) == [0, 1, 2, 3]
    assert listing(family(), [1], 2, group=group | {"direction": "both", "threshold": 0.3}) == [0, 1]
    whole = {"direction": "both", "threshold": 0.3, "reach": "recursive"}
    assert listing(family(), [1], 3, group=group | whole) == [0, 1, 2, 3]
    person = {"kind": "linear", "mode": "list", "threshold": 0.5}
    assert listing(family(), [4], person=person) == [4, 5, 6]
    assert listing(family(), [4], person=person | {"threshold": 0.51}) == [4]
    assert listing(family(), [4, 5], person=person | {"threshold": 1.0}) == [4, 5, 6]


@pytest.mark.parametrize("channel", ["group", "person"])
def test_ties_that_are_open_for_good_in_groups_and_persons(channel: str) -> None:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(300), size=1.0)
    for row in range(300):
        graph.nodes[row][channel] = row - row % 3  # 100 groups (or persons) of three firms
    economy = Economy.from_networkx(graph)
    rule = {"kind": "linear", "mode": "list", "rule": "probability"}
    if channel == "group":
        rule |= {"direction": "parent_to_branch"}
    heads = list(range(0, 300, 3))
    reached = [set(listing(economy, heads, 3, **{channel: rule | {"chance": t}})) for t in (0.0, 0.3, 1.0)]
    assert reached[0] == set(heads)
    assert len(reached[2]) == 300
    assert 100 + 35 <= len(reached[1]) <= 100 + 85  # 200 ties, each open with probability 0.3


def test_grades_and_measures_in_groups_and_between_the_firms_of_a_person() -> None:
    world = CreditRegime(bare(1, **RATED), economy=family()).world
    own = np.array([3, 0, 0, 3, 0, 3, 3, 3], np.uint8)
    assert GroupLinear(mode="grade", strength=1, gap=1).lowered(world, own).tolist() == [1, 0, 0, 3, 0, 3, 3, 3]
    assert PersonLinear(mode="grade", strength=1, gap=1).lowered(world, own).tolist() == [3, 0, 0, 3, 0, 1, 1, 3]
    branches = {"kind": "linear", "mode": "lever", "strength": 0.5, "direction": "parent_to_branch"}
    world = punished(family(), spillover={"group": branches})
    np.testing.assert_allclose(world.firms.levers[Lever.MANAGEMENT], [0.02, 0.01, 0.01, 0.01, 0, 0, 0, 0], rtol=1e-6)


def test_who_takes_the_place_of_a_parent_or_of_a_person_has_no_part_in_it() -> None:
    world = CreditRegime(bare(1, **RATED), economy=family()).world
    own = np.array([40, 0, 0, 0, 10, 0, 0, 0], np.float32)
    world.firms.born[0] = 5  # another firm by now
    world.new_persons(np.array([4]))
    group = GroupLinear(strength=0.5, direction="both").shortfall(world, own)
    person = PersonLinear(strength=0.5).shortfall(world, own)
    assert group is not None
    assert person is not None
    assert not group.any()
    assert not person.any()
