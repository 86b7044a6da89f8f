"""The metamorphic rules: what must hold whatever the numbers are."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from creditregime import CreditRegime
from creditregime.codes import Attribution
from creditregime.population import Generated
from creditregime.population.economy import Economy, combine
from tests.helpers import (
    REGIMES,
    anywhere,
    assert_same,
    bare,
    random_graph,
    run,
    small,
    state,
)

ONE_TOPIC: dict[str, Any] = {
    "topics": {"tax": {"hazard": 0.5}},
    "lists": {"black": {"topic": "tax", "records": 2}},
    "measures": {"ban": {"agency": "tax", "lever": "management", "size": 0.02, "lists": ["black"]}},
    "rewards": {},
    "joint_punishment": {"kind": "none"},
}

# 1. One regulator


@pytest.mark.parametrize("kind", ["points", "topic_tiers"])
def test_one_topic_shared_is_siloed(kind: str) -> None:
    rules = {"inspection": {"kind": "grade", "rates": {"D": 0.9}}, "rating": {"kind": kind}, "monitoring.share": 0.2}
    spec = small(**ONE_TOPIC, **rules, months=40)
    shared = run(spec.changed({"registry.sharing": "central"}))
    siloed = run(spec.changed({"registry.sharing": "siloed"}))
    assert len(shared.world.records) > 10
    assert (shared.world.firms.listing > 0).any()
    assert_same(shared, siloed)


# 2. Spillover that is none

WATCHED = {"monitoring.share": 0.3, "months": 36, "lists.labour.records": 1, "behaviour": {"kind": "none"}}
NO_SPILLOVER = {"spillover.partner": {"kind": "none"}}


@pytest.mark.parametrize(
    "channel",
    [
        {"spillover.partner": {"kind": "linear", "strength": 0.0}},
        {"spillover.partner": {"kind": "linear", "strength": 0.0, "reach": "recursive", "weighting": "sum"}},
        {"spillover.partner": {"kind": "linear", "strength": 0.0, "reach": "truncated", "direction": "both"}},
        {"spillover.partner": {"kind": "linear", "mode": "list", "threshold": 1.01}},
        {"spillover.partner": {"kind": "linear", "mode": "list", "threshold": 1.01, "reach": "recursive"}},
        {"spillover.partner": {"kind": "none"}, "spillover.group": {"kind": "linear", "strength": 0.0}},
    ],
    ids=["points", "recursive", "truncated", "list", "list recursive", "group"],
)
def test_spillover_of_nothing_is_no_spillover(channel: dict[str, Any]) -> None:
    off = run(small(**WATCHED, **NO_SPILLOVER))
    assert (off.world.firms.listing[:-1] > 0).any()
    assert_same(off, run(small(**WATCHED, **channel)))


def test_spillover_of_something_is_seen() -> None:
    off, on = run(small(**WATCHED, **NO_SPILLOVER)), run(small(**WATCHED))
    assert (on.world.firms.score < off.world.firms.score).any()


# 3. Renumbering

DRAWLESS: dict[str, Any] = {  # every firm violates and is seen: no draw decides anything
    "violations": {"kind": "hazard", "complaints": 0.0},
    "monitoring": {"kind": "coverage", "share": 1.0},
    "topics": {
        "a": {"hazard": 1.0, "general": 0.0, "serious": 0.0},
        "b": {"hazard": 1.0, "general": 1.0, "serious": 0.0},
    },
    "behaviour": {"kind": "none", "intrinsic": 0.0, "intrinsic_spread": 0.0, "cost_distribution": "same"},
    "registry": {"kind": "database", "sharing": "central"},
    "rating": {"kind": "points"},
    "fines": {"kind": "statutory"},
    "trade": {"kind": "generalised_leontief"},
    "finance": {"kind": "accounts", "shock": 0.0},
    "measures": {"permit": {"agency": "a", "lever": "permit", "size": 0.5, "grade": "C"}},
}


def _renumbering(firms: int) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(3)).permutation(firms)


@pytest.mark.parametrize(
    "channel",
    [
        {"kind": "linear", "strength": 0.5},
        {"kind": "linear", "strength": 0.1, "reach": "recursive", "direction": "both"},
        {"kind": "linear", "strength": 0.05, "weighting": "sum", "reach": "truncated"},
        {"kind": "linear", "mode": "points", "weighting": "equal", "direction": "buyers"},
    ],
)
def test_renumbering_firms_renumbers_results(channel: dict[str, Any]) -> None:
    """Without draws that decide, every column is permuted (sums over partners run in another order: to rounding)."""
    economy = Generated(firms=60, branch_share=0.3).build(4)
    order = _renumbering(60)
    spec = bare(**DRAWLESS, months=8).changed({"spillover.partner": channel, "spillover.group": {"kind": "linear"}})
    lists = {"b": {"topic": "b", "serious": 0, "records": 3, "max_months": 12}}
    spec = spec.changed({"lists": lists})
    rows = np.flatnonzero(np.arange(60) % 3 == 0)
    old, new = CreditRegime(spec, economy=economy), CreditRegime(spec, economy=economy.renumbered(order))
    for model, numbers in ((old, rows), (new, np.flatnonzero(np.isin(order, rows)))):
        model.world.firms.effort[:, numbers] = 1  # some comply, so that firms differ
        model.world.firms.equity[:] = model.world.firms.size  # the first capital is drawn
        model.run_model()
    assert len(np.unique(old.world.firms.grade)) > 1
    for name in ("effort", "live", "own_grade", "grade", "listing", "own_score", "active", "violation"):
        np.testing.assert_array_equal(getattr(old.world.firms, name)[..., order], getattr(new.world.firms, name), name)
    for name in ("score", "demand", "supply", "output", "inputs", "equity", "debt", "profit", "fines"):
        before, after = getattr(old.world.firms, name)[..., order], getattr(new.world.firms, name)
        np.testing.assert_allclose(before, after, rtol=2e-4, atol=2e-5, err_msg=name)


def test_renumbering_firms_keeps_the_distribution_of_results() -> None:
    """With draws, which belong to rows, results agree on average: within 4 standard errors of paired seeds."""
    economy = Generated(firms=80).build(4)
    other = economy.renumbered(_renumbering(80))
    spec = small(months=12)
    copies = 24
    means = []
    for one in (economy, other):
        model = run(spec, combine([one] * copies), list(range(copies)))
        last = model.series.monthly().groupby("jurisdiction").mean()
        means.append(last[["compliance", "violations", "listed", "output"]])
    gap = (means[0] - means[1]).mean()
    error = np.sqrt((means[0].var() + means[1].var()) / copies)
    assert (gap.abs() <= 4 * error + 1e-9).all(), (gap, error)


# 4. Extremes of enforcement


@pytest.mark.parametrize(
    "inspection", [{"kind": "none"}, {"kind": "uniform", "rate": 0.0}, {"kind": "quota", "number": 0}]
)
def test_without_any_detection_nobody_is_ever_listed(inspection: dict[str, Any]) -> None:
    blind = {"monitoring": {"kind": "none"}, "violations.complaints": 0.0}
    model = CreditRegime(small("joint_2016", inspection=inspection, **blind))
    for _ in range(24):
        model.step()
        assert not model.world.firms.listing[:-1].any()  # the last list is the redlist
        assert not len(model.world.records)
    assert (model.world.firms.violation > 0).any()


@pytest.mark.parametrize("behaviour", ["gradual", "threshold", "logit"])
def test_certain_detection_and_a_large_fine_give_full_compliance(behaviour: str) -> None:
    spec = small(
        "fines_only",
        **{"inspection.rate": 1.0, "inspection.sensitivity": 1.0, "fines.scale": 1e4, "exit": {"kind": "none"}},
        behaviour={"kind": behaviour},
    )
    model = run(spec)
    np.testing.assert_allclose(model.world.firms.effort, 1, atol=2e-3)
    assert model.series.monthly().violations.iloc[-1] < 0.01


# 5. Scaling money


def test_scaling_all_money_changes_nothing() -> None:
    """Multiply all money by 4, exact in binary, where nothing compares money with a constant."""
    free = {
        "behaviour.cost_size_elasticity": 1.0,
        "exit.size_elasticity": 0.0,
        "reporting.fixed": 0.0,
        "monitoring.share": 0.1,
        "exit.background": 0.1,
        "months": 36,
    }
    economy = Generated(firms=60).build(1)
    scaled = dataclasses.replace(economy, size=economy.size * 4, final_demand=economy.final_demand * 4)
    one, other = run(small(**free), economy), run(small(**free), scaled)
    money = {
        "size",
        "final_demand",
        "public_demand",
        "foreign_demand",
        "equity",
        "debt",
        "profit",
        "costs",
        "fines",
        "taxes",
    }
    assert not one.world.firms.active.all() or one.series.monthly().exits.sum() > 0
    for name, column in state(one).items():
        same = state(other)[name]
        factor = np.float32(4) if name.removeprefix("firms.") in money else 1
        np.testing.assert_array_equal(column * factor, same, err_msg=name)


def test_the_unit_of_a_graphs_weights_does_not_matter() -> None:
    graph = nx.gnp_random_graph(30, 0.15, seed=2, directed=True)
    for unit in (8.0, 0.25):
        scaled = graph.copy()
        nx.set_edge_attributes(scaled, unit, "weight")
        one, other = Economy.from_networkx(graph), Economy.from_networkx(scaled)
        assert_same(run(small(months=12), one), run(small(months=12), other))


# 6. Quotas


@pytest.mark.parametrize("level", ["national", "regional"])
@pytest.mark.parametrize("weights", [{}, {"poor": 5.0, "excellent": 0.5}])
def test_quota_is_spent_exactly_and_complaints_come_first(level: str, weights: dict[str, float]) -> None:
    quota = {"tax": 7, "default": 3}
    spec = small(
        "joint_2016",
        inspection={"kind": "quota", "number": quota, "level": level, "weights": weights},
        **{"violations.complaints": 0.5, "exit.background": 0.2, "entry": {"kind": "none"}},
    )
    model = CreditRegime(spec)
    world, firms = model.world, model.world.firms
    territories = range(len(world.economy.regions)) if level == "regional" else (None,)
    done = np.zeros(len(world.regulators.topic), int)
    for _ in range(24):
        active = firms.active.copy()
        model.step()
        seen = {region: np.ones(60, bool) if region is None else firms.region == region for region in territories}
        for k, topic in enumerate(world.topics):
            for place, (region, here) in enumerate(seen.items()):
                staying = here & active & firms.active  # rows of firms that left in this month are cleared
                gone = int((here & active & ~firms.active).sum())
                due = min(quota.get(topic, 3), int((here & active).sum()))
                spent = int(firms.inspected[k, staying].sum())
                assert due - gone <= spent <= due, (topic, region)
                called = int((firms.complaint[k] & staying).sum())
                served = int((firms.inspected[k] & firms.complaint[k] & staying).sum())
                assert served == min(called, due) or gone
                done[k * len(territories) + place] += due
    np.testing.assert_array_equal(world.regulators.inspections, done)


# 7. Everybody is somewhere


@pytest.mark.parametrize("regime", ["joint_2016", "joint_2020", "tax_2014", "none"])
def test_listed_unlisted_and_exited_are_all_that_were_ever_created(regime: str) -> None:
    spec = small(regime, **{"exit.background": 0.3, "months": 36})
    model, created, exited = CreditRegime(spec), 60, 0
    for month in range(36):
        model.step()
        firms, latest = model.world.firms, model.series.latest
        created += int(latest["entries"].sum())
        exited += int(latest["exits"].sum())
        listed = (firms.listing > 0).any(axis=0)
        assert not (listed & ~firms.active).any()
        assert int(listed.sum()) + int((firms.active & ~listed).sum()) + exited == created, month
    assert exited > 5
    series = model.series.monthly()
    causes = [f"exits_{name}" for name in ("insolvency", "revoked", "voluntary", "background")]
    reasons = [item.name.lower() for item in Attribution]
    pd.testing.assert_series_equal(series[causes].sum(axis=1), series.exits, check_names=False)
    pd.testing.assert_series_equal(
        series[[f"exits_by_{r}" for r in reasons]].sum(axis=1), series.exits, check_names=False
    )


# 8. More enforcement, more compliance

NO_PEERS = {
    "exit": {"kind": "none"},
    "entry": {"kind": "none"},
    "learning.partners": 0.0,
    "learning.transparency": 0.0,
    "months": 18,
}


@pytest.mark.parametrize("behaviour", ["gradual", "threshold", "logit"])
@pytest.mark.parametrize("regime", ["fines_only", "joint_2016"])
def test_compliance_weakly_rises_with_fines(behaviour: str, regime: str) -> None:
    """With given beliefs, firm by firm; beliefs from experience need violations, which fines prevent."""
    spec = small(regime, **{key: value for key, value in NO_PEERS.items() if not key.startswith("learning")})
    spec = spec.changed({"learning": {"kind": "none", "initial": 0.1}, "behaviour": {"kind": behaviour}})
    spec = spec.changed({"measures": {}, "rewards": {}, "joint_punishment": {"kind": "none"}})
    runs = [run(spec.changed({"fines.scale": scale})).world.firms.effort for scale in (0.0, 0.5, 1.0, 3.0, 30.0)]
    for less, more in pairwise(runs):
        assert (more >= less).all()
    assert runs[-1].mean() > runs[0].mean() + 0.05


def test_compliance_weakly_rises_with_the_inspection_rate() -> None:
    """On average over the run: chance detections move single firms' beliefs both ways."""
    spec = small("fines_only", **NO_PEERS)
    rates = (0.0, 0.2, 0.7, 0.97, 1.0)
    means = [run(spec.changed({"inspection.rate": rate})).series.monthly().compliance.mean() for rate in rates]
    assert all(more >= less - 1e-9 for less, more in pairwise(means)), means
    assert means[-1] > means[0]


