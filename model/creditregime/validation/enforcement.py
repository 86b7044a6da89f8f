"""Enforcement: whom fines and lists deter."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from creditregime.model import CreditRegime
from creditregime.scenario import Scenario
from creditregime.validation.findings import FIXED_POINT, Finding, all_close, close, holds, share
from creditregime.validation.oracles import Size, oracle, reduction

LONGEST = 1200
"""The longest term of a list, months."""


def effort(spec: Scenario) -> float:
    """Return the mean effort of all firms in the last month of a run."""
    return float(CreditRegime(spec).run_model().world.firms.effort.mean())


def turning_point(complies: Callable[[float], bool], low: float, high: float) -> float:
    """Return where a decision turns between a value at which it holds and one at which it does not, by bisection."""
    while abs(high - low) > 1e-7 * abs(high):
        middle = (low + high) / 2
        low, high = (middle, high) if complies(middle) else (low, middle)
    return (low + high) / 2


@oracle("enforcement", source="Becker 1968, J. Polit. Econ. 76:169", reductions=("becker",))
def becker(size: Size) -> Iterator[Finding]:
    """Firms violate where the gain exceeds the expected fine, g > pF; with g uniform on [0, G], a share 1 − pF/G."""
    firms = size.of(40_000, 4_000)
    for gain, fine, detection in (
        (10, 20, 0.05),
        (10, 20, 0.25),
        (10, 20, 0.45),
        (4, 3, 0.6),
        (1, 9, 0.05),
        (2, 9, 0.5),
    ):
        spec = reduction(
            "becker",
            population__firms=firms,
            topics__offence__fine=fine,
            topics__offence__cost=gain / 2,
            learning__initial=detection,
        )
        violating = 1 - effort(spec)
        chance = max(1 - detection * fine / gain, 0)
        yield share(f"p = {detection}, F = {fine}, G = {gain}", chance, violating, firms)


@oracle("enforcement", source="Becker 1968, J. Polit. Econ. 76:169, with a quadratic cost", reductions=("gradual",))
def gradual_effort(size: Size) -> Iterator[Finding]:
    """Where effort e costs ½ c e² and what is missing of it is found and fined at pF, firms choose e* = pF/c, or 1."""
    for cost, fine, detection in ((5, 20, 0.05), (5, 20, 0.25), (0.5, 2, 0.1), (3, 0.7, 0.9), (0.01, 0.3, 0.002)):
        spec = reduction(
            "gradual",
            population__firms=size.of(40_000, 4_000),
            topics__offence__fine=fine,
            topics__offence__cost=cost,
            learning__initial=detection,
        )
        firms = CreditRegime(spec).run_model().world.firms
        own = cost * firms.cost_factor.astype(float)
        expected = np.minimum(detection * fine / np.maximum(own, 1e-30), 1)
        yield all_close(
            f"p = {detection}, F = {fine}, c to {2 * cost}", expected, firms.effort[0], relative=FIXED_POINT
        )


@oracle(
    "enforcement",
    source="Stigler 1970, J. Polit. Econ. 78:526; Mookherjee and Png 1994, J. Polit. Econ. 102:1039",
    reductions=("marginal_deterrence",),
)
def marginal_deterrence(size: Size) -> Iterator[Finding]:
    """One list for K offences seen in one visit deters none of them although it would deter each alone.

    With gain g each, found with chance q each, and a list worth D, one alone is deterred where q D ≥ g, all K only
    where D ≥ K g / (1 − (1 − q)^K); below that all K are violated.
    """
    for offences, chance, gain in ((4, 0.3, 0.8), *_drawn_offences(size.of(15, 6))):
        where = f"K = {offences}, q = {chance:.4g}, g = {gain:.4g}"
        alone, together = gain / chance, offences * gain / (1 - (1 - chance) ** offences)

        def complying(worth: float, number: int, chance: float = chance, gain: float = gain) -> float:
            return effort(_one_list(number, chance, gain, worth))

        found = turning_point(lambda worth: complying(worth, offences) < 1, alone / 2, 2 * together)  # noqa: B023
        yield close(f"{where}: worth from which all are deterred", together, found, relative=FIXED_POINT)
        yield holds(f"{where}: below it, all are violated", "so", complying(together * 0.9999, offences) == 0)
        found = turning_point(lambda worth: complying(worth, 1) < 1, alone / 2, 2 * alone)
        yield close(f"{where}: worth that deters one alone", alone, found, relative=FIXED_POINT)


def _drawn_offences(cases: int) -> Iterator[tuple[int, float, float]]:
    draws = np.random.Generator(np.random.PCG64(4))
    for _ in range(cases):
        yield int(draws.integers(2, 12)), float(draws.uniform(0.01, 0.95)), float(draws.uniform(0.001, 3))


def _one_list(offences: int, chance: float, gain: float, worth: float) -> Scenario:
    """Return the reduction with so many offences; the list's worth is spread over a year without discount."""
    topic = {"hazard": 1.0, "general": 0.0, "serious": 1.0, "cost": gain}
    names = [f"offence_{number}" for number in range(offences)]
    return reduction("marginal_deterrence").changed(
        {
            "population.firms": 2,
            "topics": dict.fromkeys(names, topic),
            "learning.initial": chance,
            "lists.black.max_months": 12,
            "measures.loss.size": worth / 12,
            "measures.loss.agency": names[0],
        }
    )


