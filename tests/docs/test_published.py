"""The comparison with published shares: it measures what it says, and its page has its place."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from creditregime import load

ROOT = Path(__file__).parents[2]
HERE = ROOT / "experiments" / "published_shares"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("published_shares", HERE / "make_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_entry_names_a_preset_its_topic_and_its_grades() -> None:
    for entry in yaml.safe_load((HERE / "published.yaml").read_text(encoding="utf-8")):
        spec = load(regime=entry["regime"])
        assert entry["topic"] in spec.topics
        for row in entry["rows"]:
            assert set(row.get("grades", [row.get("inspected")])) <= set(spec.rating.grades())
            assert row["source"]


def test_it_measures_shares_of_grades_and_of_inspected_firms(script: ModuleType) -> None:
    rows = [
        {"name": "all", "grades": ["D", "C", "M", "B", "A"], "published": 1.0, "source": "-"},
        {"name": "B", "inspected": "B", "published": [0.9, 1.0], "source": "-"},
        {"name": "C", "inspected": "C", "published": [0.5, 0.6], "source": "-"},
    ]
    changes = {"months": 12, "inspection.rates": {"B": 1.0, "C": 0.5}, "inspection.rate": 0.0, "rating.calendar": 1}
    entry = {"regime": "tax_2014", "topic": "tax", "changes": changes, "rows": rows}
    results = list(script.rows(120, 2, [entry]))
    assert [round(value, 6) for value in results[0]["obtained"]] == [1, 1]
    assert min(results[1]["obtained"]) > 0.99
    assert max(results[2]["obtained"]) < 0.99
    table = script.markdown(results, 120, 2)
    assert "| 100% | 100.00% | 100.00–100.00% | within |" in table


def test_the_page_takes_the_table(script: ModuleType) -> None:
    page = script.PAGE.read_text(encoding="utf-8")
    written = script.between(page, "| here |")
    assert "| here |" in written
    assert script.between(written, "| here |") == written
    assert written.startswith("# Published and obtained")
    with pytest.raises(SystemExit, match="markers"):
        script.between("no markers", "| here |")
