"""Departures from what is known of contagion: of points, losses and listings that spread over links."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np

from creditregime.market.partners import drop
from creditregime.model import CreditRegime
from creditregime.population.economy import Economy
from creditregime.scenario import Scenario
from creditregime.units import MONTHS
from creditregime.validation.departures import reductions
from creditregime.validation.departures.declared import Case, departure
from creditregime.validation.oracles import Size

KATZ = "Katz/Leontief: on K(n) a unit shock becomes 1/(1 − δ(n − 1))"
ESRI = "Economic systemic risk index of one of k equal suppliers of the same makers, who sell on what they make: 1/k"
WATTS = "Watts: where all degrees are at most 1/τ, listing by threshold τ ends with everybody"
BOND = "Bond percolation: listing over open ties from a share s ends with S = 1 − (1 − s)exp(−TzS)"
SUPPLIERS = 4
SEARCHING = {"kind": "search", "review": 0.1, "success": 1.0, "headroom": 10.0}


def _katz(size: Size) -> Case:
    firms, strength = size.of(12, 8), 0.08
    return Case(reductions.katz(firms, strength), 1 / (1 - strength * (firms - 1)), _amplified)


def _amplified(spec: Scenario) -> float:
    """Return the sum of all shortfalls over the shortfall of the one firm with a record."""
    world = CreditRegime(spec).world
    world.open_month()
    world.firms.live[0, 0, 0] = 1
    spec.rating.rate(world)
    spec.spillover.associate(world, spec.rating, spec.lists, np.zeros(world.rows, np.bool_))
    clean = spec.rating.clean_score
    return float((clean - world.firms.score).sum() / (clean - world.firms.own_score).sum())


@departure(KATZ, "less", spillover__partner__weighting="value")
def means_instead_of_sums(size: Size) -> Case:
    """Take the mean over partners, as the full model does: with many of them, each weighs less."""
    return _katz(size)


@departure(KATZ, "less", spillover__partner__reach="first_order")
def direct_partners_only(size: Size) -> Case:
    """Stop at direct partners, as the full model does by default: what came by association is not passed on."""
    return _katz(size)


def _esri(size: Size, rationing: str = "orders") -> Case:
    return Case(reductions.leontief(size.of(120, 60), rationing), 1 / SUPPLIERS, _lost, floor=1e-5)


def _lost(spec: Scenario) -> float:
    """Return the share of what firms sell to firms that is lost once one supplier has closed."""
    economy = _three_layers(SUPPLIERS, 12)
    model = CreditRegime(spec, economy=economy)
    firms, network = model.world.firms, model.world.network
    strength = network.from_buyers(economy.size)
    firms.active[0] = False
    drop(model.world, np.flatnonzero(network.supplier == 0))
    output = model.run_model().world.firms.output
    return 1 - float(strength @ output) / float(strength.sum())


def _three_layers(suppliers: int, makers: int) -> Economy:
    """Return suppliers of one sector of whom every maker buys as much, and makers with a retailer each."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for layer, count in (("supplier", suppliers), ("maker", makers), ("retailer", makers)):
        graph.add_nodes_from([f"{layer}{number}" for number in range(count)], sector=layer)
    graph.add_edges_from((f"supplier{s}", f"maker{m}") for s in range(suppliers) for m in range(makers))
    graph.add_weighted_edges_from((f"maker{m}", f"retailer{m}", float(suppliers)) for m in range(makers))
    return Economy.from_networkx(graph)


@departure(ESRI, "less", trade__imported=0.6)
def imports_at_once(size: Size) -> Case:
    """Let makers buy abroad a part of what is missing."""
    return _esri(size)


@departure(ESRI, "less", trade__headroom=1.3)
def room_to_make_more(size: Size) -> Case:
    """Let firms make more than they did: the other suppliers take over a part of the orders."""
    return _esri(size)


@departure(ESRI, "less", partners=SEARCHING)
def suppliers_replaced(size: Size) -> Case:
    """Let makers search: those that replace the supplier lack nothing, and only its own sales are lost."""
    return _esri(size, "initial")


def _watts(size: Size) -> Case:
    spec = reductions.cascade(size.of(4000, 1000), 0.2, (3, 4, 5, 4), size.of(60, 40))
    return Case(spec, 1.0, _listed, floor=0.005)


def _listed(spec: Scenario) -> float:
    """Return the share of firms in business that are listed, over the last two years."""
    return float(CreditRegime(spec).run_model().series.monthly()["listed"].iloc[-2 * MONTHS :].mean())


@departure(WATTS, "less", spillover__partner__reach="first_order")
def own_acts_only(size: Size) -> Case:
    """Stop at direct partners, as the full model does by default: who is listed by association lists nobody."""
    return _watts(size)


@departure(
    WATTS, "less", exit={"kind": "standard", "insolvency": False, "background": 0.4}, entry={"kind": "replacement"}
)
def cascade_with_turnover(size: Size) -> Case:
    """Let firms leave and enter: links go with those that leave, and entrants are not listed."""
    return _watts(size)


@departure(WATTS, "less", lists__black__max_months=12)
def terms_that_end(size: Size) -> Case:
    """End listings after a term, by association or not.

    Partners that are still listed list a firm anew, but not at once: nobody gets rid of it, and yet waves of firms that
    are not listed go through the economy, one a term.
    """
    return _watts(size)


@departure(WATTS, "less", partners=SEARCHING)
def listed_suppliers_dropped(size: Size) -> Case:
    """Let buyers replace listed suppliers by others, and so fall below the threshold."""
    return _watts(size)


def _percolation(size: Size) -> Case:
    degree, chance = 4.0, 0.4
    share = 1.0
    for _ in range(500):
        share = 1 - (1 - reductions.SEEDS) * math.exp(-chance * degree * share)
    return Case(
        reductions.percolation(size.of(8000, 3000), degree, chance, size.of(60, 40)), share, _listed, floor=0.003
    )


@departure(BOND, "less", partners=SEARCHING)
def partners_that_change(size: Size) -> Case:
    """Let buyers replace listed suppliers by others.

    They are off the list with that: behind the front of the spread its ties lead to firms that are not listed.
    """
    return _percolation(size)
