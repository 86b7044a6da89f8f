"""Names behind the small integers that the tables store."""

from __future__ import annotations

from enum import IntEnum

OWNERSHIPS = ("state", "private", "foreign")
CHANNELS = ("partner", "contractor", "group", "person", "staff")
"""Names of the spillover channels."""


class Severity(IntEnum):
    """How serious a violation or record is; 0 is none."""

    NONE = 0
    MINOR = 1
    GENERAL = 2
    SERIOUS = 3


class Origin(IntEnum):
    """How a record came about."""

    NONE = 0
    MONITORING = 1
    INSPECTION = 2
    COMPLAINT = 3
    ASSOCIATION = 4
    INQUIRY = 5
    SELF_REPORT = 6
    ABROAD = 7


class Lever(IntEnum):
    """What a measure acts on; the comment is the unit of its size."""

    INSPECTION = 0  # proportional increase of the inspection probability
    PROCUREMENT = 1  # share of public demand lost
    PUBLICATION = 2  # share of consumer demand lost
    CREDIT_SPREAD = 3  # percentage points a year on debt, as a fraction
    TAX = 4  # added rate on profit
    SUBSIDY = 5  # share of revenue lost as subsidy
    CUSTOMS_DELAY = 6  # share of traded capacity lost
    PERMIT = 7  # share of capacity lost
    INPUT_PRICE = 8  # surcharge on the cost of electricity
    MANAGEMENT = 9  # cost of managers' bans, share of revenue
    REVOCATION = 10  # probability a year that the licence is revoked
    CREDIT_VOLUME = 11  # share of the working-capital loan that banks withhold


class Standing(IntEnum):
    """Whether a firm is on a list, and through whose act."""

    UNLISTED = 0
    OWN = 1
    ASSOCIATED = 2


class ExitCause(IntEnum):
    """Why a firm left; one for each exit."""

    NONE = 0
    INSOLVENCY = 1
    REVOKED = 2
    VOLUNTARY = 3
    BACKGROUND = 4
    RELOCATED = 5


class Attribution(IntEnum):
    """What brought an exit about (see docs/model.md for the rule)."""

    BACKGROUND = 0
    OWN_SANCTIONS = 1
    ASSOCIATED_SANCTIONS = 2
    LOST_SUPPLIERS = 3
    LOST_BUYERS = 4
    FINANCE = 5


class Event(IntEnum):
    """Kinds of rows in the event log, with the meaning of their two details."""

    VIOLATED = 0  # topic, severity
    LISTED = 1  # list, standing
    DELISTED = 2  # list, 1 if by repair
    GRADED = 3  # file, new grade
    SANCTIONED = 4  # measure, 1 if jointly
    LOST_SUPPLIER = 5  # -, the supplier's row
    FOUND_SUPPLIER = 6  # -, the supplier's row
    EXITED = 7  # cause, attribution
    ENTERED = 8  # -, -
    FINED = 9  # topic, -
    LOST_BUYER = 10  # -, the buyer's row
    MOVED = 11  # region left, region moved to
    ADOPTED = 12  # pilot among those so far, 0 national; region. A region's doing: its firm is -1 less the jurisdiction
    DEFAULTED = 13  # -, -
    STRUCK_OFF = 14  # topic, 1 on appeal
    OPENED = 15  # file, grade with which it is opened: at the start, of an entrant, or by a change of the law
    LOWERED = 16  # file, 1 where association holds its grade below its own from now on, 0 no longer
    CONFIRMED = 17  # list, standing: on it by association so far, now for its own act
    ASSOCIATED = 20  # channel, -: begins to bear neighbours' measures


class Payer(IntEnum):
    """The five sectors between which money moves."""

    FIRMS = 0
    HOUSEHOLDS = 1
    STATE = 2
    BANKS = 3
    WORLD = 4
