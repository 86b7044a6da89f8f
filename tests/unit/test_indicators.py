"""Indicators: each is recounted from the state by other means."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from creditregime import CreditRegime
from creditregime.population.economy import combine
from tests.helpers import anywhere, random_graph, run, small

WATCHED = {"monitoring.share": 0.3, "exit.background": 0.0, "exit.voluntary": 0.0, "exit.insolvency": False}
STILL = WATCHED | {"indicators.network_every": 1, "indicators.groups_every": 6, "exit.revocation": False, "months": 24}


@pytest.fixture(scope="module")
def model() -> CreditRegime:
    return run(small("joint_2016", **STILL))


def test_shares_and_means_of_the_last_month(model: CreditRegime) -> None:
    firms, last = model.world.firms, model.series.monthly().iloc[-1]
    assert last.month == 24
    assert last.firms == 60
    assert last.compliance == pytest.approx(firms.effort.mean(), rel=1e-5)
    assert last.violations == pytest.approx((firms.violation > 0).sum() / 60)
    assert last.fines == pytest.approx(firms.fines.sum(), rel=1e-5)
    assert last.inspections == pytest.approx(firms.inspected.sum() / 60)
    assert last.output == pytest.approx(float((firms.output * firms.size).sum() / firms.size.sum()), rel=1e-5)
    assert last.profit == pytest.approx(float(firms.profit.sum() / firms.size.sum()), rel=1e-4, abs=1e-7)
    assert last.listed == pytest.approx((firms.listing[:-1] > 0).any(axis=0).mean())
    for number, name in enumerate(model.world.law.grades):
        assert last[f"grade_{name}"] == pytest.approx((firms.grade == number).mean())
    assert last[[f"grade_{name}" for name in model.world.law.grades]].sum() == pytest.approx(1)
    harm = sum(topic.harm * (firms.violation[k] > 0).sum() for k, topic in enumerate(model.spec.topics.values()))
    assert last.harm == pytest.approx(harm, rel=1e-5)


def test_flows_add_up_to_the_tables(model: CreditRegime) -> None:
    frame, records = model.series.monthly(), model.world.records
    assert (frame.detections * frame.firms).sum() == pytest.approx(records["true"].sum())
    assert (frame.false_findings * frame.firms).sum() == pytest.approx((~records["true"]).sum())
    found = frame[["found_by_monitoring", "found_by_inspection", "found_by_complaint"]].sum(axis=1)
    np.testing.assert_allclose(found, frame.detections + frame.false_findings, rtol=1e-9)
    stock = (frame.new_listings - frame.delistings) * frame.firms
    assert stock.sum() == pytest.approx((model.world.firms.listing > 0).sum())


def test_by_topic_adds_up_to_the_month(model: CreditRegime) -> None:
    topics = model.series.by_topic()
    assert len(topics) == 24 * 8
    last = topics[topics.month == 24].set_index("topic")
    assert last.violations.sum() == pytest.approx(model.series.monthly().violations.iloc[-1])
    assert last.compliance.mean() == pytest.approx(model.series.monthly().compliance.iloc[-1], rel=1e-6)
    np.testing.assert_allclose(last.loc["tax", "perceived_detection"], model.world.firms.belief[0].mean(), rtol=1e-5)


def test_by_group_covers_every_firm_once(model: CreditRegime) -> None:
    groups = model.series.by_group()
    assert sorted(groups.month.unique()) == [6, 12, 18, 24]
    for (_, dimension), part in groups.groupby(["month", "dimension"]):
        assert part.firms.sum() == 60, dimension
        weighted = (part.compliance * part.firms).sum() / 60
        month = model.series.monthly().set_index("month").loc[part.month.iloc[0]]
        assert weighted == pytest.approx(month.compliance, rel=1e-5)


def test_network_indicators_against_networkx(model: CreditRegime) -> None:
    world, last = model.world, model.series.monthly().iloc[-1]
    network = world.network
    on = np.flatnonzero(network.weight > 0)
    graph = nx.Graph()
    graph.add_nodes_from(range(60))
    graph.add_edges_from(zip(network.buyers_of(on).tolist(), network.supplier[on].tolist(), strict=True))
    assert last.links == pytest.approx(len(on) / 60)
    assert last.giant_component == pytest.approx(max(map(len, nx.connected_components(graph))) / 60)
    share = world.firms.output * world.firms.size
    assert last.concentration == pytest.approx(float(((share / share.sum()) ** 2).sum()), rel=1e-4)
    grade = world.firms.grade.mean(axis=0)
    pairs = np.corrcoef(grade[network.buyers_of(on)], grade[network.supplier[on]])[0, 1]
    assert last.segregation == pytest.approx(pairs, abs=1e-5)


def test_welfare_is_its_weighted_parts() -> None:
    weights = {"harm_weight": 0.0, "cost_weight": 0.0, "enforcement_weight": 0.0, "output_weight": 0.0}
    base = {f"indicators.{name}": value for name, value in weights.items()}
    assert (run(small("joint_2016", **STILL | base)).series.monthly().welfare == 0).all()
    size = 60.0
    frame = run(small("joint_2016", **STILL | base | {"indicators.harm_weight": 2.0})).series.monthly()
    np.testing.assert_allclose(frame.welfare, -2 * frame.harm / size, rtol=1e-4, atol=1e-7)
    frame = run(small("joint_2016", **STILL | base | {"indicators.cost_weight": 1.0})).series.monthly()
    np.testing.assert_allclose(frame.welfare, -(frame.compliance_cost + frame.data_cost), rtol=1e-5, atol=1e-8)


def test_jurisdictions_have_rows_of_their_own() -> None:
    spec = anywhere(small("joint_2016", months=3))
    model = run(spec, combine([random_graph(9, 0.3, 1), random_graph(12, 0.3, 2)]), [1, 2])
    frame = model.series.monthly()
    assert frame.jurisdiction.tolist() == [0, 1] * 3
    assert frame.firms[:2].tolist() == [9, 12]
    assert len(model.series.by_topic()) == 2 * 3 * 8


def test_a_collector_holds_the_main_indicators(model: CreditRegime) -> None:
    collected = model.datacollector.get_model_vars_dataframe()
    frame = model.series.monthly()
    assert len(collected) == 24
    pd.testing.assert_series_equal(collected.compliance, frame.compliance, check_names=False, check_index=False)
