"""What the patterns are measured with: distances, gatherings, twins; and that nothing is found where nothing acts."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.stats import ttest_rel

from creditregime import CreditRegime
from creditregime.validation import Size, oracles
from creditregime.validation.oracles import reduction
from creditregime.validation.patterns import without_system
from creditregime.validation.patterns_network import _after_failure, _deterred, in_trouble
from creditregime.validation.patterns_scores import _gathered, around
from creditregime.validation.twins import advance, effect, late, slack, steps_from, twin, worlds
from tests.helpers import links, random_graph, small


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("direction", ["both", "suppliers"])
def test_steps_are_the_shortest_paths_of_networkx(seed: int, direction: Any) -> None:
    world = CreditRegime(small(), economy=random_graph(50, 0.03, seed)).world
    network, graph = world.network, nx.DiGraph()
    graph.add_nodes_from(range(50))
    idle = np.arange(0, len(network.weight), 7)
    network.disconnect(idle)  # partners who parted are none
    on = np.flatnonzero(network.weight > 0)
    graph.add_edges_from(zip(network.buyers_of(on).tolist(), network.supplier[on].tolist(), strict=True))
    way = graph.to_undirected() if direction == "both" else graph
    sources = [3, 17]
    expected = nx.multi_source_dijkstra_path_length(way, set(sources))
    found = steps_from(world, np.array(sources), direction)
    assert {row: step for row, step in enumerate(found) if np.isfinite(step)} == expected


def test_tiers_go_up_to_suppliers_and_not_down_to_buyers() -> None:
    world = CreditRegime(small(), economy=links(5, (0, 1), (1, 2), (2, 3), (1, 4))).world
    np.testing.assert_array_equal(steps_from(world, np.array([2]), "suppliers"), [2, 1, 0, np.inf, np.inf])
    np.testing.assert_array_equal(steps_from(world, np.array([2])), [2, 1, 0, 1, 2])


def test_gathering_is_counted_in_half_open_windows() -> None:
    score = np.array([90, 92.9, 89.9, 87, 86.9, 93, 100, 50], np.float32)
    assert around(score, 90, 3) == (2 / 8, 2 / 8)
    even = np.linspace(0, 100, 10_001, dtype=np.float32)
    assert around(even, 50, 10) == pytest.approx((0.1, 0.1), abs=1e-3)
    moved = np.where((even >= 45) & (even < 50), even + 5, even)  # half of those below step over the cut-off
    assert around(moved, 50, 10) == pytest.approx((0.15, 0.05), abs=1e-3)


def test_an_effect_is_the_paired_t_interval_over_the_seeds_that_have_both() -> None:
    draws = np.random.Generator(np.random.PCG64(1))
    common = draws.normal(size=20)
    one, other = common + 0.5 + 0.1 * draws.normal(size=20), common + 0.1 * draws.normal(size=20)
    one[3] = other[5] = np.nan
    both = np.isfinite(one) & np.isfinite(other)
    interval = ttest_rel(one[both], other[both]).confidence_interval()
    found = effect("x", "more", one, other)
    assert found.obtained.endswith(f"[{interval.low:+.3g}, {interval.high:+.3g}]")
    assert found.verdict == "met"
    assert "18 paired seeds" in found.tolerance
    assert effect("x", "less", one, other).verdict == "not met"


def test_a_twin_left_alone_is_the_same_world_and_does_not_share_its_state() -> None:
    model = CreditRegime(small())
    for _ in advance(model, 6):
        pass
    other = twin(model)
    for one in (model, other):
        one.run_model()
    for name in ("effort", "equity", "score", "output"):
        np.testing.assert_array_equal(getattr(model.world.firms, name), getattr(other.world.firms, name))
    assert other.world.firms.effort is not model.world.firms.effort
    assert other.firm(0).model is other


def test_worlds_pair_seed_by_seed() -> None:
    base = small(months=6)
    found = worlds((base, base.changed({"measures": {}})), 3, lambda model: (model.spec.seed, *late(model, "output")))
    np.testing.assert_array_equal(found[:, :, 0], [[1, 2, 3]] * 2)
    alone = CreditRegime(base, seed=2).run_model().series.monthly()["output"].mean()
    assert found[0, 1, 1] == pytest.approx(alone)


# Placebos: without the mechanism the same measure finds nothing


def test_a_published_finding_deters_nobody_where_nobody_learns_from_partners() -> None:
    deaf = {"learning.partners": 0.0, "months": 60, "population.firms": 200}
    changes = worlds((reduction("pattern_peers").changed(deaf),), 3, lambda model: _deterred(model, 2))
    np.testing.assert_array_equal(np.nan_to_num(changes), 0)


def test_learning_alone_reaches_exactly_one_step_at_first() -> None:
    """Without imitation a finding is news to buyers only, and to nobody further away before they act on it."""
    base = reduction("pattern_peers").changed({"behaviour": {"kind": "gradual"}, "population.firms": 200, "months": 60})
    model = CreditRegime(base)
    for month in advance(model, 60):
        known = np.unique(model.world.findings.firm)
        watched = model.world.network.from_buyers(model.world.firms.size)[known] > 0
        if month > 20 and watched.any():
            break
    source = known[watched][:1]
    silent = twin(model)
    silent.world.findings = model.world.findings.those(model.world.findings.firm != source[0])
    buyers = model.world.network.buyers(int(source[0]))
    for one in (model, silent):
        one.step()
    changed = np.flatnonzero(slack(model.world) != slack(silent.world))
    assert set(changed) <= set(buyers.tolist())
    assert len(changed)


def test_a_buyer_that_does_not_fail_distresses_nobody() -> None:
    model = CreditRegime(reduction("pattern_distress", population__firms=100))
    for _ in advance(model, 6):
        pass
    firms = model.world.firms
    row = int(np.argmax(firms.size))
    firms.debt[row] = firms.equity[row] = 0  # then a failure takes nothing from it that it has
    changes = _after_failure(model, twin(model), row, months=6)
    np.testing.assert_array_equal(np.nan_to_num(changes), 0)


def test_trouble_is_little_capital_or_being_gone() -> None:
    model = CreditRegime(small())
    firms, born = model.world.firms, model.world.firms.born.copy()
    mean = model.world.law.margins.equity[0]
    firms.equity[:] = firms.size * mean
    firms.equity[0] = 0.2 * mean * firms.size[0]
    firms.active[1] = False
    firms.born[2] = 5
    assert np.flatnonzero(in_trouble(model.world, born)).tolist() == [0, 1, 2]


def test_grades_without_consequences_for_anybody_gather_nobody() -> None:
    """Two equal worlds: the measure of bunching is 0 exactly, since all draws are shared."""
    spec = reduction("pattern_bunching", measures={}, population__firms=100, months=48)
    found = worlds((spec, spec.changed({"title": "again"})), 2, _gathered)
    np.testing.assert_array_equal(found[0], found[1])


def test_history_matters_only_through_what_follows_from_it() -> None:
    """Without consequences, and with uniform inspections, keeping records and grading by them moves no violation."""
    base = reduction("pattern_history", population__firms=120, months=36)
    graded = base.changed({"inspection": {"kind": "uniform"}, "measures": {}, "rewards": {}, "spillover": {}})
    graded = graded.changed({"partners.review": 0.0, "partners.avoid_listed": False})
    found = worlds((graded, without_system(graded)), 2, lambda model: late(model, "violations", months=36))
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize("name", [name for name, entry in oracles().items() if entry.known])
def test_what_is_known_to_fail_says_why_and_has_a_sign(name: str) -> None:
    entry = oracles()[name]
    assert len(entry.known) > 80
    assert entry.section == "patterns"  # what must hold by algebra may not be excused


def test_facts_beyond_the_model_are_told_and_not_counted_as_met() -> None:
    found = oracles()["facts_beyond_the_model"].findings(Size(full=False))
    assert {finding.verdict for finding in found} == {"not testable"}
    assert all(finding.obtained for finding in found)
