"""The values of grades to a firm that plans ahead: dynamic programming over the grade's Markov chain.

All amounts are shares of the firm's own monthly revenue; arrays end with one entry a firm, n, and are in double
precision. A month that begins in grade g costs the effort, the penalties for what is found, and what the grade costs to
which the month leads; at most one record a month moves the grade. All of it is linear in what is found, so the best
choice in each topic is the myopic one with the loss of value added to the penalty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from creditregime.regime.moves import Moves
from creditregime.units import TIE

Reals = NDArray[np.float64]

MOST_ROUNDS = 100
SETTLED = 1e-12


class Chances(NamedTuple):
    """What can happen to a firm in a month by topic and grade, (K, G, n), if it violates the topic and if it does not.

    Attributes
    ----------
    caught, mistaken
        Probability of a record of what it did, and of what it did not do.
    exposed, wronged
        Probability of the same in the course of an inspection, which then is not clean.
    """

    caught: Reals
    mistaken: Reals
    exposed: Reals
    wronged: Reals


class Outlook(NamedTuple):
    """What a firm reckons with, of K topics and G grades.

    Attributes
    ----------
    moves
        How the grade moves.
    shares : (K, 3)
        Shares of the severities.
    chances
        What regulators find, each (K, G, n).
    inspected : (G, n)
        Probability a month of an inspection by which the grade can rise.
    penalty, undeserved : (K, G, n)
        What a violation that is found costs, and what a false finding costs, the value of the grade apart.
    held : (G, n)
        What it costs to be rated so in a month.
    hazard, cost : (K, n)
        Violation probability without effort; cost of full compliance.
    intrinsic, patience : (n,)
        Effort at the private optimum; what one unit next month is worth today.
    whole : bool
        Whether effort is all or nothing; else its cost is quadratic.
    """

    moves: Moves
    shares: Reals
    chances: Chances
    inspected: Reals
    penalty: Reals
    undeserved: Reals
    held: Reals
    hazard: Reals
    cost: Reals
    intrinsic: Reals
    patience: Reals
    whole: bool


At = tuple[Any, ...]
EVERYWHERE: At = ()
"""Every grade; or an index of the grade that each firm holds."""


def values(outlook: Outlook) -> Reals:
    """Return what it is worth to be rated in each grade, under the best policy from then on, (G, n).

    Found by policy iteration. The months that follow count with the firm's patience; the cost of the grade in the
    present month is part of it.
    """
    worth = -outlook.held
    before: Reals | None = None
    for _ in range(MOST_ROUNDS):
        efforts = _policy(outlook, worth)
        if before is not None and np.abs(efforts - before).max(initial=0) <= SETTLED:
            break
        worth, before = outlook.patience * _evaluate(outlook, efforts) - outlook.held, efforts
    return worth


def gain(outlook: Outlook, worth: Reals, k: int, falls: Sequence[Reals], at: At = EVERYWHERE) -> Reals:
    """Return what full compliance in topic `k` is worth, (G, n), or (n,) at the grade that each firm holds.

    Parameters
    ----------
    worth : (G, n)
        Of being rated in each grade.
    falls
        What a record of each severity takes of it, three times (G, n) or (n,).
    at
        An index into (G, n).
    """
    moves, (caught, mistaken, exposed, wronged) = outlook.moves, (chance[k][at] for chance in outlook.chances)
    rise = worth[moves.above] - worth
    penalty = outlook.penalty[k][at] + sum(outlook.shares[k, s] * fall for s, fall in enumerate(falls))
    undeserved = outlook.undeserved[k][at] + falls[0]  # what is not there is recorded as minor
    avoided: Reals = caught * penalty - mistaken * undeserved
    avoided += (moves.promoted[:, None] * rise)[at] * (exposed - wronged)
    avoided += (moves.recovered[:, None] * rise)[at] * (caught - mistaken)
    return outlook.hazard[k] * avoided


def response(gain: Reals, cost: Reals, intrinsic: Reals, whole: bool) -> Reals:
    """Return the best effort given the gain from full compliance and its cost."""
    if whole:
        best: Reals = (gain >= cost * (1 - intrinsic) * (1 - TIE)).astype(np.float64)
        return best
    best = np.clip(intrinsic + gain / cost, 0, 1)
    return best


def _policy(outlook: Outlook, worth: Reals) -> Reals:
    """Return the best efforts, (K, G, n), if it is worth so much to be rated in each grade."""
    efforts = np.empty_like(outlook.penalty)
    for k in range(len(efforts)):
        falls = [worth - worth[outlook.moves.after[k, s]] for s in range(3)]
        efforts[k] = response(gain(outlook, worth, k, falls), outlook.cost[k], outlook.intrinsic, outlook.whole)
    return efforts


def _evaluate(outlook: Outlook, efforts: Reals) -> Reals:
    """Return the value of a month that begins in each grade, and of all that follow, under a policy, (G, n)."""
    moves, grades, chances = outlook.moves, len(outlook.held), outlook.chances
    violated = outlook.hazard[:, None] * (1 - efforts)
    rightly, wrongly = violated * chances.caught, (1 - violated) * chances.mistaken
    most = np.maximum((rightly + wrongly).sum(axis=0), 1)
    rightly, wrongly = rightly / most, wrongly / most
    total = (rightly + wrongly).sum(axis=0)
    soiled = (violated * chances.exposed + (1 - violated) * chances.wronged).sum(axis=0)
    reward = -_spent(outlook, efforts) - (rightly * outlook.penalty + wrongly * outlook.undeserved).sum(axis=0)
    rise = moves.promoted[:, None] * np.maximum(outlook.inspected - soiled, 0) + moves.recovered[:, None] * (1 - total)
    rise = np.minimum(rise, 1 - total)
    matrix = np.zeros((grades, grades, reward.shape[1]))
    for g in range(grades):
        matrix[g, moves.above[g]] += rise[g]
        matrix[g, g] += 1 - rise[g] - total[g]
        for k in range(len(rightly)):
            for s in range(3):
                matrix[g, moves.after[k, s, g]] += outlook.shares[k, s] * rightly[k, g]
            matrix[g, moves.after[k, 0, g]] += wrongly[k, g]
    reward -= (matrix * outlook.held).sum(axis=1)
    matrix *= -outlook.patience
    matrix[np.arange(grades), np.arange(grades)] += 1
    return solve(matrix, reward)


def _spent(outlook: Outlook, efforts: Reals) -> Reals:
    """Return the cost of the efforts in each grade, (G, n)."""
    cost = outlook.cost[:, None]
    if outlook.whole:
        spent: Reals = (efforts * cost).sum(axis=0) * (1 - outlook.intrinsic)
    else:
        spent = (cost / 2 * np.maximum(efforts - outlook.intrinsic, 0) ** 2).sum(axis=0)
    return spent


def solve(matrix: Reals, right: Reals) -> Reals:
    """Return the solutions of n diagonally dominant systems, (G, n), by elimination without pivots (both are used up).

    Parameters
    ----------
    matrix : (G, G, n)
    right : (G, n)
    """
    size = len(right)
    for pivot in range(size):
        for row in range(pivot + 1, size):
            factor = matrix[row, pivot] / matrix[pivot, pivot]
            matrix[row] -= factor * matrix[pivot]
            right[row] -= factor * right[pivot]
    for row in range(size - 1, -1, -1):
        for column in range(row + 1, size):
            right[row] -= matrix[row, column] * right[column]
        right[row] /= matrix[row, row]
    return right
