"""Registry and lists: how long records and listings last, and what they are worth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from creditregime.model import CreditRegime
from creditregime.units import MONTHS
from creditregime.validation.distributions import fits, fixed_terms, listed_by_month, repaired_terms, share_listed
from creditregime.validation.findings import Finding, all_close, close, sampled, share
from creditregime.validation.oracles import Size, oracle, reduction

Reals = NDArray[np.float64]
SETTLED = 1e-5
"""What may be left of the first months where a process is said to be stationary."""


@oracle("registry", source="algebra: a window of independent months", reductions=("expiring_points",))
def expiring_points(size: Size) -> Iterator[Finding]:
    """Live points that are taken with probability λ a month and expire after τ months are Binomial(τ, λ).

    Until then, in month t after the first entry, they are Binomial(t, λ); a delay of entry shifts all of it.
    """
    yield close("formula: λ = 0.08, τ = 12: P(≥ 3)", 0.065196, float(binom.sf(2, 12, 0.08)), absolute=5e-7)
    firms = size.of(200_000, 20_000)
    for chance, term, delay in ((0.08, 12, 0), (0.3, 5, 0), (0.02, 36, 0), (0.5, 24, 0), (0.15, 7, 3), (0.6, 1, 1)):
        for seed, months in enumerate(sorted({term // 2, term, term + 5} - {0}), 1):
            counted = min(months, term)
            live = _points(chance, term, delay, firms, delay + months, seed)
            where = f"λ = {chance}, τ = {term}, delay {delay}: month {months} after the first entry"
            mean, spread = counted * chance, math.sqrt(counted * chance * (1 - chance))
            many = math.ceil(mean + 1.5 * spread)
            tail = float(binom.sf(many - 1, counted, chance))
            yield sampled(f"{where}: mean", mean, float(live.mean()), spread / math.sqrt(firms), firms)
            yield share(f"{where}: P(≥ {many})", tail, float((live >= many).mean()), firms)
            counts = np.bincount(live)
            yield fits(where, binom.pmf(np.arange(counted + 1), counted, chance), counts)


def _points(chance: float, term: int, delay: int, firms: int, months: int, seed: int) -> NDArray[np.int64]:
    """Return every firm's live points after some months, by the rating."""
    spec = reduction(
        "expiring_points",
        seed=seed,
        months=months,
        population__firms=firms,
        topics__offence__hazard=chance,
        registry__minor_term=term,
        registry__delay=delay,
    )
    points: NDArray[np.int64] = np.rint(-CreditRegime(spec).run_model().world.firms.own_score[0]).astype(np.int64)
    return points


@oracle("registry", source="algebra: autoregression with Bernoulli shocks", reductions=("decaying_score",))
def decaying_score(size: Size) -> Iterator[Finding]:
    """Scores that fade, S' = ρS + r − D·1[violation], have a mean and a variance if violations have probability q.

    The mean is (r − Dq)/(1 − ρ), the variance D²q(1 − q)/(1 − ρ²).
    """
    firms = size.of(100_000, 10_000)
    for keep, gives, takes, chance in (
        (0.95, 5, 15, 0.1),
        (0.5, 2, 10, 0.3),
        (0.9, 0, 4, 0.5),
        (0.98, 1, 20, 0.02),
        (0, 3, 7, 0.2),
        (0.8, 10, 0.5, 0.9),
    ):
        months = 1 + math.ceil(math.log(SETTLED) / math.log(max(keep, SETTLED)))
        spec = reduction(
            "decaying_score",
            months=months,
            population__firms=firms,
            topics__offence__hazard=chance,
            rating={"kind": "decay", "persistence": keep, "recovery": gives, "record": takes},
        )
        score = CreditRegime(spec).run_model().world.firms.own_score[0].astype(np.float64)
        where = f"ρ = {keep}, r = {gives}, D = {takes}, q = {chance}"
        variance = takes**2 * chance * (1 - chance) / (1 - keep**2)
        fourth = takes**4 * chance * (1 - chance) * (1 - 6 * chance * (1 - chance)) / (1 - keep**4)  # cumulant
        mean = (gives - takes * chance) / (1 - keep)
        left = SETTLED * takes * chance / (1 - keep)
        yield sampled(f"{where}: mean", mean, float(score.mean()), math.sqrt(variance / firms), firms, floor=left)
        error = math.sqrt((fourth + 2 * variance**2) / firms)
        yield sampled(f"{where}: variance", variance, float(score.var(ddof=1)), error, firms, floor=SETTLED * variance)


