"""Who bears a regime: effects against fines alone by ownership and size."""

from __future__ import annotations

import pandas as pd

from creditregime.laboratory.sweeps import Sweep
from creditregime.presentation.forest_figure import group_forest
from creditregime.presentation.style import Picture
from experiments.findings import Finding, between, by_seed_grouped, mean

FINES = {"regime": "fines_only"}
WORDS = {
    "joint_2016": "joint punishment of 2016",
    "unified_2026": "unified grades of 2026",
    "fines_only": "fines alone",
}
PAIRS = (
    ("small firms more than large ones", ("size", "micro"), ("size", "large")),
    ("private firms more than state firms", ("ownership", "private"), ("ownership", "state")),
    ("foreign firms more than private ones", ("ownership", "foreign"), ("ownership", "private")),
)


def pictures(result: Sweep) -> list[Picture]:
    """Return the effects by group of two regimes."""
    outcomes = ("compliance", "listed", "exits", "exits_by_own_sanctions")
    return [
        group_forest(
            result,
            {"regime": regime},
            FINES,
            outcomes,
            name=regime,
            levels={"regime": WORDS},
            title=f"Who bears it: {WORDS[regime]} against fines alone",
        )
        for regime in ("joint_2016", "unified_2026")
    ]


def findings(result: Sweep) -> list[Finding]:
    """Return effects by group, and whether they differ between groups."""
    lines = []
    for regime in ("joint_2016", "unified_2026"):
        for outcome, unit in (("compliance", "percentage points"), ("exits", "per 1,000 firms")):
            for text, one, other in PAIRS:
                here, there = (_effect(result, regime, outcome, *group) for group in (one, other))
                what = f"{WORDS[regime]}, {outcome}: {text}"
                lines.append(between(what, here, there, unit))
    for group in ("private", "foreign"):
        values = by_seed_grouped(result, "exits", FINES, "ownership", group)
        lines.append(mean(f"{WORDS['fines_only']}, exits: {group} firms", values, "per 1,000 firms"))
    return lines


def _effect(result: Sweep, regime: str, outcome: str, dimension: str, group: str) -> pd.Series[float]:
    """Return the effect of a regime on a group of firms by seed."""
    one, other = (by_seed_grouped(result, outcome, at, dimension, group) for at in ({"regime": regime}, FINES))
    return (one - other).dropna()
