"""Enforcement: how many comply under fines, inspections by tier, lists, and the example of peers."""

from __future__ import annotations

from collections.abc import Iterator

from creditregime.model import CreditRegime
from creditregime.validation.findings import Finding, share
from creditregime.validation.oracles import Size, oracle, reduction


@oracle("enforcement", source="Becker 1968, J. Polit. Econ. 76:169", reductions=("becker",))
def becker(size: Size) -> Iterator[Finding]:
    """Firms violate where the gain exceeds the expected fine, g > pF; with g uniform on [0, G], a share 1 − pF/G."""
    firms = size.of(40_000, 4_000)
    for gain, fine, detection in (
        (10, 20, 0.05),
        (10, 20, 0.25),
        (10, 20, 0.45),
        (4, 3, 0.6),
        (1, 9, 0.05),
        (2, 9, 0.5),
    ):
        spec = reduction(
            "becker",
            population__firms=firms,
            topics__offence__fine=fine,
            topics__offence__cost=gain / 2,
            learning__initial=detection,
        )
        violating = 1 - float(CreditRegime(spec).run_model().world.firms.effort.mean())
        chance = max(1 - detection * fine / gain, 0)
        yield share(f"p = {detection}, F = {fine}, G = {gain}", chance, violating, firms)
