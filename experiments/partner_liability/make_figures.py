"""What liability for partners changes, by form, strength and how hard the regime acts."""

from __future__ import annotations

from creditregime.laboratory.sweeps import Sweep
from creditregime.presentation.phase_figure import phase_diagram
from creditregime.presentation.response_figure import response
from creditregime.presentation.style import Picture
from experiments.findings import Finding, difference

STRENGTH, SIZE = "spillover.partner.strength", "scale.measures"
LABELS = {STRENGTH: "strength of partner liability (share)", SIZE: "size of all measures (times the preset's)"}
SCORES, MEASURES = "partners' scores", "partners' measures"
DROPPED = "partners' scores, and buyers drop the listed"
OFF = {STRENGTH: 0.0}


def pictures(result: Sweep) -> list[Picture]:
    """Return the response to the strength, and where associated sanctions drive firms out."""
    outcomes = ("compliance", "downgraded_by_association", "exits_by_associated_sanctions", "segregation")
    curves = response(
        result,
        STRENGTH,
        outcomes,
        "liability",
        OFF,
        name="response",
        labels=LABELS,
        title="What partner liability changes: difference from none, mean over four sizes of measures",
    )
    phases = phase_diagram(
        result,
        STRENGTH,
        SIZE,
        "exits_by_associated_sanctions",
        OFF,
        at={"liability": MEASURES},
        name="phases",
        labels=LABELS,
        title="Exits by associated sanctions where partners' measures apply: difference from none",
    )
    return [curves, phases]


def findings(result: Sweep) -> list[Finding]:
    """Return what full liability changes in each form, and what harder measures and buyers change."""
    lines = []
    for form in (SCORES, MEASURES, DROPPED):
        one, other = {"liability": form, STRENGTH: 1.0, SIZE: 1.0}, {"liability": form, STRENGTH: 0.0, SIZE: 1.0}
        for outcome, text in (
            ("compliance", "compliance"),
            ("downgraded_by_association", "firms downgraded by association"),
            ("exits_by_associated_sanctions", "exits by associated sanctions"),
            ("exits", "all exits"),
            ("segregation", "segregation by grade"),
        ):
            lines.append(difference(result, f"full liability by {form}: {text}", outcome, one, other))
    hard, soft = {"liability": MEASURES, STRENGTH: 1.0, SIZE: 4.0}, {"liability": MEASURES, STRENGTH: 0.0, SIZE: 4.0}
    text = f"the same with measures four times as hard, {MEASURES}: exits by associated sanctions"
    lines.append(difference(result, text, "exits_by_associated_sanctions", hard, soft))
    for outcome, text in (("compliance", "compliance"), ("exits", "all exits")):
        one, other = {"liability": DROPPED, STRENGTH: 0.0, SIZE: 1.0}, {"liability": SCORES, STRENGTH: 0.0, SIZE: 1.0}
        lines.append(difference(result, f"buyers drop the listed, no liability: {text}", outcome, one, other))
    return lines
