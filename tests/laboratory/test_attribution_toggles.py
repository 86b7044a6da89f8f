"""Toggles of an attribution: what they switch, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from creditregime import load
from creditregime.errors import CreditRegimeError
from creditregime.laboratory.attribution import attribute, explain, toggles_between
from creditregime.laboratory.contrast import other_scenario
from creditregime.laboratory.sweeps.plan import Plan
from creditregime.scenario import Scenario

TINY = ("population.firms=30", "months=3")


CONTRASTS: list[tuple[tuple[str, ...], dict[str, Any] | None, Any, list[str]]] = [
    ((), None, None, ["spillover.partner", "joint_punishment"]),
    (("regime=joint_2020",), {"regime": "joint_2016"}, None, ["repair", "spillover.partner", "joint_punishment"]),
    ((), {"measures.customs_delay": None, "fines.scale": 2.0}, ["measures"], ["measures", "rest"]),
    (
        ("regime=siloed_topics",),
        {"regime": "joint_2016"},
        {"rules": ["inspection", "rating", "measures"], "files": "registry+lists+rewards"},
        ["rules", "files", "rest"],
    ),
    (
        (),
        {"rating.base": 90, "rating.calendar": 6, "joint_punishment.strength": 0.2},
        ["rating.base"],
        ["rating.base", "rest"],
    ),
]


@pytest.mark.parametrize(("overrides", "against", "wanted", "names"), CONTRASTS)
def test_all_on_is_the_scenario_and_all_off_the_other_to_the_order_of_keys(
    overrides: tuple[str, ...], against: dict[str, Any] | None, wanted: Any, names: list[str]
) -> None:

    one = load(*overrides, *TINY)
    other = other_scenario(one, against, overrides[0] if overrides else None, TINY)
    toggles = toggles_between(one, other, wanted)
    assert [*toggles] == names
    found = [*Plan(explain.study_of(one, other, toggles, 2)).scenarios()]
    assert len(found) == 2 ** len(names)
    words = {"title": "", "source": "", "assumptions": ""}
    for corner, world in ((found[0], other), (found[-1], one)):
        assert corner.changed(words).to_yaml() == world.changed(words).to_yaml()
    assert len({scenario.to_yaml() for scenario in found}) == len(found)


def test_rules_that_cannot_be_apart_are_one_toggle_and_every_combination_is_valid() -> None:

    one, other = load(*TINY, regime="siloed_topics"), load(*TINY, regime="joint_2016")
    toggles = toggles_between(one, other)
    assert any("rating" in name.split("+") and "measures" in name.split("+") for name in toggles)
    assert 1 < len(toggles) < 9
    assert len([*_scenarios(one, other, toggles)]) == 2 ** len(toggles)


def _scenarios(one: Scenario, other: Scenario, toggles: Any) -> Any:

    return Plan(explain.study_of(one, other, toggles, 2)).scenarios()


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"toggles": ["joint_punishmen"]}, r"^toggles: 'joint_punishmen' does not differ .*; did you mean 'joint_pun"),
    ({"toggles": ["fines"]}, r"^toggles: 'fines' does not differ .*: spillover\.partner, joint_punishment$"),
    ({"toggles": ["joint_punishment.strength"]}, r"^toggles: 'joint_punishment\.strength' cannot be switched alone"),
    ({"toggles": {"a": "joint_punishment", "b": ["joint_punishment"]}}, r"^toggles: 'b' and 'a' both switch joint_pun"),
    ({"toggles": {"rest": "joint_punishment"}}, r"^toggles: 'rest' is taken"),
    ({"toggles": {"a": []}}, r"^toggles\.a: a key of the scenario"),
    ({"toggles": []}, r"^toggles: keys, or a mapping"),
    ({"toggles": "nowhere.yaml"}, r"^toggles: nowhere\.yaml: cannot be read"),
    ({"against": {"title": "the same"}}, r"^against: both scenarios are the same"),
    ({"against": {"months": 5}}, r"^against: months: 5 is not allowed"),
    ({"seeds": 0}, r"^seeds: 0 is not allowed"),
    ({"against": {"regime": "none"}, "toggles": ["rating"]}, r"^toggles: with .* on and the others off there is no"),
    (
        {"against": {f"topics.{name}.fine": 0.5 for name in ("tax", "customs", "environment", "labour", "quality")}
         | {f"topics.{name}.cost": 0.5 for name in ("tax", "customs", "environment", "labour")},
         "toggles": [f"topics.{name}.fine" for name in ("tax", "customs", "environment", "labour", "quality")]
         + [f"topics.{name}.cost" for name in ("tax", "customs", "environment", "labour")]},
        r"^toggles: 9 are too many: at most 8 .*--toggles topics\.tax\.fine\+",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_what_cannot_be_explained_is_refused_in_one_line(
    arguments: dict[str, Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CreditRegimeError, match=message) as caught:
        attribute("regime=joint_2016", *TINY, folder=tmp_path / "a", **{"seeds": 1} | arguments)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "a").exists()


def test_toggles_come_from_a_file(tmp_path: Path) -> None:

    one, other = load(*TINY, regime="joint_2020"), load(*TINY, regime="joint_2016")
    file = tmp_path / "toggles.yaml"
    file.write_text("after the fact: repair\nreach: [spillover, joint_punishment]\n", encoding="utf-8")
    assert {name: len(items) for name, items in toggles_between(one, other, file).items()} == {
        "after the fact": 1,
        "reach": 3,
    }
    file.write_text("[repair, joint_punishment]", encoding="utf-8")
    assert [*toggles_between(one, other, str(file))] == ["repair", "joint_punishment", "rest"]
    file.write_text("3", encoding="utf-8")
    with pytest.raises(CreditRegimeError, match=r"toggles\.yaml: toggles: keys, or a mapping"):
        toggles_between(one, other, file)
