"""Calibrations and rankings as text for a terminal."""

from __future__ import annotations

from typing import Any

from creditregime.laboratory.calibration import Calibration
from creditregime.laboratory.ranking import Ranking

THIN = 100
"""Effective points below which a posterior is called thin."""


def calibration_lines(result: Calibration) -> str:
    """Return how the targets of a calibration are met, and what was learned about its parameters."""
    study, level = result.study, f"{round(100 * result.study.confidence)}% interval"
    head = f"{'target':<28} {'published':>19} {'obtained':>9}  {level:<20}"
    lines = [f"{study.title or 'Calibration'}: {result.facts['points']:,} points, {study.seeds} seeds", "", head]
    lines.append("-" * (len(head) + 8))
    for row in result.fit.to_dict("records"):
        published, interval = _span(row["published_low"], row["published_high"]), _span(row["low"], row["high"])
        lines.append(f"{row['target']:<28} {published:>19} {row['obtained']:>9.4g}  {interval:<20} {row['verdict']}")
    lines += ["", f"{'parameter':<28} {'prior':>19} {'best':>9}  {level:<20} learned", "-" * (len(head) + 8)]
    for row in result.parameters.to_dict("records"):
        prior, interval = _span(row["prior_low"], row["prior_high"]), _span(row["low"], row["high"])
        lines.append(f"{row['parameter']:<28} {prior:>19} {row['best']:>9.4g}  {interval:<20} {row['learned']:.2f}")
    thin = " (few: intervals are rough; more rounds or points help)" if result.effective < THIN else ""
    lines += ["", f"Effective points behind the posterior: {result.effective:.0f}{thin}"]
    if result.facts["points_without_a_value"]:
        lines.append(f"Points without a value of every target: {result.facts['points_without_a_value']}; see failures/")
    return "\n".join([*lines, f"Results: {result.folder}"])


def ranking_lines(found: Ranking) -> str:
    """Return the probabilities of an order."""
    level = f"{round(100 * found.confidence)}% interval"
    head = f"{'option':<22} {'other':<22} {'probability':>11}  {level:<15} {'in one run':>10} {'difference':>11}"
    what = f"{found.prefer} {found.outcome}, by {found.among}: {found.draws} draws of parameters, {found.seeds} seeds"
    lines = [f"Probability that the option has {what}", "", head, "-" * len(head)]
    lines += [_order(row) for row in found.pairs.to_dict("records")]
    lines += ["", f"First of all: {', '.join(f'{name} {share:.3f}' for name, share in found.first.items())}"]
    if found.dropped:
        lines.append(f"Left out: {found.dropped} draws of which a run failed")
    return "\n".join(lines)


def _order(row: dict[Any, Any]) -> str:
    interval = f"{row['low']:.3f} to {row['high']:.3f}"
    names = f"{row['option']:<22} {row['other']:<22}"
    return f"{names} {row['probability']:>11.3f}  {interval:<15} {row['single']:>10.3f} {row['effect']:>11.4g}"


def _span(low: float, high: float) -> str:
    """Return a range, or the one number that it is."""
    return f"{low:.4g}" if low == high else f"{low:.3g} to {high:.3g}"
