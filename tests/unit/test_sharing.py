"""Who sees a record: regional and withheld records, leaks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.codes import Lever, Standing
from creditregime.errors import ScenarioError
from creditregime.population.economy import Economy
from creditregime.regime.registry import leave_region
from creditregime.regime.spillover import GroupLinear, Linear
from tests.helpers import assert_same, bare, links, prepared, recount, run, set_records, small
from tests.unit.test_lists import ALWAYS, SERIOUS
from tests.unit.test_spillover import averaging, family
from tests.unit.test_violations import MANY, share

REGIONAL: dict[str, Any] = {"registry": {"kind": "database", "sharing": "regional"}, "rating": {"kind": "points"}}


def in_regions(economy: Economy, regions: list[int]) -> Economy:
    economy.region[:] = regions
    return economy


@pytest.mark.parametrize("direction", ["suppliers", "buyers", "both"])
@pytest.mark.parametrize("weighting", ["value", "equal", "sum"])
def test_partners_elsewhere_pass_nothing_on(direction: Any, weighting: Any) -> None:
    economy = in_regions(links(6, (0, 3), (1, 3), (2, 3), (3, 4), (4, 5), (3, 5)), [0, 1, 0, 0, 0, 1])
    world = CreditRegime(bare(1, **REGIONAL), economy=economy).world
    own = np.array([10, 20, 30, 40, 50, 60], np.float32)
    seen = economy.region[:, None] == economy.region
    expected = 0.5 * (averaging(economy, direction, weighting) * seen) @ own
    found = Linear(strength=0.5, direction=direction, weighting=weighting).shortfall(world, own)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    shared = {"registry": {"kind": "database", "sharing": "central"}}
    central = CreditRegime(bare(1, **REGIONAL | shared), economy=economy).world
    everybody = Linear(strength=0.5, direction=direction, weighting=weighting).shortfall(central, own)
    assert everybody is not None
    assert (everybody > expected + 1).any()


def test_parents_and_branches_elsewhere_pass_nothing_on() -> None:
    world = CreditRegime(bare(1, **REGIONAL), economy=in_regions(family(), [0, 0, 1, 0, 0, 0])).world
    own = np.array([40, 12, 36, 0, 50, 0], np.float32)
    found = GroupLinear(strength=0.5, direction="both").shortfall(world, own)
    np.testing.assert_allclose(found, [2, 20, 0, 20, 0, 0])


def test_in_one_region_regional_is_central() -> None:
    changes = {"population.regions": 1, "monitoring.share": 0.3, "months": 30}
    one = run(small(**changes, **{"registry.sharing": "regional"}))
    assert_same(one, run(small(**changes, **{"registry.sharing": "central"})))


def test_a_firm_that_moves_leaves_its_records_behind() -> None:
    lists = {"lists": {"l": {"topic": "a", "max_months": 60}}, "registry": ALWAYS["registry"] | {"sharing": "regional"}}
    ban = {"agency": "b", "lever": "management", "size": 0.1, "lists": ["l"]}
    spec = bare(2, **ALWAYS | lists, measures={"ban": ban}, topics={"a": SERIOUS, "b": {"hazard": 0.0}})
    for sharing, left in (("regional", True), ("central", False)):
        model = CreditRegime(spec.changed({"registry.sharing": sharing, "registry.delay": 1}))
        world = model.world
        for _ in range(3):
            model.step()
        assert world.firms.live[2, 0, :2].tolist() == [2, 2]
        world.firms.effort[:] = 1
        world.firms.region[0] = 3 - world.firms.region[0]
        world.month -= 1  # as at the end of the month, when one more record is on its way to the registry
        leave_region(world, np.array([0]))
        world.month += 1
        model.step()
        np.testing.assert_array_equal(world.firms.live, recount(world, 3))
        assert world.firms.live[2, 0, :2].tolist() == [0 if left else 3, 3]
        assert world.firms.listing[0, :2].tolist() == [Standing.UNLISTED if left else Standing.OWN, Standing.OWN]
        assert (world.firms.levers[Lever.MANAGEMENT, 0] == 0) == left
        assert world.firms.last_record[0] == (-(2**15) if left else 2)


# Withheld topics

TWO: dict[str, Any] = {
    "registry": {"kind": "database", "sharing": "central", "withheld": ["b"]},
    "rating": {"kind": "points"},
    "lists": {"all": {"topic": "general"}, "own": {"topic": "b"}},
    "measures": {
        "ban": {"agency": "b", "lever": "management", "size": 0.1, "lists": ["own"]},
        "tax": {"agency": "a", "lever": "tax", "size": 0.1, "lists": ["all"]},
    },
    "joint_punishment": {"kind": "memorandum", "strength": 1.0},
    "topics": {"a": {"hazard": 0.0}, "b": SERIOUS},
}


@pytest.mark.parametrize("withheld", [True, False])
def test_what_is_withheld_stays_with_its_regulator(withheld: bool) -> None:
    rules = {**ALWAYS, **TWO}
    if not withheld:
        rules["registry"] = {"kind": "database", "sharing": "central"}
    model = CreditRegime(bare(2, **rules, months=2)).run_model()
    firms = model.world.firms
    assert (firms.live[2, 1] == 2).all()
    assert (firms.own_score[0] == (100 if withheld else 40)).all()
    assert (firms.listing[1] == Standing.OWN).all()
    assert (firms.levers[Lever.MANAGEMENT] > 0).all()
    assert (firms.listing[0] == (Standing.UNLISTED if withheld else Standing.OWN)).all()
    assert (firms.levers[Lever.TAX] > 0).all() != withheld
    world, spec = model.world, model.spec
    assert (spec.rating.deduction(world, 1, 2) is None) == withheld
    assert spec.rating.deduction(world, 0, 2) == (30, False)
    frame = model.series.monthly()
    assert frame.records_shared.iloc[-1] == (0 if withheld else 2)


@pytest.mark.parametrize(("sharing", "readers"), [("siloed", 1), ("regional", 2), ("central", 8)])
def test_how_many_agencies_can_read_a_record(sharing: str, readers: int) -> None:
    registry = {"kind": "database", "sharing": sharing}
    inspection = {"kind": "uniform", "level": "regional"}
    model = run(bare(2, **ALWAYS | {"registry": registry}, inspection=inspection, topics={"a": SERIOUS, "b": {}}))
    assert model.world.law.readers.tolist() == [readers, readers]
    frame = model.series.monthly()
    np.testing.assert_allclose(frame.records_shared, frame.live_records * (readers - 1))


@pytest.mark.parametrize(
    ("registry", "said"),
    [
        ({"sharing": "central", "withheld": ["x"]}, "registry.withheld: unknown name 'x'; allowed: a, b"),
        ({"sharing": "siloed", "withheld": ["a"]}, "registry.withheld: nothing is shared"),
        ({"sharing": "regional", "withheld": ["a", "b"]}, "registry.withheld: all topics are withheld"),
    ],
)
def test_what_cannot_be_withheld_is_refused(registry: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        bare(2, registry={"kind": "database"} | registry)
    assert str(caught.value).startswith(said)


# Leaks


def test_leaks_follow_records_readers_and_sensitivity() -> None:
    protection = {"kind": "levels", "leak_rate": 0.02, "cost": 0.5, "sensitivity": {"b": 3.0, "default": 1.0}}
    spec = bare(2, **MANY, **REGIONAL, protection=protection, topics={"a": {"hazard": 0.0}, "b": {"hazard": 0.0}})
    world = prepared(spec)
    set_records(world, spec.rating, minor={(row, "a"): 1 for row in range(3000)})
    set_records(world, spec.rating, serious={(row, "b"): 3 for row in range(1500)})
    world.law.readers[:] = (4, 2)
    spec.protection.leak(world)
    hit = world.firms.costs > 0
    assert share(hit[:1500], 1 - 0.98**10, 1500)
    assert share(hit[1500:], 1 - 0.98**4, 1500)
    damage = (world.firms.costs / world.firms.size)[hit]
    np.testing.assert_allclose(np.unique(np.round(damage, 4)), [0.5, 0.5 * (4 + 3 * 6) / 10], rtol=1e-3)
    assert world.tally["leaks"] == hit.sum()


def test_protection_needs_records() -> None:
    with pytest.raises(ScenarioError, match=r"protection\.kind: 'levels' needs records"):
        bare(1, protection={"kind": "levels"})
