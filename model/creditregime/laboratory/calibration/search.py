"""The search for the best point: Optuna's tree-structured Parzen estimator, told of every point simulated before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from creditregime.errors import CreditRegimeError

Reals = NDArray[np.float64]
AT_ONCE = 16
"""Points that are asked for at a time, which are simulated in parallel."""
EDGE = 1e-4
"""How near to the ends of a prior the search goes, as a share of it."""


def require() -> Any:
    """Return Optuna, or raise a `CreditRegimeError` of one line."""
    try:
        import optuna
    except ImportError:
        raise CreditRegimeError(
            "calibration: Optuna is not installed; install it with: pip install 'creditregime[calibration]'"
        ) from None
    return optuna


def search(
    fit: Callable[[str, Reals], Reals], known: tuple[Reals, Reals], points: int, seed: int, stem: str = "search"
) -> None:
    """Look for points that fit better, some at a time; what comes of it is what `fit` was called with.

    Parameters
    ----------
    fit
        From the name of a batch and its points in standard normal coordinates, (n, D), to their log-likelihoods.
    known
        Points that were simulated before, (m, D), and their log-likelihoods, (m,).
    points
        How many points are tried.
    seed
        Of the search.
    stem
        What the names of the batches begin with.
    """
    optuna = require()
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = _told(optuna, known, seed)
        for number in range(-(-points // AT_ONCE)):
            trials = [study.ask() for _ in range(min(AT_ONCE, points - number * AT_ONCE))]
            shares = [[trial.suggest_float(name, EDGE, 1 - EDGE) for name in _names(known[0])] for trial in trials]
            values = fit(f"{stem}-{number + 1:02d}", ndtri(np.array(shares)))
            for trial, value in zip(trials, values.tolist(), strict=True):
                if np.isfinite(value):
                    study.tell(trial, value)
                else:
                    study.tell(trial, state=optuna.trial.TrialState.FAIL)
    finally:
        optuna.logging.set_verbosity(level)


def _names(z: Reals) -> list[str]:
    return [f"{number:03d}" for number in range(z.shape[1])]


def _told(optuna: Any, known: tuple[Reals, Reals], seed: int) -> Any:
    """Return a study that knows the points simulated before."""
    sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    span = optuna.distributions.FloatDistribution(EDGE, 1 - EDGE)
    z, values = known
    names = _names(z)
    for row, value in zip(np.clip(ndtr(z), EDGE, 1 - EDGE).tolist(), values.tolist(), strict=True):
        if np.isfinite(value):
            told = dict(zip(names, row, strict=True))
            trial = optuna.trial.create_trial(params=told, distributions=dict.fromkeys(names, span), value=value)
            study.add_trial(trial)
    return study
