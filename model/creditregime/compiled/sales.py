"""What firms can make, what they are asked for and what they sell: passes over firms between the walks along links.

Sums by market are taken in the order of the rows in double precision, as `numpy.bincount` takes them. Other loops write
one column from few others: only such loops become vector instructions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled

ZERO, ONE = np.float32(0), np.float32(1)
BLOCK = 1024
"""Rows of a block: its columns stay in the nearest caches from one loop to the next."""


@compiled
def capacity(headroom: Any, active: Any, permit: Any) -> Any:
    """Return the most that firms can produce by their equipment and permits, (N,)."""
    level = np.empty(len(active), np.float32)
    for row in range(len(level)):
        level[row] = headroom * np.float32(active[row]) * min(max(ONE - permit[row], ZERO), ONE)
    return level


@compiled
def plan(capacity: Any, demand: Any, inputs: Any, size: Any, active: Any, reserve: Any, supply: Any) -> Any:
    """Write what firms can deliver; return the level at which they order, and the size of those in business, (N,)."""
    planned, scale = np.empty(len(size), np.float32), np.empty(len(size), np.float32)
    for row in range(len(size)):
        supply[row] = min(capacity[row], inputs[row])
    for row in range(len(size)):
        planned[row] = min(demand[row], capacity[row]) + reserve
    times(size, active, scale)
    return planned, scale


@compiled
def times(size: Any, active: Any, scale: Any) -> None:
    """Write the sizes of those in business."""
    for row in range(len(scale)):
        scale[row] = size[row] * np.float32(active[row])


@compiled
def turn_away(demand: Any, lost: Any, active: Any, market: Any, markets: int, substitution: float) -> None:
    """Take from each firm what buyers withhold, and give `substitution` of it to its sector's others.

    `lost` is the share withheld from each firm in business, or empty.
    """
    losers, withheld = np.empty(len(demand), np.int64), np.empty(len(demand), np.float32)
    kept, held = np.empty(BLOCK, np.float32), np.zeros(markets)
    count = 0
    for first in range(0, len(demand), BLOCK):
        some = slice(first, min(first + BLOCK, len(demand)))
        keep(active[some], lost[some], kept)
        for row in range(first, some.stop):
            if kept[row - first] < ONE:
                losers[count], withheld[count] = row, demand[row] * (ONE - kept[row - first])
                count += 1
        scale(kept, demand[some])
        add_up(demand[some], market[some], held)
    if count:
        substitute(demand, losers[:count], withheld, held, market, substitution)


@compiled
def keep(active: Any, lost: Any, kept: Any) -> None:
    """Write the share of its demand that each firm keeps; `lost` may be empty."""
    for row in range(len(active)):
        kept[row] = np.float32(active[row])
    for row in range(len(lost)):
        kept[row] *= min(max(ONE - lost[row], ZERO), ONE)


@compiled
def scale(factor: Any, values: Any) -> None:
    """Multiply values."""
    for row in range(len(values)):
        values[row] *= factor[row]


@compiled
def add_up(values: Any, market: Any, sums: Any) -> None:
    """Add values to the sums of their markets."""
    for row in range(len(values)):
        sums[market[row]] += np.float64(values[row])


@compiled
def substitute(demand: Any, losers: Any, withheld: Any, held: Any, market: Any, substitution: float) -> None:
    """Share out what is withheld among the others of a market, in proportion to what they keep, by market `held`."""
    gain = np.zeros(len(held))
    for number in range(len(losers)):
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
    for number in range(len(losers)):
        demand[losers[number]] -= withheld[number]


@compiled
def missed(size: Any, supply: Any, market: Any, markets: int) -> Any:
    """Return the share of a supplier's shortfall that the others of its sector cannot replace, (N,)."""
    share, sums, able = np.empty(len(size), np.float32), np.zeros(markets), np.empty(BLOCK, np.float32)
    for first in range(0, len(size), BLOCK):
        some = slice(first, min(first + BLOCK, len(size)))
        supplied(size[some], supply[some], able)
        add_up(able[: some.stop - first], market[some], sums)
    sums = np.maximum(sums, 1e-30)
    for row in range(len(size)):
        share[row] = min(np.float64(size[row]) / sums[market[row]], 1.0)
    return share


@compiled
def supplied(size: Any, supply: Any, able: Any) -> None:
    """Write what firms can supply of what they did at the start."""
    for row in range(len(size)):
        able[row] = size[row] * min(supply[row], ONE)


