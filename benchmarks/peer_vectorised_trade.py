"""The vectorised peer's markets: orders up the links, goods down, and the books."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.peer_vectorised_parts import Floats
from creditregime.codes import Lever
from creditregime.units import MONTHS

if TYPE_CHECKING:
    from benchmarks.peer_vectorised import VectorisedPeer

LOST = (Lever.PUBLICATION, Lever.PROCUREMENT, None)
"""What sanctions take of the demand of consumers, of the state, and from abroad."""


class Trade(NamedTuple):
    """What the books need of a month's trade."""

    final: list[Floats]
    intermediate: Floats
    delivered: Floats
    paid: Floats
    spot: Floats


def trade(model: VectorisedPeer) -> Trade:
    """Orders up, goods down, and what competitors failed to deliver sold on the spot."""
    people, links, n = model.people, model.links, model.people.n
    rule = model.rules.scenario.trade
    capacity = rule.headroom * np.maximum(1 - people.levers[Lever.PERMIT], 0) * people.active
    gap = (rule.stocks - links.stock) / rule.restock * people.active[links.buyer]
    plan = np.minimum(people.demand, capacity)
    ordered = np.maximum(plan[links.buyer] + gap, 0) * people.size[links.buyer]
    final = [attracted(model, kind) for kind in range(3)]
    intermediate = np.bincount(links.p1, links.weight * ordered[links.input], n) * people.active
    people.demand = (intermediate + sum(final)) / people.size
    people.supply = np.minimum(capacity, people.level)
    people.output = np.minimum(people.demand, people.supply)
    delivered = np.divide(people.output, people.demand, out=np.zeros(n), where=people.demand > 0)
    spare = np.maximum(people.supply - people.output, 0) * people.size
    supplied = by_sector(model, people.size * np.minimum(people.supply, 1))
    missed = np.minimum(people.size / np.maximum(supplied, 1e-30)[people.sector], 1)
    share, met = on_the_spot(model, intermediate * (1 - delivered), missed, spare, ordered)
    spot = spare * share[people.sector]
    people.output = people.output + spot / people.size
    paid = receive(model, ordered, delivered, (1 - missed) * met[people.sector])
    return Trade(final, intermediate, delivered, paid, spot)


def by_sector(model: VectorisedPeer, values: Floats) -> Floats:
    """Return sums over the firms of each sector."""
    return np.bincount(model.people.sector, values, model.sectors)


def attracted(model: VectorisedPeer, kind: int) -> Floats:
    """Return one kind of final demand: what sanctions leave, and a part of what competitors lost."""
    people, sector, lever = model.people, model.people.sector, LOST[kind]
    wanted = model.shares[kind][sector] * people.final_demand
    kept = wanted * people.active
    if lever is not None:
        kept = kept * np.maximum(1 - people.levers[lever], 0)
    others = by_sector(model, kept)[sector] - kept
    moves = np.divide(wanted - kept, others, out=np.zeros(people.n), where=others > 1e-9)
    gained = by_sector(model, moves)[sector] - moves
    return kept * (1 + model.rules.scenario.trade.substitution * gained)


def on_the_spot(
    model: VectorisedPeer, short: Floats, missed: Floats, spare: Floats, ordered: Floats
) -> tuple[Floats, Floats]:
    """Return by sector which share of spare capacity is asked for, and how far it covers what is wanted."""
    links = model.links
    wanted = by_sector(model, short * (1 - missed))
    idle = np.flatnonzero(links.weight == 0)
    amount = links.coefficient[idle] * (1 - missed[links.p1[idle]]) * ordered[links.input[idle]]
    wanted = wanted + np.bincount(links.sector[idle], amount, model.sectors)
    free = by_sector(model, spare)
    share = np.divide(wanted, free, out=np.zeros(model.sectors), where=free > 0)
    met = np.where(free > 0, 1 / np.maximum(share, 1), 0)
    return np.minimum(share, 1), met


