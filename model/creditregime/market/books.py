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

    def column(self, purpose: str, payer: Payer, payee: Payer) -> Floats:
        """Return an empty column, (N,), to write in it what each firm pays, or is paid if firms are the payee."""
        column = np.empty(self._world.rows, np.float32)
        self.enter(purpose, payer, payee, column)
        return column

    def enter(self, purpose: str, payer: Payer, payee: Payer, amount: Floats, *, at_home: bool = False) -> None:
        """Enter what each firm pays or is paid, (N,); it must be as it is to be when the books are added up.

        Those overseas pay households, state and banks abroad, unless all of it is paid `at_home`.
        """
        self._entries[purpose] = (amount, payer, payee, at_home)

    def note(self, purpose: str, amount: Floats) -> None:
        """Note a column that is not paid, (N,): only its sum is wanted."""
        self._entries[purpose] = (amount, None, None, False)

    def add_up(self) -> dict[str, NDArray[np.float64]]:
        """Return the sum of each column by jurisdiction, (J,)."""
        sums = self._world.totals_of([column for column, *_ in self._entries.values()])
        return dict(zip(self._entries, sums, strict=True))

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