# 9. The same seed


@pytest.mark.parametrize("regime", REGIMES)
def test_a_run_resumed_from_a_checkpoint_is_identical(regime: str) -> None:
    spec = small(regime, **{"exit.background": 0.2, "months": 20})
    whole, stopped = run(spec), CreditRegime(spec)
    for _ in range(9):
        stopped.step()
    resumed = pickle.loads(pickle.dumps(stopped)).run_model()
    copied = copy.deepcopy(stopped).run_model()
    for other in (resumed, copied):
        assert_same(whole, other)
        for table in ("monthly", "by_topic", "by_group"):
            pd.testing.assert_frame_equal(
                getattr(whole.series, table)(), getattr(other.series, table)(), check_exact=True
            )
    assert stopped.world.month == 9


def test_a_resolved_scenario_reruns_bit_for_bit(tmp_path: Any) -> None:
    spec = small("joint_2020")
    (tmp_path / "scenario.yaml").write_text(spec.to_yaml(), encoding="utf-8")
    again = type(spec).read(tmp_path / "scenario.yaml")
    assert again == spec
    assert_same(run(spec), run(again))


# 10. What is not connected


@pytest.mark.parametrize("regime", ["joint_2016", "joint_2020", "tax_2014", "none"])
def test_jurisdictions_do_not_affect_each_other(regime: str) -> None:
    spec = anywhere(small(regime, **{"exit.background": 0.2, "months": 18}))
    economies = [random_graph(25, 0.15, 1), random_graph(40, 0.1, 2), random_graph(10, 0.3, 3)]
    together = run(spec, combine(economies), [4, 5, 6])
    frame = together.series.monthly()
    start = 0
    for number, (economy, seed) in enumerate(zip(economies, [4, 5, 6], strict=True)):
        alone = run(spec, economy, [seed])
        rows = slice(start, start + economy.firms)
        for name, column in state(alone).items():
            kind, _, short = name.partition(".")
            if kind == "firms" and short not in ("group", "person"):  # these hold numbers of rows and persons
                np.testing.assert_array_equal(getattr(together.world.firms, short)[..., rows], column, err_msg=name)
        ours = frame[frame.jurisdiction == number].drop(columns="jurisdiction").reset_index(drop=True)
        pd.testing.assert_frame_equal(ours, alone.series.monthly(), check_exact=True)
        start += economy.firms


