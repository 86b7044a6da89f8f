"""Patterns of credit: what a public grade is worth to banks, suppliers, and firms of different kinds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from creditregime.codes import OWNERSHIPS, Lever
from creditregime.market.accounts import Accounts
from creditregime.model import CreditRegime
from creditregime.validation.findings import Finding
from creditregime.validation.oracles import Size, oracle, reduction
from creditregime.validation.twins import Reals, advance, effect, mean, worlds

AGES = {"up to 6 months": (0, 6), "7 to 24 months": (7, 24), "above": (25, np.inf)}
"""Classes of how long two partners have traded."""


@oracle(
    "patterns",
    source="Zhao et al., CJAS 2025; Fan, Pan, Wang, Yu, PBFJ 2023; Wang et al., Jingji Kexue 2023",
    reductions=("pattern_trade_credit",),
)
def trade_credit_follows_the_grade(size: Size) -> Iterator[Finding]:
    """Firms of the top grade get more trade credit than others, most where buyer and supplier have no history.

    The difference falls with the length of the history. Terms are months of purchases that a buyer may owe. By
    assumption a supplier weighs the grade and its own experience of the buyer as Bayes' rule says. What follows is
    tested: the order of the differences, over links as they come about, of whatever grades the firms then hold. In the
    placebo the grade has no weight.
    """
    base = reduction("pattern_trade_credit")
    placebo = base.changed({"finance.grade_worth": 0.0})
    gaps, none = worlds((base, placebo), size.of(30, 4), _top_grade_gaps)
    yield effect("extra terms of the top grade, all links", "more", gaps[:, 3])
    for (short, one), (long, other) in zip(_by_age(gaps), _by_age(gaps)[1:], strict=False):
        yield effect(f"extra terms at {short}, against {long}", "more", one, other)
    yield effect("all links, against grades of no weight", "more", gaps[:, 3], none[:, 3])


def _by_age(gaps: Reals) -> list[tuple[str, Reals]]:
    return [(label, gaps[:, number]) for number, label in enumerate(AGES)]


def _top_grade_gaps(model: CreditRegime) -> Reals:
    """Return the lead in terms of buyers of the top grade, by age of the link and over all, at the ends of years."""
    found = [
        _gaps(model) for month in advance(model, model.spec.months) if month % 12 == 0 and month > model.spec.months / 2
    ]
    lead: Reals = np.nanmean(found, axis=0)
    return lead


def _gaps(model: CreditRegime) -> list[float]:
    world, finance = model.world, model.rules.finance
    assert isinstance(finance, Accounts)
    network, terms = world.network, finance.trust(world) * finance.trade_credit
    buyer = network.buyers_of(np.arange(len(terms)))
    top = world.firms.grade[finance.loan_file(world)][buyer] == world.law.best
    age = np.where(network.since < 0, np.inf, world.month - network.since)
    classes = [(age >= low) & (age <= high) for low, high in AGES.values()] + [age >= 0]
    chosen = [(network.weight > 0) & one for one in classes]
    return [mean(terms, one & top) - mean(terms, one & ~top) for one in chosen]


@oracle("patterns", source="Wang, Cui, NAJEF 2025 (2015-21)", reductions=("pattern_debt_cost",))
def changes_of_grade_move_the_cost_of_debt(size: Size) -> Iterator[Finding]:
    """Upgrades lower the interest rate that a firm pays, downgrades raise it.

    Against firms whose grade stays what it was a year ago. By construction through the reward of the top grade (bank-
    tax loans) alone; what is tested is that distress, which moves rates too, does not hide it.
    """
    found = worlds((reduction("pattern_debt_cost"),), size.of(30, 3), _rate_changes)[0]
    yield effect("rate after an upgrade, against the same grade", "less", found[:, 0], found[:, 2])
    yield effect("rate after a downgrade, against the same grade", "more", found[:, 1], found[:, 2])


def _rate_changes(model: CreditRegime) -> tuple[float, float, float]:
    """Return mean changes of the interest rate over a year: of firms upgraded, downgraded, and neither."""
    firms, moved, steps = model.world.firms, [], []
    before = None
    for month in advance(model, model.spec.months):
        if month % 12:
            continue
        now = firms.grade[0].astype(int), _rates(model), firms.born.copy(), firms.active.copy()
        if before is not None:
            stayed = before[3] & now[3] & (before[2] == now[2])
            steps.append((now[0] - before[0])[stayed])
            moved.append((now[1] - before[1])[stayed])
        before = now
    step, change = np.concatenate(steps), np.concatenate(moved)
    return mean(change, step > 0), mean(change, step < 0), mean(change, step == 0)


def _rates(model: CreditRegime) -> Reals:
    finance, world = model.rules.finance, model.world
    assert isinstance(finance, Accounts)
    rate = finance.base_rate + finance.file_spread * finance.blemish(world) + world.firms.levers[Lever.CREDIT_SPREAD]
    return np.maximum(rate, 0)


@oracle(
    "patterns",
    source="'Government-provided rating', Zhongnan and Wollongong; bank-tax loans of the STA",
    reductions=("pattern_loans",),
)
def private_firms_gain_more_from_loans_by_grade(size: Size) -> Iterator[Finding]:
    """Loans by grade raise employment, and more at private firms than at those of the state.

    By assumption banks ration private firms, and state firms not. That employment follows the loans, and that it falls
    at state firms, whose competitors now can produce, emerges.
    """
    change = _gains(size)
    yield effect("workforce of private firms", "more", change[:, 0])
    yield effect("private against state firms", "more", change[:, 0], change[:, 1])


@oracle(
    "patterns",
    source="'Government-provided rating', Zhongnan and Wollongong",
    reductions=("pattern_loans",),
    known=(
        "banks ration by ownership and not by size here, and loans by grade are a multiple of tax paid: small firms,"
        " which bear more compliance and reporting cost per unit of revenue, pay less tax and get less"
    ),
)
def small_firms_gain_more_from_loans_by_grade(size: Size) -> Iterator[Finding]:
    """Loans by grade raise employment more at small than at large private firms."""
    change = _gains(size)
    yield effect("smaller half of private firms against the larger", "more", change[:, 2], change[:, 3])


def _gains(size: Size) -> Reals:
    base = reduction("pattern_loans")
    with_loans, without = worlds((base, base.changed({"finance.social_loans": {}})), size.of(30, 4), _workforce)
    gains: Reals = with_loans - without
    return gains


def _workforce(model: CreditRegime) -> list[float]:
    """Return mean workforce, relative to the start, of private, state, small private and large private firms."""
    firms = model.run_model().world.firms
    private, state = (firms.ownership == OWNERSHIPS.index(name) for name in ("private", "state"))
    large = firms.size >= np.median(firms.size)
    return [mean(firms.staff, firms.active & group) for group in (private, state, private & ~large, private & large)]
