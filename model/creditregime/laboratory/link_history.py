"""Who supplied whom month by month, followed through the log of a finished run from the network of its start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.laboratory.run import RunResult
from creditregime.network import Network
from creditregime.population.economy import Economy


@dataclass(frozen=True, eq=False)
class LinkHistory:
    """Links by month: row 0 is the start, row m the end of month m.

    Attributes
    ----------
    economy
        Who existed at the start.
    buyer : (L,) int64
        Row of the buyer.
    supplier : (months + 1, L) int32
        Row of the supplier; of a link that is not active, of the last one.
    active : (months + 1, L) bool
        Whether goods can flow.
    """

    economy: Economy
    buyer: NDArray[np.int64]
    supplier: NDArray[np.int32]
    active: NDArray[np.bool_]


def link_history(result: RunResult) -> LinkHistory:
    """Return the links of a run at the end of every month.

    The log names buyer and supplier, not the link: where a buyer seeks two suppliers of one sector at the same time,
    and finds one, the link is taken on which that supplier stood in the end, or else the first.
    """
    economy = result.economy or result.scenario.population.build(result.seed)
    network, months = Network(economy), int(result.scenario.months)
    followed = _Followed(network, economy, result.links["supplier"].to_numpy(np.int32))
    shape = (months + 1, len(network.supplier))
    supplier, active = np.empty(shape, np.int32), np.empty(shape, np.bool_)
    log = result.events[result.events["kind"].isin(("lost_supplier", "found_supplier", "exited", "entered"))]
    bounds = np.searchsorted(log["month"].to_numpy(), np.arange(months + 2))
    for month in range(months + 1):
        followed.take(log.iloc[bounds[month] : bounds[month + 1]])
        supplier[month], active[month] = followed.supplier, followed.active
    buyer = np.repeat(np.arange(economy.firms), np.diff(network.pointer))
    return LinkHistory(economy, buyer, supplier, active)


class _Followed:
    """The links as events change them."""

    def __init__(self, network: Network, economy: Economy, last: NDArray[np.int32]) -> None:
        self.supplier, self.active = network.supplier, network.weight > 0
        self._pointer, self._sector, self._last = network.pointer, economy.sector, last
        self._business = np.ones(economy.firms, np.bool_)

    def take(self, events: pd.DataFrame) -> None:
        """Take a month's events; new firms come last, and all at once."""
        came = []
        rows = zip(events["kind"], events["firm"], events["partner"], strict=True)
        for kind, firm, partner in rows:
            links = slice(self._pointer[firm], self._pointer[firm + 1])
            if kind == "lost_supplier":
                self.active[links] &= self.supplier[links] != partner
            elif kind == "found_supplier":
                place = links.start + self._idle(links, partner)
                self.supplier[place], self.active[place] = partner, True
            elif kind == "exited":
                self.active[links], self._business[firm] = False, False
            else:
                came.append(links)
                self._business[firm] = True
        for links in came:
            self.active[links] = self._business[self.supplier[links]]

    def _idle(self, links: slice, partner: int) -> int:
        """Return which of a buyer's links a new supplier takes: an idle one, whose last supplier had its sector."""
        same = self._sector[self.supplier[links]] == self._sector[partner]
        idle = np.flatnonzero(~self.active[links] & same)
        kept = idle[self._last[links][idle] == partner]
        return int(kept[0] if len(kept) else idle[0])
