"""What firms remember of their losses, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled
from creditregime.compiled.philox import stop_of

ZERO, ONE = np.float32(0), np.float32(1)


@compiled
def remember(begin: int, end: int, memories: Any, costs: Any, contribution: Any, pace: Any, starts: Any) -> None:
    """Smooth the five losses of some firms; the tuples are those of `creditregime.market.exit`."""
    own, associated, suppliers, buyers, finance = memories
    sanctions, fines, size, association, inputs, demand, credit = costs
    for place in range(len(starts)):
        start, stop = max(begin, starts[place]), min(end, stop_of(place, starts, len(size)))
        some = slice(start, max(start, stop))
        sanctioned(own[some], sanctions[some], fines[some], size[some], pace)
        smooth(associated[some], association[some], pace)
        missed(suppliers[some], inputs[some], contribution[place], pace)
        missed(buyers[some], demand[some], contribution[place], pace)
        smooth(finance[some], credit[some], pace)


@compiled
def sanctioned(memory: Any, cost: Any, fines: Any, size: Any, pace: Any) -> None:
    """Smooth the cost of measures and fines."""
    for row in range(len(memory)):
        memory[row] += pace * (cost[row] + fines[row] / size[row] - memory[row])


@compiled
def smooth(memory: Any, cost: Any, pace: Any) -> None:
    """Smooth a cost."""
    for row in range(len(memory)):
        memory[row] += pace * (cost[row] - memory[row])


@compiled
def missed(memory: Any, level: Any, contribution: Any, pace: Any) -> None:
    """Smooth what is lost while a level is below that of the start."""
    for row in range(len(memory)):
        memory[row] += pace * (contribution * max(ONE - level[row], ZERO) - memory[row])
