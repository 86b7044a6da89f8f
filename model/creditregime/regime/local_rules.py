"""What works across territories: the measures of all of them, and their ratings as spillovers see them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditregime.regime.levers import Measure, sized
from creditregime.regime.measures import Catalogue
from creditregime.regime.rating import Rating
from creditregime.state import Bytes, Floats, Rows
from creditregime.world import World


class LocalCatalogue(Catalogue):
    """The measures of all territories, each applied where it is in force; equal ones have one number."""

    def __init__(self, world: World, territories: Any) -> None:
        national = territories.scenario
        super().__init__(world, *sized(national), national.joint_punishment, carry=national.spillover.carry)
        self.territories = territories
        found: dict[tuple[str, float], list[tuple[Measure, set[int]]]] = {}
        for number, rules in enumerate(territories.rules):
            for items, sign in zip(sized(rules), (1.0, -1.0), strict=True):
                for name, rule in items.items():
                    same = found.setdefault((name, sign), [])
                    where = next((places for other, places in same if other == rule), None)
                    if where is None:
                        same.append((rule, where := set()))
                    where.add(number)
        entries = [(name, rule, sign, where) for (name, sign), same in found.items() for rule, where in same]
        self.names = tuple(name for name, *_ in entries)
        self.items = [(rule, sign) for _, rule, sign, _ in entries]
        self.scopes = [np.isin(np.arange(len(territories.rules)), [*where]) for *_, where in entries]

    def within(self, world: World, number: int) -> NDArray[np.bool_]:
        """Return whom a measure or reward can reach in the territories where it is in force, (N,)."""
        inside, scope = super().within(world, number), self.scopes[number]
        return inside if scope.all() else inside & scope[self.territories.of]


class Patchwork(Rating):
    """The ratings of all territories, as the spillover channels see them: values a firm, each by its own rating."""

    territories: Any

    @property
    def rates(self) -> bool:  # type: ignore[override]
        """Whether anybody is rated."""
        return any(rules.rating.rates for rules in self.territories.rules)

    @property
    def clean_score(self) -> Any:
        """Return the score of a firm without records where each firm is, (N,); 0 where there is no rating."""
        clean = [rules.rating.clean_score for rules in self.territories.rules]
        return np.array(clean, np.float32)[self.territories.of]

    def grade_in(self, world: World, file: int, score: Floats, rows: Rows | None = None) -> Bytes:
        """Return the grade of each firm's score by the rating where it is; the highest where there is none."""
        where = self.territories.of if rows is None else self.territories.of[rows]
        grade = np.full(len(score), len(world.law.grades) - 1, np.uint8)
        for number, rules in enumerate(self.territories.rules):
            here = np.flatnonzero(where == number)
            if rules.rating.rates and len(here):
                firms = here if rows is None else rows[here]
                grade[here] = rules.rating.grade_in(world, file, score[here], firms)
        return grade
