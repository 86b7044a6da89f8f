"""What a study found, as numbers with intervals: computed from its stored runs, written into its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from creditregime.errors import ScenarioError
from creditregime.laboratory.effects import paired
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.sweeps import Sweep
from creditregime.presentation import wording

At = Mapping[str, Any]


class Finding(NamedTuple):
    """One line of a study's page.

    Attributes
    ----------
    text
        What is measured, as a phrase.
    value, low, high
        Mean over seeds with Student's 95% interval; a difference where `signed`.
    unit
        Of the value.
    seeds
        Number of seeds (of pairs, for a difference).
    signed
        Whether it is a difference.
    """

    text: str
    value: float
    low: float
    high: float
    unit: str
    seeds: int
    signed: bool


def difference(result: Sweep, text: str, outcome: str, one: At, other: At) -> Finding:
    """Return the paired difference of an outcome between two settings; factors that neither names are averaged over."""
    unit = BY_NAME[outcome].unit
    points = unit.replace("%", "percentage points", 1) if unit.startswith("%") else unit
    return between(text, by_seed(result, outcome, one), by_seed(result, outcome, other), points)


def level(result: Sweep, text: str, outcome: str, at: At) -> Finding:
    """Return the mean of an outcome at a setting; factors that it does not name are averaged over."""
    return mean(text, by_seed(result, outcome, at), BY_NAME[outcome].unit)


def between(text: str, one: pd.Series[float], other: pd.Series[float], unit: str) -> Finding:
    """Return the paired difference of two series over the same seeds."""
    both = pd.concat([one, other], axis=1, join="inner").dropna().to_numpy(np.float64)
    return _finding(text, both[:, [0]], both[:, [1]], unit, signed=True)


def mean(text: str, values: pd.Series[float], unit: str) -> Finding:
    """Return the mean of a series over seeds."""
    column = values.dropna().to_numpy(np.float64)[:, None]
    return _finding(text, column, np.zeros_like(column), unit, signed=False)


def by_seed(result: Sweep, outcome: str, at: At) -> pd.Series[float]:
    """Return an outcome at a setting by seed: the mean over the points that have it, of seeds that have all of them."""
    return over(result, result.runs, outcome, at)


def by_seed_monthly(result: Sweep, indicator: str, at: At, months: tuple[int, int]) -> pd.Series[float]:
    """Return the mean of an indicator over some months, the first and the last included, by seed."""
    table = result.months[result.months["month"].between(*months)]
    runs = table.groupby(["point", "seed"], as_index=False)[indicator].mean()
    return over(result, runs.merge(result.points, on="point"), indicator, at)


def by_seed_grouped(result: Sweep, outcome: str, at: At, dimension: str, group: str) -> pd.Series[float]:
    """Return an outcome of a group of firms by seed."""
    table = result.groups[(result.groups["dimension"] == dimension) & (result.groups["group"] == group)]
    return over(result, table.merge(result.points, on="point"), outcome, at)


def over(result: Sweep, runs: pd.DataFrame, column: str, at: At) -> pd.Series[float]:
    """Return a column of a table of runs at a setting, by seed."""
    points = result.points
    for factor, value in at.items():
        points = points[points[factor] == value]
    if not len(points):
        raise ScenarioError(f"findings: no point of '{result.study.title}' has {dict(at)}")
    wide = runs[runs["point"].isin(points["point"])].pivot(index="seed", columns="point", values=column)
    return wide.dropna().mean(axis=1)


def _finding(text: str, one: Any, other: Any, unit: str, *, signed: bool) -> Finding:
    found = paired(one, other)
    value, low, high = (float(found[key][0]) for key in ("effect", "low", "high"))
    return Finding(text, value, low, high, unit, len(one), signed)


def markdown(findings: Sequence[Finding]) -> str:
    """Return the findings as a table, with as many decimals as their intervals support."""
    seeds = {finding.seeds for finding in findings}
    lines = ["| What | Value | 95% interval | Unit |", "|---|---:|---|---|"]
    for item in findings:
        places = min(wording.decimals(item.value, (item.high - item.low) / 2), 4)
        value = wording.number(item.value, places, signed=item.signed)
        low, high = (wording.number(bound, places, signed=item.signed) for bound in (item.low, item.high))
        lines.append(f"| {item.text} | {value} | [{low}, {high}] | {item.unit} |")
    number = str(seeds.pop()) if len(seeds) == 1 else f"{min(seeds)} to {max(seeds)}"
    signs = "values with a sign are paired differences; intervals are Student's over seeds."
    return "\n".join([*lines, "", f"{number} seeds; {signs}"])
