"""What the report of a run or a comparison says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from creditregime.laboratory.attribution import Attribution
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.outcomes import OUTCOMES, summarise
from creditregime.laboratory.run import RunResult
from creditregime.presentation import claims, style, tables, wording
from creditregime.presentation.copies import Copy, Table
from creditregime.presentation.effects_figure import heading_of
from creditregime.scenario import Scenario

MOST_FIRMS_LISTED = 25
"""Firms named one by one before the report refers to the table in the folder."""

Levels = list[tuple[str, list[tuple[str, str, str, str]]]]


def context(result: RunResult | Comparison) -> dict[str, Any]:
    """Return what the template of results needs."""
    return with_copies(_of_run(result) if isinstance(result, RunResult) else _of_comparison(result))


def with_copies(found: dict[str, Any]) -> dict[str, Any]:
    """Return what a template needs with copies of the tables that all results have."""
    design = pd.DataFrame(found["design"].items(), columns=["What", "Value"])
    found["copies"] |= {
        "design": Table("design", "Who was simulated, for how long and how often.", design).copy(),
        "claims": copy_of_claims(found["claims"]),
        "provenance": copy_of_provenance(found["provenance"]),
    }
    return found


def _of_run(result: RunResult) -> dict[str, Any]:
    name = result.scenario.title or "untitled scenario"
    levels = _levels(result)
    return {
        "kind": "run",
        "title": name,
        "question": f"What does the economy look like under “{name}”?",
        "labels": (name,),
        "scenarios": [described(name, result.scenario)],
        "design": design_of(result.scenario, _size_of(result), 1),
        "levels": levels,
        "groups": None,
        "claims": claims.claims(result.scenario),
        "provenance": facts(result.provenance),
        "copies": {"levels": _copy_of_levels(levels, result)},
    }


def _of_comparison(result: Comparison) -> dict[str, Any]:
    here, there = result.labels
    found = of_two_worlds(result) | {
        "kind": "comparison",
        "title": f"{here}, compared",
        "question": f"What does “{here}” change, compared with “{there}”, in an otherwise identical economy?",
        "design": design_of(result.scenario, _size_of(result.example[0]), len(result.seeds)),
        "answer": _answer(result),
        "parts": tables.parts(result),
        "groups": _groups(result),
        "firms": _which(result) if result.paired_firms else None,
        "first_seed": result.seeds[0],
    }
    found["copies"]["effects"] = Copy(tables.to_latex(result, headline=False), tables.to_csv(result))
    return found


def of_two_worlds(result: Comparison | Attribution) -> dict[str, Any]:
    """Return what all results of two paired worlds say of them."""
    here, there = result.labels
    pairs = zip(result.labels, (result.scenario, result.against), strict=True)
    differences = claims.differences(result.scenario, result.against)
    keys = pd.DataFrame(differences, columns=["Key", here, there])
    return {
        "labels": result.labels,
        "scenarios": [described(label, scenario) for label, scenario in pairs],
        "differences": differences,
        "seeds": len(result.seeds),
        "claims": claims.claims(result.scenario),
        "provenance": facts(result.provenance),
        "copies": {"differences": Table("differences", "Every key in which the two scenarios differ.", keys).copy()},
    }


def described(label: str, scenario: Scenario) -> dict[str, str]:
    """Return a scenario with what it rests on."""
    return {
        "label": label,
        "source": scenario.source or "none stated",
        "assumptions": scenario.assumptions or "none stated",
    }


def _size_of(example: RunResult) -> dict[str, str]:
    return {
        "Firms": f"{len(example.firms):,}",
        "Supply links at the end": f"{int(example.links['active'].sum()):,}",
    }


def design_of(scenario: Scenario, size: dict[str, str], seeds: int) -> dict[str, str]:
    """Return who was simulated, for how long and how often."""
    rows = size | {
        "Length": f"{scenario.months} months",
        "Topics of regulation": ", ".join(style.readable(topic) for topic in scenario.topics),
        "First seed": str(scenario.seed),
    }
    if seeds > 1:
        rows["Pairs of runs"] = (
            f"{seeds}: both runs of a pair have the same firms and share every random draw, so that a "
            f"difference between "
            "them comes from the rules alone"
        )
    return rows


def _answer(result: Comparison) -> list[str]:
    """Return the headline effects whose interval excludes zero, in words, and which remain open."""
    lines = [line for part in tables.parts(result, headline=True) for line in part.lines]
    if len(result.seeds) == 1:
        return ["One pair of runs cannot tell an effect from chance: no interval is given. More seeds are needed."]
    clear = [line for line in lines if line.reading not in ("unclear", "no change")]
    said = [f"{line.label}: {line.effect} {line.unit} {line.interval} ({line.reading})." for line in clear]
    for reading, words in (("unclear", "The interval includes zero for"), ("no change", "Nothing at all changes in")):
        names = [line.label for line in lines if line.reading == reading]
        said += [f"{words}: {'; '.join(names)}."] if names else []
    return said


def _levels(result: RunResult) -> Levels:
    values = summarise(result.indicators)
    found: dict[str, list[tuple[str, str, str, str]]] = {}
    for outcome in OUTCOMES:
        row = (outcome.label, wording.number(values[outcome.name]), outcome.unit, outcome.describe_how())
        found.setdefault(heading_of(outcome.name), []).append(row)
    return list(found.items())


def _copy_of_levels(levels: Levels, result: RunResult) -> Copy:
    values = summarise(result.indicators)
    rows = [row for _, part in levels for row in part]
    exact = [(o.name, o.label, values[o.name], o.unit, o.describe_how()) for o in OUTCOMES]
    return Table(
        "outcomes",
        f"Outcomes of one run (seed {result.seed}).",
        pd.DataFrame(rows, columns=["Outcome", "Value", "Unit", "How"]),
        pd.DataFrame(exact, columns=["outcome", "label", "value", "unit", "how"]),
    ).copy()


def _groups(result: Comparison) -> Table | None:
    found = tables.group_parts(result).rename(columns=style.readable)
    text = "Paired effects by ownership and size class, with 95% intervals."
    return Table("groups", text, found, result.by_group()) if len(found) else None


def _which(result: Comparison) -> Table:
    """Return the firms of the first pair that leave in one world only."""
    table = result.twins()
    alone = table[table["fate"] != "both"]
    rows = []
    for row in wording.rows(alone.head(MOST_FIRMS_LISTED)):
        world = 0 if row.fate == "scenario_only" else 1
        ending = ("scenario", "against")[world]
        rows.append(
            {
                "Firm": f"firm {row.firm}",
                "Who": f"{row.ownership}, {row.size_class}, {style.readable(str(row.sector))}",
                "Leaves only under": result.labels[world],
                "Month": str(getattr(row, f"month_{ending}")),
                "Cause": style.readable(str(getattr(row, f"cause_{ending}"))),
                "Attributed to": style.readable(str(getattr(row, f"attribution_{ending}"))),
            }
        )
    some = f": the first {len(rows)} of {len(alone)}, all of them in twins.parquet" if len(alone) > len(rows) else ""
    caption = (
        f"Firms of the first pair (seed {result.seeds[0]}) that leave in one world and survive in the other{some}. "
        f"Another {len(table) - len(alone)} leave in both."
    )
    return Table("firms", caption, pd.DataFrame(rows), alone)


def copy_of_claims(found: Sequence[claims.Claim]) -> Copy:
    """Return what a scenario rests on, to take along."""
    names = {"path": "Key", "value": "Value", "description": "Claim", "standing": "Standing", "source": "Source"}
    frame = pd.DataFrame(found, columns=[*names]).rename(columns=names)
    return Table("claims", "Standing of the claims that are switched on.", frame).copy()


def copy_of_provenance(found: Sequence[tuple[str, str]]) -> Copy:
    """Return what made a result, to take along."""
    frame = pd.DataFrame(found, columns=["What", "Value"])
    return Table("provenance", "What made this result.", frame).copy()


def facts(provenance: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what made a result as rows of text."""
    return [(style.readable(str(key)), _fact(value)) for key, value in provenance.items()]


def _fact(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {item}" for name, item in value.items()) or "none"
    return "not known" if value is None else str(value)
