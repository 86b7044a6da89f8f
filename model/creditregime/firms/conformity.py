"""Firms that gain by doing what others do."""

from __future__ import annotations

from typing import Literal

import numpy as np

from creditregime.component import parameter
from creditregime.firms.behaviour import Logit
from creditregime.firms.imitation import Observed
from creditregime.regime.neighbours import Direction
from creditregime.state import Floats
from creditregime.world import World


class Conform(Logit, kind="conform"):
    """As ``logit``, with a gain from doing in a topic what others did last month (Brock and Durlauf 2001).

    Let m be the others' mean effort of last month on a scale from −1 (nobody complies) to 1 (everybody does). Complying
    is then worth ``conformity`` × m times the topic's cost more than violating. Where nothing else is at stake and all
    firms are peers, compliance has two stable levels if ``precision`` × ``conformity`` exceeds 2, else one.
    """

    conformity: float = parameter(
        0.3,
        unit="cost",
        ge=0,
        description="gain from doing what all others do over doing what none does, per mean cost of compliance of the"
        " topic; 0 is logit",
        source="form: Brock and Durlauf 2001, Rev. Econ. Stud. 68:235; the size is an assumption",
    )
    peers: Literal["all", "partners"] = parameter(
        "all", unit="-", description="who is looked at: all firms of the jurisdiction, or trading partners"
    )
    direction: Direction = parameter("both", unit="-", description="partners looked at: suppliers, buyers, or both")
    weighting: Literal["value", "equal"] = parameter(
        "equal", unit="-", description="mean over partners weighted by trade value, or plain mean"
    )
    initial: float | None = parameter(
        None, unit="share", ge=0, le=1, description="effort that all firms start from; None: their private optimum"
    )

    def prepare(self, world: World) -> None:
        """Draw what firms are like, and start where the rule says."""
        super().prepare(world)
        if self.initial is not None:
            world.firms.effort[:] = np.float32(self.initial)

    def weighed(self, world: World, k: int, net: Floats) -> Floats:
        """Add conformity × m × cost; a firm that has nobody to look at decides alone."""
        if not self.conformity:
            return net
        pull = self._example_of_all(world, k) if self.peers == "all" else self._example_of_partners(world, k)
        net += np.float32(self.conformity * world.law.cost[k]) * pull
        return net

    def _example_of_all(self, world: World, k: int) -> Floats:
        """Return 2 × mean effort − 1 over the jurisdiction, own effort included, a scalar or (N,)."""
        firms = world.nationwide()
        mean = world.total(world.firms.effort[k] * firms) / np.maximum(world.number(firms), 1)
        pull: Floats = world.spread((2 * mean - 1).astype(np.float32))
        return pull

    def _example_of_partners(self, world: World, k: int) -> Floats:
        """Return 2 × mean effort − 1 over each firm's partners, (N,), 0 where it has none."""
        if "observed" not in world.memo:
            world.memo["observed"] = Observed(world, self.direction, self.weighting, better=False)
        observed: Observed = world.memo["observed"]
        pull = 2 * observed.mean(world.firms.effort[k])
        pull -= observed.any
        return pull
