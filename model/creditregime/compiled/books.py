"""What a month leaves of each firm's money: what it earns, its interest, the treasury, and its equity.

Rows are taken block by block, and each loop writes one column from few others: only such loops become vector
instructions, and what one leaves to the next stays in the nearest caches.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from creditregime.compiled.jit import compiled

ZERO, ONE = np.float32(0), np.float32(1)
BLOCK = 1024
"""Rows of a block."""


@compiled
def earn(begin: int, end: int, terms: Any, sales: Any, firms: Any, spent: Any, columns: Any, profit: Any) -> None:
    """Write what some firms pay for wages, imports, compliance and shocks, and what is left of their sales.

    `spent` is what they pay for compliance, data and once; shocks are standard normals before. Data and shocks are
    empty where they cost nothing. All arguments but `profit` are tuples, see `creditregime.market.accounts`.
    """
    margin, fixed, deviation = terms
    consumers, public, abroad, business, inputs = sales
    size, active, domestic, foreign, staff, output, bans = firms
    compliance, burden, once = spent
    wages, imports, complying, shocks = columns
    for first in range(begin, end, BLOCK):
        some = slice(first, min(first + BLOCK, end))
        left = profit[some]
        pay_wages(margin, domestic[some], foreign[some], size[some], wages[some])
        scale_wages(fixed, staff[some], output[some], bans[some], size[some], active[some], wages[some])
        import_inputs(foreign[some], size[some], output[some], imports[some])
        times(compliance[some], active[some], complying[some])
        sell(consumers[some], public[some], abroad[some], business[some], inputs[some], left)
        spend(wages[some], imports[some], complying[some], left)
        if len(burden):
            take(burden[some], left)
        take(once[some], left)
        if len(shocks):
            shake(deviation, size[some], active[some], shocks[some])
            take(shocks[some], left)


@compiled
def pay_wages(margin: Any, domestic: Any, foreign: Any, size: Any, wages: Any) -> None:
    """Write the wages at the start: what inputs and the margin leave of revenue."""
    for row in range(len(wages)):
        wages[row] = max(margin - domestic[row] - foreign[row], ZERO) * size[row]


@compiled
def scale_wages(fixed: Any, staff: Any, output: Any, bans: Any, size: Any, active: Any, wages: Any) -> None:
    """Let wages follow the workforce and output, and add what bans of managers cost."""
    for row in range(len(wages)):
        wage = wages[row] * (fixed * staff[row] + (ONE - fixed) * output[row])
        wages[row] = (wage + bans[row] * size[row]) * np.float32(active[row])


@compiled
def import_inputs(foreign: Any, size: Any, output: Any, imports: Any) -> None:
    """Write what imported inputs cost."""
    for row in range(len(imports)):
        imports[row] = foreign[row] * size[row] * output[row]


@compiled
def times(amount: Any, active: Any, paid: Any) -> None:
    """Write the amounts of those in business."""
    for row in range(len(paid)):
        paid[row] = amount[row] * np.float32(active[row])


@compiled
def sell(consumers: Any, public: Any, abroad: Any, business: Any, inputs: Any, left: Any) -> None:
    """Write what sales leave after inputs."""
    for row in range(len(left)):
        left[row] = consumers[row] + public[row] + abroad[row] + business[row] - inputs[row]


@compiled
def spend(wages: Any, imports: Any, complying: Any, left: Any) -> None:
    """Take wages, imports and compliance from what is left."""
    for row in range(len(left)):
        left[row] = left[row] - wages[row] - imports[row] - complying[row]


@compiled
def take(amount: Any, left: Any) -> None:
    """Take an amount from what is left."""
    for row in range(len(left)):
        left[row] -= amount[row]


@compiled
def shake(deviation: Any, size: Any, active: Any, shocks: Any) -> None:
    """Turn standard normals into cost shocks."""
    for row in range(len(shocks)):
        shocks[row] = shocks[row] * deviation * size[row] * np.float32(active[row])


@compiled
def interest(
    begin: int, end: int, terms: Any, blemish: Any, added: Any, debt: Any, size: Any, paid: Any, cost: Any
) -> None:
    """Write the interest that some firms pay, and what of it they pay for their file, a share of their revenue."""
    base, dearest, months = terms
    for first in range(begin, end, BLOCK):
        some = slice(first, min(first + BLOCK, end))
        charge(base, dearest, months, blemish[some], added[some], debt[some], paid[some])
        price_file(dearest, months, blemish[some], debt[some], size[some], paid[some], cost[some])


@compiled
def charge(base: Any, dearest: Any, months: Any, blemish: Any, added: Any, debt: Any, paid: Any) -> None:
    """Write the interest of a month."""
    for row in range(len(paid)):
        paid[row] = max(base + dearest * blemish[row] + added[row], ZERO) * debt[row] / months


@compiled
def price_file(dearest: Any, months: Any, blemish: Any, debt: Any, size: Any, paid: Any, cost: Any) -> None:
    """Write what the file costs, at most what is paid."""
    for row in range(len(cost)):
        cost[row] = min(dearest * blemish[row] * debt[row] / months, paid[row]) / size[row]


@compiled
def treasury(begin: int, end: int, terms: Any, firms: Any, levers: Any, energy: Any, columns: Any, profit: Any) -> None:
    """Write what some firms pay as transfers, with and without dearer energy, and as tax; take it from their profit.

    All arguments but `profit` are tuples, see `creditregime.market.accounts`; without dearer energy it is empty.
    """
    subsidy, rate = terms
    size, active, output, sector = firms
    lost, added = levers
    bought, surcharge = energy
    subsidies, transfers, taxes = columns
    for first in range(begin, end, BLOCK):
        some = slice(first, min(first + BLOCK, end))
        left = profit[some]
        subsidise(subsidy, lost[some], active[some], size[some], subsidies[some])
        if len(surcharge):
            surcharge_energy(bought, sector[some], surcharge[some], output[some], size[some], transfers[some])
            add(subsidies[some], transfers[some])
        take(transfers[some], left)
        tax(rate, added[some], left, taxes[some])
        take(taxes[some], left)


@compiled
def subsidise(subsidy: Any, lost: Any, active: Any, size: Any, paid: Any) -> None:
    """Write subsidies as payments to the state."""
    for row in range(len(paid)):
        paid[row] = max(subsidy - lost[row], ZERO) * np.float32(active[row]) * -size[row]


@compiled
def surcharge_energy(bought: Any, sector: Any, surcharge: Any, output: Any, size: Any, paid: Any) -> None:
    """Write what dearer energy costs; `bought` is the energy of a sector per unit of revenue."""
    for row in range(len(paid)):
        paid[row] = bought[sector[row]] * surcharge[row] * output[row] * size[row]


@compiled
def add(first: Any, paid: Any) -> None:
    """Add to payments what is paid first."""
    for row in range(len(paid)):
        paid[row] = first[row] + paid[row]


@compiled
def tax(rate: Any, added: Any, left: Any, paid: Any) -> None:
    """Write the tax on profits."""
    for row in range(len(paid)):
        paid[row] = max(left[row], ZERO) * min(max(rate + added[row], ZERO), ONE)


@compiled
def close(begin: int, end: int, terms: Any, firms: Any, moved: Any, loans: Any, columns: Any) -> None:
    """Move some firms' profit, equity, debt, staff and file; write dividends and new loans.

    `loans` is what banks lend at the end of the month; the other arguments are tuples, see
    `creditregime.market.accounts`.
    """
    capital, payout, hiring, month, poor = terms
    size, output, fines = firms
    profit, trend, equity, debt, staff, distress = moved
    dividends, borrowed = columns
    for first in range(begin, end, BLOCK):
        some = slice(first, min(first + BLOCK, end))
        take(fines[some], profit[some])
        follow(month, profit[some], size[some], trend[some])
        pay_out(capital, payout, profit[some], size[some], equity[some], dividends[some])
        see_distress(month, capital, poor, equity[some], size[some], distress[some])
        borrow(loans[some], debt[some], borrowed[some])
        approach(hiring, output[some], staff[some])


@compiled
def follow(month: Any, profit: Any, size: Any, trend: Any) -> None:
    """Move the smoothed profit per unit of revenue."""
    for row in range(len(trend)):
        trend[row] += month * (profit[row] / size[row] - trend[row])


@compiled
def pay_out(capital: Any, payout: Any, profit: Any, size: Any, equity: Any, dividends: Any) -> None:
    """Add profits to equity, and pay out a part of what exceeds its mean."""
    for row in range(len(equity)):
        equity[row] += profit[row]
    for row in range(len(equity)):
        dividends[row] = max(equity[row] - capital * size[row], ZERO) * payout
    for row in range(len(equity)):
        equity[row] -= dividends[row]


@compiled
def see_distress(month: Any, capital: Any, poor: Any, equity: Any, size: Any, distress: Any) -> None:
    """Move the smoothed time with little equity."""
    for row in range(len(distress)):
        distressed = ONE if equity[row] < poor * (capital * size[row]) else ZERO
        distress[row] += month * (distressed - distress[row])


@compiled
def borrow(loans: Any, debt: Any, borrowed: Any) -> None:
    """Bring debt to what banks lend."""
    for row in range(len(debt)):
        borrowed[row] = loans[row] - debt[row]
    for row in range(len(debt)):
        debt[row] += borrowed[row]


@compiled
def approach(share: Any, aim: Any, level: Any) -> None:
    """Move levels a share of the way to their aim."""
    for row in range(len(level)):
        level[row] += share * (aim[row] - level[row])
