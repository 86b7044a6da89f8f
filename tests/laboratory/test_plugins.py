from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from creditregime import plugins
from creditregime.errors import ScenarioError
from creditregime.laboratory.compare import compare
from creditregime.laboratory.run import run

RULES = """
from creditregime.firms.strategies import strategy
from creditregime.regime.monitoring import Monitoring
from creditregime.component import parameter


class Cameras{number}(Monitoring, kind="cameras{number}"):
    '''Sees every violation.'''

    on: bool = parameter(True, unit="-", description="switched on")

    def watch(self, world):
        seen = world.firms.violation > 0
        world.firms.found[seen] = 1


@strategy("steady{number}")
def steady(firm):
    return 0.25
"""


def write(folder: Path, number: int) -> Path:
    file = folder / f"my_rules_{number}.py"
    file.write_text(RULES.format(number=number), encoding="utf-8")
    return file


def test_a_file_brings_rules_and_strategies(tmp_path: Path) -> None:
    plugins.load_rules(str(write(tmp_path, 1)))
    overrides = ("monitoring.kind=cameras1", "behaviour.kind=per_firm", "behaviour.strategy=steady1")
    result = run(*overrides, months=4, **{"population.firms": 40})
    asked = result.firms["active"] & ~(result.firms["born"] > 4).fillna(False)  # all but entrants of the last month
    assert asked.sum() > 30
    assert result.firms.loc[asked, "effort"].to_numpy() == pytest.approx(0.25)
    violations = (result.indicators["violations"] * result.indicators["firms"]).sum()
    found = (result.indicators["found_by_monitoring"] * result.indicators["firms"]).sum()
    assert found == pytest.approx(violations)
    assert found > 0
    assert str(tmp_path / "my_rules_1.py") in result.provenance["rules"]


def test_workers_know_the_users_rules(tmp_path: Path) -> None:
    plugins.load_rules(str(write(tmp_path, 2)))
    chosen = {"months": 3, "population.firms": 30, "behaviour": {"kind": "per_firm", "strategy": "steady2"}}
    result = compare(**chosen, against={"monitoring": {"kind": "cameras2"}}, seeds=2, workers=2)
    effects = result.effects().set_index("outcome")
    assert effects.loc["detections", "against"] == pytest.approx(effects.loc["violations", "against"])
    assert effects.loc["detections", "scenario"] < effects.loc["detections", "against"]


def test_the_same_file_is_imported_once(tmp_path: Path) -> None:
    file = write(tmp_path, 3)
    assert plugins.load_rules(str(file)) is plugins.load_rules(str(file))


def test_a_module_beside_the_user_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, 4)
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    assert plugins.load_rules("my_rules_4").__name__ == "my_rules_4"
    assert sys.path == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def broken(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import no_such_thing", "ModuleNotFoundError"),
        (
            "from creditregime.regime.monitoring import Monitoring\nclass Mine(Monitoring, kind='none'): ...",
            "the kind 'none' is already taken by NoMonitoring",
        ),
    ],
)
def test_rules_that_cannot_be_imported_are_named_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "broken.py"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=message) as caught:
        plugins.load_rules(str(file))
    assert "\n" not in str(caught.value)
    assert "creditregime_rules_broken" not in sys.modules


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ScenarioError, match=r"^rules .*nowhere\.py: no such file$"):
        plugins.load_rules("nowhere.py")


def test_installed_packages_bring_rules_and_a_broken_one_only_warns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 5)
    monkeypatch.syspath_prepend(str(tmp_path))
    points = [EntryPoint("mine", "my_rules_5", plugins.GROUP), EntryPoint("bad", "no_such_module", plugins.GROUP)]
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point for point in points if point.group == group])
    plugins.discover.cache_clear()
    try:
        with pytest.warns(UserWarning, match="rules of the installed package 'bad' cannot be used"):
            assert plugins.discover() == ("mine",)
        assert plugins.discover() == ("mine",)
    finally:
        plugins.discover.cache_clear()
