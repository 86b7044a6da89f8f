"""Firms that weigh all their topics at once: who is punished for the worst can offend in the rest for free."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from creditregime.firms.behaviour import AllOrNothing
from creditregime.firms.stakes import Prospects
from creditregime.state import Floats
from creditregime.units import TIE
from creditregime.world import World

Reals = NDArray[np.float64]
Chosen = NDArray[np.bool_]
SURE = 1 - 1e-12
"""A chance above which an event is certain, for the sake of its logarithm."""


class Bundle(AllOrNothing, kind="bundle"):
    """Violate the set of topics that pays best: a list is entered once, however many violations lead to it.

    As ``threshold``, but topics are not weighed one by one. A firm violates the set S that maximises the sum of what it
    saves less the expected fines and losses of grade, less each list's worth times the chance that a violation in S
    leads to it; topics are found out independently. So one list for several offences can fail to deter what it would
    deter if each stood alone (marginal deterrence: Stigler 1970, J. Polit. Econ. 78:526). The best set is found exactly
    where at most one list counts the records of several topics, or all that do have the same ways in; else it is the
    best of a few orders of the topics, which changing any single topic cannot better.
    """

    def choose(self, world: World, prospects: Prospects) -> None:
        """Set each effort to 0 or 1."""
        stakes = prospects.grade_stakes()
        cost = np.array([self.cost(world, k) * (1 - world.firms.intrinsic) for k in range(len(world.topics))])
        saved = cost - np.array([self.gain(world, k, stake) for k, stake in enumerate(stakes)])
        saved -= TIE * cost  # who is indifferent complies
        world.firms.effort[:] = ~best_bundle(saved, [*self._lists(world, prospects)])

    def _lists(self, world: World, prospects: Prospects) -> Iterator[List]:
        """Yield what each list threatens this month's violations with."""
        firms = world.firms
        weight = firms.aware.astype(np.float64) * (firms.caution if self.traits.cautious else 1)
        for threat in prospects.threats():
            chances = np.zeros(firms.effort.shape)
            for k, chance in threat.chances(world).items():
                chances[k] = firms.hazard[k] * firms.belief[k] * chance
            yield List(np.asarray(threat.worth * weight, np.float64), chances)


class List(NamedTuple):
    """What a list is worth, (n,), and the chance that a violation of each topic leads to it, (K, n)."""

    worth: Reals
    chances: Reals


def best_bundle(saved: Reals | Floats, lists: Sequence[List]) -> Chosen:
    """Return the topics whose violation together pays best, (K, n).

    The value of a set is convex in the sum of what is saved and the sum of -log(1 - chance): the best set is the first
    few topics in the order of their ratio (with the savings of topics net of the lists that they alone lead to).

    Parameters
    ----------
    saved : (K, n)
        What violating each topic saves, lists apart.
    lists
        What lists threaten; listings by several topics are independent.
    """
    single = [entry for entry in lists if np.count_nonzero(entry.chances.any(axis=1)) <= 1]
    several = merged([entry for entry in lists if np.count_nonzero(entry.chances.any(axis=1)) > 1])
    net = np.asarray(saved, np.float64) - sum((entry.worth * entry.chances for entry in single), np.zeros(1))
    if not several:
        return net > 0
    weighed = [-np.log1p(-np.minimum(entry.chances, SURE)) for entry in several]
    orders = weighed
    if len(several) > 1:
        orders = [*weighed, np.sum([e.worth * weight for e, weight in zip(several, weighed, strict=True)], axis=0)]
    best, worth = np.zeros(net.shape, np.bool_), np.zeros(net.shape[1])
    for weight in orders:
        for bundle in _prefixes(net, weight):
            value = value_of(bundle, net, several)
            better = value > worth
            best[:, better], worth[better] = bundle[:, better], value[better]
    return best if len(several) == 1 else _bettered(best, worth, net, several)


def merged(lists: Sequence[List]) -> list[List]:
    """Put lists together that have the same ways in: who enters one enters the other."""
    found: list[List] = []
    for entry in lists:
        same = next((n for n, other in enumerate(found) if np.array_equal(other.chances, entry.chances)), None)
        if same is None:
            found.append(entry)
        else:
            found[same] = List(found[same].worth + entry.worth, entry.chances)
    return found


def value_of(bundle: Chosen, net: Reals, lists: Sequence[List]) -> Reals:
    """Return what violating the chosen topics is worth, (n,)."""
    value: Reals = (net * bundle).sum(axis=0)
    for entry in lists:
        value -= entry.worth * (1 - np.prod(1 - entry.chances * bundle, axis=0))
    return value


def _prefixes(net: Reals, weight: Reals) -> Iterator[Chosen]:
    """Yield the first 1, 2, ... topics in the order of savings per weight; what saves nothing comes last."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(weight > 0, net / weight, np.where(net > 0, np.inf, -np.inf))
    place = np.argsort(np.argsort(-ratio, axis=0, kind="stable"), axis=0, kind="stable")
    for last in range(len(net)):
        yield place <= last


def _bettered(bundle: Chosen, worth: Reals, net: Reals, lists: Sequence[List]) -> Chosen:
    """Change single topics for as long as that pays."""
    for _ in range(len(net)):
        before = bundle.copy()
        for k in range(len(net)):
            other = bundle.copy()
            other[k] = ~other[k]
            value = value_of(other, net, lists)
            better = value > worth
            bundle[:, better], worth[better] = other[:, better], value[better]
        if np.array_equal(before, bundle):
            break
    return bundle
