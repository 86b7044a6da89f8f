"""The same firm in two worlds: who leaves in one and survives in the other."""

from __future__ import annotations

import pandas as pd

from creditregime.errors import CreditRegimeError
from creditregime.laboratory.run import RunResult

FATES = ("scenario_only", "against_only", "both")
_WHO = ["firm", "sector", "region", "ownership", "size", "size_class"]
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
    if not same_firms(scenario, against):
        raise CreditRegimeError("twins: the two scenarios have different firms; they cannot be paired")
    one, other = _first_exits(scenario), _first_exits(against)
    both = one.add_suffix("_scenario").join(other.add_suffix("_against"), how="outer").sort_index()
    here, there = both["month_scenario"].notna(), both["month_against"].notna()
    fate = pd.Series("both", both.index).mask(here & ~there, "scenario_only").mask(there & ~here, "against_only")
    both.insert(0, "fate", fate.astype(pd.CategoricalDtype(list(FATES))))
    who = scenario.firms[_WHO].set_index("firm")
    return who.join(both, how="inner").reset_index()


def same_firms(scenario: RunResult, against: RunResult) -> bool:
    """Tell whether both runs began with the same firms."""
    return scenario.firms[_WHO].equals(against.firms[_WHO])


def fates(scenario: RunResult, against: RunResult) -> dict[str, float]:
    """Return how many firms of the start per 1,000 have each fate; empty where firms cannot be paired."""
    if not same_firms(scenario, against):
        return {}
    counts = twins(scenario, against)["fate"].value_counts()
    return {name: 1000 * float(counts[name]) / len(scenario.firms) for name in FATES}


def _first_exits(result: RunResult) -> pd.DataFrame:
    first = result.exits.drop_duplicates("firm").set_index("firm")[_EXIT]
    return first.astype({"month": "Int32"})
