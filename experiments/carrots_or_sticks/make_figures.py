"""Rewards against measures, each from half to four times its size."""

from __future__ import annotations

from creditregime.laboratory.sweeps import Sweep
from creditregime.presentation.phase_figure import phase_diagram
from creditregime.presentation.style import Picture
from experiments.findings import Finding, between, by_seed_monthly, difference

CARROTS, STICKS = "scale.rewards", "scale.measures"
LABELS = {
    CARROTS: "size of all rewards (times the preset's)",
    STICKS: "size of all measures (times the preset's)",
}
PRESET = {CARROTS: 1.0, STICKS: 1.0}


def pictures(result: Sweep) -> list[Picture]:
    """Return compliance, exits and profit over both sizes."""
    titles = {"compliance": "Compliance effort", "exits": "Exits", "profit": "Profit"}
    return [
        phase_diagram(
            result,
            CARROTS,
            STICKS,
            outcome,
            PRESET,
            name=outcome,
            labels=LABELS,
            title=f"{text} by the size of rewards and measures: difference from the preset",
        )
        for outcome, text in titles.items()
    ]


def findings(result: Sweep) -> list[Finding]:
    """Return what four times the rewards, and four times the measures, change."""
    lines = []
    last = result.scenario(0).months
    for what, at in (("rewards", {CARROTS: 4.0, STICKS: 1.0}), ("measures", {CARROTS: 1.0, STICKS: 4.0})):
        for outcome, text in (
            ("compliance", "compliance"),
            ("exits", "exits"),
            ("sanctions", "measures in force"),
            ("profit", "profit"),
            ("welfare", "welfare account"),
        ):
            lines.append(difference(result, f"four times the {what}: {text}", outcome, at, PRESET))
        paid = (100 * by_seed_monthly(result, "subsidies", setting, (1, last)) for setting in (at, PRESET))
        lines.append(between(f"four times the {what}: subsidies paid", *paid, "% of initial revenue"))
    one, other = {CARROTS: 4.0, STICKS: 4.0}, {CARROTS: 1.0, STICKS: 4.0}
    lines.append(
        difference(result, "four times the rewards where measures are too: compliance", "compliance", one, other)
    )
    return lines
