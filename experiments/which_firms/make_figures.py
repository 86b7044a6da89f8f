"""Who leaves in one of two worlds only, and what their exits are attributed to."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from creditregime.codes import Attribution
from creditregime.laboratory.frames import names
from creditregime.laboratory.sweeps import Sweep
from creditregime.presentation import style
from creditregime.presentation.style import Picture, picture
from creditregime.presentation.survival_figure import survival
from experiments.findings import Finding, between, by_seed_grouped, difference, mean

TOGGLE = "joint punishment"
WITH, WITHOUT = {TOGGLE: 1}, {TOGGLE: 0}
CHANNELS = ("own_sanctions", "lost_buyers", "background")
"""Channels that are told also where nobody leaves through them."""
ONLY = {"with": "leave only with joint punishment", "without": "leave only without it"}


def pictures(result: Sweep) -> list[Picture]:
    """Return who leaves in one world only, by channel, and how long firms survive in both."""
    counts = {world: by_channel(result, world) for world in ONLY}
    means = {world: counts[world].mean() for world in ONLY}
    told = "; ".join(f"{ONLY[world]}: {means[world].sum():.1f} per 1,000" for world in ONLY)
    channels = picture(
        "channels",
        "Firms of the start that leave in one of two worlds only",
        f"Means over {len(counts['with'])} paired seeds with 95% intervals, by what the exit is attributed to.",
        f"{told}.",
        (8.6, 3.9),
        lambda figure: _draw(figure, counts),
    )
    return [channels, survival(result, TOGGLE, name="survival")]


def findings(result: Sweep) -> list[Finding]:
    """Return how many firms leave in one world only, through which channels, and which kinds of firms lose."""
    unit = "per 1,000 firms of the start"
    counts = {world: by_channel(result, world) for world in ONLY}
    lines = [mean(f"firms that {ONLY[world]}", counts[world].sum(axis=1), unit) for world in ONLY]
    for world, words in ONLY.items():
        for channel in CHANNELS:
            text = f"of those that {words}: by {style.readable(channel)}"
            lines.append(mean(text, counts[world][channel], unit))
    lines.append(difference(result, "all exits, with against without", "exits", WITH, WITHOUT))
    for group in ("micro", "large"):
        one, other = (by_seed_grouped(result, "exits", at, "size", group) for at in (WITH, WITHOUT))
        lines.append(between(f"exits of {group} firms, with against without", one, other, "per 1,000 firms"))
    return lines


def by_channel(result: Sweep, world: str) -> pd.DataFrame:
    """Return firms of the start per 1,000 that leave in one world only, one row a seed, one column a channel."""
    point = {number: int(value) for number, value in result.points.set_index("point")[TOGGLE].items()}
    first = result.exits.drop_duplicates(["point", "seed", "firm"])
    worlds = first.assign(on=first["point"].map(point)).pivot(
        index=["seed", "firm"], columns="on", values="attribution"
    )
    here, there = (1, 0) if world == "with" else (0, 1)
    alone = worlds.loc[worlds[here].notna() & worlds[there].isna(), here].reset_index()
    table = pd.crosstab(alone["seed"], alone[here])
    seeds, firms = result.runs["seed"].unique(), result.scenario(0).population.firms  # type: ignore[attr-defined]
    return 1000 / firms * table.reindex(index=seeds, columns=names(Attribution), fill_value=0)


def _draw(figure: Figure, counts: dict[str, pd.DataFrame]) -> None:
    axes = figure.subplots()
    channels = [
        name for name in names(Attribution) if name in CHANNELS or any(table[name].any() for table in counts.values())
    ]
    for line, (world, table), shift in zip(style.WORLDS, counts.items(), (-0.19, 0.19), strict=True):
        for place, name in enumerate(channels):
            found, label = mean(name, table[name], ""), ONLY[world] if not place else None
            y = place + shift
            axes.barh(y, found.value, 0.36, color=line.colour, hatch=line.hatch, edgecolor="white", label=label)
            axes.plot([max(found.low, 0), found.high], [y, y], color=style.INK, linewidth=1.6)
    axes.set_yticks(range(len(channels)), [style.readable(name) for name in channels])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set(xlabel="firms per 1,000 of the start, ten years", xlim=(0, None))
    axes.legend(loc="lower right")
