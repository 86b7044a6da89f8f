"""What a firm stands to lose if the points of one more violation are deducted."""

from __future__ import annotations

import numpy as np

from creditregime.regime.lists import ListRule
from creditregime.regime.rating import Rating
from creditregime.units import present_months
from creditregime.world import Floats, World


def stakes(world: World, rating: Rating, lists: dict[str, ListRule], discount: float) -> Floats:
    """Return the perceived value at stake of one more record, (K, N), months of own revenue.

    For each severity, weighted by its share: the cost of the grade that the firm would then hold less that of the
    grade it holds, over the time for which the record acts on it; and the cost of each list that it would then enter,
    over the longest term. Firms take it into account as far as they are aware of the regime.
    """
    values = np.zeros((len(world.topics), world.rows), np.float32)
    _add_grades(world, rating, discount, values)
    for number, rule in enumerate(lists.values()):
        _add_list(world, number, rule, discount, values)
    if values.any():
        values *= world.firms.aware
    return values


def _add_grades(world: World, rating: Rating, discount: float, values: Floats) -> None:
    law, firms = world.law, world.firms
    if not law.grade_cost.any():
        return
    months = [present_months(float(term), discount) for term in rating.months(world)]
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


def _add_list(world: World, number: int, rule: ListRule, discount: float, values: Floats) -> None:
    law = world.law
    cost = law.list_cost[:, number] * np.float32(present_months(rule.max_months, discount))
    if (cost <= 0).all():
        return
    cost = world.spread(np.maximum(cost, 0))
    free = world.firms.listing[number] == 0
    for k in rule.topics_of(world):
        chance = rule.chance_of_entry(world, k)
        if chance is not None:
            values[k] += cost * (free * chance)
