"""How a grade moves: down with a record, up with a clean inspection or when records expire.

A firm that plans ahead sees its grade as a Markov chain. For tiers the chain is the rule itself. For a rating by bands
of a score it is an approximation by the grade alone: a hypothetical grade stands for its best score, held through as
many average records as make the shortfall from a clean file, each of which expires after its term; grades above that
of a clean file are reached by clean years, which a record undoes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from creditregime.regime.rating import Rating
from creditregime.regime.tiers import Tiers
from creditregime.state import Floats
from creditregime.units import MONTHS
from creditregime.world import World


class Moves(NamedTuple):
    """The moves of one file's grade, of G grades, K topics and 3 severities.

    Attributes
    ----------
    after : (K, 3, G) int
        Grade after a record; the grade itself where a record of the topic does not count in the file.
    above : (G,) int
        Grade after a move up.
    promoted : (G,)
        Probability that an inspection that finds nothing moves the grade up.
    recovered : (G,)
        Probability a month, without a new record, that the grade moves up by itself.
    """

    after: NDArray[np.intp]
    above: NDArray[np.intp]
    promoted: NDArray[np.float64]
    recovered: NDArray[np.float64]


def plannable(rating: Rating) -> bool:
    """Tell whether the rule's grades move as a chain that this module knows."""
    return not rating.rates or isinstance(rating, Tiers) or hasattr(rating, "bands")


def moves(world: World, rating: Rating, file: int) -> Moves:
    """Return the moves of a file's grade under a rating rule."""
    grades = len(world.law.grades)
    if not rating.rates:
        return _padded(Moves(np.zeros((len(world.topics), 3, 0), np.intp), *np.zeros((3, 0))), grades)
    if isinstance(rating, Tiers):
        held = np.arange(grades, dtype=np.float32)
        above = np.minimum(np.arange(1, grades + 1), grades - 1)
        promoted = np.where(above > held, rating.promotion, 0.0)
        return Moves(_after(world, rating, file, held), above, promoted, np.zeros(grades))
    bounds = np.array([-np.inf, *reversed([*_bands(rating).values()])], np.float32)
    edges = np.append(np.nextafter(bounds[1:], np.float32(-np.inf)), np.float32(np.inf))
    held = np.minimum(edges, np.float32(rating.clean_score))
    above = np.append(rating.grade_of(bounds[1:]), len(bounds) - 1)  # two grades may begin at the same score
    recovered = _recovery(world, rating, file, held, bounds)
    return _padded(Moves(_after(world, rating, file, held), above, np.zeros(len(bounds)), recovered), grades)


def _padded(known: Moves, grades: int) -> Moves:
    """Add the grades that the rule does not give, as where only other regions are rated: they stay as they are."""
    count = len(known.above)
    others = np.arange(count, grades)
    after = np.concatenate([known.after, np.tile(others, (*known.after.shape[:2], 1))], axis=2)
    still = np.zeros(len(others))
    return Moves(
        after.astype(np.intp),
        np.concatenate([known.above, others]).astype(np.intp),
        np.concatenate([known.promoted, still]),
        np.concatenate([known.recovered, still]),
    )


def _bands(rating: Rating) -> dict[str, float]:
    bands: dict[str, float] = getattr(rating, "bands", {})
    return bands


def _after(world: World, rating: Rating, file: int, held: Floats) -> NDArray[np.intp]:
    """Return the grade after a record of each topic and severity, from the score that each grade stands for."""
    grades = np.arange(len(held))
    after = np.tile(grades, (len(world.topics), 3, 1))
    for k in range(len(world.topics)):
        for s in range(3):
            what = rating.deduction(world, k, s) if rating.file_of(world, k) == file else None
            if what is not None:
                points, lowest, *_ = what
                below = np.minimum(rating.grade_of(held - np.float32(points)), grades)
                after[k, s] = 0 if lowest else below
    return after


def _recovery(world: World, rating: Rating, file: int, held: Floats, bounds: Floats) -> NDArray[np.float64]:
    """Return the probability a month that records expire, or clean years add up, to the next grade."""
    law, up = world.law, np.zeros(len(held))
    topics = [k for k in range(len(world.topics)) if rating.file_of(world, k) == file and law.recorded[k]]
    points = law.points[topics]
    share = law.shares[topics] * (points > 0)
    if share.any():
        average = float((share * points).sum() / share.sum())
        term = float((share * points * law.terms).sum() / (share * points).sum())
        clean = int(rating.grade_of(np.array([rating.clean_score], np.float32))[0])
        records = np.maximum((rating.clean_score - held[:clean]) / average, 1)
        up[:clean] = np.minimum(records / term, 1)
        _add_clean_years(rating, bounds, up, clean)
    return up


def _add_clean_years(rating: Rating, bounds: Floats, up: NDArray[np.float64], clean: int) -> None:
    """Let clean years lift firms to the grades above that of a clean file, as far as their additions go."""
    bonus, most = getattr(rating, "clean_bonus", 0.0), getattr(rating, "clean_bonus_cap", 0.0)
    for grade in range(clean, len(up) - 1):
        if bonus and bounds[grade + 1] - rating.clean_score <= most:
            missing = float(bounds[grade + 1] - max(bounds[grade], rating.clean_score))
            up[grade] = 1 / (MONTHS * max(np.ceil(missing / bonus), 1))
