"""Credit repair: how a firm gets off a list, and its records out of the count, before the longest term."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from creditregime.component import Rule, parameter
from creditregime.regime.conditions import visible
from creditregime.regime.correction import correct, price_points_back
from creditregime.regime.listing import leave
from creditregime.regime.lists import ListRule
from creditregime.regime.records import repair_records, strike
from creditregime.units import monthly
from creditregime.world import World


class Repair(Rule, family="repair"):
    """Family of repair regimes."""

    needs_lists: ClassVar[bool] = True
    anticipated: bool = parameter(
        False,
        unit="-",
        description="firms reckon with repair when they price a list or a record, not with its longest term",
    )

    def enact(self, world: World, lists: dict[str, ListRule]) -> None:
        """Write for how many months firms expect lists and records to last."""
        law = world.law
        law.listed_months[:] = [self.expected(rule) if self.anticipated else rule.max_months for rule in lists.values()]
        law.counted_months[:] = law.terms

    def expected(self, rule: ListRule) -> float:
        """Return the mean months on a list of a firm that stays clean."""
        return rule.max_months

    @property
    def processing_time(self) -> float:
        """Months that an application takes, before agencies' tardiness."""
        return 0.0

    def correct(self, world: World) -> None:
        """Give points back for the speed at which this month's findings are corrected."""

    def repair(self, world: World, lists: dict[str, ListRule]) -> None:
        """Take off the lists whoever has earned it."""


class NoRepair(Repair, kind="none"):
    """Lists last to their longest term, records to their expiry."""


class TimedRepair(Repair, kind="timed"):
    """Listing ends by itself at the shortest term of the list; the topic's records cease to count with it."""

    def expected(self, rule: ListRule) -> float:
        """Return the shortest term."""
        return rule.min_months

    def repair(self, world: World, lists: dict[str, ListRule]) -> None:
        """Release everybody whose shortest term is over."""
        for number, rule in _black(lists):
            _release(world, number, rule, _waiting_over(world, number, rule.min_months))


class ApplicationRepair(Repair, kind="application"):
    """After the shortest term a firm may apply, pays for it, and is released after a delay if it stayed clean.

    Terms by severity are the lists' own: a list of serious cases has a longer shortest term than one of minor cases.
    With ``points_back`` a part of each record's points is given back, the more the sooner what was found is corrected.
    """

    applications: float = parameter(
        0.6, unit="probability/year", ge=0, le=1, description="chance that an eligible firm applies in a year"
    )
    clean_months: int = parameter(6, unit="months", ge=0, le=1200, description="months without a record before release")
    delay: int = parameter(1, unit="months", ge=0, le=60, description="processing time added to the shortest term")
    cost: float = parameter(0.02, unit="months of own revenue", ge=0, description="cost of one repair")
    points_back: bool = parameter(
        False,
        unit="-",
        description="give points back for corrections, by their speed",
        source="STA Announcement 2025 No. 12",
        standing="real",
    )
    back_days: tuple[int, ...] = parameter(
        (3, 30, 90), unit="days", description="points_back: last day of each band of speed but the slowest"
    )
    back_shares: tuple[float, ...] = parameter(
        (1.0, 0.8, 0.6, 0.4),
        unit="share",
        min_length=1,
        description="points_back: share of the points given back in each band, quickest first",
        source="STA Announcement 2025 No. 12",
        standing="real",
    )
    correction_days: float = parameter(
        45.0, unit="days", gt=0, description="points_back: mean time until a firm corrects what was found (exponential)"
    )

    @model_validator(mode="after")
    def _bands_fit(self) -> Self:
        if len(self.back_shares) != len(self.back_days) + 1:
            raise ValueError(f"back_shares: {len(self.back_days) + 1} shares are needed, one more than back_days")
        if list(self.back_days) != sorted(self.back_days) or min(self.back_days, default=1) < 1:
            raise ValueError("back_days must be rising days, 1 at least")
        if any(not 0 <= share <= 1 for share in self.back_shares):
            raise ValueError("back_shares must lie between 0 and 1")
        return self

    def enact(self, world: World, lists: dict[str, ListRule]) -> None:
        """Write expected months; with points back, records expected to be forgiven in part weigh less."""
        super().enact(world, lists)
        if self.anticipated and self.points_back:
            world.law.counted_months *= price_points_back(self.back_days, self.back_shares, self.correction_days)

    def expected(self, rule: ListRule) -> float:
        """Return the shortest term, the delay, and the mean wait of a firm that applies at random."""
        return self._mean_wait(rule.min_months + self.delay, rule.max_months)

    def _mean_wait(self, first: float, last: float) -> float:
        chance = monthly(self.applications)
        if first >= last or not chance:
            return last
        return float(first + (1 - chance) / chance * (1 - (1 - chance) ** (last - first)))

    @property
    def processing_time(self) -> float:
        """The delay."""
        return float(self.delay)

    def correct(self, world: World) -> None:
        """Follow the corrections of this month's findings, and add up the points given back."""
        if self.points_back:
            correct(world, self.back_days, self.back_shares, self.correction_days)

    def repair(self, world: World, lists: dict[str, ListRule]) -> None:
        """Release the applicants."""
        firms = world.firms
        clean = firms.last_record <= world.month - self.clean_months
        for number, rule in _black(lists):
            rows = _waiting_over(world, number, rule.min_months + self._processing(world, rule))
            rows = rows[clean[rows]]
            if len(rows):
                draws = world.draws.uniform("apply", world.month, number)[rows]
                rows = rows[draws < np.float32(monthly(self.applications))]
                firms.costs[rows] += np.float32(self.cost) * firms.size[rows]
            _release(world, number, rule, rows)

    def _processing(self, world: World, rule: ListRule) -> NDArray[np.int64]:
        """Return the months that the list's agencies take, (J,): the delay, scaled by how tardy they are."""
        agencies = np.isin(world.regulators.topic, rule.topics_of(world))
        tardiness = world.regulators.tardiness[:, agencies].mean(axis=1)
        return np.rint(np.float32(self.delay) * tardiness).astype(np.int64)


