"""Firms and regulators as Mesa agents: views of rows of the world, and the lazy sets of them that a model offers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from creditregime.agents.attributes import Attribute, Coded, View, family, label
from creditregime.agents.chronicle import dated, history
from creditregime.agents.rowset import RowSet
from creditregime.agents.story import tell
from creditregime.codes import OWNERSHIPS, Lever, Origin, Severity
from creditregime.state import Firms, Regulators
from creditregime.world import World

__all__ = ["AgentViews", "Firm", "Regulator", "RowSet", "Supplier"]


def _worst_grade(world: World, rows: Any) -> Any:
    return world.firms.grade[:, rows].min(axis=0)


def _listed(world: World, rows: Any) -> Any:
    black = sorted({number for numbers in world.law.blacklists_of for number in numbers})
    return world.firms.listing[black][:, rows].any(axis=0)


def _live_records(world: World, rows: Any) -> Any:
    return world.firms.live[..., rows].sum(axis=(0, 1), dtype=np.int64)


def _age(world: World, rows: Any) -> Any:
    return np.maximum(world.month - np.maximum(world.firms.born[rows].astype(np.int64), 0), 0)


@family("firms", Firms)
class Firm(View):
    """A company: who it is, what it does, how it is rated, whom it trades with, and its story.

    Every column of ``world.firms`` is an attribute; those with a value a topic (file, list) are read as a dictionary.
    ``effort``, ``belief``, ``hazard``, ``intrinsic``, ``cost_factor``, ``aware``, ``equity`` and ``debt`` can be set:
    ``firm.effort = 0.7`` for all topics, ``firm.effort = {"labour": 0.9}`` or ``firm.effort["labour"] = 0.9`` for one.

    Notes
    -----
    A firm that enters takes over the row of one that left, and with it the ``unique_id``; ``born`` tells them apart.
    """

    sector = Coded(lambda w, r: w.firms.sector[r], lambda w: w.economy.sectors, "Name of the sector.")
    region = Coded(lambda w, r: w.firms.region[r], lambda w: w.economy.regions, "Name of the region.")
    ownership = Coded(lambda w, r: w.firms.ownership[r], lambda w: OWNERSHIPS, "State, private or foreign.")
    age = Attribute(_age, "Months in business, counted from the start of the run for firms older than it.")
    mean_effort = Attribute(lambda w, r: w.firms.effort[:, r].mean(axis=0), "Mean compliance effort over topics.")
    live_records = Attribute(_live_records, "Records that count at present.")
    score = Attribute(lambda w, r: w.firms.score[:, r].min(axis=0), "Score (points); of the worst file if several.")
    grade_rank = Attribute(_worst_grade, "Number of the grade, 0 lowest; of the worst file if several.")
    grade = Coded(_worst_grade, lambda w: w.law.grades, "Name of the grade; of the worst file if several.")
    listed = Attribute(_listed, "Whether it stands on a blacklist.")

    def __repr__(self) -> str:
        what = f"{self.ownership} {self.sector} firm in {self.region}, grade {self.grade}"
        return f"<{type(self).__name__} {self.row}: {what if self.active else 'empty place'}>"

    @property
    def grades(self) -> dict[str, str]:
        """Grade in each file, by the file's topic (``all`` where records are shared)."""
        world = self.model.world
        names = [world.law.grades[rank] for rank in world.firms.grade[:, self.row]]
        return dict(zip(label(world, "file"), names, strict=True))

    @property
    def scores(self) -> dict[str, float]:
        """Score in each file (points)."""
        world = self.model.world
        return dict(zip(label(world, "file"), world.firms.score[:, self.row].tolist(), strict=True))

    @property
    def lists(self) -> dict[str, int]:
        """Lists that it stands on, black or red, with the month of entry."""
        firms, row = self.model.world.firms, self.row
        listed = zip(self.model.world.law.lists, firms.listing[:, row], firms.listed_since[:, row], strict=True)
        return {name: int(since) for name, standing, since in listed if standing}

    @property
    def levers(self) -> dict[str, float]:
        """Measures in force, by what they act on, each in the lever's own unit; negative for rewards."""
        sums = self.model.world.firms.levers[:, self.row].tolist()
        return {lever.name.lower(): sums[lever] for lever in Lever if sums[lever]}

    @property
    def suppliers(self) -> list[Supplier]:
        """Firms that it buys from."""
        return [Supplier(self.model, int(row)) for row in np.unique(self.model.world.network.suppliers(self.row))]

    @property
    def buyers(self) -> list[Firm]:
        """Firms that buy from it."""
        return [Firm(self.model, int(row)) for row in np.unique(self.model.world.network.buyers(self.row))]

    @property
    def parent(self) -> Firm | None:
        """The parent of its group, or None."""
        return None if self.group == self.row else Firm(self.model, self.group)

    @property
    def branches(self) -> list[Firm]:
        """Firms whose parent it is."""
        return self._others(self.model.world.firms.group == self.row)

    @property
    def same_person(self) -> list[Firm]:
        """Other firms in business with the same responsible person."""
        return self._others(self.model.world.firms.person == self.person)

    def records(self) -> pd.DataFrame:
        """Return the registry's records of the firm that now has this place: one row a record."""
        world = self.model.world
        log = world.records
        at = np.flatnonzero((log["firm"] == self.row) & (log["month"] >= world.firms.born[self.row]))
        values = {name: column[at] for name, column in log.columns().items() if name not in ("firm", "region")}
        frame = pd.DataFrame(values)
        frame.insert(1, "date", [dated(month) for month in frame["month"]])
        frame["topic"] = [world.topics[k] for k in frame["topic"]]
        frame["severity"] = [Severity(code).name.lower() for code in frame["severity"]]
        frame["origin"] = [Origin(code).name.lower() for code in frame["origin"]]
        frame["live"] = (frame["repaired"] < 0) & (frame["expiry"] > world.month)
        return frame

    def history(self) -> pd.DataFrame:
        """Return all that happened at this place, one row an event, in order (see `creditregime.agents.story`)."""
        return history(self.model, self.row)

    def story(self, number: int | None = None) -> str:
        """Return the same as text to read; with a number, that of one firm at this place alone (1 was there first)."""
        return tell(self.model, self.row, number)

    def _others(self, mask: NDArray[np.bool_]) -> list[Firm]:
        rows = np.flatnonzero(mask & self.model.world.firms.active)
        return [Firm(self.model, int(row)) for row in rows if row != self.row]


