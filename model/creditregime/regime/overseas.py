"""Firms outside the jurisdiction: whether the regime reaches suppliers, customers and affiliates overseas."""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from creditregime.abroad import Abroad
from creditregime.codes import Lever, Origin, Severity
from creditregime.component import Rule, parameter
from creditregime.regime.neighbours import Neighbours
from creditregime.state import Findings, Floats
from creditregime.world import World


class Overseas(Rule, family="overseas"):
    """Family of rules for firms overseas. They trade like others; what they do breaks no law here."""

    def prepare(self, world: World) -> None:
        """Set the firms overseas apart."""
        rows = np.flatnonzero(world.firms.overseas)
        if len(rows):
            nothing = np.zeros((len(world.topics), len(rows)), np.float32)
            world.abroad = Abroad(rows, nothing, np.zeros(len(rows), np.bool_))
            self.enact(world)

    def enact(self, world: World) -> None:
        """Write who is within reach, and by what; after `hazards`, as what they do is no violation here."""
        if world.abroad is None:
            return
        abroad, hazard = world.abroad, world.firms.hazard
        if hazard[:, abroad.rows].any():
            abroad.hazard[:] = hazard[:, abroad.rows]
            hazard[:, abroad.rows] = 0
        abroad.covered, abroad.levers = self.covered(world, abroad.rows), self.levers()

    def covered(self, world: World, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of the firms overseas the regime rates, (n,)."""
        return np.zeros(len(rows), np.bool_)

    def levers(self) -> tuple[int, ...]:
        """Return the levers that reach them."""
        return ()

    def look(self, world: World) -> None:
        """Add to the month's findings what is seen abroad."""

    def clear_customs(self, world: World) -> None:
        """Delay or speed up the trade of domestic firms by the credit of their partners overseas."""

    def shunned(self, world: World, avoided: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return whom buyers avoid, (N,), given who stands on a published blacklist."""
        return avoided


class NotReached(Overseas, kind="none"):
    """The regime ends at the border: firms overseas are not inspected, recorded, rated or punished."""


class Extraterritorial(Overseas, kind="extraterritorial"):
    """Some firms overseas are watched and rated; what can be done to them is done at the border.

    A covered firm's violations abroad are found with the detection rate published at home times ``detection``. They
    become records, and count in the file, on lists, and through the channels to partners and to affiliates within a
    group, like others; fines are not imposed. Firms overseas keep the effort of their private optimum: what changes is
    who trades with them.
    """

    coverage: float = parameter(
        0.3, unit="probability", ge=0, le=1, description="chance that a firm overseas is covered", standing="unverified"
    )
    detection: float = parameter(
        1.0, unit="-", ge=0, le=100, description="chance that conduct abroad is found, relative to that at home"
    )
    consequences: tuple[Literal["publication", "customs_delay", "links"], ...] = parameter(
        ("publication", "customs_delay", "links"),
        unit="-",
        description="what reaches covered firms: measures of publication, measures of customs delay on all that they"
        " deliver, and that buyers drop those on a published blacklist",
        standing="unverified",
    )
    trade_credit: float = parameter(
        0.0,
        unit="share of traded capacity",
        ge=0,
        le=1,
        description="foreign-trade credit: customs delay of a firm all of whose partners are overseas with the worst"
        " standing (lowest grade or blacklisted); the best standing shortens other delays as much; buyers also drop"
        " suppliers of the worst standing; 0 is off",
        standing="real",
    )
    trade_agency: str = parameter("customs", unit="-", description="topic of the agency whose file is trade credit")

    def covered(self, world: World, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Draw who is covered, once."""
        return world.draws.at(rows, "covered", 0) < np.float32(self.coverage)

    def levers(self) -> tuple[int, ...]:
        """Return publication and customs delay so far as they are consequences."""
        return tuple(Lever[name.upper()] for name in self.consequences if name != "links")

    def look(self, world: World) -> None:
        """Draw conduct abroad and what is seen of it; every record of it is true."""
        abroad, firms = _abroad(world), world.firms
        watched = abroad.covered & firms.active[abroad.rows]
        found = [world.findings]
        for k in range(len(world.topics)):
            severity = self._conduct(world, abroad, k)
            chance = np.minimum(world.per_row(world.published[:, k], abroad.rows) * np.float32(self.detection), 1)
            seen = world.draws.at(abroad.rows, "seen_abroad", world.month, k) < chance
            hit = np.flatnonzero(seen & watched & (severity > 0))
            found.append(_findings(abroad.rows[hit], k, severity[hit]))
        world.findings = _joined(found)

    def clear_customs(self, world: World) -> None:
        """Add the delay that the standing of partners brings, by value of trade."""
        if not self.trade_credit:
            return
        firms = world.firms
        partners = Neighbours(world.network, firms.size, "both", "value")
        delay = partners.mean(self.standing(world)) * np.float32(-self.trade_credit)
        delay *= world.domestic()
        firms.levers[Lever.CUSTOMS_DELAY] += delay
        worth = world.spread(world.law.worth[:, Lever.CUSTOMS_DELAY])
        firms.associated_cost += np.maximum(delay, 0) * worth

    def shunned(self, world: World, avoided: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Spare firms overseas where links are no consequence; add those of the worst trade credit."""
        rows = _abroad(world).rows
        if "links" not in self.consequences:
            avoided[rows] = False
        if self.trade_credit:
            avoided[rows] |= self.standing(world)[rows] == -1
        return avoided

    def standing(self, world: World) -> Floats:
        """Return foreign-trade credit, (N,): from -1 (lowest grade, blacklisted) to 1 (best); 0 where there is none."""
        abroad, firms = _abroad(world), world.firms
        rows = abroad.rows[abroad.covered]
        file = world.topics.index(self.trade_agency) if len(firms.grade) > 1 else 0
        standing = np.zeros(world.rows, np.float32)
        standing[rows] = np.minimum(firms.grade[file, rows] * np.float32(2 / max(world.law.best, 1)) - 1, 1)
        if world.law.partial:
            standing *= firms.rated
        black = [number for number, is_black in enumerate(world.law.black) if is_black]
        standing[rows[firms.listing[black][:, rows].any(axis=0)]] = -1
        return standing

    def _conduct(self, world: World, abroad: Abroad, k: int) -> NDArray[np.uint8]:
        """Return the severity of what each firm overseas did this month, (n,), thinned as at home."""
        shares = world.law.shares[k]
        chance = abroad.hazard[k] * (1 - world.firms.effort[k, abroad.rows])
        draws = world.draws.at(abroad.rows, "violate_abroad", world.month, k)
        limits = (chance, chance * (shares[1] + shares[2]), chance * shares[2])
        severity: NDArray[np.uint8] = np.sum([draws < limit for limit in limits], axis=0, dtype=np.uint8)
        return severity


def _abroad(world: World) -> Abroad:
    if world.abroad is None:
        raise RuntimeError("the population has no firms overseas")
    return world.abroad


def _findings(rows: NDArray[np.int64], k: int, severity: NDArray[np.uint8]) -> Findings:
    count = len(rows)
    origin = np.full(count, Origin.ABROAD, np.uint8)
    return Findings(rows, np.full(count, k, np.uint8), severity, origin, severity >= Severity.MINOR)


def _joined(parts: list[Findings]) -> Findings:
    """Return the findings together, in the order of topics and rows."""
    names = [field.name for field in dataclasses.fields(Findings)]
    whole = Findings(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
    return whole.those(np.lexsort((whole.firm, whole.topic)))
