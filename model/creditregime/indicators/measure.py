"""Monthly indicators of each jurisdiction, and yearly ones by group of firms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditregime.acceleration import in_parts, kernel
from creditregime.codes import CHANNELS, OWNERSHIPS, Origin, Standing
from creditregime.component import Settings, parameter
from creditregime.indicators.credit import border_row, credit_row
from creditregime.indicators.ratings import Row, grade_shares, rated_firms, ratings
from creditregime.market.exit import EXITS, EXITS_BY
from creditregime.state import Bytes, Findings, Floats
from creditregime.world import World, marked

SOURCES = tuple(
    (f"found_by_{origin.name.lower()}", int(origin))
    for origin in (Origin.MONITORING, Origin.INSPECTION, Origin.COMPLAINT, Origin.SELF_REPORT, Origin.INQUIRY)
)
"""The ways in which violations come to light: name of the indicator, and code."""
TURNOVER = (
    *EXITS_BY,
    "overseas_links_dropped",
    "relocations",
    "entries",
    "associated_entries",
    "links_lost",
    "links_found",
    "bank_losses",
    "defaults",
    "trade_credit_lost",
)
"""What is counted while firms leave and enter, beside exits by cause."""
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
    return np.array([np.add.reduceat(flags, world.starts, axis=1, dtype=np.int32) for flags in marks], np.float64)


def monthly_row(world: World, settings: Indicators, compliance: Floats, burden: Floats | None) -> Row:
    """Return the indicators of the month, one (J,) array each.

    Conduct, enforcement and standing cover domestic firms and are shares of them; money covers all firms.
    """
    active, some = world.number(world.firms.active), _some(world)
    row: Row = {"month": np.full(len(active), world.month + 1.0), "firms": active}
    row |= _conduct(world, some)
    row |= _enforcement(world, some)
    row |= _standing(world, some)
    row |= _money(world, compliance, burden, row["harm"], settings)
    row |= credit_row(world) | border_row(world)
    return row


def topic_rows(world: World) -> Row:
    """Return the indicators by topic and jurisdiction, (K, J) each."""
    firms, home, some = world.firms, world.domestic(), _some(world)
    committed, _, inspected = conduct_counts(world)
    false, true = _found_by_topic(world)
    return {
        "compliance": world.totals(firms.effort, home) / some,
        "violations": committed / some,
        "detections": true,
        "false_findings": false,
        "inspections": inspected,
        "perceived_detection": world.totals(firms.belief, home) / some,
        "published_detection": world.published.T.astype(np.float64),
    } | grade_shares(world)


def _some(world: World) -> NDArray[np.float64]:
    """Return the number of domestic firms, at least 1: what shares are taken of, (J,)."""
    if "some" not in world.memo:
        world.memo["some"] = np.maximum(world.number(world.domestic()), 1)
    some: NDArray[np.float64] = world.memo["some"]
    return some


def _found_by_topic(world: World) -> NDArray[np.float64]:
    """Return the number of false findings and of true ones by topic and jurisdiction, (2, K, J)."""
    found, topics, places = world.findings, len(world.topics), len(world.spans)
    key = (found.true * np.int64(topics) + found.topic) * places + world.places(found.firm)
    return _by_key(key, None, (2 * topics, places)).reshape(2, topics, places)


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
        sums = {name: _by_code(world, codes, len(names), value) for name, value in values.items()}
        some = np.maximum(sums["firms"], 1)
        sums["grade"] = sums["grade"] / np.maximum(sums["rated"], 1)
        for name in ("compliance", "violations", "listed", "rated"):
            sums[name] = sums[name] / some
        for code, group in enumerate(names):
            yield dimension, group, {name: value[:, code] for name, value in sums.items()}


def _by_code(world: World, codes: Bytes, number: int, values: NDArray[Any]) -> NDArray[np.float64]:
    """Return the sum of a value a firm by jurisdiction and code, (J, number)."""
    if (indicators := kernel("indicators", world.rows)) is not None:
        return indicators.by_code(values, codes, world.starts, number)
    shape = (len(world.spans), number)
    key = codes if shape[0] == 1 else world.places(np.arange(world.rows)) * number + codes
    return _by_key(key, values, shape)


def _by_key(key: NDArray[np.integer[Any]], values: NDArray[Any] | None, shape: tuple[int, int]) -> NDArray[np.float64]:
    return np.bincount(key, values, shape[0] * shape[1]).astype(np.float64).reshape(shape)


def dimensions(world: World) -> Iterator[tuple[str, tuple[str, ...], NDArray[np.uint8]]]:
    """Yield the groupings of firms: name, names of the groups, group of each firm."""
    firms, economy = world.firms, world.economy
    yield "sector", economy.sectors, firms.sector
    yield "region", economy.regions, firms.region
    yield "ownership", OWNERSHIPS, firms.ownership
    yield "size", SIZE_CLASSES, world.once("quarters", lambda: _quarters(world))


def _quarters(world: World) -> Bytes:
    sizes = [world.firms.size[start:stop] for start, stop in world.spans]
    quarters = [np.searchsorted(np.quantile(size, (0.25, 0.5, 0.75)), size).astype(np.uint8) for size in sizes]
    return np.concatenate(quarters)


def black(world: World) -> NDArray[np.uint8]:
    """Return each firm's standing on blacklists, (N,): its own act counts before association."""
    numbers, listing = _blacklists(world), world.firms.listing
    if len(numbers) < len(listing):
        listing = listing[numbers]
    number, row = marked(listing)
    held, standing = listing[number, row], np.zeros(world.rows, np.uint8)
    standing[row] = held
    standing[row[held == Standing.OWN]] = Standing.OWN
    return standing


