from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditregime.composition import load
from creditregime.errors import CreditRegimeError, PopulationError, ScenarioError
from creditregime.laboratory.compare import Comparison, compare
from creditregime.laboratory.contrast import other_scenario
from creditregime.laboratory.outcomes import GROUP_OUTCOMES, OUTCOMES
from creditregime.laboratory.run import run
from creditregime.laboratory.store import write_tables
from creditregime.laboratory.twins import twins

SMALL = ("population.firms=80", "months=30", "seed=3")


def files(result: Comparison, folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    write_tables(result, folder)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.parquet")}


def test_the_number_of_workers_changes_no_byte(small_comparison: Comparison, tmp_path: Path) -> None:
    two = compare(*SMALL, seeds=3, workers=2)
    assert files(two, tmp_path / "two") == files(small_comparison, tmp_path / "one")


def test_each_variant_is_the_run_of_its_scenario_and_seed(small_comparison: Comparison) -> None:
    frame = small_comparison.indicators
    for variant in ("scenario", "against"):
        alone = run(getattr(small_comparison, variant), seed=4)
        inside = frame[(frame["variant"] == variant) & (frame["seed"] == 4)].drop(columns=["variant", "seed"])
        pd.testing.assert_frame_equal(inside.reset_index(drop=True), alone.indicators, check_exact=True)


def test_pairs_share_their_draws(small_comparison: Comparison) -> None:
    ratio = small_comparison.effects().set_index("outcome")["variance_ratio"]
    assert ratio["compliance"] < 0.5
    assert ratio["exits_background"] < 0.2
    one, other = small_comparison.example
    for column in ("size", "sector", "ownership"):
        assert one.firms[column].equals(other.firms[column])


def test_seeds_follow_the_scenarios(small_comparison: Comparison) -> None:
    assert small_comparison.seeds == (3, 4, 5)
    assert small_comparison.example[0].seed == small_comparison.example[1].seed == 3


def test_the_default_contrast_takes_away_both_marks_and_nothing_else() -> None:
    one = load(*SMALL)
    other = other_scenario(one, None)
    assert other.joint_punishment.kind == other.spillover.partner.kind == "none"
    back = other.changed(
        {
            "joint_punishment": one.joint_punishment,
            "spillover.partner": one.spillover.partner,
            "title": one.title,
        }
    )
    assert back == one
    assert other.title == f"{one.title} without joint punishment and partner spillover"


def test_effects_have_every_outcome_and_hold_together(small_comparison: Comparison) -> None:
    effects = small_comparison.effects()
    assert effects["outcome"].tolist() == [outcome.name for outcome in OUTCOMES]
    assert (effects["effect"] - (effects["scenario"] - effects["against"])).abs().max() < 1e-9
    assert (effects["low"] <= effects["effect"]).all()
    assert (effects["effect"] <= effects["high"]).all()
    by_name = effects.set_index("outcome")["scenario"]
    parts = [name for name in by_name.index if name.startswith("exits_by_")]
    assert by_name[parts].sum() == pytest.approx(by_name["exits"])
    causes = ["exits_insolvency", "exits_revoked", "exits_voluntary", "exits_background"]
    assert by_name[causes].sum() == pytest.approx(by_name["exits"])


def test_groups_add_up_to_the_whole(small_comparison: Comparison) -> None:
    groups = small_comparison.group_outcomes
    assert set(groups["dimension"]) == {"ownership", "size", "sector", "region"}
    total = small_comparison.outcomes.set_index(["variant", "seed"])["exits"]
    for _, inside in groups.groupby("dimension"):
        exits = (inside["exits"] * inside["firms"]).groupby([inside["variant"], inside["seed"]], observed=True).sum()
        assert (exits / 80).to_dict() == pytest.approx(total.to_dict())
        assert (inside.groupby(["variant", "seed"], observed=True)["firms"].sum() == 80).all()
    effects = small_comparison.by_group()
    foreign = effects[(effects["dimension"] == "size") & (effects["group"] == "micro")]
    assert foreign["outcome"].tolist() == [outcome.name for outcome in GROUP_OUTCOMES]


def test_twins_tell_who_leaves_in_one_world_only(small_comparison: Comparison) -> None:
    one, other = small_comparison.example
    table = small_comparison.twins().set_index("firm")
    left, left_there = set(one.exits["firm"]), set(other.exits["firm"])
    assert set(table.index) == left | left_there
    assert set(table.index[table["fate"] == "scenario_only"]) == left - left_there
    assert set(table.index[table["fate"] == "against_only"]) == left_there - left
    first = one.exits.drop_duplicates("firm").set_index("firm")
    for firm in left:
        assert table.loc[firm, "month_scenario"] == first.loc[firm, "month"]
        assert table.loc[firm, "attribution_scenario"] == first.loc[firm, "attribution"]
    survivors = table[table["fate"] == "against_only"]
    assert survivors["cause_scenario"].isna().all()
    counts = small_comparison.fates.set_index("seed").loc[3]
    assert counts["scenario_only"] * 80 / 1000 == len(left - left_there)


def test_twins_of_the_same_run_differ_in_nothing(small_comparison: Comparison) -> None:
    one, _ = small_comparison.example
    assert set(twins(one, one)["fate"]) == {"both"}


def test_different_firms_have_no_twins() -> None:
    result = compare("months=3", "population.firms=30", against={"population.firms": 40}, seeds=1)
    assert not result.paired_firms
    with pytest.raises(CreditRegimeError, match=r"^twins: "):
        result.twins()


def test_a_regime_can_be_compared_with_another() -> None:
    changes = {"spillover.partner.strength": 0.1, "population.firms": 30}
    one = load("regime=joint_2016", **changes)
    other = other_scenario(one, {"regime": "fines_only"}, "regime=joint_2016", (), changes)
    assert other == load("regime=fines_only", **{"population.firms": 30})
    behaving = other_scenario(one, {"behaviour": "logit"}, "regime=joint_2016", (), changes)
    assert behaving.behaviour.kind == "logit"
    assert behaving.spillover.partner.strength == 0.1


def test_a_scenario_object_takes_changes_and_names_them() -> None:
    other = other_scenario(load(), {"spillover.partner.strength": 0.1, "behaviour": {"kind": "logit"}})
    assert other.title.endswith(" with spillover.partner.strength=0.1, behaviour=logit")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"regime": "fines_only"}, r"^against: both scenarios are the same"),
        ({"against": {"title": "other"}}, r"^against: both scenarios are the same"),
        ({"against": {"months": 6}}, r"^against: months: 6 is not allowed: must be the scenario's 120"),
        ({"against": {"seed": 2}}, r"^against: seed: "),
        ({"against": {"rating.bas": 1}}, r"^against: rating\.bas: unknown key; did you mean 'base'"),
        ({"against": {"regime": "non"}}, r"^against: regime: unknown preset 'non'; did you mean 'none'"),
        ({"scenario": load(), "against": {"regime": "none"}}, r"^against: regime: presets need"),
        ({"seeds": 0}, r"^seeds: 0 is not allowed"),
        ({"workers": 0}, r"^workers: 0 is not allowed"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError, match=message) as caught:
        compare(**arguments)
    assert "\n" not in str(caught.value)


