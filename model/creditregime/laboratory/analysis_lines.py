"""What a sweep tells, as text for a terminal: sensitivity, burn-in, number of runs."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import pandas as pd

from creditregime.laboratory.console import number

WIDTH = 97
_METHODS = {"sobol": "Sobol' indices", "morris": "Morris' elementary effects", "pawn": "PAWN"}
_COLUMNS = {"sobol": ("S1", "ST"), "morris": ("mu_star", "sigma"), "pawn": ("pawn",)}
_BESIDE = ("mu", "threshold")
"""Columns that stand beside the measures, without an interval."""
_HEADS = {"mu_star": "μ*", "mu": "μ", "sigma": "σ"}
_NOTES = {
    "sobol": "S1: share of the variance that knowing the factor alone would remove; ST: with all its interactions.",
    "morris": "Per range of the factor, in the outcome's unit: μ* mean absolute effect, μ mean effect, σ its spread.",
    "pawn": "PAWN: median distance (0 to 1) of the distribution with the factor known; threshold: what chance gives.",
}
_RULE = (
    "Burn-in: months to leave out by MSER-5 (White, Cobb, Spratt 2000) of the mean over seeds; none if that is over "
    "half of them. Levels are means of the last 5 years."
)
_MOST_ROWS = 10


def sensitivity_lines(found: pd.DataFrame, pairs: pd.DataFrame | None = None, most: int = 20) -> str:
    """Return the measures of each outcome, the strongest factors first, and what they rest on."""
    lines: list[str] = []
    method = str(found["method"].iloc[0])
    for name, rows in found.groupby("outcome", sort=False):
        lines += [*_head(rows, method), *_table(rows, ("factor",), _COLUMNS[method], most)]
        if pairs is not None and not rows["reason"].iloc[0]:
            lines += ["", *_table(pairs[pairs["outcome"] == name], ("factor", "other"), ("S2",), most)]
        lines.append("")
    notes = [note for text in found.attrs.get("notes", ()) for note in _wrapped(f"Left out: {text}.")]
    return "\n".join([*lines, *notes, *_wrapped(_NOTES[method])])


def burn_in_lines(found: pd.DataFrame) -> str:
    """Return the burn-in of each world and indicator, and whether levels are averaged after it."""
    worlds = [name for name in ("point", "variant", "jurisdiction") if name in found]
    lines = [f"{'':<44} {'months':>6} {'seeds':>5} {'burn-in':>7}  levels from month"]
    for _, row in found.iterrows():
        world = " ".join(f"{name} {row[name]}" for name in worlds)
        label = f"{world + ': ' if world else ''}{row['indicator']}"
        if row["reason"]:
            told = f"{'-':>7}  {row['late_from']}; {row['reason']}"
        else:
            told = f"{row['burn_in']:>7.0f}  {row['late_from']}{'' if row['late_is_clean'] else ', too early'}"
        lines.append(f"{_short(label, 44):<44} {row['months']:>6} {row['seeds']:>5} {told}")
    return "\n".join([*lines, "", *_wrapped(_RULE)])


def runs_lines(found: pd.DataFrame, confidence: float) -> str:
    """Return how many runs each outcome needs, the most demanding point first."""
    lines = [f"{'':<34} {'runs':>5} {'estimate':>10} {'spread':>9} {'± now':>9} {'± wanted':>9} {'needed':>8}"]
    ordered = found.sort_values("needed", ascending=False, kind="stable", na_position="first")
    for name in found["outcome"].unique():
        rows = ordered[ordered["outcome"] == name]
        first = rows.iloc[0]
        where = f"{first['label']}, {first['unit']}, {first['of']}"
        lines.append(where)
        lines += [_runs_line(row) for _, row in rows.head(_MOST_ROWS).iterrows()]
        lines += [f"  ... {len(rows) - _MOST_ROWS} more points need no more"] * (len(rows) > _MOST_ROWS)
    note = (
        f"Needed: fewest runs whose Student interval ({100 * confidence:g}%) is that narrow, if the spread is the "
        "pilot's (Law 2015, 9.4.1). A pilot of few runs tells the spread badly: look again when they are made."
    )
    return "\n".join([*lines, "", *_wrapped(note)])


def _runs_line(row: Any) -> str:
    label = f"  point {row['point']}" if "point" in row else "  scenario less against"
    needed = f"{row['needed']:,.0f}" if math.isfinite(row["needed"]) else "never"
    cells = f"{number(row['estimate']):>10} {number(row['spread']):>9} {number(row['half_width']):>9}"
    return f"{label:<34} {row['runs']:>5} {cells} {number(row['wanted']):>9} {needed:>8}"


def _head(rows: pd.DataFrame, method: str) -> list[str]:
    first = rows.iloc[0]
    what = {"sobol": "blocks", "morris": "trajectories", "pawn": "points"}[method]
    size = f"{first['blocks']} {what}, {first['seeds']} seed{'' if first['seeds'] == 1 else 's'}"
    head = f"{first['label']}, {first['unit']}: {_METHODS[method]}, {size}"
    if math.isfinite(first["noise_of_run"]):
        head += f"; seeds make {_share(first['noise_of_run'])} of the variance of runs, "
        head += f"{_share(first['noise_of_mean'])} of that of means"
    return _wrapped(head)


def _table(rows: pd.DataFrame, names: Sequence[str], measures: Sequence[str], most: int) -> list[str]:
    """Return a table of names and measures with intervals, or why there are none."""
    if rows["reason"].iloc[0]:
        return [f"  none: {rows['reason'].iloc[0]}"]
    labels = [" × ".join(str(row[name]) for name in names) for _, row in rows.head(most).iterrows()]
    wide = min(max(map(len, labels)), WIDTH - 2 - 26 * len(measures))
    head = f"  {'':<{wide}}" + "".join(f" {_HEADS.get(name, name):>8} {'interval':<16}" for name in measures)
    beside = [name for name in _BESIDE if name in rows]
    lines = [" ".join([head, *(f"{_HEADS.get(name, name):>9}" for name in beside)])]
    for label, (_, row) in zip(labels, rows.head(most).iterrows(), strict=True):
        cells = "".join(f" {number(row[name]):>8} {_interval(row, name):<16}" for name in measures)
        lines.append(
            " ".join([f"  {_short(label, wide):<{wide}}{cells}", *(f"{number(row[name]):>9}" for name in beside)])
        )
    return lines + [f"  ... {len(rows) - most} more"] * (len(rows) > most)


def _interval(row: Any, name: str) -> str:
    if not math.isfinite(row[f"{name}_low"]):
        return ""
    return f"[{number(row[f'{name}_low'])}, {number(row[f'{name}_high'])}]"


def _short(text: str, width: int) -> str:
    """Return a path that fits, its end kept: that is where paths differ."""
    return text if len(text) <= width else "…" + text[1 - width :]


def _share(value: float) -> str:
    return f"{100 * value:.2g}%" if math.isfinite(value) else "an unknown share"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH)
