"""Monthly indicators of each jurisdiction, and yearly ones by group of firms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from creditregime.codes import OWNERSHIPS, Attribution, ExitCause, Origin, Standing
from creditregime.component import Settings, parameter
from creditregime.indicators.ratings import Row, grade_shares, rated_firms, ratings
from creditregime.network import Network
from creditregime.world import Floats, World

SIZE_CLASSES = ("micro", "small", "medium", "large")
"""Quarters of the firms by initial revenue, smallest first."""


class Indicators(Settings):
    """What is measured, how often, and the weights of the welfare account (all assumptions)."""

    network_every: int = parameter(
        12, unit="months", ge=1, description="months between measurements of the network; values are held in between"
    )
    groups_every: int = parameter(12, unit="months", ge=1, description="months between tables by group of firms")
    inspection_cost: float = parameter(0.02, unit="money", ge=0, description="cost to the state of one inspection")
    harm_weight: float = parameter(1.0, unit="-", ge=0, description="welfare weight of harm from violations")
    cost_weight: float = parameter(1.0, unit="-", ge=0, description="welfare weight of compliance and reporting cost")
    enforcement_weight: float = parameter(1.0, unit="-", ge=0, description="welfare weight of inspections' cost")
    output_weight: float = parameter(1.0, unit="-", ge=0, description="welfare weight of value added lost")


def publish(world: World, weight: float = 1 / 6) -> None:
    """Update the published detection rate of each jurisdiction and topic: a running mean over about half a year."""
    firms = world.firms
    for k in range(len(world.topics)):
        committed = world.number(firms.violation[k])
        caught = world.number((firms.violation[k] > 0) & (firms.found[k] > 0))
        rate = np.divide(caught, committed, out=world.published[:, k].astype(np.float64), where=committed > 0)
        step = weight if world.month else 1.0
        world.published[:, k] += np.float32(step) * (rate - world.published[:, k]).astype(np.float32)


def monthly_row(world: World, settings: Indicators, compliance: Floats, burden: Floats | None) -> Row:
    """Return the indicators of the month, one (J,) array each."""
    firms = world.firms
    active = world.number(firms.active)
    some = np.maximum(active, 1)
    row: Row = {"month": np.full(len(active), world.month + 1.0), "firms": active}
    row |= _conduct(world, some)
    row |= _enforcement(world, some)
    row |= _standing(world, some)
    row |= _money(world, compliance, burden, row["harm"], settings)
    return row


def network_row(world: World) -> Row:
    """Return active links per firm, giant component, grade assortativity and concentration, (J,) each."""
    firms, network = world.firms, world.network
    share = firms.output * firms.size
    total = world.spread(np.maximum(world.total(share), 1e-30))
    plain = network.unweighted()
    ones = np.ones(world.rows, np.float32)
    bought, sold = plain.from_suppliers(ones), plain.from_buyers(ones)
    return {
        "links": world.total(bought) / np.maximum(world.number(firms.active), 1),
        "giant_component": _giant(world),
        "segregation": _assortativity(world, plain, bought, sold),
        "concentration": world.total((share / total) ** 2),
    }


def topic_rows(world: World) -> Iterator[tuple[int, Row]]:
    """Yield for each topic its number and its indicators."""
    firms = world.firms
    some = np.maximum(world.number(firms.active), 1)
    for k in range(len(world.topics)):
        violated, found = firms.violation[k] > 0, firms.found[k] > 0
        yield (
            k,
            {
                "compliance": world.total(firms.effort[k] * firms.active) / some,
                "violations": world.number(violated) / some,
                "detections": world.number(violated & found),
                "false_findings": world.number(found & ~violated),
                "inspections": world.number(firms.inspected[k]),
                "perceived_detection": world.total(firms.belief[k] * firms.active) / some,
                "published_detection": world.published[:, k].astype(np.float64),
                **grade_shares(world, k),
            },
        )


def group_rows(world: World) -> Iterator[tuple[str, str, Row]]:
    """Yield for each dimension and group its indicators."""
    firms = world.firms
    listed = black(world) > 0
    rated = rated_firms(world)
    values = {
        "firms": firms.active,
        "compliance": firms.effort.mean(axis=0) * firms.active,
        "violations": (firms.violation > 0).sum(axis=0),
        "listed": listed,
        "rated": rated,
        "grade": firms.grade.mean(axis=0) * rated,
        "output": firms.output * firms.size,
        "profit": firms.profit,
        "fines": firms.fines,
    }
    places = world.places(np.arange(world.rows))
    for dimension, names, codes in dimensions(world):
        key = places * len(names) + codes
        shape = (len(world.spans), len(names))
        sums = {name: _by_key(key, value, shape) for name, value in values.items()}
        some = np.maximum(sums["firms"], 1)
        sums["grade"] = sums["grade"] / np.maximum(sums["rated"], 1)
        for name in ("compliance", "violations", "listed", "rated"):
            sums[name] = sums[name] / some
        for code, group in enumerate(names):
            yield dimension, group, {name: value[:, code] for name, value in sums.items()}


def _by_key(key: NDArray[np.int64], values: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float64]:
    return np.bincount(key, values, shape[0] * shape[1]).astype(np.float64).reshape(shape)


def dimensions(world: World) -> Iterator[tuple[str, tuple[str, ...], NDArray[np.uint8]]]:
    """Yield the groupings of firms: name, names of the groups, group of each firm."""
    firms, economy = world.firms, world.economy
    yield "sector", economy.sectors, firms.sector
    yield "region", economy.regions, firms.region
    yield "ownership", OWNERSHIPS, firms.ownership
    yield "size", SIZE_CLASSES, np.concatenate([_quarters(firms.size[start:stop]) for start, stop in world.spans])


def _quarters(size: Floats) -> NDArray[np.uint8]:
    return np.searchsorted(np.quantile(size, (0.25, 0.5, 0.75)), size).astype(np.uint8)


def black(world: World) -> NDArray[np.uint8]:
    """Return each firm's standing on blacklists, (N,): its own act counts before association."""
    numbers = sorted({number for numbers in world.law.blacklists_of for number in numbers})
    if not numbers:
        return np.zeros(world.rows, np.uint8)
    listing = world.firms.listing[numbers]
    own = (listing == Standing.OWN).any(axis=0)
    return np.where(own, Standing.OWN, listing.max(axis=0)).astype(np.uint8)


