"""Topics of regulation: what can be violated, how often, how gravely, at what price."""

from __future__ import annotations

from typing import Self

import numpy as np
from pydantic import model_validator

from creditregime.codes import OWNERSHIPS
from creditregime.component import Settings, parameter
from creditregime.world import World


class Topic(Settings):
    """One field of regulation. Defaults without a source are assumptions."""

    rules: int = parameter(
        1,
        unit="rules",
        ge=1,
        le=100_000,
        description="number of specific rules that can be violated",
        source="about 300 over all topics: EU Chamber and Sinolytics 2019",
        standing="real",
    )
    hazard: float = parameter(
        0.08, unit="1/month", ge=0, le=1, description="probability of violating one rule in a month without any effort"
    )
    general: float = parameter(0.30, unit="share", ge=0, le=1, description="share of violations that are general")
    serious: float = parameter(0.10, unit="share", ge=0, le=1, description="share of violations that are serious")
    fine: float = parameter(
        0.40, unit="months of own revenue", ge=0, description="statutory fine for a general violation"
    )
    cost: float = parameter(0.006, unit="share of revenue", ge=1e-9, description="cost of full compliance")
    harm: float = parameter(0.5, unit="money", ge=0, description="harm done by one violation, for the welfare account")
    illegal: bool = parameter(True, unit="-", description="whether the behaviour is forbidden by law")
    weighs_on: dict[str, float] = parameter(
        default_factory=dict,
        unit="-",
        description="factor on the hazard by sector or ownership name; 1 where not named",
    )

    @model_validator(mode="after")
    def _shares_leave_room(self) -> Self:
        if self.general + self.serious > 1:
            raise ValueError("general + serious must be at most 1; the rest is minor")
        return self

    @property
    def any_violation(self) -> float:
        """Probability of violating at least one of the rules in a month without any effort."""
        return float(1 - (1 - self.hazard) ** self.rules)

    @property
    def shares(self) -> tuple[float, float, float]:
        """Shares of minor, general and serious violations."""
        return (1 - self.general - self.serious, self.general, self.serious)


def eight_topics() -> dict[str, Topic]:
    """Return the default topics, those of the public documents that the project starts from."""
    return {
        "tax": Topic(rules=50, hazard=0.0018, cost=0.008, harm=0.3),
        "customs": Topic(rules=30, hazard=0.0018),
        "environment": Topic(rules=50, hazard=0.0018, cost=0.008, harm=1.5),
        "labour": Topic(rules=40, hazard=0.0018, harm=0.6),
        "quality": Topic(rules=50, hazard=0.0018, harm=1.0),
        "data": Topic(rules=30, hazard=0.0018, harm=0.4),
        "competition": Topic(rules=20, hazard=0.0018, fine=0.8, harm=1.0),
        "pricing": Topic(rules=30, hazard=0.0018, harm=0.3),
    }


def hazards(world: World, topics: dict[str, Topic]) -> None:
    """Write each firm's violation hazard by topic, from its sector and ownership."""
    from_names = (*world.economy.sectors, *OWNERSHIPS)
    for k, topic in enumerate(topics.values()):
        factor = np.array([topic.weighs_on.get(name, 1.0) for name in from_names], np.float32)
        by_sector, by_ownership = factor[: len(world.economy.sectors)], factor[len(world.economy.sectors) :]
        np.multiply(by_sector[world.firms.sector], by_ownership[world.firms.ownership], out=world.firms.hazard[k])
        world.firms.hazard[k] *= np.float32(topic.any_violation)
    np.minimum(world.firms.hazard, 1, out=world.firms.hazard)
