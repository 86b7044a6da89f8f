"""A lazy set of agents: an array of rows that makes its members when they are asked for.

It is an `AgentSet` to Mesa and to users, but overrides everything that would store agents: Mesa's sets hold weak
references, and a view that nobody else holds would vanish from them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, NoReturn, Self

import numpy as np
from mesa.agent import AgentSet
from numpy.typing import NDArray

from creditregime.agents.attributes import View

Array = NDArray[Any]


class Members(AgentSet):
    """Which agents there are, and the algebra of sets.

    Parameters
    ----------
    model
        The model that they belong to.
    kind
        Class of the members; `View` for all.
    places
        Their ``unique_id - 1``, without repeats.
    """

    def __init__(self, model: Any, kind: type[View], places: Any) -> None:
        self.model, self.kind = model, kind
        self.places: NDArray[np.int64] = np.asarray(places, np.int64)

    @property
    def random(self) -> Any:
        """Return the model's stdlib generator (Mesa's interface; shuffles do not use it)."""
        return self.model.random

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of the members in their table of the world; for sets of one family."""
        return self.places - self.kind.offset(self.model.world)

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Any]:
        views: Iterator[Any] = self.kind.views(self.model, self.places)
        return views

    def __reversed__(self) -> Iterator[Any]:
        return iter(self._with(self.places[::-1]))

    def __contains__(self, agent: object) -> bool:
        return self._place(agent) in self.places

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, slice):
            return list(self._with(self.places[item]))
        return next(iter(self._with(self.places[[item]])))

    def __repr__(self) -> str:
        return f"<RowSet of {len(self)}: {self.kind.__name__}>"

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the position of an agent."""
        position: int = self.places.tolist().index(self._place(value), start, len(self) if stop is None else stop)
        return position

    def count(self, value: Any) -> int:
        """Return 1 if the agent is a member, 0 if not."""
        return int(value in self)

    def to_list(self) -> list[Any]:
        """Return the members in a list."""
        return list(self)

    def copy(self) -> Self:
        """Return a set of the same members."""
        return self._with(self.places)

    __copy__ = copy

    def __getstate__(self) -> dict[str, Any]:
        return {"model": self.model, "kind": self.kind, "places": self.places}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def _with(self, places: Array) -> Self:
        return type(self)(self.model, self.kind, places)

    def _update(self, agents: Iterable[Any]) -> Self:
        self.places = np.array(list(dict.fromkeys(map(self._place, agents))), np.int64)
        return self

    def _place(self, agent: Any) -> int:
        mine = isinstance(agent, View) and agent.model is self.model
        return int(agent.unique_id) - 1 if mine else -1

    # The algebra of sets

    def __eq__(self, other: object) -> Any:
        there = self._set(other)
        return NotImplemented if there is None else np.array_equal(np.sort(self.places), np.sort(there.places))

    __hash__ = None  # type: ignore[assignment]

    def __and__(self, other: object) -> Any:
        return self._combine(other, lambda here, there: here[np.isin(here, there)])

    def __sub__(self, other: object) -> Any:
        return self._combine(other, lambda here, there: here[~np.isin(here, there)])

    def __rsub__(self, other: object) -> Any:
        return self._combine(other, lambda here, there: there[~np.isin(there, here)])

    def __or__(self, other: object) -> Any:
        return self._combine(other, _union)

    def __xor__(self, other: object) -> Any:
        return self._combine(
            other, lambda here, there: np.append(here[~np.isin(here, there)], there[~np.isin(there, here)])
        )

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __le__(self, other: object) -> Any:
        there = self._set(other)
        return NotImplemented if there is None else bool(np.isin(self.places, there.places).all())

    def __ge__(self, other: object) -> Any:
        there = self._set(other)
        return NotImplemented if there is None else bool(np.isin(there.places, self.places).all())

    def __lt__(self, other: object) -> Any:
        there = self._set(other)
        return NotImplemented if there is None else self <= there and len(self) < len(there)

    def __gt__(self, other: object) -> Any:
        there = self._set(other)
        return NotImplemented if there is None else self >= there and len(self) > len(there)

    def isdisjoint(self, other: Iterable[Any]) -> bool:
        """Tell whether no member is in the other collection."""
        return not any(agent in self for agent in other)

    def _refuse(self, *arguments: Any) -> NoReturn:
        raise TypeError("members cannot be added or removed: the scenario's rules decide who exists; use select()")

    add = discard = remove = pop = clear = _refuse
    __ior__ = __iand__ = __ixor__ = __isub__ = _refuse

    def _set(self, other: object) -> Members | None:
        """Return another collection of agents as such a set; what is not of this model is at place -1."""
        if isinstance(other, Members):
            foreign = other.model is not self.model
            return type(self)(self.model, View, np.full(len(other), -1)) if foreign else other
        if not isinstance(other, Collection) or isinstance(other, str | dict):
            return None
        kinds = {View.families[agent.table] for agent in other if isinstance(agent, View)}
        kind = kinds.pop() if len(kinds) == 1 else View
        return type(self)(self.model, kind, list(dict.fromkeys(map(self._place, other))))

    def _combine(self, other: object, operation: Callable[[Array, Array], Array]) -> Any:
        there = self._set(other)
        if there is None:
            return NotImplemented
        if (there.places < 0).any():
            raise TypeError("only agents of the same model can be combined")
        return type(self)(self.model, _common(self.kind, there.kind), operation(self.places, there.places))


def _common(one: type[View], other: type[View]) -> type[View]:
    if one is other:
        return one
    return View.families[one.table] if one.table and one.table == other.table else View


def _union(here: Array, there: Array) -> Array:
    return np.append(here, there[~np.isin(there, here)])
