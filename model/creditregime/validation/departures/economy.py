"""Departures from what is known of the economy: what holds for its parts, at its start, or as penalties rise."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np

from creditregime.composition import load
from creditregime.model import CreditRegime
from creditregime.population.economy import Economy
from creditregime.scenario import Scenario
from creditregime.validation.departures import reductions
from creditregime.validation.departures.declared import Case, departure
from creditregime.validation.oracles import Size

LEAVING: dict[str, Any] = {"exit": {"kind": "standard", "insolvency": False, "background": 0.1}}


@departure(
    "Strengths: what firms order from a firm, and its final demand, is its size",
    "more",
    partners={"kind": "search"},
    **LEAVING,
)
def strengths_after_search(size: Size) -> Case:
    """Let firms leave, and their buyers place the orders with others.

    These now sell more than they did, and those that lost a buyer sell less.
    """
    spec = load(regime="none").changed({"population.firms": size.of(2000, 500), "months": 24} | _still())
    return Case(spec, 0.0, _out_of_balance, floor=1e-6)


def _still() -> dict[str, Any]:
    """Return what keeps the economy of the start as it is."""
    off = ("partners", "exit", "entry", "finance", "trade", "violations", "learning")
    return {place: {"kind": "none"} for place in off} | {"behaviour": {"kind": "none"}}


def _out_of_balance(spec: Scenario) -> float:
    """Return by how much orders and final demand differ from sizes, over the firms in business, as a share."""
    world = CreditRegime(spec).run_model().world
    firms = world.firms
    sold = world.network.from_buyers(firms.size * firms.active) + firms.final_demand
    gap = np.abs(sold.astype(float) - firms.size)[firms.active]
    return float(gap.sum() / firms.size[firms.active].sum())


@departure("Disconnected components do not affect each other", "less", inspection={"kind": "quota", "number": 10})
def one_agency_for_all(size: Size) -> Case:
    """Give a national agency a fixed number of inspections.

    It spends them where complaints come from: those of one component leave fewer for the other, with which it has no
    link.
    """
    spec = reductions.quiet(
        topics={"offence": {"hazard": 0.1}},
        months=size.of(24, 12),
        violations={"kind": "hazard", "complaints": 0.5, "log": False},
        inspection=reductions.inspected(0.1),
    )
    return Case(spec, 0.0, _inspections_lost)


def _inspections_lost(spec: Scenario) -> float:
    """Return by how much inspections a month in one component differ if firms of the other one violate at all."""
    here = [_inspections(spec.changed({"topics.offence.weighs_on": {"there": weight}})) for weight in (1.0, 0.0)]
    return here[0] - here[1]


def _inspections(spec: Scenario) -> float:
    graph = nx.disjoint_union(*(nx.cycle_graph(100, create_using=nx.DiGraph) for _ in "ab"))
    nx.set_node_attributes(graph, {node: "here" if node < 100 else "there" for node in graph}, "sector")
    model = CreditRegime(spec, economy=Economy.from_networkx(graph))
    total = 0
    for _ in range(spec.months):
        model.step()
        total += int(model.world.firms.inspected[:, :100].sum())
    return total / spec.months / 100


@departure(
    "Becker: a higher fine never lowers compliance; where all comply already, it changes nothing",
    "less",
    finance={"kind": "accounts"},
    exit={"kind": "standard", "background": 0.0},
    entry={"kind": "replacement"},
)
def fines_that_ruin(size: Size) -> Case:
    """Let firms that cannot pay leave, and others enter.

    Fines are imposed by error, too. Larger ones ruin firms that had learned to comply, and those that take their
    places must learn it first.
    """
    spec = reductions.quiet(
        population={"kind": "graph_model", "firms": size.of(3000, 500), "mean_degree": 0.0},
        topics={"offence": {"hazard": 0.5, "general": 1.0, "serious": 0.0, "fine": 1.0, "cost": 0.05}},
        months=size.of(60, 48),
        behaviour={"kind": "gradual", **reductions.SELFISH},
        learning={"kind": "none", "initial": 0.2},
        violations=reductions.SEEN,
        inspection=reductions.inspected(0.2, false_positive=0.1),
        fines={"kind": "statutory"},
    )
    return Case(spec, 0.0, _gained_by_higher_fines)


def _gained_by_higher_fines(spec: Scenario) -> float:
    """Return by how much effort is higher with fines ten times as high."""
    high, low = (_effort(spec.changed({"fines.scale": scale})) for scale in (10.0, 1.0))
    return high - low


def _effort(spec: Scenario) -> float:
    firms = CreditRegime(spec).run_model().world.firms
    return float(firms.effort[:, firms.active].mean())
