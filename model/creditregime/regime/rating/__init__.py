"""Rating rules: visible records become a score and a grade in each file.

A *file* is what one rater sees of a firm: one file where records are shared, one a topic where they are not.
Grades are numbered from the lowest, 0.
"""

from __future__ import annotations

from creditregime.regime.rating.combined import Checklist, Weighted, WorstTopic
from creditregime.regime.rating.conditions import Condition
from creditregime.regime.rating.decay import Decay
from creditregime.regime.rating.family import NoRating, Rating
from creditregime.regime.rating.graded import Graded
from creditregime.regime.rating.percentile import Percentile
from creditregime.regime.rating.points import Points, TopicTiers

__all__ = [
    "Checklist",
    "Condition",
    "Decay",
    "Graded",
    "NoRating",
    "Percentile",
    "Points",
    "Rating",
    "TopicTiers",
    "Weighted",
    "WorstTopic",
]
