"""Agents are views of rows: what they show, what they let be changed, and what they tell."""

from __future__ import annotations

import copy
from functools import cache

import numpy as np
import pytest
from mesa.agent import Agent

from creditregime.agents import Firm, Regulator, Supplier
from creditregime.codes import Event
from creditregime.composition import load
from creditregime.model import CreditRegime
from creditregime.scenario import Scenario
from creditregime.state import Firms

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


class TestFirm:
    def test_it_is_a_mesa_agent_made_when_asked_for(self, model):
        firm = model.firm(5)
        assert isinstance(firm, Agent)
        assert firm.unique_id == 6
        assert firm is not model.firm(5)
        assert firm == model.firm(5) == Supplier(model, 5)
        assert len({firm, model.firm(5), Supplier(model, 5)}) == 1
        assert firm != model.firm(6)
        assert firm != small().firm(5)
        assert firm != Regulator(model, 5)
        assert repr(firm).startswith("<Firm 5: ")

    def test_every_column_of_the_world_is_an_attribute(self, model):
        for name in Firms.dictionary():
            assert getattr(model.firm(0), name) is not None, name

    def test_values_are_plain_python(self, model):
        firm = model.firm(0)
        assert type(firm.equity) is float
        assert type(firm.active) is bool
        assert type(firm.live_records) is int
        assert type(firm.sector) is str
        assert type(firm.grade) is str
        assert type(firm.listed) is bool

    def test_it_agrees_with_the_set(self, model):
        for name in (
            "equity",
            "sector",
            "grade",
            "grade_rank",
            "score",
            "listed",
            "live_records",
            "age",
            "mean_effort",
        ):
            assert model.firms.get(name).tolist() == [getattr(firm, name) for firm in model.firms], name
        efforts = model.firms.get("effort")
        assert efforts.shape == (len(model.firms), len(model.world.topics))
        assert list(model.firm(model.firms.rows[2]).effort.values()) == efforts[2].tolist()

    def test_effort_can_be_set_for_all_topics_or_some(self, model):
        firm, world = model.firm(7), model.world
        firm.effort = 0.5
        assert (world.firms.effort[:, 7] == 0.5).all()
        firm.effort = {"labour": 1}
        firm.effort["tax"] = 0.25
        firm.effort.update(customs=0)
        shown = dict.fromkeys(world.topics, 0.5) | {"labour": 1.0, "tax": 0.25, "customs": 0.0}
        assert firm.effort == shown
        assert type(copy.deepcopy(firm.effort)) is dict
        firm.equity = 12.5
        assert world.firms.equity[7] == 12.5

    @pytest.mark.parametrize(
        ("name", "value", "error"),
        [
            ("effort", 1.5, ValueError),
            ("effort", float("nan"), ValueError),
            ("effort", {"labor": 0.5}, KeyError),
            ("equity", float("inf"), ValueError),
            ("size", 2.0, AttributeError),
            ("grade", "A", AttributeError),
            ("mood", "good", AttributeError),
            ("suppliers", [], AttributeError),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, model, name, value, error):
        before = model.world.firms.effort.copy()
        with pytest.raises(error, match=name if name != "mood" else "cannot keep 'mood'"):
            setattr(model.firm(0), name, value)
        assert (model.world.firms.effort == before).all()

    def test_entries_cannot_be_removed(self, model):
        with pytest.raises(TypeError, match="effort"):
            del model.firm(0).effort["labour"]

    def test_nobody_is_created_or_removed_by_hand(self, model):
        with pytest.raises(TypeError):
            model.firm(0).remove()
        with pytest.raises(TypeError):
            Firm.create_agents(model, 3)
        with pytest.raises(TypeError):
            model.register_agent(model.firm(0))
        with pytest.raises(IndexError, match="from 0 to 59"):
            model.firm(60)

    def test_partners_mirror_each_other(self, model):
        for firm in model.firms:
            for supplier in firm.suppliers:
                assert isinstance(supplier, Supplier)
                assert firm in supplier.buyers
                assert supplier in model.suppliers

    def test_group_and_person(self, model):
        firms = model.world.firms
        firms.group[[4, 5]] = 3
        firms.person[[8, 9]] = 77
        assert model.firm(4).parent == model.firm(3)
        assert model.firm(3).parent is None
        assert model.firm(3).branches == [model.firm(4), model.firm(5)]
        assert model.firm(8).same_person == [model.firm(9)]

    def test_lists_and_levers(self, run):
        firms = run.world.firms
        row = int(np.flatnonzero(firms.listing[0])[0]) if firms.listing[0].any() else 0
        for name, since in run.firm(row).lists.items():
            number = run.world.law.lists.index(name)
            assert firms.listing[number, row]
            assert since == firms.listed_since[number, row]
        for firm in run.firms:
            assert sum(firm.levers.values()) == pytest.approx(firms.levers[:, firm.row].sum())
            assert firm.listed == any(run.spec.lists[name].colour == "black" for name in firm.lists)

    def test_records_are_those_of_the_present_firm(self, run):
        for firm in run.firms:
            records = firm.records()
            assert (records["month"] >= firm.born).all()
            assert records["live"].sum() == firm.live_records

    def test_per_firm_strategies_work(self):
        for name in ("once_bitten", "guard_the_grade"):
            model = small(behaviour={"kind": "per_firm", "strategy": name})
            model.step()
            assert set(np.unique(model.world.firms.effort.round(2))) <= {np.float32(e) for e in (0.3, 0.95, 0.9, 0.2)}


class TestRegulator:
    def test_attributes(self, run):
        regulators = run.regulators
        assert regulators.get("topic").tolist() == list(run.world.topics)
        assert set(regulators.get("region")) == {"national"}
        first = next(iter(regulators))
        assert first.unique_id == run.world.rows + 1
        assert first.hit_rate == pytest.approx(first.detections / first.inspections)
        assert first == Regulator(run, 0)
        assert regulators.agg("inspections", sum) == run.world.regulators.inspections.sum()


class TestStory:
    def test_history_holds_every_event_and_record(self, run):
        world = run.world
        for row in range(world.rows):
            history = Firm(run, row).history()
            at = world.events["firm"] == row
            for kind in (Event.VIOLATED, Event.LISTED, Event.SANCTIONED, Event.EXITED, Event.ENTERED):
                logged = int((at & (world.events["kind"] == kind)).sum())
                assert (history["event"] == kind.name.lower()).sum() == logged
            assert (history["event"] == "recorded").sum() == (world.records["firm"] == row).sum()
            assert history["month"].is_monotonic_increasing
            assert history["firm"].max() in (1, 1 + (history["event"] == "entered").sum()) or history.empty

    def test_a_story_can_be_that_of_one_firm_at_the_place(self, run):
        rows = np.flatnonzero([(Firm(run, row).history()["event"] == "exited").any() for row in range(60)])
        row = next(int(row) for row in rows if (Firm(run, int(row)).history()["event"] == "entered").any())
        whole, first, second = (Firm(run, row).story(number) for number in (None, 1, 2))
        assert whole.startswith(first)
        assert "out of business" in first.splitlines()[-1]
        assert "took its place" in second.splitlines()[1]
        stayed = next(row for row in range(60) if row not in rows)
        assert Firm(run, stayed).story(1) == Firm(run, stayed).story()

    def test_listing_is_explained(self, run):
        histories = [Firm(run, row).history() for row in range(run.world.rows)]
        listed = [h[(h["event"] == "listed") & (h["subject"] != "redlist")] for h in histories]
        reasons = [reason for frame in listed for reason in frame["reason"]]
        assert reasons
        assert all("record" in reason or reason == "its grade" for reason in reasons)

    def test_every_story_reads_well(self, run):
        for row in range(run.world.rows):
            story = Firm(run, row).story()
            assert story.startswith(f"Firm {row}: a ")
            assert "\nNow: " in story
            assert "_" not in story
            assert not any(text in story for text in ("  ", "; ;", ": .", "None", "..", " ,"))

    def test_a_life_is_told_in_order(self, run):
        events = run.world.events
        entered = events["firm"][events["kind"] == Event.ENTERED]
        story = Firm(run, int(entered[0])).story()
        assert story.index("it went out of business") < story.index("a new firm of the same sector")

    def test_a_firm_of_no_history_has_a_story(self):
        model = small(**{"violations.log": False})
        assert "Nothing has happened to it yet." in model.firm(0).story()
        assert model.firm(0).history().empty