def _blacklists(world: World) -> list[int]:
    """Return the numbers of the blacklists to which records lead."""
    return sorted(set().union(*world.law.blacklists_of))


def _conduct(world: World, some: NDArray[np.float64]) -> Row:
    topics, effort = len(world.topics), _domestic_effort(world)
    violations = conduct_counts(world)[0]
    return {
        "compliance": world.total(effort) / some / topics,
        "violations": violations.sum(axis=0) / some,
        "harm": world.law.harm.astype(np.float64) @ violations,
        "variance_between_regions": _between_regions(world, effort) / topics**2,
        "regions_with_pilot": np.count_nonzero(world.territory, axis=1).astype(np.float64),
    }


def _domestic_effort(world: World) -> Floats:
    """Return the sum over topics of each domestic firm's effort, 0 for others, (N,)."""
    effort, home = world.firms.effort, world.domestic()
    if (indicators := kernel("indicators", world.rows)) is not None:
        total = np.empty(world.rows, np.float32)
        in_parts(indicators.add_topics, world.rows, effort, home, total)
        return total
    total = effort.sum(axis=0)
    total *= home
    return total


def _between_regions(world: World, values: Floats) -> NDArray[np.float64]:
    """Return the variance of the regions' means of a value that is 0 for firms out of business, (J,)."""
    found = np.zeros(len(world.territory))
    if world.territory.shape[1] == 1:
        return found
    firms, total = _by_region(world, values)
    settled = firms > 0
    if settled.all():
        return (total / firms).var(axis=1)
    for j in np.flatnonzero(settled.any(axis=1)):
        found[j] = (total[j, settled[j]] / firms[j, settled[j]]).var()
    return found


def _by_region(world: World, values: Floats) -> NDArray[np.float64]:
    """Return the number of domestic firms, and the sum of a value, by jurisdiction and region, (2, J, R)."""
    region, number = world.firms.region, world.territory.shape[1]
    return np.array([_by_code(world, region, number, value) for value in (world.domestic(), values)])


def _enforcement(world: World, some: NDArray[np.float64]) -> Row:
    found, places = _found_at_home(world), len(world.spans)
    where = world.places(found.firm)
    sources = _by_key(found.origin * np.int64(places) + where, None, (len(Origin), places)) / some
    return {
        "detections": np.bincount(where, found.true, places) / some,
        "false_findings": np.bincount(where, ~found.true, places) / some,
        "inspections": _inspections(world) / some,
        "fines": world.total(world.firms.fines),
        "sanctions": tallied(world, "sanctions", some),
        "joint_sanctions": tallied(world, "joint_sanctions", some),
    } | {name: sources[origin] for name, origin in SOURCES}


def tallied(world: World, name: str, some: NDArray[np.float64] | float = 1.0) -> NDArray[np.float64]:
    """Return what was counted this month relative to something, (J,); 0 where nothing was."""
    if name not in world.tally:
        return np.zeros(len(world.spans))
    share: NDArray[np.float64] = world.tally[name] / some
    return share


def _found_at_home(world: World) -> Findings:
    """Return the month's findings about domestic firms."""
    found = world.findings
    return found if world.abroad is None else found.those(~world.firms.overseas[found.firm])


