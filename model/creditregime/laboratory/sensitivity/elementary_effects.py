"""Morris' elementary effects: what one step of one factor changes, all else being somewhere in the space."""

from __future__ import annotations

import numpy as np
import pandas as pd

from creditregime.errors import ScenarioError
from creditregime.laboratory.sensitivity.resampling import Bootstrap, Reals, table


def elementary_effects(points: Reals, values: Reals) -> Reals:
    """Return every elementary effect, in units of the function per range of the factor.

    Parameters
    ----------
    points : (r (D + 1), D)
        Trajectories one after the other, each factor as a share of its range.
    values : (r (D + 1),)
        The function there.

    Returns
    -------
    (r, D)
        One effect a trajectory and factor; NaN where a step was lost in rounding to a whole number.

    Notes
    -----
    A step is as long as it really was: where whole numbers are rounded, that is not the step of the grid.
    """
    number = points.shape[1]
    steps = np.diff(points.reshape(-1, number + 1, number), axis=1)  # trajectory, step, factor
    changes = np.diff(values.reshape(-1, number + 1), axis=1)
    moved = steps != 0
    if (moved.sum(axis=2) > 1).any() or (moved.sum(axis=1) > 1).any():
        raise ScenarioError("morris: the points are no trajectories that change one factor at a time")
    effects = (changes[:, :, None] * moved / np.where(moved, steps, 1)).sum(axis=1)
    return np.where(moved.any(axis=1), effects, np.nan)


def morris_measures(effects: Reals, bootstrap: Bootstrap) -> pd.DataFrame:
    """Return μ, μ* and σ of each factor, with bootstrap intervals over trajectories.

    Parameters
    ----------
    effects : (r, D)
        As `elementary_effects` returns them.
    bootstrap
        Resamples trajectories.

    Returns
    -------
    One row a factor: mu, mu_star, sigma, each with _low and _high. μ is the mean effect, μ* the mean of its absolute
    value (Campolongo, Cariboni, Saltelli 2007, Environ. Model. Softw. 22:1509), and σ the standard deviation, which is
    0 where the factor acts linearly and alone (Morris 1991, Technometrics 33:161). NaN with fewer than two effects.

    Notes
    -----
    The same as SALib's, which leaves out intervals for μ and σ.
    """
    draws = bootstrap.draws()
    found = [_measures(column[np.isfinite(column)], bootstrap, draws) for column in effects.T]
    estimate, margin = np.array(found).transpose(1, 2, 0)
    return table({name: (estimate[k], margin[k]) for k, name in enumerate(("mu", "mu_star", "sigma"))})


def _measures(effects: Reals, bootstrap: Bootstrap, draws: np.random.Generator) -> tuple[Reals, Reals]:
    """Return the three measures of one factor, and half-widths, (3,) each."""
    if len(effects) < 2:
        return np.full(3, np.nan), np.full(3, np.nan)
    again = effects[draws.integers(len(effects), size=(bootstrap.resamples, len(effects)))]
    margin = bootstrap.quantile * _three(again).std(axis=1, ddof=1)
    return _three(effects), margin


def _three(effects: Reals) -> Reals:
    return np.stack([effects.mean(axis=-1), np.abs(effects).mean(axis=-1), effects.std(axis=-1, ddof=1)])
