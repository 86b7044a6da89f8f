"""What is measured along the links of the supply network."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled


@compiled
def degrees(pointer: Any, supplier: Any, weight: Any, values: Any) -> Any:
    """Return each firm's numbers of active suppliers and buyers, and the sum of its suppliers' values, (N,) each."""
    bought, sold, beside = np.zeros((3, len(values)), np.float32)
    for buyer in range(len(values)):
        for link in range(pointer[buyer], pointer[buyer + 1]):
            if weight[link] > 0:
                bought[buyer] += np.float32(1)
                sold[supplier[link]] += np.float32(1)
                beside[buyer] += values[supplier[link]]
    return bought, sold, beside


@compiled
def reach(pointer: Any, supplier: Any, weight: Any, reached: Any) -> None:
    """Mark who is connected with the marked firms over active links: walks along all links, till one finds nobody."""
    further = True
    while further:
        further = False
        for buyer in range(len(reached)):
            links = slice(pointer[buyer], pointer[buyer + 1])
            if not reached[buyer] and touches(supplier[links], weight[links], reached):
                reached[buyer] = further = True
            if reached[buyer]:
                for link in range(links.start, links.stop):
                    if weight[link] > 0 and not reached[supplier[link]]:
                        reached[supplier[link]] = further = True


@compiled
def touches(supplier: Any, weight: Any, reached: Any) -> Any:
    """Tell whether any active link leads to a marked firm."""
    found = False
    for link in range(len(supplier)):
        found |= (weight[link] > 0) & reached[supplier[link]]
    return found
