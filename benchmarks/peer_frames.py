"""The peer on data frames: the rules of ``reduced.yaml`` in Polars, in the way of mesa-frames.

Agents are the rows of one frame with a ``unique_id``; a stage is a set of expressions over its columns, evaluated at
once by all threads of Polars; what passes along links is a join with the frame of links and a sum by group; random
numbers are columns. mesa-frames lays its agents out in the same way, but it is not used: its one release (0.1.0a0)
demands a NumPy below 2, which this package does not run on. All of the reduced rules can be expressed, the search for
suppliers as a join with the nearest sum of sizes. As the plain-Mesa peer this one starts from the same firms in the
same state as our own model, and draws its own random numbers. It keeps no log of events and attributes no exits, both
of which our side does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from benchmarks.peer_frames_conduct import (
    associate,
    bear,
    choose,
    enter_records,
    inspect,
    learn,
    operate,
    publish,
    rate,
)
from benchmarks.peer_frames_parts import LOSSES, at_least, firms_of, graded, joined, links_of, of, pool_of
from benchmarks.peer_frames_trade import settle, trade
from benchmarks.peer_parts import Rules
from creditregime import Scenario
from creditregime.build import build_world
from creditregime.codes import ExitCause, Lever
from creditregime.population.economy import Economy
from creditregime.units import MONTHS

RECORD = {"unique_id": pl.Int64, "topic": pl.Int32, "severity": pl.Int64, "expiry": pl.Int64}
ENDING = ("equity", "debt", "demand", "supply", "output", "level", "sanction_cost", "associated_cost", "points")
STAGES = (learn, choose, operate, inspect, enter_records, rate, associate, bear, trade, settle)


class FramesPeer:
    """The reduced rules on Polars frames.

    Parameters
    ----------
    scenario
        The scenario of ``reduced.yaml``, of any size.
    economy, seed
        Who exists; the seed of the initial state (the same as that of our own model) and of the random numbers.
    """

    def __init__(self, scenario: Scenario, economy: Economy | None = None, seed: int | None = None) -> None:
        chosen = scenario.seed if seed is None else seed
        world = build_world(scenario, economy, [chosen])
        self.rules, self.month = Rules(scenario, world), 0
        self.random = np.random.default_rng(chosen)
        self.firms = firms_of(world, self.random)
        self.links, self.inputs = links_of(world.economy, scenario.trade.stocks)
        self.records = pl.DataFrame(schema=RECORD)
        self.pool = pool_of(self.firms)
        self.markets = self.firms.group_by("sector").agg(mass=pl.sum("size"))
        self.markets = self.markets.join(self.pool.group_by("sector").agg(below=pl.min("mass")), on="sector")
        export, procurement = world.economy.export_share, world.economy.procurement_share
        for kind, share in enumerate((1 - export - procurement, procurement, export)):
            self.set(**{f"share_{kind}": pl.Series(np.asarray(share, float)[world.firms.sector])})
        leaving = self.rules.background * pl.col("size").pow(scenario.exit.size_elasticity)
        self.set(leaving=leaving, points=pl.lit(0.0), alarm=pl.lit(0.0))
        self.published = [0.0 for _ in self.rules.topics]
        self.sanctions = 0
        self.ledger: dict[str, float] = {}
        self.latest: dict[str, float] = {}
        self.results: list[dict[str, float]] = []

    def set(self, **columns: Any) -> None:
        """Write columns of the firms."""
        self.firms = self.firms.with_columns(**columns)

    def draw(self, *purposes: str) -> None:
        """Write a column of uniform numbers for each purpose and topic."""
        n, topics = self.firms.height, self.rules.topics
        self.set(**{f"draw_{name}_{k}": pl.Series(self.random.random(n)) for name in purposes for k in topics})

    def draw_one(self, purpose: str) -> None:
        """Write a column of uniform numbers."""
        self.set(**{f"draw_{purpose}": pl.Series(self.random.random(self.firms.height))})

    def step(self) -> None:
        """Simulate one month."""
        for stage in STAGES:
            stage(self)
        self.review()
        self.search()
        publish(self)
        self.latest = self.measure()
        self.latest["exits"] = float(self.leave())
        self.enter()
        self.results.append(self.latest)
        self.month += 1

    # Partners, exit and entry

    def review(self) -> None:
        """Let buyers that review their suppliers drop those that are blacklisted."""
        self.draw_one("review")
        reviewing = self.firms.filter(pl.col("draw_review") < self.rules.scenario.partners.review)["unique_id"]
        listed = self.firms.filter("listed")["unique_id"]
        self.drop(pl.col("buyer").is_in(reviewing.implode()) & pl.col("supplier").is_in(listed.implode()))

    def drop(self, which: pl.Expr) -> None:
        """End relations."""
        self.links = self.links.with_columns(weight=pl.when(which).then(0.0).otherwise("weight"))

    def search(self) -> None:
        """Let buyers with idle links try the firms that they meet: in business, in good standing and with room."""
        rule = self.rules.scenario.partners
        buyers = self.firms.filter("active").select("unique_id", buyer_size="size")
        idle = self.links.filter(pl.col("weight") == 0).join(buyers, left_on="buyer", right_on="unique_id")
        idle = idle.filter(pl.int_range(pl.len()).over("buyer") < rule.attempts)
        idle = idle.filter(pl.Series(self.random.random(idle.height)) < rule.success)
        met = self.meet(idle.select("link", "buyer", "market", value=pl.col("coefficient") * pl.col("buyer_size")))
        states = self.firms.select("unique_id", "active", "listed", "demand", "size")
        met = met.join(states, left_on="found", right_on="unique_id")
        room = (rule.headroom - pl.col("demand")) * pl.col("size")
        good = pl.col("active") & (pl.col("found") != pl.col("buyer")) & (room >= pl.col("value"))
        if rule.avoid_listed:
            good &= ~pl.col("listed")
        met = met.filter(good)
        self.connect(met.select("link", "found"))
        costs = met.group_by("buyer").agg(switching=rule.switching_cost * pl.col("value").sum())
        self.firms = joined(self.firms, costs, "unique_id", "buyer")
        self.set(costs=pl.col("costs") + pl.col("switching"))

    def meet(self, idle: pl.DataFrame) -> pl.DataFrame:
        """Return searches with the firm of the market that each met, drawn in proportion to size."""
        uniform = pl.Series(self.random.random(idle.height), dtype=pl.Float64)
        idle = idle.join(self.markets, left_on="market", right_on="sector", maintain_order="left")
        idle = idle.with_columns(mass=pl.col("below") + uniform * pl.col("mass"))
        pool = self.pool.select("mass", "found")
        return idle.sort("mass").join_asof(pool, on="mass", strategy="backward")

    def connect(self, found: pl.DataFrame) -> None:
        """Make links to the suppliers found."""
        links = self.links.join(found, on="link", how="left", maintain_order="left")
        weight = pl.when(pl.col("found").is_null()).then("weight").otherwise("coefficient")
        self.links = links.with_columns(weight=weight, supplier=pl.coalesce("found", "supplier")).drop("found")

    def leave(self) -> int:
        """Take out firms that are insolvent, better off elsewhere, or leave for reasons outside the model."""
        self.remember_losses()
        rule = self.rules.scenario.exit
        self.draw_one("exit")
        uniform, equity = pl.col("draw_exit"), pl.col("equity")
        poor = pl.col("foreign") & (pl.col("profit_trend") < rule.outside_option)
        cause = pl.when(uniform < pl.col("leaving")).then(int(ExitCause.BACKGROUND)).otherwise(0)
        cause = pl.when(poor & (1 - uniform <= self.rules.voluntary)).then(int(ExitCause.VOLUNTARY)).otherwise(cause)
        cause = pl.when(equity < 0).then(int(ExitCause.INSOLVENCY)).otherwise(cause)
        self.set(gone=pl.col("active") & (cause != int(ExitCause.NONE)))
        self.wind_up()
        return int(self.firms["gone"].sum())

    def remember_losses(self) -> None:
        """Smooth the five losses over about a year."""
        worth = self.rules.contribution
        now = (
            pl.col("sanction_cost") + pl.col("fines") / pl.col("size"),
            pl.col("associated_cost"),
            worth * at_least(1 - pl.col("level"), 0),
            worth * at_least(1 - pl.col("demand"), 0),
            pl.col("finance_cost"),
        )
        memory = {name: pl.col(name) + (loss - pl.col(name)) / MONTHS for name, loss in zip(LOSSES, now, strict=True)}
        self.set(**memory)

    def wind_up(self) -> None:
        """Repay banks as far as assets go and owners with the rest; empty files and end relations."""
        gone, topics = pl.col("gone"), self.rules.topics
        repaid = pl.min_horizontal(pl.col("equity") + pl.col("debt"), "debt")
        assets = pl.col("equity") + pl.col("debt")
        paid = self.firms.filter("gone").select(banks=repaid.sum(), households=(assets - repaid).sum())
        for name, amount in paid.row(0, named=True).items():
            self.ledger[name] -= amount
        zero = [*ENDING, *(f"lever_{item.name.lower()}" for item in Lever)]
        zero += [f"{name}_{k}" for name in ("violation", "found", "serious", "entries") for k in topics]
        no = ["listed", *(f"{name}_{k}" for name in ("complaint", "inspected", "listed") for k in topics)]
        columns = {name: pl.when(gone).then(0).otherwise(name).cast(self.firms[name].dtype) for name in zero}
        columns |= {name: pl.col(name) & ~gone for name in ("active", *no)}
        self.set(**columns)
        leavers = self.firms.filter("gone")["unique_id"]
        self.drop(pl.col("buyer").is_in(leavers.implode()) | pl.col("supplier").is_in(leavers.implode()))
        self.records = self.records.filter(~pl.col("unique_id").is_in(leavers.implode()))

    def enter(self) -> None:
        """Fill free places; entrants buy from their predecessors' suppliers that are in business."""
        scenario = self.rules.scenario
        base, finance = scenario.rating.base, scenario.finance
        self.draw_one("entry")
        self.set(entering=~pl.col("active") & (pl.col("draw_entry") < scenario.entry.rate))
        first: dict[str, Any] = {"active": True, "aware": 1, "supply": 1, "level": 1, "distress": 0, "costs": 0}
        first |= {"score": base, "own_score": base, "equity": finance.equity * pl.col("size")}
        first |= {name: graded(self.rules.bounds, pl.lit(base)) for name in ("grade", "own_grade")}
        first |= {name: pl.col("final_demand") / pl.col("size") for name in ("demand", "staff")}
        first |= dict.fromkeys(LOSSES, 0) | {"profit_trend": finance.margin * (1 - finance.tax_rate)}
        first |= {f"belief_{k}": scenario.learning.initial for k in self.rules.topics}
        first |= {f"effort_{k}": pl.col("intrinsic") for k in self.rules.topics}
        entering, kinds = pl.col("entering"), self.firms.schema
        self.set(
            **{name: pl.when(entering).then(value).otherwise(name).cast(kinds[name]) for name, value in first.items()}
        )
        entrants = self.firms.filter("entering")
        self.ledger["households"] += entrants["equity"].sum()
        rows = entrants["unique_id"].implode()
        self.inputs = self.inputs.with_columns(stock=pl.when(pl.col("buyer").is_in(rows)).then(1.0).otherwise("stock"))
        gone = self.firms.filter(~pl.col("active"))["unique_id"].implode()
        back = pl.col("buyer").is_in(rows) & ~pl.col("supplier").is_in(gone)
        self.links = self.links.with_columns(weight=pl.when(back).then("coefficient").otherwise("weight"))

    # Indicators

    def measure(self) -> dict[str, float]:
        """Return the indicators of the month, by topic and in all."""
        here, topics = pl.col("active"), self.rules.topics
        columns = {}
        for k in topics:
            found, violated = of("found", k) > 0, of("violation", k) > 0
            columns[f"compliance_{k}"] = of("effort", k).filter(here).mean()
            columns[f"violations_{k}"] = violated.filter(here).mean()
            columns[f"detections_{k}"] = (found & violated).filter(here).mean()
            columns[f"false_findings_{k}"] = (found & ~violated).filter(here).mean()
            columns[f"inspections_{k}"] = of("inspected", k).filter(here).mean()
            columns[f"perceived_{k}"] = of("belief", k).filter(here).mean()
        for grade in range(len(self.rules.rates)):
            columns[f"grade_{grade}"] = (pl.col("grade") == grade).filter(here).mean()
        columns["listed"] = pl.col("listed").filter(here).mean()
        columns["downgraded"] = (pl.col("grade") < pl.col("own_grade")).filter(here).mean()
        columns["firms"] = here.sum().cast(pl.Float64)
        row = dict(self.firms.select(**columns, **self.money()).row(0, named=True))
        for name in ("violations", "detections", "false_findings", "inspections"):
            row[name] = sum(row[f"{name}_{k}"] for k in topics)
        row["compliance"] = sum(row[f"compliance_{k}"] for k in topics) / len(topics)
        row["harm"] = sum(self.rules.harm[k] * row[f"violations_{k}"] for k in topics) * row["firms"]
        row["sanctions"] = self.sanctions / row["firms"]
        return row

    def money(self) -> dict[str, pl.Expr]:
        """Return totals of money, relative to initial revenue."""
        here, size = pl.col("active"), pl.col("size")
        amounts = {
            "output": pl.col("output") * size,
            "profit": pl.col("profit"),
            "compliance_cost": pl.col("compliance"),
            "sanction_cost": pl.col("sanction_cost") * size,
            "associated_cost": pl.col("associated_cost") * size,
        }
        money = {name: amount.filter(here).sum() / size.sum() for name, amount in amounts.items()}
        return money | {"fines": pl.col("fines").filter(here).sum()}
