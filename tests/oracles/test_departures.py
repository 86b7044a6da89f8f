"""What the full model should violate: every departure is as it is told, and the table tells when one is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from creditregime.cli import main
from creditregime.errors import ScenarioError
from creditregime.validation import Size
from creditregime.validation.departures import Case, declared, departure, departures, table
from creditregime.validation.departures.declared import Departure, find
from creditregime.validation.departures.table import row
from creditregime.validation.lines import departure_table

SMALL = Size(full=False)


@pytest.mark.parametrize("name", [*declared()])
def test_the_closed_form_is_met_without_the_mechanism_and_missed_with_it(name: str) -> None:
    found = row(False, name)
    assert found.verdict == "departs", found


def test_there_are_many_and_each_says_what_breaks_and_why() -> None:
    every = declared()
    assert len(every) >= 12
    assert len({item.breaks for item in every.values()}) >= 12
    assert len({(item.breaks, str(item.switch)) for item in every.values()}) == len(every)
    for item in every.values():
        assert item.why.endswith((".", ")."))


# What the model gives instead follows from another closed form


def stationary(down: list[float], up: list[float]) -> np.ndarray[Any, Any]:
    """Return the stationary distribution of a chain that moves one step down or up, by linear algebra."""
    states = len(down) + 1
    matrix = np.zeros((states, states))
    for k, (fall, rise) in enumerate(zip(down, up, strict=True)):
        matrix[k, k + 1], matrix[k + 1, k] = fall, rise
    matrix += np.diag(1 - matrix.sum(axis=1))
    system = np.vstack([matrix.T - np.eye(states), np.ones(states)])
    return np.linalg.lstsq(system, np.append(np.zeros(states), 1), rcond=None)[0]


def tiers_with_false_findings() -> float:
    p, v, u, false = (0.1, 0.3, 0.6), 0.3, 0.5, 0.1
    down = [p[k] * (v + (1 - v) * false) for k in (0, 1)]
    up = [p[k] * (1 - v) * (1 - false) * u for k in (1, 2)]
    return float(stationary(down, up)[0])


def tiers_with_complaints() -> float:
    p, v, u, complaints = (0.1, 0.3, 0.6), 0.3, 0.5, 0.1
    down = [v * (1 - (1 - p[k]) * (1 - complaints)) for k in (0, 1)]
    return float(stationary(down, [p[k] * (1 - v) * u for k in (1, 2)])[0])


def two_tiers_with_complaints() -> float:
    caught = 1 - (1 - 0.1) * (1 - 0.1)
    return caught / (caught + 0.4 * 0.5)


def predictive_value_with_complaints() -> float:
    true = 0.3 * 0.8 * (1 - (1 - 0.1) * (1 - 0.05))
    return true / (true + 0.7 * 0.1 * 0.1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("findings_that_are_false", tiers_with_false_findings()),
        ("complaints_in_all_tiers", tiers_with_complaints()),
        ("complaints_besides_inspections", two_tiers_with_complaints()),
        ("complaints_select", predictive_value_with_complaints()),
        ("means_instead_of_sums", 1 / (1 - 0.08)),
        ("direct_partners_only", 1 + 7 * 0.08),
        ("suppliers_replaced", 0.125),
    ],
)
def test_what_is_found_instead_follows_from_the_mechanism(name: str, expected: float) -> None:
    item = find(name)
    case = item.case(SMALL)
    changed = case.spec.changed(item.switch)
    values = [case.measure(changed.changed({"seed": seed})) for seed in range(11, 19)]
    assert abs(np.mean(values) - expected) <= 4 * np.std(values, ddof=1) / np.sqrt(8) + 1e-4 * expected


def test_a_delay_of_entry_breaks_nothing() -> None:
    case = find("records_repaired").case(SMALL)
    late = case.spec.changed({"registry.delay": 7})
    values = [case.measure(late.changed({"seed": seed})) for seed in range(1, 9)]
    assert abs(np.mean(values) - case.expected) <= 4 * np.std(values, ddof=1) / np.sqrt(8)


# The table tells what does not hold


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that declares a departure for one test, and gives its row."""

    def told(item: Departure) -> table.Row:
        monkeypatch.setattr(table, "find", lambda name: item)
        return row(False, item.name)

    return told


def changed(case: Case | None = None, **facts: Any) -> Departure:
    """Return the departure of a capped score with other facts."""
    item = find("a_highest_score")
    whole = {name: getattr(item, name) for name in ("name", "breaks", "switch", "claim", "why", "case")} | facts
    return Departure(**whole | ({"case": lambda size: case} if case else {}))


def test_a_mechanism_that_does_nothing_does_not_depart(only: Any) -> None:
    assert only(changed(switch={"rating.cap": 1000})).verdict == "does not depart"
    assert only(changed(claim="more")).verdict == "does not depart"


def test_a_closed_form_that_does_not_hold_without_the_mechanism_is_told(only: Any) -> None:
    case = find("a_highest_score").case(SMALL)
    assert only(changed(case._replace(expected=case.expected + 1))).verdict == "not met without it"


def test_a_departure_must_say_why() -> None:
    def silent(size: Size) -> Case:
        raise NotImplementedError

    with pytest.raises(TypeError, match="docstring that says why"):
        departure("a statement", "more", months=2)(silent)


def test_names_are_checked() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'records_repaired'"):
        departures("record_repaired")


def test_the_table_is_a_page_and_a_command(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    found = departures("direct_partners_only", "means_instead_of_sums", full=False)
    assert found["departure"].tolist() == ["direct_partners_only", "means_instead_of_sums"]
    assert found["switch"][0] == "spillover.partner.reach=first_order"
    page = departure_table(found)
    assert page["Verdict"].tolist() == ["departs"] * 2
    assert page["Missed by (95%)"].str.match(r"[+-][\d.]+ \[[+-]").all()
    file = tmp_path / "table.csv"
    arguments = ["validate", "--departures", "--small", "--quiet", "--out", str(file), "direct_partners_only"]
    assert main(arguments) == 0
    assert "1 of 1 depart as they should" in capsys.readouterr().out
    assert file.read_text(encoding="utf-8").startswith("departure,breaks,switch,why,expected")
