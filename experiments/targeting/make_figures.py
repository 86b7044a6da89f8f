"""An exact number of visits, drawn alike or by grade."""

from __future__ import annotations

from creditregime.laboratory.sweeps import Sweep
from creditregime.presentation.response_figure import response
from creditregime.presentation.style import Picture
from experiments.findings import Finding, difference

VISITS, WHOM = "inspection.number", "visits go to"
LABELS = {VISITS: "visits by each agency (firms of 500 a month)"}
ALIKE, STEEP = "all alike", "lower grades, steeply"


def pictures(result: Sweep) -> list[Picture]:
    """Return levels by the number of visits, a line a policy of targeting."""
    outcomes = ("compliance", "violations", "listed", "exits_by_own_sanctions")
    title = "More visits, or visits to lower grades"
    return [response(result, VISITS, outcomes, WHOM, name="levels", labels=LABELS, title=title)]


def findings(result: Sweep) -> list[Finding]:
    """Return what targeting changes at the same number of visits, and what more visits change."""
    lines = []
    for number in (2, 16):
        one, other = ({VISITS: number, WHOM: whom} for whom in (STEEP, ALIKE))
        for outcome, text in (("compliance", "compliance"), ("detections", "true findings"), ("exits", "exits")):
            what = f"steep targeting against none, {number} visits a month: {text}"
            lines.append(difference(result, what, outcome, one, other))
    twice, once = ({VISITS: number, WHOM: ALIKE} for number in (4, 2))
    for outcome, text in (("compliance", "compliance"), ("exits", "exits")):
        lines.append(difference(result, f"4 against 2 visits a month, no targeting: {text}", outcome, twice, once))
    one, other = {VISITS: 2, WHOM: STEEP}, {VISITS: 4, WHOM: ALIKE}
    text = "2 visits a month, targeted steeply, against 4 that are not: compliance"
    return [*lines, difference(result, text, "compliance", one, other)]
