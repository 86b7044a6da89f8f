"""Contractors' records, workforces, seeded lists, and how stories tell association."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray

from creditregime import CreditRegime
from creditregime.codes import Standing
from creditregime.errors import PopulationError, ScenarioError
from creditregime.population import Generated
from creditregime.population.economy import Economy
from creditregime.world import World
from tests.helpers import bare, run, small

CENTRAL: dict[str, Any] = {"registry": {"kind": "database", "sharing": "central"}, "rating": {"kind": "points"}}
CONTRACTOR: dict[str, Any] = {"kind": "linear", "topics": ["a"]}


def site() -> Economy:
    """Return firm 0, which buys from 1 and 2 under contract and from 3 without; 4 contracts with 0."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(5))
    graph.add_edges_from([(1, 0), (2, 0)], contract=True)
    graph.add_edge(3, 0)
    graph.add_edge(0, 4, contract=True)
    return Economy.from_networkx(graph)


def held(records: dict[tuple[int, int, int], int], **changes: Any) -> World:
    """Return the world after a month that began with live records, by (severity number, topic, firm)."""
    model = CreditRegime(bare(2, **CENTRAL | changes), economy=site())
    for at, number in records.items():
        model.world.firms.live[at] = number
    model.step()
    return model.world


def test_contractors_records_count_as_the_principals_own() -> None:
    records = {
        (0, 0, 1): 2,
        (1, 0, 2): 1,
        (2, 0, 3): 1,
        (2, 1, 1): 1,
    }  # 6 and 11 points; 3 is no contractor; b not named
    firms = held(records, spillover={"contractor": CONTRACTOR}).firms
    np.testing.assert_allclose(firms.own_score[0], [100, 64, 89, 70, 100])
    np.testing.assert_allclose(firms.score[0], [83, 64, 89, 70, 100])
    assert firms.grade[0].tolist() == [2, 1, 2, 2, 3]
    half = held(records, spillover={"contractor": CONTRACTOR | {"strength": 0.5}}).firms
    np.testing.assert_allclose(half.score[0], [91.5, 64, 89, 70, 100])
    both = held(records, spillover={"contractor": CONTRACTOR | {"topics": "all"}}).firms
    np.testing.assert_allclose(both.score[0], [53, 64, 89, 70, 100])


def test_records_are_not_passed_on_further() -> None:
    firms = held({(2, 0, 1): 1}, spillover={"contractor": CONTRACTOR}).firms
    np.testing.assert_allclose(firms.score[0], [70, 70, 100, 100, 100])  # firm 4 contracts with 0, which did nothing


def test_records_count_in_the_file_of_their_topic() -> None:
    siloed = {"registry": {"kind": "database", "sharing": "siloed"}}
    firms = held({(2, 0, 1): 1, (2, 1, 2): 1}, **siloed, spillover={"contractor": CONTRACTOR}).firms
    np.testing.assert_allclose(firms.score[:, 0], [70, 100])
    firms = held({(2, 0, 1): 1, (2, 1, 2): 1}, **siloed, spillover={"contractor": CONTRACTOR | {"topics": "all"}}).firms
    np.testing.assert_allclose(firms.score[:, 0], [70, 70])


def test_a_direct_lowest_grade_follows_from_a_full_record() -> None:
    direct = {"rating": {"kind": "points", "serious": 1, "direct": True}}
    assert held({(2, 0, 1): 1}, **direct, spillover={"contractor": CONTRACTOR}).firms.grade[0, 0] == 0
    half = CONTRACTOR | {"strength": 0.5}
    assert held({(2, 0, 1): 1}, **direct, spillover={"contractor": half}).firms.grade[0, 0] == 3
    assert held({(2, 0, 1): 1, (2, 0, 2): 1}, **direct, spillover={"contractor": half}).firms.grade[0, 0] == 0
    assert held({(2, 0, 3): 1}, **direct, spillover={"contractor": CONTRACTOR}).firms.grade[0, 0] == 3


