"""The systems that public accounts describe, each with its toggle and with evidence that the toggle acts.

``configs/systems.yaml`` names the systems. Each one has one or more *demonstrations*: a scenario, what switches the
system off and on in it, the indicator in which it shows, and in which direction its source says that it moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import pandas as pd
import yaml

from creditregime.composition import load
from creditregime.errors import ScenarioError
from creditregime.laboratory import workers as pool
from creditregime.laboratory.effects import paired
from creditregime.model import CreditRegime
from creditregime.paths import config_root

Claim = Literal["more", "less", "other"]
SIZES = {"full": ("population.firms=500", "months=84"), "small": ("population.firms=120", "months=36")}
"""Overrides that a demonstration begins with, at each size."""
STANDINGS = ("real", "partly", "unverified")
LATE = 0.5
"""Part of a run over which an indicator is averaged, unless a demonstration names its months."""


@dataclass(frozen=True)
class Demonstration:
    """How a system shows: paired runs of a scenario with the system switched off and on.

    Attributes
    ----------
    base, without, with_it
        Overrides as on the command line: the scenario, and what each twin adds to it.
    indicator
        Column of the monthly indicators, or ``column@dimension=group`` of the tables by topic or by group.
    claim
        What the source says of the indicator: more or less of it with the system on; ``other`` where it only says that
        something changes.
    months
        First and last month (from 1) over which the indicator is averaged; the second half of the run where not named.
    remark
        Why the model says otherwise, or what to know.
    """

    base: tuple[str, ...]
    without: tuple[str, ...]
    with_it: tuple[str, ...]
    indicator: str
    claim: Claim
    months: tuple[int, int] | None = None
    remark: str = ""


@dataclass(frozen=True)
class System:
    """One row: what an account says, who says it, how sure that is, and what switches it here."""

    number: int
    words: str
    named_by: tuple[str, ...]
    toggles: tuple[str, ...]
    standing: str
    source: str
    shown: tuple[Demonstration, ...]


@dataclass(frozen=True)
class Evidence:
    """What a demonstration gave over paired seeds."""

    system: int
    demonstration: Demonstration
    off: float
    on: float
    low: float
    high: float
    seeds: int

    @property
    def effect(self) -> float:
        """Mean difference, on less off."""
        return self.on - self.off

    @property
    def verdict(self) -> str:
        """Tell whether the toggle did what the source claims of it."""
        claim = self.demonstration.claim
        if self.effect == 0 and self.low == self.high == 0:
            return "no effect"
        if not (self.low > 0 or self.high < 0):
            return "no clear effect"
        direction = "more" if self.effect > 0 else "less"
        return "as claimed" if claim in ("other", direction) else "the other way"


@cache
def systems() -> tuple[System, ...]:
    """Return the systems in the order of their numbers."""
    data = yaml.safe_load((config_root() / "systems.yaml").read_text(encoding="utf-8"))
    return tuple(_system(entry) for entry in data["systems"])


def system(number: int) -> System:
    """Return one system by its number."""
    found = {entry.number: entry for entry in systems()}
    if number not in found:
        raise ScenarioError(f"system: {number} is not allowed: must be between {min(found)} and {max(found)}")
    return found[number]


def systems_at(path: str) -> list[System]:
    """Return the systems that a key switches, or a key below it; a star in a toggle stands for any name."""
    return [entry for entry in systems() if any(_lies_at(toggle.partition("=")[0], path) for toggle in entry.toggles)]


def _lies_at(toggle: str, path: str) -> bool:
    pattern, keys = toggle.removesuffix(".kind").split("."), path.removesuffix(".kind").split(".")
    return len(pattern) >= len(keys) and all(one in ("*", other) for one, other in zip(pattern, keys, strict=False))


def show(
    entries: Sequence[System],
    *,
    seeds: int = 20,
    size: str = "full",
    workers: int | None = None,
    done: Any = lambda: None,
) -> list[Evidence]:
    """Run the demonstrations of some systems over paired seeds; the results do not depend on the workers."""
    tasks = [(entry.number, number) for entry in entries for number in range(len(entry.shown))]
    return pool.each(_evidence, (seeds, size), tasks, workers=workers or pool.available(), done=done)


def scenarios(demonstration: Demonstration, size: str = "full") -> dict[str, Any]:
    """Return the two scenarios of a demonstration, ``off`` and ``on``."""
    start = (*SIZES[size], *demonstration.base)
    return {"off": load(*start, *demonstration.without), "on": load(*start, *demonstration.with_it)}


def _evidence(seeds: int, size: str, task: tuple[int, int]) -> Evidence:
    number, position = task
    shown = system(number).shown[position]
    pair = scenarios(shown, size)
    values = {name: np.empty((seeds, 1)) for name in pair}
    for seed in range(seeds):
        for name, spec in pair.items():
            model = CreditRegime(spec, seed=spec.seed + seed).run_model()
            values[name][seed] = measured(model, shown)
    found = {key: float(value[0]) for key, value in paired(values["on"], values["off"]).items()}
    return Evidence(number, shown, found["against"], found["scenario"], found["low"], found["high"], seeds)


def measured(model: CreditRegime, shown: Demonstration) -> float:
    """Return a demonstration's indicator in a finished run: its mean over the months that count."""
    column, _, group = shown.indicator.partition("@")
    frame = _table(model, group)
    if column not in frame:
        raise ScenarioError(f"indicator: unknown name '{shown.indicator}'; allowed: {', '.join(frame.columns)}")
    months = frame["month"]
    first, last = shown.months or (round(model.spec.months * (1 - LATE)) + 1, model.spec.months)
    return float(frame.loc[(months >= first) & (months <= last), column].mean())


def _table(model: CreditRegime, group: str) -> pd.DataFrame:
    if not group:
        return model.series.monthly()
    dimension, _, name = group.partition("=")
    if dimension == "topic":
        frame = model.series.by_topic()
        return frame[frame["topic"] == name]
    frame = model.series.by_group()
    return frame[(frame["dimension"] == dimension) & (frame["group"] == name)]


def _system(entry: Mapping[str, Any]) -> System:
    shown = tuple(_demonstration(item) for item in entry["shown"])
    return System(
        number=entry["number"],
        words=entry["words"],
        named_by=tuple(entry["named_by"]),
        toggles=tuple(entry["toggles"]),
        standing=entry["standing"],
        source=entry.get("source", ""),
        shown=shown,
    )


def _demonstration(item: Mapping[str, Any]) -> Demonstration:
    months = item.get("months")
    return Demonstration(
        base=tuple(item.get("base", ())),
        without=tuple(item.get("without", ())),
        with_it=tuple(item.get("with", ())),
        indicator=item["indicator"],
        claim=item["claim"],
        months=tuple(months) if months else None,
        remark=item.get("remark", ""),
    )
