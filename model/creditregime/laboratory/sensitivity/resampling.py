"""What the estimators share: options of the bootstrap, and intervals from its standard error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from creditregime.errors import ScenarioError

Reals = NDArray[np.float64]
Whole = NDArray[np.int64]


class Bootstrap(NamedTuple):
    """How intervals are made: estimate ± z × standard deviation over resamples, as SALib makes them.

    Attributes
    ----------
    confidence
        Level of the intervals.
    resamples
        Number of resamples.
    seed
        Of the resamples.
    """

    confidence: float = 0.95
    resamples: int = 1000
    seed: int = 1

    def checked(self) -> Bootstrap:
        """Return the options, or refuse them."""
        if not 0 < self.confidence < 1:
            raise ScenarioError(f"confidence: {self.confidence} is not allowed: a level between 0 and 1 is needed")
        if self.resamples < 2:
            raise ScenarioError(f"resamples: {self.resamples} is not allowed: at least 2 are needed")
        if self.seed < 0:
            raise ScenarioError(f"seed: {self.seed} is not allowed: at least 0 is needed")
        return self

    @property
    def quantile(self) -> float:
        """Standard errors between the estimate and either end of its interval."""
        return float(ndtri((1 + self.confidence) / 2))

    def draws(self) -> np.random.Generator:
        """Return the resamples' source of randomness."""
        return np.random.Generator(np.random.PCG64(self.seed))


def table(estimates: Mapping[str, tuple[Reals, Reals]]) -> pd.DataFrame:
    """Return one row a factor, from estimates and the half-widths of their intervals by name."""
    columns: dict[str, Reals] = {}
    for name, (estimate, margin) in estimates.items():
        columns |= {name: estimate, f"{name}_low": estimate - margin, f"{name}_high": estimate + margin}
    return pd.DataFrame(columns)


def is_constant(values: Reals) -> bool:
    """Tell whether values are the same but for rounding."""
    return bool(np.ptp(values) <= 1e-14 * np.abs(values).max(initial=0))
