"""An effect explained: each toggle's share, which firms leave through which channel, and who bears it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from creditregime.errors import CreditRegimeError
from creditregime.laboratory import shapley
from creditregime.laboratory.attribution import channels
from creditregime.laboratory.contrast import labels_of
from creditregime.laboratory.effects import VARIANTS, effect_table, group_effect_table
from creditregime.laboratory.outcomes import GROUP_OUTCOMES, OUTCOMES
from creditregime.scenario import Scenario


@dataclass(frozen=True, eq=False, repr=False)
class Attribution:
    """What explains the effect of one scenario against another, over paired seeds.

    Attributes
    ----------
    scenario, against
        The two scenarios: all toggles on, and all off.
    seeds
        The paired seeds.
    toggles
        Name of each toggle, and the keys that it switches.
    runs
        One row a point (combination of toggles) and seed: outcomes, and whether each toggle is on (``toggle.NAME``,
        0 or 1). The first point is `against`, the last one the scenario.
    groups
        One row a point, seed, dimension and group of firms: number of firms, outcomes.
    firms
        One row a seed and firm of the start that leaves in at least one world: who it is, its fate, month, cause and
        attribution in each, what it lost through each channel in both until the first exit (months of its initial
        revenue), and the channel of a lone exit (see `channels`). Empty where the worlds have other firms.
    stories
        One row a firm that leaves in one world only, and world: its story there.
    provenance
        Version, commit, packages, machine, start and duration.
    folder
        Where the runs are kept, if anywhere.
    """

    scenario: Scenario
    against: Scenario
    seeds: tuple[int, ...]
    toggles: dict[str, tuple[str, ...]]
    runs: pd.DataFrame
    groups: pd.DataFrame
    firms: pd.DataFrame
    stories: pd.DataFrame
    provenance: dict[str, Any]
    folder: Path | None = None

    @property
    def labels(self) -> tuple[str, str]:
        """Names of the two worlds for people."""
        return labels_of(self.scenario, self.against)

    def __repr__(self) -> str:
        """Say what was explained, and what to ask for."""
        one, other = self.labels
        asked = "shares(), interactions(), effects(), firms, stories, channels(), examples(), by_group()"
        return (
            f"<Attribution of '{one}' against '{other}', {len(self.toggles)} toggles, {len(self.seeds)} seeds: {asked}>"
        )

    def shares(self, outcomes: Sequence[str] = ()) -> pd.DataFrame:
        """Return each toggle's share of the effect on every outcome, with intervals (`laboratory.shapley.shares`)."""
        wanted = outcomes or [outcome.name for outcome in OUTCOMES]
        return self._shares[self._shares["outcome"].isin(wanted)].reset_index(drop=True)

    def interactions(self) -> pd.DataFrame:
        """Return what each pair of toggles does together beyond what each does without the other, with intervals."""
        return shapley.interactions(self.runs, [*self.toggles], [outcome.name for outcome in OUTCOMES])

    @property
    def outcomes(self) -> pd.DataFrame:
        """One row a variant (``scenario`` or ``against``) and seed, one column an outcome, as `compare` has them."""
        return self._corners(self.runs)

    def effects(self) -> pd.DataFrame:
        """Return the paired effect of all toggles on every outcome: that of `compare`."""
        return effect_table(self.outcomes, OUTCOMES)

    def by_group(self) -> pd.DataFrame:
        """Return the paired effects by ownership, size class, sector and region: who bears it."""
        return self._by_group.copy()

    def shares_by_group(self) -> pd.DataFrame:
        """Return each toggle's share of the effects by group, with intervals: which rule falls on whom."""
        names = [outcome.name for outcome in GROUP_OUTCOMES]
        return shapley.shares_by_group(self.groups, [*self.toggles], names)

    def channels(self) -> pd.DataFrame:
        """Return through which channels firms leave in one world only (see `attribution.channels.lone_exits`)."""
        self._refuse_unpaired()
        return channels.lone_exits(self.firms, self.sizes())

    def losses(self) -> pd.DataFrame:
        """Return what firms that leave in one world only lost in both (see `attribution.channels.losses`)."""
        self._refuse_unpaired()
        return channels.losses(self.firms)

    def attributions(self) -> pd.DataFrame:
        """Return what firms' exits are attributed to in each world (see `attribution.channels.attributed`)."""
        self._refuse_unpaired()
        return channels.attributed(self.firms, self.sizes())

    def examples(self, number: int = 1) -> pd.DataFrame:
        """Return some firms of each channel, with both stories (see `attribution.channels.examples`)."""
        self._refuse_unpaired()
        return channels.examples(self.firms, self.stories, number)

    def sizes(self) -> pd.Series:  # type: ignore[type-arg]
        """Return how many firms each seed began with."""
        last = self.groups[(self.groups["point"] == self._last) & (self.groups["dimension"] == "ownership")]
        return last.groupby("seed")["firms"].sum()

    @property
    def paired_firms(self) -> bool:
        """Whether both worlds began with the same firms, so that they can be told apart firm by firm."""
        return self.scenario.population == self.against.population or len(self.firms) > 0

    def _refuse_unpaired(self) -> None:
        if not self.paired_firms:
            raise CreditRegimeError("attribution: the two scenarios have different firms; they cannot be paired")

    @property
    def _last(self) -> int:
        return int(2 ** len(self.toggles) - 1)

    def _corners(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of the two worlds, told apart by a column ``variant``."""
        points = {self._last: VARIANTS[0], 0: VARIANTS[1]}
        chosen = table[table["point"].isin([*points])]
        return chosen.assign(variant=chosen["point"].map(points))

    @cached_property
    def _shares(self) -> pd.DataFrame:
        return shapley.shares(self.runs, [*self.toggles], [outcome.name for outcome in OUTCOMES])

    @cached_property
    def _by_group(self) -> pd.DataFrame:
        return group_effect_table(self._corners(self.groups), GROUP_OUTCOMES)
