"""Monthly indicators of each jurisdiction, and yearly ones by group of firms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditregime.acceleration import kernel
from creditregime.codes import CHANNELS, OWNERSHIPS, Attribution, ExitCause, Origin, Standing
from creditregime.component import Settings, parameter
from creditregime.indicators.credit import border_row, credit_row
from creditregime.indicators.ratings import Row, grade_shares, rated_firms, ratings
from creditregime.state import Findings, Floats
from creditregime.world import World

SOURCES = (Origin.MONITORING, Origin.INSPECTION, Origin.COMPLAINT, Origin.SELF_REPORT, Origin.INQUIRY)
"""The ways in which violations come to light."""
SIZE_CLASSES = ("micro", "small", "medium", "large")
"""Quarters of the firms by initial revenue, smallest first."""
RECENT = 24
"""Months after leaving a list in which a new listing counts as a relapse."""


class Indicators(Settings):
    """What is measured, how often, and the weights of the welfare account (all assumptions)."""

    network_every: int = parameter(
        12, unit="months", ge=1, description="months between measurements of the network; values are held in between"
    )
    groups_every: int = parameter(12, unit="months", ge=1, description="months between tables by group of firms")
    inspection_cost: float = parameter(0.02, unit="money", ge=0, description="cost to the state of one visit")
    harm_weight: float = parameter(1.0, unit="-", ge=0, description="welfare weight of harm from violations")
    cost_weight: float = parameter(1.0, unit="-", ge=0, description="welfare weight of compliance and reporting cost")
    enforcement_weight: float = parameter(1.0, unit="-", ge=0, description="welfare weight of inspections' cost")
    output_weight: float = parameter(1.0, unit="-", ge=0, description="welfare weight of value added lost")


def publish(world: World, weight: float = 1 / 6) -> None:
    """Update the published detection rate of each jurisdiction and topic: a running mean over about half a year."""
    committed, caught, _ = conduct_counts(world)
    rate = np.divide(caught, committed, out=world.published.T.astype(np.float64), where=committed > 0)
    step = weight if world.month else 1.0
    world.published += np.float32(step) * (rate.T - world.published).astype(np.float32)


def conduct_counts(world: World) -> NDArray[np.float64]:
    """Return how many firms violated, were caught at it, and were inspected this month, (3, K, J)."""
    if "conduct" not in world.memo:
        world.memo["conduct"] = _counted(world)
    counts: NDArray[np.float64] = world.memo["conduct"]
    return counts


def _counted(world: World) -> NDArray[np.float64]:
    firms = world.firms
    if (columns := kernel("columns", world.rows)) is not None:
        return columns.count_conduct(firms.violation, firms.found, firms.inspected, world.starts)
    violated = firms.violation > 0
    marks = (violated, violated & (firms.found > 0), firms.inspected)
    return np.stack([np.add.reduceat(flags, world.starts, axis=1, dtype=np.float64) for flags in marks])


def monthly_row(world: World, settings: Indicators, compliance: Floats, burden: Floats | None) -> Row:
    """Return the indicators of the month, one (J,) array each.

    Conduct, enforcement and standing cover domestic firms and are shares of them; money covers all firms.
    """
    active = world.number(world.firms.active)
    some = np.maximum(world.number(world.domestic()), 1)
    row: Row = {"month": np.full(len(active), world.month + 1.0), "firms": active}
    row |= _conduct(world, some)
    row |= _enforcement(world, some)
    row |= _standing(world, some)
    row |= _money(world, compliance, burden, row["harm"], settings)
    row |= credit_row(world) | border_row(world)
    return row


def topic_rows(world: World) -> Iterator[tuple[int, Row]]:
    """Yield for each topic its number and its indicators."""
    firms, found = world.firms, world.findings
    committed, _, inspected = conduct_counts(world)
    home = world.domestic()
    some = np.maximum(world.number(home), 1)
    values = {
        "compliance": np.stack([world.total(effort * home) for effort in firms.effort]) / some,
        "violations": committed / some,
        "detections": _by_topic(world, found.those(found.true)),
        "false_findings": _by_topic(world, found.those(~found.true)),
        "inspections": inspected,
        "perceived_detection": np.stack([world.total(belief * home) for belief in firms.belief]) / some,
        "published_detection": world.published.T.astype(np.float64),
    }
    for k in range(len(world.topics)):
        yield k, {name: value[k] for name, value in values.items()} | grade_shares(world, k)


def _by_topic(world: World, found: Findings) -> NDArray[np.float64]:
    """Return the number of findings by topic and jurisdiction, (K, J)."""
    shape = (len(world.topics), len(world.spans))
    return _by_key(found.topic.astype(np.int64) * shape[1] + world.places(found.firm), None, shape)


def by_place(world: World, rows: NDArray[Any]) -> NDArray[np.float64]:
    """Return how many of some rows lie in each jurisdiction, (J,)."""
    return np.bincount(world.places(rows), minlength=len(world.spans)).astype(np.float64)


def group_rows(world: World) -> Iterator[tuple[str, str, Row]]:
    """Yield for each dimension and group its indicators: shares of domestic firms, money of all."""
    firms, home = world.firms, world.domestic()
    listed = black(world) > 0
    rated = rated_firms(world)
    values = {
        "firms": home,
        "compliance": firms.effort.mean(axis=0) * home,
        "violations": (firms.violation > 0).sum(axis=0, dtype=np.uint8),
        "listed": listed & home,
        "rated": rated,
        "grade": firms.grade.mean(axis=0) * rated,
        "output": firms.output * firms.size,
        "profit": firms.profit,
        "debt": firms.debt,
        "fines": firms.fines,
    }
    for dimension, names, codes in dimensions(world):
        key = world.spread(np.arange(len(world.spans)) * len(names)) + codes
        shape = (len(world.spans), len(names))
        sums = {name: _by_key(key, value, shape) for name, value in values.items()}
        some = np.maximum(sums["firms"], 1)
        sums["grade"] = sums["grade"] / np.maximum(sums["rated"], 1)
        for name in ("compliance", "violations", "listed", "rated"):
            sums[name] = sums[name] / some
        for code, group in enumerate(names):
            yield dimension, group, {name: value[:, code] for name, value in sums.items()}


def _by_key(key: NDArray[Any], values: NDArray[Any] | None, shape: tuple[int, int]) -> NDArray[np.float64]:
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
    effort *= world.domestic()
    violations = conduct_counts(world)[0]
    return {
        "compliance": world.total(effort) / some / topics,
        "violations": violations.sum(axis=0) / some,
        "harm": world.law.harm.astype(np.float64) @ violations,
        "variance_between_regions": _between_regions(world, effort) / topics**2,
        "regions_with_pilot": np.count_nonzero(world.territory, axis=1).astype(np.float64),
    }


def _between_regions(world: World, values: Floats) -> NDArray[np.float64]:
    """Return the variance of the regions' means of a value that is 0 for firms out of business, (J,)."""
    places, regions = world.territory.shape
    found = np.zeros(places)
    if regions == 1:
        return found
    key = world.places(np.arange(world.rows)) * regions + world.firms.region
    firms, total = (_by_key(key, value, (places, regions)) for value in (world.domestic(), values))
    settled = firms > 0
    means = np.divide(total, firms, out=np.zeros_like(total), where=settled)
    whole = settled.all(axis=1)
    found[whole] = means[whole].var(axis=1)
    for j in np.flatnonzero(settled.any(axis=1) & ~whole):
        found[j] = means[j, settled[j]].var()
    return found


