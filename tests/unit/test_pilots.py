"""Pilots: the rules of a territory hold there and nowhere else, and nothing is counted twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import yaml

from creditregime import CreditRegime, Scenario
from creditregime.codes import Event
from creditregime.component import Rule
from creditregime.errors import ScenarioError
from creditregime.laboratory.catalogue import families
from creditregime.regime.diffusion import trade_between_regions
from creditregime.regime.territories import WRITES, Part, Territories
from tests.helpers import REGIMES, assert_same, assert_sound, bare, columns_of, run, small, state

APART: dict[str, Any] = {  # nothing passes from one region to another
    "trade": {"kind": "none", "substitution": 0.0},
    "partners": {"kind": "none"},
    "spillover.partner": {"kind": "none"},
    "spillover.person": {"kind": "none"},
    "learning.partners": 0.0,
    "learning.transparency": 0.0,
}
EVERYTHING: dict[str, Any] = {
    "rating": {"base": 82, "minor": 5},
    "inspection": {"kind": "quota", "number": 3},
    "monitoring": {"share": 0.3},
    "fines": {"scale": 3},
    "repair": {"kind": "timed"},
    "lists": {"tax": {"max_months": 24}},
    "measures": {"customs_delay": {"size": 0.3}},
}


def pilot(regions: Any = ("region_1",), **differs: Any) -> dict[str, Any]:
    return {"there": {"regions": list(regions)} | differs}


def nationally(differs: dict[str, Any]) -> dict[str, Any]:
    """Return the changes that make the same rules national."""
    flat: dict[str, Any] = {}
    for key, rule in differs.items():
        for name, value in rule.items():
            if key in ("lists", "measures"):
                flat |= {f"{key}.{name}.{field}": entry for field, entry in value.items()}
            else:
                flat[f"{key}.{name}"] = value
    return flat


@pytest.mark.parametrize("regime", [name for name in REGIMES if not small(name).pilots])
def test_a_pilot_without_differences_changes_nothing(regime: str) -> None:
    assert_same(run(small(regime)), run(small(regime, pilots=pilot(start=3))))


@pytest.mark.parametrize("regime", ["joint_2016", "siloed_topics", "tax_2014", "rongcheng"])
def test_stages_run_region_by_region_are_the_whole(regime: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal rules are otherwise run together: here each territory goes alone through every stage."""
    spec = small(regime)
    whole = run(spec)
    monkeypatch.setattr(Territories, "_groups", lambda self, stage: [*range(len(self.rules))])
    monkeypatch.setattr(Territories, "_keepers", lambda self, name: [*range(len(self.rules))])
    measures = {name: {"basis": "a local one"} for name in spec.measures}
    pilots = pilot(measures=measures) | {"other": {"regions": ["region_3"], "start": 5}}
    pieces = run(spec.changed({"pilots": pilots}))
    assert_same(whole, pieces)
    for name, column in whole.series.monthly().items():
        if name != "regions_with_pilot":
            np.testing.assert_array_equal(column, pieces.series.monthly()[name], err_msg=str(name))
    assert len(pieces.catalogue.items) == len(whole.catalogue.items) + len(measures)


def test_a_pilot_everywhere_is_the_national_rule() -> None:
    regions = [f"region_{number}" for number in range(1, 5)]
    there = run(small(pilots=pilot(regions, **EVERYTHING)))
    assert_same(run(small(**nationally(EVERYTHING))), there)
    assert (there.series.monthly().regions_with_pilot == 4).all()


@pytest.mark.parametrize(
    ("pilot_rules", "country"),
    [
        ({"monitoring": {"cost": 0.01}}, {}),
        ({"fines": {"kind": "none"}}, {}),
        ({"rating": {"base": 82}}, {"finance.file": "merged"}),
        ({"rating": {"base": 82}}, {"reporting.misreport": 0.8, "monitoring.share": 0.4}),
    ],
)
def test_what_other_rules_make_of_a_pilot_everywhere_is_the_national_rule(
    pilot_rules: dict[str, Any], country: dict[str, Any]
) -> None:
    regions = [f"region_{number}" for number in range(1, 5)]
    same = {f"{key}.{name}": value for key, rule in pilot_rules.items() for name, value in rule.items()}
    assert_same(run(small(**country, **same)), run(small(**country, pilots=pilot(regions, **pilot_rules))))


def test_a_share_of_the_regions_is_its_first_ones() -> None:
    one = run(small(pilots={"there": {"share": 0.3, "fines": {"scale": 3}}}))
    assert_same(one, run(small(pilots=pilot(("region_1", "region_2"), fines={"scale": 3}))))
    both = {"a": {"share": 0.3}, "b": {"regions": ["region_2"]}}
    with pytest.raises(ScenarioError, match=r"pilots\.b: region_2 is in 'a' at the same time"):
        CreditRegime(small(pilots=both))
    for wrong in ({}, {"share": 0.5, "regions": ["region_1"]}):
        with pytest.raises(ScenarioError, match="needs either regions or a share of them"):
            small(pilots={"a": wrong})


