"""Departures from what is known of enforcement: of firms that weigh gains against penalties, and of who is caught."""

from __future__ import annotations

import numpy as np

from creditregime.model import CreditRegime
from creditregime.scenario import Scenario
from creditregime.validation.departures import reductions
from creditregime.validation.departures.declared import Case, departure
from creditregime.validation.oracles import Size

BECKER = "Becker: a share 1 − pF/G violates"
HARRINGTON = "Harrington: firms comply a share p1/(p1 + p2u) of the time"
TIERS = "Birth-death chain of tiers: π(k+1)/π(k) = p(k)v / (p(k+1)(1 − v)u)"


def _violating(spec: Scenario) -> float:
    return 1 - float(CreditRegime(spec).run_model().world.firms.effort.mean())


def _becker(size: Size, months: int) -> Case:
    detection, fine, gain = 0.25, 20.0, 10.0
    spec = reductions.becker(size.of(8000, 1000), detection, fine, gain, months)
    return Case(spec, 1 - detection * fine / gain, _violating)


@departure(
    BECKER,
    "less",
    learning={"kind": "experience", "initial": 0.25, "own": 0.1, "partners": 0, "transparency": 0, "unprepared": {}},
)
def beliefs_from_own_experience(size: Size) -> Case:
    """Learn the chance of being caught from own experience.

    Only those who violate learn. Who was caught by chance believes too much, stops, and learns no more; who was not
    goes on, and learns better (the hot-stove effect, Denrell and March 2001, Organ. Sci. 12:523).
    """
    return _becker(size, 48)


@departure(
    BECKER,
    "less",
    learning={"kind": "experience", "initial": 0.25, "own": 0, "partners": 0.02, "transparency": 0, "unprepared": {}},
)
def beliefs_from_partners(size: Size) -> Case:
    """Learn from suppliers that were caught.

    Nobody hears of those that were not: what is learned from others only raises beliefs.
    """
    return _becker(size, 24)


@departure(
    "Effort is expected fine over cost, e = min(pF/c, 1): with c uniform on [0, 2C], a share pF/(2C) makes full effort",
    "less",
    behaviour={"kind": "imitate", "adjustment": 1.0, "weighting": "equal", **reductions.SELFISH}
    | {"cost_distribution": "uniform"},
)
def partners_imitated(size: Size) -> Case:
    """Mix the best response with what partners do: means stay, extremes vanish."""
    detection, fine, cost = 0.25, 2.0, 0.5
    spec = reductions.gradual(size.of(8000, 2000), detection, fine, cost)
    return Case(spec, detection * fine / (2 * cost), _making_full_effort)


def _making_full_effort(spec: Scenario) -> float:
    return float((CreditRegime(spec).run_model().world.firms.effort > 0.999).mean())


def _harrington(size: Size, cost: float = 0.5) -> Case:
    p, u = (0.1, 0.4), 0.5
    spec = reductions.harrington(size.of(4000, 600), p, u, fines=(1.0, 2.0), patience=0.95, cost=cost)
    return Case(spec, p[0] / (p[0] + p[1] * u), _late_compliance)


def _late_compliance(spec: Scenario) -> float:
    return float(CreditRegime(spec).run_model().series.monthly()["compliance"].iloc[-20:].mean())


@departure(HARRINGTON, "more", behaviour__intrinsic=0.5, behaviour__intrinsic_spread=0.25)
def motives_of_their_own(size: Size) -> Case:
    """Give firms motives beyond the regime: some comply in the first tier, where the fine alone does not pay."""
    return _harrington(size)


@departure(
    HARRINGTON,
    "more",
    behaviour__detection="believed",
    learning={"kind": "experience", "initial": 0.1, "own": 0.3, "partners": 0, "transparency": 0, "unprepared": {}},
)
def detection_as_believed(size: Size) -> Case:
    """Let firms reckon with the chance of detection that they believe, learned from own experience.

    Who was caught expects to be caught, complies in the first tier, too, and by complying never learns that it
    expects too much. Beliefs count relative to their mean, so that not all can end like this.
    """
    return _harrington(size, cost=0.3)


@departure(HARRINGTON, "more", violations__complaints=0.1)
def complaints_besides_inspections(size: Size) -> Case:
    """Answer complaints by inspections.

    Those who violate fall to the second tier, and comply there, more often than inspections alone would have it.
    """
    return _harrington(size)


def _tiers(size: Size) -> Case:
    p, v, u = (0.1, 0.3, 0.6), 0.3, 0.5
    weight = np.cumprod([1.0, *(p[k] * v / (p[k + 1] * (1 - v) * u) for k in range(len(p) - 1))])
    spec = reductions.tiers(size.of(8000, 1500), p, v, u)
    return Case(spec, float(weight[0] / weight.sum()), _in_best_tier)


def _in_best_tier(spec: Scenario) -> float:
    grade = CreditRegime(spec).run_model().world.firms.grade
    return float((grade == grade.max()).mean())


@departure(TIERS, "less", inspection__false_positive=0.1)
def findings_that_are_false(size: Size) -> Case:
    """Find violations that are not there: firms that did nothing fall, too, and are kept from rising."""
    return _tiers(size)


@departure(TIERS, "less", violations__complaints=0.1)
def complaints_in_all_tiers(size: Size) -> Case:
    """Answer complaints by inspections.

    They find violators whatever their tier, so that being trusted protects less from falling.
    """
    return _tiers(size)


@departure(
    "Shortest deterrent blacklist: everybody complies from T* = ⌈ln(1 − g(1−β)/(qℓβ))/ln β⌉ months on",
    "less",
    repair={"kind": "application", "applications": 0.9, "anticipated": True, "delay": 0, "clean_months": 0},
)
def repair_foreseen(size: Size) -> Case:
    """Let firms expect that repair takes them off the list: a term that deterred no longer does."""
    spec = reductions.deterrent_list(size.of(400, 60), gain=1.0, caught=0.2, loss=1.0, patience=0.95, term=6)
    return Case(spec, 1.0, lambda spec: 1 - _violating(spec))
