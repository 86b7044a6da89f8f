"""Ratings that combine topics otherwise than by adding points up: the worst topic, a weighted mean, a checklist."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.component import PerTopic, parameter
from creditregime.regime.rating.family import Consequence
from creditregime.regime.rating.points import Banded, Scored
from creditregime.state import Floats
from creditregime.units import by_topic
from creditregime.world import World


class _Combined(Scored, Banded):
    """Common part of the ratings that score each topic (within floor and cap) and combine the scores."""

    def combine(self, world: World, file: int, scores: Floats) -> Floats:
        """Return one score a firm, (N,), from those of the file's topics, (topics, N)."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it combines topics")

    def deduction(self, world: World, k: int, s: int) -> Consequence | None:
        """Return the points, and in which topic and severity: what they do depends on the other topics."""
        what = super().deduction(world, k, s)
        return what and (*what[:2], k, s)

    def raw(self, world: World, file: int, score: Floats) -> None:
        """Combine the topics' scores."""
        scores = self._topic_scores(world, file)
        scores += self.bonus(world, file)
        score[:] = self.combine(world, file, self._within(scores))

    def loss(self, world: World, file: int, what: Consequence) -> Floats | np.float32:
        """Return what the combined score loses when the topic's score falls and the clean years end, (N,)."""
        key = ("topic scores", file)
        if key not in world.memo:  # records do not change while firms weigh what one more would do
            plain = self._topic_scores(world, file)
            now = self.combine(world, file, self._within(plain + self.bonus(world, file)))
            world.memo[key] = plain, now
        plain, now = world.memo[key]
        after = plain.copy()
        after[list(self.topics_of(world, file)).index(what[2])] -= np.float32(what[0])
        loss: Floats = now - self.combine(world, file, self._within(after))
        return loss

    def _topic_scores(self, world: World, file: int) -> Floats:
        topics = self.topics_of(world, file)
        scores = np.full((len(topics), world.rows), self.base, np.float32)
        for k, score in zip(topics, scores, strict=True):
            self.deduct(world, (k,), score)
        return scores

    def _within(self, scores: Floats) -> Floats:
        low = -np.inf if self.floor is None else self.floor
        high = np.inf if self.cap is None else self.cap
        return np.clip(scores, np.float32(low), np.float32(high))


class WorstTopic(_Combined, kind="worst_topic"):
    """The grade is the worst of the topics' grades: no good record elsewhere makes up for a bad topic.

    Where records are not shared, each rater sees one topic, and grades by it.
    """

    def combine(self, world: World, file: int, scores: Floats) -> Floats:
        """Return the lowest score: the cut-offs are the same in all topics, so its grade is the worst."""
        lowest: Floats = scores.min(axis=0)
        return lowest


class Weighted(_Combined, kind="weighted"):
    """The score is the weighted mean of the topics' scores; floor and cap bound each topic.

    Where records are not shared, each rater sees one topic, and weights do not matter.
    """

    weights: PerTopic = parameter(1.0, unit="-", description="weight of each topic; they need not add up to one")

    @model_validator(mode="after")
    def _weighs_something(self) -> Self:
        if not any(self.weights.values() if isinstance(self.weights, dict) else [self.weights]):
            raise ValueError("weights: at least one must be above 0")
        return self

    def combine(self, world: World, file: int, scores: Floats) -> Floats:
        """Return the weighted mean."""
        weights = by_topic(self.weights, world.topics)[list(self.topics_of(world, file))]
        if len(weights) == 1:
            return scores[0]
        mean: Floats = (weights / weights.sum()) @ scores
        return mean


class Checklist(Banded, kind="checklist"):
    """The score is the share of specific rules that are met, in per cent; a live record is a rule broken.

    Severity does not count, but for `direct` and `conditions`. Of a topic no more rules can be broken than it has.
    """

    bands: dict[str, float] = parameter(
        default_factory=lambda: {"A": 100.0, "B": 99.5, "C": 99.0},
        unit="% of rules",
        min_length=1,
        description="lowest share of rules met of each grade, best grade first",
    )

    @property
    def clean_score(self) -> float:
        """Return 100: all rules are met."""
        return 100.0

    def points_of(self, world: World) -> NDArray[np.float32]:
        """Return what one rule weighs among those that the file's rater looks at."""
        rules = world.law.rules
        seen = rules[list(self.topics_of(world, 0))].sum()
        total = np.full(len(rules), seen) if len(world.firms.own_score) == 1 else rules
        weight: NDArray[np.float32] = np.repeat(100 / total[:, None], 3, axis=1).astype(np.float32)
        return weight

    def deduction(self, world: World, k: int, s: int) -> Consequence | None:
        """Return what one rule weighs, and in which topic it is."""
        what = super().deduction(world, k, s)
        return what and (*what[:2], k, s)

    def raw(self, world: World, file: int, score: Floats) -> None:
        """Count the rules that are met."""
        score[:] = np.float32(self.clean_score)
        for k in self.topics_of(world, file):
            score -= world.law.points[k, 0] * np.minimum(_broken(world, k), world.law.rules[k])

    def loss(self, world: World, file: int, what: Consequence) -> Floats | np.float32:
        """Return what one rule weighs for firms that have not broken all rules of the topic."""
        k = what[2]
        loss: Floats = np.float32(what[0]) * (_broken(world, k) < world.law.rules[k])
        return loss


def _broken(world: World, k: int) -> Floats:
    return world.firms.live[:, k].sum(axis=0, dtype=np.float32)
