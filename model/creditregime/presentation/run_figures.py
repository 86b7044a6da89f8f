"""Figures of one run: conduct, enforcement, exits, and who bears the regime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from creditregime.codes import Attribution
from creditregime.presentation import style, wording
from creditregime.presentation.style import Picture, picture
from creditregime.units import MONTHS

if TYPE_CHECKING:
    from creditregime.laboratory.run import RunResult

ATTRIBUTIONS = tuple(item.name.lower() for item in Attribution)
ATTRIBUTION_COLOURS = (style.PALE, style.VERMILION, style.PURPLE, style.SKY, style.GREEN, style.YELLOW)
"""One colour an attribution, in the order of the codes; the hatches of the style tell them apart as well."""

_ONE_RUN = "One run of one seed: its wiggles are chance as much as effect; compare two scenarios over seeds to tell."


def conduct(result: RunResult) -> Picture:
    """Return compliance and violations over time and by topic."""
    table = monthly(result)
    start, end = table["compliance"].iloc[0], table["compliance"].iloc[-MONTHS:].mean()
    caption = (
        "Upper row: compliance effort, the share of the way to full compliance, and true violations with what "
        "was found "
        "of them (means over the twelve months before). Lower row: the same by topic in the last year. " + _ONE_RUN
    )
    alt = f"Mean compliance effort goes from {start:.0%} in the first month to {end:.0%} in the last year."
    return picture(
        "conduct",
        f"How firms behave: {name_of(result)}",
        caption,
        alt,
        (9.5, 6.6),
        lambda figure: _draw_conduct(figure, result),
    )


def enforcement(result: RunResult) -> Picture:
    """Return grades, lists and sanctions over time."""
    last = monthly(result).iloc[-1]
    caption = (
        "Firms below the best grade, firms on a blacklist by way of entry, measures in force, and moves on and off the "
        "lists. Each panel starts at zero and ends at its own largest value. " + _ONE_RUN
    )
    alt = f"In the last month {last['listed']:.1%} of the firms are on a blacklist; grades: {_grade_words(last)}."
    return picture(
        "enforcement",
        f"What the regime does: {name_of(result)}",
        caption,
        alt,
        (9.5, 6.6),
        lambda figure: _draw_enforcement(figure, result),
    )


def exits(result: RunResult) -> Picture:
    """Return exits a year, stacked by what brought them about."""
    table = monthly(result)
    total = {name: int(table[f"exits_by_{name}"].sum()) for name in ATTRIBUTIONS}
    words = ", ".join(f"{style.readable(name)} {count}" for name, count in total.items())
    caption = (
        "Firms that left in each year. An exit is attributed to the largest of four smoothed losses if that "
        "reaches the "
        "scenario's floor, and to the background otherwise. " + _ONE_RUN
    )
    return picture(
        "exits",
        f"Who left, and why: {name_of(result)}",
        caption,
        f"Exits by attribution over the whole run: {words}.",
        (9.5, 4.4),
        lambda figure: _draw_exits(figure, table),
    )


def bearers(result: RunResult) -> Picture:
    """Return compliance, listing and fines by ownership and size class."""
    caption = (
        "Means over the months in which groups were measured. Size classes are quarters of the firms by initial "
        "revenue. "
        "A group with few firms varies much by chance: its number of firms is given. " + _ONE_RUN
    )
    rows = _group_means(result)
    words = "; ".join(f"{row.label}: {row.listed:.1%} listed" for row in wording.rows(rows))
    return picture(
        "groups",
        f"Who bears it: {name_of(result)}",
        caption,
        f"By group: {words}." if len(rows) else "No group was measured in so short a run.",
        (9.5, 4.6),
        lambda figure: _draw_bearers(figure, rows),
    )


def name_of(result: RunResult) -> str:
    """Return the scenario's title, or how it is called without one."""
    return result.scenario.title or "untitled scenario"


def monthly(result: RunResult) -> pd.DataFrame:
    """Return the indicators with one row a month: counts summed over jurisdictions, the rest averaged."""
    table = result.indicators
    if "jurisdiction" not in table:
        return table
    counts = {name: "sum" if str(name).startswith(("exits", "entries")) else "mean" for name in table.columns}
    del counts["jurisdiction"], counts["month"]
    return table.groupby("month").agg(counts).reset_index()


