"""Compiled kernels give the same bits as NumPy."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from functools import partial
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from creditregime import CreditRegime, acceleration, load
from creditregime.codes import Event
from creditregime.firms.behaviour import Gradual
from creditregime.indicators import measure, records
from creditregime.population.economy import combine
from creditregime.randomness import Streams
from creditregime.regime.neighbours import Neighbours
from creditregime.world import World

SPANS = [[(0, 5, 7)], [(0, 4100, 2**63 - 1)], [(0, 1, 3), (1, 30, 4), (30, 2078, 5), (2078, 2080, 2**40)]]


@pytest.mark.parametrize("spans", SPANS)
def test_streams_draw_the_same(spans: list[tuple[int, int, int]], compiled: Any) -> None:
    streams = Streams(spans)
    rng = np.random.default_rng(0)
    rows = np.sort(rng.integers(0, streams.rows, 3 + streams.rows // 20))
    lanes = rng.integers(0, 5, len(rows))
    chance = rng.random(streams.rows, np.float32)
    drawn = []
    for on in (True, False):
        compiled(on)
        drawn.append(
            [
                streams.uniform("a", 3, 2),
                streams.at(rows, "a", 3, 2),
                streams.by_lane(rows, lanes, "a", 3),
                streams.below(chance, "a", 3, 2),
                streams.below(np.float32(0.3), "a", 3, 2),
                streams.normal("a", 3),
            ]
        )
    for one, other in zip(*drawn, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "rules",
    [
        ["regime=joint_2016"],
        ["regime=joint_2016", "behaviour.traits.caution_spread=0.3", "fines.by_grade={excellent: 0.5}"],
        ["regime=unified_2026", "inspection.level=regional"],
        ["regime=siloed_topics", "behaviour=threshold"],
        ["regime=environment_jiangsu_2019", "learning.partners=0", "learning.transparency=0"],
    ],
    ids=lambda rules: "-".join(rules)[:40],
)
def test_a_world_is_the_same(rules: list[str], compiled: Any) -> None:
    ends = []
    for on in (True, False):
        compiled(on)
        spec = load(*rules, **{"population.firms": 400, "months": 14})
        ends.append(_state(CreditRegime(spec).run_model()))
    assert ends[0].keys() == ends[1].keys()
    assert ends[0]["output"].std() > 0
    for name, column in ends[0].items():
        np.testing.assert_array_equal(column, ends[1][name], err_msg=name)


@pytest.mark.parametrize("replaceability", ["market_share", "none"])
def test_a_month_of_trade_and_money_is_the_same_whatever_measures_do(replaceability: str, compiled: Any) -> None:
    ends = []
    for on in (True, False):
        compiled(on)
        spec = load("regime=joint_2016", **{"population.firms": 300, "trade.replaceability": replaceability})
        model = CreditRegime(spec)
        for _ in range(3):
            model.step()
        world, rng = model.world, np.random.default_rng(0)
        firms, rows = world.firms, world.rows
        world.open_month()
        firms.levers[:] = rng.random(firms.levers.shape, np.float32) - np.float32(0.4)  # rewards among them
        for name in ("distress", "fines", "costs", "debt"):
            getattr(firms, name)[:] = rng.random(rows, np.float32) * firms.size
        spent = rng.random((2, rows), np.float32)
        sales = spec.trade.trade(world)
        spec.finance.settle(world, sales, spent[0], spent[1])
        assert firms.finance_cost.max() > 0
        ends.append(_state(model) | vars(sales) | world.tally | {"flows": world.ledger.flows})
    assert ends[0].keys() == ends[1].keys()
    for name, column in ends[0].items():
        np.testing.assert_array_equal(column, ends[1][name], err_msg=name)


class Lavish(Gradual):
    """Complying costs nothing where a fine is feared twice as much."""

    def gain(self, world: World, k: int, stake: NDArray[np.float32]) -> NDArray[np.float32]:
        return 2 * super().gain(world, k, stake)

    def cost(self, world: World, k: int) -> NDArray[np.float32]:
        return np.full(world.rows, np.float32(1e-9))


def test_a_derived_behaviour_keeps_its_own_gain_and_cost(compiled: Any) -> None:
    compiled(True)
    model = CreditRegime(load("regime=joint_2016", **{"population.firms": 100}))
    Lavish(adjustment=1.0).choose(model.world, model.prospects())
    assert (model.world.firms.effort == 1).all()


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_nothing(threads: int, compiled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled(True)
    ends = []
    for number in (1, threads):
        monkeypatch.setattr(acceleration, "threads", number)
        monkeypatch.setattr(acceleration, "WIDE", 0)
        monkeypatch.setattr(acceleration, "PIECE", 37)
        spec = load("regime=joint_2016", **{"population.firms": 150, "months": 8})
        both = combine([spec.population.build(seed) for seed in (5, 6)])
        ends.append(_state(CreditRegime(spec, economy=both, seeds=(5, 6)).run_model()))
    for name, column in ends[0].items():
        np.testing.assert_array_equal(column, ends[1][name], err_msg=name)


def test_work_is_cut_into_parts_that_cover_every_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceleration, "threads", 3)
    monkeypatch.setattr(acceleration, "WIDE", 10)
    monkeypatch.setattr(acceleration, "PIECE", 4)
    for rows in (1, 9, 10, 13, 100):
        seen = np.zeros(rows, int)

        def mark(begin: int, end: int, seen: Any = seen) -> None:
            seen[begin:end] += 1

        acceleration.in_parts(mark, rows)
        assert (seen == 1).all()


def test_economies_side_by_side_are_the_same(compiled: Any) -> None:
    ends = []
    for on in (True, False):
        compiled(on)
        spec = load("regime=joint_2016", **{"population.firms": 130, "months": 8})
        both = combine([spec.population.build(seed) for seed in (5, 6, 7)])
        ends.append(_state(CreditRegime(spec, economy=both, seeds=(5, 6, 7)).run_model()))
    for name, column in ends[0].items():
        np.testing.assert_array_equal(column, ends[1][name], err_msg=name)


@pytest.mark.parametrize("different", [5, 300])
def test_a_mean_over_suppliers_is_the_same_whatever_the_number_of_different_values(
    different: int, compiled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = CreditRegime(load("regime=none", **{"population.firms": 700}))
    world, rng = model.world, np.random.default_rng(0)
    world.network.disconnect(np.flatnonzero(rng.random(len(world.network.supplier)) < 0.3))
    values = rng.random(different, np.float32)[rng.integers(0, different, world.rows)] * (rng.random(world.rows) < 0.9)
    values[:2] = -0.0, np.inf
    means = []
    for on, wide in ((False, 0), (True, world.rows + 1), (True, 0)):
        compiled(on)
        monkeypatch.setattr(acceleration, "WIDE", wide)
        means.append(Neighbours(world.network, world.firms.size, "suppliers", "value").mean(values.astype(np.float32)))
    assert np.isfinite(means[0]).mean() > 0.9
    assert len(np.unique(means[0])) > different
    for mean in means[1:]:
        np.testing.assert_array_equal(mean, means[0])


def test_partners_out_of_business_pass_nothing_on(compiled: Any) -> None:
    scores = []
    for on in (True, False):
        compiled(on)
        model = CreditRegime(load("regime=joint_2016", **{"population.firms": 300}))
        world, spec, rng = model.world, model.spec, np.random.default_rng(2)
        world.firms.active[rng.random(world.rows) < 0.3] = False
        world.firms.own_score[:] = rng.uniform(20, 100, world.rows)
        spec.spillover.associate(world, spec.rating, spec.lists, np.zeros(world.rows, np.bool_))
        scores.append((world.firms.score.copy(), world.firms.grade.copy()))
    assert len(np.unique(scores[0][0])) > 100
    for one, other in zip(*scores, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("changes", [{}, {"attempts": 1, "avoid_listed": False}, {"headroom": 1.1, "success": 0.9}])
def test_buyers_find_the_same_suppliers(changes: dict[str, Any], compiled: Any) -> None:
    ends = []
    for on in (True, False):
        compiled(on)
        rule = {f"partners.{name}": value for name, value in {"kind": "search", "review": 0.5, **changes}.items()}
        spec = load("regime=none", **{"population.firms": 300, **rule})
        both = combine([spec.population.build(seed) for seed in (5, 6)])
        model = CreditRegime(spec, economy=both, seeds=(5, 6))
        rng = np.random.default_rng(1)
        model.world.firms.active[rng.random(model.world.rows) < 0.1] = False
        for month in range(4):
            model.world.month = month
            model.spec.partners.rematch(model.world, rng.random(model.world.rows) < 0.2)
        ends.append(_state(model))
    assert {Event.LOST_SUPPLIER, Event.FOUND_SUPPLIER} <= set(ends[0]["event kind"].tolist())
    for name in ("supplier", "weight", "since", "costs", "event firm", "event kind", "event other"):
        np.testing.assert_array_equal(ends[0][name], ends[1][name], err_msg=name)


def _state(model: CreditRegime) -> dict[str, Any]:
    firms, network = model.world.firms, model.world.network
    state = {field.name: getattr(firms, field.name) for field in dataclasses.fields(firms)}
    state |= {name: getattr(network, name) for name in ("supplier", "weight", "since", "stock")}
    state |= {f"event {name}": column for name, column in model.world.events.columns().items()}
    state |= {name: column.to_numpy() for name, column in model.series.monthly().items()}
    state |= {f"topics {name}": column.to_numpy() for name, column in model.series.by_topic().items()}
    return state | {f"groups {name}": column.to_numpy() for name, column in model.series.by_group().items()}


@pytest.mark.parametrize("starts", [[0], [0, 1, 2, 6, 21, 400], [0, 300, 66_000]])
@pytest.mark.parametrize("kind", [None, np.bool_, np.float32])
def test_columns_are_added_in_the_same_order(starts: list[int], kind: Any, compiled: Any) -> None:
    rng, rows = np.random.default_rng(0), 140_003
    table = (rng.random((3, rows), np.float32) - 0.5) * rng.choice([0, 1, 1e6], (3, rows)).astype(np.float32)
    weight = None if kind is None else (1.5 * rng.random(rows)).astype(kind)
    world = SimpleNamespace(rows=rows, starts=np.array(starts), spans=list(pairwise([*starts, rows])), _longest=rows)
    world.total = partial(World.total, world)
    added = []
    for on in (True, False):
        compiled(on)
        added.append([world.total(table[0], weight), *World.totals(world, table, weight)])
    for one, other in zip(*added, strict=True):
        np.testing.assert_array_equal(one.view(np.int64), other.view(np.int64))


@pytest.mark.parametrize("rows", [1, 5, 8, 9, 129, 5000])
def test_short_columns_are_added_in_the_same_order(rows: int, compiled: Any) -> None:
    column = np.random.default_rng(0).random(rows, np.float32)
    world = SimpleNamespace(rows=rows, starts=np.array([0]), spans=[(0, rows)], _longest=rows)
    added = []
    for on in (True, False):
        compiled(on)
        added.append(World.total(world, column))
    np.testing.assert_array_equal(*added)


def test_lists_and_records_are_counted_the_same(compiled: Any) -> None:
    """In a state that no rules would bring about, so that everything occurs that is told apart."""
    compiled(False)
    spec = load("regime=joint_2016", **{"population.firms": 600, "months": 6, "monitoring.share": 0.3})
    both = combine([spec.population.build(seed) for seed in (5, 6)])
    world = CreditRegime(spec, economy=both, seeds=(5, 6)).run_model().world
    world.month, rng = 40, np.random.default_rng(1)
    firms, log = world.firms, world.records
    firms.active[:] = rng.random(world.rows) < 0.8
    firms.listing[:] = rng.choice([0, 1, 2], firms.listing.shape, p=[0.9, 0.06, 0.04])
    firms.listed_since[:] = rng.integers(0, 40, firms.listing.shape)
    firms.delisted[:] = rng.integers(-5, 40, world.rows)
    firms.born[:] = rng.integers(3, 7, world.rows)
    assert len(log) > 300
    for name, low, high in (("entry", 30, 43), ("expiry", 38, 52), ("repaired", -1, 1), ("withdrawn", -1, 1)):
        log[name][:] = rng.integers(low, high, len(log))
    log["true"][:] = rng.random(len(log)) < 0.7
    counted = []
    for on in (True, False):
        compiled(on)
        counted.append([measure._on_blacklists(world), records._counting(world)])
    assert all((values > 0).all() for values in counted[0])
    for one, other in zip(*counted, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_population_is_built_the_same(compiled: Any) -> None:
    built = []
    for on in (True, False):
        compiled(on)
        built.append(load(**{"population.firms": 700}).population.build(3))
    for name in ("buyer", "supplier", "coefficient", "final_demand"):
        np.testing.assert_array_equal(getattr(built[0], name), getattr(built[1], name), err_msg=name)


def test_switched_off_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceleration, "on", False)
    assert acceleration.kernel("philox", 10**9) is None


def test_short_columns_load_nothing() -> None:
    assert acceleration.kernel("philox", acceleration.LONG - 1) is None


def test_a_short_run_loads_nothing_however_many_links_and_groups_it_has() -> None:
    code = """
import sys
from creditregime import CreditRegime, acceleration, load
world = CreditRegime(load("regime=joint_2016", **{"population.firms": 1500, "months": 5})).run_model().world
assert len(world.network.stock) > acceleration.LONG and "numba" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
