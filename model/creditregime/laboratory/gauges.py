"""Taking measures in a running model, of all its jurisdictions side by side."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.component import nearest
from creditregime.errors import ScenarioError
from creditregime.model import CreditRegime

Reals = NDArray[np.float64]
FIRST = ("jurisdiction", "month", "topic")


class Tables:
    """The indicators of a finished model, made once for all measures; every table has a column ``jurisdiction``."""

    def __init__(self, model: CreditRegime) -> None:
        self._series, self.count = model.series, len(model.world.spans)

    @cached_property
    def monthly(self) -> pd.DataFrame:
        """One row a month and jurisdiction."""
        return self._placed(self._series.monthly())

    @cached_property
    def topics(self) -> pd.DataFrame:
        """One row a month, topic and jurisdiction."""
        return self._placed(self._series.by_topic())

    def mean(self, table: pd.DataFrame, name: str, months: int) -> Reals:
        """Return the mean of a column over the last months, (J,)."""
        if name not in table:
            known = [str(column) for column in table if column not in FIRST]
            raise ScenarioError(
                f"measure: unknown indicator '{name}'{nearest(name, known)}; allowed: {', '.join(known)}"
            )
        late = table[table["month"] > table["month"].max() - months]
        return late.groupby("jurisdiction")[name].mean().reindex(range(self.count)).to_numpy(np.float64)

    def _placed(self, table: pd.DataFrame) -> pd.DataFrame:
        return table if "jurisdiction" in table else table.assign(jurisdiction=0)


class Gauge:
    """Takes one measure in a running model."""

    def __init__(self, read: Callable[[Tables], Reals]) -> None:
        self._read = read

    def before(self) -> None:
        """Look at the world before a month."""

    def after(self) -> None:
        """Look at the world after it."""

    def value(self, tables: Tables) -> Reals:
        """Return the measure of each jurisdiction, (J,); NaN where there was nothing to measure."""
        return self._read(tables)
