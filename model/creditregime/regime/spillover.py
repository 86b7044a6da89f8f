"""Spillover channels: how a rating or a listing reaches connected firms."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.codes import Standing
from creditregime.component import Rule, Settings, parameter
from creditregime.regime.lists import ListRule, enter, leave
from creditregime.regime.neighbours import Neighbours, katz, refuse_divergence
from creditregime.regime.rating import Rating
from creditregime.world import Floats, World


class PartnerSpillover(Rule, family="spillover.partner"):
    """Family of channels along supply links."""

    def prepare(self, world: World) -> None:
        """Refuse what cannot be computed."""

    def shortfall(self, world: World, own: Floats) -> Floats | None:
        """Return the points to deduct from each firm's file, (N,), given everybody's own shortfall."""
        return None

    def listings(self, world: World, lists: dict[str, ListRule]) -> None:
        """Put firms on lists, or take them off, because of their partners."""


class NoPartnerSpillover(PartnerSpillover, kind="none"):
    """Partners' ratings do not matter."""


class Linear(PartnerSpillover, kind="linear"):
    """A share of the partners' mean shortfall is deducted, or partners' listings list the firm.

    In mode ``points``, with shortfall h (base score less own score) and A the averaging over partners: first order
    deducts φ A h; truncated at H hops deducts the first H terms of Σ (φ A)^n h; recursive deducts all of them, the
    Katz/Leontief form x = (I − φ A)⁻¹ h less h. In mode ``list`` a firm is on a blacklist by association while the
    listed share of its partners is at least the threshold.
    """

    strength: float = parameter(
        0.3,
        unit="share",
        ge=0,
        le=10,
        description="φ: share of the partners' shortfall that is deducted",
        source="EU Chamber 2019: scores 'will be impacted by the ratings of suppliers and business partners'",
        standing="partly",
    )
    direction: Literal["suppliers", "buyers", "both"] = parameter("suppliers", unit="-", description="whose shortfall")
    mode: Literal["points", "list"] = parameter(
        "points", unit="-", description="what spills over", planned_values=("grade", "lever")
    )
    weighting: Literal["value", "equal", "sum"] = parameter(
        "value", unit="-", description="mean weighted by trade value, plain mean, or sum over partners"
    )
    reach: Literal["first_order", "truncated", "recursive"] = parameter(
        "first_order", unit="-", description="direct partners, a number of hops, or all the way"
    )
    hops: int = parameter(2, unit="hops", ge=1, le=100, description="truncated: number of hops")
    threshold: float = parameter(0.5, unit="share", gt=0, description="list: listed share of partners that lists")

    @model_validator(mode="after")
    def _converges(self) -> Self:
        if self.mode == "points" and self.reach == "recursive" and self.weighting != "sum" and self.strength >= 1:
            raise ValueError(f"strength: {self.strength} does not converge; recursive spillover needs less than 1")
        return self

    def prepare(self, world: World) -> None:
        """Refuse a recursive sum that does not converge on this network."""
        if self.mode == "points" and self.reach == "recursive" and self.weighting == "sum":
            refuse_divergence(Neighbours(world.network, world.firms.size, self.direction, "sum"), self.strength)

    def shortfall(self, world: World, own: Floats) -> Floats | None:
        """Return φ times the partners' shortfall, by the reach."""
        if self.mode != "points" or not self.strength or not own.any():
            return None
        neighbours = Neighbours(world.network, world.firms.size, self.direction, self.weighting)
        if self.reach == "recursive":
            return katz(neighbours, self.strength, own)
        total, wave = np.zeros_like(own), own
        for _ in range(self.hops if self.reach == "truncated" else 1):
            wave = np.float32(self.strength) * neighbours.mean(wave)
            total += wave
        return total

    def listings(self, world: World, lists: dict[str, ListRule]) -> None:
        """List by association while the partners' listed share is at least the threshold."""
        if self.mode != "list":
            return
        neighbours = Neighbours(world.network, world.firms.size, self.direction, self.weighting)
        for number, rule in enumerate(lists.values()):
            if rule.colour == "black":
                self._listing(world, number, neighbours)

    def _listing(self, world: World, number: int, neighbours: Neighbours) -> None:
        listing = world.firms.listing[number]
        source = listing > 0 if self.reach == "recursive" else listing == Standing.OWN
        share = neighbours.mean(source.astype(np.float32)) if source.any() else np.zeros(world.rows, np.float32)
        reached = share >= np.float32(self.threshold)
        reached &= world.firms.active
        leave(world, number, np.flatnonzero((listing == Standing.ASSOCIATED) & ~reached), repaired=False)
        enter(world, number, np.flatnonzero(reached & (listing == 0)), Standing.ASSOCIATED)


class GroupSpillover(Rule, family="spillover.group"):
    """Family of channels within a group: parent and branches."""

    def shortfall(self, world: World, own: Floats) -> Floats | None:
        """Return the points to deduct from each firm's file, (N,)."""
        return None


class NoGroupSpillover(GroupSpillover, kind="none"):
    """A branch's slip stays the branch's."""


