"""What a run is summed up by: each outcome defined once, for tables, figures and the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

LATE_MONTHS = 60
"""Months at the end of a run over which levels are averaged (the whole run where it is shorter)."""

How = Literal["late", "total"]
Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """One number that sums up a run.

    Attributes
    ----------
    name
        Its name, and the indicator that it is made of.
    label, unit
        For people.
    how
        ``late``: mean over the last five years (or the whole run if shorter), times `scale`.
        ``total``: sum over the run for 1,000 firms.
    scale
        Factor from the indicator's unit to `unit`.
    headline
        Whether it stands in the short tables.
    """

    name: str
    label: str
    unit: str
    how: How = "late"
    scale: float = 1.0
    headline: bool = False

    def describe_how(self) -> str:
        """Return in words how it is aggregated."""
        return "mean of the last 5 years, or of a shorter run" if self.how == "late" else "total over the run"


def _exits(name: str, label: str, *, headline: bool = False) -> Outcome:
    return Outcome(name, label, "per 1,000 firms", "total", headline=headline)


OUTCOMES: tuple[Outcome, ...] = (
    Outcome("compliance", "Compliance effort", "%", scale=100, headline=True),
    Outcome("violations", "Violations", "per 100 firms a month", scale=100, headline=True),
    Outcome("harm", "Harm from violations", "per 1,000 firms", "total"),
    Outcome("detections", "True findings", "per 100 firms a month", scale=100),
    Outcome("false_findings", "False findings", "per 100 firms a month", scale=100),
    Outcome("inspections", "Inspections", "per 100 firms a month", scale=100),
    Outcome("fines", "Fines", "per 1,000 firms", "total"),
    Outcome("sanctions", "Measures in force", "per 100 firms", scale=100),
    Outcome("joint_sanctions", "Measures in force by joint action", "per 100 firms", scale=100),
    Outcome("listed", "Firms on a blacklist", "%", scale=100, headline=True),
    Outcome("listed_by_association", "Listed by association only", "% of listed", scale=100),
    Outcome("downgraded_by_association", "Downgraded by association", "%", scale=100, headline=True),
    _exits("exits", "Exits", headline=True),
    _exits("exits_by_own_sanctions", "Exits by own sanctions", headline=True),
    _exits("exits_by_associated_sanctions", "Exits by associated sanctions", headline=True),
    _exits("exits_by_lost_suppliers", "Exits by lost suppliers", headline=True),
    _exits("exits_by_lost_buyers", "Exits by lost buyers", headline=True),
    _exits("exits_by_finance", "Exits by finance"),
    _exits("exits_by_background", "Exits by background causes", headline=True),
    _exits("exits_insolvency", "Insolvencies"),
    _exits("exits_revoked", "Revoked licences"),
    _exits("exits_voluntary", "Voluntary exits"),
    _exits("exits_background", "Exits for outside reasons"),
    _exits("exits_relocated", "Relocations abroad"),
    Outcome("relocations", "Moves to other regions", "per 1,000 firms", "total"),
    Outcome("regions_with_pilot", "Regions under a pilot", "regions"),
    Outcome("variance_between_regions", "Variance of compliance between regions", "(%)²", scale=10_000),
    Outcome("entries", "Entries", "per 1,000 firms", "total"),
    Outcome("output", "Output", "% of the start", scale=100, headline=True),
    Outcome("profit", "Profit", "% of initial revenue", scale=100),
    Outcome("compliance_cost", "Compliance cost", "% of initial revenue", scale=100),
    Outcome("data_cost", "Data cost", "% of initial revenue", scale=100),
    Outcome("sanction_cost", "Cost of own sanctions", "% of initial revenue", scale=100),
    Outcome("associated_cost", "Cost of associated sanctions", "% of initial revenue", scale=100),
    Outcome("segregation", "Segregation by grade", "correlation", headline=True),
    Outcome("links", "Active links", "per firm"),
    Outcome("giant_component", "Firms in the largest network", "%", scale=100),
    Outcome("concentration", "Concentration of output", "Herfindahl index"),
    Outcome("welfare", "Welfare account", "% of initial revenue", scale=100, headline=True),
)
"""All outcomes, in the order in which tables show them."""

BY_NAME = {outcome.name: outcome for outcome in OUTCOMES}

GROUP_OUTCOMES: tuple[Outcome, ...] = (
    BY_NAME["compliance"],
    BY_NAME["violations"],
    BY_NAME["listed"],
    BY_NAME["output"],
    BY_NAME["profit"],
    BY_NAME["exits"],
    BY_NAME["exits_by_own_sanctions"],
    BY_NAME["exits_by_associated_sanctions"],
    BY_NAME["exits_by_lost_suppliers"],
    BY_NAME["exits_by_lost_buyers"],
    BY_NAME["exits_by_finance"],
)
"""What is told apart by group of firms."""


def summarise(indicators: pd.DataFrame, places: int | None = None) -> dict[str, float]:
    """Return every outcome of one run.

    Parameters
    ----------
    indicators
        One row a month (and jurisdiction), as in ``RunResult.indicators``.
    places
        Number of firms at the start; by default what the first month says.
    """
    if "jurisdiction" in indicators:
        parts = indicators.groupby("jurisdiction")
        return _mean([summarise(part.drop(columns="jurisdiction"), places) for _, part in parts])
    found = summarise_each(lambda name: indicators[name].to_numpy(np.float64)[None], places)
    return {name: float(value[0]) for name, value in found.items()}


def summarise_each(
    series: Callable[[str], Reals], places: int | None = None, names: Sequence[str] | None = None
) -> dict[str, Reals]:
    """Return outcomes of several runs of equal length, (R,) each.

    Parameters
    ----------
    series
        Gives an indicator by name, one row a run and one column a month, (R, M).
    places
        Number of firms at the start; by default what the first month says.
    names
        Which outcomes; by default all.
    """
    firms = series("firms")[:, 0] if places is None else places
    values = {}
    for outcome in (BY_NAME[name] for name in names or BY_NAME):
        months = np.ascontiguousarray(series(outcome.name))
        if outcome.how == "late":
            late = months[:, -LATE_MONTHS:]
            known = ~np.isnan(late)
            with np.errstate(invalid="ignore"):  # nothing known: not a number
                values[outcome.name] = outcome.scale * (np.where(known, late, 0).sum(axis=1) / known.sum(axis=1))
        else:
            values[outcome.name] = 1000 * np.where(np.isnan(months), 0, months).sum(axis=1) / firms
    return values


def summarise_groups(groups: pd.DataFrame, firms: pd.DataFrame, exits: pd.DataFrame) -> pd.DataFrame:
    """Return the outcomes of one run by group of firms: one row a dimension and group.

    Levels are means over the measured months of the last five years, exits totals per 1,000 firms of the group.
    """
    parts = [_by_dimension(groups, firms, exits, dimension) for dimension in ("ownership", "size", "sector", "region")]
    return pd.concat(parts, ignore_index=True)


def _by_dimension(groups: pd.DataFrame, firms: pd.DataFrame, exits: pd.DataFrame, dimension: str) -> pd.DataFrame:
    column = "size_class" if dimension == "size" else dimension
    places = firms.groupby(column, observed=True)["size"].agg(["count", "sum"])
    table = pd.DataFrame(
        {"dimension": dimension, "group": places.index.astype(str), "firms": places["count"].to_numpy()}
    )
    means = _late_means(groups, dimension).reindex(table["group"])
    for name in _FLOWS:
        means[name] /= places["sum"].to_numpy(np.float64)
    for outcome in GROUP_OUTCOMES:
        if outcome.how == "late":
            table[outcome.name] = outcome.scale * means[outcome.name].to_numpy()
        else:
            chosen = exits
            if outcome.name != "exits":
                chosen = exits[exits["attribution"] == outcome.name.removeprefix("exits_by_")]
            left = chosen[column].astype(str).value_counts().reindex(table["group"], fill_value=0)
            table[outcome.name] = 1000 * left.to_numpy() / places["count"].to_numpy()
    return table


def _late_means(groups: pd.DataFrame, dimension: str) -> pd.DataFrame:
    """Return levels by group over the last measured months; no rows where a run was too short to be measured."""
    if not len(groups):
        return pd.DataFrame(columns=[*_LEVELS, *_FLOWS], dtype=np.float64)
    inside = groups[groups["dimension"] == dimension]
    late = inside[inside["month"] > inside["month"].max() - LATE_MONTHS]
    levels = late.groupby("group")[_LEVELS].mean()
    flows = late.groupby(["month", "group"])[_FLOWS].sum()  # over jurisdictions
    return levels.join(flows.groupby("group").mean())


_LEVELS = ["compliance", "violations", "listed"]
_FLOWS = ["output", "profit"]


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
