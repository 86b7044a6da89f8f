"""The effects as tables for papers: LaTeX, CSV, and the rows of the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from creditregime.laboratory.outcomes import BY_NAME
from creditregime.presentation import wording
from creditregime.presentation.copies import escape
from creditregime.presentation.effects_figure import sections, unit_of
from creditregime.presentation.paired import Paired

if TYPE_CHECKING:
    from creditregime.laboratory.compare import Comparison


@dataclass(frozen=True)
class Line:
    """One outcome of a table, every number as text."""

    label: str
    unit: str
    how: str
    scenario: str
    against: str
    effect: str
    interval: str
    ratio: str
    reading: str


@dataclass(frozen=True)
class Part:
    """The outcomes under one heading."""

    heading: str
    lines: list[Line]


def parts(comparison: Paired, *, headline: bool = False) -> list[Part]:
    """Return the effects under their headings, all or those of the headline outcomes."""
    table = comparison.effects()
    rows = [row for _, row in table.iterrows() if not headline or BY_NAME[row["outcome"]].headline]
    found: list[Part] = []
    for item in sections(rows):
        if isinstance(item, str):
            found.append(Part(item, []))
        else:
            found[-1].lines.append(line(item))
    return found


def line(row: Any) -> Line:
    """Return one row of an effect table as text, with as many decimals as its interval supports."""
    effect, low, high = (float(row[name]) for name in ("effect", "low", "high"))
    places = wording.decimals(effect, (high - low) / 2)
    levels = min(max(wording.decimals(float(row["scenario"]), float(row["against"])), places), 4)
    return Line(
        label=str(row["label"]),
        unit=unit_of(row),
        how=BY_NAME[row["outcome"]].describe_how(),
        scenario=wording.number(float(row["scenario"]), levels),
        against=wording.number(float(row["against"]), levels),
        effect=wording.number(effect, places, signed=True),
        interval=wording.interval(low, high, places),
        ratio=wording.number(float(row["variance_ratio"]), 2),
        reading=wording.verdict(row),
    )


def to_csv(comparison: Comparison) -> str:
    """Return the effects as CSV, at full precision; what one seed cannot give is left empty."""
    text: str = comparison.effects().to_csv(index=False, lineterminator="\n")
    return text


def to_latex(comparison: Comparison, *, headline: bool = True) -> str:
    """Return the effects as a LaTeX table (package ``booktabs``), caption and label included."""
    here, there = comparison.labels
    number = len(comparison.seeds)
    how = f"{number} paired seeds with common random numbers" if number > 1 else "one pair of runs"
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{Effect of ``{escape(here)}'' against ``{escape(there)}'': mean paired difference and 95\% "
        rf"interval, "
        rf"{how}. Ratio: variance of the difference relative to unpaired runs.}}",
        r"\label{tab:effects}",
        r"\begin{tabular}{llrrrlr}",
        r"\toprule",
        r"Outcome & Unit & Against & Scenario & Effect & 95\% interval & Ratio \\",
    ]
    for part in parts(comparison, headline=headline):
        lines += [r"\midrule", rf"\multicolumn{{7}}{{l}}{{\emph{{{escape(part.heading)}}}}} \\"]
        lines += [_latex_line(item) for item in part.lines]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}", ""])


def group_parts(comparison: Paired, outcomes: tuple[str, ...] = ("compliance", "listed", "exits")) -> pd.DataFrame:
    """Return effects by ownership and size class as text: one row a group, one column an outcome."""
    table = comparison.by_group()
    table = table[
        table["dimension"].isin(["ownership", "size"]) & table["outcome"].isin(outcomes) & (table["firms"] > 0)
    ]
    rows = []
    for (_, group), inside in table.groupby(["dimension", "group"], sort=False):
        cells: dict[str, str] = {"group": str(group), "firms": f"{inside['firms'].iloc[0]:.0f}"}
        for _, row in inside.iterrows():
            shown = line(row)
            cells[f"{shown.label} ({shown.unit})"] = f"{shown.effect} {shown.interval}"
        rows.append(cells)
    return pd.DataFrame(rows)


def _latex_line(item: Line) -> str:
    cells = (item.label, item.unit, item.against, item.scenario, item.effect, item.interval, item.ratio)
    return " & ".join(escape(cell) for cell in cells) + r" \\"
