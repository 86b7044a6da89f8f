"""What goes wrong when findings are entered: another firm's name, or another severity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Severity
from creditregime.state import Findings
from creditregime.world import World


def entered_wrongly(world: World, found: Findings, chance: float, misdirected: float) -> Findings:
    """Return the findings as they are entered, each wrong with a probability.

    A share of the wrong ones is entered against another firm of the same sector and jurisdiction about which nothing
    was found (rightly where there is none); the rest one step too grave or too light. A record is false where it
    states more than what happened: against the wrong firm, or too grave.
    """
    wrong = np.flatnonzero(world.draws.by_lane(found.firm, found.topic, "entry error", world.month) < chance)
    if not len(wrong):
        return found
    firm, topic = found.firm[wrong], found.topic[wrong]
    elsewhere = world.draws.by_lane(firm, topic, "entry error kind", world.month) < misdirected
    uniform = world.draws.by_lane(firm, topic, "entry error target", world.month)
    firms, severity, true = found.firm.copy(), found.severity.copy(), found.true.copy()
    moved, target = _others(world, found, wrong[elsewhere], uniform[elsewhere])
    firms[moved], true[moved] = target, False
    graded = wrong[~elsewhere]
    severity[graded] = _another_severity(found.severity[graded], uniform[~elsewhere])
    true[graded] &= severity[graded] <= found.severity[graded]
    return Findings(firms, found.topic, severity, found.origin, true)


def _others(
    world: World, found: Findings, wrong: NDArray[np.int64], uniform: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the findings that go to another firm, and to which."""
    firm, topic = found.firm[wrong], found.topic[wrong]
    other = world.pool().pick(world.firms.sector[firm], firm, uniform)
    uninvolved = world.domestic()[other] & (world.firms.found[topic, other] == 0)
    return wrong[uninvolved], other[uninvolved]


def _another_severity(severity: NDArray[np.uint8], uniform: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the next severity up or down, with equal chances where there are both."""
    up = (severity == Severity.MINOR) | ((severity == Severity.GENERAL) & (uniform < 0.5))
    return np.where(up, severity + 1, severity - 1).astype(np.uint8)
