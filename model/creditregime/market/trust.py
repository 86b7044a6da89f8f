"""Trust: households buy more where firms do less harm.

Trust is 2 − H/H₀, at least 0: H is the running mean over a year of the monthly harm from violations per firm, H₀ what
it would be if all firms kept the effort of their private optimum. It is 1 at the start, 2 where no harm is done, and
reaches demand a month after the harm was felt.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.units import MONTHS
from creditregime.world import World


def begin(world: World) -> None:
    """Write the harm that is expected at the private optimum, (J,) money per firm in business."""
    firms = world.firms
    slack = (1 - firms.intrinsic) * firms.active
    expected = sum(
        harm * world.total(hazard * slack) for harm, hazard in zip(world.law.harm, firms.hazard, strict=True)
    )
    world.harm_at_start[:] = expected / _firms(world)


def update(world: World) -> None:
    """Move trust by this month's harm."""
    firms, start = world.firms, world.harm_at_start
    violations = np.stack([world.number(severity) for severity in firms.violation])
    harm = world.law.harm.astype(np.float64) @ violations / _firms(world)
    relative = np.divide(harm, start, out=np.ones_like(harm), where=start > 0)
    world.trust += (2 - relative - world.trust) / MONTHS


def index(world: World) -> NDArray[np.float64]:
    """Return trust, (J,), 1 at the start."""
    return np.maximum(world.trust, 0)


def _firms(world: World) -> NDArray[np.float64]:
    return np.maximum(world.number(world.domestic()), 1)
