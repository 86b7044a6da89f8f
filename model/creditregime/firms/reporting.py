"""What firms must report, what that costs them, and whether they report truly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from creditregime.codes import OWNERSHIPS, Origin
from creditregime.component import PerTopic, Rule, parameter
from creditregime.state import Floats
from creditregime.units import by_topic
from creditregime.world import World

Rows = NDArray[np.int64]


class Reporting(Rule, family="reporting"):
    """Family of reporting duties."""

    def columns(self, topics: int) -> int:
        """Return on how many topics false reports must be remembered: all, or none."""
        return 0

    def enact(self, world: World) -> None:
        """Write what a firm's own report, and a false one, leads to, and since when firms report."""
        world.reporting_since = -1

    def report(self, world: World, stakes: Callable[[], Floats]) -> None:
        """Let firms report this month's violations themselves, or hide them; `stakes` as in `Behaviour.choose`."""

    def burden(self, world: World) -> Floats | None:
        """Return the cost of reporting this month, (N,) money, or None where there is none."""
        return None


class NoReporting(Reporting, kind="none"):
    """Firms report nothing."""


class Duty(Reporting, kind="duty"):
    """Every firm submits data each month; part of the cost does not depend on its size.

    A firm that violated may say so, for a lighter record and fine. Or it may hide the violation from monitoring and,
    in part, from inspections, if it is so inclined and if that pays: if the share of the expected loss that it avoids
    exceeds what it expects to lose when an inquiry finds the false report, as far as it judges that risk rightly.
    """

    fixed: float = parameter(
        0.0005,
        unit="money/month",
        ge=0,
        description="cost of reporting that every firm bears whatever its size",
        standing="partly",
    )
    proportional: float = parameter(0.0005, unit="share of revenue", ge=0, description="cost that grows with size")
    per_rule: float = parameter(
        0.0, unit="money/month", ge=0, description="cost for each specific rule on which data are demanded"
    )
    by_ownership: dict[str, float] = parameter(
        default_factory=dict,
        unit="-",
        description="factor on all of these costs by ownership; 1 where not named",
        standing="partly",
    )
    setup: float = parameter(
        0.0, unit="money", ge=0, description="cost, once, when the duty begins or a new firm registers"
    )
    self_report: PerTopic = parameter(
        0.0, unit="probability", description="chance that a firm reports a violation of its own", standing="real"
    )
    self_report_fine: float = parameter(
        0.5, unit="share", ge=0, le=1, description="part of the fine that is due for what the firm reported itself"
    )
    self_report_steps: int = parameter(
        1, unit="steps", ge=0, le=2, description="steps of severity by which it is recorded more lightly"
    )
    misreport: PerTopic = parameter(
        0.0,
        unit="probability",
        description="propensity to hide a violation where that pays",
        source="that false reports are common where data serve control: Greenstone et al. 2022 (reported PM10 rose 35%"
        " when it was measured automatically); the propensity is an assumption",
        standing="real",
    )
    misreport_cover: float = parameter(
        0.7, unit="share", ge=0, le=1, description="share of an inspection's sensitivity that a false report takes away"
    )
    misreport_penalty: float = parameter(
        1.0, unit="-", ge=0, description="fine for a false report, relative to the topic's fine for a serious violation"
    )

    misjudgement: float = parameter(
        1.0,
        unit="-",
        ge=0,
        le=1,
        description="how firms misjudge the risk of an inquiry: each multiplies it by a number of its own, drawn once"
        " between 1 less this and 1 plus this",
    )

    def columns(self, topics: int) -> int:
        """Return all topics if anybody is inclined to hide anything."""
        values = self.misreport.values() if isinstance(self.misreport, dict) else (self.misreport,)
        return topics if any(values) else 0

    def enact(self, world: World) -> None:
        """Write how false and own reports are treated; a duty that began stays begun."""
        law = world.law
        law.fine_by_origin[Origin.SELF_REPORT] = self.self_report_fine
        law.fine_by_origin[Origin.INQUIRY] = self.misreport_penalty
        law.leniency, law.cover = self.self_report_steps, self.misreport_cover
        if world.reporting_since < 0:
            world.reporting_since = world.month

    def burden(self, world: World) -> Floats:
        """Return the monthly cost, and the cost of setting up where a firm reports for the first time."""
        firms = world.firms
        cost = np.float32(self.fixed) + np.float32(self.proportional) * firms.size
        if self.per_rule:
            cost += np.float32(self.per_rule * world.law.rules.sum())
        if self.setup:
            cost += np.float32(self.setup) * (np.maximum(firms.born, world.reporting_since) == world.month)
        if self.by_ownership:
            factor = np.array([self.by_ownership.get(name, 1.0) for name in OWNERSHIPS], np.float32)
            cost *= factor[firms.ownership]
        cost *= world.domestic()
        return cost

    def report(self, world: World, stakes: Callable[[], Floats]) -> None:
        """Draw who reports its violation, and who of the others hides it."""
        own, hidden = by_topic(self.self_report, world.topics), by_topic(self.misreport, world.topics)
        values = stakes() if hidden.any() else None
        for k in range(len(world.topics)):
            if not own[k] and not hidden[k]:
                continue
            rows = np.flatnonzero(world.firms.violation[k])
            if own[k]:
                says = world.draws.at(rows, "self-report", world.month, k) < own[k]
                world.firms.found[k, rows[says]] = Origin.SELF_REPORT
                rows = rows[~says]
            if values is not None and hidden[k]:
                hides = world.draws.at(rows, "misreport", world.month, k) < hidden[k]
                hides &= self._pays(world, k, rows, values[k, rows])
                world.firms.misreported[k, rows[hides]] = world.month
                world.count("misreports", rows[hides])

    def _pays(self, world: World, k: int, rows: Rows, stake: Floats) -> NDArray[np.bool_]:
        """Tell whom it pays to hide a violation; the record of a false report is priced as any other record."""
        law = world.law
        avoided = world.firms.belief[k, rows] * np.float32(self.misreport_cover)
        avoided *= np.float32(law.shares[k] @ law.fine[k]) + stake
        loss: Floats = law.discovery[k] * (np.float32(self.misreport_penalty) * law.fine[k, 2] + stake)
        if self.misjudgement and law.discovery[k]:
            own = 2 * world.draws.at(rows, "misjudge inquiries", 0) - 1
            loss = loss * (1 + np.float32(self.misjudgement) * own)
        return avoided > loss


def total_burden(*burdens: Floats | None) -> Floats | None:
    """Return the sum of what data cost firms, (N,), or None where they cost nothing."""
    given = [burden for burden in burdens if burden is not None]
    return sum(given[1:], start=given[0]) if given else None
