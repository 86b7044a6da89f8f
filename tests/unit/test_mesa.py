"""Mesa's own tools work on the model, in every supported version, without a warning."""

from __future__ import annotations

import copy
import gc
import itertools
import pickle
import weakref
from functools import cache, partial

import mesa
import numpy as np
import pandas as pd
import pytest
from mesa.agent import Agent

from creditregime.agents import Firm, Regulator, Supplier
from creditregime.composition import load
from creditregime.laboratory.run import run
from creditregime.model import CreditRegime
from creditregime.scenario import Scenario
from creditregime.state import Firms

REPORTED = ["compliance", "violations", "listed", "output", "exits", "entries", "segregation", "welfare"]
EVERY_MONTH = {"data_collection_period": 1}
STEPS = [0, 1, 2, 3] if mesa.__version__ < "3.5" else [1, 2, 3, 4]  # counted from 0, or as the model's time


@cache
def base() -> Scenario:
    return load(**{"population.firms": 60, "months": 24})


def small(**changes: object) -> CreditRegime:
    return CreditRegime(base(), **changes)


def stepped(months: int, **changes: object) -> CreditRegime:
    model = small(**changes)
    for _ in range(months):
        model.step()
    return model


def assert_same(one: CreditRegime, other: CreditRegime) -> None:
    assert one.world.month == other.world.month
    for name in Firms.dictionary():
        np.testing.assert_array_equal(getattr(one.world.firms, name), getattr(other.world.firms, name), name)
    assert one.series.monthly().equals(other.series.monthly())


def test_the_model_is_mesas():
    model = stepped(2, exit="none")
    assert isinstance(model, mesa.Model)
    assert model.steps == 2
    assert set(model.agent_types) == {Firm, Supplier, Regulator}
    assert model.agents_by_type[Firm] == model.firms
    assert model.agents_by_type[Regulator] == model.regulators
    assert model.agents_by_type[Supplier] <= model.agents_by_type[Firm]
    assert len(model.agents) == 68
    assert all(isinstance(agent, Agent) for agent in model.agents)
    assert len({agent.unique_id for agent in model.agents}) == 68
    with pytest.raises(AttributeError):
        model.agents = []


def test_data_collector_reads_models_agents_and_types():
    model = stepped(1, exit="none")
    collector = mesa.DataCollector(
        model_reporters={"firms": lambda m: len(m.firms), "equity": lambda m: m.firms.agg("equity", sum)},
        agent_reporters={"region": "region", "equity": lambda agent: getattr(agent, "equity", None)},
        agenttype_reporters={Firm: {"grade": "grade", "effort": "effort"}, Supplier: {"n": lambda s: len(s.buyers)}},
    )
    for _ in range(2):
        collector.collect(model)
        model.step()
    assert collector.get_model_vars_dataframe()["firms"].tolist() == [60, 60]
    agents = collector.get_agent_vars_dataframe()
    assert len(agents) == 2 * 68
    assert agents["equity"].isna().sum() == 2 * 8
    firms = collector.get_agenttype_vars_dataframe(Firm)
    assert len(firms) == 120
    assert set(firms["effort"].iloc[0]) == set(model.world.topics)
    assert (collector.get_agenttype_vars_dataframe(Supplier)["n"] > 0).all()


BATCH = {"population.firms": 40, "months": 4}
GRID = {"regime": ["joint_2016", "joint_2020"], "fines.scale": [0.5, 2.0], "rng": [1, 7]}


def getattr_or_none(agent: Agent, name: str) -> object:
    """Return what an agent says: regulators have no score, and Mesa 3.5 refuses to read one."""
    return getattr(agent, name, None)


class Watched(CreditRegime):
    """A model with reporters of its own, as users of Mesa write it."""

    def __init__(self, **changes: object) -> None:
        super().__init__(**changes)
        self.datacollector = mesa.DataCollector(
            model_reporters={"gap": lambda model: float(model.series.latest["perception_gap"][0])},
            agent_reporters={name: partial(getattr_or_none, name=name) for name in ("score", "equity")},
        )


def batch(model: type[CreditRegime] = CreditRegime, parameters: dict | None = None, **options: object) -> list[dict]:
    given = {"number_processes": 1, "display_progress": False} | options
    return mesa.batch_run(model, parameters={**BATCH, **(parameters or {})}, **given)


