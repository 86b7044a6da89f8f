"""Diffusion of pilots: hazards against the geometric distribution, central approval, success as a condition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from creditregime import CreditRegime
from creditregime.codes import Event
from creditregime.errors import ScenarioError
from creditregime.population.economy import combine
from creditregime.regime.diffusion import Contagion, National, trade_between_regions
from creditregime.regime.pilots import Pilot
from tests.helpers import assert_same, bare, links, run, small
from tests.unit.test_pilots import EVERYTHING, pilot

REGION = {"there": Pilot(regions=("region_1",))}


def worlds(count: int, regions: int = 2, **changes: Any) -> CreditRegime:
    """Return a model of many small jurisdictions, the first region of each under a pilot."""
    spec = bare(1, **{"population.firms": 6, "population.regions": regions, "months": 200} | changes)
    economy = combine([spec.population.build(1)] * count)
    return CreditRegime(spec.changed({"pilots": pilot()}), economy=economy)


def test_one_region_adopts_after_a_geometric_time() -> None:
    world, chance = worlds(600).world, 0.1
    rule, months = Contagion(spontaneous=0.04, imitation=0.06), np.zeros(600, int)
    while (world.territory == 0).any():
        world.month += 1
        rule.spread(world, REGION)
        months[(months == 0) & (world.territory[:, 1] == 1)] = world.month
    waiting = np.bincount(np.minimum(months, 25), minlength=26)[1:]
    shares = stats.geom.pmf(np.arange(1, 25), chance)
    expected = 600 * np.append(shares, 1 - shares.sum())
    assert stats.chisquare(waiting, expected).pvalue > 0.01
    assert months.mean() == pytest.approx(1 / chance, rel=0.1)


def test_the_hazard_grows_with_the_share_of_the_others() -> None:
    world = worlds(4000, regions=4).world
    world.territory[:] = 0
    for number in range(4000):
        world.territory[number, : number % 4] = 1
    before = world.territory.copy()
    world.month = 5
    Contagion(spontaneous=0.1, imitation=0.6).spread(world, REGION)
    for had in range(4):
        ours = before[had::4]
        adopted = (world.territory[had::4] == 1)[ours == 0].mean()
        assert adopted == pytest.approx(0.1 + 0.6 * had / 3, abs=0.03)
    assert (world.territory[before == 1] == 1).all()


def test_draws_belong_to_the_region_and_the_jurisdiction() -> None:
    economy = bare(1).population.build(1)
    spec = bare(1, diffusion={"kind": "contagion", "imitation": 0.2}, pilots=pilot(), months=20)
    alone = [run(spec, economy, [seed]).series.monthly().regions_with_pilot for seed in (4, 9)]
    both = run(spec, combine([economy] * 2), [4, 9]).series.monthly()
    for number in range(2):
        ours = both[both.jurisdiction == number].regions_with_pilot
        assert ours.tolist() == alone[number].tolist()
    assert alone[0].tolist() != alone[1].tolist()


def test_exposure_by_trade_is_the_share_of_trade_with_other_regions() -> None:
    economy = links(4, (0, 1), (2, 1), (3, 1), (1, 0))
    economy.region[:] = [0, 1, 2, 0]
    economy = type(economy)(**{**vars(economy), "regions": ("x", "y", "z")})
    spec = bare(1, **{"topics": {"a": {}}}, pilots={"there": {"regions": ["x"]}})
    world = CreditRegime(spec, economy=economy).world
    rule = Contagion(exposure="trade")
    trade = trade_between_regions(world)[0]
    both = trade + trade.T
    seen = rule._weights(world)[0]
    assert np.diagonal(seen).tolist() == [0, 0, 0]
    np.testing.assert_allclose(seen[1], [both[1, 0], 0, both[1, 2]])
    assert seen[0, 2] == 0
    world.month = 1
    Contagion(exposure="trade", imitation=1.0).spread(world, {"there": Pilot(regions=("x",))})
    assert world.territory[0, 2] == 0, "z trades with y only, which has no pilot"


def test_central_approval_is_the_national_rule_from_then_on() -> None:
    regions = [f"region_{number}" for number in range(1, 5)]
    at_once = run(small(pilots=pilot(regions, start=9, **EVERYTHING)))
    spec = small(pilots=pilot(regions[:1], start=9, **EVERYTHING), diffusion={"kind": "national", "month": 9})
    approved = run(spec)
    assert_same(at_once, approved)
    log = approved.world.events
    assert log["month"][log["kind"] == Event.ADOPTED].tolist() == [9] * 4
    later = run(spec.changed({"diffusion.month": 15})).series.monthly().regions_with_pilot
    assert later.tolist() == [0] * 9 + [1] * 6 + [4] * 9


def test_approval_waits_for_success() -> None:
    world = worlds(3, regions=3).world
    rule = National(month=0, success=0.2)
    made, hits = world.observed
    made[:] = 10
    hits[:] = [[3, 5, 5], [5, 5, 5], [0, 0, 0]]
    assert rule.works(world, 1).tolist() == [True, False, False]
    rule.spread(world, REGION)
    assert world.territory.tolist() == [[1, 1, 1], [1, 0, 0], [1, 0, 0]]
    hits[:] = 5
    rule.spread(world, REGION)
    assert world.territory[0].tolist() == [1, 1, 1], "what was approved stays"
    made[:, 0] = 0
    hits[1] = [0, 5, 5]
    assert not rule.works(world, 1)[1], "nobody looked there"


def test_what_inspections_find_is_observed_by_region() -> None:
    changes = {
        "inspection": {"kind": "uniform", "rate": 0.99},
        "violations": {"kind": "hazard"},
        "topics.a.hazard": 0.4,
    }
    spec = bare(2, **changes, months=1, pilots=pilot(), diffusion={"kind": "national", "month": 5, "success": 0.1})
    world = run(spec).world
    firms = world.firms
    for region in range(4):
        there = firms.region == region
        assert world.observed[0, 0, region] * 12 == pytest.approx(firms.inspected[:, there].sum())
        found = firms.inspected[:, there] & (firms.found[:, there] > 0)
        assert world.observed[1, 0, region] * 12 == pytest.approx(found.sum())
    assert world.observed[1].any()
    assert not run(spec.changed({"diffusion.success": None})).world.observed.any()


BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no pilots": ({"diffusion": {"kind": "contagion"}}, ["diffusion.kind", "needs pilots"]),
    "unknown": (
        {"diffusion": {"kind": "national", "month": 3, "pilot": "ther"}, "pilots": pilot()},
        ["diffusion.pilot", "'ther'", "did you mean 'there'"],
    ),
    "before": (
        {"diffusion": {"kind": "national", "month": 3}, "pilots": pilot(start=7)},
        ["diffusion.month", "starts in 7"],
    ),
    "ends": (
        {"diffusion": {"kind": "national", "month": 3}, "pilots": pilot(end=7)},
        ["pilots.there.end", "must be null"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_diffusion_is_one_clear_line(case: str) -> None:
    changes, words = BAD[case]
    with pytest.raises(ScenarioError) as error:
        bare(1, **changes)
    for word in words:
        assert word in str(error.value)
