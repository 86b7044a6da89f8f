from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from creditregime.codes import Event
from creditregime.composition import load
from creditregime.errors import ScenarioError
from creditregime.laboratory.run import TABLES, RunResult, resolve, run

SMALL = ("population.firms=80", "months=30", "seed=3")


def test_the_same_scenario_gives_the_same_tables(small_run: RunResult) -> None:
    again = run(*SMALL)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(small_run, name), check_exact=True)


def test_another_seed_gives_other_firms_and_paths(small_run: RunResult) -> None:
    other = run(*SMALL, seed=4)
    assert other.seed == other.scenario.seed == 4
    assert not other.indicators.equals(small_run.indicators)
    assert not other.links.equals(small_run.links)


def test_tables_agree_with_each_other_and_with_the_world(small_run: RunResult) -> None:
    result, world = small_run, small_run.model.world
    assert result.indicators["month"].tolist() == list(range(1, 31))
    monthly = result.exits["month"].value_counts().reindex(range(1, 31), fill_value=0)
    assert monthly.tolist() == result.indicators["exits"].tolist()
    assert result.firms["exits"].sum() == len(result.exits) == result.indicators["exits"].sum() > 0
    for cause in ("insolvency", "background", "voluntary", "revoked"):
        assert (result.exits["cause"] == cause).sum() == result.indicators[f"exits_{cause}"].sum()
    for reason in ("background", "own_sanctions", "lost_buyers"):
        assert (result.exits["attribution"] == reason).sum() == result.indicators[f"exits_by_{reason}"].sum()
    violated = world.events["kind"] == Event.VIOLATED
    assert result.firms["violations"].sum() == violated.sum() == (result.events["kind"] == "violated").sum() > 0
    assert result.firms["records"].sum() == len(result.records) == len(world.records)
    assert result.firms["active"].sum() == world.firms.active.sum()
    assert result.links["active"].sum() == (world.network.weight > 0).sum()


def test_names_stand_for_the_codes_of_the_world(small_run: RunResult) -> None:
    world, firms, records = small_run.model.world, small_run.firms, small_run.records
    assert [world.economy.sectors[code] for code in world.firms.sector] == firms["sector"].tolist()
    assert [world.law.grades[code] for code in world.firms.grade.min(axis=0)] == firms["grade"].tolist()
    assert [world.topics[code] for code in world.records["topic"]] == records["topic"].tolist()
    assert (records["month"].to_numpy() == world.records["month"] + 1).all()
    assert firms["effort"].to_numpy() == pytest.approx(world.firms.effort.mean(axis=0))
    listed = world.firms.listing[list(world.law.lists).index("tax")] > 0
    assert listed.tolist() == ["tax" in names.split(";") for names in firms["lists"]]
    exited = small_run.events[small_run.events["kind"] == "exited"]
    assert exited["detail"].tolist() == small_run.exits["cause"].tolist()
    assert exited["value"].tolist() == small_run.exits["attribution"].tolist()


def test_partners_are_named_only_where_there_is_one(small_run: RunResult) -> None:
    events = small_run.events
    with_partner = events["kind"].isin(["lost_supplier", "found_supplier", "lost_buyer"])
    assert with_partner.any()
    assert (events["partner"].notna() == with_partner).all()


def test_entrants_have_a_month_of_birth_and_firms_of_the_start_none(small_run: RunResult) -> None:
    firms = small_run.firms
    never_left = firms[firms["exits"] == 0]
    assert never_left["born"].isna().all()
    entered = firms[(firms["exits"] > 0) & firms["active"]]
    last_exit = small_run.exits.groupby("firm")["month"].max()
    assert len(entered)
    assert (entered["born"].to_numpy(float) > last_exit.reindex(entered["firm"]).to_numpy()).all()


def test_violations_that_are_not_logged_are_missing_not_zero() -> None:
    result = run("months=3", "population.firms=30", **{"violations.log": False})
    assert result.firms["violations"].isna().all()
    assert result.indicators["violations"].sum() > 0


def test_a_plain_function_decides_for_every_firm() -> None:
    def half(firm: object) -> float:
        return 0.5

    result = run("regime=fines_only", "months=2", "population.firms=30", decide=half)
    assert result.scenario.behaviour.kind == "per_firm"
    asked = result.firms["active"] & ~(result.firms["born"] > 2).fillna(False)  # all but entrants of the last month
    assert result.firms.loc[asked, "effort"].to_numpy() == pytest.approx(0.5)


def test_a_function_keeps_what_the_behaviours_share() -> None:
    result = run("months=1", "population.firms=10", decide=lambda firm: 1, **{"behaviour.cost_spread": 0.1})
    assert result.scenario.behaviour.cost_spread == 0.1


def test_an_economy_from_memory_is_used_and_its_digest_told() -> None:
    scenario = load("population.firms=40", "months=2")
    economy = scenario.population.build(99)
    result = run(scenario, economy=economy)
    assert result.economy is economy
    assert np.array_equal(result.firms["size"], economy.size)
    assert len(result.provenance["economy_sha256"]) == 64


def test_provenance_tells_what_is_needed_to_repeat_it(small_run: RunResult) -> None:
    facts = small_run.provenance
    assert facts["kind"] == "run"
    assert facts["seed"] == 3
    assert {"creditregime", "commit", "python", "platform", "started", "seconds"} <= set(facts)
    assert facts["packages"]["numpy"] == np.__version__
    assert facts["started"].endswith("+00:00")
    assert facts["seconds"] > 0
    assert "economy_sha256" not in facts


def test_a_scenario_can_be_named_in_every_way(tmp_path: Path) -> None:
    wanted = load("regime=fines_only", "months=5")
    file = tmp_path / "mine.yaml"
    file.write_text(wanted.to_yaml(), encoding="utf-8")
    assert resolve("regime=fines_only", "months=5") == wanted
    assert resolve(None, regime="fines_only", months=5) == wanted
    assert resolve(load(regime="fines_only"), "months=5") == wanted
    assert resolve(load(regime="fines_only"), months=5) == wanted
    assert resolve(file) == wanted


def test_a_preset_cannot_change_a_finished_scenario() -> None:
    with pytest.raises(ScenarioError, match=r"^regime: presets cannot be combined with a scenario"):
        resolve(load(), "regime=none")


def test_an_unknown_strategy_is_refused_before_the_simulation() -> None:
    with pytest.raises(ScenarioError, match=r"unknown strategy 'alway_comply'; did you mean 'always_comply'"):
        run("behaviour.kind=per_firm", "behaviour.strategy=alway_comply", "population.firms=1000000")
