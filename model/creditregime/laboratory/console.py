"""Results as text for a terminal of 80 columns or more."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import pandas as pd

from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.outcomes import OUTCOMES, summarise
from creditregime.laboratory.run import RunResult
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.systems import Evidence, System

WIDTH = 92
_LABEL = 46
_RULE = "-" * 97


def run_table(result: RunResult) -> str:
    """Return the outcomes of one run."""
    values = summarise(result.indicators)
    scenario = result.scenario
    lines = [
        f"{scenario.title or 'scenario'}: {len(result.firms)} firms, {scenario.months} months, seed {result.seed}",
        "",
    ]
    for outcome in OUTCOMES:
        if outcome.headline:
            lines.append(f"{cut(outcome.label, 44):<44} {number(values[outcome.name]):>10}  {outcome.unit}")
    return "\n".join([*lines, "", _NOTE_LEVELS, *_population_notes(result)])


def _population_notes(result: RunResult) -> list[str]:
    """Return what was changed of a user's tables to begin in equilibrium."""
    found = result.provenance.get("population", [])
    return [line for note in found for line in textwrap.wrap(f"Population: {note}", WIDTH, subsequent_indent="  ")]


def effect_lines(result: Comparison, every: bool = False) -> str:
    """Return the paired effects of a comparison, the headline ones or every one, with variance ratio and interval."""
    effects = result.effects()
    chosen = {outcome.name for outcome in OUTCOMES if outcome.headline or every}
    rows = effects[effects["outcome"].isin(chosen)]
    head = f"{'':<{_LABEL}} {'scenario':>8} {'against':>8} {'effect':>8} {'var.':>6}  95% interval"
    lines = [*_captions(result), "", head, _RULE, *(_effect_line(row) for _, row in rows.iterrows())]
    return "\n".join([*lines, _RULE, *_fate_lines(result), _NOTE_LEVELS, *_notes(result)])


def risk_lines(found: pd.DataFrame, replaceability: str, most: int = 10) -> str:
    """Return the firms with the largest systemic risk."""
    head = f"{'firm':>8} {'sector':<32} {'size':>10} {'index':>9} {'downstream':>11} {'upstream':>9}"
    lines = [
        f"Systemic risk of {len(found)} firms, replaceability {replaceability}: the largest",
        "",
        head,
        "-" * len(head),
    ]
    largest = found.sort_values("esri", ascending=False, kind="stable").head(most)
    for row, sector, size, index, down, up in largest.itertuples(name=None):
        lines.append(f"{row:>8} {cut(sector, 32):<32} {number(size):>10} {index:>9.4f} {down:>11.4f} {up:>9.4f}")
    note = "Index: share of the economy's sales to firms that is lost when the firm closes (Diem et al. 2022)."
    return "\n".join([*lines, "-" * len(head), note])


_NOTE_LEVELS = "Levels are means of the last 5 years (or the whole run if shorter); exits are totals of the run."


def number(value: float, signed: bool = False) -> str:
    """Return a number with about four digits."""
    if not math.isfinite(value):
        return "-"
    size = abs(value)
    digits = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 3
    text = f"{value:+,.{digits}f}" if signed else f"{value:,.{digits}f}"
    zero = not any(character in "123456789" for character in text)
    return text.replace("-", "").replace("+", "") if zero else text


def system_lines(entries: Sequence[System]) -> str:
    """Return the systems, each with its standing and toggles."""
    lines = ["Systems that public accounts describe. `creditregime systems NUMBER` shows that one acts."]
    for entry in entries:
        lines += [
            "",
            *textwrap.wrap(f"{entry.number:>2}  {entry.words} ({entry.standing})", WIDTH, subsequent_indent="    "),
        ]
        lines += textwrap.wrap(", ".join(entry.toggles), WIDTH, initial_indent="    ", subsequent_indent="    ")
    return "\n".join(lines)


def evidence_lines(entries: Sequence[System], found: Sequence[Evidence]) -> str:
    """Return what the demonstrations of some systems gave."""
    lines: list[str] = []
    for entry in entries:
        lines += ["", *textwrap.wrap(f"{entry.number}  {entry.words} ({entry.standing})", WIDTH)]
        for item in (item for item in found if item.system == entry.number):
            lines += ["", *_demonstration_lines(item)]
    return "\n".join(lines[1:])


