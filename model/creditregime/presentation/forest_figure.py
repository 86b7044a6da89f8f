"""Forests of a sweep: what its points change against a reference, by group of firms too, and each toggle's share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from creditregime.errors import ScenarioError
from creditregime.laboratory.shapley import shapley
from creditregime.laboratory.sweeps import Sweep
from creditregime.laboratory.sweeps.cells import Against, chosen_outcomes, factors_of, matching
from creditregime.laboratory.sweeps.contrasts import contrasts, group_contrasts
from creditregime.presentation import style, wording
from creditregime.presentation.forest_layout import Column, forest_picture
from creditregime.presentation.style import Picture
from creditregime.presentation.sweep_words import Labels, Levels, Seeds, Words

MOST_POINTS = 40


def forest(
    result: Sweep,
    against: Against,
    outcomes: str | Sequence[str],
    at: Mapping[str, Any] | None = None,
    name: str = "forest",
    labels: Labels | None = None,
    levels: Levels | None = None,
    title: str | None = None,
) -> Picture:
    """Return the paired effects of a sweep's points against a reference, one row a point and one panel an outcome.

    Parameters
    ----------
    result, against
        As `contrasts` takes them.
    outcomes
        One or several outcomes.
    at
        Only points with these values of some factors.
    name, title
        Stem of the files; title.
    labels, levels
        Texts for factors, and for their values (see `Words`).

    Raises
    ------
    ScenarioError
        One line: an unknown factor, value or outcome, no point to show, or too many to be read.
    """
    words, names = Words(result, labels, levels), chosen_outcomes(result, outcomes)
    table = contrasts(result, against, names)
    table = table[table["point"].isin(result.points["point"][matching(result, at or {}, "at")])]
    points = table["point"].drop_duplicates().tolist()
    if not 0 < len(points) <= MOST_POINTS:
        raise ScenarioError(f"forest: {len(points)} points cannot be shown: 1 to {MOST_POINTS}; choose some with at=")
    columns = _columns(result, words, points)
    parts = [table[table["outcome"] == outcome] for outcome in names]
    seeds = Seeds.of(table["seeds"], "paired seed")
    heading = title or f"Effects against {words.reference(against)}"
    what = f"Paired differences from {words.reference(against)}"
    return forest_picture(name, heading, what, columns, parts, seeds)


def _columns(result: Sweep, words: Words, points: Sequence[int]) -> list[Column]:
    """Return the factors that vary among the points shown (all of them, if none does)."""
    shown = result.points.set_index("point").loc[[*points]]
    names = factors_of(result)
    varying = [name for name in names if shown[name].nunique() > 1] or names
    return [Column(words.factor(name), [words.level(name, value) for value in shown[name]]) for name in varying]


def attribution(
    result: Sweep,
    outcomes: str | Sequence[str],
    name: str = "attribution",
    labels: Labels | None = None,
    title: str | None = None,
) -> Picture:
    """Return each toggle's share of an effect: Shapley values with intervals, and the effect of all toggles together.

    Parameters
    ----------
    result
        A sweep whose design is ``factorial`` (see `laboratory.shapley`).
    outcomes
        One or several outcomes.
    name, title, labels
        Stem of the files; title; texts for toggles.
    """
    words, names = Words(result, labels), chosen_outcomes(result, outcomes)
    table = shapley(result, names)
    toggles = table.loc[table["outcome"] == names[0], "toggle"].tolist()
    cells = ["all together" if toggle == "total" else words.factor(toggle) for toggle in toggles]
    parts = [table[table["outcome"] == outcome] for outcome in names]
    what = "Shapley values: what a toggle changes, averaged over all orders of switching on, seed by seed"
    heading = title or "Each toggle's share of the effect"
    return forest_picture(
        name, heading, what, [Column("toggle", cells)], parts, Seeds.of(table["seeds"], "paired seed")
    )


def group_forest(
    result: Sweep,
    at: Against,
    against: Against,
    outcomes: str | Sequence[str],
    dimensions: Sequence[str] = ("ownership", "size"),
    name: str = "groups",
    labels: Labels | None = None,
    levels: Levels | None = None,
    title: str | None = None,
) -> Picture:
    """Return the paired effects of a point against another one by group of firms, one panel an outcome.

    Parameters
    ----------
    result
        A sweep whose study keeps outcomes by ``groups``.
    at, against, outcomes
        As `group_contrasts` takes them.
    dimensions
        Groupings to show: ownership, size, sector, region.
    name, title, labels, levels
        Stem of the files; title; texts for factors, and for their values (see `Words`).
    """
    words = Words(result, labels, levels)
    table = group_contrasts(result, at, against, outcomes)
    table = table[table["dimension"].isin([*dimensions])]
    if not len(table):
        raise ScenarioError(
            f"dimensions: no groups of {', '.join(dimensions)}; allowed: ownership, size, sector, region"
        )
    rows = table[["dimension", "group", "firms"]].drop_duplicates(["dimension", "group"])
    groups = [f"{style.readable(str(row.group))} ({row.firms:.0f} firms)" for row in wording.rows(rows)]
    columns = [Column("", rows["dimension"].tolist()), Column("group", groups)]
    parts = [table[table["outcome"] == outcome] for outcome in table["outcome"].drop_duplicates()]
    one, other = words.reference(at), words.reference(against)
    what = f"Paired differences between {one} and {other}, by group of firms (size: quarters by initial revenue)"
    seeds = Seeds.of(table["seeds"], "paired seed")
    return forest_picture(name, title or f"Who bears it: {one} against {other}", what, columns, parts, seeds)