@oracle("registry", source="renewal theory: Cox 1962, Renewal Theory", reductions=("fixed_term",))
def fixed_term(size: Size) -> Iterator[Finding]:
    """At hazard h a share L/(L + 1/h) of firms stands on a list of fixed term L, each month of the term equally."""
    yield close("formula: h = 0.02, L = 36", 0.418605, share_listed(0.02, fixed_terms(36)), absolute=5e-7)
    for hazard, term in ((0.02, 36), (0.2, 6), (0.05, 12), (0.005, 60), (0.7, 3), (0.4, 1)):
        terms = {"lists__listed__min_months": term, "lists__listed__max_months": term}
        yield from _standing("fixed_term", f"h = {hazard}, L = {term}", hazard, fixed_terms(term), terms, size)


@oracle("registry", source="algebra: a geometric wait that is cut off", reductions=("repaired_list",))
def repaired_list(size: Size) -> Iterator[Finding]:
    """With repair hazard r the mean term on a list is (1 − (1 − r)^L)/r, and the share listed follows from it."""
    for chance, term, hazard in ((0.05, 36, 0.02), (0.2, 12, 0.1), (0.5, 5, 0.3), (0.01, 60, 0.02), (0.9, 24, 0.05)):
        where, chances = f"r = {chance}, L = {term}", repaired_terms(chance, term)
        settings = {
            "lists__listed__max_months": term,
            "repair__applications": yearly(chance),
            "repair__anticipated": True,
        }
        yield from _terms(where, (1 - (1 - chance) ** term) / chance, chances, settings, size.of(100_000, 10_000))
        yield from _standing("repaired_list", f"{where}, h = {hazard}", hazard, chances, settings, size)


def _terms(where: str, mean: float, chances: Reals, settings: dict[str, Any], firms: int) -> Iterator[Finding]:
    """List everybody at once, and nobody again."""
    spec = reduction(
        "repaired_list",
        **settings,
        population__firms=firms,
        topics__offence__hazard=1.0,
        phases=[{"month": 1, "changes": {"topics.offence.hazard": 0.0}}],
    )
    model, held = CreditRegime(spec), np.zeros(firms, np.int64)
    for _ in range(len(chances) + 1):
        model.step()
        held += model.world.firms.listing[0] > 0
    error = math.sqrt((np.arange(len(chances)) ** 2 @ chances - mean**2) / firms)
    yield sampled(f"{where}: mean term", mean, float(held.mean()), error, firms)
    yield fits(f"{where}: terms", chances, np.bincount(held))
    yield close(f"{where}: term that firms reckon with", mean, float(model.world.law.listed_months[0]), relative=1e-6)


def _standing(
    name: str, where: str, hazard: float, chances: Reals, settings: dict[str, Any], size: Size
) -> Iterator[Finding]:
    """Compare who is on the list, and since when, with renewal theory."""
    firms, months = size.of(10_000, 4_000), size.of(1_000, 200)
    expected = share_listed(hazard, chances)
    off = np.abs(listed_by_month(hazard, chances, 20_000) - expected) > SETTLED
    settle = int(np.flatnonzero(off)[-1]) + 1
    spec = reduction(name, **settings, population__firms=firms, topics__offence__hazard=hazard)
    model, listed = CreditRegime(spec), np.zeros(firms)
    for month in range(settle + months):
        model.step()
        if month >= settle:
            listed += model.world.firms.listing[0] > 0
    error = float(listed.std(ddof=1)) / months / math.sqrt(firms)  # firms are independent, months of one are not
    yield sampled(
        f"{where}: share listed", expected, float(listed.mean()) / months, error, firms * months, floor=SETTLED
    )
    since = model.world.firms.listed_since[0][model.world.firms.listing[0] > 0]
    lasting = chances[::-1].cumsum()[::-1][1:]  # the chance to be still there after 0, 1, ... months
    ages = np.bincount(settle + months - 1 - since.astype(np.int64))
    yield fits(f"{where}: months on the list so far", lasting / lasting.sum(), ages)


@oracle("registry", source="algebra: draws without replacement", reductions=("double_random",))
def double_random(size: Size) -> Iterator[Finding]:
    """Of K agencies that draw m_k of N firms, at least one inspects a firm with probability 1 − Π(1 − m_k/N)."""
    months = size.of(2_000, 300)
    for firms, quotas in ((2_000, (40, 200, 800)), (50, (5, 10, 25)), (300, (1, 0, 2)), (40, (39, 20, 1))):
        where = f"N = {firms}, m = {quotas}"
        changes = {"population__firms": firms, "inspection__number": _by_agency(quotas)}
        yield from _drawn(where, _agencies(changes), quotas, months, lambda model: [np.arange(model.world.rows)])
    population = {"kind": "generated", "firms": 240, "regions": 3, "mean_suppliers": 1.0}
    quotas = (4, 30, 50)
    changes = {"population": population, "inspection__number": _by_agency(quotas), "inspection__level": "regional"}
    yield from _drawn(f"m = {quotas} in each region", _agencies(changes), quotas, months, _regions)


