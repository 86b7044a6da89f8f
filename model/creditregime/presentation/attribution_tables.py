"""An attribution as tables: rows of text for the report, LaTeX for papers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from creditregime.laboratory.attribution.channels import LONE
from creditregime.laboratory.outcomes import BY_NAME, OUTCOMES
from creditregime.presentation import style, wording
from creditregime.presentation.attribution_figures import toggle_label
from creditregime.presentation.copies import Table, escape
from creditregime.presentation.effects_figure import unit_of

if TYPE_CHECKING:
    from creditregime.laboratory.attribution import Attribution

MOST_PAIRS = 20
"""Interactions that the report shows; the table in the folder has all."""


@dataclass(frozen=True)
class Share:
    """One toggle's part of an effect, every number as text."""

    toggle: str
    effect: str
    interval: str
    share: str
    alone: str
    last: str


@dataclass(frozen=True)
class Shared:
    """An outcome with the parts of its effect; the last one is the whole."""

    label: str
    unit: str
    shares: list[Share]


def shared(attribution: Attribution) -> list[Shared]:
    """Return the headline outcomes of which the whole effect is clear of zero, with each toggle's part."""
    table = attribution.shares([outcome.name for outcome in OUTCOMES if outcome.headline])
    found = []
    for _, inside in table.groupby("outcome", sort=False):
        *toggles, whole = wording.rows(inside)
        if wording.excludes_zero(whole):
            places = wording.decimals(whole.effect, (whole.high - whole.low) / 2)
            parts = [_share(row, places, toggle_label(row.toggle, 99)) for row in toggles]
            unit = unit_of(inside.iloc[0])
            found.append(Shared(whole.label, unit, [*parts, _share(whole, places, "all of them")]))
    return found


def unshared(attribution: Attribution) -> list[str]:
    """Return the names of the headline outcomes whose whole effect has an interval that holds zero."""
    if len(attribution.seeds) == 1:
        return []
    clear = {item.label for item in shared(attribution)}
    return [outcome.label for outcome in OUTCOMES if outcome.headline and outcome.label not in clear]


def interactions(attribution: Attribution) -> Table:
    """Return the interactions of headline outcomes that are clear of zero, the clearest first."""
    table = attribution.interactions()
    headline = table["outcome"].map(lambda name: BY_NAME[name].headline).astype(bool)
    chosen = table[headline & ((table["low"] > 0) | (table["high"] < 0))]
    width = (chosen["high"] - chosen["low"]).to_numpy()
    order = (chosen["effect"].abs() / width).sort_values(ascending=False, kind="stable").index
    rows = []
    for row in wording.rows(chosen.loc[order].head(MOST_PAIRS)):
        pair = " and ".join(toggle_label(name, 99) for name in (row.toggle, row.other))
        value = wording.number(row.effect, signed=True)
        rows.append((row.label, pair, value, wording.interval(row.low, row.high), unit_of({"unit": row.unit})))
    caption = (
        "Pairs of toggles that do more (+) or less (−) together than each does without the other, whatever else is on "
        f"(Shapley interaction index, 95% interval): those clear of zero, at most {MOST_PAIRS}; all in "
        "interactions.csv. With many pairs about one in twenty is clear of zero by chance alone."
    )
    columns = ["Outcome", "Toggles", "Interaction", "95% interval", "Unit"]
    return Table("interactions", caption, pd.DataFrame(rows, columns=columns), table)


def crossed(attribution: Attribution) -> Table:
    """Return how many lone exits of each channel have which attribution in the world in which they happen."""
    firms = attribution.firms[attribution.firms["fate"].isin(LONE)]
    said = firms["attribution_scenario"].astype(object).fillna(firms["attribution_against"].astype(object))
    counts = pd.crosstab(firms["channel"].map(style.readable), said.map(style.readable))
    caption = (
        "Firms of the start that leave in one world only, all seeds: the channel found by comparing the two worlds "
        "(rows), and what the exit is attributed to within its own world (columns). Where the two disagree, trust the "
        "comparison."
    )
    frame = counts.rename_axis(columns=None).rename_axis("Channel").reset_index()
    return Table("crossed", caption, frame.astype(str))


def to_latex(attribution: Attribution) -> str:
    """Return the shares of the headline effects as a LaTeX table (package ``booktabs``), caption and label included."""
    here, there = map(escape, attribution.labels)
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{Shapley values of the toggles in the effect of ``{here}'' against ``{there}'': mean over "
        rf"{len(attribution.seeds)} paired seeds, 95\% interval, and share of the whole effect with Fieller's "
        r"interval. Alone: switched on first; last: switched on when all others are.}",
        r"\label{tab:shares}",
        r"\begin{tabular}{llrllrr}",
        r"\toprule",
        r"Outcome & Toggle & Effect & 95\% interval & Share & Alone & Last \\",
    ]
    for item in shared(attribution):
        lines.append(r"\midrule")
        name = f"{item.label} ({item.unit})"
        for row in item.shares:
            cells = (name, row.toggle, row.effect, row.interval, row.share, row.alone, row.last)
            lines.append(" & ".join(map(escape, cells)) + r" \\")
            name = ""
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}", ""])


def _share(row: Any, places: int, name: str) -> Share:
    return Share(
        toggle=name,
        effect=wording.number(row.effect, places, signed=True),
        interval=wording.interval(row.low, row.high, places),
        share=_percent(row),
        alone=wording.number(row.alone, places, signed=True),
        last=wording.number(row.last, places, signed=True),
    )


def _percent(row: Any) -> str:
    share = f"{wording.number(100 * row.share, 0)}%"
    if row.share_low == row.share_high:
        return share
    return f"{share} [{wording.number(100 * row.share_low, 0)}%, {wording.number(100 * row.share_high, 0)}%]"
