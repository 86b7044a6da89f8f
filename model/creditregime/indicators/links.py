"""Indicators of the supply network: how connected it is, and whether like trades with like."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from creditregime.acceleration import kernel
from creditregime.indicators.ratings import Row
from creditregime.state import Floats
from creditregime.world import World


def network_row(world: World) -> Row:
    """Return active links per firm, giant component, grade assortativity and concentration, (J,) each."""
    firms = world.firms
    share = firms.output * firms.size
    total = world.spread(np.maximum(world.total(share), 1e-30))
    grade = firms.grade.mean(axis=0, dtype=np.float32)
    near = grade - world.spread((world.total(grade) / [stop - start for start, stop in world.spans]).astype(np.float32))
    bought, sold, beside = _degrees(world, near)
    return {
        "links": world.total(bought) / np.maximum(world.number(firms.active), 1),
        "giant_component": _giant(world),
        "segregation": _assortativity(world, near, bought, sold, beside),
        "concentration": world.total((share / total) ** 2),
    }


def _degrees(world: World, values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return each firm's numbers of active suppliers and buyers, and the sum of its suppliers' values, (N,) each."""
    network = world.network
    if (links := kernel("links", world.rows)) is not None:
        return links.degrees(network.pointer, network.supplier, network.weight, values)
    plain, ones = network.unweighted(), np.ones(world.rows, np.float32)
    return plain.from_suppliers(ones), plain.from_buyers(ones), plain.from_suppliers(values)


def _giant(world: World) -> NDArray[np.float64]:
    """Return the share of firms in the largest connected part of the active network, (J,)."""
    sizes = np.array([stop - start for start, stop in world.spans])
    shares = world.number(_around_hubs(world)) / sizes
    if (shares > 0.5).all():  # more than half of the firms: no other part can be larger
        return shares
    network = world.network
    live = network.weight > 0
    buyers = np.repeat(np.arange(world.rows, dtype=np.int32), np.diff(network.pointer))[live]
    graph = csr_array((np.ones(len(buyers), np.uint8), (buyers, network.supplier[live])), shape=(world.rows,) * 2)
    _, part = connected_components(graph, directed=False)
    return np.array([np.bincount(part[start:stop]).max() for start, stop in world.spans]) / sizes


def _around_hubs(world: World) -> NDArray[np.bool_]:
    """Return who is connected to the largest active firm of its jurisdiction, (N,); quicker than all components."""
    firms, network = world.firms, world.network
    share = firms.size * firms.active
    hubs = [start + int(share[start:stop].argmax()) for start, stop in world.spans]
    if (links := kernel("links", world.rows)) is not None:
        marked = np.zeros(world.rows, np.bool_)
        marked[hubs] = True
        links.reach(network.pointer, network.supplier, network.weight, marked)
        return marked
    reached = np.zeros(world.rows, np.float32)
    reached[hubs] = 1
    before, now = 0, 1
    while now > before:
        before = now
        near = reached + network.from_suppliers(reached) + network.from_buyers(reached)
        reached = (near > 0).astype(np.float32)
        now = int(np.count_nonzero(reached))
    return reached > 0


def _assortativity(world: World, near: Floats, bought: Floats, sold: Floats, beside: Floats) -> NDArray[np.float64]:
    """Return the correlation of the two partners' grades over active links, (J,); 0 where all grades are equal.

    Sums over links are sums over firms: of the grade less the mean, `near`, times the numbers of suppliers (`bought`)
    and buyers (`sold`), and times what the suppliers have (`beside`).
    """
    links = np.maximum(world.total(bought), 1)
    mean_buyer, mean_seller = world.total(near, bought) / links, world.total(near, sold) / links
    both = world.total(near, beside) / links - mean_buyer * mean_seller
    squared = near**2
    spread = (world.total(squared, bought) / links - mean_buyer**2) * (
        world.total(squared, sold) / links - mean_seller**2
    )
    return np.divide(both, np.sqrt(np.maximum(spread, 0)), out=np.zeros_like(both), where=spread > 1e-12)
