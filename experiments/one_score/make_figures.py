"""The same measures triggered by one score, ratings of topics, or lists."""

from __future__ import annotations

from creditregime.laboratory.sweeps import Sweep
from creditregime.presentation.forest_figure import forest
from creditregime.presentation.style import Picture
from experiments.findings import Finding, between, by_seed, difference, level

FINES = {"trigger": "fines alone"}
TRIGGERS = ("one score", "topic ratings", "lists", "lists, jointly")


def pictures(result: Sweep) -> list[Picture]:
    """Return the effects against fines alone."""
    outcomes = ("compliance", "sanctions", "exits", "output", "welfare")
    title = "Eleven measures, four triggers: effects against fines alone"
    return [forest(result, FINES, outcomes, name="forest", title=title)]


def findings(result: Sweep) -> list[Finding]:
    """Return what each trigger changes, how much it punishes, and how much compliance a measure in force brings."""
    lines = []
    for trigger in TRIGGERS:
        at = {"trigger": trigger}
        lines.append(difference(result, f"{trigger}: compliance", "compliance", at, FINES))
        lines.append(level(result, f"{trigger}: measures in force", "sanctions", at))
        gained = by_seed(result, "compliance", at) - by_seed(result, "compliance", FINES)
        ratio, nothing = gained / by_seed(result, "sanctions", at), 0 * gained
        unit = "percentage points per measure in force in 100 firms"
        lines.append(between(f"{trigger}: compliance gained for each measure", ratio, nothing, unit))
        lines.append(difference(result, f"{trigger}: exits", "exits", at, FINES))
        own = "exits_by_own_sanctions"
        lines.append(difference(result, f"{trigger}: exits by own sanctions", own, at, FINES))
    return lines