def _enforcement(world: World, some: NDArray[np.float64]) -> Row:
    found, nothing = _found_at_home(world), np.zeros(len(world.spans))
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
    for origin in SOURCES:
        name = f"found_by_{origin.name.lower()}"
        world.count(name, found.firm, found.origin == origin)
        row[name] = world.tally[name] / some
    return row


def _found_at_home(world: World) -> Findings:
    """Return the month's findings about domestic firms."""
    found = world.findings
    return found if world.abroad is None else found.those(~world.firms.overseas[found.firm])


def _standing(world: World, some: NDArray[np.float64]) -> Row:
    firms, nothing = world.firms, np.zeros(len(world.spans))
    standing, home = black(world), world.domestic()
    listed = world.number((standing > 0) & home)
    associated = world.number((standing == Standing.ASSOCIATED) & home)
    delisted = world.tally.get("delisted", nothing)
    months = world.tally.get("delisted_months", nothing)
    rows = np.flatnonzero(standing)
    size, places = firms.size[rows], world.places(rows)
    sold = np.bincount(places, size * firms.output[rows], len(world.spans))
    start = np.bincount(places, size, len(world.spans))
    row = {
        "listed": listed / some,
        "listed_output": np.divide(sold, start, out=np.zeros(len(start)), where=start > 0),
        "listed_by_association": np.divide(associated, listed, out=np.zeros_like(listed), where=listed > 0),
        "new_listings": world.tally.get("listed", nothing) / some,
        "delistings": delisted / some,
        "repairs": world.tally.get("repaired", nothing) / some,
        "months_on_list": np.divide(months, delisted, out=np.zeros_like(months + delisted), where=delisted > 0),
        "records_repaired": world.tally.get("records_repaired", nothing) / some,
        "records_overturned": world.tally.get("records_overturned", nothing) / some,
        "recidivism": _recidivism(world),
        "downgraded_by_association": world.number((firms.grade < firms.own_grade).any(axis=0) & home) / some,
    }
    for channel in CHANNELS:
        row[f"points_by_{channel}"] = world.tally.get(f"points_by_{channel}", nothing) / some
    return row | ratings(world, some)


