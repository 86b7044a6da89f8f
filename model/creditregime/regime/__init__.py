"""What the state sees, records, rates, lists, punishes and rewards."""

from creditregime.regime.risk import ByRisk

__all__ = ["ByRisk"]