class Supplier(Firm):
    """A firm that sells to other firms."""

    @classmethod
    def holds(cls, model: Any, places: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which places are firms with at least one buyer."""
        network = model.world.network
        selling = np.zeros(model.world.rows + len(model.world.regulators.topic), np.bool_)
        selling[network.supplier[network.weight > 0]] = True
        chosen: NDArray[np.bool_] = selling[places]
        return chosen


def _regions(world: World) -> list[str]:
    return [*world.economy.regions, "national"]  # region -1 takes the last


def _hit_rate(world: World, rows: Any) -> Any:
    done = world.regulators.inspections[rows]
    return np.where(done > 0, world.regulators.detections[rows] / np.maximum(done, 1), np.nan)[()]


@family("regulators", Regulators)
class Regulator(View):
    """An agency: a topic, nationally or in one region."""

    topic = Coded(lambda w, r: w.regulators.topic[r], lambda w: w.topics, "Name of the topic.")
    region = Coded(lambda w, r: w.regulators.region[r], _regions, "Name of the region, or 'national'.")
    hit_rate = Attribute(_hit_rate, "True findings an inspection; NaN without inspections.")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.row}: {self.topic}, {self.region}>"


class AgentViews:
    """What a model offers of agents; a mixin that stands before `mesa.Model`.

    Sets hold the firms in business at the moment of asking. ``agents_by_type[Supplier]`` is part of
    ``agents_by_type[Firm]``.
    """

    world: World
    _shuffled = (-1, 0)

    @property
    def agents(self) -> RowSet:
        """All firms in business, and all regulators."""
        if not hasattr(self, "world"):  # Mesa may look before there is anybody
            return RowSet(self, View, ())
        everybody = np.append(self.firms.places, self.regulators.places)
        return RowSet(self, View, everybody)

    @property
    def agents_by_type(self) -> dict[type[View], RowSet]:
        """The same by class."""
        if not hasattr(self, "world"):
            return {}
        return {Firm: self.firms, Supplier: self.suppliers, Regulator: self.regulators}

    @property
    def agent_types(self) -> list[type[View]]:
        """The classes of agents."""
        return [Firm, Supplier, Regulator]

    @property
    def firms(self) -> RowSet:
        """Firms in business."""
        return RowSet(self, Firm, np.flatnonzero(self.world.firms.active))

    @property
    def suppliers(self) -> RowSet:
        """Firms in business that sell to other firms."""
        return self.firms.select(agent_type=Supplier)

    @property
    def regulators(self) -> RowSet:
        """Agencies."""
        return RowSet(self, Regulator, self.world.rows + np.arange(len(self.world.regulators.topic)))

    def firm(self, row: int) -> Firm:
        """Return the firm at a row, in business or not."""
        if not 0 <= row < self.world.rows:
            raise IndexError(f"firm {row}: rows run from 0 to {self.world.rows - 1}")
        return Firm(self, int(row))

    def register_agent(self, agent: Any) -> None:
        """Refuse Mesa's registration: such an agent would be in none of the model's sets."""
        raise TypeError(
            f"{type(agent).__name__}: agents of a CreditRegime are rows of its world, not objects of their own"
        )

    def next_shuffle(self) -> int:
        """Return a number for the next shuffle, a function of the month and of how many there were in it."""
        month, count = self._shuffled
        count = count + 1 if month == self.world.month else 0
        self._shuffled = (self.world.month, count)
        return self.world.month << 32 | count
