"""Who sees a record: the agency, the region, or all agencies."""

from __future__ import annotations

from creditregime.laboratory.sweeps import Sweep
from creditregime.presentation.response_figure import response
from creditregime.presentation.style import Picture
from experiments.findings import Finding, difference

SHARING = "registry.sharing"
LABELS = {SHARING: "who sees a record", "agencies": "agencies punish"}
LEVELS = {SHARING: {"siloed": "its agency", "regional": "its region", "central": "all agencies"}}


def pictures(result: Sweep) -> list[Picture]:
    """Return levels by sharing, for agencies that act alone and together."""
    outcomes = ("compliance", "sanctions", "exits_by_own_sanctions", "downgraded_by_association")
    title = "Who sees a record, and whether agencies act together"
    return [response(result, SHARING, outcomes, "agencies", name="levels", labels=LABELS, levels=LEVELS, title=title)]


def findings(result: Sweep) -> list[Finding]:
    """Return what sharing changes, and what acting together changes."""
    lines = []
    for agencies in ("alone", "together"):
        for one, other in (("regional", "siloed"), ("central", "regional")):
            here, there = ({SHARING: kind, "agencies": agencies} for kind in (one, other))
            for outcome, text in (("compliance", "compliance"), ("sanctions", "measures in force"), ("exits", "exits")):
                what = f"{one} against {other}, agencies {agencies}: {text}"
                lines.append(difference(result, what, outcome, here, there))
    for sharing in ("siloed", "central"):
        here, there = ({SHARING: sharing, "agencies": agencies} for agencies in ("together", "alone"))
        lines.append(difference(result, f"together against alone, {sharing}: compliance", "compliance", here, there))
    return lines
