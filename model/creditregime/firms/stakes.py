"""What a firm stands to lose if the points of one more violation are deducted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from creditregime.acceleration import in_parts, kernel
from creditregime.regime.inspection import Inspection
from creditregime.regime.lists import ListRule
from creditregime.regime.monitoring import Monitoring
from creditregime.regime.rating import Rating
from creditregime.regime.rating.family import Consequence
from creditregime.state import Floats
from creditregime.units import MONTHS, monthly_factor, present_months
from creditregime.world import World


class Prospects(NamedTuple):
    """What a firm that chooses its effort can look at: the rules that act on it, and what they put at stake.

    Attributes
    ----------
    world
        The state.
    rating, lists, inspection, monitoring
        The rules in force.
    discount
        The rate a year at which firms discount, one for all or one a firm, (N,).
    dropping
        Probability a month that a buyer drops a firm on a published blacklist, as far as firms foresee it.
    """

    world: World
    rating: Rating
    lists: dict[str, ListRule]
    inspection: Inspection
    monitoring: Monitoring
    discount: float | Floats
    dropping: float = 0.0

    def stakes(self) -> Floats:
        """Return the perceived value at stake of one more record, (K, N), months of own revenue."""
        return stakes(self.world, self.rating, self.lists, self.discount, self.dropping)

    def list_stakes(self) -> Floats:
        """Return the part of the value at stake that lists make, (K, N), months of own revenue."""
        return stakes(self.world, None, self.lists, self.discount, self.dropping)

    def grade_stakes(self) -> Floats:
        """Return the part of the value at stake that grades make, (K, N), months of own revenue."""
        return stakes(self.world, self.rating, {}, self.discount)

    def threats(self) -> Iterator[Threat]:
        """Yield what each list threatens a firm with."""
        return threats(self.world, self.lists, self.discount, self.dropping)


class Threat(NamedTuple):
    """What one list threatens firms with; it can happen only once, whatever the number of records that lead to it.

    Attributes
    ----------
    worth
        Present value of what the list takes, (1,) or (N,), months of own revenue, to firms aware of the regime.
    number
        The list's number.
    rule
        The list's rule.
    """

    worth: Floats
    number: int
    rule: ListRule

    def chances(self, world: World) -> dict[int, Floats]:
        """Return by topic the probability that one more record leads to it, (N,); 0 for those on the list already.

        The rewards of a redlist are lost by a record of any topic, if the firm has them.
        """
        listing = world.firms.listing[self.number]
        if self.rule.colour == "red":
            return dict.fromkeys(range(len(world.topics)), (listing > 0).astype(np.float32))
        free = listing == 0
        return {k: free * chance for k, chance in self.rule.chances_of_entry(world).items()}


def stakes(
    world: World, rating: Rating | None, lists: dict[str, ListRule], discount: float | Floats, dropping: float = 0.0
) -> Floats:
    """Return the perceived value at stake of one more record, (K, N), months of own revenue.

    For each severity, weighted by its share: the cost of the grade that the firm would then hold less that of the
    grade it holds, over the time for which the record acts on it; and the cost of each list that it would then enter,
    over its longest term; or, where firms anticipate repair, over the time that repair leaves; and the rewards of a
    redlist that is ``at_stake``. Firms take it into account as far as they are aware of the regime. Without a rating
    only the lists count. A published blacklist also costs the buyers that firms expect to lose: each with the
    probability `dropping` in each month of the term. What follows a record only when the registry has entered it is
    discounted by that delay.
    """
    values = np.zeros((len(world.topics), world.rows), np.float32)
    if rating is not None:
        _add_grades(world, rating, discount, values)
    _add_threats(world, _threats(world, lists, discount, dropping), values)
    values *= world.firms.aware
    return values


def threats(
    world: World, lists: dict[str, ListRule], discount: float | Floats, dropping: float = 0.0
) -> Iterator[Threat]:
    """Yield what each list threatens firms with: see `stakes`."""
    for number, rule in enumerate(lists.values()):
        if rule.colour == "black":
            worth = _of_list(world, number, discount)
            if dropping and rule.published:
                worth = worth + _of_buyers(world, number, discount, dropping)
        elif rule.at_stake:
            worth = _of_rewards(world, number, rule, discount)
        else:
            continue
        if worth.any():
            yield Threat(worth, number, rule)


def _threats(world: World, lists: dict[str, ListRule], discount: float | Floats, dropping: float) -> Sequence[Threat]:
    """Return what lists threaten with, worked out once for a law where it does not depend on firms."""
    if dropping or isinstance(discount, np.ndarray):
        return [*threats(world, lists, discount, dropping)]
    known, key = world.law.settled, ("threats", discount)
    if key not in known or known[key][0] is not lists:
        known[key] = lists, [*threats(world, lists, discount)]
    found: Sequence[Threat] = known[key][1]
    return found


def after_entry(world: World, months: float, discount: float | Floats) -> float | Floats:
    """Return what one unit a month is worth today, for `months` months that begin when a record of today enters."""
    present: float | Floats = present_months(months, discount) * monthly_factor(discount) ** world.law.delay
    return present


class Outcomes(NamedTuple):
    """What records can do to grades: each thing once, and which record does which.

    Attributes
    ----------
    files
        The file that each outcome is in.
    consequences
        What each outcome is, as `Rating.deduction` says.
    which : (K, 3) int64
        Number of the outcome of a record by topic and severity, 0 for a record without any.
    share : (K, 3) float32
        Share of the topic's violations that are of the severity, 0 for a record without any outcome.
    """

    files: tuple[int, ...]
    consequences: tuple[Consequence, ...]
    which: NDArray[np.int64]
    share: Floats


def _outcomes(world: World, rating: Rating) -> Outcomes:
    """Return what records do to grades under a rating, worked out once for a law."""
    settled = world.law.settled
    if settled.get("rating") is not rating:
        settled |= {"rating": rating, "outcomes": _work_out(world, rating)}
    outcomes: Outcomes = settled["outcomes"]
    return outcomes


def _work_out(world: World, rating: Rating) -> Outcomes:
    shares = world.law.shares
    which, share = np.zeros(shares.shape, np.int64), np.zeros(shares.shape, np.float32)
    numbers: dict[tuple[int, Consequence], int] = {}
    for k, s in np.argwhere(shares).tolist():
        what = rating.deduction(world, k, s)
        if what is not None:
            which[k, s] = numbers.setdefault((rating.file_of(world, k), what), len(numbers))
            share[k, s] = shares[k, s]
    return Outcomes(tuple(file for file, _ in numbers), tuple(what for _, what in numbers), which, share)


def _add_grades(world: World, rating: Rating, discount: float | Floats, values: Floats) -> None:
    """Add the cost of the grade that a firm would hold less that of the grade it holds, by topic, (K, N)."""
    if not world.law.grade_cost.any():
        return
    outcomes = _outcomes(world, rating)
    months = [after_entry(world, float(term), discount) for term in rating.months(world)]
    worth = _worth_of_grades(world, rating, outcomes)
    if isinstance(discount, np.ndarray):
        for k, s in np.argwhere(outcomes.share).tolist():
            values[k] += worth[outcomes.which[k, s]] * np.float32(outcomes.share[k, s] * months[s])
        return
    weight = outcomes.share * np.array(months, np.float32)
    if (conduct := kernel("conduct", world.rows)) is not None:
        in_parts(conduct.weigh, world.rows, worth, outcomes.which, weight, values)
        return
    for s in range(weight.shape[1] if len(worth) else 0):
        values += worth[outcomes.which[:, s]] * weight[:, s, None]


def _worth_of_grades(world: World, rating: Rating, outcomes: Outcomes) -> Floats:
    """Return what each outcome costs each firm a month, (outcomes, N), shares of revenue."""
    law, firms = world.law, world.firms
    worth = np.empty((len(outcomes.files), world.rows), np.float32)
    now = {file: world.looked_up(law.grade_cost[:, file], firms.grade[file]) for file in set(outcomes.files)}
    for row, file, what in zip(worth, outcomes.files, outcomes.consequences, strict=True):
        np.subtract(world.looked_up(law.grade_cost[:, file], rating.grade_if(world, file, what)), now[file], out=row)
    if law.partial:
        worth *= firms.rated
    return worth


def _add_threats(world: World, found: Sequence[Threat], values: Floats) -> None:
    """Add by topic, (K, N), what each list is worth times the chance of entry, list by list."""
    conduct = kernel("conduct", world.rows)
    for at_once, some in groupby(found, lambda threat: conduct is not None and threat.rule.live_limits is not None):
        if at_once:
            _add_at_once(world, conduct, [*some], values)
            continue
        for threat in some:
            for k, chance in threat.chances(world).items():
                values[k] += threat.worth * chance


def _add_at_once(world: World, conduct: Any, found: Sequence[Threat], values: Floats) -> None:
    """Do so in one pass for lists to which live records lead, and nothing else."""
    worth = np.empty((len(found), max(len(threat.worth) for threat in found)), np.float32)
    for row, threat in zip(worth, found, strict=True):
        row[:] = threat.worth
    key, settled = tuple(threat.number for threat in found), world.law.settled
    if key not in settled:
        topics = [threat.rule.topics_of(world) for threat in found]
        limits = np.array([threat.rule.live_limits for threat in found])
        settled[key] = (np.array(key), limits, np.cumsum([0, *map(len, topics)]), np.concatenate(topics))
    columns = (world.firms.live, world.firms.listing)
    in_parts(conduct.threaten, world.rows, *columns, *settled[key], worth, world.law.shares, values)


def _of_list(world: World, number: int, discount: float | Floats) -> Floats:
    """Return what the measures of a list take over the time on it, (1,) or (N,), months of revenue."""
    if isinstance(discount, np.ndarray):
        return _present_worth(world, number, discount)
    known = world.law.settled
    if ("list", number, discount) not in known:
        known["list", number, discount] = _present_worth(world, number, discount)
    worth: Floats = known["list", number, discount]
    return worth


def _present_worth(world: World, number: int, discount: float | Floats) -> Floats:
    cost = np.maximum(world.law.list_cost[:, number], 0)
    if not cost.any():
        return np.zeros(1, np.float32)
    months = np.float32(after_entry(world, float(world.law.listed_months[number]), discount))
    worth: Floats = world.spread(cost) * months
    return worth


def _of_buyers(world: World, number: int, discount: float | Floats, dropping: float) -> Floats:
    """Return the contribution of the buyers who would leave one by one over the longest term, (N,), months of revenue.

    Those who stay count as if discounted at a higher rate; those who left are the rest.
    """
    leaving = (1 - min(dropping, 1 - 1e-12)) ** -MONTHS
    rate = discount.astype(np.float64) if isinstance(discount, np.ndarray) else discount
    months = float(world.law.listed_months[number])
    lost = present_months(months, rate) - present_months(months, (1 + rate) * leaving - 1)
    lost *= monthly_factor(rate) ** world.law.delay
    contribution = world.spread(world.law.margins.contribution)
    sold = 1 - world.firms.final_demand / world.firms.size
    worth: Floats = (np.maximum(sold, 0) * contribution * lost).astype(np.float32)
    return worth


def _of_rewards(world: World, number: int, rule: ListRule, discount: float | Floats) -> Floats:
    """Return what a redlisted firm loses by any record: the rewards of the list until it is clean for long enough.

    It loses them with the finding, before the record is entered.
    """
    rewards = world.spread(np.maximum(-world.law.list_cost[:, number], 0))
    worth: Floats = rewards * np.float32(present_months(rule.clean_months, discount))
    return worth
