"""Firms that gain by doing what others do: whose example counts, and what stays as it is without it."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.errors import ScenarioError
from creditregime.population.economy import Economy, combine
from tests.helpers import assert_same, bare, links, run, small

SHEEP = {"kind": "conform", "precision": 1000.0, "conformity": 10.0, "intrinsic": 0.0, "intrinsic_spread": 0.0}
"""Firms that follow any majority, and else their cost."""


@pytest.mark.parametrize("peers", ["all", "partners"])
def test_without_conformity_it_is_logit_bit_by_bit(peers: str) -> None:
    logit = run(small(behaviour={"kind": "logit", "precision": 2.0}))
    rule = {"kind": "conform", "precision": 2.0, "peers": peers}
    assert_same(logit, run(small(behaviour=rule | {"conformity": 0.0})))
    assert not np.array_equal(logit.world.firms.effort, run(small(behaviour=rule)).world.firms.effort)


def test_partners_count_topic_by_topic_and_who_has_none_decides_alone() -> None:
    rule = SHEEP | {"peers": "partners", "direction": "suppliers"}
    model = CreditRegime(bare(2, behaviour=rule), economy=links(5, (0, 1), (1, 2), (3, 2)))
    model.world.firms.effort[:] = [[1, 1, 0, 1, 1], [1, 0, 1, 1, 1]]
    model.step()
    # 0, 3 and 4 have no supplier: nothing is at stake, and complying costs; 2 has two, who agree on the first topic.
    np.testing.assert_array_equal(model.world.firms.effort[0], [0, 1, 1, 0, 0])
    assert model.world.firms.effort[1, 1] == 1
    np.testing.assert_array_equal(model.world.firms.effort[1, [0, 3, 4]], 0)


def test_all_are_those_in_business_in_the_own_jurisdiction() -> None:
    alone = Economy.from_networkx(nx.empty_graph(6, create_using=nx.DiGraph))
    model = CreditRegime(bare(1, behaviour=SHEEP), economy=combine([alone, alone]), seeds=[1, 2])
    model.world.firms.effort[0] = np.r_[1, 1, 0, 0, 0, 1, np.zeros(3), 1, np.zeros(2)]
    model.world.firms.active[[2, 3]] = False
    model.step()
    np.testing.assert_array_equal(model.world.firms.effort[0], np.repeat([1, 0], 6))


def test_the_example_is_that_of_the_country_where_pilots_differ() -> None:
    pilots = {"there": {"regions": ["region_1"], "fines": {"kind": "statutory"}}}
    model = CreditRegime(bare(1, behaviour=SHEEP, **{"population.regions": 2, "pilots": pilots}))
    firms = model.world.firms
    there = firms.region == 0
    firms.effort[0] = there
    firms.effort[0, np.flatnonzero(~there)[: 40 - there.sum()]] = 1
    assert firms.effort.mean() > 0.6
    assert firms.effort[0, ~there].mean() < 0.5
    model.step()
    assert (firms.effort == 1).all()


def test_the_first_effort_can_be_said_and_is_drawn_once() -> None:
    rule = SHEEP | {"initial": 0.75, "intrinsic": 0.2}
    assert (CreditRegime(bare(2, behaviour=rule)).world.firms.effort == np.float32(0.75)).all()
    assert (CreditRegime(bare(2, behaviour=rule)).world.firms.intrinsic == np.float32(0.2)).all()
    phases = [{"month": 3, "changes": {"behaviour.initial": 0.5}}]
    with pytest.raises(ScenarioError, match=r"phases: month 3: behaviour\.initial is drawn once"):
        bare(2, behaviour=rule, phases=phases)