def test_disconnected_components_do_not_affect_each_other() -> None:
    """Two networks in one jurisdiction, without what a jurisdiction shares: substitutes, search, published rates."""
    graph = nx.disjoint_union(
        nx.gnp_random_graph(12, 0.3, seed=1, directed=True), nx.gnp_random_graph(15, 0.3, seed=2, directed=True)
    )
    separate = {
        "trade.substitution": 0.0,
        "trade.replaceability": "none",
        "partners": {"kind": "none"},
        "learning.transparency": 0.0,
        "entry": {"kind": "none"},
        "exit.background": 0.1,
        "population.shared_person_share": 0.0,
    }
    spec = anywhere(small(**separate, months=20))
    economy = Economy.from_networkx(graph)
    one, other = CreditRegime(spec, economy=economy), CreditRegime(spec, economy=economy)
    other.world.firms.equity[:12] = -1  # the first network fails at once
    for model in (one, other):
        model.run_model()
    assert not np.array_equal(one.world.firms.active[:12], other.world.firms.active[:12])
    for name in ("effort", "belief", "score", "grade", "listing", "output", "equity", "active", "live", "levers"):
        np.testing.assert_array_equal(
            getattr(one.world.firms, name)[..., 12:], getattr(other.world.firms, name)[..., 12:]
        )