def receive(model: VectorisedPeer, ordered: Floats, delivered: Floats, replaced: Floats) -> Floats:
    """Receive inputs, use stocks, see what production they allow next month; return what firms pay."""
    people, links = model.people, model.links
    most = model.rules.scenario.trade.headroom
    arriving = (1 - (1 - replaced) * (1 - delivered))[links.p1] * links.weight
    arriving = np.where(links.weight > 0, arriving, links.coefficient * replaced[links.p1])
    received = np.bincount(links.input, arriving, len(links.stock)) * ordered
    used = np.maximum(links.stock - people.output[links.buyer], 0)
    links.stock = used + received / links.required / people.size[links.buyer]
    level = np.minimum(links.stock, most)
    bound = np.full(people.n, most)
    np.minimum.at(bound, links.buyer[links.essential], level[links.essential])
    missing = (most - level[links.linear]) * links.required[links.linear]
    loss = np.bincount(links.buyer[links.linear], missing, people.n)
    people.level = np.maximum(np.minimum(bound, most - loss / np.maximum(people.domestic_inputs, 1e-30)), 0)
    return np.bincount(links.buyer, received, people.n)


def settle(model: VectorisedPeer, traded: Trade) -> None:
    """Pay and be paid, and close the books."""
    people, rule = model.people, model.rules.scenario.finance
    sales = [amount * traded.delivered for amount in traded.final]
    between = traded.intermediate * traded.delivered + traded.spot - traded.paid
    wages, imports, interest = spend(model)
    subsidy = np.maximum(rule.subsidy - people.levers[Lever.SUBSIDY], 0) * people.size
    before = sum(sales) + between - wages - imports - interest + subsidy
    tax = np.maximum(before, 0) * np.clip(rule.tax_rate + people.levers[Lever.TAX], 0, 1)
    people.profit = before - tax - people.fines
    book(model, "households", sales[0] - wages)
    book(model, "state", sales[1] + subsidy - tax - people.fines)
    book(model, "world", sales[2] - imports)
    book(model, "banks", -interest)
    book(model, "firms", between)
    close_books(model)


def book(model: VectorisedPeer, payer: str, received: Floats) -> None:
    """Book what firms in business received from a sector, less what they paid to it."""
    model.ledger[payer] += received[model.people.active].sum()


def spend(model: VectorisedPeer) -> tuple[Floats, Floats, Floats]:
    """Return what firms pay to households (wages, compliance, one-off costs, shocks), for imports, and to banks."""
    people, rule = model.people, model.rules.scenario.finance
    share = np.maximum(1 - rule.margin - people.domestic_inputs - people.imports, 0)
    wages = share * (rule.fixed_wages * people.staff + (1 - rule.fixed_wages) * people.output)
    shock = model.random.of("shock").normal(0, rule.shock, people.n)
    wages = (wages + people.levers[Lever.MANAGEMENT] + shock) * people.size + people.compliance + people.costs
    people.costs = np.zeros(people.n)
    premium = rule.file_spread * people.distress
    rate = np.maximum(rule.base_rate + premium + people.levers[Lever.CREDIT_SPREAD], 0)
    interest = rate * people.debt / MONTHS
    people.finance_cost = np.minimum(premium * people.debt / MONTHS, interest) / people.size
    return wages, people.imports * people.size * people.output, interest


def close_books(model: VectorisedPeer) -> None:
    """Move equity, pay dividends, fit debt to sales, and update the financial-credit file; who left has no books."""
    people, rule = model.people, model.rules.scenario.finance
    people.profit_trend = people.profit_trend + (people.profit / people.size - people.profit_trend) / MONTHS
    equity, target = people.equity + people.profit, rule.equity * people.size
    dividends = np.maximum(equity - target, 0) * rule.payout
    loans = rule.debt * people.size * people.output - people.debt
    people.equity = np.where(people.active, equity - dividends, 0)
    people.debt = np.where(people.active, people.debt + loans, 0)
    people.staff = people.staff + (people.output - people.staff) / rule.hiring
    people.distress = people.distress + ((people.equity < 0.25 * target) - people.distress) / MONTHS
    book(model, "households", -dividends)
    book(model, "banks", loans)