def alone(row: dict) -> pd.DataFrame:
    """Return the indicators of the run that a row of a batch is of, one row a month."""
    return run(seed=row["rng"], **{name: row[name] for name in (*BATCH, *GRID) if name != "rng"}).indicators


@pytest.mark.parametrize("processes", [1, 2])
def test_batch_run_gives_what_run_gives(processes):
    rows = batch(parameters=GRID, number_processes=processes)
    assert sorted(tuple(row[name] for name in GRID) for row in rows) == sorted(itertools.product(*GRID.values()))
    for row in rows:
        last = alone(row).iloc[-1]
        assert [row[name] for name in REPORTED] == last[REPORTED].tolist()
    assert len({tuple(row[name] for name in REPORTED) for row in rows}) == 8


def test_batch_run_reports_every_month():
    rows = batch(parameters={"regime": "joint_2016", "fines.scale": 0.5, "rng": [3]}, **EVERY_MONTH)
    assert [row["Step"] for row in rows] == STEPS
    months = alone(rows[0])
    for name in REPORTED:
        assert [row[name] for row in rows] == months[name].tolist(), name


def test_batch_run_takes_reporters_of_models_and_agents():
    rows = batch(Watched, {"regime": "joint_2016", "seed": [5]}, **EVERY_MONTH)
    seen = stepped_to(4, "joint_2016", 5)
    last = [row for row in rows if row["Step"] == STEPS[-1]]
    firms = [row for row in last if row["equity"] is not None]
    assert {row["gap"] for row in last} == {seen[-1].series.monthly()["perception_gap"].iloc[-1]}
    assert len(firms) == 40
    assert len(last) == 40 + len(seen[-1].regulators)
    model = seen[-1] if mesa.__version__ >= "3.5" else seen[-2]  # Mesa 3.3 looks agents up by the step before
    assert [row["equity"] for row in firms] == [firm.equity for firm in model.firms]
    assert [row["score"] for row in firms] == [firm.score for firm in model.firms]


def stepped_to(months: int, regime: str, seed: int) -> list[CreditRegime]:
    """Return the model as it stands after each month."""
    found = []
    for month in range(1, months + 1):
        model = CreditRegime(regime=regime, seed=seed, **BATCH)
        for _ in range(month):
            model.step()
        found.append(model)
    return found


@pytest.mark.skipif(mesa.__version__ < "3.5", reason="Mesa 3.3 has no argument for seeds")
def test_batch_run_takes_seeds_by_its_own_argument():
    rows = batch(parameters={"regime": "fines_only"}, rng=[4, 9])
    assert [row["seed"] for row in rows] == [4, 9]
    assert [row["violations"] for row in rows] == [
        run("regime=fines_only", seed=seed, **BATCH).indicators["violations"].iloc[-1] for seed in (4, 9)
    ]


@pytest.mark.filterwarnings("ignore:The `iterations` keyword:DeprecationWarning")
def test_iterations_without_seeds_repeat_the_scenarios_own():
    one, two, other = batch(parameters={"regime": "fines_only"}, iterations=2) + batch(parameters={"rng": [2]})
    assert (one["iteration"], two["iteration"]) == (0, 1)
    assert [one[name] for name in REPORTED] == [two[name] for name in REPORTED]
    assert one["violations"] != other["violations"]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_made_mid_run_continues_identically(duplicate):
    model = stepped(8)
    twin = duplicate(model)
    for _ in range(8):
        twin.step()
    assert model.world.month == 8
    assert twin.world.view(0).model is twin
    for _ in range(8):
        model.step()
    assert_same(model, twin)
    assert model.firms.shuffle().rows.tolist() == twin.firms.shuffle().rows.tolist()


def test_a_dropped_model_is_freed():
    model = stepped(2)
    model.agents.do(repr)
    model.firms.shuffle_do("story")
    seen = weakref.ref(model)
    del model
    gc.collect()
    assert seen() is None


def test_looking_at_agents_changes_nothing():
    looked, plain = small(), small()
    for _ in range(6):
        for model in (looked, plain):
            model.step()
        looked.agents.shuffle_do("step").groupby("region")
        looked.firms.map("story")
    assert_same(looked, plain)
