"""The economy: invariants, one error at a time, storage, renumbering, side by side."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime, load
from creditregime.errors import PopulationError
from creditregime.population import Economy, Generated, combine
from creditregime.population.economy import columns
from creditregime.population.invariants import check_margins
from tests.helpers import bare

VALID = Generated(firms=60).build(1)


def changed(name: str, at: Any, value: Any) -> Economy:
    """Return the valid economy with one entry of one column changed."""
    column = getattr(VALID, name).copy()
    column[at] = value
    return replace(VALID, **{name: column})


def same(one: Economy, other: Economy) -> bool:
    """Tell whether two economies are bit-identical."""
    names = [*(f.name for f in columns()), "sectors", "regions", "starts"]
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def test_valid_economy_passes_and_is_in_equilibrium() -> None:
    sales = np.bincount(VALID.supplier, VALID.coefficient * VALID.size.astype(float)[VALID.buyer], VALID.firms)
    np.testing.assert_allclose(sales + VALID.final_demand, VALID.size, rtol=1e-6)
    assert VALID.validate() is VALID
    assert VALID.size.mean() == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "at", "value", "said"),
    [
        ("sector", 3, 99, "firm 3: sector is 99; must be in 0..17"),
        ("region", 4, 9, "firm 4: region is 9; must be in 0..3"),
        ("ownership", 5, 3, "firm 5: ownership is 3; must be in 0..2"),
        ("size", 6, np.nan, "firm 6: size is nan"),
        ("size", 6, 0, "firm 6: size is 0"),
        ("final_demand", 7, -1, "firm 7: final_demand is -1"),
        ("imports", 8, np.inf, "firm 8: imports is inf"),
        ("group", 9, 60, "firm 9: group is the unknown firm 60; firms are 0..59"),
        ("person", 9, -1, "firm 9: person is the unknown firm -1"),
        ("buyer", 0, 60, "link 0: buyer is the unknown firm 60"),
        ("supplier", 2, -5, "link 2: supplier is the unknown firm -5"),
        ("supplier", 0, 0, "link 0: firm 0 supplies itself; self-loops are refused"),
        ("coefficient", 1, -0.1, "link 1: coefficient is -0.1"),
        ("essential", (0, 0), 3, "essential entry 0: must be 0, 1 or 2"),
        ("export_share", 2, 1, "sector 2: procurement_share + export_share"),
        ("final_demand", 7, 50, "firm 7: sales differ from size"),
    ],
)
def test_each_broken_invariant_names_its_place(name: str, at: Any, value: Any, said: str) -> None:
    with pytest.raises(PopulationError) as caught:
        changed(name, at, value).validate()
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_inputs_above_output_are_refused_only_where_money_is_followed() -> None:
    economy = changed("imports", 8, 0.99)
    assert economy.validate() is economy
    with pytest.raises(
        PopulationError, match=r"^firm 8: inputs cost .* per unit of output; at most 0.99 with finance$"
    ):
        check_margins(economy)
    quiet = bare(1)
    assert CreditRegime(quiet, economy=economy).world.rows == 60
    with pytest.raises(PopulationError, match="firm 8: inputs cost"):
        CreditRegime(quiet.changed({"finance": "accounts"}), economy=economy)


def test_no_firms_refused() -> None:
    empty = {f.name: getattr(VALID, f.name)[:0] for f in columns() if f.metadata["axes"] in ("N", "L")}
    with pytest.raises(PopulationError, match="no firms; at least 1"):
        replace(VALID, **empty).validate()


def test_wrong_dtype_and_shape_refused() -> None:
    with pytest.raises(PopulationError, match="size: must be a float32 array of shape"):
        replace(VALID, size=VALID.size.astype(np.float64)).validate()
    with pytest.raises(PopulationError, match="region: must be a uint8 array of shape"):
        replace(VALID, region=VALID.region[:-1]).validate()
    with pytest.raises(PopulationError, match="sectors: must be 1 to 256 different names"):
        replace(VALID, sectors=("x", *VALID.sectors[1:-1], "x")).validate()


def test_unsorted_and_repeated_links_refused() -> None:
    columns_reversed = {name: getattr(VALID, name)[::-1].copy() for name in ("buyer", "supplier", "coefficient")}
    with pytest.raises(PopulationError, match="links must be sorted"):
        replace(VALID, **columns_reversed).validate()
    twice = {name: np.repeat(getattr(VALID, name), 2) for name in ("buyer", "supplier", "coefficient", "contract")}
    with pytest.raises(PopulationError, match="buys twice from the same supplier"):
        replace(VALID, **twice).validate()


def test_required_sector_without_suppliers_is_named() -> None:
    missing = int(np.flatnonzero(np.bincount(VALID.sector, minlength=18) == 0)[0])
    populated = int(VALID.sector[0])
    with pytest.raises(PopulationError, match=rf"sector {VALID.sectors[missing]}: an essential input of "):
        changed("essential", (missing, populated), 1).validate()


def test_nested_groups_refused() -> None:
    branch = int(np.flatnonzero(VALID.group != np.arange(60))[0])
    alone = int(np.flatnonzero((VALID.group == np.arange(60)) & (np.bincount(VALID.group, minlength=60) == 1))[0])
    with pytest.raises(PopulationError, match=f"firm {alone}: its parent {branch} has a parent"):
        changed("group", alone, branch).validate()


@pytest.mark.parametrize("starts", [(1,), (0, 0), (0, 60), (0, 40, 20)])
def test_bad_starts_refused(starts: tuple[int, ...]) -> None:
    with pytest.raises(PopulationError, match="starts: "):
        replace(VALID, starts=starts).validate()


def test_links_between_jurisdictions_refused() -> None:
    apart = {"group": np.arange(60, dtype=np.int32), "person": np.arange(60, dtype=np.int32)}
    with pytest.raises(PopulationError, match="joins two jurisdictions"):
        replace(VALID, starts=(0, 30), **apart).validate()
    with pytest.raises(PopulationError, match="is in another jurisdiction"):
        replace(VALID, starts=(0, 30)).validate()


def test_save_load_round_trip_and_same_bytes(tmp_path: Path) -> None:
    first, second = VALID.save(tmp_path / "one.npz"), Generated(firms=60).build(1).save(tmp_path / "two.npz")
    assert first.read_bytes() == second.read_bytes()
    assert same(Economy.load(first), VALID)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.npz", "two.npz"]


def test_load_refuses_other_files(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    for content in (b"", b"not a zip"):
        path.write_bytes(content)
        with pytest.raises(PopulationError, match="not an economy"):
            Economy.load(path)
    np.savez(path, sector=np.zeros(3))
    with pytest.raises(PopulationError, match="not an economy"):
        Economy.load(path)
    np.savez(path, sector=np.array([{}], dtype=object))
    with pytest.raises(PopulationError, match="not an economy"):
        Economy.load(path)


def test_renumbering_there_and_back_is_the_same_economy() -> None:
    order = np.random.default_rng(5).permutation(60)
    moved = VALID.renumbered(order)
    assert np.array_equal(moved.size, VALID.size[order])
    assert np.array_equal(order[moved.group], VALID.group[order])
    pairs = set(zip(VALID.buyer.tolist(), VALID.supplier.tolist(), VALID.coefficient.tolist(), strict=True))
    back = zip(order[moved.buyer].tolist(), order[moved.supplier].tolist(), moved.coefficient.tolist(), strict=True)
    assert set(back) == pairs
    assert same(moved.renumbered(np.argsort(order)), VALID)
    with pytest.raises(PopulationError, match="each of the 60 rows once"):
        VALID.renumbered([0, 0])


def test_combine_lays_economies_side_by_side() -> None:
    other = Generated(firms=40, essential="none", negligible_share=0).build(2)
    third = replace(other, essential=VALID.essential.copy())
    both = combine([VALID, third, combine([VALID, third])])
    assert both.starts == (0, 60, 100, 160)
    assert both.spans() == [(0, 60), (60, 100), (100, 160), (160, 200)]
    assert both.links == 2 * (VALID.links + third.links)
    assert np.array_equal(both.size[60:100], third.size)
    assert np.array_equal(both.supplier[VALID.links : VALID.links + third.links], third.supplier + 60)
    combine([VALID, VALID]).validate()


def test_combine_takes_the_essential_inputs_of_those_that_have_such_links() -> None:
    pairs = set(zip(VALID.sector[VALID.supplier].tolist(), VALID.sector[VALID.buyer].tolist(), strict=True))
    linked, idle = min(pairs), min({(a, b) for a in range(18) for b in range(18)} - pairs)
    other = changed("essential", idle, (VALID.essential[idle] + 1) % 3)
    assert np.array_equal(combine([VALID, other]).essential, VALID.essential)
    several = [Generated(firms=60).build(seed) for seed in (5, 1, 3)]
    codes = combine(several).essential
    for economy in several:
        links = economy.sector[economy.supplier], economy.sector[economy.buyer]
        assert np.array_equal(codes[links], economy.essential[links])
    opposite = changed("essential", linked, (VALID.essential[linked] + 1) % 3)
    with pytest.raises(PopulationError, match="economy 1 differs from another in essential"):
        combine([VALID, opposite])


@pytest.mark.parametrize("regime", ["joint_2016", "history"])
def test_small_economies_of_different_seeds_run_side_by_side_as_alone(regime: str) -> None:
    spec = load(f"regime={regime}", "population.firms=50", "months=14")
    economies = [spec.population.build(seed) for seed in (1, 2, 3)]
    assert not np.array_equal(economies[0].essential, economies[2].essential)
    together = CreditRegime(spec, economy=combine(economies), seeds=[1, 2, 3]).run_model().series.monthly()
    for number, seed in enumerate((1, 2, 3)):
        alone = CreditRegime(spec, seed=seed).run_model().series.monthly()
        part = together[together["jurisdiction"] == number].drop(columns="jurisdiction").reset_index(drop=True)
        assert part.equals(alone[[*part]])


def test_combine_refuses_none_and_different_worlds() -> None:
    with pytest.raises(PopulationError, match="no economies"):
        combine([])
    with pytest.raises(PopulationError, match="economy 1 differs from economy 0 in regions"):
        combine([VALID, Generated(firms=60, regions=2).build(1)])


def test_a_world_lets_go_of_the_links_of_an_economy_of_its_own() -> None:
    spec = load(**{"population.firms": 150, "months": 6})
    model = CreditRegime(spec)
    economy, built = model.world.economy, spec.population.build(spec.seed)
    assert not {"buyer", "supplier", "coefficient", "group", "person"} & set(vars(economy))
    model.run_model()
    for again in (pickle.loads(pickle.dumps(economy)), copy.deepcopy(economy), economy):
        assert same(again.validate(), built)  # made again, whatever became of the network
        assert "buyer" in vars(again)
    with pytest.raises(AttributeError, match="nothing"):
        economy.nothing  # noqa: B018


def test_a_given_economy_stays_as_it_was() -> None:
    spec = load(**{"population.firms": 150, "months": 6})
    economy, untouched = (spec.population.build(spec.seed) for _ in range(2))
    model = CreditRegime(spec, economy=economy)
    model.world.firms.size[:] = 1
    model.run_model()
    assert "buyer" in vars(economy)
    assert same(economy, untouched)
