"""The recursions of systemic risk with NumPy: many closures side by side, one column each, round by round."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from creditregime.laboratory.loss_shares import Marks, Reals, Shares, Side


def certain(side: Side, full: Marks, closed: NDArray[np.int64]) -> Marks:
    """Return those who lose as much as the closed firm whatever the shares, (N, C).

    They are the largest set in which each firm has a full slot with all its partners in the set, over which the loss
    comes to it. Round by round their losses approach that of the closed one, but it can take millions of rounds. (In
    the theory of Markov decision processes, where a state can be reached with certainty: de Alfaro 1997.)
    """
    at = closed, np.arange(len(closed))
    sure = np.ones((side.matrix.shape[1], len(closed)), np.bool_)
    while True:
        valid = full[:, None] & (side.pattern @ (~sure).astype(np.int32) == 0)
        taken = np.zeros_like(sure)
        taken[at] = True
        while True:
            further = taken | side.worst(valid & (side.pattern @ taken.astype(np.int32) > 0))
            if (further == taken).all():
                break
            taken = further
        if (taken == sure).all():
            return sure
        sure = taken


def unreplaced(shares: Shares, loss: Reals) -> Reals:
    """Return the part of each firm's loss that others of its sector do not replace, σ = min(1, s / Σ s h), (N, ...)."""
    count = shares.firms
    members: csr_array[Any, Any] = csr_array((np.ones(count), (shares.market, np.arange(count))))
    sales = shares.sales.reshape(-1, *[1] * (loss.ndim - 1))
    supply: Reals = np.asarray(members @ (sales * (1 - loss)))[shares.market]
    return np.divide(sales, supply, out=np.ones_like(supply), where=sales < supply)


def sure_slots(shares: Shares, side: Side, replaceable: bool) -> Marks:
    """Return the full slots whose partners nobody can replace, (M,)."""
    if not replaceable:
        return side.full
    return side.full & (side.pattern @ (~shares.alone).astype(np.int32) == 0)


def spread(
    shares: Shares,
    side: Side,
    closed: NDArray[np.int64],
    shock: float,
    replaceable: bool,
    tolerance: float,
    rounds: int,
) -> tuple[Reals, Marks]:
    """Return what each firm loses when one is closed, (N, C), and which columns settled within a number of rounds."""
    loss = np.where(certain(side, sure_slots(shares, side, replaceable), closed), shock, 0.0)
    moving = np.arange(len(closed))
    for _ in range(rounds):
        before = loss[:, moving]
        passed = before * unreplaced(shares, before) if replaceable else before
        after = np.minimum(np.maximum(before, side.worst(side.matrix @ passed)), shock)
        loss[:, moving] = after
        moving = moving[(after - before).max(axis=0) > tolerance]
        if not len(moving):
            break
    return loss, ~np.isin(np.arange(len(closed)), moving)


def parts(shares: Shares, down: Reals, up: Reals) -> NDArray[Any]:
    """Return the index and its two parts, (C, 3), from what firms lose for want of inputs and of orders, (N, C)."""
    return np.stack([shares.weight @ lost for lost in (np.maximum(down, up), down, up)], axis=1)
