"""Each toggle's share of what a regime changes."""

from __future__ import annotations

from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.shapley import shapley
from creditregime.laboratory.sweeps import Sweep
from creditregime.presentation.forest_figure import attribution
from creditregime.presentation.style import Picture
from experiments.findings import Finding

OUTCOMES = ("compliance", "sanctions", "exits", "profit", "segregation")


def pictures(result: Sweep) -> list[Picture]:
    """Return the Shapley values of all toggles."""
    title = "What each of six parts of the regime changes, averaged over all orders of switching on"
    return [attribution(result, OUTCOMES, name="shares", title=title)]


def findings(result: Sweep) -> list[Finding]:
    """Return the shares of the effects on compliance and exits."""
    lines = []
    for outcome in ("compliance", "exits"):
        unit = BY_NAME[outcome].unit.replace("%", "percentage points")
        for row in shapley(result, [outcome]).itertuples():
            toggle = "all together" if row.toggle == "total" else row.toggle
            effect, low, high, seeds = (float(value) for value in (row.effect, row.low, row.high, row.seeds))
            lines.append(Finding(f"{outcome}: {toggle}", effect, low, high, unit, int(seeds), True))
    return lines