def test_a_pilot_leaves_other_regions_alone() -> None:
    plain, local = run(small(**APART)), run(small(pilots=pilot(start=4, **EVERYTHING), **APART))
    inside = plain.world.firms.region == 0
    mine, theirs = columns_of(plain.world.firms), columns_of(local.world.firms)
    mine.pop("person")  # entrants' persons are numbered through the country
    for name, column in mine.items():
        np.testing.assert_array_equal(column[..., ~inside], theirs[name][..., ~inside], err_msg=name)
    assert (theirs["effort"][:, inside] != mine["effort"][:, inside]).any()
    assert_sound(local)


def test_quotas_and_counts_are_those_of_each_territory() -> None:
    spec = bare(2, **{"inspection": {"kind": "quota", "number": 5, "complaint_response": 0}, "months": 6})
    model = CreditRegime(spec.changed({"pilots": pilot(inspection={"number": 3})}))
    for month in range(1, 7):
        model.step()
        inside = model.world.firms.region == 0
        for inspected in model.world.firms.inspected:
            assert (inspected[inside].sum(), inspected[~inside].sum()) == (3, 5)
        assert model.world.regulators.inspections.tolist() == [8 * month] * 2
        assert model.series.latest["inspections"] == pytest.approx(16 / 60)


def test_inspections_by_grade_follow_the_rates_of_the_place() -> None:
    changes = {"registry": {"kind": "database"}, "rating": {"kind": "points"}, "months": 1}
    changes |= {"inspection": {"kind": "grade", "rates": {"A": 0.0}, "complaint_response": 0}}
    always = {"rates": {"A": 1.0}}
    model = run(bare(1, **changes).changed({"pilots": pilot(inspection=always)}))
    assert model.world.firms.inspected[0].tolist() == (model.world.firms.region == 0).tolist()


def test_regional_regulators_have_the_quota_of_their_region() -> None:
    spec = bare(1, **{"inspection": {"kind": "quota", "number": 5, "level": "regional"}, "months": 4})
    model = run(spec.changed({"pilots": pilot(["region_2"], inspection={"number": 2})}))
    assert model.world.regulators.region.tolist() == [0, 1, 2, 3]
    assert model.world.regulators.inspections.tolist() == [20, 8, 20, 20]


def test_fines_are_imposed_once_by_the_law_of_the_place() -> None:
    changes = {"monitoring": {"kind": "coverage", "share": 0.9}, "fines": {"kind": "statutory"}, "months": 1}
    changes |= {"violations": {"kind": "hazard"}, "topics.a.hazard": 0.9, "registry": {"kind": "database"}}
    model = run(bare(2, **changes).changed({"pilots": pilot(fines={"scale": 3.0})}))
    plain = run(bare(2, **changes))
    inside = model.world.firms.region == 0
    factor = np.where(inside, np.float32(3), np.float32(1))
    assert plain.world.firms.fines[inside].any()
    np.testing.assert_allclose(model.world.firms.fines, plain.world.firms.fines * factor, rtol=1e-6)
    assert (model.world.events["kind"] == Event.FINED).sum() == len(model.world.findings.firm)


def test_records_have_the_points_of_the_rating_there() -> None:
    world = run(small(pilots=pilot(rating={"minor": 9.0}), **{"months": 12})).world
    minor = world.records["severity"] == 1
    inside = world.records["region"][minor] == 0
    points = world.records["points"][minor]
    assert set(points[inside]) == {9.0}
    assert set(points[~inside]) == {3.0}


def test_regions_without_a_rating_are_unrated() -> None:
    changes = {"registry": {"kind": "database", "sharing": "central"}, "months": 12}
    changes |= {
        "monitoring": {"kind": "coverage", "share": 0.9},
        "violations": {"kind": "hazard"},
        "topics.a.hazard": 0.6,
    }
    measures = {"low": {"agency": "a", "lever": "permit", "size": 0.1, "grade": "C"}}
    measures |= {"high": {"agency": "a", "lever": "tax", "size": 0.1, "lists": ["fallen"]}}
    lists = {"fallen": {"grade": "D", "serious": 0}}
    model = CreditRegime(
        bare(1, **changes).changed(
            {"pilots": pilot(start=2, end=9, rating={"kind": "points"}, measures=measures, lists=lists)}
        )
    )
    grades = model.world.law.grades
    assert grades == ("D", "C", "B", "A", "unrated")
    for month in range(12):
        model.step()
        world, firms = model.world, model.world.firms
        inside = (firms.region == 0) & (2 <= month < 9)
        assert (firms.grade[0][~inside] == 4).all()
        assert (firms.grade[0][inside] < 4).all()
        assert not firms.levers[:, ~inside].any()
        assert not firms.listing[:, ~inside].any()
        if month == 8:
            low = firms.grade[0] <= 1
            assert low.any()
            assert (firms.levers[7] > 0).tolist() == low.tolist()
            assert firms.listing.any()
        assert model.series.latest["regions_with_pilot"] == (2 <= month < 9)
    assert world.events["month"][world.events["kind"] == Event.ADOPTED].tolist() == [2, 9]


