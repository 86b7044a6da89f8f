"""The page of validation has every statement, departure and variation, and what fails there is known to fail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from creditregime.validation import oracles
from creditregime.validation.departures import declared
from creditregime.validation.structural import variations

PAGE = (Path(__file__).parents[2] / "docs" / "validation.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    """Return what the page says of an oracle."""
    _, _, rest = PAGE.partition(f"({name.replace('_', '-')})=\n")
    return re.split(r"(?m)^(?:\([a-z0-9-]+\)=|## .*)$", rest)[0]


@pytest.mark.parametrize("name", [*oracles()])
def test_the_page_has_the_oracle_as_it_is_declared(name: str) -> None:
    entry, text = oracles()[name], section(name)
    assert entry.statement in text
    assert entry.source in text
    assert all(f"validation={preset}" in text for preset in entry.reductions)
    assert re.search(r"(?m)^\| Case \| Expected \| Obtained \| Tolerance \| Verdict \|$", text)
    assert ("**not met**" in text) == bool(entry.known)


def test_the_page_is_of_full_size() -> None:
    assert "at full size" in PAGE


def test_the_page_has_every_departure_and_variation() -> None:
    _, _, departures = PAGE.partition("## What the full model violates")
    assert all(f"| {entry.breaks} |" in departures for entry in declared().values())
    _, _, structure = PAGE.partition("## Structural sensitivity")
    assert all(f"| {item.part} | {item.name} |" in structure for item in variations().values())
