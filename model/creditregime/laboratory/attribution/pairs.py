"""Firm by firm: one seed in both worlds, who leaves in one of them only, through which channel, and the stories."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from creditregime.laboratory import interruption
from creditregime.laboratory.attribution.accounts import CHANNELS, Followed
from creditregime.laboratory.effects import VARIANTS
from creditregime.laboratory.sweeps.parquet import read, write
from creditregime.laboratory.twins import WHO, paired_exits, same_firms
from creditregime.scenario import Scenario

NO_CHANNEL = "none"
"""Where a firm lost no more through any channel in the world in which it leaves."""
COLUMNS: dict[str, Any] = (
    {"seed": np.int64, **dict.fromkeys(WHO, object), "firm": np.int64, "size": np.float32, "fate": object}
    | {
        f"{name}_{variant}": "Int32" if name == "month" else object
        for variant in VARIANTS
        for name in ("month", "cause", "attribution")
    }
    | {"channel": object}
    | {f"{name}_{variant}": np.float64 for name in CHANNELS for variant in VARIANTS}
)
STORY: dict[str, Any] = {"seed": np.int64, "firm": np.int64, "world": object, "story": object}


class Pair(NamedTuple):
    """What one seed gives: one row a firm that leaves in a world, and the stories of those that leave in one only."""

    twins: pd.DataFrame
    stories: pd.DataFrame


def pair(one: Scenario, other: Scenario) -> Pair:
    """Run both worlds of a seed, and follow every firm of the start through both."""
    shared = one.population == other.population
    economy = one.population.build(one.seed) if shared else None
    worlds = tuple(_run(Followed(scenario, economy)) for scenario in (one, other))
    if not same_firms(worlds[0].who, worlds[1].who):
        return Pair(*(pd.DataFrame(columns=[*types]).astype(types) for types in (COLUMNS, STORY)))
    table = paired_exits(worlds[0].who, *(world.exits() for world in worlds))
    table.insert(0, "seed", one.seed)
    return Pair(_with_channels(table, *worlds)[[*COLUMNS]].astype(COLUMNS), _stories(table, *worlds))


def keep_pair(folder: Path, scenario: Mapping[str, Any], against: Mapping[str, Any], seed: int) -> None:
    """Run a seed and write what it gives: the table of firms last, which tells that all is there."""
    done = pair(*(Scenario.parse({**data, "seed": seed}) for data in (scenario, against)))
    write(done.stories, _file(folder, seed, "stories"))
    write(done.twins, _file(folder, seed, "twins"))


def kept(folder: Path, seed: int) -> bool:
    """Tell whether a seed's tables are there."""
    return _file(folder, seed, "twins").exists()


def read_pair(folder: Path, seed: int) -> Pair:
    """Return what `keep_pair` wrote."""
    return Pair(*(read(_file(folder, seed, name)) for name in Pair._fields))


def typed(twins: pd.DataFrame) -> pd.DataFrame:
    """Return a table of firms that was read with the types of its columns: whole months, missing where one survives."""
    return twins.astype(COLUMNS)


def _run(model: Followed) -> Followed:
    for _ in range(model.spec.months):
        model.step()
        interruption.check()
    return model


def _with_channels(table: pd.DataFrame, one: Followed, other: Followed) -> pd.DataFrame:
    """Add what each firm lost in both worlds until the first of its exits, and the channel of a lone exit.

    The channel is the one through which it lost most in the world in which it leaves, beyond what it lost through the
    same in the other world by then.
    """
    rows = table["firm"].to_numpy(np.int64)
    first = table[["month_scenario", "month_against"]].min(axis=1).to_numpy(np.int64)
    lost = [world.lost_until(rows, first) for world in (one, other)]
    for number, name in enumerate(CHANNELS):
        for variant, sums in zip(VARIANTS, lost, strict=True):
            table[f"{name}_{variant}"] = sums[number]
    more = np.where(table["fate"] == "against_only", lost[1] - lost[0], lost[0] - lost[1])
    names = np.array([*CHANNELS, NO_CHANNEL], object)
    largest = np.where(more.max(axis=0) > 0, more.argmax(axis=0), len(CHANNELS))
    table["channel"] = pd.Series(names[largest], table.index).mask(table["fate"] == "both", None)
    return table


def _stories(table: pd.DataFrame, one: Followed, other: Followed) -> pd.DataFrame:
    alone = table[table["fate"] != "both"]
    rows = [
        (seed, firm, variant, world.firm(firm).story(1))
        for seed, firm in zip(alone["seed"].tolist(), alone["firm"].tolist(), strict=True)
        for variant, world in zip(VARIANTS, (one, other), strict=True)
    ]
    return pd.DataFrame(rows, columns=[*STORY]).astype(STORY)


def _file(folder: Path, seed: int, name: str) -> Path:
    return folder / f"seed-{seed:08d}.{name}.parquet"