def _conduct(world: World, some: NDArray[np.float64]) -> Row:
    firms = world.firms
    topics = len(world.topics)
    effort = firms.effort.sum(axis=0)
    effort *= firms.active
    violations = np.stack([world.number(severity) for severity in firms.violation])
    return {
        "compliance": world.total(effort) / some / topics,
        "violations": violations.sum(axis=0) / some,
        "harm": world.law.harm.astype(np.float64) @ violations,
    }


def _enforcement(world: World, some: NDArray[np.float64]) -> Row:
    found, nothing = world.findings, np.zeros(len(world.spans))
    world.count("detections", found.firm, found.true)
    world.count("false_findings", found.firm, ~found.true)
    row = {
        "detections": world.tally["detections"] / some,
        "false_findings": world.tally["false_findings"] / some,
        "inspections": _inspections(world) / some,
        "fines": world.total(world.firms.fines),
        "sanctions": world.tally.get("sanctions", nothing) / some,
        "joint_sanctions": world.tally.get("joint_sanctions", nothing) / some,
    }
    for origin in (Origin.MONITORING, Origin.INSPECTION, Origin.COMPLAINT):
        name = f"found_by_{origin.name.lower()}"
        world.count(name, found.firm, found.origin == origin)
        row[name] = world.tally[name] / some
    return row