def _recidivism(world: World) -> NDArray[np.float64]:
    """Return the share of firms that left a blacklist in the last 24 months which stand on one again, (J,)."""
    firms, law = world.firms, world.law
    left = np.flatnonzero(firms.delisted > world.month - RECENT) if any(law.black) else np.empty(0, np.int64)
    numbers = [number for number, black in enumerate(law.black) if black]
    again = np.zeros(len(left), np.bool_)
    for number in numbers:
        own = firms.listing[number, left] == Standing.OWN
        again |= own & (firms.listed_since[number, left] >= firms.delisted[left])
    count = np.bincount(world.places(left), minlength=len(world.spans))
    return np.bincount(world.places(left), again, len(world.spans)) / np.maximum(count, 1)


def _inspections(world: World) -> NDArray[np.float64]:
    """Return the number of inspections this month, (J,)."""
    made: NDArray[np.float64] = conduct_counts(world)[2].sum(axis=0)
    return made


def _money(
    world: World, compliance: Floats, burden: Floats | None, harm: NDArray[np.float64], settings: Indicators
) -> Row:
    firms, size = world.firms, world.total(world.firms.size)
    output = world.total(firms.output * firms.size)
    costs = world.total(compliance * world.domestic())
    data = world.total(burden) if burden is not None else np.zeros_like(costs)
    visits = _inspections(world) + world.tally.get("inquiries", 0.0)
    enforcement = settings.inspection_cost * visits
    added = 1 - world.total((firms.domestic_inputs + firms.imports) * firms.size) / size
    lost = (size - output) * added
    return {
        "output": output / size,
        "profit": world.total(firms.profit) / size,
        "debt": world.total(firms.debt) / size,
        "subsidies": world.tally.get("subsidies", np.zeros_like(costs)) / size,
        "taxes": world.tally.get("taxes", np.zeros_like(costs)) / size,
        "compensation": world.tally.get("compensation", np.zeros_like(costs)) / size,
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
    row["overseas_links_dropped"] = world.tally.get("overseas_links_dropped", nothing)
    flows = ("relocations", "entries", "associated_entries", "links_lost", "links_found", "bank_losses", "defaults")
    for name in (*flows, "trade_credit_lost"):
        row[name] = world.tally.get(name, nothing)
    return row
