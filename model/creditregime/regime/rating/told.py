"""What the event log tells of grades: each grade as it is given, and each change of it, once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditregime.acceleration import kernel
from creditregime.codes import Event
from creditregime.state import Rows
from creditregime.world import World


class Told:
    """The grades that the log has told; changes are what differs from them.

    With it the grade of every firm in every file, and whether association holds it below the firm's own, can be read
    from the log for any month.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._scale: tuple[str, ...] = ()
        self._grade: NDArray[np.uint8] = np.empty((0, world.rows), np.uint8)
        self._below: NDArray[np.bool_] = np.empty((0, world.rows), np.bool_)

    def opened(self, rows: NDArray[Any]) -> None:
        """Log the grades with which files are opened: of new firms, and what else changed without an evaluation.

        Under a law with other grades, or other files, these are all files.
        """
        firms, scale = self._world.firms, self._world.law.grades
        if scale != self._scale or len(firms.grade) != len(self._grade):
            self._scale, self._grade = scale, np.full_like(firms.grade, 255)
            self._below = np.zeros(firms.grade.shape, np.bool_)
        self._grade[:, rows] = 255
        self._tell(Event.OPENED)

    def graded(self) -> None:
        """Log the changes of an evaluation, association included."""
        self._tell(Event.GRADED)

    def _tell(self, kind: Event) -> None:
        world, firms = self._world, self._world.firms
        for file, grade in enumerate(firms.grade):
            changed, moved = self._changes(file)
            world.log(kind, changed, file, grade[changed])
            world.log(Event.LOWERED, moved, file, self._below[file, moved])

    def _changes(self, file: int) -> tuple[Rows, Rows]:
        """Return who has another grade than told, and who came below its own or back to it; remember what is told."""
        firms, told, below = self._world.firms, self._grade[file], self._below[file]
        grade, own, active = firms.grade[file], firms.own_grade[file], firms.active
        if (kernels := kernel("told", self._world.rows)) is not None:
            return kernels.changes(grade, own, active, told, below)
        lower = (grade < own) & active
        changed, moved = (grade != told) & active, (lower != below) & active
        told[:], below[:] = grade, lower
        return changed.nonzero()[0], moved.nonzero()[0]
