"""A stricter rule in pilots, spreading, or national."""

from __future__ import annotations

from creditregime.laboratory.sweeps import Sweep
from creditregime.presentation.forest_figure import forest
from creditregime.presentation.style import Picture
from experiments.findings import Finding, difference

RULE = "fines five times as high"
NOWHERE = {RULE: "nowhere"}


def pictures(result: Sweep) -> list[Picture]:
    """Return the effects of each way to a stricter rule against none."""
    outcomes = ("compliance", "variance_between_regions", "relocations", "exits", "welfare")
    title = "Fines five times as high in pilots, spreading, or everywhere: effects against nowhere"
    return [forest(result, NOWHERE, outcomes, name="forest", title=title)]


def findings(result: Sweep) -> list[Finding]:
    """Return what each way changes against no stricter rule, and pilots made national against national at once."""
    lines = []
    for way in ("in pilots", "spreading", "pilots, then national", "national"):
        for outcome, text in (
            ("compliance", "compliance"),
            ("variance_between_regions", "variance of compliance between regions"),
            ("relocations", "moves to other regions"),
            ("exits", "exits"),
        ):
            lines.append(difference(result, f"{way} against nowhere: {text}", outcome, {RULE: way}, NOWHERE))
    one, other = {RULE: "pilots, then national"}, {RULE: "national"}
    for outcome, text in (("compliance", "compliance"), ("fines", "fines"), ("exits", "exits")):
        lines.append(difference(result, f"pilots first against national at once: {text}", outcome, one, other))
    return lines
