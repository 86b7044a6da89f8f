"""What each firm lost through each channel, month by month, while the model runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.codes import Attribution
from creditregime.laboratory.frames import exit_table, identity
from creditregime.laboratory.twins import WHO
from creditregime.market.exit import LOSSES
from creditregime.model import CreditRegime, Month
from creditregime.population.economy import Economy
from creditregime.scenario import Scenario
from creditregime.state import Floats
from creditregime.units import MONTHS

CHANNELS = (*(item.name.lower() for item in list(Attribution)[1:]), "compliance")
"""Ways in which a firm loses: those to which exits are attributed, and what complying and reporting cost."""


class Followed(CreditRegime):
    """A model that keeps what every firm loses.

    Attributes
    ----------
    who
        Who the firms of the start are.
    lost : (months, channels, firms)
        What a firm lost through each of `CHANNELS` in a month, in months of its own initial revenue.
    """

    def __init__(self, spec: Scenario, economy: Economy | None = None) -> None:
        super().__init__(spec, economy=economy)
        self.who = pd.DataFrame(identity(self.world))[WHO]
        self.lost = np.zeros((spec.months, len(CHANNELS), self.world.rows), np.float32)

    def exits(self) -> pd.DataFrame:
        """Return one row an exit so far."""
        return exit_table(self.world)

    def lost_until(self, rows: NDArray[np.int64], months: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what some firms lost from the start up to a month each, counted from 1, (channels, firms)."""
        sums = self.lost[:, :, rows].cumsum(axis=0, dtype=np.float64)
        return sums[months - 1, :, np.arange(len(rows))].T

    def _leave(self, month: Month) -> None:
        """Read the month's losses where firms that left still have theirs: out of what is remembered of them."""
        firms, before = self.world.firms, self._remembered()
        spent = month.compliance * firms.active
        if month.burden is not None:
            spent += month.burden
        super()._leave(month)
        lost = self.lost[self.world.month]
        lost[:-1] = MONTHS * (self._remembered() - before) + before  # the smoothing of `StandardExit`, undone
        lost[-1] = spent / firms.size

    def _remembered(self) -> Floats:
        return np.stack([getattr(self.world.firms, name) for name in LOSSES])
