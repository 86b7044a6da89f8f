"""Burn-in: how many first months of a run still show where it began, by the marginal standard error rule (MSER-5)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from creditregime.component import nearest
from creditregime.errors import ScenarioError
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.outcomes import BY_NAME, LATE_MONTHS
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.sweeps import Sweep

Reals = NDArray[np.float64]

BATCH = 5
"""Months of a batch: White, Cobb, Spratt 2000."""
LAST_BATCHES = 5
"""Batches at the end that the rule does not look at, as so few can agree by chance: Hoad, Robinson, Davies 2010."""
FEWEST_BATCHES = 10
"""Batches without which nothing is said."""
ROUNDING = 1e-12
WORLDS = ("point", "variant", "jurisdiction")
"""Columns that tell worlds apart; over seeds, the mean is taken."""


class Series(NamedTuple):
    """One indicator month by month, (n,): which world, its name, mean over seeds, half-width of its 95% interval."""

    world: dict[str, Any]
    indicator: str
    months: NDArray[np.int64]
    values: Reals
    margin: Reals
    seeds: int

    @property
    def burn_in(self) -> int | None:
        """Months to leave out by MSER-5; None where there is nothing to tell."""
        return mser(self.values) if np.isfinite(self.values).all() else None

    @property
    def reason(self) -> str:
        """Why there is no burn-in to tell; empty if there is."""
        empty = int((~np.isfinite(self.values)).sum())
        if empty:
            return f"no value in {empty} months"
        if len(self.values) < FEWEST_BATCHES * BATCH:
            return f"too short: {len(self.values)} months, at least {FEWEST_BATCHES * BATCH} are needed"
        return "not settled in the first half" if self.burn_in is None else ""


def mser(values: Reals, batch: int = BATCH) -> int | None:
    """Return how many first values to leave out, or None if the series has not settled.

    Parameters
    ----------
    values : (n,)
        A series, best the mean over replications.
    batch
        Values of which a batch takes the mean.

    Returns
    -------
    How many first values, a multiple of `batch`, to leave out so that the squared standard error of the mean of the
    rest is smallest: Σ (z - z̄)² / m² over its m batches. None if that lies in the second half, or if there are fewer
    than ten batches: the series is too short for what it shows.

    Notes
    -----
    White 1997, Simulation 69:323; White, Cobb, Spratt 2000, Proc. Winter Simulation Conf. 755 (batches of five). The
    last five batches are not looked at, and a result in the second half is none: Hoad, Robinson, Davies 2010, J. Oper.
    Res. Soc. 61:1389. Values left over at the end of the last batch are dropped.

    Examples
    --------
    >>> mser(np.array([9.0] * 10 + [1.0, 2.0] * 50))
    10
    """
    number = len(values) // batch
    if number < FEWEST_BATCHES:
        return None
    means = values[: number * batch].reshape(number, batch).mean(axis=1)
    left = [means[first:] for first in range(number - LAST_BATCHES)]
    errors = np.array([np.square(rest - rest.mean()).sum() / len(rest) ** 2 for rest in left])
    errors[errors <= np.square(ROUNDING * np.abs(means).max())] = 0  # equal but for rounding: the first counts
    best = int(np.argmin(errors))
    return best * batch if best <= number / 2 else None


def welch(values: Reals, window: int) -> Reals:
    """Return Welch's moving average over 2 `window` + 1 values, over fewer at the start; (n - window,).

    Welch 1983, in Lavenberg (ed.), Computer Performance Modeling Handbook, 268; Law 2015, Simulation Modeling and
    Analysis, section 9.5.1.
    """
    found = []
    for position in range(len(values) - window):
        reach = min(position, window)
        found.append(values[position - reach : position + reach + 1].mean())
    return np.array(found)


def burn_in(result: Sweep | Comparison | RunResult | pd.DataFrame, indicators: Sequence[str] = ()) -> pd.DataFrame:
    """Tell how many months each indicator takes to forget its start, by MSER-5 on its mean over seeds.

    Parameters
    ----------
    result
        A sweep that keeps indicators (``months``), a comparison, a run, or a table with a column ``month``, and
        ``point``, ``variant``, ``jurisdiction`` and ``seed`` where there are several.
    indicators
        Names of indicators; by default all that a sweep keeps or a table has, and of a run or a comparison those of
        the headline outcomes.

    Returns
    -------
    One row a world and indicator: point or variant (where there are several), indicator, months (length), seeds,
    burn_in (months to leave out), reason (why there is none to tell, empty otherwise), late_from (first month of those
    that levels are averaged over) and late_is_clean (whether the burn-in is over by then).

    Raises
    ------
    ScenarioError
        One line: an indicator is not there, or the sweep keeps none.

    Notes
    -----
    A series that drifts to the end has no burn-in. A series that is the same in every month has
    burn-in 0.
    """
    rows = []
    for item in series(result, indicators):
        found, late_from = item.burn_in, max(len(item.values) - LATE_MONTHS, 0)
        facts = {"indicator": item.indicator, "months": len(item.values), "seeds": item.seeds}
        told = {"burn_in": math.nan if found is None else float(found), "reason": item.reason}
        late = {"late_from": late_from + 1, "late_is_clean": found is not None and found <= late_from}
        rows.append(item.world | facts | told | late)
    return pd.DataFrame(rows)


def series(result: Sweep | Comparison | RunResult | pd.DataFrame, indicators: Sequence[str] = ()) -> Iterator[Series]:
    """Yield the monthly means over seeds that `burn_in` looks at."""
    table = _monthly(result)
    worlds = [name for name in WORLDS if name in table]
    names = _chosen(table, indicators, whole=isinstance(result, Sweep | pd.DataFrame))
    for key, rows in table.groupby(worlds, sort=False, observed=True) if worlds else [((), table)]:
        seeds = rows["seed"].nunique() if "seed" in rows else 1
        by_month = rows.groupby("month")[names]
        means, spreads = by_month.mean(), by_month.std(ddof=1)
        months, world = means.index.to_numpy(np.int64), dict(zip(worlds, key, strict=True))
        quantile = float(stdtrit(seeds - 1, 0.975)) if seeds > 1 else math.nan
        for name in names:
            margin = quantile * spreads[name].to_numpy(np.float64) / math.sqrt(seeds)
            yield Series(world, name, months, means[name].to_numpy(np.float64), margin, seeds)


def _monthly(result: Sweep | Comparison | RunResult | pd.DataFrame) -> pd.DataFrame:
    if isinstance(result, Sweep):
        if not result.study.months:
            raise ScenarioError(
                "months: this sweep keeps no indicators; name them in the study, as in months: [output]"
            )
        return result.months
    return result if isinstance(result, pd.DataFrame) else result.indicators


def _chosen(table: pd.DataFrame, indicators: Sequence[str], whole: bool) -> list[str]:
    known = [str(name) for name in table if name not in (*WORLDS, "seed", "month")]
    if "month" not in table or not len(table):
        raise ScenarioError("indicators: a table with months is needed, one row a month")
    for name in indicators:
        if name not in known:
            raise ScenarioError(
                f"indicators: '{name}' is not there{nearest(name, known)}; there are: {', '.join(known)}"
            )
    headline = [name for name in known if name in BY_NAME and BY_NAME[name].headline]
    return [*indicators] or (known if whole else headline)
