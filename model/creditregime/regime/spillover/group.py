"""The channel within a group: parent and branches."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from creditregime.component import parameter
from creditregime.regime.neighbours import Layer
from creditregime.regime.spillover.channel import Carrier, Channel, seen_in
from creditregime.state import NEVER, Firms
from creditregime.world import World

GroupDirection = Literal["branch_to_parent", "parent_to_branch", "both"]


class GroupSpillover(Channel, family="spillover.group"):
    """Family of channels within a group: parent and branches."""

    name = "group"


class NoGroupSpillover(GroupSpillover, kind="none"):
    """A branch's slip stays the branch's."""


class GroupLinear(Carrier, GroupSpillover, kind="linear"):
    """A share of the branches' mean shortfall counts for the parent, or of the parent's for the branches.

    See `Carrier` for the modes. A firm that takes the place of a parent that left has no branches.
    """

    strength: float = parameter(
        0.5,
        unit="share",
        ge=0,
        le=1,
        description="share of the shortfall deducted (or measures applied); 0 is off in every mode",
        standing="unverified",
    )
    direction: GroupDirection = parameter(
        "branch_to_parent", unit="-", description="whose slip counts for whom", standing="unverified"
    )

    def layer(self, world: World) -> Layer:
        """Return the group's other firms, by the direction; the mean over branches."""
        return GroupLayer(world.firms, self.direction, region=seen_in(world))

    def counts(self, world: World, chance: float = 1.0) -> Layer:
        """Return the same, one vote each, over open ties; each branch's tie to its parent is drawn once."""
        tied = world.draws.uniform("open group", 0) < np.float32(chance)
        return GroupLayer(world.firms, self.direction, tied, summed=True, region=seen_in(world))


class GroupLayer:
    """The map from a value a firm to the mean over its branches, or to its parent's value."""

    def __init__(
        self,
        firms: Firms,
        direction: GroupDirection,
        tied: NDArray[np.bool_] | None = None,
        *,
        summed: bool = False,
        region: NDArray[np.uint8] | None = None,
    ) -> None:
        branches, parents = branches_of(firms)
        if tied is not None:
            branches, parents = branches[tied[branches]], parents[tied[branches]]
        self._branches, self._parents, self._direction = branches, parents, direction
        # Of a parent or branch in another region, where registries are regional, nothing is known.
        self._seen = np.float32(1) if region is None else (region[parents] == region[branches]).astype(np.float32)
        counts = np.bincount(parents, minlength=len(firms.group))
        self._divisor = np.ones_like(counts) if summed else np.maximum(counts, 1)

    def mean(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the mean (or sum) over neighbours, (N,)."""
        total: NDArray[Any] = np.zeros_like(values)
        if self._direction != "parent_to_branch":
            total += np.bincount(self._parents, values[self._branches] * self._seen, len(values)) / self._divisor
        if self._direction != "branch_to_parent":
            total[self._branches] += values[self._parents] * self._seen
        return total

    @cached_property
    def matrix(self) -> Any:
        """The same map as a sparse matrix, (N, N)."""
        rows = len(self._divisor)
        tie = (np.ones(len(self._branches)) * self._seen, (self._parents, self._branches))
        up: Any = csr_array(tie, shape=(rows, rows))
        down = up.T if self._direction != "branch_to_parent" else 0 * up.T
        up = diags_array(1.0 / self._divisor) @ up
        return csr_array(down if self._direction == "parent_to_branch" else up + down)


def branches_of(firms: Firms) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the active branches and their parents, as far as the parent is still the one that founded them."""
    branches = np.flatnonzero((firms.group != np.arange(len(firms.group))) & firms.active)
    branches = branches[firms.born[firms.group[branches]] == NEVER]
    return branches, firms.group[branches]