def test_an_error_in_a_worker_arrives_as_itself(tmp_path: Path) -> None:
    table = tmp_path / "table.yaml"
    table.write_text("sectors: [a]", encoding="utf-8")
    with pytest.raises(PopulationError, match="is missing"):
        compare(*SMALL, **{"population.input_output": str(table)}, seeds=2, workers=2)


def test_an_economy_from_memory_serves_all_seeds() -> None:
    economy = load("population.firms=30").population.build(99)
    result = compare("months=3", economy=economy, seeds=2, workers=2)
    assert len(result.example[0].firms) == 30
    assert result.example[0].economy is result.example[1].economy
    assert result.provenance["economy_sha256"]


SCRIPT = """
from creditregime import compare, strategy

{declared}
print("ran")
print(compare("months=2", "population.firms=20", {chosen} seeds=2, workers=2).effects().shape)
"""


@pytest.mark.parametrize(
    ("declared", "chosen"),
    [
        ("", ""),
        (
            "@strategy('mine')\ndef mine(firm):\n    return 0.5",
            "'behaviour.kind=per_firm', 'behaviour.strategy=mine',",
        ),
    ],
    ids=["plain", "own strategy"],
)
def test_a_script_needs_no_main_guard(tmp_path: Path, declared: str, chosen: str) -> None:
    script = tmp_path / "five_lines.py"
    script.write_text(SCRIPT.format(declared=declared, chosen=chosen), encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["ran", f"({len(OUTCOMES)},", "11)"]


def test_firms_that_move_in_one_world_only_are_the_same_firms() -> None:
    moving = {"kind": "comparing", "moves": 0.9, "moving_cost": 0.0}
    result = compare(*SMALL, relocation=moving, against={"relocation": "none"}, seeds=1)
    one, other = result.example
    assert (one.firms["region"] != other.firms["region"]).any()
    assert result.paired_firms
    assert set(result.twins()["firm"]) == set(one.exits["firm"]) | set(other.exits["firm"])


def test_a_function_decides_in_both_worlds() -> None:
    def idle(firm: object) -> float:
        return 0.0

    found = compare("regime=joint_2016", "population.firms=40", decide=idle, seeds=2, months=6)
    assert (found.outcomes["compliance"] == 0).all()
    assert {found.scenario.behaviour.asked(), found.against.behaviour.asked()} == {("decide_idle",)}
