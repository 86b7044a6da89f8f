"""How long lists last, and whether repair is a remedy or a moral hazard."""

from __future__ import annotations

from creditregime.laboratory.sweeps import Sweep
from creditregime.presentation.response_figure import response
from creditregime.presentation.style import Picture
from experiments.findings import Finding, difference

TERM, REPAIR = "longest term", "repair"
RULES = ("on application, unforeseen", "on application, foreseen", "by itself, unforeseen", "by itself, foreseen")


def pictures(result: Sweep) -> list[Picture]:
    """Return levels by the longest term, a line a rule of repair."""
    outcomes = ("compliance", "listed", "exits_by_own_sanctions", "welfare")
    title = "How long lists last, and how firms leave them"
    return [
        response(result, TERM, outcomes, REPAIR, name="levels", labels={TERM: "longest term on lists"}, title=title)
    ]


def findings(result: Sweep) -> list[Finding]:
    """Return what longer terms change without repair, and what each rule of repair changes at three years."""
    lines = []
    outcomes = (("compliance", "compliance"), ("listed", "firms on a blacklist"), ("exits", "exits"))
    for term in ("1 year", "5 years"):
        one, other = ({TERM: name, REPAIR: "none"} for name in (term, "3 years"))
        for outcome, text in outcomes:
            lines.append(difference(result, f"{term} against 3 years, no repair: {text}", outcome, one, other))
    for rule in RULES:
        one, other = ({TERM: "3 years", REPAIR: name} for name in (rule, "none"))
        for outcome, text in outcomes:
            lines.append(difference(result, f"repair {rule} against none, 3 years: {text}", outcome, one, other))
    return lines
