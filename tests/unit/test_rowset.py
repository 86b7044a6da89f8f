"""Lazy sets of agents do what Mesa's do, on arrays."""

from __future__ import annotations

import copy
import inspect
import pickle
from functools import cache

import numpy as np
import pytest
from mesa.agent import Agent, AgentSet

from creditregime.agents import Firm, Regulator, RowSet, Supplier
from creditregime.composition import load
from creditregime.model import CreditRegime
from creditregime.scenario import Scenario

STRICT = {"inspection.rate": 1.0, "exit.background": 0.2}


@cache
def base() -> Scenario:
    return load(**{"population.firms": 60, "months": 48, "seed": 3})


def small(**changes: object) -> CreditRegime:
    return CreditRegime(base(), **changes)


@pytest.fixture(scope="module")
def run() -> CreditRegime:
    return small(**STRICT).run_model()


@pytest.fixture
def model() -> CreditRegime:
    model = small(exit="none")
    for _ in range(3):
        model.step()
    return model


class TestRowSet:
    def test_every_method_of_mesas_sets_is_overridden(self):
        inherited = {
            name
            for name in dir(AgentSet)
            if callable(getattr(AgentSet, name))
            and not hasattr(object, name)
            and getattr(RowSet, name) is getattr(AgentSet, name)
        }
        harmless = {"__class_getitem__", "_from_iterable", "_hash", "__subclasshook__", "__class__"}
        assert inherited <= harmless
        for name in ("__eq__", "__hash__", "__le__", "__lt__", "__ge__", "__gt__", "__init__"):
            assert getattr(RowSet, name) is not getattr(AgentSet, name) or name == "__hash__"

    def test_signatures_take_what_mesas_do(self):
        for name in ("select", "shuffle", "sort", "do", "shuffle_do", "map", "get", "agg", "set", "groupby"):
            theirs = list(inspect.signature(getattr(AgentSet, name)).parameters)
            ours = list(inspect.signature(getattr(RowSet, name)).parameters)
            assert ours[: len(theirs)] == theirs

    def test_it_is_a_collection(self, model):
        firms = model.firms
        assert isinstance(firms, AgentSet)
        assert len(firms) == len(list(firms)) == len(firms.to_list()) == 60
        assert firms[3] == model.firm(3)
        assert firms[1:3] == [model.firm(1), model.firm(2)]
        assert firms[-1] == next(reversed(firms)) == model.firm(59)
        assert model.firm(4) in firms
        assert Regulator(model, 4) not in firms
        assert small().firm(4) not in firms
        assert "firm" not in firms
        assert firms.index(model.firm(9)) == 9
        assert (firms.count(model.firm(9)), firms.count(Regulator(model, 0))) == (1, 0)
        assert "RowSet of 60" in repr(firms)

    def test_set_algebra(self, model):
        firms = model.firms
        low, high = firms.select(mask=firms.rows < 30), firms.select(mask=firms.rows >= 20)
        assert len(low & high) == 10
        assert low | high == firms
        assert len(low ^ high) == 50
        assert firms - low == firms.select(mask=firms.rows >= 30)
        assert low < firms
        assert firms >= low
        assert not low <= high
        assert low != high
        assert low == set(low)
        assert not low.isdisjoint(high)
        assert (low & [model.firm(0), model.firm(40)]).to_list() == [model.firm(0)]
        assert (low | model.regulators).kind is not Firm
        assert len(low | model.regulators) == 38
        with pytest.raises(TypeError, match="same model"):
            low | small().firms

    @pytest.mark.parametrize("name", ["add", "discard", "remove"])
    def test_membership_is_not_by_hand(self, model, name):
        with pytest.raises(TypeError, match="use select"):
            getattr(model.firms, name)(model.firm(0))
        with pytest.raises(TypeError):
            model.firms.clear()

    def test_select(self, model):
        firms = model.firms
        rich = firms.select(lambda firm: firm.equity > 3)
        assert rich == firms.select("equity > 3") == firms.select(mask=firms.get("equity") > 3)
        assert len(firms.select(at_most=7)) == 7
        assert len(firms.select(at_most=0.5)) == 30
        assert firms.select(lambda firm: firm.equity > 3, at_most=2).to_list() == rich.to_list()[:2]
        sector = firms[0].sector
        assert firms.select(f"sector == {sector}") == firms.select(lambda firm: firm.sector == sector)
        assert firms.select("effort.labour > 0.4") == firms.select(lambda firm: firm.effort["labour"] > 0.4)
        assert firms.select("active") == firms
        assert len(firms.select("listed")) == sum(firm.listed for firm in firms)
        assert firms.select("grade <= excellent") == firms
        with pytest.raises(ValueError, match="did you mean 'excellent'"):
            firms.select("grade == excelent")
        with pytest.raises(ValueError, match="several values"):
            firms.select("effort > 0.5")
        with pytest.raises(ValueError, match="form"):
            firms.select("what is this")
        with pytest.raises(AttributeError):
            firms.select("wealth > 1")

    def test_select_by_type(self, model):
        assert model.agents.select(agent_type=Firm) == model.firms
        assert model.agents.select(agent_type=Agent) == model.agents
        assert model.agents.select(agent_type=Regulator) == model.regulators
        assert len(model.agents.select(agent_type=int)) == 0
        sellers = model.firms.select("equity > 3", agent_type=Supplier)
        assert sellers == {firm for firm in model.firms if firm.buyers and firm.equity > 3}
        assert all(type(firm) is Supplier for firm in sellers)
        masked = model.agents.select(agent_type=Firm, mask=np.arange(68) < 10)
        assert len(masked) == 10

    def test_in_place(self, model):
        firms = model.firms
        assert firms.select("row < 5", inplace=True) is firms
        assert len(firms) == 5
        assert firms.sort("equity", inplace=True) is firms
        assert firms.shuffle(inplace=True) is firms
        assert len(model.firms) == 60
        copied = copy.copy(firms)
        copied.select(at_most=2, inplace=True)
        assert (len(copied), len(firms), len(firms.copy())) == (2, 5, 5)

    def test_sort_as_python_does(self, model):
        for ascending in (True, False):
            for key in ("equity", "live_records"):
                expected = sorted(model.firms, key=lambda firm, key=key: getattr(firm, key), reverse=not ascending)
                assert model.firms.sort(key, ascending=ascending).to_list() == expected
                by_call = model.firms.sort(lambda firm, key=key: getattr(firm, key), ascending=ascending)
                assert by_call.to_list() == expected

    def test_shuffles_depend_on_seed_and_month_only(self):
        models = [small(), small()]
        models[1].random.random(), models[1].rng.random()
        first = [model.firms.shuffle().rows.tolist() for model in models]
        second = [model.firms.shuffle().rows.tolist() for model in models]
        assert first[0] == first[1] != second[0] == second[1]
        assert sorted(first[0]) == list(range(60))
        assert small(seed=4).firms.shuffle().rows.tolist() != first[0]
        seen: list[int] = []
        small().firms.shuffle_do(lambda firm: seen.append(firm.row))
        assert seen == first[0]

    def test_do_and_map(self, model):
        def spend(firm: Firm, amount: float) -> float:
            firm.equity = firm.equity - amount
            return firm.equity

        before = model.firms.agg("equity", sum)
        assert model.firms.do(spend, 1) == model.firms
        assert model.firms.agg("equity", sum) == pytest.approx(before - 60, rel=1e-5)
        assert model.firms.map(spend, amount=0) == model.firms.get("equity").tolist()
        assert model.firms.map("story")[0] == model.firm(0).story()
        assert model.firms.do("step") == model.firms

    def test_get_as_mesa_does(self, model):
        firms = model.firms
        assert firms.get(["equity", "sector"])[3] == [firms[3].equity, firms[3].sector]
        assert firms.get("wealth", "default", 0) == [0] * 60
        assert firms.get("suppliers")[0] == firms[0].suppliers
        assert len(firms.select(at_most=0).get("equity")) == 0
        with pytest.raises(AttributeError):
            firms.get("wealth")
        with pytest.raises(ValueError, match="handle_missing"):
            firms.get("equity", handle_missing="ignore")
        with pytest.raises(AttributeError, match="labor"):
            firms.get("effort.labor")
        mixed = model.agents.get("equity", handle_missing="default", default_value=-1)
        assert mixed == firms.get("equity").tolist() + [-1] * 8
        assert model.agents.get("region")[-1] == "national"
        assert model.agents.get("unique_id") == list(range(1, 69))
        with pytest.raises(AttributeError):
            model.agents.get("equity")
        assert len(model.agents.get("effort", "default")) == 68

    def test_agg(self, model):
        values = [firm.equity for firm in model.firms]
        expected = [pytest.approx(sum(values)), min(values), max(values), pytest.approx(np.mean(values)), 60]
        assert model.firms.agg("equity", [sum, min, max, np.mean, len]) == expected
        assert model.firms.agg("active", sum) == 60
        assert model.firms.agg("suppliers", lambda lists: max(map(len, lists))) > 0
        with pytest.raises(ValueError, match="zero-size"):
            model.firms.select(at_most=0).agg("equity", max)

    def test_set(self, model):
        some = model.firms.select(at_most=3)
        assert some.set("effort", 0.125) is some
        assert (model.world.firms.effort[:, :3] == 0.125).all()
        assert not (model.world.firms.effort[:, 3:] == 0.125).any()
        some.set("effort", {"labour": 1})
        some.set("equity", np.arange(3))
        assert model.firms.get("effort.labour")[:3].tolist() == [1, 1, 1]
        assert model.firms.get("equity")[:3].tolist() == [0, 1, 2]
        with pytest.raises(AttributeError):
            some.set("mood", 1)
        with pytest.raises(AttributeError):
            some.set("size", 1)

    def test_groupby(self, model):
        for by in ("sector", "grade_rank", "active", lambda firm: firm.sector, "parent"):
            groups = model.firms.groupby(by)
            assert sum(groups.count().values()) == 60
            read = by if callable(by) else (lambda firm, by=by: getattr(firm, by))
            assert list(groups.groups) == list(dict.fromkeys(read(firm) for firm in model.firms))
            for key, group in groups:
                assert isinstance(group, RowSet)
                assert group == {firm for firm in model.firms if read(firm) == key}
        by_sector = model.firms.groupby("sector")
        key = model.firms[0].sector
        assert by_sector.agg("equity", max)[key] == max(f.equity for f in model.firms if f.sector == key)
        assert by_sector.agg("equity", [min, max])[key][1] == by_sector.agg("equity", max)[key]
        assert by_sector.map(len) == by_sector.count()
        assert by_sector.do(lambda group: group.set("effort", 1)) is by_sector
        lists = model.firms.groupby("sector", result_type="list")
        assert type(lists.groups[key]) is list
        assert lists.agg("equity", max) == by_sector.agg("equity", max)
        assert len(model.firms.select(at_most=0).groupby("sector")) == 0
        assert set(model.agents.groupby("region").groups) >= {"national"}

    def test_pickle_and_copies(self, model):
        firms = model.firms.select(at_most=4)
        for twin in (pickle.loads(pickle.dumps(firms)), copy.deepcopy(firms)):
            assert twin.model is not model
            assert twin.get("equity").tolist() == firms.get("equity").tolist()
        firm = pickle.loads(pickle.dumps(model.firm(3)))
        assert firm.equity == model.firm(3).equity

    def test_who_left_is_not_in_it(self, run):
        empty = np.flatnonzero(~run.world.firms.active)
        assert len(empty)
        assert len(run.firms) == 60 - len(empty)
        assert run.firm(int(empty[0])) not in run.agents
        assert "the place is empty" in run.firm(int(empty[0])).story()
        assert "empty place" in repr(run.firm(int(empty[0])))
