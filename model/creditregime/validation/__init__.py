"""The validation suite: results that others published or that follow by algebra, and whether the model gives them."""

from creditregime.validation.findings import Finding
from creditregime.validation.oracles import Oracle, Size, oracle, oracles, reduction
from creditregime.validation.suite import validate

__all__ = ["Finding", "Oracle", "Size", "oracle", "oracles", "reduction", "validate"]
