"""Mesa's own tools work on the model, in every supported version, without a warning."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from functools import cache

import mesa
import numpy as np
import pytest
from mesa.agent import Agent

from creditregime.agents import Firm, Regulator, Supplier
from creditregime.composition import load
from creditregime.model import CreditRegime
from creditregime.scenario import Scenario
from creditregime.state import Firms

SEEDED = {"iterations": 1} if mesa.__version__ < "3.5" else {"rng": [1]}


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


def test_batch_run():
    rows = mesa.batch_run(
        CreditRegime,
        parameters={"population.firms": 40, "months": 3, "regime": ["joint_2016", "fines_only"]},
        number_processes=1,
        data_collection_period=-1,
        display_progress=False,
        **SEEDED,
    )
    assert [row["regime"] for row in rows] == ["joint_2016", "fines_only"]
    assert all(0 <= row["compliance"] <= 1 for row in rows)


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
