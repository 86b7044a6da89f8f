"""Departures from what is known of records, scores, lists and inspections."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy.stats import binom

from creditregime.model import CreditRegime
from creditregime.scenario import Scenario
from creditregime.validation.departures import reductions
from creditregime.validation.departures.declared import Case, departure
from creditregime.validation.oracles import Size

BINOMIAL = "Live records are binomial (τ, λ)"
DECAY = "A decaying score has mean (r − Dq)/(1 − ρ)"
TERM = "A share L/(L + 1/h) stands on a list of fixed term L at hazard h"
TWICE = "Double random: 1 − Π(1 − m_k/N) are inspected at least once"
PREDICTIVE = "A share vs/(vs + (1 − v)f) of findings is true"


def _of_firms(spec: Scenario, share: Callable[[Any], Any]) -> float:
    """Return the mean of a value a firm over the firms in business when the run ends."""
    firms = CreditRegime(spec).run_model().world.firms
    return float(np.asarray(share(firms), float)[firms.active].mean())


@departure(f"{BINOMIAL}: mean τλ", "less", repair={"kind": "graded"})
def records_repaired(size: Size) -> Case:
    """Repair records before their term is over.

    A delay of entry, in contrast, breaks nothing: it moves the months in which a record counts, not their number.
    """
    spec = reductions.live_points(size.of(8000, 2000), 0.08, 12)
    return Case(spec, 0.96, partial(_of_firms, share=lambda firms: firms.live.sum(axis=(0, 1))))


@departure(
    f"{BINOMIAL}: P(3 or more)",
    "less",
    behaviour={"kind": "threshold", **reductions.SELFISH},
    learning={"kind": "none", "initial": 1.0},
    lists={"black": {"topic": "offence", "serious": 0, "records": 3}},
    measures={"loss": {"agency": "offence", "lever": "management", "size": 0.1, "lists": ["black"]}},
)
def records_that_matter(size: Size) -> Case:
    """Let three records lead to a list that costs something.

    Firms with two of them take care: violations are no longer independent of the record.
    """
    spec = reductions.live_points(size.of(8000, 2000), 0.08, 12)
    expected = float(binom.sf(2, 12, 0.08))
    return Case(spec, expected, partial(_of_firms, share=lambda firms: firms.live.sum(axis=(0, 1)) >= 3))


def _decay(size: Size) -> Case:
    chance, persistence, recovery, record = 0.1, 0.8, 5.0, 15.0
    spec = reductions.decaying(size.of(8000, 1500), chance, persistence, recovery, record)
    expected = (recovery - record * chance) / (1 - persistence)
    return Case(spec, expected, partial(_of_firms, share=lambda firms: firms.own_score[0]), floor=1e-4)


@departure(DECAY, "less", rating__cap=20)
def a_highest_score(size: Size) -> Case:
    """Cap the score: what a firm earns above the cap is lost, what it loses below counts in full."""
    return _decay(size)


@departure(DECAY, "more", rating__floor=15)
def a_lowest_score(size: Size) -> Case:
    """Bound the score from below: who has nothing left to lose loses nothing more."""
    return _decay(size)


def _listed(size: Size) -> Case:
    chance, term = 0.05, 12
    spec = reductions.listed(size.of(8000, 1500), chance, term)
    return Case(spec, term / (term + 1 / chance), partial(_of_firms, share=lambda firms: firms.listing[0] > 0))


@departure(TERM, "less", repair={"kind": "application", "applications": 0.9, "clean_months": 2})
def listings_repaired(size: Size) -> Case:
    """Let firms apply for repair, and leave the list before the term is over."""
    return _listed(size)


@departure(
    TERM, "less", exit={"kind": "standard", "insolvency": False, "background": 0.4}, entry={"kind": "replacement"}
)
def places_taken_over(size: Size) -> Case:
    """Let firms leave business, listed or not; who takes their places begins with a clean record."""
    return _listed(size)


@departure(TERM, "more", spillover__partner={"kind": "linear", "mode": "list", "threshold": 0.5, "weighting": "equal"})
def listed_by_association(size: Size) -> Case:
    """List firms for what their suppliers did."""
    return _listed(size)


@departure(
    TERM, "less", objections={"kind": "review", "contest": 1.0, "groundless": 0.3, "wrongly_upheld": 0.5, "months": 2}
)
def objections_upheld(size: Size) -> Case:
    """Hear objections: some succeed, if only by error, and end the listing that followed from the record."""
    return _listed(size)


@departure(
    TWICE, "less", measures={"watch": {"agency": "agency0", "lever": "inspection", "size": 10, "lists": ["black"]}}
)
def all_look_at_the_same(size: Size) -> Case:
    """Let a measure direct every agency to listed firms: they are inspected again and again, others never."""
    firms = size.of(10_000, 2000)
    quotas = [firms // 50, firms // 10, 2 * firms // 5]
    spec = reductions.double_random(firms, quotas)
    expected = 1 - math.prod(1 - quota / firms for quota in quotas)
    return Case(spec, expected, partial(_of_firms, share=lambda firms: firms.inspected.any(axis=0)))


def _predictive(size: Size) -> Case:
    violating, sensitivity, false_positive = 0.3, 0.8, 0.1
    spec = reductions.predictive(size.of(20_000, 4000), violating, sensitivity, false_positive)
    true, false = violating * sensitivity, (1 - violating) * false_positive
    return Case(spec, true / (true + false), _true_share)


def _true_share(spec: Scenario) -> float:
    return float(CreditRegime(spec).run_model().world.records["true"].mean())


@departure(PREDICTIVE, "more", violations__complaints=0.05)
def complaints_select(size: Size) -> Case:
    """Answer complaints: inspectors come to firms that did violate, and no longer at random."""
    return _predictive(size)


@departure(PREDICTIVE, "less", registry__entry_error=0.2, registry__misdirected=1.0)
def entries_against_others(size: Size) -> Case:
    """Enter some findings against a firm about which nothing was found."""
    return _predictive(size)


@departure(
    "With one regulator, shared files are the regulator's own: sharing adds no shortfall",
    "more",
    topics={name: {"hazard": 0.1} for name in "abc"},
)
def several_regulators(size: Size) -> Case:
    """Let several regulators share: one file adds up what each of them alone would hold to be little."""
    spec = reductions.live_points(size.of(4000, 1000), 0.1, 12).changed({"rating": {"kind": "points"}})
    return Case(spec, 0.0, _added_by_sharing)


def _added_by_sharing(spec: Scenario) -> float:
    """Return by how many points the score of the worst file is lower where files are shared."""
    siloed, central = (
        _of_firms(spec.changed({"registry.sharing": sharing}), lambda firms: firms.score.min(axis=0))
        for sharing in ("siloed", "central")
    )
    return siloed - central
