"""Draws: pure functions of seed, purpose, month, lane and row."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from creditregime.philox import uniforms_at
from creditregime.randomness import Streams, generator, purpose_key

SEEDS = st.integers(0, 2**63 - 1)


@given(
    seed=SEEDS, month=st.integers(0, 12_000), lane=st.integers(0, 64), rows=st.integers(1, 50), more=st.integers(1, 50)
)
def test_draws_are_pure_and_do_not_depend_on_how_many_there_are(
    seed: int, month: int, lane: int, rows: int, more: int
) -> None:
    few, many = Streams([(0, rows, seed)]), Streams([(0, rows + more, seed)])
    one = few.uniform("inspect", month, lane)
    few.uniform("something else", month, lane)
    few.normal("inspect", month + 1, lane)
    np.testing.assert_array_equal(one, few.uniform("inspect", month, lane))
    np.testing.assert_array_equal(one, many.uniform("inspect", month, lane)[:rows])
    assert one.dtype == np.float32
    assert ((one >= 0) & (one < 1)).all()


@given(SEEDS, SEEDS, st.integers(1, 20), st.integers(1, 20))
def test_jurisdictions_draw_as_if_alone(one: int, other: int, first: int, second: int) -> None:
    both = Streams([(0, first, one), (first, first + second, other)]).uniform("x", 3)
    np.testing.assert_array_equal(both[:first], Streams([(0, first, one)]).uniform("x", 3))
    np.testing.assert_array_equal(both[first:], Streams([(0, second, other)]).uniform("x", 3))


def test_all_arguments_matter() -> None:
    base = (7, "inspect", 3, 1)
    changed = [(8, *base[1:]), (7, "detect", 3, 1), (7, "inspect", 4, 1), (7, "inspect", 3, 2), (7, "inspect", 1, 3)]
    drawn = [Streams([(0, 200, seed)]).uniform(what, month, lane) for seed, what, month, lane in [base, *changed]]
    for one, other in itertools.combinations(drawn, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.3
        assert not np.array_equal(one, other)


def test_large_seeds_are_all_different() -> None:
    firsts = {float(Streams([(0, 1, seed)]).uniform("x", 0)[0]) for seed in (0, 1, 2**32, 2**63 - 1, 2**62)}
    assert len(firsts) == 5


def test_draws_are_uniform_and_normal_without_correlation_between_months() -> None:
    streams = Streams([(0, 20_000, 5)])
    assert kstest(streams.uniform("a", 0), "uniform").pvalue > 1e-3
    normal = streams.normal("a", 0)
    assert np.isfinite(normal).all()
    assert kstest(normal, "norm").pvalue > 1e-3
    months = np.stack([streams.uniform("a", month) for month in range(6)])
    assert np.abs(np.corrcoef(months) - np.eye(6)).max() < 5 / np.sqrt(20_000)


def test_purposes_have_keys_of_their_own_for_ever() -> None:
    names = [
        "inspect",
        "detect",
        "violate",
        "complain",
        "respond",
        "monitor",
        "leave",
        "enter",
        "person",
        "search",
        "partner",
    ]
    assert len({purpose_key(name) for name in names}) == len(names)
    assert purpose_key("inspect") == int.from_bytes(bytes.fromhex("6ddcdf698c2fce95"), "little")


def test_building_streams_are_stable() -> None:
    np.testing.assert_array_equal(generator(3, "population.size").random(4), generator(3, "population.size").random(4))
    assert not np.array_equal(generator(3, "a").random(4), generator(3, "a", 1).random(4))


@pytest.mark.parametrize(("rows", "lane", "month"), [(1, 0, 0), (7, 3, 5), (8, 0, 11), (1003, 31, 1200)])
def test_numbers_of_chosen_rows_are_those_of_the_dense_stream(rows: int, lane: int, month: int) -> None:
    key = (12345, purpose_key("detect"))
    dense = Streams([(0, rows, 12345)]).uniform("detect", month, lane)
    np.testing.assert_array_equal(uniforms_at(np.arange(rows), key, lane, month), dense)


@pytest.mark.parametrize("chosen", [[], [0], [999_999], [3, 77_777, 500_001]])
def test_few_rows_are_computed_alone_and_many_drawn(chosen: list[int]) -> None:
    streams = Streams([(0, 1_000_000, 9)])
    rows = np.array(chosen, np.int64)
    np.testing.assert_array_equal(streams.at(rows, "x", 2, 1), streams.uniform("x", 2, 1)[rows])
    several = Streams([(0, 500_000, 9), (500_000, 1_000_000, 4)])
    np.testing.assert_array_equal(several.at(rows, "x", 2, 1), several.uniform("x", 2, 1)[rows])
