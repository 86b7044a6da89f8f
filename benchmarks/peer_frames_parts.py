"""What the peer on data frames holds: firms, inputs and links as Polars frames, and the few ways to join them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import polars as pl

from creditregime.codes import Lever
from creditregime.population.economy import Economy
from creditregime.world import World

OWN = ("size", "final_demand", "imports", "domestic_inputs", "cost_factor", "intrinsic", "aware")
BOOKS = ("equity", "debt", "profit_trend", "distress", "demand", "supply", "staff")
ZERO = ("fines", "costs", "compliance", "profit", "shortfall", "finance_cost", "sanction_cost", "associated_cost")
LOSSES = ("loss_own", "loss_associated", "loss_suppliers", "loss_buyers", "loss_finance")


def of(name: str, k: int) -> pl.Expr:
    """Return the column of a topic."""
    return pl.col(f"{name}_{k}")


def lever(which: Lever) -> pl.Expr:
    """Return the column of a lever."""
    return pl.col(f"lever_{which.name.lower()}")


def at_least(value: pl.Expr, floor: float) -> pl.Expr:
    """Return the larger of an expression and a number."""
    return value.clip(lower_bound=floor)


def at_most(value: pl.Expr, ceiling: float) -> pl.Expr:
    """Return the smaller of an expression and a number."""
    return value.clip(upper_bound=ceiling)


def total(values: Sequence[pl.Expr]) -> pl.Expr:
    """Return the sum of expressions, of which none is null."""
    return reduce(add, values)


def looked_up(values: Sequence[float], index: pl.Expr) -> pl.Expr:
    """Return the entry of a short list at each row's index."""
    return pl.lit(pl.Series(np.asarray(values, float))).gather(index)


def graded(bounds: Sequence[float], score: pl.Expr) -> pl.Expr:
    """Return the grade of a score, 0 lowest: how many of the bands' bounds it reaches."""
    return total([(score >= bound).cast(pl.Int64) for bound in bounds])


def joined(frame: pl.DataFrame, other: pl.DataFrame, on: str, key: str) -> pl.DataFrame:
    """Return a frame, in its own order, with another's columns in place of those of that name; 0 where it has none."""
    names = [name for name in other.columns if name != key]
    frame = frame.drop(names, strict=False)
    return frame.join(other, left_on=on, right_on=key, how="left", maintain_order="left").with_columns(
        pl.col(names).fill_null(0)
    )


def firms_of(world: World, draws: Any) -> pl.DataFrame:
    """Return the frame of firms as they are at the start."""
    firms, n = world.firms, world.rows
    columns: dict[str, Any] = {"unique_id": np.arange(n), "sector": firms.sector.astype(np.int64)}
    columns |= {name: getattr(firms, name).astype(np.float64) for name in (*OWN, *BOOKS)}
    columns |= {name: np.zeros(n) for name in (*ZERO, *LOSSES)}
    columns |= {f"lever_{item.name.lower()}": np.zeros(n) for item in Lever}
    columns |= {"level": np.ones(n), "output": np.ones(n), "active": np.ones(n, bool)}
    columns |= {"foreign": firms.ownership == 2, "caught": np.zeros(n, bool), "listed": np.zeros(n, bool)}
    for name in ("score", "own_score"):
        columns[name] = firms.score[0].astype(np.float64)
    for name in ("grade", "own_grade"):
        columns[name] = firms.grade[0].astype(np.int64)
    for k in range(len(world.topics)):
        columns |= {f"{name}_{k}": getattr(firms, name)[k].astype(float) for name in ("hazard", "belief", "effort")}
        columns |= {f"{name}_{k}": np.zeros(n, np.int64) for name in ("violation", "found", "since")}
        columns |= {f"{name}_{k}": np.zeros(n, np.int64) for name in ("serious", "entries")}
        columns |= {f"{name}_{k}": np.zeros(n, bool) for name in ("complaint", "inspected", "listed")}
        columns[f"joint_{k}"] = draws.random(n)
    return pl.DataFrame(columns).with_columns(pl.col("unique_id").set_sorted())


def links_of(economy: Economy, stock: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the frames of links and of the inputs that they make up, one for each buyer and supplying sector."""
    sector = economy.sector.astype(np.int64)
    columns = {"buyer": economy.buyer.astype(np.int64), "supplier": economy.supplier.astype(np.int64)}
    columns |= {"market": sector[economy.supplier], "coefficient": economy.coefficient.astype(np.float64)}
    links = pl.DataFrame(columns).with_row_index("link").with_columns(weight="coefficient")
    inputs = links.group_by("buyer", "market", maintain_order=True).agg(required=at_least(pl.sum("coefficient"), 1e-30))
    inputs = inputs.with_row_index("input").with_columns(stock=pl.lit(stock))
    kind = economy.essential[inputs["market"].to_numpy(), sector[inputs["buyer"].to_numpy()]]
    links = links.join(inputs.select("buyer", "market", "input"), on=["buyer", "market"], maintain_order="left")
    inputs = inputs.with_columns(pl.col("buyer", "input").set_sorted(), kind=pl.Series(kind.astype(np.int64)))
    return links.with_columns(pl.col("buyer", "input", "link").set_sorted()), inputs  # groups are then found in order


def pool_of(firms: pl.DataFrame) -> pl.DataFrame:
    """Return firms by sector with the sum of the sizes before theirs: whom a searching buyer meets."""
    order = firms.sort("sector", "unique_id")
    return order.select("sector", found="unique_id", mass=pl.col("size").cum_sum() - pl.col("size"))
