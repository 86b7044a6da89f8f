"""What the report of a sweep says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from creditregime.laboratory.effects import mean_interval
from creditregime.laboratory.outcomes import BY_NAME
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.cells import Against, by_point, factors_of, levels_of
from creditregime.laboratory.sweeps.contrasts import contrasts
from creditregime.laboratory.sweeps.designs import Sampled
from creditregime.presentation import claims, wording
from creditregime.presentation.copies import Table
from creditregime.presentation.report_of_results import copy_of_claims, copy_of_provenance, described, facts
from creditregime.presentation.sweep_figures import headline, measures, reference
from creditregime.presentation.sweep_words import Seeds, Words, outcome_unit

MOST_ROWS = 60
"""Points told one by one before the report refers to the tables in the folder."""
MOST_SCENARIOS, MOST_FAILURES = 8, 20


def context(result: Sweep, against: Against | None) -> dict[str, Any]:
    """Return what the template of sweeps needs."""
    words, chosen = Words(result), reference(result, against)
    title = result.study.title or "A study"
    scenarios = _scenarios(result)
    found = _claims(result)
    provenance = facts(result.provenance)
    return {
        "kind": "sweep",
        "title": title,
        "question": result.study.question or f"What follows from {', '.join(map(words.factor, factors_of(result)))}?",
        "labels": (title,),
        "reading": _reading(result, words, chosen),
        "scenarios": scenarios[:MOST_SCENARIOS],
        "more_scenarios": max(len(scenarios) - MOST_SCENARIOS, 0),
        "factors": _factors(result, words),
        "design": _design(result),
        "tables": _tables(result, words, chosen),
        "failures": _failures(result, words),
        "claims": found,
        "provenance": provenance,
        "copies": {"claims": copy_of_claims(found), "provenance": copy_of_provenance(provenance)},
    }


def _reading(result: Sweep, words: Words, against: Against | None) -> list[str]:
    """Return how many contrasts are clear, and how many would be by chance."""
    seeds = Seeds.of(result.runs.groupby("point")["seed"].nunique())
    design = (
        f"{len(result.points):,} points, {seeds.words} at each; every point has the same seeds, so that differences "
        "between points are paired and come from what differs, not from luck."
    )
    said = [design]
    if against is None:
        return [*said, "Points are samples of the factors' ranges: no single one is a reference."]
    table = contrasts(result, against, headline(result))
    known = table[np.isfinite(table["low"])]
    if not len(known):
        return [*said, "One seed cannot tell an effect from chance: no interval is given."]
    clear = int(((known["low"] > 0) | (known["high"] < 0)).sum())
    chance = round(0.05 * len(known))
    clarity = (
        f"Points are compared with {words.reference(against)}. Of {len(known)} contrasts in the short table {clear} "
        f"have a 95% interval that excludes zero; if nothing had an effect, about {chance} would."
    )
    return [*said, clarity]


def _scenarios(result: Sweep) -> list[dict[str, str]]:
    """Return the distinct scenarios by title, source and assumptions, as far as points are read."""
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for point in range(min(len(result.points), MOST_ROWS)):
        scenario = result.scenario(point)
        entry = described(scenario.title or "untitled scenario", scenario)
        found.setdefault((entry["label"], entry["source"], entry["assumptions"]), entry)
    return list(found.values())


def _claims(result: Sweep) -> list[claims.Claim]:
    """Return the claims of all points as far as they are read, each once, the least sure first."""
    return claims.claims_of_all(result.scenario(point) for point in range(min(len(result.points), MOST_ROWS)))


def _factors(result: Sweep, words: Words) -> Table:
    rows = []
    for name in factors_of(result):
        levels = levels_of(result.points[name])
        texts = [words.level(name, level) for level in levels]
        sampled = isinstance(result.study.design, Sampled)
        shown = f"{texts[0]} to {texts[-1]}, {len(texts)} values" if sampled or len(texts) > 20 else "; ".join(texts)
        rows.append({"Factor": words.axis(name), "Key": name, "Levels": shown})
    return Table("factors", "The factors, and the levels at which they are set.", pd.DataFrame(rows))


def _design(result: Sweep) -> Table:
    study, first = result.study, result.scenario(0)
    rows = {
        "Design": study.design.kind.replace("_", " "),
        "Points": f"{len(result.points):,}",
        "Runs finished": f"{len(result.runs):,}",
        "Runs that failed": f"{len(result.failures):,}",
        "Seeds": _seeds(result),
        "Base": ", ".join([_base(study.scenario), *study.base]),
        "Length": f"{first.months} months (first point)",
        "Firms": str(getattr(first.population, "firms", "as in the population's tables")),
    }
    return Table("design", "What was simulated, and how often.", pd.DataFrame(rows.items(), columns=["What", "Value"]))


def _base(scenario: str | dict[str, Any] | None) -> str:
    return "the scenario in study.yaml" if isinstance(scenario, dict) else scenario or "presets"


def _seeds(result: Sweep) -> str:
    seeds = result.runs["seed"]
    return f"{seeds.min()} to {seeds.max()}, the same at every point" if len(seeds) else "none finished"


def _tables(result: Sweep, words: Words, against: Against | None) -> list[Table]:
    if not len(result.runs):
        return []
    found = [_outcomes(result, words)]
    if against is not None:
        found.append(_contrasts(result, words, against))
    table = measures(result)
    return found if table is None else [*found, _measures(table, words)]


def _heads(result: Sweep, words: Words, points: pd.DataFrame) -> dict[str, list[str]]:
    varying = [name for name in factors_of(result) if result.points[name].nunique() > 1] or factors_of(result)
    return {words.axis(name): [words.level(name, value) for value in points[name]] for name in varying}


def _some(number: int, table: str) -> str:
    return f" The first {MOST_ROWS} of {number:,} points; all are in {table}." if number > MOST_ROWS else ""


def _outcomes(result: Sweep, words: Words) -> Table:
    """Return means with the half-widths of their intervals, a row a point."""
    points, names = result.points.head(MOST_ROWS), headline(result)
    values = by_point(result, result.study.outcomes)
    cells: dict[str, list[str]] = _heads(result, words, points)
    exact = []
    for number, name in enumerate(result.study.outcomes):
        found = [mean_interval(row[np.isfinite(row)]) for row in values[..., number]]
        counts = np.isfinite(values[..., number]).sum(axis=1)
        exact += [(point, name, *of, count) for point, (of, count) in enumerate(zip(found, counts, strict=True))]
        if name in names:
            cells[f"{BY_NAME[name].label} ({outcome_unit(name)})"] = [_level(*of) for of in found[: len(points)]]
    whole = pd.DataFrame(exact, columns=["point", "outcome", "mean", "low", "high", "seeds"])
    whole = result.points.merge(whole, on="point")
    caption = "Means over seeds, and half-widths of their 95% intervals." + _some(len(result.points), "the CSV")
    return Table("outcomes", caption, pd.DataFrame(cells), whole)


def _level(mean: float, low: float, high: float) -> str:
    if not np.isfinite(mean):
        return "no run"
    if not np.isfinite(low):
        return wording.number(mean)
    half = (high - low) / 2
    places = min(wording.decimals(mean, half), wording.decimals(half) if half else 9)
    return f"{wording.number(mean, places)} ± {wording.number(half, places)}"


def _contrasts(result: Sweep, words: Words, against: Against) -> Table:
    """Return paired effects with their intervals, a row a point."""
    whole, names = contrasts(result, against), headline(result)
    shown = whole["point"].drop_duplicates().tolist()[:MOST_ROWS]
    points = result.points.set_index("point").loc[shown]
    cells: dict[str, list[str]] = _heads(result, words, points)
    for name in names:
        part = whole[(whole["outcome"] == name) & whole["point"].isin(shown)]
        cells[f"{BY_NAME[name].label} ({outcome_unit(name, difference=True)})"] = [
            wording.effect(row) for row in wording.rows(part)
        ]
    caption = f"Paired differences from {words.reference(against)}, with 95% intervals (Student)."
    return Table("contrasts", caption + _some(whole["point"].nunique(), "the CSV"), pd.DataFrame(cells), whole)


def _measures(table: pd.DataFrame, words: Words) -> Table:
    """Return what outcomes depend on, a row an outcome and factor."""
    names = [str(name).removesuffix("_low") for name in table if str(name).endswith("_low")]
    rows = []
    for row in wording.rows(table):
        cells = {"Outcome": str(row.label), "Factor": words.axis(str(row.factor))}
        for name in names:
            value, low, high = (float(getattr(row, f"{name}{end}")) for end in ("", "_low", "_high"))
            places = wording.decimals(value, (high - low) / 2)
            cells[name] = f"{wording.number(value, places)} {wording.interval(low, high, places, signed=False)}"
        rows.append(cells | {"Why there is none": str(row.reason)})
    level = f"{100 * float(table['confidence'].iloc[0]):g}%"
    caption = f"What outcomes depend on ({table['method'].iloc[0]}), with {level} bootstrap intervals."
    return Table("sensitivity", caption, pd.DataFrame(rows), table)


def _failures(result: Sweep, words: Words) -> Table | None:
    table = result.failures
    if not len(table):
        return None
    rows = [
        {
            "Point": str(row.point),
            "Factors": words.point(int(row.point)),
            "Seed": str(row.seed),
            "Error": str(row.error),
        }
        for row in wording.rows(table.head(MOST_FAILURES))
    ]
    some = f" The first {MOST_FAILURES}; all, with tracebacks, are in failures/." if len(table) > MOST_FAILURES else ""
    caption = f"{len(table):,} runs failed; they count nowhere in the results.{some}"
    return Table("failures", caption, pd.DataFrame(rows), table[["point", "seed", "error"]])
