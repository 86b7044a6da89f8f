"""The normal quantile as compiled code: the bits of `scipy.special.ndtri` for every uniform that is drawn.

The approximations, their coefficients and the order of operations are those of Cephes (Moshier 1984-2000, ndtri.c),
which SciPy uses: a rational function of the squared distance from the median in the middle, one of 1 / sqrt(-2 log p)
in the tails. Here the middle's is taken of all rows, in vector instructions, and the tails' of those that are in them.
"""

from __future__ import annotations

from math import log, sqrt
from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled
from creditregime.compiled.philox import fill, stop_of

BLOCK = 1024
"""Rows taken together: they stay in the nearest cache."""
SMALLEST = np.float32(2.0**-25)
HALF = np.float32(0.5)
TAIL = 0.13533528323661269189  # exp(-2)
SCALE = 2.50662827463100050242  # sqrt(2 pi)
MIDDLE_ABOVE = (
    -5.99633501014107895267e1,
    9.80010754185999661536e1,
    -5.66762857469070293439e1,
    1.39312609387279679503e1,
    -1.23916583867381258016e0,
)
MIDDLE_BELOW = (
    1.95448858338141759834e0,
    4.67627912898881538453e0,
    8.63602421390890590575e1,
    -2.25462687854119370527e2,
    2.00260212380060660359e2,
    -8.20372256168333339912e1,
    1.59056225126211695515e1,
    -1.18331621121330003142e0,
)
TAIL_ABOVE = (
    4.05544892305962419923e0,
    3.15251094599893866154e1,
    5.71628192246421288162e1,
    4.40805073893200834700e1,
    1.46849561928858024014e1,
    2.18663306850790267539e0,
    -1.40256079171354495875e-1,
    -3.50424626827848203418e-2,
    -8.57456785154685413611e-4,
)
TAIL_BELOW = (
    1.57799883256466749731e1,
    4.53907635128879210584e1,
    4.13172038254672030440e1,
    1.50425385692907503408e1,
    2.50464946208309415979e0,
    -1.42182922854787788574e-1,
    -3.80806407691578277194e-2,
    -9.33259480895457427372e-4,
)


@compiled
def fill_all(begin: int, end: int, draws: Any, starts: Any, seeds: Any, lane: Any, month: Any, purpose: Any) -> None:
    """Write the normals of some rows of (N,) float32; each jurisdiction, from its start on, has a seed of its own."""
    for place in range(len(starts)):
        start, stop = max(begin, starts[place]), min(end, stop_of(place, starts, len(draws)))
        for first in range(start, stop, BLOCK):
            some = draws[first : min(first + BLOCK, stop)]
            fill(some, first - starts[place], lane, month, seeds[place], purpose)
            quantiles(some)


@compiled
def quantiles(values: Any) -> None:
    """Turn uniforms, float32, into standard normals; 0 counts as half a step, which keeps its quantile finite."""
    middle, rows = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.int64)
    beyond, far, logarithm = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    for first in range(0, len(values), BLOCK):
        some = values[first : first + BLOCK]
        for row in range(len(some)):
            some[row] = max(some[row], SMALLEST)
        take_middle(some, middle)
        count = find_tails(some, rows, beyond)
        go_out(beyond[:count], far, logarithm)
        take_tails(rows[:count], far, logarithm, beyond)
        put(rows[:count], beyond, middle, some)


@compiled
def take_middle(uniforms: Any, quantile: Any) -> None:
    """Write quantiles that hold in the middle."""
    for row in range(len(uniforms)):
        away = np.float64(uniforms[row]) - 0.5
        square = away * away
        ratio = polynomial(square, MIDDLE_ABOVE) / monic(square, MIDDLE_BELOW)
        quantile[row] = (away + away * (square * ratio)) * SCALE


@compiled
def find_tails(uniforms: Any, rows: Any, beyond: Any) -> int:
    """Write which rows are in the tails, and the probability beyond them; return their number."""
    count = 0
    for row in range(len(uniforms)):
        lower = np.float64(uniforms[row])
        lower = 1.0 - lower if lower > 1.0 - TAIL else lower
        rows[count], beyond[count] = row, lower
        count += not lower > TAIL
    return count


@compiled
def go_out(beyond: Any, far: Any, logarithm: Any) -> None:
    """Write sqrt(-2 log p), and its logarithm."""
    for number in range(len(beyond)):
        far[number] = sqrt(-2.0 * log(beyond[number]))
    for number in range(len(beyond)):
        logarithm[number] = log(far[number])


@compiled
def take_tails(rows: Any, far: Any, logarithm: Any, quantile: Any) -> None:
    """Write the quantiles of the upper tail."""
    for number in range(len(rows)):
        inverse = 1.0 / far[number]
        less = inverse * polynomial(inverse, TAIL_ABOVE) / monic(inverse, TAIL_BELOW)
        quantile[number] = far[number] - logarithm[number] / far[number] - less


@compiled
def put(rows: Any, tail: Any, middle: Any, values: Any) -> None:
    """Write quantiles in the place of the uniforms: the tails' in the rows that are there, the middle's elsewhere."""
    for number in range(len(rows)):
        middle[rows[number]] = tail[number] if values[rows[number]] > HALF else -tail[number]
    for row in range(len(values)):
        values[row] = middle[row]


@compiled
def polynomial(at: Any, coefficients: Any) -> Any:
    """Return the value of a polynomial, the coefficient of the highest power first."""
    value = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * at + coefficient
    return value


@compiled
def monic(at: Any, coefficients: Any) -> Any:
    """Return the value of a polynomial whose highest coefficient is 1 and not given."""
    value = at + coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * at + coefficient
    return value
