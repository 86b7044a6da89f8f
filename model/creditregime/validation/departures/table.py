"""The table of departures: each closed form met without the mechanism, and missed with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from creditregime.laboratory import workers as pool
from creditregime.validation.departures.declared import Case, Departure, declared, find
from creditregime.validation.findings import ERRORS, FIXED_POINT
from creditregime.validation.oracles import Size

Reals = NDArray[np.float64]


class Row(NamedTuple):
    """One departure: `off` and `on` are means over seeds, `low` to `high` the 95% interval of `gap`."""

    departure: str
    breaks: str
    switch: str
    why: str
    expected: float
    off: float
    on: float
    gap: float
    low: float
    high: float
    claim: str
    seeds: int
    verdict: str


def departures(
    *names: str, full: bool = True, workers: int | None = 1, done: Callable[[], object] = lambda: None
) -> pd.DataFrame:
    """Switch one mechanism of the full model on in each reduction, and see by how much the closed form is missed.

    Parameters
    ----------
    *names
        Departures; by default all.
    full
        At full size, over 20 seeds; otherwise smaller, over 8.
    workers
        Number of processes; None for one a processor. The results do not depend on it.
    done
        Called after each finished departure.

    Returns
    -------
    One row a departure: the statement it `breaks`, the `switch`, `why`; the closed form's value (`expected`), what the
    model gives with the mechanism `off` and `on`; the `gap` on less expected, with its 95% interval over seeds (`low`,
    `high`); the `claim` (more or less), and a `verdict`: ``departs`` where the closed form is met within four standard
    errors with the mechanism off and the whole interval lies on the claimed side with it on; ``not met without it``;
    or ``does not depart``.

    Raises
    ------
    ScenarioError
        If there is no departure of a name.
    """
    chosen = [find(name).name for name in dict.fromkeys(names)] or [*declared()]
    rows = pool.each(row, (full,), chosen, workers=workers or pool.available(), done=done)
    return pd.DataFrame(rows, columns=Row._fields)


def row(full: bool, name: str) -> Row:
    """Return the row of one departure."""
    item, size = find(name), Size(full)
    case, seeds = item.case(size), size.of(20, 8)
    changed = case.spec.changed(item.switch)
    off, on = (
        np.array([case.measure(spec.changed({"seed": seed})) for seed in range(1, seeds + 1)])
        for spec in (case.spec, changed)
    )
    gap = on - case.expected
    margin = float(stdtrit(seeds - 1, 0.975)) * _error(gap)
    low, high = float(gap.mean()) - margin, float(gap.mean()) + margin
    return Row(
        departure=name,
        breaks=item.breaks,
        switch=spoken(item.switch),
        why=item.why,
        expected=case.expected,
        off=float(off.mean()),
        on=float(on.mean()),
        gap=float(gap.mean()),
        low=low,
        high=high,
        claim=item.claim,
        seeds=seeds,
        verdict=_verdict(item, case, off, low, high),
    )


def _verdict(item: Departure, case: Case, off: Reals, low: float, high: float) -> str:
    allowed = ERRORS * _error(off) + case.floor + FIXED_POINT * max(abs(case.expected), 1e-3)
    if abs(float(off.mean()) - case.expected) > allowed:
        return "not met without it"
    departs = low > case.floor if item.claim == "more" else high < -case.floor
    return "departs" if departs else "does not depart"


def _error(values: Reals) -> float:
    return float(values.std(ddof=1)) / math.sqrt(len(values))


def spoken(switch: Mapping[str, Any]) -> str:
    """Return what is switched on as overrides of the command line."""
    return " ".join(f"{path}={_value(value)}" for path, value in switch.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
