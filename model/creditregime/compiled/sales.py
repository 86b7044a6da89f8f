"""What firms can make, what they are asked for and what they sell: passes over firms between the walks along links.

Sums by market are taken in the order of the rows in double precision, as `numpy.bincount` takes them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled

ZERO, ONE = np.float32(0), np.float32(1)


@compiled
def turn_away(demand: Any, lost: Any, active: Any, market: Any, markets: int, substitution: float) -> None:
    """Take from each firm what buyers withhold, and give `substitution` of it to its sector's others.

    `lost` is the share withheld from each firm in business, or empty.
    """
    losers, withheld = np.empty(len(demand), np.int64), np.empty(len(demand), np.float32)
    held, gain = np.zeros(markets), np.zeros(markets)
    count = 0
    for row in range(len(demand)):
        kept = np.float32(active[row])
        if len(lost):
            kept *= min(max(ONE - lost[row], ZERO), ONE)
        if kept < ONE:
            losers[count], withheld[count] = row, demand[row] * (ONE - kept)
            count += 1
        demand[row] *= kept
        held[market[row]] += np.float64(demand[row])
    if count == 0:
        return
    for number in range(count):
        row = losers[number]
        around = held[market[row]]
        others = around - np.float64(demand[row])
        moves = np.float64(withheld[number]) / others if others > around * 1e-7 else 0.0
        moves *= substitution
        gain[market[row]] += moves
        withheld[number] = demand[row] * np.float32(moves)  # what it would take over of its own loss
    factor = (1.0 + gain).astype(np.float32)
    for row in range(len(demand)):
        demand[row] *= factor[market[row]]
    for number in range(count):
        demand[losers[number]] -= withheld[number]


@compiled
def missed(size: Any, supply: Any, market: Any, markets: int) -> Any:
    """Return the share of a supplier's shortfall that the others of its sector cannot replace, (N,)."""
    share, sums = np.empty(len(size), np.float32), np.zeros(markets)
    for row in range(len(size)):
        sums[market[row]] += np.float64(size[row] * min(supply[row], ONE))
    sums = np.maximum(sums, 1e-30)
    for row in range(len(size)):
        share[row] = min(np.float64(size[row]) / sums[market[row]], 1.0)
    return share


@compiled
def idle_orders(
    idle: Any, groups: Any, links: Any, plan: Any, scale: Any, pace: Any, share: Any, market: Any, markets: int
) -> Any:
    """Return by market what buyers order over idle links and others can replace, (J × S,) money.

    `links` is a tuple, see `creditregime.market.leontief`; `share` is what others cannot replace.
    """
    supplier, carried, buyers, stock = links
    wanted = np.zeros(markets)
    for number in range(len(idle)):
        link, group = idle[number], groups[number]
        buyer, gone = buyers[group], supplier[link]
        ordered = max(plan[buyer] - stock[group] * pace, ZERO) * scale[buyer]
        wanted[market[gone]] += np.float64(carried[number] * ordered * (ONE - share[gone]))
    return wanted


@compiled
def sell(sales: Any, share: Any, idle: Any, firms: Any, market: Any) -> Any:
    """Deliver orders, and sell on the spot what a sector's others fail to: write what each firm sells.

    `sales` are the demands of consumers, state, abroad and firms; `share` is what others cannot replace of a supplier's
    shortfall; `idle` by market what is asked for in place of suppliers who left. Return the part of each supplier's
    deliveries that arrives, and what others replace of those who left, (N,).
    """
    consumers, public, abroad, business = sales
    size, active, supply, demand, output = firms
    short, able = np.zeros(len(idle)), np.zeros(len(idle))
    through, unmissed = np.empty(len(size), np.float32), np.empty(len(size), np.float32)
    for row in range(len(size)):
        business[row] *= np.float32(active[row])
        demand[row] = (business[row] + consumers[row] + public[row] + abroad[row]) / size[row]
        output[row] = min(demand[row], supply[row])
        delivered = output[row] / demand[row] if demand[row] > ZERO else ZERO
        through[row] = delivered
        short[market[row]] += np.float64(business[row] * (ONE - delivered) * (ONE - share[row]))
        able[market[row]] += np.float64(max(supply[row] - output[row], ZERO) * size[row])
    asked, met = matched(short + idle, able)
    for row in range(len(size)):
        delivered = through[row]
        spot = max(supply[row] - output[row], ZERO) * size[row] * asked[market[row]]
        output[row] += spot / size[row]
        unmet = ONE - (ONE - share[row]) * met[market[row]]
        through[row] = ONE - unmet * (ONE - delivered)
        unmissed[row] = ONE - unmet
        consumers[row] *= delivered
        public[row] *= delivered
        abroad[row] *= delivered
        business[row] = business[row] * delivered + spot
    return through, unmissed


@compiled
def matched(wanted: Any, able: Any) -> Any:
    """Return the part of what a market can sell on the spot that is asked for, and the part of that which is met."""
    asked, met = np.zeros(len(able), np.float32), np.zeros(len(able), np.float32)
    for market in range(len(able)):
        if able[market] > 0:
            share = wanted[market] / able[market]
            asked[market], met[market] = min(share, 1.0), 1.0 / share if share > 1 else 1.0
    return asked, met
