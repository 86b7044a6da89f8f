"""How long the firms of the start survive: within a run (Kaplan and Meier 1958), and over seeds.

Followed are the firms of the start alone. Those that enter later take over their places, not their lives: they count
nowhere here. Whoever is in business in the last month is censored there.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import CensoredData, ecdf

from creditregime.errors import CreditRegimeError
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.plan import firms_of

Reals = NDArray[np.float64]


def lifetimes(result: RunResult, censored: Sequence[str] = ()) -> pd.DataFrame:
    """Return one row a firm of the start: who it is, for how many months it was observed, and whether it left then.

    Parameters
    ----------
    result
        A run.
    censored
        Causes of exit after which a firm counts as no longer observed, such as ``background``, which nothing in the
        model brings about: what remains is survival of the other causes.
    """
    first = result.exits.drop_duplicates("firm").set_index("firm")
    firms = result.firms[["firm", "sector", "region", "ownership", "size_class"]].set_index("firm")
    table = firms.join(first[["month", "cause", "attribution"]]).rename(columns={"size_class": "size"})
    left = table["month"].notna()
    table.insert(0, "months", table.pop("month").fillna(result.scenario.months).astype(int))
    table.insert(1, "left", left & ~table["cause"].isin([*censored]))
    return table.reset_index()


def kaplan_meier(months: Iterable[int], left: Iterable[bool], confidence: float = 0.95) -> pd.DataFrame:
    """Return the product-limit estimate of survival with pointwise intervals (Greenwood's variance, log-log scale).

    Parameters
    ----------
    months
        For how long each firm was observed.
    left
        Whether it left then; else it is censored.

    Returns
    -------
    DataFrame
        One row a month in which somebody left or was censored, from month 0: ``month``, firms ``at_risk``,
        ``survival``, ``low``, ``high`` (missing where the formula has no value: before the first exit, and at 0).
    """
    lasted, gone = np.asarray([*months], float), np.asarray([*left], bool)
    if not len(lasted):
        raise CreditRegimeError("survival: no firms to follow")
    found = ecdf(CensoredData.right_censored(lasted, ~gone)).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where there is no interval, there is none
        bounds: Any = found.confidence_interval(confidence, method="log-log")
    times = np.asarray(found.quantiles)
    table = pd.DataFrame(
        {
            "month": times.astype(int),
            "at_risk": (lasted[:, None] >= times).sum(axis=0),
            "survival": found.probabilities,
            "low": bounds.low.probabilities,
            "high": bounds.high.probabilities,
        }
    )
    start = pd.DataFrame({"month": [0], "at_risk": [len(lasted)], "survival": [1.0], "low": [np.nan], "high": [np.nan]})
    return pd.concat([start, table], ignore_index=True)


def surviving(exits: pd.DataFrame, seeds: Sequence[int], firms: Reals, months: int) -> Reals:
    """Return the share of the firms of the start that is still there at the end of each month, (seeds, months + 1).

    Parameters
    ----------
    exits
        One row an exit: ``seed``, ``firm``, ``month``; of several at a place the first one counts.
    seeds, firms
        The seeds, and how many firms each began with.
    months
        Length of the runs.
    """
    first = exits.sort_values("month", kind="stable").drop_duplicates(["seed", "firm"])
    left = np.zeros((len(seeds), months + 1))
    place = {seed: number for number, seed in enumerate(seeds)}
    known = first[first["seed"].isin(place)]
    rows = np.array([place[seed] for seed in known["seed"]], np.int64)
    np.add.at(left, (rows, known["month"].to_numpy(np.int64)), 1)
    return 1 - left.cumsum(axis=1) / firms[:, None]


def in_worlds(result: Comparison, group: tuple[str, str] | None = None) -> tuple[Reals, Reals]:
    """Return survival in both worlds of a comparison by seed, (seeds, months + 1) each; of a group of firms, or of all.

    Parameters
    ----------
    result
        A comparison.
    group
        A dimension and one of its groups: ``("ownership", "foreign")``. Seeds in which it has no firms are NaN.
    """
    found = []
    for variant in ("scenario", "against"):
        exits = result.exits[result.exits["variant"] == variant]
        sizes = result.group_outcomes[result.group_outcomes["variant"] == variant]
        dimension, name = group or ("ownership", None)
        sizes = sizes[(sizes["dimension"] == dimension) & ((sizes["group"] == name) | (name is None))]
        firms = sizes.groupby("seed")["firms"].sum().reindex(result.seeds)
        if group:
            column = "size_class" if dimension == "size" else dimension
            exits = exits[exits[column].astype(str) == name]
        found.append(surviving(exits, result.seeds, firms.to_numpy(np.float64), result.scenario.months))
    return found[0], found[1]


def at_points(result: Sweep, points: Sequence[int]) -> dict[int, pd.DataFrame]:
    """Return survival at points of a sweep by seed: one row a seed, one column a month from 0.

    Raises
    ------
    CreditRegimeError
        If the study does not keep exits.
    """
    if not result.study.exits:
        raise CreditRegimeError(
            "survival: the study does not keep who left; say exits: true and run it into a new folder"
        )
    found = {}
    for point in points:
        runs, exits = result.runs, result.exits
        seeds = sorted(runs.loc[runs["point"] == point, "seed"].tolist())
        scenario = result.scenario(point)
        firms = np.full(len(seeds), float(firms_of(scenario)))
        shares = surviving(exits[exits["point"] == point], seeds, firms, scenario.months)
        found[point] = pd.DataFrame(shares, index=pd.Index(seeds, name="seed"))
    return found