class GradedRepair(ApplicationRepair, kind="graded"):
    """Repair by the severity of each record, besides that of lists on application.

    A record may be repaired on application after the shortest term of its severity, and ceases to count by itself at
    the longest; a firm applies for all its records at once. Terms run from the entry of the record. The defaults are
    those of 2026.
    """

    needs_lists: ClassVar[bool] = False
    minor_min: int = parameter(
        0, unit="months", ge=0, le=1200, description="minor records: shortest term", source="NDRC Order 36 (2026)"
    )
    minor_max: int = parameter(
        3, unit="months", ge=1, le=1200, description="minor records: longest term", source="NDRC Order 36 (2026)"
    )
    general_min: int = parameter(
        3, unit="months", ge=0, le=1200, description="general records: shortest term", source="NDRC Order 36 (2026)"
    )
    general_max: int = parameter(
        12, unit="months", ge=1, le=1200, description="general records: longest term", source="NDRC Order 36 (2026)"
    )
    serious_min: int = parameter(
        12, unit="months", ge=0, le=1200, description="serious records: shortest term", source="NDRC Order 36 (2026)"
    )
    serious_max: int = parameter(
        36, unit="months", ge=1, le=1200, description="serious records: longest term", source="NDRC Order 36 (2026)"
    )

    @model_validator(mode="after")
    def _terms_in_order(self) -> Self:
        for name, (first, last) in zip(("minor", "general", "serious"), self._terms(), strict=True):
            if first > last:
                raise ValueError(f"{name}_min ({first}) must not exceed {name}_max ({last})")
        return self

    def _terms(self) -> Iterator[tuple[int, int]]:
        yield self.minor_min, self.minor_max
        yield self.general_min, self.general_max
        yield self.serious_min, self.serious_max

    def enact(self, world: World, lists: dict[str, ListRule]) -> None:
        """Write expected months; records count for what repair leaves of the registry's terms."""
        super().enact(world, lists)
        if self.anticipated:
            waits = [self._mean_wait(first + self.delay, last) for first, last in self._terms()]
            world.law.counted_months[:] *= np.minimum(np.array(waits, np.float32) / world.law.terms, 1)

    def repair(self, world: World, lists: dict[str, ListRule]) -> None:
        """Release applicants from lists, then repair records."""
        super().repair(world, lists)
        rows = visible(world, max(world.law.lives, default=1))
        if len(rows):
            self._repair_records(world, rows)

    def _repair_records(self, world: World, rows: NDArray[np.int64]) -> None:
        records, firms = world.records, world.firms
        first, last = np.array([*self._terms()]).T[:, records["severity"][rows] - 1]
        age = world.month - records["entry"][rows]
        firm = records["firm"][rows].astype(np.int64)
        eligible = (age >= first + self.delay) & (firms.last_record[firm] <= world.month - self.clean_months)
        eligible &= age < last
        able = np.unique(firm[eligible])
        draws = world.draws.at(able, "apply for records", world.month)
        applicants = able[draws < np.float32(monthly(self.applications))]
        firms.costs[applicants] += np.float32(self.cost) * firms.size[applicants]
        done = (age >= last) | (eligible & np.isin(firm, applicants))
        strike(world, rows[done])
        world.count("records_repaired", firm[done])


def _black(lists: dict[str, ListRule]) -> list[tuple[int, ListRule]]:
    return [(number, rule) for number, rule in enumerate(lists.values()) if rule.colour == "black"]


def _waiting_over(world: World, number: int, months: int | NDArray[np.int64]) -> NDArray[np.int64]:
    """Return who has been on a list for some months, the same for all or one number a jurisdiction."""
    listed = np.flatnonzero(world.firms.listing[number])
    least = months if isinstance(months, int) else world.per_row(months, listed)
    return listed[world.firms.listed_since[number, listed] <= world.month - least]


def _release(world: World, number: int, rule: ListRule, rows: NDArray[np.int64]) -> None:
    if not len(rows):
        return
    world.count("repaired", rows)
    leave(world, number, rows, repaired=True)
    if not rule.by_records:
        return
    flags = np.zeros((len(world.topics), world.rows), np.bool_)
    for k in rule.topics_of(world):
        flags[k, rows] = True
    repair_records(world, flags)
