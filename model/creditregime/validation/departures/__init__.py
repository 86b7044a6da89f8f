"""Departures: what the full model should violate, and why.

Every closed form holds in a reduction. Here the reduction is kept, one mechanism of the full model is switched on in
it, and the closed form is missed, in the direction that the mechanism says and by as much as the table shows.
"""

from creditregime.validation.departures.declared import Case, Departure, declared, departure
from creditregime.validation.departures.table import departures

__all__ = ["Case", "Departure", "declared", "departure", "departures"]
