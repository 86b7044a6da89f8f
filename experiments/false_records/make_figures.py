"""What false findings do, with and without objection and appeal."""

from __future__ import annotations

from creditregime.laboratory.sweeps import Sweep
from creditregime.presentation.response_figure import response
from creditregime.presentation.style import Picture
from experiments.findings import Finding, between, by_seed_monthly, difference, mean

FALSE, VISITS, APPEAL, ALARM = "inspection.false_positive", "visits", "appeal", "findings at suppliers"
LABELS = {FALSE: "false findings (share of visits that find what is not there)"}
OFTEN = "50% of firms a year"
HEARD = "objection and appeal"


def pictures(result: Sweep) -> list[Picture]:
    """Return differences from no false findings, by appeal, at the two numbers of visits."""
    outcomes = ("compliance", "violations", "listed", "exits_by_own_sanctions")
    return [
        response(
            result,
            FALSE,
            outcomes,
            APPEAL,
            {FALSE: 0.0},
            at={VISITS: visits, ALARM: "alarm"},
            name=f"visits_{visits.partition('%')[0]}",
            labels=LABELS,
            title=f"What false findings change where each agency visits {visits}",
        )
        for visits in ("5% of firms a year", OFTEN)
    ]


def findings(result: Sweep) -> list[Finding]:
    """Return what many false findings change, through which channel, and what appeal changes."""
    lines = []
    for visits in ("5% of firms a year", OFTEN):
        at = {VISITS: visits, APPEAL: "none", ALARM: "alarm"}
        one, other = at | {FALSE: 0.1}, at | {FALSE: 0.0}
        for outcome, text in (("compliance", "compliance"), ("listed", "firms on a blacklist"), ("exits", "exits")):
            lines.append(difference(result, f"10% false findings against none, {visits}: {text}", outcome, one, other))
    calm = {VISITS: OFTEN, APPEAL: "none", ALARM: "do not alarm"}
    text = f"the same, {OFTEN}, where suppliers' findings do not alarm: compliance"
    lines.append(difference(result, text, "compliance", calm | {FALSE: 0.1}, calm | {FALSE: 0.0}))
    one, other = ({VISITS: OFTEN, ALARM: "alarm", FALSE: 0.1, APPEAL: appeal} for appeal in (HEARD, "none"))
    for outcome, text in (("compliance", "compliance"), ("listed", "firms on a blacklist"), ("exits", "exits")):
        lines.append(difference(result, f"appeal against none, {OFTEN}, 10% false: {text}", outcome, one, other))
    last = result.scenario(0).months
    heard, without = (100 * by_seed_monthly(result, "false_records", at, (last // 2 + 1, last)) for at in (one, other))
    lines.append(mean(f"false among the records that count, {OFTEN}, 10% false, no appeal", without, "%"))
    lines.append(between("the same, appeal against none", heard, without, "percentage points"))
    return lines