def _standing(world: World, some: NDArray[np.float64]) -> Row:
    firms, nothing = world.firms, np.zeros(len(world.spans))
    standing = black(world)
    listed = world.number((standing > 0) & firms.active)
    associated = world.number((standing == Standing.ASSOCIATED) & firms.active)
    delisted = world.tally.get("delisted", nothing)
    months = world.tally.get("delisted_months", nothing)
    row = {
        "listed": listed / some,
        "listed_by_association": np.divide(associated, listed, out=np.zeros_like(listed), where=listed > 0),
        "new_listings": world.tally.get("listed", nothing) / some,
        "delistings": delisted / some,
        "repairs": world.tally.get("repaired", nothing) / some,
        "months_on_list": np.divide(months, delisted, out=np.zeros_like(months + delisted), where=delisted > 0),
        "downgraded_by_association": world.number((firms.grade < firms.own_grade).any(axis=0) & firms.active) / some,
    }
    return row | ratings(world, some)


def _inspections(world: World) -> NDArray[np.float64]:
    """Return the number of inspections this month, (J,)."""
    made: NDArray[np.float64] = np.sum([world.number(inspected) for inspected in world.firms.inspected], axis=0)
    return made


def _money(
    world: World, compliance: Floats, burden: Floats | None, harm: NDArray[np.float64], settings: Indicators
) -> Row:
    firms, size = world.firms, world.total(world.firms.size)
    output = world.total(firms.output * firms.size)
    costs = world.total(compliance * firms.active)
    data = world.total(burden) if burden is not None else np.zeros_like(costs)
    enforcement = settings.inspection_cost * _inspections(world)
    added = 1 - world.total((firms.domestic_inputs + firms.imports) * firms.size) / size
    lost = (size - output) * added
    return {
        "output": output / size,
        "profit": world.total(firms.profit) / size,
        "compliance_cost": costs / size,
        "data_cost": data / size,
        "sanction_cost": world.total(firms.sanction_cost * firms.size) / size,
        "associated_cost": world.total(firms.associated_cost * firms.size) / size,
        "welfare": -(
            settings.harm_weight * harm
            + settings.cost_weight * (costs + data)
            + settings.enforcement_weight * enforcement
            + settings.output_weight * lost
        )
        / size,
    }


def turnover(world: World) -> Row:
    """Return exits by cause and attribution, entries, and links lost and found this month, (J,) each."""
    nothing = np.zeros(len(world.spans))
    names = [f"exits_{cause.name.lower()}" for cause in ExitCause if cause]
    row = {name: world.tally.get(name, nothing) for name in names}
    row["exits"] = np.sum(list(row.values()), axis=0)
    row |= {
        f"exits_by_{item.name.lower()}": world.tally.get(f"exits_by_{item.name.lower()}", nothing)
        for item in Attribution
    }
    for name in ("entries", "associated_entries", "links_lost", "links_found", "bank_losses"):
        row[name] = world.tally.get(name, nothing)
    return row


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
    reached = np.zeros(world.rows, np.float32)
    reached[[start + int((firms.size * firms.active)[start:stop].argmax()) for start, stop in world.spans]] = 1
    before, now = 0, 1
    while now > before:
        before = now
        near = reached + network.from_suppliers(reached) + network.from_buyers(reached)
        reached = (near > 0).astype(np.float32)
        now = int(np.count_nonzero(reached))
    return reached > 0


def _assortativity(world: World, plain: Network, bought: Floats, sold: Floats) -> NDArray[np.float64]:
    """Return the correlation of the two partners' grades over active links, (J,); 0 where all grades are equal.

    Sums over links are sums over firms of what their numbers of suppliers (`bought`) and buyers (`sold`) weigh.
    """
    grade = world.firms.grade.mean(axis=0, dtype=np.float32)
    links = np.maximum(world.total(bought), 1)
    near = grade - world.spread((world.total(grade) / [stop - start for start, stop in world.spans]).astype(np.float32))
    mean_buyer, mean_seller = world.total(near * bought) / links, world.total(near * sold) / links
    both = world.total(near * plain.from_suppliers(near)) / links - mean_buyer * mean_seller
    spread = (world.total(near**2 * bought) / links - mean_buyer**2) * (
        world.total(near**2 * sold) / links - mean_seller**2
    )
    return np.divide(both, np.sqrt(np.maximum(spread, 0)), out=np.zeros_like(both), where=spread > 1e-12)
