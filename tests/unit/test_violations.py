"""Violations, complaints, monitoring and fines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.codes import Event, Origin
from tests.helpers import bare

MANY = {"population.firms": 3000, "population.essential": "none", "population.mean_suppliers": 1}
LAZY = {"behaviour": {"kind": "none", "intrinsic": 0.0, "intrinsic_spread": 0.0}}


def share(values: Any, chance: float, draws: int) -> bool:
    return bool(abs(float(np.mean(values)) - chance) <= 4 * np.sqrt(chance * (1 - chance) / draws) + 1e-9)


@pytest.mark.parametrize("effort", [0.0, 0.5, 1.0])
def test_violations_happen_with_hazard_times_missing_effort(effort: float) -> None:
    model = CreditRegime(bare(1, **MANY | LAZY, violations={"kind": "hazard"}, topics={"a": {"hazard": 0.4}}))
    model.world.firms.effort[:] = effort
    model.step()
    assert share(model.world.firms.violation > 0, 0.4 * (1 - effort), 3000)


def test_more_effort_only_ever_prevents() -> None:
    spec = bare(1, **MANY | LAZY, violations={"kind": "hazard"}, topics={"a": {"hazard": 0.9}})
    models = [CreditRegime(spec) for _ in range(2)]
    models[1].world.firms.effort[:] = 0.3
    for model in models:
        model.step()
    assert (models[1].world.firms.violation <= models[0].world.firms.violation).all()


def test_topics_weigh_on_sectors_and_ownerships() -> None:
    weighs = {"construction": 0.5, "foreign": 3.0}
    world = CreditRegime(
        bare(1, topics={"a": {"hazard": 0.2, "weighs_on": weighs}}, **{"population.foreign_share": 0.4})
    ).world
    construction = np.array(world.economy.sectors)[world.firms.sector] == "construction"
    foreign = world.firms.ownership == 2
    expected = 0.2 * np.where(construction, 0.5, 1) * np.where(foreign, 3, 1)
    np.testing.assert_allclose(world.firms.hazard[0], np.minimum(expected, 1), rtol=1e-6)
    assert (
        CreditRegime(bare(1, topics={"a": {"hazard": 0.9, "weighs_on": {"private": 9.0}}})).world.firms.hazard.max()
        <= 1
    )


def test_complaints_arise_from_violations_alone() -> None:
    topics = {"a": {"hazard": 0.5}, "b": {"hazard": 0.5}}
    spec = bare(2, **MANY | LAZY, violations={"kind": "hazard", "complaints": {"a": 0.3}}, topics=topics)
    model = CreditRegime(spec)
    model.step()
    firms = model.world.firms
    assert not (firms.complaint & (firms.violation == 0)).any()
    assert not firms.complaint[1].any()
    violated = firms.violation[0] > 0
    assert share(firms.complaint[0][violated], 0.3, int(violated.sum()))


def test_the_dead_violate_nothing() -> None:
    model = CreditRegime(bare(1, **LAZY, violations={"kind": "hazard"}, topics={"a": {"hazard": 1.0}}))
    model.world.firms.active[:20] = False
    model.step()
    assert not model.world.firms.violation[:, :20].any()
    assert model.world.firms.violation[:, 20:].all()


def test_monitoring_sees_its_share_of_violations_and_nothing_else() -> None:
    topics = {"a": {"hazard": 0.5}, "b": {"hazard": 0.5}}
    watching = {"monitoring": {"kind": "coverage", "share": {"a": 0.4}}}
    model = CreditRegime(bare(2, **MANY | LAZY | watching, violations={"kind": "hazard"}, topics=topics))
    model.step()
    firms = model.world.firms
    violated = firms.violation[0] > 0
    assert share(firms.found[0][violated] > 0, 0.4, int(violated.sum()))
    assert not firms.found[0][~violated].any()
    assert not firms.found[1].any()
    assert set(np.unique(firms.found)) == {0, Origin.MONITORING}


def test_fines_follow_severity_topic_and_size() -> None:
    rule = {"kind": "statutory", "minor": 0.1, "serious": 4.0, "scale": 2.0}
    for shares, factor in (((0.0, 0.0), 0.1), ((1.0, 0.0), 1.0), ((0.0, 1.0), 4.0)):
        topics = {"a": {"hazard": 1.0, "fine": 0.3, "general": shares[0], "serious": shares[1]}, "b": {"hazard": 0.0}}
        watching = {"monitoring": {"kind": "coverage", "share": 1}}
        model = CreditRegime(bare(2, **LAZY | watching, violations={"kind": "hazard"}, topics=topics, fines=rule))
        model.step()
        np.testing.assert_allclose(model.world.firms.fines, 2.0 * 0.3 * factor * model.world.firms.size, rtol=1e-5)
        assert (model.world.events["kind"] == Event.FINED).sum() == 60


def test_a_firm_found_in_two_topics_is_fined_twice() -> None:
    topics = {name: {"hazard": 1.0, "fine": 0.3, "general": 1.0, "serious": 0.0} for name in "ab"}
    watching = {"monitoring": {"kind": "coverage", "share": 1}}
    spec = bare(2, **LAZY | watching, violations={"kind": "hazard"}, topics=topics, fines={"kind": "statutory"})
    model = CreditRegime(spec)
    model.step()
    np.testing.assert_allclose(model.world.firms.fines, 0.6 * model.world.firms.size, rtol=1e-5)


def test_nobody_violates_and_nobody_pays_when_off() -> None:
    model = CreditRegime(bare(2, **LAZY)).run_model()
    assert not model.world.firms.violation.any()
    assert not model.world.firms.fines.any()


def test_reporting_costs_a_fixed_and_a_proportional_part() -> None:
    spec = bare(1, reporting={"kind": "duty", "fixed": 0.01, "proportional": 0.02})
    world = CreditRegime(spec).world
    world.firms.active[0] = False
    expected = (0.01 + 0.02 * world.firms.size) * world.firms.active
    np.testing.assert_allclose(spec.reporting.burden(world), expected, rtol=1e-6)
