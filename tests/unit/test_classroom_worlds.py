"""The two worlds of a session: paired, forwards and back, and what the page is told of them."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from creditregime import CreditRegime, compare
from creditregime.classroom import downloads
from creditregime.classroom.charts import Indicators
from creditregime.classroom.limits import Limits
from creditregime.classroom.pictures import Pictures
from creditregime.classroom.setting import FIRST
from creditregime.classroom.strikes import Before
from creditregime.classroom.strikes import strikes as live_strikes
from creditregime.classroom.twins import TwinWorlds
from creditregime.errors import CreditRegimeError
from creditregime.indicators.measure import black
from creditregime.laboratory.run import run, simulate
from creditregime.laboratory.strikes import UNTRACED, strikes
from creditregime.presentation.paths_figure import PATHS, series
from creditregime.scenario import Scenario
from tests.helpers import assert_same, small

LONG = 1e9


def twins(months: int = 24, **changes: object) -> TwinWorlds:
    setting = FIRST
    for path, value in {"population.firms": 60, "months": months, **changes}.items():
        setting = setting.placed(path.replace("__", "."), value, "a")
    return TwinWorlds(setting.worlds(), Limits())


def test_both_worlds_are_those_of_a_comparison() -> None:
    worlds = twins()
    worlds.advance(24, LONG)
    one, other = worlds.scenarios
    result = compare(one, against=other, seeds=1, workers=1)
    for model, variant in zip(worlds.models, ("scenario", "against"), strict=True):
        chosen = result.indicators[result.indicators["variant"] == variant].drop(columns=["variant", "seed"])
        pd.testing.assert_frame_equal(model.series.monthly(), chosen.reset_index(drop=True))


def test_both_worlds_are_the_same_until_the_toggle_acts() -> None:
    worlds = twins()
    worlds.step()
    first, second = (model.series.monthly()["violations"].iloc[0] for model in worlds.models)
    assert first == second > 0


def test_each_network_is_drawn_of_its_own_world() -> None:
    setting = FIRST.placed("population.firms", 80, "a").placed("inspection.kind", "none", "b")
    worlds = TwinWorlds(setting.worlds(), Limits())
    pictures = Pictures(worlds, lambda row: None)
    worlds.advance(36, LONG)
    pictures.show(None)
    listed = []
    for pane, model in zip(pictures.panes, worlds.models, strict=True):
        drawn = next(one.data_source.data for one in pane.object.renderers if "marker" in one.data_source.data)
        active = model.world.firms.active
        listed.append(active & (black(model.world) > 0))
        np.testing.assert_array_equal(np.isin(drawn["marker"], ("diamond", "square")), listed[-1])
        np.testing.assert_array_equal(np.asarray(drawn["marker"]) == "x", ~active)
    assert (listed[0] != listed[1]).any(), "the worlds look alike, so that nothing is shown"


def test_going_back_is_going_anew_from_the_seed() -> None:
    worlds = twins()
    worlds.advance(7, LONG)
    worlds.advance(20, LONG)
    worlds.advance(7, LONG)
    again = twins()
    again.advance(7, LONG)
    assert worlds.month == 7
    for one, other in zip(worlds.models, again.models, strict=True):
        assert_same(one, other)


def test_others_get_their_turn_while_many_months_are_computed() -> None:
    worlds = twins()
    assert not worlds.advance(20, 0.0)
    assert worlds.month == 1
    assert worlds.advance(20, LONG)


def test_firms_are_taken_over_only_where_they_are_the_same() -> None:
    before = twins()
    changed = TwinWorlds(FIRST.placed("population.firms", 60, "a").worlds(), Limits(), before)
    assert changed.economy is before.economy
    assert twins(seed=2).economy is not before.economy
    assert TwinWorlds(twins(seed=2).scenarios, Limits(), before).economy is not before.economy


def test_indicators_follow_the_worlds_back_and_forth_and_are_those_of_the_figures() -> None:
    worlds, indicators = twins(), Indicators()
    for month in (5, 24, 9, 24):
        worlds.advance(month, LONG)
        indicators.follow(worlds.models)
        assert len(indicators.values(0)) == month
    result = downloads.comparison(worlds)
    for position, path in enumerate(PATHS):
        shown = indicators.values(position)
        first = 11 if path.smooth else 0  # the figures do not show a mean of less than a year
        for world, values in enumerate(series(result, path)):
            np.testing.assert_allclose(shown[first:, world], values[0, first:], rtol=1e-12, atol=1e-12)


SPREADING = {
    "points": {"kind": "linear", "strength": 0.5, "direction": "both", "mode": "points"},
    "list": {"kind": "linear", "strength": 1.0, "direction": "both", "mode": "list", "threshold": 0.05},
    "lever": {"kind": "linear", "strength": 0.5, "direction": "buyers", "mode": "lever"},
}


@pytest.mark.parametrize("mode", SPREADING)
def test_whom_association_hits_is_traced_as_in_finished_runs(mode: str) -> None:
    scenario = small("press", **{"spillover.partner": SPREADING[mode], "months": 30, "topics.tax.hazard": 0.2})
    model, found = CreditRegime(scenario), set()
    while model.world.month < 30:
        before = Before(model)
        model.step()
        found |= {(model.world.month, *pair) for pair in live_strikes(model, before).tolist()}
    table = strikes(run(scenario))
    traced = table[table["through"] != UNTRACED]
    expected = set(traced[["month", "firm", "through"]].itertuples(index=False, name=None))
    assert len(expected) > 20
    assert found == expected


def test_downloads_give_the_same_numbers_again() -> None:
    worlds = twins()
    worlds.advance(18, LONG)
    table = pd.read_csv(io.BytesIO(downloads.indicators_file(worlds).content))
    for world, name in enumerate("AB"):
        scenario = Scenario.from_yaml(downloads.scenario_file(worlds, world).content.decode(), "file")
        again = simulate(scenario).indicators
        given = table[table["world"] == name].drop(columns="world").reset_index(drop=True)
        reread = pd.read_csv(io.StringIO(again.to_csv(index=False)))
        pd.testing.assert_frame_equal(given[reread.columns.tolist()], reread, check_dtype=False)
        assert given.drop(columns=reread.columns.tolist()).isna().all().all()


def test_the_archive_holds_scenarios_and_all_tables() -> None:
    worlds = twins()
    worlds.advance(6, LONG)
    with zipfile.ZipFile(io.BytesIO(downloads.archive(worlds).content)) as file:
        names = set(file.namelist())
        firms = pd.read_csv(io.BytesIO(file.read("firms.csv")))
    assert {"README.txt", "scenario-a.yaml", "scenario-b.yaml", "indicators.csv", "events.csv", "links.csv"} <= names
    assert firms.groupby("world").size().to_dict() == {"A": 60, "B": 60}


def test_figures_are_drawn_of_the_months_so_far() -> None:
    worlds = twins()
    worlds.advance(13, LONG)
    result = downloads.comparison(worlds)
    for name, draw in downloads.FIGURES.items():
        picture = draw(result)
        assert picture.png.startswith(b"\x89PNG"), name
        assert b"<svg" in picture.svg


def test_before_the_first_month_there_is_nothing_to_download_but_the_scenarios() -> None:
    worlds = twins()
    with pytest.raises(CreditRegimeError, match="nothing is simulated yet"):
        downloads.indicators_file(worlds)
    assert Scenario.from_yaml(downloads.scenario_file(worlds, 0).content.decode(), "file") == worlds.scenarios[0]
