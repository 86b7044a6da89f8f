"""What a page shows of each firm month by month and no log tells: score, live records, output."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.model import CreditRegime

TENTHS = 10
"""Scores are kept in tenths of a point."""


class Recorder:
    """Watches a model; column 0 is the start, column m the end of month m."""

    def __init__(self, model: CreditRegime) -> None:
        shape = (len(model.world.firms.active), model.spec.months + 1)
        self._world, self._month = model.world, 0
        self.score = np.zeros(shape, np.int32)
        self.records = np.zeros(shape, np.uint8)
        self.output = np.zeros(shape, np.uint16)
        self._write()

    def before(self) -> None:
        """Nothing is asked of the world before a month."""

    def after(self) -> None:
        """Write down the month."""
        self._month += 1
        self._write()

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return what was written, (N, months + 1) each."""
        return {"score": self.score, "records": self.records, "output": self.output}

    def _write(self) -> None:
        firms, month = self._world.firms, self._month
        score = np.clip(firms.score.min(axis=0) * TENTHS, -(2**30), 2**30)
        self.score[:, month] = np.rint(score)
        self.records[:, month] = np.minimum(firms.live.sum(axis=(0, 1), dtype=np.int64), 255)
        self.output[:, month] = np.minimum(np.rint(100 * firms.output), 65535)