@pytest.mark.parametrize(
    ("rule", "records", "strength", "listed"),
    [
        ({"serious": 1}, {(2, 0, 1): 1}, 1.0, True),
        ({"serious": 1}, {(2, 0, 1): 1}, 0.5, False),
        ({"serious": 1}, {(2, 0, 1): 1, (2, 0, 2): 1}, 0.5, True),
        ({"serious": 1}, {(1, 0, 1): 1}, 1.0, False),
        ({"serious": 1}, {(2, 1, 1): 1}, 1.0, False),
        ({"serious": 1}, {(2, 0, 3): 1}, 1.0, False),
        ({"serious": 2}, {(2, 0, 1): 1, (2, 0, 0): 1}, 1.0, True),  # one of its own, one of its contractor's
        ({"serious": 2}, {(2, 0, 0): 2}, 1.0, False),  # its own alone: not by association
        ({"serious": 0, "records": 3}, {(0, 0, 1): 1, (1, 0, 2): 1, (2, 1, 0): 1}, 1.0, False),
        ({"serious": 0, "records": 2}, {(0, 0, 1): 1, (1, 0, 2): 1}, 1.0, True),
    ],
)
def test_contractors_records_list_the_principal(
    rule: dict[str, Any], records: dict[tuple[int, int, int], int], strength: float, listed: bool
) -> None:
    lists = {"l": {"topic": "a", "max_months": 60} | rule}
    world = held(records, lists=lists, spillover={"contractor": CONTRACTOR | {"strength": strength}})
    assert world.firms.listing[0, :4].tolist() == [Standing.ASSOCIATED if listed else 0, 0, 0, 0]


def test_listing_for_a_contractor_ends_with_its_records() -> None:
    lists = {"l": {"topic": "a", "max_months": 60}}
    model = CreditRegime(bare(2, **CENTRAL, lists=lists, spillover={"contractor": CONTRACTOR}), economy=site())
    model.world.firms.live[2, 0, 1] = 1
    model.step()
    assert model.world.firms.listing[0, 0] == Standing.ASSOCIATED
    model.world.firms.live[2, 0, 1] = 0
    model.step()
    assert not model.world.firms.listing.any()


def test_contractors_are_neighbours_in_the_other_modes() -> None:
    rule = CONTRACTOR | {"mode": "points", "weighting": "equal", "strength": 0.5}
    firms = held({(2, 0, 1): 1, (2, 0, 3): 1}, spillover={"contractor": rule}).firms
    np.testing.assert_allclose(firms.score[0], [92.5, 70, 100, 70, 100])
    rule |= {"weighting": "sum", "reach": "recursive"}
    firms = held({(2, 0, 1): 1, (2, 0, 3): 1}, spillover={"contractor": rule}).firms
    np.testing.assert_allclose(firms.score[0], [85, 70, 100, 70, 92.5])


# Contracts in the population


def test_contracts_are_drawn_without_moving_anything_else() -> None:
    economies = [Generated(firms=400, contract_share=share).build(3) for share in (0.0, 0.2, 0.6, 1.0)]
    flags = [economy.contract for economy in economies]
    for economy in economies[1:]:
        for name in ("buyer", "supplier", "coefficient", "group", "person", "region"):
            np.testing.assert_array_equal(getattr(economies[0], name), getattr(economy, name))
    assert not flags[0].any()
    assert flags[3].all()
    assert (flags[1] <= flags[2]).all()
    assert [abs(flag.mean() - share) < 0.03 for flag, share in zip(flags, (0, 0.2, 0.6, 1), strict=True)] == [True] * 4
    default = Generated(firms=400).build(3)
    assert 0.05 < default.contract.mean() < 0.15


def test_contracts_survive_graphs_files_and_renumbering(tmp_path: Any) -> None:
    economy = Generated(firms=60, contract_share=0.3).build(1)
    again = Economy.from_networkx(economy.to_networkx())
    np.testing.assert_array_equal(economy.contract, again.contract)
    np.testing.assert_array_equal(economy.contract, Economy.load(economy.save(tmp_path / "e.npz")).contract)
    order = np.random.Generator(np.random.PCG64(1)).permutation(60)
    moved = economy.renumbered(order)
    pairs = {
        (int(b), int(s))
        for b, s in zip(order[moved.buyer[moved.contract]], order[moved.supplier[moved.contract]], strict=True)
    }
    assert pairs == set(
        zip(economy.buyer[economy.contract].tolist(), economy.supplier[economy.contract].tolist(), strict=True)
    )
    nx.write_graphml(economy.to_networkx(), tmp_path / "e.graphml")
    read = Economy.from_networkx(nx.read_graphml(tmp_path / "e.graphml"))
    assert read.contract.sum() == economy.contract.sum() > 0


