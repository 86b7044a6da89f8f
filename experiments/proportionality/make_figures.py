"""Flat or proportional, within three scopes, with two thresholds of entry to lists."""

from __future__ import annotations

from creditregime.laboratory.sweeps import Sweep
from creditregime.presentation.response_figure import response
from creditregime.presentation.style import Picture
from experiments.findings import Finding, difference

ENTRY, SCOPE, SIZE = "entry to lists", "joint_punishment.scope", "joint_punishment.proportionality"
LABELS = {SCOPE: "scope of joint measures", SIZE: "size of joint measures"}
LEVELS = {SCOPE: {"unlimited": "all measures", "enumerated": "enumerated", "related": "own field only"}}


def pictures(result: Sweep) -> list[Picture]:
    """Return levels by scope and proportionality, one figure for each threshold of entry."""
    outcomes = ("compliance", "sanction_cost", "exits_by_own_sanctions", "output")
    return [
        response(
            result,
            SCOPE,
            outcomes,
            SIZE,
            at={ENTRY: entry},
            name=f"entry_{entry.replace(' ', '_')}",
            labels=LABELS,
            levels=LEVELS,
            title=f"Scope and proportionality, where lists take firms after {entry}",
        )
        for entry in ("serious records", "any record")
    ]


def findings(result: Sweep) -> list[Finding]:
    """Return what proportionality changes at each threshold, and what the scope changes."""
    lines = []
    for entry in ("serious records", "any record"):
        for outcome, text in (
            ("compliance", "compliance"),
            ("sanction_cost", "cost of own sanctions"),
            ("exits", "exits"),
        ):
            one, other = ({ENTRY: entry, SCOPE: "unlimited", SIZE: size} for size in ("proportional", "flat"))
            what = f"proportional against flat, lists after {entry}: {text}"
            lines.append(difference(result, what, outcome, one, other))
        for scope in ("enumerated", "related"):
            one, other = ({ENTRY: entry, SCOPE: name, SIZE: "flat"} for name in (scope, "unlimited"))
            for outcome, text in (("compliance", "compliance"), ("exits", "exits")):
                what = f"{scope} against unlimited, lists after {entry}: {text}"
                lines.append(difference(result, what, outcome, one, other))
    return lines
