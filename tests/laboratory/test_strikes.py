"""Through whom association hit: every firm named was connected by a channel that was on, and in trouble."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from creditregime.laboratory.history import History, history
from creditregime.laboratory.link_history import LinkHistory, link_history
from creditregime.laboratory.run import RunResult, run
from creditregime.laboratory.strikes import UNTRACED, strikes
from creditregime.network import Network

BASE = ("regime=joint_2016", "population.firms=60", "months=36", "behaviour={kind: none}", "monitoring.share=0.3")
SUPPLIERS = "spillover.partner={kind: linear, direction: suppliers, strength: 0.5, mode: list, threshold: 0.3}"


@pytest.fixture(scope="module")
def listed() -> RunResult:
    return run(*BASE, SUPPLIERS, "spillover.person={kind: none}", seed=2)


@pytest.fixture(scope="module")
def traced(listed: RunResult) -> tuple[pd.DataFrame, History, LinkHistory]:
    states, links = history(listed), link_history(listed)
    return strikes(listed, states, links), states, links


def test_every_hit_of_the_log_is_told_once_or_with_all_through_whom(listed: RunResult, traced) -> None:  # type: ignore[no-untyped-def]
    table = traced[0]
    log = listed.events
    hit = log[(log["kind"] == "listed") & (log["value"] == "associated")]
    assert len(hit) > 20
    told = {*table.loc[table["what"] == "listed", ["month", "firm"]].itertuples(index=False, name=None)}
    assert told == {*hit[["month", "firm"]].itertuples(index=False, name=None)}
    assert not table.duplicated().any()


def test_listed_firms_were_so_through_listed_suppliers_of_the_month_before(traced) -> None:  # type: ignore[no-untyped-def]
    table, states, links = traced
    table = table[table["what"] == "listed"]
    assert (table["through"] != UNTRACED).all(), "the threshold asks for a listed supplier, so there is one"
    assert set(table["channel"]) == {"partner"}
    for month, firm, through in table[["month", "firm", "through"]].itertuples(index=False, name=None):
        on = links.active[month - 1] & (links.buyer == firm)
        assert through in links.supplier[month - 1][on]
        assert states.listed[month, through] or states.listed[month - 1, through]


def test_all_listed_suppliers_are_named_not_only_one(traced) -> None:  # type: ignore[no-untyped-def]
    table, states, links = traced
    own = states.listed == 1
    for (month, firm), rows in table[table["what"] == "listed"].groupby(["month", "firm"]):
        on = links.active[month - 1] & (links.buyer == firm)
        suppliers = np.unique(links.supplier[month - 1][on])
        punished = {int(row) for row in suppliers if own[month, row] and states.active[month, row]}
        assert punished <= set(rows["through"]) or not punished


def test_nobody_is_hit_where_all_channels_are_off() -> None:
    off = run(*BASE, "spillover.partner.kind=none", "spillover.person.kind=none", seed=2)
    assert strikes(off).empty
    assert strikes(off).columns.tolist() == ["month", "firm", "what", "through", "channel"]


def test_measures_are_borne_through_the_channel_that_the_log_names() -> None:
    lever = "spillover.group={kind: linear, direction: both, strength: 0.5, mode: lever}"
    borne = run(*BASE, lever, "spillover.partner.kind=none", "spillover.person.kind=none", "months=24", seed=2)
    assert set(borne.events.loc[borne.events["kind"] == "associated", "detail"]) == {"group"}
    table = strikes(borne)
    table = table[(table["what"] == "associated") & (table["through"] != UNTRACED)]
    assert len(table)
    assert set(table["channel"]) == {"group"}
    parent = borne.model.world.economy.group  # type: ignore[union-attr]
    for firm, through in table[["firm", "through"]].itertuples(index=False, name=None):
        assert parent[firm] == through or parent[through] == firm


def test_the_network_of_the_start_is_that_of_the_economy(listed: RunResult, traced) -> None:  # type: ignore[no-untyped-def]
    links = traced[2]
    network = Network(listed.scenario.population.build(listed.seed))
    np.testing.assert_array_equal(links.supplier[0], network.supplier)
    np.testing.assert_array_equal(links.active[0], network.weight > 0)
