"""Accountability of regulators: agencies whose records are audited, who answer for error and delay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from creditregime.component import Rule, parameter
from creditregime.market.finance import Finance
from creditregime.regime.records import strike
from creditregime.regime.repair import Repair
from creditregime.state import Floats
from creditregime.units import MONTHS
from creditregime.world import World


class Accountability(Rule, family="accountability"):
    """Family of rules by which regulators answer for what they do."""

    def audit(self, world: World, finance: Finance, repair: Repair) -> None:
        """Look into this month's records, and let agencies respond."""


class NoAccountability(Accountability, kind="none"):
    """Nobody checks the regulators."""


class RatedAgencies(Accountability, kind="rated_agencies"):
    """A share of new records is audited; false ones are struck, firms compensated, and agencies above a norm improve.

    An agency's mark is the share of its audited records, those of about the last year, that were false. While the mark
    is above ``norm``, its chance of finding what is not there falls each month by a share ``response`` of its distance
    to the lowest that effort can reach (``floor``); else it drifts back by ``relaxation``. Its processing time of
    applications for repair does the same against ``processing_norm``.
    """

    share: float = parameter(
        0.2, unit="probability", ge=0, le=1, description="chance that a new record is audited", standing="partly"
    )
    norm: float = parameter(
        0.005, unit="share", ge=0, le=1, description="false records among the audited that an agency may have"
    )
    response: float = parameter(
        0.2, unit="share/month", ge=0, le=1, description="how fast an agency above the norm improves"
    )
    relaxation: float = parameter(
        0.02, unit="share/month", ge=0, le=1, description="how fast an agency within the norm grows careless again"
    )
    floor: float = parameter(
        0.2, unit="-", ge=0, le=1, description="lowest factor on errors and on processing time that effort can reach"
    )
    compensation: float = parameter(
        0.05,
        unit="months of own revenue",
        ge=0,
        description="what the state pays a firm for a false record, besides the fine returned",
        source="State Compensation Law 2010 Art. 2 (principle; the amount is an assumption)",
        standing="real",
    )
    processing_norm: float = parameter(
        0.5,
        unit="months",
        ge=0,
        description="time in which applications for repair must be decided",
        source="SAMR repair measures 2021: 15 working days",
        standing="real",
    )

    def audit(self, world: World, finance: Finance, repair: Repair) -> None:
        """Strike false records, pay, mark the agencies, and move their care."""
        start = world.records.month_ends[-1] if world.records.month_ends else 0
        rows = start + np.flatnonzero(self._drawn(world, start))
        false = rows[~world.records["true"][rows]]
        self._mark(world, rows, false)
        if len(false):
            self._overturn(world, finance, false)
        regulators = world.regulators
        seen = np.maximum(regulators.audited, np.float32(1e-9))
        self._move(regulators.error, regulators.overturned > np.float32(self.norm) * seen)
        self._move(regulators.tardiness, regulators.tardiness * repair.processing_time > self.processing_norm)

    def _drawn(self, world: World, start: int) -> NDArray[np.bool_]:
        topic, firm = world.records["topic"][start:], world.records["firm"][start:]
        drawn = np.zeros(len(topic), np.bool_)
        for k in range(len(world.topics)):
            here = np.flatnonzero(topic == k)
            draws = world.draws.at(firm[here].astype(np.int64), "audit", world.month, k)
            drawn[here] = draws < np.float32(self.share)
        return drawn

    def _mark(self, world: World, rows: NDArray[np.int64], false: NDArray[np.int64]) -> None:
        """Add the month's audits to each jurisdiction's agencies, and let those of old fade."""
        records, regulators = world.records, world.regulators
        for column, found in ((regulators.audited, rows), (regulators.overturned, false)):
            np.multiply(column, np.float32(1 - 1 / MONTHS), out=column)
            np.add.at(column, (world.places(records["firm"][found]), records["regulator"][found]), np.float32(1))

    def _overturn(self, world: World, finance: Finance, false: NDArray[np.int64]) -> None:
        records, firms = world.records, world.firms
        firm, topic = records["firm"][false].astype(np.int64), records["topic"][false]
        fine = world.law.fine[topic, records["severity"][false] - 1] * firms.size[firm]
        np.subtract.at(firms.fines, firm, fine)
        np.maximum(firms.fines, 0, out=firms.fines)  # what rounding leaves
        finance.compensate(world, firm, np.float32(self.compensation) * firms.size[firm])
        world.count("records_overturned", firm)
        entered = strike(world, false)
        key = world.entered[0].astype(np.int64) * world.rows + world.entered[1]
        kept = ~np.isin(key, topic[entered].astype(np.int64) * world.rows + firm[entered])
        world.entered = (world.entered[0][kept], world.entered[1][kept])

    def _move(self, factor: Floats, above: NDArray[np.bool_]) -> None:
        """Move factors, (J, R) in place: down where agencies are above the norm, else back up to 1."""
        down = np.float32(self.response) * (np.minimum(np.float32(self.floor), factor) - factor)
        factor += np.where(above, down, np.float32(self.relaxation) * (1 - factor))
