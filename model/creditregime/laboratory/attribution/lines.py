"""An attribution as text for a terminal."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import pandas as pd

from creditregime.laboratory.attribution.result import Attribution
from creditregime.laboratory.console import WIDTH, cut, number
from creditregime.laboratory.outcomes import OUTCOMES

_RULE = "-" * 97
_NAME = 46


def attribution_lines(result: Attribution) -> str:
    """Return the shares of the main effects, the firms that leave in one world only, and the groups that bear it."""
    parts = [_captions(result), _share_lines(result)]
    if result.paired_firms:
        parts.append(_channel_lines(result))
    if len(result.seeds) > 1:
        parts.append(_group_lines(result))
    return "\n\n".join(map("\n".join, parts))


def _captions(result: Attribution) -> list[str]:
    lines: list[str] = []
    names = ("effect of:", "against:", "toggles:")
    for name, text in zip(names, (*result.labels, ", ".join(result.toggles)), strict=True):
        lines += textwrap.wrap(f"{name:<11} {text}", WIDTH, subsequent_indent=" " * 12)
    points = result.runs["point"].nunique()
    firms = result.sizes().mean()
    size = f"{firms:,.0f} firms, {result.scenario.months} months, {points} combinations x {len(result.seeds)} seeds"
    return [*lines, f"{'':<11} {size}"]


def _share_lines(result: Attribution) -> list[str]:
    headline = [outcome.name for outcome in OUTCOMES if outcome.headline]
    table = result.shares(headline)
    total = table[table["toggle"] == "total"].set_index("outcome")
    clear = [name for name in total.index if total.loc[name, "low"] > 0 or total.loc[name, "high"] < 0]
    lines = [f"{'Shapley values':<{_NAME}} {'effect':>8} {'share':>6} {'alone':>8} {'last':>8}  95% interval", _RULE]
    for name in clear:
        *toggles, whole = table[table["outcome"] == name].to_dict("records")
        lines += [_share_line(row, result) for row in (whole, *toggles)]
    lines.append(_RULE)
    if len(result.seeds) == 1:
        return [*lines, "One seed gives no interval, so no effect is shared out here; its values: shares.csv."]
    if unclear := [str(total.loc[name, "label"]) for name in total.index if name not in clear]:
        text = f"Intervals of the whole effect hold zero, so that there is nothing to share: {'; '.join(unclear)}."
        lines += textwrap.wrap(text, len(_RULE))
    return [*lines, "alone: switched on first; last: switched on when all others are. All outcomes: shares.csv."]


def _share_line(row: dict[Any, Any], result: Attribution) -> str:
    total = row["toggle"] == "total"
    name = f"{row['label']}, {row['unit']}" if total else f"  {row['toggle']}"
    share = f"{round(100 * row['share']):d}%" if math.isfinite(row["share"]) else "-"
    values = [number(row[key], signed=True) for key in ("effect", "alone", "last")]
    alone, last = (("", "") if total else values[1:]) if len(result.toggles) > 1 else ("", "")
    text = f"{cut(name, _NAME):<{_NAME}} {values[0]:>8} {share:>6} {alone:>8} {last:>8}  {_interval(row)}"
    return text.rstrip()


def _channel_lines(result: Attribution) -> list[str]:
    table = result.channels()
    head = f"{'Of 1,000 firms of the start':<{_NAME}} {'scenario':>8} {'against':>8} {'effect':>8}  95% interval"
    lines = [head, _RULE]
    for row in table.to_dict("records"):
        name = "leave in one world only" if row["channel"] == "all" else f"  {row['channel'].replace('_', ' ')}"
        if row["count_scenario"] or row["count_against"] or row["channel"] == "all":
            shown = [number(row["scenario"]), number(row["against"]), number(row["effect"], signed=True)]
            lines.append(f"{name:<{_NAME}} {' '.join(f'{text:>8}' for text in shown)}  {_interval(row)}")
    note = (
        "By channel: through what a firm lost most, beyond what it lost through it in the world in which it survives."
        " Firm by firm: twins.csv; stories: examples.csv, stories.parquet."
    )
    return [*lines[:2], lines[-1], *lines[2:-1], _RULE, *textwrap.wrap(note, len(_RULE))]


def _group_lines(result: Attribution) -> list[str]:
    table = result.by_group()
    lines = []
    for name in ("exits", "output", "compliance"):
        inside = table[table["outcome"] == name]
        beyond = inside[inside["p_bh"] < 0.05]
        plain = (inside["low"] > 0) | (inside["high"] < 0)
        text = f"{inside['label'].iloc[0]}: {int(plain.sum())} of {len(inside)} groups have an interval without zero, "
        text += f"{len(beyond)} after Benjamini-Hochberg, {int((inside['p_holm'] < 0.05).sum())} after Holm"
        lines += textwrap.wrap(f"{text}{_named(beyond)}", len(_RULE), subsequent_indent="  ")
    return ["Who bears it (effects_by_group.csv)", _RULE, *lines]


def _named(beyond: pd.DataFrame) -> str:
    """Return the groups that are clear, the largest effects first, if they are few enough to be named."""
    few = beyond.reindex(beyond["effect"].abs().sort_values(ascending=False, kind="stable").index).head(4)
    shown = [f"{row['group']} {number(row['effect'], signed=True)}" for row in few.to_dict("records")]
    return f": {'; '.join(shown)}{' ...' if len(beyond) > len(few) else ''}" if shown else ""


def _interval(row: dict[Any, Any]) -> str:
    low, high = (number(row[name], signed=True) for name in ("low", "high"))
    return f"[{low}, {high}]" if math.isfinite(row["low"]) else "-"
