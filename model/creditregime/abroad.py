"""The firms outside the jurisdiction, and what of the regime reaches them."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray


@dataclasses.dataclass(eq=False)
class Abroad:
    """The firms outside the jurisdiction, n of them, and what of the regime reaches them.

    Attributes
    ----------
    rows : (n,)
        Their rows.
    hazard : (K, n)
        Violation hazard abroad; ``firms.hazard`` is 0 for them, as what they do breaks no law here.
    covered : (n,) bool
        Whether the regime sees what they do, and rates them.
    levers : tuple of int
        Levers that reach the covered ones.
    """

    rows: NDArray[np.int64]
    hazard: NDArray[np.float32]
    covered: NDArray[np.bool_]
    levers: tuple[int, ...] = ()
