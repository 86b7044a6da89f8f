"""Joint punishment: which agencies act on each other's lists, on what matters, and how hard."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from creditregime.component import Rule, parameter
from creditregime.regime.levers import Measure
from creditregime.state import Floats


class JointPunishment(Rule, family="joint_punishment"):
    """Family of memoranda of joint punishment."""

    def members(self, agencies: tuple[str, ...]) -> tuple[str, ...]:
        """Return the agencies that act together."""
        return ()

    def chance(self) -> float:
        """Return the probability that a member acts on a firm listed by another."""
        return 0.0

    def covers(self, measure: Measure) -> bool:
        """Tell whether members may apply a measure jointly."""
        return False

    def relates(self, cause: str, agency: str) -> bool:
        """Tell whether an agency may act on a list of the topic `cause` ('general' for a list of all topics)."""
        return True

    @property
    def selective(self) -> bool:
        """Whether there may be lists on which an agency may not act, so that `relates` must be asked."""
        return type(self).relates is not JointPunishment.relates

    @property
    def capped(self) -> bool:
        """Whether what is added jointly must stay within what the law provides for a lever."""
        return False

    @property
    def weighs(self) -> bool:
        """Whether the worst live severity may make a difference to sizes, so that `scale` must be asked."""
        return type(self).scale is not JointPunishment.scale

    def scale(self, severity: NDArray[np.uint8]) -> Floats:
        """Return the factor on the size of measures for firms with the given worst live severity."""
        return np.ones(len(severity), np.float32)


class NoJointPunishment(JointPunishment, kind="none"):
    """Every agency acts on its own lists only."""


class Memorandum(JointPunishment, kind="memorandum"):
    """Members apply their own measures to firms that another member has blacklisted."""

    agencies: tuple[str, ...] | Literal["all"] = parameter(
        "all", unit="-", description="topics whose agencies signed, or 'all'", standing="real"
    )
    strength: float = parameter(
        0.7, unit="probability", ge=0, le=1, description="chance that a member acts on another's listing"
    )
    scope: Literal["unlimited", "enumerated", "related"] = parameter(
        "unlimited",
        unit="-",
        description="all measures, only those in the catalogue of permitted ones, or only those of agencies whose field"
        " is related to the cause (see `related`)",
        source="State Council General Office 2020 No. 49; National Basic List 2021; related matters: Shanghai 2017"
        " Arts 30-32, Zhejiang 2017 Arts 23 and 28, Shenzhen 2023",
        standing="real",
    )
    related: dict[str, tuple[str, ...]] = parameter(
        default_factory=dict,
        unit="-",
        description="scope related: for the topic of a list, the topics whose agencies may act besides its own; a"
        " general list is related to all",
    )
    within_law: bool = parameter(
        False,
        unit="-",
        description="what is added jointly to a lever is cut where the lever would exceed the largest single measure",
        source="National Basic List, 2021 draft: agencies must not exceed legal penalty levels",
        standing="real",
    )
    proportionality: Literal["flat", "proportional"] = parameter(
        "flat", unit="-", description="full size, or scaled by the worst live record", standing="real"
    )
    minor_scale: float = parameter(0.25, unit="-", ge=0, le=1, description="proportional: factor after minor records")
    general_scale: float = parameter(0.5, unit="-", ge=0, le=1, description="proportional: factor after general ones")
    cap: float = parameter(1.0, unit="-", gt=0, description="proportional: largest factor")

    def members(self, agencies: tuple[str, ...]) -> tuple[str, ...]:
        """Return the signatories in the order of the topics."""
        return agencies if self.agencies == "all" else tuple(name for name in agencies if name in self.agencies)

    def chance(self) -> float:
        """Return the strength."""
        return self.strength

    def covers(self, measure: Measure) -> bool:
        """Tell whether the measure is within the scope."""
        return self.scope != "enumerated" or measure.enumerated

    def relates(self, cause: str, agency: str) -> bool:
        """Return True but for the scope 'related', where the table decides."""
        return self.scope != "related" or cause in ("general", agency) or agency in self.related.get(cause, ())

    @property
    def selective(self) -> bool:
        """Whether the scope is 'related', or a derived rule says what is related."""
        return self.scope == "related" or type(self).relates is not Memorandum.relates

    @property
    def capped(self) -> bool:
        """Whether measures must stay within the law's levels."""
        return self.within_law

    @property
    def weighs(self) -> bool:
        """Whether punishment is proportional, or a derived rule says to what."""
        return self.proportionality == "proportional" or type(self).scale is not Memorandum.scale

    def scale(self, severity: NDArray[np.uint8]) -> Floats:
        """Return 1 (flat), or the factor of the worst live severity."""
        if self.proportionality == "flat":
            return super().scale(severity)
        table = np.array([self.minor_scale, self.minor_scale, self.general_scale, 1], np.float32)
        return np.minimum(table, np.float32(self.cap))[severity]
