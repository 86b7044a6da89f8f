"""Patterns on the supply network: what travels from a firm to its partners, and how far."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from creditregime.model import CreditRegime
from creditregime.scenario import Scenario
from creditregime.validation.findings import Finding
from creditregime.validation.oracles import Size, oracle, reduction
from creditregime.validation.twins import Reals, advance, effect, mean, slack, steps_from, twin, worlds
from creditregime.world import World

Rows = NDArray[np.int64]
STEPS = (1, 2, 3)
"""Distances that are looked at, links."""


@oracle("patterns", source="Johnson, AER 2020", reductions=("pattern_peers",))
def published_violators_deter_their_peers(size: Size) -> Iterator[Finding]:
    """Firms near a violator whose finding is published violate less, and the less so the more links lie between.

    Twins are one world up to the month of the finding; in one of them partners are not told, and nothing else differs.
    Expected violations, given efforts, over the following year. In the source peers within three miles violate 73%
    less, and the effect ends at 31 miles. By assumption buyers learn from findings about their suppliers, and firms
    partly copy their partners; that it dies away, instead of coming back, emerges. The sign is tested, not the size.
    """
    base = reduction("pattern_peers")
    changes = worlds((base,), size.of(30, 5), lambda model: _deterred(model, size.of(3, 2)))[0]
    yield effect("violations one step away", "less", changes[:, 0])
    yield effect("one step against two", "less", changes[:, 0], changes[:, 1])
    yield effect("two steps against three", "less", changes[:, 1], changes[:, 2])


def _deterred(model: CreditRegime, cases: int) -> Reals:
    """Return relative changes of expected violations by distance: means over findings a year apart."""
    world, found = model.world, []
    for month in advance(model, model.spec.months):
        known = np.unique(world.findings.firm[world.findings.true])
        if month < model.spec.months / 2 or not len(known):
            continue
        source = known[[np.argmax(world.network.from_buyers(world.firms.size)[known])]]
        silent = twin(model)
        silent.world.findings = world.findings.those(world.findings.firm != source[0])
        found.append(_relative_change(model, silent, steps_from(world, source), slack, 12))
        if len(found) == cases:
            break
    changes: Reals = np.nanmean(found, axis=0)
    return changes


def _relative_change(
    model: CreditRegime, other: CreditRegime, steps: Reals, measured: Callable[[World], np.ndarray], months: int
) -> list[float]:
    """Return the change of a sum over firms at each distance, model against other, while both go on for some months."""
    total = np.zeros((2, len(STEPS)))
    for _ in range(months):
        for number, one in enumerate((model, other)):
            one.step()
            values = measured(one.world)
            total[number] += [values[steps == step].sum() for step in STEPS]
    return [here / there - 1 if there else float("nan") for here, there in total.T]


@oracle("patterns", source="Zhou, Feng, World Economy 2022", reductions=("pattern_distress",))
def failing_buyers_distress_their_suppliers(size: Size) -> Iterator[Finding]:
    """When a large buyer fails, its suppliers fall into distress more often than if it went on.

    Their own suppliers do so less often than they; trade credit strengthens it. Distress is the share of firms in
    trouble: with under a quarter of the usual capital or gone, over the following 18 months. The twins differ in the
    capital of one firm in one month. Emerges, from lost orders and lost claims.
    """
    base = reduction("pattern_distress")
    cash = base.changed({"finance.trade_credit": 0.0})
    on_credit, in_cash = _distressed(base, size), _distressed(cash, size)
    yield effect("distress of the suppliers", "more", on_credit[:, 0])
    yield effect("suppliers against their suppliers", "more", on_credit[:, 0], on_credit[:, 1])
    yield effect("distress of the suppliers, trade credit against cash", "more", on_credit[:, 0], in_cash[:, 0])


@oracle(
    "patterns",
    source="Zhou, Feng, World Economy 2022",
    reductions=("pattern_distress",),
    known=(
        "competitors take over most of what a failed buyer sold, and a new firm its place within a year, so that the"
        " second tier is too little hurt to be told from none; it is hurt where neither happens. The source's buyers"
        " are zombies, which stay and are not replaced"
    ),
)
def distress_reaches_the_second_tier(size: Size) -> Iterator[Finding]:
    """When a large buyer fails, the suppliers of its suppliers fall into distress more often, too."""
    base = reduction("pattern_distress")
    empty = base.changed({"trade.substitution": 0.0, "entry": {"kind": "none"}})
    yield effect("distress of the second tier", "more", _distressed(base, size)[:, 1])
    yield effect("the same where nobody takes over its sales or its place", "more", _distressed(empty, size)[:, 1])


def _distressed(spec: Scenario, size: Size) -> Reals:
    """Return the change of the share in trouble by tier, (seeds, tiers)."""
    return worlds((spec,), size.of(30, 6), lambda model: _after_failures(model, size.of(3, 2)))[0]


def _after_failures(model: CreditRegime, cases: int) -> Reals:
    """Return the change of the share in trouble by tier: means over failures of different large buyers in one month."""
    for _ in advance(model, model.spec.months // 3):
        pass
    world = model.world
    bought = world.network.input_share() * world.firms.size * world.firms.active
    found = [_after_failure(twin(model), twin(model), int(row)) for row in np.argsort(-bought)[:cases]]
    changes: Reals = np.nanmean(found, axis=0)
    return changes


def _after_failure(model: CreditRegime, other: CreditRegime, row: int, months: int = 18) -> list[float]:
    firms, born = model.world.firms, model.world.firms.born.copy()
    tier = steps_from(model.world, np.array([row]), "suppliers")
    alive = firms.active.copy()
    firms.equity[row] = -firms.debt[row]  # nothing is left to pay anybody with
    share = np.zeros((2, len(STEPS)))
    for _ in range(months):
        for number, one in enumerate((model, other)):
            one.step()
            trouble = in_trouble(one.world, born)
            share[number] += [mean(trouble, alive & (tier == step)) for step in STEPS]
    change: Reals = (share[0] - share[1]) / months
    return [float(value) for value in change]


def in_trouble(world: World, born: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Return which of the firms of an earlier month, known by when they registered, are gone or have little capital."""
    firms = world.firms
    poor = firms.equity < 0.25 * world.spread(world.law.margins.equity) * firms.size
    gone: NDArray[np.bool_] = ~firms.active | (firms.born != born)
    return gone | poor
