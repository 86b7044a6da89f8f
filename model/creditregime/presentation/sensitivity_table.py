"""The measures of a sensitivity analysis as a LaTeX table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from creditregime.presentation import wording
from creditregime.presentation.copies import escape

_MEASURES = {
    "sobol": {"S1": "$S_1$", "ST": "$S_T$"},
    "morris": {"mu_star": r"$\mu^*$", "mu": r"$\mu$", "sigma": r"$\sigma$"},
    "pawn": {"pawn": "PAWN"},
}

_WORDS = {"sobol": "Sobol' indices", "morris": "Morris' elementary effects", "pawn": "PAWN indices"}


def sensitivity_latex(table: pd.DataFrame) -> str:
    """Return the measures as a LaTeX table (package ``booktabs``), caption and label included."""
    first = table.iloc[0]
    measures = _MEASURES[str(first["method"])]
    beside = {"threshold": "Threshold"} if "threshold" in table else {}
    level = f"{100 * first['confidence']:g}"
    columns = "l" + "rl" * len(measures) + "r" * len(beside)
    heads = [f"{head} & {level}\\% interval" for head in measures.values()]
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{What outcomes depend on: {_WORDS[str(first['method'])]}, {first['seeds']} seeds at each point; "
        rf"bootstrap intervals.}}",
        r"\label{tab:sensitivity}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(["Factor", *heads, *beside.values()]) + r" \\",
    ]
    for _, rows in table.groupby("outcome", sort=False):
        about = escape(f"{rows['label'].iloc[0]} ({rows['unit'].iloc[0]})")
        span = 1 + 2 * len(measures) + len(beside)
        lines += [r"\midrule", rf"\multicolumn{{{span}}}{{l}}{{\emph{{{about}}}}} \\"]
        if rows["reason"].iloc[0]:
            lines.append(rf"\multicolumn{{{span}}}{{l}}{{none: {escape(rows['reason'].iloc[0])}}} \\")
        else:
            lines += [_line(row, [*measures], [*beside]) for _, row in rows.iterrows()]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}", ""])


def _line(row: Any, measures: list[str], beside: list[str]) -> str:
    cells = [r"\texttt{" + escape(str(row["factor"])) + "}"]
    for name in measures:
        low, high = float(row[f"{name}_low"]), float(row[f"{name}_high"])
        places = wording.decimals(float(row[name]), (high - low) / 2)
        cells += [escape(wording.number(row[name], places)), escape(wording.interval(low, high, places, signed=False))]
    cells += [escape(wording.number(row[name])) for name in beside]
    return " & ".join(cells) + r" \\"