def _standing(world: World, some: NDArray[np.float64]) -> Row:
    delisted, months = tallied(world, "delisted"), tallied(world, "delisted_months")
    listed, associated, sold, start, left, again = _on_blacklists(world)
    row = {
        "listed": listed / some,
        "listed_output": ratio(sold, start),
        "listed_by_association": ratio(associated, listed),
        "new_listings": tallied(world, "listed", some),
        "delistings": delisted / some,
        "repairs": tallied(world, "repaired", some),
        "months_on_list": ratio(months, delisted),
        "records_repaired": tallied(world, "records_repaired", some),
        "records_overturned": tallied(world, "records_overturned", some),
        "recidivism": ratio(again, left),
        "downgraded_by_association": world.number(_held_lower(world)) / some,
    }
    for channel in CHANNELS:
        row[f"points_by_{channel}"] = tallied(world, f"points_by_{channel}", some)
    return row | ratings(world, some)


def ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a part of a whole, 0 where there is none."""
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)


def _on_blacklists(world: World) -> NDArray[np.float64]:
    """Return who is blacklisted, and who came back, by jurisdiction, (6, J).

    Domestic firms on blacklists, and those through association only; what firms on them sell, and sold at the start;
    firms that left a blacklist in the last 24 months, and those of them that stand on one again for their own act.
    """
    firms, law, since = world.firms, world.law, world.month - RECENT
    if (indicators := kernel("indicators", world.rows)) is not None:
        lists = (np.array(_blacklists(world), np.int64), np.flatnonzero(law.black))
        former, sales = (firms.listed_since, firms.delisted, since), (firms.size, firms.output)
        return indicators.on_blacklists(firms.listing, *lists, *former, world.domestic(), sales, world.starts)
    standing = black(world)
    rows = standing.nonzero()[0]
    home, size = world.domestic()[rows], firms.size[rows]
    places, number = world.places(rows), len(world.spans)
    left = np.flatnonzero(firms.delisted > since) if any(law.black) else rows[:0]
    again = firms.listing.take(left, axis=1) == Standing.OWN
    again &= firms.listed_since.take(left, axis=1) >= firms.delisted[left]
    own = again[np.array(law.black, np.bool_)].any(axis=0)
    return np.array(
        [
            np.bincount(places, home, number),
            np.bincount(places, home & (standing[rows] == Standing.ASSOCIATED), number),
            np.bincount(places, size * firms.output[rows], number),
            np.bincount(places, size, number),
            by_place(world, left),
            np.bincount(world.places(left), own, number),
        ]
    )


def _held_lower(world: World) -> NDArray[np.bool_]:
    """Return which domestic firms association holds below a grade of their own, (N,)."""
    firms = world.firms
    lower = firms.grade < firms.own_grade
    return (lower[0] if len(lower) == 1 else lower.any(axis=0)) & world.domestic()


def _inspections(world: World) -> NDArray[np.float64]:
    """Return the number of inspections this month, (J,)."""
    made: NDArray[np.float64] = conduct_counts(world)[2].sum(axis=0)
    return made


def _money(
    world: World, compliance: Floats, burden: Floats | None, harm: NDArray[np.float64], settings: Indicators
) -> Row:
    firms, size = world.firms, world.revenue()
    output = world.total(firms.output, firms.size)
    costs = world.total(compliance, world.domestic())
    data = world.total(burden) if burden is not None else np.zeros(len(costs))
    visits = _inspections(world) + world.tally.get("inquiries", 0.0)
    enforcement = settings.inspection_cost * visits
    inputs = world.once("inputs", lambda: world.total(firms.domestic_inputs + firms.imports, firms.size))
    added = 1 - inputs / size
    lost = (size - output) * added
    return {
        "output": output / size,
        "profit": world.total(firms.profit) / size,
        "debt": world.total(firms.debt) / size,
        "subsidies": tallied(world, "subsidies", size),
        "taxes": tallied(world, "taxes", size),
        "compensation": tallied(world, "compensation", size),
        "compliance_cost": costs / size,
        "data_cost": data / size,
        "sanction_cost": world.total(firms.sanction_cost, firms.size) / size,
        "associated_cost": world.total(firms.associated_cost, firms.size) / size,
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
    nothing, tally = np.zeros(len(world.spans)), world.tally
    row = {name: tally.get(name, nothing) for name in EXITS}
    row["exits"] = sum(row.values(), nothing)
    return row | {name: tally.get(name, nothing) for name in TURNOVER}