@compiled
def idle_orders(
    idle: Any,
    buyers: Any,
    plan: Any,
    scale: Any,
    stock: Any,
    pace: Any,
    share: Any,
    supplier: Any,
    market: Any,
    markets: int,
) -> Any:
    """Return by market what buyers order over idle links and others can replace, (J × S,) money.

    `idle` is a tuple, see `creditregime.network.Idle`; `buyers` are those of the groups, (G,); `share` is what others
    cannot replace.
    """
    links, carried, groups = idle
    wanted = np.zeros(markets)
    for number in range(len(links)):
        group, gone = groups[number], supplier[links[number]]
        buyer = buyers[group]
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
    rows = len(size)
    short, able = np.zeros(len(idle)), np.zeros(len(idle))
    delivered, spare, lacking = np.empty(rows, np.float32), np.empty(rows, np.float32), np.empty(BLOCK, np.float32)
    for first in range(0, rows, BLOCK):
        some = slice(first, min(first + BLOCK, rows))
        scale_active(active[some], business[some])
        ask(business[some], consumers[some], public[some], abroad[some], size[some], demand[some])
        make(demand[some], supply[some], output[some], delivered[some])
        lack(business[some], delivered[some], share[some], lacking)
        find_spare(supply[some], output[some], size[some], spare[some])
        add_up(lacking[: some.stop - first], market[some], short)
        add_up(spare[some], market[some], able)
    asked, met = matched(short + idle, able)
    unmissed = np.empty(rows, np.float32)
    for first in range(0, rows, BLOCK):
        some = slice(first, min(first + BLOCK, rows))
        part = delivered[some]
        look_up(asked, met, market[some], lacking, unmissed[some])
        scale(lacking, spare[some])
        sell_more(spare[some], size[some], output[some])
        for sold in (consumers, public, abroad, business):
            scale(part, sold[some])
        add(spare[some], business[some])
        arrive(share[some], part, unmissed[some])
    return delivered, unmissed


@compiled
def scale_active(active: Any, orders: Any) -> None:
    """Leave out orders of firms that are gone."""
    for row in range(len(orders)):
        orders[row] *= np.float32(active[row])


@compiled
def ask(business: Any, consumers: Any, public: Any, abroad: Any, size: Any, demand: Any) -> None:
    """Write all demand, relative to the start."""
    for row in range(len(demand)):
        demand[row] = (business[row] + consumers[row] + public[row] + abroad[row]) / size[row]


@compiled
def make(demand: Any, supply: Any, output: Any, delivered: Any) -> None:
    """Write output, and the part of demand that it meets."""
    for row in range(len(output)):
        output[row] = min(demand[row], supply[row])
    for row in range(len(output)):
        delivered[row] = output[row] / demand[row] if demand[row] > ZERO else ZERO


@compiled
def lack(business: Any, delivered: Any, share: Any, lacking: Any) -> None:
    """Write what firms ordered and did not get, as far as others can replace it."""
    for row in range(len(business)):
        lacking[row] = business[row] * (ONE - delivered[row]) * (ONE - share[row])


@compiled
def find_spare(supply: Any, output: Any, size: Any, spare: Any) -> None:
    """Write what firms can make beyond their orders."""
    for row in range(len(spare)):
        spare[row] = max(supply[row] - output[row], ZERO) * size[row]


@compiled
def look_up(asked: Any, met: Any, market: Any, asked_here: Any, met_here: Any) -> None:
    """Write for each firm two values of its market."""
    for row in range(len(market)):
        asked_here[row] = asked[market[row]]
    for row in range(len(market)):
        met_here[row] = met[market[row]]


@compiled
def sell_more(spot: Any, size: Any, output: Any) -> None:
    """Add to output what is sold on the spot."""
    for row in range(len(output)):
        output[row] += spot[row] / size[row]


@compiled
def add(more: Any, sold: Any) -> None:
    """Add to what is sold."""
    for row in range(len(sold)):
        sold[row] += more[row]


@compiled
def arrive(share: Any, delivered: Any, unmissed: Any) -> None:
    """Turn the part delivered into that which arrives, and the part met on the spot into that which is not missed."""
    for row in range(len(unmissed)):
        missed = ONE - (ONE - share[row]) * unmissed[row]
        delivered[row] = ONE - missed * (ONE - delivered[row])
        unmissed[row] = ONE - missed


@compiled
def matched(wanted: Any, able: Any) -> Any:
    """Return the part of what a market can sell on the spot that is asked for, and the part of that which is met."""
    asked, met = np.zeros(len(able), np.float32), np.zeros(len(able), np.float32)
    for market in range(len(able)):
        if able[market] > 0:
            share = wanted[market] / able[market]
            asked[market], met[market] = min(share, 1.0), 1.0 / share if share > 1 else 1.0
    return asked, met
