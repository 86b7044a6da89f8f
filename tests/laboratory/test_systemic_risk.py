"""Systemic risk as a tool: what it takes and refuses, and that neither engine, thread nor batch changes a result."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from creditregime import Economy, cli, load, systemic_risk
from creditregime.errors import CreditRegimeError
from creditregime.laboratory import systemic_risk as module
from tests.helpers import links, random_graph

COLUMNS = ["sector", "size", "esri", "downstream", "upstream"]


@pytest.fixture(scope="module")
def economy() -> Economy:
    return load("population.firms=400").population.build(3)


@pytest.mark.parametrize("replaceability", ["none", "market_share"])
@pytest.mark.parametrize("final_demand", [False, True])
def test_compiled_code_and_numpy_agree(economy: Economy, replaceability: str, final_demand: bool) -> None:
    firms = range(0, 400, 7)
    ways = {"replaceability": replaceability, "final_demand": final_demand, "firms": firms}
    fast, slow = (systemic_risk(economy, compiled=choice, **ways) for choice in (True, False))
    np.testing.assert_allclose(fast[COLUMNS[2:]], slow[COLUMNS[2:]], atol=1e-9)
    assert fast["esri"].max() > 0.1


@pytest.mark.parametrize("compiled", [False, True])
def test_the_same_bytes_for_any_number_of_threads_and_any_choice_of_firms(economy: Economy, compiled: bool) -> None:
    every = systemic_risk(economy, threads=1, compiled=compiled)
    pd.testing.assert_frame_equal(every, systemic_risk(economy, threads=3, compiled=compiled), check_exact=True)
    some = systemic_risk(economy, firms=[33, 2, 250], compiled=compiled)
    assert some.index.tolist() == [33, 2, 250]
    np.testing.assert_allclose(some["esri"], every["esri"].loc[[33, 2, 250]], atol=1e-10)
    assert systemic_risk(economy, firms=[], compiled=compiled).empty


def test_where_rounds_do_not_settle_linear_systems_do(monkeypatch: pytest.MonkeyPatch) -> None:
    economy = random_graph(30, 0.15, seed=4)
    expected = systemic_risk(economy, compiled=False)
    monkeypatch.setattr(module, "ROUNDS", 1)
    monkeypatch.setattr(module, "ORDER_ROUNDS", 1)
    for compiled in (False, True):
        found = systemic_risk(economy, compiled=compiled)
        np.testing.assert_allclose(found[COLUMNS[2:]], expected[COLUMNS[2:]], atol=1e-9)


def test_the_table_has_a_row_a_firm(economy: Economy) -> None:
    found = systemic_risk(economy)
    assert [*found.columns] == COLUMNS
    assert found.index.tolist() == list(range(400))
    assert found["sector"][5] == economy.sectors[economy.sector[5]]
    parts = found[["downstream", "upstream"]]
    assert (found["esri"] >= parts.max(axis=1) - 1e-12).all()
    assert (found["esri"] <= parts.sum(axis=1) + 1e-12).all()


def test_a_partial_loss_costs_in_proportion_without_replacement() -> None:
    economy = random_graph(20, 0.15, seed=1)
    whole, part = (systemic_risk(economy, loss=loss, replaceability=False) for loss in (1.0, 0.25))
    np.testing.assert_allclose(part["esri"], whole["esri"] / 4, atol=1e-12)
    assert not systemic_risk(economy, loss=0)["esri"].any()


def test_what_goes_to_others_than_firms_goes_on() -> None:
    economy = links(3, (0, 1), (1, 2), final_demand_share=0.5)
    with_it, without = (systemic_risk(economy, final_demand=choice) for choice in (True, False))
    # the shop, which no firm buys from, takes all that the mill sells to firms: half of its sales
    assert without["upstream"][2] == pytest.approx(1.0)
    size = economy.size / economy.size.sum()
    assert with_it["upstream"][2] == pytest.approx(size[2] + size[1] * 0.5 + size[0] * 0.25, abs=1e-6)


def test_without_numba_numpy_does_the_work(economy: Economy, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = systemic_risk(economy, firms=range(20))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *_: None)
    np.testing.assert_allclose(systemic_risk(economy, firms=range(20))["esri"], fast["esri"], atol=1e-9)
    with pytest.raises(CreditRegimeError, match=r"numba is not installed; install creditregime\[fast\]"):
        systemic_risk(economy, compiled=True)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"firms": [400]}, "firms: unknown firm 400; firms are 0..399"),
        ({"firms": [-1]}, "firms: unknown firm -1"),
        ({"firms": [1.5]}, "firms: unknown firm 1.5"),
        ({"loss": 1.1}, "loss: 1.1 is not allowed; must be between 0 and 1"),
        ({"loss": float("nan")}, "loss: nan is not allowed"),
        ({"tolerance": -1}, "tolerance: -1 is not allowed"),
        ({"threads": 0}, "threads: 0 is not allowed"),
        ({"replaceability": "some"}, "replaceability: 'some' is not allowed; allowed: market_share, none"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(economy: Economy, bad: dict, said: str) -> None:
    with pytest.raises(CreditRegimeError) as caught:
        systemic_risk(economy, **bad)
    assert str(caught.value).startswith(said)


def test_the_command_writes_a_table_and_names_the_largest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["systemic-risk", "population.firms=60", "seed=4", "--out", str(tmp_path / "deep" / "risk.csv")]
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    written = pd.read_csv(tmp_path / "deep" / "risk.csv", index_col="row")
    expected = systemic_risk(load("population.firms=60", "seed=4").population.build(4))
    pd.testing.assert_frame_equal(written, expected, check_dtype=False)
    assert f"{expected['esri'].idxmax():>8} " in out.splitlines()[4]
    assert len([line for line in out.splitlines() if line[:8].strip().isdigit()]) == 10
    assert max(map(len, out.splitlines()[:-1])) <= 100
    assert cli.main([*words, "--replaceability", "none", "--quiet"]) == 0
    assert capsys.readouterr().out.strip() == words[-1]
    assert pd.read_csv(words[-1])["esri"].mean() > written["esri"].mean()
    assert [*tmp_path.glob("deep/*")] == [tmp_path / "deep" / "risk.csv"]


def test_the_command_takes_replacement_from_the_scenario(tmp_path: Path) -> None:
    for number, words in enumerate((["trade.replaceability=none"], ["--replaceability", "none"])):
        out = ["--out", str(tmp_path / f"{number}.csv"), "--quiet"]
        assert cli.main(["systemic-risk", "population.firms=30", *words, *out]) == 0
    assert (tmp_path / "0.csv").read_bytes() == (tmp_path / "1.csv").read_bytes()


def test_a_table_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    for out, said in ((tmp_path, "is a folder"), (tmp_path / "file" / "x.csv", "cannot be written")):
        assert cli.main(["systemic-risk", "population.firms=30", "--out", str(out), "--quiet"]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert len(error.splitlines()) == 1