def test_a_contract_that_is_neither_true_nor_false_is_refused() -> None:
    with pytest.raises(PopulationError, match=r"graph edge 0 -> 1: contract is 'maybe'; must be true or false"):
        Economy.from_networkx(nx.DiGraph([(0, 1, {"contract": "maybe"})]))


# Workforces


def staffed(months: int, **staff: Any) -> list[NDArray[np.float32]]:
    """Return workforces month by month."""
    spec = bare(1, **CENTRAL, spillover={"staff": {"kind": "linear"} | staff}, **{"population.firms": 2000})
    model = CreditRegime(spec)
    found = [model.world.firms.workforce.copy()]
    for _ in range(months):
        model.step()
        found.append(model.world.firms.workforce.copy())
    return found


def test_workforces_are_stationary_with_the_stated_persistence() -> None:
    found = staffed(12, shortfall=50, spread=0, deviation=5, persistence=0.9)
    for workforce in (found[0], found[-1]):
        assert workforce.mean() == pytest.approx(50, abs=0.5)
        assert workforce.std() == pytest.approx(5, rel=0.06)
    assert np.corrcoef(found[0], found[1])[0, 1] == pytest.approx(0.9, abs=0.02)
    assert np.corrcoef(found[0], found[12])[0, 1] == pytest.approx(0.9**12, abs=0.06)


def test_workforces_differ_by_region_and_sector() -> None:
    spec = bare(1, **CENTRAL, **{"population.firms": 2000}).changed({"spillover.staff": {"kind": "linear"}})
    firms = CreditRegime(spec.changed({"spillover.staff.deviation": 0})).world.firms
    cells = firms.region.astype(int) * 256 + firms.sector
    assert all(np.ptp(firms.workforce[cells == cell]) == 0 for cell in np.unique(cells))
    means = np.array([firms.workforce[cells == cell][0] for cell in np.unique(cells)])
    assert means.std() == pytest.approx(5, rel=0.25)
    assert means.mean() == pytest.approx(10, abs=1.5)


def test_workforces_lower_the_score_by_their_share_and_never_raise_it() -> None:
    spec = bare(1, **CENTRAL, spillover={"staff": {"kind": "linear", "strength": 0.4, "shortfall": 0}})
    model = CreditRegime(spec)
    model.step()
    firms = model.world.firms
    assert (firms.workforce < 0).any()
    np.testing.assert_allclose(firms.score[0], 100 - 0.4 * np.maximum(firms.workforce, 0), rtol=1e-5)
    deducted = float((100 - firms.score[0]).mean())
    assert float(model.series.latest["points_by_staff"][0]) == pytest.approx(deducted, rel=1e-3)


def test_new_firms_have_new_workforces_of_the_same_place() -> None:
    staff = {"kind": "linear", "persistence": 1.0, "deviation": 3.0}
    changes = {"entry": {"kind": "replacement", "rate": 1.0}, "exit": {"kind": "standard", "background": 0.5}}
    changes["exit"] |= {"insolvency": False}
    model = CreditRegime(bare(1, **CENTRAL | changes, spillover={"staff": staff}))
    before = model.world.firms.workforce.copy()
    model.run_model()
    firms = model.world.firms
    new = firms.born > 0
    assert new.sum() > 10
    assert (firms.workforce[new] != before[new]).all()
    np.testing.assert_allclose(firms.workforce[~new & firms.active], before[~new & firms.active], rtol=1e-5)


# Firms that are listed at the start


def test_a_share_of_firms_can_be_listed_at_the_start() -> None:
    lists = {"l": {"topic": "a", "min_months": 0, "max_months": 5, "serious": 0, "initial": 0.3}}
    spec = bare(1, **CENTRAL, lists=lists, **{"population.firms": 3000})
    model = CreditRegime(spec)
    at_start = model.world.firms.listing[0].copy()
    assert at_start.mean() == pytest.approx(0.3, abs=0.03)
    assert set(np.unique(at_start)) == {Standing.UNLISTED, Standing.OWN}
    fewer = CreditRegime(spec.changed({"lists.l.initial": 0.1})).world.firms.listing[0]
    assert (fewer <= at_start).all()
    model.step()
    np.testing.assert_array_equal(model.world.firms.listing[0], at_start)
    for _ in range(4):
        model.step()
    assert model.world.firms.listing[0].any()
    model.step()
    assert not model.world.firms.listing[0].any()  # the longest term is over
    assert "it stood on the blacklist 'l'" in str(model.firm(int(np.flatnonzero(at_start)[0])).story())


