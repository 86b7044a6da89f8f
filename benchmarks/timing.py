"""What sweeps are measured with: sizes, clocks, and sweeps that are timed."""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from creditregime import Study, sweep
from creditregime.laboratory.sweeps import plan

WORKERS = 2
POINTS = 10


class Taken(NamedTuple):
    """Seconds a run: by the clock, and of processor time in all processes."""

    clock: float
    processor: float


class Size(NamedTuple):
    """How much is run."""

    runs: int
    firms: int
    months: int
    slice: int
    finished: int

    @property
    def full(self) -> bool:
        """Whether the targets, which hold for this size and larger ones, are judged."""
        return self.runs >= 1000 and self.firms >= 500 and self.months >= 120 and self.finished >= 100_000

    def study(self, months: int | None = None, scenario: str | None = None) -> Study:
        """Return the study of so many runs: ten strengths of spillover, the same seeds at each."""
        base = [] if scenario else ["regime=joint_2016"]
        strengths = np.linspace(0, 0.45, POINTS).round(2).tolist()
        return Study.parse(
            {
                "base": [*base, f"population.firms={self.firms}", f"months={months or self.months}"],
                "scenario": scenario,
                "design": {"kind": "grid", "factors": {"spillover.partner.strength": strengths}},
                "replicates": {"kind": "fixed", "seeds": max(1, self.runs // POINTS)},
            }
        )


def measured(action: Callable[[], object], runs: int) -> Taken:
    """Return what an action takes a run, the processes that it started included."""
    clock, processor = time.perf_counter(), _processor()
    action()
    clock = time.perf_counter() - clock
    for child in multiprocessing.active_children():  # only what has ended is counted
        child.join()
    return Taken(clock / runs, (_processor() - processor) / runs)


def _processor() -> float:
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in parts)


def swept(study: Study) -> Taken:
    """Return what a run takes in a sweep with two workers: their start and all files included."""
    seeds = getattr(study.replicates, "seeds", 0)
    with tempfile.TemporaryDirectory() as folder:
        return measured(lambda: sweep(study, Path(folder) / "sweep", workers=WORKERS), POINTS * seeds)


def alone(study: Study) -> Taken:
    """Return the same with every run in a world of its own."""
    usual = plan.MOST_AT_ONCE
    plan.MOST_AT_ONCE = 1
    try:
        return swept(study)
    finally:
        plan.MOST_AT_ONCE = usual
