"""Attribution: each toggle's share of an effect, which firms leave through which channel, and who bears it."""

from creditregime.laboratory.attribution.explain import attribute, explained
from creditregime.laboratory.attribution.result import Attribution
from creditregime.laboratory.attribution.toggles import toggles_between

__all__ = ["Attribution", "attribute", "explained", "toggles_between"]