def _agencies(changes: dict[str, Any]) -> CreditRegime:
    """Return a model of the reduction `double_random`."""
    return CreditRegime(reduction("double_random", indicators__network_every=1200, **changes))


def _by_agency(quotas: Sequence[int]) -> dict[str, int]:
    return dict(zip(("tax", "environment", "labour"), quotas, strict=True))


def _regions(model: CreditRegime) -> list[NDArray[np.int64]]:
    return [np.flatnonzero(model.world.firms.region == region) for region in range(3)]


def _drawn(
    where: str,
    model: CreditRegime,
    quotas: Sequence[int],
    months: int,
    territories: Callable[[CreditRegime], list[NDArray[np.int64]]],
) -> Iterator[Finding]:
    places = territories(model)
    spent, once = np.zeros((months, len(places), len(quotas))), np.zeros((months, len(places)))
    for month in range(months):
        model.step()
        inspected = model.world.firms.inspected
        for place, rows in enumerate(places):
            spent[month, place] = inspected[:, rows].sum(axis=1)
            once[month, place] = inspected[:, rows].any(axis=0).mean()
    yield all_close(f"{where}: inspections in each month", np.broadcast_to(quotas, spent.shape), spent)
    for place, rows in enumerate(places):
        case = f"{where}: {len(rows)} firms"
        left, both = _left_out(len(rows), quotas)
        error = math.sqrt(max(left / len(rows) + both * (1 - 1 / len(rows)) - left**2, 0) / months)
        yield sampled(case, 1 - left, float(once[:, place].mean()), error, months * len(rows), floor=1e-9)


def _left_out(firms: int, quotas: Sequence[int]) -> tuple[float, float]:
    """Return the probability that nobody inspects a firm, and that nobody inspects either of two."""
    one = math.prod(1 - number / firms for number in quotas)
    return one, one * math.prod(max(1 - number / (firms - 1), 0) for number in quotas)


@oracle("registry", source="Bayes' rule", reductions=("false_records",))
def false_records(size: Size) -> Iterator[Finding]:
    """Of the records a share vs/(vs + (1 − v)f) is true: v violates, s is found, and f where there is nothing."""
    firms, months = size.of(40_000, 4_000), 25
    for violating, found, wrong, rate in (
        (0.3, 0.8, 0.1, 1),
        (0.3, 0.5, 0.02, 1),
        (0.05, 0.9, 0.05, 1),
        (0.5, 0.6, 0.6, 1),
        (0.01, 1, 0.01, 1),
        (0.2, 0.7, 0.0, 1),
        (0.1, 0.4, 0.03, 0.99),
    ):
        visits = {"kind": "uniform", "rate": rate, "sensitivity": found, "false_positive": wrong}
        where = f"v = {violating}, s = {found}, f = {wrong}" + (f", inspected with {rate} a year" if rate < 1 else "")
        yield from _true(where, violating, found, wrong, rate, firms, months, inspection=visits)
        if rate == 1:
            sensors = {"kind": "coverage", "share": found, "false_alarms": wrong}
            none = {"kind": "none"}
            case = f"{where}, by sensors"
            yield from _true(case, violating, found, wrong, 1, firms, months, inspection=none, monitoring=sensors)


def _true(
    where: str, violating: float, found: float, wrong: float, rate: float, firms: int, months: int, **changes: Any
) -> Iterator[Finding]:
    spec = reduction(
        "false_records", population__firms=firms, months=months, topics__offence__hazard=violating, **changes
    )
    records = CreditRegime(spec).run_model().world.records["true"]
    chance = violating * found + (1 - violating) * wrong
    visited = 1 - (1 - rate) ** (1 / MONTHS)
    yield share(f"{where}: true", violating * found / chance, float(records.mean()), len(records))
    yield share(f"{where}: records a firm and month", chance * visited, len(records) / (firms * months), firms * months)


def yearly(chance_a_month: float) -> float:
    """Return the probability a year that gives a probability a month."""
    return 1 - (1 - chance_a_month) ** MONTHS
