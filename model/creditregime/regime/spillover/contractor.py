"""The channel from contractors to principals, along the links that are contracts."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from creditregime.component import parameter
from creditregime.regime.lists import ListRule
from creditregime.regime.rating import Rating
from creditregime.regime.spillover.channel import ROUNDING, Channel
from creditregime.regime.spillover.partner import OverLinks
from creditregime.state import Floats
from creditregime.world import World


class ContractorSpillover(Channel, family="spillover.contractor"):
    """Family of channels from contractors to principals."""

    name = "contractor"

    def record_points(self, world: World, rating: Rating, number: int) -> Floats | None:
        """Return the points to deduct in a file for contractors' records, (N,)."""
        return None

    def record_lowest(self, world: World, rating: Rating, number: int) -> NDArray[np.bool_] | None:
        """Return who is graded lowest in a file for contractors' records, (N,)."""
        return None

    def record_listing(self, world: World, rule: ListRule) -> NDArray[np.bool_]:
        """Return who reaches a blacklist with contractors' records, (N,)."""
        return np.zeros(world.rows, np.bool_)


class NoContractorSpillover(ContractorSpillover, kind="none"):
    """A contractor's act is the contractor's alone."""


class ContractorLinear(OverLinks, ContractorSpillover, kind="linear"):
    """What a contractor does counts as done by its principal, over links flagged as contracts.

    Mode ``records``: every live record of a contractor in the named topics counts as φ records of the principal: its
    points are deducted, and it counts towards the blacklists' numbers of records. The principal stands on such a list
    by association, for as long as the records count. A direct lowest grade follows from one full record. The other
    modes are those of `Carrier`, with contractors as neighbours.
    """

    strength: float = parameter(
        1.0,
        unit="share",
        ge=0,
        le=1000,
        description="φ: share of the contractor's act that counts as the principal's; 0 is off in every mode",
        source="MEP and others, Huanfa [2013] 150, Art. 2: contractors' acts count as the firm's own;"
        " MOHRSS draft of July 2021: illegal labour subcontracting lists both",
        standing="real",
    )
    mode: Literal["records", "points", "grade", "list", "lever"] = parameter(  # type: ignore[assignment]
        "records", unit="-", description="what is carried over"
    )
    topics: tuple[str, ...] | Literal["all"] = parameter(
        ("environment", "labour"),
        unit="-",
        description="records: topics whose records count for the principal, or 'all'",
        source="Huanfa [2013] 150, Art. 2 (environment); MOHRSS 2021 draft (labour)",
        standing="real",
    )

    def weight(self, world: World) -> Floats:
        """Return the weights of the contracts, 0 for other links."""
        weight: Floats = world.network.weight * world.network.contract
        return weight

    def record_points(self, world: World, rating: Rating, number: int) -> Floats | None:
        """Return φ times the points of contractors' live records in the file."""
        topics = self._topics(world, number)
        if not self.carries("records") or not topics:
            return None
        held = np.zeros(world.rows, np.float32)
        for k in topics:
            for s in range(3):
                if world.law.points[k, s]:
                    held += world.firms.live[s, k] * world.law.points[k, s]
        return np.float32(self.strength) * self.counts(world).mean(held) if held.any() else None

    def record_lowest(self, world: World, rating: Rating, number: int) -> NDArray[np.bool_] | None:
        """Return whose contractors have a full record of those that are graded lowest at once."""
        direct = np.zeros(world.rows, np.float32)
        for k in self._topics(world, number) if self.carries("records") else ():
            for s in range(3):
                effect = rating.deduction(world, k, s)
                if effect is not None and effect[1]:
                    direct += world.firms.live[s, k]
        if not direct.any():
            return None
        lowest: NDArray[np.bool_] = self.strength * self.counts(world).mean(direct) >= 1 - ROUNDING
        return lowest

    def record_listing(self, world: World, rule: ListRule) -> NDArray[np.bool_]:
        """Return whose own records and φ of its contractors' reach the list's numbers, not by its own alone."""
        reached = np.zeros(world.rows, np.bool_)
        topics = [k for k in rule.topics_of(world) if k in self._topics(world, None)]
        if not topics or not self.carries("records"):
            return reached
        counts = self.counts(world)
        for number, severities in ((rule.serious, [2]), (rule.records, [0, 1, 2])):
            live = world.firms.live[severities][:, topics].sum(axis=(0, 1), dtype=np.float32)
            if not number or not live.any():
                continue
            borrowed = np.float32(self.strength) * counts.mean(live)
            own = world.firms.live[severities][:, rule.topics_of(world)].sum(axis=(0, 1), dtype=np.float32)
            reached |= (borrowed > 0) & (own + borrowed >= number - ROUNDING)
        return reached

    def _topics(self, world: World, file: int | None) -> list[int]:
        """Return the numbers of the topics that count, of one file or of all."""
        named = [k for k, name in enumerate(world.topics) if self.topics == "all" or name in self.topics]
        if file is None:
            return named
        if len(world.firms.score) > 1:
            return [k for k in named if k == file]
        return [k for k in named if not world.law.withheld[k]]
