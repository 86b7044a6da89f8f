"""Presets composed by Hydra, and overrides."""

from __future__ import annotations

import pytest

from creditregime import Scenario, load
from creditregime.errors import ScenarioError
from creditregime.paths import config_root
from creditregime.presets import groups
from tests.helpers import REGIMES


def test_default_is_the_flagship() -> None:
    assert load() == load(regime="joint_2016", population="china_2011")
    assert load().joint_punishment.kind == "memorandum"


def test_overrides_and_keywords_are_the_same() -> None:
    one = load("regime=joint_2020", "spillover.partner.strength=0.3", "seed=5")
    other = load(regime="joint_2020", seed=5, **{"spillover.partner.strength": 0.3})
    assert one == other
    assert one.seed == 5


def test_every_group_composes_with_every_option() -> None:
    for group, options in groups().items():
        for option in options:
            assert isinstance(load(f"{group}={option}", *(["regime=none"] if group == "topics" else [])), Scenario)


def test_groups_are_the_folders_of_the_configuration() -> None:
    assert {"regime", "population", "behaviour", "topics"} <= set(groups())
    assert tuple(sorted(path.stem for path in (config_root() / "regime").glob("*.yaml"))) == REGIMES


def test_a_file_is_a_start_without_presets(tmp_path: object) -> None:
    path = tmp_path / "mine.yaml"  # type: ignore[operator]
    path.write_text("months: 7\nregistry: {kind: database}\n", encoding="utf-8")
    spec = load("seed=4", scenario=path)
    assert (spec.months, spec.seed, spec.registry.kind) == (7, 4, "database")
    with pytest.raises(ScenarioError, match="regime: presets cannot be combined with a scenario file"):
        load("regime=none", scenario=path)


def test_overriding_a_preset_does_not_change_the_preset() -> None:
    load("regime=joint_2016", "months=3")
    assert load("regime=joint_2016").months == Scenario().months
