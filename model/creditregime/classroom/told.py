"""What the page is told, as plain data: the setting with its controls, a month, a firm."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import yaml

from creditregime.classroom.charts import Indicators
from creditregime.classroom.controls import Row, parameter_row, rows_of
from creditregime.classroom.firm_file import firm_file
from creditregime.classroom.limits import Limits
from creditregime.classroom.parts import part_rows, sections
from creditregime.classroom.setting import Changes, Setting, in_words
from creditregime.classroom.twins import TwinWorlds
from creditregime.errors import ScenarioError
from creditregime.indicators.measure import black
from creditregime.model import CreditRegime
from creditregime.paths import config_root
from creditregime.presentation import style, wording
from creditregime.presets import groups
from creditregime.scenario import Scenario, field_at

GROUPS = ("regime", "population", "topics")
"""Presets that the page offers."""
MOST_DIFFERENT, MOST_TOLD = 12, 4
_UNTOLD = ("seed", "months", "title", "source", "assumptions")
Told = dict[str, Any]


def setting(chosen: Setting, twins: TwinWorlds, limits: Limits, opened_sections: Sequence[str]) -> Told:
    """Return everything that the controls show, and what says the same elsewhere."""
    one, other = twins.scenarios
    return {
        "titles": _titles(chosen, twins),
        "sources": [scenario.source for scenario in twins.scenarios],
        "assumptions": [scenario.assumptions for scenario in twins.scenarios],
        "same": one == other,
        "presets": {group: list(offered(group, limits)) for group in GROUPS},
        "chosen": {group: chosen.choices.get(group, "") for group in GROUPS},
        "other_regime": chosen.other.get("regime", ""),
        "seed": str(one.seed),
        "months": one.months,
        "firms": len(twins.economy.sector),
        "query": chosen.query(),
        "command": chosen.command(),
        "parts": part_rows(one, other),
        "titles_of_sections": section_titles(twins),
        "sections": opened(twins, opened_sections),
        "grades": [_grades(model) for model in twins.models],
    }


def frame(twins: TwinWorlds, indicators: Indicators) -> Told:
    """Return a month in words and numbers: the table that says what the pictures show."""
    return {
        "month": twins.month,
        "months": twins.months,
        "table": [*_counts(twins), *_levels(indicators)],
        "different": _different(twins),
        "grades": [_grades(model) for model in twins.models],
    }


def firm(twins: TwinWorlds, row: int | None) -> Told | None:
    """Return a firm in both worlds, or None."""
    return None if row is None else {"row": row, "worlds": [firm_file(model, row) for model in twins.models]}


def row(path: str, one: Scenario, other: Scenario) -> Row:
    """Return the control of a parameter, or refuse a path that is none."""
    if path in ("seed", "months") or field_at(one, path) is not None or field_at(other, path) is not None:
        return parameter_row(path, one, other)
    raise ScenarioError(f"{path[:80]}: there is no such parameter in these worlds")


def section_titles(twins: TwinWorlds) -> list[tuple[str, str]]:
    """Return path and title of the sections of controls."""
    return sections(*twins.scenarios)


def opened(twins: TwinWorlds, paths: Sequence[str]) -> dict[str, list[Row]]:
    """Return the controls of some sections."""
    known = dict(section_titles(twins))
    return {path: rows_of(path, *twins.scenarios) for path in paths if path in known}


def _titles(chosen: Setting, twins: TwinWorlds) -> list[str]:
    """Return what each world is called, and in B what is different there."""
    name = twins.scenarios[0].title or "untitled scenario"
    changed = {path: value for path, value in chosen.changes.items() if path not in _UNTOLD}
    words = in_words(changed)
    here = f"{name}; {words}" if words and len(changed) <= MOST_TOLD else name
    if "regime" in chosen.other:
        return [here, str(twins.scenarios[1].title)]
    return [here, f"the same {_shortened(chosen.other)}" if chosen.other else "the same"]


def _shortened(changes: Changes) -> str:
    few = dict([*changes.items()][:MOST_TOLD])
    more = len(changes) - len(few)
    return in_words(few) + (f", and {more} more" if more else "")


@cache
def offered(group: str, limits: Limits) -> tuple[tuple[str, str], ...]:
    """Return the presets of a group that fit within the limits, each with its title."""
    found = []
    for option in groups()[group]:
        data = yaml.safe_load((config_root() / group / f"{option}.yaml").read_text(encoding="utf-8")) or {}
        if data.get("firms", 0) <= limits.firms and data.get("months", 0) <= limits.months:
            found.append((option, data.get("title") or style.readable(option)))
    return tuple(found)


def _counts(twins: TwinWorlds) -> list[list[str]]:
    """Return how many firms are in business, on a blacklist, and left so far: of the firms, not of the indicators."""
    rows = []
    for label, count in (("Firms in business", _in_business), ("of them on a blacklist", _listed)):
        values = [count(model) for model in twins.models]
        rows.append([label, "firms", *map(str, values), wording.number(values[0] - values[1], 0, signed=True)])
    return rows


def _in_business(model: CreditRegime) -> int:
    return int(model.world.firms.active.sum())


def _listed(model: CreditRegime) -> int:
    return int(((black(model.world) > 0) & model.world.firms.active).sum())


def _levels(indicators: Indicators) -> list[list[str]]:
    rows = []
    for position, path in enumerate(indicators.paths):
        values = indicators.values(position)
        if len(values):
            here, there = values[-1].tolist()
            difference = wording.number(here - there, signed=True)
            rows.append([path.label, path.unit, wording.number(here), wording.number(there), difference])
    return rows


def _different(twins: TwinWorlds) -> Told:
    """Return how many firms stand otherwise in the two worlds (business, grade, blacklist), and the first of them."""
    states = []
    for model in twins.models:
        firms = model.world.firms
        listed = (black(model.world) > 0) & firms.active
        states.append((firms.active, firms.grade.min(axis=0), listed, firms.born))
    differ = sum((one != other).astype(int) for one, other in zip(*states, strict=True)) > 0
    found = differ.nonzero()[0].tolist()
    return {"number": len(found), "firms": found[:MOST_DIFFERENT]}


def _grades(model: CreditRegime) -> list[list[str]]:
    """Return the names of the grades with their colours, best first."""
    names = model.world.law.grades
    return [[style.readable(name), colour] for name, colour in zip(names, style.ramp(len(names)), strict=True)][::-1]
