"""Statutory fines: what the law itself demands for what was found, regime or not."""

from __future__ import annotations

import numpy as np

from creditregime.codes import Event
from creditregime.component import Rule, parameter
from creditregime.topics import Topic
from creditregime.world import World


class Fines(Rule, family="fines"):
    """Family of rules for fines."""

    def enact(self, world: World, topics: dict[str, Topic]) -> None:
        """Write the law's table of fines."""

    def impose(self, world: World) -> None:
        """Add this month's fines to ``fines``."""


class NoFines(Fines, kind="none"):
    """Findings cost nothing by themselves."""


class Statutory(Fines, kind="statutory"):
    """A topic's fine, by severity, in months of the firm's own initial revenue; none for what no law forbids."""

    minor: float = parameter(0.1, unit="-", ge=0, description="fine for a minor violation relative to a general one")
    serious: float = parameter(4.0, unit="-", ge=0, description="fine for a serious one relative to a general one")
    scale: float = parameter(1.0, unit="-", ge=0, description="factor on all fines")
    by_grade: dict[str, float] = parameter(
        default_factory=dict,
        unit="-",
        description="factor by the grade in the topic's file when the fine is imposed; 1 where not named",
    )

    def enact(self, world: World, topics: dict[str, Topic]) -> None:
        """Write fine by topic and severity."""
        fine = np.array([topic.fine * topic.illegal for topic in topics.values()], np.float32) * np.float32(self.scale)
        world.law.fine[:] = fine[:, None] * np.array([self.minor, 1, self.serious], np.float32)
        if self.by_grade:
            world.law.fine_by_grade = np.array([self.by_grade.get(name, 1) for name in world.law.grades], np.float32)

    def impose(self, world: World) -> None:
        """Fine every finding, true or not."""
        found = world.findings
        if len(found.firm):
            fine = world.law.fine[found.topic, found.severity - 1] * world.firms.size[found.firm]
            fine *= world.law.fine_by_origin[found.origin]
            if world.law.fine_by_grade is not None:
                grade = world.firms.grade
                file = found.topic if len(grade) > 1 else np.zeros_like(found.topic)
                fine *= world.law.fine_by_grade[grade[file, found.firm]]
            np.add.at(world.firms.fines, found.firm, fine)
            world.log(Event.FINED, found.firm[fine > 0], found.topic[fine > 0])
