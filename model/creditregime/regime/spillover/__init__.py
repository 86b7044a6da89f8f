"""Stage 9, association: how a rating, a listing or a measure reaches connected firms, one file a channel."""

from creditregime.regime.spillover.contractor import ContractorLinear, ContractorSpillover, NoContractorSpillover
from creditregime.regime.spillover.group import GroupLinear, GroupSpillover, NoGroupSpillover
from creditregime.regime.spillover.partner import Linear, NoPartnerSpillover, PartnerSpillover
from creditregime.regime.spillover.person import AssociatedD, NoPersonSpillover, PersonLinear, PersonSpillover
from creditregime.regime.spillover.staff import NoStaffSpillover, StaffLinear, StaffSpillover
from creditregime.regime.spillover.together import Spillover

__all__ = [
    "AssociatedD",
    "ContractorLinear",
    "ContractorSpillover",
    "GroupLinear",
    "GroupSpillover",
    "Linear",
    "NoContractorSpillover",
    "NoGroupSpillover",
    "NoPartnerSpillover",
    "NoPersonSpillover",
    "NoStaffSpillover",
    "PartnerSpillover",
    "PersonLinear",
    "PersonSpillover",
    "Spillover",
    "StaffLinear",
    "StaffSpillover",
]
