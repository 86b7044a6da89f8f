"""Through which channels firms leave in one world and survive in the other: counts over seeds, and examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from creditregime.codes import Attribution
from creditregime.laboratory.attribution.accounts import CHANNELS
from creditregime.laboratory.attribution.pairs import NO_CHANNEL
from creditregime.laboratory.effects import VARIANTS, paired

if TYPE_CHECKING:
    Sizes = pd.Series[float]

ALL = "all"
LONE = ("scenario_only", "against_only")
ATTRIBUTIONS = tuple(item.name.lower() for item in Attribution)


def lone_exits(firms: pd.DataFrame, sizes: Sizes) -> pd.DataFrame:
    """Return how many firms leave in one world only, by channel: one row a channel, and one for all of them.

    Parameters
    ----------
    firms
        One row a seed and firm, as in `Attribution.firms`.
    sizes
        How many firms each seed began with.

    Returns
    -------
    Firms of the start per 1,000 that leave in the ``scenario`` only and in the other world (``against``) only, means
    over seeds with intervals, and their paired difference with its interval; `count_scenario` and `count_against` in
    all seeds.
    """
    worlds = [firms[firms["fate"] == fate] for fate in LONE]
    return _table(worlds, "channel", (*CHANNELS, NO_CHANNEL), sizes)


def losses(firms: pd.DataFrame) -> pd.DataFrame:
    """Return what firms that leave in one world only lost until then: one row a fate and channel.

    Returns
    -------
    Mean loss in the world in which they leave (`leaves`) and in the other one by then (`survives`), months of their
    initial revenue, means over seeds of the means of a seed's firms; the paired difference with its interval; `seeds`
    that have such firms.
    """
    parts = []
    for fate, here, there in (("scenario_only", *VARIANTS), ("against_only", *VARIANTS[::-1])):
        means = firms[firms["fate"] == fate].groupby("seed")[[f"{c}_{v}" for c in CHANNELS for v in VARIANTS]].mean()
        if not len(means):
            continue
        one, other = (means[[f"{name}_{world}" for name in CHANNELS]].to_numpy(np.float64) for world in (here, there))
        found = paired(one, other)
        named = {"leaves": found["scenario"], "survives": found["against"]}
        kept = {name: found[name] for name in ("effect", "low", "high", "seeds")}
        parts.append(pd.DataFrame({"fate": fate, "channel": CHANNELS, **named, **kept}))
    columns = ["fate", "channel", "leaves", "survives", "effect", "low", "high", "seeds"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def attributed(firms: pd.DataFrame, sizes: Sizes) -> pd.DataFrame:
    """Return how many firms of the start leave by what their exits are attributed to: columns as in `lone_exits`.

    Counted is each firm's own exit in each world, those that leave in both included.
    """
    worlds = [firms.assign(attribution=firms[f"attribution_{variant}"]) for variant in VARIANTS]
    return _table(worlds, "attribution", (*ATTRIBUTIONS[1:], ATTRIBUTIONS[0]), sizes)


def examples(firms: pd.DataFrame, stories: pd.DataFrame, number: int = 1) -> pd.DataFrame:
    """Return some firms of each fate and channel with their stories in both worlds.

    Of the firms of a fate and channel, in the order of the month of exit, then of size (the largest first), seed and
    row, those in the middle are chosen: with one, the firm of the median month.
    """
    alone = firms[firms["fate"].isin(LONE)]
    month = alone["month_scenario"].fillna(alone["month_against"])
    alone = alone.assign(month=month, smaller=-alone["size"]).sort_values(["month", "smaller", "seed", "firm"])
    chosen = []
    for fate in LONE:
        for channel in (*CHANNELS, NO_CHANNEL):
            inside = alone[(alone["fate"] == fate) & (alone["channel"] == channel)]
            first = max((len(inside) - number) // 2, 0)
            chosen.append(inside.iloc[first : first + number])
    table = pd.concat(chosen, ignore_index=True).drop(columns=["month", "smaller"])
    told = stories.set_index(["seed", "firm", "world"])["story"].unstack("world").reindex(columns=list(VARIANTS))
    return table.join(told.add_prefix("story_"), on=["seed", "firm"])


def _table(worlds: Sequence[pd.DataFrame], column: str, names: Sequence[str], sizes: Sizes) -> pd.DataFrame:
    """Return counts of both worlds by name, per 1,000 firms and seed, and their paired difference."""
    counts = [_counts(rows, column, names, sizes) for rows in worlds]
    rates = [1000 * table.div(sizes, axis=0).to_numpy(np.float64) for table in counts]
    columns: dict[str, object] = {column: [*names, ALL]}
    for variant, rate, table in zip(VARIANTS, rates, counts, strict=True):
        level = paired(rate, np.zeros_like(rate))
        columns |= {variant: level["effect"], f"{variant}_low": level["low"], f"{variant}_high": level["high"]}
        columns[f"count_{variant}"] = table.sum().to_numpy(np.int64)
    found = paired(rates[0], rates[1])
    return pd.DataFrame(columns | {name: found[name] for name in ("effect", "low", "high", "seeds")})


def _counts(rows: pd.DataFrame, column: str, names: Sequence[str], sizes: Sizes) -> pd.DataFrame:
    """Return one row a seed, one column a name, and one for all; rows without a name do not count."""
    table = rows.groupby(["seed", column]).size().unstack(fill_value=0)
    table = table.reindex(index=sizes.index, columns=list(names), fill_value=0)
    return table.assign(**{ALL: table.sum(axis=1)})
