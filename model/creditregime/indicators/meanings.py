"""What the indicators are: unit and meaning of each column, for tables, arrays and the documentation."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import NamedTuple

import yaml

from creditregime.codes import CHANNELS


class Meaning(NamedTuple):
    """What a column of indicators holds; the unit is ``–`` where there is none."""

    unit: str
    text: str


@cache
def meanings() -> dict[str, tuple[Meaning, dict[str, str]]]:
    """Return what each indicator is by `general` name, and its unit in tables where that is another one."""
    text = resources.files(__package__).joinpath("meanings.yaml").read_text(encoding="utf-8")
    said = yaml.safe_load(text).items()
    return {name: (Meaning(unit, meant), dict(*units)) for name, (unit, meant, *units) in said}


def meaning(column: str, table: str = "indicators") -> Meaning | None:
    """Return unit and meaning of a column in a table of a run; None if nothing is said of it.

    Parameters
    ----------
    column
        Its name.
    table
        ``indicators``, ``topics`` or ``groups``.
    """
    if general(column) not in meanings():
        return None
    found, units = meanings()[general(column)]
    return found._replace(unit=units.get(table, found.unit))


def general(column: str) -> str:
    """Return the name of an indicator, with a word for what differs between scenarios: GRADE or CHANNEL."""
    if column.startswith("grade_") and column != "grade_without_association":
        return "grade_GRADE"
    if column.startswith("points_by_") and column.removeprefix("points_by_") in CHANNELS:
        return "points_by_CHANNEL"
    return column
