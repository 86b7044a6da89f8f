"""How firms differ in character: patience, attitude to risk, political connection."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from creditregime.codes import OWNERSHIPS
from creditregime.component import Settings, parameter
from creditregime.state import Floats, Rows
from creditregime.world import World


class Traits(Settings):
    """Spreads around what all firms have in common, and who is connected; a new firm draws its own.

    A connected firm neither sees nor faces anything else by itself: rules of rating and inspection may treat it
    otherwise.
    """

    discount_spread: float = parameter(
        0.0, unit="-", ge=0, le=3, description="standard deviation of the log of the discount rate; its mean stays"
    )
    caution: float = parameter(
        1.0, unit="-", ge=0, le=100, description="mean factor on expected penalties: 1 neutral, above 1 shy of risk"
    )
    caution_spread: float = parameter(
        0.0, unit="-", ge=0, le=3, description="standard deviation of the log of that factor; its mean stays"
    )
    connected: dict[str, float] = parameter(
        default_factory=dict,
        unit="share",
        description="share of politically connected firms by ownership; 0 where not named",
        source="the effect on scores: Lin and Milhaupt 2023; shares are assumptions",
        standing="partly",
    )

    @property
    def cautious(self) -> bool:
        """Whether any firm weighs penalties otherwise than at their expected value."""
        return self.caution != 1 or self.caution_spread > 0

    def draw(self, world: World, rows: Rows, month: int, discount: float) -> None:
        """Write ``discount``, ``caution`` and ``connected`` of some firms, from the draws of a month."""
        firms = world.firms
        firms.discount[rows] = discount * _factor(world, rows, "patience", month, self.discount_spread)
        firms.caution[rows] = self.caution * _factor(world, rows, "caution", month, self.caution_spread)
        firms.connected[rows] = False
        if any(self.connected.values()):
            share = np.array([self.connected.get(name, 0.0) for name in OWNERSHIPS], np.float32)
            firms.connected[rows] = world.draws.at(rows, "connection", month) < share[firms.ownership[rows]]


def _factor(world: World, rows: Rows, purpose: str, month: int, spread: float) -> Floats | float:
    """Return lognormal factors of mean 1, one a row, or 1 where they do not differ."""
    if not spread:
        return 1.0
    quantile = ndtri(np.maximum(world.draws.at(rows, purpose, month), np.float32(1e-7)))
    factor: Floats = np.exp(np.float32(spread) * quantile - np.float32(spread**2 / 2))
    return factor