def test_lists_and_measures_can_be_without_force_there() -> None:
    spec = small("siloed_topics", **{"months": 24, "monitoring.share": 0.9, "topics.tax.hazard": 0.01})
    model = run(spec.changed({"pilots": pilot(start=12, without=["tax", "permit_restriction"])}))
    world, firms = model.world, model.world.firms
    tax = world.law.lists.index("tax")
    inside = firms.region == 0
    assert not firms.listing[tax][inside].any()
    assert firms.listing[tax][~inside].any()
    log = world.events
    left = log["firm"][(log["kind"] == Event.DELISTED) & (log["month"] == 12) & (log["detail"] == tax)]
    assert len(left)
    assert "no such list is kept there" in model.firm(int(left[0])).story()
    assert not (firms.levers[7] > 0)[inside].any()  # the permit lever
    assert (firms.levers[7] > 0)[~inside].any()
    assert (model.territories_of(0).laws[1].list_cost[:, tax] == 0).all()
    assert (model.territories_of(0).laws[0].list_cost[:, tax] > 0).all()
    assert_sound(model)


def _samples() -> list[Any]:
    needs = {"rates": {"A": 0.1, "B": 0.5}}
    found = []
    for place in ("monitoring", "inspection", "fines", "rating", "repair"):
        for kind, rule in sorted(families()[place].kinds.items()):
            required = [name for name, field in rule.model_fields.items() if field.is_required()]
            if rule.__module__.startswith("creditregime.") and all(name in needs for name in required):
                found.append(pytest.param(place, rule(**{n: needs[n] for n in required}), id=f"{place}.{kind}"))
    return found


@pytest.mark.parametrize(("place", "rule"), _samples())
def test_a_rule_run_for_a_territory_writes_nothing_elsewhere(place: str, rule: Rule) -> None:
    """If this fails for a new rule, it writes a column that `territories.WRITES` must name."""
    model = CreditRegime(small("siloed_topics", **{"monitoring.share": 0.5, "inspection": {"kind": "uniform"}}))
    for _ in range(14):
        model.step()
    world = model.world
    remembered = dict.fromkeys(("forecast", "memory", "clean", "hold"), 8)  # what some rules remember by topic or file
    for dimension in remembered:
        world.firms.reshape(dimension, {"topic": 8, "severity": 3} | remembered)
    local = Territories(model.spec.changed({"pilots": pilot()}), world)
    world.open_month()
    model.spec.violations.happen(world)
    before, inside = state(model), world.firms.region == 0
    places = {name: getattr(model.spec, name) for name in WRITES if hasattr(model.spec, name)} | {place: rule}
    act = {
        "monitoring": lambda _: places["monitoring"].watch(world),
        "inspection": lambda _: places["inspection"].inspect(world),
        "fines": lambda _: places["fines"].impose(world),
        "rating": lambda _: places["rating"].rate(world),
        "repair": lambda _: places["repair"].repair(world, model.spec.lists),
    }[place]
    local._run(place, [Part(1, inside)], act)
    for name, column in columns_of(world.firms).items():
        old = before[f"firms.{name}"]
        assert column[..., ~inside].tobytes() == old[..., ~inside].tobytes(), name


def test_regions_trade_with_each_other() -> None:
    world = run(bare(1, months=1)).world
    trade = trade_between_regions(world)[0]
    assert trade.shape == (4, 4)
    assert (trade > 0).all()
    network = world.network
    value = network.weight * world.firms.size[network.buyers_of(np.arange(len(network.weight)))]
    assert trade.sum() == pytest.approx(value.sum(), rel=1e-5)


def test_variance_between_regions_is_that_of_their_means() -> None:
    model = run(small(months=14, pilots=pilot(fines={"scale": 20})))
    firms = model.world.firms
    spec = bare(1, months=1)
    once = run(spec)
    means = [once.world.firms.effort[0][once.world.firms.region == r].mean() for r in range(4)]
    assert once.series.monthly().variance_between_regions.iloc[0] == pytest.approx(np.var(means), rel=1e-4)
    assert firms.active.any()
    plain = run(small(months=14)).series.monthly().variance_between_regions.iloc[-1]
    assert model.series.monthly().variance_between_regions.iloc[-1] > 5 * plain


BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown parameter": (pilot(rating={"bse": 3}), ["pilots.there.rating.bse", "unknown key", "base"]),
    "bad value": (pilot(fines={"scale": -1}), ["pilots.there.fines.scale", "-1"]),
    "other grades": (
        pilot(rating={"bands": {"A": 90, "B": 70}, "lowest": "C"}),
        ["pilots.there.", "grade"],
    ),
    "level": (pilot(inspection={"level": "regional"}), ["pilots.there.inspection.level", "national"]),
    "without": (pilot(without=["tx"]), ["pilots.there.without", "'tx'", "did you mean 'tax'"]),
    "colour": (pilot(lists={"tax": {"colour": "red"}}), ["pilots.there.lists.tax", "blacklist"]),
    "end": (pilot(start=5, end=5), ["pilots.there", "end", "after the start"]),
    "twice": (pilot() | {"b": {"regions": ["region_1"], "start": 4}}, ["pilots.b.regions", "region_1", "'there'"]),
    "key": (pilot(spillover={}), ["pilots.there.spillover", "unknown key"]),
    "region twice": (pilot(["a", "a"]), ["pilots.there", "named twice"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_pilots_are_one_clear_line(case: str) -> None:
    pilots, words = BAD[case]
    with pytest.raises(ScenarioError) as error:
        small(pilots=pilots)
    assert "\n" not in str(error.value)
    for word in words:
        assert word in str(error.value)


def test_other_grades_than_those_of_the_national_rating_are_refused() -> None:
    changes = {"registry": {"kind": "database"}, "rating": {"kind": "points"}}
    with pytest.raises(ScenarioError, match=r"pilots\.there\.rating: .*best first: A, B, C, D"):
        bare(1, **changes, pilots=pilot(rating={"bands": {"X": 90.0}}))
    with pytest.raises(ScenarioError, match=r"pilots\.there\.rating\.kind: .*files"):
        bare(2, **changes | {"registry.sharing": "central"}, pilots=pilot(rating={"kind": "topic_tiers"}))


def test_unknown_regions_are_found_when_the_economy_is_known() -> None:
    with pytest.raises(
        ScenarioError, match=r"pilots\.there\.regions: unknown region 'regon_1'; did you mean 'region_1'"
    ):
        CreditRegime(bare(1, pilots=pilot(["regon_1"])))


def test_a_scenario_with_pilots_survives_yaml() -> None:
    spec = small(pilots=pilot(start=4, **EVERYTHING), diffusion={"kind": "contagion"})
    assert Scenario.parse(yaml.safe_load(spec.to_yaml())) == spec


def test_a_phase_can_bring_pilots_change_them_and_end_them() -> None:
    brought = pilot(fines={"scale": 4.0}) | {"late": {"regions": ["region_2"], "start": 8}}
    phases = [
        {"month": 3, "changes": {"pilots": brought}},
        {"month": 6, "changes": {"pilots": {"late": brought["late"], "there": brought["there"]}, "fines.scale": 2.0}},
        {"month": 10, "changes": {"pilots": None}},
    ]
    model = run(small(phases=phases, months=12))
    assert model.series.monthly().regions_with_pilot.tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 0, 0]
    log = model.world.events
    changes = log["kind"] == Event.ADOPTED
    seen = np.stack([log[name][changes] for name in ("month", "detail", "other")], axis=1)
    assert seen.tolist() == [[3, 1, 0], [8, 2, 1], [10, 0, 0], [10, 0, 1]]
    local = model.territories_of(9)
    assert local.world.pilots_so_far == ("there", "late")
    scales = [local.laws[number].fine[0, 2] / local.laws[0].fine[0, 2] for number in (1, 2)]
    assert scales == pytest.approx([1, 2])
    assert "returned to the national rules" in model.firm(int(np.flatnonzero(model.world.firms.region == 1)[0])).story()


def test_phases_and_pilots_together_are_the_rules_of_the_phase() -> None:
    """A pilot everywhere whose rules a phase makes national leaves the same law before and after."""
    regions = [f"region_{number}" for number in range(1, 5)]
    floor = {"rating.floor": -1e6}  # another rating for both, so that both are rated anew in its first month
    changes = {"pilots": None} | nationally(EVERYTHING) | floor
    there = run(small(pilots=pilot(regions, **EVERYTHING), phases=[{"month": 9, "changes": changes}]))
    same = run(small(**nationally(EVERYTHING), phases=[{"month": 9, "changes": {"fines.scale": 3.0} | floor}]))
    assert_same(same, there)


def test_the_example_runs() -> None:
    model = run(Scenario.read("docs/examples/local_pilot.yaml").changed({"months": 24, "population.firms": 60}))
    assert model.series.monthly().regions_with_pilot.iloc[-1] >= 1
    assert_sound(model)
