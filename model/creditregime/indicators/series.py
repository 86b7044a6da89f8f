"""The indicators of a run, month after month, as tables."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from mesa import DataCollector
from numpy.typing import NDArray

from creditregime.indicators.links import network_row
from creditregime.indicators.measure import (
    Indicators,
    group_rows,
    monthly_row,
    topic_rows,
    turnover,
)
from creditregime.indicators.ratings import Row
from creditregime.indicators.records import record_row
from creditregime.state import Floats
from creditregime.world import World


class Series:
    """Collects the indicators of a world's jurisdictions.

    Conduct, enforcement and money are measured before firms leave, turnover and the network after; one row a month.
    """

    def __init__(self, world: World, settings: Indicators) -> None:
        self.world, self.settings = world, settings
        self.latest: Row = {}
        self._months: list[Row] = []
        self._topics: list[Row] = []  # (K, J) each, or what is the same for all topics
        self._number: NDArray[Any] = np.arange(len(world.topics))[:, None]
        self._groups: list[tuple[int, str, str, Row]] = []
        self._network: Row = network_row(world)

    def measure_conduct(self, compliance: Floats, burden: Floats | None) -> None:
        """Measure what must be seen before firms leave."""
        world = self.world
        self.latest = monthly_row(world, self.settings, compliance, burden)
        self.latest |= record_row(world, self.latest)
        row = topic_rows(world)
        gap = np.abs(row["perceived_detection"] - row["published_detection"])
        self.latest["perception_gap"] = np.asarray(sum(gap)) / len(world.topics)
        self._topics.append({"month": self.latest["month"], "topic": self._number} | row)

    def measure(self) -> None:
        """Measure the rest, and close the row."""
        world, settings = self.world, self.settings
        self.latest |= turnover(world)
        if (world.month + 1) % settings.network_every == 0:
            self._network = network_row(world)
        if (world.month + 1) % settings.groups_every == 0:
            self._groups += [(world.month + 1, *item) for item in group_rows(world)]
        self.latest |= self._network
        self._months.append(self.latest)

    def datacollector(self) -> DataCollector:
        """Return a Mesa collector of the main indicators (means over jurisdictions)."""
        names = ("compliance", "violations", "listed", "output", "exits", "entries", "segregation", "welfare")
        return DataCollector(model_reporters={name: partial(_latest, name=name) for name in names})

    def monthly(self) -> pd.DataFrame:
        """Return one row a month and jurisdiction."""
        return self._frame(self._months, 1)

    def values(self, name: str, since: int = 0) -> NDArray[np.float64]:
        """Return one indicator from a month on, the mean over jurisdictions; NaN where it was not measured."""
        found = [np.mean(row[name]) if name in row else np.nan for row in self._months[since:]]
        return np.array(found, np.float64)

    def by_topic(self) -> pd.DataFrame:
        """Return one row a month, topic and jurisdiction."""
        frame = self._frame(self._topics, len(self.world.topics))
        if len(frame):
            frame["topic"] = np.array(self.world.topics)[frame["topic"].astype(int)]
        return frame

    def by_group(self) -> pd.DataFrame:
        """Return one row a measured month, dimension, group and jurisdiction."""
        frame = self._frame([row for *_, row in self._groups], 1)
        repeat = len(self.world.spans)
        for position, name in enumerate(("month", "dimension", "group")):
            frame.insert(position, name, np.repeat([item[position] for item in self._groups], repeat))
        return frame

    def _frame(self, rows: list[Row], topics: int) -> pd.DataFrame:
        """Return a table of values by topic (or 1) and jurisdiction, one after the other."""
        names = dict.fromkeys(name for row in rows for name in row)  # a phase can bring other grades
        shape, missing = (topics, len(self.world.spans)), np.float64(np.nan)
        columns = {
            name: np.concatenate([np.broadcast_to(row.get(name, missing), shape).reshape(-1) for row in rows])
            for name in names
        }
        frame = pd.DataFrame(columns)
        if "month" in frame:
            frame["month"] = frame["month"].astype(int)
        if len(self.world.spans) > 1 and rows:
            frame.insert(0, "jurisdiction", np.tile(np.arange(shape[1]), topics * len(rows)))
        return frame


def _latest(model: Any, name: str) -> float:
    """Return one indicator of the month, the mean over jurisdictions."""
    if not model.series.latest:
        return 0.0
    values = model.series.latest[name]
    return float(values[0] if len(values) == 1 else values.mean())
