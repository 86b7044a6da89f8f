"""How long the lowest grade is held, and for how long the top grade stays out of reach after it.

The column ``held_until`` is the month until which the lowest grade is held; where it has no length, the rating does not
hold. A firm graded lowest without such a date fell by its score alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.state import Bytes
from creditregime.world import World

Flags = NDArray[np.bool_]


def hold(world: World, file: int, grade: Bytes, fallen: Flags, months: int) -> None:
    """Begin (or prolong) the term of those who fall to the lowest grade now."""
    rows = np.flatnonzero(fallen)
    until = world.firms.held_until[file]
    until[rows] = np.maximum(until[rows], world.month + months)
    grade[rows] = 0


def keep(world: World, file: int, grade: Bytes) -> None:
    """Keep the lowest grade of those whose term runs."""
    grade[world.firms.held_until[file] > world.month] = 0


def bar(world: World, file: int, grade: Bytes, months: int, top: int) -> None:
    """Keep the top grade from those whose lowest grade, own or through their person, ended less than `months` ago."""
    firms = world.firms
    barred = firms.held_until[file] > world.month - months
    barred |= firms.associated_until > world.month - months
    grade[barred] = np.minimum(grade[barred], np.uint8(max(top - 1, 0)))


def fell_by_score(world: World, file: int, calendar: int) -> Flags:
    """Return who was graded lowest for its score at the last evaluation, (N,)."""
    firms = world.firms
    by_score: Flags = (firms.own_grade[file] == 0) & (firms.held_until[file] < world.month - calendar)
    return by_score
