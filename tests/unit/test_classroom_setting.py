"""What a student can set: its round trip by link, by file and by command line, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from creditregime import Scenario, load
from creditregime.classroom.limits import Limits
from creditregime.classroom.setting import FIRST, OTHER, Setting, in_words, of_overrides, of_scenario, visit
from creditregime.errors import CreditRegimeError, ScenarioError
from tests.helpers import REGIMES, small


def test_a_link_brings_back_setting_month_and_firm() -> None:
    setting = FIRST.placed("repair.kind", "application", "a").placed("repair.cost", 0.1, "a")
    setting = setting.placed("repair.cost", 0.5, "b").placed("seed", 7, "a").placed("violations.complaints", 0.0, "b")
    found = visit(setting.query(month=36, firm=5))
    assert found.setting == setting
    assert (found.month, found.firm) == (36, 5)
    one, other = found.setting.worlds()
    assert (one.repair.cost, other.repair.cost, one.seed, other.seed) == (0.1, 0.5, 7, 7)  # type: ignore[attr-defined]
    assert other.joint_punishment.kind == other.spillover.partner.kind == "none"
    assert one.joint_punishment.kind == "memorandum"


def test_a_link_holds_only_what_differs_from_the_presets() -> None:
    setting = FIRST.placed("fines.scale", 2.0, "a")
    assert "fines.scale=2.0" in setting.query()
    assert setting.placed("fines.scale", 1.0, "a") == FIRST
    assert FIRST.placed("joint_punishment.kind", "memorandum", "b").other == {"spillover.partner.kind": "none"}


def test_world_b_follows_world_a_where_it_has_no_value_of_its_own() -> None:
    setting = Setting(FIRST.choices).placed("fines.scale", 2.0, "a")
    one, other = setting.worlds()
    assert one == other
    one, other = setting.placed("fines.scale", 3.0, "b").worlds()
    assert (one.fines.scale, other.fines.scale) == (2.0, 3.0)  # type: ignore[attr-defined]


def test_a_part_that_is_switched_off_takes_its_parameters_with_it() -> None:
    setting = FIRST.placed("repair.kind", "application", "a").placed("repair.cost", 0.5, "b")
    one, other = setting.placed("repair.kind", "none", "a").worlds()
    assert one.repair.kind == other.repair.kind == "none"


def test_another_regime_keeps_seed_and_firms_and_drops_changes_of_the_old_rules() -> None:
    setting = FIRST.placed("repair.kind", "application", "a").placed("population.firms", 60, "a").placed("seed", 9, "a")
    moved = setting.chosen("regime", "fines_only")
    one, other = moved.worlds()
    assert (one.title, one.seed, one.population.firms) == ("Fines only", 9, 60)  # type: ignore[attr-defined]
    assert one.repair.kind == "none"
    assert one == other


def test_world_b_can_have_another_regime_with_the_same_firms_and_months() -> None:
    setting = FIRST.chosen("regime", "history", "b")
    one, other = setting.worlds()
    assert other.title == load(regime="history").title
    assert other.population == one.population
    assert other.months == one.months == 120
    assert visit(setting.query()).setting == setting
    assert setting.without_other_regime().other == {}


@pytest.mark.parametrize("regime", REGIMES)
def test_any_scenario_becomes_a_setting_and_a_link_that_make_it_again(regime: str) -> None:
    scenario = small(regime, months=77, seed=5)
    setting = of_scenario(scenario)
    assert setting.worlds()[0].to_yaml() == scenario.to_yaml()
    assert visit(setting.query()).setting.worlds()[0].to_yaml() == scenario.to_yaml()
    assert len(setting.query()) < 400


def test_a_scenario_of_ones_own_becomes_a_setting_too() -> None:
    data = load(regime="siloed_topics").model_dump(mode="json")
    data["lists"] = dict(reversed(data["lists"].items()))  # rules act in the order in which they stand
    data |= {"title": "<b>mine</b>", "start": "2014-01"}
    scenario = Scenario.parse(data)
    assert visit(of_scenario(scenario).query()).setting.worlds()[0].to_yaml() == scenario.to_yaml()


BAD_LINKS = [
    ("rating.bsae=1", "rating.bsae: unknown key"),
    ("regime=joint_2061", "did you mean 'joint_2016'"),
    ("regime=joint_2016&months=soon", "months"),
    ("regime=joint_2016&months=0", "months"),
    ("month=-1", "month: '-1' is not allowed"),
    ("firm=1e9", "firm: '1e9' is not allowed"),
    ("regime", "not a list of key=value"),
    ("__class__=1&x..y=2", "not a key"),
    ('behaviour={"kind":"per_firm","strategy":"os.system"}', "unknown strategy"),
    ("b.population=million", "only a regime can be another preset in world B"),
    ("b.population.firms=50", "both worlds must have the same firms"),
    ("b.seed=3", "both variants of a pair share the seed"),
    ("regime=joint_2016&spillover=" + "[" * 3000, ""),
    ("title=" + "x" * 20_000, "longer than"),
]


@pytest.mark.parametrize(("query", "message"), BAD_LINKS, ids=[query[:40] for query, _ in BAD_LINKS])
def test_a_bad_link_is_refused_in_one_line(query: str, message: str) -> None:
    with pytest.raises(CreditRegimeError) as refusal:
        visit(query)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 1200


BEYOND = [
    ({"months": 241}, "months: 241 is more than the 240"),
    ({"population.firms": 1001}, "1,001 firms are more than the 1,000"),
    ({"population.firms": 20_000_000}, "more than the 1,000"),
    ({"population": {"kind": "graph_model", "firms": 5000}}, "more than the 1,000"),
    ({"population.mean_suppliers": 1000}, "population.mean_suppliers: at most 50"),
    ({"population": {"kind": "stored", "path": "/etc/passwd"}}, "population.path: the classroom reads no files"),
    ({"population": {"kind": "graph", "path": "firms.graphml"}}, "population.path: the classroom reads no files"),
    ({"population.input_output": "/etc/passwd.csv"}, "population.input_output: the classroom reads no files"),
]


@pytest.mark.parametrize(
    ("changes", "message"), BEYOND, ids=[next(iter(changes)) + text[:12] for changes, text in BEYOND]
)
def test_what_is_beyond_the_limits_is_refused_before_anything_is_built(
    changes: dict[str, object], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = load("population=classroom", regime="joint_2016", **changes)
    for cls in type(scenario.population).__mro__:
        if "build" in vars(cls):
            monkeypatch.setattr(cls, "build", lambda *_: pytest.fail("built"))
    with pytest.raises(ScenarioError, match=message.replace("(", r"\(")):
        Limits().check(scenario)


def test_the_limits_can_be_others() -> None:
    scenario = load(population="classroom", months=300)
    with pytest.raises(ScenarioError):
        Limits().check(scenario)
    assert Limits(months=300).check(scenario) is scenario
    assert "300 months" in Limits(months=300).in_words()


def test_the_command_line_names_a_setting_as_compare_does(tmp_path: Path) -> None:
    assert of_overrides(["regime=joint_2016"]) == FIRST
    assert of_overrides(["regime=fines_only"]).other == {}  # nothing there of what B does without
    setting = of_overrides(["regime=joint_2020", "seed=4"], {"repair.kind": "none"})
    one, other = setting.worlds()
    assert (one.repair.kind, other.repair.kind, other.seed) == ("application", "none", 4)
    file = tmp_path / "mine.yaml"
    file.write_text(one.to_yaml(), encoding="utf-8")
    assert of_overrides([], {"repair.kind": "none"}, file).worlds()[0] == one
    with pytest.raises(ScenarioError, match="presets cannot be combined"):
        of_overrides(["regime=tax_2014"], None, file)


def test_the_command_that_the_page_shows_makes_the_same_worlds() -> None:
    setting = FIRST.placed("partners.attempts", 2, "a").placed("fines.minor", 0.5, "b").placed("rewards", {}, "b")
    words = setting.command().split()
    assert words[:2] == ["creditregime", "compare"]
    cut = words.index("--against")
    from creditregime.cli.runs import against
    from creditregime.laboratory.contrast import two_worlds

    other = against([word.strip("'") for word in words[cut + 1 : words.index("--seeds")]])
    made = two_worlds(None, tuple(words[2:cut]), other, {}, seeds=1, workers=None)
    assert [world.changed({"title": ""}) for world in made] == [w.changed({"title": ""}) for w in setting.worlds()]


def test_changes_are_told_in_words() -> None:
    assert in_words(FIRST.other) == "without joint punishment, without spillover by partner"
    assert in_words({"fines.scale": 2.0, "rewards": {}}) == "fines scale 2.0, without rewards"
    assert in_words({"population.firms": 80, "spillover.partner.strength": 0.1}) == (
        "80 firms, spillover by partner strength 0.1"
    )


def test_the_prefix_of_world_b_is_no_key_of_a_scenario() -> None:
    assert OTHER.removesuffix(".") not in Scenario.model_fields
