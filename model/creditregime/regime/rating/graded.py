"""What all ratings share: from a raw score to a published grade, with every rule that bends it on the way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.regime.rating.coverage import draw_rated
from creditregime.regime.rating.family import Consequence
from creditregime.regime.rating.holding import bar, fell_by_score, hold, keep
from creditregime.regime.rating.shared import Shared
from creditregime.regime.rating.waiting import note_wait
from creditregime.state import NEVER, Bytes, Floats
from creditregime.world import World


class Graded(Shared):
    """Common part of the ratings. A kind says how a raw score comes about, and which grade a score gives."""

    # What a kind says

    def raw(self, world: World, file: int, score: Floats) -> None:
        """Write the score of a file before bias, noise and limits."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it scores")

    def points_of(self, world: World) -> NDArray[np.float32]:
        """Return the points that a record of each topic and severity takes, (K, 3)."""
        raise NotImplementedError(f"{type(self).__name__} does not say what a record takes")

    def loss(self, world: World, file: int, what: Consequence) -> Floats | np.float32:
        """Return the points that one more record would take from each firm, a scalar or (N,)."""
        return np.float32(what[0])

    def assign(self, world: World, file: int, score: Floats) -> Bytes:
        """Return the grade that an evaluation gives for each score."""
        return self.grade_in(world, file, score)

    def advance(self, world: World) -> None:
        """Bring up to date what must be followed every month, between evaluations too."""

    # What is common

    def topics_of(self, world: World, file: int) -> list[int]:
        """Return the topics whose records the rater of a file sees."""
        if self.topics:
            return [world.topics.index(name) for name in self.topics]
        return super().topics_of(world, file)

    def files(self, topics: int, central: bool) -> int:
        """Return one for a sector rating; else one a topic, or one where records are shared."""
        return super().files(topics, central or bool(self.topics))

    def arrivals(self, world: World) -> tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.integer]]:
        """Return file, firm and topic of the records that entered this month and count."""
        topic, firm = world.entered
        if self.topics or world.law.withheld.any():
            counts = np.isin(topic, self.topics_of(world, 0)) | (len(world.firms.own_score) > 1)
            topic, firm = topic[counts], firm[counts]
        return topic if len(world.firms.own_score) > 1 else np.zeros_like(topic), firm, topic

    def dimensions(self, files: int) -> dict[str, int]:
        """Add the months of holding where a rule of persistence is on."""
        held = self.direct_months or self.score_months or self.barred_months or self.after_lowest
        return super().dimensions(files) | {"hold": files if held else 0}

    def enact(self, world: World) -> None:
        """Write the deductions, and whether some firms go unrated."""
        world.law.points[:] = self.points_of(world)
        if self.topics:
            world.law.points[np.setdiff1d(np.arange(len(world.topics)), self.topics_of(world, 0))] = 0
        world.law.partial = bool(self.coverage or self.opt_out)

    def prepare(self, world: World) -> None:
        """Draw who is rated, and rate everybody for the first time."""
        if self.coverage or self.opt_out:
            draw_rated(world, self.coverage, self.opt_out)
        else:
            world.firms.rated[:] = True
        self._evaluate(world, first=True)

    def rate(self, world: World) -> None:
        """Evaluate on the calendar; what was published stays in between."""
        self.advance(world)
        if (world.month + 1) % self.calendar == 0:
            self._evaluate(world)
            note_wait(world, self.calendar)
        else:
            self._publish(world)

    def register(self, world: World, rows: NDArray[np.int64]) -> None:
        """Give new firms the score and grade of a firm without records, at most the new firms' grade."""
        if not len(rows):
            return
        firms, new = world.firms, np.full(len(rows), self.clean_score, np.float32)
        firms.held_until[:, rows] = NEVER
        if world.law.partial:
            draw_rated(world, self.coverage, self.opt_out, rows)
        for file in range(len(firms.own_score)):
            grade = self.grade_in(world, file, new, rows)
            for condition in self.conditions.values():
                if not condition.records:
                    condition.lower(grade, np.arange(len(rows)), self.grades())
            if self.new_firm_grade is not None:
                grade = np.minimum(grade, np.uint8(self.grades().index(self.new_firm_grade)))
            firms.own_score[file, rows] = firms.score[file, rows] = new
            firms.own_grade[file, rows] = firms.grade[file, rows] = grade

    def deduction(self, world: World, k: int, s: int) -> Consequence | None:
        """Return the points of the table, and whether a serious record is graded directly."""
        if k not in self.topics_of(world, self.file_of(world, k)):
            return None
        points, lowest = float(world.law.points[k, s]), self.direct and s == 2
        concerned = any(condition.concerns(world, k, s) for condition in self.conditions.values())
        if not (points or lowest or concerned):
            return None
        return (points, lowest, k, s) if concerned else (points, lowest)

    def months(self, world: World) -> Floats:
        """Return the terms of records; of serious ones at least as long as a direct grade is held."""
        if not (self.direct and self.direct_months):
            return super().months(world)
        return np.maximum(super().months(world), np.array([0, 0, self.direct_months], np.float32))

    def grade_if(self, world: World, file: int, deduction: Consequence) -> Bytes:
        """Return the grade in a file that each firm would hold after a further record, (N,)."""
        _, lowest, *where = deduction
        if lowest:
            return np.zeros(world.rows, np.uint8)
        firms = world.firms
        score = self._limited(firms.score[file] - self.loss(world, file, deduction), firms.score[file])
        if self.floor is not None:
            np.maximum(score, np.float32(self.floor), out=score)
        grade = self.grade_in(world, file, score)
        for condition in self.conditions.values() if where else ():
            more = int(condition.concerns(world, *where[:2]))
            condition.lower(grade, condition.met(world, self.topics_of(world, file), more), self.grades())
        return np.minimum(grade, firms.grade[file])

    def _evaluate(self, world: World, *, first: bool = False) -> None:
        firms = world.firms
        for file, score in enumerate(firms.own_score):
            self._score(world, file, score, first)
            firms.own_grade[file] = self._grade(world, file, score, first)
        if world.law.partial:
            self._leave_out(world)
        self._publish(world)

    def _score(self, world: World, file: int, score: Floats, first: bool) -> None:
        firms = world.firms
        limited = not first and (self.least_change or self.most_change is not None)
        before = score.copy() if limited else score
        self.raw(world, file, score)
        if self.rater_bias:
            score += np.float32(self.rater_bias) * firms.connected * self._size_factor(world)
        if self.noise:
            score += np.float32(self.noise) * world.draws.normal("rating noise", world.month, file)
        if self.after_lowest and not first:
            score -= np.float32(self.after_lowest) * fell_by_score(world, file, self.calendar)
        if limited:
            score[:] = self._limited(score, before)
        if self.floor is not None:
            np.maximum(score, np.float32(self.floor), out=score)
        if self.cap is not None:
            np.minimum(score, np.float32(self.cap), out=score)

    def _grade(self, world: World, file: int, score: Floats, first: bool) -> Bytes:
        firms = world.firms
        grade = self.assign(world, file, score)
        topics = self.topics_of(world, file)
        for condition in self.conditions.values():
            condition.lower(grade, condition.met(world, topics), self.grades())
        if self.most_up and not first:
            np.minimum(grade, firms.own_grade[file] + np.uint8(self.most_up), out=grade)
        holds = len(firms.held_until) > 0
        if self.score_months and not first:
            hold(world, file, grade, grade == 0, self.score_months)
        if self.direct:
            direct: NDArray[np.bool_] = np.asarray(firms.live[2, list(topics)].any(axis=0))
            grade *= ~direct
            if holds:
                hold(world, file, grade, direct, self.direct_months)
        if holds:
            keep(world, file, grade)
            bar(world, file, grade, self.barred_months, len(self.grades()) - 1)
        return grade

    def _limited(self, score: Floats, before: Floats) -> Floats:
        """Return the score as far as it may move at one evaluation."""
        if self.least_change:
            score = np.where(np.abs(score - before) < np.float32(self.least_change), before, score)
        if self.most_change is not None:
            most = np.float32(self.most_change)
            score = np.clip(score, before - most, before + most)
        return score

    def _size_factor(self, world: World) -> Floats | np.float32:
        if not self.bias_size_elasticity:
            return np.float32(1)
        factor: Floats = world.firms.size ** np.float32(self.bias_size_elasticity)
        return factor

    def _leave_out(self, world: World) -> None:
        """Leave the file of unrated firms empty: it says what that of a firm without records says."""
        firms = world.firms
        rows = np.flatnonzero(~firms.rated)
        for file in range(len(firms.own_score)):
            clean = np.full(len(rows), self.clean_score, np.float32)
            firms.own_score[file, rows] = clean
            firms.own_grade[file, rows] = self.grade_in(world, file, clean, rows)

    def _publish(self, world: World) -> None:
        firms = world.firms
        firms.score[:] = firms.own_score
        firms.grade[:] = firms.own_grade
        if self.new_firm_grade is not None:
            new = np.flatnonzero(firms.born > world.month - self.new_firm_months)
            best = np.uint8(self.grades().index(self.new_firm_grade))
            firms.grade[:, new] = np.minimum(firms.grade[:, new], best)
