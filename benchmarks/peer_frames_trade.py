"""The peer on data frames, its markets: orders up the links, goods down, and the books."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from benchmarks.peer_frames_parts import at_least, at_most, joined, lever, total
from creditregime.codes import Lever
from creditregime.population.economy import ESSENTIAL, NON_ESSENTIAL
from creditregime.units import MONTHS

if TYPE_CHECKING:
    from benchmarks.peer_frames import FramesPeer

LOST = (Lever.PUBLICATION, Lever.PROCUREMENT, None)
"""What sanctions take of the demand of consumers, of the state, and from abroad."""


def trade(model: FramesPeer) -> None:
    """Orders up, goods down, and what competitors failed to deliver sold on the spot."""
    rule = model.rules.scenario.trade
    capacity = rule.headroom * at_least(1 - lever(Lever.PERMIT), 0) * pl.col("active")
    model.set(capacity=capacity)
    model.set(plan=pl.min_horizontal("demand", "capacity"))
    order(model)
    attract(model)
    demand = (pl.col("intermediate") + pl.col("final_0") + pl.col("final_1") + pl.col("final_2")) / pl.col("size")
    model.set(demand=demand, supply=pl.min_horizontal("capacity", "level"))
    model.set(output=pl.min_horizontal("demand", "supply"))
    delivered = pl.when(pl.col("demand") > 0).then(pl.col("output") / pl.col("demand")).otherwise(0.0)
    spare = at_least(pl.col("supply") - pl.col("output"), 0) * pl.col("size")
    supplied = (pl.col("size") * at_most(pl.col("supply"), 1)).sum().over("sector")
    missed = at_most(pl.col("size") / at_least(supplied, 1e-30), 1)
    model.set(delivered=delivered, spare=spare, missed=missed)
    sell_on_the_spot(model)
    receive(model)


def order(model: FramesPeer) -> None:
    """Let firms order inputs for the expected demand and to fill stocks."""
    rule = model.rules.scenario.trade
    inputs = joined(model.inputs, model.firms.select("unique_id", "plan", "size", "active"), "buyer", "unique_id")
    gap = (rule.stocks - pl.col("stock")) / rule.restock * pl.col("active")
    model.inputs = inputs.with_columns(ordered=at_least(pl.col("plan") + gap, 0) * pl.col("size"))
    model.links = joined(model.links, model.inputs.select("input", "ordered"), "input", "input")
    asked = model.links.group_by("supplier").agg(intermediate=(pl.col("weight") * pl.col("ordered")).sum())
    model.firms = joined(model.firms, asked, "unique_id", "supplier")
    model.set(intermediate=pl.col("intermediate") * pl.col("active"))


def attract(model: FramesPeer) -> None:
    """Let firms keep of final demand what sanctions leave, and gain a part of what competitors lost."""
    gains = {}
    for kind, lost in enumerate(LOST):
        left = at_least(1 - lever(lost), 0) if lost is not None else pl.lit(1.0)
        wanted = pl.col(f"share_{kind}") * pl.col("final_demand")
        kept = wanted * left * pl.col("active")
        others = kept.sum().over("sector") - kept
        moves = pl.when(others > 1e-9).then((wanted - kept) / others).otherwise(0.0)
        gains |= {f"wanted_{kind}": wanted, f"final_{kind}": kept, f"moves_{kind}": moves}
    model.set(**gains)
    factor = model.rules.scenario.trade.substitution
    moved = [pl.col(f"moves_{kind}") for kind in range(len(LOST))]
    gained = [1 + factor * (moves.sum().over("sector") - moves) for moves in moved]
    model.set(**{f"final_{kind}": pl.col(f"final_{kind}") * gain for kind, gain in enumerate(gained)})


def sell_on_the_spot(model: FramesPeer) -> None:
    """Let firms sell what they could still make to those whose suppliers fail."""
    undelivered = pl.col("intermediate") * (1 - pl.col("delivered")) * (1 - pl.col("missed"))
    short = model.firms.group_by("sector").agg(short=undelivered.sum(), free=pl.sum("spare"))
    idle = model.links.filter(pl.col("weight") == 0)
    idle = joined(idle, model.firms.select("unique_id", "missed"), "supplier", "unique_id")
    amount = pl.col("coefficient") * (1 - pl.col("missed")) * pl.col("ordered")
    market = joined(short, idle.group_by("market").agg(idle=amount.sum()), "sector", "market")
    asked = (pl.col("short") + pl.col("idle")) / pl.col("free")
    market = market.with_columns(asked=pl.when(pl.col("free") > 0).then(asked).otherwise(0.0))
    met = pl.when(pl.col("free") > 0).then(1 / at_least(pl.col("asked"), 1)).otherwise(0.0)
    model.firms = joined(model.firms, market.select("sector", "asked", met=met), "sector", "sector")
    model.set(spot=pl.col("spare") * at_most(pl.col("asked"), 1), replaced=(1 - pl.col("missed")) * pl.col("met"))
    model.set(
        output=pl.col("output") + pl.col("spot") / pl.col("size"),
        through=1 - (1 - pl.col("replaced")) * (1 - pl.col("delivered")),
    )


def receive(model: FramesPeer) -> None:
    """Receive inputs, use stocks, and see what production they allow next month."""
    most = model.rules.scenario.trade.headroom
    links = joined(model.links, model.firms.select("unique_id", "through", "replaced"), "supplier", "unique_id")
    replaced = pl.col("coefficient") * pl.col("replaced")
    arriving = pl.when(pl.col("weight") > 0).then(pl.col("weight") * pl.col("through")).otherwise(replaced)
    inputs = joined(model.inputs, links.group_by("input").agg(received=arriving.sum()), "input", "input")
    inputs = joined(inputs, model.firms.select("unique_id", "output"), "buyer", "unique_id")
    received = pl.col("received") * pl.col("ordered")
    stock = at_least(pl.col("stock") - pl.col("output"), 0) + received / pl.col("required") / pl.col("size")
    model.inputs = inputs.with_columns(received=received, stock=stock)
    level = at_most(pl.col("stock"), most)
    bought = model.inputs.group_by("buyer").agg(
        paid=pl.sum("received"),
        bound=level.filter(pl.col("kind") == ESSENTIAL).min().fill_null(most),
        loss=((most - level) * pl.col("required")).filter(pl.col("kind") == NON_ESSENTIAL).sum(),
    )
    model.firms = model.firms.drop("paid", "bound", "loss", strict=False).join(
        bought, left_on="unique_id", right_on="buyer", how="left", maintain_order="left"
    )
    model.set(paid=pl.col("paid").fill_null(0), bound=pl.col("bound").fill_null(most), loss=pl.col("loss").fill_null(0))
    loss = pl.col("loss") / at_least(pl.col("domestic_inputs"), 1e-30)
    model.set(level=at_least(pl.min_horizontal("bound", most - loss), 0))


def settle(model: FramesPeer) -> None:
    """Pay and be paid."""
    rule = model.rules.scenario.finance
    model.set(shock=pl.Series(model.random.normal(0, rule.shock, model.firms.height)))
    share = at_least(1 - rule.margin - pl.col("domestic_inputs") - pl.col("imports"), 0)
    wages = share * (rule.fixed_wages * pl.col("staff") + (1 - rule.fixed_wages) * pl.col("output"))
    ongoing = (wages + lever(Lever.MANAGEMENT) + pl.col("shock")) * pl.col("size")
    premium = rule.file_spread * pl.col("distress")
    interest = at_least(rule.base_rate + premium + lever(Lever.CREDIT_SPREAD), 0) * pl.col("debt") / MONTHS
    model.set(
        sales=total([pl.col(f"final_{kind}") for kind in range(len(LOST))]) * pl.col("delivered"),
        between=pl.col("intermediate") * pl.col("delivered") + pl.col("spot") - pl.col("paid"),
        wages=ongoing + pl.col("compliance") + pl.col("costs"),
        abroad=pl.col("imports") * pl.col("size") * pl.col("output"),
        interest=interest,
        subsidy=at_least(rule.subsidy - lever(Lever.SUBSIDY), 0) * pl.col("size"),
        finance_cost=pl.min_horizontal(premium * pl.col("debt") / MONTHS, interest) / pl.col("size"),
        costs=pl.lit(0.0),
    )
    spent = pl.col("wages") + pl.col("abroad") + pl.col("interest")
    before = pl.col("sales") + pl.col("between") - spent + pl.col("subsidy")
    tax = at_least(before, 0) * (rule.tax_rate + lever(Lever.TAX)).clip(0, 1)
    model.set(tax=tax, profit=before - tax - pl.col("fines"))
    close_books(model)


def close_books(model: FramesPeer) -> None:
    """Move equity, pay dividends, fit debt to sales, and update the financial-credit file; who left has no books."""
    rule, size = model.rules.scenario.finance, pl.col("size")
    trend = pl.col("profit_trend") + (pl.col("profit") / size - pl.col("profit_trend")) / MONTHS
    equity = pl.col("equity") + pl.col("profit")
    model.set(
        profit_trend=trend,
        dividends=at_least(equity - rule.equity * size, 0) * rule.payout,
        loans=rule.debt * size * pl.col("output") - pl.col("debt"),
        staff=pl.col("staff") + (pl.col("output") - pl.col("staff")) / rule.hiring,
    )
    model.set(
        equity=(equity - pl.col("dividends")) * pl.col("active"),
        debt=(pl.col("debt") + pl.col("loans")) * pl.col("active"),
    )
    poor = (pl.col("equity") < 0.25 * rule.equity * size).cast(pl.Float64)
    model.set(distress=pl.col("distress") + (poor - pl.col("distress")) / MONTHS)
    payments = {
        "firms": pl.col("between"),
        "customers": pl.col("sales"),
        "households": -pl.col("wages") - pl.col("dividends"),
        "state": pl.col("subsidy") - pl.col("tax") - pl.col("fines"),
        "banks": pl.col("loans") - pl.col("interest"),
        "world": -pl.col("abroad"),
    }
    books = model.firms.select(**{name: paid.filter(pl.col("active")).sum() for name, paid in payments.items()})
    model.ledger = dict(books.row(0, named=True))
