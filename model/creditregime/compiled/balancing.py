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
def add_up_runs(label: Any, weight: Any, labels: int) -> Any:
    """Return the same where neighbours have one label: they need not wait for their sum in memory."""
    total = np.zeros(labels, np.float64)
    if len(label):
        current, added = label[0], 0.0
        for link in range(len(weight)):
            if label[link] != current:
                total[current] = added
                current = label[link]
                added = total[current]
            added += weight[link]
        total[current] = added
    return total


@compiled
def scale(weight: Any, label: Any, factor: Any) -> None:
    """Multiply each weight by the factor of its label, in place."""
    for link in range(len(weight)):
        weight[link] *= factor[label[link]]


@compiled
def scale_and_add_up(weight: Any, label: Any, factor: Any, then: Any, labels: int) -> Any:
    """Do so, and return what `add_up` makes of the weights by other labels, `then`."""
    total = np.zeros(labels, np.float64)
    for link in range(len(weight)):
        weight[link] *= factor[label[link]]
        total[then[link]] += weight[link]
    return total


@compiled
def sell(buyer: Any, supplier: Any, coefficient: Any, revenue: Any) -> Any:
    """Return what each firm sells to firms, (N,) float64, in the order of the links."""
    sold = np.zeros(len(revenue), np.float64)
    for link in range(len(buyer)):
        sold[supplier[link]] += np.float64(coefficient[link]) * revenue[buyer[link]]
    return sold
