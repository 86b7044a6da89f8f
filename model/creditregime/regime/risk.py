"""Inspections by predicted risk: a forecast of each firm's records decides how often it is inspected."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.component import parameter
from creditregime.regime.inspection import Uniform
from creditregime.state import NEVER, Floats
from creditregime.units import by_topic
from creditregime.world import World


class ByRisk(Uniform, kind="risk"):
    """Firms are put in classes by predicted risk every month; inspections go to the classes in proportion.

    The forecast of a firm's records a month is (h + κ m) / (n + κ): h counts its records in the regulator's file, those
    of a month ago weighing `memory` less than this month's; n counts its months in the same way; m is the records a
    month of its sector, times (size / mean size) to the power of `size_elasticity`; κ is `caution`, the months of own
    history that weigh as much as what is known of the sector. The riskiest share of firms is class D, the least risky
    class A. Factors are scaled so that on average a firm is inspected at `rate`, whatever they are (less often if a
    class would be inspected with certainty).
    """

    memory: float = parameter(
        0.95, unit="share", ge=0, lt=1, description="weight of a record relative to one a month younger"
    )
    caution: float = parameter(12.0, unit="months", gt=0, description="weight of the sector's record in the forecast")
    size_elasticity: float = parameter(0.0, unit="-", ge=-2, le=2, description="how predicted risk grows with size")
    classes: dict[str, float] = parameter(
        default_factory=lambda: {"A": 0.5, "B": 0.3, "C": 0.15, "D": 0.05},
        unit="share",
        min_length=1,
        description="shares of firms in each class, least risky first",
        source="four classes, run anew each month: SAMR 2022 No. 6; the shares are assumptions",
        standing="real",
    )
    factors: dict[str, float] = parameter(
        default_factory=lambda: {"A": 0.2, "B": 1.0, "C": 2.0, "D": 8.0},
        unit="-",
        min_length=1,
        description="inspections of a firm in each class, relative to one another",
        source="A may be left alone, B is normal, C is in focus, D is raised sharply: SAMR 2022 No. 6; sizes assumed",
        standing="real",
    )

    @model_validator(mode="after")
    def _classes_fit(self) -> Self:
        if set(self.classes) != set(self.factors):
            raise ValueError(f"factors: must name the classes {', '.join(self.classes)}")
        if min(self.classes.values()) < 0 or abs(sum(self.classes.values()) - 1) > 1e-6:
            raise ValueError("classes: shares must be at least 0 and add up to 1")
        if min(self.factors.values()) < 0 or not any(self.factors[name] * self.classes[name] for name in self.classes):
            raise ValueError("factors: must be at least 0, and above 0 for a class with firms")
        return self

    def forecasts(self, files: int) -> int:
        """Return one forecast a file."""
        return files

    def inspect(self, world: World) -> None:
        """Remember last month's entries, then inspect."""
        history = world.firms.history
        history *= np.float32(self.memory)
        topic, firm = world.entered
        if world.month and len(firm):
            seen = world.firms.born[firm] < world.month  # an entrant does not inherit what was recorded of the place
            if len(history) == 1:
                seen &= ~world.law.withheld[topic]
            np.add.at(history, (topic[seen] * (len(history) > 1), firm[seen]), np.float32(1))
        super().inspect(world)

    def alike(self, world: World) -> bool:
        """Tell whether all topics share the forecast."""
        return self._chooses_as(ByRisk) and len(world.firms.history) == 1 and not isinstance(self.rate, dict)

    def chance(self, world: World, k: int) -> Floats:
        """Return the probability a month by class, (N,)."""
        file = k if len(world.firms.history) > 1 else 0
        if ("relative inspections", file) not in world.memo:
            world.memo["relative inspections", file] = self._relative(world, file)
        rate = np.float32(self.monthly(float(by_topic(self.rate, world.topics)[k])))
        return np.minimum(rate * world.memo["relative inspections", file], np.float32(1))

    def forecast(self, world: World, file: int) -> Floats:
        """Return the predicted records a month in a file, (N,)."""
        firms, history = world.firms, world.firms.history[file]
        age = np.where(firms.born == NEVER, world.month, world.month - firms.born.astype(np.int32))
        months = (1 - np.float32(self.memory) ** np.maximum(age, 0)) / np.float32(1 - self.memory)
        months = (months * world.domestic()).astype(np.float32)
        of_sector = world.by_market(history * world.domestic()) / np.maximum(world.by_market(months), 1e-9)
        expected = of_sector[world.market()].astype(np.float32)
        if self.size_elasticity:
            mean = world.spread((world.total(firms.size) / world.total(firms.size > 0)).astype(np.float32))
            expected *= (firms.size / mean) ** np.float32(self.size_elasticity)
        risk: Floats = (history + np.float32(self.caution) * expected) / (months + np.float32(self.caution))
        return risk

    def _relative(self, world: World, file: int) -> Floats:
        """Return each firm's inspections relative to the mean, (N,), by its class within its jurisdiction."""
        risk = self.forecast(world, file)
        relative = np.ones(world.rows, np.float32)
        factors = np.array([self.factors[name] for name in self.classes], np.float32)
        inspected = world.domestic()
        for start, stop in world.spans:
            rows = start + np.flatnonzero(inspected[start:stop])
            if len(rows):
                mine = factors[self._classify(risk[rows])]
                relative[rows] = mine / max(float(mine.mean(dtype=np.float64)), 1e-9)
        return relative

    def _classify(self, risk: Floats) -> NDArray[np.int64]:
        """Return the classes of some firms by rank; equal risks fall in the same, less risky class."""
        bounds = np.cumsum(list(self.classes.values()))[:-1]
        places = np.minimum((bounds * len(risk)).astype(np.int64), len(risk) - 1)
        limits = np.partition(risk, places)[places]
        return np.searchsorted(limits, risk, side="left")
