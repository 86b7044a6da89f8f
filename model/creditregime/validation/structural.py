"""What the headline results owe to the model's structure: order of stages, network, size, and behaviour.

The headline is the default comparison: joint punishment as before 2020 against the same regime without joint punishment
and without partner spillover. It is repeated with one part of the structure replaced, over the same seeds, and its
effects are set against those of the model as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from creditregime.component import nearest
from creditregime.composition import load
from creditregime.errors import ScenarioError
from creditregime.laboratory import workers as pool
from creditregime.laboratory.contrast import WITHOUT_JOINT
from creditregime.laboratory.effects import paired
from creditregime.laboratory.outcomes import summarise
from creditregime.model import STAGES, CreditRegime
from creditregime.population.economy import Economy
from creditregime.scenario import Scenario
from creditregime.units import MONTHS
from creditregime.validation.other_links import LINKS

FACTOR = 2.0
"""An effect whose ratio to that of the base lies, with its interval, between 1/2 and 2 is of the same size."""
HEADLINE: dict[str, tuple[str, str]] = {
    "compliance": ("Compliance effort", "%"),
    "violations": ("Violations", "per 100 firms a month"),
    "exits": ("Exits", "per 100 firms a year"),
    "listed": ("Firms on a blacklist", "%"),
    "segregation": ("Segregation by grade", "correlation"),
}
"""Outcomes: label and unit."""


class Extent(NamedTuple):
    """How much is simulated."""

    firms: int
    months: int
    seeds: int

    @classmethod
    def of(cls, full: bool) -> Extent:
        """Return the extent of a full run, or of a quick look."""
        return cls(500, 84, 20) if full else cls(120, 24, 3)


class Variation(NamedTuple):
    """One part of the structure replaced.

    Attributes
    ----------
    part, name
        Which part, and by what.
    model
        The model, with its order of stages.
    changes
        What the scenario changes, given the number of firms of the base.
    links
        How the links between the same firms are drawn anew; None leaves them.
    """

    part: str
    name: str
    model: type[CreditRegime] = CreditRegime
    changes: Callable[[int], dict[str, Any]] = lambda firms: {}
    links: str | None = None


BASE = Variation("base", "the model as it is")


def moved(stage: str, *, before: str, order: Sequence[str] = STAGES) -> tuple[str, ...]:
    """Return an order of stages in which one comes right before another; before '' is last."""
    others = [name for name in order if name != stage]
    at = others.index(before) if before else len(others)
    return (*others[:at], stage, *others[at:])


class RatedFirst(CreditRegime):
    """Grades, lists and association follow from what was on record when the month began: sanctions lag a month."""

    order = moved("rate", before="inspect")


class TradedFirst(CreditRegime):
    """Trade happens before the month's ratings and measures: partners and customers react a month later."""

    order = moved("trade", before="rate")


class RematchedFirst(CreditRegime):
    """Buyers review and replace suppliers before the month's trade."""

    order = moved("rematch", before="trade")


class LeftFirst(CreditRegime):
    """Firms leave before buyers search: links that they leave idle can be replaced in the same month."""

    order = moved("rematch", before="enter")


class LearnedAtOnce(CreditRegime):
    """Firms learn from the month's findings as soon as they are on record, before anybody leaves."""

    order = moved("learn", before="rate")


class ChosenLast(CreditRegime):
    """Efforts are chosen when the month ends, before its lessons are learned: beliefs lag a month."""

    order = moved("choose", before="")


ORDERS: dict[str, type[CreditRegime]] = {
    "rating before inspection": RatedFirst,
    "trade before rating and measures": TradedFirst,
    "re-matching before trade": RematchedFirst,
    "exit before re-matching": LeftFirst,
    "learning right after recording": LearnedAtOnce,
    "choice at the end of the month": ChosenLast,
}
GRAPHS: dict[str, dict[str, Any]] = {
    "poisson": {"mean_degree": 8.0},
    "preferential_attachment": {"mean_degree": 8.0},
    "degree_sequence": {"degrees": (2, 2, 4, 4, 8, 28)},
    "ring": {},
}
"""Textbook populations: one sector and region, all firms private, alone and of a size that follows from their links."""
BEHAVIOURS = ("threshold", "logit", "imitate", "forward_looking")


def variations() -> dict[str, Variation]:
    """Return the base and every variation, by part and name."""
    return {f"{item.part}: {item.name}": item for item in _variations()}


def _variations() -> Iterator[Variation]:
    yield BASE
    for name, model in ORDERS.items():
        yield Variation("order", name, model)
    for links in LINKS:
        yield Variation("network", f"same firms, {links}", links=links)
    for graph, settings in GRAPHS.items():
        yield Variation("network", f"population of a {graph.replace('_', ' ')} graph", changes=_graph(graph, settings))
    for times in (0.5, 2.0, 8.0):
        yield Variation("size", f"{times:g} times as many firms", changes=_many(times))
    for kind in BEHAVIOURS:
        yield Variation("behaviour", kind.replace("_", " "), changes=_behaving(kind))


def _graph(graph: str, settings: dict[str, Any]) -> Callable[[int], dict[str, Any]]:
    rule = {"kind": "graph_model", "graph": graph, "final_demand_share": 0.5, **settings}
    return lambda firms: {"population": {**rule, "firms": firms}}


def _many(times: float) -> Callable[[int], dict[str, Any]]:
    return lambda firms: {"population.firms": round(times * firms)}


def _behaving(kind: str) -> Callable[[int], dict[str, Any]]:
    return lambda firms: {"behaviour": {"kind": kind}}


