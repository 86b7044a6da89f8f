"""Demonstrations of the systems: twins over the same seeds, and what is said of their difference."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from creditregime import CreditRegime
from creditregime.errors import ScenarioError
from creditregime.laboratory.systems import (
    Demonstration,
    Evidence,
    measured,
    scenarios,
    show,
    system,
    systems,
    systems_at,
)
from tests.helpers import small

ACROSS = (1, 11, 20, 29, 38, 47)


def demonstration(**changes: object) -> Demonstration:
    said = {"base": (), "without": (), "with_it": (), "indicator": "output", "claim": "more"}
    return Demonstration(**(said | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("claim", "values", "verdict"),
    [
        ("more", (1.0, 2.0, 0.5, 1.5), "as claimed"),
        ("less", (2.0, 1.0, -1.5, -0.5), "as claimed"),
        ("other", (2.0, 1.0, -1.5, -0.5), "as claimed"),
        ("less", (1.0, 2.0, 0.5, 1.5), "the other way"),
        ("more", (1.0, 2.0, -0.5, 2.5), "no clear effect"),
        ("other", (1.0, 2.0, -0.5, 2.5), "no clear effect"),
        ("other", (1.0, 1.0, 0.0, 0.0), "no effect"),
        ("more", (1.0, 2.0, np.nan, np.nan), "no clear effect"),
    ],
)
def test_verdict(claim: str, values: tuple[float, float, float, float], verdict: str) -> None:
    assert Evidence(1, demonstration(claim=claim), *values, seeds=3).verdict == verdict


def test_indicator_is_averaged_over_its_months() -> None:
    model = CreditRegime(small(months=8)).run_model()
    output = model.series.monthly()["output"]
    assert measured(model, demonstration()) == pytest.approx(output.iloc[4:].mean())
    assert measured(model, demonstration(months=(2, 3))) == pytest.approx(output.iloc[1:3].mean())
    tax = model.series.by_topic().query("topic == 'tax'")["inspections"]
    assert measured(model, demonstration(indicator="inspections@topic=tax")) == pytest.approx(tax.iloc[4:].mean())


def test_unknown_names_are_refused_in_one_line() -> None:
    model = CreditRegime(small(months=2)).run_model()
    with pytest.raises(ScenarioError, match=r"^indicator: unknown name 'outptu'; allowed: month, "):
        measured(model, demonstration(indicator="outptu"))
    with pytest.raises(ScenarioError, match=r"^system: 48 is not allowed: must be between 1 and 47$"):
        system(48)


def test_systems_across_the_range_show_the_same_for_any_number_of_workers() -> None:
    entries = [system(number) for number in ACROSS]
    found = show(entries, seeds=1, size="small", workers=1)
    assert [(item.system, item.demonstration) for item in found] == [
        (entry.number, shown) for entry in entries for shown in entry.shown
    ]
    for item in found:
        assert np.isfinite([item.off, item.on, item.effect]).all(), item.system
    again = show(entries[:2], seeds=1, size="small", workers=2)
    for one, other in zip(again, found, strict=False):
        assert repr(astuple(one)) == repr(astuple(other))


def test_twins_differ_in_the_toggle_alone() -> None:
    shown = demonstration(base=("regime=joint_2016",), without=("registry.delay=12",), with_it=("registry.delay=0",))
    pair = scenarios(shown, "small")
    assert (pair["off"].registry.delay, pair["on"].registry.delay) == (12, 0)
    assert pair["off"].changed({"registry.delay": 0}) == pair["on"]


def test_a_key_tells_which_systems_it_switches() -> None:
    assert [entry.number for entry in systems_at("spillover.staff")] == [16]
    assert [entry.number for entry in systems_at("spillover.group.strength")] == [10]
    assert 32 in [entry.number for entry in systems_at("measures.procurement_ban.lever")]
    assert systems_at("spillover.staff.persistence") == []
    for entry in systems():
        for toggle in entry.toggles:
            path = toggle.partition("=")[0]
            assert entry in systems_at(path), toggle


def test_the_script_writes_a_line_for_every_demonstration() -> None:
    script = Path(__file__).parents[2] / "experiments" / "systems" / "make_table.py"
    found = subprocess.run(
        [sys.executable, str(script), "--small", "--seeds", "2"],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    lines = [line for line in found.stdout.splitlines() if line.startswith("| ") and not line.startswith("| #")]
    assert len(lines) == sum(len(entry.shown) for entry in systems())
    assert " nan" not in found.stdout
