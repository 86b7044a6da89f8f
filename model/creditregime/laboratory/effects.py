"""Effects over paired seeds: means, differences and their confidence intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit
from scipy.stats import false_discovery_control

from creditregime.laboratory.outcomes import Outcome

Reals = NDArray[np.float64]

VARIANTS = ("scenario", "against")
CONFIDENCE = 0.95


def paired(one: Reals, other: Reals, confidence: float = CONFIDENCE) -> dict[str, Reals]:
    """Return the paired effects of columns of outcomes, one row a seed.

    Parameters
    ----------
    one, other : (seeds, outcomes)
        The same outcomes in the two variants; row by row, they shared all random draws.
    confidence
        Level of the intervals, which are Student's: mean ± t(n − 1) s / √n of the differences.

    Returns
    -------
    dict of (outcomes,) arrays
        Mean in both, mean difference, interval (NaN for one seed), and the variance of the difference relative to
        what it would be without pairing: below 1, shared draws made the comparison sharper.
    """
    count = len(one)
    difference = one - other
    mean = difference.mean(axis=0)
    margin = np.full(mean.shape, np.nan)
    ratio = np.full(mean.shape, np.nan)
    if count > 1:
        spread = difference.var(axis=0, ddof=1)
        margin = stdtrit(count - 1, (1 + confidence) / 2) * np.sqrt(spread / count)
        apart = one.var(axis=0, ddof=1) + other.var(axis=0, ddof=1)
        np.divide(spread, apart, out=ratio, where=apart > 0)
    return {
        "scenario": one.mean(axis=0),
        "against": other.mean(axis=0),
        "effect": mean,
        "low": mean - margin,
        "high": mean + margin,
        "seeds": np.full(mean.shape, count),
        "variance_ratio": ratio,
    }


def mean_interval(values: Reals, confidence: float = 0.95) -> tuple[float, float, float]:
    """Return the mean of some values, (n,), and its Student interval: NaN for one value, and all NaN for none."""
    if not len(values):
        return np.nan, np.nan, np.nan
    column = np.asarray(values, np.float64)[:, None]
    found = paired(column, np.zeros_like(column), confidence)
    return float(found["effect"][0]), float(found["low"][0]), float(found["high"][0])


def effect_table(outcomes: pd.DataFrame, definitions: Sequence[Outcome]) -> pd.DataFrame:
    """Return one row an outcome, from one row a variant and seed."""
    names = [outcome.name for outcome in definitions]
    one, other = (_values(outcomes, variant, names) for variant in VARIANTS)
    described = {
        "outcome": names,
        "label": [outcome.label for outcome in definitions],
        "unit": [outcome.unit for outcome in definitions],
        "aggregate": [outcome.how for outcome in definitions],
    }
    return pd.DataFrame({**described, **paired(one, other)})


def group_effect_table(outcomes: pd.DataFrame, definitions: Sequence[Outcome]) -> pd.DataFrame:
    """Return one row a dimension, group and outcome, from one row a variant, seed, dimension and group.

    Only seeds in which both worlds have the group count, and only groups that both worlds have. With many groups some
    intervals exclude 0 by chance alone. Therefore ``p`` is Student's two-sided p-value, and ``p_holm`` (Holm 1979) and
    ``p_bh`` (Benjamini, Hochberg 1995) are adjusted for all groups of the same outcome: they bound the chance of any
    false alarm among them, and the expected share of false ones among the alarms.
    """
    parts = []
    for (dimension, group), everywhere in outcomes.groupby(["dimension", "group"], sort=False):
        variants = everywhere.groupby("seed")["variant"].nunique()
        inside = everywhere[everywhere["seed"].isin(variants.index[variants == len(VARIANTS)])]
        if not len(inside):
            continue  # a group that only one of the two worlds has cannot be compared
        part = effect_table(inside, definitions)
        who = pd.DataFrame({"dimension": dimension, "group": group, "firms": inside["firms"].mean()}, index=part.index)
        parts.append(who.join(part))
    return with_p_values(pd.concat(parts, ignore_index=True))


def with_p_values(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of effects by group with p-values, plain and adjusted for the groups of the same outcome."""
    half = ((table["high"] - table["low"]) / 2).to_numpy(np.float64)
    freedom = table["seeds"].to_numpy(np.float64) - 1
    error = half / stdtrit(np.maximum(freedom, 1), (1 + CONFIDENCE) / 2)
    effect = np.abs(table["effect"].to_numpy(np.float64))
    ratio = np.divide(effect, error, out=np.where(effect > 0, np.inf, 0.0), where=error > 0)
    p = np.where(np.isfinite(half), 2 * stdtr(np.maximum(freedom, 1), -ratio), np.nan)
    table = table.assign(p=p)
    found = table.groupby("outcome", sort=False)["p"]
    return table.assign(p_holm=found.transform(_holm), p_bh=found.transform(_benjamini_hochberg))


def _holm(p: pd.Series) -> pd.Series:  # type: ignore[type-arg]
    known = p.dropna().sort_values(kind="stable")
    return (known * np.arange(len(known), 0, -1)).cummax().clip(upper=1).reindex(p.index)


def _benjamini_hochberg(p: pd.Series) -> pd.Series:  # type: ignore[type-arg]
    known = p.dropna()
    if not len(known):
        return p
    return pd.Series(false_discovery_control(known), known.index).reindex(p.index)


def _values(outcomes: pd.DataFrame, variant: str, names: list[str]) -> Reals:
    chosen = outcomes[outcomes["variant"] == variant].sort_values("seed", kind="stable")
    return chosen[names].to_numpy(np.float64)
