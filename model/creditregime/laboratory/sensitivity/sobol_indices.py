"""Sobol' indices: which share of an outcome's variance a factor accounts for, alone and with all its interactions."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from creditregime.laboratory.salib import problem, salib
from creditregime.laboratory.sensitivity.resampling import Bootstrap, Reals, Whole, is_constant, table

AT_ONCE = 10_000_000
"""Numbers that the bootstrap holds at once, about: more are drawn in several parts."""


class Indices(NamedTuple):
    """Sobol' indices, one row a factor: S1, ST; and of pairs, one row a pair: first, second (positions), S2."""

    factors: pd.DataFrame
    pairs: pd.DataFrame


def sobol_indices(values: Reals, number: int, bootstrap: Bootstrap, *, second_order: bool = False) -> Indices:
    """Estimate Sobol' indices from the values of a function on Saltelli's design.

    Parameters
    ----------
    values : (n,)
        In the order of the design: blocks of D + 2 points, or of 2D + 2 with `second_order`.
    number
        Number of factors, D.
    bootstrap
        Resamples blocks.
    second_order
        Whether the design is the one for pairs.

    Returns
    -------
    Indices with intervals; NaN where the function is constant at the first and last points of the blocks, of which the
    variance is taken. No pairs without `second_order`.

    Notes
    -----
    SALib's estimators: Saltelli et al. 2010, Comput. Phys. Commun. 181:259 (first and total order); Saltelli 2002,
    Comput. Phys. Commun. 145:280 (second order).
    """
    pairs = np.column_stack(np.triu_indices(number if second_order else 0, 1)).astype(np.int64)
    size = (2 * number if second_order else number) + 2
    if is_constant(np.concatenate([values[::size], values[size - 1 :: size]])):
        nothing, none = np.full(number, np.nan), np.full(len(pairs), np.nan)
        return _indices({"S1": (nothing, nothing), "ST": (nothing, nothing)}, pairs, (none, none))
    told = _told(values, number, len(values) // size, bootstrap, second_order)
    estimates = {name: (told[0][name], _margin(told, name)) for name in ("S1", "ST")}
    where = tuple(pairs.T)
    of_pairs = (told[0]["S2"][where], _margin(told, "S2")[where]) if second_order else (np.empty(0), np.empty(0))
    return _indices(estimates, pairs, of_pairs)


def _told(values: Reals, number: int, blocks: int, bootstrap: Bootstrap, second_order: bool) -> list[dict[str, Any]]:
    """Return what SALib finds, once for each part of the resamples."""
    parts = max(1, min(-(-blocks * bootstrap.resamples // AT_ONCE), bootstrap.resamples // 2))
    analyze = salib("analyze.sobol", "sensitivity").analyze
    whole = problem({str(position): (0.0, 1.0) for position in range(number)})
    return [
        analyze(
            whole,
            values,
            calc_second_order=second_order,
            num_resamples=bootstrap.resamples // parts,
            conf_level=bootstrap.confidence,
            seed=bootstrap.seed + 1 + part,  # SALib takes 0 for no seed
        )
        for part in range(parts)
    ]


def _margin(told: list[dict[str, Any]], name: str) -> Reals:
    """Return the half-widths of intervals: parts of the resamples share their variance."""
    return np.sqrt(np.mean([np.square(part[f"{name}_conf"]) for part in told], axis=0))


def _indices(estimates: dict[str, tuple[Reals, Reals]], pairs: Whole, of_pairs: tuple[Reals, Reals]) -> Indices:
    first, second = pairs.T
    named = pd.DataFrame({"first": first, "second": second})
    return Indices(table(estimates), named.join(table({"S2": of_pairs})))
