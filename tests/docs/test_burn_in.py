"""Burn-in of the default scenario: the script measures what it says, and pages say what the table says."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from creditregime import sweep
from creditregime.laboratory.outcomes import BY_NAME

ROOT = Path(__file__).parents[2]
HERE = ROOT / "experiments" / "burn_in"
PAGE = (ROOT / "docs" / "burn-in.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("burn_in_page", HERE / "make_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows() -> dict[str, list[str]]:
    """Return the cells of the page's table by indicator."""
    lines = [line for line in PAGE.splitlines() if line.startswith("|")][2:]
    return {cells[0]: cells[1:] for cells in ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)}


def test_the_page_has_every_indicator_of_the_study() -> None:
    study = yaml.safe_load((HERE / "study.yaml").read_text(encoding="utf-8"))
    assert [*rows()] == [BY_NAME[name].label for name in study["months"]]
    assert PAGE.startswith((HERE / "introduction.md").read_text(encoding="utf-8").partition("{table}")[0])


def test_what_the_guide_says_has_not_settled_is_what_the_table_says() -> None:
    guide = " ".join((ROOT / "docs" / "guide-author.md").read_text(encoding="utf-8").split())
    said = re.search(r"not for output, the welfare account and exits by lost buyers", guide)
    assert said
    assert {name for name, cells in rows().items() if cells[1] == "no"} == {
        "Output",
        "Welfare account",
        "Exits by lost buyers",
    }
    for name in ("Compliance effort", "Violations", "Firms on a blacklist", "Segregation by grade"):
        low, high = map(float, re.findall(r"[+-]?[\d.]+", rows()[name][-1].partition("[")[2].replace("−", "-")))
        assert low < 0 < high, name  # later levels are the same, within the interval


def test_the_script_measures_levels_later_in_the_same_runs(script: ModuleType, tmp_path: Path) -> None:
    study = {
        "base": ["population.firms=40"],
        "design": {"kind": "list", "points": [{"months": 130}]},
        "replicates": {"kind": "fixed", "seeds": 2},
        "keep": ["compliance"],
        "months": ["compliance", "exits"],
    }
    result = sweep(study, tmp_path / "s", workers=1)
    text = script.table(result)
    assert "Burn-in in 130 months" in text
    months = result.months
    early, late = (100 * months[months["month"].between(first, first + 59)]["compliance"].mean() for first in (61, 71))
    cells = next(line for line in text.splitlines() if line.startswith("| Compliance effort")).split("|")
    assert float(cells[5].split()[0]) == pytest.approx(early, abs=0.06)
    assert float(cells[6].split()[0]) == pytest.approx(late, abs=0.06)
