"""What a firm stands to lose if the points of one more violation are deducted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from creditregime.regime.inspection import Inspection
from creditregime.regime.lists import ListRule
from creditregime.regime.monitoring import Monitoring
from creditregime.regime.rating import Rating
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
        Present value of what the list takes, a scalar or (N,), months of own revenue, to firms aware of the regime.
    chances
        By topic, the probability that one more record leads to it, (N,); 0 for those on the list already.
    """

    worth: Floats | np.float32
    chances: dict[int, Floats]


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
    for threat in threats(world, lists, discount, dropping):
        for k, chance in threat.chances.items():
            values[k] += threat.worth * chance
    if values.any():
        values *= world.firms.aware
    return values


def threats(
    world: World, lists: dict[str, ListRule], discount: float | Floats, dropping: float = 0.0
) -> Iterator[Threat]:
    """Yield what each list threatens firms with: see `stakes`."""
    for number, rule in enumerate(lists.values()):
        if rule.colour == "red":
            if rule.at_stake:
                yield _of_rewards(world, number, rule, discount)
            continue
        worth = _of_list(world, number, discount)
        if dropping and rule.published:
            worth = worth + _of_buyers(world, number, discount, dropping)
        if np.any(worth):
            yield Threat(worth, _chances_of_entry(world, number, rule))


def after_entry(world: World, months: float, discount: float | Floats) -> float | Floats:
    """Return what one unit a month is worth today, for `months` months that begin when a record of today enters."""
    present: float | Floats = present_months(months, discount) * monthly_factor(discount) ** world.law.delay
    return present


def _add_grades(world: World, rating: Rating, discount: float | Floats, values: Floats) -> None:
    law, firms = world.law, world.firms
    if not law.grade_cost.any():
        return
    months = [after_entry(world, float(term), discount) for term in rating.months(world)]
    worth: dict[object, Floats] = {}
    for k in range(len(world.topics)):
        number = rating.file_of(world, k)
        for s in range(3):
            what = rating.deduction(world, k, s)
            if not law.shares[k, s] or what is None:
                continue
            key = (number, *what)
            if key not in worth:
                cost = law.grade_cost[:, number]
                worth[key] = world.looked_up(cost, rating.grade_if(world, number, what))
                worth[key] -= world.looked_up(cost, firms.grade[number])
                if law.partial:
                    worth[key] *= firms.rated
            values[k] += worth[key] * np.float32(law.shares[k, s] * months[s])


def _of_list(world: World, number: int, discount: float | Floats) -> Floats | np.float32:
    """Return what the measures of a list take over the time on it, 0 or (N,), months of revenue."""
    cost = world.law.list_cost[:, number]
    if (cost <= 0).all():
        return np.float32(0)
    worth: Floats = world.spread(np.maximum(cost, 0)) * np.float32(
        after_entry(world, float(world.law.listed_months[number]), discount)
    )
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


def _chances_of_entry(world: World, number: int, rule: ListRule) -> dict[int, Floats]:
    free = world.firms.listing[number] == 0
    chances = {k: rule.chance_of_entry(world, k) for k in rule.topics_of(world)}
    return {k: free * chance for k, chance in chances.items() if chance is not None}


def _of_rewards(world: World, number: int, rule: ListRule, discount: float | Floats) -> Threat:
    """Return what a redlisted firm loses by any record: the rewards of the list until it is clean for long enough.

    It loses them with the finding, before the record is entered.
    """
    rewards = world.spread(np.maximum(-world.law.list_cost[:, number], 0))
    held = (world.firms.listing[number] > 0).astype(np.float32)
    worth = rewards * np.float32(present_months(rule.clean_months, discount))
    return Threat(worth, dict.fromkeys(range(len(world.topics)), held))
