"""Closure: named firms leave in a named month, to see what the economy loses with them."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from creditregime.codes import Attribution, ExitCause
from creditregime.component import parameter
from creditregime.market.exit import Exit, take_out
from creditregime.market.finance import Finance
from creditregime.state import Bytes
from creditregime.world import World


class Closure(Exit, kind="closure"):
    """Named firms close at the end of a month, for reasons outside the model; nobody else ever leaves.

    With the regime off, no re-matching, no entry and ``trade.rationing: initial``, the months that follow are the
    rounds of Diem et al. (2022), and what is lost in the end is the systemic risk (`creditregime.systemic_risk`).
    """

    firms: tuple[Annotated[int, Field(ge=0)], ...] = parameter(
        (), unit="rows", description="firms that close, by their rows, from 0 on"
    )
    month: int = parameter(
        0, unit="month", ge=0, le=12_000, description="the last month of these firms; the run starts with month 0"
    )

    def leave(self, world: World, finance: Finance) -> None:
        """Close the firms when it is time."""
        if world.month != self.month:
            return
        named = np.unique(np.array(self.firms, np.int64))
        rows = named[world.firms.active[named]]
        cause: Bytes = np.full(len(rows), ExitCause.BACKGROUND, np.uint8)
        take_out(world, finance, rows, cause, np.full(len(rows), Attribution.BACKGROUND, np.uint8))