class GroupLinear(GroupSpillover, kind="linear"):
    """A share of the branches' mean shortfall counts for the parent, or of the parent's for the branches."""

    strength: float = parameter(
        0.5, unit="share", ge=0, le=1, description="share of the shortfall deducted", standing="unverified"
    )
    direction: Literal["branch_to_parent", "parent_to_branch", "both"] = parameter(
        "branch_to_parent", unit="-", description="whose slip counts for whom", standing="unverified"
    )

    def shortfall(self, world: World, own: Floats) -> Floats | None:
        """Return strength times the group's shortfall."""
        group = world.firms.group
        branches = np.flatnonzero((group != np.arange(world.rows)) & world.firms.active)
        if not len(branches) or not self.strength:
            return None
        total = np.zeros(world.rows, np.float32)
        parents = group[branches]
        if self.direction != "parent_to_branch":
            counts = np.bincount(parents, minlength=world.rows)
            total += np.bincount(parents, own[branches], minlength=world.rows) / np.maximum(counts, 1)
        if self.direction != "branch_to_parent":
            total[branches] += own[parents]
        total *= np.float32(self.strength)
        return total


class PersonSpillover(Rule, family="spillover.person"):
    """Family of channels through a shared responsible person."""

    def taint(self, world: World, listed: NDArray[np.bool_]) -> None:
        """Remember whose firm is blacklisted."""

    def register(self, world: World, rows: NDArray[np.int64]) -> None:
        """Grade new firms by what their responsible persons did before."""

    def grade(self, world: World) -> None:
        """Apply the grade to firms still under it."""


class NoPersonSpillover(PersonSpillover, kind="none"):
    """Responsible persons start afresh."""


class AssociatedD(PersonSpillover, kind="associated_d"):
    """A new firm run by the responsible person of a blacklisted firm is graded lowest for a time."""

    months: int = parameter(
        12,
        unit="months",
        ge=1,
        le=1200,
        description="how long the new firm is graded lowest",
        source="STA Announcements 2014 No. 40 Art. 20(8)(9) and 2015 No. 85",
        standing="real",
    )
    memory: int = parameter(60, unit="months", ge=1, le=1200, description="how long the person stays marked")

    def taint(self, world: World, listed: NDArray[np.bool_]) -> None:
        """Mark the persons of blacklisted firms with this month."""
        world.tainted[world.firms.person[listed]] = world.month

    def register(self, world: World, rows: NDArray[np.int64]) -> None:
        """Mark new firms of marked persons."""
        marked = rows[world.tainted[world.firms.person[rows]] >= max(world.month - self.memory, 0)]
        world.firms.associated_until[marked] = world.month + self.months
        world.count("associated_entries", marked)

    def grade(self, world: World) -> None:
        """Grade lowest while the mark lasts."""
        under = np.flatnonzero(world.firms.associated_until > world.month)
        world.firms.grade[:, under] = 0


class ContractorSpillover(Rule, family="spillover.contractor", planned=("linear",)):
    """Family of channels from contractors to principals."""


class NoContractorSpillover(ContractorSpillover, kind="none"):
    """A contractor's act is the contractor's alone."""


class StaffSpillover(Rule, family="spillover.staff", planned=("linear",)):
    """Family of channels from workers' scores to the firm (press framing; no rule was found)."""


class NoStaffSpillover(StaffSpillover, kind="none"):
    """Workers' scores do not matter."""


class Spillover(Settings):
    """All channels; each is a place that a rule can fill."""

    partner: PartnerSpillover = parameter(
        default_factory=NoPartnerSpillover, unit="-", description="supply partners", standing="partly"
    )
    group: GroupSpillover = parameter(
        default_factory=NoGroupSpillover, unit="-", description="parent and branches", standing="unverified"
    )
    person: PersonSpillover = parameter(
        default_factory=NoPersonSpillover, unit="-", description="shared responsible person", standing="real"
    )
    contractor: ContractorSpillover = parameter(
        default_factory=NoContractorSpillover, unit="-", description="contractor to principal", standing="real"
    )
    staff: StaffSpillover = parameter(
        default_factory=NoStaffSpillover, unit="-", description="workforce scores", standing="unverified"
    )

    def associate(self, world: World, rating: Rating, lists: dict[str, ListRule], listed: NDArray[np.bool_]) -> None:
        """Carry ratings and listings to connected firms, file by file."""
        self.person.taint(world, listed)
        if rating.rates:
            for number in range(len(world.firms.score)):
                self._deduct(world, rating, number)
            self.person.grade(world)
        self.partner.listings(world, lists)

    def _deduct(self, world: World, rating: Rating, number: int) -> None:
        firms = world.firms
        best = rating.clean_score
        own = np.maximum(np.float32(best) - firms.own_score[number], 0)
        own *= firms.active
        for channel in (self.partner, self.group):
            points = channel.shortfall(world, own)
            if points is not None:
                if world.law.partial:
                    points *= firms.rated
                firms.score[number] -= points
                lower = rating.grade_in(world, number, firms.score[number])
                np.minimum(firms.grade[number], lower, out=firms.grade[number])
