"""The recursions of systemic risk where rounds settle slowly: what they would end at, by solving linear systems.

Without replacement the losses are the least solution of `loss = max over slots of (share × loss)`: each firm has a slot
that decides, and given these slots the losses solve a linear system. Rounds find the slots, the system jumps to where
these lead, and so on until no slot gives more: policy iteration, from below, with slots changed only for more. Kept so,
every deciding slot leads back to the closed firm, and the system has one solution. With replacement, the part that is
not replaced is kept during a jump; it only grows with losses, so that a jump never goes too far.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, eye_array
from scipy.sparse.linalg import splu

from creditregime.laboratory.loss_rounds import certain, sure_slots, unreplaced
from creditregime.laboratory.loss_shares import Reals, Shares, Side

SMALLEST = 1e-14
"""A slot that gives less more than this gives nothing more: rounding is about a hundredth of it."""
FIRST_ROUNDS = 100


def settle(shares: Shares, side: Side, closed: int, shock: float, replaceable: bool) -> Reals:
    """Return what each firm loses when one is closed, (N,), where rounds end."""
    full = sure_slots(shares, side, replaceable)
    sure = certain(side, full, np.array([closed]))[:, 0]
    loss = np.where(sure, shock, 0.0)
    deciding = np.full(shares.firms, -1)
    still = 0
    while still < FIRST_ROUNDS:  # as long as there are firms to be reached, and for a while after
        reached = np.count_nonzero(loss)
        if not _round(shares, side, loss, deciding, shock, replaceable):
            return loss
        still = still + 1 if np.count_nonzero(loss) == reached else 0
    while True:
        _jump(shares, side, loss, deciding, shock, replaceable)
        if not _round(shares, side, loss, deciding, shock, replaceable):
            return loss


def _round(
    shares: Shares, side: Side, loss: Reals, deciding: NDArray[np.int64], shock: float, replaceable: bool
) -> bool:
    """Raise losses, (N,), by one round, and remember the slots over which they rose; tell whether any did."""
    missing = np.minimum(side.matrix @ (loss * unreplaced(shares, loss) if replaceable else loss), shock)
    best = side.worst(missing)
    rising = np.flatnonzero(best > loss + SMALLEST)
    slots = np.flatnonzero(missing == best[side.owner])
    slot_of = np.full(len(loss), -1)
    slot_of[side.owner[slots]] = slots
    deciding[rising], loss[rising] = slot_of[rising], best[rising]
    return bool(len(rising))


def _jump(
    shares: Shares, side: Side, loss: Reals, deciding: NDArray[np.int64], shock: float, replaceable: bool
) -> None:
    """Raise losses, (N,), to what the deciding slots lead to."""
    firms = np.flatnonzero(deciding >= 0)
    rows = side.matrix[deciding[firms]]
    if replaceable:
        rows = rows.multiply(unreplaced(shares, loss)[None, :]).tocsr()
    among = rows[:, firms]
    ahead = rows @ loss - loss[firms]
    more = splu(csc_array(eye_array(len(firms)) - among)).solve(np.maximum(ahead, 0))
    loss[firms] = np.minimum(loss[firms] + np.maximum(more, 0), shock)
