"""What an agent is, a view of a row, and its attributes, each defined once for any number of rows of the world.

An agent reads an attribute as a plain Python value, a set of agents reads it as one array: both call the same
function, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar

import numpy as np
from mesa import Agent
from numpy.typing import NDArray

from creditregime.codes import Lever
from creditregime.tables import Table
from creditregime.world import World

Array = NDArray[Any]
Read = Callable[[World, Any], Any]
Labels = Callable[[World], Sequence[str]]
V = TypeVar("V", bound="View")

SETTABLE = ("effort", "belief", "hazard", "intrinsic", "cost_factor", "aware", "equity", "debt")
"""What a user may write: state that the next month starts from, not what a rule computes anew."""


class Attribute:
    """A read-only attribute of agents.

    Parameters
    ----------
    read
        Returns its values for rows: an array with one entry an agent for an array of rows, a scalar for one row.
    doc
        What it is, with its unit.
    """

    def __init__(self, read: Read, doc: str) -> None:
        self._read = read
        self.__doc__ = doc
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def many(self, world: World, rows: Array) -> Array:
        """Return one value a row: shape (n,), or (n, ...) if an agent has several; floats in double precision."""
        values = np.asarray(self._read(world, rows))
        return values.astype(np.float64) if values.dtype == np.float32 else values

    def labels(self, world: World) -> Sequence[str] | None:
        """Return the names of an agent's several values, or None."""
        return None

    def write(self, world: World, rows: Any, value: Any) -> None:
        """Refuse: this attribute follows from others."""
        raise AttributeError(f"{self.name} cannot be set; settable: {', '.join(SETTABLE)}")

    def __get__(self, agent: Any, owner: type | None = None) -> Any:
        if agent is None:
            return self
        value = self._read(agent.model.world, agent.row)
        return value.item() if isinstance(value, np.generic) else value

    def __set__(self, agent: Any, value: Any) -> None:
        self.write(agent.model.world, agent.row, value)


class Coded(Attribute):
    """An attribute stored as a small integer and read as a name."""

    def __init__(self, codes: Read, names: Labels, doc: str) -> None:
        super().__init__(lambda world, rows: np.array(names(world))[codes(world, rows)], doc)
        self.codes, self.names = codes, names

    def __get__(self, agent: Any, owner: type | None = None) -> Any:
        if agent is None:
            return self
        world = agent.model.world
        return self.names(world)[int(self.codes(world, agent.row))]


class Stored(Attribute):
    """A column of a table of the world, by name: a scalar an agent, or one value a topic, file, list or lever."""

    def __init__(self, table: str, name: str, declared: Mapping[str, Any]) -> None:
        super().__init__(self._column, f"{declared['meaning']} ({declared['unit']}).")
        self.table, self.name, self.declared = table, name, declared
        self._per = declared["per"]

    def labels(self, world: World) -> Sequence[str] | None:
        """Return the names along the column's leading dimension."""
        return label(world, self._per[0]) if len(self._per) == 1 else None

    def write(self, world: World, rows: Any, value: Any) -> None:
        """Write a value for all topics, or a mapping from topics to values; shares must lie in [0, 1]."""
        if self.name not in SETTABLE:
            super().write(world, rows, value)
        column = self._whole(world)
        if not isinstance(value, Mapping):
            column[..., rows] = self._checked(value)
            return
        names = list(self.labels(world) or ())
        for key, item in value.items():
            if key not in names:
                raise KeyError(f"{self.name}: unknown name '{key}'; allowed: {', '.join(names)}")
            column[names.index(key), rows] = self._checked(item)

    def __get__(self, agent: Any, owner: type | None = None) -> Any:
        if agent is None:
            return self
        world = agent.model.world
        if not self._per:
            return self._whole(world).item(agent.row)
        names = self.labels(world)
        values = self._whole(world)[..., agent.row]
        return values.copy() if names is None else Entries(self, agent, zip(names, values.tolist(), strict=True))

    def _whole(self, world: World) -> Array:
        whole: Array = getattr(getattr(world, self.table), self.name)
        return whole

    def _column(self, world: World, rows: Any) -> Any:
        if not self._per:
            return self._whole(world)[rows]
        return np.moveaxis(self._whole(world)[..., rows], -1, 0)

    def _checked(self, value: Any) -> Any:
        number = np.asarray(value, np.float64)
        bounded = self.declared["unit"] in ("share", "probability", "1/month")
        if not np.isfinite(number).all() or (bounded and ((number < 0) | (number > 1)).any()):
            raise ValueError(
                f"{self.name} = {value!r}: {'a number in [0, 1]' if bounded else 'a finite number'} is needed"
            )
        return number


