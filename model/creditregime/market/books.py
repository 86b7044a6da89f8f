"""Books: the payments of a month, entered one purpose after the other, and booked together when all are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Payer
from creditregime.state import Floats
from creditregime.world import World


class Books:
    """What firms pay and are paid in a month, one column a purpose."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._entries: dict[str, tuple[Floats, Payer | None, Payer | None, bool]] = {}

    def column(self, purpose: str, payer: Payer | None = None, payee: Payer | None = None) -> Floats:
        """Return an empty column, (N,), for what each firm pays or is paid; without payer only its sum is wanted."""
        column = np.empty(self._world.rows, np.float32)
        self._entries[purpose] = (column, payer, payee, False)
        return column

    def enter(self, purpose: str, payer: Payer, payee: Payer, amount: Floats, *, at_home: bool = False) -> None:
        """Enter what each firm pays or is paid, (N,); it must not change before the books are closed.

        Those overseas pay households, state and banks abroad, unless all of it is paid `at_home`.
        """
        self._entries[purpose] = (amount, payer, payee, at_home)

    def add_up(self) -> dict[str, NDArray[np.float64]]:
        """Return the sum of each column by jurisdiction, (J,)."""
        return {purpose: self._world.total(column) for purpose, (column, *_) in self._entries.items()}

    def book(self, sums: dict[str, NDArray[np.float64]]) -> None:
        """Book the sums in the order of their entries."""
        world = self._world
        for purpose, (column, payer, payee, at_home) in self._entries.items():
            if payer is None or payee is None:
                continue
            if at_home:
                world.ledger.pay(payer, payee, sums[purpose])
            else:
                world.pay(payer, payee, column, sums[purpose])
