"""What firms must report, and what that costs them."""

from __future__ import annotations

import numpy as np

from creditregime.component import Rule, parameter, planned
from creditregime.world import Floats, World


class Reporting(Rule, family="reporting"):
    """Family of reporting duties."""

    def burden(self, world: World) -> Floats | None:
        """Return the cost of reporting this month, (N,) money, or None where there is none."""
        return None


class NoReporting(Reporting, kind="none"):
    """Firms report nothing."""


class Duty(Reporting, kind="duty"):
    """Every firm submits data each month; part of the cost does not depend on its size."""

    fixed: float = parameter(
        0.0005,
        unit="money/month",
        ge=0,
        description="cost of reporting that every firm bears whatever its size",
        standing="partly",
    )
    proportional: float = parameter(0.0005, unit="share of revenue", ge=0, description="cost that grows with size")
    misreport: float = planned(0.0, unit="probability", description="propensity to hide a violation", standing="real")

    def burden(self, world: World) -> Floats:
        """Return fixed + proportional × initial revenue for active firms."""
        firms = world.firms
        return (np.float32(self.fixed) + np.float32(self.proportional) * firms.size) * world.domestic()
