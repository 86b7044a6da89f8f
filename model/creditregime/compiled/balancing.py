"""Sums of link values by firm or by sector pair, and their scaling, in one pass over the links."""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled


@compiled
def add_up(label: Any, weight: Any, labels: int) -> Any:
    """Return the sum of the weights of each label, (labels,) float64, in the order of the links."""
    total = np.zeros(labels, np.float64)
    for link in range(len(weight)):
        total[label[link]] += weight[link]
    return total


@compiled
def scale(weight: Any, label: Any, factor: Any) -> None:
    """Multiply each weight by the factor of its label, in place."""
    for link in range(len(weight)):
        weight[link] *= factor[label[link]]
