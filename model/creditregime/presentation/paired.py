"""What figures and tables of two paired worlds ask for."""

from __future__ import annotations

from typing import Protocol

import pandas as pd


class Paired(Protocol):
    """Two worlds over paired seeds: a `Comparison` or an `Attribution`."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """The paired seeds."""

    @property
    def labels(self) -> tuple[str, str]:
        """Names of the two worlds for people."""

    @property
    def outcomes(self) -> pd.DataFrame:
        """One row a variant and seed, one column an outcome."""

    def effects(self) -> pd.DataFrame:
        """Return one row an outcome, as `laboratory.effects.effect_table` makes them."""

    def by_group(self) -> pd.DataFrame:
        """Return one row a dimension, group and outcome, as `laboratory.effects.group_effect_table` makes them."""
