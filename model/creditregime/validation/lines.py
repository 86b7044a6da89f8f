"""Departures and structural sensitivity as text for a terminal, and as tables for a page."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import pandas as pd

WIDTH = 110
MEANING = (
    "sign: that of the base's effect (same, opposite), or open where one of the two intervals holds 0.",
    "size: the effect over the base's, with its interval, lies within a factor of 2, outside it, or is open.",
)


def departure_lines(found: pd.DataFrame) -> str:
    """Return the table of departures: what breaks, by what, why, and by how much."""
    lines: list[str] = []
    for row in found.to_dict("records"):
        lines += [f"{row['departure']}: {row['verdict']}"]
        for name in ("breaks", "switch", "why"):
            lines += textwrap.wrap(
                f"{name + ':':<8}{row[name]}", WIDTH, initial_indent="  ", subsequent_indent=" " * 10
            )
        values = f"{row['expected']:.4g} by the closed form, {row['off']:.4g} without, {row['on']:.4g} with"
        lines += [f"  value:  {values}; {_interval(row['gap'], row['low'], row['high'])}, {row['seeds']} seeds", ""]
    departs = int((found["verdict"] == "departs").sum())
    return "\n".join([*lines, f"{departs} of {len(found)} depart as they should"])


def departure_table(found: pd.DataFrame) -> pd.DataFrame:
    """Return the columns for a page, as text."""
    gap = [_interval(*item) for item in zip(found["gap"], found["low"], found["high"], strict=True)]
    return pd.DataFrame(
        {
            "Statement": found["breaks"],
            "Switched on": [f"`{text}`" for text in found["switch"]],
            "Why it breaks": found["why"],
            "Closed form": [f"{value:.4g}" for value in found["expected"]],
            "Without": [f"{value:.4g}" for value in found["off"]],
            "With": [f"{value:.4g}" for value in found["on"]],
            "Missed by (95%)": gap,
            "Verdict": found["verdict"],
        }
    )


def structure_lines(found: pd.DataFrame) -> str:
    """Return the table of structural sensitivity, variation by variation."""
    lines: list[str] = []
    for (part, name), rows in found.groupby(["part", "variation"], sort=False):
        lines += ["", f"{part}: {name}"]
        for row in rows.to_dict("records"):
            effect = _interval(row["effect"], row["low"], row["high"])
            ratio = _interval(row["ratio"], row["ratio_low"], row["ratio_high"], signed=False)
            label = f"{row['outcome']}, {row['unit']}"
            lines.append(f"  {label:<40} {effect:<28} {ratio:<22} {row['sign']:<9} {row['size']}")
    head = f"  {'effect with its 95% interval':<40} {'':<28} {'over the base':<22} {'sign':<9} size"
    return "\n".join([head, *lines, "", *MEANING, "", *structure_summary(found)])


def structure_summary(found: pd.DataFrame) -> list[str]:
    """Return one line an outcome: in how many variations its effect has the base's sign and size."""
    lines = []
    for outcome, rows in found[found["part"] != "base"].groupby("outcome", sort=False):
        counts = {
            column: ", ".join(f"{number} {verdict}" for verdict, number in rows[column].value_counts().items())
            for column in ("sign", "size")
        }
        lines.append(f"{outcome}: of {len(rows)} variations, sign {counts['sign']}; size {counts['size']}")
    return lines


def structure_table(found: pd.DataFrame) -> pd.DataFrame:
    """Return the columns for a page, as text."""
    columns: dict[str, Sequence[object]] = {
        "Part": list(found["part"]),
        "Variation": list(found["variation"]),
        "Outcome": [f"{label}, {unit}" for label, unit in zip(found["outcome"], found["unit"], strict=True)],
        "Effect (95%)": [_interval(*item) for item in zip(found["effect"], found["low"], found["high"], strict=True)],
        "Over the base (95%)": [
            _interval(*item, signed=False)
            for item in zip(found["ratio"], found["ratio_low"], found["ratio_high"], strict=True)
        ],
        "Sign": list(found["sign"]),
        "Size": list(found["size"]),
    }
    return pd.DataFrame(columns)


def _interval(value: float, low: float, high: float, *, signed: bool = True) -> str:
    if math.isnan(value):
        return "–"
    sign = "+" if signed else ""
    return f"{value:{sign}.3g} [{low:{sign}.3g}, {high:{sign}.3g}]"
