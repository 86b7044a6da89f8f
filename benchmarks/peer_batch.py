"""The plain-Mesa peer as `mesa.batch_run` wants it: a class that makes itself from parameters and knows its end."""

from __future__ import annotations

from typing import Any

import mesa

from benchmarks.agreement import reduced
from benchmarks.peer import PlainMesa


class BatchedPeer(PlainMesa):
    """The reduced rules for some firms and months from a starting number, which Mesa does not take for its own seed."""

    def __init__(self, firms: int = 500, months: int = 120, start: int = 1, rng: Any = None) -> None:
        self.months = months
        super().__init__(reduced(firms, months=months), seed=start)

    def step(self) -> None:
        """Simulate one month, and stop after the last."""
        super().step()
        self.running = self.month < self.months


def run_batch(firms: int, months: int, starts: list[int], processes: int) -> list[dict[str, Any]]:
    """Run the peer once for each start."""
    parameters = {"firms": firms, "months": months, "start": starts}
    rows: list[dict[str, Any]] = mesa.batch_run(
        BatchedPeer, parameters=parameters, number_processes=processes, display_progress=False
    )
    return rows