def test_initial_listing_is_for_blacklists() -> None:
    with pytest.raises(ScenarioError, match=r"lists\.r: initial: only a blacklist can hold firms at the start"):
        bare(1, **CENTRAL, lists={"r": {"colour": "red", "initial": 0.1}})
    with pytest.raises(ScenarioError, match=r"a blacklist needs a way in: .* or initial"):
        bare(1, **CENTRAL, lists={"l": {"serious": 0}})


# Stories


def story(economy: Economy, row: int, live: dict[tuple[int, int, int], int], **changes: Any) -> str:
    """Return a firm's story after two quiet months and one that began with a record of firm 1."""
    model = CreditRegime(bare(2, **CENTRAL | changes), economy=economy)
    model.step()
    model.step()
    for at, number in live.items():
        model.world.firms.live[at] = number
    if model.spec.lists:
        model.world.firms.listed_since[0, 1], model.world.firms.listing[0, 1] = 2, Standing.OWN
        model.world.log(1, np.array([1]), 0, Standing.OWN)
    model.step()
    return str(model.firm(row).story())


def relatives(attribute: str) -> Economy:
    """Return firms 0 and 1 of one group or person, and 2 alone."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(3))
    graph.nodes[1][attribute] = 0
    return Economy.from_networkx(graph)


SERIOUS = {(2, 0, 1): 1}


def test_stories_tell_with_whom_a_grade_fell() -> None:
    told = story(site(), 0, SERIOUS, spillover={"contractor": CONTRACTOR | {"mode": "grade", "gap": 0, "share": 0.1}})
    assert "its grade became B by association with its contractor firm 1." in told
    told = story(relatives("group"), 0, SERIOUS, spillover={"group": {"kind": "linear"}})
    assert "its grade became B by association with its branch firm 1." in told
    told = story(relatives("person"), 0, SERIOUS, spillover={"person": {"kind": "linear", "strength": 0.5}})
    assert "its grade became B by association with its sister firm 1." in told


def test_stories_tell_with_whom_a_firm_was_listed_and_whose_measures_it_bears() -> None:
    lists = {"l": {"topic": "a", "max_months": 60}}
    ban = {"ban": {"agency": "a", "lever": "management", "size": 0.02, "lists": ["l"]}}
    rule = {"kind": "linear", "mode": "list"}
    told = story(relatives("person"), 0, {}, lists=lists, spillover={"person": rule})
    assert "it was put on the blacklist 'l' by association with its sister firm 1" in told
    told = story(relatives("group"), 0, {}, lists=lists, spillover={"group": rule})
    assert "it was put on the blacklist 'l' by association with its branch firm 1" in told
    told = story(site(), 0, SERIOUS, lists=lists, spillover={"contractor": CONTRACTOR})
    assert "it was put on the blacklist 'l' by association with its contractor firm 1" in told
    told = story(site(), 0, {}, lists=lists, measures=ban, spillover={"partner": rule | {"mode": "lever"}})
    assert "it began to bear part of the measures against its supplier firm 1" in told


def test_generated_populations_give_every_channel_something_to_act_on() -> None:
    """With the default shares of branches, shared persons and contracts, in a preset."""
    channels = {
        "spillover.contractor": {"kind": "linear"},
        "spillover.group": {"kind": "linear", "direction": "both"},
        "spillover.person": {"kind": "linear"},
        "spillover.staff": {"kind": "linear"},
    }
    changes = {"population.firms": 300, "monitoring.share": 0.1}
    frame = run(small(**changes | channels)).series.monthly()
    for name in ("partner", "contractor", "group", "person", "staff"):
        assert frame[f"points_by_{name}"].iloc[-1] > 0, name
    off = run(small(**changes)).series.monthly()
    assert not off[["points_by_contractor", "points_by_group", "points_by_person", "points_by_staff"]].any(axis=None)
    assert (frame["downgraded_by_association"] > off["downgraded_by_association"]).iloc[-1]