@oracle(
    "enforcement",
    source="present value of a fixed term, as in Harrington 1988, J. Public Econ. 37:29",
    reductions=("shortest_blacklist",),
)
def shortest_blacklist(size: Size) -> Iterator[Finding]:
    """There is a shortest term from which on a blacklist deters an offence, and there are offences that no term deters.

    A list that takes ℓ a month for T months, from the month after the offence on, deters an offence of gain g that is
    found with chance q if T ≥ T* = ⌈ln(1 − g (1 − β) / (q ℓ β)) / ln β⌉; none does where g (1 − β) ≥ q ℓ β.
    """
    for case in ((1, 0.2, 1, 0.95), (1, 0.05, 1, 0.95), *_drawn_terms(size.of(40, 15))):
        exact = _exact(*case)
        expected = None if exact == math.inf else math.ceil(exact)
        where = "g = {:.4g}, q = {:.4g}, ℓ = {:.4g}, β = {:.6g}".format(*case)
        for kind in ("threshold", "forward_looking"):
            found = _shortest_found(kind, *case)
            yield holds(f"{where}, {kind}", _months(expected), found == expected, _months(found))


def _drawn_terms(cases: int) -> Iterator[tuple[float, float, float, float]]:
    """Draw cases of every patience, those whose term is at most the longest, or none; no ties."""
    draws = np.random.Generator(np.random.PCG64(5))
    while cases:
        patience = float(1 - 10 ** draws.uniform(-5, -0.02))
        case = (
            float(draws.uniform(0.1, 2)),
            float(draws.uniform(0.02, 1)),
            10 ** float(draws.uniform(-1.7, 0.7)),
            patience,
        )
        exact = _exact(*case)
        if exact == math.inf or (exact <= LONGEST and 1e-4 < exact % 1 < 1 - 1e-4):
            cases -= 1
            yield case


def _exact(gain: float, chance: float, loss: float, patience: float) -> float:
    """Return the term, not rounded up; infinite where none deters."""
    rest = 1 - gain * (1 - patience) / (chance * loss * patience)
    return math.log(rest) / math.log(patience) if rest > 0 else math.inf


def _shortest_found(kind: str, gain: float, chance: float, loss: float, patience: float) -> int | None:
    """Return the shortest term under which firms comply for as long as the run lasts; None if there is none."""
    spec = reduction("shortest_blacklist")
    rule = spec.behaviour.model_dump(mode="json") | {"kind": kind, "patience": patience}
    rule |= {"effort": "all_or_nothing"} if kind == "forward_looking" else {}
    spec = spec.changed(
        {
            "months": 3,
            "population.firms": 2,
            "topics.offence.cost": gain,
            "behaviour": rule,
            "learning.initial": chance,
            "measures.loss.size": loss,
        }
    )
    low, high = 0, LONGEST + 1
    while high - low > 1:
        middle = (low + high) // 2
        deters = effort(spec.changed({"lists.black.max_months": middle})) == 1
        low, high = (low, middle) if deters else (middle, high)
    return high if high <= LONGEST else None


def _months(term: int | None) -> str:
    return "none" if term is None else f"{term} months"
