"""Strategies that fail in the runs of one seed: for the tests of sweeps."""

from __future__ import annotations

import os
from typing import Any

from creditregime import strategy

BAD = 3


@strategy("raises_with_seed_3")
def raises(firm: Any) -> float:
    """Fail as code does."""
    if _is_bad(firm):
        raise RuntimeError("seed 3 cannot be")
    return 0.5


@strategy("kills_with_seed_3")
def kills(firm: Any) -> float:
    """Fail as a machine does."""
    if _is_bad(firm):
        os._exit(9)
    return 0.5


def _is_bad(firm: Any) -> bool:
    return bool(firm.model.spec.seed == BAD)
