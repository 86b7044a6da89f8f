"""The report: one HTML file that needs nothing else, for people who were not there."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from creditregime.laboratory.attribution import Attribution
from creditregime.laboratory.compare import Comparison
from creditregime.laboratory.outcomes import OUTCOMES, summarise
from creditregime.laboratory.run import RunResult
from creditregime.presentation import attribution_report, claims, style, tables, wording
from creditregime.presentation.effects_figure import heading_of
from creditregime.presentation.figures import figures
from creditregime.presentation.style import Picture
from creditregime.scenario import Scenario

Result = RunResult | Comparison | Attribution
MOST_FIRMS_LISTED = 25
"""Firms named one by one before the report refers to the table in the folder."""


def report(result: Result, pictures: Sequence[Picture] | None = None) -> str:
    """Return the report of a result as HTML: figures embedded, no script, no outside address.

    Parameters
    ----------
    result
        A run, a comparison or an attribution.
    pictures
        Its figures, if they are drawn already.

    Examples
    --------
    >>> from creditregime.laboratory.run import run
    >>> report(run("regime=none", "population=classroom", months=3)).startswith("<!DOCTYPE html>")
    True
    """
    drawn = {picture.name: picture for picture in (figures(result) if pictures is None else pictures)}
    if isinstance(result, Attribution):
        return template("attribution.html").render(_of_attribution(result), pictures=drawn)
    context = _of_run(result) if isinstance(result, RunResult) else _of_comparison(result)
    return template("report.html").render(context, pictures=drawn)


@cache
def template(name: str) -> Template:
    """Return a template that ships with the package."""
    environment = Environment(
        loader=PackageLoader("creditregime.presentation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["embed"] = _embed
    environment.filters["readable"] = style.readable
    return environment.get_template(name)


def _of_run(result: RunResult) -> dict[str, Any]:
    name = result.scenario.title or "untitled scenario"
    return {
        "kind": "run",
        "paired": False,
        "title": name,
        "question": f"What does the economy look like under “{name}”?",
        "labels": (name,),
        "scenarios": [_scenario(name, result.scenario)],
        "design": _design(result.scenario, _firms_of(result), 1),
        "levels": _levels(result),
        "claims": claims.claims(result.scenario),
        "provenance": _facts(result.provenance),
    }


def _of_comparison(result: Comparison) -> dict[str, Any]:
    here, there = result.labels
    return _of_two(result) | {
        "kind": "comparison",
        "title": f"{here}, compared",
        "question": f"What does “{here}” change, compared with “{there}”, in an otherwise identical economy?",
        "design": _design(result.scenario, _firms_of(result.example[0]), len(result.seeds)),
        "answer": _answer(result),
        "parts": tables.parts(result),
        "groups": tables.group_parts(result),
        "firms": _which(result) if result.paired_firms else None,
        "first_seed": result.seeds[0],
    }


def _of_attribution(result: Attribution) -> dict[str, Any]:
    here, there = result.labels
    size = {"Firms": f"{result.sizes().mean():,.0f}"}
    points = {"Combinations of toggles": f"{2 ** len(result.toggles)}, each run with every seed"}
    parts = _of_two(result) | {
        "kind": "attribution",
        "title": f"{here}, explained",
        "question": f"What makes up the effect of “{here}” against “{there}”: which rule, which firms, who bears it?",
        "design": _design(result.scenario, size, len(result.seeds)) | points,
        "answer": attribution_report.answer(result),
    }
    return parts | attribution_report.context(result)


def _of_two(result: Comparison | Attribution) -> dict[str, Any]:
    """Return what the reports of two worlds have in common."""
    pairs = zip(result.labels, (result.scenario, result.against), strict=True)
    return {
        "paired": True,
        "labels": result.labels,
        "scenarios": [_scenario(label, scenario) for label, scenario in pairs],
        "differences": claims.differences(result.scenario, result.against),
        "seeds": len(result.seeds),
        "claims": claims.claims(result.scenario),
        "provenance": _facts(result.provenance),
    }


def _scenario(label: str, scenario: Scenario) -> dict[str, str]:
    return {
        "label": label,
        "source": scenario.source or "none stated",
        "assumptions": scenario.assumptions or "none stated",
    }


def _firms_of(example: RunResult) -> dict[str, str]:
    return {
        "Firms": f"{len(example.firms):,}",
        "Supply links at the end": f"{int(example.links['active'].sum()):,}",
    }


def _design(scenario: Scenario, size: dict[str, str], seeds: int) -> dict[str, str]:
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


def _levels(result: RunResult) -> list[tuple[str, list[tuple[str, str, str, str]]]]:
    values = summarise(result.indicators)
    found: dict[str, list[tuple[str, str, str, str]]] = {}
    for outcome in OUTCOMES:
        row = (outcome.label, wording.number(values[outcome.name]), outcome.unit, outcome.describe_how())
        found.setdefault(heading_of(outcome.name), []).append(row)
    return list(found.items())


def _which(result: Comparison) -> dict[str, Any]:
    """Return the firms of the first pair that leave in one world only, as rows of text."""
    table = result.twins()
    alone = table[table["fate"] != "both"]
    rows = []
    for row in wording.rows(alone.head(MOST_FIRMS_LISTED)):
        world = 0 if row.fate == "scenario_only" else 1
        ending = ("scenario", "against")[world]
        rows.append(
            {
                "firm": f"firm {row.firm}",
                "who": f"{row.ownership}, {row.size_class}, {style.readable(str(row.sector))}",
                "world": result.labels[world],
                "month": str(getattr(row, f"month_{ending}")),
                "cause": style.readable(str(getattr(row, f"cause_{ending}"))),
                "attribution": style.readable(str(getattr(row, f"attribution_{ending}"))),
            }
        )
    return {"rows": rows, "all": len(alone), "both": len(table) - len(alone)}


def _facts(provenance: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(style.readable(str(key)), _fact(value)) for key, value in provenance.items()]


def _fact(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {item}" for name, item in value.items()) or "none"
    return "not known" if value is None else str(value)


def _embed(picture: Picture) -> str:
    """Return a figure as a data address: vectors, sharp on paper and on a wall."""
    return "data:image/svg+xml;base64," + base64.b64encode(re.sub(rb">\s+<", b"><", picture.svg)).decode("ascii")
