"""Monthly indicators of debt, trust and trade across the border."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import Lever, Payer
from creditregime.market import trust
from creditregime.world import World

Row = dict[str, NDArray[np.float64]]


def credit_row(world: World) -> Row:
    """Return the mean spread on debt, trade credit, what households buy, and their trust, (J,), before firms leave."""
    size, none = world.revenue(), np.zeros(len(world.spans))
    return {
        "spread": np.asarray(world.tally.get("spread", none)),
        "trade_credit": np.asarray(world.tally.get("trade_credit", none)) / size,
        "household_demand": world.ledger.flows[:, Payer.HOUSEHOLDS, Payer.FIRMS] / size,
        "trust": trust.index(world),
    }


def border_row(world: World) -> Row:
    """Return domestic firms' mean customs delay, and of firms overseas who is rated, how, and listed, (J,) each."""
    firms, none = world.firms, np.zeros(len(world.spans))
    delay = firms.levers[Lever.CUSTOMS_DELAY]
    delayed = none
    if delay.any():
        home = world.domestic()
        delayed = world.total(np.clip(delay, 0, 1), home) / np.maximum(world.number(home), 1)
    row = {"customs_delay": delayed, "overseas_rated": none, "overseas_grade": none, "overseas_listed": none}
    if world.abroad is not None:
        row |= _overseas(world)
    return row


def _overseas(world: World) -> Row:
    firms = world.firms
    there, rated = firms.active & firms.overseas, world.rated() & firms.overseas
    some = np.maximum(world.number(rated), 1)
    grade = firms.grade.mean(axis=0, dtype=np.float32) / np.float32(max(len(world.law.grades) - 1, 1))
    black = [number for number, is_black in enumerate(world.law.black) if is_black]
    return {
        "overseas_rated": world.number(rated) / np.maximum(world.number(there), 1),
        "overseas_grade": world.total(grade, rated) / some,
        "overseas_listed": world.number(firms.listing[black].any(axis=0) & rated) / some,
    }