def structural(
    full: bool = True, workers: int | None = 1, done: Callable[[], object] = lambda: None, only: Sequence[str] = ()
) -> pd.DataFrame:
    """Repeat the headline comparison under other structures.

    Parameters
    ----------
    full
        500 firms, 84 months, 20 paired seeds (about eight minutes on one core); otherwise a quick look.
    workers
        Number of processes; None for one a processor. The results do not depend on it.
    done
        Called after each pair of runs.
    only
        Parts to vary (``order``, ``network``, ``size``, ``behaviour``); by default all. The base is always run.

    Returns
    -------
    One row a variation and outcome: `part`, `variation`, `outcome`, `unit`; the level `without` joint punishment and
    spillover; the `effect` with its 95% interval (`low`, `high`); its `ratio` to the base's effect with Fieller's 95%
    interval; and two verdicts, `sign` (same, opposite, or open where an interval holds 0) and `size` (within a factor
    of 2, outside it, or open).

    Raises
    ------
    ScenarioError
        If there is no part of a name.
    """
    extent, chosen = Extent.of(full), parts(only)
    tasks = [(key, seed) for key in chosen for seed in range(1, extent.seeds + 1)]
    found = pool.each(run_pair, (extent,), tasks, workers=workers or pool.available(), done=done)
    outcomes = np.array(found).reshape(len(chosen), extent.seeds, 2, len(HEADLINE))
    return pd.DataFrame(
        [row for key, values in zip(chosen, outcomes, strict=True) for row in _rows(key, values, outcomes[0])]
    )


def parts(only: Sequence[str] = ()) -> list[str]:
    """Return the names of the base and of the variations of some parts, by default of all."""
    known = list(dict.fromkeys(item.part for item in variations().values()))[1:]
    for name in only:
        if name not in known:
            raise ScenarioError(f"structure: unknown part '{name}'{nearest(name, known)}; allowed: {', '.join(known)}")
    return [key for key, item in variations().items() if not only or item.part in ("base", *only)]


@cache
def _scenarios(key: str, extent: Extent) -> tuple[Scenario, Scenario]:
    """Return both scenarios of a variation."""
    base = load(regime="joint_2016").changed({"months": extent.months, "population.firms": extent.firms})
    one = base.changed(variations()[key].changes(extent.firms))
    return one, one.changed(WITHOUT_JOINT)


def run_pair(extent: Extent, task: tuple[str, int]) -> NDArray[np.float64]:
    """Return the headline outcomes of a seed with and without joint punishment and spillover, (2, outcomes)."""
    key, seed = task
    item = variations()[key]
    pair = [spec.changed({"seed": seed}) for spec in _scenarios(key, extent)]
    economy = pair[0].population.build(seed)
    if item.links is not None:
        economy = LINKS[item.links](economy, seed)
    return np.array([_outcomes(item.model, spec, economy) for spec in pair])


def _outcomes(model: type[CreditRegime], spec: Scenario, economy: Economy) -> list[float]:
    found = summarise(model(spec, economy=economy).run_model().series.monthly())
    found["exits"] *= MONTHS / spec.months / 10  # per 1,000 firms over the run; here per 100 firms and year
    return [found[name] for name in HEADLINE]


def _rows(key: str, values: NDArray[np.float64], base: NDArray[np.float64]) -> Iterator[dict[str, Any]]:
    """Yield a row an outcome; values and base are (seeds, 2, outcomes)."""
    item, effects = variations()[key], paired(values[:, 0], values[:, 1])
    for number, (label, unit) in enumerate(HEADLINE.values()):
        here, there = (both[:, 0, number] - both[:, 1, number] for both in (values, base))
        low, high = float(effects["low"][number]), float(effects["high"][number])
        ratio = fieller(here, there)
        yield {
            "part": item.part,
            "variation": item.name,
            "outcome": label,
            "unit": unit,
            "without": float(effects["against"][number]),
            "effect": float(effects["effect"][number]),
            "low": low,
            "high": high,
            "ratio": ratio[0],
            "ratio_low": ratio[1],
            "ratio_high": ratio[2],
            "sign": _sign(low, high, float(there.mean()), not np.isnan(ratio[1])),
            "size": _size(*ratio[1:]),
        }


def fieller(
    one: NDArray[np.float64], other: NDArray[np.float64], confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return the ratio of two means over the same seeds with its interval (Fieller 1954, J. R. Stat. Soc. B 16:175).

    None of the three is a number where the denominator's own interval holds 0: there is nothing to divide by.
    """
    count, means = len(one), (float(one.mean()), float(other.mean()))
    spread = stdtrit(count - 1, (1 + confidence) / 2) ** 2 / count * np.cov(one, other)
    a = means[1] ** 2 - spread[1, 1]
    b = means[0] * means[1] - spread[0, 1]
    c = means[0] ** 2 - spread[0, 0]
    if a <= 0:
        return float("nan"), float("nan"), float("nan")
    root = np.sqrt(max(b * b - a * c, 0.0))
    return means[0] / means[1], float((b - root) / a), float((b + root) / a)


def _sign(low: float, high: float, base: float, told: bool) -> str:
    if not told or low <= 0 <= high:
        return "open"
    return "same" if (low > 0) == (base > 0) else "opposite"


def _size(low: float, high: float) -> str:
    if np.isnan(low):
        return "open"
    if low >= 1 / FACTOR and high <= FACTOR:
        return f"within {FACTOR:g}"
    return f"outside {FACTOR:g}" if high < 1 / FACTOR or low > FACTOR else "open"
