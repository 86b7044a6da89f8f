"""Speed as a ratio: what makes a month twice as slow is seen here, whatever the machine does besides."""

from __future__ import annotations

from statistics import median

import pytest

from benchmarks.run import against_peer

LEAST = {1_000: 5.5, 4_000: 28.0}
"""Half of what the ratio of the plain-Mesa peer's time to ours was when this was written (docs/performance.md)."""


@pytest.mark.parametrize("firms", LEAST)
def test_a_month_keeps_its_distance_from_the_plain_mesa_peer(firms: int) -> None:
    ratios = against_peer(firms, blocks=3, months=2)
    assert median(ratios) >= LEAST[firms]
