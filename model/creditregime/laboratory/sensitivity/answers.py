"""What a finished sweep says about one outcome: its mean at every point of the design that can be used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from creditregime.errors import StoreError
from creditregime.laboratory.sensitivity.noise import Noise, noise_of
from creditregime.laboratory.sensitivity.resampling import Reals, is_constant
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.cells import by_point
from creditregime.laboratory.sweeps.designs import Morris, Saltelli

_PARTS: dict[type, str] = {Saltelli: "blocks", Morris: "trajectories"}
FEWEST = 2
"""Parts without which there is nothing to estimate from."""
_MOST_NAMED = 10


@dataclass(frozen=True, eq=False)
class Answer:
    """One outcome over a design.

    Attributes
    ----------
    outcome
        Its name.
    points : (n, D)
        Factors at the points that are used.
    values : (n,)
        Mean over seeds there.
    block
        Points that belong together: those of a block of Saltelli's design, or of a trajectory.
    parts
        What they are called.
    blocks, left_out
        How many of them are used, and how many are not, as they have a point without a value.
    holes
        The points without a value.
    seeds
        Smallest and largest number of seeds of a point.
    noise
        The seeds' part.
    reason
        Why nothing can be estimated; empty if it can.
    """

    outcome: str
    points: Reals
    values: Reals
    block: int
    parts: str
    blocks: int
    left_out: int
    holes: tuple[int, ...]
    seeds: tuple[int, int]
    noise: Noise
    reason: str

    @property
    def note(self) -> str:
        """What was left out, in one line; empty if nothing was."""
        if not self.holes:
            return ""
        named = ", ".join(map(str, self.holes[:_MOST_NAMED])) + ", ..." * (len(self.holes) > _MOST_NAMED)
        left = f"{self.left_out} of {self.blocks + self.left_out} {self.parts} are left out"
        return f"{self.outcome}: no value at {len(self.holes)} points ({named}), so that {left}"


def block_of(sweep: Sweep) -> int:
    """Return how many points of a sweep's design belong together."""
    design = sweep.study.design
    number = len(design.names)
    if isinstance(design, Saltelli):
        return (2 * number if design.second_order else number) + 2
    return number + 1 if isinstance(design, Morris) else 1


def require_finished(sweep: Sweep) -> None:
    """Refuse a sweep that is not finished: what is missing is no random part of the design."""
    if not sweep.finished:
        number = f"{len(sweep.runs):,} runs of {len(sweep.points):,} points"
        raise StoreError(f"{sweep.folder}: is not finished ({number} so far); the same sweep command goes on")


def answer(sweep: Sweep, outcome: str) -> Answer:
    """Return what a finished sweep says about an outcome.

    A point without any finished run, or at which the outcome has no value in any run (such as a share of none), takes
    its whole block or trajectory out of the analysis, since the estimators need all of it.
    """
    runs = pd.DataFrame(by_point(sweep, [outcome])[:, :, 0])
    mean, block = runs.mean(axis=1).to_numpy(float), block_of(sweep)
    there = np.isfinite(mean).reshape(-1, block).all(axis=1)
    used = np.repeat(there, block)
    counts = runs[used].notna().sum(axis=1)
    points = sweep.points[[*sweep.study.design.names]].to_numpy(float)
    values = mean[used]
    return Answer(
        outcome=outcome,
        points=points[used],
        values=values,
        block=block,
        parts=_PARTS.get(type(sweep.study.design), "points"),
        blocks=int(there.sum()),
        left_out=int((~there).sum()),
        holes=tuple(np.flatnonzero(~np.isfinite(mean)).tolist()),
        seeds=(int(counts.min()), int(counts.max())) if len(counts) else (0, 0),
        noise=noise_of(runs[used]),
        reason=_reason(values, int(there.sum())),
    )


def _reason(values: Reals, blocks: int) -> str:
    if blocks < FEWEST:
        return "too few parts of the design have a value at all their points"
    return f"constant: {values[0]:.6g} at every point" if is_constant(values) else ""
