"""What the report of an attribution says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from creditregime.laboratory.attribution.accounts import CHANNELS
from creditregime.laboratory.effects import VARIANTS
from creditregime.laboratory.outcomes import GROUP_OUTCOMES
from creditregime.presentation import attribution_tables, style, wording
from creditregime.presentation.attribution_figures import toggle_label
from creditregime.presentation.copies import Copy, Table
from creditregime.presentation.report_of_results import design_of, of_two_worlds, with_copies

if TYPE_CHECKING:
    from creditregime.laboratory.attribution import Attribution

ONE_SEED = "One pair of runs gives no interval, and cannot tell an effect from chance. More seeds are needed."
_LEVEL = 0.05
_MOST_NAMED = 6


def context(result: Attribution) -> dict[str, Any]:
    """Return what the template of attributions needs."""
    here, there = result.labels
    size = {"Firms": f"{result.sizes().mean():,.0f}"}
    points = {"Combinations of toggles": f"{2 ** len(result.toggles)}, each run with every seed"}
    found = of_two_worlds(result) | {
        "kind": "attribution",
        "title": f"{here}, explained",
        "question": f"What makes up the effect of “{here}” against “{there}”: which rule, which firms, who bears it?",
        "design": design_of(result.scenario, size, len(result.seeds)) | points,
        "answer": _answer(result),
        "toggles": _toggles(result),
        "shared": attribution_tables.shared(result),
        "unshared": attribution_tables.unshared(result),
        "one_seed": ONE_SEED,
        "interactions": attribution_tables.interactions(result) if len(result.toggles) > 1 else None,
        "multiplicity": _multiplicity(result),
        "paired": result.paired_firms,
    }
    exact = result.shares().to_csv(index=False, lineterminator="\n")
    found["copies"]["shares"] = Copy(attribution_tables.to_latex(result), exact)
    if result.paired_firms:
        alone = int((result.firms["fate"] != "both").sum())
        found |= {"crossed": attribution_tables.crossed(result), "alone": alone, "examples": _examples(result)}
    return with_copies(found)


def _toggles(result: Attribution) -> Table:
    rows = [(toggle_label(name, 99), ", ".join(keys)) for name, keys in result.toggles.items()]
    caption = "The toggles, and the keys that they switch; every combination is run with every seed."
    return Table("toggles", caption, pd.DataFrame(rows, columns=["Toggle", "Keys"]))


def _answer(result: Attribution) -> list[str]:
    """Return, in words, what makes up the effects that are clear, and how many firms leave in one world only."""
    said = [ONE_SEED] if len(result.seeds) == 1 else []
    for item in attribution_tables.shared(result):
        *parts, whole = item.shares
        shares = ", ".join(f"{part.toggle} {part.share}" for part in parts)
        said.append(f"{item.label}: {whole.effect} {item.unit} {whole.interval}, of which {shares}.")
    if unclear := attribution_tables.unshared(result):
        said.append(f"The interval of the whole effect includes zero for: {'; '.join(unclear)}.")
    if result.paired_firms:
        rows = {row.channel: row for row in wording.rows(result.channels())}
        whole = rows.pop("all")
        said.append(
            f"Of 1,000 firms of the start {wording.number(whole.scenario)} leave in the first world only and "
            f"{wording.number(whole.against)} in the second world only{_largest(list(rows.values()))}."
        )
    return said


def _largest(rows: list[Any]) -> str:
    most = max(rows, key=lambda row: row.count_scenario)
    if not most.count_scenario:
        return ""
    return f"; in the first most often through {style.readable(most.channel)} ({wording.number(most.scenario)})"


def _multiplicity(result: Attribution) -> Table:
    """Return, for each outcome, how many groups have a clear effect alone and among all groups, and which."""
    table = result.by_group()
    rows = []
    for outcome in GROUP_OUTCOMES:
        inside = table[table["outcome"] == outcome.name]
        sure = [style.readable(str(name)) for name in inside.loc[inside["p_holm"] < _LEVEL, "group"]]
        which = ", ".join(sure[:_MOST_NAMED]) + (f" and {len(sure) - _MOST_NAMED} more" * (len(sure) > _MOST_NAMED))
        counts = [int((inside[name] < _LEVEL).sum()) for name in ("p", "p_bh", "p_holm")]
        rows.append((outcome.label, len(inside), *counts, which))
    caption = (
        "Groups by ownership, size class, sector and region whose effect is clear of zero at 5%: alone; after "
        "Benjamini and Hochberg (1995; expected share of false ones at most 5%); after Holm (1979; chance of any false "
        "one at most 5%), and which these are."
    )
    columns = ["Outcome", "Groups", "Alone", "Benjamini-Hochberg", "Holm", "Which, after Holm"]
    return Table("multiplicity", caption, pd.DataFrame(rows, columns=columns).astype(str), table)


def _examples(result: Attribution) -> list[dict[str, Any]]:
    found = []
    for row in wording.rows(result.examples()):
        stories = [getattr(row, f"story_{variant}").splitlines() for variant in VARIANTS]
        pairs = zip(result.labels, stories, (stories[1], stories[0]), strict=True)
        sides = [{"label": label, "lines": _marked(own, set(other))} for label, own, other in pairs]
        only = result.labels[0 if row.fate == "scenario_only" else 1]
        who = f"firm {row.firm} of seed {row.seed}, {row.ownership}, {row.size_class}, {style.readable(row.sector)}"
        title = f"{style.readable(row.channel).capitalize()}: {who}; leaves only under “{only}”"
        found.append({"title": title, "lost": _lost(row), "sides": sides})
    return found


def _lost(row: Any) -> str:
    """Return what a firm lost through each channel until its exit, and in brackets in the other world until then."""
    worlds = VARIANTS if row.fate == "scenario_only" else VARIANTS[::-1]
    pairs = [(name, *(getattr(row, f"{name}_{world}") for world in worlds)) for name in CHANNELS]
    said = [f"{style.readable(name)} {here:.2f} ({there:.2f})" for name, here, there in pairs if here or there]
    return f"Lost by then, in months of its initial revenue (and in the other world): {', '.join(said) or 'nothing'}."


def _marked(lines: list[str], other: set[str]) -> list[tuple[str, bool]]:
    """Return the lines of a story, and whether the other story lacks them."""
    return [(line, line not in other) for line in lines]