class Entries(dict[str, Any]):
    """An agent's values by name; to assign to an entry writes to the world. A copy is an ordinary dictionary."""

    def __init__(self, attribute: Stored, agent: Any, items: Any) -> None:
        super().__init__(items)
        self._attribute, self._agent = attribute, agent

    def __setitem__(self, key: str, value: Any) -> None:
        self._attribute.__set__(self._agent, {key: value})
        super().__setitem__(key, value)

    def update(self, *others: Any, **more: Any) -> None:
        """Write several entries."""
        for key, value in dict(*others, **more).items():
            self[key] = value

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)

    def _refuse(self, *arguments: Any, **more: Any) -> NoReturn:
        raise TypeError(f"the entries of {self._attribute.name} can be set, not added or removed")

    __delitem__ = pop = popitem = clear = setdefault = __ior__ = _refuse


class View(Agent):
    """A Mesa agent that is a row of the world: made when asked for, stored nowhere, equal to any other view of the row.

    It calls no ``Agent.__init__``: to register costs seven microseconds an agent, and mesa 3.3.1 never frees it.

    Parameters
    ----------
    model
        The model.
    row
        Its row in its table of the world.
    """

    table: ClassVar[str] = ""
    families: ClassVar[dict[str, type[View]]] = {}
    pos = None

    if TYPE_CHECKING:  # the columns of the world's tables

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, model: Any, row: int) -> None:
        self.__dict__["model"] = model
        self.__dict__["row"] = row

    def __setattr__(self, name: str, value: Any) -> None:
        if not hasattr(type(getattr(type(self), name, None)), "__set__"):
            raise AttributeError(
                f"a {type(self).__name__} is made anew each time it is asked for and cannot keep '{name}';"
                f" settable: {', '.join(SETTABLE)}"
            )
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"'{name}' cannot be deleted")

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, View)
            and other.row == self.row
            and other.table == self.table
            and other.model is self.model
        )

    def __hash__(self) -> int:
        return hash((id(self.model), self.table, self.row))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.model, self.row)

    @property
    def unique_id(self) -> int:
        """Mesa's number of the agent: ``row + 1`` for firms, regulators after them."""
        return int(self.row + self.offset(self.model.world) + 1)

    def remove(self) -> NoReturn:
        """Refuse: firms leave and enter by the scenario's rules."""
        raise TypeError("agents cannot be removed: the scenario's exit and entry rules decide who is in business")

    @classmethod
    def create_agents(cls, *arguments: Any, **more: Any) -> NoReturn:
        """Refuse: who exists at the start is decided by the scenario's population."""
        raise TypeError("agents cannot be created: the scenario's population and entry rule decide who exists")

    @classmethod
    def offset(cls, world: World) -> int:
        """Return the place (``unique_id - 1``) of the first row of this family's table."""
        return world.rows if cls.table == "regulators" else 0

    @classmethod
    def holds(cls, model: Any, places: Array) -> NDArray[np.bool_]:
        """Return which places are of this kind."""
        if not cls.table:
            return np.ones(len(places), np.bool_)
        inside: NDArray[np.bool_] = (places >= model.world.rows) == (cls.table == "regulators")
        return inside

    @classmethod
    def views(cls, model: Any, places: Array) -> Iterator[Any]:
        """Return the agents at places, each made as it is reached."""
        if not cls.table:
            return cls._mixed(model, places)
        return (cls(model, row) for row in (places - cls.offset(model.world)).tolist())

    @classmethod
    def _mixed(cls, model: Any, places: Array) -> Iterator[Any]:
        firm, regulator = cls.families["firms"], cls.families["regulators"]
        rows = model.world.rows if len(places) else 0
        return (firm(model, p) if p < rows else regulator(model, p - rows) for p in places.tolist())


def label(world: World, dimension: str) -> Sequence[str]:
    """Return the names along a leading dimension: topics, files, lists, levers and what else has one."""
    firms = world.firms
    files = world.topics if len(firms.grade) > 1 else ("all",)
    names: dict[str, Sequence[str]] = {
        "file": files,
        "report": world.topics[: len(firms.misreported)],
        "forecast": files[: len(firms.history)],
        "lever": [lever.name.lower() for lever in Lever],
        "tax_year": ("this", "last", "before")[: len(firms.taxes)],
        "memory": files[: len(firms.memory)],
        "clean": files[: len(firms.newest_record)],
        "hold": files[: len(firms.held_until)],
        "financed": ("level",)[: len(firms.funded)],
        "list": world.law.lists,
    }
    return names.get(dimension, world.topics)


_SOME_RATINGS = {"memory": "memory", "clean": "newest_record", "hold": "held_until"}
"""Dimensions that have a length, that of the files, where a rating uses them, and the column that tells."""


def family(name: str, declared: type[Table]) -> Callable[[type[V]], type[V]]:
    """Return a class decorator for the views of table `name`: adds every column that the class does not define."""

    def add(cls: type[V]) -> type[V]:
        cls.table, View.families[name] = name, cls
        for column, meta in declared.dictionary().items():
            if not hasattr(cls, column):
                setattr(cls, column, Stored(name, column, meta))
        return cls

    return add
