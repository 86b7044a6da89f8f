"""Data protection: what leaks out of the registry, and what that costs firms."""

from __future__ import annotations

import numpy as np

from creditregime.component import PerTopic, Rule, parameter
from creditregime.units import by_topic
from creditregime.world import World


class Protection(Rule, family="protection"):
    """Family of regimes of data protection."""

    def leak(self, world: World) -> None:
        """Let records leak, and let the firms concerned bear the damage."""


class NoProtection(Protection, kind="none"):
    """Leaks are left out of account."""


class Levels(Protection, kind="levels"):
    """Records can leak from every agency that can read them; the damage depends on the topic's sensitivity.

    With e the number of pairs of a live record and an agency that can read it, a firm's data leak with probability
    1 − (1 − leak_rate)^e a month. What is kept from other agencies (`registry.withheld`, or a siloed registry) leaks
    less. The damage is `cost` times the mean sensitivity over those pairs.
    """

    leak_rate: float = parameter(
        0.0001,
        unit="probability/month",
        ge=0,
        le=1,
        description="chance that an agency leaks a record that it can read",
    )
    sensitivity: PerTopic = parameter(
        1.0, unit="-", description="damage by a record of the topic, relative to `cost`", standing="real"
    )
    cost: float = parameter(0.1, unit="months of own revenue", ge=0, description="damage to the firm by a leak")

    def leak(self, world: World) -> None:
        """Draw which firms' data leak, and charge them."""
        firms, law = world.firms, world.law
        live = firms.live.sum(axis=0, dtype=np.float32)
        exposure = law.readers @ live
        rows = np.flatnonzero(exposure)
        chance = -np.expm1(np.log1p(-min(self.leak_rate, 1 - 1e-9)) * exposure[rows])
        rows = rows[world.draws.at(rows, "leak", world.month) < chance]
        if len(rows):
            damage = (law.readers * by_topic(self.sensitivity, world.topics)) @ live[:, rows]
            firms.costs[rows] += np.float32(self.cost) * firms.size[rows] * damage / exposure[rows]
        world.count("leaks", rows)
