"""Rules of one's own: how firms are rated, whom agencies inspect, how a firm decides."""

import numpy as np

from creditregime.component import parameter
from creditregime.firms.strategies import strategy
from creditregime.regime.inspection import Uniform
from creditregime.regime.rating import Rating


class Strikes(Rating, kind="strikes"):
    """In good standing until a number of records count at the same time, whatever their severity."""

    limit: int = parameter(3, unit="records", ge=1, description="live records that cost the good standing")

    def grades(self):
        """Return the names of the grades, lowest first."""
        return ("struck_out", "good_standing")

    @property
    def clean_score(self):
        """Return the score of a firm without records."""
        return self.limit

    def prepare(self, world):
        """Rate everybody for the first time."""
        self.rate(world)

    def rate(self, world):
        """Count the records of each file: of all topics where records are shared, else of one."""
        firms = world.firms
        shared = len(firms.own_score) == 1
        for number, score in enumerate(firms.own_score):
            live = firms.live if shared else firms.live[:, [number]]
            score[:] = self.limit - live.sum(axis=(0, 1), dtype=np.float32)
            firms.own_grade[number] = self.grade_of(score)
        firms.score[:], firms.grade[:] = firms.own_score, firms.own_grade

    def grade_of(self, score):
        """Return the grade of each score, also after partners' shortfalls were deducted."""
        return (score > 0).astype(np.uint8)

    def deduction(self, world, k, s):
        """Tell firms what they would lose by one more record: one point, and the lowest grade not at once."""
        return (1.0, False)


class RepeatOffenders(Uniform, kind="repeat_offenders"):
    """The more records of the topic count against a firm, the more often it is inspected."""

    per_record: float = parameter(2.0, unit="1/record", ge=0, description="added factor on the rate for each record")

    def chance(self, world, k):
        """Return the probability a month of each firm."""
        return super().chance(world, k) * (1 + self.per_record * world.firms.live[:, k].sum(axis=0, dtype=np.float32))


@strategy("wait_and_see")
def wait_and_see(firm):
    """Comply with what a topic's inspectors enforce, as far as the firm believes; fully once struck out."""
    if firm.grade == "struck_out":
        return 1.0
    return {topic: min(1.0, 0.3 + 5 * belief) for topic, belief in firm.belief.items()}
