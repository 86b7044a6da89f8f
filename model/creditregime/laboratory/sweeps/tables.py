"""The tables of a sweep: what is kept of each run, and how it is put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.component import nearest
from creditregime.errors import ScenarioError
from creditregime.laboratory import frames
from creditregime.laboratory.gauges import Reals
from creditregime.laboratory.measures import Measure
from creditregime.laboratory.outcomes import summarise_each, summarise_groups
from creditregime.model import CreditRegime
from creditregime.scenario import Scenario


class Kept(NamedTuple):
    """What is kept of a run.

    Attributes
    ----------
    outcomes, months, groups
        Names of outcomes, of indicators month by month, and of outcomes by group of firms.
    exits
        Whether one row an exit is kept.
    measures
        What is measured besides, by name: columns of the runs after the outcomes.
    """

    outcomes: Sequence[str]
    months: Sequence[str] = ()
    groups: Sequence[str] = ()
    exits: bool = False
    measures: Mapping[str, Measure] = {}

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables, in the order in which they are written: the last one tells that the others are there."""
        chosen = {"months": self.months, "groups": self.groups, "exits": self.exits}
        return ("runs", *(name for name, kept in chosen.items() if kept), "failures")


Done = dict[str, pd.DataFrame]
"""What came of a unit: its tables by name, in the order of `Kept.tables`."""

RUN = ("point", "seed")
_COLUMNS: dict[str, dict[str, Any]] = {
    "runs": {},
    "months": {"month": np.int64},
    "groups": {"dimension": object, "group": object, "firms": np.float64},
    "exits": {"firm": np.int64, "month": np.int64}
    | dict.fromkeys(("cause", "attribution", "sector", "region", "ownership"), object)
    | {"size": np.float64, "size_class": object},
    "failures": dict.fromkeys(("error", "traceback", "scenario"), object),
}


def columns(kept: Kept, table: str) -> dict[str, Any]:
    """Return the columns of a table and their types, in order."""
    more = {"runs": (*kept.outcomes, *kept.measures), "months": kept.months, "groups": kept.groups}.get(table, ())
    return dict.fromkeys(RUN, np.int64) | _COLUMNS[table] | dict.fromkeys(more, np.float64)


def empty(kept: Kept, table: str) -> pd.DataFrame:
    """Return a table without rows."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns(kept, table).items()})


def joined(parts: Sequence[Done]) -> Done:
    """Return several units' tables as one each, in the order given."""
    found = {}
    for name in parts[0]:
        filled = [part[name] for part in parts if len(part[name])]
        found[name] = pd.concat(filled or [parts[0][name]], ignore_index=True)
    return found


def tabulate(kept: Kept, point: int, seeds: Sequence[int], model: CreditRegime, measured: Mapping[str, Reals]) -> Done:
    """Return the tables of a finished model with one jurisdiction a seed; `measured` has one number for each, (J,)."""
    monthly = model.series.monthly()
    refuse_unknown_indicators(kept.months, _indicators_in(monthly))

    def series(name: str) -> NDArray[np.float64]:  # one row a seed, one column a month
        return monthly[name].to_numpy(np.float64).reshape(-1, len(seeds)).T

    done = {"runs": _keyed(point, seeds, summarise_each(series, names=kept.outcomes) | dict(measured))}
    if kept.months:
        months = series("month").ravel().astype(np.int64)
        values = {"month": months, **{name: series(name).ravel() for name in kept.months}}
        done["months"] = _keyed(point, np.repeat(seeds, len(months) // len(seeds)), values)
    exits = _exits(model) if kept.groups or kept.exits else []
    if kept.groups:
        done["groups"] = _stacked(kept, "groups", point, seeds, _groups(model, exits))
    if kept.exits:
        done["exits"] = _stacked(kept, "exits", point, seeds, exits)
    return done | {"failures": empty(kept, "failures")}


def _keyed(point: int, seeds: Any, values: Mapping[str, Any]) -> pd.DataFrame:
    seeds = np.asarray(seeds, np.int64)
    return pd.DataFrame({"point": np.full(len(seeds), point, np.int64), "seed": seeds, **values})


def _stacked(kept: Kept, name: str, point: int, seeds: Sequence[int], parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return one table from one part a seed, with its columns in their order and of their types."""
    wanted = columns(kept, name)
    table = pd.concat(parts, ignore_index=True)
    table["point"], table["seed"] = point, np.repeat(seeds, [len(part) for part in parts])
    return table[[*wanted]].astype(wanted)


def known_indicators(scenario: Scenario) -> list[str]:
    """Return the names of the indicators of a scenario, as its first month tells them."""
    model = CreditRegime(scenario)
    model.step()
    return _indicators_in(model.series.monthly())


def refuse_unknown_indicators(names: Sequence[str], known: Sequence[str], where: str = "months") -> None:
    """Raise a `ScenarioError` about the first name that is none of the known ones."""
    for name in names:
        if name not in known:
            hint = nearest(name, known)
            raise ScenarioError(f"{where}: unknown indicator '{name}'{hint}; allowed: {', '.join(known)}")


def _indicators_in(monthly: pd.DataFrame) -> list[str]:
    return [str(name) for name in monthly if name not in ("month", "jurisdiction")]


def _exits(model: CreditRegime) -> list[pd.DataFrame]:
    """Return one row an exit, a table for each jurisdiction; firms are counted from its first one."""
    table = frames.exit_table(model.world)
    place = model.world.places(table["firm"].to_numpy())
    table["firm"] -= model.world.starts[place]
    return [table[place == number] for number in range(len(model.world.spans))]


def _groups(model: CreditRegime, exits: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Return the outcomes by group, a table for each jurisdiction."""
    firms, groups = pd.DataFrame(frames.identity(model.world)), model.series.by_group()
    if len(exits) == 1:
        return [summarise_groups(groups, firms, exits[0])]
    own = [groups[groups["jurisdiction"] == number].drop(columns="jurisdiction") for number in range(len(exits))]
    spans = model.world.spans
    return [summarise_groups(rows, firms.iloc[a:b], left) for rows, (a, b), left in zip(own, spans, exits, strict=True)]