def years(table: pd.DataFrame) -> Any:
    """Return the months of a table in years since the start."""
    return table["month"].to_numpy() / MONTHS


def yearly_mean(values: pd.Series) -> pd.Series:
    """Return the mean over the twelve months before (fewer at the start)."""
    return values.rolling(MONTHS, min_periods=1).mean()


def over_time(axes: Axes, title: str, unit: str, *, percent: bool = False) -> None:
    """Name the axes of a panel that shows a path."""
    axes.set(title=title, xlabel="year", ylabel=unit)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    if percent:
        axes.yaxis.set_major_formatter(style.percent)
    axes.margins(x=0)


def _draw_conduct(figure: Figure, result: RunResult) -> None:
    panels = figure.subplots(2, 2)
    table = monthly(result)
    x = years(table)
    panels[0, 0].plot(x, table["compliance"], color=style.BLUE)
    over_time(panels[0, 0], "Compliance effort, mean of all topics", "share of full compliance", percent=True)
    panels[0, 0].set_ylim(0, 1)
    lines = (("violations", "true violations", style.VERMILION, "-"), ("detections", "found", style.BLUE, "--"))
    for column, label, colour, dash in (*lines, ("false_findings", "found, but false", style.BLACK, ":")):
        panels[0, 1].plot(x, yearly_mean(table[column]), dash, color=colour, label=label)
    over_time(panels[0, 1], "Violations", "per firm and month")
    panels[0, 1].legend(loc="upper right")
    last = result.topics[result.topics["month"] > table["month"].iloc[-1] - MONTHS]
    topics = last.groupby("topic", sort=False)[["compliance", "violations"]].mean()
    names = [style.readable(str(name)) for name in topics.index]
    _bars(panels[1, 0], names, topics["compliance"], style.BLUE)
    panels[1, 0].set(title="Compliance by topic, last year", xlabel="share of full compliance", xlim=(0, 1))
    panels[1, 0].xaxis.set_major_formatter(style.percent)
    _bars(panels[1, 1], names, topics["violations"], style.VERMILION)
    panels[1, 1].set(title="True violations by topic, last year", xlabel="per firm and month")


def _draw_enforcement(figure: Figure, result: RunResult) -> None:
    panels = figure.subplots(2, 2)
    table = monthly(result)
    x = years(table)
    _grades(panels[0, 0], table)
    own = table["listed"] * (1 - table["listed_by_association"])
    if table["listed"].any():
        colours, labels = (style.VERMILION, style.PURPLE), ("by its own act", "by association")
        stack(panels[0, 1], x, [own, table["listed"] - own], colours, labels)
        over_time(panels[0, 1], "On a blacklist", "share of firms", percent=True)
        panels[0, 1].legend(loc="upper left")
    else:
        style.say_empty(panels[0, 1], "No firm was blacklisted")
    _flows(panels[1, 0], table, x, (("sanctions", "all measures"), ("joint_sanctions", "joint punishment")))
    over_time(panels[1, 0], "Measures in force", "per firm (12-month mean)")
    _flows(panels[1, 1], table * MONTHS, x, (("new_listings", "entries"), ("delistings", "departures")))
    over_time(panels[1, 1], "Moves on and off blacklists", "per firm and year")


def _flows(axes: Axes, table: pd.DataFrame, x: Any, columns: Sequence[tuple[str, str]]) -> None:
    for (column, label), line in zip(columns, style.WORLDS, strict=True):
        axes.plot(x, yearly_mean(table[column]), line.dash, color=line.colour, label=label)
    axes.margins(y=0.25)  # room for the legend
    axes.legend(loc="upper left")


def _grades(axes: Axes, table: pd.DataFrame) -> None:
    names = _scale(table.iloc[-1])  # a phase may have had other grades: its months stay empty
    below = names[:-1]
    if not below or not table[below].to_numpy().any():
        text = "Nobody is rated" if len(names) <= 1 else "Every firm holds the best grade"
        style.say_empty(axes, text)
        return
    labels = [style.readable(name.removeprefix("grade_")) for name in names]
    stack(axes, years(table), [table[name].fillna(0) for name in below], style.ramp(len(names))[:-1], labels[:-1])
    over_time(axes, f"Grades below the best (“{labels[-1]}”)", "share of firms", percent=True)
    handles, shown = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], shown[::-1], loc="upper left")


