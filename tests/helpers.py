"""What several test modules share: small scenarios, states that can be compared, recounts by brute force."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from creditregime import CreditRegime, Scenario, load
from creditregime.codes import Lever, Severity
from creditregime.population.economy import Economy
from creditregime.presets import groups
from creditregime.state import NEVER
from creditregime.world import World

Array = NDArray[Any]
REGIMES = groups()["regime"]
QUIET: dict[str, Any] = {  # nothing moves but what a test switches on
    "behaviour": {"kind": "none"},
    "learning": {"kind": "none"},
    "violations": {"kind": "none"},
    "trade": {"kind": "none"},
    "finance": {"kind": "none"},
    "partners": {"kind": "none"},
    "exit": {"kind": "none"},
    "entry": {"kind": "none"},
}


@cache
def _preset(regime: str) -> Scenario:
    return load(regime=regime)


def small(regime: str = "joint_2016", **changes: Any) -> Scenario:
    """Return a preset with 60 firms and 24 months, with keywords and dotted paths replaced."""
    return _preset(regime).changed({"population.firms": 60, "months": 24} | changes)


def anywhere(spec: Scenario) -> Scenario:
    """Return the scenario with topics that weigh on all sectors alike, whatever their names."""
    return spec.changed({f"topics.{name}.weighs_on": {} for name in spec.topics})


def bare(count: int = 1, /, **changes: Any) -> Scenario:
    """Return a scenario in which nothing happens, with topics a, b, ..., and what a test switches on."""
    quiet = {"topics": {name: {} for name in "abcdefgh"[:count]}, "population.firms": 60, "months": 12} | QUIET
    return Scenario().changed(quiet | changes)


def run(spec: Scenario, economy: Economy | None = None, seeds: Sequence[int] | None = None) -> CreditRegime:
    """Return the model after its last month."""
    return CreditRegime(spec, economy=economy, seeds=seeds).run_model()


def state(model: CreditRegime, without: Sequence[str] = ()) -> dict[str, Array]:
    """Return a copy of everything that a world holds, by name."""
    world = model.world
    whole = {f"firms.{name}": column for name, column in columns_of(world.firms).items()}
    whole |= {f"regulators.{name}": column for name, column in columns_of(world.regulators).items()}
    whole |= {f"records.{name}": column for name, column in world.records.columns().items()}
    whole |= {f"network.{name}": getattr(world.network, name) for name in ("supplier", "weight", "since", "stock")}
    whole |= {"published": world.published}
    return {name: column.copy() for name, column in whole.items() if name not in without}


def columns_of(table: Any) -> dict[str, Array]:
    """Return the columns of a table by name."""
    return {field.name: getattr(table, field.name) for field in dataclasses.fields(table)}


def differences(one: Mapping[str, Array], other: Mapping[str, Array]) -> list[str]:
    """Return the names of the arrays that are not bit-identical."""
    assert one.keys() == other.keys()
    return [name for name, column in one.items() if column.tobytes() != other[name].tobytes()]


def assert_same(one: CreditRegime, other: CreditRegime, without: Sequence[str] = ()) -> None:
    """Fail with the names of the arrays in which two models are not bit-identical."""
    assert differences(state(one, without), state(other, without)) == []


def recount(world: World, month: int) -> Array:
    """Return visible, unexpired, unrepaired records by severity, topic and firm, from the table of records alone.

    `month` is the month that the registry has last worked on. A record counts from its month plus the delay; it stops
    at its expiry, repair or withdrawal, or when the firm that it is about has left (``born`` is later).
    """
    records = world.records.columns()
    terms = world.law.terms[records["severity"] - 1].astype(int)
    entered = records["expiry"].astype(int) - terms
    counts = (entered <= month) & (records["expiry"] > month) & (records["repaired"] < 0)
    counts &= records["withdrawn"] < 0
    counts &= records["month"] >= world.firms.born[records["firm"]]
    counts &= world.firms.active[records["firm"]]
    live = np.zeros(world.firms.live.shape, np.int64)
    np.add.at(live, (records["severity"][counts] - 1, records["topic"][counts], records["firm"][counts]), 1)
    return live


def assert_sound(model: CreditRegime) -> None:
    """Check at the end of a month everything that must hold in every scenario."""
    world, firms, network = model.world, model.world.firms, model.world.network
    month = world.month - 1
    for name, column in (columns_of(firms) | {"weight": network.weight, "stock": network.stock}).items():
        if column.dtype.kind == "f":
            assert np.isfinite(column).all(), f"{name} is not finite in month {month}"
    for name in ("effort", "belief", "aware", "distress", "intrinsic"):
        values = getattr(firms, name)
        assert values.min() >= -1e-6, name
        assert values.max() <= 1 + 1e-6, name
    assert firms.output.min() >= 0
    assert firms.grade.max() < len(world.law.grades)
    assert (firms.grade <= firms.own_grade).all()
    assert (firms.violation <= Severity.SERIOUS).all()
    np.testing.assert_array_equal(firms.live, recount(world, month))
    _assert_listings_sound(model, month)
    _assert_inactive_own_nothing(world)
    on = network.weight != 0
    assert (network.weight[on] == network.coefficient[on]).all()
    np.testing.assert_allclose(
        world.ledger.net().sum(axis=1), 0, atol=1e-6 * max(1.0, np.abs(world.ledger.flows).max())
    )
    owed = getattr(model.spec.finance, "trade_credit", 0)  # what buyers that left owed is lost after the settlement
    if model.spec.exit.kind == "standard" and model.spec.exit.insolvency and not owed:
        assert (firms.equity[firms.active] >= 0).all()


def _assert_listings_sound(model: CreditRegime, month: int) -> None:
    world, firms = model.world, model.world.firms
    for number, rule in enumerate(model.spec.lists.values()):
        listing, since = firms.listing[number], firms.listed_since[number]
        listed = listing > 0
        assert (since[~listed] == NEVER).all()
        assert (since[listed] >= 0).all()
        assert (since[listed] >= firms.born[listed]).all()
        if rule.colour == "black":
            assert (month - since[listed]).max(initial=0) < rule.max_months
        else:
            clean = (firms.last_record <= month - rule.clean_months) & (firms.born <= month - rule.clean_months)
            assert clean[listed].all()
    assert set(np.unique(firms.listing)) <= {0, 1, 2}
    assert world.topics == tuple(model.spec.topics)


def _assert_inactive_own_nothing(world: World) -> None:
    firms, network = world.firms, world.network
    out = ~firms.active
    for name in ("equity", "debt", "output", "profit", "live", "listing", "levers", "violation", "found", "inspected"):
        assert not getattr(firms, name)[..., out].any(), name
    links = network.weight > 0
    assert firms.active[network.buyers_of(np.flatnonzero(links))].all()
    assert firms.active[network.supplier[links]].all(), "a link to a firm that left is still active"


def assets(world: World) -> Array:
    """Return what firms own, equity and debt, by jurisdiction, (J,)."""
    return world.total(world.firms.equity.astype(float)) + world.total(world.firms.debt.astype(float))


def ring(firms: int = 8) -> Economy:
    """Return firms in a circle, each the only supplier of the next."""
    return Economy.from_networkx(nx.cycle_graph(firms, create_using=nx.DiGraph))


def links(firms: int, *pairs: tuple[int, int], **settings: Any) -> Economy:
    """Return firms 0, 1, ... with links from supplier to buyer."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(firms))
    graph.add_edges_from(pairs)
    return Economy.from_networkx(graph, **settings)


def random_graph(firms: int, chance: float, seed: int, **settings: Any) -> Economy:
    """Return the economy of a random directed graph with random weights."""
    graph = nx.gnp_random_graph(firms, chance, seed=seed, directed=True)
    draws = np.random.Generator(np.random.PCG64(seed))
    for *_, data in graph.edges(data=True):
        data["weight"] = float(draws.uniform(0.2, 2))
    return Economy.from_networkx(graph, **settings)


def prepared(spec: Scenario, economy: Economy | None = None) -> World:
    """Return the world at the start of the first month, with the month opened."""
    world = CreditRegime(spec, economy=economy).world
    world.open_month()
    return world


def set_records(world: World, rating: Any, **live: Mapping[tuple[int, str], int]) -> None:
    """Give firms live records, ``minor={(row, topic): count}``, and rate everybody."""
    for severity, counts in live.items():
        for (row, topic), count in counts.items():
            world.firms.live[Severity[severity.upper()] - 1, world.topics.index(topic), row] = count
            world.firms.last_record[row] = world.month
    rating.rate(world)


def levers(world: World, **sizes: float) -> None:
    """Put measures in force for every firm."""
    for name, size in sizes.items():
        world.firms.levers[Lever[name.upper()]] = size
