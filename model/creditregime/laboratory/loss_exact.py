"""The recursions of systemic risk where rounds settle slowly: what they would end at, by solving linear systems.

Without replacement the losses are the least solution of `loss = max over slots of (share × loss)`: each firm has a slot
that decides, and given these slots the losses solve a linear system. Rounds find the slots, the system jumps to where
these lead, and so on until no slot gives more: policy iteration, from below. With replacement, the part that is not
replaced is kept during a jump; it only grows with losses, so that a jump never goes too far.

Firms that could all decide each other's loss, in a closed circle, would leave a system without a single solution, or
nearly so. They all lose the same in the end, the most that any slot brings into the circle from outside, and are taken
as one (the end components of a Markov decision process; de Alfaro 1997).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, eye_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from creditregime.laboratory.loss_rounds import certain, sure_slots, unreplaced
from creditregime.laboratory.loss_shares import Marks, Reals, Shares, Side

SMALLEST = 1e-14
"""A slot that gives less more than this gives nothing more: rounding is about a hundredth of it."""
FIRST_ROUNDS = 20


def settle(shares: Shares, side: Side, closed: int, shock: float, replaceable: bool) -> Reals:
    """Return what each firm loses when one is closed, (N,), where rounds end."""
    full = sure_slots(shares, side, replaceable)
    sure = certain(side, full, np.array([closed]))[:, 0]
    circles = _Circles.of(side, full, sure)
    loss = np.where(sure, shock, 0.0)
    deciding = np.full(len(circles.first), -1)
    still = 0

    def part(lost: Reals) -> Reals:
        return unreplaced(shares, lost) if replaceable else np.ones(shares.firms)

    while True:
        reached = np.count_nonzero(loss)
        if still >= FIRST_ROUNDS:  # there has been nobody left to be reached for a while
            circles.jump(side, loss, deciding, part(loss), shock)
        if not circles.round(side, loss, deciding, part(loss), shock):
            return loss
        still = still + 1 if np.count_nonzero(loss) == reached else 0


@dataclass(frozen=True)
class _Circles:
    """Firms that lose the same, taken as one: the circle of each firm, (N,), a member of each, and slots that lead out.

    `outer`, (K,), are the slots that do not lie within a circle, in the order of their owners' circles; `owner` these
    circles, and `start` the first of them for each circle that has any.
    """

    label: NDArray[np.int64]
    first: NDArray[np.int64]
    outer: NDArray[np.int64]
    owner: NDArray[np.int64]
    start: NDArray[np.int64]

    @classmethod
    def of(cls, side: Side, full: Marks, sure: Marks) -> _Circles:
        """Return the largest sets in which each firm has a full slot within the set, over which all reach all."""
        row, firms = np.repeat(np.arange(len(side.owner)), np.diff(side.matrix.indptr)), len(sure)
        partner, buyer = side.matrix.indices, side.owner[row]
        inner = full & ~sure[side.owner]
        inner[row[sure[partner]]] = False
        while True:
            links = inner[row]
            graph = csr_array((np.ones(links.sum()), (buyer[links], partner[links])), shape=(firms, firms))
            label = connected_components(graph, connection="strong")[1].astype(np.int64)
            apart = np.bincount(row, label[partner] != label[buyer], len(inner)) > 0
            if not (inner & apart).any():
                break
            inner &= ~apart
        outer = np.flatnonzero(~inner & ~sure[side.owner])
        outer = outer[np.argsort(label[side.owner[outer]], kind="stable")]
        owner = label[side.owner[outer]]
        first, start = np.unique(label, return_index=True)[1], np.flatnonzero(np.diff(owner, prepend=-1))
        return cls(label, first, outer, owner, start)

    def round(self, side: Side, loss: Reals, deciding: NDArray[np.int64], part: Reals, shock: float) -> bool:
        """Raise losses, (N,), by one round, and remember the slots over which they rose; tell whether any did."""
        if not len(self.outer):
            return False
        missing = np.minimum(side.matrix @ (loss * part), shock)[self.outer]
        circle, best = self.owner[self.start], np.maximum.reduceat(missing, self.start)
        most = np.zeros(len(self.first))
        most[circle] = best
        slot_of = np.full(len(self.first), -1)
        at = np.flatnonzero(missing == most[self.owner])
        slot_of[self.owner[at]] = self.outer[at]
        rising = most > loss[self.first] + SMALLEST
        deciding[rising] = slot_of[rising]
        np.maximum(loss, np.where(rising, most, 0)[self.label], out=loss)
        return bool(rising.any())

    def jump(self, side: Side, loss: Reals, deciding: NDArray[np.int64], part: Reals, shock: float) -> None:
        """Raise losses, (N,), to what the deciding slots lead to."""
        moving = np.flatnonzero(deciding >= 0)
        place = np.full(len(self.first), -1)
        place[moving] = np.arange(len(moving))
        rows = side.matrix[deciding[moving]]
        ahead = np.maximum(rows @ (loss * part) - loss[self.first[moving]], 0)
        at = place[self.label[rows.indices]]
        own = np.repeat(np.arange(len(moving)), np.diff(rows.indptr))
        among = csc_array(
            ((rows.data * part[rows.indices])[at >= 0], (own[at >= 0], at[at >= 0])), shape=(len(moving),) * 2
        )
        more = np.zeros(len(self.first))
        more[moving] = np.maximum(splu(csc_array(eye_array(len(moving)) - among)).solve(ahead), 0)
        np.minimum(loss + more[self.label], shock, out=loss)
