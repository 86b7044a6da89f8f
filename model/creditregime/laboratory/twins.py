"""The same firm in two worlds: who leaves in one and survives in the other."""

from __future__ import annotations

import pandas as pd

from creditregime.errors import CreditRegimeError
from creditregime.laboratory.run import RunResult

FATES = ("scenario_only", "against_only", "both")
WHO = ["firm", "sector", "region", "ownership", "size", "size_class"]
_STAYS = ["firm", "sector", "ownership", "size"]  # a firm can move to another region, in one world only
_EXIT = ["month", "cause", "attribution"]


def twins(scenario: RunResult, against: RunResult) -> pd.DataFrame:
    """Return one row a firm that leaves in at least one of two paired runs.

    Followed are the firms of the start; what entrants to their places do later is not compared.

    Returns
    -------
    DataFrame
        Who the firm is; its `fate` (leaves in the ``scenario_only``, ``against_only``, or in ``both``); month, cause
        and attribution in each world, missing where it survives.
    """
    if not same_firms(scenario.firms, against.firms):
        raise CreditRegimeError("twins: the two scenarios have different firms; they cannot be paired")
    return paired_exits(scenario.firms[WHO], scenario.exits, against.exits)


def paired_exits(who: pd.DataFrame, scenario: pd.DataFrame, against: pd.DataFrame) -> pd.DataFrame:
    """Return the same from who the firms are, and the exits of both worlds."""
    one, other = _first_exits(scenario), _first_exits(against)
    both = one.add_suffix("_scenario").join(other.add_suffix("_against"), how="outer").sort_index()
    here, there = both["month_scenario"].notna(), both["month_against"].notna()
    fate = pd.Series("both", both.index).mask(here & ~there, "scenario_only").mask(there & ~here, "against_only")
    both.insert(0, "fate", fate.astype(pd.CategoricalDtype(list(FATES))))
    return who.set_index("firm").join(both, how="inner").reset_index()


def same_firms(scenario: pd.DataFrame, against: pd.DataFrame) -> bool:
    """Tell whether two tables of firms are those of the same economy."""
    return scenario[_STAYS].equals(against[_STAYS])


def fates(scenario: RunResult, against: RunResult) -> dict[str, float]:
    """Return how many firms of the start per 1,000 have each fate; empty where firms cannot be paired."""
    if not same_firms(scenario.firms, against.firms):
        return {}
    counts = twins(scenario, against)["fate"].value_counts()
    return {name: 1000 * float(counts[name]) / len(scenario.firms) for name in FATES}


def _first_exits(exits: pd.DataFrame) -> pd.DataFrame:
    return exits.drop_duplicates("firm").set_index("firm")[_EXIT].astype({"month": "Int32"})
