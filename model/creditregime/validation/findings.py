"""What a check found: one row of the table of validation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from creditregime.errors import CreditRegimeError

Verdict = Literal["met", "not met", "not testable"]
IDENTITY = 1e-9
"""Relative tolerance of what must hold exactly, but for rounding in double precision."""
FIXED_POINT = 1e-6
"""Relative tolerance of what an iteration ends at."""
ERRORS = 4.0
"""Standard errors within which a simulated mean must lie."""


class Finding(NamedTuple):
    """One comparison.

    Attributes
    ----------
    where
        The case: parameter values, or what was varied.
    expected, obtained, tolerance
        As they are printed.
    verdict
        ``met``, ``not met``, or ``not testable`` (then `obtained` says why).
    """

    where: str
    expected: str
    obtained: str
    tolerance: str
    verdict: Verdict


def close(where: str, expected: float, obtained: float, *, relative: float = 0.0, absolute: float = 0.0) -> Finding:
    """Compare with a value that must be met within a tolerance."""
    allowed = absolute + relative * abs(expected)
    parts = [f"{absolute:.2g}"] * bool(absolute) + [f"{relative:.2g} relative"] * bool(relative)
    met = abs(obtained - expected) <= allowed
    return Finding(where, _text(expected), _text(obtained), " + ".join(parts) or "exact", _verdict(met))


def all_close(
    where: str, expected: ArrayLike, obtained: ArrayLike, *, relative: float = 0.0, absolute: float = 0.0
) -> Finding:
    """Compare many values at once; the row shows those that differ most."""
    wanted, found = np.asarray(expected, float).ravel(), np.asarray(obtained, float).ravel()
    if wanted.shape != found.shape:
        return Finding(where, f"{wanted.size} values", f"{found.size} values", "exact", "not met")
    worst = int(np.argmax(np.abs(found - wanted) - relative * np.abs(wanted)))
    row = close(where, float(wanted[worst]), float(found[worst]), relative=relative, absolute=absolute)
    return row._replace(tolerance=f"{row.tolerance}, worst of {wanted.size}")


def sampled(where: str, expected: float, obtained: float, error: float, draws: int, *, floor: float = 0.0) -> Finding:
    """Compare a simulated mean with an expectation: within four standard errors and an absolute floor.

    Parameters
    ----------
    error
        Standard error of the mean.
    draws
        How many firm-months (or runs) it is a mean of.
    floor
        Absolute tolerance to add, as for effects of a finite economy.
    """
    allowed = ERRORS * error + floor
    tolerance = f"{allowed:.2g} ({ERRORS:g} s.e., {draws:,} draws{f', + {floor:g}' if floor else ''})"
    return Finding(where, _text(expected), _text(obtained), tolerance, _verdict(abs(obtained - expected) <= allowed))


def share(where: str, chance: float, obtained: float, draws: int) -> Finding:
    """Compare the share of independent draws with their probability."""
    return sampled(where, chance, obtained, math.sqrt(max(chance * (1 - chance), 0) / draws), draws, floor=1e-9)


def within(where: str, low: float, high: float, obtained: float) -> Finding:
    """Compare with a published range."""
    return Finding(where, f"{low:g} to {high:g}", _text(obtained), "range", _verdict(low <= obtained <= high))


def outside(where: str, low: float, high: float, obtained: float) -> Finding:
    """Compare with a published range that a counterexample must miss."""
    return Finding(where, f"not {low:g} to {high:g}", _text(obtained), "range", _verdict(not low <= obtained <= high))


def signed(where: str, claim: Literal["more", "less"], effect: float, low: float, high: float, seeds: int) -> Finding:
    """Compare the sign of a paired effect with a claim: its whole 95% interval must lie on that side of zero."""
    obtained = f"{effect:+.3g} [{low:+.3g}, {high:+.3g}]"
    met = low > 0 if claim == "more" else high < 0
    return Finding(where, claim, obtained, f"95% interval, {seeds} paired seeds", _verdict(met))


def holds(where: str, expected: str, met: bool, obtained: str = "") -> Finding:
    """State something that holds or does not."""
    return Finding(where, expected, obtained or ("so" if met else "not so"), "exact", _verdict(met))


def refused(where: str, attempt: Callable[[], object], naming: str) -> Finding:
    """Try what must be refused with an error that names something."""
    try:
        attempt()
    except CreditRegimeError as error:
        return Finding(where, f"refused: {naming}", str(error), "exact", _verdict(naming in str(error)))
    return Finding(where, f"refused: {naming}", "accepted", "exact", "not met")


def untestable(where: str, expected: str, why: str) -> Finding:
    """State what cannot be tested here, and why."""
    return Finding(where, expected, why, "–", "not testable")


def _verdict(met: bool | np.bool_) -> Verdict:
    return "met" if met else "not met"


def _text(value: float) -> str:
    return f"{value:.6g}"
