"""Numbers, verdicts, tables and claims as text."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from creditregime import load
from creditregime.presentation import claims, style, tables, wording

NAN = math.nan


def effect(value: float, low: float = NAN, high: float = NAN) -> SimpleNamespace:
    return SimpleNamespace(effect=value, low=low, high=high)


@pytest.mark.parametrize(
    ("value", "places", "signed", "text"),
    [
        (1234.56, None, False, "1,235"),
        (0.012345, None, False, "0.0123"),
        (-4.2, 1, True, "−4.2"),
        (4.2, 1, True, "+4.2"),
        (-0.0001, 2, True, "0.00"),
        (0.0, None, True, "0"),
        (NAN, None, False, "–"),
    ],
)
def test_numbers_have_the_digits_that_a_reader_needs(value: float, places: int | None, signed: bool, text: str) -> None:
    assert wording.number(value, places, signed=signed) == text


def test_an_interval_that_does_not_exist_is_said_in_words() -> None:
    assert wording.interval(NAN, NAN) == wording.NO_INTERVAL
    assert wording.interval(-1.25, 2.5, 1) in ("[−1.2, +2.5]", "[−1.3, +2.5]")


@pytest.mark.parametrize(
    ("row", "word"),
    [
        (effect(1, 0.5, 1.5), "more"),
        (effect(-1, -1.5, -0.5), "less"),
        (effect(1, -0.5, 2.5), "unclear"),
        (effect(0, 0, 0), "no change"),
        (effect(1), "one seed"),
    ],
)
def test_the_verdict_follows_the_interval(row: SimpleNamespace, word: str) -> None:
    assert wording.verdict(row) == word
    assert wording.excludes_zero(row) == (word in ("more", "less"))


def test_latex_prints_every_letter_as_it_is() -> None:
    assert tables.escape("5% of A_b & {c} −1 \\") == r"5\% of A\_b \& \{c\} $-$1 \textbackslash{}"


def test_grades_differ_in_colour_for_any_number_of_them() -> None:
    for number in range(1, 12):
        assert len(set(style.ramp(number))) == number


def test_differences_name_the_keys_with_both_values() -> None:
    one = load("regime=joint_2016")
    other = one.changed({"joint_punishment.strength": 0.1, "spillover.partner.kind": "none", "title": "x"})
    found = {key: values for key, *values in claims.differences(one, other)}
    assert found["joint_punishment.strength"] == ["0.7", "0.1"]
    assert found["spillover.partner"][0].startswith("linear (strength: 0.3")
    assert found["spillover.partner"][1] == "none"
    assert len(found) == 2


def test_only_claims_that_are_switched_on_are_told() -> None:
    on = {claim.path for claim in claims.claims(load("regime=joint_2016"))}
    off = {claim.path for claim in claims.claims(load("regime=none"))}
    assert "spillover.partner.strength" in on
    assert not any(path.startswith(("spillover", "joint_punishment", "lists")) for path in off)
    assert all(claim.standing in claims.STANDINGS.values() for claim in claims.claims(load()))