def stack(axes: Axes, x: Any, parts: Sequence[Any], colours: Sequence[str], labels: Sequence[str]) -> None:
    """Draw a stacked area; hatches tell the layers apart as well as colours do."""
    base = np.zeros(len(x))
    for number, (part, colour, label) in enumerate(zip(parts, colours, labels, strict=True)):
        top = base + np.asarray(part)
        hatch = style.HATCHES[number % len(style.HATCHES)]
        axes.fill_between(x, base, top, facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0.4, label=label)
        base = top
    axes.set_ylim(0, max(base.max() * 1.35, 1e-6))  # room for the legend


def _bars(axes: Axes, names: Sequence[str], values: pd.Series, colour: str) -> None:
    axes.barh(names, values, color=colour, height=0.62)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)


def _draw_exits(figure: Figure, table: pd.DataFrame) -> None:
    axes = figure.subplots()
    year = (table["month"] - 1) // MONTHS + 1
    counts = table.groupby(year)[[f"exits_by_{name}" for name in ATTRIBUTIONS]].sum()
    if not counts.to_numpy().any():
        style.say_empty(axes, "No firm left during this run")
        return
    base = np.zeros(len(counts))
    for name, colour, hatch in zip(ATTRIBUTIONS, ATTRIBUTION_COLOURS, style.HATCHES, strict=False):
        values = counts[f"exits_by_{name}"].to_numpy()
        label = f"{style.readable(name)} ({int(values.sum())})"
        axes.bar(counts.index, values, 0.7, base, color=colour, hatch=hatch, edgecolor="white", label=label)
        base = base + values
    short = len(table) % MONTHS
    axes.set(xlabel="year" + (f" (the last one has {short} months)" if short else ""), ylabel="firms that left")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="x", visible=False)
    axes.legend(title="attributed to (exits in all)", loc="center left", bbox_to_anchor=(1.0, 0.5))


def _group_means(result: RunResult) -> pd.DataFrame:
    """Return one row a group of ownership or size: means over the measured months."""
    table = result.groups
    if not len(table):
        return pd.DataFrame(columns=["label", "listed"])
    table = table[table["dimension"].isin(["ownership", "size"])].copy()
    table["fines_share"] = table["fines"] / table["output"].where(table["output"] > 0)
    columns = ["firms", "compliance", "listed", "fines_share"]
    means = table.groupby(["dimension", "group"], sort=False)[columns].mean().reset_index()
    means = means[means["firms"] > 0]
    means["label"] = [f"{row.group} ({row.firms:.0f})" for row in wording.rows(means)]
    return means


def _draw_bearers(figure: Figure, rows: pd.DataFrame) -> None:
    if not len(rows):
        style.say_empty(figure.subplots(), "Groups are measured once a year: the run is too short")
        return
    panels = figure.subplots(1, 3, sharey=True)
    shown = (
        ("compliance", "Compliance effort", "share of full compliance"),
        ("listed", "On a blacklist", "share of firms"),
        ("fines_share", "Fines", "share of monthly revenue"),
    )
    colours = [style.SKY if dimension == "ownership" else style.GREEN for dimension in rows["dimension"]]
    hatches = ["" if dimension == "ownership" else "////" for dimension in rows["dimension"]]
    places = np.arange(len(rows)) + 0.5 * (rows["dimension"] != "ownership").to_numpy()
    for axes, (column, title, unit) in zip(panels, shown, strict=True):
        axes.barh(places, rows[column], color=colours, hatch=hatches, edgecolor="white", height=0.62)
        axes.set(title=title, xlabel=unit)
        axes.xaxis.set_major_formatter(style.percent)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
        axes.set_xlim(0, max(float(rows[column].max()) * 1.08, 0.01))
        axes.grid(axis="y", visible=False)
    panels[0].set_yticks(places, rows["label"])
    panels[0].invert_yaxis()
    panels[0].set_ylabel("size class | ownership (firms)")


def _scale(last: pd.Series) -> list[str]:  # type: ignore[type-arg]
    """Return the columns of the grades that there are in the last month."""
    return [str(name) for name in last.index if str(name).startswith("grade_") and pd.notna(last[name])]


def _grade_words(last: pd.Series) -> str:
    names = _scale(last)
    return ", ".join(f"{style.readable(name.removeprefix('grade_'))} {last[name]:.1%}" for name in names)