def _demonstration_lines(item: Evidence) -> list[str]:
    shown = item.demonstration
    settings = (("scenario", shown.base), ("without", shown.without), ("with", shown.with_it))
    lines = [f"    {name + ':':<9} {' '.join(overrides) or '-'}" for name, overrides in settings]
    values = f"{item.off:.4g} without, {item.on:.4g} with"
    interval = f"{item.effect:+.3g}, 95% interval [{item.low:+.3g}, {item.high:+.3g}] over {item.seeds} paired seeds"
    lines.append(f"    {shown.indicator}: {values}; difference {interval}")
    lines.append(f"    claim: {shown.claim}; {item.verdict}")
    return lines + textwrap.wrap(shown.remark, WIDTH, initial_indent="    ", subsequent_indent="    ")


def validation_lines(found: pd.DataFrame) -> str:
    """Return the table of validation: one line a comparison, and how many were met."""
    lines: list[str] = []
    for (section, name), rows in found.groupby(["section", "oracle"], sort=False):
        lines += ["", f"{name} ({section})"]
        for row in rows.itertuples():
            texts = f"{cut(str(row.where), 44):<44} {cut(str(row.expected), 20):<20} {cut(str(row.obtained), 26):<26}"
            lines.append(f"  {texts} {row.verdict}")
        if reason := rows["known"].iloc[0]:
            lines += textwrap.wrap(f"Known to fail: {reason}.", 100, initial_indent="  ", subsequent_indent="  ")
    number = found["verdict"].value_counts()
    counts = ", ".join(f"{number.get(verdict, 0)} {verdict}" for verdict in ("met", "not met", "not testable"))
    return "\n".join([f"  {'case':<44} {'expected':<20} {'obtained':<26} verdict", *lines, "", counts])


def sweep_lines(result: Sweep) -> str:
    """Return what a sweep gave: the mean outcomes of the first points, and what failed."""
    runs, names = result.runs, result.study.outcomes[:4]
    factors = [name for name in result.points if name != "point"]
    means = runs.groupby(["point", *factors], sort=False)[names].mean().round(4).reset_index()
    lines = [f"{result.study.title or 'study'}: {len(result.points):,} points, {len(runs):,} runs", ""]
    lines += [means.head(_MOST_POINTS).to_string(index=False)]
    lines += [f"... {len(means) - _MOST_POINTS:,} more points"] * (len(means) > _MOST_POINTS)
    failures = result.failures
    if len(failures):
        lines += ["", f"{len(failures):,} runs failed, the first: {failures['error'].iloc[0]}"]
    return "\n".join([*lines, "", f"Results: {result.folder}"])


_MOST_POINTS = 20


def _effect_line(row: pd.Series) -> str:  # type: ignore[type-arg]
    label = cut(f"{row['label']}, {row['unit']}", _LABEL)
    low, high = number(row["low"], signed=True), number(row["high"], signed=True)
    interval = f"[{low}, {high}]" if math.isfinite(row["low"]) else "-"
    shown = [f"{number(row[key], signed=key == 'effect'):>8}" for key in ("scenario", "against", "effect")]
    return f"{label:<{_LABEL}} {' '.join(shown)} {_percent(row['variance_ratio']):>6}  {interval}"


def _captions(result: Comparison) -> list[str]:
    lines = []
    for variant, label in zip(("scenario", "against"), result.labels, strict=True):
        lines += textwrap.wrap(f"{variant + ':':<9} {label}", WIDTH, subsequent_indent=" " * 10)
    firms = len(result.example[0].firms)
    last = result.seeds[-1]
    seeds = (
        f"{len(result.seeds)} paired seeds ({result.seeds[0]} to {last})" if len(result.seeds) > 1 else f"seed {last}"
    )
    return [*lines, f"{'':<9} {firms:,} firms, {result.scenario.months} months, {seeds}"]


def _fate_lines(result: Comparison) -> list[str]:
    if "scenario_only" not in result.fates:
        return []
    means = result.fates[["scenario_only", "against_only"]].mean()
    here, there = (number(means[name]) for name in ("scenario_only", "against_only"))
    text = f"Of 1,000 firms of the start, {here} leave only in the scenario and {there} only in the other world."
    return textwrap.wrap(text, len(_RULE))


def _notes(result: Comparison) -> list[str]:
    if len(result.seeds) < 2:
        return ["One pair of seeds gives no interval."]
    return ["var.: what shared draws leave of the variance that the effect would have with unpaired seeds."]


def _percent(share: float) -> str:
    return f"{100 * share:.{0 if share >= 0.1 else 1}f}%" if math.isfinite(share) else "-"


def cut(text: str, width: int) -> str:
    """Return a text of at most so many letters."""
    return text if len(text) <= width else text[: width - 1].rstrip(" ,") + "…"
